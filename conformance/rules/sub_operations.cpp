// The sub-operations of C-GET and C-MOVE: counts that add up, the final status that agrees with them, the list of what
// failed, and the C-STOREs of a C-GET (PS3.4 C.4.2, C.4.3).
// Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "conformance/rules/exchange.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using dimse::StatusClass;
using trace::Severity;

constexpr trace::RuleInfo total_changed{
    "ps3.4/C.4.2/sub-operation-total", "PS3.4 C.4.2.1.6-9, C.4.3.1.5-8", Severity::warning,
    "Remaining, completed, failed and warning sub-operations of an operation always add up to the same number.",
    "Ask the vendor of the answering device to count its sub-operations; compare the number of objects received."};
constexpr trace::RuleInfo status_disagrees{
    "ps3.4/C.4.2/final-status-against-counts", "PS3.4 C.4.2.3.1, C.4.3.3.1", Severity::error,
    "The final status is Success when no sub-operation failed or warned, Warning when some did, Failure when all "
    "failed.",
    "Trust the counts, not the status, and ask for the objects again; ask the vendor of the answering device."};
constexpr trace::RuleInfo failed_untold{
    "ps3.4/C.4.2/failed-list-missing", "PS3.4 C.4.2.1.4.2, C.4.3.1.3.2", Severity::warning,
    "The final response of a retrieval with failures lists the SOP Instance UIDs that failed.",
    "Ask the vendor of the answering device to send the Failed SOP Instance UID List; until then compare instance by "
    "instance."};
constexpr trace::RuleInfo failed_count{
    "ps3.4/C.4.2/failed-list-against-count", "PS3.4 C.4.2.1.4.2, C.4.3.1.3.2", Severity::warning,
    "The Failed SOP Instance UID List names as many instances as the number of failed sub-operations tells.",
    "Ask the vendor of the answering device which of both is true; until then compare instance by instance."};
constexpr trace::RuleInfo failed_stored{"ps3.4/C.4.2/failed-list-names-stored", "PS3.4 C.4.2.1.4.2, C.4.3.1.3.2",
                                        Severity::error,
                                        "The Failed SOP Instance UID List names no instance whose C-STORE succeeded.",
                                        "Ask the vendor of the answering device why it lists an object that arrived."};
constexpr trace::RuleInfo stores_disagree{
    "ps3.4/C.4.3/counts-against-stores", "PS3.4 C.4.3.1.6-8", Severity::error,
    "The counts of a C-GET's final response are those of the C-STOREs it caused.",
    "Compare the number of objects received with the query; ask the vendor of the answering device how it counts."};
constexpr trace::RuleInfo store_outside{
    "ps3.4/C.4.3/store-outside-get", "PS3.4 C.4.3.3.1", Severity::error,
    "The C-STOREs of a C-GET come before its final response.",
    "Ask the vendor of the answering device to wait for its sub-operations; the requesting device may have let go."};
constexpr trace::RuleInfo not_asked{
    "ps3.4/C.4.3/object-not-asked", "PS3.4 C.4.3.3.1", Severity::error,
    "A C-GET brings only objects that its Identifier names.",
    "Check which patient the object belongs to before it is used; ask the vendor of the answering device."};

constexpr std::array<Tag, 4> counters{tags::NumberOfRemainingSuboperations, tags::NumberOfCompletedSuboperations,
                                      tags::NumberOfFailedSuboperations, tags::NumberOfWarningSuboperations};
constexpr std::array<Tag, 4> unique_keys{tags::PatientID, tags::StudyInstanceUID, tags::SeriesInstanceUID,
                                         tags::SOPInstanceUID};
/// Instances remembered by name in one operation; beyond that only the numbers count.
constexpr std::size_t max_named = 20'000;
/// Bytes; of longer requests the keys are not remembered.
constexpr std::size_t max_identifier = 64U << 10;

struct Counts {
  explicit Counts(const dataset::DataSet& command) {
    for (std::size_t i = 0; i < counters.size(); ++i) value[i] = command.u16(counters[i]);
  }
  [[nodiscard]] bool ended_known() const { return value[1] && value[2] && value[3]; }
  [[nodiscard]] unsigned remaining() const { return value[0].value_or(0); }
  [[nodiscard]] unsigned completed() const { return value[1].value_or(0); }
  [[nodiscard]] unsigned failed() const { return value[2].value_or(0); }
  [[nodiscard]] unsigned warned() const { return value[3].value_or(0); }
  [[nodiscard]] unsigned ended() const { return completed() + failed() + warned(); }
  [[nodiscard]] std::string text() const {
    return fmt::format("{} remaining, {} completed, {} failed, {} with a warning", remaining(), completed(), failed(),
                       warned());
  }
  std::array<std::optional<std::uint16_t>, 4> value;
};

class SubOperations final : public Judge {
 public:
  void request(const Heard& heard, trace::Reporter& reporter) override {
    const auto& operation = heard.operation;
    if (operation.command == CommandField::c_get_rq || operation.command == CommandField::c_move_rq) {
      if (retrievals_.size() >= max_followed) retrievals_.clear();
      auto& mine = retrievals_[operation.serial];
      mine.get = operation.command == CommandField::c_get_rq;
      mine.performer = trace::other(heard.seen.from);
      if (heard.data != nullptr && heard.seen.message->data().size() <= max_identifier) {
        for (const auto key : unique_keys)
          for (const auto value : heard.data->texts(key))
            if (!value.empty()) mine.keys[key].insert(std::string(trimmed_uid(value)));
      }
    } else if (operation.command == CommandField::c_store_rq) {
      stored(heard, reporter);
    }
  }

  void response(const Heard& heard, trace::Reporter& reporter) override {
    const auto& operation = heard.operation;
    if (operation.command == CommandField::c_store_rq) {
      store_answered(heard);
      return;
    }
    if (operation.command != CommandField::c_get_rq && operation.command != CommandField::c_move_rq) return;
    const auto found = retrievals_.find(operation.serial);
    if (found == retrievals_.end()) return;
    const Counts counts(heard.command());
    total(heard, counts, found->second, reporter);
    if (!heard.final) return;
    const auto ended = std::move(found->second);
    retrievals_.erase(found);
    if (ended.get) last_get_ended_ = ended.performer;
    final_status(heard, counts, reporter);
    failed_list(heard, counts, ended, reporter);
    // The answer to the last C-STORE and a C-CANCEL may cross: what then counts is the device's affair.
    if (ended.get && ended.whole && heard.kind != StatusClass::cancel) against_stores(heard, counts, ended, reporter);
  }

  void lost() override {
    for (auto& [serial, retrieval] : retrievals_) retrieval.whole = false;
    last_get_ended_.reset();
  }

 private:
  struct Retrieval {
    bool get = false;
    bool whole = true;  // no message was lost and no other C-GET ran at the same time: the stores are all its own
    Side performer = Side::acceptor;
    std::optional<unsigned> total;
    std::optional<Counts> last;
    std::map<Tag, std::set<std::string>> keys;
    unsigned completed = 0;
    unsigned failed = 0;
    unsigned warned = 0;
    std::set<std::string> arrived;
  };

  Retrieval* get_of(Side performer) {
    Retrieval* only = nullptr;
    for (auto& [serial, retrieval] : retrievals_) {
      if (!retrieval.get || retrieval.performer != performer) continue;
      if (only != nullptr) {
        only->whole = retrieval.whole = false;
        return nullptr;
      }
      only = &retrieval;
    }
    return only;
  }

  bool any_get_of(Side performer) const {
    return std::ranges::any_of(retrievals_,
                               [&](const auto& one) { return one.second.get && one.second.performer == performer; });
  }

  void stored(const Heard& heard, trace::Reporter& reporter) {
    const auto from = heard.seen.from;
    if (!any_get_of(from)) {
      if (last_get_ended_ == from) {
        reporter.report(finding(store_outside, begin_of(heard.seen), label(tags::CommandField),
                                "C-STORE-RQ behind the final response of the C-GET", "no more C-STORE"));
      }
      return;
    }
    const auto* get = get_of(from);
    if (get == nullptr || heard.data == nullptr) return;
    for (const auto& [key, values] : get->keys) {
      const auto value = trimmed_uid(heard.data->text(key));
      if (value.empty() || values.contains(std::string(value)) || (key == tags::PatientID && !plain(values))) continue;
      reporter.report(finding(not_asked, place_of_element(heard.seen, heard.data->root(), key), label(key),
                              quoted(value), fmt::format("{}, as the C-GET asked", quoted(*values.begin()))));
      return;
    }
  }

  static bool plain(const std::set<std::string>& values) {
    return values.size() == 1 && values.begin()->find_first_of("*?") == std::string::npos;
  }

  void store_answered(const Heard& heard) {
    auto* get = get_of(trace::other(heard.seen.from));
    if (get == nullptr) return;
    switch (heard.kind) {
      case StatusClass::success: ++get->completed; break;
      case StatusClass::warning: ++get->warned; break;
      default: ++get->failed; return;
    }
    if (get->arrived.size() < max_named && heard.operation.sop_instance.size() <= max_identity)
      get->arrived.insert(heard.operation.sop_instance);
  }

  static void total(const Heard& heard, const Counts& counts, Retrieval& mine, trace::Reporter& reporter) {
    if (!counts.ended_known() || (!heard.final && !counts.value[0])) return;
    const auto sum = counts.ended() + counts.remaining();
    const bool back = mine.last && (counts.remaining() > mine.last->remaining() || counts.ended() < mine.last->ended());
    mine.last = counts;
    if (back && !heard.final) {
      mine.total = sum;  // that a count ran back is told in retrieve.cpp
      return;
    }
    if (!mine.total) {
      if (!heard.final) mine.total = sum;
      return;
    }
    const bool open_end = heard.kind == StatusClass::cancel || heard.kind == StatusClass::failure;
    if (sum == *mine.total || (open_end && !counts.value[0] && sum < *mine.total)) return;
    reporter.report(finding(total_changed, place_of(heard.seen, counters[heard.final ? 1 : 0]),
                            label(counters[heard.final ? 1 : 0]), counts.text(),
                            fmt::format("{} in all, as told before", *mine.total)));
    mine.total = sum;
  }

  static void final_status(const Heard& heard, const Counts& counts, trace::Reporter& reporter) {
    std::string expected;
    if (heard.kind == StatusClass::success && counts.failed() != 0) {
      expected = "B000H, or a failure status when all failed";
    } else if (heard.kind == StatusClass::success && counts.warned() != 0) {
      expected = "B000H: sub-operations ended with a warning";
    } else if (heard.status == 0xb000 && counts.value[2] && counts.value[3] && counts.failed() + counts.warned() == 0) {
      expected = "0000H: no sub-operation failed or warned";
    } else if (heard.status == 0xb000 && counts.ended_known() && counts.failed() == counts.ended()) {
      expected = "a failure status: all sub-operations failed";
    }
    if (expected.empty()) return;
    auto out = finding(status_disagrees, place_of(heard.seen, tags::Status), label(tags::Status),
                       fmt::format("{:04X}H with {}", heard.status, counts.text()), expected);
    // Older editions told sub-operations with a warning, or all failed, less plainly.
    if (counts.failed() == 0 ? heard.kind == StatusClass::success : heard.status == 0xb000)
      out.severity = Severity::warning;
    reporter.report(std::move(out));
  }

  static void failed_list(const Heard& heard, const Counts& counts, const Retrieval& mine, trace::Reporter& reporter) {
    constexpr auto list = tags::FailedSOPInstanceUIDList;
    if (heard.kind == StatusClass::success) return;  // must not have a Data Set at all: retrieve.cpp
    if (!heard.has_data()) {
      if (counts.failed() != 0) {
        reporter.report(finding(failed_untold, place_of(heard.seen, tags::CommandDataSetType), label(list),
                                fmt::format("no Data Set, {} failed", counts.failed()), "the list"));
      }
      return;
    }
    if (heard.data == nullptr) return;
    const auto root = heard.data->root();
    std::size_t named = 0;
    for (const auto uid : root.texts(list)) {
      if (uid.empty()) continue;
      ++named;
      if (!mine.arrived.contains(std::string(trimmed_uid(uid)))) continue;
      reporter.report(finding(failed_stored, place_of_element(heard.seen, root, list), label(list), quoted(uid),
                              "only instances that failed: this one was stored"));
      return;
    }
    if (named == 0) {
      reporter.report(
          finding(failed_untold, place_of_element(heard.seen, root, list), label(list), shown(root, list), "the list"));
    } else if (counts.value[2] && named != counts.failed()) {
      reporter.report(finding(failed_count, place_of_element(heard.seen, root, list), label(list),
                              fmt::format("{} instances", named), fmt::format("{} failed", counts.failed())));
    }
  }

  static void against_stores(const Heard& heard, const Counts& counts, const Retrieval& mine,
                             trace::Reporter& reporter) {
    const std::array<std::optional<std::string>, 3> wrong{
        counts.value[1] && counts.completed() != mine.completed
            ? std::optional(fmt::format("{}: so many C-STOREs succeeded", mine.completed))
            : std::nullopt,
        counts.value[2] && counts.failed() < mine.failed
            ? std::optional(fmt::format("at least {}: so many C-STOREs failed", mine.failed))
            : std::nullopt,
        counts.value[3] && counts.warned() != mine.warned
            ? std::optional(fmt::format("{}: so many C-STOREs ended with a warning", mine.warned))
            : std::nullopt};
    for (std::size_t i = 0; i < wrong.size(); ++i) {
      if (!wrong[i]) continue;
      reporter.report(finding(stores_disagree, place_of(heard.seen, counters[i + 1]), label(counters[i + 1]),
                              std::to_string(*counts.value[i + 1]), *wrong[i]));
      return;
    }
  }

  static constexpr std::size_t max_followed = 64;
  std::map<std::uint32_t, Retrieval> retrievals_;  // by the serial number of the request
  std::optional<Side> last_get_ended_;
};

}  // namespace

JudgeKind sub_operation_judge() {
  return {{total_changed, status_disagrees, failed_untold, failed_count, failed_stored, stores_disagree, store_outside,
           not_asked},
          []() -> std::unique_ptr<Judge> { return std::make_unique<SubOperations>(); }};
}

}  // namespace assay::conformance
