// Images: CT, MR, ultrasound with several frames, CR, DX, secondary capture (PS3.3 A.2, A.3, A.4, A.7, A.8, A.26).
// Tests: tests/unit/service/modality_objects_test.cpp
#include <fmt/format.h>

#include <algorithm>

#include "harness/service/object_maker.hpp"

namespace assay::service {

namespace {

using dataset::DataSet;

constexpr std::string_view ct_class = "1.2.840.10008.5.1.4.1.1.2";
constexpr std::string_view mr_class = "1.2.840.10008.5.1.4.1.1.4";
constexpr std::string_view us_multi_frame_class = "1.2.840.10008.5.1.4.1.1.3.1";
constexpr std::string_view cr_class = "1.2.840.10008.5.1.4.1.1.1";
constexpr std::string_view dx_class = "1.2.840.10008.5.1.4.1.1.1.1";
constexpr std::string_view sc_class = "1.2.840.10008.5.1.4.1.1.7";

/// Unknown: what a body part may want and nobody said (PS3.3 C.7.3.1, type 2C).
void set_no_laterality(DataSet& out) { out.set_text(tags::Laterality, ""); }

/// Frame of Reference and Image Plane of slice `index` (PS3.3 C.7.4.1, C.7.6.2).
void set_plane(DataSet& out, const SeriesMaker& series, std::size_t index) {
  set_no_laterality(out);
  out.set_text(tags::FrameOfReferenceUID, series.frame_of_reference());
  out.set_text(tags::PositionReferenceIndicator, "");
  out.set_text(tags::PatientPosition, "HFS");
  out.set_text(tags::PixelSpacing, "2\\2");
  out.set_text(tags::ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
  out.set_text(tags::ImagePositionPatient, fmt::format("-64\\-64\\{}", 5 * index));
  out.set_text(tags::SliceThickness, "5");
  out.set_text(tags::SliceLocation, std::to_string(5 * index));
}

void set_acquired(DataSet& out, const SeriesMaker& series) {
  out.set_text(tags::AcquisitionDate, series.source().date);
  out.set_text(tags::AcquisitionTime, series.source().time);
  out.set_text(tags::AcquisitionNumber, "1");
}

std::vector<MadeSeries> one(SeriesMaker& series) {
  std::vector<MadeSeries> out;
  out.push_back(series.take());
  return out;
}

}  // namespace

std::vector<MadeSeries> make_ct(const ObjectSource& source) {
  SeriesMaker series(source, "CT", "AXIAL 5MM", 1);
  for (std::size_t i = 0; i < std::max<std::size_t>(source.instances, 1); ++i) {
    auto& out = series.add(ct_class);
    out.set_text(tags::ImageType, "ORIGINAL\\PRIMARY\\AXIAL");
    set_acquired(out, series);
    set_plane(out, series, i);
    out.set_text(tags::KVP, "120");
    out.set_text(tags::RescaleIntercept, "-1024");
    out.set_text(tags::RescaleSlope, "1");
    out.set_text(tags::RescaleType, "HU");
    out.set_text(tags::WindowCenter, "-600");  // for lungs: the pattern has values from -1024
    out.set_text(tags::WindowWidth, "1500");
    set_pixels(out, {}, static_cast<int>(i));
  }
  return one(series);
}

std::vector<MadeSeries> make_mr(const ObjectSource& source) {
  SeriesMaker series(source, "MR", "AX T1", 1);
  for (std::size_t i = 0; i < std::max<std::size_t>(source.instances, 1); ++i) {
    auto& out = series.add(mr_class);
    out.set_text(tags::ImageType, "ORIGINAL\\PRIMARY\\OTHER");
    set_acquired(out, series);
    set_plane(out, series, i);
    out.set_text(tags::ScanningSequence, "SE");
    out.set_text(tags::SequenceVariant, "NONE");
    out.set_text(tags::ScanOptions, "");
    out.set_text(tags::MRAcquisitionType, "2D");
    out.set_text(tags::RepetitionTime, "500");
    out.set_text(tags::EchoTime, "15");
    out.set_text(tags::EchoTrainLength, "1");
    set_pixels(out, {}, static_cast<int>(i));
  }
  return one(series);
}

std::vector<MadeSeries> make_us(const ObjectSource& source) {
  SeriesMaker series(source, "US", "B MODE LOOP", 1);
  auto& out = series.add(us_multi_frame_class);
  out.set_text(tags::ImageType, "ORIGINAL\\PRIMARY\\ABDOMINAL\\0001");
  set_no_laterality(out);
  set_acquired(out, series);
  out.set_text(tags::PatientOrientation, "");
  out.set_text(tags::LossyImageCompression, "00");
  PixelFormat format;
  format.bits = 8;
  format.frames = 10;
  out.set_text(tags::NumberOfFrames, std::to_string(format.frames));
  Bytes pointer;
  store(pointer, tags::FrameTime.group, Endian::little);
  store(pointer, tags::FrameTime.element, Endian::little);
  out.set_bytes(tags::FrameIncrementPointer, Vr::AT, pointer);
  out.set_text(tags::FrameTime, "40");
  out.set_u16(tags::UltrasoundColorDataPresent, 0);
  set_pixels(out, format, 1);
  return one(series);
}

std::vector<MadeSeries> make_cr(const ObjectSource& source) {
  SeriesMaker series(source, "CR", "PLATE", 1);
  auto& out = series.add(cr_class);
  out.set_text(tags::ImageType, "ORIGINAL\\PRIMARY");
  set_acquired(out, series);
  out.set_text(tags::BodyPartExamined, "HAND");
  out.set_text(tags::ViewPosition, "PA");
  out.set_text(tags::PatientOrientation, "L\\F");
  out.set_text(tags::Laterality, "L");
  out.set_text(tags::KVP, "50");
  out.set_text(tags::PlateType, "");
  set_pixels(out, {}, 2);
  return one(series);
}

std::vector<MadeSeries> make_dx(const ObjectSource& source) {
  SeriesMaker series(source, "DX", "CHEST AP", 1);
  auto& out = series.add(dx_class);
  out.set_text(tags::PresentationIntentType, "FOR PRESENTATION");
  out.set_text(tags::ImageType, "ORIGINAL\\PRIMARY\\");
  set_acquired(out, series);
  out.set_text(tags::BodyPartExamined, "CHEST");
  out.set_text(tags::ImageLaterality, "U");
  out.set_text(tags::PatientOrientation, "L\\F");
  out.set_sequence(tags::AnatomicRegionSequence, {code_item("43799004", "SCT", "Chest")});
  out.set_sequence(tags::ViewCodeSequence, {code_item("399348003", "SCT", "antero-posterior")});
  out.set_text(tags::PositionerType, "NONE");
  out.set_text(tags::DetectorType, "DIRECT");
  out.set_text(tags::ImagerPixelSpacing, "0.5\\0.5");
  out.set_text(tags::PixelIntensityRelationship, "LIN");
  out.set_text(tags::KVP, "110");
  Bytes sign;
  store(sign, static_cast<std::uint16_t>(0xffff), Endian::little);  // -1: lower values mean more X-rays
  out.set_bytes(tags::PixelIntensityRelationshipSign, Vr::SS, sign);
  out.set_text(tags::RescaleIntercept, "0");
  out.set_text(tags::RescaleSlope, "1");
  out.set_text(tags::RescaleType, "US");
  out.set_text(tags::PresentationLUTShape, "IDENTITY");
  out.set_text(tags::LossyImageCompression, "00");
  out.set_text(tags::BurnedInAnnotation, "NO");
  out.set_text(tags::WindowCenter, "2048");
  out.set_text(tags::WindowWidth, "4096");
  out.set_sequence(tags::AcquisitionContextSequence, {});
  set_pixels(out, {}, 3);
  return one(series);
}

std::vector<MadeSeries> make_sc(const ObjectSource& source) {
  SeriesMaker series(source, "OT", "CAPTURE", 1);
  auto& out = series.add(sc_class);
  out.set_text(tags::ConversionType, "WSD");
  set_no_laterality(out);
  out.set_text(tags::ImageType, "DERIVED\\SECONDARY");
  out.set_text(tags::DerivationDescription, "made as from a workstation's screen");
  out.set_text(tags::BurnedInAnnotation, "NO");
  out.set_text(tags::PatientOrientation, "");
  PixelFormat format;
  format.bits = 8;
  set_pixels(out, format, 4);
  return one(series);
}

}  // namespace assay::service
