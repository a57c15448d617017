// TLS below DICOM (PS3.15 B) by OpenSSL: the options, the profiles of the standard, and the context that many
// connections share. No OpenSSL type stands in this header. Tests: tests/loopback/peers_tls_test.cpp
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/base/time.hpp"
#include "harness/trace/tls.hpp"

namespace assay::peers {

/// One Secure Transport Connection Profile of PS3.15 Annex B.
struct TlsProfile {
  std::string_view name;     // as --tls-profile takes it
  std::string_view title;    // of the standard
  std::string_view section;  // "B.12"
  bool retired = false;
  std::string_view minimum;  // "1.2"
  std::string_view maximum;
  std::string_view suites;  // TLS 1.2 and before, OpenSSL names, best first
  std::string_view suites_1_3;
};
std::span<const TlsProfile> tls_profiles();
const TlsProfile* tls_profile(std::string_view name);
inline constexpr std::string_view default_tls_profile = "bcp195-rfc8996";
/// The profiles, one line each, for --help.
std::string describe_tls_profiles();

/// PEM, from a file or from memory.
struct Pem {
  std::string file;
  std::string text;
  [[nodiscard]] bool given() const { return !file.empty() || !text.empty(); }
  /// How messages call it.
  [[nodiscard]] std::string name() const { return file.empty() ? "the certificate in memory" : file; }
};

struct TlsOptions {
  Pem certificate;     // ours, with its chain behind it
  Pem key;             // empty: in the same file as the certificate
  Pem ca;              // whom we trust; empty: as a client the system's, as a server no client certificate is asked for
  bool verify = true;  // false: the peer's certificate is looked at, but nothing depends on it
  bool need_certificate = true;  // as a server with a ca: a client without a certificate is refused
  std::string server_name;       // SNI, and the name the certificate must have; empty: the host connected to
  bool send_server_name = true;  // where it is a name and no address
  bool check_name = true;
  std::string profile = std::string(default_tls_profile);
  std::string minimum;  // "1.0" to "1.3"; empty: of the profile
  std::string maximum;
  std::string suites;                // IANA or OpenSSL names, split by blanks, colons or commas; empty: of the profile
  bool allow_renegotiation = false;  // as a server
  Duration handshake_limit = std::chrono::seconds(10);
};

enum class TlsRole : std::uint8_t { client, server };

/// What the connections of one kind share: certificates, keys, trust, versions and suites. Built once.
class TlsContext {
 public:
  /// An error names the file and says what to do.
  static std::expected<std::shared_ptr<const TlsContext>, std::string> make(TlsRole role, TlsOptions options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  [[nodiscard]] TlsRole role() const { return role_; }
  [[nodiscard]] const TlsOptions& options() const { return options_; }

  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  TlsContext(TlsRole role, TlsOptions options, std::unique_ptr<Impl> impl);
  TlsRole role_;
  TlsOptions options_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::peers
