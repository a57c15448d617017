#include "harness/diagnose/talk.hpp"

#include <gmock/gmock.h>

#include "harness/diagnose/ladder.hpp"
#include "harness/dict/dict.hpp"
#include "tests/unit/diagnose/acceptance.hpp"

namespace assay::diagnose {
namespace {

using ::testing::HasSubstr;

Instant at(int milliseconds) { return {std::chrono::milliseconds(milliseconds)}; }

Probe probe() {
  Question question;
  question.application_context = std::string(uids::application_context);
  question.implementation_class_uid = "1.2.3";
  question.version_name = "TEST";
  question.maximum_length = 16384;
  Probe out;
  out.speech = speech_of(question);
  out.requests = {Request::echo};
  out.wait = std::chrono::seconds(1);
  return out;
}

/// What a good acceptor says to these bytes: the acceptance, or the answer to the one message in them.
Bytes good_answer(ByteView bytes) {
  pdu::Framer framer;
  framer.push(bytes);
  Bytes out;
  for (auto frame = framer.next(); frame.status == pdu::Framer::Status::pdu; frame = framer.next()) {
    const auto decoded = pdu::decode(frame.bytes);
    EXPECT_TRUE(decoded.pdu && decoded.problems.empty());
    if (const auto* rq = std::get_if<pdu::AAssociateRq>(&*decoded.pdu)) {
      append(out, pdu::encode(acceptance_of(*rq)));
    } else if (const auto* data = std::get_if<pdu::PDataTf>(&*decoded.pdu)) {
      auto command = dimse::decode_command(data->values.front().fragment).command;
      dimse::Message response;
      response.command = dimse::response_to(command, 0);
      EXPECT_TRUE(dimse::fragment(out, response, {}));
    } else if (std::holds_alternative<pdu::AReleaseRq>(*decoded.pdu)) {
      append(out, pdu::encode(pdu::AReleaseRp{}));
    }
  }
  return out;
}

TEST(Talk, A_good_device_is_asked_thanked_and_released) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100000}}) {
    Talk talk(probe());
    talk.begin(at(0));
    int now = 1;
    while (!talk.done()) {
      const auto answer = good_answer(talk.take_output());
      ASSERT_FALSE(answer.empty());
      for (std::size_t i = 0; i < answer.size(); i += piece)
        talk.receive(ByteView(answer).subspan(i, std::min(piece, answer.size() - i)), at(now++));
    }
    const auto answer = talk.take_answer();
    EXPECT_TRUE(answer.released);
    ASSERT_EQ(answer.requests.size(), 1U);
    EXPECT_EQ(answer.requests[0].status, 0);
    EXPECT_EQ(answer.requests[0].wrong, "");
    EXPECT_EQ(answer.end, End::ours);
  }
}

TEST(Talk, Silence_ends_at_the_limit_of_each_step) {
  Talk talk(probe());
  talk.begin(at(0));
  auto answer = good_answer(talk.take_output());
  EXPECT_EQ(talk.next_deadline(), at(1000));
  talk.receive(answer, at(900));
  EXPECT_EQ(talk.next_deadline(), at(1900));
  talk.expire(at(1899));
  EXPECT_FALSE(talk.done());
  talk.expire(at(1900));
  ASSERT_TRUE(talk.done());
  const auto told = talk.take_answer();
  EXPECT_EQ(told.end, End::silence);
  ASSERT_EQ(told.requests.size(), 1U);
  EXPECT_FALSE(told.requests[0].answered);
  EXPECT_EQ(told.requests[0].took, Duration(std::chrono::seconds(1)));
}

TEST(Talk, A_refusal_and_what_is_no_DICOM_are_kept_with_their_bytes) {
  Talk refused(probe());
  refused.begin(at(0));
  refused.receive(pdu::encode(pdu::AAssociateRj{1, 1, 7}), at(5));
  ASSERT_TRUE(refused.done());
  auto answer = refused.take_answer();
  EXPECT_EQ(answer.received.size(), 10U);
  EXPECT_TRUE(answer.reply && std::holds_alternative<pdu::AAssociateRj>(*answer.reply));

  Talk banner(probe());
  banner.begin(at(0));
  banner.receive(as_bytes("SSH-2"), at(5));
  EXPECT_FALSE(banner.done()) << "the rest of a banner may come in a second segment";
  banner.receive(as_bytes(".0-x\r\n"), at(6));
  ASSERT_TRUE(banner.done());
  EXPECT_EQ(as_text(banner.take_answer().received), "SSH-2.0-x\r\n");
}

TEST(Talk, A_close_is_told_from_a_reset_and_before_from_after_the_answer) {
  for (const auto how : {End::fin, End::rst}) {
    Talk talk(probe());
    talk.begin(at(0));
    talk.peer_closed(how, at(3));
    auto answer = talk.take_answer();
    EXPECT_EQ(answer.end, how);
    EXPECT_TRUE(answer.closed_before_answer);

    Talk later(probe());
    later.begin(at(0));
    later.receive(good_answer(later.take_output()), at(1));
    later.peer_closed(how, at(3));
    answer = later.take_answer();
    EXPECT_EQ(answer.end, how);
    EXPECT_FALSE(answer.closed_before_answer);
    EXPECT_FALSE(answer.before_request);
  }
}

TEST(Talk, A_wrong_response_is_named) {
  const auto wrong = [](auto change) {
    Talk talk(probe());
    talk.begin(at(0));
    talk.receive(good_answer(talk.take_output()), at(1));
    (void)talk.take_output();
    dimse::Message response;
    response.command = dimse::response_to(dimse::c_echo_rq(1), 0);
    change(response);
    Bytes out;
    EXPECT_TRUE(dimse::fragment(out, response, {}));
    talk.receive(out, at(2));
    return talk.take_answer().requests.front().wrong;
  };
  EXPECT_EQ(wrong([](dimse::Message&) {}), "");
  EXPECT_THAT(wrong([](dimse::Message& m) { m.context_id = 3; }), HasSubstr("presentation context 3"));
  EXPECT_THAT(wrong([](dimse::Message& m) { m.command.elements().set_u16(tags::MessageIDBeingRespondedTo, 9); }),
              HasSubstr("message 9 instead of 1"));
  EXPECT_THAT(wrong([](dimse::Message& m) { m.command.elements().set_u16(tags::CommandField, 0x8001); }),
              HasSubstr("C-STORE-RSP instead of C-ECHO-RSP"));
  EXPECT_THAT(wrong([](dimse::Message& m) { m.command.elements().erase(tags::Status); }),
              HasSubstr("without a Status"));
}

TEST(Talk, Pending_responses_without_end_do_not_last_longer_than_the_whole_may) {
  auto asking = probe();
  asking.requests = {Request::find};
  asking.speech.contexts.push_back(
      {std::string(uids::StudyRootQueryRetrieveInformationModelFind), {std::string(uids::ImplicitVRLittleEndian)}});
  asking.most = std::chrono::seconds(5);
  Talk talk(asking);
  talk.begin(at(0));
  talk.receive(good_answer(talk.take_output()), at(100));
  (void)talk.take_output();
  dimse::Message pending;
  pending.context_id = static_cast<std::uint8_t>(2 * asking.speech.contexts.size() - 1);
  pending.command = dimse::response_to(dimse::c_find_rq(1, uids::StudyRootQueryRetrieveInformationModelFind), 0xff00);
  Bytes bytes;
  ASSERT_TRUE(dimse::fragment(bytes, pending, {}));
  int now = 100;
  while (!talk.done() && now < 100'000) {
    now += 700;
    const auto deadline = talk.next_deadline();
    ASSERT_TRUE(deadline);
    if (*deadline < at(now)) {
      talk.expire(*deadline);
    } else {
      talk.receive(bytes, at(now));
    }
  }
  const auto answer = talk.take_answer();
  ASSERT_EQ(answer.requests.size(), 1U);
  EXPECT_THAT(answer.requests[0].wrong, HasSubstr("pending responses without end"));
  EXPECT_EQ(answer.requests[0].took, std::chrono::milliseconds(4900));
  EXPECT_EQ(answer.took, std::chrono::seconds(5));
}

TEST(Talk, A_quiet_time_shows_whether_the_device_lets_go_on_its_own) {
  auto quiet = probe();
  quiet.quiet = std::chrono::milliseconds(500);
  Talk talk(quiet);
  talk.begin(at(0));
  auto out = good_answer(talk.take_output());
  append(out, pdu::encode(pdu::AAbort{2, 0}));
  talk.receive(out, at(1));
  const auto answer = talk.take_answer();
  ASSERT_TRUE(answer.abort);
  EXPECT_EQ(answer.abort->source, 2);
  EXPECT_TRUE(answer.before_request);
}

}  // namespace
}  // namespace assay::diagnose
