// What is no image: structured report, encapsulated PDF, ECG, presentation state, RT plan (PS3.3 A.35.1, A.45.1,
// A.34.3, A.33.1, A.20). Tests: tests/unit/service/modality_objects_test.cpp
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "harness/service/object_maker.hpp"
#include "harness/service/returned.hpp"

namespace assay::service {

namespace {

using dataset::DataSet;

constexpr std::string_view basic_text_sr_class = "1.2.840.10008.5.1.4.1.1.88.11";
constexpr std::string_view encapsulated_pdf_class = "1.2.840.10008.5.1.4.1.1.104.1";
constexpr std::string_view ecg_12_lead_class = "1.2.840.10008.5.1.4.1.1.9.1.1";
constexpr std::string_view gsps_class = "1.2.840.10008.5.1.4.1.1.11.1";
constexpr std::string_view rt_plan_class = "1.2.840.10008.5.1.4.1.1.481.5";

std::vector<MadeSeries> one(SeriesMaker& series) {
  std::vector<MadeSeries> out;
  out.push_back(series.take());
  return out;
}

/// Presentation states and plans have dates of their own.
void without_content_time(DataSet& out) {
  out.erase(tags::ContentDate);
  out.erase(tags::ContentTime);
}

/// A document names the request that it fulfils, and not the scheduled step (PS3.3 C.17.2).
void refer_to_request(DataSet& out, const DataSet& item) {
  for (const auto tag :
       {tags::RequestAttributesSequence, tags::PerformedProcedureStepID, tags::PerformedProcedureStepStartDate,
        tags::PerformedProcedureStepStartTime, tags::PerformedProcedureStepDescription})
    out.erase(tag);
  DataSet request(dataset::explicit_le);
  for (const auto tag :
       {tags::StudyInstanceUID, tags::ReferencedStudySequence, tags::AccessionNumber, tags::RequestedProcedureID,
        tags::RequestedProcedureDescription, tags::RequestedProcedureCodeSequence}) {
    if (const auto* node = item.find(tag))
      copy_attribute(request, item, item.root(), *node);
    else
      request.set_empty(tag);
  }
  request.set_empty(tags::PlacerOrderNumberImagingServiceRequest);
  request.set_empty(tags::FillerOrderNumberImagingServiceRequest);
  out.set_sequence(tags::ReferencedRequestSequence, {request});
}

DataSet text_content(std::string_view code, std::string_view meaning, std::string_view text) {
  DataSet out(dataset::explicit_le);
  out.set_text(tags::RelationshipType, "CONTAINS");
  out.set_text(tags::ValueType, "TEXT");
  out.set_sequence(tags::ConceptNameCodeSequence, {code_item(code, "DCM", meaning)});
  out.set_text(tags::TextValue, text);
  return out;
}

/// One page with a line of text, its cross-reference table right to the byte.
std::string pdf_page() {
  const std::array<std::string, 5> objects{
      "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
      "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
      "<</Length 48>>stream\nBT /F1 12 Tf 20 50 Td (Synthetic document) Tj ET\nendstream",
      "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"};
  std::string out = "%PDF-1.4\n";
  std::string table = fmt::format("xref\n0 {}\n0000000000 65535 f \n", objects.size() + 1);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    table += fmt::format("{:010} 00000 n \n", out.size());
    out += fmt::format("{} 0 obj\n{}\nendobj\n", i + 1, objects[i]);
  }
  const auto start = out.size();
  return out + table + fmt::format("trailer<</Size {}/Root 1 0 R>>\nstartxref\n{}\n%%EOF\n", objects.size() + 1, start);
}

struct Lead {
  std::string_view code;
  std::string_view meaning;
};
constexpr Lead leads[] = {
    {"2:1", "Lead I"},  {"2:2", "Lead II"}, {"2:61", "Lead III"}, {"2:62", "aVR"},
    {"2:63", "aVL"},    {"2:64", "aVF"},    {"2:3", "Lead V1"},   {"2:4", "Lead V2"},
    {"2:5", "Lead V3"}, {"2:6", "Lead V4"}, {"2:7", "Lead V5"},   {"2:8", "Lead V6"},
};

DataSet channel(const Lead& lead) {
  DataSet out(dataset::explicit_le);
  out.set_sequence(tags::ChannelSourceSequence, {code_item(lead.code, "MDC", lead.meaning)});
  out.set_text(tags::ChannelSensitivity, "1");
  out.set_sequence(tags::ChannelSensitivityUnitsSequence, {code_item("uV", "UCUM", "microvolt")});
  out.set_text(tags::ChannelSensitivityCorrectionFactor, "1");
  out.set_text(tags::ChannelBaseline, "0");
  out.set_text(tags::ChannelSampleSkew, "0");
  out.set_u16(tags::WaveformBitsStored, 16);
  return out;
}

}  // namespace

std::vector<MadeSeries> make_sr(const ObjectSource& source) {
  SeriesMaker series(source, "SR", "REPORT", 1);
  auto& out = series.add(basic_text_sr_class);
  refer_to_request(out, series.item());
  out.set_text(tags::CompletionFlag, "COMPLETE");
  out.set_text(tags::VerificationFlag, "UNVERIFIED");
  out.set_text(tags::ValueType, "CONTAINER");
  out.set_text(tags::ContinuityOfContent, "SEPARATE");
  out.set_sequence(tags::ConceptNameCodeSequence, {code_item("11528-7", "LN", "Radiology Report")});
  if (!out.has(tags::ReferencedPerformedProcedureStepSequence))
    out.set_sequence(tags::ReferencedPerformedProcedureStepSequence, {});
  out.set_sequence(tags::PerformedProcedureCodeSequence, {});
  out.set_sequence(tags::ContentSequence, {text_content("121071", "Finding", "Nothing that could be seen."),
                                           text_content("121077", "Conclusion", "Synthetic report.")});
  return one(series);
}

std::vector<MadeSeries> make_pdf(const ObjectSource& source) {
  SeriesMaker series(source, "DOC", "DOCUMENT", 1);
  auto& out = series.add(encapsulated_pdf_class);
  out.set_text(tags::ConversionType, "SD");
  out.set_text(tags::AcquisitionDateTime, series.moment());
  out.set_text(tags::BurnedInAnnotation, "YES");
  out.set_text(tags::DocumentTitle, "Synthetic document");
  out.set_sequence(tags::ConceptNameCodeSequence, {});
  out.set_text(tags::MIMETypeOfEncapsulatedDocument, "application/pdf");
  const auto page = pdf_page();
  out.set_u32(tags::EncapsulatedDocumentLength, static_cast<std::uint32_t>(page.size()));
  out.set_bytes(tags::EncapsulatedDocument, Vr::OB, as_bytes(page));
  return one(series);
}

std::vector<MadeSeries> make_ecg(const ObjectSource& source) {
  SeriesMaker series(source, "ECG", "12 LEADS", 1);
  auto& out = series.add(ecg_12_lead_class);
  out.set_text(tags::AcquisitionDateTime, series.moment());
  out.set_sequence(tags::AcquisitionContextSequence, {});
  constexpr std::uint32_t samples = 500;  // a second
  DataSet group(dataset::explicit_le);
  group.set_text(tags::WaveformOriginality, "ORIGINAL");
  group.set_u16(tags::NumberOfWaveformChannels, static_cast<std::uint16_t>(std::size(leads)));
  group.set_u32(tags::NumberOfWaveformSamples, samples);
  group.set_text(tags::SamplingFrequency, "500");
  group.set_text(tags::MultiplexGroupLabel, "RHYTHM");
  std::vector<DataSet> channels;
  for (const auto& lead : leads) channels.push_back(channel(lead));
  group.set_sequence(tags::ChannelDefinitionSequence, channels);
  group.set_u16(tags::WaveformBitsAllocated, 16);
  group.set_text(tags::WaveformSampleInterpretation, "SS");
  Bytes data;
  for (std::uint32_t sample = 0; sample < samples; ++sample) {
    for (std::size_t lead = 0; lead < std::size(leads); ++lead) {
      // A beat as a triangle of 40 ms: what matters is that every lead and moment has its own number.
      const auto phase = static_cast<std::int32_t>(sample % 400);
      const auto height = phase < 20 ? phase * 50 : phase < 40 ? (40 - phase) * 50 : 0;
      const auto value = static_cast<std::int16_t>(height * static_cast<std::int32_t>(lead + 1) / 12);
      store(data, static_cast<std::uint16_t>(value), Endian::little);
    }
  }
  group.set_bytes(tags::WaveformData, Vr::OW, data);
  out.set_sequence(tags::WaveformSequence, {group});
  return one(series);
}

std::vector<MadeSeries> make_pr(const ObjectSource& source) {
  // A presentation is of images: the CT it shows is made with it.
  auto out = make_ct(source);
  const auto& images = out.front();
  SeriesMaker series(source, "PR", "PRESENTATION", 2);
  auto& state = series.add(gsps_class);
  without_content_time(state);
  state.set_text(tags::Laterality, "");
  state.set_text(tags::ContentLabel, "DEFAULT");
  state.set_text(tags::ContentDescription, "Soft tissue");
  state.set_text(tags::ContentCreatorName, "");
  state.set_text(tags::PresentationCreationDate, source.date);
  state.set_text(tags::PresentationCreationTime, source.time);
  DataSet shown(dataset::explicit_le);
  shown.set_text(tags::SeriesInstanceUID, images.performed.uid);
  shown.set_sequence(tags::ReferencedImageSequence, references(images));
  state.set_sequence(tags::ReferencedSeriesSequence, {shown});
  DataSet area(dataset::explicit_le);
  const auto corner = [&](Tag tag, std::uint32_t column, std::uint32_t row) {
    Bytes value;
    store(value, column, Endian::little);
    store(value, row, Endian::little);
    area.set_bytes(tag, Vr::SL, value);
  };
  corner(tags::DisplayedAreaTopLeftHandCorner, 1, 1);
  corner(tags::DisplayedAreaBottomRightHandCorner, 64, 64);
  area.set_text(tags::PresentationSizeMode, "SCALE TO FIT");
  area.set_text(tags::PresentationPixelSpacing, "2\\2");
  state.set_sequence(tags::DisplayedAreaSelectionSequence, {area});
  DataSet window(dataset::explicit_le);
  window.set_text(tags::WindowCenter, "-600");
  window.set_text(tags::WindowWidth, "1500");
  state.set_sequence(tags::SoftcopyVOILUTSequence, {window});
  state.set_text(tags::RescaleIntercept, "-1024");
  state.set_text(tags::RescaleSlope, "1");
  state.set_text(tags::RescaleType, "HU");
  state.set_text(tags::PresentationLUTShape, "IDENTITY");
  out.push_back(series.take());
  return out;
}

std::vector<MadeSeries> make_rt_plan(const ObjectSource& source) {
  SeriesMaker series(source, "RTPLAN", "PLAN", 1);
  auto& out = series.add(rt_plan_class);
  without_content_time(out);
  out.set_text(tags::OperatorsName, "");
  out.set_text(tags::RTPlanLabel, "SYNTHETIC");
  out.set_text(tags::RTPlanDate, source.date);
  out.set_text(tags::RTPlanTime, source.time);
  out.set_text(tags::RTPlanGeometry, "TREATMENT_DEVICE");
  out.set_text(tags::ApprovalStatus, "UNAPPROVED");
  return one(series);
}

}  // namespace assay::service
