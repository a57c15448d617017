// conformance/iod/validate.hpp: one fault, one finding of its rule at its place; the object without it is silent.
#include "conformance/iod/validate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "conformance/rules/standard_rules.hpp"
#include "harness/dataset/tag_path.hpp"

namespace assay::conformance::iod {
namespace {

using dataset::DataSet;

DataSet code(std::string_view value, std::string_view scheme, std::string_view meaning) {
  DataSet item;
  item.set_text(tags::CodeValue, value);
  item.set_text(tags::CodingSchemeDesignator, scheme);
  item.set_text(tags::CodeMeaning, meaning);
  return item;
}

/// A CT image with everything that its IOD demands.
DataSet ct() {
  DataSet data;
  const std::pair<Tag, std::string_view> texts[] = {
      {tags::ImageType, "ORIGINAL\\PRIMARY\\AXIAL"},
      {tags::SOPClassUID, uids::CTImageStorage},
      {tags::SOPInstanceUID, "1.2.3.4"},
      {tags::StudyDate, "20260105"},
      {tags::StudyTime, "101500"},
      {tags::AccessionNumber, ""},
      {tags::Modality, "CT"},
      {tags::Manufacturer, "M"},
      {tags::ReferringPhysicianName, ""},
      {tags::PatientName, "DOE^JANE"},
      {tags::PatientID, "ID1"},
      {tags::PatientBirthDate, ""},
      {tags::PatientSex, "F"},
      {tags::BodyPartExamined, "HEAD"},
      {tags::SliceThickness, "1"},
      {tags::KVP, "120"},
      {tags::PatientPosition, "HFS"},
      {tags::StudyInstanceUID, "1.2.3.1"},
      {tags::SeriesInstanceUID, "1.2.3.2"},
      {tags::StudyID, "1"},
      {tags::SeriesNumber, "1"},
      {tags::AcquisitionNumber, "1"},
      {tags::InstanceNumber, "1"},
      {tags::ImagePositionPatient, "0\\0\\0"},
      {tags::ImageOrientationPatient, "1\\0\\0\\0\\1\\0"},
      {tags::FrameOfReferenceUID, "1.2.3.3"},
      {tags::PositionReferenceIndicator, ""},
      {tags::PhotometricInterpretation, "MONOCHROME2"},
      {tags::PixelSpacing, "1\\1"},
      {tags::RescaleIntercept, "0"},
      {tags::RescaleSlope, "1"},
      {tags::RescaleType, "HU"},
  };
  for (const auto& [tag, value] : texts) data.set_text(tag, value);
  data.set_u16(tags::SamplesPerPixel, 1);
  data.set_u16(tags::Rows, 1);
  data.set_u16(tags::Columns, 1);
  data.set_u16(tags::BitsAllocated, 16);
  data.set_u16(tags::BitsStored, 16);
  data.set_u16(tags::HighBit, 15);
  data.set_u16(tags::PixelRepresentation, 0);
  const std::uint8_t pixel[] = {0, 0};
  data.set_bytes(tags::PixelData, Vr::OW, pixel);
  return data;
}

std::string told(const Problems& problems) {
  std::string text;
  for (const auto& problem : problems)
    text += problem.rule + ' ' + problem.field + ": " + problem.found + " / " + problem.expected + '\n';
  return text;
}

struct Fault {
  std::string_view rule;
  std::string_view path;
  std::function<void(DataSet&)> make;
};

TEST(IodValidate, An_object_with_all_that_its_iod_demands_is_silent) {
  const auto judgement = check_iod(ct());
  ASSERT_NE(judgement.iod, nullptr);
  EXPECT_EQ(judgement.iod->name, "CTImage");
  EXPECT_TRUE(judgement.problems.empty()) << told(judgement.problems);
  EXPECT_TRUE(judgement.not_judged.empty());
}

TEST(IodValidate, Each_fault_is_one_finding_of_its_rule_at_its_place) {
  const auto set = [](Tag tag, std::string_view value) { return [=](DataSet& data) { data.set_text(tag, value); }; };
  const auto drop = [](Tag tag) { return [=](DataSet& data) { data.erase(tag); }; };
  const Fault faults[] = {
      {"ps3.5/7.4.1/type-1-missing", "(0020,0032)", drop(tags::ImagePositionPatient)},
      {"ps3.5/7.4.1/type-1-empty", "(0020,0032)", set(tags::ImagePositionPatient, "")},
      {"ps3.5/7.4.2/type-1c-missing", "(7FE0,0010)", drop(tags::PixelData)},
      {"ps3.5/7.4.2/type-1c-empty", "(0028,1054)", set(tags::RescaleType, "")},
      {"ps3.5/7.4.2/type-1c-unwanted", "(0028,0006)",
       [](DataSet& data) { data.set_u16(tags::PlanarConfiguration, 0); }},
      {"ps3.5/7.4.3/type-2-missing", "(0010,0010)", drop(tags::PatientName)},
      {"ps3.5/7.4.4/type-2c-missing", "(0018,5100)", drop(tags::PatientPosition)},
      {"ps3.5/6.3/enumerated-value", "(0010,0040)", set(tags::PatientSex, "X")},
      {"ps3.5/6.3/enumerated-value", "(0028,0100)", [](DataSet& data) { data.set_u16(tags::BitsAllocated, 32); }},
      {"ps3.5/6.3/defined-term", "(0018,5100)", set(tags::PatientPosition, "UPSIDE")},
      {"ps3.5/7.5/item-count", "(0008,103F)",
       [](DataSet& data) {
         const auto item = code("1", "99X", "one");
         data.set_sequence(tags::SeriesDescriptionCodeSequence, {item, item});
       }},
      {"ps3.5/7.4.1/type-1-missing", "(0008,103F)[1]/(0008,0104)",
       [](DataSet& data) {
         auto item = code("1", "99X", "one");
         item.erase(tags::CodeMeaning);
         data.set_sequence(tags::SeriesDescriptionCodeSequence, {item});
       }},
      {"ps3.3/C/zero-value", "(0028,1053)", set(tags::RescaleSlope, "0")},
      {"ps3.3/C/zero-value-unlikely", "(0018,0060)", set(tags::KVP, "0")},
      {"ps3.3/C/doubtful", "(0020,0060)",
       [](DataSet& data) {
         data.set_text(tags::BodyPartExamined, "KNEE");
         data.set_empty(tags::Laterality);
       }},
      {"ps3.5/9/uid-of-two-kinds", "(0020,0052)", set(tags::FrameOfReferenceUID, "1.2.3.1")},
      {"ps3.2/7.3/not-in-iod", "(0018,9087)",
       [](DataSet& data) {
         const std::uint8_t number[8] = {};
         data.set_bytes(tags::DiffusionBValue, Vr::FD, number);
       }},
      {"ps3.6/6/retired-attribute", "(0008,0010)", set(tags::RecognitionCode, "X")},
  };
  for (const auto& fault : faults) {
    auto data = ct();
    fault.make(data);
    const auto judgement = check_iod(data);
    const auto& problems = judgement.problems;
    EXPECT_TRUE(
        std::ranges::any_of(problems, [&](const Problem& p) { return p.rule == fault.rule && p.field == fault.path; }))
        << fault.rule << ' ' << fault.path << ", but found\n"
        << told(problems);
    EXPECT_LE(problems.size(), 2U) << told(problems);
    for (const auto& problem : problems) EXPECT_EQ(problem.field, fault.path) << told(problems);
  }
}

DataSet enhanced(bool shared, bool per_frame) {
  DataSet data;
  data.set_text(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.4.1");
  data.set_text(tags::NumberOfFrames, "2");
  DataSet measures;
  measures.set_text(tags::PixelSpacing, "1\\1");
  measures.set_text(tags::SliceThickness, "1");
  DataSet with;
  with.set_sequence(tags::PixelMeasuresSequence, {measures});
  data.set_sequence(tags::SharedFunctionalGroupsSequence, {shared ? with : DataSet()});
  data.set_sequence(tags::PerFrameFunctionalGroupsSequence,
                    {per_frame ? with : DataSet(), per_frame ? with : DataSet()});
  return data;
}

std::set<std::string> of_pixel_measures(const DataSet& data) {
  std::set<std::string> found;
  const auto judgement = check_iod(data);
  for (const auto& problem : judgement.problems)
    if (problem.field.ends_with("(0028,9110)")) found.insert(problem.rule + ' ' + problem.field);
  return found;
}

TEST(IodValidate, A_functional_group_is_shared_or_per_frame_not_both_and_not_neither) {
  EXPECT_EQ(of_pixel_measures(enhanced(true, false)), std::set<std::string>());
  EXPECT_EQ(of_pixel_measures(enhanced(false, true)), std::set<std::string>());
  EXPECT_EQ(of_pixel_measures(enhanced(true, true)),
            std::set<std::string>{"ps3.3/C.7.6.16/group-in-both (5200,9229)[1]/(0028,9110)"});
  EXPECT_EQ(of_pixel_measures(enhanced(false, false)),
            std::set<std::string>{"ps3.3/C.7.6.16/group-missing (5200,9229)[1]/(0028,9110)"});
}

TEST(IodValidate, There_are_as_many_per_frame_items_as_frames) {
  const auto told_of = [](std::string_view frames) {
    auto data = enhanced(true, false);
    data.set_text(tags::NumberOfFrames, frames);
    const auto judgement = check_iod(data);
    return std::ranges::count(judgement.problems, "ps3.3/C.7.6.16/frame-count", &Problem::rule);
  };
  EXPECT_EQ(told_of("2"), 0);
  EXPECT_EQ(told_of("3"), 1);
}

TEST(IodValidate, A_report_lists_what_its_tree_refers_to) {
  const auto told_of = [](std::string_view listed) {
    DataSet reference;
    reference.set_text(tags::ReferencedSOPClassUID, uids::CTImageStorage);
    reference.set_text(tags::ReferencedSOPInstanceUID, "1.2.3.9");
    DataSet leaf;
    leaf.set_sequence(tags::ReferencedSOPSequence, {reference});
    DataSet branch;
    branch.set_sequence(tags::ContentSequence, {leaf});
    reference.set_text(tags::ReferencedSOPInstanceUID, listed);
    DataSet series;
    series.set_sequence(tags::ReferencedSOPSequence, {reference});
    DataSet study;
    study.set_sequence(tags::ReferencedSeriesSequence, {series});
    DataSet data;
    data.set_text(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.88.22");
    data.set_sequence(tags::CurrentRequestedProcedureEvidenceSequence, {study});
    data.set_sequence(tags::ContentSequence, {DataSet(), branch});
    std::vector<std::string> fields;
    for (const auto& problem : check_iod(data).problems)
      if (problem.rule == "ps3.3/C.17.2.3/evidence-missing") fields.push_back(problem.field);
    return fields;
  };
  EXPECT_TRUE(told_of("1.2.3.9").empty());
  EXPECT_EQ(told_of("1.2.3.8"), std::vector<std::string>{"(0040,A730)[2]/(0040,A730)[1]/(0008,1199)[1]/(0008,1155)"});
}

TEST(IodValidate, A_user_option_module_is_judged_only_when_it_is_there) {
  EXPECT_TRUE(check_iod(ct()).problems.empty());
  auto data = ct();
  data.set_text(tags::ClinicalTrialSponsorName, "S");
  const auto judgement = check_iod(data);
  std::set<std::string> missing;
  for (const auto& problem : judgement.problems)
    if (problem.rule.ends_with("-missing")) missing.insert(problem.field);
  EXPECT_TRUE(missing.contains("(0012,0020)")) << told(judgement.problems);  // Clinical Trial Protocol ID
}

TEST(IodValidate, An_object_without_a_table_says_so) {
  DataSet data;
  EXPECT_EQ(check_iod(data).not_judged, "it names no SOP Class");
  data.set_text(tags::SOPClassUID, uids::Verification);
  const auto judgement = check_iod(data);
  EXPECT_EQ(judgement.iod, nullptr);
  EXPECT_NE(judgement.not_judged.find("there is no table for Verification"), std::string::npos) << judgement.not_judged;
  DataSet meta;
  meta.set_text(tags::MediaStorageSOPClassUID, uids::CTImageStorage);
  EXPECT_EQ(check_iod(DataSet(), {.meta = &meta}).iod->name, "CTImage");
}

TEST(IodValidate, Problems_are_bounded_and_their_paths_lead_to_the_items) {
  auto data = ct();
  std::vector<DataSet> items(3000);
  data.set_sequence(tags::ReferencedImageSequence, items);
  const auto judgement = check_iod(data, {.max_problems = 50});
  EXPECT_LE(judgement.problems.size(), 50U);
  EXPECT_GT(judgement.more_problems, 0U);
  for (const auto& problem : judgement.problems) {
    const auto path = dataset::parse_tag_path(problem.field);
    ASSERT_TRUE(path) << problem.field;
    EXPECT_TRUE(dataset::places_of(data, *path)) << problem.field;
  }
}

TEST(IodValidate, What_could_not_be_read_is_not_missed) {
  auto data = ct();
  data.erase(tags::PixelData);
  data.erase(tags::PatientName);
  std::set<std::string> missing;
  const auto judgement = check_iod(data, {.cut = true});
  for (const auto& problem : judgement.problems) missing.insert(problem.field);
  EXPECT_EQ(missing, std::set<std::string>{"(0010,0010)"}) << told(judgement.problems);
}

TEST(IodValidate, Every_rule_it_reports_is_described) {
  const auto book = standard_rules();
  auto data = enhanced(true, true);
  for (const auto& problem : check_iod(data).problems) {
    const auto* info = book->find(problem.rule);
    ASSERT_NE(info, nullptr) << problem.rule;
    EXPECT_EQ(info->clause, problem.clause);
  }
}

}  // namespace
}  // namespace assay::conformance::iod
