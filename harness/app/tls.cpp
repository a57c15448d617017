#include "harness/app/tls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <filesystem>

#include "harness/app/home.hpp"
#include "harness/app/options.hpp"
#include "peers/peers.hpp"

namespace assay::app {
namespace {

peers::TlsOptions options_of(const TlsWords& words) {
  peers::TlsOptions out;
  out.certificate.file = words.certificate;
  out.key.file = words.key;
  out.ca.file = words.ca;
  out.verify = !words.no_verify;
  out.server_name = words.server_name;
  if (!words.profile.empty()) out.profile = words.profile;
  return out;
}

std::expected<TlsContextPtr, std::string> context(peers::TlsRole role, const TlsWords& words) {
  if (!words.any()) return nullptr;
  return peers::TlsContext::make(role, options_of(words));
}

constexpr auto kinds = std::to_array<std::string_view>(
    {"right", "expired", "not-yet-valid", "wrong-host", "self-signed", "unknown-issuer"});

}  // namespace

std::expected<TlsContextPtr, std::string> tls_client(const TlsWords& words) {
  return context(peers::TlsRole::client, words);
}

std::expected<TlsContextPtr, std::string> tls_looker(TlsWords words) {
  words.no_verify = true;
  return context(peers::TlsRole::client, words);
}

std::expected<TlsContextPtr, std::string> tls_server(const TlsWords& words) {
  return context(peers::TlsRole::server, words);
}

std::expected<std::shared_ptr<const peers::HostTls>, std::string> tls_host(const TlsWords& words) {
  if (!words.any()) return nullptr;
  auto out = std::make_shared<peers::HostTls>();
  out->client = out->server = options_of(words);
  // What cannot be used is found now, not in the middle of the run.
  if (auto client = tls_client(words); !client) return std::unexpected(client.error());
  if (!words.certificate.empty())
    if (auto server = tls_server(words); !server) return std::unexpected(server.error());
  // Keys are made now: in the middle of a case they would hold up its loop.
  if (auto warm = peers::TestAuthority::issue_untrusted(peers::CertificateKind::unknown_issuer, out->hosts); !warm)
    return std::unexpected(warm.error());
  if (!words.ca_key.empty()) {
    if (words.ca.empty())
      return std::unexpected("--tls-ca-key needs the certificate that belongs to it: give --tls-ca");
    auto authority = peers::TestAuthority::load({words.ca, ""}, {words.ca_key, ""});
    if (!authority) return std::unexpected(authority.error());
    out->authority = std::make_shared<const peers::TestAuthority>(std::move(*authority));
  }
  return out;
}

std::expected<TlsInProcess, std::string> tls_in_process() {
  auto authority = peers::TestAuthority::make("Assay demo");
  if (!authority) return std::unexpected(authority.error());
  auto host = std::make_shared<peers::HostTls>();
  const auto issued = authority->issue(peers::CertificateKind::right, host->hosts);
  if (!issued) return std::unexpected(issued.error());
  // Keys are made now: in the middle of a case they would hold up its loop.
  if (auto warm = authority->issue(peers::CertificateKind::unknown_issuer, host->hosts); !warm)
    return std::unexpected(warm.error());
  peers::TlsOptions options;
  options.certificate.text = issued->certificate;
  options.key.text = issued->key;
  options.ca.text = authority->certificate();
  host->client = host->server = options;
  host->authority = std::make_shared<const peers::TestAuthority>(std::move(*authority));
  TlsInProcess out;
  auto server = peers::TlsContext::make(peers::TlsRole::server, options);
  auto client = peers::TlsContext::make(peers::TlsRole::client, options);
  if (!server) return std::unexpected(server.error());
  if (!client) return std::unexpected(client.error());
  out.host = std::move(host);
  out.device_server = std::move(*server);
  out.device_client = std::move(*client);
  return out;
}

std::string tls_profiles_help() { return peers::describe_tls_profiles(); }

int certificates(const std::string& folder, const std::vector<std::string>& hosts, Console& console) {
  const std::filesystem::path into(folder);
  std::error_code code;
  if (std::filesystem::exists(into / "ca.key", code)) {
    console.error(fmt::format(
        "{}: an authority lies there already (ca.key); devices that trust it would not trust another: name a new "
        "folder, or remove this one first",
        folder));
    return exit_codes::usage;
  }
  for (const auto& host : hosts)
    if (host.empty() || host.size() > 253 || !std::ranges::all_of(host, [](unsigned char c) {
          return std::isalnum(c) != 0 || std::strchr(".-_:*", c) != nullptr;
        })) {
      console.error(fmt::format("--host '{}': no name or address of a machine", host));
      return exit_codes::usage;
    }
  std::filesystem::create_directories(into, code);
  const auto authority = peers::TestAuthority::make("Assay test authority");
  if (!authority) {
    console.error(authority.error());
    return exit_codes::internal;
  }
  bool good = true;
  const auto save = [&](const std::string& name, const std::string& text) {
    if (!good) return;
    if (auto written = write_text((into / name).string(), text); !written) {
      console.error(written.error());
      good = false;
    }
  };
  save("ca.pem", authority->certificate());
  save("ca.key", authority->key());
  for (const auto kind : kinds) {
    const auto issued = authority->issue(*peers::certificate_kind(kind), hosts);
    if (!issued) {
      console.error(issued.error());
      return exit_codes::internal;
    }
    save(std::string(kind) + ".pem", issued->certificate);
    save(std::string(kind) + ".key", issued->key);
  }
  if (!good) return exit_codes::usage;
  console.text(fmt::format(
      "{0}: ca.pem is an authority for tests (its key is ca.key), right.pem a certificate it issued for {1};\n"
      "expired, not-yet-valid, wrong-host, self-signed and unknown-issuer are each wrong in that one thing.\n"
      "Enter ca.pem on the device as an authority it trusts, give it right.pem and right.key as its own, then:\n"
      "  assay run --tls --target HOST:2762 --tls-ca {0}/ca.pem --tls-ca-key {0}/ca.key --tls-cert {0}/right.pem "
      "--tls-key {0}/right.key\n"
      "Take ca.pem from the device again when the tests are over: its key lies open in this folder.\n",
      folder, fmt::join(hosts, ", ")));
  return exit_codes::ok;
}

}  // namespace assay::app
