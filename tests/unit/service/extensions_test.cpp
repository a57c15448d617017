// Extended negotiation of queries and retrievals: what is asked, granted and agreed on, and what it changes.
#include "harness/service/extensions.hpp"

#include <gtest/gtest.h>

#include <set>

#include "harness/service/negotiation.hpp"
#include "harness/service/query.hpp"
#include "harness/service/retrieve.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic.hpp"

namespace assay::service {
namespace {

constexpr auto find = uids::StudyRootQueryRetrieveInformationModelFind;
constexpr auto get = uids::StudyRootQueryRetrieveInformationModelGet;
const QueryExtensions ours{.relational = true, .date_time = true};

pdu::UserInformationItem user_information(const std::vector<std::pair<std::string_view, Bytes>>& items) {
  pdu::UserInformationItem out;
  for (const auto& [sop_class, information] : items)
    out.sub_items.emplace_back(pdu::SopClassExtendedNegotiationSubItem{std::string(sop_class), information});
  return out;
}

pdu::AAssociateRq request(const std::vector<std::pair<std::string_view, Bytes>>& items) {
  pdu::AAssociateRq rq;
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  rq.items.emplace_back(user_information(items));
  return rq;
}

TEST(Extensions, Each_item_is_granted_where_it_is_asked_for_and_supported) {
  EXPECT_EQ(answer_extensions(find, Bytes{1, 1, 1, 1, 1}, ours), (Bytes{1, 1, 0, 0, 0}));
  EXPECT_EQ(answer_extensions(find, Bytes{0, 1}, ours), (Bytes{0, 1}));
  EXPECT_EQ(answer_extensions(find, Bytes{2, 0xff}, ours), (Bytes{0, 0})) << "only 1 asks";
  EXPECT_EQ(answer_extensions(find, Bytes(100, 1), ours).size(), 7U);
  EXPECT_EQ(answer_extensions(get, Bytes{1, 1, 1}, ours), (Bytes{1, 0}));
  EXPECT_EQ(answer_extensions(get, Bytes{1}, {}), (Bytes{0}));
  EXPECT_TRUE(answer_extensions(find, {}, ours).empty());
  EXPECT_TRUE(answer_extensions(uids::Verification, Bytes{1}, ours).empty());
}

TEST(Extensions, The_acceptor_answers_each_class_that_it_supports_once) {
  auto policy = default_policy();
  policy.extensions = ours;
  const auto rq = request({{find, {1, 0, 1}},
                           {find, {1, 1}},
                           {uids::ModalityWorklistInformationModelFind, {1}},
                           {uids::PatientStudyOnlyQueryRetrieveInformationModelFind, {1}},
                           {uids::CTImageStorage, {2, 0}},
                           {get, {1}}});
  const auto answer = negotiate(rq, policy);
  const auto* ac = std::get_if<pdu::AAssociateAc>(&answer);
  ASSERT_NE(ac, nullptr);
  std::vector<std::pair<std::string, Bytes>> items;
  for (const auto& item : ac->user_information()->sub_items)
    if (const auto* one = std::get_if<pdu::SopClassExtendedNegotiationSubItem>(&item))
      items.emplace_back(one->sop_class_uid, one->service_class_application_information);
  const std::vector<std::pair<std::string, Bytes>> expected{{std::string(find), {1, 0, 0}}, {std::string(get), {1}}};
  EXPECT_EQ(items, expected);

  const auto agreed = agreed_extensions(rq, *ac);
  ASSERT_EQ(agreed.size(), 2U);
  EXPECT_EQ(agreed.at(std::string(find)), (QueryExtensions{.relational = true}));
  EXPECT_EQ(agreed.at(std::string(get)), (QueryExtensions{.relational = true}));
}

TEST(Extensions, What_the_acceptor_grants_unasked_is_not_agreed_on) {
  pdu::AAssociateAc ac;
  ac.items.emplace_back(user_information({{find, {1, 1, 1, 1}}, {get, {1}}}));
  const auto agreed = agreed_extensions(request({{find, {0, 1}}}), ac);
  ASSERT_EQ(agreed.size(), 1U);
  EXPECT_EQ(agreed.at(std::string(find)), (QueryExtensions{.date_time = true}));
}

TEST(Extensions, A_proposal_has_the_items_of_its_class) {
  EXPECT_EQ(application_information(find, ours), (Bytes{1, 1, 0, 0}));
  EXPECT_EQ(application_information(get, ours), (Bytes{1}));
  EXPECT_TRUE(application_information(uids::Verification, ours).empty());
}

const MemoryStore& archive() {
  static const MemoryStore store = [] {
    MemoryStore made;
    fill_with_synthetic(made);
    return made;
  }();
  return store;
}

using Keys = std::vector<std::pair<Tag, std::string>>;

dataset::DataSet identifier(std::string_view level, const Keys& keys) {
  dataset::DataSet out(dataset::explicit_le);
  out.set_text(tags::QueryRetrieveLevel, level);
  for (const auto& [tag, value] : keys) out.set_text(tag, value);
  return out;
}

/// How many entities match; the status of a refusal.
std::size_t matches(std::string_view level, const Keys& keys, QueryExtensions agreed, Model model = Model::study_root) {
  QueryOptions options;
  options.agreed = agreed;
  const auto query = Query::parse(identifier(level, keys), model, options);
  if (!query) return query.error().status;
  std::size_t out = 0;
  const auto cursor = archive().candidates(query->level(), query->scope());
  while (const auto entity = cursor->next())
    if (query->matches(*entity)) {
      ++out;
      for (const auto& [tag, value] : keys) EXPECT_TRUE(query->response(*entity).has(tag)) << to_string(tag);
    }
  return out;
}

TEST(Extensions, Relational_queries_match_the_keys_above_and_need_no_unique_ones) {
  const auto instances = service::synthetic_instances();
  const std::string patient(instances.front().text(tags::PatientID));
  const auto of = [&](Tag unique) {
    std::set<std::string> uids;
    for (const auto& one : instances)
      if (one.text(tags::PatientID) == patient) uids.emplace(one.text(unique));
    return uids.size();
  };
  const QueryExtensions relational{.relational = true};
  EXPECT_EQ(matches("SERIES", {{tags::PatientID, patient}}, {}), 0xa900U);
  EXPECT_EQ(matches("SERIES", {{tags::PatientID, patient}}, {.date_time = true}), 0xa900U);
  EXPECT_EQ(matches("SERIES", {{tags::PatientID, patient}}, relational), of(tags::SeriesInstanceUID));
  EXPECT_EQ(matches("IMAGE", {{tags::PatientID, patient}}, relational), of(tags::SOPInstanceUID));
  EXPECT_EQ(matches("IMAGE", {{tags::PatientID, patient}}, relational, Model::patient_root), of(tags::SOPInstanceUID));
  EXPECT_EQ(matches("IMAGE", {{tags::PatientID, "*" + patient.substr(1)}}, relational, Model::patient_root),
            of(tags::SOPInstanceUID));
  EXPECT_EQ(matches("IMAGE", {{tags::StudyDate, "19000101"}}, relational), 0U);
  EXPECT_EQ(
      matches("IMAGE", {{tags::SOPInstanceUID, std::string(instances.front().text(tags::SOPInstanceUID))}}, relational),
      1U);
  EXPECT_EQ(matches("SERIES", {}, relational), 9U);
}

TEST(Extensions, What_is_gathered_of_a_level_above_stays_unsupported) {
  QueryOptions options;
  options.agreed.relational = true;
  const auto query = Query::parse(
      identifier("SERIES",
                 {{tags::ModalitiesInStudy, "CT"}, {tags::NumberOfStudyRelatedSeries, ""}, {tags::SOPInstanceUID, ""}}),
      Model::study_root, options);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->unsupported().size(), 3U);
  EXPECT_EQ(query->pending_status(), 0xff01);
}

TEST(Extensions, Dates_and_times_are_one_period_where_that_was_agreed_on) {
  const QueryExtensions combined{.date_time = true};
  // The first study is of 20050310: a day before and a day behind it.
  const Keys around{{tags::StudyDate, "20050309-20050311"}, {tags::StudyTime, "000000-000001"}};
  const auto apart = matches("STUDY", around, {});
  EXPECT_GT(matches("STUDY", around, combined), apart);
  // One of them alone, or a single value, is matched as ever.
  for (const auto& keys : {Keys{{tags::StudyDate, "20050310-20050311"}}, Keys{{tags::StudyTime, "0800-1200"}},
                           Keys{{tags::StudyDate, "20050310"}, {tags::StudyTime, "0000-2359"}}})
    EXPECT_EQ(matches("STUDY", keys, combined), matches("STUDY", keys, {}));
}

TEST(Extensions, Relational_retrieval_may_leave_the_unique_keys_above_out) {
  const auto image = identifier("IMAGE", {{tags::SOPInstanceUID, "1.2.3"}});
  EXPECT_FALSE(Retrieval::parse(image, Model::study_root));
  const auto relational = Retrieval::parse(image, Model::study_root, true);
  ASSERT_TRUE(relational);
  EXPECT_TRUE(relational->scope.study_uids.empty());
  EXPECT_EQ(relational->scope.instance_uids, std::vector<std::string>{"1.2.3"});
  EXPECT_FALSE(Retrieval::parse(identifier("IMAGE", {{tags::StudyInstanceUID, "1.2"}}), Model::study_root, true))
      << "the one of the level itself is needed";
  EXPECT_FALSE(Retrieval::parse(identifier("IMAGE", {{tags::StudyInstanceUID, "1.*"}, {tags::SOPInstanceUID, "1.2.3"}}),
                                Model::study_root, true));
}

}  // namespace
}  // namespace assay::service
