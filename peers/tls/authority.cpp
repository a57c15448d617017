#include "peers/tls/authority.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "peers/tls/openssl.hpp"

namespace assay::peers {
namespace {

constexpr long day = 24L * 60 * 60;
constexpr unsigned key_bits = 2048;  // RSA: what every device understands, withdrawn cipher suites included

PKey new_key() { return PKey(EVP_RSA_gen(key_bits)); }

/// One key serves every certificate of this process: making one takes a tenth of a second.
EVP_PKEY* leaf_key() {
  static const PKey key = new_key();
  return key.get();
}

std::string pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  (void)PEM_write_bio_X509(bio.get(), certificate);
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(std::max(length, 0L))};
}

std::string pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  (void)PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(std::max(length, 0L))};
}

void set_name(X509_NAME* name, const std::string& common) {
  // A common name has 64 characters at most (X.520).
  (void)X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("Assay tests"), -1,
                                   -1, 0);
  (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(common.substr(0, 64).c_str()), -1, -1, 0);
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  if (auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()); extension != nullptr) {
    (void)X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
}

X509Ptr blank(EVP_PKEY* key, const std::string& common, long from, long to) {
  X509Ptr certificate(X509_new());
  (void)X509_set_version(certificate.get(), X509_VERSION_3);
  std::array<unsigned char, 8> serial{};
  (void)RAND_bytes(serial.data(), serial.size());
  serial[0] &= 0x7fU;
  serial[7] |= 1U;
  BIGNUM* number = BN_bin2bn(serial.data(), serial.size(), nullptr);
  (void)BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  (void)X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  (void)X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to);
  (void)X509_set_pubkey(certificate.get(), key);
  set_name(X509_get_subject_name(certificate.get()), common);
  return certificate;
}

struct Authority {
  X509Ptr certificate;
  PKey key;
};

Authority new_authority(const std::string& name) {
  Authority out;
  out.key = new_key();
  if (!out.key) return out;
  out.certificate = blank(out.key.get(), name, -2 * day, 365 * day);
  auto* certificate = out.certificate.get();
  (void)X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
  (void)X509_sign(certificate, out.key.get(), EVP_sha256());
  return out;
}

/// One for the whole process: making its key would hold up everything else on the loop each time.
const Authority& nobody() {
  static const Authority made = new_authority("An authority nobody knows");
  return made;
}

/// `authority` may be null for the kinds that need none.
std::expected<Issued, std::string> issue_by(const Authority* authority, CertificateKind kind,
                                            const std::vector<std::string>& hosts) {
  ERR_clear_error();
  auto* key = leaf_key();
  if (key == nullptr) return std::unexpected("OpenSSL could not make a key: " + openssl_error());
  const bool wrong_host = kind == CertificateKind::wrong_host;
  const std::vector<std::string> names = wrong_host ? std::vector<std::string>{"wrong.host.invalid"} : hosts;
  long from = -day;
  long to = 30 * day;
  if (kind == CertificateKind::expired) {
    from = -30 * day;
    to = -day;
  } else if (kind == CertificateKind::not_yet_valid) {
    from = day;
  }
  const auto certificate = blank(key, names.empty() ? "assay" : names.front(), from, to);
  const auto* issuer = kind == CertificateKind::unknown_issuer ? &nobody() : authority;
  const bool by_itself = kind == CertificateKind::self_signed;
  auto* issuing = by_itself ? certificate.get() : issuer->certificate.get();
  (void)X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuing));
  add_extension(certificate.get(), issuing, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), issuing, NID_key_usage, "critical,digitalSignature,keyEncipherment");
  add_extension(certificate.get(), issuing, NID_ext_key_usage, "serverAuth,clientAuth");
  std::string alternatives;
  for (const auto& host : names) {
    std::array<std::uint8_t, 16> ignored{};
    const bool address =
        inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 || inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
    alternatives += fmt::format("{}{}:{}", alternatives.empty() ? "" : ",", address ? "IP" : "DNS", host);
  }
  if (!alternatives.empty()) add_extension(certificate.get(), issuing, NID_subject_alt_name, alternatives);
  if (X509_sign(certificate.get(), by_itself ? key : issuer->key.get(), EVP_sha256()) == 0)
    return std::unexpected("OpenSSL could not sign a certificate: " + openssl_error());
  return Issued{pem_of(certificate.get()), pem_of(key)};
}

}  // namespace

struct TestAuthority::Impl {
  Authority authority;
};

std::optional<CertificateKind> certificate_kind(std::string_view name) {
  if (name == "right") return CertificateKind::right;
  if (name == "expired") return CertificateKind::expired;
  if (name == "not-yet-valid") return CertificateKind::not_yet_valid;
  if (name == "wrong-host") return CertificateKind::wrong_host;
  if (name == "self-signed") return CertificateKind::self_signed;
  if (name == "unknown-issuer") return CertificateKind::unknown_issuer;
  return std::nullopt;
}

bool needs_authority(CertificateKind kind) {
  return kind != CertificateKind::self_signed && kind != CertificateKind::unknown_issuer;
}

TestAuthority::TestAuthority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TestAuthority::TestAuthority(TestAuthority&&) noexcept = default;
TestAuthority& TestAuthority::operator=(TestAuthority&&) noexcept = default;
TestAuthority::~TestAuthority() = default;

std::expected<TestAuthority, std::string> TestAuthority::make(const std::string& name) {
  ERR_clear_error();
  auto impl = std::make_unique<Impl>(Impl{new_authority(name)});
  if (!impl->authority.certificate)
    return std::unexpected("OpenSSL could not make a test authority: " + openssl_error());
  return TestAuthority(std::move(impl));
}

std::expected<TestAuthority, std::string> TestAuthority::load(const Pem& certificate, const Pem& key) {
  std::string error;
  auto certificates = read_certificates(certificate, error);
  if (!error.empty()) return std::unexpected(error);
  if (certificates.empty()) return std::unexpected(certificate.name() + " holds no certificate");
  auto impl = std::make_unique<Impl>();
  impl->authority.key = read_key(key, error);
  if (!error.empty()) return std::unexpected(error);
  impl->authority.certificate = std::move(certificates.front());
  if (X509_check_private_key(impl->authority.certificate.get(), impl->authority.key.get()) != 1) {
    ERR_clear_error();
    return std::unexpected(
        fmt::format("the key in {} does not belong to the authority in {}", key.name(), certificate.name()));
  }
  return TestAuthority(std::move(impl));
}

std::expected<Issued, std::string> TestAuthority::issue_untrusted(CertificateKind kind,
                                                                  const std::vector<std::string>& hosts) {
  if (needs_authority(kind)) return std::unexpected("a certificate of this kind takes an authority");
  return issue_by(nullptr, kind, hosts);
}

std::string TestAuthority::certificate() const { return pem_of(impl_->authority.certificate.get()); }
std::string TestAuthority::key() const { return pem_of(impl_->authority.key.get()); }

std::expected<Issued, std::string> TestAuthority::issue(CertificateKind kind,
                                                        const std::vector<std::string>& hosts) const {
  return issue_by(&impl_->authority, kind, hosts);
}

}  // namespace assay::peers
