// conformance/iod/condition.hpp: the notation, what it means, and where mistakes in it are.
#include "conformance/iod/condition.hpp"

#include <gtest/gtest.h>

namespace assay::conformance::iod {
namespace {

using dataset::DataSet;

DataSet code(std::string_view value) {
  DataSet item;
  item.set_text(tags::CodeValue, value);
  return item;
}

DataSet object() {
  DataSet data;
  data.set_text(tags::ImageType, "ORIGINAL\\PRIMARY\\AXIAL");
  data.set_text(tags::SOPClassUID, uids::CTImageStorage);
  data.set_text(tags::Modality, "CT ");
  data.set_empty(tags::Laterality);
  data.set_u16(tags::SamplesPerPixel, 3);
  data.set_text(tags::RescaleSlope, "1.50");
  data.set_sequence(tags::ViewCodeSequence, {code("A"), code("B")});
  const std::uint8_t pointer[] = {0x18, 0x00, 0x63, 0x10};
  data.set_bytes(tags::FrameIncrementPointer, Vr::AT, pointer);
  DataSet plane;
  plane.set_text(tags::ImagePositionPatient, "1\\2\\3");
  DataSet frame;
  frame.set_sequence(tags::PlanePositionSequence, {plane});
  data.set_sequence(tags::PerFrameFunctionalGroupsSequence, {frame, DataSet()});
  return data;
}

Truth holds(std::string_view text, const Scope& scope) {
  const auto parsed = Condition::parse(text);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? parsed->holds(scope) : Truth::unknown;
}

TEST(IodCondition, Holds_or_not_as_people_read_it) {
  const auto data = object();
  const Scope scope(data);
  for (const auto* text : {
           "Modality == 'CT'",
           "Modality == \"CT\" and present(Laterality)",
           "ImageType[3] == 'AXIAL' and ImageType == 'PRIMARY'",
           "not ImageType[1] == 'AXIAL'",
           "filled(ImageType[3]) and not filled(ImageType[4]) and not filled(Laterality)",
           "SamplesPerPixel > 1 and SamplesPerPixel <= 3 and SamplesPerPixel != 1",
           "RescaleSlope == 1.5",
           "RescaleSlope > -2",
           "items(ViewCodeSequence) == 2 and items(ViewCodeSequence) > 1",
           "items(ReferencedImageSequence) == 0",
           "ViewCodeSequence.CodeValue == 'B' and ViewCodeSequence[2].CodeValue == 'B'",
           "not ViewCodeSequence[1].CodeValue == 'B'",
           "FrameIncrementPointer == tag(FrameTime) and FrameIncrementPointer == tag(0018,1063)",
           "present(root.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence)",
           "present(root.PerFrameFunctionalGroupsSequence[1]..ImagePositionPatient)",
           "not present(root.PerFrameFunctionalGroupsSequence[2]..ImagePositionPatient)",
           "not present(root.PerFrameFunctionalGroupsSequence[1].ImagePositionPatient)",
           "Modality == 'MR' or (Modality == 'CT' and not present(PatientName))",
           "Laterality == ''",
           "not PatientName == 'X' and not PatientName != 'X'",
           "true",
           "unspecified or Modality == 'CT'",
       })
    EXPECT_EQ(holds(text, scope), Truth::yes) << text;
  for (const auto* text : {"false", "Modality == 'C'", "present(PatientName)", "items(PatientName) > 0",
                           "unspecified and Modality == 'MR'", "not true", "SamplesPerPixel < 3"})
    EXPECT_EQ(holds(text, scope), Truth::no) << text;
  for (const auto* text : {"unspecified", "not unspecified", "unspecified or Modality == 'MR'"})
    EXPECT_EQ(holds(text, scope), Truth::unknown) << text;
}

TEST(IodCondition, Looks_in_the_item_in_the_items_around_and_in_the_whole_data_set) {
  const auto data = object();
  const Scope root(data);
  const auto sequence = root.find(tags::ViewCodeSequence);
  ASSERT_NE(sequence, Scope::none);
  const Scope item(root, sequence + 1, Endian::little);
  EXPECT_EQ(holds("CodeValue == 'A'", item), Truth::yes);
  EXPECT_EQ(holds("present(Modality)", item), Truth::no);
  EXPECT_EQ(holds("root.Modality == 'CT'", item), Truth::yes);
  EXPECT_EQ(holds("parent.Modality == 'CT'", item), Truth::yes);
  EXPECT_EQ(holds("present(parent.CodeValue)", item), Truth::no);
  EXPECT_EQ(holds("present(parent.Modality)", root), Truth::no);
}

TEST(IodCondition, Finds_the_transfer_syntax_and_a_class_that_only_the_file_names_in_the_file_meta_information) {
  DataSet meta;
  meta.set_text(tags::TransferSyntaxUID, uids::ExplicitVRLittleEndian);
  meta.set_text(tags::MediaStorageSOPClassUID, uids::CTImageStorage);
  const DataSet data;
  EXPECT_EQ(holds("TransferSyntaxUID == '1.2.840.10008.1.2.1'", Scope(data, &meta)), Truth::yes);
  EXPECT_EQ(holds("root.SOPClassUID == '1.2.840.10008.5.1.4.1.1.2'", Scope(data, &meta)), Truth::yes);
  EXPECT_EQ(holds("present(TransferSyntaxUID)", Scope(data)), Truth::no);
}

TEST(IodCondition, Reads_values_that_were_turned_into_un_by_the_dictionary) {
  DataSet data;
  const std::uint8_t three[] = {3, 0};
  const std::uint8_t modality[] = {'C', 'T'};
  data.set_bytes(tags::SamplesPerPixel, Vr::UN, three);
  data.set_bytes(tags::Modality, Vr::UN, modality);
  EXPECT_EQ(holds("SamplesPerPixel == 3 and Modality == 'CT'", Scope(data)), Truth::yes);
}

TEST(IodCondition, Says_where_a_mistake_is_and_what_is_allowed) {
  struct Mistake {
    std::string_view text;
    std::size_t position;
    std::string_view part;
  };
  const Mistake mistakes[] = {
      {"", 0, "is expected here"},
      {"Modalitty == 'CT'", 0, "did you mean Modality?"},
      {"Modality = 'CT'", 9, "one of == != < <= > >="},
      {"Modality == CT", 12, "a text in quotation marks"},
      {"Modality == 'CT", 12, "no closing quotation mark"},
      {"present(Modality", 16, "')'"},
      {"present Modality", 8, "'('"},
      {"present(Modality) and present(PatientName) or present(PatientID)", 43, "parentheses between each other"},
      {"present(Modality) present(PatientName)", 18, "'and', 'or' or the end"},
      {"ImageType[0] == 'X'", 9, "[n] with n from 1"},
      {"items(ViewCodeSequence) == 'two'", 0, "compares with a number"},
      {"root Modality == 'CT'", 5, "'.' is expected"},
      {"FrameIncrementPointer == tag(Nothing)", 29, "keyword of PS3.6"},
      {"(Modality == 'CT'", 17, "')'"},
  };
  for (const auto& mistake : mistakes) {
    const auto parsed = Condition::parse(mistake.text);
    ASSERT_FALSE(parsed) << mistake.text;
    EXPECT_EQ(parsed.error().position, mistake.position) << mistake.text << ": " << parsed.error().message;
    EXPECT_NE(parsed.error().message.find(mistake.part), std::string::npos) << parsed.error().message;
  }
  EXPECT_FALSE(Condition::parse(std::string(100000, '(')));
  EXPECT_FALSE(Condition::parse(std::string(1000, '(') + "true"));
  std::string nots;
  for (int i = 0; i < 1000; ++i) nots += "not ";
  EXPECT_FALSE(Condition::parse(nots + "true"));
}

TEST(IodCondition, Can_be_said_in_words) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"present(FrameTime) or present(FrameTimeVector)", "FrameTime is there or FrameTimeVector is there"},
      {"not filled(ImageType[3]) or ImageType[3] == ''",
       "value 3 of ImageType has no value or value 3 of ImageType is empty"},
      {"not present(root.SharedFunctionalGroupsSequence[1].PlanePositionSequence)",
       "PlanePositionSequence in SharedFunctionalGroupsSequence is absent"},
      {"root.SOPClassUID == '1.2.840.10008.5.1.4.1.1.4.1' or root.SOPClassUID == '1.2.840.10008.5.1.4.1.1.4'",
       "SOPClassUID is EnhancedMRImageStorage or MRImageStorage"},
      {"not (Modality == 'CT' and Rows > 1)", "not (Modality is CT and Rows is above 1)"},
      {"FrameIncrementPointer == tag(FrameTime)", "FrameIncrementPointer is FrameTime"},
      {"items(ViewCodeSequence) > 0", "the number of items of ViewCodeSequence is above 0"},
      {"A != 'x' and A != 'y'", "A is not x nor y"},
      {"unspecified", "nobody can tell from the object"},
  };
  for (const auto& [expression, words] : cases) EXPECT_EQ(in_words(expression), words);
  for (const std::string_view rubbish : {"", "'", "not", "present(", "A ==", "items(A) >", "tag(", "((", "A[", "]["})
    in_words(rubbish);
}

TEST(IodCondition, No_condition_of_the_tables_shows_its_notation_in_words) {
  for (const auto& one : named_conditions()) {
    const auto words = in_words(one.expression);
    for (const std::string_view sign : {"==", "!=", "present(", "filled(", "items(", "tag(", "root.", "parent.", "  "})
      EXPECT_EQ(words.find(sign), std::string::npos) << one.name << ": " << words;
  }
}

}  // namespace
}  // namespace assay::conformance::iod
