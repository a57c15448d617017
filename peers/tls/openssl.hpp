// OpenSSL's objects with owners, and its errors as words. Internal to peers/tls.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "peers/tls/tls.hpp"

namespace assay::peers {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using SslContext = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using PKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

struct TlsContext::Impl {
  SslContext ssl;
};

/// The last error of the library, in its words; empties its queue.
inline std::string openssl_error() {
  std::string out;
  while (const auto code = ERR_get_error()) {
    const auto* reason = ERR_reason_error_string(code);
    out = reason != nullptr ? reason : "error " + std::to_string(code);
  }
  return out.empty() ? "unknown reason" : out;
}

/// "1.2" of TLS1_2_VERSION; "" for what is no TLS version.
std::string tls_version_text(int version);
/// TLS1_2_VERSION of "1.2"; 0 for what is none.
int tls_version_number(std::string_view text);
/// "CN=x, O=y"
std::string name_text(const X509_NAME* name);
/// Subject, issuer, times, names, key.
trace::Tls::Certificate describe_certificate(X509* certificate);
/// What the verification error says about the chain.
trace::Chain chain_of(int verify_error);

std::vector<X509Ptr> read_certificates(const Pem& pem, std::string& error);
PKey read_key(const Pem& pem, std::string& error);

}  // namespace assay::peers
