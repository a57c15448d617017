// Which connections are DICOM, and who is the requestor.
#include "tests/unit/capture/support.hpp"

namespace assay::capture::test {
namespace {

using Kind = ConversationReport::Kind;

Frames joined(std::initializer_list<Frames> parts) {
  Frames out;
  for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Frames mixed(const Frames& a, const Frames& b) {
  Frames out;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i < a.size()) out.push_back(a[i]);
    if (i < b.size()) out.push_back(b[i]);
  }
  return out;
}

TEST(Conversation, Several_connections_at_a_time_are_held_apart) {
  const auto a = record(echo_talk(true), 60, "10.0.0.1:40000");
  const auto b = record(store_talk(), 60, "10.0.0.1:40001");
  const auto c = record(echo_talk(), 60, "[2001:db8::1]:40000", "[2001:db8::2]:11112");
  const auto reports = explained(mixed(mixed(a, b), c));
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(findings(reports[0]).size() + findings(reports[1]).size() + findings(reports[2]).size(), 1U);
  for (const auto& r : reports) {
    EXPECT_EQ(r.kind, Kind::dicom);
    EXPECT_TRUE(r.whole());
    EXPECT_EQ(r.pdus[0][5], 1U);
    EXPECT_EQ(r.pdus[1][6], 1U);
    ASSERT_TRUE(r.closed.has_value());
    EXPECT_EQ(r.closed->by, Side::requestor);
  }
}

TEST(Conversation, Ports_used_again_are_another_connection) {
  auto first = record(echo_talk(true));
  auto second = record(echo_talk(true), 65'000, "10.0.0.1:40000", "10.0.0.2:104", 2000);
  auto reports = explained(joined({first, second}));
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(findings(reports[0]), findings(reports[1]));
  EXPECT_EQ(reports[1].began, std::chrono::seconds(2000));
  // Also when the first was never closed, and the numbers are others.
  first.resize(first.size() - 6);
  for (auto& frame : second)
    for (const std::size_t at : {38U, 42U})
      if (at == 38 || (flags(frame) & tcp_flag::ack) != 0)
        frame.bytes[at] = static_cast<std::uint8_t>(frame.bytes[at] ^ 0x40U);
  reports = explained(joined({first, second}));
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_TRUE(reports[1].whole());
  EXPECT_EQ(findings(reports[1]).size(), 1U);
}

TEST(Conversation, Other_protocols_are_named_and_not_judged) {
  const auto one = [](const char* asks, const char* answers) {
    const auto reports = explained(record({{Side::requestor, to_bytes(asks)}, {Side::acceptor, to_bytes(answers)}}));
    EXPECT_EQ(reports.size(), 1U);
    return reports.empty() ? ConversationReport{} : reports[0];
  };
  EXPECT_EQ(one("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n").what, "HTTP (begins with \"GET / HTTP/1.1\")");
  EXPECT_EQ(one("SSH-2.0-x client", "SSH-2.0-y server").what.substr(0, 3), "SSH");
  EXPECT_EQ(one("some text of its own", "other text").kind, Kind::other);
  const auto tls = explained(record({{Side::requestor, Bytes{0x16, 3, 1, 0, 100, 1, 0, 0, 96, 3, 3}}}));
  ASSERT_EQ(tls.size(), 1U);
  EXPECT_EQ(tls[0].kind, Kind::tls);
  EXPECT_TRUE(tls[0].traces.empty());
}

Bytes client_hello() { return {0x16, 3, 1, 0, 100, 1, 0, 0, 96, 3, 3}; }

TEST(Conversation, The_answer_to_a_ClientHello_tells_whether_the_connection_is_TLS) {
  const auto one = [](const Bytes& answer) {
    auto reports = explained(record({{Side::requestor, client_hello()}, {Side::acceptor, answer}}));
    EXPECT_EQ(reports.size(), 1U);
    return reports.empty() ? ConversationReport{} : std::move(reports[0]);
  };
  EXPECT_EQ(one({0x16, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3}).kind, Kind::tls) << "ServerHello";
  EXPECT_EQ(one({0x15, 3, 3, 0, 2, 2, 70}).kind, Kind::tls) << "alert";
  EXPECT_EQ(one(Bytes(12, 0x41)).kind, Kind::tls) << "whatever that is, the client spoke TLS";
  const auto aborted = one(pdu::encode(pdu::AAbort{2, 1}));
  EXPECT_EQ(aborted.kind, Kind::dicom);
  ASSERT_EQ(findings(aborted).size(), 1U);
  EXPECT_NE(findings(aborted)[0].find("ps3.8/9.3.1/pdu-type-unknown"), std::string::npos) << findings(aborted)[0];
}

TEST(Conversation, A_ClientHello_without_an_answer_is_judged_only_where_DICOM_is_spoken_without_TLS) {
  const auto reset =
      record({{Side::requestor, client_hello()}, {Side::acceptor, {}, trace::Closing::rst}}, 65'000, "10.0.0.1:40001");
  AnalyserOptions options;
  options.ports = {104};
  EXPECT_EQ(explained(reset, options)[0].kind, Kind::tls) << "DICOM may be spoken through TLS there";
  // Asked in DICOM, but never answered: still nobody knows.
  const auto unanswered = record({echo_talk()[0], {Side::acceptor, {}, trace::Closing::rst}});
  EXPECT_EQ(explained(joined({unanswered, reset}))[1].kind, Kind::tls);
  for (const auto& frames : {joined({record(echo_talk()), reset}), joined({reset, record(echo_talk())})}) {
    const auto reports = explained(frames);
    ASSERT_EQ(reports.size(), 2U);
    for (const auto& r : reports) {
      EXPECT_EQ(r.kind, Kind::dicom);
      const bool hello = r.requestor.port == 40001;
      EXPECT_EQ(findings(r).size(), hello ? 1U : 0U);
    }
  }
}

TEST(Conversation, What_Assay_recorded_is_DICOM_whatever_it_says) {
  AnalyserOptions options;
  options.all_dicom = true;
  const Turns cases[] = {{{Side::requestor, client_hello()}, {Side::acceptor, {}}},
                         {{Side::requestor, {0x0a, 0, 0, 0, 0, 0}}, {Side::acceptor, {}}},
                         {{Side::requestor, to_bytes("GET / HTTP/1.1\r\n\r\n")}, {Side::acceptor, {}}},
                         {{Side::requestor, {}}, {Side::acceptor, {}}}};
  for (const auto& turns : cases) {
    const auto reports = explained(record(turns), options);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, Kind::dicom);
    EXPECT_TRUE(reports[0].whole());
    EXPECT_EQ(findings(reports[0]), findings(observed(turns)));
    EXPECT_NE(explained(record(turns))[0].kind, Kind::dicom);
  }
}

TEST(Conversation, A_silent_connection_counts_as_dicom_only_where_dicom_is_spoken) {
  const auto silent = record({{Side::requestor, {}}, {Side::acceptor, {}}}, 65'000, "10.0.0.1:40001");
  auto reports = explained(silent);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].kind, Kind::silent);
  reports = explained(joined({silent, record(echo_talk())}));
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].kind, Kind::dicom);
  AnalyserOptions options;
  options.ports = {104};
  EXPECT_EQ(explained(silent, options)[0].kind, Kind::dicom);
  options.ports = {105};
  EXPECT_TRUE(explained(silent, options).empty());
}

TEST(Conversation, A_refused_connection_is_told_and_nobody_is_accused) {
  auto refused = record({{Side::acceptor, {}, trace::Closing::rst}}, 65'000, "10.0.0.1:40001");
  refused.erase(refused.begin() + 1, refused.begin() + 3);  // no SYN with ACK
  const auto reports = explained(joined({refused, record(echo_talk())}));
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].kind, Kind::silent);
  EXPECT_NE(reports[0].what.find("refused"), std::string::npos);
}

TEST(Conversation, A_faulty_request_is_dicom_when_the_answer_or_the_port_says_so) {
  const auto garbage = to_bytes("this is no DICOM at all");
  const auto aborted = record({{Side::requestor, garbage}, {Side::acceptor, pdu::encode(pdu::AAbort{2, 1})}});
  auto reports = explained(aborted);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].kind, Kind::dicom);
  EXPECT_FALSE(findings(reports[0]).empty());
  AnalyserOptions options;
  options.ports = {104};
  EXPECT_EQ(explained(record({{Side::requestor, garbage}}), options)[0].kind, Kind::dicom);
}

TEST(Conversation, The_requestor_is_found_without_the_handshake) {
  auto frames = record(echo_talk(true));
  frames.erase(frames.begin(), frames.begin() + 3);
  auto reports = explained(frames);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_TRUE(reports[0].whole()) << "an A-ASSOCIATE-RQ is always the first";
  EXPECT_EQ(findings(reports[0]).size(), 1U);
  // From here on the beginning lacks; in whatever packet it starts, the requestor is the same.
  for (std::size_t i = 1; i + 4 < frames.size(); ++i) {
    reports = explained(Frames(frames.begin() + static_cast<std::ptrdiff_t>(i), frames.end()));
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, Kind::dicom) << i;
    EXPECT_EQ(to_text(reports[0].requestor), "10.0.0.1:40000") << i;
    EXPECT_FALSE(reports[0].whole());
  }
}

TEST(Conversation, Structure_is_still_judged_where_the_beginning_lacks) {
  auto turns = echo_talk();
  turns[5].bytes[1] = 9;  // the A-RELEASE-RP
  const auto frames = record(turns);
  const auto reports = explained(Frames(frames.begin() + 5, frames.end()));
  ASSERT_EQ(reports.size(), 1U);
  const auto found = findings(reports[0]);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].find("ps3.8/9.3.7"), std::string::npos) << found[0];
}

TEST(Conversation, Filters_leave_out_and_keep_the_names) {
  const auto frames = joined({record(echo_talk(), 65'000, "10.0.0.7:1"), record(echo_talk(), 65'000, "10.0.0.8:1")});
  AnalyserOptions options;
  options.hosts = {*endpoint("10.0.0.8", 0)};
  const auto reports = explained(frames, options);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].name, "c2");
}

}  // namespace
}  // namespace assay::capture::test
