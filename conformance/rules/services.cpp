// What may be asked on a Presentation Context, and by whom: roles (PS3.7 D.3.3.4), the DIMSE services of the SOP Class
// (PS3.4 6.4), the SOP Class a command names (PS3.7 9.3, 10.3). Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "conformance/rules/support.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using trace::Severity;

constexpr trace::RuleInfo wrong_role{
    "ps3.7/D.3.3.4/request-in-wrong-role", "PS3.7 D.3.3.4", Severity::error,
    "Requests come from the side that is SCU on the context, notifications from the SCP.",
    "Ask the vendor of the side named here to negotiate the role with role selection before it sends this request."};
constexpr trace::RuleInfo wrong_class{
    "ps3.7/9.3/sop-class-of-context", "PS3.7 9.3", Severity::error,
    "The SOP Class a command names is the abstract syntax of its Presentation Context.",
    "Ask the vendor of the side named here to send each object on the Presentation Context of its SOP Class; the other "
    "side may refuse or misfile it."};
constexpr trace::RuleInfo wrong_service{
    "ps3.4/6.4/service-of-sop-class", "PS3.4 6.4", Severity::error,
    "A request uses a DIMSE service that the SOP Class of the Presentation Context consists of.",
    "Ask the vendor of the side named here to use a Presentation Context of the service it wants."};

/// UPS: every request names the UPS Push SOP Class, whichever of the UPS contexts it uses (PS3.4 CC.3.1).
constexpr std::string_view unified_procedure_step = "1.2.840.10008.5.1.4.34.6.";
constexpr std::string_view storage = "1.2.840.10008.5.1.4.1.1.";
constexpr std::string_view query_retrieve = "1.2.840.10008.5.1.4.1.2.";
constexpr std::string_view worklist = "1.2.840.10008.5.1.4.31";

/// The one service of SOP Classes that have one; nothing for the others.
std::optional<CommandField> only_service(std::string_view abstract_syntax) {
  if (abstract_syntax == uids::Verification) return CommandField::c_echo_rq;
  if (abstract_syntax == worklist) return CommandField::c_find_rq;
  const auto* entry = dict::find_uid(abstract_syntax);
  if (entry == nullptr) return std::nullopt;
  if (abstract_syntax.starts_with(storage) && entry->keyword.ends_with("Storage")) return CommandField::c_store_rq;
  if (!abstract_syntax.starts_with(query_retrieve)) return std::nullopt;
  if (abstract_syntax.ends_with(".1")) return CommandField::c_find_rq;
  if (abstract_syntax.ends_with(".2")) return CommandField::c_move_rq;
  if (abstract_syntax.ends_with(".3")) return CommandField::c_get_rq;
  return std::nullopt;
}

/// DIMSE-N services of a SOP Class, one bit each.
enum Services : std::uint8_t { create = 1, set = 2, get = 4, remove = 8, action = 16, event = 32 };

struct ServicesOf {
  std::string_view sop_class;
  unsigned services;
};
/// PS3.4 F.7.2, F.8.2, F.9.2, H.4, J.3, R.3, S.3, EE.2; SOP Classes that are not here are not judged.
constexpr std::array<ServicesOf, 16> normalized_services{{{"1.2.840.10008.1.20.1", action | event},
                                                          {"1.2.840.10008.3.1.2.3.3", create | set},
                                                          {"1.2.840.10008.3.1.2.3.4", get},
                                                          {"1.2.840.10008.3.1.2.3.5", event},
                                                          {"1.2.840.10008.5.1.1.1", create | set | remove | action},
                                                          {"1.2.840.10008.5.1.1.2", create | set | remove | action},
                                                          {"1.2.840.10008.5.1.1.4", set},
                                                          {"1.2.840.10008.5.1.1.4.1", set},
                                                          {"1.2.840.10008.5.1.1.14", get | event},
                                                          {"1.2.840.10008.5.1.1.15", set},
                                                          {"1.2.840.10008.5.1.1.16", get | event},
                                                          {"1.2.840.10008.5.1.1.22", create | set | remove},
                                                          {"1.2.840.10008.5.1.1.23", create | remove},
                                                          {"1.2.840.10008.5.1.1.33", create | action | get},
                                                          {"1.2.840.10008.5.1.1.40", get},
                                                          {"1.2.840.10008.5.1.4.33", create}}};

unsigned service_of(CommandField command) {
  switch (command) {
    case CommandField::n_create_rq: return create;
    case CommandField::n_set_rq: return set;
    case CommandField::n_get_rq: return get;
    case CommandField::n_delete_rq: return remove;
    case CommandField::n_action_rq: return action;
    case CommandField::n_event_report_rq: return event;
    default: return 0;
  }
}

/// The SOP Classes of a Meta SOP Class (PS3.4 H.3.2.2); empty for those that are not judged.
std::span<const std::string_view> members_of(std::string_view meta) {
  static constexpr std::array<std::string_view, 4> gray{"1.2.840.10008.5.1.1.1", "1.2.840.10008.5.1.1.2",
                                                        "1.2.840.10008.5.1.1.4", "1.2.840.10008.5.1.1.16"};
  static constexpr std::array<std::string_view, 4> color{"1.2.840.10008.5.1.1.1", "1.2.840.10008.5.1.1.2",
                                                         "1.2.840.10008.5.1.1.4.1", "1.2.840.10008.5.1.1.16"};
  if (meta == "1.2.840.10008.5.1.1.9") return gray;
  if (meta == "1.2.840.10008.5.1.1.18") return color;
  return {};
}

bool names_another_class(std::string_view abstract_syntax) {
  const auto* entry = dict::find_uid(abstract_syntax);
  return (entry != nullptr && entry->kind == dict::UidKind::meta_sop_class) ||
         abstract_syntax.starts_with(unified_procedure_step);
}

class Run final : public trace::RuleRun {
 public:
  void on_entry(const trace::Entry& entry, const trace::Negotiated& negotiated, trace::Reporter& reporter) override {
    const auto* seen = std::get_if<trace::MessageSeen>(&entry.what);
    if (seen == nullptr) return;
    const auto* context = accepted_context(negotiated, seen->message->context_id);
    const auto field = seen->message->command.field();
    if (context == nullptr || !field || dimse::is_response(*field) || dimse::command_info(*field) == nullptr) return;
    const auto abstract_syntax = trimmed_uid(context->abstract_syntax);
    const auto command = static_cast<CommandField>(*field);
    if (!service(*seen, command, abstract_syntax, reporter)) return;
    sop_class(*seen, abstract_syntax, reporter);
    role(*seen, command, abstract_syntax, negotiated, reporter);
  }

 private:
  static bool service(const trace::MessageSeen& seen, CommandField command, std::string_view abstract_syntax,
                      trace::Reporter& reporter) {
    const auto only = only_service(abstract_syntax);
    if (!only) return normalized(seen, command, abstract_syntax, reporter);
    if (*only == command) return true;
    const bool cancellable = *only != CommandField::c_echo_rq && *only != CommandField::c_store_rq;
    if (command == CommandField::c_cancel_rq && cancellable) return true;
    reporter.report(finding(wrong_service, place_of(seen, tags::CommandField), label(tags::CommandField),
                            seen.message->command.name(),
                            fmt::format("{} on a context of {}", dimse::command_name(static_cast<std::uint16_t>(*only)),
                                        dict::uid_name(abstract_syntax))));
    return false;
  }

  static bool normalized(const trace::MessageSeen& seen, CommandField command, std::string_view abstract_syntax,
                         trace::Reporter& reporter) {
    auto sop_class = abstract_syntax;
    if (!members_of(abstract_syntax).empty()) sop_class = trimmed_uid(seen.message->command.sop_class_uid());
    for (const auto& row : normalized_services) {
      if (row.sop_class != sop_class || (row.services & service_of(command)) != 0) continue;
      reporter.report(finding(wrong_service, place_of(seen, tags::CommandField), label(tags::CommandField),
                              seen.message->command.name(), fmt::format("a service of {}", dict::uid_name(sop_class))));
      return false;
    }
    return true;
  }

  static void sop_class(const trace::MessageSeen& seen, std::string_view abstract_syntax, trace::Reporter& reporter) {
    const auto named = trimmed_uid(seen.message->command.sop_class_uid());
    const auto members = members_of(abstract_syntax);
    if (named.empty() || named == abstract_syntax) return;
    if (members.empty() ? names_another_class(abstract_syntax) : std::ranges::find(members, named) != members.end()) {
      return;
    }
    const auto tag = seen.message->command.elements().has(tags::AffectedSOPClassUID) ? tags::AffectedSOPClassUID
                                                                                     : tags::RequestedSOPClassUID;
    reporter.report(finding(wrong_class, place_of(seen, tag), label(tag), quoted(dict::uid_name(named)),
                            fmt::format("{}, the abstract syntax of context {}",
                                        quoted(dict::uid_name(abstract_syntax)), seen.message->context_id)));
  }

  void role(const trace::MessageSeen& seen, CommandField command, std::string_view abstract_syntax,
            const trace::Negotiated& negotiated, trace::Reporter& reporter) {
    auto& roles = roles_[seen.message->context_id];
    if (!roles) roles = roles_of(negotiated, abstract_syntax);
    // The SCP invokes N-EVENT-REPORT, the SCU everything else.
    const bool by_scp = command == CommandField::n_event_report_rq;
    const bool as_scu = (seen.from == Side::requestor) != by_scp;
    if (as_scu ? roles->requestor_is_scu : roles->requestor_is_scp) return;
    reporter.report(finding(wrong_role, begin_of(seen), "(0000,0100) CommandField",
                            fmt::format("{} from the {}", seen.message->command.name(), name(seen.from)),
                            fmt::format("from the {} only on context {}: the requestor is {} there",
                                        by_scp ? "SCP" : "SCU", seen.message->context_id,
                                        roles->requestor_is_scu && roles->requestor_is_scp ? "SCU and SCP"
                                        : roles->requestor_is_scu                          ? "SCU"
                                        : roles->requestor_is_scp                          ? "SCP"
                                                                                           : "neither SCU nor SCP")));
  }

  std::array<std::optional<Roles>, 256> roles_;
};

}  // namespace

void add_service_rules(trace::RuleBook& book) {
  book.add({{wrong_role, wrong_class, wrong_service}, [] { return std::make_unique<Run>(); }});
}

}  // namespace assay::conformance
