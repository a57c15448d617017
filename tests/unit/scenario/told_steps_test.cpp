// harness/scenario/interpreter.hpp: cases whose steps are told one by one, as scripts do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/scenario/memory_host.hpp"

namespace assay::scenario::test {
namespace {

using testing::HasSubstr;
using trace::Verdict;
using Failure = StepOutcome::Failure;

/// A script: tells steps, sees what came of each, concludes.
class Told {
 public:
  explicit Told(MemoryHost& host, std::string_view head_more = "", Environment env = environment()) : host_(host) {
    auto loaded = load_head(head(R"(role="requestor")", head_more) + "</scenario>", "test.py", 7);
    if (!loaded) {
      ADD_FAILURE() << to_string(loaded.error().front());
      return;
    }
    interpreter_.emplace(Case{std::make_shared<const Scenario>(std::move(*loaded)), 0}, std::move(env));
    interpreter_->wait_for_steps();
    host_.run(*interpreter_);
  }

  StepOutcome step(std::string_view xml) {
    const auto element = load_step(xml);
    EXPECT_TRUE(element) << xml << ": " << (element ? "" : element.error());
    EXPECT_TRUE(interpreter_->idle());
    if (!element) return {};
    interpreter_->tell(*element, host_.now());
    host_.run(*interpreter_);
    return interpreter_->take_outcome();
  }

  trace::CaseResult conclude(const Conclusion& conclusion) {
    interpreter_->conclude(conclusion, host_.now());
    auto result = host_.run(*interpreter_);
    EXPECT_TRUE(interpreter_->finished());
    return result;
  }

  Interpreter& operator*() { return *interpreter_; }

 private:
  MemoryHost& host_;
  std::optional<Interpreter> interpreter_;
};

struct Device {
  service::MemoryStore store;
  MemoryHost host{[this] { return std::make_unique<Archive>(store); }};
};

constexpr std::string_view verification = R"(<associate><context abstract="Verification"/></associate>)";

TEST(ToldSteps, What_came_is_told_and_the_next_step_follows_from_it) {
  Device device;
  Told script(device.host);
  EXPECT_EQ(script.step("<connect/>").failure, Failure::none);
  const auto answer = script.step(verification);
  ASSERT_EQ(answer.seen.size(), 1u);
  EXPECT_TRUE(answer.seen[0].item.pdu);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(script.step("<send><c-echo-rq/></send>").failure, Failure::none);
    const auto echo = script.step(R"(<expect><c-echo-rsp status="0000"/></expect>)");
    EXPECT_EQ(echo.failure, Failure::none) << echo.what;
    ASSERT_FALSE(echo.seen.empty());
    EXPECT_TRUE(echo.seen.back().item.message);
    EXPECT_EQ(echo.seen.back().connection, "c1");
  }
  EXPECT_EQ((*script).dialogue_of("c1")->contexts.size(), 1u);
  EXPECT_EQ((*script).dialogue_of("c2"), nullptr);
  EXPECT_EQ(script.step("<release/>").failure, Failure::none);
  const auto result = script.conclude({});
  EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  EXPECT_EQ(result.termination, trace::Termination::release);
  EXPECT_THAT((*script).executed_xml(), HasSubstr("<c-echo-rq"));
}

TEST(ToldSteps, A_step_that_fails_does_not_end_the_case) {
  Device device;
  Told script(device.host);
  script.step("<connect/>");
  script.step(verification);
  const auto silent = script.step(R"(<expect within="2s"><c-echo-rsp/></expect>)");
  EXPECT_EQ(silent.failure, Failure::device);
  EXPECT_THAT(silent.what, HasSubstr("nothing came for 2 s"));
  script.step("<send><c-echo-rq/></send>");
  const auto other = script.step("<expect><a-release-rp/></expect>");
  EXPECT_EQ(other.failure, Failure::device);
  EXPECT_THAT(other.expected, HasSubstr("A-RELEASE-RP"));
  EXPECT_THAT(other.actual, HasSubstr("C-ECHO-RSP"));
  // What nobody had expected is still there.
  EXPECT_EQ(script.step("<expect><c-echo-rsp/></expect>").failure, Failure::none);
  EXPECT_EQ(script.conclude({}).verdict, Verdict::pass);
}

TEST(ToldSteps, A_wrong_step_is_no_fault_of_the_device) {
  Device device;
  Told script(device.host);
  EXPECT_EQ(script.step("<send><c-echo-rq/></send>").failure, Failure::not_ours);
  script.step("<connect/>");
  script.step(verification);
  EXPECT_EQ(script.step(R"(<send><c-echo-rq><set path="nowhere" number="1"/></c-echo-rq></send>)").failure,
            Failure::not_ours);
  EXPECT_FALSE(load_step("<sned/>"));
  EXPECT_FALSE(load_step("<wait for=\"1s\"/><wait for=\"1s\"/>"));
  EXPECT_FALSE(load_step("<include href=\"x\"/>"));
  EXPECT_EQ(script.conclude({}).verdict, Verdict::pass);
}

TEST(ToldSteps, Loops_ceremonies_and_several_connections_are_steps_as_well) {
  Device device;
  Told script(device.host);
  for (const auto* name : {"a", "b"}) {
    script.step("<connect as=\"" + std::string(name) + "\"/>");
    const auto done = script.step("<associate connection=\"" + std::string(name) +
                                  R"("><context abstract="Verification"/></associate>)");
    EXPECT_EQ(done.failure, Failure::none) << done.what;
  }
  const auto loop = script.step(R"(<repeat count="4"><send connection="b"><c-echo-rq/></send>
    <expect connection="b"><c-echo-rsp/></expect></repeat>)");
  EXPECT_EQ(loop.failure, Failure::none) << loop.what;
  EXPECT_EQ(std::ranges::count_if(loop.seen, [](const auto& one) { return one.item.message.has_value(); }), 4);
  EXPECT_EQ(script.step("<check-health/>").failure, Failure::none);
  EXPECT_EQ(script.step("<check-health/>").failure, Failure::none);
  EXPECT_EQ(script.conclude({}).traces.size(), 4u);
}

TEST(ToldSteps, The_rules_have_the_last_word) {
  // A release response with a length that is wrong.
  MemoryHost host([] {
    return std::make_unique<ScriptedPeer>([](const pdu::Framer::Frame& frame) -> ScriptedPeer::Reply {
      if (frame.type == 1) return {pdu::encode(pdu::AAssociateRj{1, 1, 200}), true};
      return {};
    });
  });
  Told script(host);
  script.step("<connect/>");
  const auto refused = script.step(verification);
  EXPECT_EQ(refused.failure, Failure::device);
  EXPECT_TRUE(refused.refusal);
  const auto result = script.conclude({});
  EXPECT_EQ(result.verdict, Verdict::fail) << result.reason;
  EXPECT_FALSE(result.deciding_rule.empty());
}

TEST(ToldSteps, A_refusal_is_judged_by_what_the_profile_claims) {
  const auto conclude = [](std::optional<bool> claimed) {
    MemoryHost host([] {
      return std::make_unique<ScriptedPeer>([](const pdu::Framer::Frame&) -> ScriptedPeer::Reply {
        return {pdu::encode(pdu::AAssociateRj{1, 1, 1}), true};
      });
    });
    auto env = environment();
    env.claims = [claimed](std::string_view) { return claimed; };
    Told script(host, R"(<needs claim="verification-scp"/>)", std::move(env));
    script.step("<connect/>");
    script.step(verification);
    return script
        .conclude({.verdict = Verdict::inconclusive, .reason = "refused", .actual = "A-ASSOCIATE-RJ", .refusal = true})
        .verdict;
  };
  EXPECT_EQ(conclude(true), Verdict::fail);
  EXPECT_EQ(conclude(std::nullopt), Verdict::inconclusive);
}

TEST(ToldSteps, A_conclusion_ends_a_step_that_waits) {
  Device device;
  Told script(device.host);
  script.step("<connect/>");
  const auto element = load_step(R"(<expect within="60m"><closed/></expect>)");
  ASSERT_TRUE(element);
  (*script).tell(*element, device.host.now());
  EXPECT_FALSE((*script).idle());
  const auto result = script.conclude({.verdict = Verdict::error, .reason = "the script hangs"});
  EXPECT_EQ(result.verdict, Verdict::error);
  EXPECT_EQ(result.reason, "the script hangs");
  EXPECT_LT(device.host.now().since_origin, std::chrono::minutes(1));
}

TEST(ToldSteps, A_head_is_checked_and_names_the_line_of_the_script) {
  const auto wrong = [](const std::string& text) {
    const auto loaded = load_head(text, "x.py", 12);
    return loaded ? std::string("nothing") : to_string(loaded.error().front());
  };
  EXPECT_THAT(wrong(head() + "<close/></scenario>"), HasSubstr("x.py:12:1: "));
  EXPECT_THAT(wrong("<scenario id=\"ps3.8/9.3/test\"/>"), HasSubstr("x.py:12:1: "));
  EXPECT_THAT(wrong("<steps/>"), HasSubstr("no <scenario>"));
  EXPECT_EQ(wrong(head() + "</scenario>"), "nothing");
}

}  // namespace
}  // namespace assay::scenario::test
