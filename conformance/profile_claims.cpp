// Every entry of a profile as a Claim with an id, and claims taken out by their ids.
// Tests: tests/unit/conformance/profile_claims_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "conformance/profile_parts.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/dict/dict.hpp"
#include "harness/dimse/message.hpp"
#include "harness/dimse/status.hpp"

namespace assay::conformance {
namespace {

/// Blanks and what separates the parts of an id become '_'.
std::string part(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c == ' ' || c == '/') c = '_';
  return out;
}

std::string key_name(Tag tag) {
  const auto keyword = dict::keyword(tag);
  return keyword.empty() ? to_string(tag) : std::string(keyword);
}

std::string title_of(std::string_view uid) {
  if (uid == every_storage) return "every Storage SOP Class";
  const auto* entry = dict::find_uid(uid);
  return entry == nullptr ? std::string(uid) : std::string(entry->name);
}

std::string_view upper(Role role) { return role == Role::scu ? "SCU" : "SCP"; }

class Writer {
 public:
  explicit Writer(const Profile& profile) : profile_(profile) {}

  std::vector<Claim> all() {
    for (const auto& one : profile_.aes) ae(one);
    prefix_.clear();
    for (const auto& one : profile_.character_sets)
      add(character_set_id(one.term), "reads and writes the character set " + one.term, "PS3.2 A.6", one.at);
    security();
    for (const auto& one : profile_.media)
      for (const auto& role : one.roles)
        add(media_id(one.profile) + "/" + role,
            fmt::format("{} media of the Application Profile {}",
                        role == "FSC"   ? "creates"
                        : role == "FSR" ? "reads"
                                        : "updates",
                        one.profile),
            media_annex(one.profile).value_or("PS3.11"), one.at);
    if (profile_.deidentification) deidentification(*profile_.deidentification);
    return std::move(claims_);
  }

 private:
  void add(std::string id, std::string text, std::string_view clause, const Place& at) {
    id = prefix_ + id;
    if (ids_.insert(id).second) claims_.push_back({std::move(id), std::move(text), std::string(clause), at});
  }

  void ae(const ApplicationEntity& one) {
    prefix_ = ae_prefix(profile_, one);
    add("ae-title", "its AE title is " + one.title, "PS3.2 A.4.4.1", one.at);
    for (const auto& [name, claim] : one.policies) policy(name, claim);
    for (const auto& service : one.services) {
      const auto id = service_id(service.sop_class, service.role);
      const auto title = title_of(service.sop_class);
      const bool scu = service.role == Role::scu;
      add(id, fmt::format("{} as {} of {}", scu ? "asks" : "serves", upper(service.role), title), "PS3.2 A.4.2.1.1",
          service.at);
      for (const auto& syntax : service.transfer_syntaxes)
        add(id + "/" + short_name(syntax),
            fmt::format("as {} of {}, {} {}", upper(service.role), title, scu ? "proposes" : "accepts",
                        title_of(syntax)),
            scu ? "PS3.2 A.4.2.1.3" : "PS3.2 A.4.2.1.4", service.at);
      for (const auto& item : service.extended)
        if (const auto* known = extended_item(item))
          add(extended_id(service.sop_class, service.role, item),
              fmt::format("as {} of {}, {} {}", upper(service.role), title, scu ? "asks for" : "agrees to",
                          known->text),
              known->clause, service.at);
      for (const auto& status : one.statuses)
        if (status.sop_class == service.sop_class && status.role == service.role) this->status(status);
    }
    for (const auto& key : one.keys) this->key(key);
  }

  void policy(std::string_view name, const PolicyClaim& claim) {
    const auto* spec = policy_spec(name);
    if (spec == nullptr)
      return add(policy_id(name), fmt::format("{} is {}", name, claim.value), "PS3.2 A.4.2", claim.at);
    const bool no = spec->kind == PolicyKind::yes_no && claim.value == "no";
    std::string text(no ? spec->no_text : spec->text);
    if (const auto at = text.find("{}"); at != std::string::npos) text.replace(at, 2, claim.value);
    add(policy_id(name), std::move(text), spec->clause, claim.at);
  }

  void status(const StatusClaim& one) {
    const std::string_view uid = one.sop_class == every_storage ? uids::CTImageStorage : one.sop_class;
    const auto meaning = dimse::describe_status(one.from, kind_of(one.sop_class) == "storage" ? 0x8001 : 0, uid);
    std::string text =
        fmt::format("as {} of {}, {} {}", upper(one.role), title_of(one.sop_class),
                    one.role == Role::scp ? "returns" : "understands", one.from == one.to ? meaning : status_text(one));
    if (!one.when.empty()) text += " when: " + one.when;
    if (!one.then.empty()) text += "; then: " + one.then;
    add(status_id(one), std::move(text), "PS3.2 A.4.2.1.3", one.at);
  }

  void key(const KeyClaim& one) {
    const auto id = key_id(one);
    const auto name_and_level = fmt::format("{} at the level {}", key_name(one.tag), name(one.level));
    const auto* clause = one.level == KeyLevel::worklist ? "PS3.4 K.6.1.2" : "PS3.4 C.6";
    if (!one.supported) return add(id + "/unsupported", "does not know the key " + name_and_level, clause, one.at);
    const bool scu = one.role == Role::scu;
    for (const auto kind : one.matching)
      add(id + "/" + std::string(name(kind)),
          fmt::format("{} {} with {} matching{}", scu ? "asks for" : "matches", name_and_level, name(kind),
                      one.case_sensitive ? *one.case_sensitive ? ", capital and small letters being different"
                                                               : ", capital and small letters being the same"
                                         : ""),
          fmt::format("PS3.4 C.2.2.2.{}", static_cast<int>(kind) + 1), one.at);
    if (one.returned)
      add(id + "/returned", fmt::format("{} {}", scu ? "wants in responses" : "returns", name_and_level), clause,
          one.at);
    if (one.needed) add(id + "/needed", "cannot do without " + name_and_level, clause, one.at);
    if (one.type != 0) add(id + "/type", fmt::format("{} is of type {}", name_and_level, one.type), clause, one.at);
  }

  void security() {
    if (profile_.plain)
      add("security/plain", *profile_.plain ? "speaks without TLS" : "speaks nothing but TLS", "PS3.2 A.7",
          profile_.plain_at);
    for (const auto& one : profile_.tls) {
      const auto* known = tls_name(one.profile);
      const auto clause = fmt::format("PS3.15 {}", known == nullptr ? "B" : known->section);
      const auto id = tls_id(one.profile);
      add(id, "speaks TLS of the profile " + one.profile, clause, one.at);
      add(id + "/versions", fmt::format("speaks TLS {} to {}", one.minimum, one.maximum), clause, one.at);
      add(id + "/mutual",
          one.mutual == "required"    ? "wants certificates of the calling side"
          : one.mutual == "supported" ? "takes and shows certificates of the calling side"
                                      : "has no certificates of the calling side",
          clause, one.at);
      for (const auto& suite : one.suites)
        add(id + "/suite/" + suite, "speaks the cipher suite " + suite, clause, one.at);
    }
  }

  void deidentification(const DeidentificationClaim& one) {
    const auto code = [](const DeidentificationOption& option) {
      return fmt::format("{} ({}, DCM)", option.meaning, option.code);
    };
    add(deidentification_id("basic"), "removes identities by the " + code(deidentification_options().front()),
        "PS3.15 E.2", one.at);
    for (const auto& name : one.options)
      if (const auto* option = deidentification_option(name))
        add(deidentification_id(name), "removes identities with the " + code(*option), "PS3.15 E.3", one.at);
  }

  const Profile& profile_;
  std::string prefix_;
  std::set<std::string> ids_;
  std::vector<Claim> claims_;
};

/// Whether an id is the wanted one or stands below it.
bool covers(std::string_view wanted, std::string_view id) {
  return id == wanted || (id.starts_with(wanted) && id[wanted.size()] == '/');
}

/// What of an entry is wanted: nothing, or the rest of the id behind the entry's.
std::optional<std::string_view> below(std::string_view wanted, std::string_view id) {
  if (!wanted.starts_with(id) || wanted.size() <= id.size() || wanted[id.size()] != '/') return std::nullopt;
  return wanted.substr(id.size() + 1);
}

bool remove_from(ApplicationEntity& ae, std::string_view wanted) {
  std::size_t removed =
      std::erase_if(ae.policies, [&](const auto& one) { return covers(wanted, policy_id(one.first)); });
  for (auto& one : ae.services) {
    if (const auto rest = below(wanted, service_id(one.sop_class, one.role)))
      removed += std::erase_if(one.transfer_syntaxes, [&](const auto& uid) { return short_name(uid) == *rest; });
    removed += std::erase_if(
        one.extended, [&](const auto& item) { return covers(wanted, extended_id(one.sop_class, one.role, item)); });
  }
  removed += std::erase_if(ae.services, [&](const ServiceClaim& one) {
    return one.transfer_syntaxes.empty() || covers(wanted, service_id(one.sop_class, one.role));
  });
  removed += std::erase_if(ae.statuses, [&](const StatusClaim& one) {
    const bool served = std::ranges::any_of(ae.services, [&](const ServiceClaim& service) {
      return service.sop_class == one.sop_class && service.role == one.role;
    });
    return !served || covers(wanted, status_id(one));
  });
  for (auto& one : ae.keys) {
    const auto rest = below(wanted, key_id(one));
    if (!rest) continue;
    removed += std::erase_if(one.matching, [&](Matching kind) { return name(kind) == *rest; });
    const auto drop = [&](std::string_view what, bool& fact) {
      if (*rest != what || !fact) return;
      fact = false;
      ++removed;
    };
    drop("returned", one.returned);
    drop("needed", one.needed);
    if (*rest == "type" && one.type != 0) {
      one.type = 0;
      ++removed;
    }
    if (*rest == "unsupported" && !one.supported) {
      one.supported = true;  // nothing is left of it then
      ++removed;
    }
  }
  removed += std::erase_if(ae.keys, [&](const KeyClaim& one) {
    return covers(wanted, key_id(one)) || (one.supported && one.matching.empty() && !one.returned);
  });
  return removed != 0;
}

}  // namespace

std::vector<std::string> id_parts(std::string_view id) {
  std::vector<std::string> out(1);
  for (const char c : id) {
    if (c == '/')
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

std::string uid_of_short_name(const std::string& name) {
  if (name == "storage") return std::string(every_storage);
  const auto uid = dict::uid_of(name);
  return uid.empty() ? name : std::string(uid);
}

std::string policy_id(std::string_view name) { return "policy/" + std::string(name); }
std::string service_id(std::string_view sop_class, Role role) {
  return fmt::format("sop-class/{}/{}", short_name(sop_class), name(role));
}
std::string extended_id(std::string_view sop_class, Role role, std::string_view item) {
  return fmt::format("extended/{}/{}/{}", short_name(sop_class), name(role), item);
}
std::string status_id(const StatusClaim& status) {
  return fmt::format("status/{}/{}/{}", short_name(status.sop_class), name(status.role), status_text(status));
}
std::string key_id(const KeyClaim& key) {
  return fmt::format("{}/{}/{}", key.role == Role::scu ? "wanted-key" : "key", name(key.level), key_name(key.tag));
}
std::string character_set_id(std::string_view term) { return "character-set/" + part(term); }
std::string tls_id(std::string_view profile) { return "security/tls/" + part(profile); }
std::string media_id(std::string_view profile) { return "media/" + part(profile); }
std::string deidentification_id(std::string_view option) { return "de-identification/" + std::string(option); }

std::string ae_prefix(const Profile& profile, const ApplicationEntity& ae) {
  return &ae == profile.aes.data() ? std::string() : "ae/" + part(ae.title) + "/";
}

std::string status_text(const StatusClaim& status) {
  return status.from == status.to ? fmt::format("{:04X}", status.from)
                                  : fmt::format("{:04X}-{:04X}", status.from, status.to);
}

std::vector<Claim> claims(const Profile& profile) { return Writer(profile).all(); }

bool remove_claim(Profile& profile, std::string_view id) {
  if (id.empty()) return false;
  for (std::size_t i = 0; i < profile.aes.size(); ++i) {
    const auto prefix = ae_prefix(profile, profile.aes[i]);
    if (i != 0 && id == std::string_view(prefix).substr(0, prefix.size() - 1)) {
      profile.aes.erase(profile.aes.begin() + static_cast<std::ptrdiff_t>(i));
      return true;
    }
    if (id.starts_with(prefix) && remove_from(profile.aes[i], id.substr(prefix.size()))) return true;
  }
  std::size_t removed =
      std::erase_if(profile.character_sets, [&](const auto& one) { return covers(id, character_set_id(one.term)); });
  for (auto& one : profile.tls) {
    const auto suites = tls_id(one.profile) + "/suite/";
    removed += std::erase_if(one.suites, [&](const auto& suite) { return id == suites + suite; });
  }
  removed += std::erase_if(profile.tls, [&](const auto& one) { return covers(id, tls_id(one.profile)); });
  for (auto& one : profile.media)
    removed += std::erase_if(one.roles, [&](const auto& role) { return id == media_id(one.profile) + "/" + role; });
  removed += std::erase_if(profile.media,
                           [&](const auto& one) { return one.roles.empty() || covers(id, media_id(one.profile)); });
  if (profile.plain && covers(id, "security/plain")) {
    profile.plain.reset();
    ++removed;
  }
  if (profile.deidentification) {
    removed += std::erase_if(profile.deidentification->options,
                             [&](const auto& option) { return id == deidentification_id(option); });
    if (covers(id, deidentification_id("basic")) || id == "de-identification") {
      profile.deidentification.reset();
      ++removed;
    }
  }
  return removed != 0;
}

}  // namespace assay::conformance
