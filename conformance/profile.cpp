#include "conformance/profile.hpp"

#include <algorithm>
#include <array>

#include "harness/dict/dict.hpp"
#include "harness/scenario/checked_xml.hpp"
#include "harness/scenario/grammar.hpp"
#include "harness/scenario/values.hpp"

namespace assay::conformance {
namespace {

using scenario::ChildSpec;
using scenario::Element;
using scenario::TextUse;
using V = scenario::ValueType;

constexpr std::string_view storage_root = "1.2.840.10008.5.1.4.1.1.";
constexpr std::string_view every_storage = "1.2.840.10008.5.1.4.1.1.*";

scenario::Grammar make_language() {
  scenario::Grammar g;
  g.title = "Assay profiles. Generated from the loader's tables (conformance/profile.cpp); do not edit.";
  g.add({"note", "Anything worth knowing, such as where a claim was read.", {}, {}, 0, TextUse::required});
  g.add({"policy",
         "How the product behaves where the standard leaves a choice.",
         {{"name", V::address, true, "checks-called-ae-title, checks-calling-ae-title, artim..."},
          {"value", V::text, true, "yes, no, or what it is"}},
         {}});
  g.add({"service",
         "A SOP Class in one or both roles.",
         {{"sop-class", V::uid, false, "UID or keyword"},
          {"storage", V::yes_no, false, "yes: every Storage SOP Class; instead of sop-class"},
          {"scu", V::yes_no, false, "the product asks for the service"},
          {"scp", V::yes_no, false, "the product offers the service"},
          {"transfer", V::uids, true, "transfer syntaxes, UIDs or keywords, split by blanks"}},
         {}});
  g.add({"ae",
         "An Application Entity (PS3.2).",
         {{"title", V::text, true, "AE title"},
          {"maximum-length", V::number, false, "announced maximum length (PS3.8 D.1)"},
          {"maximum-associations", V::number, false, "served at the same time"}},
         {{"note", "note"}, {"policy", "policy"}, {"service", "service"}}});
  g.add({"profile",
         "What a product claims: its conformance statement as data.",
         {{"product", V::text, true, "name of the product"}, {"version", V::text, true, "its version"}},
         {{"note", "note"}, {"ae", "ae", 1}}});
  g.roots = {{"profile", "profile"}};
  return g;
}

const scenario::Grammar& profile_language() {
  static const auto grammar = make_language();
  return grammar;
}

struct ServiceName {
  std::string_view name;     // of a claim, without the role
  std::string_view keyword;  // of PS3.6
};
constexpr std::array service_names{
    ServiceName{"verification", "Verification"},
    ServiceName{"study-root-find", "StudyRootQueryRetrieveInformationModelFind"},
    ServiceName{"study-root-move", "StudyRootQueryRetrieveInformationModelMove"},
    ServiceName{"study-root-get", "StudyRootQueryRetrieveInformationModelGet"},
    ServiceName{"patient-root-find", "PatientRootQueryRetrieveInformationModelFind"},
    ServiceName{"patient-root-move", "PatientRootQueryRetrieveInformationModelMove"},
    ServiceName{"patient-root-get", "PatientRootQueryRetrieveInformationModelGet"},
    ServiceName{"modality-worklist", "ModalityWorklistInformationModelFind"},
    ServiceName{"mpps", "ModalityPerformedProcedureStep"},
    ServiceName{"storage-commitment", "StorageCommitmentPushModel"},
};

bool covers(const ServiceClaim& claim, std::string_view uid) {
  return claim.sop_class == uid || (claim.sop_class == every_storage && uid.starts_with(storage_root));
}

ServiceClaim service_from(const Element& element, std::vector<scenario::LoadError>& errors) {
  ServiceClaim out;
  if (element.has("sop-class") == element.is("storage", "yes"))
    errors.push_back(scenario::error_at(element.at, "<service> takes either sop-class or storage=\"yes\""));
  out.sop_class =
      element.has("sop-class") ? scenario::uid_value(element.value("sop-class")) : std::string(every_storage);
  out.scu = element.is("scu", "yes");
  out.scp = element.is("scp", "yes");
  if (!out.scu && !out.scp)
    errors.push_back(scenario::error_at(element.at, "<service> needs scu=\"yes\" or scp=\"yes\""));
  for (const auto word : scenario::words_of(element.value("transfer")))
    out.transfer_syntaxes.push_back(scenario::uid_value(word));
  if (out.transfer_syntaxes.empty())
    errors.push_back(scenario::error_at(element.at, "<service> needs at least one transfer syntax"));
  return out;
}

void read_ae(const Element& ae, Profile& profile, std::vector<scenario::LoadError>& errors) {
  const std::string title(ae.value("title"));
  if (title.empty() || title.size() > 16)
    errors.push_back(scenario::error_at(ae.attribute("title")->at, "an AE title has 1 to 16 characters"));
  if (std::ranges::find(profile.ae_titles, title) != profile.ae_titles.end())
    errors.push_back(scenario::error_at(ae.attribute("title")->at, "the AE " + title + " stands above already"));
  profile.ae_titles.push_back(title);
  if (const auto value = scenario::number_from(ae.value("maximum-length")))
    profile.maximum_length = static_cast<std::uint32_t>(*value);
  if (const auto value = scenario::number_from(ae.value("maximum-associations")))
    profile.maximum_associations = static_cast<unsigned>(*value);
  for (const auto& child : ae.children) {
    if (child.name == "policy") {
      const std::string name(child.value("name"));
      if (!profile.policies.emplace(name, child.value("value")).second)
        errors.push_back(scenario::error_at(child.at, "the policy " + name + " stands above already"));
    } else if (child.name == "service") {
      profile.services.push_back(service_from(child, errors));
    }
  }
}

}  // namespace

std::optional<bool> Profile::claims(std::string_view claim) const {
  // A policy is asked for first: a product may state what no list of services can.
  if (const auto policy = policies.find(std::string(claim)); policy != policies.end()) return policy->second != "no";
  if (claim == "maximum-associations") return maximum_associations ? std::optional(true) : std::nullopt;
  if (claim == "maximum-length") return maximum_length ? std::optional(true) : std::nullopt;
  if (services.empty()) return std::nullopt;

  constexpr std::string_view syntax_prefix = "transfer-syntax:";
  if (claim.starts_with(syntax_prefix)) {
    const auto uid = scenario::uid_value(claim.substr(syntax_prefix.size()));
    return std::ranges::any_of(services, [&](const ServiceClaim& one) {
      return std::ranges::find(one.transfer_syntaxes, uid) != one.transfer_syntaxes.end();
    });
  }
  const bool as_scu = claim.ends_with("scu");
  if (!as_scu && !claim.ends_with("scp")) return std::nullopt;
  const auto in_role = [&](const ServiceClaim& one) { return as_scu ? one.scu : one.scp; };
  constexpr std::string_view class_prefix = "sop-class:";
  if (claim.starts_with(class_prefix)) {
    const auto end = claim.rfind(':');
    if (end < class_prefix.size()) return std::nullopt;
    const auto uid = scenario::uid_value(claim.substr(class_prefix.size(), end - class_prefix.size()));
    return std::ranges::any_of(services, [&](const ServiceClaim& one) { return in_role(one) && covers(one, uid); });
  }
  if (claim.size() < 5) return std::nullopt;
  const auto service = claim.substr(0, claim.size() - 4);
  if (service == "storage") {
    return std::ranges::any_of(services, [&](const ServiceClaim& one) {
      return in_role(one) && std::string_view(one.sop_class).starts_with(storage_root);
    });
  }
  for (const auto& [name, keyword] : service_names) {
    if (name != service) continue;
    const auto uid = scenario::uid_value(keyword);
    return std::ranges::any_of(services, [&](const ServiceClaim& one) { return in_role(one) && one.sop_class == uid; });
  }
  return std::nullopt;
}

std::expected<Profile, std::string> load_profile(std::string_view xml, std::string_view file_name) {
  std::vector<scenario::LoadError> errors;
  const auto root = scenario::read_checked(xml, file_name, profile_language(), errors);
  Profile profile;
  if (root && errors.empty()) {
    profile.product = root->value("product");
    profile.version = root->value("version");
    profile.file = file_name;
    for (const auto& child : root->children)
      if (child.name == "ae") read_ae(child, profile, errors);
  }
  if (errors.empty()) return profile;
  std::string text;
  for (const auto& error : errors) text.append(text.empty() ? "" : "\n").append(scenario::to_string(error));
  return std::unexpected(std::move(text));
}

std::string profile_xsd() { return scenario::to_xsd(profile_language()); }

}  // namespace assay::conformance
