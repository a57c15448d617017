#include "harness/app/played_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "conformance/match.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/app/home.hpp"
#include "harness/dict/dict.hpp"
#include "harness/scenario/values.hpp"
#include "harness/service/print.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::app {
namespace {

using conformance::ApplicationEntity;
using conformance::KeyLevel;
using conformance::Matching;
using conformance::Role;

/// Policies that the services heed. Others are about the calling side, or are told as not played.
constexpr std::array played_policies{
    std::string_view("maximum-length"),
    std::string_view("maximum-associations"),
    std::string_view("operations-performed"),
    std::string_view("operations-invoked"),
    std::string_view("implementation-class-uid"),
    std::string_view("implementation-version-name"),
    std::string_view("checks-called-ae-title"),
    std::string_view("called-ae-titles"),
    std::string_view("calling-ae-titles"),
    std::string_view("transfer-syntax-choice"),
    std::string_view("artim"),
    std::string_view("idle-timeout"),
    std::string_view("duplicate-instances"),
    std::string_view("query-limit"),
    std::string_view("commitment-reports"),
    std::string_view("relational-queries"),
    std::string_view("relational-retrieval"),
    std::string_view("combined-date-time-matching"),
};
/// What our services do in any case, so that nothing has to be told when a profile says the same.
constexpr std::pair<std::string_view, std::string_view> always[] = {
    {"checks-calling-ae-title", "no"},
    {"cancels-queries", "yes"},
    {"cancels-retrieval", "yes"},
    {"retrieve-pending", "yes"},
    {"coerces-elements", "no"},
    {"move-destinations", "configured"},
    {"fuzzy-person-names", "no"},
    {"timezone-adjustment", "no"},
    {"storage-level", "2"},
    {"mpps-final-states", "completed discontinued"},
    {"sub-operation-order", "unspecified"},
    {"retrieve-levels", "patient study series image"},
};
/// About what the product does as the calling side, or what no association shows.
constexpr std::array calling_policies{
    std::string_view("least-peer-maximum-length"), std::string_view("opens-associations"),
    std::string_view("needs-associations"),        std::string_view("proposes"),
    std::string_view("association-timeout"),       std::string_view("dimse-timeout"),
    std::string_view("user-identity-sent"),        std::string_view("makes-images-from-worklist"),
    std::string_view("mpps-created-at"),           std::string_view("commitment-accepts"),
    std::string_view("commitment-waits"),          std::string_view("knows-our-address"),
    std::string_view("longest-ae-title"),          std::string_view("ae-title-characters"),
};

bool one_of(const auto& list, const auto& wanted) { return std::ranges::find(list, wanted) != std::end(list); }

std::vector<std::string> titles_in(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const auto end = text.find('\\');
    out.emplace_back(scenario::trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return out;
    text = text.substr(end + 1);
  }
}

std::optional<service::MatchType> match_type_of(Matching kind) {
  switch (kind) {
    case Matching::single: return service::MatchType::single;
    case Matching::uid_list: return service::MatchType::uid_list;
    case Matching::universal: return service::MatchType::universal;
    case Matching::wildcard: return service::MatchType::wildcard;
    case Matching::range: return service::MatchType::range;
    case Matching::sequence: return service::MatchType::sequence;
    case Matching::empty:
    case Matching::multiple: break;
  }
  return std::nullopt;
}

std::optional<service::QueryLevel> level_of(KeyLevel level) {
  switch (level) {
    case KeyLevel::patient: return service::QueryLevel::patient;
    case KeyLevel::study: return service::QueryLevel::study;
    case KeyLevel::series: return service::QueryLevel::series;
    case KeyLevel::image: return service::QueryLevel::image;
    case KeyLevel::worklist: break;
  }
  return std::nullopt;
}

class Player {
 public:
  Player(const conformance::Profile& profile, const ApplicationEntity& ae, std::string_view title)
      : profile_(profile), ae_(ae) {
    out_.product = profile.product + " " + profile.version;
    out_.ae_title = title.empty() ? ae.title : title;
  }

  PlayedProfile play(bool over_tls) {
    association();
    services();
    keys();
    behaviour();
    policies();
    rest(over_tls);
    return std::move(out_);
  }

 private:
  void association() {
    auto& policy = out_.policy;
    const auto usual = service::default_policy();
    policy.implementation_class_uid = ae_.policy("implementation-class-uid").value_or(usual.implementation_class_uid);
    // A product that names no version sends none.
    policy.implementation_version_name = ae_.policy("implementation-version-name").value_or("");
    if (const auto length = ae_.number("maximum-length")) policy.maximum_length = static_cast<std::uint32_t>(*length);
    if (const auto most = ae_.number("maximum-associations")) policy.max_associations = static_cast<std::size_t>(*most);
    policy.requestor_order = ae_.says("transfer-syntax-choice", "requestor-order");
    if (ae_.says("checks-called-ae-title", "yes"))
      policy.called_ae_titles = titles_in(ae_.policy("called-ae-titles").value_or(out_.ae_title));
    if (const auto titles = ae_.policy("calling-ae-titles")) policy.calling_ae_titles = titles_in(*titles);
    policy.window.invoked = static_cast<std::uint16_t>(ae_.number("operations-performed").value_or(1));
    policy.window.performed = static_cast<std::uint16_t>(ae_.number("operations-invoked").value_or(1));
    policy.strict_roles = true;
    out_.played.push_back(fmt::format(
        "{}; called titles: {}; calling titles: {}; maximum length {}; {}",
        policy.max_associations == 0 ? "any number of associations"
                                     : fmt::format("at most {} associations", policy.max_associations),
        policy.called_ae_titles.empty() ? "any" : joined(policy.called_ae_titles),
        policy.calling_ae_titles.empty() ? "any" : joined(policy.calling_ae_titles), policy.maximum_length,
        policy.requestor_order ? "transfer syntaxes in the caller's order" : "transfer syntaxes in its own order"));
  }

  static std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& one : words) out.append(out.empty() ? "" : ", ").append(one);
    return out;
  }

  /// Whether a service of the embedded device stands behind a SOP Class.
  static bool has_service(std::string_view uid) {
    if (conformance::is_storage(uid)) return true;
    static const auto print = service::PrintService(service::PrintOptions{}).abstract_syntaxes();
    return one_of(print, uid) || uid == uids::Verification || uid == uids::ModalityWorklistInformationModelFind ||
           uid == uids::ModalityPerformedProcedureStep || uid == uids::ModalityPerformedProcedureStepRetrieve ||
           uid == uids::StorageCommitmentPushModel || service::find_model(uid) || service::get_model(uid) ||
           service::move_model(uid);
  }

  void services() {
    std::string served;
    std::string without;
    std::string asks;
    for (const auto& one : ae_.services) {
      const bool scp = one.role == Role::scp;
      (scp ? served : asks)
          .append((scp ? served : asks).empty() ? "" : ", ")
          .append(conformance::short_name(one.sop_class));
      if (scp && !has_service(one.sop_class))
        without.append(without.empty() ? "" : ", ").append(conformance::short_name(one.sop_class));
      support(one);
    }
    out_.played.push_back("serves " + served);
    if (!without.empty())
      out_.not_played.push_back("accepted, but with no service behind it (operations are refused): " + without);
    if (!asks.empty())
      out_.not_played.push_back("as SCU nothing is done by itself (assay store, find, get... do it by hand): " + asks);
  }

  void support(const conformance::ServiceClaim& one) {
    auto& policy = out_.policy;
    const bool scp = one.role == Role::scp;
    if (one.sop_class == conformance::every_storage) {
      // Where both roles are claimed, what is accepted is said by the SCP.
      if (scp || policy.any_storage_transfer_syntaxes.empty())
        policy.any_storage_transfer_syntaxes = one.transfer_syntaxes;
      policy.any_storage_scp = scp || (any_seen_ && policy.any_storage_scp);
      policy.any_storage_scu = !scp || policy.any_storage_scu;
      any_seen_ = true;
      return;
    }
    const auto found = std::ranges::find(policy.supported, one.sop_class, &service::SupportedSyntax::abstract_syntax);
    if (found == policy.supported.end()) {
      policy.supported.push_back({one.sop_class, one.transfer_syntaxes, !scp, scp});
      return;
    }
    if (scp) found->transfer_syntaxes = one.transfer_syntaxes;
    found->scu = found->scu || !scp;
    found->scp = found->scp || scp;
  }

  /// Whether our archive has the key at this level; in Study Root the patient's stand at the study level.
  static bool has_key(service::QueryLevel level, Tag tag) {
    const auto known = service::level_of_key(tag);
    if (!known) return level == service::QueryLevel::image;
    return *known == level || (*known == service::QueryLevel::patient && level == service::QueryLevel::study);
  }

  void keys() {
    auto support = std::make_shared<service::KeySupport>();
    std::string other_kinds;
    std::string strange;
    bool silent_keys = false;
    for (const auto& one : ae_.keys) {
      if (one.role != Role::scp) continue;
      const auto level = level_of(one.level);
      support->stated.insert(level);
      if (!one.supported) continue;
      if (level && !has_key(*level, one.tag)) {
        strange.append(strange.empty() ? "" : ", ")
            .append(fmt::format("{} at {}", dict::keyword(one.tag), name(one.level)));
        continue;
      }
      auto& kinds = support->keys[{level, one.tag}];
      for (const auto kind : one.matching) {
        if (const auto type = match_type_of(kind)) {
          kinds.insert(*type);
        } else {
          other_kinds = std::string(name(kind));
        }
      }
      silent_keys = silent_keys || !one.returned;
    }
    if (support->stated.empty()) return;
    out_.played.push_back(fmt::format("queries: {} keys, others are ignored (FF01H)", support->keys.size()));
    out_.keys = std::move(support);
    if (!strange.empty()) out_.not_played.push_back("keys that Assay's archive does not have there: " + strange);
    if (!other_kinds.empty()) out_.not_played.push_back("matching of the kind " + other_kinds);
    if (silent_keys) out_.not_played.emplace_back("keys that are matched and not returned: they are returned");
  }

  void behaviour() {
    const auto agrees = [&](std::string_view item) {
      return ae_.says(item, "yes") || std::ranges::any_of(ae_.services, [&](const auto& one) {
               return one.role == Role::scp && one_of(one.extended, item);
             });
    };
    out_.extensions.relational = agrees("relational-queries") || agrees("relational-retrieval");
    out_.extensions.date_time = agrees("combined-date-time-matching");
    for (const std::string_view item : {"fuzzy-person-names", "timezone-adjustment"})
      if (agrees(item)) out_.not_played.push_back(fmt::format("extended negotiation of {}", item));
    using service::DuplicatePolicy;
    if (ae_.says("duplicate-instances", "keep")) out_.storage.duplicates = DuplicatePolicy::keep;
    if (ae_.says("duplicate-instances", "refuse")) out_.storage.duplicates = DuplicatePolicy::refuse;
    out_.max_matches = static_cast<std::size_t>(ae_.number("query-limit").value_or(0));
    if (ae_.says("commitment-reports", "new")) out_.commitment = service::ReportWay::new_association;
    if (const auto time = ae_.policy("artim")) out_.artim = duration(*time);
    if (const auto time = ae_.policy("idle-timeout")) out_.idle_timeout = duration(*time);
  }

  void policies() {
    std::string not_heeded;
    for (const auto& [name, claim] : ae_.policies) {
      if (one_of(played_policies, name) || one_of(calling_policies, name)) continue;
      if (one_of(always, std::pair<std::string_view, std::string_view>(name, claim.value))) continue;
      not_heeded.append(not_heeded.empty() ? "" : ", ").append(name).append("=").append(claim.value);
    }
    if (!not_heeded.empty()) out_.not_played.push_back("policies: " + not_heeded);
  }

  void rest(bool over_tls) {
    if (!ae_.statuses.empty())
      out_.not_played.push_back(
          fmt::format("statuses: {} are claimed; they are returned where there is reason to, others by --faults",
                      ae_.statuses.size()));
    if (!profile_.tls.empty() && !over_tls)
      out_.not_played.emplace_back("TLS: give --tls-cert and --tls-key to speak it");
    if (profile_.plain == false && over_tls) out_.played.emplace_back("nothing but TLS is spoken");
    if (!profile_.character_sets.empty())
      out_.not_played.emplace_back("character sets: texts come back in the one they were stored in");
    for (const auto& one : profile_.aes)
      if (&one != &ae_) out_.not_played.push_back(fmt::format("the AE {}: choose it with --ae-title", one.title));
  }

  const conformance::Profile& profile_;
  const ApplicationEntity& ae_;
  PlayedProfile out_;
  bool any_seen_ = false;
};

}  // namespace

std::expected<PlayedProfile, std::string> play_profile(const conformance::Profile& profile, std::string_view title,
                                                       bool over_tls) {
  const auto* ae = title.empty() ? conformance::main_ae(profile, Role::scp) : profile.ae(title);
  if (ae == nullptr && !title.empty()) ae = conformance::main_ae(profile, Role::scp);
  if (ae == nullptr || std::ranges::none_of(ae->services, [](const auto& one) { return one.role == Role::scp; }))
    return std::unexpected(fmt::format("{} {}: serves nothing as SCP, so that there is nothing to play",
                                       profile.product, ae == nullptr ? "" : "(AE " + ae->title + ")"));
  return Player(profile, *ae, title).play(over_tls);
}

}  // namespace assay::app
