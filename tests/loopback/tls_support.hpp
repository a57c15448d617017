// A throw-away authority and the TLS options made from it, for the loopback tests.
#pragma once

#include "peers/tls/authority.hpp"
#include "peers/tls/tls.hpp"
#include "tests/loopback/peers_support.hpp"

namespace assay::peers::test {

/// One for all tests of the process: making keys takes time.
inline const TestAuthority& authority() {
  static const auto made = TestAuthority::make("Loopback tests");
  return *made;
}

inline TlsOptions tls_options(CertificateKind kind = CertificateKind::right) {
  TlsOptions options;
  const auto issued = authority().issue(kind, {"localhost", "127.0.0.1"});
  EXPECT_TRUE(issued);
  options.certificate.text = issued->certificate;
  options.key.text = issued->key;
  options.ca.text = authority().certificate();
  options.handshake_limit = patient;
  return options;
}

inline std::shared_ptr<const TlsContext> tls_context(TlsRole role, TlsOptions options) {
  auto made = TlsContext::make(role, std::move(options));
  EXPECT_TRUE(made) << (made ? "" : made.error());
  return made ? *made : nullptr;
}

}  // namespace assay::peers::test
