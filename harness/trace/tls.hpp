// What is known of the TLS below one connection (PS3.15 B): what was negotiated, what is to be thought of the
// certificates, or why there was no agreement. peers/ fills it in; reports and scenarios read it.
// Tests: tests/unit/trace/tls_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/trace/finding.hpp"

namespace assay::trace {

/// What the certificate of the peer is worth.
enum class Chain : std::uint8_t {
  none,            // the peer sent no certificate
  trusted,         // leads to a certificate authority we trust, in time, and for the host we wanted
  self_signed,     // vouched for by nobody but itself
  unknown_issuer,  // its issuer is none of ours
  expired,
  not_yet_valid,
  wrong_host,  // trusted, but issued for another name
  bad,         // anything else; the detail says what
};
std::string_view name(Chain chain);

struct Tls {
  struct Certificate {
    std::string subject;
    std::string issuer;
    std::string not_before;  // "2026-11-22 08:00:00"
    std::string not_after;
    std::string names;  // subject alternative names, "DNS:pacs, IP:192.0.2.1"
    std::string key;    // "RSA 2048"
  };

  bool established = false;
  std::string version;              // "1.3"
  std::string suite;                // IANA name: "TLS_AES_256_GCM_SHA384"
  std::string group;                // of the key exchange: "x25519"; empty where the library does not tell
  std::string server_name;          // SNI of the client; empty = none sent
  bool certificate_asked = false;   // the server asked the client for one
  bool client_certificate = false;  // the client sent one
  Chain chain = Chain::none;        // of the peer's certificate
  std::string chain_detail;
  std::optional<Certificate> certificate;  // of the peer
  bool checked = true;                     // a bad chain ends the connection
  bool secure_renegotiation = false;       // RFC 5746
  bool extended_master_secret = false;     // RFC 7627; always so in TLS 1.3

  // What the peer's ClientHello offered, where the peer is the client.
  std::vector<std::string> offered_versions;  // "1.2"
  std::vector<std::string> offered_suites;    // IANA names, or "0x1234"

  // Where there was no agreement, or an agreed one ended badly.
  std::string failure;             // one sentence; empty = none
  std::string advice;              // one sentence
  std::string alert;               // "protocol_version"; empty: none passed
  std::optional<Side> refused_by;  // who ended it
  bool peer_speaks_tls = true;     // false: what came was something else
  bool heard = false;              // anything of the peer came at all

  /// "TLS 1.3 TLS_AES_256_GCM_SHA384, server certificate trusted, ..."
  [[nodiscard]] std::string summary() const;
};

/// "handshake_failure" for 40; "alert_200" for what no RFC names.
std::string alert_name(std::uint8_t description);

/// The first TLS record of a stream, as far as it can be told from the first bytes.
struct TlsRecord {
  std::uint8_t type = 0;   // 20 to 23
  std::size_t length = 0;  // with its header
  std::string alert;       // of a plain alert record
  bool fatal = false;      // of it
  bool client_hello = false;
};
/// Nothing when the bytes are no TLS record; a length beyond the bytes when more of it must come.
std::optional<TlsRecord> tls_record(ByteView bytes);

}  // namespace assay::trace
