// conformance/iod/object_checks.hpp: values that contradict each other are one finding at their place, and those that
// agree none: times, ages, codes, sources, corrections, spacing, dose, waveforms.
#include "conformance/iod/object_checks.hpp"

#include <gtest/gtest.h>

#include "conformance/iod/validate.hpp"
#include "conformance/rules/standard_rules.hpp"
#include "iod_object_samples.hpp"

namespace assay::conformance::iod {
namespace {

using namespace test;

Problems found_in(const Change& change, const ObjectOptions& options = {}) {
  auto data = image();
  change(data);
  return check_object(data, options);
}

void is_told(const Change& change, std::vector<std::string> lines, const ObjectOptions& options = {}) {
  const auto problems = found_in(change, options);
  EXPECT_EQ(told(problems), lines) << words(problems);
  for (const auto& problem : problems) {
    const auto* info = standard_rules()->find(problem.rule);
    ASSERT_NE(info, nullptr) << problem.rule;
    EXPECT_EQ(info->clause, problem.clause);
    EXPECT_FALSE(problem.found.empty());
    EXPECT_FALSE(problem.expected.empty());
    EXPECT_EQ(info->severity == trace::Severity::note || problem.rule == "ps3.5/6.3/defined-term",
              problem.gravity == Gravity::note)
        << problem.rule;
  }
}

void is_silent(const Change& change, const ObjectOptions& options = {}) {
  const auto problems = found_in(change, options);
  EXPECT_TRUE(problems.empty()) << words(problems);
}

TEST(IodObject, An_image_whose_values_agree_is_silent) {
  is_silent([](DataSet&) {});
}

TEST(IodObject, A_time_stands_with_its_date) {
  is_told(drop(tags::ContentDate), {"ps3.3/C/time-without-date (0008,0033)"});
  is_told(text(tags::ContentDate, ""), {"ps3.3/C/time-without-date (0008,0033)"});
  DataSet step;
  step.set_text(tags::ScheduledProcedureStepStartTime, "1000");
  is_told(items(tags::RequestAttributesSequence, {step}), {"ps3.3/C/time-without-date (0040,0275)[1]/(0040,0003)"});
  step.set_text(tags::ScheduledProcedureStepStartDate, "20260105");
  is_silent(items(tags::RequestAttributesSequence, {step}));
  is_silent(all_of({drop(tags::ContentDate), drop(tags::ContentTime)}));
  is_silent(all_of({drop(tags::ContentDate), text(tags::ContentTime, "")}));
}

TEST(IodObject, A_date_behind_its_time_counts) {
  // Elements out of order: the decoder's matter. The date is there all the same.
  const std::uint8_t bytes[] = {0x08, 0, 0x33, 0,   'T', 'M', 4,   0,   '1', '0', '0', '0', 0x08, 0,
                                0x23, 0, 'D',  'A', 8,   0,   '2', '0', '2', '6', '0', '1', '0',  '5'};
  const auto decoded = dataset::decode(bytes, dataset::explicit_le);
  EXPECT_TRUE(check_object(decoded.data_set).empty());
  const auto alone = dataset::decode(ByteView(bytes).first(12), dataset::explicit_le);
  const auto problems = check_object(alone.data_set);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].rule, "ps3.3/C/time-without-date");
  EXPECT_EQ(problems[0].offset, 0U);
}

TEST(IodObject, Acquisition_content_and_creation_follow_each_other) {
  is_told(text(tags::ContentTime, "101508"), {"ps3.3/C.7.6.1/times-out-of-order (0008,0033)"});
  is_told(text(tags::InstanceCreationTime, "1014"), {"ps3.3/C.7.6.1/times-out-of-order (0008,0013)"});
  is_told(text(tags::InstanceCreationDate, "20260104"), {"ps3.3/C.7.6.1/times-out-of-order (0008,0013)"});
  is_told(all_of({drop(tags::ContentDate), drop(tags::ContentTime), text(tags::InstanceCreationDate, "20251231")}),
          {"ps3.3/C.7.6.1/times-out-of-order (0008,0013)"});
  // Seconds without their fraction, minutes without seconds, gaps, and midnight.
  is_silent(text(tags::ContentTime, "101510"));
  is_silent(text(tags::InstanceCreationTime, "1015"));
  is_silent(all_of({drop(tags::ContentDate), drop(tags::ContentTime)}));
  is_silent(all_of({text(tags::InstanceCreationDate, "20260106"), text(tags::InstanceCreationTime, "000001")}));
}

TEST(IodObject, Acquisition_is_told_alike_twice) {
  is_told(text(tags::AcquisitionDateTime, "20260105101540"), {"ps3.3/C.7.10.1/acquisition-times-differ (0008,002A)"});
  is_told(text(tags::AcquisitionDateTime, "20260104101510.5"), {"ps3.3/C.7.10.1/acquisition-times-differ (0008,002A)"});
  is_silent(text(tags::AcquisitionDateTime, "20260105101510.5+0100"));
  is_silent(text(tags::AcquisitionDateTime, "20260105"));
}

TEST(IodObject, Age_is_the_time_from_birth_to_study) {
  is_told(text(tags::PatientAge, "053Y"), {"ps3.3/C.7.2.2/age-differs (0010,1010)"});
  is_told(text(tags::PatientAge, "055M"), {"ps3.3/C.7.2.2/age-differs (0010,1010)"});
  is_told(text(tags::PatientBirthDate, "19500106"), {"ps3.3/C.7.2.2/age-differs (0010,1010)"});
  is_told(text(tags::PatientBirthDate, "20260106"), {"ps3.3/C.7.1.1/born-after-study (0010,0030)"});
  is_silent(text(tags::PatientAge, "056Y"));  // rounded
  is_silent(text(tags::PatientAge, "671M"));
  is_silent(all_of({text(tags::PatientBirthDate, "20251230"), text(tags::PatientAge, "006D")}));
  is_silent(all_of({text(tags::PatientBirthDate, "20251206"), text(tags::PatientAge, "004W")}));
  is_silent(text(tags::PatientBirthDate, ""));
}

TEST(IodObject, A_clock_that_runs_ahead_is_noticed) {
  constexpr std::int64_t day = 86'400'000'000;
  const auto then = dataset::interval_of(dataset::Date{2026, 1, 5, false}, dataset::Time{}, 0).first;
  ObjectOptions early;
  early.now = then - 2 * day;
  is_told([](DataSet&) {}, {"ps3.3/C.12.1/in-the-future (0008,0012)"}, early);
  ObjectOptions close;
  close.now = then;
  is_silent([](DataSet&) {}, close);
}

TEST(IodObject, Codes_of_the_standard_have_their_meaning) {
  const auto derivation = [](std::string_view value, std::string_view meaning, std::string_view scheme = "DCM") {
    return items(tags::DerivationCodeSequence, {code(value, meaning, scheme)});
  };
  is_told(derivation("113040", "Smoothing"), {"ps3.3/8.3/meaning-of-another-code (0008,9215)[1]/(0008,0104)"});
  is_told(derivation("113040", "Lossless"), {"ps3.3/8.3/code-meaning (0008,9215)[1]/(0008,0104)"});
  is_told(derivation("113999", "Magic"), {"ps3.3/8.1/code-unknown (0008,9215)[1]/(0008,0100)"});
  is_told(derivation("121322", "Source image for image processing operation"),
          {"ps3.3/8.1/code-unknown (0008,9215)[1]/(0008,0100)"});
  is_silent(derivation("113040", "Lossy Compression"));
  is_silent(derivation("113048", "pixel-by-pixel maximum"));
  is_silent(derivation("113999", "Magic", "99VENDOR"));
  is_silent(derivation("113040", "Verlustbehaftete Kompression f\xfcr alle"));
}

TEST(IodObject, Codes_of_sources_and_equipment_have_their_meaning) {
  const auto purpose = [](std::string_view value, std::string_view meaning) {
    DataSet source;
    source.set_text(tags::ReferencedSOPClassUID, uids::CTImageStorage);
    source.set_text(tags::ReferencedSOPInstanceUID, "1.2.3.9");
    source.set_sequence(tags::PurposeOfReferenceCodeSequence, {code(value, meaning)});
    return items(tags::SourceImageSequence, {source});
  };
  is_told(purpose("121320", "Lossy compressed predecessor"),
          {"ps3.3/8.3/meaning-of-another-code (0008,2112)[1]/(0040,A170)[1]/(0008,0104)"});
  is_told(purpose("113040", "Lossy Compression"), {"ps3.3/8.1/code-unknown (0008,2112)[1]/(0040,A170)[1]/(0008,0100)"});
  is_silent(purpose("121320", "Uncompressed predecessor"));
  const auto equipment = [](std::string_view value, std::string_view meaning) {
    DataSet item;
    item.set_text(tags::Manufacturer, "OTHER");
    item.set_sequence(tags::PurposeOfReferenceCodeSequence, {code(value, meaning)});
    return items(tags::ContributingEquipmentSequence, {item});
  };
  is_told(equipment("109103", "Acquisition Equipment"),
          {"ps3.3/8.3/meaning-of-another-code (0018,A001)[1]/(0040,A170)[1]/(0008,0104)"});
  is_silent(equipment("109103", "Modifying Equipment"));
  is_silent(equipment("109999", "Newer equipment"));
}

TEST(IodObject, A_derived_image_says_how) {
  const auto derived = text(tags::ImageType, "DERIVED\\PRIMARY\\AXIAL");
  is_told(derived, {"ps3.3/C.12.4.1.1/derivation-not-described (0008,2111)"});
  is_silent(all_of({derived, text(tags::DerivationDescription, "smoothed")}));
  is_silent(all_of({derived, items(tags::DerivationCodeSequence, {code("113087", "Smoothing")})}));
  is_silent(all_of({derived, items(tags::SharedFunctionalGroupsSequence, {DataSet()})}));
}

TEST(IodObject, An_image_is_not_its_own_source) {
  DataSet source;
  source.set_text(tags::ReferencedSOPClassUID, uids::CTImageStorage);
  source.set_text(tags::ReferencedSOPInstanceUID, "1.2.3.4");
  is_told(items(tags::SourceImageSequence, {source}), {"ps3.3/C.12.4.1.2/own-source (0008,2112)[1]/(0008,1155)"});
  DataSet derivation;
  derivation.set_sequence(tags::SourceImageSequence, {source});
  DataSet frame;
  frame.set_sequence(tags::DerivationImageSequence, {derivation});
  is_told(items(tags::PerFrameFunctionalGroupsSequence, {frame}),
          {"ps3.3/C.12.4.1.2/own-source (5200,9230)[1]/(0008,9124)[1]/(0008,2112)[1]/(0008,1155)"});
  source.set_text(tags::ReferencedSOPInstanceUID, "1.2.3.5");
  is_silent(items(tags::SourceImageSequence, {source}));
}

TEST(IodObject, Original_attributes_keep_previous_values_and_a_reason) {
  const auto correction = [](std::string_view reason, const DataSet& kept) {
    DataSet item;
    item.set_text(tags::SourceOfPreviousValues, "");
    item.set_text(tags::AttributeModificationDateTime, "20260106");
    item.set_text(tags::ModifyingSystem, "ARCHIVE");
    item.set_text(tags::ReasonForTheAttributeModification, reason);
    item.set_sequence(tags::ModifiedAttributesSequence, {kept});
    return items(tags::OriginalAttributesSequence, {item});
  };
  DataSet kept;
  kept.set_text(tags::PatientName, "DO^JANE");
  is_told(correction("CORRECT", DataSet()), {"ps3.3/C.12.1/no-previous-value (0400,0561)[1]/(0400,0550)"});
  is_told(correction("FIXED", kept), {"ps3.5/6.3/defined-term (0400,0561)[1]/(0400,0565)"});
  is_silent(correction("CORRECT", kept));
  is_silent(correction("COERCE", kept));
}

TEST(IodObject, Original_attributes_have_their_structure) {
  const auto judge = [](Tag missing) {
    DataSet item;
    item.set_text(tags::SourceOfPreviousValues, "");
    item.set_text(tags::AttributeModificationDateTime, "20260106");
    item.set_text(tags::ModifyingSystem, "ARCHIVE");
    item.set_text(tags::ReasonForTheAttributeModification, "CORRECT");
    item.set_sequence(tags::ModifiedAttributesSequence, {image()});
    item.erase(missing);
    auto data = image();
    data.set_sequence(tags::OriginalAttributesSequence, {item});
    std::string rules;
    for (const auto& problem : check_iod(data).problems)
      if (problem.field == "(0400,0561)[1]/" + to_string(missing)) rules += problem.rule;
    return rules;
  };
  EXPECT_EQ(judge(tags::SourceOfPreviousValues), "ps3.5/7.4.3/type-2-missing");
  for (const Tag tag : {tags::AttributeModificationDateTime, tags::ModifyingSystem,
                        tags::ReasonForTheAttributeModification, tags::ModifiedAttributesSequence})
    EXPECT_EQ(judge(tag), "ps3.5/7.4.1/type-1-missing") << to_string(tag);
  EXPECT_EQ(judge(tags::NonconformingModifiedAttributesSequence), "");
}

TEST(IodObject, A_capture_says_whether_annotations_are_burned_in) {
  const auto capture = text(tags::SOPClassUID, uids::SecondaryCaptureImageStorage);
  is_told(capture, {"ps3.3/C.7.6.1/burned-in-unknown (0028,0301)"});
  is_silent(all_of({capture, text(tags::BurnedInAnnotation, "NO")}));
  is_silent(all_of({capture, text(tags::ConversionType, "SYN")}));
}

TEST(IodObject, The_source_of_spacing_is_told) {
  is_told(text(tags::ImagerPixelSpacing, "1.2\\1.2"), {"ps3.3/10.7.1.3/spacing-without-reason (0028,0030)"});
  is_told(text(tags::NominalScannedPixelSpacing, "1\\1.1"), {"ps3.3/10.7.1.3/spacing-without-reason (0028,0030)"});
  is_silent(text(tags::ImagerPixelSpacing, "1.0001\\1"));
  is_silent(all_of({text(tags::ImagerPixelSpacing, "1.2\\1.2"), text(tags::PixelSpacingCalibrationType, "GEOMETRY")}));
  const auto region = [](double centimetres) {
    DataSet item;
    item.set_u16(tags::RegionSpatialFormat, 1);
    item.set_u16(tags::PhysicalUnitsXDirection, 3);
    const auto bits = std::bit_cast<std::uint64_t>(centimetres);
    std::uint8_t bytes[8];
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(bits >> (8 * i));
    item.set_bytes(tags::PhysicalDeltaX, Vr::FD, bytes);
    return items(tags::SequenceOfUltrasoundRegions, {item});
  };
  is_told(region(0.05), {"ps3.3/C.8.5.5/spacing-of-regions (0028,0030)"});
  is_silent(region(0.1));
}

TEST(IodObject, Doses_are_in_the_units_of_their_attributes) {
  is_told(all_of({number(tags::EntranceDose, 250), text(tags::EntranceDoseInmGy, "2.5")}),
          {"ps3.3/C.4.16/entrance-dose-unit (0040,0302)"});
  is_silent(all_of({number(tags::EntranceDose, 3), text(tags::EntranceDoseInmGy, "250")}));
  is_told(text(tags::ImageAndFluoroscopyAreaDoseProduct, "4500000"), {"ps3.3/C.8.2.1/implausible-dose (0018,115E)"});
  is_silent(text(tags::ImageAndFluoroscopyAreaDoseProduct, "45.5"));
}

TEST(IodObject, Waveforms_have_the_samples_that_they_count) {
  const auto waveform = [](std::uint16_t channels, std::uint16_t bits, std::size_t described, std::size_t bytes) {
    DataSet group;
    group.set_u16(tags::NumberOfWaveformChannels, channels);
    group.set_u32(tags::NumberOfWaveformSamples, 5);
    DataSet channel;
    channel.set_u16(tags::WaveformBitsStored, bits);
    group.set_sequence(tags::ChannelDefinitionSequence, std::vector<DataSet>(described, channel));
    group.set_u16(tags::WaveformBitsAllocated, 16);
    group.set_bytes(tags::WaveformData, Vr::OW, Bytes(bytes));
    return items(tags::WaveformSequence, {group});
  };
  is_silent(waveform(2, 12, 2, 20));
  is_told(waveform(2, 12, 2, 18), {"ps3.3/C.10.9/waveform-length (5400,0100)[1]/(5400,1010)"});
  is_told(waveform(2, 12, 1, 20), {"ps3.3/C.10.9/channel-count (5400,0100)[1]/(003A,0200)"});
  is_told(waveform(1, 24, 1, 10), {"ps3.3/C.10.9/waveform-bits (5400,0100)[1]/(003A,0200)[1]/(003A,021A)"});
  ObjectOptions cut;
  cut.cut = true;
  is_silent(waveform(2, 12, 2, 18), cut);
}

TEST(IodObject, Problems_are_limited_and_counted) {
  auto data = image();
  data.set_sequence(tags::DerivationCodeSequence, std::vector<DataSet>(20, code("113040", "Smoothing")));
  std::size_t more = 0;
  ObjectOptions few;
  few.max_problems = 5;
  EXPECT_EQ(check_object(data, few, &more).size(), 5U);
  EXPECT_EQ(more, 15U);
}

}  // namespace
}  // namespace assay::conformance::iod
