// The observer without any rule: order, numbers, offsets, messages, what was negotiated, its own findings.
#include "harness/observe/observer.hpp"

#include <gtest/gtest.h>

#include <set>

#include "support.hpp"

namespace assay::observe {
namespace {

using test::associated;
using test::bytes_of;
using test::only;
using trace::Closing;
using trace::Side;

TEST(Observer, Numbers_PDUs_over_both_directions_and_counts_offsets_per_side) {
  auto observer = associated();
  const auto echo = test::echo_rq();
  observer.bytes(Side::requestor, echo, {});
  observer.bytes(Side::acceptor, test::echo_rsp(), {});
  const auto& trace = observer.trace();
  const auto seen = only<trace::PduSeen>(trace);
  ASSERT_EQ(seen.size(), 4U);
  const auto rq = test::associate_rq();
  EXPECT_EQ(seen[0].number, 1U);
  EXPECT_EQ(seen[1].number, 2U);
  EXPECT_EQ(seen[1].from, Side::acceptor);
  EXPECT_EQ(seen[1].offset, 0U);
  EXPECT_EQ(seen[2].number, 3U);
  EXPECT_EQ(seen[2].offset, rq.size());
  EXPECT_EQ(seen[2].bytes, echo);
  EXPECT_EQ(trace.bytes_from_requestor, rq.size() + echo.size());
  EXPECT_TRUE(trace.findings.empty());
}

TEST(Observer, Knows_what_was_negotiated) {
  const auto observer = associated();
  const auto& negotiated = observer.trace().negotiated;
  ASSERT_TRUE(negotiated.established());
  ASSERT_EQ(negotiated.contexts.size(), 1U);
  EXPECT_EQ(negotiated.contexts[0].abstract_syntax, uids::Verification);
  EXPECT_EQ(negotiated.contexts[0].transfer_syntax, uids::ImplicitVRLittleEndian);
  EXPECT_EQ(negotiated.contexts[0].result, 0);
  EXPECT_EQ(negotiated.requestor_maximum_length, 16384U);
  EXPECT_EQ(negotiated.acceptor_maximum_length, 16384U);
}

TEST(Observer, Puts_messages_together_and_knows_where_their_bytes_stood) {
  auto observer = associated();
  // Three fragments in three PDUs.
  observer.bytes(Side::requestor, test::echo_rq(30), {});
  const auto messages = only<trace::MessageSeen>(observer.trace());
  ASSERT_EQ(messages.size(), 1U);
  const auto& seen = messages[0];
  EXPECT_EQ(seen.message->command.name(), "C-ECHO-RQ");
  EXPECT_EQ(seen.first_pdu, 3U);
  EXPECT_EQ(seen.last_pdu, 5U);
  const auto start = test::associate_rq().size();
  EXPECT_EQ(seen.offset, start + 6);
  EXPECT_EQ(seen.command_at.offset_of(0), start + 12);
  EXPECT_EQ(seen.command_at.offset_of(30), start + 12 + 30 + 12);
}

TEST(Observer, Names_the_byte_of_a_problem_in_a_fragmented_command) {
  auto observer = associated();
  auto echo = test::echo_rq(30);
  // (0000,0100) stands at 12 + 26 of the Command Set, its tag in the second fragment.
  const std::size_t in_stream = 12 + 38 + 12;
  ASSERT_EQ(echo[in_stream], 0);
  echo[in_stream] = 2;  // group 0002
  observer.bytes(Side::requestor, echo, {});
  std::set<std::uint64_t> offsets;
  for (const auto& finding : observer.trace().findings) {
    if (finding.rule != "ps3.7/6.3.1/foreign-group") continue;
    offsets.insert(finding.offset);
    EXPECT_EQ(finding.pdu_number, 4U);
  }
  EXPECT_EQ(offsets, std::set<std::uint64_t>{test::associate_rq().size() + in_stream});
}

TEST(Observer, Follows_both_sides) {
  Observer observer(nullptr, {});
  observer.opened({});
  EXPECT_TRUE(observer.states(Side::acceptor).contains(dul::State::sta2));
  observer.bytes(Side::requestor, test::associate_rq(), {});
  EXPECT_TRUE(observer.states(Side::requestor).contains(dul::State::sta5));
  observer.bytes(Side::acceptor, test::associate_ac(), {});
  EXPECT_EQ(observer.states(Side::acceptor), dul::StateSet{dul::State::sta6});
}

TEST(Observer, Says_one_thing_about_a_lost_stream_and_keeps_its_first_bytes) {
  Observer observer(nullptr, {});
  observer.opened({});
  observer.bytes(Side::requestor, test::associate_rq(), {});
  observer.bytes(Side::acceptor, to_bytes("HTTP/1.1 400 Bad Request\r\n"), {});
  observer.bytes(Side::acceptor, test::associate_ac(), {});
  observer.closed(Side::acceptor, Closing::fin, {});
  observer.finish({});
  ASSERT_EQ(observer.trace().findings.size(), 1U);
  const auto& finding = observer.trace().findings[0];
  EXPECT_EQ(finding.rule, "ps3.8/9.3.1/pdu-type-unknown");
  EXPECT_EQ(finding.side, Side::acceptor);
  EXPECT_NE(finding.found.find("HTTP"), std::string::npos);
  const auto leftovers = only<trace::Leftover>(observer.trace());
  ASSERT_EQ(leftovers.size(), 1U);
  EXPECT_EQ(as_text(ByteView(leftovers[0].bytes).first(4)), "HTTP");
}

TEST(Observer, Accuses_a_side_that_answers_where_it_should_have_aborted) {
  auto observer = associated();
  observer.bytes(Side::requestor, test::associate_rq(), {});  // a second one: the requestor's fault
  observer.bytes(Side::requestor, test::echo_rq(), {});
  observer.bytes(Side::acceptor, test::echo_rsp(), {});  // and going on is the acceptor's
  std::vector<std::pair<std::string, Side>> found;
  for (const auto& finding : observer.trace().findings) found.emplace_back(finding.rule, finding.side);
  EXPECT_EQ(found, (std::vector<std::pair<std::string, Side>>{{"ps3.8/9.2.3/pdu-not-allowed", Side::requestor},
                                                              {"ps3.8/9.2.3/reaction-missing", Side::acceptor}}));
}

TEST(Observer, Does_not_accuse_sides_whose_PDUs_cross) {
  auto observer = associated();
  // Both release at once: the collision of PS3.8 9.2.3, AR-8.
  observer.bytes(Side::requestor, bytes_of(pdu::AReleaseRq{}), {});
  observer.bytes(Side::acceptor, bytes_of(pdu::AReleaseRq{}), {});
  observer.bytes(Side::requestor, bytes_of(pdu::AReleaseRp{}), {});
  observer.bytes(Side::acceptor, bytes_of(pdu::AReleaseRp{}), {});
  observer.closed(Side::acceptor, Closing::fin, {});
  EXPECT_TRUE(observer.trace().findings.empty());
  // An abort crosses data.
  auto second = associated();
  second.bytes(Side::requestor, bytes_of(pdu::AAbort{}), {});
  second.bytes(Side::acceptor, test::echo_rq(), {});
  second.closed(Side::requestor, Closing::rst, {});
  EXPECT_TRUE(second.trace().findings.empty());
}

/// The rules that the acceptor broke by an A-ABORT in Sta2, after these bytes of the requestor.
std::vector<std::string> blamed_for_an_abort_after(const Bytes& bytes) {
  Observer observer(nullptr, Options{});
  if (!bytes.empty()) observer.bytes(Side::requestor, bytes, {});
  observer.bytes(Side::acceptor, bytes_of(pdu::AAbort{2, 6}), {});
  std::vector<std::string> rules;
  for (const auto& finding : observer.trace().findings) {
    if (finding.side == Side::acceptor) rules.push_back(finding.rule);
  }
  return rules;
}

TEST(Observer, Does_not_accuse_an_abort_on_the_header_of_a_PDU_whose_rest_never_came) {
  EXPECT_TRUE(blamed_for_an_abort_after({4, 0, 1, 0, 0, 0}).empty());  // P-DATA-TF of 16 MiB
  EXPECT_TRUE(blamed_for_an_abort_after({1, 0, 0, 0, 1, 0, 0, 1}).empty());
}

TEST(Observer, Accuses_an_abort_in_Sta2_before_there_was_a_header) {
  EXPECT_EQ(blamed_for_an_abort_after({4, 0, 1, 0, 0}), std::vector<std::string>{"ps3.8/9.2.3/pdu-not-allowed"});
  EXPECT_EQ(blamed_for_an_abort_after({}), std::vector<std::string>{"ps3.8/9.2.3/pdu-not-allowed"});
}

TEST(Observer, Aborts_for_a_lost_stream_are_judged_alike_however_its_bytes_came) {
  std::vector<std::vector<std::string>> rules;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::size_t{100}}) {
    auto observer = associated();
    observer.bytes(Side::requestor, bytes_of(pdu::AAbort{}), {});
    const Bytes junk(44, 0xff);
    for (std::size_t at = 0; at < junk.size(); at += piece)
      observer.bytes(Side::acceptor, ByteView(junk).subspan(at, std::min(piece, junk.size() - at)), {});
    // In Sta13 each PDU that is none is answered by an A-ABORT (AA-7), and nobody knows how many there were.
    for (int times = 0; times < 3; ++times) observer.bytes(Side::requestor, bytes_of(pdu::AAbort{2, 1}), {});
    rules.emplace_back();
    for (const auto& finding : observer.trace().findings) rules.back().push_back(finding.rule);
  }
  EXPECT_EQ(rules[0], std::vector<std::string>{"ps3.8/9.3.1/pdu-type-unknown"});
  EXPECT_EQ(rules[1], rules[0]);
  EXPECT_EQ(rules[2], rules[0]);
}

TEST(Observer, Marks_only_our_own_provoked_faults) {
  Options options;
  options.ours = Side::requestor;
  Observer observer(nullptr, options);
  observer.opened({});
  auto rq = test::associate_rq();
  rq[1] = 1;
  auto ac = test::associate_ac();
  ac[1] = 1;
  observer.provoke(true);
  // The fault was begun while provoking; the PDU ends after it.
  observer.bytes(Side::requestor, ByteView(rq).first(20), {});
  observer.provoke(false);
  observer.bytes(Side::requestor, ByteView(rq).subspan(20), {});
  observer.bytes(Side::acceptor, ac, {});
  ASSERT_EQ(observer.trace().findings.size(), 2U);
  EXPECT_TRUE(observer.trace().findings[0].provoked);
  EXPECT_FALSE(observer.trace().findings[1].provoked);
  // What our side breaks without meaning to is told.
  observer.bytes(Side::requestor, Bytes{5, 1, 0, 0, 0, 4, 0, 0, 0, 0}, {});
  ASSERT_EQ(observer.trace().findings.size(), 3U);
  EXPECT_FALSE(observer.trace().findings[2].provoked);
}

TEST(Observer, Records_marks_and_closings) {
  auto observer = associated();
  observer.mark("step 1", {});
  observer.closed(Side::requestor, Closing::fin, {});
  observer.closed(Side::acceptor, Closing::fin, {});
  const auto& trace = observer.trace();
  ASSERT_EQ(only<trace::Mark>(trace).size(), 1U);
  EXPECT_EQ(only<trace::TransportClosed>(trace).size(), 2U);
  // Only the one who closed first is to blame.
  ASSERT_EQ(trace.findings.size(), 1U);
  EXPECT_EQ(trace.findings[0].side, Side::requestor);
  EXPECT_EQ(trace.findings[0].rule, "ps3.8/9.2.3/closed-without-release-or-abort");
}

TEST(Observer, Lists_the_ids_it_reports) {
  EXPECT_GE(rule_ids().size(), 8U);
  EXPECT_EQ(std::set<std::string_view>(rule_ids().begin(), rule_ids().end()).size(), rule_ids().size());
}

}  // namespace
}  // namespace assay::observe
