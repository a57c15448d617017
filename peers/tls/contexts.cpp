#include "peers/tls/contexts.hpp"

namespace assay::peers {

std::expected<TlsOptions, std::string> TlsContexts::options(TlsRole role, const scenario::TlsSettings& settings) const {
  auto out = role == TlsRole::client ? tls_->client : tls_->server;
  if (!settings.minimum.empty()) out.minimum = settings.minimum;
  if (!settings.maximum.empty()) out.maximum = settings.maximum;
  // One bound may lie beyond the other one of the profile.
  if (settings.minimum.empty() && !settings.maximum.empty()) {
    const auto* profile = tls_profile(out.profile);
    const auto lowest = out.minimum.empty() && profile != nullptr ? std::string(profile->minimum) : out.minimum;
    if (settings.maximum < lowest) out.minimum = settings.maximum;
  }
  if (!settings.suites.empty()) {
    out.suites = settings.suites;
    // Anonymous suites know no certificates: asking for one would break the handshake on our side.
    if (role == TlsRole::server && out.suites.find("_anon_") != std::string::npos) out.ca = {};
  } else if (!out.maximum.empty() && out.maximum < "1.2") {
    // The suites of today's profiles do not exist below TLS 1.2.
    out.suites =
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA TLS_DHE_RSA_WITH_AES_128_CBC_SHA "
        "TLS_RSA_WITH_AES_128_CBC_SHA";
  }
  if (settings.server_name == "none")
    out.send_server_name = false;
  else if (!settings.server_name.empty())
    out.server_name = settings.server_name;
  if (!settings.verify) out.verify = false;
  if (settings.certificate.empty() || settings.certificate == "own") return out;
  if (settings.certificate == "none") {
    out.certificate = out.key = {};
    return out;
  }
  const auto kind = certificate_kind(settings.certificate);
  if (!kind) return std::unexpected("there is no kind of certificate \"" + settings.certificate + "\"");
  std::expected<Issued, std::string> issued;
  if (tls_->authority) {
    issued = tls_->authority->issue(*kind, tls_->hosts);
  } else if (!needs_authority(*kind)) {
    issued = TestAuthority::issue_untrusted(*kind, tls_->hosts);
  } else {
    return std::unexpected(
        "a certificate that is wrong in one thing only has to come from an authority that the device "
        "trusts: give its key with --tls-ca-key");
  }
  if (!issued) return std::unexpected(issued.error());
  out.certificate = {"", issued->certificate};
  out.key = {"", issued->key};
  return out;
}

std::expected<std::shared_ptr<const TlsContext>, std::string> TlsContexts::get(TlsRole role,
                                                                               const scenario::TlsSettings& settings) {
  if (!tls_) return std::unexpected("this run speaks no TLS");
  auto& slot = made_[{role, settings}];
  if (slot) return slot;
  auto wanted = options(role, settings);
  if (!wanted) return std::unexpected(wanted.error());
  auto context = TlsContext::make(role, std::move(*wanted));
  if (!context) return std::unexpected(context.error());
  slot = *context;
  return slot;
}

}  // namespace assay::peers
