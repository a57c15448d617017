// C-FIND over the synthetic set: golden lists of matches per level and key, refused Identifiers, response contents.
#include "harness/service/query.hpp"

#include <gtest/gtest.h>

#include "harness/service/synthetic.hpp"

namespace assay::service {
namespace {

using Keys = std::vector<std::pair<Tag, std::string>>;

dataset::DataSet identifier(std::string_view level, const Keys& keys) {
  dataset::DataSet out(dataset::explicit_le);
  if (!level.empty()) out.set_text(tags::QueryRetrieveLevel, level);
  for (const auto& [tag, value] : keys) out.set_text(tag, value);
  return out;
}

const MemoryStore& archive() {
  static const MemoryStore store = [] {
    MemoryStore made;
    fill_with_synthetic(made);
    return made;
  }();
  return store;
}

std::vector<dataset::DataSet> run(const Query& query) {
  std::vector<dataset::DataSet> out;
  const auto cursor = archive().candidates(query.level(), query.scope());
  while (const auto entity = cursor->next())
    if (query.matches(*entity)) out.push_back(query.response(*entity));
  return out;
}

std::string uid(int study, int series = 0, int instance = 0) {
  char text[64];
  (void)std::snprintf(text, sizeof text, "2.25.314159265358979%03d%03d%03d", study, series, instance);
  return text;
}

/// The studies that match, as "1 4 7" by the number in their Study ID.
std::string studies(const Keys& keys, Model model = Model::study_root) {
  auto with_id = keys;
  with_id.emplace_back(tags::StudyID, "");
  const auto query = Query::parse(identifier("STUDY", with_id), model);
  if (!query) return "refused " + to_string(query.error().offending.value_or(Tag()));
  std::string out;
  for (const auto& one : run(*query)) out += (out.empty() ? "" : " ") + std::string(one.text(tags::StudyID).substr(1));
  return out;
}

TEST(Query, Study_keys_give_their_golden_lists) {
  const struct {
    Keys keys;
    std::string expected;
  } rows[] = {
      {{}, "1 2 3 4 5 6 7"},
      {{{tags::PatientID, "ASY-0001"}}, "1 2"},
      {{{tags::PatientID, "asy-0001"}}, ""},
      {{{tags::PatientID, "asy-0005"}}, "7"},
      {{{tags::PatientID, "ASY-000?"}}, "1 2 3 4 5 6"},
      {{{tags::PatientName, "SPECIMEN^ADAM"}}, "1 2"},
      {{{tags::PatientName, "specimen*"}}, "1 2"},
      {{{tags::PatientName, "SPECIMEN"}}, ""},
      {{{tags::PatientName, "o'neill*"}}, "5 6"},
      {{{tags::PatientName, "*"}}, "1 2 3 4 5 6 7"},
      {{{tags::PatientName, "*an*"}}, "5 6"},
      {{{tags::PatientSex, "M"}}, "1 2 3 7"},
      {{{tags::PatientSex, "m"}}, ""},
      {{{tags::PatientBirthDate, "19490101-19601231"}}, "1 2 3"},
      {{{tags::PatientBirthDate, "20040229"}}, "5 6"},
      {{{tags::StudyDate, "20050310"}}, "1"},
      {{{tags::StudyDate, "20050310-20050311"}}, "1 2"},
      {{{tags::StudyDate, "20060101-20061231"}}, "3 4"},
      {{{tags::StudyDate, "20070616-"}}, "6 7"},
      {{{tags::StudyDate, "-20050310"}}, "1"},
      {{{tags::StudyDate, "20061231-20060101"}}, ""},
      {{{tags::StudyDate, "2005*"}}, ""},
      {{{tags::StudyTime, "120000-120059"}}, "5"},
      {{{tags::StudyTime, "12"}}, "5 6"},
      {{{tags::StudyTime, "-0000"}}, "3"},
      {{{tags::StudyDate, "20050310-20050311"}, {tags::StudyTime, "0900-1500"}}, "2"},  // each matched alone
      {{{tags::AccessionNumber, "A?00?"}}, "1 2 3 4 6 7"},
      {{{tags::AccessionNumber, "A1001"}}, "1"},
      {{{tags::StudyDescription, "*CHEST*"}}, "1 6"},
      {{{tags::StudyDescription, "CT CHEST"}}, ""},
      {{{tags::StudyDescription, "*ROUTINE"}}, "1 4"},
      {{{tags::ModalitiesInStudy, "CT"}}, "1 4 6"},
      {{{tags::ModalitiesInStudy, "OT"}}, "1 5 6"},
      {{{tags::ModalitiesInStudy, "CT\\MR"}}, ""},  // a list is for UIDs only
      {{{tags::StudyInstanceUID, uid(3)}}, "3"},
      {{{tags::StudyInstanceUID, uid(3) + "\\" + uid(7) + "\\1.2.3"}}, "3 7"},
      {{{tags::StudyInstanceUID, "2.25.*"}}, ""},
      {{{tags::StudyInstanceUID, "1.2.3"}}, ""},
      {{{tags::NumberOfStudyRelatedSeries, "2"}}, "1 6"},
      {{{tags::PatientID, "ASY-0001"}, {tags::ModalitiesInStudy, "MR"}}, "2"},
      {{{tags::Modality, "CT"}}, "1 2 3 4 5 6 7"},  // a key of another level is never used silently
  };
  for (const auto& row : rows)
    EXPECT_EQ(studies(row.keys), row.expected)
        << (row.keys.empty() ? "no key" : to_string(row.keys[0].first) + " " + row.keys[0].second);
}

TEST(Query, Unknown_values_match_where_the_option_says_so) {
  const auto found = [](bool unknown_matches) {
    const auto keys = identifier("STUDY", {{tags::AccessionNumber, "A1001"}});  // study 5 has none
    QueryOptions options;
    options.matching.unknown_matches = unknown_matches;
    return run(*Query::parse(keys, Model::study_root, options)).size();
  };
  EXPECT_EQ(found(false), 1U);
  EXPECT_EQ(found(true), 2U);
}

TEST(Query, Names_are_compared_across_character_sets) {
  auto keys = identifier("STUDY", {{tags::StudyID, ""}});
  keys.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  keys.set_text(tags::PatientName, "M\xC3\xBCller*");  // UTF-8 against a name kept in Latin-1
  const auto query = Query::parse(std::move(keys), Model::study_root);
  ASSERT_TRUE(query);
  const auto got = run(*query);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].text(tags::StudyID), "S3");
}

TEST(Query, Levels_give_their_entities) {
  const struct {
    Model model;
    std::string level;
    Keys keys;
    std::size_t expected;
  } rows[] = {
      {Model::patient_root, "PATIENT", {}, 5},
      {Model::patient_root, "PATIENT", {{tags::PatientID, "ASY-0002"}}, 1},
      {Model::patient_root, "PATIENT", {{tags::NumberOfPatientRelatedStudies, "2"}}, 2},
      {Model::patient_root, "STUDY", {{tags::PatientID, "ASY-0001"}}, 2},
      {Model::patient_root, "STUDY", {{tags::PatientID, "NOBODY"}}, 0},
      {Model::study_root, "SERIES", {{tags::StudyInstanceUID, uid(1)}}, 2},
      {Model::study_root, "SERIES", {{tags::StudyInstanceUID, uid(1)}, {tags::Modality, "CT"}}, 1},
      {Model::study_root, "SERIES", {{tags::StudyInstanceUID, uid(1)}, {tags::SeriesNumber, "2"}}, 1},
      {Model::study_root,
       "SERIES",
       {{tags::StudyInstanceUID, uid(1)}, {tags::SeriesInstanceUID, uid(1, 1) + "\\" + uid(1, 2)}},
       2},
      {Model::study_root, "SERIES", {{tags::StudyInstanceUID, "1.2.3"}}, 0},
      {Model::study_root, "IMAGE", {{tags::StudyInstanceUID, uid(1)}, {tags::SeriesInstanceUID, uid(1, 1)}}, 2},
      {Model::study_root,
       "IMAGE",
       {{tags::StudyInstanceUID, uid(1)}, {tags::SeriesInstanceUID, uid(1, 1)}, {tags::InstanceNumber, "2"}},
       1},
      {Model::patient_root,
       "IMAGE",
       {{tags::PatientID, "ASY-0001"}, {tags::StudyInstanceUID, uid(2)}, {tags::SeriesInstanceUID, uid(2, 1)}},
       2},
      {Model::patient_root,
       "IMAGE",
       {{tags::PatientID, "ASY-0002"}, {tags::StudyInstanceUID, uid(2)}, {tags::SeriesInstanceUID, uid(2, 1)}},
       0},
      {Model::patient_study_only, "STUDY", {{tags::PatientID, "ASY-0001"}}, 2},
  };
  for (const auto& row : rows) {
    const auto query = Query::parse(identifier(row.level, row.keys), row.model);
    ASSERT_TRUE(query) << row.level << " " << query.error().comment;
    EXPECT_EQ(run(*query).size(), row.expected) << row.level;
  }
}

TEST(Query, Identifiers_that_do_not_fit_are_refused_with_the_offending_element) {
  const struct {
    Model model;
    std::string level;
    Keys keys;
    Tag offending;
  } rows[] = {
      {Model::study_root, "", {}, tags::QueryRetrieveLevel},
      {Model::study_root, "study", {}, tags::QueryRetrieveLevel},
      {Model::study_root, "FOLDER", {}, tags::QueryRetrieveLevel},
      {Model::study_root, "STUDY\\SERIES", {}, tags::QueryRetrieveLevel},
      {Model::study_root, "PATIENT", {}, tags::QueryRetrieveLevel},
      {Model::patient_study_only,
       "SERIES",
       {{tags::PatientID, "A"}, {tags::StudyInstanceUID, "1.2"}},
       tags::QueryRetrieveLevel},
      {Model::patient_root, "STUDY", {}, tags::PatientID},
      {Model::patient_root, "STUDY", {{tags::PatientID, "ASY*"}}, tags::PatientID},
      {Model::study_root, "SERIES", {}, tags::StudyInstanceUID},
      {Model::study_root, "SERIES", {{tags::StudyInstanceUID, ""}}, tags::StudyInstanceUID},
      {Model::study_root, "SERIES", {{tags::StudyInstanceUID, "1.2\\1.3"}}, tags::StudyInstanceUID},
      {Model::study_root, "SERIES", {{tags::StudyInstanceUID, "1.2*"}}, tags::StudyInstanceUID},
      {Model::study_root, "IMAGE", {{tags::StudyInstanceUID, "1.2"}}, tags::SeriesInstanceUID},
  };
  for (const auto& row : rows) {
    const auto query = Query::parse(identifier(row.level, row.keys), row.model);
    ASSERT_FALSE(query) << row.level;
    EXPECT_EQ(query.error().status, 0xa900) << row.level;
    EXPECT_EQ(query.error().offending, row.offending) << row.level;
    EXPECT_LE(query.error().comment.size(), 64U) << query.error().comment;
  }
  EXPECT_TRUE(Query::parse(identifier("STUDY ", {}), Model::study_root)) << "a trailing blank is padding";
}

TEST(Query, A_sequence_key_of_two_items_is_refused) {
  auto keys = identifier("STUDY", {});
  keys.set_sequence(tags::ProcedureCodeSequence, {identifier("", {}), identifier("", {})});
  const auto query = Query::parse(std::move(keys), Model::study_root);
  ASSERT_FALSE(query);
  EXPECT_EQ(query.error().offending, tags::ProcedureCodeSequence);
}

TEST(Query, Bytes_that_cannot_be_read_are_C000) {
  const Bytes cut{8, 0, 0x52, 0, 'C', 'S', 200, 0, 'S'};
  const auto query = Query::parse(cut, uids::ExplicitVRLittleEndian, Model::study_root);
  ASSERT_FALSE(query);
  EXPECT_EQ(query.error().status, 0xc000);
}

TEST(Query, Every_uncompressed_syntax_asks_the_same) {
  const auto asked = identifier("STUDY", {{tags::PatientID, "ASY-0001"}});
  for (const auto syntax : {uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian, uids::ExplicitVRBigEndian}) {
    const auto bytes = dataset::encode(asked, dataset::encoding_of(syntax));
    const auto query = Query::parse(bytes, syntax, Model::study_root);
    ASSERT_TRUE(query) << syntax;
    EXPECT_EQ(run(*query).size(), 2U) << syntax;
  }
}

std::vector<Tag> tags_of(const dataset::DataSet& data_set) {
  std::vector<Tag> out;
  for (const auto* node : data_set.root().elements()) out.push_back(node->tag);
  return out;
}

TEST(Query, A_response_holds_the_requested_keys_the_level_and_the_unique_key) {
  const auto query = Query::parse(identifier("STUDY", {{tags::PatientID, "ASY-0001"}, {tags::StudyDate, "20050310"}}),
                                  Model::study_root);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->pending_status(), 0xff00);
  const auto got = run(*query);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(tags_of(got[0]),
            (std::vector<Tag>{tags::StudyDate, tags::QueryRetrieveLevel, tags::PatientID, tags::StudyInstanceUID}));
  EXPECT_EQ(got[0].text(tags::QueryRetrieveLevel), "STUDY");
  EXPECT_EQ(got[0].text(tags::StudyInstanceUID), uid(1));
}

TEST(Query, Counts_and_collected_values_come_from_the_store) {
  const auto query = Query::parse(identifier("STUDY", {{tags::StudyInstanceUID, uid(1)},
                                                       {tags::ModalitiesInStudy, ""},
                                                       {tags::NumberOfStudyRelatedSeries, ""},
                                                       {tags::NumberOfStudyRelatedInstances, ""}}),
                                  Model::study_root);
  ASSERT_TRUE(query);
  const auto got = run(*query);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].text(tags::ModalitiesInStudy), "CT\\OT");
  EXPECT_EQ(got[0].text(tags::NumberOfStudyRelatedSeries), "2");
  EXPECT_EQ(got[0].text(tags::NumberOfStudyRelatedInstances), "3");
}

/// Answers of one instance that the test made.
std::vector<dataset::DataSet> answers(const dataset::DataSet& instance, const Query& query) {
  MemoryStore store;
  auto made = make_instance(instance, uids::ExplicitVRLittleEndian);
  if (!made || store.put(std::move(*made), false) != PutResult::stored) return {};
  std::vector<dataset::DataSet> out;
  const auto cursor = store.candidates(query.level(), query.scope());
  while (const auto entity = cursor->next())
    if (query.matches(*entity)) out.push_back(query.response(*entity));
  return out;
}

dataset::DataSet instance() {
  dataset::DataSet out(dataset::explicit_le);
  out.set_text(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.7");
  out.set_text(tags::SOPInstanceUID, "1.2.3.4");
  out.set_text(tags::SeriesInstanceUID, "1.2.3");
  out.set_text(tags::StudyInstanceUID, "1.2");
  out.set_text(tags::PatientID, " P1 ");
  return out;
}

TEST(Query, Only_the_matching_items_of_a_sequence_are_returned) {
  const auto code = [](std::string_view value, std::string_view scheme) {
    dataset::DataSet item(dataset::explicit_le);
    item.set_text(tags::CodeValue, value);
    item.set_text(tags::CodingSchemeDesignator, scheme);
    return item;
  };
  auto stored = instance();
  stored.set_sequence(tags::ProcedureCodeSequence, {code("A", "ONE"), code("B", "TWO"), code("A", "TWO")});
  const auto returned = [&](const std::vector<dataset::DataSet>& key) {
    auto keys = identifier("STUDY", {{tags::StudyInstanceUID, "1.2"}});
    keys.set_sequence(tags::ProcedureCodeSequence, key);
    const auto query = Query::parse(std::move(keys), Model::study_root);
    std::string out;
    for (const auto& one : answers(stored, *query))
      for (const auto& item : one.root().items(tags::ProcedureCodeSequence))
        out += std::string(item.text(tags::CodeValue)) + std::string(item.text(tags::CodingSchemeDesignator)) + " ";
    return out;
  };
  dataset::DataSet value_a(dataset::explicit_le);
  value_a.set_text(tags::CodeValue, "A");
  EXPECT_EQ(returned({value_a}), "A A ");
  EXPECT_EQ(returned({code("A", "")}), "AONE ATWO ");
  EXPECT_EQ(returned({code("", "")}), "AONE BTWO ATWO ");
  EXPECT_EQ(returned({code("C", "")}), "");
  EXPECT_EQ(returned({dataset::DataSet(dataset::explicit_le)}), "AONE BTWO ATWO ") << "the entire sequence";
  EXPECT_EQ(returned({}), "AONE BTWO ATWO ");
}

TEST(Query, Blanks_around_a_Patient_ID_mean_nothing) {
  const auto found = [](std::string_view id) {
    const auto keys = identifier("STUDY", {{tags::PatientID, std::string(id)}, {tags::StudyInstanceUID, ""}});
    return answers(instance(), *Query::parse(keys, Model::patient_root)).size();
  };
  EXPECT_EQ(found("P1"), 1U);
  EXPECT_EQ(found(" P1"), 1U);
  EXPECT_EQ(found("P 1"), 0U);
  EXPECT_EQ(make_instance(instance(), uids::ExplicitVRLittleEndian)->patient_id, "P1");
}

TEST(Query, What_is_counted_of_a_patient_is_not_claimed_at_the_study_level) {
  const Keys keys{{tags::NumberOfPatientRelatedStudies, "5"}};
  const auto study = Query::parse(identifier("STUDY", keys), Model::study_root);
  ASSERT_TRUE(study);
  EXPECT_EQ(study->pending_status(), 0xff01);
  EXPECT_EQ(run(*study).size(), 7U);
  EXPECT_FALSE(run(*study)[0].has(tags::NumberOfPatientRelatedStudies));
  EXPECT_EQ(Query::parse(identifier("PATIENT", keys), Model::patient_root)->pending_status(), 0xff00);
}

TEST(Query, Unsupported_keys_warn_and_are_not_returned) {
  const auto lower = Query::parse(identifier("STUDY", {{tags::Modality, "CT"}}), Model::study_root);
  ASSERT_TRUE(lower);
  EXPECT_EQ(lower->pending_status(), 0xff01);
  EXPECT_EQ(lower->unsupported(), std::vector<Tag>{tags::Modality});
  EXPECT_FALSE(run(*lower)[0].has(tags::Modality));

  auto keys = identifier("STUDY", {});
  keys.set_text(Tag(0x0009, 0x0010), Vr::LO, "CREATOR");
  EXPECT_EQ(Query::parse(std::move(keys), Model::study_root)->pending_status(), 0xff01);
  EXPECT_EQ(Query::parse(identifier("STUDY", {{tags::StudyDate, ""}}), Model::study_root)->pending_status(), 0xff00);
}

TEST(Query, A_key_of_a_level_above_is_returned_and_warns_only_when_it_wants_matching) {
  const Keys scope{{tags::StudyInstanceUID, uid(1)}};
  auto universal = scope;
  universal.emplace_back(tags::PatientName, "");
  const auto fine = Query::parse(identifier("SERIES", universal), Model::study_root);
  ASSERT_TRUE(fine);
  EXPECT_EQ(fine->pending_status(), 0xff00);
  EXPECT_EQ(run(*fine).at(0).text(tags::PatientName), "SPECIMEN^ADAM");
  auto matching = scope;
  matching.emplace_back(tags::PatientName, "NOBODY");
  const auto warned = Query::parse(identifier("SERIES", matching), Model::study_root);
  ASSERT_TRUE(warned);
  EXPECT_EQ(warned->pending_status(), 0xff01);
  EXPECT_EQ(run(*warned).size(), 2U);
}

TEST(Query, Retrieve_title_and_availability_are_answered) {
  QueryOptions options;
  options.retrieve_ae_title = "ARCHIVE";
  const auto query =
      Query::parse(identifier("STUDY", {{tags::StudyInstanceUID, uid(1)}, {tags::InstanceAvailability, ""}}),
                   Model::study_root, options);
  ASSERT_TRUE(query);
  const auto got = run(*query);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].text(tags::RetrieveAETitle), "ARCHIVE");
  EXPECT_EQ(got[0].text(tags::InstanceAvailability), "ONLINE");
}

TEST(Query, Character_set_comes_along_when_a_value_needs_it) {
  const auto name =
      Query::parse(identifier("STUDY", {{tags::StudyInstanceUID, uid(3)}, {tags::PatientName, ""}}), Model::study_root);
  ASSERT_TRUE(name);
  EXPECT_EQ(run(*name).at(0).text(tags::SpecificCharacterSet), "ISO_IR 100");
  const auto plain = Query::parse(identifier("STUDY", {{tags::StudyInstanceUID, uid(3)}}), Model::study_root);
  ASSERT_TRUE(plain);
  EXPECT_FALSE(run(*plain).at(0).has(tags::SpecificCharacterSet));
}

TEST(Query, Character_set_comes_along_with_escape_sequences_of_seven_bits) {
  auto stored = instance();
  stored.set_text(tags::SpecificCharacterSet, "\\ISO 2022 IR 87");
  stored.set_text(tags::StudyDescription, "\x1b$BJ\"It\x1b(B");
  stored.set_text(tags::AccessionNumber, "A1");
  const auto set_with = [&](Tag tag) {
    const auto query = Query::parse(identifier("STUDY", {{tag, ""}}), Model::study_root);
    return std::string(answers(stored, *query).at(0).text(tags::SpecificCharacterSet));
  };
  EXPECT_EQ(set_with(tags::StudyDescription), "\\ISO 2022 IR 87");
  EXPECT_EQ(set_with(tags::AccessionNumber), "");
}

TEST(Query, Group_lengths_in_an_identifier_are_read_over) {
  auto keys = identifier("STUDY", {{tags::PatientID, "ASY-0001"}});
  keys.set_bytes(Tag(0x0010, 0x0000), Vr::UL, Bytes{0, 0, 0, 0});
  const auto query = Query::parse(std::move(keys), Model::study_root);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->pending_status(), 0xff00);
  EXPECT_EQ(run(*query).size(), 2U);
}

TEST(Query, Models_are_told_by_their_SOP_class) {
  EXPECT_EQ(find_model("1.2.840.10008.5.1.4.1.2.1.1"), Model::patient_root);
  EXPECT_EQ(find_model("1.2.840.10008.5.1.4.1.2.2.1"), Model::study_root);
  EXPECT_EQ(find_model("1.2.840.10008.5.1.4.1.2.3.1"), Model::patient_study_only);
  EXPECT_FALSE(find_model("1.2.840.10008.5.1.4.1.2.2.2"));
}

}  // namespace
}  // namespace assay::service
