// User information that the A-ASSOCIATE-AC answers: roles, asynchronous window, extended negotiation, user identity
// (PS3.7 D.3.3.3 to D.3.3.7). Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <map>
#include <set>

#include "conformance/rules/support.hpp"

namespace assay::conformance {
namespace {

using trace::Severity;

constexpr trace::RuleInfo role_not_proposed{
    "ps3.7/D.3.3.4/role-not-proposed", "PS3.7 D.3.3.4", Severity::error,
    "Roles are answered only for SOP Classes whose roles were proposed.",
    "Ask the vendor of the accepting device to answer role selection only where it was asked; the default roles hold."};
constexpr trace::RuleInfo role_widened{"ps3.7/D.3.3.4/role-widened", "PS3.7 D.3.3.4", Severity::error,
                                       "An answer to role selection grants no role that was not proposed.",
                                       "Ask the vendor of the accepting device to answer 0 for roles that were not "
                                       "proposed; until then check that it does "
                                       "not send requests the calling device cannot handle."};
constexpr trace::RuleInfo window_not_proposed{
    "ps3.7/D.3.3.3/async-window-not-proposed", "PS3.7 D.3.3.3", Severity::error,
    "An asynchronous operations window is answered only when one was proposed.",
    "Ask the vendor of the accepting device to leave the item out; one operation at a time holds."};
constexpr trace::RuleInfo window_widened{
    "ps3.7/D.3.3.3/async-window-widened", "PS3.7 D.3.3.3", Severity::error,
    "The answered asynchronous operations window is not larger than the proposed one.",
    "Ask the vendor of the accepting device to stay within the proposed window; until then switch off asynchronous "
    "operations on the calling device."};
constexpr trace::RuleInfo extended_not_proposed{
    "ps3.7/D.3.3.5/extended-negotiation-not-proposed", "PS3.7 D.3.3.5", Severity::error,
    "Extended negotiation is answered only for SOP Classes for which it was proposed.",
    "Ask the vendor of the accepting device to answer extended negotiation only where it was asked."};
constexpr trace::RuleInfo identity_not_asked{
    "ps3.7/D.3.3.7/identity-answer-not-requested", "PS3.7 D.3.3.7", Severity::error,
    "User identity is answered only when a positive response was requested.",
    "Ask the vendor of the accepting device to answer user identity only when the request asks for it."};
constexpr trace::RuleInfo identity_not_answered{
    "ps3.7/D.3.3.7/identity-answer-missing", "PS3.7 D.3.3.7", Severity::warning,
    "A requested positive response to user identity is given when the association is accepted.",
    "Take the user as not checked: the accepting device ignores user identity. Switch it on there, or do not rely on "
    "it."};

/// What the request asks, by SOP Class: looked up once for each answer, however many a hostile pair of PDUs holds.
struct Asked {
  explicit Asked(const pdu::UserInformationItem& items) : information(items) {
    for (const auto& item : items.sub_items) {
      if (const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&item)) {
        roles.emplace(trimmed_uid(role->sop_class_uid), role);
      } else if (const auto* extension = std::get_if<pdu::SopClassExtendedNegotiationSubItem>(&item)) {
        extended.insert(trimmed_uid(extension->sop_class_uid));
      } else if (const auto* raw = std::get_if<pdu::UnknownItem>(&item)) {
        unread.insert(raw->type);
      }
    }
  }
  const pdu::UserInformationItem& information;
  std::map<std::string_view, const pdu::RoleSelectionSubItem*> roles;
  std::set<std::string_view> extended;
  std::set<std::uint8_t> unread;  // types of items that could not be read: they may have asked anything
};

bool wider(std::uint16_t answered, std::uint16_t proposed) {
  return proposed != 0 && (answered == 0 || answered > proposed);
}

std::string window(std::uint16_t operations) { return operations == 0 ? "0 (unlimited)" : std::to_string(operations); }

class Run final : public trace::RuleRun {
 public:
  void on_entry(const trace::Entry& entry, const trace::Negotiated& negotiated, trace::Reporter& reporter) override {
    const auto* seen = std::get_if<trace::PduSeen>(&entry.what);
    if (seen == nullptr || seen->pdu == nullptr || negotiated.ac == nullptr) return;
    const auto* ac = std::get_if<pdu::AAssociateAc>(seen->pdu.get());
    if (ac == nullptr || ac != negotiated.ac.get()) return;
    const auto* request = negotiated.rq->user_information();
    const auto* answered = ac->user_information();
    if (request == nullptr || answered == nullptr) return;
    const Asked asked(*request);
    const auto at = sub_item_positions(seen->bytes);
    std::size_t roles = 0;
    std::size_t extended = 0;
    for (std::size_t i = 0; i < answered->sub_items.size() && i < at.size(); ++i) {
      const auto& item = answered->sub_items[i];
      auto place = begin_of(*seen);
      place.offset += at[i];
      if (const auto* mine = std::get_if<pdu::RoleSelectionSubItem>(&item)) {
        role(*mine, asked, place, ++roles, reporter);
      } else if (const auto* own_window = std::get_if<pdu::AsynchronousOperationsWindowSubItem>(&item)) {
        async(*own_window, asked, place, reporter);
      } else if (const auto* own_extended = std::get_if<pdu::SopClassExtendedNegotiationSubItem>(&item)) {
        extension(*own_extended, asked, place, ++extended, reporter);
      } else if (std::holds_alternative<pdu::UserIdentitySubItemAc>(item)) {
        const auto* identity = request->find<pdu::UserIdentitySubItemRq>();
        // An identity item that could not be read may have asked.
        if (identity == nullptr && asked.unread.contains(pdu::item_type::user_identity_rq)) continue;
        if (identity != nullptr && identity->positive_response_requested != 0) continue;
        reporter.report(finding(identity_not_asked, place, "user-information/user-identity", "an answer",
                                identity == nullptr ? "none: the request has no user identity"
                                                    : "none: the request asks for no positive response"));
      }
    }
    const auto* identity = request->find<pdu::UserIdentitySubItemRq>();
    if (identity != nullptr && identity->positive_response_requested == 1 &&
        answered->find<pdu::UserIdentitySubItemAc>() == nullptr &&
        !Asked(*answered).unread.contains(pdu::item_type::user_identity_ac)) {
      reporter.report(finding(identity_not_answered, begin_of(*seen), "user-information/user-identity", "no answer",
                              "a user identity sub-item (59H)"));
    }
  }

 private:
  static void role(const pdu::RoleSelectionSubItem& mine, const Asked& asked, StreamPlace place, std::size_t number,
                   trace::Reporter& reporter) {
    const auto found = asked.roles.find(trimmed_uid(mine.sop_class_uid));
    const auto* proposal = found == asked.roles.end() ? nullptr : found->second;
    const auto field = fmt::format("user-information/role-selection[{}]", number);
    if (proposal == nullptr) {
      if (asked.unread.contains(pdu::item_type::role_selection)) return;
      reporter.report(finding(role_not_proposed, place, field, quoted(dict::uid_name(mine.sop_class_uid)),
                              "a SOP Class whose roles the request proposes"));
      return;
    }
    if (mine.scu_role > 1 || mine.scp_role > 1 || proposal->scu_role > 1 || proposal->scp_role > 1) return;
    if (mine.scu_role <= proposal->scu_role && mine.scp_role <= proposal->scp_role) return;
    place.offset += 6 + mine.sop_class_uid.size();
    reporter.report(finding(role_widened, place, field, fmt::format("SCU {}, SCP {}", mine.scu_role, mine.scp_role),
                            fmt::format("at most SCU {}, SCP {}", proposal->scu_role, proposal->scp_role)));
  }

  static void async(const pdu::AsynchronousOperationsWindowSubItem& mine, const Asked& asked, StreamPlace place,
                    trace::Reporter& reporter) {
    constexpr auto field = "user-information/asynchronous-operations-window";
    const auto* proposal = asked.information.find<pdu::AsynchronousOperationsWindowSubItem>();
    if (proposal == nullptr) {
      if (asked.unread.contains(pdu::item_type::asynchronous_operations_window)) return;
      reporter.report(finding(window_not_proposed, place, field, "an answer", "none: the request proposes no window"));
      return;
    }
    if (!wider(mine.invoked, proposal->invoked) && !wider(mine.performed, proposal->performed)) return;
    place.offset += 4;
    reporter.report(finding(
        window_widened, place, field,
        fmt::format("invoked {}, performed {}", window(mine.invoked), window(mine.performed)),
        fmt::format("at most invoked {}, performed {}", window(proposal->invoked), window(proposal->performed))));
  }

  static void extension(const pdu::SopClassExtendedNegotiationSubItem& mine, const Asked& asked, StreamPlace place,
                        std::size_t number, trace::Reporter& reporter) {
    if (asked.unread.contains(pdu::item_type::sop_class_extended_negotiation)) return;
    if (asked.extended.contains(trimmed_uid(mine.sop_class_uid))) return;
    reporter.report(finding(
        extended_not_proposed, place, fmt::format("user-information/sop-class-extended-negotiation[{}]", number),
        quoted(dict::uid_name(mine.sop_class_uid)), "a SOP Class for which the request proposes extended negotiation"));
  }
};

}  // namespace

void add_user_item_rules(trace::RuleBook& book) {
  book.add({{role_not_proposed, role_widened, window_not_proposed, window_widened, extended_not_proposed,
             identity_not_asked, identity_not_answered},
            [] { return std::make_unique<Run>(); }});
}

}  // namespace assay::conformance
