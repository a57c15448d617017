// Conversations as they pass a watcher: the proper ones raise nothing, each broken one is accused at the PDU that
// broke it and only there.
#include "harness/dul/side_follower.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace assay::dul {
namespace {

using enum PduKind;

/// One PDU or closing as it passes the watcher, by one of the two sides.
struct Seen {
  char by = 'R';               // R requestor, A acceptor
  std::optional<PduKind> pdu;  // none: the transport connection is closed
};

std::vector<Seen> operator>>(std::vector<Seen> before, Seen next) {
  before.push_back(next);
  return before;
}

Seen r(PduKind pdu) { return {'R', pdu}; }
Seen a(PduKind pdu) { return {'A', pdu}; }
Seen r_closes() { return {'R', std::nullopt}; }
Seen a_closes() { return {'A', std::nullopt}; }

/// Who was accused at which place of the conversation, and of what: "R@4 P-DATA-TF".
std::vector<std::string> accusations(const std::vector<Seen>& conversation) {
  SideFollower requestor(Role::requestor);
  SideFollower acceptor(Role::acceptor);
  requestor.transport_opened();
  acceptor.transport_opened();
  std::vector<std::string> out;
  for (std::size_t i = 0; i < conversation.size(); ++i) {
    const auto& seen = conversation[i];
    auto& sender = seen.by == 'R' ? requestor : acceptor;
    auto& receiver = seen.by == 'R' ? acceptor : requestor;
    const auto judgement = seen.pdu ? sender.own_sent(*seen.pdu) : sender.closed_by_self();
    if (seen.pdu)
      receiver.peer_sent(received_event(*seen.pdu));
    else
      receiver.closed_by_peer();
    if (judgement)
      out.push_back(std::string(1, seen.by) + "@" + std::to_string(i) + " " +
                    (seen.pdu ? std::string(name(*seen.pdu)) : std::string("closing")));
  }
  return out;
}

const std::vector<Seen> associated{r(a_associate_rq), a(a_associate_ac)};

TEST(SideFollower, Proper_conversations_raise_nothing) {
  const std::vector<std::vector<Seen>> proper{
      associated >> r(p_data) >> r(p_data) >> a(p_data) >> r(a_release_rq) >> a(a_release_rp) >> r_closes() >>
          a_closes(),
      // released by the acceptor
      associated >> a(a_release_rq) >> r(a_release_rp) >> a_closes() >> r_closes(),
      // P-DATA crosses: after A-RELEASE-RQ of the requestor the acceptor still sends (Evt9 in Sta6, then in Sta8)
      associated >> r(p_data) >> r(a_release_rq) >> a(p_data) >> a(p_data) >> a(a_release_rp) >> r_closes() >>
          a_closes(),
      // release collision
      associated >> r(a_release_rq) >> a(a_release_rq) >> r(a_release_rp) >> a(a_release_rp) >> r_closes() >>
          a_closes(),
      associated >> a(a_release_rq) >> r(a_release_rq) >> r(a_release_rp) >> a(a_release_rp) >> r_closes() >>
          a_closes(),
      // rejected
      {r(a_associate_rq), a(a_associate_rj), r_closes(), a_closes()},
      // ARTIM: never a PDU, or the requestor does not close after the rejection
      {a_closes(), r_closes()},
      {r(a_associate_rq), a(a_associate_rj), a_closes(), r_closes()},
      // the user changes its mind before and after the request
      {r_closes(), a_closes()},
      {r(a_associate_rq), r(a_abort), a_closes()},
      {r(a_associate_rq), r(a_abort), a(a_associate_ac), a_closes(), r_closes()},
      // aborts cross
      associated >> r(a_abort) >> a(a_abort) >> a_closes() >> r_closes(),
      associated >> r(p_data) >> a(a_abort) >> r(p_data) >> r_closes() >> a_closes(),
      associated >> r(a_release_rq) >> a(a_abort) >> r_closes(),
      associated >> a(a_abort) >> r(a_release_rq) >> r_closes() >> a_closes(),
      // the peer's closing excuses everything
      associated >> r(a_abort) >> r_closes() >> a(p_data) >> a_closes(),
  };
  for (std::size_t i = 0; i < proper.size(); ++i)
    EXPECT_EQ(accusations(proper[i]), std::vector<std::string>{}) << "conversation " << i;
}

TEST(SideFollower, A_pdu_out_of_state_is_accused_once_and_at_its_place) {
  struct Case {
    std::vector<Seen> conversation;
    std::string accused;
  };
  const std::vector<Case> table{
      {{a(a_associate_ac)}, "A@0 A-ASSOCIATE-AC"},
      {{r(p_data)}, "R@0 P-DATA-TF"},
      {{r(a_release_rq)}, "R@0 A-RELEASE-RQ"},
      {{r(a_abort)}, "R@0 A-ABORT"},
      {{a(a_abort)}, "A@0 A-ABORT"},
      {{a(a_associate_rq)}, "A@0 A-ASSOCIATE-RQ"},
      {{r(a_associate_rq), r(p_data), a(a_associate_ac), r(p_data), r(a_release_rq), a(a_release_rp), r_closes()},
       "R@1 P-DATA-TF"},
      {{r(a_associate_rq), r(a_associate_rq)}, "R@1 A-ASSOCIATE-RQ"},
      {{r(a_associate_rq), a(p_data), a(a_associate_ac), a(p_data)}, "A@1 P-DATA-TF"},
      {{r(a_associate_rq), a(a_release_rq)}, "A@1 A-RELEASE-RQ"},
      {{r(a_associate_rq), a(a_associate_rj), a(a_associate_ac)}, "A@2 A-ASSOCIATE-AC"},
      {{r(a_associate_rq), a(a_associate_rj), r(p_data)}, "R@2 P-DATA-TF"},  // neither in Sta5 nor after the RJ
      {associated >> a(a_associate_ac), "A@2 A-ASSOCIATE-AC"},
      {associated >> a(a_associate_rj), "A@2 A-ASSOCIATE-RJ"},
      {associated >> r(a_associate_ac), "R@2 A-ASSOCIATE-AC"},
      {associated >> r(a_associate_rq) >> r(p_data), "R@2 A-ASSOCIATE-RQ"},
      {associated >> r(a_release_rp) >> r(p_data) >> r(a_release_rq), "R@2 A-RELEASE-RP"},
      {associated >> r(a_release_rq) >> r(p_data) >> r(p_data) >> a(a_release_rp) >> r_closes() >> a_closes(),
       "R@3 P-DATA-TF"},
      {associated >> r(a_release_rq) >> r(a_release_rq), "R@3 A-RELEASE-RQ"},
      {associated >> r(a_release_rq) >> r(a_release_rp), "R@3 A-RELEASE-RP"},
      {associated >> r(a_release_rq) >> a(a_release_rp) >> a(p_data), "A@4 P-DATA-TF"},
      {associated >> r(a_release_rq) >> a(a_release_rp) >> a(a_release_rp), "A@4 A-RELEASE-RP"},
      {associated >> r(a_abort) >> r(p_data) >> r(p_data) >> r(p_data), "R@3 P-DATA-TF"},
      {associated >> r(a_abort) >> r(a_abort), "R@3 A-ABORT"},
      {associated >> r(invalid) >> r(p_data) >> a(a_abort), "R@2 unrecognized or invalid PDU"},
      // the acceptor of a collision answers before the requestor did (Sta10 has no Evt14)
      {associated >> a(a_release_rq) >> r(a_release_rq) >> a(a_release_rp) >> r(a_release_rp), "A@4 A-RELEASE-RP"},
      {associated >> r_closes(), "R@2 closing"},
      {associated >> a_closes() >> r_closes(), "A@2 closing"},
      {{r(a_associate_rq), a_closes()}, ""},  // ARTIM may have run out before the request was read
      {{r(a_associate_rq), r_closes()}, "R@1 closing"},
      {associated >> r(a_release_rq) >> r_closes(), "R@3 closing"},
      {associated >> r(a_release_rq) >> a_closes(), "A@3 closing"},
  };
  for (const auto& one : table) {
    const auto want = one.accused.empty() ? std::vector<std::string>{} : std::vector<std::string>{one.accused};
    EXPECT_EQ(accusations(one.conversation), want) << one.accused;
  }
}

TEST(SideFollower, The_reaction_to_a_wrong_pdu_is_no_fault_of_the_one_who_reacts) {
  EXPECT_EQ(accusations(associated >> r(a_associate_rj) >> a(p_data) >> a(a_abort) >> a_closes()),
            (std::vector<std::string>{"R@2 A-ASSOCIATE-RJ"}));
  EXPECT_EQ(accusations({r(p_data), a(a_abort), r_closes(), a_closes()}), (std::vector<std::string>{"R@0 P-DATA-TF"}));
  // AA-7: A-ASSOCIATE-RQ in Sta13 is answered once more
  EXPECT_EQ(accusations(associated >> a(a_abort) >> r(a_associate_rq) >> a(a_abort)),
            (std::vector<std::string>{"R@3 A-ASSOCIATE-RQ"}));
}

TEST(SideFollower, An_accusation_names_the_pdu_the_states_and_the_clause) {
  SideFollower side(Role::acceptor);
  side.peer_sent(Event::evt6);
  ASSERT_FALSE(side.own_sent(a_associate_ac));
  const auto accused = side.own_sent(a_release_rp);
  ASSERT_TRUE(accused);
  EXPECT_EQ(accused->fault, Fault::sent_out_of_state);
  EXPECT_EQ(accused->pdu, a_release_rp);
  EXPECT_EQ(accused->states, (StateSet{State::sta6}));
  EXPECT_EQ(accused->clause, "PS3.8 9.2.3 Table 9-10");
  EXPECT_EQ(accused->message, "A-RELEASE-RP sent in Sta6; it may be sent in Sta8, Sta9 or Sta12 only");
}

TEST(SideFollower, The_messages_say_what_is_wrong_with_aborts_closings_and_invalid_pdus) {
  SideFollower waiting(Role::acceptor);
  const auto abort = waiting.own_sent(a_abort);
  ASSERT_TRUE(abort);
  EXPECT_EQ(abort->message, "A-ABORT sent in Sta2, where it is only the answer to a PDU that was not received");

  SideFollower established(Role::requestor);
  ASSERT_FALSE(established.own_sent(a_associate_rq));
  established.peer_sent(Event::evt3);
  ASSERT_FALSE(established.own_sent(p_data));
  established.peer_sent(Event::evt4);
  const auto closed = established.closed_by_self();
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->fault, Fault::closed_out_of_state);
  EXPECT_EQ(closed->pending, Event::evt4);
  EXPECT_EQ(closed->message,
            "transport connection closed in Sta6 without A-RELEASE or A-ABORT; still due: A-ABORT in answer to "
            "A-ASSOCIATE-RJ PDU (Evt4) in Sta6");

  SideFollower garbling(Role::requestor);
  const auto garbled = garbling.own_sent(invalid);
  ASSERT_TRUE(garbled);
  EXPECT_EQ(garbled->message, "unrecognized or invalid PDU sent in Sta4; no action of the state table sends one");
}

TEST(SideFollower, A_reaction_that_is_due_may_come_late_but_not_be_left_out_once_processing_is_proved) {
  SideFollower side(Role::acceptor);
  side.peer_sent(Event::evt6);
  ASSERT_FALSE(side.own_sent(a_associate_ac));
  const auto wrong = side.peer_sent(Event::evt3);
  EXPECT_EQ(side.owes(), a_abort);
  EXPECT_FALSE(side.own_sent(p_data));  // may have been on its way
  EXPECT_EQ(side.describe(), "{Sta6} Evt3 {}");

  auto late = side;
  EXPECT_FALSE(late.own_sent(a_abort));
  EXPECT_EQ(late.states(), (StateSet{State::sta13}));
  EXPECT_FALSE(late.proved_processed(wrong));
  EXPECT_FALSE(late.owes());

  const auto accused = side.proved_processed(wrong);
  ASSERT_TRUE(accused);
  EXPECT_EQ(accused->fault, Fault::did_not_react);
  EXPECT_EQ(accused->pdu, a_abort);
  EXPECT_EQ(accused->pending, Event::evt3);
  EXPECT_EQ(accused->message, "A-ABORT due in answer to A-ASSOCIATE-AC PDU (Evt3) in Sta6");
  EXPECT_FALSE(side.own_sent(p_data));  // one fault, one accusation
  EXPECT_FALSE(side.proved_processed(wrong));
}

TEST(SideFollower, What_was_proved_processed_narrows_the_states) {
  SideFollower side(Role::acceptor);
  side.peer_sent(Event::evt6);
  ASSERT_FALSE(side.own_sent(a_associate_ac));
  const auto release = side.peer_sent(Event::evt12);
  EXPECT_EQ(side.states(), (StateSet{State::sta6, State::sta8}));
  EXPECT_FALSE(side.proved_processed(release));
  EXPECT_EQ(side.states(), (StateSet{State::sta8}));
  EXPECT_TRUE(side.own_sent(a_release_rq));
}

TEST(SideFollower, Where_validity_is_a_matter_of_opinion_both_readings_are_followed) {
  for (const auto answer : {p_data, a_abort}) {
    SideFollower side(Role::acceptor);
    side.peer_sent(Event::evt6);
    ASSERT_FALSE(side.own_sent(a_associate_ac));
    const auto odd = side.peer_sent(Event::evt10, Event::evt19);
    EXPECT_FALSE(side.own_sent(answer));
    EXPECT_FALSE(side.proved_processed(odd));
    EXPECT_EQ(side.states(), (StateSet{answer == p_data ? State::sta6 : State::sta13}));
  }
  // In Sta13 only the reading as invalid is answered (AA-7).
  SideFollower side(Role::requestor);
  ASSERT_FALSE(side.own_sent(a_associate_rq));
  ASSERT_FALSE(side.own_sent(a_abort));
  side.peer_sent(Event::evt10, Event::evt19);
  EXPECT_FALSE(side.own_sent(a_abort));
  EXPECT_TRUE(side.own_sent(a_abort));
}

TEST(SideFollower, A_stream_of_p_data_takes_no_room) {
  SideFollower side(Role::acceptor);
  side.peer_sent(Event::evt6);
  for (int i = 0; i < 20'000; ++i) side.peer_sent(Event::evt10);  // not read yet: one place for all
  EXPECT_EQ(side.describe(), "{Sta2} Evt6 {Sta3} Evt10 {}");
  ASSERT_FALSE(side.own_sent(a_associate_ac));
  EXPECT_EQ(side.describe(), "{Sta6}");
  for (int i = 0; i < 20'000; ++i) side.peer_sent(Event::evt10);
  EXPECT_EQ(side.describe(), "{Sta6}");
  EXPECT_FALSE(side.lost());
}

TEST(SideFollower, A_stream_of_p_data_takes_no_room_after_an_accusation_either) {
  for (int k = 0; k < pdu_kind_count; ++k) {
    for (const auto role : {Role::requestor, Role::acceptor}) {
      SideFollower side(role);
      int accused = 0;
      for (int i = 0; i < 3; ++i) accused += side.own_sent(static_cast<PduKind>(k)) ? 1 : 0;
      EXPECT_LE(accused, 1);
      for (int i = 0; i < 100; ++i) side.peer_sent(Event::evt10);
      const auto after_100 = side.describe();
      for (int i = 0; i < 100; ++i) side.peer_sent(Event::evt10);
      EXPECT_EQ(side.describe(), after_100);
      EXPECT_LT(after_100.size(), 120U) << name(static_cast<PduKind>(k));
    }
  }
}

TEST(SideFollower, A_flood_that_is_ignored_rightly_takes_no_room) {
  SideFollower side(Role::requestor);
  ASSERT_FALSE(side.own_sent(a_associate_rq));
  ASSERT_FALSE(side.own_sent(a_abort));
  for (std::size_t i = 0; i < 2 * max_pending_events; ++i) side.peer_sent(Event::evt12);  // AA-6
  EXPECT_EQ(side.describe(), "{Sta13}");
  EXPECT_TRUE(side.own_sent(a_abort));
}

TEST(SideFollower, A_flood_without_any_sign_of_life_ends_the_judging_instead_of_growing) {
  SideFollower side(Role::acceptor);
  side.peer_sent(Event::evt6);
  for (std::size_t i = 0; i + 1 < max_pending_events; ++i) side.peer_sent(Event::evt3);
  EXPECT_FALSE(side.lost());
  auto judged = side;
  EXPECT_TRUE(judged.own_sent(p_data));
  side.peer_sent(Event::evt3);
  EXPECT_TRUE(side.lost());
  EXPECT_FALSE(side.own_sent(p_data));
  EXPECT_FALSE(side.closed_by_self());
  EXPECT_EQ(side.states(), StateSet::all());
}

TEST(SideFollower, Events_that_a_peer_cannot_cause_change_nothing) {
  SideFollower side(Role::requestor);
  ASSERT_FALSE(side.own_sent(a_associate_rq));
  for (const auto event : {Event::evt1, Event::evt2, Event::evt5, Event::evt7, Event::evt15, Event::evt18})
    side.peer_sent(event);
  EXPECT_EQ(side.describe(), "{Sta5}");
}

}  // namespace
}  // namespace assay::dul
