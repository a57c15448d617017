// Whole files made by hand for the tests of files, guesses and DICOMDIRs. All content is made up.
#pragma once

#include <deque>

#include "harness/dataset/file.hpp"
#include "harness/dataset/part10.hpp"
#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {

inline DataSet sample(Encoding encoding = explicit_le) {
  DataSet data(encoding);
  data.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  data.set_text(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.7");
  data.set_text(tags::SOPInstanceUID, "1.2.826.0.1.3680043.10.999.1");
  data.set_text(tags::StudyDate, "20260105");
  data.set_text(tags::StudyTime, "101500");
  data.set_text(tags::AccessionNumber, "A1");
  data.set_text(tags::Modality, "OT");
  data.set_text(tags::PatientName, "Doe^Jane");
  data.set_text(tags::PatientID, "P1");
  data.set_text(tags::StudyInstanceUID, "1.2.826.0.1.3680043.10.999.2");
  data.set_text(tags::SeriesInstanceUID, "1.2.826.0.1.3680043.10.999.3");
  data.set_text(tags::StudyID, "1");
  data.set_text(tags::SeriesNumber, "1");
  data.set_text(tags::InstanceNumber, "1");
  data.set_u16(tags::SamplesPerPixel, 1);
  data.set_u16(tags::Rows, 4);
  data.set_u16(tags::Columns, 4);
  data.set_u16(tags::BitsAllocated, 8);
  data.set_u16(tags::BitsStored, 8);
  data.set_u16(tags::HighBit, 7);
  data.set_u16(tags::PixelRepresentation, 0);
  data.set_bytes(tags::PixelData, Vr::OW, Bytes(16, 0x55));
  return data;
}

inline FileMeta sample_meta(std::string_view syntax = uids::ExplicitVRLittleEndian) {
  FileMeta meta;
  meta.sop_class_uid = "1.2.840.10008.5.1.4.1.1.7";
  meta.sop_instance_uid = "1.2.826.0.1.3680043.10.999.1";
  meta.transfer_syntax_uid = std::string(syntax);
  meta.implementation_class_uid = "1.2.826.0.1.3680043.10.999.9";
  return meta;
}

/// A right file in this Transfer Syntax.
inline Bytes sample_file(std::string_view syntax = uids::ExplicitVRLittleEndian) {
  return build_part10(sample_meta(syntax), sample());
}

/// A file whose meta information says `syntax` and whose Data Set is these bytes.
inline Bytes labelled(std::string_view syntax, ByteView data_set) {
  return build_part10(sample_meta(syntax), data_set);
}

/// Bytes that live as long as the test program: what is read points into them.
inline const Bytes& kept(Bytes bytes) {
  static std::deque<Bytes> all;
  return all.emplace_back(std::move(bytes));
}

inline const Problem* find_rule(const Problems& problems, std::string_view rule) {
  for (const auto& problem : problems)
    if (problem.rule == rule) return &problem;
  return nullptr;
}

}  // namespace assay::dataset
