// Right messages and Data Sets of every service, for tests that plant one fault in them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conversation.hpp"

namespace assay::test {

inline constexpr std::string_view worklist_uid = "1.2.840.10008.5.1.4.31";
inline constexpr std::string_view performed_step_uid = "1.2.840.10008.3.1.2.3.3";
inline constexpr std::string_view step_retrieve_uid = "1.2.840.10008.3.1.2.3.4";
inline constexpr std::string_view commitment_uid = "1.2.840.10008.1.20.1";
inline constexpr std::string_view commitment_instance = "1.2.840.10008.1.20.1.1";
inline constexpr std::string_view gray_print_uid = "1.2.840.10008.5.1.1.9";
inline constexpr std::string_view film_session_uid = "1.2.840.10008.5.1.1.1";
inline constexpr std::string_view film_box_uid = "1.2.840.10008.5.1.1.2";
inline constexpr std::string_view gray_box_uid = "1.2.840.10008.5.1.1.4";
inline constexpr std::string_view printer_uid = "1.2.840.10008.5.1.1.16";
inline constexpr std::string_view printer_instance = "1.2.840.10008.5.1.1.17";

using Texts = std::vector<std::pair<Tag, std::string_view>>;

inline dataset::DataSet data_of(const Texts& texts) {
  dataset::DataSet out(dataset::implicit_le);
  for (const auto& [tag, text] : texts) {
    if (dict::implicit_vr(tag) == Vr::SQ) {
      out.set_sequence(tag, {});
    } else {
      out.set_text(tag, text);
    }
  }
  return out;
}

/// A Data Set that was sent, with this change to it.
template <typename Change>
dataset::DataSet changed(dataset::DataSet data, Change change) {
  change(data);
  return data;
}

inline dimse::CommandSet normalized(dimse::CommandField field, std::uint16_t id, std::string_view sop_class,
                                    std::string_view instance, bool with_data = false, std::uint16_t type = 0) {
  auto command = dimse::command(field, id);
  auto& elements = command.elements();
  const bool requested = elements.has(tags::RequestedSOPClassUID);
  elements.set_text(requested ? tags::RequestedSOPClassUID : tags::AffectedSOPClassUID, sop_class);
  if (!instance.empty())
    elements.set_text(requested ? tags::RequestedSOPInstanceUID : tags::AffectedSOPInstanceUID, instance);
  if (with_data) elements.set_u16(tags::CommandDataSetType, 1);
  if (elements.has(tags::ActionTypeID)) elements.set_u16(tags::ActionTypeID, type);
  if (elements.has(tags::EventTypeID)) elements.set_u16(tags::EventTypeID, type);
  return command;
}

/// An image of patient 4711, study 1.2.3, series 1.2.3.1.
inline dataset::DataSet image_of_series(std::string_view instance) {
  auto out = image(dataset::implicit_le, uids::CTImageStorage, instance);
  out.set_text(tags::Modality, "CT");
  out.set_text(tags::StudyInstanceUID, "1.2.3");
  out.set_text(tags::SeriesInstanceUID, "1.2.3.1");
  return out;
}

inline dataset::DataSet reference(std::string_view sop_class, std::string_view instance) {
  return data_of({{tags::ReferencedSOPClassUID, sop_class}, {tags::ReferencedSOPInstanceUID, instance}});
}

// Modality Worklist
inline dataset::DataSet worklist_query() {
  auto out = data_of({{tags::AccessionNumber, ""},
                      {tags::PatientName, ""},
                      {tags::PatientID, "4711"},
                      {tags::PatientBirthDate, ""},
                      {tags::StudyInstanceUID, ""},
                      {tags::RequestedProcedureID, ""}});
  out.set_sequence(tags::ScheduledProcedureStepSequence,
                   {data_of({{tags::Modality, "CT"},
                             {tags::ScheduledStationAETitle, "CT1"},
                             {tags::ScheduledProcedureStepStartDate, "20240101-20240131"},
                             {tags::ScheduledProcedureStepStartTime, ""},
                             {tags::ScheduledPerformingPhysicianName, ""},
                             {tags::ScheduledProcedureStepID, ""}})});
  return out;
}
inline dataset::DataSet worklist_match(std::string_view step = "S1", std::string_view date = "20240105") {
  auto out = data_of({{tags::AccessionNumber, "A1"},
                      {tags::PatientName, "Doe^Jane"},
                      {tags::PatientID, "4711"},
                      {tags::PatientBirthDate, "19600101"},
                      {tags::StudyInstanceUID, "1.2.3"},
                      {tags::RequestedProcedureID, "R1"}});
  out.set_sequence(tags::ScheduledProcedureStepSequence, {data_of({{tags::Modality, "CT"},
                                                                   {tags::ScheduledStationAETitle, "CT1"},
                                                                   {tags::ScheduledProcedureStepStartDate, date},
                                                                   {tags::ScheduledProcedureStepStartTime, "080000"},
                                                                   {tags::ScheduledPerformingPhysicianName, "Roe^R"},
                                                                   {tags::ScheduledProcedureStepID, step}})});
  return out;
}

// Modality Performed Procedure Step
inline dataset::DataSet step_created() {
  auto out = data_of({{tags::Modality, "CT"},
                      {tags::ProcedureCodeSequence, ""},
                      {tags::ReferencedPatientSequence, ""},
                      {tags::PatientName, "Doe^Jane"},
                      {tags::PatientID, "4711"},
                      {tags::PatientBirthDate, "19600101"},
                      {tags::PatientSex, "F"},
                      {tags::StudyID, "1"},
                      {tags::PerformedStationAETitle, "CT1"},
                      {tags::PerformedStationName, "ROOM1"},
                      {tags::PerformedLocation, "CELLAR"},
                      {tags::PerformedProcedureStepStartDate, "20240105"},
                      {tags::PerformedProcedureStepStartTime, "081500"},
                      {tags::PerformedProcedureStepEndDate, ""},
                      {tags::PerformedProcedureStepEndTime, ""},
                      {tags::PerformedProcedureStepStatus, "IN PROGRESS"},
                      {tags::PerformedProcedureStepID, "P1"},
                      {tags::PerformedProcedureStepDescription, "HEAD"},
                      {tags::PerformedProcedureTypeDescription, ""},
                      {tags::PerformedProtocolCodeSequence, ""},
                      {tags::PerformedSeriesSequence, ""}});
  out.set_sequence(tags::ScheduledStepAttributesSequence, {data_of({{tags::AccessionNumber, "A1"},
                                                                    {tags::ReferencedStudySequence, ""},
                                                                    {tags::StudyInstanceUID, "1.2.3"},
                                                                    {tags::RequestedProcedureDescription, "HEAD"},
                                                                    {tags::ScheduledProcedureStepDescription, "HEAD"},
                                                                    {tags::ScheduledProtocolCodeSequence, ""},
                                                                    {tags::ScheduledProcedureStepID, "S1"},
                                                                    {tags::RequestedProcedureID, "R1"}})});
  return out;
}
inline dataset::DataSet performed_series() {
  auto out = data_of({{tags::RetrieveAETitle, ""},
                      {tags::SeriesDescription, ""},
                      {tags::PerformingPhysicianName, ""},
                      {tags::OperatorsName, ""},
                      {tags::ProtocolName, "HEAD"},
                      {tags::SeriesInstanceUID, "1.2.3.1"},
                      {tags::ReferencedNonImageCompositeSOPInstanceSequence, ""}});
  out.set_sequence(tags::ReferencedImageSequence, {reference(uids::CTImageStorage, "1.2.3.1.1")});
  return out;
}
inline dataset::DataSet step_ended(std::string_view state = "COMPLETED") {
  auto out = data_of({{tags::PerformedProcedureStepEndDate, "20240105"},
                      {tags::PerformedProcedureStepEndTime, "082000"},
                      {tags::PerformedProcedureStepStatus, state}});
  out.set_sequence(tags::PerformedSeriesSequence, {performed_series()});
  return out;
}

// Storage Commitment
inline dataset::DataSet commitment_request(std::string_view transaction, const std::vector<std::string_view>& uids) {
  auto out = data_of({{tags::TransactionUID, transaction}});
  std::vector<dataset::DataSet> items;
  items.reserve(uids.size());
  for (const auto uid : uids) items.push_back(reference(uids::CTImageStorage, uid));
  out.set_sequence(tags::ReferencedSOPSequence, items);
  return out;
}
inline dataset::DataSet commitment_report(std::string_view transaction, const std::vector<std::string_view>& done,
                                          const std::vector<std::string_view>& failed = {}) {
  auto out = commitment_request(transaction, done);
  if (done.empty()) out.erase(tags::ReferencedSOPSequence);
  std::vector<dataset::DataSet> items;
  for (const auto uid : failed) {
    items.push_back(reference(uids::CTImageStorage, uid));
    items.back().set_u16(tags::FailureReason, 0x0112);
  }
  if (!failed.empty()) out.set_sequence(tags::FailedSOPSequence, items);
  return out;
}

// Print
inline dataset::DataSet film_box_request(std::string_view session) {
  auto out = data_of({{tags::ImageDisplayFormat, "STANDARD\\2,1"}});
  out.set_sequence(tags::ReferencedFilmSessionSequence, {reference(film_session_uid, session)});
  return out;
}
inline dataset::DataSet film_box_response(std::string_view session, const std::vector<std::string_view>& boxes) {
  auto out = film_box_request(session);
  std::vector<dataset::DataSet> items;
  items.reserve(boxes.size());
  for (const auto uid : boxes) items.push_back(reference(gray_box_uid, uid));
  out.set_sequence(tags::ReferencedImageBoxSequence, items);
  return out;
}
inline dataset::DataSet image_box(std::uint16_t position, std::string_view photometric = "MONOCHROME2") {
  dataset::DataSet picture(dataset::implicit_le);
  picture.set_u16(tags::SamplesPerPixel, 1);
  picture.set_text(tags::PhotometricInterpretation, photometric);
  picture.set_u16(tags::Rows, 2);
  picture.set_u16(tags::Columns, 4);
  picture.set_u16(tags::BitsAllocated, 8);
  picture.set_u16(tags::BitsStored, 8);
  picture.set_u16(tags::HighBit, 7);
  picture.set_u16(tags::PixelRepresentation, 0);
  picture.set_bytes(tags::PixelData, Vr::OW, Bytes{1, 2, 3, 4, 5, 6, 7, 8});
  dataset::DataSet out(dataset::implicit_le);
  out.set_u16(tags::ImageBoxPosition, position);
  out.set_sequence(tags::BasicGrayscaleImageSequence, {picture});
  return out;
}

/// A response with the counts of sub-operations; no remaining ones in a final response.
inline dimse::CommandSet counted(dimse::CommandSet response, std::optional<std::uint16_t> remaining,
                                 std::uint16_t completed, std::uint16_t failed = 0, std::uint16_t warned = 0) {
  auto& elements = response.elements();
  if (remaining) elements.set_u16(tags::NumberOfRemainingSuboperations, *remaining);
  elements.set_u16(tags::NumberOfCompletedSuboperations, completed);
  elements.set_u16(tags::NumberOfFailedSuboperations, failed);
  elements.set_u16(tags::NumberOfWarningSuboperations, warned);
  return response;
}

}  // namespace assay::test
