// conformance/iod/derived.hpp: a derived image that does what the standard asks is silent; each thing that it leaves
// undone is one finding at its place.
#include "conformance/iod/derived.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/iod/object_checks.hpp"
#include "conformance/iod/validate.hpp"
#include "conformance/rules/standard_rules.hpp"
#include "iod_object_samples.hpp"

namespace assay::conformance::iod {
namespace {

using namespace test;

/// What names an image as source.
DataSet citation(std::string_view instance, std::string_view sop_class = uids::CTImageStorage) {
  DataSet item;
  item.set_text(tags::ReferencedSOPClassUID, sop_class);
  item.set_text(tags::ReferencedSOPInstanceUID, instance);
  return item;
}

/// Smoothed by another system, as it should be.
DataSet smoothed() {
  auto data = image();
  const std::pair<Tag, std::string_view> texts[] = {
      {tags::ImageType, "DERIVED\\PRIMARY\\AXIAL"},
      {tags::SOPInstanceUID, "1.2.3.40"},
      {tags::SeriesInstanceUID, "1.2.3.20"},
      {tags::InstanceCreationTime, "120000"},
      {tags::Manufacturer, "OTHER"},
      {tags::DerivationDescription, "smoothed"},
  };
  for (const auto& [tag, value] : texts) data.set_text(tag, value);
  data.erase(tags::PerformedProcedureStepID);
  data.set_sequence(tags::SourceImageSequence, {citation("1.2.3.4")});
  set_pixels(data, 2, 3, {100, 101, 150, 155, 204, 205});
  return data;
}

struct Case {
  Change source = [](DataSet&) {};
  Change derived = [](DataSet&) {};
  std::string_view source_syntax = uids::ExplicitVRLittleEndian;
  std::string_view derived_syntax = uids::ExplicitVRLittleEndian;
};

Problems judged(const Case& of) {
  auto source = image();
  of.source(source);
  auto derived = smoothed();
  of.derived(derived);
  const ImageObject sources[] = {{&source, of.source_syntax}};
  return check_derived(sources, {&derived, of.derived_syntax}).problems;
}

void is_told(const Case& of, const std::vector<std::string>& lines) {
  const auto problems = judged(of);
  EXPECT_EQ(told(problems), lines) << words(problems);
  for (const auto& problem : problems) {
    const auto* info = standard_rules()->find(problem.rule);
    ASSERT_NE(info, nullptr) << problem.rule;
    EXPECT_EQ(info->clause, problem.clause);
    EXPECT_EQ(info->severity == trace::Severity::note, problem.gravity == Gravity::note) << problem.rule;
  }
}

void derived_is_told(const Change& change, const std::vector<std::string>& lines) {
  Case of;
  of.derived = change;
  is_told(of, lines);
}
void derived_is_silent(const Change& change) { derived_is_told(change, {}); }

Case with(Change source, Change derived) {
  Case of;
  of.source = std::move(source);
  of.derived = std::move(derived);
  return of;
}

const Change same_pixels = [](DataSet& data) { set_pixels(data, 2, 3, {100, 101, 102, 203, 204, 205}); };
const Change same_uid = text(tags::SOPInstanceUID, "1.2.3.4");
const Change same_series = text(tags::SeriesInstanceUID, "1.2.3.2");

TEST(IodDerived, An_image_derived_as_it_should_be_is_silent) {
  derived_is_silent([](DataSet&) {});
  const auto derived = smoothed();
  EXPECT_TRUE(check_object(derived).empty()) << words(check_object(derived));
}

TEST(IodDerived, An_unchanged_copy_is_silent) {
  derived_is_silent([](DataSet& data) { data = image(); });
}

TEST(IodDerived, New_pixels_have_a_new_uid) {
  derived_is_told(same_uid, {"ps3.3/C.7.6.1.1.2/uid-kept (0008,0018)"});
  // Kept, and still called ORIGINAL.
  derived_is_told(
      [](DataSet& data) {
        data = image();
        set_pixels(data, 2, 3, {100, 101, 102, 203, 204, 200});
      },
      {"ps3.3/C.7.6.1.1.2/derived-called-original (0008,0008)", "ps3.3/C.7.6.1.1.2/uid-kept (0008,0018)"});
}

TEST(IodDerived, Rows_and_columns_of_padding_make_no_new_image) {
  const auto padded = [](const std::vector<std::uint16_t>& values) {
    return [=](DataSet& data) {
      data = image();
      set_pixels(data, 4, 5, values);
    };
  };
  const std::vector<std::uint16_t> around{0, 0, 0, 0, 0, 0, 100, 101, 102, 0, 0, 203, 204, 205, 0, 0, 0, 0, 0, 0};
  const std::vector<std::uint16_t> behind{100, 101, 102, 9, 9, 203, 204, 205, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
  derived_is_silent(padded(around));
  derived_is_silent(padded(behind));
  auto other = around;
  other[0] = 1;  // no padding: it has two values
  Case of;
  of.derived = padded(other);
  const auto problems = judged(of);
  ASSERT_FALSE(problems.empty());
  EXPECT_TRUE(std::ranges::any_of(problems, [](const Problem& p) { return p.rule.ends_with("/uid-kept"); }));
}

TEST(IodDerived, Image_type_says_derived_and_keeps_its_origin) {
  derived_is_told(text(tags::ImageType, "ORIGINAL\\PRIMARY\\AXIAL"),
                  {"ps3.3/C.7.6.1.1.2/derived-called-original (0008,0008)"});
  derived_is_silent(text(tags::ImageType, "MIXED\\PRIMARY\\AXIAL"));
  derived_is_silent(text(tags::ImageType, "DERIVED\\SECONDARY\\AXIAL"));
  is_told(with(text(tags::ImageType, "DERIVED\\SECONDARY"), [](DataSet&) {}),
          {"ps3.3/C.7.6.1.1.2/secondary-called-primary (0008,0008)"});
  derived_is_told(
      [](DataSet& data) {
        data = image();
        data.set_text(tags::ImageType, "DERIVED\\PRIMARY\\AXIAL");
      },
      {"ps3.3/C.7.6.1.1.2/type-changed-alone (0008,0008)"});
}

TEST(IodDerived, Values_of_image_type_are_those_of_the_module) {
  const auto judge = [](std::string_view value) {
    auto data = image();
    data.set_text(tags::ImageType, value);
    std::vector<std::string> lines;
    for (const auto& problem : check_iod(data).problems)
      if (problem.field == "(0008,0008)") lines.push_back(problem.rule);
    return lines;
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(judge("DERIVED\\SECONDARY\\AXIAL"), Lines{});
  EXPECT_EQ(judge("COPY\\SECONDARY\\AXIAL"), Lines{"ps3.5/6.3/enumerated-value"});
  EXPECT_EQ(judge("DERIVED\\TERTIARY\\AXIAL"), Lines{"ps3.5/6.3/enumerated-value"});
  EXPECT_EQ(judge("DERIVED\\SECONDARY\\HOUSEMADE"), Lines{"ps3.5/6.3/defined-term"});
}

TEST(IodDerived, A_derived_image_stands_in_a_new_series) {
  derived_is_told(same_series, {"ps3.3/A.1.2.3/series-kept (0020,000E)"});
}

TEST(IodDerived, Times_are_not_before_those_of_the_source) {
  derived_is_told(text(tags::InstanceCreationTime, "101529"), {});
  derived_is_told(text(tags::InstanceCreationTime, "101020"), {"ps3.3/C.12.1/derived-before-source (0008,0012)"});
  derived_is_told(text(tags::ContentDate, "20260101"), {"ps3.3/C.12.1/derived-before-source (0008,0023)"});
  derived_is_silent(text(tags::ContentTime, "120000"));  // of the derivation
  derived_is_silent(all_of({drop(tags::ContentDate), drop(tags::ContentTime)}));
}

TEST(IodDerived, The_acquisition_is_that_of_the_source) {
  derived_is_told(text(tags::AcquisitionTime, "120000"), {"ps3.3/C.7.10.1/acquisition-not-kept (0008,0032)"});
  derived_is_told(text(tags::AcquisitionDate, "20260106"), {"ps3.3/C.7.10.1/acquisition-not-kept (0008,0022)"});
  derived_is_silent(text(tags::AcquisitionTime, "101510"));
  derived_is_silent(
      all_of({drop(tags::AcquisitionDate), drop(tags::AcquisitionTime), drop(tags::AcquisitionDateTime)}));
  derived_is_silent(text(tags::AcquisitionNumber, "77"));
}

TEST(IodDerived, The_maker_is_the_deriving_system_or_it_contributed) {
  const auto copied = text(tags::Manufacturer, "MAKER");
  derived_is_told(copied, {"ps3.3/C.12.1/maker-unknown (0008,0070)"});
  DataSet equipment;
  equipment.set_text(tags::Manufacturer, "OTHER");
  equipment.set_sequence(tags::PurposeOfReferenceCodeSequence, {code("109102", "Processing Equipment")});
  derived_is_silent(all_of({copied, items(tags::ContributingEquipmentSequence, {equipment})}));
}

TEST(IodDerived, Sources_are_named_with_their_class) {
  derived_is_told(drop(tags::SourceImageSequence), {"ps3.3/C.12.4.1.2/source-not-named (0008,2112)"});
  derived_is_told(items(tags::SourceImageSequence, {citation("1.2.3.99")}),
                  {"ps3.3/C.12.4.1.2/source-not-named (0008,2112)"});
  derived_is_told(items(tags::SourceImageSequence, {citation("1.2.3.4", uids::MRImageStorage)}),
                  {"ps3.3/C.12.4.1.2/source-class (0008,2112)"});
  DataSet derivation;
  derivation.set_sequence(tags::SourceImageSequence, {citation("1.2.3.4")});
  DataSet groups;
  groups.set_sequence(tags::DerivationImageSequence, {derivation});
  derived_is_silent(all_of({drop(tags::SourceImageSequence), items(tags::SharedFunctionalGroupsSequence, {groups})}));
}

TEST(IodDerived, Source_image_sequence_has_class_and_instance) {
  const auto judge = [](Tag missing) {
    auto data = image();
    auto item = citation("1.2.3.9");
    item.erase(missing);
    data.set_sequence(tags::SourceImageSequence, {item});
    for (const auto& problem : check_iod(data).problems)
      if (problem.field == "(0008,2112)[1]/" + to_string(missing)) return problem.rule;
    return std::string();
  };
  EXPECT_EQ(judge(tags::ReferencedSOPInstanceUID), "ps3.5/7.4.1/type-1-missing");
  EXPECT_EQ(judge(tags::ReferencedSOPClassUID), "ps3.5/7.4.1/type-1-missing");
  EXPECT_EQ(judge(tags::ReferencedFrameNumber), "");
}

TEST(IodDerived, Private_elements_are_not_carried_on_unread) {
  const auto vendor = [](std::string_view value) {
    return [=](DataSet& data) {
      data.set_text({0x0029, 0x0010}, Vr::LO, "VENDOR");
      data.set_text({0x0029, 0x1001}, Vr::LO, value);
    };
  };
  is_told(with(vendor("secret"), vendor("secret")), {"ps3.5/7.8/private-copied (0029,1001)"});
  is_told(with(vendor("secret"), vendor("other")), {});
  is_told(with(vendor("secret"), [](DataSet&) {}), {});
}

TEST(IodDerived, Class_and_modality_are_kept_while_true) {
  derived_is_told(text(tags::SOPClassUID, uids::MRImageStorage), {"ps3.3/A.1.2.4/class-changed (0008,0016)"});
  derived_is_told(text(tags::Modality, "MR"), {"ps3.3/C.7.3.1.1.1/modality-changed (0008,0060)"});
  derived_is_silent(text(tags::SOPClassUID, dict::uid_of("EnhancedCTImageStorage")));
  derived_is_silent(
      all_of({text(tags::SOPClassUID, dict::uid_of("SegmentationStorage")), text(tags::Modality, "SEG")}));
}

TEST(IodDerived, A_capture_is_never_the_wrong_class_but_loses_measures) {
  const auto capture =
      all_of({text(tags::SOPClassUID, uids::SecondaryCaptureImageStorage), text(tags::Modality, "OT")});
  derived_is_silent(all_of({capture, text(tags::BurnedInAnnotation, "NO")}));
  derived_is_told(capture, {"ps3.3/C.7.6.1/burned-in-not-told (0028,0301)"});
  derived_is_told(
      all_of({capture, text(tags::BurnedInAnnotation, "YES"), drop(tags::RescaleSlope), drop(tags::RescaleIntercept)}),
      {"ps3.3/C.11.1/rescale-lost (0028,1053)"});
}

TEST(IodDerived, Burned_in_annotations_stay_while_the_pixels_stay) {
  is_told(with(text(tags::BurnedInAnnotation, "YES"), all_of({same_pixels, text(tags::BurnedInAnnotation, "NO")})),
          {"ps3.3/C.7.6.1/burned-in-denied (0028,0301)"});
  is_told(with(text(tags::BurnedInAnnotation, "YES"), text(tags::BurnedInAnnotation, "NO")), {});  // painted over
  is_told(with(text(tags::BurnedInAnnotation, "NO"), text(tags::BurnedInAnnotation, "YES")), {});
}

TEST(IodDerived, Patient_and_study_are_copied) {
  const std::pair<Change, std::string> changes[] = {
      {text(tags::PatientID, "ID2"), "ps3.3/C.7.1.1/derived-of-other-patient (0010,0020)"},
      {text(tags::PatientID, ""), "ps3.3/C.7.1.1/patient-not-copied (0010,0020)"},
      {text(tags::IssuerOfPatientID, "ELSEWHERE"), "ps3.3/C.7.1.1/derived-of-other-patient (0010,0021)"},
      {text(tags::PatientName, "ROE^RICHARD"), "ps3.3/C.7.1.1/patient-not-copied (0010,0010)"},
      {drop(tags::PatientBirthDate), "ps3.3/C.7.1.1/patient-not-copied (0010,0030)"},
      {text(tags::StudyInstanceUID, "1.2.3.100"), "ps3.3/C.7.2.1/study-not-copied (0020,000D)"},
      {text(tags::AccessionNumber, "B2"), "ps3.3/C.7.2.1/study-not-copied (0008,0050)"},
  };
  for (const auto& [change, line] : changes) derived_is_told(change, {line});
  derived_is_silent(text(tags::PatientName, "DOE^JANE^^"));
  derived_is_silent(text(tags::StudyDescription, "added later"));
  derived_is_silent(drop(tags::IssuerOfPatientID));
  derived_is_silent(drop(tags::PatientAge));
  derived_is_told(text(tags::PatientAge, "054Y"), {"ps3.3/C.7.1.1/patient-not-copied (0010,1010)"});
  derived_is_silent(all_of(
      {text(tags::PatientID, "ANON"), text(tags::PatientName, "ANON"), text(tags::PatientIdentityRemoved, "YES")}));
}

TEST(IodDerived, The_procedure_step_of_the_source_is_not_that_of_the_new_series) {
  derived_is_told(text(tags::PerformedProcedureStepID, "STEP1"), {"ps3.3/C.7.3.1/procedure-step-kept (0040,0253)"});
  derived_is_silent(text(tags::PerformedProcedureStepID, "STEP2"));
  const auto step = [](std::string_view instance) {
    return items(tags::ReferencedPerformedProcedureStepSequence, {citation(instance, "1.2.840.10008.3.1.2.3.3")});
  };
  is_told(with(step("1.2.3.50"), step("1.2.3.50")), {"ps3.3/C.7.3.1/procedure-step-kept (0008,1111)[1]/(0008,1155)"});
  is_told(with(step("1.2.3.50"), step("1.2.3.51")), {});
}

TEST(IodDerived, Geometry_follows_the_pixels) {
  const auto enlarged = [](DataSet& data) {
    set_pixels(data, 2, 6, {100, 100, 101, 101, 102, 102, 203, 203, 204, 204, 205, 205});
  };
  derived_is_told(enlarged, {"ps3.3/C.7.6.2/geometry-kept (0028,0030)"});
  derived_is_silent(all_of({enlarged, text(tags::PixelSpacing, "1\\0.5")}));
  derived_is_silent(all_of({enlarged, text(tags::FrameOfReferenceUID, "1.2.3.30")}));
  // Cut off at the bottom and at the right the spacing and the first pixel's place stay true, at the left they do not.
  derived_is_silent([](DataSet& data) { set_pixels(data, 1, 2, {100, 101}); });
  derived_is_told([](DataSet& data) { set_pixels(data, 1, 2, {101, 102}); },
                  {"ps3.3/C.7.6.2/geometry-kept (0028,0030)"});
}

TEST(IodDerived, Grey_keeps_its_direction) {
  derived_is_told(all_of({same_pixels, text(tags::PhotometricInterpretation, "MONOCHROME1")}),
                  {"ps3.3/C.7.6.3.1.2/polarity-changed (0028,0004)"});
  derived_is_silent(text(tags::PhotometricInterpretation, "MONOCHROME1"));  // the pixels are others too
}

TEST(IodDerived, Loss_is_never_forgotten) {
  const auto lossy = [](std::string_view ratios) {
    return all_of({text(tags::LossyImageCompression, "01"), text(tags::LossyImageCompressionRatio, ratios)});
  };
  is_told(with(lossy("10"), [](DataSet&) {}), {"ps3.3/C.7.6.1.1.5/lossy-forgotten (0028,2110)"});
  is_told(with(lossy("10"), text(tags::LossyImageCompression, "00")),
          {"ps3.3/C.7.6.1.1.5/lossy-forgotten (0028,2110)"});
  is_told(with(lossy("10"), lossy("10")), {});
  is_told(with(lossy("10"), lossy("10\\30")), {});
  is_told(with(lossy("10\\30"), lossy("30")), {"ps3.3/C.7.6.1.1.5.2/lossy-steps-forgotten (0028,2112)"});
  // The transfer syntax of the source says it too.
  Case of;
  of.source_syntax = "1.2.840.10008.1.2.4.50";
  is_told(of, {"ps3.3/C.7.6.1.1.5/lossy-forgotten (0028,2110)"});
  of.source_syntax = "1.2.840.10008.1.2.4.70";
  is_told(of, {});
}

TEST(IodDerived, Lossy_compression_makes_a_new_object) {
  const auto compressed = [](DataSet& data) {
    data.set_text(tags::LossyImageCompression, "01");
    data.set_text(tags::LossyImageCompressionRatio, "10");
    const std::uint8_t fragment[] = {0xff, 0xd8};
    data.set_fragments(tags::PixelData, {ByteView(), ByteView(fragment)});
  };
  Case of;
  of.derived_syntax = "1.2.840.10008.1.2.4.50";
  of.derived = compressed;
  is_told(of, {});
  of.derived = all_of({compressed, same_uid});
  is_told(of, {"ps3.3/C.7.6.1.1.2/uid-kept (0008,0018)"});
  // Without loss it is the same image.
  of.derived_syntax = "1.2.840.10008.1.2.4.70";
  of.derived = all_of({[](DataSet& data) { data = image(); }, compressed, drop(tags::LossyImageCompression),
                       drop(tags::LossyImageCompressionRatio)});
  is_told(of, {});
}

TEST(IodDerived, An_image_of_several_sources_has_what_they_share) {
  auto first = image();
  auto second = image();
  second.set_text(tags::SOPInstanceUID, "1.2.3.5");
  second.set_text(tags::KVP, "80");
  auto stranger = image();
  stranger.set_text(tags::SOPInstanceUID, "1.2.3.6");
  auto derived = smoothed();
  derived.set_sequence(tags::SourceImageSequence, {citation("1.2.3.4"), citation("1.2.3.5")});
  const ImageObject sources[] = {{&stranger, ""}, {&first, ""}, {&second, ""}};
  auto judgement = check_derived(sources, {&derived, ""});
  EXPECT_EQ(judgement.sources, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(told(judgement.problems), std::vector<std::string>{"ps3.3/C.12.4.1/technique-of-one-source (0018,0060)"})
      << words(judgement.problems);
  derived.erase(tags::KVP);
  judgement = check_derived(sources, {&derived, ""});
  EXPECT_TRUE(judgement.problems.empty()) << words(judgement.problems);
}

TEST(IodDerived, Sources_are_found_by_citation_by_uid_or_because_there_is_one) {
  const auto a = image();
  auto b = image();
  b.set_text(tags::SOPInstanceUID, "1.2.3.5");
  const ImageObject both[] = {{&a, ""}, {&b, ""}};
  EXPECT_EQ(sources_of(smoothed(), both), (std::vector<std::size_t>{0}));
  EXPECT_EQ(sources_of(b, both), (std::vector<std::size_t>{1}));
  auto foreign = smoothed();
  foreign.erase(tags::SourceImageSequence);
  EXPECT_TRUE(sources_of(foreign, both).empty());
  EXPECT_FALSE(check_derived(both, {&foreign, ""}).not_judged.empty());
  EXPECT_EQ(sources_of(foreign, std::span(both).first(1)), (std::vector<std::size_t>{0}));
}

TEST(IodDerived, What_breaks_a_rule_against_many_sources_is_told_once) {
  auto first = image();
  auto second = image();
  second.set_text(tags::SOPInstanceUID, "1.2.3.5");
  auto derived = smoothed();
  derived.set_sequence(tags::SourceImageSequence, {citation("1.2.3.4"), citation("1.2.3.5")});
  derived.set_text(tags::PatientID, "ID2");
  const ImageObject sources[] = {{&first, ""}, {&second, ""}};
  EXPECT_EQ(told(check_derived(sources, {&derived, ""}).problems),
            std::vector<std::string>{"ps3.3/C.7.1.1/derived-of-other-patient (0010,0020)"});
}

/// Secondary captures (PS3.3 A.8): one frame in the old class, any number in the new ones.
TEST(IodDerived, Number_of_frames_fits_the_class) {
  const auto judge = [](std::string_view sop_class, std::string_view frames) {
    auto data = image();
    data.set_text(tags::SOPClassUID, sop_class);
    if (!frames.empty()) data.set_text(tags::NumberOfFrames, frames);
    std::string rules;
    for (const auto& problem : check_iod(data).problems)
      if (problem.field == "(0028,0008)" && problem.gravity != Gravity::note) rules += problem.rule + ' ';
    return rules;
  };
  EXPECT_EQ(judge(uids::SecondaryCaptureImageStorage, ""), "");
  EXPECT_EQ(judge(uids::SecondaryCaptureImageStorage, "1"), "");
  EXPECT_NE(judge(uids::SecondaryCaptureImageStorage, "2"), "");
  EXPECT_EQ(judge(dict::uid_of("MultiFrameGrayscaleByteSecondaryCaptureImageStorage"), "1"), "");
  EXPECT_EQ(judge(dict::uid_of("MultiFrameGrayscaleByteSecondaryCaptureImageStorage"), "2"), "");
  EXPECT_EQ(judge(dict::uid_of("UltrasoundMultiFrameImageStorage"), "1"), "");
  EXPECT_NE(judge(dict::uid_of("MultiFrameGrayscaleByteSecondaryCaptureImageStorage"), ""), "");
}

}  // namespace
}  // namespace assay::conformance::iod
