// A side that reacts to the other's fault in a way the standard leaves open is not blamed: only the fault is found.
#include <gtest/gtest.h>

#include <algorithm>

#include "conversation.hpp"

namespace assay::test {
namespace {

constexpr auto R = Side::requestor;
constexpr auto A = Side::acceptor;

std::vector<std::string> rules_of(const trace::Trace& trace) {
  std::vector<std::string> rules;
  for (const auto& finding : trace.findings) rules.push_back(std::string(name(finding.side)) + " " + finding.rule);
  return rules;
}

using Rules = std::vector<std::string>;

TEST(Reactions, To_a_request_on_a_refused_context_may_come_on_that_context) {
  const auto rq = dimse::c_echo_rq(1);
  Conversation c;
  c.associate()
      .send(R, message(context::refused, rq))
      .send(A, message(context::refused, dimse::response_to(rq, 0x0122)));
  c.release();
  EXPECT_EQ(rules_of(c.observe()), Rules{"requestor ps3.8/9.3.5.1/context-not-accepted"});
}

TEST(Reactions, To_a_message_that_was_never_completed_may_be_an_answer_or_none) {
  const auto store = dimse::c_store_rq(1, uids::CTImageStorage, instance_uid);
  const auto pdus = dimse::fragment_to_pdus(message(context::store, store, encoded(image(dataset::explicit_le))), {});
  Conversation c;
  c.associate().send(R, pdu::Pdu(pdus[0])).echo(2);
  c.send(A, message(context::store, dimse::response_to(store, 0xc000))).release();
  EXPECT_EQ(rules_of(c.observe()), Rules{"requestor ps3.8/E.2/data-set-missing"});
}

TEST(Reactions, To_an_invalid_PDU_may_be_the_abort_of_the_state_table_or_patience) {
  for (const bool abort : {true, false}) {
    auto bytes = packed(message(context::echo, dimse::c_echo_rq(1)));
    bytes[9] = 0xff;
    Conversation c;
    c.associate().send(R, bytes);
    abort ? c.send(A, pdu::Pdu(pdu::AAbort{2, 6})).close(A) : c.release();
    EXPECT_EQ(rules_of(c.observe()), Rules{"requestor ps3.8/9.3.5.1/pdv-length"}) << abort;
  }
}

TEST(Reactions, To_a_response_with_a_foreign_message_ID_may_be_the_next_request) {
  const auto rq = dimse::c_echo_rq(1);
  auto rsp = dimse::response_to(rq, 0);
  rsp.elements().set_u16(tags::MessageIDBeingRespondedTo, 99);
  Conversation c;
  c.associate().send(R, message(context::echo, rq)).send(A, message(context::echo, rsp)).echo(2).release();
  EXPECT_EQ(rules_of(c.observe()), Rules{"acceptor ps3.7/9.3/response-without-request"});
}

TEST(Reactions, To_repeated_context_IDs_may_be_any_answer) {
  auto rq = associate_rq();
  rq.items.insert(rq.items.end() - 1, proposal(context::echo, uids::MRImageStorage, {uids::ImplicitVRLittleEndian}));
  for (const bool answered : {false, true}) {
    auto ac = associate_ac();
    if (!answered) ac.items.erase(ac.items.begin() + 1);
    Conversation c;
    c.associate(rq, ac).release();
    EXPECT_EQ(rules_of(c.observe()), Rules{"requestor ps3.8/9.3.2.2/presentation-context-id-twice"}) << answered;
  }
}

TEST(Reactions, To_an_even_context_ID_can_only_repeat_it_but_a_new_even_one_is_the_answerer_s_fault) {
  for (const bool repeated : {true, false}) {
    auto rq = associate_rq();
    auto ac = associate_ac();
    const auto implicit = uids::ImplicitVRLittleEndian;
    if (repeated) rq.items.insert(rq.items.end() - 1, proposal(20, uids::MRImageStorage, {implicit}));
    ac.items.insert(ac.items.end() - 1, answer(20, 0, implicit));
    Conversation c;
    c.associate(rq, ac).release();
    const auto rules = rules_of(c.observe());
    const auto blamed = std::ranges::count(rules, "acceptor ps3.8/9.3.3.2/presentation-context-id");
    EXPECT_EQ(blamed, repeated ? 0 : 1);
    EXPECT_EQ(std::ranges::count(rules, "requestor ps3.8/9.3.2.2/presentation-context-id"), repeated ? 1 : 0);
  }
}

TEST(Reactions, To_contexts_proposed_twice_or_not_at_all_is_an_answer_of_the_same_kind) {
  const auto blamed = [](const pdu::AAssociateRq& rq, const pdu::AAssociateAc& ac, const char* rule) {
    Conversation c;
    c.associate(rq, ac).release();
    return std::ranges::count(rules_of(c.observe()), std::string("acceptor ") + rule);
  };
  const auto implicit = uids::ImplicitVRLittleEndian;
  auto rq = associate_rq();
  auto ac = associate_ac();
  ac.items.insert(ac.items.end() - 1, answer(context::echo, 0, implicit));
  EXPECT_EQ(blamed(rq, ac, "ps3.8/9.3.3.2/presentation-context-id-twice"), 1);
  rq.items.insert(rq.items.end() - 1, proposal(context::echo, uids::MRImageStorage, {implicit}));
  EXPECT_EQ(blamed(rq, ac, "ps3.8/9.3.3.2/presentation-context-id-twice"), 0);

  auto bare_rq = associate_rq();
  auto bare_ac = associate_ac();
  std::erase_if(bare_ac.items,
                [](const auto& item) { return std::holds_alternative<pdu::PresentationContextItemAc>(item); });
  EXPECT_EQ(blamed(bare_rq, bare_ac, "ps3.8/9.3.3/presentation-context-missing"), 1);
  std::erase_if(bare_rq.items,
                [](const auto& item) { return std::holds_alternative<pdu::PresentationContextItemRq>(item); });
  EXPECT_EQ(blamed(bare_rq, bare_ac, "ps3.8/9.3.3/presentation-context-missing"), 0);
}

TEST(Reactions, To_an_unknown_command_can_only_repeat_it_with_status_0211) {
  for (const bool repeated : {true, false}) {
    auto rq = dimse::c_echo_rq(1);
    if (repeated) rq.elements().set_u16(tags::CommandField, 0x0fee);
    auto rsp = dimse::response_to(rq, 0x0211);
    rsp.elements().set_u16(tags::CommandField, 0x8fee);
    Conversation c;
    c.associate().send(R, message(context::echo, rq)).send(A, message(context::echo, rsp)).release();
    const auto rules = rules_of(c.observe());
    EXPECT_EQ(std::ranges::count(rules, "acceptor ps3.7/E.1/unknown-command-field"), repeated ? 0 : 1);
    EXPECT_EQ(std::ranges::count(rules, "acceptor ps3.7/C/status-not-defined-for-service"), 0);
  }
}

TEST(Reactions, To_an_abort_right_behind_the_request_is_the_close_and_to_the_request_alone_it_is_a_warning) {
  for (const bool aborted : {true, false}) {
    Conversation c;
    c.send(R, pdu::Pdu(associate_rq()));
    if (aborted) c.send(R, pdu::Pdu(pdu::AAbort{0, 0}));
    c.close(A);
    EXPECT_EQ(rules_of(c.observe()), aborted ? Rules{} : Rules{"acceptor ps3.8/9.2.3/closed-without-answer"});
  }
}

TEST(Reactions, Of_both_sides_may_cross_a_cancel_and_a_final_response) {
  const auto rq = dimse::c_find_rq(1, uids::StudyRootQueryRetrieveInformationModelFind);
  Conversation c;
  c.associate().send(R, message(context::find, rq, encoded(identifier())));
  c.send(A, message(context::find, dimse::response_to(rq, 0)));
  c.send(R, message(context::find, dimse::c_cancel_rq(1))).release();
  EXPECT_EQ(rules_of(c.observe()), Rules{});
}

TEST(Reactions, Sub_operations_of_C_GET_come_from_the_acceptor_when_the_role_was_granted) {
  auto rq = associate_rq();
  auto ac = associate_ac();
  const pdu::RoleSelectionSubItem scp{std::string(uids::CTImageStorage), 0, 1};
  user_information_of(rq).sub_items.emplace_back(scp);
  user_information_of(ac).sub_items.emplace_back(scp);
  const auto get = dimse::c_get_rq(1, get_uid);
  const auto store = dimse::c_store_rq(1, uids::CTImageStorage, instance_uid);  // the acceptor numbers its own messages
  Conversation c;
  c.associate(rq, ac).send(R, message(context::get, get, encoded(identifier())));
  c.send(A, message(context::store, store, encoded(image(dataset::explicit_le))));
  c.send(R, message(context::store, dimse::response_to(store, 0)));
  c.send(A, message(context::get, dimse::response_to(get, 0))).release();
  EXPECT_EQ(rules_of(c.observe()), Rules{});
}

}  // namespace
}  // namespace assay::test
