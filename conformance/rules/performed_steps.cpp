// Modality Performed Procedure Step: what creating, setting and completing a step needs and forbids, and its states
// (PS3.4 F.7.1, F.7.2, F.8.2). Tests: tests/unit/conformance/{planted_faults,service_tables}_test.cpp
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

constexpr trace::RuleInfo not_in_progress{
    "ps3.4/F.7.2.1/initial-state", "PS3.4 F.7.2.1.2", Severity::error,
    "A performed procedure step is created with the status IN PROGRESS.",
    "Ask the vendor of the modality to create the step when it begins; the information system refuses it."};
constexpr trace::RuleInfo missing_at_create{
    "ps3.4/F.7.2.1/attribute-missing", "PS3.4 F.7.2.1, Table F.7.2-1", Severity::error,
    "The N-CREATE of a performed procedure step has every attribute of type 1 with a value and of type 2 if empty.",
    "Ask the vendor of the modality to send the attribute; the information system may refuse the step."};
constexpr trace::RuleInfo unknown_state{
    "ps3.4/F.7.2.2/state", "PS3.4 F.7.1", Severity::error,
    "The status of a performed procedure step is IN PROGRESS, COMPLETED or DISCONTINUED.",
    "Ask the vendor of the modality to send a state of the standard; the step will not be closed."};
constexpr trace::RuleInfo not_settable{
    "ps3.4/F.7.2.2/attribute-not-allowed", "PS3.4 F.7.2.2, Table F.7.2-1", Severity::error,
    "An N-SET changes no attribute that is fixed when the step is created.",
    "Ask the vendor of the modality to send the attribute with N-CREATE only; the information system may refuse all of "
    "the N-SET."};
constexpr trace::RuleInfo missing_at_set{
    "ps3.4/F.7.2.2/attribute-missing", "PS3.4 F.7.2.2, Table F.7.2-1", Severity::error,
    "What an N-SET sends of a performed procedure step is whole: codes with value and scheme.",
    "Ask the vendor of the modality to complete the code, or to send the sequence without items."};
constexpr trace::RuleInfo missing_in_retrieved{
    "ps3.4/F.8.2.1/attribute-missing", "PS3.4 F.8.2.1, Table F.8.2-1", Severity::error,
    "What is told of a performed procedure step has its attributes of type 1 with a value.",
    "Look the step up in the information system; ask its vendor why it tells the attribute without its value."};
constexpr trace::RuleInfo missing_in_series{
    "ps3.4/F.7.2.2/series-attribute-missing", "PS3.4 F.7.2.2, Table F.7.2-1", Severity::error,
    "Each performed series has its attributes of type 1 with a value and of type 2 if empty.",
    "Ask the vendor of the modality to complete the series; the images cannot be found by the step."};
constexpr trace::RuleInfo incomplete{
    "ps3.4/F.7.2.2/final-attribute-missing", "PS3.4 F.7.2.2.2, Table F.7.2-1", Severity::error,
    "A step that ends has its end date, end time and a performed series.",
    "Ask the vendor of the modality to send them with the N-SET that ends the step, or before."};
constexpr trace::RuleInfo changed_after_end{
    "ps3.4/F.7.2.2/set-after-end", "PS3.4 F.7.2.2.3", Severity::error,
    "A step that is COMPLETED or DISCONTINUED is not changed any more.",
    "Ask the vendor of the modality to create a new step instead of changing one that has ended."};
constexpr trace::RuleInfo change_accepted{
    "ps3.4/F.7.2.2/set-after-end-accepted", "PS3.4 F.7.2.2.3", Severity::error,
    "A change to a step that is COMPLETED or DISCONTINUED is refused with status 0110H.",
    "Ask the vendor of the information system to refuse it; what was billed or reported may no longer be what it "
    "shows."};
constexpr trace::RuleInfo created_twice{"ps3.4/F.7.2.1/created-twice", "PS3.4 F.7.2.1", Severity::error,
                                        "A step is created once.",
                                        "Ask the vendor of the modality to give each step its own SOP Instance UID."};

constexpr std::string_view performed_step = "1.2.840.10008.3.1.2.3.3";
constexpr std::string_view step_retrieve = "1.2.840.10008.3.1.2.3.4";
constexpr auto status_tag = tags::PerformedProcedureStepStatus;
constexpr auto series = tags::PerformedSeriesSequence;

constexpr std::size_t max_followed = 256;  // steps of one connection

bool is_final(std::string_view state) { return state == "COMPLETED" || state == "DISCONTINUED"; }

class PerformedSteps final : public Judge {
 public:
  void request(const Heard& heard, trace::Reporter& reporter) override {
    if (heard.operation.abstract_syntax != performed_step) return;
    if (heard.operation.command == CommandField::n_create_rq) create(heard, reporter);
    if (heard.operation.command == CommandField::n_set_rq) set(heard, reporter);
  }

  void response(const Heard& heard, trace::Reporter& reporter) override {
    if (heard.operation.abstract_syntax == step_retrieve && heard.data != nullptr && heard.succeeded()) {
      Needs(missing_in_retrieved, heard.seen, reporter)
          .of_what_is_there()
          .unmet(heard.data->root(), rows_of(ServiceTable::step_retrieved));
    }
    if (heard.operation.abstract_syntax != performed_step || !heard.operation.data) return;
    const auto root = heard.operation.data->root();
    if (heard.operation.command == CommandField::n_create_rq && heard.succeeded()) {
      auto uid = heard.operation.sop_instance;
      if (uid.empty()) uid = trimmed_uid(heard.command().text(tags::AffectedSOPInstanceUID));
      if (uid.empty() || uid.size() > max_identity || steps_.size() >= max_followed) return;
      auto& step = steps_[uid];
      step.created = true;
      learn(step, root);
    } else if (heard.operation.command == CommandField::n_set_rq && heard.succeeded()) {
      if (ended_before_ == heard.operation.serial) {
        reporter.report(finding(change_accepted, place_of(heard.seen, tags::Status), label(tags::Status),
                                fmt::format("{:04X}H to a change after the end", heard.status), "0110H"));
        return;
      }
      if (heard.operation.sop_instance.size() > max_identity) return;
      if (steps_.size() >= max_followed && !steps_.contains(heard.operation.sop_instance)) return;
      learn(steps_[heard.operation.sop_instance], root);
    }
  }

 private:
  /// What a step has by what was accepted.
  struct Step {
    bool created = false;  // on this connection: all of its attributes are known
    bool ended = false;
    std::set<Tag> values;  // of those that a step has at its end
    [[nodiscard]] bool has(Tag tag) const { return values.contains(tag); }
  };

  static void learn(Step& step, const dataset::Level& root) {
    step.ended = step.ended || is_final(root.text(status_tag));
    for (const auto& row : rows_of(ServiceTable::step_end))
      if (row.depth == 0 && has_value(root, row.tag)) step.values.insert(row.tag);
  }

  void create(const Heard& heard, trace::Reporter& reporter) const {
    if (const auto known = steps_.find(heard.operation.sop_instance); known != steps_.end() && known->second.created) {
      reporter.report(finding(created_twice, place_of(heard.seen, tags::AffectedSOPInstanceUID),
                              label(tags::AffectedSOPInstanceUID), quoted(heard.operation.sop_instance) + " again",
                              "a new UID"));
      return;
    }
    if (heard.data == nullptr) return;
    const auto root = heard.data->root();
    if (Needs(missing_at_create, heard.seen, reporter)
            .without_items_of(series)
            .unmet(root, rows_of(ServiceTable::step_create)))
      return;
    if (!whole_series(heard, root, reporter)) return;
    if (root.text(status_tag) != "IN PROGRESS") {
      reporter.report(finding(not_in_progress, place_of_element(heard.seen, root, status_tag), label(status_tag),
                              shown(root, status_tag), "\"IN PROGRESS\""));
    }
  }

  void set(const Heard& heard, trace::Reporter& reporter) {
    const auto known = steps_.find(heard.operation.sop_instance);
    if (known != steps_.end() && known->second.ended) {
      ended_before_ = heard.operation.serial;
      reporter.report(finding(changed_after_end, place_of(heard.seen, tags::RequestedSOPInstanceUID),
                              label(tags::RequestedSOPInstanceUID),
                              quoted(heard.operation.sop_instance) + ", which has ended", "no change"));
      return;
    }
    if (heard.data == nullptr) return;
    const auto root = heard.data->root();
    const auto rows = rows_of(ServiceTable::step_set);
    for (const auto* node : root.elements()) {
      const auto* row = find_row(rows, node->tag);
      if (row == nullptr || row->need != Need::not_allowed) continue;
      reporter.report(
          finding(not_settable, place_of_node(heard.seen, node), label(node->tag), "present", "absent from N-SET"));
      return;
    }
    const auto state = root.text(status_tag);
    if (root.has(status_tag) && state != "IN PROGRESS" && !is_final(state)) {
      reporter.report(finding(unknown_state, place_of_element(heard.seen, root, status_tag), label(status_tag),
                              shown(root, status_tag), "\"IN PROGRESS\", \"COMPLETED\" or \"DISCONTINUED\""));
      return;
    }
    if (Needs(missing_at_set, heard.seen, reporter).without_items_of(series).unmet(root, rows)) return;
    if (!whole_series(heard, root, reporter) || !is_final(state)) return;
    if (known == steps_.end() || !known->second.created) return;  // what came before is not known
    for (const auto& row : rows_of(ServiceTable::step_end)) {
      if (row.depth != 0 || row.need != Need::t1) continue;
      if (root.has(row.tag) ? has_value(root, row.tag) : known->second.has(row.tag)) continue;
      reporter.report(finding(incomplete, place_of_element(heard.seen, root, row.tag), label(row.tag),
                              shown(root, row.tag), fmt::format("a value in a step that is {}", state)));
      return;
    }
  }

  static bool whole_series(const Heard& heard, const dataset::Level& root, trace::Reporter& reporter) {
    const auto rows = rows_inside(rows_of(ServiceTable::step_set), series);
    for (const auto& item : root.items(series))
      if (Needs(missing_in_series, heard.seen, reporter).unmet(item, rows, label(series) + " > ")) return false;
    return true;
  }

  std::map<std::string, Step, std::less<>> steps_;  // by SOP Instance UID
  std::uint32_t ended_before_ = 0;                  // the N-SET that came too late
};

}  // namespace

JudgeKind performed_step_judge() {
  return {{not_in_progress, missing_at_create, unknown_state, not_settable, missing_at_set, missing_in_series,
           missing_in_retrieved, incomplete, changed_after_end, change_accepted, created_twice},
          []() -> std::unique_ptr<Judge> { return std::make_unique<PerformedSteps>(); }};
}

}  // namespace assay::conformance
