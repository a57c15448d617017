// The SCP brain of one association against the SCU brains: whole conversations without a socket.
#include "harness/service/provider.hpp"

#include <gtest/gtest.h>

#include "harness/service/synthetic.hpp"
#include "harness/service/user.hpp"

namespace assay::service {
namespace {

constexpr std::uint8_t echo_id = 1;
constexpr std::uint8_t ct_id = 3;
constexpr std::uint8_t find_id = 5;

std::map<std::uint8_t, session::AcceptedContext> contexts() {
  const std::string syntax(uids::ImplicitVRLittleEndian);
  return {{echo_id, {echo_id, std::string(uids::Verification), syntax, true, false}},
          {ct_id, {ct_id, std::string(uids::CTImageStorage), syntax, true, false}},
          {find_id, {find_id, std::string(uids::StudyRootQueryRetrieveInformationModelFind), syntax, true, false}}};
}

struct Bench {
  MemoryStore store;
  Provider provider;
  explicit Bench(ProviderOptions options = {}) : provider(contexts(), store, std::move(options)) {
    fill_with_synthetic(store);
  }
  std::vector<dimse::Message> ask(dimse::Message request) {
    provider.receive(std::move(request));
    return drain();
  }
  std::vector<dimse::Message> drain() {
    std::vector<dimse::Message> out;
    while (!provider.idle())
      if (auto response = provider.next_message()) out.push_back(std::move(*response));
    for (const auto& one : out) {
      const auto decoded = dimse::decode_command(encode(one.command));
      EXPECT_TRUE(decoded.problems.empty()) << decoded.problems[0].rule << " " << decoded.problems[0].field;
    }
    return out;
  }
};

dimse::Message message(std::uint8_t context_id, dimse::CommandSet command) {
  dimse::Message out;
  out.context_id = context_id;
  out.command = std::move(command);
  return out;
}

dataset::DataSet all_studies() {
  dataset::DataSet out(dataset::explicit_le);
  out.set_text(tags::QueryRetrieveLevel, "STUDY");
  out.set_text(tags::PatientID, "");
  return out;
}

dimse::Message find_request(std::uint16_t id, const dataset::DataSet& identifier = all_studies()) {
  FindUser user(contexts().at(find_id));
  return user.request(id, identifier);
}

TEST(Provider, Echo_is_answered_byte_by_byte) {
  Bench bench;
  const auto got = bench.ask(message(echo_id, dimse::c_echo_rq(2)));
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(encode(got[0].command), encode(dimse::response_to(dimse::c_echo_rq(2), 0)));
  EXPECT_EQ(got[0].context_id, echo_id);
}

TEST(Provider, A_query_yields_pending_responses_and_one_final) {
  Bench bench;
  FindUser user(contexts().at(find_id));
  bench.provider.receive(user.request(9, all_studies()));
  std::size_t pending = 0;
  while (!bench.provider.idle()) {
    const auto response = bench.provider.next_message();
    if (!response) continue;
    const auto step = user.consume(*response);
    EXPECT_TRUE(step.why.empty()) << step.why;
    if (step.kind == UserStep::Kind::pending) {
      ++pending;
      EXPECT_EQ(step.status, 0xff00);
      ASSERT_TRUE(step.identifier);
      EXPECT_EQ(step.identifier->text(tags::QueryRetrieveLevel), "STUDY");
      EXPECT_FALSE(step.identifier->text(tags::StudyInstanceUID).empty());
    } else {
      EXPECT_TRUE(step.succeeded());
      EXPECT_FALSE(response->command.has_data_set());
    }
  }
  EXPECT_EQ(pending, 7U);
  EXPECT_TRUE(user.done());
}

TEST(Provider, No_match_is_one_success_without_data) {
  Bench bench;
  auto identifier = all_studies();
  identifier.set_text(tags::StudyInstanceUID, "1.2.3");
  const auto got = bench.ask(find_request(1, identifier));
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].command.status(), 0);
  EXPECT_FALSE(got[0].command.has_data_set());
}

TEST(Provider, Cancel_ends_the_query_it_names_and_no_other) {
  for (const std::size_t after : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
    Bench bench;
    bench.provider.receive(find_request(7));
    for (std::size_t i = 0; i < after; ++i) EXPECT_EQ(bench.provider.next_message()->command.status(), 0xff00);
    bench.provider.receive(message(find_id, dimse::c_cancel_rq(8)));
    EXPECT_EQ(bench.provider.ignored(), 1U);
    for (int i = 0; i < 5; ++i) bench.provider.receive(message(find_id, dimse::c_cancel_rq(7)));
    const auto rest = bench.drain();
    if (after == 0) {
      // The search has not begun: its first match may still go out before the cancel is looked at.
      ASSERT_LE(rest.size(), 2U);
    } else {
      ASSERT_EQ(rest.size(), 1U) << after;
    }
    EXPECT_EQ(rest.back().command.status(), 0xfe00);
    EXPECT_EQ(rest.back().command.responded_to(), 7);
    bench.provider.receive(message(find_id, dimse::c_cancel_rq(7)));
    EXPECT_EQ(bench.ask(message(echo_id, dimse::c_echo_rq(8))).size(), 1U) << "the next operation works";
  }
}

TEST(Provider, A_long_search_pauses_so_that_a_cancel_is_seen) {
  ProviderOptions options;
  options.max_candidates_per_call = 2;
  Bench bench(options);
  auto identifier = all_studies();
  identifier.set_text(tags::PatientID, "NOBODY");
  bench.provider.receive(find_request(1, identifier));
  EXPECT_FALSE(bench.provider.next_message());
  EXPECT_FALSE(bench.provider.idle());
  bench.provider.receive(message(find_id, dimse::c_cancel_rq(1)));
  EXPECT_EQ(bench.provider.next_message()->command.status(), 0xfe00);
  EXPECT_TRUE(bench.provider.idle());
}

TEST(Provider, A_cap_is_told_and_not_disguised) {
  ProviderOptions options;
  options.max_matches = 3;
  Bench bench(options);
  const auto got = bench.ask(find_request(1));
  ASSERT_EQ(got.size(), 4U);
  EXPECT_EQ(got.back().command.status(), 0xb001);
  options.max_matches = 7;
  Bench enough(options);
  EXPECT_EQ(enough.ask(find_request(1)).back().command.status(), 0x0000);
}

TEST(Provider, Store_and_query_meet_in_the_store) {
  Bench bench;
  auto data = synthetic_instances()[0];
  data.set_text(tags::StudyInstanceUID, "2.25.777");
  data.set_text(tags::SOPInstanceUID, "2.25.778");
  StoreUser user(contexts().at(ct_id));
  const auto request = user.request(2, *make_instance(data, uids::ExplicitVRLittleEndian));
  ASSERT_TRUE(request);
  const auto got = bench.ask(*request);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_TRUE(user.consume(got[0]).succeeded());
  auto identifier = all_studies();
  identifier.set_text(tags::StudyInstanceUID, "2.25.777");
  EXPECT_EQ(bench.ask(find_request(3, identifier)).size(), 2U);
}

TEST(Provider, What_does_not_belong_is_refused_by_status) {
  using dimse::CommandField;
  auto wrong_class = dimse::c_echo_rq(1);
  wrong_class.elements().set_text(tags::AffectedSOPClassUID, uids::CTImageStorage);
  auto echo_as_store = dimse::c_store_rq(1, uids::Verification, "2.25.1");
  auto n_get = dimse::command(CommandField::n_get_rq, 1);
  n_get.elements().set_text(tags::RequestedSOPClassUID, uids::Verification);
  n_get.elements().set_text(tags::RequestedSOPInstanceUID, "2.25.1");
  auto n_create = dimse::command(CommandField::n_create_rq, 1);
  n_create.elements().set_text(tags::AffectedSOPClassUID, uids::CTImageStorage);
  auto n_other = dimse::command(CommandField::n_delete_rq, 1);
  n_other.elements().set_text(tags::RequestedSOPClassUID, "1.2.3");
  n_other.elements().set_text(tags::RequestedSOPInstanceUID, "2.25.1");
  auto move_on_find = dimse::c_move_rq(1, uids::StudyRootQueryRetrieveInformationModelFind, "X");
  auto no_data = dimse::c_find_rq(1, uids::StudyRootQueryRetrieveInformationModelFind);
  no_data.elements().set_u16(tags::CommandDataSetType, 0x0101);
  const struct {
    std::string name;
    std::uint8_t context_id;
    dimse::CommandSet command;
    std::uint16_t status;
  } rows[] = {
      {"echo of another class", echo_id, wrong_class, 0x0122},
      {"echo on a storage context", ct_id, dimse::c_echo_rq(1), 0x0122},
      {"store on the verification context", echo_id, echo_as_store, 0x0211},
      {"N-GET on the verification context", echo_id, n_get, 0x0211},
      {"N-CREATE on a storage context", ct_id, n_create, 0x0211},
      {"N-DELETE of an unknown class", ct_id, n_other, 0x0118},
      {"C-MOVE on a FIND context", find_id, move_on_find, 0x0211},
      {"C-FIND without Identifier", find_id, no_data, 0xa900},
      {"a context nobody accepted", 77, dimse::c_echo_rq(1), 0x0122},
  };
  for (const auto& row : rows) {
    Bench bench;
    const auto got = bench.ask(message(row.context_id, row.command));
    ASSERT_EQ(got.size(), 1U) << row.name;
    EXPECT_EQ(got[0].command.status(), row.status) << row.name;
    EXPECT_EQ(got[0].command.responded_to(), 1) << row.name;
    EXPECT_EQ(got[0].command.field(), *row.command.field() | 0x8000) << row.name;
    EXPECT_EQ(bench.ask(message(echo_id, dimse::c_echo_rq(5)))[0].command.status(), 0) << row.name;
  }
}

TEST(Provider, An_unknown_command_is_an_unrecognized_operation) {
  Bench bench;
  auto unknown = dimse::c_echo_rq(1);
  unknown.elements().set_u16(tags::CommandField, 0x0031);
  bench.provider.receive(message(echo_id, unknown));
  EXPECT_EQ(bench.provider.next_message()->command.status(), 0x0211);
}

TEST(Provider, A_requestor_that_is_no_SCU_is_refused) {
  auto reversed = contexts();
  reversed.at(echo_id).requestor_is_scu = false;
  MemoryStore store;
  Provider provider(reversed, store);
  provider.receive(message(echo_id, dimse::c_echo_rq(1)));
  EXPECT_EQ(provider.next_message()->command.status(), 0x0122);
}

TEST(Provider, A_message_id_in_use_is_a_duplicate_invocation) {
  Bench bench;
  bench.provider.receive(find_request(4));
  bench.provider.receive(message(echo_id, dimse::c_echo_rq(4)));
  bench.provider.receive(message(echo_id, dimse::c_echo_rq(5)));
  const auto got = bench.drain();
  ASSERT_EQ(got.size(), 10U);
  EXPECT_EQ(got[8].command.status(), 0x0210);
  EXPECT_EQ(got[9].command.status(), 0x0000);
}

TEST(Provider, A_flood_is_refused_then_ignored) {
  ProviderOptions options;
  options.max_outstanding = 2;
  Bench bench(options);
  for (std::uint16_t id = 1; id <= 20; ++id) bench.provider.receive(find_request(id));
  EXPECT_EQ(bench.provider.ignored(), 12U);
  const auto got = bench.drain();
  EXPECT_EQ(got.size(), 2 * 8 + 6U);
  EXPECT_EQ(got.back().command.status(), 0xa700);
}

TEST(Provider, Responses_of_the_peer_are_ignored) {
  Bench bench;
  bench.provider.receive(message(echo_id, dimse::response_to(dimse::c_echo_rq(1), 0)));
  EXPECT_TRUE(bench.provider.idle());
  EXPECT_EQ(bench.provider.ignored(), 1U);
  EXPECT_FALSE(bench.provider.next_message());
}

TEST(Provider, Bad_identifiers_end_with_their_status_and_offending_element) {
  Bench bench;
  auto identifier = all_studies();
  identifier.set_text(tags::QueryRetrieveLevel, "PATIENT");
  const auto got = bench.ask(find_request(1, identifier));
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].command.status(), 0xa900);
  EXPECT_TRUE(got[0].command.elements().has(tags::OffendingElement));
  EXPECT_FALSE(got[0].command.elements().text(tags::ErrorComment).empty());
}

}  // namespace
}  // namespace assay::service
