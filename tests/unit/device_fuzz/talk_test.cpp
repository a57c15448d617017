#include "fuzz/device/talk.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "fuzz/device/scenario_text.hpp"
#include "harness/dimse/pdv.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::fuzz::device {
namespace {

using namespace std::chrono_literals;

constexpr const char* verification = "1.2.840.10008.1.1";
constexpr const char* implicit = "1.2.840.10008.1.2";

Bytes request() {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "ASSAY";
  rq.items = {
      pdu::ApplicationContextItem{"1.2.840.10008.3.1.1.1"},
      pdu::PresentationContextItemRq{1,
                                     {pdu::AbstractSyntaxSubItem{verification}, pdu::TransferSyntaxSubItem{implicit}}},
      pdu::UserInformationItem{{pdu::MaximumLengthSubItem{16384}, pdu::ImplementationClassUidSubItem{"2.25.1"}}}};
  return pdu::encode(rq);
}

Bytes accept() {
  pdu::AAssociateAc ac;
  ac.called_ae_title = "ANY-SCP";
  ac.calling_ae_title = "ASSAY";
  ac.items = {
      pdu::ApplicationContextItem{"1.2.840.10008.3.1.1.1"},
      pdu::PresentationContextItemAc{1, 0, {pdu::TransferSyntaxSubItem{implicit}}},
      pdu::UserInformationItem{{pdu::MaximumLengthSubItem{16384}, pdu::ImplementationClassUidSubItem{"2.25.2"}}}};
  return pdu::encode(ac);
}

Bytes message(dimse::CommandSet command) {
  Bytes out;
  dimse::Message m;
  m.context_id = 1;
  m.command = std::move(command);
  dimse::fragment(out, m, {});
  return out;
}

Conversation echo() {
  Conversation c{"verification", "a", {}};
  c.steps.push_back({.what = Do::connect});
  c.steps.push_back({.what = Do::send, .bytes = request()});
  c.steps.push_back({.what = Do::await, .await = Await::association});
  c.steps.push_back({.what = Do::send, .bytes = message(dimse::c_echo_rq(1))});
  c.steps.push_back({.what = Do::await, .await = Await::messages});
  c.steps.push_back({.what = Do::send, .bytes = pdu::encode(pdu::AReleaseRq{})});
  c.steps.push_back({.what = Do::await, .await = Await::release});
  c.steps.push_back({.what = Do::fin});
  return c;
}

/// A device of a few answers, by the type of what it is sent; time passes only when nothing else happens.
struct Stage {
  explicit Stage(const Conversation& c, TalkOptions options = with_rules()) : talk(c, std::move(options)) {}

  static TalkOptions with_rules() {
    TalkOptions o;
    o.rules = std::make_shared<trace::RuleBook>();
    return o;
  }

  Outcome play(const std::function<Bytes(const Bytes&)>& device, bool stands = true) {
    talk.start(now);
    while (!talk.done()) {
      if (const auto command = talk.next_command()) {
        now = now + 1ms;
        if (command->kind == Command::Kind::connect) {
          talk.connected(command->line, stands, stands ? "" : "refused", now);
        } else if (command->kind == Command::Kind::send) {
          ++sends;
          talk.sent(command->line, now);
          if (const auto answer = device(command->step->bytes); !answer.empty())
            talk.received(command->line, answer, now);
        }
      } else if (settles && talk.ends_when_settled()) {
        talk.settled(now);
      } else if (const auto deadline = talk.next_deadline()) {
        now = *deadline;
        talk.expire(now);
      } else {
        ADD_FAILURE() << "nothing to do, and not over";
        break;
      }
    }
    return talk.finish(now);
  }

  Talk talk;
  Instant now;
  int sends = 0;
  bool settles = false;  // the device is known to have handled everything as soon as it says nothing
};

Bytes healthy(const Bytes& sent) {
  switch (sent.at(0)) {
    case 1: return accept();
    case 4: return message(dimse::response_to(dimse::c_echo_rq(1), 0));
    case 5: return pdu::encode(pdu::AReleaseRp{});
    default: return {};
  }
}

bool reached(const Outcome& outcome, const std::string& cell) {
  return std::ranges::find(outcome.cells, cell) != outcome.cells.end();
}

TEST(Talk, AHealthyDeviceIsAccusedOfNothing) {
  const auto c = echo();
  const auto outcome = Stage(c).play(healthy);
  EXPECT_TRUE(outcome.answered);
  EXPECT_TRUE(outcome.forbidden.empty());
  EXPECT_TRUE(outcome.silences.empty());
  EXPECT_FALSE(outcome.dropped);
  EXPECT_TRUE(reached(outcome, "Sta6 C-ECHO-RQ -> C-ECHO-RSP 0000"));
  EXPECT_EQ(outcome.traces.size(), 1U);
}

TEST(Talk, AnAnswerThatTheStateTableForbidsIsSeen) {
  const auto c = echo();
  const auto outcome = Stage(c).play(
      [](const Bytes& sent) { return sent.at(0) == 4 ? pdu::encode(pdu::AAssociateRj{}) : healthy(sent); });
  EXPECT_FALSE(outcome.forbidden.empty());
}

TEST(Talk, AReactionToWhatWeBrokeIsNotAccused) {
  auto c = echo();
  c.steps[3].bytes = pdu::encode(pdu::AAssociateAc{});
  const auto outcome = Stage(c).play(
      [](const Bytes& sent) { return sent.at(0) == 2 ? pdu::encode(pdu::AAssociateRj{}) : healthy(sent); });
  EXPECT_TRUE(outcome.forbidden.empty());
}

TEST(Talk, AnAbortBehindTheAnswerToAReleaseIsAccusedButNotWhereHalfAPduOfOursHasCome) {
  auto c = echo();
  const auto aborts = [](const Bytes& sent) {
    if (sent.size() == 2) return pdu::encode(pdu::AAbort{});
    auto answer = healthy(sent);
    if (sent.at(0) == 5) append(answer, pdu::encode(pdu::AAbort{}));
    return answer;
  };
  EXPECT_FALSE(Stage(c).play(aborts).forbidden.empty());

  c.steps.insert(c.steps.end() - 1, {.what = Do::send, .bytes = {5, 0}});
  const auto reacts = [&](const Bytes& sent) { return sent.size() == 2 ? aborts(sent) : healthy(sent); };
  EXPECT_TRUE(Stage(c).play(reacts).forbidden.empty());
}

TEST(Talk, SilenceWhereAnAnswerIsDueIsSeenAndWaitedForLongOnce) {
  const auto c = echo();
  const auto deaf = [](const Bytes& sent) { return sent.at(0) == 4 ? Bytes{} : healthy(sent); };
  Stage first(c);
  const auto outcome = first.play(deaf);
  ASSERT_EQ(outcome.silences, std::vector<std::string>{"Sta6 C-ECHO-RQ"});
  EXPECT_GE(first.now - Instant{}, 5s);

  const std::set<std::string> known{"Sta6 C-ECHO-RQ"};
  auto options = Stage::with_rules();
  options.known_silences = &known;
  Stage second(c, options);
  EXPECT_TRUE(second.play(deaf).silences.empty());
  EXPECT_LT(second.now - Instant{}, 5s);
}

TEST(Talk, SilenceAfterTheAnswerToAReleaseIsNoSilence) {
  auto c = echo();
  c.steps.insert(c.steps.end() - 1, {.what = Do::await, .await = Await::release});
  Stage stage(c);
  const auto outcome = stage.play(healthy);
  EXPECT_TRUE(outcome.silences.empty());
  EXPECT_FALSE(outcome.dropped);
}

TEST(Talk, SilenceToHalfAMessageIsNoSilence) {
  auto c = echo();
  c.steps[3].bytes.resize(20);
  const auto outcome = Stage(c).play([](const Bytes& sent) { return sent.at(0) == 1 ? accept() : Bytes{}; });
  EXPECT_TRUE(outcome.silences.empty());
}

TEST(Talk, SilenceToAMessageWithoutItsDataSetIsNoSilence) {
  auto c = echo();
  c.steps[3].bytes = pdu::encode(pdu::PDataTf{{{1, 3, dimse::encode(dimse::c_find_rq(1, verification))}}});
  const auto outcome = Stage(c).play([](const Bytes& sent) { return sent.at(0) == 1 ? accept() : Bytes{}; });
  EXPECT_TRUE(outcome.silences.empty());
}

TEST(Talk, SilenceOfADeviceThatHadAnotherConnectionBesideThisOneIsNoSilence) {
  auto c = echo();
  c.steps.insert(c.steps.begin() + 3, {{.what = Do::connect, .line = 1}, {.what = Do::fin, .line = 1}});
  const auto deaf = [](const Bytes& sent) { return sent.at(0) == 1 ? accept() : Bytes{}; };
  EXPECT_TRUE(Stage(c).play(deaf).silences.empty());
}

TEST(Talk, PausesBetweenPiecesAreBoundedForAConversationAsAWhole) {
  auto c = echo();
  for (auto& step : c.steps) {
    if (step.what != Do::send) continue;
    step.pieces = {1};
    step.pause = 20ms;
  }
  auto options = Stage::with_rules();
  Talk talk(c, options);
  Duration sum{0};
  Instant now;
  talk.start(now);
  while (!talk.done()) {
    if (const auto command = talk.next_command()) {
      if (command->kind == Command::Kind::connect) talk.connected(0, true, "", now);
      if (command->kind != Command::Kind::send) continue;
      EXPECT_FALSE(command->step->pieces.empty());
      sum += command->pause * static_cast<std::int64_t>(command->step->bytes.size());
      talk.sent(0, now);
    } else {
      now = *talk.next_deadline();
      talk.expire(now);
    }
  }
  EXPECT_GT(sum, Duration{0});
  EXPECT_LE(sum, options.pieces);
}

TEST(Talk, OnceTheDeviceHasSettledOnlyWhatIsDueIsWaitedFor) {
  auto half = echo();
  half.steps[3].bytes.resize(20);
  half.steps.insert(half.steps.begin() + 4, Step{.what = Do::pause, .pause = 1s});
  const auto deaf = [](const Bytes& sent) { return sent.at(0) == 4 ? Bytes{} : healthy(sent); };
  Stage settled(half);
  settled.settles = true;
  const auto outcome = settled.play(deaf);
  EXPECT_LT(settled.now - Instant{}, 100ms);
  EXPECT_TRUE(reached(outcome, "Sta2 A-ASSOCIATE-RQ -> silence"));
  EXPECT_LT(outcome.waits.pauses, 10ms);

  const auto whole = echo();
  Stage silent(whole);
  silent.settles = true;
  EXPECT_EQ(silent.play(deaf).silences, std::vector<std::string>{"Sta6 C-ECHO-RQ"});
  EXPECT_GE(silent.now - Instant{}, 5s);
}

TEST(Talk, WhatWasDueHasComeAndTheRestIsNotWaitedForAsLong) {
  auto c = echo();
  std::swap(c.steps[3].bytes, c.steps[5].bytes);  // released, and then an answer to C-ECHO-RQ is waited for
  Stage stage(c);
  const auto outcome = stage.play(healthy);
  EXPECT_LT(stage.now - Instant{}, 1s);
  EXPECT_TRUE(outcome.silences.empty());
}

TEST(Talk, ARefusedConnectionIsToldAndNothingIsSent) {
  const auto c = echo();
  Stage stage(c);
  const auto outcome = stage.play(healthy, false);
  EXPECT_TRUE(outcome.refused);
  EXPECT_EQ(outcome.refused_why, "refused");
  EXPECT_EQ(stage.sends, 0);
}

TEST(Talk, ADeviceThatSaysNothingAtAllCannotHoldItLongerThanTheWhole) {
  Conversation c{"verification", "a", {{.what = Do::connect}}};
  for (int i = 0; i < 400; ++i) c.steps.push_back({.what = Do::pause, .pause = max_pause});
  Stage stage(c);
  stage.play([](const Bytes&) { return Bytes{}; });
  EXPECT_LE(stage.now - Instant{}, 31s);
}

TEST(ScenarioText, EachStepStandsInItAndTheDeviceMustStillServe) {
  auto c = echo();
  c.steps.insert(c.steps.begin() + 3, Step{.what = Do::pause, .pause = 20ms});
  const auto xml = to_scenario(c, {.id = "fuzz/1", .title = "a < b & ${c}", .advice = "x"});
  EXPECT_NE(xml.find("a &lt; b &amp; &#36;{c}"), std::string::npos) << xml;
  EXPECT_NE(xml.find("<connect as=\"c1\" required=\"no\"/>"), std::string::npos);
  EXPECT_NE(xml.find("<wait for=\"20ms\"/>"), std::string::npos);
  EXPECT_NE(xml.find("<check-health/>"), std::string::npos);
}

}  // namespace
}  // namespace assay::fuzz::device
