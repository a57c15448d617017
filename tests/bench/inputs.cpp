#include "tests/bench/inputs.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/dataset/part10.hpp"
#include "harness/dict/dict.hpp"

namespace assay::bench {
namespace {

using dataset::DataSet;

bool failed = false;

// Items per sequence from the outermost level inwards: 4 + 16 + 48 + 144 + 432 + 1296 = 1940 items, 645 sequences,
// and three elements in each item; with the two of the top level 6467 elements.
constexpr std::array<int, 6> branching{4, 4, 3, 3, 3, 3};

DataSet code_item(std::string_view value, std::string_view meaning) {
  DataSet item;
  item.set_text(tags::CodeValue, value);
  item.set_text(tags::CodingSchemeDesignator, "DCM");
  item.set_text(tags::CodeMeaning, meaning);
  return item;
}

DataSet nested(std::size_t level, int& counter, bool undefined_lengths) {
  std::vector<DataSet> items;
  for (int i = 0; i < branching[level]; ++i) {
    auto item = level + 1 < branching.size() ? nested(level + 1, counter, undefined_lengths) : DataSet();
    item.set_text(tags::CodeValue, "T-" + std::to_string(10000 + counter));
    item.set_text(tags::CodingSchemeDesignator, "SRT");
    item.set_text(tags::CodeMeaning, "A finding of some length " + std::to_string(counter));
    ++counter;
    items.push_back(std::move(item));
  }
  DataSet level_set;
  level_set.set_sequence(tags::ContentSequence, items, undefined_lengths);
  return level_set;
}

DataSet nested_document(bool undefined_lengths) {
  int counter = 0;
  auto document = nested(0, counter, undefined_lengths);
  document.set_text(tags::Modality, "SR");
  document.set_text(tags::SOPInstanceUID, "1.2.826.0.1.3680043.10.1234.5.6.7.8.9");
  return document;
}

// What a CT scanner writes in front of its pixels, without the pixels.
DataSet image_header() {
  DataSet header;
  const std::vector<std::pair<Tag, std::string_view>> texts = {
      {tags::SpecificCharacterSet, "ISO_IR 100"},
      {tags::ImageType, "ORIGINAL\\PRIMARY\\AXIAL"},
      {tags::InstanceCreationDate, "20200131"},
      {tags::InstanceCreationTime, "101112.131415"},
      {tags::SOPClassUID, uids::CTImageStorage},
      {tags::SOPInstanceUID, "1.2.826.0.1.3680043.10.1234.1.1.1"},
      {tags::StudyDate, "20200131"},
      {tags::SeriesDate, "20200131"},
      {tags::AcquisitionDate, "20200131"},
      {tags::ContentDate, "20200131"},
      {tags::StudyTime, "095500"},
      {tags::SeriesTime, "100000"},
      {tags::AcquisitionTime, "101010.5"},
      {tags::ContentTime, "101112"},
      {tags::AccessionNumber, "A0012345"},
      {tags::Modality, "CT"},
      {tags::Manufacturer, "Example"},
      {tags::InstitutionName, "General Hospital"},
      {tags::ReferringPhysicianName, "Doe^Jane"},
      {tags::StationName, "CT01"},
      {tags::StudyDescription, "CT THORAX ABDOMEN"},
      {tags::SeriesDescription, "Axial 1.0 B30f"},
      {tags::InstitutionalDepartmentName, "Radiology"},
      {tags::PerformingPhysicianName, "Roe^Richard"},
      {tags::OperatorsName, "Op^One"},
      {tags::ManufacturerModelName, "Model 64"},
      {tags::PatientName, "Smith^John^A"},
      {tags::PatientID, "PID000123"},
      {tags::PatientBirthDate, "19560102"},
      {tags::PatientSex, "M"},
      {tags::PatientAge, "064Y"},
      {tags::PatientSize, "1.82"},
      {tags::PatientWeight, "81.5"},
      {tags::AdditionalPatientHistory, "none"},
      {tags::ContrastBolusAgent, "Agent 300"},
      {tags::BodyPartExamined, "CHEST"},
      {tags::ScanOptions, "HELICAL MODE"},
      {tags::SliceThickness, "1.25"},
      {tags::KVP, "120"},
      {tags::DataCollectionDiameter, "500"},
      {tags::DeviceSerialNumber, "SN-4711"},
      {tags::SoftwareVersions, "1.2.3"},
      {tags::ProtocolName, "Thorax routine"},
      {tags::ReconstructionDiameter, "360"},
      {tags::DistanceSourceToDetector, "949.07"},
      {tags::DistanceSourceToPatient, "541"},
      {tags::GantryDetectorTilt, "0"},
      {tags::TableHeight, "145.5"},
      {tags::RotationDirection, "CW"},
      {tags::ExposureTime, "500"},
      {tags::XRayTubeCurrent, "300"},
      {tags::Exposure, "150"},
      {tags::FilterType, "BODY FILTER"},
      {tags::GeneratorPower, "36000"},
      {tags::FocalSpots, "0.7"},
      {tags::ConvolutionKernel, "B30f"},
      {tags::PatientPosition, "HFS"},
      {tags::StudyInstanceUID, "1.2.826.0.1.3680043.10.1234.1"},
      {tags::SeriesInstanceUID, "1.2.826.0.1.3680043.10.1234.1.1"},
      {tags::StudyID, "S1"},
      {tags::SeriesNumber, "3"},
      {tags::AcquisitionNumber, "1"},
      {tags::InstanceNumber, "42"},
      {tags::ImagePositionPatient, "-180.0\\-180.0\\-102.5"},
      {tags::ImageOrientationPatient, "1\\0\\0\\0\\1\\0"},
      {tags::FrameOfReferenceUID, "1.2.826.0.1.3680043.10.1234.1.9"},
      {tags::Laterality, ""},
      {tags::ImagesInAcquisition, "120"},
      {tags::PositionReferenceIndicator, "SN"},
      {tags::SliceLocation, "-102.5"},
      {tags::ImageComments, "no comment"},
      {tags::PhotometricInterpretation, "MONOCHROME2"},
      {tags::PixelSpacing, "0.703125\\0.703125"},
      {tags::WindowCenter, "40\\-600"},
      {tags::WindowWidth, "400\\1600"},
      {tags::RescaleIntercept, "-1024"},
      {tags::RescaleSlope, "1"},
      {tags::RescaleType, "HU"},
      {tags::PerformedProcedureStepStartDate, "20200131"},
      {tags::PerformedProcedureStepStartTime, "095800"},
      {tags::PerformedProcedureStepID, "PPS1"},
      {tags::PerformedProcedureStepDescription, "CT THORAX"},
      {tags::RequestedProcedureID, "RP1"},
  };
  for (const auto& [tag, text] : texts) header.set_text(tag, text);
  const std::vector<std::pair<Tag, std::uint16_t>> numbers = {
      {tags::SamplesPerPixel, 1},
      {tags::Rows, 512},
      {tags::Columns, 512},
      {tags::BitsAllocated, 16},
      {tags::BitsStored, 12},
      {tags::HighBit, 11},
      {tags::PixelRepresentation, 0},
      {tags::SmallestImagePixelValue, 0},
      {tags::LargestImagePixelValue, 4095},
  };
  for (const auto& [tag, number] : numbers) header.set_u16(tag, number);

  DataSet reference;
  reference.set_text(tags::ReferencedSOPClassUID, "1.2.840.10008.3.1.2.3.1");
  reference.set_text(tags::ReferencedSOPInstanceUID, "1.2.826.0.1.3680043.10.1234.2");
  header.set_sequence(tags::ReferencedStudySequence, {reference});
  header.set_sequence(tags::ProcedureCodeSequence, {code_item("CTTHX", "CT of the thorax")});
  header.set_sequence(tags::AnatomicRegionSequence, {code_item("T-D3000", "Chest")});
  header.set_text(Tag(0x0009, 0x0010), dict::implicit_vr(Tag(0x0009, 0x0010)), "EXAMPLE 1.0");
  return header;
}

// The header with its pixels: 512 x 512 x 16 bit, `frames` of them. No pattern that a cache could guess is needed: the
// bytes are only moved.
DataSet image(std::size_t frames) {
  auto with_pixels = image_header();
  if (frames > 1) with_pixels.set_text(tags::NumberOfFrames, std::to_string(frames));
  Bytes pixels(frames * 512 * 512 * 2);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < pixels.size(); i += 64) {
    state = state * 1664525U + 1013904223U;
    pixels[i] = static_cast<std::uint8_t>(state >> 24);
  }
  with_pixels.set_bytes(tags::PixelData, Vr::OW, pixels);
  return with_pixels;
}

Input input(std::string_view name, const DataSet& data_set, dataset::Encoding encoding) {
  return {name, encoding, encode(data_set, encoding), elements_of(data_set)};
}

}  // namespace

const std::array<Input, 6>& inputs() {
  static const std::array<Input, 6> all{
      input("hdr_ele", image_header(), dataset::explicit_le),
      input("hdr_ile", image_header(), dataset::implicit_le),
      input("nest_und", nested_document(true), dataset::explicit_le),
      input("nest_def", nested_document(false), dataset::explicit_le),
      input("ct_ele", image(1), dataset::explicit_le),
      input("mf100_ele", image(200), dataset::explicit_le),
  };
  return all;
}

const std::vector<Bytes>& many_files() {
  static const std::vector<Bytes> all = [] {
    std::vector<Bytes> files;
    for (int i = 0; i < 1000; ++i) {
      auto one = image_header();
      const std::string instance = "1.2.826.0.1.3680043.10.1234.1.1." + std::to_string(i + 1);
      one.set_text(tags::SOPInstanceUID, instance);
      one.set_text(tags::InstanceNumber, std::to_string(i + 1));
      one.set_u16(tags::Rows, 64);
      one.set_u16(tags::Columns, 64);
      one.set_bytes(tags::PixelData, Vr::OW, Bytes(std::size_t{64} * 64 * 2, 0x11));
      files.push_back(dataset::build_part10({.sop_class_uid = std::string(uids::CTImageStorage),
                                             .sop_instance_uid = instance,
                                             .transfer_syntax_uid = std::string(uids::ExplicitVRLittleEndian),
                                             .implementation_class_uid = "1.2.826.0.1.3680043.10.1234",
                                             .implementation_version_name = "BENCH",
                                             .source_ae_title = ""},
                                            one));
    }
    return files;
  }();
  return all;
}

pdu::AAssociateRq associate_rq_128() {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ARCHIVE";
  rq.calling_ae_title = "BENCHMARK";
  rq.items.emplace_back(pdu::ApplicationContextItem{"1.2.840.10008.3.1.1.1"});
  for (int i = 0; i < 128; ++i)
    rq.items.emplace_back(pdu::PresentationContextItemRq{
        static_cast<std::uint8_t>(2 * i + 1),
        {pdu::AbstractSyntaxSubItem{"1.2.840.10008.5.1.4.1.1." + std::to_string(i + 1)},
         pdu::TransferSyntaxSubItem{"1.2.840.10008.1.2.1"}, pdu::TransferSyntaxSubItem{"1.2.840.10008.1.2"}}});
  rq.items.emplace_back(pdu::UserInformationItem{{pdu::MaximumLengthSubItem{16384},
                                                  pdu::ImplementationClassUidSubItem{"1.2.826.0.1.3680043.10.1234"},
                                                  pdu::ImplementationVersionNameSubItem{"BENCH"}}});
  return rq;
}

void fail(benchmark::State& state, const char* why) {
  failed = true;
  state.SkipWithError(why);
}

bool anything_failed() { return failed; }

std::size_t elements_of(const dataset::DataSet& data_set) {
  std::size_t count = 0;
  for (const auto& node : data_set.nodes())
    count += node.kind == dataset::NodeKind::element || node.kind == dataset::NodeKind::sequence;
  return count;
}

}  // namespace assay::bench
