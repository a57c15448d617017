// Keys as people type them: three spellings of nested ones, what is wrong with a key, and the Identifier that comes
// out.
#include "harness/service/query_keys.hpp"

#include <gmock/gmock.h>

#include "harness/dataset/charset.hpp"

namespace assay::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

dataset::DataSet identifier_of(const std::vector<std::string>& words) {
  std::vector<QueryKey> keys;
  for (const auto& word : words) {
    auto key = parse_query_key(word);
    EXPECT_TRUE(key) << (key ? "" : key.error());
    if (key) keys.push_back(std::move(*key));
  }
  dataset::DataSet out(dataset::explicit_le);
  const auto done = add_keys(out, keys);
  EXPECT_TRUE(done) << (done ? "" : done.error());
  return out;
}

std::string refusal(std::string_view words) {
  const auto key = parse_query_key(words);
  return key ? "taken" : key.error();
}

std::vector<std::string> doubts(const std::vector<std::string>& words) {
  std::vector<std::string> fields;
  for (const auto& problem : judge_identifier(identifier_of(words))) fields.push_back(problem.field);
  return fields;
}

TEST(QueryKeys, Keyword_tag_and_value) {
  const auto id = identifier_of({"PatientName=DOE*", "(0008,0020)=20260101-20260131", "00100020=a=b", "0008,0050"});
  EXPECT_EQ(id.text(tags::PatientName), "DOE*");
  EXPECT_EQ(id.text(tags::StudyDate), "20260101-20260131");
  EXPECT_EQ(id.text(tags::PatientID), "a=b") << "only the first '=' ends the key";
  ASSERT_TRUE(id.has(tags::AccessionNumber));
  EXPECT_EQ(id.find(tags::AccessionNumber)->value.size(), 0U);
  EXPECT_FALSE(id.has(tags::SpecificCharacterSet)) << "all of it is ASCII";
}

TEST(QueryKeys, Numbers_are_encoded_by_their_VR) {
  const auto id = identifier_of({"Rows=512", "(0029,1001):LO=x"});
  EXPECT_EQ(id.u16(tags::Rows), 512);
  EXPECT_EQ(id.find(Tag(0x0029, 0x1001))->vr, Vr::LO);
}

TEST(QueryKeys, Three_spellings_of_a_nested_key_mean_the_same) {
  const auto one = identifier_of({"ScheduledProcedureStepSequence[0].Modality=CT", "(0040,0100)[0].(0040,0001)"});
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"ScheduledProcedureStepSequence[1]/Modality=CT", "(0040,0100)[1]/(0040,0001)"},
           {"ScheduledProcedureStepSequence/Modality=CT", "00400100/ScheduledStationAETitle"},
           {"ScheduledProcedureStepSequence.Modality=CT", "(0040,0100)[0].ScheduledStationAETitle"},
       }) {
    EXPECT_TRUE(identifier_of(words).equal_in_value(one)) << words.front();
  }
  const auto items = one.items(tags::ScheduledProcedureStepSequence);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].text(tags::Modality), "CT");
  EXPECT_TRUE(items[0].has(tags::ScheduledStationAETitle));
}

TEST(QueryKeys, Sequences_in_sequences_are_made_on_the_way) {
  const auto id = identifier_of({"ScheduledProcedureStepSequence[0].ScheduledProtocolCodeSequence[0].CodeValue=P1"});
  const auto steps = id.items(tags::ScheduledProcedureStepSequence);
  ASSERT_EQ(steps.size(), 1U);
  const auto codes = steps[0].items(tags::ScheduledProtocolCodeSequence);
  ASSERT_EQ(codes.size(), 1U);
  EXPECT_EQ(codes[0].text(tags::CodeValue), "P1");
}

TEST(QueryKeys, A_sequence_without_value_is_universal_and_does_not_empty_one_that_is_there) {
  EXPECT_EQ(identifier_of({"ScheduledProcedureStepSequence"}).items(tags::ScheduledProcedureStepSequence).size(), 0U);
  const auto id = identifier_of(
      {"ScheduledProcedureStepSequence/Modality=CT", "ScheduledProcedureStepSequence", "PatientID=1", "PatientID"});
  EXPECT_EQ(id.items(tags::ScheduledProcedureStepSequence).size(), 1U);
  EXPECT_EQ(id.text(tags::PatientID), "1");
}

TEST(QueryKeys, The_last_value_counts) {
  EXPECT_EQ(identifier_of({"PatientID=1", "PatientID=22"}).text(tags::PatientID), "22");
  EXPECT_EQ(identifier_of({"PatientID=1", "PatientID="}).find(tags::PatientID)->value.size(), 0U);
}

TEST(QueryKeys, Text_beyond_ASCII_brings_its_character_set) {
  const auto id = identifier_of({"PatientName=M\xc3\xbcller*"});
  EXPECT_EQ(id.text(tags::SpecificCharacterSet), "ISO_IR 192");
  EXPECT_EQ(id.text(tags::PatientName), "M\xc3\xbcller*");
  const auto latin = identifier_of({"PatientName=M\xc3\xbcller*", "SpecificCharacterSet=ISO_IR 100"});
  EXPECT_EQ(latin.text(tags::PatientName), "M\xfcller*") << "the set given decides, wherever it stands";
  const auto nested = identifier_of({"ScheduledProcedureStepSequence/ScheduledPerformingPhysicianName=M\xc3\xbcller"});
  EXPECT_EQ(nested.text(tags::SpecificCharacterSet), "ISO_IR 192");

  std::vector<QueryKey> keys{*parse_query_key("SpecificCharacterSet=ISO_IR 100"),
                             *parse_query_key("PatientName=\xe5\xb1\xb1*")};
  dataset::DataSet out(dataset::explicit_le);
  const auto done = add_keys(out, keys);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error(), HasSubstr("ISO_IR 100"));
}

TEST(QueryKeys, What_is_no_key_is_named_with_its_place) {
  EXPECT_THAT(refusal("PatientNmae=X"), HasSubstr("did you mean PatientName?"));
  EXPECT_THAT(refusal("ScheduledProcedureStepSequence[0].Modallity=CT"), HasSubstr("at character 35"));
  EXPECT_THAT(refusal("ScheduledProcedureStepSequence[0].Modallity=CT"), HasSubstr("did you mean Modality?"));
  EXPECT_THAT(refusal("(0010,00g0)=X"), HasSubstr("hexadecimal"));
  EXPECT_THAT(refusal("(0010"), HasSubstr("comma"));
  EXPECT_THAT(refusal(""), HasSubstr("expected here"));
  EXPECT_THAT(refusal("=X"), HasSubstr("expected here"));
  EXPECT_THAT(refusal("PatientID:XX=1"), HasSubstr("XX is no VR"));
  EXPECT_THAT(refusal("ScheduledProcedureStepSequence[0]/Modality=CT"), HasSubstr("the first is 1"));
  EXPECT_THAT(refusal("ScheduledProcedureStepSequence[x].Modality=CT"), HasSubstr("the first is 0"));
  EXPECT_THAT(refusal("ScheduledProcedureStepSequence[4000000000].Modality=CT"), HasSubstr("number of an item"));
  EXPECT_THAT(refusal("A.B/C"), HasSubstr("between all steps"));
  EXPECT_THAT(refusal("ScheduledProcedureStepSequence[0]"), HasSubstr("ends in an element"));
  EXPECT_THAT(refusal("ScheduledProcedureStepSequence["), HasSubstr("ends in an element"));
  EXPECT_THAT(refusal("Status=0"), HasSubstr("no place in an Identifier"));
  EXPECT_THAT(refusal("TransferSyntaxUID"), HasSubstr("no place in an Identifier"));
}

TEST(QueryKeys, What_does_not_fit_its_VR_is_refused_or_doubted) {
  dataset::DataSet out(dataset::explicit_le);
  const auto rows = parse_query_key("Rows=many");
  ASSERT_TRUE(rows);
  const auto done = add_keys(out, std::span(&*rows, 1));
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error(), HasSubstr("no integer"));

  EXPECT_THAT(doubts({"StudyDate=2026-13-45"}), ElementsAre("(0008,0020)"));
  EXPECT_THAT(doubts({"StudyDate=20261345"}), ElementsAre("(0008,0020)"));
  EXPECT_THAT(doubts({"Modality=ct"}), ElementsAre("(0008,0060)"));
  EXPECT_THAT(doubts({"StudyInstanceUID=1.02.3"}), ElementsAre("(0020,000D)"));
}

TEST(QueryKeys, Ranges_wild_cards_and_lists_of_UIDs_are_not_doubted) {
  EXPECT_THAT(doubts({"StudyDate=20260101-", "StudyTime=-1200", "PatientName=*DOE?", "Modality=C*", "PatientID",
                      "StudyInstanceUID=1.2.3\\1.2.4", "AccessionNumber=*", "SeriesNumber=3"}),
              IsEmpty());
}

TEST(QueryKeys, Usual_keys_are_those_of_their_level) {
  for (const auto level : {QueryLevel::patient, QueryLevel::study, QueryLevel::series, QueryLevel::image}) {
    for (const auto& key : usual_keys(level, Model::patient_root)) {
      const auto tag = key.path.steps.back().tag;
      EXPECT_TRUE(level_of_key(tag) == level || (level == QueryLevel::image && tag == tags::NumberOfFrames))
          << to_string(tag);
    }
  }
  dataset::DataSet study(dataset::explicit_le);
  ASSERT_TRUE(add_keys(study, usual_keys(QueryLevel::study, Model::study_root)));
  EXPECT_TRUE(study.has(tags::PatientName));
  dataset::DataSet worklist(dataset::explicit_le);
  ASSERT_TRUE(add_keys(worklist, usual_worklist_keys()));
  ASSERT_EQ(worklist.items(tags::ScheduledProcedureStepSequence).size(), 1U);
  EXPECT_TRUE(worklist.items(tags::ScheduledProcedureStepSequence)[0].has(tags::Modality));
  EXPECT_THAT(judge_identifier(worklist), IsEmpty());
}

TEST(QueryKeys, Missing_unique_keys_above_the_level) {
  const auto missing = [](const std::vector<std::string>& words, QueryLevel level, Model model) {
    return missing_unique_keys(identifier_of(words), level, model);
  };
  EXPECT_THAT(missing({}, QueryLevel::study, Model::study_root), IsEmpty());
  EXPECT_THAT(missing({}, QueryLevel::study, Model::patient_root), ElementsAre(tags::PatientID));
  EXPECT_THAT(missing({}, QueryLevel::image, Model::study_root),
              ElementsAre(tags::StudyInstanceUID, tags::SeriesInstanceUID));
  EXPECT_THAT(missing({"StudyInstanceUID=1.2"}, QueryLevel::series, Model::study_root), IsEmpty());
  EXPECT_THAT(missing({"StudyInstanceUID=1.2\\1.3"}, QueryLevel::series, Model::study_root),
              ElementsAre(tags::StudyInstanceUID));
}

}  // namespace
}  // namespace assay::service
