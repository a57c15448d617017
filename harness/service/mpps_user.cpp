// N-CREATE and N-SET of a modality. Tests: tests/unit/service/mpps_user_test.cpp
#include "harness/service/mpps_user.hpp"

#include "harness/service/returned.hpp"

namespace assay::service {

namespace {

using dataset::DataSet;

/// Copies what the level has of an attribute, else makes it empty.
void take(DataSet& out, const DataSet& whole, const dataset::Level& level, Tag tag) {
  if (const auto* node = level.find(tag))
    copy_attribute(out, whole, level, *node);
  else
    out.set_empty(tag);
}

DataSet reference(const PerformedInstance& instance) {
  DataSet out(dataset::explicit_le);
  out.set_text(tags::ReferencedSOPClassUID, instance.sop_class_uid);
  out.set_text(tags::ReferencedSOPInstanceUID, instance.sop_instance_uid);
  return out;
}

}  // namespace

bool is_image_class(std::string_view sop_class_uid) {
  const auto* entry = dict::find_uid(sop_class_uid);
  if (entry == nullptr) return true;
  return entry->keyword.find("Image") != std::string_view::npos || entry->keyword == "RTDoseStorage";
}

DataSet start_of_step(const DataSet& item, const StepStart& start) {
  const auto root = item.root();
  const auto steps = item.items(tags::ScheduledProcedureStepSequence);
  const DataSet nothing(dataset::explicit_le);
  const auto step = steps.empty() ? nothing.root() : steps.front();
  DataSet scheduled(dataset::explicit_le);
  for (const auto tag : {tags::StudyInstanceUID, tags::ReferencedStudySequence, tags::AccessionNumber,
                         tags::RequestedProcedureID, tags::RequestedProcedureDescription})
    take(scheduled, item, root, tag);
  for (const auto tag :
       {tags::ScheduledProcedureStepID, tags::ScheduledProcedureStepDescription, tags::ScheduledProtocolCodeSequence})
    take(scheduled, item, step, tag);

  DataSet out(dataset::explicit_le);
  for (const auto& one : step_attributes())
    if (one.at_creation != StepType::three) out.set_empty(one.tag);
  if (item.has(tags::SpecificCharacterSet)) take(out, item, root, tags::SpecificCharacterSet);
  out.set_sequence(tags::ScheduledStepAttributesSequence, {scheduled});
  for (const auto tag :
       {tags::PatientName, tags::PatientID, tags::PatientBirthDate, tags::PatientSex, tags::ReferencedPatientSequence})
    take(out, item, root, tag);
  out.set_text(tags::PerformedProcedureStepID, start.id);
  out.set_text(tags::PerformedStationAETitle, start.station_ae_title);
  out.set_text(tags::PerformedStationName, start.station_name);
  out.set_text(tags::PerformedProcedureStepStartDate, start.date);
  out.set_text(tags::PerformedProcedureStepStartTime, start.time);
  out.set_text(tags::PerformedProcedureStepStatus, name(StepState::in_progress));
  out.set_bytes(tags::PerformedProcedureStepDescription, Vr::LO,
                as_bytes(step.text(tags::ScheduledProcedureStepDescription)));
  if (const auto* code = root.find(tags::RequestedProcedureCodeSequence)) {
    DataSet copy(dataset::explicit_le);
    copy_attribute(copy, item, root, *code);
    std::vector<DataSet> codes;
    for (const auto& one : copy.items(tags::RequestedProcedureCodeSequence)) {
      auto& made = codes.emplace_back(dataset::explicit_le);
      for (const auto* node : one.elements()) copy_attribute(made, copy, one, *node);
    }
    out.set_sequence(tags::ProcedureCodeSequence, codes);
  }
  out.set_text(tags::Modality, start.modality.empty() ? step.text(tags::Modality) : start.modality);
  out.set_text(tags::StudyID, root.text(tags::RequestedProcedureID));
  return out;
}

DataSet change_of_step(StepState state, std::string_view date, std::string_view time,
                       const std::vector<PerformedSeries>& series) {
  DataSet out(dataset::explicit_le);
  out.set_text(tags::PerformedProcedureStepStatus, name(state));
  if (state != StepState::in_progress) {
    out.set_text(tags::PerformedProcedureStepEndDate, date);
    out.set_text(tags::PerformedProcedureStepEndTime, time);
  }
  std::vector<DataSet> items;
  for (const auto& one : series) {
    if (!one.character_set.empty()) out.set_text(tags::SpecificCharacterSet, one.character_set);
    auto& item = items.emplace_back(dataset::explicit_le);
    item.set_text(tags::RetrieveAETitle, one.retrieve_ae_title);
    item.set_text(tags::SeriesDescription, one.description);
    item.set_text(tags::PerformingPhysicianName, one.performing_physician);
    item.set_text(tags::OperatorsName, one.operators);
    item.set_text(tags::ProtocolName, one.protocol);
    item.set_text(tags::SeriesInstanceUID, one.uid);
    std::vector<DataSet> images;
    std::vector<DataSet> others;
    for (const auto& instance : one.instances)
      (is_image_class(instance.sop_class_uid) ? images : others).push_back(reference(instance));
    item.set_sequence(tags::ReferencedImageSequence, images);
    item.set_sequence(tags::ReferencedNonImageCompositeSOPInstanceSequence, others);
  }
  if (!items.empty()) out.set_sequence(tags::PerformedSeriesSequence, items);
  return out;
}

}  // namespace assay::service
