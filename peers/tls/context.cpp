// Certificates, keys, trust, versions and suites from options to one SSL_CTX.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "peers/tls/openssl.hpp"

namespace assay::peers {
namespace {

/// A certificate file is a few kilobytes; what is larger is no certificate file.
constexpr std::size_t longest_pem = 4U << 20;
/// Certificates in one file: a chain, or the bundle of an operating system.
constexpr std::size_t most_certificates = 2000;

std::string contents(const Pem& pem, std::string& error) {
  if (pem.file.empty()) return pem.text;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(pem.file.c_str(), "rb"), &std::fclose);
  if (!file) {
    error = fmt::format("{} cannot be read: {}", pem.file, std::strerror(errno));
    return {};
  }
  std::string out(longest_pem + 1, '\0');
  out.resize(std::fread(out.data(), 1, out.size(), file.get()));
  if (std::ferror(file.get()) != 0) error = fmt::format("{} cannot be read: {}", pem.file, std::strerror(errno));
  if (out.size() > longest_pem) error = fmt::format("{} is too large for a file of certificates or keys", pem.file);
  if (error.empty() && out.find("-----BEGIN") == std::string::npos)
    error = fmt::format(
        "{} is no PEM file (it has no \"-----BEGIN\" line): convert it, for a certificate with "
        "\"openssl x509 -inform DER -in {} -out x.pem\"",
        pem.file, pem.file);
  return out;
}

int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

struct Suites {
  std::string before_1_3;
  std::string of_1_3;
};

/// IANA and OpenSSL names, told apart; the error names what is neither.
std::expected<Suites, std::string> split_suites(const std::string& wanted) {
  const SslContext all(SSL_CTX_new(TLS_method()));
  SSL_CTX_set_security_level(all.get(), 0);
  (void)SSL_CTX_set_cipher_list(all.get(), "ALL:COMPLEMENTOFALL");
  (void)SSL_CTX_set_ciphersuites(all.get(),
                                 "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:"
                                 "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256");
  auto* known = SSL_CTX_get_ciphers(all.get());
  Suites out;
  for (std::size_t at = 0; at < wanted.size();) {
    const auto end = std::min(wanted.find_first_of(" :,", at), wanted.size());
    const auto name = wanted.substr(at, end - at);
    at = end + 1;
    if (name.empty()) continue;
    bool found = false;
    for (int i = 0; i < sk_SSL_CIPHER_num(known) && !found; ++i) {
      const auto* cipher = sk_SSL_CIPHER_value(known, i);
      const char* standard = SSL_CIPHER_standard_name(cipher);
      if (name != SSL_CIPHER_get_name(cipher) && (standard == nullptr || name != standard)) continue;
      found = true;
      auto& list = SSL_CIPHER_get_protocol_id(cipher) >> 8 == 0x13 ? out.of_1_3 : out.before_1_3;
      list += (list.empty() ? "" : ":") + std::string(SSL_CIPHER_get_name(cipher));
    }
    if (!found) return std::unexpected(fmt::format("this build of OpenSSL has no cipher suite \"{}\"", name));
  }
  return out;
}

std::string use_certificate(SSL_CTX* context, const TlsOptions& options) {
  std::string error;
  auto chain = read_certificates(options.certificate, error);
  if (!error.empty()) return error;
  if (chain.empty())
    return fmt::format("{} holds no certificate: give the file with the \"BEGIN CERTIFICATE\" lines",
                       options.certificate.name());
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1)
    return fmt::format("{}: the certificate cannot be used: {}", options.certificate.name(), openssl_error());
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1)
      return fmt::format("{}: a certificate of the chain cannot be used: {}", options.certificate.name(),
                         openssl_error());
  const auto& source = options.key.given() ? options.key : options.certificate;
  const auto key = read_key(source, error);
  if (!error.empty()) return error;
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    (void)openssl_error();
    return fmt::format("the key in {} does not belong to the certificate in {}: give the two that were made together",
                       source.name(), options.certificate.name());
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return fmt::format("{}: the key cannot be used: {}", source.name(), openssl_error());
  return {};
}

std::string use_trust(SSL_CTX* context, TlsRole role, const TlsOptions& options) {
  if (!options.ca.given()) {
    if (role == TlsRole::client) (void)SSL_CTX_set_default_verify_paths(context);
    ERR_clear_error();
    return {};
  }
  std::string error;
  const auto trusted = read_certificates(options.ca, error);
  if (!error.empty()) return error;
  if (trusted.empty())
    return fmt::format("{} holds no certificate: give the certificate of the authority that signed the peer's",
                       options.ca.name());
  auto* store = SSL_CTX_get_cert_store(context);
  for (const auto& one : trusted) {
    if (X509_STORE_add_cert(store, one.get()) != 1)
      return fmt::format("{}: a certificate cannot be used: {}", options.ca.name(), openssl_error());
    if (role == TlsRole::server) (void)SSL_CTX_add_client_CA(context, one.get());
  }
  // A device's own certificate may be trusted as it is, without an authority above it.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

std::string use_protocol(SSL_CTX* context, const TlsOptions& options) {
  const auto* profile = tls_profile(options.profile);
  if (profile == nullptr) {
    std::string names;
    for (const auto& one : tls_profiles()) names += (names.empty() ? "" : ", ") + std::string(one.name);
    return fmt::format("there is no TLS profile \"{}\"; there are: {}", options.profile, names);
  }
  Suites suites{std::string(profile->suites), std::string(profile->suites_1_3)};
  if (!options.suites.empty()) {
    auto wanted = split_suites(options.suites);
    if (!wanted) return wanted.error();
    suites = std::move(*wanted);
  }
  const auto minimum = tls_version_number(options.minimum.empty() ? profile->minimum : options.minimum);
  auto maximum = tls_version_number(options.maximum.empty() ? profile->maximum : options.maximum);
  if (suites.of_1_3.empty()) maximum = std::min(maximum, TLS1_2_VERSION);
  if (minimum == 0 || maximum == 0 || std::min(minimum, maximum) != minimum)
    return fmt::format("TLS {} to {} is no range of versions for these suites: write 1.0, 1.1, 1.2 or 1.3",
                       options.minimum.empty() ? profile->minimum : options.minimum,
                       options.maximum.empty() ? profile->maximum : options.maximum);
  // OpenSSL 3 offers the withdrawn versions and weak suites at level 0 only.
  const bool weak = minimum < TLS1_2_VERSION || !options.suites.empty();
  SSL_CTX_set_security_level(context, weak ? 0 : 1);
  if (SSL_CTX_set_min_proto_version(context, minimum) != 1 || SSL_CTX_set_max_proto_version(context, maximum) != 1)
    return fmt::format("OpenSSL does not take these TLS versions: {}", openssl_error());
  const auto before = suites.before_1_3.empty() ? std::string("ECDHE-RSA-AES128-GCM-SHA256") : suites.before_1_3;
  if (SSL_CTX_set_cipher_list(context, before.c_str()) != 1)
    return fmt::format("the profile {} cannot be spoken: this build of OpenSSL has none of its cipher suites ({})",
                       options.profile, openssl_error());
  if (SSL_CTX_set_ciphersuites(context, suites.of_1_3.c_str()) != 1)
    return fmt::format("the TLS 1.3 cipher suites are not taken: {}", openssl_error());
  return {};
}

}  // namespace

std::vector<X509Ptr> read_certificates(const Pem& pem, std::string& error) {
  std::vector<X509Ptr> out;
  const auto text = contents(pem, error);
  if (!error.empty()) return out;
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  while (out.size() < most_certificates) {
    X509Ptr one(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (!one) break;
    out.push_back(std::move(one));
  }
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  if (code != 0 && ERR_GET_REASON(code) != PEM_R_NO_START_LINE)
    error = fmt::format("{} holds a damaged certificate: copy the file again, whole", pem.name());
  return out;
}

PKey read_key(const Pem& pem, std::string& error) {
  const auto text = contents(pem, error);
  if (!error.empty()) return {};
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  bool asked = false;
  PKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, &asked));
  ERR_clear_error();
  if (!key)
    error =
        asked ? fmt::format(
                    "the key in {} is protected by a passphrase: write it without one, with \"openssl pkey "
                    "-in KEY -out PLAIN-KEY\"",
                    pem.name())
              : fmt::format("{} holds no private key: give the file with the \"BEGIN PRIVATE KEY\" lines", pem.name());
  return key;
}

TlsContext::TlsContext(TlsRole role, TlsOptions options, std::unique_ptr<Impl> impl)
    : role_(role), options_(std::move(options)), impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

std::expected<std::shared_ptr<const TlsContext>, std::string> TlsContext::make(TlsRole role, TlsOptions options) {
  ERR_clear_error();
  auto impl = std::make_unique<Impl>();
  impl->ssl.reset(SSL_CTX_new(role == TlsRole::client ? TLS_client_method() : TLS_server_method()));
  auto* context = impl->ssl.get();
  if (context == nullptr) return std::unexpected("OpenSSL cannot be used: " + openssl_error());
  if (auto wrong = use_protocol(context, options); !wrong.empty()) return std::unexpected(std::move(wrong));
  if (role == TlsRole::server && !options.certificate.given())
    return std::unexpected("a TLS server needs a certificate and its key: give --tls-cert and --tls-key");
  if (options.key.given() && !options.certificate.given())
    return std::unexpected("a key without its certificate is of no use: give --tls-cert as well");
  if (options.certificate.given())
    if (auto wrong = use_certificate(context, options); !wrong.empty()) return std::unexpected(std::move(wrong));
  if (auto wrong = use_trust(context, role, options); !wrong.empty()) return std::unexpected(std::move(wrong));
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  (void)SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  std::uint64_t flags = SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE;
  // A server that lets clients ask for new handshakes spends its time on them; OpenSSL 3 must be told to.
  if (options.allow_renegotiation) flags |= SSL_OP_ALLOW_CLIENT_RENEGOTIATION;
  SSL_CTX_set_options(context, flags);
  (void)SSL_CTX_set_dh_auto(context, 1);
  return std::shared_ptr<const TlsContext>(new TlsContext(role, std::move(options), std::move(impl)));
}

}  // namespace assay::peers
