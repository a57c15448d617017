// The workstation over real sockets against the embedded archive: every way at every level brings everything, and what
// does not come is counted, named and blamed on nobody else.
#include "peers/devices/workstation.hpp"

#include <gmock/gmock.h>

#include "conformance/rules/standard_rules.hpp"
#include "peers/devices/embedded_device.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using service::Model;
using service::QueryLevel;

/// A store that has room for so many.
class Small final : public service::MemoryStore {
 public:
  explicit Small(std::size_t most) : service::MemoryStore({most, 256U << 20, false}) {}
};

struct Bench {
  Loop loop;
  std::unique_ptr<EmbeddedDevice> archive;
  std::unique_ptr<Workstation> workstation;
  std::vector<std::string> blamed;  // what either side broke

  explicit Bench(WorkstationOptions options = {}) {
    const auto see = [this](const trace::Trace& trace) {
      for (const auto& finding : trace.findings)
        if (finding.severity != trace::Severity::note) blamed.push_back(trace::to_line(finding));
    };
    EmbeddedDeviceOptions device;
    device.rules = conformance::standard_rules();
    device.on_trace = see;
    auto started = EmbeddedDevice::start(loop, std::move(device));
    EXPECT_TRUE(started);
    archive = std::move(*started);
    options.archive = to_port(archive->port());
    options.archive.rules = conformance::standard_rules();
    options.rules = conformance::standard_rules();
    options.on_trace = options.on_own_trace = see;
    options.collect_wait = soon;
    auto ours = Workstation::start(loop, std::move(options));
    EXPECT_TRUE(ours);
    workstation = std::move(*ours);
    for (const auto* title : {"ASSAY-WS", "ASSAY-RECEIVER"})
      archive->destinations().insert_or_assign(title, Destination{"127.0.0.1", workstation->port(), {}});
  }

  RetrieveReport retrieve(RetrieveTask task) {
    std::optional<RetrieveReport> report;
    workstation->retrieve(std::move(task), [&](RetrieveReport done) { report = std::move(done); });
    EXPECT_TRUE(loop.run_until([&] { return report.has_value(); }));
    EXPECT_FALSE(workstation->busy());
    return report.value_or(RetrieveReport{});
  }
};

RetrieveTask task_of(RetrieveWay way, QueryLevel level = QueryLevel::study, Model model = Model::study_root) {
  RetrieveTask out;
  out.way = way;
  out.level = level;
  out.model = model;
  return out;
}

TEST(Workstation, Every_way_at_every_level_brings_everything) {
  Bench bench;
  const auto all = bench.archive->store().count();
  ASSERT_GT(all, 0U);
  for (const auto way :
       {RetrieveWay::get, RetrieveWay::collect, RetrieveWay::blocking, RetrieveWay::inside, RetrieveWay::several}) {
    for (const auto& [model, level] :
         {std::pair{Model::study_root, QueryLevel::study}, std::pair{Model::study_root, QueryLevel::series},
          std::pair{Model::study_root, QueryLevel::image}, std::pair{Model::patient_root, QueryLevel::patient},
          std::pair{Model::patient_root, QueryLevel::image}}) {
      const auto report = bench.retrieve(task_of(way, level, model));
      EXPECT_EQ(report.expected, all) << name(way);
      EXPECT_EQ(report.received, all) << name(way);
      EXPECT_EQ(report.others + report.failed + report.failures + report.missing.size(), 0U) << name(way);
      EXPECT_EQ(report.answered, report.found) << name(way);
    }
  }
  EXPECT_THAT(bench.blamed, testing::IsEmpty());
}

TEST(Workstation, Keys_narrow_what_comes_and_one_below_the_level_is_refused) {
  Bench bench;
  auto task = task_of(RetrieveWay::several, QueryLevel::series);
  task.keys.set_text(tags::PatientID, "ASY-0001");
  const auto report = bench.retrieve(task);
  EXPECT_GT(report.received, 0U);
  EXPECT_LT(report.received, bench.archive->store().count());
  task.keys.set_text(tags::InstanceNumber, "1");
  EXPECT_EQ(bench.retrieve(task).worst, Failure::usage);
  auto nobody = task_of(RetrieveWay::collect);
  nobody.keys.set_text(tags::PatientID, "NOBODY");
  const auto nothing = bench.retrieve(nobody);
  EXPECT_EQ(nothing.found + nothing.expected + nothing.failures, 0U);
  EXPECT_EQ(bench.retrieve(task_of(RetrieveWay::get, QueryLevel::patient)).worst, Failure::usage);
}

TEST(Workstation, What_does_not_come_is_named) {
  WorkstationOptions options;
  options.into = std::make_shared<Small>(1);
  Bench bench(std::move(options));
  for (const auto way : {RetrieveWay::get, RetrieveWay::collect, RetrieveWay::blocking, RetrieveWay::several}) {
    const auto report = bench.retrieve(task_of(way));
    EXPECT_GE(report.failures, 1U) << name(way);
    EXPECT_EQ(report.missing.size(), report.expected - report.received) << name(way);
    EXPECT_GT(report.failed, 0U) << name(way);
  }
}

TEST(Workstation, Moves_to_a_stranger_fail_and_each_is_tried) {
  Bench bench;
  for (const auto way : {RetrieveWay::blocking, RetrieveWay::several}) {
    auto task = task_of(way);
    task.destination = "NOBODY";
    const auto report = bench.retrieve(task);
    EXPECT_EQ(report.worst, Failure::status);
    EXPECT_EQ(report.answered, report.found) << name(way);
  }
}

TEST(Workstation, One_that_does_not_listen_gets_and_is_moved_nothing) {
  WorkstationOptions options;
  options.listens = false;
  Loop loop;
  auto started = Workstation::start(loop, std::move(options));
  ASSERT_TRUE(started);
  EXPECT_EQ((*started)->port(), 0);
  std::optional<RetrieveReport> report;
  (*started)->retrieve(task_of(RetrieveWay::inside), [&](RetrieveReport done) { report = std::move(done); });
  ASSERT_TRUE(loop.run_until([&] { return report.has_value(); }));
  EXPECT_EQ(report->worst, Failure::usage);
}

TEST(Workstation, An_archive_with_too_many_is_not_asked_to_the_end) {
  WorkstationOptions options;
  options.max_entities = 1;
  Bench bench(std::move(options));
  const auto report = bench.retrieve(task_of(RetrieveWay::blocking, QueryLevel::image));
  EXPECT_EQ(report.worst, Failure::usage);
  EXPECT_EQ(report.received, 0U);
}

}  // namespace
}  // namespace assay::peers::test
