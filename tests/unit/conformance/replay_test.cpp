// harness/scenario/replay.hpp: recorded conversations become scenarios that load, say the same bytes, and are judged as
// the recording was.
#include "harness/scenario/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "conformance/rules/standard_rules.hpp"
#include "harness/observe/observer.hpp"
#include "harness/scenario/builder.hpp"
#include "tests/unit/scenario/memory_host.hpp"

namespace assay::scenario::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using trace::Side;

Environment judging() {
  auto out = environment();
  out.rules = conformance::standard_rules();
  return out;
}

struct Recorded {
  trace::CaseResult result;
  trace::Trace trace;
};

std::optional<Recorded> play(const Case& scenario_case, MemoryHost& host, Environment env = judging()) {
  Interpreter interpreter(scenario_case, std::move(env));
  Recorded out{host.run(interpreter), {}};
  if (out.result.traces.empty()) {
    ADD_FAILURE() << out.result.reason;
    return std::nullopt;
  }
  out.trace = out.result.traces.front();
  return out;
}

std::optional<Recorded> play(std::string_view steps, MemoryHost& host,
                             std::string_view attributes = R"(role="requestor")") {
  const auto all = cases(steps, attributes);
  if (all.empty()) {
    ADD_FAILURE() << "the scenario does not load";
    return std::nullopt;
  }
  return play(all.front(), host);
}

std::multiset<std::string> faults(const trace::Trace& trace) {
  std::multiset<std::string> out;
  for (const auto& one : trace.findings) out.insert(std::string(trace::name(one.side)) + " " + one.rule);
  return out;
}

/// What one side sent, PDU by PDU.
std::vector<std::uint64_t> said(const trace::Trace& trace, Side side) {
  std::vector<std::uint64_t> out;
  for (const auto& entry : trace.entries)
    if (const auto* seen = std::get_if<trace::PduSeen>(&entry.what); seen != nullptr && seen->from == side)
      out.push_back(seen->digest);
  return out;
}

std::optional<Replay> written(const trace::Trace& trace, Side side, std::size_t inline_bytes = 16U << 10) {
  ReplayOptions options;
  options.side = side;
  options.inline_bytes = inline_bytes;
  auto replay = write_replay(trace, options);
  if (!replay) {
    ADD_FAILURE() << replay.error();
    return std::nullopt;
  }
  return std::move(*replay);
}

std::optional<Case> case_of(const Replay& replay) {
  auto loaded = load(replay.xml, "replay.xml");
  if (!loaded) {
    ADD_FAILURE() << to_string(loaded.error().front()) << "\n" << replay.xml;
    return std::nullopt;
  }
  return cases_of(std::make_shared<const Scenario>(std::move(loaded->front()))).front();
}

struct Device {
  service::MemoryStore store;
  MemoryHost host{[this] { return std::make_unique<Archive>(store); }};
};

/// Records the steps against the archive, replays the requestor against a fresh one: same bytes, same findings.
void replays_as_requestor(std::string_view steps, std::size_t inline_bytes = 16U << 10) {
  Device recorded_with;
  const auto recorded = play(steps, recorded_with.host);
  ASSERT_TRUE(recorded);
  const auto replay = written(recorded->trace, Side::requestor, inline_bytes);
  ASSERT_TRUE(replay);
  EXPECT_TRUE(replay->exact()) << replay->remarks.front();
  const auto again = case_of(*replay);
  ASSERT_TRUE(again);
  Device replayed_with;
  auto env = judging();
  env.read_file = [&](std::string_view path) -> std::optional<Bytes> {
    for (const auto& file : replay->files)
      if (file.name == path) return file.bytes;
    return std::nullopt;
  };
  const auto second = play(*again, replayed_with.host, env);
  ASSERT_TRUE(second);
  EXPECT_EQ(trace::name(second->result.verdict), "pass") << second->result.reason << "\n" << replay->xml;
  EXPECT_EQ(said(second->trace, Side::requestor), said(recorded->trace, Side::requestor)) << replay->xml;
  EXPECT_EQ(faults(second->trace), faults(recorded->trace)) << replay->xml;
}

TEST(Replay, An_echo_is_said_again_byte_for_byte) {
  replays_as_requestor(R"(<associate><context abstract="Verification"/></associate>
    <send><c-echo-rq/></send><expect><c-echo-rsp/></expect><release/>)");
}

TEST(Replay, A_stored_image_stands_in_the_scenario_or_beside_it) {
  const std::string steps = R"(<associate><context id="3" abstract="CTImageStorage" transfer="ExplicitVRLittleEndian"/>
    </associate><send><c-store-rq priority="2"><data-set synthetic="CT" size="3000"/></c-store-rq></send>
    <expect><c-store-rsp/></expect><release/>)";
  replays_as_requestor(steps);
  replays_as_requestor(steps, 100);
}

TEST(Replay, A_query_expects_matches_and_then_the_final_status) {
  const std::string steps = R"(<associate><context abstract="StudyRootQueryRetrieveInformationModelFind"/></associate>
    <send><c-find-rq/></send><expect><optional><c-find-rsp status="FF00|FF01"/></optional><c-find-rsp status="0000"/>
    </expect><release/>)";
  replays_as_requestor(steps);
}

TEST(Replay, Every_packing_is_kept) {
  for (const auto* packing :
       {R"(fragment="500")", R"(fragment="400" values-per-pdu="2")", R"(packing="together" values-per-pdu="4")"}) {
    SCOPED_TRACE(packing);
    replays_as_requestor(R"(<associate><context abstract="CTImageStorage"/></associate><send><c-store-rq )" +
                         std::string(packing) +
                         R"(><data-set synthetic="CT" size="3000"/></c-store-rq></send><expect><c-store-rsp/></expect>
                         <release/>)");
  }
}

TEST(Replay, All_of_the_negotiation_is_said_again) {
  replays_as_requestor(R"(<associate called-ae="THE ARCHIVE" calling-ae="CT1" max-length="32768"
      implementation-class-uid="1.2.3.4" implementation-version-name="V_1">
    <context id="5" abstract="CTImageStorage" transfer="ImplicitVRLittleEndian ExplicitVRLittleEndian"/>
    <context id="7" abstract="1.2.3.4.5.6" required="no"/>
    <role sop-class="CTImageStorage" scu="1" scp="1"/>
    <extended-negotiation sop-class="CTImageStorage" hex="0102"/>
    <user-identity type="1" primary="anna"/></associate><release/>)");
}

TEST(Replay, Wrong_things_are_wrong_again_and_blamed_on_nobody_else) {
  for (const std::string_view steps :
       {R"(<send><raw hex="ffffffff0000"/></send><expect><a-abort/></expect><close/>)",
        R"(<associate><context abstract="Verification"/></associate><send><p-data><pdv context="9" control="3"
             hex="00"/></p-data></send><expect><a-abort/></expect><close/>)",
        R"(<send><a-associate-rq protocol-version="0"><context abstract="Verification"/><set path="protocol-version"
             number="0"/></a-associate-rq></send><expect><any/></expect><close/>)",
        R"(<associate><context abstract="Verification"/></associate><send><a-associate-rq/></send>
             <expect><a-abort/></expect><close/>)",
        R"(<associate><context abstract="Verification"/></associate><close how="rst"/>)",
        R"(<associate><context abstract="Verification"/></associate><send truncate="40"><c-echo-rq/></send>
             <close/>)"}) {
    SCOPED_TRACE(steps);
    Device first;
    const auto recorded = play(steps, first.host);
    ASSERT_TRUE(recorded);
    const auto replay = written(recorded->trace, Side::requestor);
    ASSERT_TRUE(replay);
    const auto again = case_of(*replay);
    ASSERT_TRUE(again);
    Device second;
    const auto replayed = play(*again, second.host);
    ASSERT_TRUE(replayed);
    EXPECT_NE(trace::name(replayed->result.verdict), "error") << replayed->result.reason << "\n" << replay->xml;
    EXPECT_EQ(said(replayed->trace, Side::requestor), said(recorded->trace, Side::requestor)) << replay->xml;
    EXPECT_EQ(replayed->trace.bytes_from_requestor, recorded->trace.bytes_from_requestor) << replay->xml;
    EXPECT_EQ(faults(replayed->trace), faults(recorded->trace)) << replay->xml;
  }
}

dimse::Message message(dimse::CommandSet command, Bytes data = {}) {
  dimse::Message out;
  out.command = std::move(command);
  out.data_set = std::move(data);
  out.data_set_length = out.data_set.size();
  out.command.elements().set_u16(tags::CommandDataSetType, out.data_set.empty() ? dimse::no_data_set : 1);
  return out;
}

Bytes image(std::string_view sop_instance) {
  UidSource uids(3);
  return dataset::encode(synthetic_image("CT", 64, dataset::implicit_le, sop_instance, uids), dataset::implicit_le);
}

/// A modality calls a scripted acceptor; the recording is replayed as acceptor to the same modality.
void replays_as_acceptor(std::string_view abstract, const std::vector<dimse::Message>& messages,
                         std::string_view answers, std::string_view operate) {
  const auto modality = [&] { return std::make_unique<Modality>(std::string(abstract), messages); };
  MemoryHost host(nullptr);
  host.when_operated(modality);
  const auto recorded = play("<associate/>" + std::string(answers) + "<release/>", host,
                             "role=\"acceptor\" operate=\"" + std::string(operate) + "\"");
  ASSERT_TRUE(recorded);
  EXPECT_EQ(trace::name(recorded->result.verdict), "pass") << recorded->result.reason;
  const auto replay = written(recorded->trace, Side::acceptor);
  ASSERT_TRUE(replay);
  EXPECT_TRUE(replay->exact()) << replay->remarks.front();
  EXPECT_THAT(replay->xml, HasSubstr("operate=\"" + std::string(operate) + "\""));
  const auto again = case_of(*replay);
  ASSERT_TRUE(again);
  MemoryHost second(nullptr);
  second.when_operated(modality);
  const auto replayed = play(*again, second);
  ASSERT_TRUE(replayed);
  EXPECT_EQ(trace::name(replayed->result.verdict), "pass") << replayed->result.reason << "\n" << replay->xml;
  EXPECT_EQ(said(replayed->trace, Side::acceptor), said(recorded->trace, Side::acceptor)) << replay->xml;
  EXPECT_EQ(faults(replayed->trace), faults(recorded->trace)) << replay->xml;
  // An answer to the request that came last says nothing of that request.
  EXPECT_THAT(replay->xml, Not(HasSubstr("responding-to")));
}

TEST(Replay, An_acceptor_is_played_for_the_device_that_called) {
  replays_as_acceptor(uids::Verification, {message(dimse::c_echo_rq(7))},
                      "<expect><c-echo-rq/></expect><send><c-echo-rsp/></send>", "echo");
  replays_as_acceptor(uids::CTImageStorage,
                      {message(dimse::c_store_rq(1, uids::CTImageStorage, "1.2.3"), image("1.2.3")),
                       message(dimse::c_store_rq(2, uids::CTImageStorage, "1.2.4"), image("1.2.4"))},
                      R"(<expect><c-store-rq/></expect><send><c-store-rsp/></send>
                      <expect><c-store-rq/></expect><send><c-store-rsp status="A700" error-comment="full"/></send>)",
                      "store");
}

TEST(Replay, Answers_out_of_order_name_what_they_answer) {
  // Two requests before the first answer: only a variable can say which one is meant.
  trace::Trace recorded;
  observe::Observer observer(conformance::standard_rules(), {});
  Instant now;
  observer.opened(now);
  Dialogue dialogue;
  UidSource uids(1);
  const BuildInput input{"A", "B", &uids, {}};
  const auto say = [&](Side side, std::string_view element) {
    const auto all = cases("<send>" + std::string(element) + "</send><expect><any/></expect>");
    ASSERT_FALSE(all.empty());
    dialogue.we_opened = side == Side::requestor;
    const auto built = build(all.front().scenario->steps.front().children.front(), dialogue, input);
    ASSERT_TRUE(built) << built.error().message;
    if (built->rq) dialogue.note(*built->rq);
    if (built->ac) dialogue.note(*built->ac);
    if (built->request) dialogue.received = built->request;
    observer.bytes(side, built->bytes, now);
  };
  say(Side::requestor, R"(<a-associate-rq><context abstract="CTImageStorage"/><async invoked="2" performed="2"/>
    </a-associate-rq>)");
  say(Side::acceptor, R"(<a-associate-ac><async invoked="2" performed="2"/></a-associate-ac>)");
  say(Side::requestor, R"(<c-store-rq message-id="11" sop-instance="1.2.11"/>)");
  say(Side::requestor, R"(<c-store-rq message-id="12" sop-instance="1.2.12"/>)");
  say(Side::acceptor, R"(<c-store-rsp responding-to="12" sop-instance="1.2.12"/>)");
  say(Side::acceptor, R"(<c-store-rsp responding-to="11" sop-instance="1.2.11"/>)");
  observer.finish(now);
  const auto replay = written(observer.trace(), Side::acceptor);
  ASSERT_TRUE(replay);
  EXPECT_TRUE(replay->exact()) << replay->remarks.front();
  EXPECT_THAT(replay->xml, HasSubstr("field=\"message-id\" as=\"id-3\""));
  EXPECT_THAT(replay->xml, HasSubstr("responding-to=\"${id-3}\""));
  EXPECT_THAT(replay->xml, HasSubstr("sop-instance=\"${instance-5}\""));
}

TEST(Replay, A_slow_answer_gets_the_time_it_took_and_more) {
  Device device;
  const auto quick = play(R"(<associate><context abstract="Verification"/></associate><send><c-echo-rq/></send>
    <expect><c-echo-rsp/></expect><release/>)",
                          device.host);
  ASSERT_TRUE(quick);
  observe::Observer observer(conformance::standard_rules(), {});
  observer.opened({});
  Instant now{};
  for (const auto& entry : quick->trace.entries) {
    const auto* seen = std::get_if<trace::PduSeen>(&entry.what);
    if (seen == nullptr) continue;
    const bool response = seen->from == Side::acceptor && seen->type == 4;
    now = now + std::chrono::seconds(response ? 20 : 1);
    // In two pieces: the time until the whole answer counts.
    observer.bytes(seen->from, ByteView(seen->bytes).first(8), now);
    if (response) now = now + std::chrono::seconds(5);
    observer.bytes(seen->from, ByteView(seen->bytes).subspan(8), now);
  }
  observer.finish(now);
  const auto replay = written(observer.trace(), Side::requestor);
  ASSERT_TRUE(replay);
  EXPECT_THAT(replay->xml, HasSubstr("<expect within=\"60s\" judge=\"yes\">\n    <c-echo-rsp")) << replay->xml;
}

TEST(Replay, Bytes_that_were_not_kept_are_told_of) {
  observe::Options options;
  options.keep_bytes = 2000;
  options.keep_data_set_bytes = 1000;
  observe::Observer observer(conformance::standard_rules(), options);
  Device device;
  const auto whole = play(R"(<associate><context abstract="CTImageStorage"/></associate>
    <send><c-store-rq><data-set synthetic="CT" size="30000"/></c-store-rq></send><expect><c-store-rsp/></expect>
    <release/>)",
                          device.host);
  ASSERT_TRUE(whole);
  observer.opened({});
  for (const auto& entry : whole->trace.entries)
    if (const auto* seen = std::get_if<trace::PduSeen>(&entry.what)) observer.bytes(seen->from, seen->bytes, entry.at);
  observer.finish({});
  const auto replay = written(observer.trace(), Side::requestor);
  ASSERT_TRUE(replay);
  EXPECT_FALSE(replay->exact());
  EXPECT_THAT(replay->xml, HasSubstr("was not kept: a synthetic one is sent"));
  EXPECT_THAT(replay->xml, HasSubstr("synthetic=\"CT\""));
  // Its bytes are not needed to play the other side.
  const auto other = written(observer.trace(), Side::acceptor);
  ASSERT_TRUE(other);
  EXPECT_TRUE(other->exact());
}

TEST(Replay, A_query_that_was_not_kept_gives_no_scenario_but_a_reason) {
  observe::Options options;
  options.keep_bytes = 0;
  options.keep_data_set_bytes = 0;
  observe::Observer observer(conformance::standard_rules(), options);
  Device device;
  const auto whole = play(R"(<associate><context abstract="StudyRootQueryRetrieveInformationModelFind"/></associate>
    <send><c-find-rq/></send><expect><c-find-rsp/></expect><release/>)",
                          device.host);
  ASSERT_TRUE(whole);
  observer.opened({});
  for (const auto& entry : whole->trace.entries)
    if (const auto* seen = std::get_if<trace::PduSeen>(&entry.what)) observer.bytes(seen->from, seen->bytes, entry.at);
  observer.finish({});
  ReplayOptions asked;
  const auto replay = write_replay(observer.trace(), asked);
  ASSERT_FALSE(replay);
  EXPECT_THAT(replay.error(), HasSubstr("was not kept"));
}

TEST(Replay, Titles_with_odd_characters_are_sent_as_raw_bytes) {
  for (const std::string& title : {std::string("A${x}"), std::string("\xc4RCHIV"), std::string("\x01\x02")}) {
    pdu::AAssociateRq rq;
    rq.called_ae_title = title;
    rq.calling_ae_title = "B";
    rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
    observe::Observer observer(nullptr, {});
    observer.opened({});
    const auto bytes = pdu::encode(rq);
    observer.bytes(Side::requestor, bytes, {});
    observer.closed(Side::requestor, trace::Closing::fin, {});
    observer.finish({});
    const auto replay = written(observer.trace(), Side::requestor);
    ASSERT_TRUE(replay);
    EXPECT_THAT(replay->xml, HasSubstr("<raw hex=\""));
    EXPECT_TRUE(case_of(*replay));
  }
}

TEST(Replay, Damaged_conversations_give_scenarios_that_load) {
  Device device;
  const auto whole = play(R"(<associate><context abstract="CTImageStorage"/><context abstract="Verification"/>
    <role sop-class="CTImageStorage" scu="1" scp="1"/></associate>
    <send><c-echo-rq/></send><expect><c-echo-rsp/></expect>
    <send><c-store-rq context="CTImageStorage"><data-set synthetic="CT" size="64"/></c-store-rq></send>
    <expect><c-store-rsp/></expect><release/>)",
                          device.host);
  ASSERT_TRUE(whole);
  std::vector<const trace::PduSeen*> pdus;
  for (const auto& entry : whole->trace.entries)
    if (const auto* seen = std::get_if<trace::PduSeen>(&entry.what)) pdus.push_back(seen);
  std::mt19937 random(11);
  const int rounds = std::getenv("ASSAY_LONG") != nullptr ? 5000 : 150;
  for (int round = 0; round < rounds; ++round) {
    observe::Observer observer(nullptr, {});
    observer.opened({});
    const auto broken = random() % pdus.size();
    for (std::size_t i = 0; i < pdus.size(); ++i) {
      auto bytes = pdus[i]->bytes;
      if (i == broken)
        for (auto times = 1 + random() % 3; times > 0; --times)
          bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
      observer.bytes(pdus[i]->from, bytes, {});
    }
    if (round % 2 == 0) observer.closed(round % 4 == 0 ? Side::requestor : Side::acceptor, trace::Closing::fin, {});
    observer.finish({});
    for (const auto side : {Side::requestor, Side::acceptor}) {
      ReplayOptions options;
      options.side = side;
      const auto replay = write_replay(observer.trace(), options);
      EXPECT_TRUE(replay) << round << ": " << (replay ? "" : replay.error()) << "\n" << to_text(observer.trace());
      if (replay) {
        EXPECT_TRUE(replay->exact()) << round << ": " << replay->remarks.front();
      }
    }
  }
}

TEST(Replay, A_side_that_says_nothing_still_gives_a_scenario) {
  for (const auto side : {Side::requestor, Side::acceptor}) {
    observe::Observer observer(nullptr, {});
    observer.opened({});
    observer.closed(side, trace::Closing::fin, {});
    observer.finish({});
    for (const auto played : {Side::requestor, Side::acceptor}) {
      const auto replay = written(observer.trace(), played);
      ASSERT_TRUE(replay);
      EXPECT_TRUE(case_of(*replay));
    }
  }
}

}  // namespace
}  // namespace assay::scenario::test
