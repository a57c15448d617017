// A profile as XML: one element an entry, in the order of PS3.2. Tests: tests/unit/conformance/profile_claims_test.cpp
#include <fmt/format.h>

#include "conformance/profile_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/dict/dict.hpp"

namespace assay::conformance {
namespace {

using scenario::Element;

Element element(std::string_view name) {
  Element out;
  out.name = name;
  return out;
}

void add_notes(Element& to, const std::vector<std::string>& notes) {
  for (const auto& one : notes) {
    to.children.push_back(element("note"));
    to.children.back().text = one;
  }
}

std::string words(const std::vector<std::string>& all, bool short_names = false) {
  std::string out;
  for (const auto& one : all) out.append(out.empty() ? "" : " ").append(short_names ? short_name(one) : one);
  return out;
}

Element service_of(const ApplicationEntity& ae, const ServiceClaim& one) {
  auto out = element("service");
  if (one.sop_class == every_storage) {
    out.set("storage", "yes");
  } else {
    out.set("sop-class", short_name(one.sop_class));
  }
  out.set(name(one.role), "yes");
  out.set("transfer", words(one.transfer_syntaxes, true));
  if (!one.extended.empty()) out.set("extended", words(one.extended));
  add_notes(out, one.notes);
  for (const auto& status : ae.statuses) {
    if (status.sop_class != one.sop_class || status.role != one.role) continue;
    auto child = element("status");
    child.set("code", status_text(status));
    if (!status.when.empty()) child.set("when", status.when);
    if (!status.then.empty()) child.set("then", status.then);
    out.children.push_back(std::move(child));
  }
  return out;
}

Element key_of(const KeyClaim& one) {
  auto out = element("key");
  const auto keyword = dict::keyword(one.tag);
  out.set("tag", keyword.empty() ? to_string(one.tag) : std::string(keyword));
  if (one.type != 0) out.set("type", std::string(1, one.type));
  std::string kinds;
  for (const auto kind : one.matching) kinds.append(kinds.empty() ? "" : " ").append(name(kind));
  if (!kinds.empty()) out.set("matching", kinds);
  if (!one.supported) out.set("supported", "no");
  if (one.supported && !one.returned) out.set("returned", "no");
  if (one.needed) out.set("needed", "yes");
  if (one.case_sensitive) out.set("case", *one.case_sensitive ? "sensitive" : "ignored");
  return out;
}

Element ae_of(const ApplicationEntity& one) {
  auto out = element("ae");
  out.set("title", one.title);
  add_notes(out, one.notes);
  for (const auto& [policy, claim] : one.policies) {
    auto child = element("policy");
    child.set("name", policy);
    child.set("value", claim.value);
    out.children.push_back(std::move(child));
  }
  for (const auto& service : one.services) out.children.push_back(service_of(one, service));
  // Keys in their own order: a new element where level or role change.
  for (const auto& key : one.keys) {
    auto* last = out.children.empty() ? nullptr : &out.children.back();
    if (last == nullptr || last->name != "keys" || !last->is("level", name(key.level)) ||
        !last->is("role", name(key.role))) {
      out.children.push_back(element("keys"));
      last = &out.children.back();
      last->set("level", std::string(name(key.level)));
      last->set("role", std::string(name(key.role)));
    }
    last->children.push_back(key_of(key));
  }
  return out;
}

Element security_of(const Profile& profile) {
  auto out = element("security");
  if (profile.plain) out.set("plain", *profile.plain ? "yes" : "no");
  for (const auto& one : profile.tls) {
    auto child = element("tls");
    child.set("profile", one.profile);
    child.set("minimum", one.minimum);
    child.set("maximum", one.maximum);
    child.set("mutual", one.mutual);
    if (!one.suites.empty()) child.set("suites", words(one.suites));
    out.children.push_back(std::move(child));
  }
  return out;
}

}  // namespace

std::string to_xml(const Profile& profile) {
  auto root = element("profile");
  root.set("product", profile.product);
  root.set("version", profile.version);
  if (!profile.manufacturer.empty()) root.set("manufacturer", profile.manufacturer);
  if (!profile.edition.empty()) root.set("edition", profile.edition);
  add_notes(root, profile.notes);
  for (const auto& one : profile.private_uids) {
    auto child = element("private");
    child.set("uid", one.uid);
    child.set("name", one.name);
    child.set("kind", one.transfer_syntax ? "transfer-syntax" : "sop-class");
    root.children.push_back(std::move(child));
  }
  for (const auto& one : profile.aes) root.children.push_back(ae_of(one));
  for (const auto& one : profile.character_sets) {
    root.children.push_back(element("character-set"));
    root.children.back().set("term", one.term);
  }
  if (profile.plain || !profile.tls.empty()) root.children.push_back(security_of(profile));
  if (!profile.media.empty()) {
    auto media = element("media");
    for (const auto& one : profile.media) {
      auto child = element("application-profile");
      child.set("id", one.profile);
      child.set("roles", words(one.roles));
      media.children.push_back(std::move(child));
    }
    root.children.push_back(std::move(media));
  }
  if (profile.deidentification) {
    auto child = element("de-identification");
    if (!profile.deidentification->options.empty()) child.set("options", words(profile.deidentification->options));
    root.children.push_back(std::move(child));
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + scenario::to_xml(root);
}

}  // namespace assay::conformance
