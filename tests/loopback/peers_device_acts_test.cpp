// The embedded device as a whole hospital: what it serves beside the archive, and what it does as SCU of it.
#include <gmock/gmock.h>

#include <set>

#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic.hpp"
#include "harness/service/synthetic_schedule.hpp"
#include "peers/devices/embedded_device.hpp"
#include "peers/local_time.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// A hospital that is judged, and a device that acts towards it.
struct Bench {
  Loop loop;
  std::vector<std::string> blamed;
  std::unique_ptr<EmbeddedDevice> hospital;
  std::unique_ptr<EmbeddedDevice> actor;

  Bench() {
    EmbeddedDeviceOptions options;
    options.whole_hospital = true;
    judge_into(blamed, options);
    hospital = start(std::move(options));
    actor = start({});
  }

  std::unique_ptr<EmbeddedDevice> start(EmbeddedDeviceOptions options) {
    auto started = EmbeddedDevice::start(loop, std::move(options));
    EXPECT_TRUE(started) << (started ? "" : started.error());
    return started ? std::move(*started) : nullptr;
  }

  /// How it went, once the association is over.
  std::string act(const std::string& action, std::uint16_t port) {
    std::optional<std::string> how;
    actor->act(action, "127.0.0.1", port, "HOSPITAL", "ACTOR", [&](bool acted, std::string line) {
      EXPECT_TRUE(acted) << line;
      how = std::move(line);
    });
    EXPECT_TRUE(loop.run_until([&] { return how.has_value() && hospital->acceptor().open_connections() == 0; }));
    return how.value_or("");
  }
};

TEST(WholeHospital, Answers_every_act_of_the_device_and_no_rule_blames_either) {
  Bench bench;
  const auto port = bench.hospital->port();
  EXPECT_EQ(bench.act("worklist", port), "worklist: 1 answers, 12 matches");
  EXPECT_EQ(bench.act("mpps", port), "mpps: 2 answers, 0 matches");
  ASSERT_EQ(bench.hospital->steps().all().size(), 1U);
  EXPECT_EQ(bench.hospital->steps().all().begin()->second->text(tags::PerformedProcedureStepStatus), "COMPLETED");
  EXPECT_EQ(bench.act("commit", port), "commit: 1 answers, 0 matches");
  EXPECT_THAT(bench.act("print", port), HasSubstr("answers"));
  EXPECT_TRUE(bench.loop.run_until([&] { return bench.hospital->films() == 1; }));
  EXPECT_THAT(bench.blamed, IsEmpty());
}

TEST(WholeHospital, An_image_is_made_of_the_worklist_item_that_came_from_the_same_address) {
  Bench bench;
  const auto port = bench.hospital->port();
  const auto before = bench.hospital->store().count();
  bench.act("store", port);
  EXPECT_EQ(bench.hospital->store().count(), before) << "the synthetic image was there";
  std::set<std::string> known;
  for (const auto& instance : bench.hospital->store().all()) known.insert(instance->sop_instance_uid);
  std::set<std::string> of_the_worklist;
  for (const auto& item : service::synthetic_schedule(local_time().date))
    of_the_worklist.emplace(item.text(tags::StudyInstanceUID));
  bench.act("worklist", port);
  bench.act("store", port);
  ASSERT_EQ(bench.hospital->store().count(), before + 1);
  std::size_t scheduled = 0;
  for (const auto& instance : bench.hospital->store().all())
    if (!known.contains(instance->sop_instance_uid)) {
      ++scheduled;
      EXPECT_TRUE(of_the_worklist.contains(instance->study_uid)) << instance->study_uid;
    }
  EXPECT_EQ(scheduled, 1U);
  EXPECT_THAT(bench.blamed, IsEmpty());
}

TEST(WholeHospital, Commitment_that_is_refused_or_never_reported_is_told) {
  Bench bench;
  bench.actor->requestor.dimse_timeout = soon;
  bench.actor->wanted_study = "1.2.3";
  bool acted = true;
  std::string how;
  bench.actor->act("commit", "127.0.0.1", bench.hospital->port(), "", "", [&](bool did, std::string line) {
    acted = did;
    how = std::move(line);
  });
  ASSERT_TRUE(bench.loop.run_until([&] { return !how.empty(); }));
  EXPECT_FALSE(acted);
  EXPECT_THAT(how, HasSubstr("no instance of the study 1.2.3"));

  EmbeddedDeviceOptions silent;
  silent.commitment.way = service::ReportWay::never;
  bench.hospital = bench.start(std::move(silent));
  bench.actor->wanted_study.clear();
  EXPECT_THAT(bench.act("commit", bench.hospital->port()), HasSubstr("no report came"));
}

TEST(WholeHospital, A_destination_entered_while_it_runs_is_called_and_one_taken_out_is_unknown) {
  Bench bench;
  EmbeddedDeviceOptions empty;
  empty.with_patients = false;
  const auto receiver = bench.start(std::move(empty));
  MoveRequest request;
  request.identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  request.identifier.set_text(tags::StudyInstanceUID,
                              service::synthetic_instances().front().text(tags::StudyInstanceUID));
  request.destination = "LATE";
  auto to = to_port(bench.hospital->port());
  EXPECT_EQ(move(bench.loop, to, request).statuses, std::vector<std::uint16_t>{0xa801});
  bench.hospital->destinations().emplace("LATE", Destination{"127.0.0.1", receiver->port(), {}});
  EXPECT_EQ(move(bench.loop, to, request).statuses, std::vector<std::uint16_t>{0});
  EXPECT_GT(receiver->store().count(), 0U);
  bench.hospital->destinations().clear();
  EXPECT_EQ(move(bench.loop, to, request).statuses, std::vector<std::uint16_t>{0xa801});
}

TEST(WholeHospital, An_archive_alone_serves_none_of_it) {
  Bench bench;
  const auto archive = bench.start({});
  for (const std::string action : {"worklist", "mpps", "print"})
    EXPECT_THAT(bench.act(action, archive->port()), HasSubstr("does not accept")) << action;
}

}  // namespace
}  // namespace assay::peers::test
