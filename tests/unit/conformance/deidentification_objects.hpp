// A CT image that was de-identified, and its original, for the tests of conformance/deidentification.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "harness/dataset/file.hpp"
#include "harness/dataset/part10.hpp"

namespace assay::test {

using dataset::DataSet;

inline DataSet dcm_code(std::string_view value, std::string_view scheme = "DCM") {
  DataSet item;
  item.set_text(tags::CodeValue, value);
  item.set_text(tags::CodingSchemeDesignator, scheme);
  item.set_text(tags::CodeMeaning, "Meaning");
  return item;
}

inline DataSet reference(std::string_view uid) {
  DataSet item;
  item.set_text(tags::ReferencedSOPClassUID, uids::CTImageStorage);
  item.set_text(tags::ReferencedSOPInstanceUID, uid);
  return item;
}

/// What both have in common.
inline DataSet ct_image() {
  DataSet data;
  const std::pair<Tag, std::string_view> texts[] = {
      {tags::ImageType, "ORIGINAL\\PRIMARY\\AXIAL"},
      {tags::SOPClassUID, uids::CTImageStorage},
      {tags::Modality, "CT"},
      {tags::Manufacturer, "Synthetic Works"},
      {tags::BodyPartExamined, "HEAD"},
      {tags::SliceThickness, "1"},
      {tags::KVP, "120"},
      {tags::PatientPosition, "HFS"},
      {tags::SeriesNumber, "1"},
      {tags::AcquisitionNumber, "1"},
      {tags::InstanceNumber, "1"},
      {tags::ImagePositionPatient, "0\\0\\0"},
      {tags::ImageOrientationPatient, "1\\0\\0\\0\\1\\0"},
      {tags::PositionReferenceIndicator, ""},
      {tags::PhotometricInterpretation, "MONOCHROME2"},
      {tags::PixelSpacing, "1\\1"},
      {tags::RescaleIntercept, "0"},
      {tags::RescaleSlope, "1"},
      {tags::RescaleType, "HU"},
  };
  for (const auto& [tag, value] : texts) data.set_text(tag, value);
  for (const Tag tag : {tags::SamplesPerPixel, tags::Rows, tags::Columns}) data.set_u16(tag, 1);
  data.set_u16(tags::BitsAllocated, 16);
  data.set_u16(tags::BitsStored, 16);
  data.set_u16(tags::HighBit, 15);
  data.set_u16(tags::PixelRepresentation, 0);
  const std::uint8_t pixel[] = {0, 0};
  data.set_bytes(tags::PixelData, Vr::OW, pixel);
  return data;
}

inline DataSet original_ct() {
  DataSet data = ct_image();
  const std::pair<Tag, std::string_view> texts[] = {
      {tags::SOPInstanceUID, "1.2.3.4.1"},
      {tags::StudyDate, "20240501"},
      {tags::StudyTime, "101500"},
      {tags::AccessionNumber, "ACC007788"},
      {tags::ReferringPhysicianName, "Referrer^Regina"},
      {tags::StationName, "CTROOM77"},
      {tags::StudyDescription, "Follow up after fall"},
      {tags::PatientName, "Fictional^Frida"},
      {tags::PatientID, "PID-4711"},
      {tags::PatientBirthDate, "19610704"},
      {tags::PatientSex, "O"},
      {tags::PatientAge, "062Y"},
      {tags::StudyInstanceUID, "1.2.3.4"},
      {tags::SeriesInstanceUID, "1.2.3.4.0"},
      {tags::StudyID, "STUDY1"},
      {tags::FrameOfReferenceUID, "1.2.3.4.0.9"},
  };
  for (const auto& [tag, value] : texts) data.set_text(tag, value);
  data.set_sequence(tags::SourceImageSequence, {reference("1.2.3.4.2")});
  return data;
}

/// As the Basic Profile wants it, without options.
inline DataSet cleaned_ct() {
  DataSet data = ct_image();
  const std::pair<Tag, std::string_view> texts[] = {
      {tags::SOPInstanceUID, "1.2.9.1"},
      {tags::StudyDate, ""},
      {tags::StudyTime, ""},
      {tags::AccessionNumber, ""},
      {tags::ReferringPhysicianName, ""},
      {tags::PatientName, ""},
      {tags::PatientID, "SUBJECT1"},
      {tags::PatientBirthDate, ""},
      {tags::PatientSex, ""},
      {tags::PatientIdentityRemoved, "YES"},
      {tags::StudyInstanceUID, "1.2.9.2"},
      {tags::SeriesInstanceUID, "1.2.9.3"},
      {tags::StudyID, ""},
      {tags::FrameOfReferenceUID, "1.2.9.4"},
      {tags::LongitudinalTemporalInformationModified, "REMOVED"},
  };
  for (const auto& [tag, value] : texts) data.set_text(tag, value);
  data.set_sequence(tags::DeidentificationMethodCodeSequence, {dcm_code("113100")});
  return data;
}

/// A file as it would be read from a disk.
struct Stored {
  Bytes bytes;
  dataset::DicomFile file;
};

struct FileChanges {
  std::string preamble;  // written at its beginning
  std::string tail;      // behind the Data Set
  std::string source_ae_title;
  std::string private_information;
  std::string transfer_syntax{uids::ExplicitVRLittleEndian};
};

inline std::unique_ptr<Stored> stored(const DataSet& data, const FileChanges& changes = {}) {
  dataset::FileMeta meta;
  meta.sop_class_uid = std::string(uids::CTImageStorage);
  meta.sop_instance_uid = std::string(data.text(tags::SOPInstanceUID));
  while (!meta.sop_instance_uid.empty() && meta.sop_instance_uid.back() == '\0') meta.sop_instance_uid.pop_back();
  meta.transfer_syntax_uid = changes.transfer_syntax;
  meta.implementation_class_uid = "1.2.8";
  meta.source_ae_title = changes.source_ae_title;
  if (!changes.private_information.empty()) {
    meta.private_information_creator_uid = "1.2.8.1";
    meta.private_information = to_bytes(changes.private_information);
  }
  auto made = std::make_unique<Stored>();
  made->bytes = dataset::build_part10(meta, data);
  std::copy(changes.preamble.begin(), changes.preamble.end(), made->bytes.begin());
  append(made->bytes, changes.tail);
  auto file = dataset::read_file(made->bytes);
  EXPECT_TRUE(file.has_value());
  if (file) made->file = std::move(*file);
  return made;
}

inline std::string told(const Problems& problems) {
  std::string text;
  for (const auto& problem : problems)
    text += problem.rule + ' ' + problem.field + ": " + problem.found + " / " + problem.expected + '\n';
  return text;
}

}  // namespace assay::test
