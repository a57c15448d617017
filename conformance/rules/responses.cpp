// What a message must carry beside what its own command table asks: the counts of pending retrieve responses (PS3.4
// C.4.2, C.4.3), the type a DIMSE-N response repeats (PS3.7 10.3), and a Data Set where one is announced (PS3.7 6.3.1).
// Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <array>
#include <map>

#include "conformance/rules/support.hpp"
#include "harness/dimse/status.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using trace::Severity;

constexpr trace::RuleInfo counts_missing{
    "ps3.4/C.4.2/sub-operation-counts-missing", "PS3.4 C.4.2", Severity::warning,
    "A pending response to C-GET or C-MOVE tells how many sub-operations remain, are completed, have failed and ended "
    "with a warning.",
    "Ask the vendor of the answering device to send all four counts; until then the progress shown may be wrong."};
constexpr trace::RuleInfo other_type{
    "ps3.7/10.3/response-type-id", "PS3.7 10.3", Severity::error,
    "A response that names an Event Type ID or Action Type ID names that of its request.",
    "Ask the vendor of the answering device to return the type of the request."};
constexpr trace::RuleInfo empty_data{"ps3.7/6.3.1/data-set-empty", "PS3.7 6.3.1", Severity::warning,
                                     "A message that announces a Data Set carries one that has an element.",
                                     "Ask the vendor of the sending device to fill the Data Set, or to say that there "
                                     "is none; many devices stumble over "
                                     "an empty one."};

constexpr std::array<Tag, 4> counters{tags::NumberOfRemainingSuboperations, tags::NumberOfCompletedSuboperations,
                                      tags::NumberOfFailedSuboperations, tags::NumberOfWarningSuboperations};
constexpr std::array<Tag, 2> types{tags::EventTypeID, tags::ActionTypeID};

class Run final : public trace::RuleRun {
 public:
  void on_entry(const trace::Entry& entry, const trace::Negotiated&, trace::Reporter& reporter) override {
    const auto* seen = std::get_if<trace::MessageSeen>(&entry.what);
    if (seen == nullptr) return;
    const auto field = seen->message->command.field();
    if (!field) return;
    if (seen->message->command.has_data_set() && seen->message->data_set_length == 0) {
      reporter.report(finding(empty_data, place_of(*seen, tags::CommandDataSetType), label(tags::CommandDataSetType),
                              "a Data Set of 0 bytes", "a Data Set with an element, or 0101H"));
    }
    counts(*seen, static_cast<CommandField>(*field), reporter);
    type(*seen, *field, reporter);
  }

 private:
  static void counts(const trace::MessageSeen& seen, CommandField field, trace::Reporter& reporter) {
    if (field != CommandField::c_get_rsp && field != CommandField::c_move_rsp) return;
    const auto& command = seen.message->command;
    const auto status = command.status();
    if (!status || dimse::status_class(*status) != dimse::StatusClass::pending) return;
    std::string missing;
    for (const auto tag : counters) {
      if (command.elements().u16(tag)) continue;
      if (!missing.empty()) missing += ", ";
      missing += dict::keyword(tag);
    }
    if (missing.empty()) return;
    reporter.report(finding(counts_missing, place_of(seen, tags::Status), label(tags::Status), "no " + missing,
                            "all four counts with a pending status"));
  }

  void type(const trace::MessageSeen& seen, std::uint16_t field, trace::Reporter& reporter) {
    const auto& elements = seen.message->command.elements();
    if (!dimse::is_response(field)) {
      const auto id = seen.message->command.message_id();
      if (!id) return;
      auto& mine = asked_[static_cast<std::size_t>(seen.from)];
      // As many as may be outstanding are few; a flood of requests nobody answers is not worth its memory.
      if (elements.u16(types[0]) || elements.u16(types[1])) {
        if (mine.size() < max_asked) mine[*id] = {field, elements.u16(types[0]), elements.u16(types[1])};
      } else {
        mine.erase(*id);
      }
      return;
    }
    const auto id = seen.message->command.responded_to();
    if (!id) return;
    auto& theirs = asked_[static_cast<std::size_t>(trace::other(seen.from))];
    const auto found = theirs.find(*id);
    if (found == theirs.end()) return;
    const auto request = found->second;
    theirs.erase(found);
    if (request.field != (field & 0x7fffU)) return;  // another service, which has a rule of its own
    for (std::size_t i = 0; i < types.size(); ++i) {
      const auto mine = elements.u16(types[i]);
      if (!mine || !request.types[i] || *mine == *request.types[i]) continue;
      reporter.report(finding(other_type, place_of(seen, types[i]), label(types[i]), std::to_string(*mine),
                              fmt::format("{}, as in the request", *request.types[i])));
    }
  }

  struct Request {
    Request() = default;
    Request(std::uint16_t command, std::optional<std::uint16_t> event, std::optional<std::uint16_t> action)
        : field(command), types{event, action} {}
    std::uint16_t field = 0;
    std::array<std::optional<std::uint16_t>, 2> types{};
  };
  static constexpr std::size_t max_asked = 1024;
  std::array<std::map<std::uint16_t, Request>, 2> asked_;
};

}  // namespace

void add_response_rules(trace::RuleBook& book) {
  book.add({{counts_missing, other_type, empty_data}, [] { return std::make_unique<Run>(); }});
}

}  // namespace assay::conformance
