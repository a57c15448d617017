// An image whose values agree with each other, to be broken in one place, and what was found in it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/base/problem.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/dict/dict.hpp"

namespace assay::conformance::iod::test {

using dataset::DataSet;

inline DataSet code(std::string_view value, std::string_view meaning, std::string_view scheme = "DCM") {
  DataSet item;
  item.set_text(tags::CodeValue, value);
  item.set_text(tags::CodingSchemeDesignator, scheme);
  item.set_text(tags::CodeMeaning, meaning);
  return item;
}

/// 16 bits a sample, in the byte order of the Data Set.
inline void set_pixels(DataSet& data, std::uint16_t rows, std::uint16_t columns,
                       const std::vector<std::uint16_t>& values) {
  data.set_u16(tags::Rows, rows);
  data.set_u16(tags::Columns, columns);
  Bytes bytes;
  for (const auto value : values) {
    bytes.push_back(static_cast<std::uint8_t>(value & 0xff));
    bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  }
  data.set_bytes(tags::PixelData, Vr::OW, bytes);
}

/// A CT image of 2 x 3 pixels of 12 bits.
inline DataSet image() {
  DataSet data;
  const std::pair<Tag, std::string_view> texts[] = {
      {tags::ImageType, "ORIGINAL\\PRIMARY\\AXIAL"},
      {tags::SOPClassUID, uids::CTImageStorage},
      {tags::SOPInstanceUID, "1.2.3.4"},
      {tags::StudyDate, "20260105"},
      {tags::StudyTime, "101500"},
      {tags::AcquisitionDate, "20260105"},
      {tags::AcquisitionTime, "101510.5"},
      {tags::AcquisitionDateTime, "20260105101510.5"},
      {tags::ContentDate, "20260105"},
      {tags::ContentTime, "101520"},
      {tags::InstanceCreationDate, "20260105"},
      {tags::InstanceCreationTime, "101530"},
      {tags::Modality, "CT"},
      {tags::Manufacturer, "MAKER"},
      {tags::ManufacturerModelName, "MODEL"},
      {tags::PatientName, "DOE^JANE"},
      {tags::PatientID, "ID1"},
      {tags::IssuerOfPatientID, "HOSPITAL"},
      {tags::PatientBirthDate, "19700106"},
      {tags::PatientSex, "F"},
      {tags::PatientAge, "055Y"},
      {tags::StudyInstanceUID, "1.2.3.1"},
      {tags::SeriesInstanceUID, "1.2.3.2"},
      {tags::StudyID, "1"},
      {tags::AccessionNumber, "A1"},
      {tags::KVP, "120"},
      {tags::ImagePositionPatient, "0\\0\\0"},
      {tags::ImageOrientationPatient, "1\\0\\0\\0\\1\\0"},
      {tags::FrameOfReferenceUID, "1.2.3.3"},
      {tags::PhotometricInterpretation, "MONOCHROME2"},
      {tags::PixelSpacing, "1\\1"},
      {tags::WindowCenter, "-900"},
      {tags::WindowWidth, "200"},
      {tags::RescaleIntercept, "-1024"},
      {tags::RescaleSlope, "1"},
      {tags::PerformedProcedureStepID, "STEP1"},
  };
  for (const auto& [tag, value] : texts) data.set_text(tag, value);
  data.set_u16(tags::SamplesPerPixel, 1);
  data.set_u16(tags::BitsAllocated, 16);
  data.set_u16(tags::BitsStored, 12);
  data.set_u16(tags::HighBit, 11);
  data.set_u16(tags::PixelRepresentation, 0);
  data.set_u16(tags::SmallestImagePixelValue, 100);
  data.set_u16(tags::LargestImagePixelValue, 205);
  set_pixels(data, 2, 3, {100, 101, 102, 203, 204, 205});
  return data;
}

using Change = std::function<void(DataSet&)>;

inline Change text(Tag tag, std::string_view value) {
  return [=](DataSet& data) { data.set_text(tag, value); };
}
inline Change number(Tag tag, std::uint16_t value) {
  return [=](DataSet& data) { data.set_u16(tag, value); };
}
inline Change drop(Tag tag) {
  return [=](DataSet& data) { data.erase(tag); };
}
inline Change items(Tag tag, std::vector<DataSet> all) {
  return [=, all = std::move(all)](DataSet& data) { data.set_sequence(tag, all); };
}
inline Change all_of(std::vector<Change> changes) {
  return [changes = std::move(changes)](DataSet& data) {
    for (const auto& change : changes) change(data);
  };
}

/// "rule path" of each, in order.
inline std::vector<std::string> told(const Problems& problems) {
  std::vector<std::string> lines;
  for (const auto& problem : problems) lines.push_back(problem.rule + ' ' + problem.field);
  return lines;
}

inline std::string words(const Problems& problems) {
  std::string text;
  for (const auto& problem : problems)
    text += problem.rule + ' ' + problem.field + ": found " + problem.found + ", expected " + problem.expected + '\n';
  return text;
}

}  // namespace assay::conformance::iod::test
