// C-GET and C-MOVE over real sockets: the embedded device as SCP, both SCU functions, and a third party that receives.
#include <gmock/gmock.h>

#include "harness/service/synthetic.hpp"
#include "peers/devices/embedded_device.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;

std::unique_ptr<EmbeddedDevice> device(Loop& loop, EmbeddedDeviceOptions options = {}) {
  auto started = EmbeddedDevice::start(loop, std::move(options));
  EXPECT_TRUE(started) << (started ? "" : started.error());
  return started ? std::move(*started) : nullptr;
}

/// The study with the most instances among the synthetic ones.
struct Wanted {
  std::string study;
  std::map<std::string, Bytes> instances;  // what the archive has of it
  std::vector<std::string> sop_classes;

  explicit Wanted(service::MemoryStore& store) {
    std::map<std::string, std::size_t> counts;
    for (const auto& one : store.all()) ++counts[one->study_uid];
    for (const auto& [uid, count] : counts)
      if (study.empty() || count > counts[study]) study = uid;
    for (const auto& one : store.all()) {
      if (one->study_uid != study) continue;
      instances[one->sop_instance_uid] = one->data_set;
      sop_classes.push_back(one->sop_class_uid);
    }
    std::ranges::sort(sop_classes);
    sop_classes.erase(std::ranges::unique(sop_classes).begin(), sop_classes.end());
  }
  [[nodiscard]] dataset::DataSet identifier() const {
    dataset::DataSet out(dataset::explicit_le);
    out.set_text(tags::QueryRetrieveLevel, "STUDY");
    out.set_text(tags::StudyInstanceUID, study);
    return out;
  }
  void expect_in(const service::MemoryStore& store) const {
    EXPECT_EQ(store.count(), instances.size());
    for (const auto& [uid, bytes] : instances) {
      const auto one = store.find(uid);
      ASSERT_TRUE(one) << uid;
      EXPECT_EQ(one->data_set, bytes) << uid;
    }
  }
};

TEST(Retrieve, Get_brings_a_whole_study_byte_for_byte) {
  Loop loop;
  const auto archive = device(loop);
  const Wanted wanted(archive->store());
  const auto into = std::make_shared<service::MemoryStore>();
  GetRequest request;
  request.identifier = wanted.identifier();
  request.sop_classes = wanted.sop_classes;
  request.into = into;
  const auto result = get(loop, to_port(archive->port()), request);
  EXPECT_EQ(name(result.failure), "none") << result.message;
  ASSERT_TRUE(result.counts);
  EXPECT_EQ(result.counts->completed, wanted.instances.size());
  wanted.expect_in(*into);
}

TEST(Retrieve, Get_without_a_storage_context_says_that_nothing_could_be_sent) {
  Loop loop;
  const auto archive = device(loop);
  const Wanted wanted(archive->store());
  GetRequest request;
  request.identifier = wanted.identifier();
  const auto result = get(loop, to_port(archive->port()), request);
  EXPECT_EQ(name(result.failure), "status") << result.message;
  EXPECT_EQ(result.statuses, std::vector<std::uint16_t>{0xa702});
  ASSERT_EQ(result.identifiers.size(), 1U);
  EXPECT_EQ(result.identifiers[0].texts(tags::FailedSOPInstanceUIDList).size(), wanted.instances.size());
}

TEST(Retrieve, Get_can_be_cancelled_after_the_first_instance) {
  Loop loop;
  const auto archive = device(loop);
  const Wanted wanted(archive->store());
  ASSERT_GE(wanted.instances.size(), 3U);
  GetRequest request;
  request.identifier = wanted.identifier();
  request.sop_classes = wanted.sop_classes;
  request.into = std::make_shared<service::MemoryStore>();
  request.cancel = [](std::size_t done) { return done >= 1; };
  const auto result = get(loop, to_port(archive->port()), request);
  EXPECT_EQ(result.statuses, std::vector<std::uint16_t>{0xfe00}) << result.message;
}

TEST(Retrieve, Move_sends_a_study_to_a_third_party_with_the_originator_named) {
  Loop loop;
  EmbeddedDeviceOptions workstation_options;
  workstation_options.with_patients = false;
  const auto workstation = device(loop, workstation_options);
  EmbeddedDeviceOptions options;
  options.destinations["WS1"] = {"127.0.0.1", workstation->port(), {}};
  const auto archive = device(loop, options);
  const Wanted wanted(archive->store());
  MoveRequest request;
  request.identifier = wanted.identifier();
  request.destination = "WS1";
  std::size_t told = 0;
  request.on_progress = [&](const service::SubOperationCounts&) { ++told; };
  const auto result = move(loop, to_port(archive->port()), request);
  EXPECT_EQ(name(result.failure), "none") << result.message;
  ASSERT_TRUE(result.counts);
  EXPECT_EQ(result.counts->completed, wanted.instances.size());
  EXPECT_EQ(told, wanted.instances.size()) << "one pending response for each but the last, and the final one";
  wanted.expect_in(workstation->store());
}

TEST(Retrieve, Move_to_a_stranger_and_to_a_closed_port_fail_in_words) {
  Loop loop;
  EmbeddedDeviceOptions options;
  const auto closed = free_port();
  ASSERT_TRUE(closed);
  options.destinations["GONE"] = {"127.0.0.1", *closed, {}};
  std::vector<std::string> log;
  options.log = [&](std::string line) { log.push_back(std::move(line)); };
  const auto archive = device(loop, options);
  const Wanted wanted(archive->store());
  MoveRequest request;
  request.identifier = wanted.identifier();
  request.destination = "NOBODY";
  EXPECT_EQ(move(loop, to_port(archive->port()), request).statuses, std::vector<std::uint16_t>{0xa801});
  request.destination = "GONE";
  EXPECT_EQ(move(loop, to_port(archive->port()), request).statuses, std::vector<std::uint16_t>{0xa702});
  EXPECT_THAT(testing::PrintToString(log), HasSubstr("C-MOVE to GONE"));
}

TEST(Retrieve, The_device_gets_and_moves_as_scu_when_told_to) {
  Loop loop;
  EmbeddedDeviceOptions options;
  const auto workstation = device(loop, {});
  options.destinations["ASSAY-DEVICE"] = {"127.0.0.1", workstation->port(), {}};
  const auto archive = device(loop, options);
  for (const auto* action : {"get", "move"}) {
    std::optional<std::string> how;
    workstation->act(action, "127.0.0.1", archive->port(), "", "", [&](bool acted, std::string line) {
      EXPECT_TRUE(acted);
      how = std::move(line);
    });
    ASSERT_TRUE(loop.run_until([&] { return how.has_value(); }));
    EXPECT_THAT(*how, HasSubstr("1 answers")) << action;
  }
}

}  // namespace
}  // namespace assay::peers::test
