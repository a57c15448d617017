// What a profile answers when it is asked. Tests: tests/unit/conformance/profile_test.cpp
#include "conformance/profile.hpp"

#include <algorithm>
#include <array>

#include "conformance/profile_tables.hpp"
#include "harness/dict/dict.hpp"
#include "harness/scenario/values.hpp"

namespace assay::conformance {
namespace {

constexpr std::string_view storage_root = "1.2.840.10008.5.1.4.1.1.";

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
  return claim.sop_class == uid || (claim.sop_class == every_storage && is_storage(uid));
}

template <typename Predicate>
bool any_service(const Profile& profile, Predicate holds) {
  return std::ranges::any_of(profile.aes, [&](const auto& ae) { return std::ranges::any_of(ae.services, holds); });
}

}  // namespace

std::string_view name(Role role) { return role == Role::scu ? "scu" : "scp"; }

std::string_view name(KeyLevel level) {
  switch (level) {
    case KeyLevel::patient: return "patient";
    case KeyLevel::study: return "study";
    case KeyLevel::series: return "series";
    case KeyLevel::image: return "image";
    case KeyLevel::worklist: break;
  }
  return "worklist";
}

std::string_view name(Matching matching) {
  switch (matching) {
    case Matching::single: return "single";
    case Matching::uid_list: return "uid-list";
    case Matching::universal: return "universal";
    case Matching::wildcard: return "wildcard";
    case Matching::range: return "range";
    case Matching::sequence: return "sequence";
    case Matching::empty: return "empty";
    case Matching::multiple: break;
  }
  return "multiple";
}

bool is_storage(std::string_view sop_class_uid) {
  if (!sop_class_uid.starts_with(storage_root)) return false;
  // Some query and retrieve models of protocols and inventories have UIDs in the midst of those for storage.
  const auto* known = dict::find_uid(sop_class_uid);
  return known == nullptr || known->keyword.find("Storage") != std::string_view::npos;
}

std::string short_name(std::string_view uid) {
  if (uid == every_storage) return "storage";
  const auto* entry = dict::find_uid(uid);
  return entry == nullptr || entry->keyword.empty() ? std::string(uid) : std::string(entry->keyword);
}

std::optional<std::string> ApplicationEntity::policy(std::string_view name) const {
  const auto found = policies.find(name);
  return found == policies.end() ? std::nullopt : std::optional(found->second.value);
}

std::optional<std::uint64_t> ApplicationEntity::number(std::string_view policy_name) const {
  const auto found = policies.find(policy_name);
  if (found == policies.end()) return std::nullopt;
  const auto value = scenario::number_from(found->second.value);
  if (!value || *value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

bool ApplicationEntity::says(std::string_view policy_name, std::string_view value) const {
  const auto found = policies.find(policy_name);
  return found != policies.end() && found->second.value == value;
}

const ServiceClaim* ApplicationEntity::service(std::string_view sop_class, Role role) const {
  const ServiceClaim* any = nullptr;
  for (const auto& one : services) {
    if (one.role != role) continue;
    if (one.sop_class == sop_class) return &one;
    if (covers(one, sop_class)) any = &one;
  }
  return any;
}

const KeyClaim* ApplicationEntity::key(Role role, KeyLevel level, Tag tag) const {
  const auto found = std::ranges::find_if(
      keys, [&](const KeyClaim& one) { return one.role == role && one.level == level && one.tag == tag; });
  return found == keys.end() ? nullptr : &*found;
}

std::optional<std::string> Profile::policy(std::string_view name) const {
  for (const auto& one : aes)
    if (auto value = one.policy(name)) return value;
  return std::nullopt;
}

const ApplicationEntity* Profile::ae(std::string_view title) const {
  const auto found = std::ranges::find(aes, title, &ApplicationEntity::title);
  return found == aes.end() ? nullptr : &*found;
}

std::optional<bool> Profile::claims(std::string_view claim) const {
  // A policy is asked for first: a product may state what no list of services can.
  if (const auto stated = policy(claim)) return *stated != "no";
  const bool any = any_service(*this, [](const ServiceClaim&) { return true; });
  if (!any) return std::nullopt;
  if (extended_item(claim) != nullptr) {
    const bool agreed = any_service(
        *this, [&](const ServiceClaim& one) { return std::ranges::find(one.extended, claim) != one.extended.end(); });
    return agreed ? std::optional(true) : std::nullopt;
  }

  constexpr std::string_view syntax_prefix = "transfer-syntax:";
  if (claim.starts_with(syntax_prefix)) {
    const auto uid = scenario::uid_value(claim.substr(syntax_prefix.size()));
    return any_service(*this, [&](const ServiceClaim& one) {
      return std::ranges::find(one.transfer_syntaxes, uid) != one.transfer_syntaxes.end();
    });
  }
  const bool as_scu = claim.ends_with("scu");
  if (!as_scu && !claim.ends_with("scp")) return std::nullopt;
  const auto in_role = [&](const ServiceClaim& one) { return one.role == (as_scu ? Role::scu : Role::scp); };
  constexpr std::string_view class_prefix = "sop-class:";
  if (claim.starts_with(class_prefix)) {
    const auto end = claim.rfind(':');
    if (end < class_prefix.size()) return std::nullopt;
    const auto uid = scenario::uid_value(claim.substr(class_prefix.size(), end - class_prefix.size()));
    return any_service(*this, [&](const ServiceClaim& one) { return in_role(one) && covers(one, uid); });
  }
  if (claim.size() < 5) return std::nullopt;
  const auto service = claim.substr(0, claim.size() - 4);
  if (service == "storage") {
    return any_service(*this, [&](const ServiceClaim& one) { return in_role(one) && is_storage(one.sop_class); });
  }
  for (const auto& [name, keyword] : service_names) {
    if (name != service) continue;
    const auto uid = scenario::uid_value(keyword);
    return any_service(*this, [&](const ServiceClaim& one) { return in_role(one) && one.sop_class == uid; });
  }
  return std::nullopt;
}

}  // namespace assay::conformance
