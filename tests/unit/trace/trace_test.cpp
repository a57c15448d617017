// Findings as lines, the rule book, positions of fragments, the trace as text.
#include "harness/trace/trace.hpp"

#include <gtest/gtest.h>

#include "harness/trace/rule.hpp"

namespace assay::trace {
namespace {

Finding sample() {
  return {"ps3.8/9.3.2/called-ae-title-blank",
          "PS3.8 9.3.2",
          Severity::error,
          Side::requestor,
          "c1",
          1,
          16,
          "called-ae-title",
          "\"\"",
          "a title",
          "Enter one.",
          false};
}

TEST(Finding, Prints_in_one_line_with_side_place_found_and_expected) {
  EXPECT_EQ(to_line(sample()),
            "error ps3.8/9.3.2/called-ae-title-blank [PS3.8 9.3.2] requestor, c1 PDU 1 byte 16 (0x10) called-ae-title: "
            "found \"\", expected a title");
}

TEST(Finding, Without_a_PDU_names_only_the_connection_and_says_when_it_was_provoked) {
  auto finding = sample();
  finding.pdu_number = 0;
  finding.field.clear();
  finding.expected.clear();
  finding.severity = Severity::note;
  finding.side = Side::acceptor;
  finding.provoked = true;
  EXPECT_EQ(to_line(finding),
            "note ps3.8/9.3.2/called-ae-title-blank [PS3.8 9.3.2] acceptor, c1: found \"\" (provoked)");
}

TEST(Finding, Stays_one_line_whatever_came_from_the_wire) {
  auto finding = sample();
  finding.found = "a\nb\x1b[2J";
  const auto line = to_line(finding);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST(Names, Are_those_of_the_reports) {
  EXPECT_EQ(name(Side::requestor), "requestor");
  EXPECT_EQ(name(Side::acceptor), "acceptor");
  EXPECT_EQ(other(Side::acceptor), Side::requestor);
  EXPECT_EQ(name(Severity::warning), "warning");
  EXPECT_EQ(name(Closing::fin), "FIN");
  EXPECT_EQ(name(Closing::rst), "RST");
}

TEST(RuleBook, Keeps_each_id_once_in_order_and_finds_it) {
  RuleBook book;
  const RuleInfo infos[] = {{"b", "PS3.8 2", Severity::note, "second", "advice b"},
                            {"a", "PS3.8 1", Severity::error, "first", "advice a"},
                            {"b", "PS3.8 3", Severity::error, "again", "advice c"}};
  book.describe(infos);
  book.add({{{"c", "PS3.8 4", Severity::warning, "third", "advice"}}, [] { return std::unique_ptr<RuleRun>(); }});
  ASSERT_EQ(book.infos().size(), 3U);
  EXPECT_EQ(book.infos()[0].id, "a");
  EXPECT_EQ(book.infos()[2].id, "c");
  ASSERT_NE(book.find("b"), nullptr);
  EXPECT_EQ(book.find("b")->title, "second");
  EXPECT_EQ(book.find("bb"), nullptr);
  EXPECT_EQ(book.find(""), nullptr);
  EXPECT_EQ(book.rules().size(), 1U);
}

TEST(Positions, Lead_from_a_byte_of_the_whole_to_the_byte_in_the_stream) {
  Positions positions;
  EXPECT_EQ(positions.offset_of(5, 77), 77U);
  positions.add(0, 100, 3);
  positions.add(10, 200, 4);
  EXPECT_EQ(positions.offset_of(0), 100U);
  EXPECT_EQ(positions.offset_of(9), 109U);
  EXPECT_EQ(positions.offset_of(10), 200U);
  EXPECT_EQ(positions.offset_of(25), 215U);
  EXPECT_EQ(positions.find(10)->pdu, 4U);
}

TEST(Positions, Are_bounded) {
  Positions positions;
  for (std::uint64_t i = 0; i < 10 * max_position_runs; ++i) positions.add(i, i, 1);
  EXPECT_EQ(positions.runs.size(), max_position_runs);
}

TEST(Negotiated, Finds_a_context_by_its_id) {
  Negotiated negotiated;
  Negotiated::Context three;
  three.id = 3;
  three.abstract_syntax = "1.2";
  negotiated.contexts.push_back(three);
  ASSERT_NE(negotiated.context(3), nullptr);
  EXPECT_EQ(negotiated.context(3)->abstract_syntax, "1.2");
  EXPECT_EQ(negotiated.context(5), nullptr);
  EXPECT_FALSE(negotiated.established());
}

Trace small_trace() {
  Trace trace;
  trace.connection = "c1";
  trace.description = "a -> b";
  auto rq = std::make_shared<pdu::Pdu>(pdu::AAssociateRq{});
  auto& body = std::get<pdu::AAssociateRq>(*rq);
  body.called_ae_title = "ARCHIVE";
  body.calling_ae_title = "CT1";
  pdu::PresentationContextItemRq context;
  context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{std::string(uids::Verification)});
  context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
  body.items.emplace_back(context);
  pdu::UserInformationItem information;
  information.sub_items.emplace_back(pdu::MaximumLengthSubItem{16384});
  body.items.emplace_back(information);
  trace.negotiated.rq = std::shared_ptr<const pdu::AAssociateRq>(rq, &body);
  PduSeen seen;
  seen.number = 1;
  seen.type = 1;
  seen.bytes = {1, 0, 0, 0};
  seen.pdu = rq;
  trace.entries.push_back({Instant{std::chrono::seconds(100)}, TransportOpened{}});
  trace.entries.push_back({Instant{std::chrono::milliseconds(100'250)}, seen});
  PduSeen abort;
  abort.from = Side::acceptor;
  abort.number = 2;
  abort.type = 7;
  abort.pdu = std::make_shared<pdu::Pdu>(pdu::AAbort{2, 2});
  trace.entries.push_back({Instant{std::chrono::milliseconds(100'500)}, abort});
  trace.entries.push_back({Instant{std::chrono::milliseconds(100'750)}, TransportClosed{Side::acceptor, Closing::rst}});
  trace.entries.push_back({Instant{std::chrono::milliseconds(100'750)}, Mark{"step over"}});
  trace.findings.push_back(sample());
  return trace;
}

TEST(Text, Shows_times_directions_titles_contexts_and_findings_below_their_PDU) {
  const auto text = to_text(small_trace());
  EXPECT_NE(text.find("c1  a -> b  (CT1 -> ARCHIVE)"), std::string::npos) << text;
  EXPECT_NE(text.find("0.250000 s      1  CT1 -> ARCHIVE  A-ASSOCIATE-RQ  called \"ARCHIVE\", calling \"CT1\""),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("context   1  Verification SOP Class (1.2.840.10008.1.1)"), std::string::npos) << text;
  EXPECT_NE(text.find("maximum length 16384"), std::string::npos) << text;
  EXPECT_NE(text.find("CT1 <- ARCHIVE  A-ABORT"), std::string::npos) << text;
  EXPECT_NE(text.find("closed by the acceptor (RST)"), std::string::npos) << text;
  EXPECT_NE(text.find("-- step over"), std::string::npos) << text;
  const auto finding = text.find("error ps3.8/9.3.2/called-ae-title-blank");
  ASSERT_NE(finding, std::string::npos) << text;
  EXPECT_LT(finding, text.find("A-ABORT"));
  EXPECT_NE(text.find("advice: Enter one."), std::string::npos) << text;
}

TEST(Text, Shows_bytes_only_when_asked_and_says_what_was_not_kept) {
  auto trace = small_trace();
  trace.dropped_entries = 7;
  trace.dropped_findings = 8;
  EXPECT_EQ(to_text(trace).find("01 00 00 00"), std::string::npos);
  const auto text = to_text(trace, true);
  EXPECT_NE(text.find("01 00 00 00"), std::string::npos) << text;
  EXPECT_NE(text.find("7 more entries were not kept"), std::string::npos) << text;
  EXPECT_NE(text.find("8 more findings were not kept"), std::string::npos) << text;
}

TEST(Text, Never_shows_a_passcode) {
  auto trace = small_trace();
  auto rq = std::make_shared<pdu::Pdu>(pdu::AAssociateRq{});
  pdu::UserInformationItem information;
  information.sub_items.emplace_back(pdu::UserIdentitySubItemRq{2, 0, to_bytes("jane"), to_bytes("secret")});
  std::get<pdu::AAssociateRq>(*rq).items.emplace_back(information);
  std::get<PduSeen>(trace.entries[1].what).pdu = rq;
  const auto text = to_text(trace);
  EXPECT_NE(text.find("user identity of type 2"), std::string::npos) << text;
  EXPECT_EQ(text.find("secret"), std::string::npos) << text;
}

}  // namespace
}  // namespace assay::trace
