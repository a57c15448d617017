// Schedules as people write them: right ones become worklist items, wrong ones are told with their place.
#include "harness/scenario/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/service/worklist.hpp"

namespace assay::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string header =
    "PatientName,PatientID,StudyInstanceUID,RequestedProcedureID,AccessionNumber,"
    "ScheduledProcedureStepSequence.Modality,ScheduledStationAETitle,ScheduledProcedureStepStartDate,"
    "ScheduledProcedureStepStartTime,ScheduledProcedureStepID\n";
const std::string line = "DOE^JANE,P1,2.25.1,R1,A1,CT,CT1,20260705,0900,S1\n";

std::vector<std::string> errors_of(const std::string& text) {
  const auto read = read_schedule(text, "day.csv");
  return read ? std::vector<std::string>{} : read.error();
}

TEST(Schedule, CSV_becomes_items_with_the_step_inside) {
  const auto read =
      read_schedule("# of a test\n\n" + header + line + "\"ROE^RITA\",P2,2.25.2,R2,,MR,MR1,20260706,0930,S2\n", "x");
  ASSERT_TRUE(read) << read.error().front();
  ASSERT_EQ(read->size(), 2U);
  const auto& first = (*read)[0];
  EXPECT_EQ(first.text(tags::PatientName), "DOE^JANE");
  EXPECT_FALSE(first.has(tags::Modality));
  const auto step = first.items(tags::ScheduledProcedureStepSequence);
  ASSERT_EQ(step.size(), 1U);
  EXPECT_EQ(step[0].text(tags::Modality), "CT");
  EXPECT_EQ(step[0].text(tags::ScheduledStationAETitle), "CT1");
  EXPECT_FALSE((*read)[1].has(tags::AccessionNumber)) << "an empty cell is no attribute";
  EXPECT_TRUE(service::missing_in_worklist_item((*read)[1]).empty());
}

TEST(Schedule, Other_separators_line_ends_and_quotation_marks_are_read) {
  auto text = header + "\"DOE^JANE \"\"J\"\"\",P1,2.25.1,R1,A1,CT,CT1,20260705,0900,S1\n";
  for (auto& c : text)
    if (c == ',') c = ';';
  std::string lines = "\xEF\xBB\xBF";
  for (const auto c : text) lines += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const auto read = read_schedule(lines, "x");
  ASSERT_TRUE(read) << read.error().front();
  EXPECT_EQ(read->front().text(tags::PatientName), "DOE^JANE \"J\"");
  EXPECT_EQ(read->front().items(tags::ScheduledProcedureStepSequence)[0].text(tags::ScheduledProcedureStepID), "S1");
}

TEST(Schedule, XML_has_an_element_for_each_item) {
  const auto read = read_schedule(
      "<?xml version='1.0'?>\n<schedule>\n <!-- one -->\n <item PatientName='M\xC3\xBCller' PatientID='1' "
      "StudyInstanceUID='2.25.1'\n  RequestedProcedureID='R1'>\n"
      "  <RequestedProcedureCodeSequence CodeValue='A' CodingSchemeDesignator='99X' CodeMeaning='a'/>\n"
      "  <RequestedProcedureCodeSequence CodeValue='B' CodingSchemeDesignator='99X' CodeMeaning='b'/>\n"
      "  <ScheduledProcedureStepSequence Modality='US' ScheduledStationAETitle='US1' ScheduledProcedureStepID='S1'\n"
      "    ScheduledProcedureStepStartDate='20260705' ScheduledProcedureStepStartTime='0900'>\n"
      "   <ScheduledProtocolCodeSequence CodeValue='C' CodingSchemeDesignator='99X' CodeMeaning='c'/>\n"
      "  </ScheduledProcedureStepSequence>\n </item>\n</schedule>\n",
      "x.xml");
  ASSERT_TRUE(read) << read.error().front();
  const auto& item = read->front();
  EXPECT_EQ(item.text(tags::SpecificCharacterSet), "ISO_IR 192");
  EXPECT_EQ(item.text(tags::PatientName), "M\xC3\xBCller");
  EXPECT_EQ(item.items(tags::RequestedProcedureCodeSequence)[1].text(tags::CodeValue), "B");
  const auto step = item.items(tags::ScheduledProcedureStepSequence)[0];
  EXPECT_EQ(step.items(tags::ScheduledProtocolCodeSequence)[0].text(tags::CodeMeaning), "c");
}

TEST(Schedule, Text_is_written_in_the_character_set_that_is_asked_for) {
  const auto read = read_schedule(
      "SpecificCharacterSet," + header + "ISO_IR 100,M\xC3\xBCller,P1,2.25.1,R1,A1,CT,CT1,20260705,0900,S1\n", "x");
  ASSERT_TRUE(read) << read.error().front();
  EXPECT_EQ(read->front().text(tags::PatientName), "M\xFCller");
}

TEST(Schedule, Mistakes_are_told_with_their_place) {
  EXPECT_THAT(
      errors_of(header + line + "ROE,P2,2.25.2,R2,A2,CT,CT1,20260230,0900,S2\n"),
      ElementsAre(testing::AllOf(HasSubstr("day.csv:3:28: ScheduledProcedureStepStartDate"), HasSubstr("20260230"))));
  EXPECT_THAT(errors_of(header + "DOE^JANE,,2.25.1,,A1,CT,CT1,20260705,0900,S1\n"),
              ElementsAre(testing::AllOf(HasSubstr("day.csv:2:1: lacks"), HasSubstr("PatientID"),
                                         HasSubstr("RequestedProcedureID"))));
  EXPECT_THAT(errors_of("PatientNam,PatientID\nDOE,1\n"),
              ElementsAre(testing::AllOf(HasSubstr("day.csv:2:1: PatientNam"), HasSubstr("PatientName"))));
  EXPECT_THAT(errors_of(header + line + line), ElementsAre(HasSubstr("day.csv:3:1: has the StudyInstanceUID")));
  EXPECT_THAT(errors_of(header + "a,b,c,d,e,f,g,h,i,j,k\n"), ElementsAre(HasSubstr("day.csv:2:1: has 11 values")));
  EXPECT_THAT(errors_of("PatientID,PatientID\n"), ElementsAre(HasSubstr("day.csv:1:1: the column PatientID")));
  EXPECT_THAT(errors_of(""), ElementsAre(HasSubstr("day.csv:1:1: there is nothing")));
  EXPECT_THAT(errors_of(header + "\"DOE,P1\n"), testing::Contains(HasSubstr("quotation mark")));
  EXPECT_THAT(errors_of("<schedule>\n<item PatientID='1'\n</schedule>"), ElementsAre(HasSubstr("is no XML")));
  EXPECT_THAT(errors_of("<plan/>"), ElementsAre(HasSubstr("day.csv:1:1: <plan> stands where <schedule>")));
  EXPECT_THAT(errors_of("<schedule>\n<step/></schedule>"), ElementsAre(HasSubstr("day.csv:2:1: <step>")));
  EXPECT_THAT(errors_of("<schedule>\n<item>\nDOE</item></schedule>"), testing::Contains(HasSubstr("text stands")));
  EXPECT_THAT(errors_of(header + "M\xFCller,P1,2.25.1,R1,A1,CT,CT1,20260705,0900,S1\n"),
              ElementsAre(HasSubstr("day.csv:2:1: PatientName: is not UTF-8")));
}

TEST(Schedule, Many_mistakes_are_counted) {
  std::string text = header;
  for (int i = 0; i < 50; ++i) text += "DOE,P1\n";
  const auto errors = errors_of(text);
  EXPECT_EQ(errors.size(), max_schedule_errors + 1);
  EXPECT_THAT(errors.back(), HasSubstr("and 30 more"));
}

TEST(Schedule, Any_text_is_read_to_an_end) {
  const auto whole = header + line;
  for (std::size_t length = 0; length < whole.size(); ++length) (void)read_schedule(whole.substr(0, length), "x");
  std::string deep = "<schedule><item>";
  for (int i = 0; i < 100; ++i) deep += "<RequestedProcedureCodeSequence CodeValue='1'>";
  EXPECT_FALSE(read_schedule(deep, "x"));
  for (int i = 0; i < 100; ++i) deep += "</RequestedProcedureCodeSequence>";
  EXPECT_THAT(errors_of(deep + "</item></schedule>"), testing::Contains(HasSubstr("nested too deep")));
}

}  // namespace
}  // namespace assay::scenario
