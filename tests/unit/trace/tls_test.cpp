// TLS as the Trace tells it: alerts by name, records by their first bytes, one line for people.
#include "harness/trace/tls.hpp"

#include <gtest/gtest.h>

#include "harness/trace/trace.hpp"

namespace assay::trace {
namespace {

TEST(Tls, Alerts_have_the_names_of_the_RFCs) {
  EXPECT_EQ(alert_name(40), "handshake_failure");
  EXPECT_EQ(alert_name(70), "protocol_version");
  EXPECT_EQ(alert_name(116), "certificate_required");
  EXPECT_EQ(alert_name(200), "alert_200");
}

TEST(Tls, Records_are_told_from_other_bytes_however_few_have_come) {
  struct Row {
    Bytes bytes;
    bool record;
    std::size_t length;
    std::string alert;
    bool hello;
  };
  const std::vector<Row> rows{
      {{}, false, 0, "", false},
      {{0x01, 0x00}, false, 0, "", false},                           // an A-ASSOCIATE-RQ
      {{0x16}, true, 5, "", false},                                  // may become one
      {{0x16, 0x04}, false, 0, "", false},                           // no TLS version
      {{0x16, 0x03, 0x09}, false, 0, "", false},                     // no TLS version
      {{0x16, 0x03, 0x01, 0x01, 0x00, 0x01}, true, 261, "", true},   // a ClientHello begins
      {{0x16, 0x03, 0x03, 0x01, 0x00, 0x02}, true, 261, "", false},  // a ServerHello begins
      {{0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46}, true, 7, "protocol_version", false},
      {{0x15, 0x03, 0x03, 0x00, 0x02}, true, 7, "", false},               // the alert has not come yet
      {{0x15, 0x03, 0x03, 0x00, 0x13, 0x02, 0x46}, true, 24, "", false},  // an encrypted alert
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto record = tls_record(rows[i].bytes);
    ASSERT_EQ(record.has_value(), rows[i].record) << i;
    if (!record) continue;
    EXPECT_EQ(record->length, rows[i].length) << i;
    EXPECT_EQ(record->alert, rows[i].alert) << i;
    EXPECT_EQ(record->client_hello, rows[i].hello) << i;
  }
}

TEST(Tls, The_summary_says_what_was_agreed_on_or_why_there_was_no_agreement) {
  Tls tls;
  tls.established = true;
  tls.version = "1.3";
  tls.suite = "TLS_AES_128_GCM_SHA256";
  tls.certificate =
      Tls::Certificate{"CN=archive", "CN=authority", "2026-01-01", "2027-01-01", "DNS:archive", "RSA 2048"};
  tls.chain = Chain::expired;
  tls.chain_detail = "certificate has expired";
  EXPECT_EQ(tls.summary(),
            "TLS 1.3 TLS_AES_128_GCM_SHA256, certificate of the peer expired (certificate has expired): CN=archive by "
            "CN=authority, RSA 2048, until 2027-01-01, no server name sent, no client certificate asked for");
  Tls refused;
  refused.failure = "the peer refuses TLS with the alert protocol_version";
  refused.alert = "protocol_version";
  EXPECT_EQ(refused.summary(), "TLS not established: the peer refuses TLS with the alert protocol_version");
  Trace trace;
  trace.connection = "c1";
  trace.tls = refused;
  trace.tls->advice = "do this";
  const auto text = to_text(trace);
  EXPECT_NE(text.find("TLS not established"), std::string::npos);
  EXPECT_NE(text.find("advice: do this"), std::string::npos);
}

}  // namespace
}  // namespace assay::trace
