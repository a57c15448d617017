// What is negotiated beyond the baseline, over real sockets: asynchronous windows, and extended negotiation of queries
// and retrievals, as both sides use it.
#include <gmock/gmock.h>

#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic.hpp"
#include "peers/devices/embedded_device.hpp"
#include "peers/scu.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Bench {
  Loop loop;
  std::vector<std::string> blamed;
  std::unique_ptr<EmbeddedDevice> device;
  RequestorOptions options;

  explicit Bench(service::OperationsWindow window = {}) {
    EmbeddedDeviceOptions chosen;
    chosen.window = window;
    judge_into(blamed, chosen);
    auto started = EmbeddedDevice::start(loop, std::move(chosen));
    EXPECT_TRUE(started);
    device = std::move(*started);
    options = to_port(device->port());
  }

  RequestorResult wait(const std::optional<RequestorResult>& result) {
    EXPECT_TRUE(loop.run_until([&] { return result.has_value() && device->acceptor().open_connections() == 0; }));
    return result.value_or(RequestorResult{});
  }
};

struct Stored {
  RequestorResult result;
  std::size_t at_first_answer = 0;  // instances given by then
  std::vector<std::size_t> numbers;
};

Stored store_all(Bench& bench, std::size_t count) {
  const auto data_sets = service::synthetic_instances();
  Stored out;
  std::size_t given = 0;
  StoreJob job;
  for (const auto& data_set : data_sets) {
    auto context = storage_context(data_set.text(tags::SOPClassUID), uids::ImplicitVRLittleEndian);
    if (std::ranges::find(job.contexts, context) == job.contexts.end()) job.contexts.push_back(std::move(context));
  }
  job.next = [&]() -> service::InstancePtr {
    if (given == count) return nullptr;
    return std::make_shared<const service::Instance>(
        *service::make_instance(data_sets[given++ % data_sets.size()], uids::ImplicitVRLittleEndian));
  };
  job.outcome = [&](const StoreOutcome& outcome) {
    if (out.numbers.empty()) out.at_first_answer = given;
    EXPECT_TRUE(outcome.sent);
    EXPECT_EQ(outcome.status, 0);
    out.numbers.push_back(outcome.number);
  };
  std::optional<RequestorResult> result;
  async_store(bench.loop, bench.options, std::move(job), [&](RequestorResult r) { result = std::move(r); });
  out.result = bench.wait(result);
  return out;
}

TEST(Window, As_many_instances_are_sent_at_once_as_both_sides_agreed_on) {
  for (const auto& [asked, granted, agreed] :
       {std::tuple<int, int, int>{8, 3, 3}, {4, 16, 4}, {0, 5, 5}, {16, 1, 1}, {1, 16, 1}}) {
    SCOPED_TRACE(testing::Message() << asked << " of " << granted);
    Bench bench({static_cast<std::uint16_t>(granted), 1});
    bench.options.window = static_cast<std::uint16_t>(asked);
    const auto stored = store_all(bench, 40);
    EXPECT_EQ(name(stored.result.failure), "none") << stored.result.message;
    EXPECT_EQ(stored.result.window, agreed);
    EXPECT_EQ(stored.numbers.size(), 40U);
    EXPECT_EQ(stored.at_first_answer, static_cast<std::size_t>(agreed));
    EXPECT_THAT(bench.blamed, IsEmpty());
  }
}

TEST(Window, Echoes_go_out_together_and_are_all_answered) {
  Bench bench({0, 1});
  bench.options.window = 0;
  std::optional<RequestorResult> result;
  async_echo(bench.loop, bench.options, 1000, [&](RequestorResult r) { result = std::move(r); });
  const auto done = bench.wait(result);
  EXPECT_EQ(name(done.failure), "none") << done.message;
  EXPECT_EQ(done.statuses, std::vector<std::uint16_t>(1000, 0));
  EXPECT_EQ(done.window, 0);
  EXPECT_THAT(bench.blamed, IsEmpty());
}

std::pair<RequestorResult, std::size_t> series_of_nobody_in_particular(Bench& bench,
                                                                       service::QueryExtensions extensions) {
  std::size_t matches = 0;
  bool asked = false;
  FindJob job;
  job.sop_class = uids::StudyRootQueryRetrieveInformationModelFind;
  job.extensions = extensions;
  job.next = [&]() -> std::optional<dataset::DataSet> {
    if (std::exchange(asked, true)) return std::nullopt;
    dataset::DataSet identifier(dataset::explicit_le);
    identifier.set_text(tags::QueryRetrieveLevel, "SERIES");
    identifier.set_empty(tags::SeriesInstanceUID);
    return identifier;
  };
  job.match = [&](const dataset::DataSet&, std::uint16_t) { ++matches; };
  std::optional<RequestorResult> result;
  async_find(bench.loop, bench.options, std::move(job), [&](RequestorResult r) { result = std::move(r); });
  auto done = bench.wait(result);
  return {std::move(done), matches};
}

TEST(Extended, Relational_queries_are_agreed_on_and_answered) {
  Bench bench;
  const auto [result, matches] = series_of_nobody_in_particular(bench, {.relational = true});
  EXPECT_EQ(name(result.failure), "none") << result.message;
  EXPECT_EQ(matches, 9U);
  EXPECT_THAT(bench.blamed, IsEmpty());
}

TEST(Extended, Without_agreement_nothing_is_asked_and_the_reason_is_told) {
  Bench bench;
  const auto [result, matches] = series_of_nobody_in_particular(bench, {.relational = true, .fuzzy_names = true});
  EXPECT_EQ(name(result.failure), "no-context");
  EXPECT_THAT(result.message, HasSubstr("does not agree to fuzzy matching of names"));
  EXPECT_THAT(result.statuses, IsEmpty());
  EXPECT_EQ(matches, 0U);
}

TEST(Extended, A_relational_query_without_agreement_is_refused_and_blamed) {
  Bench bench;
  const auto [result, matches] = series_of_nobody_in_particular(bench, {});
  EXPECT_EQ(result.statuses, std::vector<std::uint16_t>{0xa900});
  EXPECT_EQ(matches, 0U);
  EXPECT_THAT(bench.blamed, testing::Not(IsEmpty()));
}

TEST(Extended, An_image_is_got_by_its_UID_alone) {
  Bench bench;
  const auto instance = service::synthetic_instances().front();
  for (const bool relational : {true, false}) {
    GetRequest request;
    request.identifier.set_text(tags::QueryRetrieveLevel, "IMAGE");
    request.identifier.set_text(tags::SOPInstanceUID, instance.text(tags::SOPInstanceUID));
    request.sop_classes = {std::string(instance.text(tags::SOPClassUID))};
    request.relational = relational;
    const auto result = get(bench.loop, bench.options, std::move(request));
    EXPECT_EQ(result.statuses, std::vector<std::uint16_t>{static_cast<std::uint16_t>(relational ? 0 : 0xa900)});
    if (relational) {
      ASSERT_TRUE(result.counts);
      EXPECT_EQ(result.counts->completed, 1);
    }
  }
}

}  // namespace
}  // namespace assay::peers::test
