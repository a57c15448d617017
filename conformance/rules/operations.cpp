// Requests and their responses: message IDs, pairing, the asynchronous window, statuses, cancelling, and what is still
// open when the association ends (PS3.7 9.1, 9.3, 10.3, D.3.3.3, Annex C, Annex E).
// Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <map>
#include <optional>

#include "conformance/rules/support.hpp"
#include "harness/dimse/status.hpp"

namespace assay::conformance {
namespace {

using trace::Severity;

constexpr trace::RuleInfo id_reused{
    "ps3.7/9.1/message-id-reused", "PS3.7 9.1", Severity::error,
    "A Message ID is not used again while the operation that has it is outstanding.",
    "Ask the vendor of the requesting device to number its messages; until then switch off parallel transfers there."};
constexpr trace::RuleInfo window_exceeded{
    "ps3.7/D.3.3.3/async-window-exceeded", "PS3.7 D.3.3.3", Severity::error,
    "No more operations are outstanding than the asynchronous window allows, which is one unless negotiated.",
    "Ask the vendor of the requesting device to wait for the response; until then switch off parallel transfers "
    "there."};
constexpr trace::RuleInfo no_request{"ps3.7/9.3/response-without-request", "PS3.7 9.3", Severity::error,
                                     "A response carries the Message ID of an outstanding request.",
                                     "Ask the vendor of the answering device to return the Message ID of the request; "
                                     "the requesting device waits in vain "
                                     "until its time-out."};
constexpr trace::RuleInfo after_final{
    "ps3.7/9.3/response-after-final", "PS3.7 9.3", Severity::error, "No response follows the final one.",
    "Ask the vendor of the answering device to send one final response for each request; the second one may be taken "
    "for the answer to another request."};
constexpr trace::RuleInfo wrong_command{
    "ps3.7/E.1/response-command-field", "PS3.7 E.1", Severity::error,
    "The Command Field of a response is that of its request with the highest bit set.",
    "Ask the vendor of the answering device to answer with the response of the same service."};
constexpr trace::RuleInfo other_context{"ps3.7/9.3/response-on-other-context", "PS3.7 9.3", Severity::warning,
                                        "A response comes on the Presentation Context of its request.",
                                        "Ask the vendor of the answering device to answer on the context of the "
                                        "request; many devices ignore it elsewhere."};
constexpr trace::RuleInfo other_class{
    "ps3.7/9.3/response-sop-class", "PS3.7 9.3", Severity::error,
    "A response that names a SOP Class names that of its request.",
    "Ask the vendor of the answering device to return the SOP Class UID of the request."};
constexpr trace::RuleInfo other_instance{"ps3.7/9.3/response-sop-instance", "PS3.7 9.3", Severity::error,
                                         "A response that names a SOP Instance names that of its request.",
                                         "Ask the vendor of the answering device to return the SOP Instance UID of the "
                                         "request; check which object it really "
                                         "stored."};
constexpr trace::RuleInfo never_pending{
    "ps3.7/9.1/pending-not-allowed", "PS3.7 9.1", Severity::error,
    "A pending status answers only C-FIND, C-GET and C-MOVE.",
    "Ask the vendor of the answering device to answer this service once, with its final status."};
constexpr trace::RuleInfo status_undefined{
    "ps3.7/C/status-not-defined-for-service", "PS3.7 C", Severity::warning, "A status is one that the service defines.",
    "Look the status up in the conformance statement of the answering device; take it by its class (success, warning, "
    "failure)."};
constexpr trace::RuleInfo status_classless{
    "ps3.7/C/status-of-no-class", "PS3.7 C", Severity::warning,
    "A status belongs to one of the classes success, warning, failure, cancel and pending.",
    "Ask the vendor of the answering device what the status means; until then take the operation as failed."};
constexpr trace::RuleInfo not_cancelled{
    "ps3.7/9.1/cancel-status-without-cancel", "PS3.7 9.1", Severity::error,
    "The status Cancel answers a request that was cancelled.",
    "Ask the vendor of the answering device to report why it stopped with a failure status; the result is incomplete."};
constexpr trace::RuleInfo cancels_nothing{
    "ps3.7/9.3/cancel-of-unknown-message", "PS3.7 9.3", Severity::note,
    "A C-CANCEL-RQ names an operation that was requested on this association.",
    "Nothing to do: it has no effect. If cancelling does not work, ask the vendor of the requesting device."};
constexpr trace::RuleInfo owing{
    "ps3.8/7.2/release-owing-responses", "PS3.8 7.2", Severity::warning,
    "The association is not released by a side that still owes responses.",
    "Ask the vendor of the side named here to answer before it releases; treat the unanswered operations as failed."};
constexpr trace::RuleInfo waiting{"ps3.8/7.2/release-while-waiting", "PS3.8 7.2", Severity::note,
                                  "The association is not released by a side that still waits for responses.",
                                  "Check whether the unanswered operations were done; raise the response time-out of "
                                  "the side named here if it gives up "
                                  "too early."};

struct Request {
  std::uint16_t field = 0;
  std::uint8_t context_id = 0;
  std::string sop_class;
  std::string sop_instance;
  bool cancelled = false;
};

bool may_pend(std::uint16_t request) {
  const auto field = static_cast<dimse::CommandField>(request);
  return field == dimse::CommandField::c_find_rq || field == dimse::CommandField::c_get_rq ||
         field == dimse::CommandField::c_move_rq;
}

bool is_cancel(std::uint16_t field) {
  return static_cast<dimse::CommandField>(field) == dimse::CommandField::c_cancel_rq;
}

std::string hex16(std::uint16_t value) { return fmt::format("{:04X}H", value); }

class Run final : public trace::RuleRun {
 public:
  void on_entry(const trace::Entry& entry, const trace::Negotiated& negotiated, trace::Reporter& reporter) override {
    if (const auto* seen = std::get_if<trace::MessageSeen>(&entry.what)) {
      const auto field = seen->message->command.field();
      if (!field) {
        lose_track();  // request or response, nobody can say; the decoder reports it
      } else if (is_cancel(*field)) {
        cancel(*seen, reporter);
      } else if (dimse::is_response(*field)) {
        response(*seen, *field, reporter);
      } else {
        request(*seen, *field, negotiated, reporter);
      }
    } else if (const auto* pdu = std::get_if<trace::PduSeen>(&entry.what)) {
      if (breaks_messages(*pdu)) lose_track();
      if (pdu->pdu != nullptr && std::holds_alternative<pdu::AReleaseRq>(*pdu->pdu) &&
          !has_problem(*pdu, "ps3.8/9.2.3/pdu-not-allowed")) {
        release(*pdu, reporter);
      }
    }
  }

 private:
  /// What one side has invoked.
  struct Invoker {
    std::map<std::uint16_t, Request> open;
    std::bitset<65536> finished;
    bool unclear = false;  // the performer broke the pairing: what the invoker believes to be open is unknown
  };
  void lose_track() {
    for (auto& one : invokers_) one.unclear = true;
  }

  Invoker& invoker(Side side) { return invokers_[static_cast<std::size_t>(side)]; }

  static std::optional<std::size_t> window(const trace::Negotiated& negotiated, Side by) {
    std::optional<std::size_t> one = 1;
    if (negotiated.rq == nullptr || negotiated.ac == nullptr) return one;
    const auto* asked = negotiated.rq->user_information();
    const auto* answered = negotiated.ac->user_information();
    if (asked == nullptr || answered == nullptr) return one;
    if (asked->find<pdu::AsynchronousOperationsWindowSubItem>() == nullptr) return one;
    const auto* item = answered->find<pdu::AsynchronousOperationsWindowSubItem>();
    if (item == nullptr) return one;
    const auto operations = by == Side::requestor ? item->invoked : item->performed;
    return operations == 0 ? std::nullopt : std::optional<std::size_t>(operations);
  }

  void request(const trace::MessageSeen& seen, std::uint16_t field, const trace::Negotiated& negotiated,
               trace::Reporter& reporter) {
    const auto& command = seen.message->command;
    const auto id = command.message_id();
    auto& mine = invoker(seen.from);
    if (!id) {
      mine.unclear = true;  // its response cannot be told; the decoder reports the missing field
      return;
    }
    if (!mine.unclear) {
      if (mine.open.contains(*id)) {
        reporter.report(finding(
            id_reused, place_of(seen, tags::MessageID), label(tags::MessageID),
            fmt::format("{}, while {} with this ID is outstanding", *id, dimse::command_name(mine.open[*id].field)),
            "another ID, or the response first"));
        mine.unclear = true;
      } else if (const auto limit = window(negotiated, seen.from); limit && mine.open.size() >= *limit) {
        if (!told_window_[static_cast<std::size_t>(seen.from)]) {
          reporter.report(
              finding(window_exceeded, begin_of(seen), {},
                      fmt::format("{} as operation {} that is outstanding", command.name(), mine.open.size() + 1),
                      fmt::format("at most {} outstanding", *limit)));
        }
        told_window_[static_cast<std::size_t>(seen.from)] = true;
      }
    }
    mine.finished.reset(*id);
    mine.open[*id] = {field, seen.message->context_id, std::string(trimmed_uid(command.sop_class_uid())),
                      std::string(trimmed_uid(command.sop_instance_uid())), false};
  }

  void cancel(const trace::MessageSeen& seen, trace::Reporter& reporter) {
    const auto id = seen.message->command.responded_to();
    if (!id) return;
    auto& mine = invoker(seen.from);
    const auto open = mine.open.find(*id);
    if (open != mine.open.end()) {
      open->second.cancelled = true;
    } else if (!mine.finished.test(*id) && !mine.unclear) {  // a final response may have crossed it
      reporter.report(finding(cancels_nothing, place_of(seen, tags::MessageIDBeingRespondedTo),
                              label(tags::MessageIDBeingRespondedTo), std::to_string(*id),
                              "the Message ID of an operation that is outstanding"));
    }
  }

  void response(const trace::MessageSeen& seen, std::uint16_t field, trace::Reporter& reporter) {
    const auto& command = seen.message->command;
    const auto id = command.responded_to();
    if (!id) {
      invoker(trace::other(seen.from)).unclear = true;  // the decoder reports the missing field
      return;
    }
    auto& asked = invoker(trace::other(seen.from));
    const auto found = asked.open.find(*id);
    if (found == asked.open.end()) {
      if (asked.unclear) return;
      asked.unclear = true;
      const bool again = asked.finished.test(*id);
      reporter.report(finding(again ? after_final : no_request, place_of(seen, tags::MessageIDBeingRespondedTo),
                              label(tags::MessageIDBeingRespondedTo),
                              again ? fmt::format("{}, which was finally answered before", *id) : std::to_string(*id),
                              asked.open.empty()
                                  ? std::string("no response: nothing is outstanding")
                                  : fmt::format("an outstanding Message ID, such as {}", asked.open.begin()->first)));
      return;
    }
    compare(seen, field, found->second, reporter);
    status(seen, field, found->second, reporter);
    const auto code = command.status();
    const bool pending =
        code && dimse::status_class(*code) == dimse::StatusClass::pending && may_pend(found->second.field);
    if (pending) return;
    asked.finished.set(*id);
    asked.open.erase(found);
  }

  static void compare(const trace::MessageSeen& seen, std::uint16_t field, const Request& request,
                      trace::Reporter& reporter) {
    const auto& command = seen.message->command;
    if ((field & 0x7fffU) != request.field) {
      reporter.report(
          finding(wrong_command, place_of(seen, tags::CommandField), label(tags::CommandField),
                  fmt::format("{} ({})", hex16(field), command.name()),
                  fmt::format("{} in answer to {}", hex16(static_cast<std::uint16_t>(request.field | 0x8000U)),
                              dimse::command_name(request.field))));
      return;  // the rest belongs to another service
    }
    if (seen.message->context_id != request.context_id) {
      auto place = begin_of(seen);
      place.offset += 4;
      reporter.report(finding(other_context, place, "context-id", std::to_string(seen.message->context_id),
                              fmt::format("{}, the context of the request", request.context_id)));
    }
    same_uid(seen, other_class,
             command.elements().has(tags::AffectedSOPClassUID) ? tags::AffectedSOPClassUID : tags::RequestedSOPClassUID,
             command.sop_class_uid(), request.sop_class, reporter);
    same_uid(seen, other_instance,
             command.elements().has(tags::AffectedSOPInstanceUID) ? tags::AffectedSOPInstanceUID
                                                                  : tags::RequestedSOPInstanceUID,
             command.sop_instance_uid(), request.sop_instance, reporter);
  }

  static void same_uid(const trace::MessageSeen& seen, const trace::RuleInfo& info, Tag tag, std::string_view answered,
                       std::string_view asked, trace::Reporter& reporter) {
    answered = trimmed_uid(answered);
    if (answered.empty() || asked.empty() || answered == asked) return;
    reporter.report(finding(info, place_of(seen, tag), label(tag), quoted(answered), quoted(asked)));
  }

  static void status(const trace::MessageSeen& seen, std::uint16_t field, const Request& request,
                     trace::Reporter& reporter) {
    const auto code = seen.message->command.status();
    if (!code || (field & 0x7fffU) != request.field) return;
    const auto place = place_of(seen, tags::Status);
    const auto kind = dimse::status_class(*code);
    const auto text = dimse::describe_status(*code, field, request.sop_class);
    if (kind == dimse::StatusClass::pending && !may_pend(request.field)) {
      reporter.report(finding(never_pending, place, label(tags::Status), text, "a final status"));
    } else if (kind == dimse::StatusClass::cancel && !request.cancelled) {
      reporter.report(finding(not_cancelled, place, label(tags::Status), text,
                              fmt::format("a status that tells how the {} ended; no C-CANCEL-RQ was sent for it",
                                          dimse::command_name(request.field))));
    } else if (kind == dimse::StatusClass::unknown) {
      reporter.report(finding(status_classless, place, label(tags::Status), text, "a status of PS3.7 Annex C"));
    } else if (dimse::command_info(field) != nullptr && !dimse::is_allowed_status(field, request.sop_class, *code)) {
      reporter.report(finding(status_undefined, place, label(tags::Status), text,
                              fmt::format("a status that {} defines", dimse::command_name(field))));
    }
  }

  void release(const trace::PduSeen& seen, trace::Reporter& reporter) {
    const auto list = [](const Invoker& of) {
      const auto& [id, first] = *of.open.begin();
      return fmt::format("{} outstanding, such as {} with Message ID {}", of.open.size(),
                         dimse::command_name(first.field), id);
    };
    const auto& theirs = invoker(trace::other(seen.from));
    const auto& mine = invoker(seen.from);
    if (!theirs.open.empty() && !theirs.unclear) {
      reporter.report(finding(owing, begin_of(seen), "pdu-type", list(theirs), "the responses first"));
    } else if (!mine.open.empty() && !mine.unclear) {
      reporter.report(finding(waiting, begin_of(seen), "pdu-type", list(mine), "nothing outstanding"));
    }
  }

  std::array<Invoker, 2> invokers_;
  std::array<bool, 2> told_window_{};
};

}  // namespace

void add_operation_rules(trace::RuleBook& book) {
  book.add(
      {{id_reused, window_exceeded, no_request, after_final, wrong_command, other_context, other_class, other_instance,
        never_pending, status_undefined, status_classless, not_cancelled, cancels_nothing, owing, waiting},
       [] { return std::make_unique<Run>(); }});
}

}  // namespace assay::conformance
