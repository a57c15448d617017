// Tag paths as people write them: read, looked up, and refused with the place of the mistake.
#include "harness/dataset/tag_path.hpp"

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

TEST(TagPath, A_creator_with_a_parenthesis_is_written_in_quotes) {
  const auto path = parse_tag_path("(0029,xx10,\"A)B\")");
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(to_string(*path), "(0029,xx10,\"A)B\")");
}

TEST(TagPath, Reads_tags_keywords_items_and_private_creators) {
  const struct {
    std::string_view text;
    std::string_view canonical;
  } rows[] = {
      {"(0040,0100)[2]/(0008,0060)", "(0040,0100)[2]/(0008,0060)"},
      {"00400100[2]/00080060", "(0040,0100)[2]/(0008,0060)"},
      {"0040,0100[2]/0008,0060", "(0040,0100)[2]/(0008,0060)"},
      {"ScheduledProcedureStepSequence[2]/Modality", "(0040,0100)[2]/(0008,0060)"},
      {"(0040,0100)[*]/Modality", "(0040,0100)[*]/(0008,0060)"},
      {"ScheduledProcedureStepSequence[+]", "(0040,0100)[+]"},
      {"(0029,xx10,SIEMENS CSA HEADER)", "(0029,xx10,SIEMENS CSA HEADER)"},
      {"(0029,XX10,\"A)B\")", R"((0029,xx10,"A)B"))"},
      {"(0029,0010,ACME 1.1)[1]/(0008,0060)", "(0029,xx10,ACME 1.1)[1]/(0008,0060)"},
      {"(0029,1010)", "(0029,1010)"},
  };
  for (const auto& row : rows) {
    const auto path = parse_tag_path(row.text);
    ASSERT_TRUE(path.has_value()) << row.text << ": " << path.error().message;
    EXPECT_EQ(to_string(*path), row.canonical) << row.text;
  }
}

TEST(TagPath, Says_where_the_mistake_is_and_what_was_meant) {
  const struct {
    std::string_view text;
    std::size_t position;
    std::string_view word;
  } rows[] = {
      {"", 0, "tag or a keyword"},
      {"PatientNam", 0, "did you mean PatientName?"},
      {"patientname", 0, "did you mean PatientName?"},
      {"Rubbishrubbish", 0, "no keyword"},
      {"ScheduledProcedureStepSequence/Modality", 30, "which item"},
      {"ScheduledProcedureStepSequence[0]", 31, "count from 1"},
      {"ScheduledProcedureStepSequence[two]", 31, "item number"},
      {"ScheduledProcedureStepSequence[2", 30, "without ']'"},
      {"ScheduledProcedureStepSequence[2]/Modalty", 34, "did you mean Modality?"},
      {"ScheduledProcedureStepSequence[2]Modality", 33, "where '/'"},
      {"ScheduledProcedureStepSequence[+]/Modality", 31, "end of a path"},
      {"ScheduledProcedureStepSequence[2]/", 34, "tag or a keyword"},
      {"(0010,00", 6, "hexadecimal"},
      {"(0010 0020)", 5, "comma"},
      {"(0010,0020", 10, "')'"},
      {"(xx10,0020)", 1, "block"},
      {"(0029,xx10)", 6, "Private Creator"},
      {"(0028,xx10,ACME)", 1, "odd group"},
      {"(0029,1010,ACME)", 6, "xx"},
      {"(0029,xx10,)", 11, "Private Creator"},
      {"(0029,xx10,ACME", 11, "no end"},
      {"(99999999999", 1 + 4, "comma"},
  };
  for (const auto& row : rows) {
    const auto path = parse_tag_path(row.text);
    ASSERT_FALSE(path.has_value()) << row.text;
    EXPECT_EQ(path.error().position, row.position) << row.text << ": " << path.error().message;
    EXPECT_NE(path.error().message.find(row.word), std::string::npos) << row.text << ": " << path.error().message;
  }
}

DataSet sample() {
  DataSet item(explicit_le);
  item.set_text(Tag(0x0029, 0x0012), Vr::LO, "ACME");
  item.set_text(Tag(0x0029, 0x1201), Vr::LO, "inner");
  item.set_text(tags::Modality, "MR");
  DataSet data_set(explicit_le);
  data_set.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  data_set.set_text(Tag(0x0029, 0x0010), Vr::LO, "OTHER");
  data_set.set_text(Tag(0x0029, 0x0011), Vr::LO, "ACME ");
  data_set.set_text(Tag(0x0029, 0x1101), Vr::LO, "outer");
  data_set.set_sequence(tags::ScheduledProcedureStepSequence, {item, DataSet(explicit_le), item});
  return data_set;
}

std::vector<std::string> found(const DataSet& data_set, std::string_view text) {
  std::vector<std::string> values;
  const auto path = parse_tag_path(text);
  EXPECT_TRUE(path.has_value()) << text;
  if (!path) return values;
  for (const auto index : find_all(data_set, *path)) {
    const Node& node = data_set.nodes()[index];
    values.emplace_back(node.kind == NodeKind::item ? "item" : as_text(node.value));
  }
  return values;
}

TEST(TagPath, A_keyword_is_suggested_by_the_slips_that_lie_between) {
  const struct {
    std::string_view written;
    std::string_view meant;
  } rows[] = {{"PatientName", "PatientName"},
              {"patientNAME", "PatientName"},
              {"PatientNmae", "PatientName"},
              {"PatientNme", "PatientName"},
              {"PatientNamee", "PatientName"},
              {"PatientNamX", "PatientName"},
              {"PatientN4me", "PatientName"},
              {"atPientName", "PatientName"},
              {"Modallity", "Modality"},
              {"dRows", "Rows"},
              {"oRws", "Rows"},
              {"Patient_Name", "PatientName"},
              {"SOPInstnaceUDI", "SOPInstanceUID"},
              {"wxyzwxyz", ""},
              {"PatientName12345", ""},
              {"", ""}};
  for (const auto& row : rows) EXPECT_EQ(similar_keyword(row.written), row.meant) << row.written;
}

TEST(TagPath, Finds_elements_items_and_private_elements_in_the_block_of_their_creator) {
  const DataSet data_set = sample();
  using List = std::vector<std::string>;
  EXPECT_EQ(found(data_set, "(0029,xx01,ACME)"), List{"outer "});
  EXPECT_EQ(found(data_set, "ScheduledProcedureStepSequence[3]/(0029,xx01,ACME)"), List{"inner "});
  EXPECT_EQ(found(data_set, "ScheduledProcedureStepSequence[*]/Modality"), (List{"MR", "MR"}));
  EXPECT_EQ(found(data_set, "ScheduledProcedureStepSequence[2]/Modality"), List{});
  EXPECT_EQ(found(data_set, "ScheduledProcedureStepSequence[2]"), List{"item"});
  EXPECT_EQ(found(data_set, "ScheduledProcedureStepSequence[*]"), (List{"item", "item", "item"}));
  EXPECT_EQ(found(data_set, "ScheduledProcedureStepSequence[4]"), List{});
  EXPECT_EQ(found(data_set, "(0029,xx01,NOBODY)"), List{});
}

TEST(TagPath, Says_which_step_leads_nowhere) {
  const DataSet data_set = sample();
  const struct {
    std::string_view text;
    std::size_t step;
    std::string_view word;
  } rows[] = {
      {"ReferencedStudySequence[1]/Modality", 0, "there is no (0008,1110)"},
      {"ScheduledProcedureStepSequence[7]/Modality", 0, "has 3 items, not 7"},
      {"ScheduledProcedureStepSequence[1]/ReferencedStudySequence[1]/Modality", 1, "there is no (0008,1110)"},
      {"SpecificCharacterSet[1]/Modality", 0, "is no sequence"},
      {"(0029,xx01,NOBODY)[1]/Modality", 0, "no Private Creator 'NOBODY'"},
  };
  for (const auto& row : rows) {
    std::size_t missing = 99;
    const auto places = places_of(data_set, *parse_tag_path(row.text), &missing);
    ASSERT_FALSE(places.has_value()) << row.text;
    EXPECT_EQ(missing, row.step) << row.text;
    EXPECT_NE(places.error().find(row.word), std::string::npos) << places.error();
  }
  const auto places = places_of(data_set, *parse_tag_path("ScheduledProcedureStepSequence[1]/Modality"));
  ASSERT_TRUE(places.has_value());
  EXPECT_EQ(places->front().character_set, "ISO_IR 100");
  EXPECT_EQ(places->front().around.size(), 2U);
}

}  // namespace
}  // namespace assay::dataset
