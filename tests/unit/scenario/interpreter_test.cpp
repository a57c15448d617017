// harness/scenario/interpreter.hpp: verdicts of whole conversations, with real and with misbehaving devices.
#include "harness/scenario/interpreter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/scenario/memory_host.hpp"

namespace assay::scenario::test {
namespace {

using testing::HasSubstr;
using trace::Termination;
using trace::Verdict;

class Played {
 public:
  Played(std::string_view steps, MemoryHost& host, Environment env = environment(),
         std::string_view attributes = R"(role="requestor")", std::string_view more = "", std::size_t row = 0) {
    const auto all = cases(steps, attributes, more);
    if (all.empty()) {
      ADD_FAILURE() << "the scenario does not load";
      return;
    }
    interpreter_.emplace(all.at(row), std::move(env));
    result = host.run(*interpreter_);
    EXPECT_TRUE(interpreter_->finished());
    executed = interpreter_->executed_xml();
  }
  trace::CaseResult result;
  std::string executed;

 private:
  std::optional<Interpreter> interpreter_;
};

struct Device {
  service::MemoryStore store;
  MemoryHost host{[this] { return std::make_unique<Archive>(store); }};
};

MemoryHost scripted(ScriptedPeer::Script script) {
  return MemoryHost([script = std::move(script)] { return std::make_unique<ScriptedPeer>(script); });
}

Bytes reject(std::uint8_t result, std::uint8_t source, std::uint8_t reason) {
  return pdu::encode(pdu::AAssociateRj{result, source, reason});
}

constexpr std::string_view verification = R"(<associate><context abstract="Verification"/></associate>)";
constexpr std::string_view request =
    R"(<send><a-associate-rq><context abstract="Verification"/></a-associate-rq></send>)";

TEST(Interpreter, A_right_echo_passes_and_releases) {
  Device device;
  const Played run(
      std::string(verification) + R"(<send><c-echo-rq/></send><expect judge="yes"><c-echo-rsp status="0000"/>
    </expect><release/><check-health/>)",
      device.host);
  EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
  EXPECT_EQ(run.result.termination, Termination::release);
  EXPECT_EQ(run.result.traces.size(), 2u);
  EXPECT_EQ(run.result.traces.front().connection, "c1");
}

TEST(Interpreter, Stores_a_synthetic_image_in_fragments_that_the_device_can_read) {
  Device device;
  const Played run(R"(<associate><context abstract="CTImageStorage" transfer="ExplicitVRLittleEndian"/></associate>
    <send><c-store-rq fragment="100" packing="together"><data-set synthetic="CT" size="5000"/></c-store-rq></send>
    <expect><c-store-rsp status="0000"/></expect><release/>)",
                   device.host);
  EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
  ASSERT_EQ(device.store.count(), 1u);
  EXPECT_EQ(device.store.all().front()->patient_id, "ASSAY-1");
}

TEST(Interpreter, Pending_responses_run_until_the_final_one) {
  Device device;
  service::fill_with_synthetic(device.store);
  const Played run(R"(<associate><context abstract="StudyRootQueryRetrieveInformationModelFind"/></associate>
    <send><c-find-rq/></send>
    <expect><optional min="1" max="20"><c-find-rsp status="FF00|FF01"><data-set><element tag="StudyInstanceUID" is="present"/></data-set>
      </c-find-rsp></optional><c-find-rsp status="0000" data-set="absent"/></expect><release/>)",
                   device.host);
  EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
}

TEST(Interpreter, Too_many_of_an_optional_run_fail) {
  Device device;
  service::fill_with_synthetic(device.store);
  const Played run(R"(<associate><context abstract="StudyRootQueryRetrieveInformationModelFind"/></associate>
    <send><c-find-rq/></send>
    <expect><optional max="1"><c-find-rsp status-class="pending"/></optional><c-find-rsp status="0000"/></expect>)",
                   device.host);
  EXPECT_EQ(run.result.verdict, Verdict::fail);
  EXPECT_THAT(run.result.reason, HasSubstr("more than 1"));
}

TEST(Interpreter, The_wrong_answer_at_the_judged_step_fails_with_expected_and_actual) {
  auto host = scripted([](const auto&) { return ScriptedPeer::Reply{reject(1, 1, 1)}; });
  const Played run(
      std::string(request) + R"(<expect><a-associate-rj result="1" source="1" reason="7"/></expect><close/>)", host);
  EXPECT_EQ(run.result.verdict, Verdict::fail);
  EXPECT_EQ(run.result.expected, "A-ASSOCIATE-RJ with result 1, source 1, reason 7");
  EXPECT_THAT(run.result.actual, HasSubstr("reason is 1, not 7"));
  EXPECT_EQ(run.result.termination, Termination::reject);
}

TEST(Interpreter, A_tolerated_answer_is_a_warning_and_recorded) {
  auto host = scripted([](const auto&) { return ScriptedPeer::Reply{reject(1, 1, 1)}; });
  const Played run(std::string(request) + R"(<expect><a-associate-rj reason="7"/>
    <tolerate verdict="warning" note="hides the reason" observe="unknown=hidden"><a-associate-rj/></tolerate></expect>)",
                   host, environment(), R"(role="requestor")", R"(<observe name="unknown"/>)");
  EXPECT_EQ(run.result.verdict, Verdict::warning);
  EXPECT_EQ(run.result.reason, "hides the reason");
  ASSERT_EQ(run.result.observations.size(), 1u);
  EXPECT_EQ(run.result.observations[0].value, "hidden");
}

TEST(Interpreter, Silence_at_the_judged_step_fails_and_before_it_is_inconclusive) {
  auto host = scripted([](const auto&) { return ScriptedPeer::Reply{}; });
  const Played judged(std::string(request) + R"(<expect within="3s"><a-associate-ac/></expect>)", host);
  EXPECT_EQ(judged.result.verdict, Verdict::fail);
  EXPECT_EQ(judged.result.termination, Termination::hang);
  EXPECT_EQ(judged.result.actual, "nothing in 3 s");
  EXPECT_EQ(judged.result.duration, std::chrono::seconds(3));

  auto again = scripted([](const auto&) { return ScriptedPeer::Reply{}; });
  const Played before(std::string(verification) + R"(<send><c-echo-rq/></send><expect><c-echo-rsp/></expect>)", again);
  EXPECT_EQ(before.result.verdict, Verdict::inconclusive);
  EXPECT_THAT(before.result.reason, HasSubstr("the association"));
}

TEST(Interpreter, A_close_is_matched_by_its_kind) {
  for (const auto how : {trace::Closing::fin, trace::Closing::rst}) {
    auto host = scripted([how](const auto&) { return ScriptedPeer::Reply{{}, true, how}; });
    const Played run(
        std::string(request) + R"(<expect><closed how="rst"/></expect>)", host, environment(), R"(role="requestor")",
        R"(<ignore-finding rule="ps3.8/9.2.3/*" reason="closing without a word is what this device does"/>)");
    EXPECT_EQ(run.result.verdict, how == trace::Closing::rst ? Verdict::pass : Verdict::fail) << run.result.reason;
  }
}

TEST(Interpreter, Silence_is_matched_by_waiting_for_it) {
  auto host = scripted([](const auto&) { return ScriptedPeer::Reply{}; });
  const Played run(std::string(request) + R"(<expect><silence for="2s"/></expect>)", host);
  EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
  EXPECT_EQ(run.result.duration, std::chrono::seconds(2));
}

TEST(Interpreter, Stray_messages_never_advance_a_step_but_may_be_ignored) {
  const auto script = [](const auto&) {
    auto bytes = pdu::encode(pdu::AReleaseRp{});
    append(bytes, ByteView(reject(1, 1, 7)));
    return ScriptedPeer::Reply{bytes};
  };
  auto strict = scripted(script);
  const Played judged(std::string(request) + R"(<expect><a-associate-rj/></expect>)", strict);
  EXPECT_EQ(judged.result.verdict, Verdict::fail) << judged.result.reason;
  auto lenient = scripted(script);
  const auto steps = std::string(request) + R"(<expect stray="ignore"><a-associate-rj/></expect>)";
  const Played ignoring(steps, lenient, environment(), R"(role="requestor")",
                        R"(<ignore-finding rule="*" reason="r"/>)");
  EXPECT_EQ(ignoring.result.verdict, Verdict::pass) << ignoring.result.reason;
  // The step goes by; the rule that the stray message breaks does not.
  auto judged_by_rules = scripted(script);
  EXPECT_EQ(Played(steps, judged_by_rules).result.verdict, Verdict::fail);
}

TEST(Interpreter, What_assay_breaks_without_saying_so_is_its_own_fault) {
  const auto verdict = [](std::string_view provoke) {
    auto host = scripted([](const auto&) { return ScriptedPeer::Reply{pdu::encode(pdu::AAbort{2, 2}), true}; });
    const Played run(
        "<send provoke=\"" + std::string(provoke) + R"("><a-release-rq/></send><expect><a-abort/></expect>)", host);
    return run.result.verdict;
  };
  EXPECT_EQ(verdict("no"), Verdict::error);
  EXPECT_EQ(verdict("yes"), Verdict::pass);
}

TEST(Interpreter, A_target_that_is_not_there_is_inconclusive) {
  MemoryHost host(nullptr);
  const Played run(std::string(request) + R"(<expect><a-associate-ac/></expect>)", host);
  EXPECT_EQ(run.result.verdict, Verdict::inconclusive);
  EXPECT_THAT(run.result.reason, HasSubstr("connection refused"));
  EXPECT_EQ(run.result.termination, Termination::none);
}

TEST(Interpreter, A_device_that_dies_of_the_case_fails_the_health_check) {
  int connections = 0;
  MemoryHost host([&]() -> std::unique_ptr<Peer> {
    if (++connections > 1) return nullptr;
    return std::make_unique<ScriptedPeer>([](const auto&) { return ScriptedPeer::Reply{{}, true}; });
  });
  const Played run(R"(<send><raw hex="ffffffffffff"/></send><expect><closed/></expect><check-health/>)", host);
  EXPECT_EQ(run.result.verdict, Verdict::fail);
  EXPECT_THAT(run.result.reason, HasSubstr("does not serve any more"));
}

TEST(Interpreter, What_goes_wrong_after_the_judged_step_is_a_warning) {
  auto host = scripted([](const pdu::Framer::Frame& frame) {
    if (frame.type == 1) return ScriptedPeer::Reply{reject(1, 1, 7)};
    return ScriptedPeer::Reply{};
  });
  const Played run(
      std::string(request) + R"(<expect judge="yes"><a-associate-rj/></expect><expect within="1s"><closed/></expect>)",
      host);
  EXPECT_EQ(run.result.verdict, Verdict::warning);
  EXPECT_THAT(run.result.reason, HasSubstr("what was to be judged went well"));
}

TEST(Interpreter, Needs_skip_run_or_observe) {
  const auto run_with = [](std::optional<bool> claim, std::uint8_t reason) {
    auto host = scripted([reason](const auto&) { return ScriptedPeer::Reply{reject(1, 1, reason)}; });
    auto env = environment();
    env.claims = [claim](std::string_view) { return claim; };
    return Played(std::string(verification) + R"(<send><c-echo-rq/></send><expect><c-echo-rsp/></expect>)", host, env,
                  R"(role="requestor")", R"(<needs claim="verification-scp"/>)")
        .result;
  };
  const auto skipped = run_with(false, 1);
  EXPECT_EQ(skipped.verdict, Verdict::skipped);
  EXPECT_THAT(skipped.reason, HasSubstr("verification-scp"));
  EXPECT_TRUE(skipped.traces.empty());

  const auto claimed = run_with(true, 1);
  EXPECT_EQ(claimed.verdict, Verdict::fail);
  EXPECT_THAT(claimed.reason, HasSubstr("the profile claims it"));

  const auto unknown = run_with(std::nullopt, 1);
  EXPECT_EQ(unknown.verdict, Verdict::inconclusive);
  EXPECT_THAT(unknown.reason, HasSubstr("--profile"));
  ASSERT_EQ(unknown.observations.size(), 1u);
  EXPECT_EQ(unknown.observations[0].name, "refused:verification-scp");
}

TEST(Interpreter, As_acceptor_it_answers_by_script) {
  MemoryHost host(nullptr);
  host.when_operated([] {
    dimse::Message echo;
    echo.command = dimse::c_echo_rq(7);
    return std::make_unique<Modality>(std::string(uids::Verification), std::vector{echo, echo});
  });
  const Played run(R"(<associate/><expect><c-echo-rq><capture field="message-id" as="mid"/></c-echo-rq></expect>
    <send><c-echo-rsp responding-to="${mid}"/></send>
    <serve judge="yes" within="5s"><on><c-echo-rq/><send><c-echo-rsp status="0122"/></send></on></serve>)",
                   host, environment(), R"(role="acceptor" operate="echo")");
  EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
  ASSERT_EQ(host.operated.size(), 1u);
  EXPECT_EQ(host.operated[0].action, "echo");
  EXPECT_EQ(host.operated[0].words.front().second, "11112");
  EXPECT_EQ(run.result.termination, Termination::release);
  EXPECT_EQ(run.result.traces.front().connection, "c1");
}

TEST(Interpreter, The_command_that_made_the_device_act_must_end_by_itself_where_that_is_asked) {
  const auto run_with = [](const std::string& ending) {
    MemoryHost host(nullptr);
    host.when_operated([] {
      dimse::Message echo;
      echo.command = dimse::c_echo_rq(7);
      return std::make_unique<Modality>(std::string(uids::Verification), std::vector{echo});
    });
    host.command_ends(ending);
    const Played run(R"(<associate/><expect><c-echo-rq/></expect><send><c-echo-rsp status="0122"/></send><release/>
                        <check-ended within="2s"/>)",
                     host, environment(), R"(role="acceptor" operate="echo")");
    return run.result;
  };
  EXPECT_EQ(run_with("exit 0").verdict, Verdict::pass) << run_with("exit 0").reason;
  EXPECT_EQ(run_with("exit 1: refused").verdict, Verdict::pass);
  for (const auto* broken : {"killed by signal 11", "a sanitizer reported an error, exit 1"}) {
    const auto result = run_with(broken);
    EXPECT_EQ(result.verdict, Verdict::fail);
    EXPECT_THAT(result.reason, HasSubstr(broken));
  }
  const auto endless = run_with("");
  EXPECT_EQ(endless.verdict, Verdict::fail);
  EXPECT_THAT(endless.reason, HasSubstr("had not ended"));
}

constexpr std::string_view two_calls = R"(<observe name="calls"/><listen/><operate action="echo"/><accept/>
    <expect><a-associate-rq/></expect><send><a-associate-rj result="2" source="3" reason="1"/></send>
    <expect judge="yes"><closed/></expect><close/>
    <accept optional="yes" observe="calls"/><associate/>
    <expect><c-echo-rq/></expect><send><c-echo-rsp/></send><release/>)";

std::unique_ptr<Modality> one_echo() {
  dimse::Message echo;
  echo.command = dimse::c_echo_rq(7);
  return std::make_unique<Modality>(std::string(uids::Verification), std::vector{echo});
}

TEST(Interpreter, A_case_is_over_when_a_device_that_may_call_again_does_not) {
  MemoryHost host(nullptr);
  host.when_operated(one_echo);
  const Played run(std::string(two_calls), host, environment(), R"(role="acceptor")");
  EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
  ASSERT_EQ(run.result.observations.size(), 1u);
  EXPECT_EQ(run.result.observations[0].name, "calls");
  EXPECT_EQ(run.result.observations[0].value, "1");
}

TEST(Interpreter, A_second_call_is_taken_and_counted) {
  MemoryHost host(nullptr);
  host.when_operated(one_echo);
  host.calls_for_each_operation(2);
  const Played run(std::string(two_calls), host, environment(), R"(role="acceptor")");
  EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
  ASSERT_EQ(run.result.observations.size(), 1u);
  EXPECT_EQ(run.result.observations[0].value, "2");
  EXPECT_EQ(run.result.traces.size(), 2u);
}

TEST(Interpreter, Where_nobody_listens_an_operation_may_fail) {
  MemoryHost host(nullptr);
  host.when_operated(one_echo);
  const Played run(R"(<listen as="l0" refuse="yes"/><operate action="echo" listener="l0" wait="yes"/>
    <listen/><operate action="echo"/><accept/><associate/><expect judge="yes"><c-echo-rq/></expect>
    <send><c-echo-rsp/></send><release/>)",
                   host, environment(), R"(role="acceptor")");
  EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
  EXPECT_EQ(host.operated.size(), 2u);
}

TEST(Interpreter, An_answer_may_speak_of_all_contexts_at_once) {
  const auto answered = [](std::string_view how) {
    MemoryHost host(nullptr);
    host.when_operated(one_echo);
    const Played run("<associate " + std::string(how) + "/><expect><any/><closed/></expect>", host, environment(),
                     R"(role="acceptor" operate="echo")");
    const auto decoded = pdu::decode(host.sent.at(0).bytes);
    return *std::get<pdu::AAssociateAc>(*decoded.pdu).contexts().at(0);
  };
  EXPECT_EQ(answered(R"(result="4")").result, 4);
  EXPECT_EQ(answered(R"(transfer="1.2.3")").transfer_syntax(), "1.2.3");
  EXPECT_EQ(answered(R"(transfer="")").sub_items.size(), 0u);
  EXPECT_EQ(answered(R"(only="ImplicitVRLittleEndian")").result, 0);
  EXPECT_EQ(answered(R"(only="ExplicitVRLittleEndian")").result, 4);
}

TEST(Interpreter, A_device_that_nobody_can_operate_is_inconclusive) {
  MemoryHost host(nullptr);
  const Played run("<associate/>", host, environment(), R"(role="acceptor" operate="echo")");
  EXPECT_EQ(run.result.verdict, Verdict::inconclusive);
  EXPECT_THAT(run.result.reason, HasSubstr("nothing says how"));
}

TEST(Interpreter, Modifications_reach_the_wire) {
  auto host = scripted([](const auto&) { return ScriptedPeer::Reply{{}, true}; });
  const Played run(R"(<send split="3,7" pause="10ms"><a-associate-rq><context abstract="Verification"/>
    <set path="called-ae-title" text="0123456789abcdef"/><add path="length" number="1"/></a-associate-rq></send>
    <expect><silence for="1s"/></expect>)",
                   host);
  EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
  ASSERT_FALSE(host.sent.empty());
  const auto& sent = host.sent.front();
  EXPECT_EQ(as_text(ByteView(sent.bytes).subspan(10, 16)), "0123456789abcdef");
  EXPECT_EQ(load<std::uint32_t>(sent.bytes.data() + 2, Endian::big), sent.bytes.size() - 6 + 1);
  EXPECT_EQ(sent.pieces, (std::vector<std::size_t>{3, 7}));
  EXPECT_EQ(sent.pause, std::chrono::milliseconds(10));
}

TEST(Interpreter, An_association_left_open_ends_by_abort) {
  Device device;
  const Played run(std::string(verification) + R"(<send><c-echo-rq/></send><expect><c-echo-rsp/></expect>)",
                   device.host);
  EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
  EXPECT_EQ(device.host.sent.back().bytes, pdu::encode(pdu::AAbort{}));
  EXPECT_EQ(run.result.termination, Termination::abort);
}

TEST(Interpreter, Variables_loops_and_rows) {
  Device device;
  const std::string steps = std::string(verification) + R"(<let name="first" value="${start}"/>
    <repeat count="3" variable="i"><send><c-echo-rq message-id="${first}${i}"/></send>
      <expect><c-echo-rsp responding-to="${first}${i}"><capture field="status" as="s"/></c-echo-rsp></expect></repeat>
    <repeat count="50" while="s" is="!0000"><send><c-echo-rq/></send><expect><c-echo-rsp/></expect></repeat><release/>)";
  const auto rows = R"(<parameters><row name="ten" start="1"/><row name="twenty" start="2"/></parameters>)";
  const Played run(steps, device.host, environment(), R"(role="requestor")", rows, 1);
  EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
  EXPECT_EQ(run.result.id, "ps3.8/9.3/test/twenty");
  // Association, three echoes, one round of the second loop, release.
  EXPECT_EQ(device.host.sent.size(), 6u);
}

TEST(Interpreter, The_executed_scenario_loads_and_shows_what_came) {
  auto host = scripted([](const auto&) { return ScriptedPeer::Reply{reject(1, 1, 7)}; });
  const Played run(std::string(request) + R"(<expect><a-associate-rj/></expect><close/>)", host);
  EXPECT_THAT(run.executed, HasSubstr("<received connection=\"c1\""));
  EXPECT_THAT(run.executed, HasSubstr("A-ASSOCIATE-RJ"));
  const auto loaded = load(run.executed, "executed.xml");
  ASSERT_TRUE(loaded) << to_string(loaded.error().front()) << "\n" << run.executed;
  EXPECT_EQ(loaded->front().id, "ps3.8/9.3/test");
}

TEST(Interpreter, The_same_seed_sends_the_same_bytes) {
  const auto bytes = [](std::uint64_t seed) {
    Device device;
    auto env = environment();
    env.seed = seed;
    const Played run(R"(<associate><context abstract="CTImageStorage"/></associate><send><c-store-rq/></send>
      <expect><c-store-rsp/></expect><release/>)",
                     device.host, env);
    EXPECT_EQ(run.result.verdict, Verdict::pass) << run.result.reason;
    return device.host.sent.at(1).bytes;
  };
  EXPECT_EQ(bytes(5), bytes(5));
  EXPECT_NE(bytes(5), bytes(6));
}

TEST(Interpreter, Being_stopped_keeps_what_is_known) {
  const auto all = cases(std::string(request) + R"(<expect><a-associate-ac/></expect>)");
  ASSERT_FALSE(all.empty());
  Interpreter interpreter(all.front(), environment());
  interpreter.start({});
  interpreter.interrupt({});
  while (interpreter.next_command()) {
  }
  EXPECT_TRUE(interpreter.finished());
  EXPECT_EQ(interpreter.result().verdict, Verdict::inconclusive);
  EXPECT_EQ(interpreter.result().reason, "the run was stopped");
}

TEST(Interpreter, Reports_from_nowhere_are_ignored) {
  const auto all = cases(std::string(request) + R"(<expect><a-associate-ac/></expect>)");
  ASSERT_FALSE(all.empty());
  Interpreter interpreter(all.front(), environment());
  interpreter.start({});
  interpreter.connected(99, "", {});
  interpreter.received(99, Bytes{1, 2, 3}, {});
  interpreter.peer_closed(99, trace::Closing::rst, {});
  interpreter.listening(4, 1, {});
  interpreter.operated(9, true, "", {});
  EXPECT_FALSE(interpreter.finished());
}

}  // namespace
}  // namespace assay::scenario::test
