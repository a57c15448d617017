// The acceptor's answer, context by context and rejection by rejection.
#include "harness/service/negotiation.hpp"

#include <gtest/gtest.h>

#include "harness/dict/dict.hpp"
#include "harness/pdu/codec.hpp"
#include "harness/session/session.hpp"

namespace assay::service {
namespace {

pdu::PresentationContextItemRq context(std::uint8_t id, std::string_view abstract_syntax,
                                       std::initializer_list<std::string_view> transfer_syntaxes) {
  pdu::PresentationContextItemRq out;
  out.id = id;
  out.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{std::string(abstract_syntax)});
  for (const auto one : transfer_syntaxes) out.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(one)});
  return out;
}

pdu::AAssociateRq request(std::vector<pdu::PresentationContextItemRq> contexts,
                          std::vector<pdu::UserSubItem> user = {}) {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "ASSAY";
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  for (auto& one : contexts) rq.items.emplace_back(std::move(one));
  pdu::UserInformationItem info;
  info.sub_items.emplace_back(pdu::MaximumLengthSubItem{16384});
  info.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{"2.25.1"});
  for (auto& one : user) info.sub_items.emplace_back(std::move(one));
  rq.items.emplace_back(std::move(info));
  return rq;
}

pdu::AAssociateRq echo_request() { return request({context(1, uids::Verification, {uids::ImplicitVRLittleEndian})}); }

pdu::AAssociateAc accepted(const NegotiationAnswer& answer) {
  const auto* ac = std::get_if<pdu::AAssociateAc>(&answer);
  EXPECT_NE(ac, nullptr);
  return ac == nullptr ? pdu::AAssociateAc{} : *ac;
}

std::string rejected(const NegotiationAnswer& answer) {
  const auto* rj = std::get_if<pdu::AAssociateRj>(&answer);
  if (rj == nullptr) return "accepted";
  EXPECT_TRUE(pdu::is_defined_reject(rj->result, rj->source, rj->reason));
  return std::to_string(rj->result) + "/" + std::to_string(rj->source) + "/" + std::to_string(rj->reason);
}

TEST(Negotiation, Contexts_are_answered_one_by_one_and_once) {
  const auto rq = request({context(1, uids::Verification, {uids::ImplicitVRLittleEndian}),
                           context(3, "1.2.3.4", {uids::ImplicitVRLittleEndian}),
                           context(5, uids::CTImageStorage, {"1.2.840.10008.1.2.4.50"}),
                           context(7, uids::CTImageStorage, {}), context(9, {}, {uids::ImplicitVRLittleEndian}),
                           context(2, uids::Verification, {uids::ImplicitVRLittleEndian}),
                           context(1, "1.2.3.4", {uids::ImplicitVRLittleEndian}),
                           context(255, uids::MRImageStorage, {"1.2.3", uids::ImplicitVRLittleEndian})});
  const auto ac = accepted(negotiate(rq, default_policy()));
  const auto contexts = ac.contexts();
  const std::pair<int, int> expected[] = {{1, 0}, {3, 3}, {5, 4}, {7, 4}, {9, 3}, {2, 2}, {255, 0}};
  ASSERT_EQ(contexts.size(), std::size(expected));
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    EXPECT_EQ(contexts[i]->id, expected[i].first);
    EXPECT_EQ(contexts[i]->result, expected[i].second) << expected[i].first;
    EXPECT_EQ(contexts[i]->sub_items.size(), 1U);
  }
  EXPECT_EQ(contexts.back()->transfer_syntax(), uids::ImplicitVRLittleEndian);
  EXPECT_EQ(session::accepted_contexts(rq, ac).size(), 2U);
}

TEST(Negotiation, Nothing_acceptable_is_still_an_acceptance) {
  const auto ac = accepted(negotiate(request({context(1, "1.2.3", {"1.2.4"})}), default_policy()));
  ASSERT_EQ(ac.contexts().size(), 1U);
  EXPECT_EQ(ac.contexts()[0]->result, 3);
}

TEST(Negotiation, The_answer_encodes_and_decodes_without_a_problem) {
  const auto answer = negotiate(echo_request(), default_policy());
  const auto decoded = pdu::decode(pdu::encode(pdu::Pdu(accepted(answer))));
  EXPECT_TRUE(decoded.problems.empty()) << decoded.problems[0].rule;
}

TEST(Negotiation, Preference_is_ours_or_the_requestors) {
  const auto rq =
      request({context(1, uids::CTImageStorage,
                       {uids::ExplicitVRBigEndian, uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian})});
  auto policy = default_policy();
  EXPECT_EQ(accepted(negotiate(rq, policy)).contexts()[0]->transfer_syntax(), uids::ExplicitVRLittleEndian);
  policy.requestor_order = true;
  EXPECT_EQ(accepted(negotiate(rq, policy)).contexts()[0]->transfer_syntax(), uids::ExplicitVRBigEndian);
}

TEST(Negotiation, Rejections_name_their_reason) {
  const auto policy = default_policy();
  auto rq = echo_request();
  EXPECT_EQ(rejected(negotiate(rq, policy)), "accepted");
  for (const std::uint16_t version : {std::uint16_t{0}, std::uint16_t{2}}) {
    rq.protocol_version = version;
    EXPECT_EQ(rejected(negotiate(rq, policy)), "1/2/2");
  }
  rq.protocol_version = 3;
  EXPECT_EQ(rejected(negotiate(rq, policy)), "accepted") << "only bit 0 counts";

  rq = echo_request();
  std::get<pdu::ApplicationContextItem>(rq.items[0]).name = "1.2.3";
  EXPECT_EQ(rejected(negotiate(rq, policy)), "1/1/2");
  rq.items.erase(rq.items.begin());
  EXPECT_EQ(rejected(negotiate(rq, policy)), "1/1/2");
}

TEST(Negotiation, Titles_are_checked_where_a_list_says_so) {
  auto policy = default_policy();
  policy.called_ae_titles = {"ARCHIVE"};
  auto rq = echo_request();
  EXPECT_EQ(rejected(negotiate(rq, policy)), "1/1/7");
  rq.called_ae_title = "archive";
  EXPECT_EQ(rejected(negotiate(rq, policy)), "1/1/7") << "case counts";
  for (const auto* title : {"ARCHIVE", "  ARCHIVE", "ARCHIVE  "}) {
    rq.called_ae_title = title;
    EXPECT_EQ(rejected(negotiate(rq, policy)), "accepted") << title;
  }
  policy.calling_ae_titles = {"MODALITY"};
  EXPECT_EQ(rejected(negotiate(rq, policy)), "1/1/3");
  rq.calling_ae_title = "MODALITY";
  EXPECT_EQ(rejected(negotiate(rq, policy)), "accepted");
}

TEST(Negotiation, The_last_free_association_is_given_and_no_more) {
  auto policy = default_policy();
  policy.max_associations = 2;
  EXPECT_EQ(rejected(negotiate(echo_request(), policy, 1)), "accepted");
  EXPECT_EQ(rejected(negotiate(echo_request(), policy, 2)), "2/3/2");
}

TEST(Negotiation, Titles_and_reserved_bytes_come_back_as_they_were) {
  auto rq = echo_request();
  rq.reserved[4] = 0x5a;
  rq.called_ae_title = "  A B";
  const auto ac = accepted(negotiate(rq, default_policy()));
  EXPECT_EQ(ac.called_ae_title, rq.called_ae_title);
  EXPECT_EQ(ac.calling_ae_title, rq.calling_ae_title);
  EXPECT_EQ(ac.reserved, rq.reserved);
  EXPECT_EQ(ac.protocol_version, 1);
}

TEST(Negotiation, Roles_are_granted_as_far_as_we_play_the_other_side) {
  auto policy = default_policy();
  policy.supported.push_back(
      {std::string(uids::CTImageStorage), {std::string(uids::ImplicitVRLittleEndian)}, true, true});
  policy.supported.push_back(
      {std::string(uids::MRImageStorage), {std::string(uids::ImplicitVRLittleEndian)}, false, true});
  const auto rq = request(
      {context(1, uids::CTImageStorage, {uids::ImplicitVRLittleEndian})},
      {pdu::RoleSelectionSubItem{std::string(uids::CTImageStorage), 0, 1},
       pdu::RoleSelectionSubItem{std::string(uids::MRImageStorage), 1, 1}, pdu::RoleSelectionSubItem{"1.2.3", 1, 1},
       pdu::RoleSelectionSubItem{std::string(uids::MRImageStorage), 0, 0}});
  const auto ac = accepted(negotiate(rq, policy));
  std::vector<pdu::RoleSelectionSubItem> roles;
  for (const auto& item : ac.user_information()->sub_items)
    if (const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&item)) roles.push_back(*role);
  ASSERT_EQ(roles.size(), 2U);
  EXPECT_EQ(roles[0], (pdu::RoleSelectionSubItem{std::string(uids::CTImageStorage), 0, 1}));
  EXPECT_EQ(roles[1], (pdu::RoleSelectionSubItem{std::string(uids::MRImageStorage), 1, 0}));
}

TEST(Negotiation, With_strict_roles_a_class_that_we_are_scu_of_is_for_who_asks_to_be_its_scp) {
  Policy policy;
  policy.strict_roles = true;
  policy.supported.push_back(
      {std::string(uids::CTImageStorage), {std::string(uids::ImplicitVRLittleEndian)}, true, false});
  const auto result = [&](bool asks) {
    auto rq = request({context(1, uids::CTImageStorage, {uids::ImplicitVRLittleEndian})});
    if (asks)
      for (auto& item : rq.items)
        if (auto* information = std::get_if<pdu::UserInformationItem>(&item))
          information->sub_items.emplace_back(pdu::RoleSelectionSubItem{std::string(uids::CTImageStorage), 0, 1});
    return accepted(negotiate(rq, policy)).contexts().front()->result;
  };
  EXPECT_EQ(result(true), 0);
  EXPECT_EQ(result(false), 3);
  policy.strict_roles = false;
  EXPECT_EQ(result(false), 0);
}

TEST(Negotiation, Optional_items_are_answered_only_where_asked) {
  const auto plain = accepted(negotiate(echo_request(), default_policy()));
  EXPECT_EQ(plain.user_information()->find<pdu::AsynchronousOperationsWindowSubItem>(), nullptr);
  EXPECT_EQ(plain.user_information()->find<pdu::UserIdentitySubItemAc>(), nullptr);
  EXPECT_EQ(plain.maximum_length(), limits::announced_max_length);

  const auto contexts = std::vector{context(1, uids::Verification, {uids::ImplicitVRLittleEndian})};
  const auto asked = accepted(
      negotiate(request(contexts, {pdu::AsynchronousOperationsWindowSubItem{0, 5},
                                   pdu::SopClassExtendedNegotiationSubItem{std::string(uids::Verification), {1}},
                                   pdu::UserIdentitySubItemRq{1, 1, to_bytes("someone"), {}}}),
                default_policy()));
  const auto* window = asked.user_information()->find<pdu::AsynchronousOperationsWindowSubItem>();
  ASSERT_NE(window, nullptr);
  EXPECT_EQ(*window, (pdu::AsynchronousOperationsWindowSubItem{1, 1}));
  EXPECT_NE(asked.user_information()->find<pdu::UserIdentitySubItemAc>(), nullptr);
  EXPECT_EQ(asked.user_information()->find<pdu::SopClassExtendedNegotiationSubItem>(), nullptr);

  const auto silent = accepted(
      negotiate(request(contexts, {pdu::UserIdentitySubItemRq{1, 0, to_bytes("someone"), {}}}), default_policy()));
  EXPECT_EQ(silent.user_information()->find<pdu::UserIdentitySubItemAc>(), nullptr);
}

}  // namespace
}  // namespace assay::service
