#include "harness/trace/tls.hpp"

#include <fmt/format.h>

#include "harness/base/hex.hpp"

namespace assay::trace {

std::string_view name(Chain chain) {
  switch (chain) {
    case Chain::none: return "none";
    case Chain::trusted: return "trusted";
    case Chain::self_signed: return "self-signed";
    case Chain::unknown_issuer: return "unknown-issuer";
    case Chain::expired: return "expired";
    case Chain::not_yet_valid: return "not-yet-valid";
    case Chain::wrong_host: return "wrong-host";
    case Chain::bad: return "bad";
  }
  return "unknown";
}

std::string Tls::summary() const {
  if (!established) {
    auto out = "TLS not established: " + (failure.empty() ? std::string("the handshake did not finish") : failure);
    if (!alert.empty() && out.find(alert) == std::string::npos) out += " (alert " + alert + ")";
    return out;
  }
  auto out = fmt::format("TLS {} {}", version, suite);
  if (!group.empty()) out += " with " + group;
  if (certificate) {
    out += fmt::format(", certificate of the peer {}", name(chain));
    if (chain != Chain::trusted && !chain_detail.empty()) out += " (" + chain_detail + ")";
    out += fmt::format(": {} by {}, {}, until {}", printable(certificate->subject), printable(certificate->issuer),
                       certificate->key, certificate->not_after);
  } else {
    out += ", no certificate of the peer";
  }
  out += server_name.empty() ? ", no server name sent" : ", server name " + printable(server_name);
  out += client_certificate  ? ", client certificate sent"
         : certificate_asked ? ", client certificate asked for and not sent"
                             : ", no client certificate asked for";
  if (!failure.empty()) out += "; then " + failure;
  return out;
}

std::string alert_name(std::uint8_t description) {
  switch (description) {
    case 0: return "close_notify";
    case 10: return "unexpected_message";
    case 20: return "bad_record_mac";
    case 21: return "decryption_failed";
    case 22: return "record_overflow";
    case 30: return "decompression_failure";
    case 40: return "handshake_failure";
    case 41: return "no_certificate";
    case 42: return "bad_certificate";
    case 43: return "unsupported_certificate";
    case 44: return "certificate_revoked";
    case 45: return "certificate_expired";
    case 46: return "certificate_unknown";
    case 47: return "illegal_parameter";
    case 48: return "unknown_ca";
    case 49: return "access_denied";
    case 50: return "decode_error";
    case 51: return "decrypt_error";
    case 60: return "export_restriction";
    case 70: return "protocol_version";
    case 71: return "insufficient_security";
    case 80: return "internal_error";
    case 86: return "inappropriate_fallback";
    case 90: return "user_canceled";
    case 100: return "no_renegotiation";
    case 109: return "missing_extension";
    case 110: return "unsupported_extension";
    case 111: return "certificate_unobtainable";
    case 112: return "unrecognized_name";
    case 113: return "bad_certificate_status_response";
    case 114: return "bad_certificate_hash_value";
    case 115: return "unknown_psk_identity";
    case 116: return "certificate_required";
    case 120: return "no_application_protocol";
    default: return fmt::format("alert_{}", description);
  }
}

std::optional<TlsRecord> tls_record(ByteView bytes) {
  if (bytes.empty() || bytes[0] < 20 || bytes[0] > 23) return std::nullopt;
  if (bytes.size() >= 2 && bytes[1] != 3) return std::nullopt;
  if (bytes.size() >= 3 && bytes[2] > 4) return std::nullopt;
  TlsRecord record;
  record.type = bytes[0];
  record.length = 5;
  if (bytes.size() < 5) return record;
  record.length = 5 + (std::size_t{bytes[3]} << 8 | bytes[4]);
  if (record.type == 21 && record.length == 7 && bytes.size() >= 7) {
    record.fatal = bytes[5] == 2;
    record.alert = alert_name(bytes[6]);
  }
  record.client_hello = record.type == 22 && bytes.size() >= 6 && bytes[5] == 1;
  return record;
}

}  // namespace assay::trace
