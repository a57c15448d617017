// What the ladder makes of TLS and certificates; real handshakes are in tests/interop/diagnose_test.py.
#include <gmock/gmock.h>

#include "harness/diagnose/ladder.hpp"
#include "harness/diagnose/talk.hpp"
#include "tests/unit/diagnose/acceptance.hpp"

namespace assay::diagnose {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using trace::Chain;

Question question() {
  Question out;
  out.host = "192.0.2.1";
  out.port = 11113;
  out.application_context = "1.2.840.10008.3.1.1.1";
  out.implementation_class_uid = "1.2.3";
  out.tls = true;
  out.tls_authority = true;
  return out;
}

trace::Tls agreed(Chain chain) {
  trace::Tls tls;
  tls.established = tls.heard = true;
  tls.version = "1.3";
  tls.suite = "TLS_AES_128_GCM_SHA256";
  tls.chain = chain;
  tls.certificate = trace::Tls::Certificate{"CN=pacs", "CN=authority", "a", "b", "DNS:pacs", "RSA 2048"};
  return tls;
}

trace::Tls refused(const std::string& alert, bool asked, bool given) {
  trace::Tls tls;
  tls.heard = true;
  tls.alert = alert;
  tls.failure = "the peer refuses TLS with the alert " + alert;
  tls.refused_by = trace::Side::acceptor;
  tls.certificate_asked = asked;
  tls.client_certificate = given;
  return tls;
}

/// Every probe inside TLS gets this handshake and, where it stands, a good answer.
Diagnosis climb(const Question& question, const trace::Tls& tls, std::vector<Probe>* probes = nullptr) {
  Ladder ladder(question);
  for (int i = 0; i < 50; ++i) {
    auto next = ladder.next();
    if (auto* done = std::get_if<Diagnosis>(&next)) return std::move(*done);
    const auto& probe = std::get<Probe>(next);
    if (probes != nullptr) probes->push_back(probe);
    Answer answer;
    answer.took = std::chrono::milliseconds(2);
    if (probe.tls) answer.tls = tls;
    if (!probe.tls || tls.established) {
      const pdu::Pdu reply = acceptance_of(request_of(probe.speech));
      answer.reply = reply;
      answer.received = pdu::encode(reply);
      RequestAnswer echo;
      echo.answered = true;
      echo.status = 0;
      answer.requests.push_back(echo);
      answer.released = true;
    }
    ladder.answer(std::move(answer));
  }
  ADD_FAILURE() << "no end";
  return {};
}

std::string code_of(const Diagnosis& diagnosis) {
  return diagnosis.cause == nullptr ? "healthy" : std::string(diagnosis.cause->code);
}

TEST(LadderTls, Each_fault_of_a_certificate_has_its_cause) {
  const std::pair<Chain, const char*> table[] = {{Chain::trusted, "healthy"},
                                                 {Chain::expired, "tls-certificate-expired"},
                                                 {Chain::not_yet_valid, "tls-certificate-not-yet-valid"},
                                                 {Chain::wrong_host, "tls-certificate-wrong-host"},
                                                 {Chain::self_signed, "tls-certificate-self-signed"},
                                                 {Chain::unknown_issuer, "tls-certificate-unknown-issuer"},
                                                 {Chain::bad, "tls-certificate-bad"}};
  for (const auto& [chain, code] : table) {
    std::vector<Probe> probes;
    const auto done = climb(question(), agreed(chain), &probes);
    EXPECT_EQ(code_of(done), code);
    EXPECT_EQ(probes.size(), 1U) << code;
    EXPECT_TRUE(probes.front().tls);
    EXPECT_EQ(probes.front().tls_name, "192.0.2.1");
    EXPECT_TRUE(done.tls.has_value());
    EXPECT_THAT(done.evidence, Contains(HasSubstr("TLS 1.3")));
    for (const auto& text : {done.meaning(), done.at_device(), done.at_caller()})
      EXPECT_EQ(text.find('{'), std::string::npos) << text;
  }
}

TEST(LadderTls, Who_named_no_authority_blames_no_device_for_its_issuer) {
  auto asked = question();
  asked.tls_authority = false;
  for (const auto chain : {Chain::self_signed, Chain::unknown_issuer}) {
    const auto done = climb(asked, agreed(chain));
    EXPECT_EQ(code_of(done), "healthy");
    EXPECT_THAT(done.remarks, Contains(HasSubstr("--tls-ca")));
  }
  EXPECT_EQ(code_of(climb(asked, agreed(Chain::expired))), "tls-certificate-expired");
  asked.tls_check = false;
  EXPECT_EQ(code_of(climb(asked, agreed(Chain::expired))), "healthy");
}

TEST(LadderTls, A_refused_handshake_is_told_by_its_alert) {
  EXPECT_EQ(code_of(climb(question(), refused("handshake_failure", false, false))), "tls-refused");
  EXPECT_EQ(code_of(climb(question(), refused("handshake_failure", true, false))), "tls-client-certificate-required");
  EXPECT_EQ(code_of(climb(question(), refused("unknown_ca", true, true))), "tls-client-certificate-refused");
  EXPECT_EQ(code_of(climb(question(), refused("protocol_version", true, true))), "tls-version-withdrawn");
  auto ours = refused("protocol_version", false, false);
  ours.refused_by = trace::Side::requestor;
  EXPECT_EQ(code_of(climb(question(), ours)), "tls-version-withdrawn");
  ours.alert.clear();
  EXPECT_EQ(code_of(climb(question(), ours)), "tls-broken");
}

TEST(LadderTls, A_device_that_answers_in_the_clear_alone_speaks_no_TLS) {
  trace::Tls nothing;
  nothing.failure = "the peer closed the connection in the middle of the TLS handshake";
  EXPECT_EQ(code_of(climb(question(), nothing)), "tls-not-served");
  nothing.heard = true;
  nothing.peer_speaks_tls = false;
  EXPECT_EQ(code_of(climb(question(), nothing)), "tls-not-served");
}

}  // namespace
}  // namespace assay::diagnose
