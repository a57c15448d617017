// The same bytes in any split give the same events, output, state and deadline.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/session/support.hpp"

namespace assay::session::test {
namespace {

struct Seen {
  std::vector<std::string> events;
  Bytes output;
  dul::State state = dul::State::sta1;
  std::optional<Instant> deadline;
  friend bool operator==(const Seen&, const Seen&) = default;
};

/// An acceptor that answers an A-ASSOCIATE-RQ as soon as it is indicated, as a user would.
Seen play(const std::vector<ByteView>& pieces, bool established) {
  Options options;
  options.maximum_length = 256;
  std::optional<Session> session;
  if (established) {
    Pair pair({}, options);
    session.emplace(std::move(pair.acceptor));
  } else {
    session.emplace(dul::Role::acceptor, options);
    (void)session->transport_opened(zero);
  }
  Seen seen;
  for (const auto piece : pieces) {
    (void)session->receive(piece, zero);
    while (auto event = session->next_event()) {
      auto text = short_name(*event);
      if (const auto* abort = std::get_if<ProviderAbort>(&*event)) text += ": " + abort->why;
      if (const auto* message = std::get_if<MessageIndication>(&*event))
        text += " " + std::to_string(message->message.command.message_id().value_or(0)) + " with " +
                std::to_string(message->problems.size()) + " problems";
      seen.events.push_back(std::move(text));
    }
    append(seen.output, session->take_output());
  }
  seen.state = session->state();
  seen.deadline = session->next_deadline();
  return seen;
}

struct Conversation {
  std::string name;
  Bytes bytes;
  bool established = true;
};

std::vector<Conversation> conversations() {
  Bytes three = echo_p_data(1);
  append(three, echo_p_data(2));
  append(three, echo_p_data(3));
  auto odd = three;
  odd[1] = 1;
  auto released = three;
  append(released, pdu::encode(pdu::AReleaseRq{}));
  auto too_long = echo_p_data(1);
  append(too_long, pdu::encode(pdu::PDataTf{{{1, 0, Bytes(300)}}}));
  append(too_long, echo_p_data(2));
  append(too_long, pdu::encode(pdu::AAbort{0, 0}));
  auto twice_too_long = pdu::encode(pdu::PDataTf{{{1, 0, Bytes(300)}}});
  append(twice_too_long, pdu::encode(pdu::PDataTf{{{1, 0, Bytes(400)}}}));
  append(twice_too_long, pdu::encode(request()));
  auto garbage = echo_p_data(1);
  append(garbage, Bytes{0x55, 1, 2, 3, 4, 5, 6, 7, 8});
  auto aborted = echo_p_data(1);
  append(aborted, pdu::encode(pdu::AAbort{2, 2}));
  append(aborted, echo_p_data(2));
  return {{"requests", three},
          {"a reserved byte", odd},
          {"released", released},
          {"too long", too_long},
          {"too long twice", twice_too_long},
          {"garbage", garbage},
          {"aborted", aborted},
          {"a request to associate", pdu::encode(request()), false},
          {"HTTP", to_bytes("GET / HTTP/1.0\r\n\r\n"), false},
          {"too long too early", pdu::encode(pdu::PDataTf{{{1, 0, Bytes(300)}}}), false}};
}

TEST(Session, Every_split_in_two_gives_the_same_events) {
  for (const auto& one : conversations()) {
    SCOPED_TRACE(one.name);
    const ByteView all(one.bytes);
    const auto whole = play({all}, one.established);
    ASSERT_FALSE(whole.events.empty() && whole.output.empty());
    for (std::size_t cut = 1; cut < all.size(); ++cut)
      ASSERT_EQ(play({all.first(cut), all.subspan(cut)}, one.established), whole) << "cut at " << cut;
  }
}

TEST(Session, Bytes_one_by_one_and_random_pieces_give_the_same_events) {
  std::mt19937 random(7);
  for (const auto& one : conversations()) {
    SCOPED_TRACE(one.name);
    const ByteView all(one.bytes);
    const auto whole = play({all}, one.established);
    for (std::size_t longest : {1U, 3U, 20U, 100U}) {
      for (int round = 0; round < 20; ++round) {
        std::vector<ByteView> pieces;
        for (std::size_t at = 0; at < all.size();) {
          const auto length = std::min(all.size() - at, 1 + random() % longest);
          pieces.push_back(all.subspan(at, length));
          at += length;
        }
        ASSERT_EQ(play(pieces, one.established), whole);
      }
    }
  }
}

}  // namespace
}  // namespace assay::session::test
