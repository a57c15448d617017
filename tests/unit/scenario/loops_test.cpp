// Measured steps, ramps that end themselves, and runs of optional messages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/scenario/interpreter.hpp"
#include "tests/unit/scenario/memory_host.hpp"

namespace assay::scenario::test {
namespace {

using testing::HasSubstr;
using trace::Verdict;

trace::CaseResult play(std::string_view steps, MemoryHost& host) {
  const auto all =
      cases(steps, R"(role="requestor")",
            R"(<observe name="limit"/><ignore-finding rule="ps3.8/*" reason="the peer here is a script"/>)");
  if (all.empty()) return {};
  Interpreter interpreter(all.front(), environment());
  return host.run(interpreter);
}

std::string observed(const trace::CaseResult& result, std::string_view name) {
  for (const auto& one : result.observations)
    if (one.name == name) return one.value;
  return "nothing";
}

/// Accepts `limit` associations and refuses the rest as above its limit.
struct Limited {
  explicit Limited(std::size_t limit)
      : host([this, limit]() -> std::unique_ptr<Peer> {
          if (taken++ < limit) return std::make_unique<Archive>(store);
          return std::make_unique<ScriptedPeer>(
              [](const auto&) { return ScriptedPeer::Reply{pdu::encode(pdu::AAssociateRj{2, 3, 2})}; });
        }) {}
  service::MemoryStore store;
  std::size_t taken = 0;
  MemoryHost host;
};

constexpr std::string_view ramp = R"xml(<connect/><close/><let name="held" value="0"/>
  <repeat count="40" variable="n">
    <connect as="c${n}" required="no"/>
    <send connection="c${n}"><a-associate-rq><context abstract="Verification"/></a-associate-rq></send>
    <expect connection="c${n}" judge="yes"><a-associate-ac/>
      <tolerate verdict="pass" note="told" observe="limit=${held}" leave="yes"><a-associate-rj reason="2"/></tolerate>
      <tolerate verdict="pass" note="gone" observe="limit=${held} (closed)" leave="yes"><closed/></tolerate>
    </expect>
    <let name="held" value="${n}"/>
  </repeat>
  <note>behind the loop</note>)xml";

TEST(Loops, A_ramp_ends_at_the_first_refusal_and_records_how_many_were_held) {
  Limited device(7);
  const auto result = play(ramp, device.host);
  EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  EXPECT_EQ(observed(result, "limit"), "6");  // the connection before the ramp was the first of the seven
  EXPECT_EQ(device.taken, 8u);
}

TEST(Loops, A_loop_goes_on_while_a_value_is_within_a_range_that_was_counted_before) {
  Limited device(20);
  const auto result = play(R"xml(<connect/><close/><let name="held" value="3"/><let name="rounds" value="0"/>
    <connect as="r"/>
    <repeat count="50" variable="n" while="n" is="0..${held}"><let name="rounds" value="${n}"/></repeat>
    <send connection="r"><a-associate-rq><context abstract="Verification"/></a-associate-rq></send>
    <expect connection="r" judge="yes">
      <a-associate-rj/>
      <tolerate verdict="pass" note="counted" observe="limit=${rounds}"><a-associate-ac/></tolerate>
    </expect>)xml",
                           device.host);
  EXPECT_EQ(observed(result, "limit"), "4");  // asked after each round: the one after the last that is within
}

TEST(Loops, A_ramp_that_is_never_refused_goes_through_all_its_rounds) {
  Limited device(1000);
  const auto result = play(ramp, device.host);
  EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  EXPECT_EQ(observed(result, "limit"), "nothing");
  EXPECT_EQ(device.taken, 41u);
}

TEST(Loops, A_connection_that_need_not_be_taken_counts_as_closed) {
  service::MemoryStore store;
  int taken = 0;
  MemoryHost host([&]() -> std::unique_ptr<Peer> {
    if (++taken > 3) return nullptr;
    return std::make_unique<Archive>(store);
  });
  const auto result = play(ramp, host);
  EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  EXPECT_EQ(observed(result, "limit"), "2 (closed)");
}

TEST(Loops, A_measured_wait_is_an_observation_and_stands_in_the_trace) {
  service::MemoryStore store;
  MemoryHost host([&] { return std::make_unique<Archive>(store); });
  const auto result = play(R"(<measure name="wait"><wait for="1500ms"/><expect judge="yes"><silence for="1s"/></expect>
    </measure><close/>)",
                           host);
  EXPECT_EQ(result.verdict, Verdict::pass) << result.reason;
  EXPECT_EQ(observed(result, "wait"), "2.5 s");
  ASSERT_FALSE(result.traces.empty());
  EXPECT_THAT(trace::to_text(result.traces.front(), false), HasSubstr("wait: 2.5 s"));
}

TEST(Loops, What_did_not_end_is_not_measured) {
  service::MemoryStore store;
  MemoryHost host([&] { return std::make_unique<Archive>(store); });
  const auto result =
      play(R"(<measure name="wait"><expect judge="yes" within="2s"><closed/></expect></measure>)", host);
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(observed(result, "wait"), "nothing");
}

TEST(Loops, Each_optional_run_has_its_own_count) {
  const auto answer = [](const pdu::Framer::Frame&) {
    Bytes bytes = pdu::encode(pdu::AReleaseRq{});
    append(bytes, ByteView(pdu::encode(pdu::AReleaseRp{})));
    append(bytes, ByteView(pdu::encode(pdu::AAbort{})));
    return ScriptedPeer::Reply{bytes};
  };
  const auto with = [&](std::string_view first, std::string_view second) {
    MemoryHost host([&] { return std::make_unique<ScriptedPeer>(answer); });
    return play(R"(<send provoke="yes"><a-release-rq/></send><expect><optional )" + std::string(first) +
                    R"(><a-release-rq/></optional><optional )" + std::string(second) +
                    R"(><a-release-rp/></optional><a-abort/></expect><close/>)",
                host);
  };
  const auto check = [&](std::string_view first, std::string_view second, Verdict wanted) {
    const auto result = with(first, second);
    EXPECT_EQ(result.verdict, wanted) << first << second << ": " << result.reason << "; " << result.actual;
  };
  check(R"(max="1")", R"(max="1")", Verdict::pass);
  check(R"(min="1")", R"(min="1")", Verdict::pass);
  check(R"(min="2")", R"(min="1")", Verdict::fail);
  check(R"(min="1")", R"(min="2")", Verdict::fail);
}

}  // namespace
}  // namespace assay::scenario::test
