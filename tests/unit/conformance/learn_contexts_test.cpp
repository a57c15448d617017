// SOP Classes, transfer syntaxes, roles and limits of devices that exist in memory only: service::negotiate with a
// policy, and devices with a mind of their own around it.
#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/learn.hpp"
#include "harness/service/negotiation.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::conformance::learn {
namespace {

const std::string implicit(uids::ImplicitVRLittleEndian);
const std::string explicit_le(uids::ExplicitVRLittleEndian);
const std::string big(uids::ExplicitVRBigEndian);
const std::string jpeg = "1.2.840.10008.1.2.4.50";
const std::string ct(uids::CTImageStorage);
const std::string mr(uids::MRImageStorage);
const std::string verification(uids::Verification);

Settings settings() {
  Settings out;
  out.implementation_class_uid = "1.2.3";
  out.quick = true;
  return out;
}

TEST(LearnContexts, A_quick_look_asks_for_what_a_statement_names_too) {
  const auto statement = load_profile(
      "<profile product=\"p\" version=\"1\"><ae title=\"A\"><service sop-class=\"StoredPrintStorage\" scp=\"yes\" "
      "transfer=\"ImplicitVRLittleEndian MPEG2MPML\"/></ae></profile>",
      "p.xml");
  ASSERT_TRUE(statement) << statement.error();
  auto with = settings();
  const std::string stored_print = "1.2.840.10008.5.1.1.27";
  const std::string mpeg2 = "1.2.840.10008.1.2.4.100";
  const auto asks = [](const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::count(all, one);
  };
  EXPECT_EQ(asks(asked_classes(with), stored_print), 0);
  EXPECT_EQ(asks(asked_syntaxes(with), mpeg2), 0);
  with.also = asked_by(*statement);
  EXPECT_EQ(asks(asked_classes(with), stored_print), 1);
  EXPECT_EQ(asks(asked_syntaxes(with), mpeg2), 1);
  EXPECT_EQ(asks(asked_syntaxes(with), implicit), 1);
  with.quick = false;
  EXPECT_EQ(asks(asked_syntaxes(with), mpeg2), 1);
}

struct Device {
  service::Policy policy;
  std::size_t most_contexts = 128;   // more are refused
  std::size_t most_syntaxes = 1000;  // in one context; hangs up at more
  std::string poison;                // this SOP Class alone makes it abort
  std::size_t answers_only = 128;    // contexts from here on have no answer
  std::size_t dies_after = 100'000;
  std::size_t asked = 0;
  std::size_t held = 0;

  Associate associate() {
    return [this](const pdu::AAssociateRq& rq, const std::string&, bool hold) -> Reply {
      ++asked;
      if (asked > dies_after) return {Outcome::unreachable, {}, {}, "no connection"};
      if (rq.contexts().size() > most_contexts) return {Outcome::aborted, {}, {}, "A-ABORT"};
      for (const auto* context : rq.contexts())
        if (context->transfer_syntaxes().size() > most_syntaxes) return {Outcome::closed, {}, {}, "closing"};
      for (const auto* context : rq.contexts())
        if (!poison.empty() && context->abstract_syntax() == poison) return {Outcome::closed, {}, {}, "closing"};
      auto answer = service::negotiate(rq, policy, held);
      if (auto* rj = std::get_if<pdu::AAssociateRj>(&answer)) return {Outcome::rejected, {}, *rj, "A-ASSOCIATE-RJ"};
      auto& ac = std::get<pdu::AAssociateAc>(answer);
      std::size_t seen = 0;
      std::erase_if(ac.items, [&](const pdu::AssociateItem& item) {
        return std::holds_alternative<pdu::PresentationContextItemAc>(item) && ++seen > answers_only;
      });
      if (hold) ++held;
      return {Outcome::accepted, std::move(ac), {}, ""};
    };
  }
};

Device small_archive() {
  Device out;
  out.policy.implementation_class_uid = "1.2.3.4";
  out.policy.supported = {
      {verification, {implicit}}, {ct, {explicit_le, jpeg, implicit}}, {mr, {implicit, explicit_le}}};
  return out;
}

Learned contexts_of(Device& device, const Settings& with = settings()) {
  Learned out;
  learn_contexts(with, device.associate(), out);
  return out;
}

using Names = std::vector<std::string>;

TEST(LearnContexts, Finds_each_class_with_its_syntaxes_in_the_order_of_preference) {
  auto device = small_archive();
  const auto learned = contexts_of(device);
  EXPECT_EQ(learned.seen(ct)->as_scp, (Names{explicit_le, jpeg, implicit}));
  EXPECT_EQ(learned.seen(mr)->as_scp, (Names{implicit, explicit_le}));
  EXPECT_EQ(learned.seen(verification)->as_scp, (Names{implicit}));
  EXPECT_EQ(std::ranges::count_if(learned.classes, [](const ClassSeen& one) { return !one.as_scp.empty(); }), 3);
  EXPECT_EQ(learned.policies.at("transfer-syntax-choice"), "own-order");
  EXPECT_TRUE(learned.looked.contains("sop-class/CTImageStorage/scp/"));
}

TEST(LearnContexts, Keeps_the_results_of_refused_contexts) {
  auto device = small_archive();
  const auto learned = contexts_of(device);
  EXPECT_EQ(learned.seen(uids::SecondaryCaptureImageStorage)->together, 3);
  EXPECT_EQ(learned.seen(ct)->results.at(big), 4);
}

TEST(LearnContexts, A_device_that_goes_by_the_requestor_is_told_from_one_with_an_order_of_its_own) {
  auto device = small_archive();
  device.policy.requestor_order = true;
  EXPECT_EQ(contexts_of(device).policies.at("transfer-syntax-choice"), "requestor-order");
}

TEST(LearnContexts, A_device_without_a_choice_leaves_the_order_open) {
  auto device = small_archive();
  device.policy.supported = {{verification, {implicit}}};
  const auto learned = contexts_of(device);
  EXPECT_FALSE(learned.policies.contains("transfer-syntax-choice"));
  EXPECT_TRUE(std::ranges::any_of(learned.unknown,
                                  [](const Unknown& u) { return u.claim == "policy/transfer-syntax-choice"; }));
}

TEST(LearnContexts, Roles_are_found_by_role_selection) {
  auto device = small_archive();
  device.policy.supported[1].scu = true;
  device.policy.supported.push_back({std::string(uids::SecondaryCaptureImageStorage), {implicit}, true, false});
  const auto learned = contexts_of(device);
  EXPECT_EQ(learned.seen(ct)->as_scu, (Names{explicit_le, jpeg, implicit}));
  EXPECT_TRUE(learned.seen(mr)->as_scu.empty());
  EXPECT_EQ(learned.seen(uids::SecondaryCaptureImageStorage)->as_scu, (Names{implicit}));
}

TEST(LearnContexts, A_limit_of_contexts_is_found_and_everything_is_learned_all_the_same) {
  auto device = small_archive();
  const auto whole = contexts_of(device);
  for (const std::size_t limit : {1U, 2U, 7U, 40U, 127U}) {
    auto bounded = small_archive();
    bounded.most_contexts = limit;
    const auto learned = contexts_of(bounded);
    EXPECT_EQ(learned.seen(ct)->as_scp, whole.seen(ct)->as_scp) << limit;
    EXPECT_EQ(learned.seen(mr)->as_scp, whole.seen(mr)->as_scp) << limit;
  }
}

TEST(LearnContexts, A_device_that_answers_the_first_few_contexts_alone_is_asked_again_for_the_rest) {
  auto device = small_archive();
  device.answers_only = 10;
  const auto learned = contexts_of(device);
  EXPECT_EQ(learned.seen(ct)->as_scp, (Names{explicit_le, jpeg, implicit}));
  EXPECT_EQ(learned.seen(mr)->as_scp, (Names{implicit, explicit_le}));
}

TEST(LearnContexts, A_limit_of_transfer_syntaxes_in_one_context_is_found) {
  auto device = small_archive();
  device.most_syntaxes = 9;
  const auto learned = contexts_of(device);
  EXPECT_EQ(learned.policies.at("x-transfer-syntaxes-at-once"), "9");
  EXPECT_EQ(learned.seen(ct)->as_scp, (Names{explicit_le, jpeg, implicit}));
  EXPECT_TRUE(std::ranges::none_of(learned.unknown, [](const Unknown& u) { return u.claim.starts_with("sop-class"); }));
  auto sound = small_archive();
  EXPECT_FALSE(contexts_of(sound).policies.contains("x-transfer-syntaxes-at-once"));
}

TEST(LearnContexts, A_class_that_makes_it_hang_up_is_an_open_question_and_the_others_are_known) {
  auto device = small_archive();
  device.poison = uids::SecondaryCaptureImageStorage;
  const auto learned = contexts_of(device);
  EXPECT_EQ(learned.seen(ct)->as_scp, (Names{explicit_le, jpeg, implicit}));
  EXPECT_FALSE(learned.gone);
  EXPECT_TRUE(std::ranges::any_of(
      learned.unknown, [](const Unknown& u) { return u.claim == "sop-class/SecondaryCaptureImageStorage/scp"; }));
}

TEST(LearnContexts, A_device_that_dies_is_asked_nothing_more) {
  auto device = small_archive();
  device.dies_after = 5;
  const auto learned = contexts_of(device);
  EXPECT_TRUE(learned.gone);
  EXPECT_LT(device.asked, 60U);
}

TEST(LearnContexts, A_device_that_takes_any_storage_class_is_known_by_one_that_nobody_has_defined) {
  auto device = small_archive();
  device.policy.any_storage_transfer_syntaxes = {implicit, explicit_le};
  const auto learned = contexts_of(device);
  EXPECT_TRUE(learned.any_storage);
  EXPECT_FALSE(learned.any_class);
  const auto profile = profile_of(learned, {"p", "1", "AE", {}});
  const auto& ae = profile.aes.front();
  ASSERT_NE(ae.service("1.2.840.10008.5.1.4.1.1.128", Role::scp), nullptr);
  EXPECT_EQ(ae.service("1.2.840.10008.5.1.4.1.1.128", Role::scp)->sop_class, every_storage);
  EXPECT_EQ(ae.service(ct, Role::scp)->transfer_syntaxes, (Names{explicit_le, jpeg, implicit}));  // its own entry stays
}

TEST(LearnContexts, What_is_stopped_says_so_and_claims_nothing_it_has_not_seen) {
  auto device = small_archive();
  auto with = settings();
  with.stop = [&] { return device.asked >= 3; };
  const auto learned = contexts_of(device, with);
  EXPECT_LE(device.asked, 3U);
  EXPECT_TRUE(std::ranges::any_of(learned.unknown, [](const Unknown& u) { return u.claim == "sop-class"; }));
  EXPECT_FALSE(learned.looked.contains("sop-class/MRImageStorage/scp/"));
}

TEST(LearnPolicies, Identity_limits_and_titles_are_those_of_the_device) {
  auto device = small_archive();
  device.policy.maximum_length = 28672;
  device.policy.implementation_version_name = "SMALL_1";
  device.policy.max_associations = 5;
  device.policy.called_ae_titles = {"SMALL"};
  device.policy.window = {4, 2};
  auto with = settings();
  with.called = "SMALL";
  auto learned = contexts_of(device, with);
  learn_policies(with, device.associate(), learned);
  EXPECT_EQ(learned.policies.at("maximum-length"), "28672");
  EXPECT_EQ(learned.policies.at("implementation-class-uid"), "1.2.3.4");
  EXPECT_EQ(learned.policies.at("implementation-version-name"), "SMALL_1");
  EXPECT_EQ(learned.policies.at("maximum-associations"), "5");
  EXPECT_EQ(learned.policies.at("checks-called-ae-title"), "yes");
  EXPECT_EQ(learned.policies.at("called-ae-titles"), "SMALL");
  EXPECT_EQ(learned.policies.at("checks-calling-ae-title"), "no");
  EXPECT_EQ(learned.policies.at("x-checks-application-context"), "yes");
  EXPECT_EQ(learned.policies.at("operations-performed"), "4");
  EXPECT_EQ(learned.policies.at("operations-invoked"), "2");
  EXPECT_EQ(learned.policies.at("x-user-identity"), "answered");
}

TEST(LearnPolicies, A_bound_that_is_not_reached_is_no_limit) {
  auto device = small_archive();
  auto with = settings();
  with.most_parallel = 8;
  auto learned = contexts_of(device, with);
  learn_policies(with, device.associate(), learned);
  EXPECT_EQ(learned.parallel, 8U);
  EXPECT_FALSE(learned.policies.contains("maximum-associations"));
}

TEST(LearnPolicies, Extended_negotiation_is_asked_of_the_query_classes_that_are_served) {
  auto device = small_archive();
  device.policy.supported.push_back({std::string(uids::StudyRootQueryRetrieveInformationModelFind), {implicit}});
  device.policy.extensions.relational = true;
  auto learned = contexts_of(device);
  learn_policies(settings(), device.associate(), learned);
  EXPECT_EQ(learned.extended.at(std::string(uids::StudyRootQueryRetrieveInformationModelFind)),
            (Names{"relational-queries"}));
  EXPECT_EQ(learned.policies.at("relational-queries"), "yes");
  EXPECT_EQ(learned.policies.at("fuzzy-person-names"), "no");
  const auto profile = profile_of(learned, {"p", "1", "AE", {}});
  const auto read = load_profile(to_xml(profile), "learned.xml");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, profile);
}

TEST(LearnPolicies, A_move_to_nobody_tells_whether_destinations_are_configured) {
  Learned learned;
  learn_move(uids::StudyRootQueryRetrieveInformationModelMove, 0xa801, learned);
  EXPECT_EQ(learned.policies.at("move-destinations"), "configured");
  Learned other;
  learn_move(uids::StudyRootQueryRetrieveInformationModelMove, 0x0000, other);
  EXPECT_FALSE(other.policies.contains("move-destinations"));
  EXPECT_TRUE(other.statuses.empty());
}

}  // namespace
}  // namespace assay::conformance::learn
