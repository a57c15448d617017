// The ladder in worlds that no loopback can show; the scripted devices are in tests/interop/diagnose_test.py.
#include "harness/diagnose/ladder.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "harness/diagnose/talk.hpp"
#include "harness/dict/dict.hpp"
#include "tests/unit/diagnose/acceptance.hpp"

namespace assay::diagnose {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

using World = std::function<Answer(const Probe&)>;

Question question() {
  Question out;
  out.host = "192.0.2.1";
  out.port = 11113;
  out.called = "ARCHIVE";
  out.calling = "CT01";
  out.application_context = std::string(uids::application_context);
  out.implementation_class_uid = "1.2.3";
  out.version_name = "TEST";
  out.maximum_length = 65536;
  return out;
}

struct Climbed {
  Diagnosis diagnosis;
  std::vector<Probe> probes;
  [[nodiscard]] std::string code() const {
    return diagnosis.cause == nullptr ? "healthy" : std::string(diagnosis.cause->code);
  }
};

Climbed climb(const Question& question, const World& world) {
  Ladder ladder(question);
  Climbed out;
  for (;;) {
    auto next = ladder.next();
    if (auto* done = std::get_if<Diagnosis>(&next)) {
      out.diagnosis = std::move(*done);
      return out;
    }
    out.probes.push_back(std::get<Probe>(next));
    EXPECT_LE(out.probes.size(), 104U);
    ladder.answer(world(out.probes.back()));
  }
}

Answer unreached(Reach reach, std::string why) {
  Answer answer;
  answer.reach = reach;
  answer.system = std::move(why);
  answer.took = std::chrono::milliseconds(5);
  return answer;
}

Answer replied(const pdu::Pdu& reply) {
  Answer answer;
  answer.reply = reply;
  answer.received = pdu::encode(reply);
  answer.answer_took = answer.took = std::chrono::milliseconds(2);
  return answer;
}

/// A device that takes everything and answers well.
Answer good(const Probe& probe) {
  if (probe.kind == Probe::Kind::connect) return {};
  const auto rq = request_of(probe.speech);
  auto answer = replied(acceptance_of(rq));
  for (const auto request : probe.requests) {
    RequestAnswer one;
    one.request = request;
    one.answered = true;
    one.status = 0;
    answer.requests.push_back(one);
  }
  answer.released = true;
  return answer;
}

TEST(Ladder, A_healthy_device_is_asked_once) {
  const auto done = climb(question(), good);
  EXPECT_EQ(done.code(), "healthy");
  EXPECT_EQ(done.probes.size(), 1U);
  EXPECT_EQ(done.diagnosis.exit_code(), 0);
}

TEST(Ladder, What_the_network_says_has_its_own_cause_and_exit_code_3) {
  const std::pair<Reach, const char*> reaches[] = {{Reach::refused, "port-closed"},
                                                   {Reach::reset, "port-closed"},
                                                   {Reach::timed_out, "host-silent"},
                                                   {Reach::host_unreachable, "host-unreachable"},
                                                   {Reach::network_unreachable, "network-unreachable"},
                                                   {Reach::blocked, "blocked-here"},
                                                   {Reach::failed, "connect-failed"}};
  for (const auto& [reach, code] : reaches) {
    const auto done = climb(question(), [&](const Probe&) { return unreached(reach, "said so"); });
    EXPECT_EQ(done.code(), code);
    EXPECT_EQ(done.diagnosis.exit_code(), 3) << code;
    EXPECT_THAT(done.diagnosis.evidence, Contains(HasSubstr("said so"))) << code;
    EXPECT_LE(done.probes.size(), 3U) << code;
    for (const auto& text : {done.diagnosis.meaning(), done.diagnosis.at_device(), done.diagnosis.at_caller()})
      EXPECT_EQ(text.find('{'), std::string::npos) << text;
  }
}

TEST(Ladder, A_filter_on_one_port_is_told_from_a_machine_that_is_off) {
  const auto done = climb(question(), [](const Probe& probe) {
    return probe.port == 104 ? unreached(Reach::refused, "refused") : unreached(Reach::timed_out, "no answer");
  });
  EXPECT_EQ(done.code(), "port-filtered");
}

TEST(Ladder, A_device_on_a_usual_port_is_found_and_only_when_it_serves_the_title) {
  const auto world = [](const pdu::Pdu& there) {
    return [there](const Probe& probe) {
      if (probe.port != 11112) return unreached(Reach::refused, "refused");
      return probe.kind == Probe::Kind::connect ? Answer{} : replied(there);
    };
  };
  EXPECT_EQ(climb(question(), world(pdu::AAssociateRj{1, 1, 3})).code(), "wrong-port");
  EXPECT_EQ(climb(question(), world(pdu::AAssociateRj{1, 1, 7})).code(), "port-closed");
  auto only_here = question();
  only_here.other_ports = false;
  EXPECT_EQ(climb(only_here, world(pdu::AAssociateRj{1, 1, 3})).code(), "port-closed");
}

TEST(Ladder, A_name_server_that_is_silent_is_not_a_name_nobody_knows) {
  auto named = question();
  named.host = "pacs";
  EXPECT_EQ(climb(named, [](const Probe&) { return unreached(Reach::name_server_silent, "try again"); }).code(),
            "name-server-silent");
  EXPECT_EQ(climb(named, [](const Probe&) { return unreached(Reach::name_unknown, "not found"); }).code(),
            "name-unknown");
}

TEST(Ladder, The_second_address_of_a_name_is_tried_and_the_first_remarked_on) {
  auto named = question();
  named.host = "pacs";
  const auto done = climb(named, [](const Probe& probe) {
    if (probe.kind == Probe::Kind::resolve) {
      Answer answer;
      answer.addresses = {"::1", "127.0.0.1"};
      return answer;
    }
    return probe.host == "::1" ? unreached(Reach::refused, "refused") : good(probe);
  });
  EXPECT_EQ(done.code(), "healthy");
  EXPECT_THAT(done.diagnosis.remarks, Contains(HasSubstr("2 addresses")));
}

TEST(Ladder, A_closer_cause_replaces_the_first_guess_and_its_mark) {
  const auto done = climb(question(), [](const Probe& probe) {
    Answer answer;
    answer.end = End::fin;
    answer.closed_before_answer = true;
    answer.took = std::chrono::milliseconds(1);
    return probe.kind == Probe::Kind::client_hello ? Answer{} : answer;
  });
  EXPECT_EQ(done.code(), "closed-on-connect");
  for (const auto& step : done.diagnosis.steps)
    EXPECT_EQ(step.mark, step.rung == Rung::tcp ? Mark::failed : step.rung < Rung::tcp ? Mark::ok : Mark::not_reached);
}

TEST(Ladder, Time_and_probes_are_bounded_whatever_comes) {
  auto short_of_time = question();
  short_of_time.total = std::chrono::seconds(10);
  const auto slow = climb(short_of_time, [](const Probe& probe) {
    EXPECT_LE(probe.wait, std::chrono::seconds(10));
    auto answer = Answer{};
    answer.end = End::silence;
    answer.answer_took = answer.took = probe.wait;
    return answer;
  });
  EXPECT_EQ(slow.code(), "silent");
  EXPECT_LE(slow.diagnosis.took, std::chrono::seconds(11));
  EXPECT_TRUE(slow.diagnosis.stopped_early);

  auto many = question();
  for (int i = 0; i < 100; ++i) many.try_calling.push_back("T" + std::to_string(i));
  const auto stubborn = climb(many, [](const Probe&) { return replied(pdu::AAssociateRj{1, 1, 1}); });
  EXPECT_EQ(stubborn.code(), "hidden-reason");
  EXPECT_EQ(stubborn.probes.size(), 40U);
}

TEST(Ladder, Without_probes_nothing_is_proven) {
  auto none = question();
  none.max_probes = 0;
  EXPECT_EQ(climb(none, [](const Probe&) { return replied(pdu::AAssociateRj{1, 1, 1}); }).code(), "not-proven");
}

TEST(Ladder, What_is_known_can_be_had_at_any_moment) {
  Ladder ladder(question());
  const auto nothing = ladder.so_far("knocking at the port");
  EXPECT_EQ(nothing.cause->code, "interrupted");
  EXPECT_THAT(nothing.meaning(), HasSubstr("knocking at the port"));
  ladder.answer(replied(pdu::AAssociateRj{1, 1, 7}));
  EXPECT_EQ(ladder.so_far("").cause->code, "called-ae-unknown");
}

TEST(Ladder, Only_verification_is_exercised_unless_asked) {
  auto wishes = question();
  wishes.wishes.push_back({"find", {std::string(uids::StudyRootQueryRetrieveInformationModelFind)}, false});
  for (const bool exercise : {false, true}) {
    wishes.exercise = exercise;
    bool found = false;
    for (const auto& probe : climb(wishes, good).probes)
      for (const auto request : probe.requests) found = found || request != Request::echo;
    EXPECT_EQ(found, exercise);
  }
}

}  // namespace
}  // namespace assay::diagnose
