// A certificate authority for tests: made in memory, or loaded from the files of one that the device trusts. It issues
// right certificates and every wrong kind that a device must refuse. Never for anything but tests.
// Tests: tests/loopback/peers_tls_test.cpp
#pragma once

#include <span>
#include <string>
#include <vector>

#include "peers/tls/tls.hpp"

namespace assay::peers {

/// A certificate with the key that belongs to it, both as PEM text.
struct Issued {
  std::string certificate;
  std::string key;
};

enum class CertificateKind : std::uint8_t {
  right,
  expired,         // since yesterday
  not_yet_valid,   // from tomorrow on
  wrong_host,      // for a name nobody has
  self_signed,     // by itself
  unknown_issuer,  // by an authority nobody has heard of
};
std::optional<CertificateKind> certificate_kind(std::string_view name);  // "expired", "self-signed"...
/// Whether it takes an authority that the device trusts to make one of this kind.
bool needs_authority(CertificateKind kind);

class TestAuthority {
 public:
  /// A new one, good for a year.
  static std::expected<TestAuthority, std::string> make(const std::string& name);
  /// One that exists; errors name the file.
  static std::expected<TestAuthority, std::string> load(const Pem& certificate, const Pem& key);

  TestAuthority(TestAuthority&&) noexcept;
  TestAuthority& operator=(TestAuthority&&) noexcept;
  ~TestAuthority();

  [[nodiscard]] std::string certificate() const;  // PEM
  [[nodiscard]] std::string key() const;          // PEM
  /// `hosts`: names and addresses that go into the certificate; the first one is its common name.
  [[nodiscard]] std::expected<Issued, std::string> issue(CertificateKind kind,
                                                         const std::vector<std::string>& hosts) const;

  /// One of a kind that takes no trusted authority. The first call makes the keys, which takes a moment.
  static std::expected<Issued, std::string> issue_untrusted(CertificateKind kind,
                                                            const std::vector<std::string>& hosts);

 private:
  struct Impl;
  explicit TestAuthority(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::peers
