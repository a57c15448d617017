// C-GET and C-MOVE responses: sub-operation counts and Data Sets (PS3.4 C.4.2, C.4.3).
// Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <array>
#include <map>
#include <optional>

#include "conformance/rules/support.hpp"
#include "harness/dimse/status.hpp"

namespace assay::conformance {
namespace {

using trace::Severity;

constexpr trace::RuleInfo counts_run_back{
    "ps3.4/C.4.2/sub-operation-counts", "PS3.4 C.4.2", Severity::error,
    "From response to response the number of remaining sub-operations does not rise and the others do not fall.",
    "Ask the vendor of the answering device to count its sub-operations; until then do not trust the progress shown, "
    "and "
    "compare the number of objects received."};
constexpr trace::RuleInfo unexpected_data{
    "ps3.4/C.4.2/retrieve-response-data-set", "PS3.4 C.4.2", Severity::error,
    "A pending or successful response to C-GET or C-MOVE carries no Data Set.",
    "Ask the vendor of the answering device to send a Data Set only with the list of failed objects."};
constexpr trace::RuleInfo remaining_in_final{"ps3.4/C.4.2/remaining-in-final-response", "PS3.4 C.4.2", Severity::note,
                                             "The final response to C-GET or C-MOVE does not tell a number of "
                                             "remaining sub-operations, unless it was cancelled.",
                                             "Nothing to do: receivers ignore it."};

constexpr std::array<Tag, 4> counters{tags::NumberOfRemainingSuboperations, tags::NumberOfCompletedSuboperations,
                                      tags::NumberOfFailedSuboperations, tags::NumberOfWarningSuboperations};

class Run final : public trace::RuleRun {
 public:
  void on_entry(const trace::Entry& entry, const trace::Negotiated&, trace::Reporter& reporter) override {
    const auto* seen = std::get_if<trace::MessageSeen>(&entry.what);
    if (seen == nullptr) return;
    const auto& command = seen->message->command;
    const auto field = static_cast<dimse::CommandField>(command.field().value_or(0));
    auto& last = last_[static_cast<std::size_t>(seen->from)];
    if (field == dimse::CommandField::c_get_rq || field == dimse::CommandField::c_move_rq) {
      // A new operation counts anew, whatever was left of an old one with its ID.
      if (const auto id = command.message_id()) last_[static_cast<std::size_t>(trace::other(seen->from))].erase(*id);
      return;
    }
    if (field != dimse::CommandField::c_get_rsp && field != dimse::CommandField::c_move_rsp) return;
    const auto id = command.responded_to();
    const auto status = command.status();
    if (!id || !status) return;
    const auto kind = dimse::status_class(*status);
    const bool pending = kind == dimse::StatusClass::pending;
    if ((pending || kind == dimse::StatusClass::success) && command.has_data_set()) {
      reporter.report(finding(unexpected_data, place_of(*seen, tags::CommandDataSetType),
                              label(tags::CommandDataSetType), "a Data Set",
                              fmt::format("none with status {}", dimse::describe_status(*status))));
    }
    if (!pending && kind != dimse::StatusClass::cancel &&
        command.elements().has(tags::NumberOfRemainingSuboperations)) {
      reporter.report(finding(remaining_in_final, place_of(*seen, tags::NumberOfRemainingSuboperations),
                              label(tags::NumberOfRemainingSuboperations), "present in a final response", "absent"));
    }
    count(*seen, *id, last, reporter);
    if (!pending) last.erase(*id);
  }

 private:
  using Counts = std::array<std::optional<std::uint16_t>, counters.size()>;

  static void count(const trace::MessageSeen& seen, std::uint16_t id, std::map<std::uint16_t, Counts>& last,
                    trace::Reporter& reporter) {
    Counts now;
    for (std::size_t i = 0; i < counters.size(); ++i) now[i] = seen.message->command.elements().u16(counters[i]);
    auto& before = last[id];
    bool told = false;
    for (std::size_t i = 0; i < counters.size(); ++i) {
      if (now[i] && before[i] && !told && (i == 0 ? *now[i] > *before[i] : *now[i] < *before[i])) {
        told = true;
        reporter.report(finding(counts_run_back, place_of(seen, counters[i]), label(counters[i]),
                                fmt::format("{} after {}", *now[i], *before[i]),
                                i == 0 ? "no more than before" : "no fewer than before"));
      }
      if (now[i]) before[i] = now[i];
    }
  }

  std::array<std::map<std::uint16_t, Counts>, 2> last_;  // by answering side and Message ID
};

}  // namespace

void add_retrieve_rules(trace::RuleBook& book) {
  book.add({{counts_run_back, unexpected_data, remaining_in_final}, [] { return std::make_unique<Run>(); }});
}

}  // namespace assay::conformance
