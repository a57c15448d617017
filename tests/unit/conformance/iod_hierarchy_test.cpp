// conformance/iod/hierarchy.hpp: each contradiction between two objects is told with both, and agreeing objects are
// not.
#include "conformance/iod/hierarchy.hpp"

#include <gtest/gtest.h>

#include "harness/dict/dict.hpp"

namespace assay::conformance::iod {
namespace {

using dataset::DataSet;

DataSet object(std::string_view instance) {
  DataSet data;
  data.set_text(tags::SOPInstanceUID, std::string("1.2.3.").append(instance));
  data.set_text(tags::StudyInstanceUID, "1.2.3.100");
  data.set_text(tags::SeriesInstanceUID, "1.2.3.200");
  data.set_text(tags::PatientID, "ID1");
  data.set_text(tags::PatientName, "DOE^JANE");
  data.set_text(tags::PatientBirthDate, "19700101");
  data.set_text(tags::PatientSex, "F");
  data.set_text(tags::StudyDate, "20260105");
  data.set_text(tags::StudyDescription, "HEAD");
  data.set_text(tags::Modality, "CT");
  data.set_text(tags::SeriesDescription, "AXIAL");
  data.set_text(tags::FrameOfReferenceUID, "1.2.3.300");
  return data;
}

struct Change {
  Tag tag;
  std::string_view value;
  std::string_view rule;
};

TEST(IodHierarchy, Tells_each_contradiction_with_both_objects) {
  const Change changes[] = {
      {tags::PatientID, "ID2", "ps3.3/A.1.2.1/patient-differs"},
      {tags::PatientName, "DOE^JOHN", "ps3.3/A.1.2.1/patient-attributes-differ"},
      {tags::PatientBirthDate, "19700102", "ps3.3/A.1.2.1/patient-attributes-differ"},
      {tags::PatientSex, "M", "ps3.3/A.1.2.1/patient-attributes-differ"},
      {tags::StudyDate, "20260106", "ps3.3/A.1.2.2/study-attributes-differ"},
      {tags::StudyDescription, "FOOT", "ps3.3/A.1.2.2/study-attributes-differ"},
      {tags::StudyInstanceUID, "1.2.3.101", "ps3.3/A.1.2.3/series-in-two-studies"},
      {tags::Modality, "MR", "ps3.3/A.1.2.3/modality-differs"},
      {tags::SeriesDescription, "CORONAL", "ps3.3/A.1.2.3/series-attributes-differ"},
      {tags::FrameOfReferenceUID, "1.2.3.301", "ps3.3/A.1.2.5/frame-of-reference-differs"},
      {tags::SOPInstanceUID, "1.2.3.1", "ps3.5/9/instance-uid-twice"},
  };
  for (const auto& change : changes) {
    Hierarchy hierarchy;
    hierarchy.add("a.dcm", object("1"));
    auto other = object("2");
    other.set_text(change.tag, change.value);
    hierarchy.add("b.dcm", other);
    ASSERT_EQ(hierarchy.contradictions().size(), 1U) << change.rule;
    const auto& told = hierarchy.contradictions()[0];
    EXPECT_EQ(told.problem.rule, change.rule);
    EXPECT_EQ(told.problem.field, to_string(change.tag));
    EXPECT_EQ(told.problem.found, change.value);
    EXPECT_EQ(told.file, "b.dcm");
    EXPECT_EQ(told.before, "a.dcm");
  }
}

TEST(IodHierarchy, Is_silent_about_objects_that_agree_about_padding_and_about_what_is_empty) {
  Hierarchy hierarchy;
  hierarchy.add("a.dcm", object("1"));
  auto other = object("2");
  other.set_text(tags::PatientName, "DOE^JANE^^");
  other.set_empty(tags::StudyDescription);
  other.erase(tags::PatientSex);
  hierarchy.add("b.dcm", other);
  auto another_study = object("3");
  another_study.set_text(tags::StudyInstanceUID, "1.2.3.101");
  another_study.set_text(tags::SeriesInstanceUID, "1.2.3.201");
  another_study.set_text(tags::PatientID, "ID2");
  hierarchy.add("c.dcm", another_study);
  hierarchy.add("d.dcm", DataSet());
  EXPECT_TRUE(hierarchy.contradictions().empty());
  EXPECT_EQ(hierarchy.more(), 0U);
}

TEST(IodHierarchy, Tells_the_first_of_a_kind_and_counts_the_rest) {
  Hierarchy hierarchy;
  for (int i = 0; i < 10; ++i) {
    auto data = object(std::to_string(i));
    data.set_text(tags::Modality, i == 0 ? "CT" : "MR");
    hierarchy.add(std::to_string(i), data);
  }
  EXPECT_EQ(hierarchy.contradictions().size(), 1U);
  EXPECT_EQ(hierarchy.more(), 8U);
}

/// An object of a study of its own.
DataSet of_study(std::string_view number) {
  auto data = object("9" + std::string(number));
  data.set_text(tags::StudyInstanceUID, "1.2.4." + std::string(number));
  data.set_text(tags::SeriesInstanceUID, "1.2.5." + std::string(number));
  data.set_text(tags::FrameOfReferenceUID, "1.2.6." + std::string(number));
  return data;
}

std::vector<std::string> rules_of(const Hierarchy& hierarchy) {
  std::vector<std::string> rules;
  for (const auto& one : hierarchy.contradictions()) rules.push_back(one.problem.rule + ' ' + one.problem.field);
  return rules;
}

TEST(IodHierarchy, A_patient_id_with_its_issuer_is_one_person) {
  using Rules = std::vector<std::string>;
  const auto judged = [](Tag tag, std::string_view value, std::string_view issuer = "") {
    Hierarchy hierarchy;
    hierarchy.add("a", of_study("1"));
    auto other = of_study("2");
    other.set_text(tag, value);
    if (!issuer.empty()) other.set_text(tags::IssuerOfPatientID, issuer);
    hierarchy.add("b", other);
    hierarchy.finish();
    return rules_of(hierarchy);
  };
  EXPECT_EQ(judged(tags::PatientName, "ROE^RICHARD"), Rules{"ps3.3/C.7.1.1/patient-id-collision (0010,0010)"});
  EXPECT_EQ(judged(tags::PatientBirthDate, "19990101"), Rules{"ps3.3/C.7.1.1/patient-id-collision (0010,0030)"});
  EXPECT_EQ(judged(tags::PatientSex, "M"), Rules{"ps3.3/C.7.1.1/patient-id-collision (0010,0040)"});
  EXPECT_EQ(judged(tags::PatientName, "ROE^RICHARD", "ELSEWHERE"), Rules{});
  EXPECT_EQ(judged(tags::PatientName, "DOE^JANE^^"), Rules{});
  EXPECT_EQ(judged(tags::PatientName, "Doe^Jane"), Rules{});
}

TEST(IodHierarchy, A_uid_names_one_thing_in_all_files) {
  Hierarchy hierarchy;
  hierarchy.add("a", of_study("1"));
  auto other = of_study("2");
  other.set_text(tags::SeriesInstanceUID, "1.2.4.1");  // the study of the first
  hierarchy.add("b", other);
  EXPECT_EQ(rules_of(hierarchy), std::vector<std::string>{"ps3.5/9/uid-of-two-kinds (0020,000E)"});
  EXPECT_EQ(hierarchy.contradictions()[0].file, "b");
  EXPECT_EQ(hierarchy.contradictions()[0].before, "a");
}

TEST(IodHierarchy, Series_of_one_image_each_that_belong_together_are_told) {
  const auto judged = [](int count, int in_first, bool numbered = true, bool alike = true) {
    Hierarchy hierarchy;
    for (int i = 0; i < count; ++i) {
      auto data = object(std::to_string(i));
      if (numbered) data.set_text(tags::SeriesNumber, alike ? "4" : std::to_string(i));
      data.set_text(tags::SeriesInstanceUID, "1.2.9." + std::to_string(i < in_first ? 0 : i));
      hierarchy.add(std::to_string(i), data);
    }
    hierarchy.finish();
    return rules_of(hierarchy);
  };
  const std::vector<std::string> told{"ps3.3/A.1.2.3/series-fragmented (0020,000E)"};
  EXPECT_EQ(judged(3, 1), told);
  EXPECT_EQ(judged(4, 2), std::vector<std::string>{});  // two series of one and one of two
  EXPECT_EQ(judged(5, 2), told);
  EXPECT_EQ(judged(2, 1), std::vector<std::string>{});
  EXPECT_EQ(judged(5, 1, false), std::vector<std::string>{});
  EXPECT_EQ(judged(5, 1, true, false), std::vector<std::string>{});
}

TEST(IodHierarchy, Each_object_of_a_burst_has_a_uid_of_its_own) {
  Hierarchy hierarchy;
  for (int i = 0; i < 200; ++i) hierarchy.add(std::to_string(i), object(std::to_string(i)));
  EXPECT_TRUE(hierarchy.contradictions().empty());
  hierarchy.add("again", object("17"));
  hierarchy.add("and again", object("17"));
  ASSERT_EQ(hierarchy.contradictions().size(), 2U);
  auto first = hierarchy.contradictions()[0];
  EXPECT_TRUE(first.of_instance());
  EXPECT_EQ(first.problem.rule, "ps3.5/9/instance-uid-twice");
  EXPECT_EQ(first.before, "17");
  first.are_copies();
  EXPECT_EQ(first.problem.rule, "ps3.5/9/same-object-twice");
  EXPECT_EQ(first.problem.gravity, Gravity::note);
  EXPECT_FALSE(first.of_instance());
}

}  // namespace
}  // namespace assay::conformance::iod
