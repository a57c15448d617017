// The modules that every object has, and which maker makes what. Tests: tests/unit/service/modality_objects_test.cpp
#include "harness/service/modality_objects.hpp"

#include <fmt/format.h>

#include "harness/service/object_maker.hpp"
#include "harness/service/returned.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::service {

namespace {

using dataset::DataSet;
using Make = std::vector<MadeSeries> (*)(const ObjectSource&);

struct Maker {
  std::string_view modality;
  Make make;
};
constexpr Maker makers[] = {
    {"CT", make_ct}, {"MR", make_mr},   {"US", make_us},   {"CR", make_cr}, {"DX", make_dx},          {"OT", make_sc},
    {"SR", make_sr}, {"DOC", make_pdf}, {"ECG", make_ecg}, {"PR", make_pr}, {"RTPLAN", make_rt_plan},
};

dataset::Level scheduled_step(const DataSet& item) {
  static const DataSet nothing(dataset::explicit_le);
  const auto steps = item.items(tags::ScheduledProcedureStepSequence);
  return steps.empty() ? nothing.root() : steps.front();
}

/// Copies an attribute under another tag of the same VR, when there is one.
void copy_as(DataSet& out, const DataSet& whole, const dataset::Level& level, Tag from, Tag to) {
  const auto* node = level.find(from);
  if (node == nullptr) return;
  if (node->kind != dataset::NodeKind::sequence) {
    out.set_bytes(to, node->vr, node->value);
    return;
  }
  DataSet copy(dataset::explicit_le);
  copy_attribute(copy, whole, level, *node);
  std::vector<DataSet> items;
  for (const auto& item : copy.items(from)) {
    auto& made = items.emplace_back(dataset::explicit_le);
    for (const auto* element : item.elements()) copy_attribute(made, copy, item, *element);
  }
  if (!items.empty()) out.set_sequence(to, items);
}

}  // namespace

SeriesMaker::SeriesMaker(const ObjectSource& source, std::string_view modality, std::string_view description,
                         int number)
    : source_(source), modality_(modality), number_(number), frame_of_reference_(source.new_uid()) {
  auto& performed = made_.performed;
  performed.uid = source.new_uid();
  performed.description = description;
  const auto protocol = scheduled_step(*source.item).text(tags::ScheduledProcedureStepDescription);
  // In the set of the item, as the N-SET says it; a name is there even where the schedule has none (type 1).
  performed.protocol = protocol.empty() ? std::string(description) : std::string(protocol);
  performed.performing_physician = scheduled_step(*source.item).text(tags::ScheduledPerformingPhysicianName);
  performed.character_set = source.item->text(tags::SpecificCharacterSet);
}

void SeriesMaker::patient_and_study(DataSet& out) const {
  const auto& item = *source_.item;
  const auto root = item.root();
  for (const auto tag : {tags::SpecificCharacterSet, tags::AccessionNumber, tags::ReferringPhysicianName,
                         tags::PatientName, tags::PatientID, tags::IssuerOfPatientID, tags::PatientBirthDate,
                         tags::PatientSex, tags::PatientWeight, tags::PatientSize, tags::StudyInstanceUID})
    copy_as(out, item, root, tag, tag);
  for (const auto tag : {tags::AccessionNumber, tags::ReferringPhysicianName, tags::PatientName, tags::PatientID,
                         tags::PatientBirthDate, tags::PatientSex})
    if (!out.has(tag)) out.set_empty(tag);
  out.set_text(tags::StudyDate, source_.date);
  out.set_text(tags::StudyTime, source_.time);
  out.set_text(tags::StudyID, item.text(tags::RequestedProcedureID));
  copy_as(out, item, root, tags::RequestedProcedureDescription, tags::StudyDescription);
  copy_as(out, item, root, tags::RequestedProcedureCodeSequence, tags::ProcedureCodeSequence);
}

/// Request Attributes (PS3.3 10.6) and what ties the series to its performed step (C.7.3.1).
void SeriesMaker::request(DataSet& out) const {
  const auto& item = *source_.item;
  const auto step = scheduled_step(item);
  DataSet asked(dataset::explicit_le);
  copy_as(asked, item, item.root(), tags::RequestedProcedureDescription, tags::RequestedProcedureDescription);
  copy_as(asked, item, step, tags::ScheduledProcedureStepDescription, tags::ScheduledProcedureStepDescription);
  copy_as(asked, item, step, tags::ScheduledProtocolCodeSequence, tags::ScheduledProtocolCodeSequence);
  copy_as(asked, item, step, tags::ScheduledProcedureStepID, tags::ScheduledProcedureStepID);
  copy_as(asked, item, item.root(), tags::RequestedProcedureID, tags::RequestedProcedureID);
  if (!asked.text(tags::RequestedProcedureID).empty() && !asked.text(tags::ScheduledProcedureStepID).empty())
    out.set_sequence(tags::RequestAttributesSequence, {asked});
  if (!source_.step_id.empty()) {
    out.set_text(tags::PerformedProcedureStepID, source_.step_id);
    out.set_text(tags::PerformedProcedureStepStartDate, source_.date);
    out.set_text(tags::PerformedProcedureStepStartTime, source_.time);
    copy_as(out, item, step, tags::ScheduledProcedureStepDescription, tags::PerformedProcedureStepDescription);
  }
  if (!source_.step_uid.empty()) {
    DataSet reference(dataset::explicit_le);
    reference.set_text(tags::ReferencedSOPClassUID, uids::ModalityPerformedProcedureStep);
    reference.set_text(tags::ReferencedSOPInstanceUID, source_.step_uid);
    out.set_sequence(tags::ReferencedPerformedProcedureStepSequence, {reference});
  }
}

DataSet& SeriesMaker::add(std::string_view sop_class_uid) {
  auto& out = made_.instances.emplace_back(dataset::explicit_le);
  const auto uid = source_.new_uid();
  made_.performed.instances.push_back({std::string(sop_class_uid), uid});
  patient_and_study(out);
  request(out);
  out.set_text(tags::SOPClassUID, sop_class_uid);
  out.set_text(tags::SOPInstanceUID, uid);
  out.set_text(tags::InstanceNumber, std::to_string(made_.instances.size()));
  out.set_text(tags::Modality, modality_);
  out.set_text(tags::SeriesInstanceUID, made_.performed.uid);
  out.set_text(tags::SeriesNumber, std::to_string(number_));
  out.set_text(tags::SeriesDescription, made_.performed.description);
  out.set_text(tags::SeriesDate, source_.date);
  out.set_text(tags::SeriesTime, source_.time);
  out.set_text(tags::ContentDate, source_.date);
  out.set_text(tags::ContentTime, source_.time);
  out.set_text(tags::Manufacturer, "ASSAY");
  out.set_text(tags::ManufacturerModelName, "SYNTHETIC");
  out.set_text(tags::DeviceSerialNumber, "1");
  out.set_text(tags::SoftwareVersions, "1");
  out.set_text(tags::StationName, source_.station_name);
  return out;
}

DataSet code_item(std::string_view value, std::string_view scheme, std::string_view meaning) {
  DataSet out(dataset::explicit_le);
  out.set_text(tags::CodeValue, value);
  out.set_text(tags::CodingSchemeDesignator, scheme);
  out.set_text(tags::CodeMeaning, meaning);
  return out;
}

std::vector<DataSet> references(const MadeSeries& series) {
  std::vector<DataSet> out;
  for (const auto& one : series.performed.instances) {
    auto& item = out.emplace_back(dataset::explicit_le);
    item.set_text(tags::ReferencedSOPClassUID, one.sop_class_uid);
    item.set_text(tags::ReferencedSOPInstanceUID, one.sop_instance_uid);
  }
  return out;
}

void set_pixels(DataSet& out, const PixelFormat& format, int seed) {
  const bool words = format.bits > 8;
  out.set_u16(tags::SamplesPerPixel, 1);
  out.set_text(tags::PhotometricInterpretation, "MONOCHROME2");
  out.set_u16(tags::Rows, format.rows);
  out.set_u16(tags::Columns, format.columns);
  out.set_u16(tags::BitsAllocated, words ? 16 : 8);
  out.set_u16(tags::BitsStored, format.bits);
  out.set_u16(tags::HighBit, static_cast<std::uint16_t>(format.bits - 1));
  out.set_u16(tags::PixelRepresentation, 0);
  const std::uint32_t mask = (1U << format.bits) - 1;
  Bytes pixels;
  pixels.reserve(std::size_t{format.rows} * format.columns * format.frames * (words ? 2 : 1));
  for (std::uint32_t frame = 0; frame < format.frames; ++frame) {
    for (std::uint32_t y = 0; y < format.rows; ++y) {
      for (std::uint32_t x = 0; x < format.columns; ++x) {
        const auto value = ((x ^ y) * 13 + static_cast<std::uint32_t>(seed) * 101 + frame * 17) & mask;
        if (words)
          store(pixels, static_cast<std::uint16_t>(value), Endian::little);
        else
          pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  out.set_bytes(tags::PixelData, words ? Vr::OW : Vr::OB, pixels);
}

std::vector<MadeSeries> make_objects(const ObjectSource& source) {
  const auto modality = scheduled_step(*source.item).text(tags::Modality);
  for (const auto& maker : makers)
    if (maker.modality == modality) return maker.make(source);
  return make_sc(source);
}

std::vector<std::string_view> made_modalities() {
  std::vector<std::string_view> out;
  for (const auto& maker : makers) out.push_back(maker.modality);
  return out;
}

}  // namespace assay::service
