// Modality Performed Procedure Step: what creating, setting and completing a step needs and forbids, and its states
// (PS3.4 F.7.1, F.7.2, Table F.7.2-1). Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "conformance/rules/exchange.hpp"

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
constexpr auto status_tag = tags::PerformedProcedureStepStatus;
constexpr auto scheduled = tags::ScheduledStepAttributesSequence;
constexpr auto series = tags::PerformedSeriesSequence;

constexpr std::array<Asked, 22> at_create{{{scheduled, true},
                                           {tags::PatientName, false},
                                           {tags::PatientID, false},
                                           {tags::PatientBirthDate, false},
                                           {tags::PatientSex, false},
                                           {tags::ReferencedPatientSequence, false},
                                           {tags::PerformedProcedureStepID, true},
                                           {tags::PerformedStationAETitle, true},
                                           {tags::PerformedStationName, false},
                                           {tags::PerformedLocation, false},
                                           {tags::PerformedProcedureStepStartDate, true},
                                           {tags::PerformedProcedureStepStartTime, true},
                                           {tags::PerformedProcedureStepStatus, true},
                                           {tags::PerformedProcedureStepDescription, false},
                                           {tags::PerformedProcedureTypeDescription, false},
                                           {tags::ProcedureCodeSequence, false},
                                           {tags::PerformedProcedureStepEndDate, false},
                                           {tags::PerformedProcedureStepEndTime, false},
                                           {tags::Modality, true},
                                           {tags::StudyID, false},
                                           {tags::PerformedProtocolCodeSequence, false},
                                           {series, false}}};
constexpr std::array<Asked, 8> in_scheduled{{{tags::StudyInstanceUID, true},
                                             {tags::ReferencedStudySequence, false},
                                             {tags::AccessionNumber, false},
                                             {tags::RequestedProcedureID, false},
                                             {tags::RequestedProcedureDescription, false},
                                             {tags::ScheduledProcedureStepID, false},
                                             {tags::ScheduledProcedureStepDescription, false},
                                             {tags::ScheduledProtocolCodeSequence, false}}};
constexpr std::array<Asked, 8> in_series{{{tags::PerformingPhysicianName, false},
                                          {tags::ProtocolName, true},
                                          {tags::OperatorsName, false},
                                          {tags::SeriesInstanceUID, true},
                                          {tags::SeriesDescription, false},
                                          {tags::RetrieveAETitle, false},
                                          {tags::ReferencedImageSequence, false},
                                          {tags::ReferencedNonImageCompositeSOPInstanceSequence, false}}};
constexpr std::array<Asked, 2> of_object{{{tags::ReferencedSOPClassUID, true}, {tags::ReferencedSOPInstanceUID, true}}};
constexpr std::array<Asked, 3> at_end{
    {{tags::PerformedProcedureStepEndDate, true}, {tags::PerformedProcedureStepEndTime, true}, {series, true}}};
/// "Not allowed" in the N-SET column of Table F.7.2-1.
constexpr std::array<Tag, 20> fixed{scheduled,
                                    tags::PatientName,
                                    tags::PatientID,
                                    tags::IssuerOfPatientID,
                                    tags::IssuerOfPatientIDQualifiersSequence,
                                    tags::PatientBirthDate,
                                    tags::PatientSex,
                                    tags::ReferencedPatientSequence,
                                    tags::IssuerOfAdmissionIDSequence,
                                    tags::ServiceEpisodeID,
                                    tags::IssuerOfServiceEpisodeIDSequence,
                                    tags::ServiceEpisodeDescription,
                                    tags::PerformedProcedureStepID,
                                    tags::PerformedStationAETitle,
                                    tags::PerformedStationName,
                                    tags::PerformedLocation,
                                    tags::PerformedProcedureStepStartDate,
                                    tags::PerformedProcedureStepStartTime,
                                    tags::Modality,
                                    tags::StudyID};

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
    bool end_date = false;
    bool end_time = false;
    bool series = false;
  };

  static void learn(Step& step, const dataset::Level& root) {
    step.ended = step.ended || is_final(root.text(status_tag));
    step.end_date = step.end_date || has_value(root, tags::PerformedProcedureStepEndDate);
    step.end_time = step.end_time || has_value(root, tags::PerformedProcedureStepEndTime);
    step.series = step.series || has_value(root, series);
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
    if (tell_missing(missing_at_create, heard.seen, root, at_create, "", reporter)) return;
    for (const auto& item : root.items(scheduled))
      if (tell_missing(missing_at_create, heard.seen, item, in_scheduled, label(scheduled) + " > ", reporter)) return;
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
    for (const auto* node : root.elements()) {
      if (std::ranges::find(fixed, node->tag) == fixed.end()) continue;
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
    if (!whole_series(heard, root, reporter) || !is_final(state)) return;
    if (known == steps_.end() || !known->second.created) return;  // what came before is not known
    const std::array<bool, 3> had{known->second.end_date, known->second.end_time, known->second.series};
    for (std::size_t i = 0; i < at_end.size(); ++i) {
      if (root.has(at_end[i].tag) ? has_value(root, at_end[i].tag) : had[i]) continue;
      reporter.report(finding(incomplete, place_of_element(heard.seen, root, at_end[i].tag), label(at_end[i].tag),
                              shown(root, at_end[i].tag), fmt::format("a value in a step that is {}", state)));
      return;
    }
  }

  static bool whole_series(const Heard& heard, const dataset::Level& root, trace::Reporter& reporter) {
    for (const auto& item : root.items(series)) {
      if (tell_missing(missing_in_series, heard.seen, item, in_series, label(series) + " > ", reporter)) return false;
      for (const auto sequence :
           {tags::ReferencedImageSequence, tags::ReferencedNonImageCompositeSOPInstanceSequence}) {
        for (const auto& object : item.items(sequence))
          if (tell_missing(missing_in_series, heard.seen, object, of_object, path(series, sequence) + " > ", reporter))
            return false;
      }
    }
    return true;
  }

  std::map<std::string, Step, std::less<>> steps_;  // by SOP Instance UID
  std::uint32_t ended_before_ = 0;                  // the N-SET that came too late
};

}  // namespace

JudgeKind performed_step_judge() {
  return {{not_in_progress, missing_at_create, unknown_state, not_settable, missing_in_series, incomplete,
           changed_after_end, change_accepted, created_twice},
          []() -> std::unique_ptr<Judge> { return std::make_unique<PerformedSteps>(); }};
}

}  // namespace assay::conformance
