// harness/service/key_support.hpp: an SCP that knows fewer keys than ours.
#include "harness/service/key_support.hpp"

#include <gtest/gtest.h>

#include "harness/dict/dict.hpp"
#include "harness/service/query.hpp"
#include "harness/service/worklist.hpp"

namespace assay::service {
namespace {

KeySupport some_keys() {
  KeySupport out;
  out.stated = {QueryLevel::patient, QueryLevel::study, std::nullopt};
  out.keys[{QueryLevel::study, tags::StudyDate}] = {MatchType::single};
  out.keys[{QueryLevel::patient, tags::PatientName}] = {MatchType::single, MatchType::wildcard};
  out.keys[{std::nullopt, tags::Modality}] = {MatchType::single};
  out.keys[{std::nullopt, tags::ScheduledStationAETitle}] = {};
  return out;
}

TEST(KeySupport, Unknown_keys_are_gone_and_values_that_are_not_matched_are_empty) {
  dataset::DataSet identifier(dataset::Encoding{});
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  identifier.set_text(tags::StudyDate, "20260101-20260131");
  identifier.set_text(tags::PatientName, "DOE*");  // of the patient, at the study level of Study Root
  identifier.set_text(tags::AccessionNumber, "A1");
  identifier.set_text(tags::PatientID, "1");
  EXPECT_TRUE(limit_keys(identifier, some_keys(), QueryLevel::study, {tags::PatientID}));
  EXPECT_TRUE(identifier.has(tags::StudyDate));
  EXPECT_EQ(identifier.text(tags::StudyDate), "");
  EXPECT_EQ(identifier.text(tags::PatientName), "DOE*");
  EXPECT_FALSE(identifier.has(tags::AccessionNumber));
  EXPECT_EQ(identifier.text(tags::PatientID), "1");
  EXPECT_EQ(identifier.text(tags::QueryRetrieveLevel), "STUDY");
}

TEST(KeySupport, What_is_supported_stays_as_it_is) {
  dataset::DataSet identifier(dataset::Encoding{});
  identifier.set_text(tags::StudyDate, "20260101");
  identifier.set_text(tags::PatientName, "");
  EXPECT_FALSE(limit_keys(identifier, some_keys(), QueryLevel::study));
  EXPECT_EQ(identifier.text(tags::StudyDate), "20260101");
  // Levels that nothing is said of have every key.
  identifier.set_text(tags::Modality, "CT");
  EXPECT_FALSE(limit_keys(identifier, some_keys(), QueryLevel::series));
  EXPECT_EQ(identifier.text(tags::Modality), "CT");
}

TEST(KeySupport, Keys_of_a_scheduled_step_are_looked_at_one_by_one) {
  auto identifier = worklist_identifier({{tags::Modality, "CT"}, {tags::ScheduledStationAETitle, "CT1"}});
  EXPECT_TRUE(limit_keys(identifier, some_keys(), std::nullopt));
  const auto steps = identifier.items(tags::ScheduledProcedureStepSequence);
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_EQ(steps.front().text(tags::Modality), "CT");
  EXPECT_EQ(steps.front().text(tags::ScheduledStationAETitle), "");
  EXPECT_EQ(steps.front().elements().size(), 2u);
  EXPECT_FALSE(identifier.has(tags::PatientName));
}

TEST(KeySupport, A_query_with_keys_that_are_not_known_is_pending_with_a_warning) {
  const auto pending = [](bool limited) {
    dataset::DataSet identifier(dataset::Encoding{});
    identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
    identifier.set_text(tags::AccessionNumber, "A1");
    QueryOptions options;
    if (limited) options.keys = std::make_shared<const KeySupport>(some_keys());
    const auto query = Query::parse(std::move(identifier), Model::study_root, std::move(options));
    return query ? query->pending_status() : std::uint16_t{0};
  };
  EXPECT_EQ(pending(false), 0xff00);
  EXPECT_EQ(pending(true), 0xff01);
}

}  // namespace
}  // namespace assay::service
