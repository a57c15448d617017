// OpenSSL's certificates and verification errors in words.
#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>

#include "peers/tls/openssl.hpp"

namespace assay::peers {
namespace {

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio, &data);
  return length <= 0 ? std::string() : std::string(data, static_cast<std::size_t>(length));
}

std::string time_text(const ASN1_TIME* time) {
  std::tm at{};
  if (ASN1_TIME_to_tm(time, &at) != 1) return "an unreadable time";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday, at.tm_hour,
                     at.tm_min, at.tm_sec);
}

}  // namespace

std::string tls_version_text(int version) {
  switch (version) {
    case TLS1_VERSION: return "1.0";
    case TLS1_1_VERSION: return "1.1";
    case TLS1_2_VERSION: return "1.2";
    case TLS1_3_VERSION: return "1.3";
    case SSL3_VERSION: return "SSL 3.0";
    default: return "";
  }
}

int tls_version_number(std::string_view text) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION})
    if (tls_version_text(version) == text) return version;
  return 0;
}

std::string name_text(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  (void)X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ & ~ASN1_STRFLGS_ESC_MSB);
  auto text = text_of(bio.get());
  if (text.size() > 200) text.resize(200);
  return text.empty() ? "(no name)" : text;
}

trace::Tls::Certificate describe_certificate(X509* certificate) {
  trace::Tls::Certificate out;
  out.subject = name_text(X509_get_subject_name(certificate));
  out.issuer = name_text(X509_get_issuer_name(certificate));
  out.not_before = time_text(X509_get0_notBefore(certificate));
  out.not_after = time_text(X509_get0_notAfter(certificate));
  if (auto* key = X509_get0_pubkey(certificate); key != nullptr) {
    const char* type = EVP_PKEY_get0_type_name(key);
    out.key = fmt::format("{} {}", type == nullptr ? "key" : type, EVP_PKEY_get_bits(key));
  }
  if (auto* names =
          static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))) {
    const Bio bio(BIO_new(BIO_s_mem()));
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && i < 20; ++i) {
      if (i > 0) (void)BIO_puts(bio.get(), ", ");
      (void)GENERAL_NAME_print(bio.get(), sk_GENERAL_NAME_value(names, i));
    }
    out.names = text_of(bio.get()).substr(0, 500);
    GENERAL_NAMES_free(names);
  }
  return out;
}

trace::Chain chain_of(int verify_error) {
  using trace::Chain;
  switch (verify_error) {
    case X509_V_OK: return Chain::trusted;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return Chain::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED: return Chain::unknown_issuer;
    case X509_V_ERR_CERT_HAS_EXPIRED: return Chain::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return Chain::not_yet_valid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return Chain::wrong_host;
    default: return Chain::bad;
  }
}

}  // namespace assay::peers
