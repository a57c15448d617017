// What the commands may be told about TLS, and the contexts that come of it. Tests: tests/interop/tls_test.py
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "harness/app/console.hpp"

namespace assay::peers {
class TlsContext;
struct HostTls;
}  // namespace assay::peers

namespace assay::app {

/// The words behind --tls...
struct TlsWords {
  bool on = false;  // --tls; every other word turns it on as well
  std::string certificate;
  std::string key;
  std::string ca;
  std::string ca_key;  // run only: makes certificates that are wrong in one thing only
  bool no_verify = false;
  std::string server_name;
  std::string profile;

  [[nodiscard]] bool any() const {
    return on || no_verify || !certificate.empty() || !key.empty() || !ca.empty() || !ca_key.empty() ||
           !server_name.empty() || !profile.empty();
  }
};

using TlsContextPtr = std::shared_ptr<const peers::TlsContext>;
/// Null when no TLS was asked for. Errors name the file and say what to do.
std::expected<TlsContextPtr, std::string> tls_client(const TlsWords& words);
/// A client that looks at every certificate and goes on whatever it is worth; never null.
std::expected<TlsContextPtr, std::string> tls_looker(TlsWords words);
std::expected<TlsContextPtr, std::string> tls_server(const TlsWords& words);
/// For a run of scenarios. Null when no TLS was asked for.
std::expected<std::shared_ptr<const peers::HostTls>, std::string> tls_host(const TlsWords& words);

/// A throw-away authority in memory that both sides trust, for a device inside this process.
struct TlsInProcess {
  std::shared_ptr<const peers::HostTls> host;
  TlsContextPtr device_server;
  TlsContextPtr device_client;
};
std::expected<TlsInProcess, std::string> tls_in_process();

/// The profiles of PS3.15 Annex B, for --help.
std::string tls_profiles_help();

/// assay certificates: an authority for tests with certificates of every kind, right and wrong, as files.
int certificates(const std::string& folder, const std::vector<std::string>& hosts, Console& console);

}  // namespace assay::app
