// Scenarios over real sockets: both roles against the embedded device, devices made to act by a command, by a hook and
// not at all, devices that Assay starts and that die.
#include <sys/wait.h>

#include <gmock/gmock.h>

#include <csignal>

#include "harness/scenario/loader.hpp"
#include "peers/devices/embedded_device.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {
namespace {

using testing::HasSubstr;

scenario::Case only_case(const std::string& role, const std::string& steps, const std::string& operate = "") {
  const auto xml = "<scenarios><scenario id=\"ps3.8/9.2/host-test\" role=\"" + role + "\"" +
                   (operate.empty() ? "" : " operate=\"" + operate + "\"") +
                   "><title>t</title><clause part=\"PS3.8\" section=\"9.2\" level=\"shall\">d</clause>"
                   "<advice>a</advice>" +
                   steps + "</scenario></scenarios>";
  auto loaded = scenario::load(xml, "host_test.xml");
  if (!loaded) {
    for (const auto& error : loaded.error()) ADD_FAILURE() << error.line << ":" << error.column << " " << error.message;
    return {};
  }
  return scenario::cases_of(std::make_shared<const scenario::Scenario>(std::move(loaded->front()))).front();
}

scenario::Environment environment(std::uint16_t target_port) {
  scenario::Environment environment;
  environment.target_host = "127.0.0.1";
  environment.target_port = target_port;
  environment.rules = std::make_shared<trace::RuleBook>();
  for (const char* wait : {"dul-timeout", "dimse-timeout", "connect-timeout", "operate-timeout"})
    environment.waits[wait] = patient;
  environment.waits["artim"] = std::chrono::seconds(2);
  environment.waits["settle"] = std::chrono::milliseconds(50);
  return environment;
}

trace::CaseResult run(Loop& loop, ScenarioHost& host, const scenario::Case& one, scenario::Environment with) {
  if (!one.scenario) return {};
  auto interpreter = std::make_shared<scenario::Interpreter>(one, std::move(with));
  bool done = false;
  host.run(interpreter, [&] { done = true; });
  EXPECT_TRUE(loop.run_until([&] { return done; }));
  EXPECT_TRUE(interpreter->finished());
  return interpreter->result();
}

const std::string echo_requestor =
    "<associate><context id=\"1\" abstract=\"Verification\"/></associate><send><c-echo-rq/></send>"
    "<expect judge=\"yes\"><c-echo-rsp status=\"0000\"/></expect><release/>";
const std::string echo_acceptor =
    "<associate/><expect judge=\"yes\"><c-echo-rq/></expect><send><c-echo-rsp/></send><release/>";

TEST(ScenarioHost, Plays_the_requestor_against_the_embedded_device) {
  Loop loop;
  auto device = EmbeddedDevice::start(loop, {});
  ASSERT_TRUE(device);
  ScenarioHost host(loop, {});
  const auto result = run(loop, host, only_case("requestor", echo_requestor), environment((*device)->port()));
  EXPECT_EQ(trace::name(result.verdict), "pass") << result.reason;
  EXPECT_EQ(trace::name(result.termination), "release");
  ASSERT_EQ(result.traces.size(), 1U);
  EXPECT_GT(result.traces[0].bytes_from_acceptor, 0U);
}

TEST(ScenarioHost, Plays_the_acceptor_for_a_device_that_acts_in_this_process) {
  Loop loop;
  auto device = EmbeddedDevice::start(loop, {});
  ASSERT_TRUE(device);
  DutControl dut;
  dut.act_in_process = [&](const scenario::Operate& operate, std::function<void(bool, std::string)> done) {
    (*device)->act(operate, std::move(done));
  };
  ScenarioHost host(loop, dut);
  const auto result = run(loop, host, only_case("acceptor", echo_acceptor, "echo"), environment(0));
  EXPECT_EQ(trace::name(result.verdict), "pass") << result.reason;
}

TEST(ScenarioHost, Hands_the_words_of_the_step_to_the_command_both_ways) {
  Loop loop;
  DutControl dut;
  // A device of one line: it opens the connection and says nothing that is DICOM.
  dut.act =
      "test {action} = echo && test \"$ASSAY_PORT\" = {port} && "
      "exec /usr/bin/python3 -c 'import socket,sys; s=socket.create_connection((sys.argv[1],int(sys.argv[2]))); "
      "s.sendall(b\"hello\"); s.close()' {host} {port}";
  ScenarioHost host(loop, dut);
  const auto result = run(loop, host, only_case("acceptor", echo_acceptor, "echo"), environment(0));
  EXPECT_NE(trace::name(result.verdict), "pass");
  ASSERT_EQ(result.traces.size(), 1U) << result.reason;
  EXPECT_EQ(result.traces[0].bytes_from_requestor, 5U);
}

TEST(ScenarioHost, A_device_that_nobody_can_operate_is_no_verdict_about_it) {
  Loop loop;
  ScenarioHost host(loop, {});
  const auto result = run(loop, host, only_case("acceptor", echo_acceptor, "echo"), environment(0));
  EXPECT_EQ(trace::name(result.verdict), "inconclusive") << result.reason;
}

TEST(ScenarioHost, A_refused_target_is_inconclusive_and_says_so) {
  Loop loop;
  ScenarioHost host(loop, {});
  const auto port = free_port();
  const auto result = run(loop, host, only_case("requestor", echo_requestor), environment(*port));
  EXPECT_EQ(trace::name(result.verdict), "inconclusive");
  EXPECT_THAT(result.reason, HasSubstr("refused"));
}

/// Listens on {port} until it is ended: enough of a device to be started.
const std::string listening_device =
    "exec /usr/bin/python3 -c 'import socket,sys; s=socket.create_server((\"127.0.0.1\",int(sys.argv[1])))\n"
    "while True: s.accept()[0].close()' {port}";

TEST(ScenarioHost, Starts_the_device_waits_until_it_listens_and_starts_it_again_when_it_died) {
  Loop loop;
  std::vector<std::string> lines;
  DutControl dut;
  dut.start = listening_device;
  dut.port = *free_port();
  dut.log = [&](std::string line) { lines.push_back(std::move(line)); };
  pid_t first = 0;
  {
    ScenarioHost host(loop, dut);
    const auto one = only_case("requestor", "<expect judge=\"yes\"><closed/></expect>");
    auto result = run(loop, host, one, environment(dut.port));
    EXPECT_EQ(trace::name(result.verdict), "pass") << result.reason;
    ASSERT_THAT(lines, testing::ElementsAre(HasSubstr("started the device, process ")));
    first = std::stoi(lines[0].substr(lines[0].rfind(' ') + 1));
    ASSERT_EQ(::kill(first, 0), 0);

    result = run(loop, host, one, environment(dut.port));
    EXPECT_EQ(lines.size(), 1U) << "it still runs and is used again";

    ::kill(first, SIGKILL);
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(first), &ended, WEXITED | WNOWAIT),
              0);  // it has died, and is not reaped
    result = run(loop, host, one, environment(dut.port));
    EXPECT_EQ(trace::name(result.verdict), "pass") << result.reason;
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_THAT(lines[1], HasSubstr("killed by signal 9"));
    EXPECT_THAT(lines[2], HasSubstr("restarted the device"));
    first = std::stoi(lines[2].substr(lines[2].rfind(' ') + 1));
  }
  EXPECT_NE(::kill(first, 0), 0) << "ended with the host";
}

TEST(ScenarioHost, A_device_that_does_not_start_is_told_and_the_run_goes_on) {
  Loop loop;
  std::vector<std::string> lines;
  DutControl dut;
  dut.start = "echo no licence; exit 4";
  dut.port = *free_port();
  dut.log = [&](std::string line) { lines.push_back(std::move(line)); };
  ScenarioHost host(loop, dut);
  const auto result = run(loop, host, only_case("requestor", echo_requestor), environment(dut.port));
  EXPECT_EQ(trace::name(result.verdict), "inconclusive");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[1], HasSubstr("exit 4"));
  EXPECT_THAT(lines[1], HasSubstr("no licence"));
}

TEST(ScenarioHost, Operate_steps_stop_and_restart_the_device) {
  Loop loop;
  std::vector<std::string> lines;
  DutControl dut;
  dut.start = listening_device;
  dut.port = *free_port();
  dut.log = [&](std::string line) { lines.push_back(std::move(line)); };
  ScenarioHost host(loop, dut);
  const auto result = run(loop, host,
                          only_case("requestor",
                                    "<expect><closed/></expect><operate action=\"restart\"/>"
                                    "<connect as=\"c2\"/><expect connection=\"c2\" judge=\"yes\"><closed/></expect>"),
                          environment(dut.port));
  EXPECT_EQ(trace::name(result.verdict), "pass") << result.reason;
  EXPECT_THAT(lines, testing::ElementsAre(HasSubstr("started"), HasSubstr("restarted")));
}

TEST(ScenarioHost, Fin_rst_and_pieces_reach_the_other_side_as_such) {
  Loop loop;
  struct Heard {
    Bytes bytes;
    int reads = 0;
    error_code end;
    bool ended = false;
  };
  Heard heard;
  const std::function<void(std::shared_ptr<tcp::socket>)> listen = [&](std::shared_ptr<tcp::socket> socket) {
    auto buffer = std::make_shared<std::array<std::uint8_t, 65536>>();
    auto read = std::make_shared<std::function<void()>>();
    *read = [&heard, socket, buffer, again = std::weak_ptr(read)] {
      socket->async_read_some(asio::buffer(*buffer),
                              [&heard, buffer, next = again.lock()](const error_code& error, std::size_t length) {
                                append(heard.bytes, ByteView(buffer->data(), length));
                                ++heard.reads;
                                heard.end = error;
                                heard.ended = heard.ended || error;
                                if (!error) (*next)();
                              });
    };
    (*read)();
  };
  BadListener listener(loop, listen);
  ScenarioHost host(loop, {});
  for (const std::string how : {"fin", "rst"}) {
    SCOPED_TRACE(how);
    heard = {};
    const auto steps =
        "<send provoke=\"yes\"><raw hex=\"0102030405060708\"/></send>"
        "<expect judge=\"yes\" within=\"50ms\"><silence for=\"50ms\"/></expect><close how=\"" +
        how + "\"/>";
    (void)run(loop, host, only_case("requestor", steps), environment(listener.port()));
    ASSERT_TRUE(loop.run_until([&] { return heard.ended; }));
    EXPECT_EQ(heard.bytes, (Bytes{1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_EQ(heard.end, how == "fin" ? error_code(asio::error::eof) : error_code(asio::error::connection_reset));
  }
}

TEST(ScenarioHost, An_interrupted_run_finishes_with_what_is_known) {
  Loop loop;
  std::vector<std::shared_ptr<tcp::socket>> kept;
  ScenarioHost host(loop, {});
  BadListener silent(loop, [&](std::shared_ptr<tcp::socket> socket) {
    kept.push_back(std::move(socket));
    host.interrupt();
  });
  const auto result = run(loop, host, only_case("requestor", echo_requestor), environment(silent.port()));
  EXPECT_NE(trace::name(result.verdict), "pass");
}

}  // namespace
}  // namespace assay::peers::test
