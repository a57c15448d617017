#include "fuzz/device/reply.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "fuzz/device/reply_talk.hpp"
#include "fuzz/device/scenario_text.hpp"
#include "harness/dimse/pdv.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::fuzz::device {
namespace {

using namespace std::chrono_literals;

constexpr const char* ct_storage = "1.2.840.10008.5.1.4.1.1.2";
constexpr const char* implicit = "1.2.840.10008.1.2";

Bytes request() {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "DEVICE";
  rq.items = {
      pdu::ApplicationContextItem{"1.2.840.10008.3.1.1.1"},
      pdu::PresentationContextItemRq{1, {pdu::AbstractSyntaxSubItem{ct_storage}, pdu::TransferSyntaxSubItem{implicit}}},
      pdu::UserInformationItem{{pdu::MaximumLengthSubItem{16384}, pdu::ImplementationClassUidSubItem{"2.25.1"}}}};
  return pdu::encode(rq);
}

Bytes accept() {
  pdu::AAssociateAc ac;
  ac.called_ae_title = "ANY-SCP";
  ac.calling_ae_title = "DEVICE";
  ac.items = {
      pdu::ApplicationContextItem{"1.2.840.10008.3.1.1.1"},
      pdu::PresentationContextItemAc{1, 0, {pdu::TransferSyntaxSubItem{implicit}}},
      pdu::UserInformationItem{{pdu::MaximumLengthSubItem{16384}, pdu::ImplementationClassUidSubItem{"2.25.2"}}}};
  return pdu::encode(ac);
}

Bytes message(dimse::CommandSet command, std::uint8_t context = 1) {
  Bytes out;
  dimse::Message m;
  m.context_id = context;
  if (command.has_data_set()) m.data_set = {0x10, 0, 0x10, 0, 2, 0, 0, 0, 'A', ' '};
  m.data_set_length = m.data_set.size();
  m.command = std::move(command);
  dimse::fragment(out, m, {});
  return out;
}

dimse::CommandSet store(std::uint16_t id, const std::string& uid) { return dimse::c_store_rq(id, ct_storage, uid); }

/// What was recorded: a store of 1.2.3 as message 7.
Conversation stored() {
  Conversation c{"c-store", "recorded", {}};
  c.steps.push_back({.what = Do::connect});
  c.steps.push_back({.what = Do::await, .await = Await::association});
  c.steps.push_back({.what = Do::send, .bytes = accept()});
  c.steps.push_back({.what = Do::await, .await = Await::messages});
  c.steps.push_back(
      {.what = Do::send, .bytes = message(dimse::response_to(store(7, "1.2.3"), 0)), .answers = {1, 7, 1, "1.2.3"}});
  c.steps.push_back({.what = Do::await, .await = Await::release});
  c.steps.push_back({.what = Do::send, .bytes = pdu::encode(pdu::AReleaseRp{})});
  c.steps.push_back({.what = Do::await, .await = Await::closed});
  return c;
}

trace::Trace trace_of_a_store() {
  observe::Observer observer(std::make_shared<trace::RuleBook>(), {});
  Instant now;
  const auto say = [&](trace::Side side, const Bytes& bytes) { observer.bytes(side, bytes, now = now + 1ms); };
  observer.opened(now);
  say(trace::Side::requestor, request());
  say(trace::Side::acceptor, accept());
  say(trace::Side::requestor, message(store(7, "1.2.3")));
  say(trace::Side::acceptor, message(dimse::response_to(store(7, "1.2.3"), 0)));
  say(trace::Side::requestor, pdu::encode(pdu::AReleaseRq{}));
  say(trace::Side::acceptor, pdu::encode(pdu::AReleaseRp{}));
  observer.closed(trace::Side::requestor, trace::Closing::fin, now + 1ms);
  observer.finish(now + 1ms);
  return observer.take_trace();
}

TEST(Replies, AreTheSideThatWasCalledAndKnowWhatTheyAnswer) {
  const auto trace = trace_of_a_store();
  const auto* one = &trace;
  EXPECT_EQ(to_text(replies_of("c-store", "recorded", std::span(&one, 1))), to_text(stored()));
}

TEST(Replies, AreTheSameAfterTheyWereATextAndWhatIsWrongInOneIsTold) {
  const auto text = to_text(stored());
  EXPECT_EQ(conversation_from_text(text), stored());
  for (const auto* wrong : {"answers=0:7:1:1.2.3", "answers=1:7:300:1.2.3", "answers=1:7:1:a b", "answers="}) {
    auto bad = text;
    bad.replace(bad.find("answers=1:7:1:1.2.3"), 19, wrong);
    EXPECT_FALSE(conversation_from_text(bad)) << wrong;
  }
}

TEST(Fitted, TakesWhatTheRequestSaysAndSetsTheLengthsRight) {
  const auto recorded = stored().steps[4];
  const auto now = fitted(recorded.bytes, recorded.answers, {300, 5, "1.2.840.99999", "C-STORE-RQ"});
  EXPECT_EQ(now, message(dimse::response_to(store(300, "1.2.840.99999"), 0), 5));
  EXPECT_EQ(fitted(now, {1, 300, 5, "1.2.840.99999"}, {7, 1, "1.2.3", ""}), recorded.bytes);
}

TEST(Fitted, LeavesWhatWasChangedAsItIs) {
  const auto recorded = stored().steps[4];
  const auto wrong = message(dimse::response_to(store(8, "1.2.4"), 0), 3);
  EXPECT_EQ(fitted(wrong, recorded.answers, {300, 5, "1.2.840.9", ""}), wrong);
}

TEST(Fitted, NoBytesAreTooStrange) {
  const auto whole = stored().steps[4];
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    auto bytes = whole.bytes;
    for (auto times = 1 + random.below(6); times > 0; --times)
      bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
    bytes.resize(random.below(bytes.size() + 1));
    const auto out = fitted(bytes, whole.answers, {300, 5, "1.2.840.99999", ""});
    EXPECT_LE(out.size(), bytes.size() + 64);
  }
}

TEST(ReplyMutations, EachChangesAnswersThatHaveWhatItNeedsAndNoneWithoutSteps) {
  for (const auto& one : reply_mutations()) {
    bool changed = false;
    for (std::uint64_t seed = 0; seed < 50 && !changed; ++seed) {
      auto c = stored();
      Random random(seed);
      changed = one.mutate(c, stored(), random) && c != stored();
      Conversation empty;
      EXPECT_FALSE(one.mutate(empty, {}, random)) << one.name;
      EXPECT_EQ(empty, Conversation{}) << one.name;
    }
    EXPECT_TRUE(changed) << one.name;
  }
}

TEST(ReplyMutations, TheSameNumbersGiveTheSameAnswersAndNobodyIsCalled) {
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < 300; ++i) {
    Random one(7, i);
    Random again(7, i);
    const auto first = mutated_replies(stored(), stored(), one);
    EXPECT_EQ(first, mutated_replies(stored(), stored(), again));
    EXPECT_LE(std::ranges::count(first.steps, Do::connect, &Step::what), 1);
    EXPECT_LE(first.steps.size(), max_steps);
    EXPECT_LE(first.bytes(), max_bytes);
    seen.insert(to_text(first));
  }
  EXPECT_GT(seen.size(), 200U);
}

/// A device that says the next of its lines after each thing it hears; time passes only when nothing else happens.
struct Stage {
  explicit Stage(const Conversation& c,
                 std::shared_ptr<const trace::RuleBook> rules = std::make_shared<trace::RuleBook>())
      : talk(c, options(std::move(rules))) {}

  static TalkOptions options(std::shared_ptr<const trace::RuleBook> rules = std::make_shared<trace::RuleBook>()) {
    TalkOptions o;
    o.rules = std::move(rules);
    return o;
  }

  /// `device`: what it says to this; to nothing at first.
  Outcome play(const std::function<Bytes(const Bytes&)>& device) {
    talk.start(now);
    talk.called(0, now);
    hear({}, device);
    while (!talk.done()) {
      if (auto command = talk.next_command()) {
        now = now + 1ms;
        if (command->kind == ReplyCommand::Kind::send) {
          sent.push_back(command->bytes);
          talk.sent(command->line, now);
          hear(command->bytes, device);
        }
      } else if (const auto deadline = talk.next_deadline()) {
        now = *deadline;
        talk.expire(now);
      } else {
        ADD_FAILURE() << "nothing to do, and not over";
        break;
      }
    }
    return talk.finish(now, "exit 0");
  }

  void hear(const Bytes& bytes, const std::function<Bytes(const Bytes&)>& device) {
    const auto answer = device(bytes);
    if (!answer.empty()) talk.received(0, answer, now = now + 1ms);
  }

  ReplyTalk talk;
  Instant now;
  std::vector<Bytes> sent;
};

/// Stores 1.2.840.5 as message 40.
Bytes healthy(const Bytes& heard) {
  if (heard.empty()) return request();
  switch (heard[0]) {
    case 2: return message(store(40, "1.2.840.5"));
    case 4: return pdu::encode(pdu::AReleaseRq{});
    default: return {};
  }
}

TEST(ReplyTalk, AHealthyDeviceIsAnsweredWhatItHasAskedAndAccusedOfNothing) {
  const auto c = stored();
  Stage stage(c);
  const auto outcome = stage.play(healthy);
  EXPECT_TRUE(outcome.answered);
  EXPECT_TRUE(outcome.forbidden.empty());
  EXPECT_TRUE(outcome.silences.empty());
  ASSERT_EQ(stage.sent.size(), 3U);
  EXPECT_EQ(stage.sent[1], message(dimse::response_to(store(40, "1.2.840.5"), 0)));
  EXPECT_NE(std::ranges::find(outcome.cells, "Sta6 C-STORE-RQ C-STORE-RSP success -> A-RELEASE-RQ"),
            outcome.cells.end());
  EXPECT_TRUE(std::ranges::any_of(outcome.cells, [](const std::string& cell) { return cell.ends_with(" -> exit 0"); }));
  EXPECT_EQ(outcome.traces.size(), 1U);
}

TEST(ReplyTalk, WhatTheStateTableForbidsIsSeen) {
  const auto c = stored();
  const auto outcome =
      Stage(c).play([](const Bytes& heard) { return !heard.empty() && heard[0] == 4 ? request() : healthy(heard); });
  EXPECT_FALSE(outcome.forbidden.empty());
}

TEST(ReplyTalk, APduThatIsNotAllowedIsAccusedButNotWhereHalfAPduOfOursHasCome) {
  auto c = stored();
  const auto twice = [](const Bytes& heard) {
    auto answer = healthy(heard);
    if (!heard.empty() && heard[0] == 4) append(answer, pdu::encode(pdu::AReleaseRq{}));
    return answer;
  };
  EXPECT_FALSE(Stage(c).play(twice).forbidden.empty());

  c.steps[4].bytes = {4, 0};
  EXPECT_TRUE(Stage(c).play(twice).forbidden.empty());
}

TEST(ReplyTalk, AReactionToWhatWeBrokeIsNotAccused) {
  auto c = stored();
  c.steps[4].bytes = accept();
  const auto outcome =
      Stage(c).play([](const Bytes& heard) { return !heard.empty() && heard[0] == 2 ? request() : healthy(heard); });
  EXPECT_TRUE(
      std::ranges::none_of(outcome.forbidden, [](const Forbidden& f) { return f.state.contains("C-STORE-RSP"); }));
}

/// Says of each request of the device that a UID in its Data Set has a wrong character.
struct UidAccuser : trace::RuleRun {
  void on_entry(const trace::Entry& entry, const trace::Negotiated&, trace::Reporter& reporter) override {
    const auto* const seen = std::get_if<trace::MessageSeen>(&entry.what);
    if (seen == nullptr || seen->from != trace::Side::requestor) return;
    trace::Finding finding;
    finding.rule = info.id;
    finding.side = seen->from;
    reporter.report(std::move(finding));
  }
  static constexpr trace::RuleInfo info{"ps3.5/9.1/uid-characters", "PS3.5 9.1", trace::Severity::error, "", ""};
};

TEST(ReplyTalk, AUidThatWeSpoiltIsNotTheFaultOfTheDeviceThatUsesIt) {
  auto book = std::make_shared<trace::RuleBook>();
  book->add({{UidAccuser::info}, [] { return std::make_unique<UidAccuser>(); }});
  auto c = stored();
  const auto uses_it = [](const Bytes& heard) {
    return !heard.empty() && heard[0] == 4 ? message(store(41, "1.2.840.6")) : healthy(heard);
  };
  const auto accused = [&] {
    const auto outcome = Stage(c, book).play(uses_it);
    return std::ranges::count_if(outcome.forbidden, [](const Forbidden& f) { return f.state.contains("C-STORE-RSP"); });
  };
  EXPECT_EQ(accused(), 1);
  c.steps[4].bytes = message(dimse::response_to(store(40, "1.2.840@5"), 0));
  c.steps[4].answers = {};
  EXPECT_EQ(accused(), 0);
}

TEST(ReplyTalk, SilenceToAReleaseOfOursIsSeenAndSilenceToAResponseIsNot) {
  auto c = stored();
  const auto mute = [](const Bytes& heard) { return !heard.empty() && heard[0] >= 4 ? Bytes{} : healthy(heard); };
  EXPECT_TRUE(Stage(c).play(mute).silences.empty());
  c.steps[6].bytes = pdu::encode(pdu::AReleaseRq{});
  c.steps[7] = {.what = Do::await, .await = Await::release};
  EXPECT_EQ(Stage(c).play(mute).silences.size(), 1U);
}

TEST(ReplyTalk, NothingIsSaidOnALineThatWasNotTaken) {
  auto c = stored();
  c.steps[0] = {.what = Do::pause, .pause = 100ms};
  Stage stage(c);
  stage.play(healthy);
  EXPECT_TRUE(stage.sent.empty());
}

TEST(ReplyTalk, ADeviceThatEndsWithoutACallIsTold) {
  const auto c = stored();
  ReplyTalk talk(c, Stage::options());
  talk.start({});
  EXPECT_FALSE(talk.done());
  talk.ended({});
  EXPECT_TRUE(talk.done());
  EXPECT_TRUE(talk.finish({}).refused);
}

TEST(ReplyScenario, TheDeviceIsMadeToCallAndHasToEnd) {
  const auto xml =
      to_scenario(stored(), {.id = "fuzz/1", .title = "a", .advice = "x", .ends_within = 5s, .answers = true});
  for (const auto* part : {"role=\"acceptor\"", "<listen/>", "<operate action=\"call\"/>", "<accept as=\"c1\"/>",
                           "<check-ended within=\"5000ms\"/>"}) {
    EXPECT_NE(xml.find(part), std::string::npos) << part << xml;
  }
  EXPECT_EQ(xml.find("check-health"), std::string::npos);
}

}  // namespace
}  // namespace assay::fuzz::device
