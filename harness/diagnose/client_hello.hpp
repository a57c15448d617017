// The first message of TLS, built by hand, and what an answer to it looks like: enough to learn whether a port speaks
// TLS, without a TLS library (RFC 8446 4.1.2, 5.1, 6.2). Tests: tests/unit/diagnose/first_bytes_test.cpp
#pragma once

#include <optional>
#include <string>

#include "harness/base/bytes.hpp"

namespace assay::diagnose {

/// A ClientHello for TLS 1.0 to 1.3 with the suites of the PS3.15 profiles; the host name as SNI unless it is an
/// address. The random is fixed: no key is ever made of it.
Bytes client_hello(std::string_view host);

struct TlsAnswer {
  bool hello = false;  // a ServerHello: it wants to speak TLS
  bool alert = false;
  std::string text;  // "TLS 1.3, suite 1301H", "alert fatal handshake_failure (2/40)"
};

/// What the first bytes say, when they are a TLS record.
std::optional<TlsAnswer> tls_answer(ByteView bytes);

}  // namespace assay::diagnose
