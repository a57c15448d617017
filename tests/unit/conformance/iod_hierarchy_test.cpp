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

}  // namespace
}  // namespace assay::conformance::iod
