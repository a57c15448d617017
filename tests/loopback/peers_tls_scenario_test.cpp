// Scenarios about TLS over real sockets, in both roles against the embedded device: right ones pass, and the same ones
// against a device that is wrong in that one thing do not.
#include <gmock/gmock.h>

#include "harness/scenario/loader.hpp"
#include "peers/devices/embedded_device.hpp"
#include "tests/loopback/tls_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;

struct Setup {
  TlsOptions device;         // as server
  TlsOptions device_client;  // as client
  std::shared_ptr<const TestAuthority> authority;
};

Setup right() { return {tls_options(), tls_options(), nullptr}; }

trace::CaseResult judge(const std::string& role, const std::string& steps, const Setup& setup) {
  const auto xml = "<scenario id=\"ps3.15/B.12/test\" role=\"" + role +
                   "\"><title>t</title><clause part=\"PS3.15\" section=\"B.12\" level=\"shall\">d</clause>"
                   "<advice>a</advice><needs claim=\"tls\"/>"
                   "<ignore-finding rule=\"ps3.8/9.2.3/closed-without-answer\" reason=\"TLS ends it\"/>" +
                   steps + "</scenario>";
  auto loaded = scenario::load(xml, "tls.xml");
  EXPECT_TRUE(loaded) << (loaded ? "" : scenario::to_string(loaded.error().front()));
  if (!loaded) return {};
  const auto one = scenario::cases_of(std::make_shared<const scenario::Scenario>(std::move(loaded->front()))).front();

  Loop loop;
  EmbeddedDeviceOptions device_options;
  device_options.tls = tls_context(TlsRole::server, setup.device);
  device_options.tls_client = tls_context(TlsRole::client, setup.device_client);
  auto device = EmbeddedDevice::start(loop, std::move(device_options));
  EXPECT_TRUE(device);
  DutControl dut;
  dut.act_in_process = [&](const scenario::Operate& operate, std::function<void(bool, std::string)> done) {
    (*device)->act(operate, std::move(done));
  };
  auto tls = std::make_shared<HostTls>();
  tls->client = tls->server = tls_options();
  auto again = TestAuthority::load({"", authority().certificate()}, {"", authority().key()});
  EXPECT_TRUE(again);
  tls->authority = std::make_shared<const TestAuthority>(std::move(*again));
  ScenarioHost host(loop, dut, {.tls = tls});
  scenario::Environment environment;
  environment.target_host = "127.0.0.1";
  environment.target_port = (*device)->port();
  environment.tls = true;
  environment.rules = std::make_shared<trace::RuleBook>();
  for (const char* wait : {"dul-timeout", "dimse-timeout", "connect-timeout", "operate-timeout", "artim"})
    environment.waits[wait] = patient;
  auto interpreter = std::make_shared<scenario::Interpreter>(one, std::move(environment));
  bool done = false;
  host.run(interpreter, [&] { done = true; });
  EXPECT_TRUE(loop.run_until([&] { return done; }));
  return interpreter->result();
}

const std::string opening = R"(<connect tls="later"/>)";
const std::string device_calls = R"(<listen tls="later"/><operate action="echo"/><accept/>)";

struct Row {
  std::string name;
  std::string role;
  std::string steps;
  std::string verdict;
  std::function<void(Setup&)> change;
};

class TlsScenarios : public testing::TestWithParam<Row> {};

TEST_P(TlsScenarios, Get_the_verdict_they_deserve) {
  const auto& row = GetParam();
  auto setup = right();
  if (row.change) row.change(setup);
  const auto result = judge(row.role, row.steps, setup);
  EXPECT_EQ(trace::name(result.verdict), row.verdict) << result.reason;
}

std::function<void(Setup&)> device_takes_weak() {
  return [](Setup& setup) {
    for (auto* one : {&setup.device, &setup.device_client}) {
      one->minimum = "1.0";
      one->maximum = "1.2";
      one->suites =
          "TLS_RSA_WITH_NULL_SHA256 TLS_RSA_WITH_AES_128_CBC_SHA TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA "
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
    }
  };
}
std::function<void(Setup&)> device_checks_nothing() {
  return [](Setup& setup) { setup.device.verify = setup.device_client.verify = false; };
}

const std::string echo_steps =
    R"(<associate><context id="1" abstract="Verification"/></associate><send><c-echo-rq/></send>)"
    R"(<expect judge="yes"><c-echo-rsp status="0000"/></expect><release/>)";
const std::string version_1_1 =
    R"(<start-tls min-version="1.1" max-version="1.1" verify="no"/><expect><tls-refused/></expect>)";
const std::string null_suites =
    R"(<start-tls max-version="1.2" suites="TLS_RSA_WITH_NULL_SHA256" verify="no"/><expect><tls-refused/></expect>)";
const std::string expired = R"(<start-tls certificate="expired"/><expect><tls-refused by="peer"/></expect>)";
const std::string expired_client =
    R"(<start-tls certificate="expired" max-version="1.2"/><expect><tls-refused by="peer"/></expect>)";
const std::string renegotiation =
    R"(<start-tls max-version="1.2"/><expect><tls-established/></expect><start-tls renegotiate="yes" within="2s"/>)"
    R"(<expect judge="yes"><tls-refused/><closed/></expect>)";

INSTANTIATE_TEST_SUITE_P(
    All, TlsScenarios,
    testing::Values(
        Row{"echo", "requestor", "<connect/>" + echo_steps, "pass", {}},
        Row{"start_tls_then_echo",
            "requestor",
            opening + R"(<start-tls/><expect><tls-established version="1.3" chain="trusted"/></expect>)" + echo_steps,
            "pass",
            {}},
        Row{"withdrawn_refused", "requestor", opening + version_1_1, "pass", {}},
        Row{"withdrawn_taken", "requestor", opening + version_1_1, "fail", device_takes_weak()},
        Row{"null_refused", "requestor", opening + null_suites, "pass", {}},
        Row{"null_taken", "requestor", opening + null_suites, "fail", device_takes_weak()},
        Row{"expired_client_refused", "requestor", opening + expired_client, "pass", {}},
        Row{"expired_client_taken", "requestor", opening + expired_client, "fail", device_checks_nothing()},
        Row{"client_certificate_missing_tells_late_in_1_3",
            "requestor",
            opening + R"(<start-tls certificate="none"/><expect><tls-established/></expect>)"
                      R"(<expect judge="yes"><tls-alert alert="certificate_required" by="peer"/></expect>)",
            "pass",
            {}},
        Row{"dripped",
            "requestor",
            opening + R"(<start-tls split="7" pause="1ms"/><expect><tls-established/></expect>)",
            "pass",
            {}},
        Row{"cut_short",
            "requestor",
            opening + R"(<start-tls truncate="40"/><wait for="10ms"/><close how="rst"/><check-health/>)",
            "pass",
            {}},
        Row{"renegotiation_refused", "requestor", opening + renegotiation, "pass", {}},
        Row{"renegotiation_taken", "requestor", opening + renegotiation, "fail",
            [](Setup& setup) { setup.device.allow_renegotiation = true; }},
        Row{"plain_on_a_tls_port",
            "requestor",
            R"(<connect tls="no"/><send provoke="yes"><a-associate-rq><context abstract="Verification"/></a-associate-rq></send>)"
            R"(<expect><tls-alert/><closed/></expect><close/><check-health/>)",
            "pass",
            {}},
        Row{"below_tls",
            "requestor",
            opening +
                R"(<start-tls/><expect><tls-established/></expect><send below-tls="yes"><raw hex="1703030004)"
                R"(00010203"/></send><expect><tls-alert by="peer" alert="bad_record_mac|decode_error|unexpected_message"/></expect>)"
                R"(<check-health/>)",
            "pass",
            {}},
        Row{"no_close_notify",
            "requestor",
            "<connect/>" + echo_steps.substr(0, echo_steps.find("<release/>")) +
                R"(<close notify="no"/><check-health/>)",
            "pass",
            {}},
        Row{"server_name",
            "acceptor",
            device_calls + R"(<start-tls/><expect><tls-established server-name="absent"/></expect>)",
            "pass",
            {}},
        Row{"device_refuses_expired", "acceptor", device_calls + expired, "pass", {}},
        Row{"device_takes_expired", "acceptor", device_calls + expired, "fail", device_checks_nothing()},
        Row{"device_refuses_withdrawn", "acceptor", device_calls + version_1_1, "pass", {}},
        Row{"device_takes_withdrawn", "acceptor", device_calls + version_1_1, "fail", device_takes_weak()},
        Row{"device_offers_null", "acceptor",
            device_calls + R"(<start-tls/><expect><tls-established offered-suite="*NULL*"/></expect>)", "pass",
            device_takes_weak()},
        Row{"device_gets_a_plain_answer",
            "acceptor",
            R"(<listen tls="no"/><operate action="echo"/><accept/><expect><client-hello/></expect>)"
            R"(<send><raw hex="07000000000400000200"/></send><expect judge="yes"><tls-alert/><closed/></expect>)",
            "pass",
            {}},
        Row{"device_shows_no_certificate", "acceptor",
            R"(<listen/><operate action="echo"/><accept/><expect judge="yes"><any/></expect>)", "inconclusive",
            [](Setup& setup) { setup.device_client.certificate = setup.device_client.key = {}; }},
        Row{"close_notify_after_the_release",
            "acceptor",
            R"(<listen/><operate action="echo"/><accept/><associate/><expect><c-echo-rq/></expect><send><c-echo-rsp/></send>)"
            R"(<expect><a-release-rq/></expect><send><a-release-rp/></send><expect judge="yes"><closed notify="yes"/></expect>)",
            "pass",
            {}}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace assay::peers::test
