// The asynchronous operations window: what is granted, and how many operations a provider has in hand at a time.
#include "harness/service/window.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/service/negotiation.hpp"
#include "harness/service/provider.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic.hpp"
#include "harness/service/user.hpp"

namespace assay::service {
namespace {

pdu::AAssociateRq request(std::optional<OperationsWindow> window) {
  pdu::AAssociateRq rq;
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  pdu::UserInformationItem user;
  if (window) user.sub_items.emplace_back(pdu::AsynchronousOperationsWindowSubItem{window->invoked, window->performed});
  rq.items.emplace_back(std::move(user));
  return rq;
}

OperationsWindow negotiated(std::optional<OperationsWindow> asked, const OperationsWindow& ours) {
  auto policy = default_policy();
  policy.window = ours;
  const auto rq = request(asked);
  const auto answer = negotiate(rq, policy);
  const auto* ac = std::get_if<pdu::AAssociateAc>(&answer);
  EXPECT_NE(ac, nullptr);
  if (ac == nullptr) return {};
  EXPECT_EQ(ac->user_information()->find<pdu::AsynchronousOperationsWindowSubItem>() != nullptr, asked.has_value());
  return agreed_window(rq, *ac);
}

TEST(Window, No_more_is_granted_than_was_asked_for_and_is_ours) {
  EXPECT_EQ(negotiated({}, {16, 16}), (OperationsWindow{1, 1})) << "not asked for";
  EXPECT_EQ(negotiated(OperationsWindow{8, 4}, {}), (OperationsWindow{1, 1})) << "the default is one";
  EXPECT_EQ(negotiated(OperationsWindow{8, 4}, {16, 2}), (OperationsWindow{8, 2}));
  EXPECT_EQ(negotiated(OperationsWindow{0, 0}, {16, 2}), (OperationsWindow{16, 2})) << "0 asks for any number";
  EXPECT_EQ(negotiated(OperationsWindow{8, 0}, {0, 0}), (OperationsWindow{8, 0})) << "0 grants any number";
}

TEST(Window, What_the_acceptor_widens_is_not_agreed_on) {
  pdu::AAssociateAc ac;
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::AsynchronousOperationsWindowSubItem{0, 9});
  ac.items.emplace_back(std::move(user));
  EXPECT_EQ(agreed_window(request(OperationsWindow{4, 2}), ac), (OperationsWindow{4, 2}));
  EXPECT_EQ(agreed_window(request({}), ac), (OperationsWindow{}));
}

constexpr std::uint8_t find_id = 1;
constexpr std::uint8_t echo_id = 3;
constexpr std::uint8_t get_id = 5;
constexpr std::uint8_t ct_id = 7;

std::map<std::uint8_t, session::AcceptedContext> contexts() {
  const std::string syntax(uids::ImplicitVRLittleEndian);
  return {{find_id, {find_id, std::string(uids::StudyRootQueryRetrieveInformationModelFind), syntax, true, false}},
          {echo_id, {echo_id, std::string(uids::Verification), syntax, true, false}},
          {get_id, {get_id, std::string(uids::StudyRootQueryRetrieveInformationModelGet), syntax, true, false}},
          {ct_id, {ct_id, std::string(uids::CTImageStorage), syntax, true, true}}};
}

struct Bench {
  MemoryStore store;
  Provider provider;

  explicit Bench(OperationsWindow window) : provider(made(window)) {}
  Provider made(OperationsWindow window) {
    fill_with_synthetic(store);
    AssociationView view;
    view.contexts = contexts();
    view.window = window;
    return Provider(std::move(view), archive_services(store));
  }
  void find(std::uint16_t id) {
    dataset::DataSet identifier(dataset::explicit_le);
    identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
    identifier.set_empty(tags::StudyInstanceUID);
    FindUser user(contexts().at(find_id));
    provider.receive(user.request(id, identifier));
  }
  void echo(std::uint16_t id) {
    EchoUser user(contexts().at(echo_id));
    provider.receive(user.request(id));
  }
  void get(std::uint16_t id) {
    dataset::DataSet identifier(dataset::explicit_le);
    identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
    identifier.set_text(tags::StudyInstanceUID, synthetic_instances().front().text(tags::StudyInstanceUID));
    GetUser user(contexts().at(get_id));
    provider.receive(user.request(id, identifier));
  }
  /// The Message IDs that the responses to come answer, in their order; a request of ours is 0.
  std::vector<int> answers() {
    std::vector<int> out;
    while (provider.ready())
      if (const auto one = provider.next_message()) out.push_back(one->command.responded_to().value_or(0));
    return out;
  }
};

TEST(Window, Without_one_the_operations_go_one_after_the_other) {
  Bench bench({});
  bench.find(1);
  bench.find(2);
  bench.echo(3);
  EXPECT_EQ(bench.answers(), (std::vector<int>{1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3}));
}

TEST(Window, Operations_within_it_take_turns_and_those_beyond_it_wait) {
  Bench bench({2, 1});
  bench.find(1);
  bench.find(2);
  bench.echo(3);
  const auto order = bench.answers();
  EXPECT_EQ(order.size(), 17U);
  EXPECT_EQ(std::vector<int>(order.begin(), order.begin() + 6), (std::vector<int>{1, 2, 1, 2, 1, 2}));
  EXPECT_EQ(order.back(), 2);
  const auto echo = std::ranges::find(order, 3);
  EXPECT_GT(echo - order.begin(), 14) << "the third waits until one of the first two is over";
  EXPECT_TRUE(bench.provider.idle());
}

TEST(Window, A_short_operation_overtakes_a_long_one) {
  Bench bench({0, 1});
  bench.find(1);
  bench.echo(2);
  EXPECT_EQ(bench.answers(), (std::vector<int>{1, 2, 1, 1, 1, 1, 1, 1, 1}));
}

TEST(Window, Sub_operations_keep_to_the_window_of_the_requestor) {
  for (const std::uint16_t performed : {std::uint16_t{1}, std::uint16_t{2}}) {
    Bench bench({4, performed});
    bench.get(1);
    bench.get(2);
    EXPECT_EQ(bench.answers(), std::vector<int>(performed, 0)) << "C-STORE requests that wait for their responses";
    bench.echo(3);
    EXPECT_EQ(bench.answers(), std::vector<int>{3}) << "others go on meanwhile";
  }
}

TEST(Window, One_that_was_agreed_on_has_room_in_any_case) {
  Bench bench({200, 1});
  for (std::uint16_t id = 1; id <= 200; ++id) bench.echo(id);
  std::size_t good = 0;
  while (bench.provider.ready())
    if (const auto one = bench.provider.next_message()) good += one->command.status() == 0 ? 1 : 0;
  EXPECT_EQ(good, 200U);
}

}  // namespace
}  // namespace assay::service
