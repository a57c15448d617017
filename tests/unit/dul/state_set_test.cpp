#include "harness/dul/state_set.hpp"

#include <gtest/gtest.h>

#include <map>

namespace assay::dul {
namespace {

using enum State;

TEST(StateSet, Reads_as_a_list_of_states) {
  EXPECT_EQ(to_string(StateSet{}), "no state");
  EXPECT_EQ(to_string({sta6}), "Sta6");
  EXPECT_EQ(to_string({sta7, sta6}), "Sta6 or Sta7");
  EXPECT_EQ(to_string({sta13, sta1, sta6}), "Sta1, Sta6 or Sta13");
  EXPECT_EQ(StateSet::all().size(), 13);
}

TEST(StateSet, Inserts_erases_and_unites) {
  StateSet set{sta2};
  set.insert(sta3);
  set |= {sta4};
  EXPECT_EQ(set, (StateSet{sta2, sta3, sta4}));
  set.erase(sta3);
  EXPECT_FALSE(set.contains(sta3));
  EXPECT_EQ(set.size(), 2);
}

TEST(StateSet, After_an_event_stand_all_next_states_of_the_defined_cells) {
  EXPECT_EQ(after({sta2}, Event::evt6, Role::acceptor), (StateSet{sta3, sta13}));
  EXPECT_EQ(after({sta7}, Event::evt12, Role::requestor), (StateSet{sta9}));
  EXPECT_EQ(after({sta7}, Event::evt12, Role::acceptor), (StateSet{sta10}));
  EXPECT_EQ(after({sta1, sta6, sta7}, Event::evt10, Role::acceptor), (StateSet{sta6, sta7}));
  EXPECT_TRUE(after({sta1, sta4}, Event::evt10, Role::acceptor).empty());
}

TEST(StateSet, Sending_a_pdu_leads_where_the_table_says_from_each_state) {
  // By state, the PDUs that may be sent there and the states that follow; what is not listed may not be sent.
  using enum PduKind;
  const std::map<State, std::map<PduKind, StateSet>> table{
      {sta1, {{a_associate_rq, {sta5}}}},
      {sta2, {{a_associate_rj, {sta13}}, {a_abort, {sta13}}}},
      {sta3, {{a_associate_ac, {sta6}}, {a_associate_rj, {sta13}}, {a_abort, {sta13}}}},
      {sta4, {{a_associate_rq, {sta5}}}},
      {sta5, {{a_abort, {sta13}}}},
      {sta6, {{p_data, {sta6}}, {a_release_rq, {sta7}}, {a_abort, {sta13}}}},
      {sta7, {{a_abort, {sta13}}}},
      {sta8, {{p_data, {sta8}}, {a_release_rp, {sta13}}, {a_abort, {sta13}}}},
      {sta9, {{a_release_rp, {sta11}}, {a_abort, {sta13}}}},
      {sta10, {{a_abort, {sta13}}}},
      {sta11, {{a_abort, {sta13}}}},
      {sta12, {{a_release_rp, {sta13}}, {a_abort, {sta13}}}},
      {sta13, {{a_abort, {sta13}}}},
  };
  for (const auto& [state, allowed] : table) {
    for (int k = 0; k < pdu_kind_count; ++k) {
      const auto kind = static_cast<PduKind>(k);
      const auto want = allowed.contains(kind) ? allowed.at(kind) : StateSet{};
      EXPECT_EQ(after_sending({state}, kind, Role::requestor), want) << name(kind) << " in " << name(state);
      EXPECT_EQ(may_send({state}, kind, Role::requestor), !want.empty()) << name(kind) << " in " << name(state);
    }
  }
  EXPECT_FALSE(may_send({sta1}, a_associate_rq, Role::acceptor));
  EXPECT_EQ(after_sending({sta8, sta9, sta12}, a_release_rp, Role::acceptor), (StateSet{sta11, sta13}));
}

TEST(StateSet, Each_pdu_is_one_event_for_the_receiver) {
  const std::map<PduKind, Event> table{{PduKind::a_associate_rq, Event::evt6}, {PduKind::a_associate_ac, Event::evt3},
                                       {PduKind::a_associate_rj, Event::evt4}, {PduKind::p_data, Event::evt10},
                                       {PduKind::a_release_rq, Event::evt12},  {PduKind::a_release_rp, Event::evt13},
                                       {PduKind::a_abort, Event::evt16},       {PduKind::invalid, Event::evt19}};
  ASSERT_EQ(table.size(), static_cast<std::size_t>(pdu_kind_count));
  for (const auto& [kind, event] : table) EXPECT_EQ(received_event(kind), event) << name(kind);
}

TEST(StateSet, Only_the_refusal_of_AE_6_sends) {
  EXPECT_FALSE(sends(Action::ae_6).has_value());
  EXPECT_EQ(sends(Action::ae_6, true), PduKind::a_associate_rj);
  EXPECT_EQ(sends(Action::aa_1), PduKind::a_abort);
  EXPECT_EQ(sends(Action::aa_7), PduKind::a_abort);
  EXPECT_EQ(sends(Action::ar_9), PduKind::a_release_rp);
  EXPECT_FALSE(sends(Action::aa_6).has_value());
  EXPECT_FALSE(sends(Action::none).has_value());
}

}  // namespace
}  // namespace assay::dul
