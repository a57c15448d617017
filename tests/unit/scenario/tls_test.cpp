// TLS in scenarios, without any TLS: the host's reports are made up here.
#include <gtest/gtest.h>

#include "tests/unit/scenario/memory_host.hpp"

namespace assay::scenario::test {
namespace {

constexpr auto needs = R"(<needs claim="tls"/>)";

/// An interpreter in a run with TLS that has carried out its first commands.
struct Running {
  explicit Running(std::string_view steps, std::string_view attributes = R"(role="requestor")", bool tls = true,
                   std::string_view more = needs) {
    auto made = cases(steps, attributes, more);
    EXPECT_FALSE(made.empty());
    if (made.empty()) return;
    auto with = environment();
    with.tls = tls;
    with.skip_reasons["tls"] = "no TLS here";
    with.claims = [tls](std::string_view claim) { return claim == "tls" ? std::optional(tls) : std::nullopt; };
    one = std::make_unique<Interpreter>(made.front(), std::move(with));
    one->start(now);
  }

  template <typename T>
  std::optional<T> command() {
    while (auto next = one->next_command())
      if (auto* wanted = std::get_if<T>(&*next)) return std::move(*wanted);
    return std::nullopt;
  }

  trace::CaseResult finish() {
    for (int i = 0; i < 1000 && !one->finished(); ++i) {
      while (one->next_command()) {
      }
      if (const auto deadline = one->next_deadline()) now = *deadline;
      one->expire(now);
    }
    return one->result();
  }

  std::unique_ptr<Interpreter> one;
  Instant now;
};

trace::Tls established() {
  trace::Tls tls;
  tls.established = true;
  tls.version = "1.2";
  tls.suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
  tls.chain = trace::Chain::expired;
  tls.offered_versions = {"1.2", "1.0"};
  tls.offered_suites = {"TLS_RSA_WITH_NULL_SHA"};
  return tls;
}

trace::Tls refused(const std::string& alert, trace::Side by) {
  trace::Tls tls;
  tls.failure = "no agreement";
  tls.alert = alert;
  tls.refused_by = by;
  return tls;
}

TEST(TlsScenario, A_case_about_tls_is_skipped_with_the_reason_in_a_run_without_it) {
  Running run(R"(<connect tls="later"/><start-tls/><expect><tls-established/></expect>)", R"(role="requestor")", false);
  const auto result = run.finish();
  EXPECT_EQ(trace::name(result.verdict), "skipped");
  EXPECT_EQ(result.reason, "no TLS here");
}

TEST(TlsScenario, Every_connection_of_a_run_with_tls_asks_for_it_unless_the_scenario_says_otherwise) {
  for (const auto& [attribute, below] : {std::pair{"", Below::tls},
                                         {" tls=\"yes\"", Below::tls},
                                         {" tls=\"no\"", Below::nothing},
                                         {" tls=\"later\"", Below::tls_later}}) {
    Running run(std::string("<connect") + attribute + R"(/><expect><silence for="1s"/></expect>)");
    const auto connect = run.command<Connect>();
    ASSERT_TRUE(connect);
    EXPECT_EQ(connect->below, below) << attribute;
    Running listening(std::string("<listen") + attribute + R"(/><accept/><expect><any/></expect>)",
                      R"(role="acceptor")");
    const auto listen = listening.command<Listen>();
    ASSERT_TRUE(listen);
    EXPECT_EQ(listen->below, below) << attribute;
  }
  Running plain(R"(<connect/><expect><silence for="1s"/></expect>)", R"(role="requestor")", false, "");
  EXPECT_EQ(plain.command<Connect>()->below, Below::nothing);
}

TEST(TlsScenario, What_a_start_tls_says_reaches_the_host) {
  Running run(
      R"(<connect tls="later"/><start-tls min-version="1.0" max-version="1.1" suites="A B" certificate="expired")"
      R"( server-name="x.y" verify="no" split="5,7" pause="5ms" truncate="40" within="2s"/>)"
      R"(<expect><tls-refused/></expect>)");
  const auto id = run.command<Connect>()->connection;
  run.one->connected(id, "", run.now);
  const auto start = run.command<StartTls>();
  ASSERT_TRUE(start);
  EXPECT_EQ(start->settings, (TlsSettings{"1.0", "1.1", "A B", "expired", "x.y", false}));
  EXPECT_TRUE(start->as_client);
  EXPECT_EQ(start->host, "127.0.0.1");
  EXPECT_EQ(start->pieces, (std::vector<std::size_t>{5, 7}));
  EXPECT_EQ(start->pause, std::chrono::milliseconds(5));
  EXPECT_EQ(start->only_so_many, 40U);
  EXPECT_EQ(start->within, std::chrono::seconds(2));
}

struct Row {
  std::string matchers;
  trace::Tls tls;
  std::string verdict;
};

TEST(TlsScenario, The_outcome_of_a_handshake_is_matched_field_by_field) {
  const auto peer = trace::Side::acceptor;
  const std::vector<Row> rows{
      {R"(<tls-established/>)", established(), "pass"},
      {R"(<tls-established version="1.2" suite="*GCM*" chain="expired" certificate-asked="no"/>)", established(),
       "pass"},
      {R"(<tls-established version="1.3"/>)", established(), "fail"},
      {R"(<tls-established chain="trusted"/>)", established(), "fail"},
      {R"(<tls-established server-name="absent"/>)", established(), "pass"},
      {R"(<tls-established server-name="present"/>)", established(), "fail"},
      {R"(<tls-established offered-version="1.0|1.1" offered-suite="*NULL*"/>)", established(), "pass"},
      {R"(<tls-established offered-version="1.1"/>)", established(), "fail"},
      {R"(<tls-refused/>)", established(), "fail"},
      {R"(<tls-refused by="peer" alert="protocol_version"/>)", refused("protocol_version", peer), "pass"},
      {R"(<tls-refused by="us"/>)", refused("protocol_version", peer), "fail"},
      {R"(<tls-refused by="us"/>)", refused("unknown_ca", trace::Side::requestor), "pass"},
      {R"(<tls-refused alert="handshake_failure"/>)", refused("protocol_version", peer), "fail"},
      {R"(<tls-refused alert="absent"/>)", refused("", peer), "pass"},
      {R"(<tls-established/>)", refused("protocol_version", peer), "fail"},
      {R"(<closed/>)", refused("protocol_version", peer), "fail"},
      {R"(<tls-refused/><tolerate verdict="warning" note="n"><tls-established/></tolerate>)", established(), "warning"},
  };
  for (const auto& row : rows) {
    Running run(R"(<connect tls="later"/><start-tls/><expect>)" + row.matchers + "</expect>");
    const auto id = run.command<Connect>()->connection;
    run.one->connected(id, "", run.now);
    run.one->secured(id, row.tls, run.now);
    const auto result = run.finish();
    EXPECT_EQ(trace::name(result.verdict), row.verdict) << row.matchers << " " << row.tls.summary() << "\n"
                                                        << result.reason;
    ASSERT_EQ(result.traces.size(), 1U);
    EXPECT_TRUE(result.traces[0].tls);
  }
}

TEST(TlsScenario, Tls_of_the_run_itself_is_no_message_of_the_scenario) {
  Running run(R"(<connect/><expect><silence for="1s"/></expect>)");
  const auto id = run.command<Connect>()->connection;
  run.one->connected(id, "", run.now);
  run.one->secured(id, established(), run.now);
  const auto result = run.finish();
  EXPECT_EQ(trace::name(result.verdict), "pass") << result.reason;
  ASSERT_TRUE(result.traces.at(0).tls);
  EXPECT_EQ(result.traces[0].tls->version, "1.2");
}

TEST(TlsScenario, An_alert_after_the_handshake_comes_before_the_close) {
  Running run(
      R"(<connect tls="later"/><start-tls/><expect><tls-established/></expect>)"
      R"(<expect><tls-alert alert="certificate_required" by="peer"/></expect><expect judge="yes"><closed notify="no"/></expect>)");
  const auto id = run.command<Connect>()->connection;
  run.one->connected(id, "", run.now);
  run.one->secured(id, established(), run.now);
  run.one->tls_ended(id, refused("certificate_required", trace::Side::acceptor), run.now);
  run.one->peer_closed(id, trace::Closing::fin, run.now);
  const auto result = run.finish();
  EXPECT_EQ(trace::name(result.verdict), "pass") << result.reason;
}

TEST(TlsScenario, Records_of_the_device_in_the_clear_are_alerts_and_no_broken_pdus_in_any_split) {
  const Bytes alert{0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28};
  for (std::size_t cut = 1; cut < alert.size(); ++cut) {
    Running run(R"(<connect tls="no"/><expect><tls-alert alert="handshake_failure" fatal="yes"/></expect>)");
    const auto id = run.command<Connect>()->connection;
    run.one->connected(id, "", run.now);
    run.one->received(id, ByteView(alert).first(cut), run.now);
    run.one->received(id, ByteView(alert).subspan(cut), run.now);
    const auto result = run.finish();
    EXPECT_EQ(trace::name(result.verdict), "pass") << cut << result.reason;
    EXPECT_TRUE(result.traces.at(0).findings.empty());
  }
  Running run(R"(<connect tls="no"/><expect><tls-alert/></expect>)");
  const auto id = run.command<Connect>()->connection;
  run.one->connected(id, "", run.now);
  run.one->received(id, pdu::encode(pdu::AAbort{}), run.now);
  EXPECT_EQ(trace::name(run.finish().verdict), "fail") << "a PDU in the clear is a PDU";
}

TEST(TlsScenario, A_device_that_comes_without_tls_is_told_by_the_step_that_waits_for_it) {
  Running run(R"(<listen/><accept/><expect><any/></expect>)", R"(role="acceptor")");
  const auto id = run.command<Listen>()->listener;
  run.one->listening(id, 2762, run.now);
  run.one->accept_failed(id, "the peer speaks DICOM without TLS here", run.now);
  const auto result = run.finish();
  EXPECT_EQ(trace::name(result.verdict), "inconclusive");
  EXPECT_NE(result.reason.find("speaks DICOM without TLS"), std::string::npos) << result.reason;
}

TEST(TlsScenario, Steps_about_tls_without_the_need_are_load_errors) {
  for (const std::string steps :
       {R"(<connect tls="no"/><expect><any/></expect>)", R"(<start-tls/><expect><any/></expect>)",
        R"(<send below-tls="yes"><raw hex="00"/></send><expect><any/></expect>)"}) {
    const auto loaded = load(head() + steps + "</scenario>", "test.xml");
    ASSERT_FALSE(loaded) << steps;
    EXPECT_NE(to_string(loaded.error().front()).find("<needs claim=\"tls\"/>"), std::string::npos);
    EXPECT_TRUE(load(head(R"(role="requestor")", needs) + steps + "</scenario>", "test.xml")) << steps;
  }
}

}  // namespace
}  // namespace assay::scenario::test
