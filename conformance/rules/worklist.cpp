// Modality Worklist: the query's step sequence and the keys that a scheduled step returns (PS3.4 K.4.1, K.6.1.2, Table
// K.6-1). Tests: tests/unit/conformance/{planted_faults,service_tables}_test.cpp
#include <fmt/format.h>

#include <map>
#include <set>

#include "conformance/rules/exchange.hpp"
#include "conformance/rules/service_tables.hpp"
#include "harness/service/matching.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using trace::Severity;

constexpr trace::RuleInfo query_items{"ps3.4/K.6.1.2/step-sequence-in-query", "PS3.4 C.2.2.2.6", Severity::error,
                                      "The Scheduled Procedure Step Sequence of a worklist query has one item.",
                                      "Ask the vendor of the requesting device to put all keys of the step into one "
                                      "item; worklists read the first only."};
constexpr trace::RuleInfo step_items{
    "ps3.4/K.6.1.2/step-sequence-in-match", "PS3.4 K.6.1.2.2", Severity::error,
    "A worklist match tells one scheduled step, in one item of the Scheduled Procedure Step Sequence.",
    "Ask the vendor of the worklist; until then the requesting device may show the wrong step."};
constexpr trace::RuleInfo key_missing{
    "ps3.4/K.6.1.2/return-key-missing", "PS3.4 K.6.1.2.2, Table K.6-1", Severity::error,
    "A worklist match returns the keys of type 1 and 2 it was asked for, those of type 1 with a value.",
    "Complete the order in the worklist, or ask its vendor to return the key: the modality cannot fill its objects."};
constexpr trace::RuleInfo item_incomplete{
    "ps3.4/K.6.1.2/item-incomplete", "PS3.4 K.6.1.2.2, Table K.6-1", Severity::warning,
    "What a worklist does not know is a sequence without items, not an item without values.",
    "Check that the modality does not copy the empty code or reference into its objects; ask the vendor of the "
    "worklist."};
constexpr trace::RuleInfo undescribed{
    "ps3.4/K.6.1.2/not-described", "PS3.4 K.6.1.2.2, Table K.6-1", Severity::error,
    "A worklist match describes its step, and its requested procedure, in words or by a code when it is asked for "
    "both.",
    "Complete the order in the worklist: the modality cannot show or choose what to do."};
constexpr trace::RuleInfo disagrees{
    "ps3.4/K.6.1.2/match-disagrees", "PS3.4 K.6.1.2.1", Severity::error,
    "The required matching keys of a worklist match agree with the values asked for.",
    "Filter the list at the modality until the vendor of the worklist has answered: it may show another room's or "
    "patient's orders."};
constexpr trace::RuleInfo repeated{"ps3.4/K.4.1.3/step-repeated", "PS3.4 K.4.1.3", Severity::warning,
                                   "A worklist tells each scheduled step once.",
                                   "Look for the order twice in the worklist; ask its vendor."};

constexpr std::string_view worklist = "1.2.840.10008.5.1.4.31";
constexpr auto steps = tags::ScheduledProcedureStepSequence;

/// Required matching keys but for the names, whose comparison is the SCP's affair (C.2.2.2.1).
constexpr std::array<Tag, 4> matched_in_step{tags::ScheduledStationAETitle, tags::ScheduledProcedureStepStartDate,
                                             tags::ScheduledProcedureStepStartTime, tags::Modality};

constexpr std::size_t max_remembered = 20'000;

class Worklist final : public Judge {
 public:
  void request(const Heard& heard, trace::Reporter& reporter) override {
    if (!is_query(heard) || heard.data == nullptr) return;
    const auto items = heard.data->items(steps);
    if (items.size() <= 1) return;
    reporter.report(finding(query_items, place_of_element(heard.seen, heard.data->root(), steps), label(steps),
                            fmt::format("{} items", items.size()), "one item"));
  }

  void response(const Heard& heard, trace::Reporter& reporter) override {
    if (!is_query(heard)) return;
    if (heard.final) {
      told_.erase(heard.operation.serial);
      return;
    }
    if (heard.data == nullptr || !heard.operation.data) return;
    const auto asked = heard.operation.data->root();
    const auto match = heard.data->root();
    const auto keys_of_order = rows_of(ServiceTable::worklist_match);
    if (Needs(key_missing, heard.seen, reporter)
            .inside(item_incomplete)
            .asked_by(asked)
            .without_items_of(steps)
            .unmet(match, keys_of_order))
      return;
    if (undescribed_by(heard, asked, match, tags::RequestedProcedureDescription, tags::RequestedProcedureCodeSequence,
                       "", reporter))
      return;
    if (!asked.has(steps)) return;
    const auto told = match.items(steps);
    if (told.size() != 1) {
      reporter.report(finding(step_items, place_of_element(heard.seen, match, steps), label(steps),
                              match.has(steps) ? fmt::format("{} items", told.size()) : "absent", "one item"));
      return;
    }
    once(heard, match, told.front(), reporter);
    if (agrees(heard, asked, match, tags::PatientID, "", reporter)) return;
    const auto keys = asked.items(steps);
    if (keys.size() != 1) return;
    const auto in_step = label(steps) + " > ";
    if (Needs(key_missing, heard.seen, reporter)
            .inside(item_incomplete)
            .asked_by(keys.front())
            .unmet(told.front(), rows_inside(keys_of_order, steps), in_step))
      return;
    if (undescribed_by(heard, keys.front(), told.front(), tags::ScheduledProcedureStepDescription,
                       tags::ScheduledProtocolCodeSequence, in_step, reporter))
      return;
    for (const auto tag : matched_in_step)
      if (agrees(heard, keys.front(), told.front(), tag, label(steps) + " > ", reporter)) return;
  }

 private:
  static bool is_query(const Heard& heard) {
    return heard.operation.command == CommandField::c_find_rq && heard.operation.abstract_syntax == worklist;
  }

  /// Both keys are of type 1C: one of them has a value. True when it was told that none has.
  static bool undescribed_by(const Heard& heard, const dataset::Level& asked, const dataset::Level& match, Tag words,
                             Tag code, const std::string& where, trace::Reporter& reporter) {
    if (!asked.has(words) || !asked.has(code) || has_value(match, words) || has_value(match, code)) return false;
    reporter.report(finding(undescribed, place_of_element(heard.seen, match, words), where + label(words),
                            shown(match, words), fmt::format("a value of it or of {}", label(code))));
    return true;
  }

  /// True when it was told that this key does not agree.
  static bool agrees(const Heard& heard, const dataset::Level& asked, const dataset::Level& match, Tag tag,
                     const std::string& where, trace::Reporter& reporter) {
    const auto* key = asked.find(tag);
    if (key == nullptr || key->value.empty() || !has_value(match, tag)) return false;
    // A range of dates goes with the times as one moment where both are asked for (K.6.1.2.1 and its note).
    if (tag == tags::ScheduledProcedureStepStartTime && !asked.text(tags::ScheduledProcedureStepStartDate).empty())
      return false;
    if (!is_soon_matched(*key, match.text(tag)) || service::match_key(asked, *key, match, {})) return false;
    reporter.report(finding(disagrees, place_of_element(heard.seen, match, tag), where + label(tag), shown(match, tag),
                            fmt::format("what matches {}", quoted(asked.text(tag)))));
    return true;
  }

  void once(const Heard& heard, const dataset::Level& match, const dataset::Level& step, trace::Reporter& reporter) {
    const auto study = match.text(tags::StudyInstanceUID);
    const auto id = step.text(tags::ScheduledProcedureStepID);
    if (study.empty() || id.empty() || study.size() > max_identity || id.size() > max_identity) return;
    if (told_.size() > 64) told_.clear();
    auto& told = told_[heard.operation.serial];
    if (told.size() < max_remembered && !told.insert(fmt::format("{}\\{}", study, id)).second) {
      reporter.report(finding(repeated, place_of_element(heard.seen, step, tags::ScheduledProcedureStepID),
                              path(steps, tags::ScheduledProcedureStepID), quoted(id) + " again", "each step once"));
    }
  }

  std::map<std::uint32_t, std::set<std::string>> told_;
};

}  // namespace

JudgeKind worklist_judge() {
  return {{query_items, step_items, key_missing, item_incomplete, undescribed, disagrees, repeated},
          []() -> std::unique_ptr<Judge> { return std::make_unique<Worklist>(); }};
}

}  // namespace assay::conformance
