// TLS below the association: what the handshake and the certificate of the device are worth to its callers.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/base/hex.hpp"
#include "harness/diagnose/climb.hpp"

namespace assay::diagnose {
namespace {

/// "CN=pacs, for DNS:pacs, by CN=Authority, until 2026-12-01 08:00:00"
std::string certificate_words(const trace::Tls& tls) {
  if (!tls.certificate) return "none";
  const auto& one = *tls.certificate;
  return printable(fmt::format("{}{}, by {}, from {} until {}", one.subject,
                               one.names.empty() ? "" : ", for " + one.names, one.issuer, one.not_before,
                               one.not_after));
}

bool about_certificates(std::string_view alert) {
  constexpr std::array<std::string_view, 9> names = {
      "bad_certificate", "unsupported_certificate", "certificate_revoked", "certificate_expired", "certificate_unknown",
      "unknown_ca",      "access_denied",           "decrypt_error",       "certificate_required"};
  return std::find(names.begin(), names.end(), alert) != names.end();
}

}  // namespace

const Answer* Climb::reach_tls() {
  inside_tls_ = true;
  const auto* answer = reach();
  if (answer == nullptr) return nullptr;
  if (answer->tls) out_.tls = answer->tls;
  if (answer->tls && answer->tls->heard && answer->tls->peer_speaks_tls)
    return tls_stands(*answer, *answer->tls) ? answer : nullptr;
  inside_tls_ = false;
  const auto said = answer->tls && answer->tls->heard ? printable(answer->tls->failure) : "no TLS";
  const auto* plain = reach();
  if (plain == nullptr) return nullptr;
  if (plain->reply) {
    evidence("answer to the ClientHello of TLS: " + said);
    evidence("answer to a plain A-ASSOCIATE-RQ: " + what_came(*plain));
    blame("tls-not-served", "plain DICOM, no TLS");
    return nullptr;
  }
  return plain;
}

bool Climb::tls_stands(const Answer& answer, const trace::Tls& tls) {
  evidence(printable(tls.summary()));
  if (!tls.established) {
    tls_refused(tls);
    return false;
  }
  if (!certificate_good(answer, tls)) return false;
  if (answer.reply) return true;
  // In TLS 1.3 a server looks at the client's certificate when the handshake is over for the client.
  const bool alert = !tls.alert.empty() && tls.refused_by == trace::Side::acceptor;
  if (alert || (answer.closed_before_answer && tls.certificate_asked && !tls.client_certificate)) {
    tls_refused(tls);
    return false;
  }
  return true;
}

void Climb::tls_refused(const trace::Tls& tls) {
  const bool by_device = !tls.alert.empty() && tls.refused_by == trace::Side::acceptor;
  const auto alert = "alert " + printable(tls.alert);
  if (tls.certificate_asked && !tls.client_certificate && (by_device || tls.established)) {
    blame("tls-client-certificate-required", "it asked this side for a certificate and got none",
          {{"what", by_device ? "with the " + alert : std::string("without a word")}});
  } else if (by_device && tls.client_certificate && about_certificates(tls.alert)) {
    blame("tls-client-certificate-refused", alert, {{"what", alert}});
  } else if (tls.alert == "protocol_version") {  // this side offers all that are not withdrawn
    blame("tls-version-withdrawn", printable(tls.failure), {{"what", printable(tls.failure)}});
  } else if (by_device) {
    blame("tls-refused", alert, {{"what", alert}});
  } else {
    blame("tls-broken", printable(tls.failure), {{"what", printable(tls.failure)}});
  }
}

bool Climb::certificate_good(const Answer& answer, const trace::Tls& tls) {
  using trace::Chain;
  if (tls.chain == Chain::trusted) return true;
  const auto chain = std::string(trace::name(tls.chain));
  if (!question_.tls_check) {
    remark(fmt::format("the certificate of the device is not looked at, as was asked for; its fault: {}", chain));
    return true;
  }
  const bool trust = tls.chain == Chain::self_signed || tls.chain == Chain::unknown_issuer;
  if (trust && !question_.tls_authority) {
    remark(fmt::format(
        "whether callers trust the certificate of the device ({}) is not known here ({}): give the authority of the "
        "site with --tls-ca",
        certificate_words(tls), chain));
    return true;
  }
  std::string_view code = "tls-certificate-bad";
  switch (tls.chain) {
    case Chain::expired: code = "tls-certificate-expired"; break;
    case Chain::not_yet_valid: code = "tls-certificate-not-yet-valid"; break;
    case Chain::wrong_host: code = "tls-certificate-wrong-host"; break;
    case Chain::self_signed: code = "tls-certificate-self-signed"; break;
    case Chain::unknown_issuer: code = "tls-certificate-unknown-issuer"; break;
    default: break;
  }
  const auto detail = tls.chain_detail.empty() ? chain : printable(tls.chain_detail);
  blame(code, "its certificate: " + detail, {{"what", certificate_words(tls)}, {"detail", detail}});
  if (answer.reply) evidence("not looking at that, the A-ASSOCIATE-RQ is answered: " + what_came(answer));
  return false;
}

}  // namespace assay::diagnose
