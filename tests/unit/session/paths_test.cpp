// The ways through Table 9-10 as two peers take them, without forcing any state. PS3.8 7 and 9.2.
#include <gtest/gtest.h>

#include "tests/unit/session/support.hpp"

namespace assay::session::test {
namespace {

using enum dul::State;
using Names = std::vector<std::string>;

TEST(Session, An_association_is_requested_accepted_used_and_released) {
  Session requestor(dul::Role::requestor);
  Session acceptor(dul::Role::acceptor);

  ASSERT_TRUE(requestor.submit(AssociateRequest{request()}, zero));
  EXPECT_EQ(requestor.state(), sta4);
  EXPECT_TRUE(requestor.wants_connect());
  EXPECT_FALSE(requestor.has_output());
  ASSERT_TRUE(requestor.transport_opened(zero));
  EXPECT_FALSE(requestor.wants_connect());
  ASSERT_TRUE(acceptor.transport_opened(zero));
  EXPECT_EQ(requestor.state(), sta5);
  EXPECT_EQ(acceptor.state(), sta2);
  EXPECT_EQ(acceptor.next_deadline(), std::optional(at(30)));

  converse(requestor, acceptor, zero);
  EXPECT_EQ(acceptor.state(), sta3);
  EXPECT_EQ(acceptor.next_deadline(), std::nullopt);
  const auto indication = acceptor.next_event();
  ASSERT_TRUE(indication && std::holds_alternative<AssociateIndication>(*indication));
  EXPECT_EQ(std::get<AssociateIndication>(*indication).rq, request());
  EXPECT_TRUE(clean(std::get<AssociateIndication>(*indication).problems));

  ASSERT_TRUE(acceptor.submit(AssociateAccept{answer(4096)}, zero));
  converse(requestor, acceptor, zero);
  EXPECT_EQ(drain(requestor), (Names{"A-ASSOCIATE confirmation accept"}));
  EXPECT_EQ(requestor.state(), sta6);
  EXPECT_EQ(acceptor.state(), sta6);
  EXPECT_EQ(requestor.peer_maximum_length(), 4096U);
  EXPECT_EQ(acceptor.peer_maximum_length(), 16384U);
  for (const auto* side : {&requestor, &acceptor}) {
    const auto* context = side->context_for(uids::Verification);
    ASSERT_NE(context, nullptr);
    EXPECT_EQ(context->id, 1);
    EXPECT_EQ(context->transfer_syntax, uids::ImplicitVRLittleEndian);
    EXPECT_TRUE(context->requestor_is_scu);
    EXPECT_FALSE(context->requestor_is_scp);
    EXPECT_EQ(side->context_for(uids::CTImageStorage), nullptr);
  }

  ASSERT_TRUE(requestor.submit(MessageRequest{echo_message(7), {}}, zero));
  converse(requestor, acceptor, zero);
  auto message = acceptor.next_event();
  ASSERT_TRUE(message && std::holds_alternative<MessageIndication>(*message));
  EXPECT_EQ(std::get<MessageIndication>(*message).message.command.message_id(), 7);

  ASSERT_TRUE(requestor.submit(ReleaseRequest{}, zero));
  EXPECT_EQ(requestor.state(), sta7);
  converse(requestor, acceptor, zero);
  EXPECT_EQ(drain(acceptor), (Names{"A-RELEASE indication"}));
  EXPECT_EQ(acceptor.state(), sta8);
  ASSERT_TRUE(acceptor.submit(ReleaseResponse{}, zero));
  EXPECT_EQ(acceptor.state(), sta13);
  converse(requestor, acceptor, zero);
  EXPECT_EQ(drain(requestor), (Names{"A-RELEASE confirmation", "closed"}));
  EXPECT_TRUE(requestor.wants_close());
  EXPECT_EQ(requestor.state(), sta1);
  ASSERT_TRUE(acceptor.peer_closed(zero));
  EXPECT_EQ(drain(acceptor), (Names{"closed"}));
  EXPECT_EQ(acceptor.next_deadline(), std::nullopt);
}

TEST(Session, A_release_collision_is_resolved_with_the_requestor_answering_first) {
  Pair pair;
  ASSERT_TRUE(pair.requestor.submit(ReleaseRequest{}, zero));
  ASSERT_TRUE(pair.acceptor.submit(ReleaseRequest{}, zero));
  converse(pair.requestor, pair.acceptor, zero);
  EXPECT_EQ(drain(pair.requestor), (Names{"A-RELEASE indication collision"}));
  EXPECT_EQ(drain(pair.acceptor), (Names{"A-RELEASE indication collision"}));
  EXPECT_EQ(pair.requestor.state(), sta9);
  EXPECT_EQ(pair.acceptor.state(), sta10);
  EXPECT_FALSE(pair.acceptor.submit(ReleaseResponse{}, zero)) << "the acceptor waits for the requestor";

  ASSERT_TRUE(pair.requestor.submit(ReleaseResponse{}, zero));
  EXPECT_EQ(pair.requestor.state(), sta11);
  converse(pair.requestor, pair.acceptor, zero);
  EXPECT_EQ(drain(pair.acceptor), (Names{"A-RELEASE confirmation"}));
  EXPECT_EQ(pair.acceptor.state(), sta12);
  ASSERT_TRUE(pair.acceptor.submit(ReleaseResponse{}, zero));
  converse(pair.requestor, pair.acceptor, zero);
  EXPECT_EQ(drain(pair.requestor), (Names{"A-RELEASE confirmation", "closed"}));
  EXPECT_EQ(pair.acceptor.state(), sta13);
}

TEST(Session, A_rejection_by_the_user_reaches_the_requestor_who_closes) {
  Session requestor(dul::Role::requestor);
  Session acceptor(dul::Role::acceptor);
  (void)acceptor.transport_opened(zero);
  (void)requestor.submit(AssociateRequest{request()}, zero);
  (void)requestor.transport_opened(zero);
  converse(requestor, acceptor, zero);
  drain(acceptor);
  ASSERT_TRUE(acceptor.submit(AssociateReject{{1, 1, 7}}, at(3)));
  EXPECT_EQ(acceptor.state(), sta13);
  EXPECT_EQ(acceptor.next_deadline(), std::optional(at(33)));
  converse(requestor, acceptor, at(3));
  const auto event = requestor.next_event();
  ASSERT_TRUE(event && std::holds_alternative<RejectConfirm>(*event));
  EXPECT_EQ(std::get<RejectConfirm>(*event).rj, (pdu::AAssociateRj{1, 1, 7}));
  EXPECT_EQ(drain(requestor), (Names{"closed"}));
  EXPECT_TRUE(requestor.wants_close());
}

TEST(Session, The_provider_refuses_a_protocol_version_without_bit_0_and_says_so) {
  Session acceptor(dul::Role::acceptor);
  (void)acceptor.transport_opened(zero);
  auto rq = request();
  rq.protocol_version = 2;
  ASSERT_TRUE(acceptor.receive(pdu::encode(rq), zero));
  EXPECT_TRUE(drain(acceptor).empty()) << "the user hears nothing of it";
  EXPECT_EQ(acceptor.take_output(), pdu::encode(pdu::AAssociateRj{1, 2, 2}));
  EXPECT_EQ(acceptor.state(), sta13);

  Session tolerant(dul::Role::acceptor);
  (void)tolerant.transport_opened(zero);
  rq.protocol_version = 3;
  ASSERT_TRUE(tolerant.receive(pdu::encode(rq), zero));
  EXPECT_EQ(drain(tolerant), (Names{"A-ASSOCIATE indication"}));
}

TEST(Session, The_provider_may_be_told_what_to_refuse) {
  Options options;
  options.provider_rejects = [](const pdu::AAssociateRq& rq, const Problems&) -> std::optional<pdu::AAssociateRj> {
    if (rq.calling_ae_title == "ASSAY") return pdu::AAssociateRj{2, 3, 2};
    return std::nullopt;
  };
  Session acceptor(dul::Role::acceptor, options);
  (void)acceptor.transport_opened(zero);
  ASSERT_TRUE(acceptor.receive(pdu::encode(request()), zero));
  EXPECT_EQ(acceptor.take_output(), pdu::encode(pdu::AAssociateRj{2, 3, 2}));
}

TEST(Session, An_abort_by_the_user_is_an_indication_and_one_by_the_provider_another) {
  Pair by_user;
  ASSERT_TRUE(by_user.requestor.submit(AbortRequest{}, at(5)));
  EXPECT_EQ(by_user.requestor.state(), sta13);
  EXPECT_EQ(by_user.requestor.next_deadline(), std::optional(at(35)));
  converse(by_user.requestor, by_user.acceptor, at(5));
  EXPECT_EQ(drain(by_user.acceptor), (Names{"A-ABORT indication", "closed"}));
  EXPECT_TRUE(by_user.acceptor.wants_close());

  Pair by_provider;
  ASSERT_TRUE(by_provider.requestor.receive(pdu::encode(pdu::AAbort{2, 6}), zero));
  const auto event = by_provider.requestor.next_event();
  ASSERT_TRUE(event && std::holds_alternative<ProviderAbort>(*event));
  EXPECT_EQ(std::get<ProviderAbort>(*event).reason, 6);
  EXPECT_EQ(by_provider.requestor.state(), sta1);
}

TEST(Session, Artim_closes_a_connection_on_which_nothing_comes) {
  Options options;
  options.artim = std::chrono::seconds(10);
  Session acceptor(dul::Role::acceptor, options);
  (void)acceptor.transport_opened(at(1));
  EXPECT_EQ(acceptor.next_deadline(), std::optional(at(11)));
  ASSERT_TRUE(acceptor.expire(at(10)));
  EXPECT_EQ(acceptor.state(), sta2) << "a timer that has not come yet changes nothing";
  ASSERT_TRUE(acceptor.receive(Bytes{1, 0, 0, 0}, at(10)));
  EXPECT_EQ(acceptor.next_deadline(), std::optional(at(11))) << "a part of a PDU does not stop ARTIM";
  ASSERT_TRUE(acceptor.expire(at(11)));
  EXPECT_EQ(acceptor.state(), sta1);
  EXPECT_TRUE(acceptor.wants_close());
  EXPECT_FALSE(acceptor.has_output());
  EXPECT_EQ(drain(acceptor), (Names{"closed"}));
}

TEST(Session, Artim_ends_the_wait_for_the_peer_to_close_after_release) {
  Pair pair;
  (void)pair.requestor.submit(ReleaseRequest{}, at(2));
  (void)pair.acceptor.receive(pair.requestor.take_output(), at(2));
  ASSERT_TRUE(pair.acceptor.submit(ReleaseResponse{}, at(2)));
  ASSERT_TRUE(pair.acceptor.expire(at(32)));
  EXPECT_TRUE(pair.acceptor.wants_close());
  EXPECT_EQ(pair.acceptor.state(), sta1);
}

TEST(Session, A_connection_that_cannot_be_opened_is_a_provider_abort) {
  Session requestor(dul::Role::requestor);
  (void)requestor.submit(AssociateRequest{request()}, zero);
  ASSERT_TRUE(requestor.peer_closed(zero));
  EXPECT_EQ(drain(requestor), (Names{"A-P-ABORT indication", "closed"}));
  EXPECT_FALSE(requestor.wants_connect());
}

TEST(Session, A_lost_connection_is_a_provider_abort_that_tells_whether_a_pdu_was_cut) {
  Pair pair;
  ASSERT_TRUE(pair.acceptor.receive(Bytes{4, 0, 0}, zero));
  ASSERT_TRUE(pair.acceptor.peer_closed(zero));
  const auto event = pair.acceptor.next_event();
  ASSERT_TRUE(event && std::holds_alternative<ProviderAbort>(*event));
  EXPECT_NE(std::get<ProviderAbort>(*event).why.find("in the middle of a PDU"), std::string::npos);
  EXPECT_EQ(pair.acceptor.state(), sta1);
}

TEST(Session, Data_may_still_come_in_while_the_release_is_awaited) {
  Pair pair;
  (void)pair.requestor.submit(ReleaseRequest{}, zero);
  ASSERT_TRUE(pair.requestor.receive(echo_p_data(3), zero));
  EXPECT_EQ(drain(pair.requestor), (Names{"message C-ECHO-RQ"}));
  EXPECT_EQ(pair.requestor.state(), sta7);
}

// Evt19 for what cannot be taken: the wire gives a reason, the user a sentence that names the byte.
struct Invalid {
  std::string name;
  Bytes bytes;
  std::string sent;
};

TEST(Session, Invalid_pdus_abort_the_association_with_the_reason_of_table_9_26) {
  const std::vector<Invalid> cases{
      {"no such PDU type", {0x09, 0, 0, 0, 0, 4}, "A-ABORT 2/1"},
      {"a longer A-RELEASE-RQ than anyone collects", {0x05, 0, 0x7f, 0, 0, 0}, "A-ABORT 2/1"},
      {"a PDV longer than its PDU", {4, 0, 0, 0, 0, 6, 0, 0, 0, 9, 1, 3}, "A-ABORT 2/6"},
      {"a PDV without room for its header", {4, 0, 0, 0, 0, 5, 0, 0, 0, 1, 1}, "A-ABORT 2/6"},
      {"a PDV on a context that was not accepted", pdu::encode(pdu::PDataTf{{{3, 3, {0, 0}}}}), "A-ABORT 2/6"},
      {"a second A-ASSOCIATE-RQ", pdu::encode(request()), "A-ABORT 2/2"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    Pair pair;
    ASSERT_TRUE(pair.acceptor.receive(one.bytes, zero));
    EXPECT_EQ(sent_text(pair.acceptor.take_output()), one.sent);
    EXPECT_EQ(pair.acceptor.state(), sta13);
    const auto event = pair.acceptor.next_event();
    ASSERT_TRUE(event && std::holds_alternative<ProviderAbort>(*event));
    EXPECT_FALSE(std::get<ProviderAbort>(*event).why.empty());
  }
}

TEST(Session, P_data_longer_than_announced_is_refused_at_its_header_and_then_passed_over) {
  Options options;
  options.maximum_length = 1024;
  Pair pair({}, options);
  Bytes data = pdu::encode(pdu::PDataTf{{{1, 1, Bytes(1024 - 6)}}});
  ASSERT_EQ(data.size(), 1030U);
  ASSERT_TRUE(pair.acceptor.receive(data, zero));
  EXPECT_EQ(pair.acceptor.state(), sta6) << "exactly as long as announced";
  Pair longer({}, options);
  data = pdu::encode(pdu::PDataTf{{{1, 1, Bytes(1024 - 5)}}});
  ASSERT_TRUE(longer.acceptor.receive(ByteView(data).first(6), zero));
  EXPECT_EQ(sent_text(longer.acceptor.take_output()), "A-ABORT 2/6");
  EXPECT_EQ(longer.acceptor.state(), sta13);
  ASSERT_TRUE(longer.acceptor.receive(ByteView(data).subspan(6), zero));
  ASSERT_TRUE(longer.acceptor.receive(pdu::encode(pdu::AAbort{0, 0}), zero));
  EXPECT_EQ(longer.acceptor.state(), sta1) << "the PDU after the long one is still understood";

  options.maximum_length = 0;
  Pair unlimited({}, options);
  ASSERT_TRUE(unlimited.acceptor.receive(data, zero));
  EXPECT_EQ(unlimited.acceptor.state(), sta6);
}

TEST(Session, P_data_that_makes_no_message_is_aborted_by_its_user) {
  Pair pair;
  // A Data Set fragment where a Command Set has to come first (PS3.7 8.1, PS3.8 Annex E).
  ASSERT_TRUE(pair.acceptor.receive(pdu::encode(pdu::PDataTf{{{1, 2, {0, 0}}}}), zero));
  EXPECT_EQ(sent_text(pair.acceptor.take_output()), "A-ABORT 0/0");
  EXPECT_EQ(pair.acceptor.state(), sta13);
  EXPECT_EQ(drain(pair.acceptor), (Names{"A-P-ABORT indication"}));
}

TEST(Session, Deviations_of_the_decoder_come_with_the_indication) {
  Session acceptor(dul::Role::acceptor);
  (void)acceptor.transport_opened(zero);
  auto bytes = pdu::encode(request());
  bytes[1] = 0xff;  // reserved
  ASSERT_TRUE(acceptor.receive(bytes, zero));
  const auto event = acceptor.next_event();
  ASSERT_TRUE(event && std::holds_alternative<AssociateIndication>(*event));
  const auto& problems = std::get<AssociateIndication>(*event).problems;
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].offset, 1U);

  Pair pair;
  auto data = echo_p_data();
  data[1] = 0xff;
  ASSERT_TRUE(pair.acceptor.receive(data, zero));
  const auto message = pair.acceptor.next_event();
  ASSERT_TRUE(message && std::holds_alternative<MessageIndication>(*message));
  ASSERT_EQ(std::get<MessageIndication>(*message).problems.size(), 1U);
  EXPECT_EQ(std::get<MessageIndication>(*message).problems[0].offset, pdu::encode(request()).size() + 1);
}

TEST(Session, Our_own_illegal_calls_change_nothing) {
  Pair pair;
  auto message = echo_message();
  message.context_id = 5;
  const auto unaccepted = pair.requestor.submit(MessageRequest{message, {}}, zero);
  ASSERT_FALSE(unaccepted);
  EXPECT_NE(unaccepted.error().message.find("context 5"), std::string::npos);
  EXPECT_FALSE(pair.requestor.submit(AssociateRequest{request()}, zero));
  EXPECT_FALSE(pair.requestor.submit(AssociateAccept{answer()}, zero));
  EXPECT_FALSE(pair.requestor.transport_opened(zero));
  EXPECT_FALSE(pair.requestor.has_output());
  EXPECT_EQ(pair.requestor.state(), sta6);
  EXPECT_TRUE(drain(pair.requestor).empty());

  Pair narrow({}, {}, 7);
  EXPECT_FALSE(narrow.requestor.submit(MessageRequest{echo_message(), {}}, zero))
      << "nothing fits in 7 bytes, and nothing is sent in its place";
}

TEST(Session, Messages_keep_to_the_peers_maximum_length) {
  Pair pair({}, {}, 32);
  ASSERT_TRUE(pair.requestor.submit(MessageRequest{echo_message(9), {}}, zero));
  const auto output = pair.requestor.take_output();
  pdu::Framer framer;
  framer.push(output);
  int pdus = 0;
  for (auto frame = framer.next(); frame.status == pdu::Framer::Status::pdu; frame = framer.next(), ++pdus)
    EXPECT_LE(frame.length, 32U);
  EXPECT_GT(pdus, 2);
  ASSERT_TRUE(pair.acceptor.receive(output, zero));
  EXPECT_EQ(drain(pair.acceptor), (Names{"message C-ECHO-RQ"}));
}

TEST(Session, What_follows_the_end_of_the_association_is_not_looked_at) {
  Pair pair;
  (void)pair.requestor.submit(ReleaseRequest{}, zero);
  auto bytes = pdu::encode(pdu::AReleaseRp{});
  append(bytes, pdu::encode(pdu::AAbort{}));
  ASSERT_TRUE(pair.requestor.receive(bytes, zero));
  EXPECT_EQ(drain(pair.requestor), (Names{"A-RELEASE confirmation", "closed"}));
  EXPECT_FALSE(pair.requestor.receive(Bytes{7}, zero));
}

// --- contexts ----------------------------------------------------------------------------------------------------

TEST(Session, Only_contexts_that_both_sides_know_are_accepted) {
  auto rq = request();
  pdu::PresentationContextItemRq second;
  second.id = 3;
  second.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{std::string(uids::CTImageStorage)});
  second.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ExplicitVRLittleEndian)});
  rq.items.emplace_back(second);

  auto ac = answer();
  const auto add = [&](std::uint8_t id, std::uint8_t result, std::string_view syntax) {
    pdu::PresentationContextItemAc item;
    item.id = id;
    item.result = result;
    item.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(syntax)});
    ac.items.emplace_back(item);
  };
  add(3, 0, uids::ExplicitVRBigEndian);     // never proposed
  add(5, 0, uids::ImplicitVRLittleEndian);  // no such context
  EXPECT_EQ(accepted_contexts(rq, ac).size(), 1U);
  add(3, 3, uids::ExplicitVRLittleEndian);  // refused
  EXPECT_EQ(accepted_contexts(rq, ac).size(), 1U);
  add(3, 0, uids::ExplicitVRLittleEndian);
  const auto accepted = accepted_contexts(rq, ac);
  ASSERT_EQ(accepted.size(), 2U);
  EXPECT_EQ(accepted.at(3).abstract_syntax, uids::CTImageStorage);
}

TEST(Session, Roles_are_what_was_asked_and_granted) {
  struct Row {
    int asked_scu, asked_scp, granted_scu, granted_scp;
    bool scu, scp;
  };
  for (const auto& row : {Row{1, 1, 1, 1, true, true}, Row{1, 1, 1, 0, true, false}, Row{0, 1, 0, 1, false, true},
                          Row{0, 1, 1, 1, false, true}, Row{1, 1, 0, 0, false, false}}) {
    auto rq = request();
    auto ac = answer();
    const auto role = [](int scu, int scp) {
      return pdu::RoleSelectionSubItem{std::string(uids::Verification), static_cast<std::uint8_t>(scu),
                                       static_cast<std::uint8_t>(scp)};
    };
    std::get<pdu::UserInformationItem>(rq.items.back()).sub_items.emplace_back(role(row.asked_scu, row.asked_scp));
    EXPECT_TRUE(accepted_contexts(rq, ac).at(1).requestor_is_scu) << "no answer: default roles";
    EXPECT_FALSE(accepted_contexts(rq, ac).at(1).requestor_is_scp);
    std::get<pdu::UserInformationItem>(ac.items.back()).sub_items.emplace_back(role(row.granted_scu, row.granted_scp));
    EXPECT_EQ(accepted_contexts(rq, ac).at(1).requestor_is_scu, row.scu);
    EXPECT_EQ(accepted_contexts(rq, ac).at(1).requestor_is_scp, row.scp);
  }
}

}  // namespace
}  // namespace assay::session::test
