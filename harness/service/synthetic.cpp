// The synthetic patient set. Tests: tests/unit/service/store_test.cpp
#include "harness/service/synthetic.hpp"

#include <fmt/format.h>

#include <iterator>

namespace assay::service {

namespace {

enum class Kind : std::uint8_t { CT, MR, SC };

struct Patient {
  int number;
  std::string_view character_set, name, id, birth_date, sex;
};
struct Study {
  int number, patient;
  std::string_view date, time, accession, id, description;
};
struct Series {
  int study, number;
  Kind kind;
  std::string_view description;
  int instances;
};

#define ASSAY_PATIENT(...)
#define ASSAY_STUDY(...)
#define ASSAY_SERIES(...)
#undef ASSAY_PATIENT
#define ASSAY_PATIENT(...) {__VA_ARGS__},
constexpr Patient patients[] = {
#include "harness/service/synthetic_table.inc"
};
#undef ASSAY_PATIENT
#define ASSAY_PATIENT(...)
#undef ASSAY_STUDY
#define ASSAY_STUDY(...) {__VA_ARGS__},
constexpr Study studies[] = {
#include "harness/service/synthetic_table.inc"
};
#undef ASSAY_STUDY
#define ASSAY_STUDY(...)
#undef ASSAY_SERIES
#define ASSAY_SERIES(study, number, kind, description, instances) {study, number, Kind::kind, description, instances},
constexpr Series all_series[] = {
#include "harness/service/synthetic_table.inc"
};
#undef ASSAY_PATIENT
#undef ASSAY_STUDY
#undef ASSAY_SERIES

constexpr std::uint16_t image_rows = 8;
constexpr std::uint16_t image_columns = 8;

/// 2.25 and a number below 2^128 that no UUID generator makes (its version digits are wrong).
std::string uid(int study, int series = 0, int instance = 0) {
  return fmt::format("2.25.314159265358979{:03}{:03}{:03}", study, series, instance);
}

std::string_view sop_class(Kind kind) {
  switch (kind) {
    case Kind::CT: return uids::CTImageStorage;
    case Kind::MR: return uids::MRImageStorage;
    case Kind::SC: break;
  }
  return uids::SecondaryCaptureImageStorage;
}

std::string_view modality(Kind kind) {
  switch (kind) {
    case Kind::CT: return "CT";
    case Kind::MR: return "MR";
    case Kind::SC: break;
  }
  return "OT";
}

void set_patient_and_study(dataset::DataSet& out, const Patient& patient, const Study& study) {
  if (!patient.character_set.empty()) out.set_text(tags::SpecificCharacterSet, patient.character_set);
  out.set_text(tags::PatientName, patient.name);
  out.set_text(tags::PatientID, patient.id);
  out.set_text(tags::PatientBirthDate, patient.birth_date);
  out.set_text(tags::PatientSex, patient.sex);
  out.set_text(tags::StudyInstanceUID, uid(study.number));
  out.set_text(tags::StudyDate, study.date);
  out.set_text(tags::StudyTime, study.time);
  out.set_text(tags::AccessionNumber, study.accession);
  out.set_text(tags::ReferringPhysicianName, "REFERRER^RITA");
  out.set_text(tags::StudyID, study.id);
  out.set_text(tags::StudyDescription, study.description);
}

void set_series(dataset::DataSet& out, const Study& study, const Series& series) {
  out.set_text(tags::Modality, modality(series.kind));
  out.set_text(tags::SeriesInstanceUID, uid(study.number, series.number));
  out.set_text(tags::SeriesNumber, std::to_string(series.number));
  out.set_text(tags::SeriesDescription, series.description);
  out.set_text(tags::Manufacturer, "ASSAY");
  if (series.kind == Kind::SC) {
    out.set_text(tags::ConversionType, "WSD");
    out.set_text(tags::PatientOrientation, "");
    return;
  }
  out.set_text(tags::SeriesDate, study.date);
  out.set_text(tags::BodyPartExamined, "HEAD");
  out.set_text(tags::PatientPosition, "HFS");
  out.set_text(tags::FrameOfReferenceUID, uid(study.number, series.number, 999));
  out.set_text(tags::PositionReferenceIndicator, "");
}

void set_geometry(dataset::DataSet& out, int instance) {
  out.set_text(tags::PixelSpacing, "1\\1");
  out.set_text(tags::ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
  out.set_text(tags::ImagePositionPatient, fmt::format("-4\\-4\\{}", 5 * instance));
  out.set_text(tags::SliceThickness, "5");
}

void set_image(dataset::DataSet& out, const Series& series, int instance) {
  out.set_text(tags::ImageType, series.kind == Kind::SC ? "DERIVED\\SECONDARY" : "ORIGINAL\\PRIMARY\\AXIAL");
  out.set_text(tags::SOPClassUID, sop_class(series.kind));
  out.set_text(tags::SOPInstanceUID, uid(series.study, series.number, instance));
  out.set_text(tags::InstanceNumber, std::to_string(instance));
  if (series.kind != Kind::SC) set_geometry(out, instance);
  if (series.kind == Kind::CT) {
    out.set_text(tags::KVP, "120");
    out.set_text(tags::AcquisitionNumber, "1");
    out.set_text(tags::RescaleIntercept, "-1024");
    out.set_text(tags::RescaleSlope, "1");
  } else if (series.kind == Kind::MR) {
    out.set_text(tags::ScanningSequence, "SE");
    out.set_text(tags::SequenceVariant, "NONE");
    out.set_text(tags::ScanOptions, "");
    out.set_text(tags::MRAcquisitionType, "2D");
    out.set_text(tags::EchoTime, "15");
    out.set_text(tags::RepetitionTime, "500");
    out.set_text(tags::EchoTrainLength, "1");
  }
}

void set_pixels(dataset::DataSet& out, const Series& series, int instance) {
  out.set_u16(tags::SamplesPerPixel, 1);
  out.set_text(tags::PhotometricInterpretation, "MONOCHROME2");
  out.set_u16(tags::Rows, image_rows);
  out.set_u16(tags::Columns, image_columns);
  out.set_u16(tags::BitsAllocated, 16);
  out.set_u16(tags::BitsStored, 12);
  out.set_u16(tags::HighBit, 11);
  out.set_u16(tags::PixelRepresentation, 0);
  Bytes pixels;
  for (std::uint32_t i = 0; i < image_rows * image_columns; ++i)
    store(
        pixels,
        static_cast<std::uint16_t>((i * 37 + static_cast<std::uint32_t>(series.study * 101 + instance * 11)) & 0xfffU),
        Endian::little);
  out.set_bytes(tags::PixelData, Vr::OW, pixels);
}

}  // namespace

std::vector<dataset::DataSet> synthetic_instances() {
  std::vector<dataset::DataSet> out;
  for (const auto& series : all_series) {
    const auto& study = studies[series.study - 1];
    for (int instance = 1; instance <= series.instances; ++instance) {
      auto& made = out.emplace_back(dataset::explicit_le);
      set_patient_and_study(made, patients[study.patient - 1], study);
      set_series(made, study, series);
      set_image(made, series, instance);
      set_pixels(made, series, instance);
    }
  }
  return out;
}

std::size_t fill_with_synthetic(InstanceStore& store, bool replace) {
  std::size_t count = 0;
  for (const auto& one : synthetic_instances())
    if (auto instance = make_instance(one, uids::ExplicitVRLittleEndian))
      if (store.put(std::move(*instance), replace) != PutResult::full) ++count;
  return count;
}

}  // namespace assay::service
