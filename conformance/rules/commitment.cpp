// Storage Commitment Push: what is asked for and what is reported, and that both name the same instances (PS3.4 J.3).
// Tests: tests/unit/conformance/{planted_faults,service_tables}_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "conformance/rules/exchange.hpp"
#include "conformance/rules/service_tables.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using trace::Severity;

constexpr trace::RuleInfo other_instance{
    "ps3.4/J.3/well-known-instance", "PS3.4 J.3.5", Severity::error,
    "Storage Commitment names its well-known SOP Instance.",
    "Ask the vendor of the side named here to use 1.2.840.10008.1.20.1.1; the other side may refuse."};
constexpr trace::RuleInfo other_type{
    "ps3.4/J.3/type-id", "PS3.4 J.3.2.1.2, J.3.3.1.2", Severity::error,
    "Storage Commitment is asked for with Action Type 1 and reported with Event Type 1 or 2.",
    "Ask the vendor of the side named here to send a type of the standard; the other side cannot know what is meant."};
constexpr trace::RuleInfo missing{
    "ps3.4/J.3/attribute-missing", "PS3.4 J.3.2.1.1, J.3.3.1.1, Tables J.3-1 and J.3-2", Severity::error,
    "A commitment request or report names its transaction and each instance by SOP Class and SOP Instance UID.",
    "Ask the vendor of the side named here to complete it; nothing is known of the instances it left out."};
constexpr trace::RuleInfo asked_twice{
    "ps3.4/J.3.2/instance-asked-twice", "PS3.4 J.3.2.1.1", Severity::warning,
    "A commitment request names each instance once.",
    "Ask the vendor of the requesting device; some archives refuse the whole transaction."};
constexpr trace::RuleInfo reused{
    "ps3.4/J.3.2/transaction-uid-reused", "PS3.4 J.3.2.1.2", Severity::error, "A Transaction UID is not used again.",
    "Ask the vendor of the requesting device to make a new UID for each request; it cannot tell the reports apart."};
constexpr trace::RuleInfo failed_in_success{
    "ps3.4/J.3.3/type-against-failures", "PS3.4 J.3.3.1.2", Severity::error,
    "Event Type 1 reports no failures, Event Type 2 at least one.",
    "Trust the lists, not the type: keep the objects that are listed as failed; ask the vendor of the archive."};
constexpr trace::RuleInfo in_both{"ps3.4/J.3.3/instance-in-both-lists", "PS3.4 J.3.3.1.2", Severity::error,
                                  "A reported instance is either committed or failed, and named once.",
                                  "Keep the object until a new request has settled it; ask the vendor of the archive."};
constexpr trace::RuleInfo not_those_asked{
    "ps3.4/J.3.3/instances-not-those-asked", "PS3.4 J.3.3.1.2", Severity::error,
    "A report names all instances of its request and no others.",
    "Keep the objects that were not named and ask for them again; ask the vendor of the archive."};
constexpr trace::RuleInfo odd_reason{"ps3.4/J.3.3/failure-reason", "PS3.3 C.14.1.1", Severity::warning,
                                     "A Failure Reason is one of those the standard defines.",
                                     "Look the reason up in the conformance statement of the archive."};
constexpr trace::RuleInfo told_twice{
    "ps3.4/J.3.3/reported-twice", "PS3.4 J.3.3.1.2", Severity::warning,
    "A transaction that was reported with success to the requestor is not reported again.",
    "Nothing to do where the requesting device copes; ask the vendor of the archive why it did not see the answer."};

constexpr std::string_view commitment = "1.2.840.10008.1.20.1";
constexpr std::string_view well_known = "1.2.840.10008.1.20.1.1";
constexpr std::array<std::uint16_t, 6> reasons{0x0110, 0x0112, 0x0119, 0x0122, 0x0131, 0x0213};
constexpr std::size_t max_transactions = 64;
constexpr std::size_t max_instances = 100'000;  // of one request, and of all that are remembered

class Commitment final : public Judge {
 public:
  void request(const Heard& heard, trace::Reporter& reporter) override {
    if (heard.operation.abstract_syntax != commitment) return;
    const bool action = heard.operation.command == CommandField::n_action_rq;
    if (!action && heard.operation.command != CommandField::n_event_report_rq) return;
    if (!heard.operation.sop_instance.empty() && heard.operation.sop_instance != well_known) {
      const auto tag = action ? tags::RequestedSOPInstanceUID : tags::AffectedSOPInstanceUID;
      reporter.report(finding(other_instance, place_of(heard.seen, tag), label(tag),
                              quoted(heard.operation.sop_instance), quoted(well_known)));
    }
    const auto type = heard.operation.type;
    if (type && (*type < 1 || *type > (action ? 1 : 2))) {
      const auto tag = action ? tags::ActionTypeID : tags::EventTypeID;
      reporter.report(
          finding(other_type, place_of(heard.seen, tag), label(tag), std::to_string(*type), action ? "1" : "1 or 2"));
      return;
    }
    if (heard.data == nullptr) {
      if (!heard.has_data()) {
        reporter.report(finding(missing, place_of(heard.seen, tags::CommandDataSetType),
                                label(tags::CommandDataSetType), "no Data Set", "the transaction and its instances"));
      }
      return;
    }
    if (action) {
      asked(heard, reporter);
    } else if (type) {
      reported(heard, *type, reporter);
    }
  }

  void response(const Heard& heard, trace::Reporter&) override {
    if (heard.operation.abstract_syntax != commitment || !heard.operation.data) return;
    const auto known = transactions_.find(trimmed_uid(heard.operation.data->text(tags::TransactionUID)));
    if (known == transactions_.end()) return;
    // The UID of a refused request is used up as well; a report counts when the SCU took it.
    if (heard.operation.command == CommandField::n_action_rq && !heard.succeeded()) {
      known->second.refused = true;
    } else if (heard.operation.command == CommandField::n_event_report_rq && heard.succeeded()) {
      known->second.reported = true;
    }
  }

 private:
  struct Transaction {
    std::map<std::string, std::string, std::less<>> instances;  // to their SOP Class
    bool refused = false;
    bool reported = false;
  };

  void asked(const Heard& heard, trace::Reporter& reporter) {
    const auto root = heard.data->root();
    if (Needs(missing, heard.seen, reporter).unmet(root, rows_of(ServiceTable::commitment_request))) return;
    Transaction transaction;
    for (const auto& item : root.items(tags::ReferencedSOPSequence)) {
      if (transaction.instances.size() >= max_instances) return;
      const auto uid = trimmed_uid(item.text(tags::ReferencedSOPInstanceUID));
      if (transaction.instances.emplace(uid, trimmed_uid(item.text(tags::ReferencedSOPClassUID))).second) continue;
      reporter.report(finding(asked_twice, place_of_element(heard.seen, item, tags::ReferencedSOPInstanceUID),
                              path(tags::ReferencedSOPSequence, tags::ReferencedSOPInstanceUID), quoted(uid) + " again",
                              "each instance once"));
    }
    const std::string uid(trimmed_uid(root.text(tags::TransactionUID)));
    if (transactions_.contains(uid)) {
      reporter.report(finding(reused, place_of_element(heard.seen, root, tags::TransactionUID),
                              label(tags::TransactionUID), quoted(uid) + " again", "a new UID"));
      return;
    }
    if (transactions_.size() >= max_transactions || remembered_ + transaction.instances.size() > max_instances) return;
    remembered_ += transaction.instances.size();
    transactions_.emplace(uid, std::move(transaction));
  }

  void reported(const Heard& heard, std::uint16_t type, trace::Reporter& reporter) {
    const auto root = heard.data->root();
    const auto rows = rows_of(type == 1 ? ServiceTable::commitment_success : ServiceTable::commitment_failures);
    // A report of failures without any is told by its type, which is as likely to be wrong.
    if (!(type == 2 && root.items(tags::FailedSOPSequence).empty()) &&
        Needs(missing, heard.seen, reporter).unmet(root, rows))
      return;
    const bool failures = !root.items(tags::FailedSOPSequence).empty();
    if (failures != (type == 2)) {
      reporter.report(finding(failed_in_success, place_of(heard.seen, tags::EventTypeID), label(tags::EventTypeID),
                              fmt::format("{} with {} failures", type, root.items(tags::FailedSOPSequence).size()),
                              failures ? "2" : "1, or the failures"));
      return;
    }
    std::map<std::string, std::string, std::less<>> named;
    for (const auto sequence : {tags::ReferencedSOPSequence, tags::FailedSOPSequence}) {
      const bool failed = sequence == tags::FailedSOPSequence;
      for (const auto& item : root.items(sequence)) {
        if (failed) reason(heard, item, reporter);
        const auto uid = trimmed_uid(item.text(tags::ReferencedSOPInstanceUID));
        if (named.size() >= max_instances) return;
        if (named.emplace(uid, trimmed_uid(item.text(tags::ReferencedSOPClassUID))).second) continue;
        reporter.report(finding(in_both, place_of_element(heard.seen, item, tags::ReferencedSOPInstanceUID),
                                path(sequence, tags::ReferencedSOPInstanceUID), quoted(uid) + " again",
                                "each instance once"));
        return;
      }
    }
    const auto known = transactions_.find(trimmed_uid(root.text(tags::TransactionUID)));
    if (known == transactions_.end() || known->second.refused) return;  // asked for on another association
    if (known->second.reported) {
      reporter.report(finding(told_twice, place_of_element(heard.seen, root, tags::TransactionUID),
                              label(tags::TransactionUID), "a second report", "one"));
    }
    compare(heard, named, known->second.instances, reporter);
  }

  static void reason(const Heard& heard, const dataset::Level& item, trace::Reporter& reporter) {
    const auto code = item.u16(tags::FailureReason);
    if (code && std::ranges::find(reasons, *code) != reasons.end()) return;
    reporter.report(finding(odd_reason, place_of_element(heard.seen, item, tags::FailureReason),
                            path(tags::FailedSOPSequence, tags::FailureReason),
                            code ? fmt::format("{:04X}H", *code) : "no number",
                            "0110H, 0112H, 0119H, 0122H, 0131H or 0213H"));
  }

  static void compare(const Heard& heard, const std::map<std::string, std::string, std::less<>>& named,
                      const std::map<std::string, std::string, std::less<>>& asked, trace::Reporter& reporter) {
    const auto tell = [&](std::string found, std::string expected) {
      reporter.report(finding(not_those_asked, place_in_data(heard.seen, 0), label(tags::ReferencedSOPSequence),
                              std::move(found), std::move(expected)));
    };
    for (const auto& [uid, sop_class] : asked) {
      const auto found = named.find(uid);
      if (found == named.end()) return tell("nothing of " + quoted(uid), "every instance of the request");
      if (found->second != sop_class) {
        return tell(fmt::format("{} as {}", quoted(uid), quoted(found->second)),
                    fmt::format("{}, as in the request", quoted(sop_class)));
      }
    }
    for (const auto& [uid, sop_class] : named)
      if (!asked.contains(uid)) return tell(quoted(uid), "only instances of the request");
  }

  std::map<std::string, Transaction, std::less<>> transactions_;  // by Transaction UID
  std::size_t remembered_ = 0;                                    // instances
};

}  // namespace

JudgeKind commitment_judge() {
  return {{other_instance, other_type, missing, asked_twice, reused, failed_in_success, in_both, not_those_asked,
           odd_reason, told_twice},
          []() -> std::unique_ptr<Judge> { return std::make_unique<Commitment>(); }};
}

}  // namespace assay::conformance
