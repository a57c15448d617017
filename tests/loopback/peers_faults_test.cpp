// A right device and a right requestor with each fault, over real sockets: what the other side of ours makes of it.
#include <gmock/gmock.h>

#include "harness/scenario/fault_file.hpp"
#include "harness/service/synthetic.hpp"
#include "peers/devices/embedded_device.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::shared_ptr<const faults::Plan> plan(const std::string& inside) {
  auto loaded = scenario::load_faults("<faults>" + inside + "</faults>", "f.xml");
  if (!loaded) {
    ADD_FAILURE() << scenario::to_string(loaded.error().front());
    return nullptr;
  }
  return std::make_shared<const faults::Plan>(std::move(*loaded));
}

struct Row {
  std::string fault;
  std::string expected;  // the requestor's failure, or a rule that the device's observer finds broken
};

/// Only what must run out is short: elsewhere a busy machine must not matter.
RequestorOptions limits(std::uint16_t port, const std::string& expected) {
  auto options = to_port(port);
  if (expected == "silent") options.dul_timeout = soon;
  if (expected == "dimse-timeout") options.dimse_timeout = soon;
  return options;
}

TEST(Faults, A_requestor_names_what_a_misbehaving_device_does_and_the_next_one_is_served) {
  const std::vector<Row> rows{
      {R"(<refuse result="1" source="1" reason="7"/>)", "rejected"},
      {R"(<refuse result="2" source="3" reason="2"/>)", "rejected"},
      {R"(<answer-context result="3"/>)", "no-context"},
      {R"(<answer-context context="Verification" missing="yes"/>)", "no-context"},
      {R"(<answer-context as-id="77"/>)", "no-context"},
      {R"(<answer-context transfer="JPEG2000"/>)", "no-context"},
      {R"(<abort at="requested" source="2" reason="1"/>)", "aborted"},
      {R"(<abort at="message-received" source="0" reason="0"/>)", "aborted"},
      {R"(<close at="connected" how="fin"/>)", "closed-after-accept"},
      {R"(<close at="requested" how="rst"/>)", "closed-after-accept"},
      {R"(<close at="associated" how="fin"/>)", "lost"},
      {R"(<close at="message-received" nth="2" how="rst"/>)", "lost"},
      {R"(<cut after="40" how="fin"/>)", "lost"},
      {R"(<cut after="40" how="silence"/>)", "silent"},
      {R"(<drop on="a-associate-ac"/>)", "silent"},
      {R"(<drop on="c-echo-rsp" nth="2"/>)", "dimse-timeout"},
      {R"(<freeze at="requested"/>)", "silent"},
      {R"(<freeze at="associated" what="writing"/>)", "dimse-timeout"},
      {R"(<freeze at="associated" what="reading"/>)", "dimse-timeout"},
      {R"(<lie on="a-associate-ac" by="64"/>)", "silent"},
      {R"(<corrupt on="a-associate-ac" byte="0" set="0a"/>)", "not-dicom"},
      {R"(<corrupt on="c-echo-rsp" byte="11" set="00"/>)", "bad-response"},
      {R"(<corrupt on="c-echo-rsp"><set path="pdv[1]/context-id" number="9"/></corrupt>)", "bad-response"},
      {R"(<duplicate on="a-associate-ac"/>)", "bad-response"},
      {R"(<duplicate on="c-echo-rsp"/>)", "bad-response"},
      {R"(<reorder on="c-echo-rsp" nth="1" time="20ms"/>)", "none"},
      {R"(<split sizes="1,5" pause="0ms"/>)", "none"},
      {R"(<coalesce pdus="4" time="10ms"/>)", "none"},
      {R"(<delay on="message" time="30ms"/>)", "none"},
      {R"(<freeze at="associated" for="40ms"/>)", "none"},
      {R"(<limit-rate bytes-per-second="20000"/>)", "none"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.fault);
    Loop loop;
    EmbeddedDeviceOptions options;
    // Only the first connection is misserved.
    options.faults = plan(std::string(row.fault).insert(row.fault.find(' '), R"( connection="1")"));
    auto device = EmbeddedDevice::start(loop, std::move(options));
    ASSERT_TRUE(device);
    const auto bad = echo(loop, limits((*device)->port(), row.expected), 2);
    EXPECT_EQ(name(bad.failure), row.expected) << bad.message;
    const auto good = echo(loop, to_port((*device)->port()), 2);
    EXPECT_EQ(name(good.failure), "none") << good.message;
  }
}

TEST(Faults, A_device_that_observes_blames_the_requestor_for_what_it_does) {
  const std::vector<Row> rows{
      {R"(<corrupt on="a-associate-rq" byte="0" set="0a"/>)", "ps3.8/9.3.1/pdu-type-unknown"},
      {R"(<duplicate on="a-associate-rq"/>)", "ps3.8/9.2.3/pdu-not-allowed"},
      {R"(<close at="associated" how="fin"/>)", "ps3.8/9.2.3/closed-without-release-or-abort"},
      {R"(<cut after="40" how="fin"/>)", "ps3.8/9.3.1/pdu-cut-short"},
      {R"(<corrupt on="p-data-tf" byte="2" set="7f"/>)", "ps3.8/9.3.1/pdu-length-beyond-reason"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.fault);
    Loop loop;
    std::vector<std::string> broken;
    bool seen = false;
    EmbeddedDeviceOptions options;
    options.rules = std::make_shared<trace::RuleBook>();
    options.on_trace = [&](const trace::Trace& t) {
      seen = true;
      for (const auto& finding : t.findings)
        if (finding.side == trace::Side::requestor) broken.push_back(finding.rule);
    };
    auto device = EmbeddedDevice::start(loop, std::move(options));
    ASSERT_TRUE(device);
    auto requestor = to_port((*device)->port());
    requestor.faults = plan(row.fault);
    EXPECT_NE(name(echo(loop, requestor).failure), "none");
    EXPECT_TRUE(loop.run_until([&] { return seen; }));
    EXPECT_THAT(broken, Contains(row.expected));
  }
}

TEST(Faults, What_is_done_on_purpose_is_marked_as_provoked_in_our_own_trace) {
  Loop loop;
  auto device = EmbeddedDevice::start(loop, {});
  ASSERT_TRUE(device);
  auto requestor = to_port((*device)->port());
  requestor.rules = std::make_shared<trace::RuleBook>();
  requestor.faults = plan(R"(<duplicate on="a-associate-rq"/>)");
  const auto result = echo(loop, requestor);
  ASSERT_TRUE(result.trace);
  EXPECT_THAT(trace::to_text(*result.trace, true), HasSubstr("fault: send A-ASSOCIATE-RQ 2 times"));
  for (const auto& finding : result.trace->findings)
    if (finding.side == trace::Side::requestor) {
      EXPECT_TRUE(finding.provoked) << finding.rule;
    }
}

TEST(Faults, A_device_that_stops_in_the_middle_of_an_image_delays_no_other_caller) {
  Loop loop;
  EmbeddedDeviceOptions options;
  options.faults = plan(R"(<freeze at="data-received" connection="1"/>)");
  auto device = EmbeddedDevice::start(loop, std::move(options));
  ASSERT_TRUE(device);
  const auto instance = service::make_instance(service::synthetic_instances().front(), uids::ExplicitVRLittleEndian);
  ASSERT_TRUE(instance);
  bool stored = false;
  auto waiting = to_port((*device)->port());
  waiting.dimse_timeout = std::chrono::seconds(2);
  Failure failure = Failure::none;
  async_store(loop, waiting, {std::make_shared<const service::Instance>(*instance)}, [&](RequestorResult result) {
    stored = true;
    failure = result.failure;
  });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(name(echo(loop, to_port((*device)->port())).failure), "none");
  EXPECT_TRUE(loop.run_until([&] { return stored; }));
  EXPECT_EQ(name(failure), "dimse-timeout");
}

}  // namespace
}  // namespace assay::peers::test
