// Storage commitment over real sockets: the embedded archive as SCP in its several ways, our SCU against it.
#include "peers/commitment.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "harness/service/sop_classes.hpp"
#include "peers/devices/embedded_device.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using service::ReportWay;
using testing::HasSubstr;

struct Bench {
  Loop loop;
  std::vector<std::string> log;
  EmbeddedDeviceOptions options;
  std::unique_ptr<EmbeddedDevice> archive;
  std::vector<service::InstanceReference> stored;

  /// A line of the log has this in it.
  [[nodiscard]] bool told(std::string_view words) const {
    return std::ranges::any_of(log, [&](const std::string& line) { return line.find(words) != std::string::npos; });
  }

  void start() {
    options.log = [this](std::string line) { log.push_back(std::move(line)); };
    auto started = EmbeddedDevice::start(loop, options);
    ASSERT_TRUE(started) << started.error();
    archive = std::move(*started);
    for (const auto& one : archive->store().all()) stored.push_back({one->sop_class_uid, one->sop_instance_uid});
    ASSERT_GE(stored.size(), 2U);
  }
  CommitResult commit(CommitRequest request) {
    auto requestor = to_port(archive->port());
    requestor.calling_ae = "MODALITY";
    std::optional<CommitResult> result;
    const auto started =
        async_commit(loop, requestor, std::move(request), [&](CommitResult done) { result.emplace(std::move(done)); });
    EXPECT_TRUE(started) << (started ? "" : started.error());
    if (started) {
      EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }));
    }
    return result ? std::move(*result) : CommitResult{};
  }
  [[nodiscard]] CommitRequest wanted() const {
    CommitRequest out;
    out.request.instances = {stored[0], stored[1]};
    out.wait = patient;
    return out;
  }
};

TEST(Commitment, Is_reported_on_the_same_association) {
  Bench bench;
  bench.start();
  const auto result = bench.commit(bench.wanted());
  ASSERT_TRUE(result.report) << result.failure;
  EXPECT_TRUE(result.on_same_association);
  EXPECT_EQ(result.report->committed, result.request.instances);
  EXPECT_TRUE(result.faults.empty()) << testing::PrintToString(result.faults);
  EXPECT_EQ(result.association.failure, Failure::none) << result.association.message;
}

TEST(Commitment, Is_reported_on_a_new_association_with_the_roles_turned) {
  Bench bench;
  const auto port = free_port();
  ASSERT_TRUE(port);
  bench.options.destinations["MODALITY"] = {"127.0.0.1", *port, {}};
  bench.options.commitment.way = ReportWay::new_association;
  bench.options.commitment.delay = soon;
  bench.start();
  auto request = bench.wanted();
  request.listen = *port;
  request.request.instances.push_back({std::string(uids::CTImageStorage), "1.2.3.99"});
  const auto result = bench.commit(std::move(request));
  ASSERT_TRUE(result.report) << result.failure;
  EXPECT_FALSE(result.on_same_association);
  EXPECT_EQ(result.event_type, 2);
  EXPECT_EQ(result.report->failed.size(), 1U);
  EXPECT_TRUE(result.faults.empty()) << testing::PrintToString(result.faults);
}

TEST(Commitment, A_report_finds_its_way_when_the_first_attempt_fails) {
  Bench bench;
  const auto port = free_port();
  ASSERT_TRUE(port);
  bench.options.destinations["MODALITY"] = {"127.0.0.1", *port, {}};
  bench.options.commitment.way = ReportWay::new_association;
  bench.options.report_delivery = {50, std::chrono::milliseconds(50)};
  bench.start();
  auto first = bench.wanted();
  first.wait = soon;
  EXPECT_FALSE(bench.commit(std::move(first)).report) << "nobody listens yet";
  std::optional<service::CommitmentReport> report;
  AcceptorOptions options;
  options.port = *port;
  service::SupportedSyntax syntax{std::string(uids::StorageCommitmentPushModel),
                                  {std::string(uids::ImplicitVRLittleEndian)}};
  syntax.scu = true;
  options.policy.supported = {syntax};
  options.services = {std::make_shared<service::CommitmentReportService>(
      [&](service::CommitmentReport one, std::uint16_t, bool as_scp) -> std::uint16_t {
        EXPECT_TRUE(as_scp);
        report = std::move(one);
        return 0;
      })};
  const auto listener = Acceptor::start(bench.loop, std::move(options));
  ASSERT_TRUE(listener) << listener.error();
  EXPECT_TRUE(bench.loop.run_until([&] { return report.has_value(); }));
  EXPECT_THAT(testing::PrintToString(bench.log), HasSubstr("refuses connections"));
}

TEST(Commitment, Attempts_are_bounded) {
  Bench bench;
  const auto port = free_port();
  ASSERT_TRUE(port);
  bench.options.destinations["MODALITY"] = {"127.0.0.1", *port, {}};
  bench.options.commitment.way = ReportWay::new_association;
  bench.options.report_delivery = {2, std::chrono::milliseconds(10)};
  bench.start();
  auto request = bench.wanted();
  request.wait = soon;
  (void)bench.commit(std::move(request));
  EXPECT_TRUE(bench.loop.run_until([&] { return bench.told("given up"); }));
  EXPECT_EQ(std::ranges::count_if(bench.log, [](const auto& l) { return l.find("refuses") != std::string::npos; }), 2);
}

TEST(Commitment, Who_never_reports_is_told_from_who_refuses) {
  Bench bench;
  bench.options.commitment.way = ReportWay::never;
  bench.start();
  auto request = bench.wanted();
  request.wait = soon;
  const auto never = bench.commit(request);
  EXPECT_TRUE(never.took_request);
  EXPECT_FALSE(never.report);
  EXPECT_THAT(never.failure, HasSubstr("give --listen"));
  request.listen = 0;
  EXPECT_THAT(bench.commit(request).failure, HasSubstr("--wait"));
  request.request.transaction_uid = "not a uid";
  const auto refused = bench.commit(request);
  EXPECT_FALSE(refused.took_request);
  EXPECT_THAT(refused.failure, HasSubstr("0115"));
}

TEST(Commitment, A_foreign_transaction_is_no_report_of_ours) {
  Bench bench;
  bench.options.commitment.foreign_transaction = true;
  bench.start();
  auto request = bench.wanted();
  request.wait = soon;
  const auto result = bench.commit(std::move(request));
  EXPECT_FALSE(result.report);
  ASSERT_EQ(result.faults.size(), 1U);
  EXPECT_THAT(result.faults[0], HasSubstr("not ours"));
  EXPECT_THAT(testing::PrintToString(bench.log), HasSubstr("refused with 0115H"));
}

TEST(Commitment, A_device_without_the_service_is_named) {
  Loop loop;
  const auto acceptor = Acceptor::start(loop, {});
  ASSERT_TRUE(acceptor);
  std::optional<CommitResult> result;
  CommitRequest request;
  request.request.instances = {{std::string(uids::CTImageStorage), "1.2.3"}};
  ASSERT_TRUE(async_commit(loop, to_port((*acceptor)->port()), std::move(request),
                           [&](CommitResult done) { result.emplace(std::move(done)); }));
  ASSERT_TRUE(loop.run_until([&] { return result.has_value(); }));
  EXPECT_EQ(result->association.failure, Failure::no_context);
  EXPECT_THAT(result->failure, HasSubstr("Storage Commitment"));
}

}  // namespace
}  // namespace assay::peers::test
