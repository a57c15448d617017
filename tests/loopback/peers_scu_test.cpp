// Storage and query as SCU one thing at a time: instances asked for when it is their turn, matches told as they come, a
// query that is cancelled, several queries over one association.
#include "peers/scu.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <utility>

#include "harness/service/synthetic.hpp"
#include "peers/devices/embedded_device.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto study_root = uids::StudyRootQueryRetrieveInformationModelFind;

dataset::DataSet studies_query() {
  dataset::DataSet identifier(dataset::explicit_le);
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  identifier.set_empty(tags::StudyInstanceUID);
  return identifier;
}

struct Scu : testing::Test {
  Loop loop;
  std::unique_ptr<EmbeddedDevice> device;
  RequestorOptions options;
  std::optional<RequestorResult> result;

  void SetUp() override {
    auto started = EmbeddedDevice::start(loop, {});
    ASSERT_TRUE(started);
    device = std::move(*started);
    options.host = "127.0.0.1";
    options.port = device->port();
  }
  RequestorDone done() {
    return [this](RequestorResult r) { result = std::move(r); };
  }
  void wait() {
    ASSERT_TRUE(loop.run_until([&] { return result.has_value(); }));
  }
};

TEST_F(Scu, Instances_are_asked_for_one_by_one) {
  const auto data_sets = service::synthetic_instances();
  const auto before = device->store().count();
  std::size_t given = 0;
  std::size_t told = 0;
  StoreJob job;
  for (const auto& data_set : data_sets) {
    auto context = storage_context(data_set.text(tags::SOPClassUID), uids::ImplicitVRLittleEndian);
    if (std::ranges::find(job.contexts, context) == job.contexts.end()) job.contexts.push_back(std::move(context));
  }
  job.next = [&]() -> service::InstancePtr {
    EXPECT_EQ(given, told) << "the one before has its answer";
    if (given == 4) return nullptr;
    auto instance = service::make_instance(data_sets[given++ % data_sets.size()], uids::ImplicitVRLittleEndian);
    // The last has no context.
    if (given == 4) instance->sop_class_uid = "1.2.3";
    return std::make_shared<const service::Instance>(std::move(*instance));
  };
  std::vector<bool> sent;
  job.outcome = [&](const StoreOutcome& outcome) {
    ++told;
    sent.push_back(outcome.sent);
    if (outcome.sent) {
      EXPECT_EQ(outcome.status, 0);
      EXPECT_FALSE(outcome.transfer_syntax.empty());
    }
  };
  async_store(loop, options, std::move(job), done());
  wait();
  EXPECT_EQ(name(result->failure), "none") << result->message;
  EXPECT_THAT(sent, ElementsAre(true, true, true, false));
  EXPECT_GE(device->store().count(), before);
}

TEST_F(Scu, Several_queries_go_over_one_association) {
  std::size_t asked = 0;
  std::vector<std::size_t> matches;
  FindJob job;
  job.sop_class = study_root;
  job.next = [&]() -> std::optional<dataset::DataSet> {
    if (asked == 3) return std::nullopt;
    matches.push_back(0);
    auto identifier = studies_query();
    if (++asked == 2) identifier.set_text(tags::StudyInstanceUID, "1.2.3");  // nobody has it
    return identifier;
  };
  job.match = [&](const dataset::DataSet&, std::uint16_t status) {
    EXPECT_EQ(status, 0xff00);
    ++matches.back();
  };
  std::vector<std::uint16_t> finals;
  job.answered = [&](std::uint16_t status) { finals.push_back(status); };
  async_find(loop, options, std::move(job), done());
  wait();
  EXPECT_EQ(name(result->failure), "none") << result->message;
  EXPECT_THAT(matches, ElementsAre(7U, 0U, 7U));
  EXPECT_THAT(finals, ElementsAre(0, 0, 0));
}

TEST_F(Scu, A_cancelled_query_is_no_failure_and_is_cancelled_once) {
  std::size_t matches = 0;
  std::size_t wanted = 0;
  std::optional<std::uint16_t> final_status;
  FindJob job;
  job.sop_class = study_root;
  job.next = [&, once = true]() mutable {
    return std::exchange(once, false) ? std::optional(studies_query()) : std::nullopt;
  };
  job.match = [&](const dataset::DataSet&, std::uint16_t) { ++matches; };
  job.answered = [&](std::uint16_t status) { final_status = status; };
  job.cancel = [&] {
    ++wanted;
    return true;
  };
  async_find(loop, options, std::move(job), done());
  wait();
  EXPECT_EQ(name(result->failure), "none") << result->message;
  EXPECT_EQ(wanted, 1U) << "asked right after the request, and not again";
  ASSERT_TRUE(final_status);
  EXPECT_TRUE(*final_status == 0xfe00 || *final_status == 0) << *final_status;
}

TEST_F(Scu, A_model_that_is_not_served_is_named) {
  FindJob job;
  job.sop_class = "1.2.840.10008.5.1.4.31";
  job.next = [] { return std::optional(studies_query()); };
  async_find(loop, options, std::move(job), done());
  wait();
  EXPECT_EQ(name(result->failure), "no-context");
  EXPECT_THAT(result->message, HasSubstr("Modality Worklist"));
}

TEST(StorageContext, Compressed_instances_are_offered_as_they_are_and_others_in_all_three) {
  EXPECT_THAT(storage_context("1.2", "1.2.840.10008.1.2.4.50").second, ElementsAre("1.2.840.10008.1.2.4.50"));
  EXPECT_THAT(storage_context("1.2", uids::DeflatedExplicitVRLittleEndian).second,
              ElementsAre(uids::DeflatedExplicitVRLittleEndian));
  EXPECT_THAT(storage_context("1.2", uids::ImplicitVRLittleEndian).second,
              ElementsAre(uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian, uids::ExplicitVRBigEndian));
}

}  // namespace
}  // namespace assay::peers::test
