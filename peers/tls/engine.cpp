#include "peers/tls/engine.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <climits>

#include "harness/base/hex.hpp"

namespace assay::peers {
namespace {

constexpr std::size_t first_bytes_kept = 32;
/// Suites of a ClientHello that are named; a hostile one holds thousands.
constexpr std::size_t most_suites = 300;

bool is_address(const std::string& host) {
  std::array<std::uint8_t, 16> ignored{};
  return inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

TlsEngine* engine_of(const SSL* ssl) { return static_cast<TlsEngine*>(SSL_get_app_data(ssl)); }

}  // namespace

TlsEngine::TlsEngine(std::shared_ptr<const TlsContext> context, const std::string& host)
    : context_(std::move(context)), host_(host) {
  const auto& options = context_->options();
  auto* shared = context_->impl().ssl.get();
  ssl_.reset(SSL_new(shared));
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in_, -1);
  BIO_set_mem_eof_return(out_, -1);
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_msg_callback(ssl_.get(), &TlsEngine::on_message);
  SSL_set_msg_callback_arg(ssl_.get(), this);
  info_.checked = options.verify;
  const bool client = context_->role() == TlsRole::client;
  if (client) {
    SSL_set_connect_state(ssl_.get());
    const auto& name = options.server_name.empty() ? host_ : options.server_name;
    if (options.send_server_name && !name.empty() && !is_address(name)) {
      (void)SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
      info_.server_name = name;
    }
    if (options.check_name && !name.empty()) {
      auto* parameters = SSL_get0_param(ssl_.get());
      if (is_address(name))
        (void)X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str());
      else
        (void)X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size());
    }
    SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, &TlsEngine::on_verify);
    SSL_set_cert_cb(ssl_.get(), &TlsEngine::on_certificate_asked, this);
  } else {
    SSL_set_accept_state(ssl_.get());
    SSL_CTX_set_client_hello_cb(shared, &TlsEngine::on_client_hello, nullptr);
    int mode = SSL_VERIFY_NONE;
    if (options.ca.given()) {
      mode = SSL_VERIFY_PEER;
      if (options.verify && options.need_certificate) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
    SSL_set_verify(ssl_.get(), mode, &TlsEngine::on_verify);
    info_.certificate_asked = mode != SSL_VERIFY_NONE;
  }
}

int TlsEngine::on_certificate_asked(SSL*, void* argument) {
  auto& self = *static_cast<TlsEngine*>(argument);
  self.info_.certificate_asked = true;
  self.info_.client_certificate = self.context_->options().certificate.given();
  return 1;
}

int TlsEngine::on_verify(int good, X509_STORE_CTX* store) {
  const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* self = engine_of(ssl);
  if (good == 1) return 1;
  const int error = X509_STORE_CTX_get_error(store);
  // A wrong name is said only of a certificate that has no other fault.
  if (self->verify_error_ == X509_V_OK || chain_of(self->verify_error_) == trace::Chain::wrong_host)
    self->verify_error_ = error;
  // A handshake that ends here leaves no certificate to ask for.
  if (auto* leaf = X509_STORE_CTX_get0_cert(store); leaf != nullptr)
    self->info_.certificate = describe_certificate(leaf);
  if (self->info_.checked) return 0;
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

void TlsEngine::on_message(int sent, int, int type, const void* data, std::size_t length, SSL*, void* argument) {
  if (type != SSL3_RT_ALERT || length < 2) return;
  auto* self = static_cast<TlsEngine*>(argument);
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  if (bytes[1] == SSL_AD_CLOSE_NOTIFY) return;
  if (sent != 0) {
    self->alert_sent_ = trace::alert_name(bytes[1]);
  } else {
    self->alert_came_ = true;
    self->info_.alert = trace::alert_name(bytes[1]);
  }
}

int TlsEngine::on_client_hello(SSL* ssl, int*, void*) {
  engine_of(ssl)->client_hello(ssl);
  return SSL_CLIENT_HELLO_SUCCESS;
}

void TlsEngine::client_hello(SSL* ssl) {
  info_.offered_versions.clear();
  info_.offered_suites.clear();
  const unsigned char* data = nullptr;
  std::size_t length = 0;
  constexpr unsigned server_name = 0;
  constexpr unsigned supported_versions = 43;
  if (SSL_client_hello_get0_ext(ssl, supported_versions, &data, &length) == 1 && length > 0) {
    for (std::size_t at = 1; at + 1 < length; at += 2)
      if (auto text = tls_version_text(data[at] << 8 | data[at + 1]); !text.empty())
        info_.offered_versions.push_back(std::move(text));
  } else {
    const auto legacy = static_cast<int>(SSL_client_hello_get0_legacy_version(ssl));
    if (auto text = tls_version_text(legacy); !text.empty()) info_.offered_versions.push_back(std::move(text));
  }
  length = SSL_client_hello_get0_ciphers(ssl, &data);
  for (std::size_t at = 0; at + 1 < length && info_.offered_suites.size() < most_suites; at += 2) {
    const auto* cipher = SSL_CIPHER_find(ssl, data + at);
    const char* text = cipher == nullptr ? nullptr : SSL_CIPHER_standard_name(cipher);
    info_.offered_suites.push_back(text != nullptr ? std::string(text)
                                                   : fmt::format("0x{:02X}{:02X}", data[at], data[at + 1]));
  }
  // server_name_list: length, then type 0, length, name (RFC 6066 3).
  info_.server_name.clear();
  if (SSL_client_hello_get0_ext(ssl, server_name, &data, &length) == 1 && length > 5 && data[2] == 0) {
    const auto name_length = static_cast<std::size_t>(data[3] << 8 | data[4]);
    if (name_length <= length - 5)
      info_.server_name = printable(std::string_view(reinterpret_cast<const char*>(data) + 5, name_length));
  }
}

void TlsEngine::start() { advance(); }

void TlsEngine::receive(ByteView records) {
  dry_ = false;
  info_.heard = info_.heard || !records.empty();
  if (first_bytes_.size() < first_bytes_kept)
    first_bytes_ += as_text(records.first(std::min(records.size(), first_bytes_kept - first_bytes_.size())));
  while (!records.empty()) {
    const auto part = std::min<std::size_t>(records.size(), INT_MAX);
    (void)BIO_write(in_, records.data(), static_cast<int>(part));
    records = records.subspan(part);
  }
  advance();
}

void TlsEngine::advance() {
  if (state_ == State::failed) return;
  if (state_ == State::established && !renegotiating_) return;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) {
    fail(result);
    return;
  }
  if (renegotiating_) {
    if (SSL_renegotiate_pending(ssl_.get()) != 0) return;
    renegotiating_ = false;
  }
  state_ = State::established;
  settle();
}

void TlsEngine::settle() {
  auto* ssl = ssl_.get();
  info_.established = true;
  info_.version = tls_version_text(SSL_version(ssl));
  if (const auto* cipher = SSL_get_current_cipher(ssl); cipher != nullptr) {
    const char* text = SSL_CIPHER_standard_name(cipher);
    info_.suite = text != nullptr ? text : SSL_CIPHER_get_name(cipher);
  }
  // Where no ephemeral group was used there is none to name.
  const bool ephemeral = info_.version == "1.3" || info_.suite.find("ECDHE") != std::string::npos;
  if (const auto group = SSL_get_negotiated_group(ssl); ephemeral && group != 0)
    if (const char* text = SSL_group_to_name(ssl, static_cast<int>(group)); text != nullptr) info_.group = text;
  const bool client = context_->role() == TlsRole::client;
  if (const X509Ptr peer(SSL_get1_peer_certificate(ssl)); peer) {
    info_.certificate = describe_certificate(peer.get());
    info_.chain = chain_of(verify_error_);
    if (verify_error_ != X509_V_OK) info_.chain_detail = X509_verify_cert_error_string(verify_error_);
  }
  if (!client) info_.client_certificate = info_.certificate.has_value();
  info_.secure_renegotiation = info_.version == "1.3" || SSL_get_secure_renegotiation_support(ssl) == 1;
  info_.extended_master_secret = info_.version == "1.3" || SSL_get_extms_support(ssl) == 1;
}

std::size_t TlsEngine::read(std::span<std::uint8_t> into) {
  if (state_ != State::established || peer_ended_ || into.empty()) return 0;
  ERR_clear_error();
  std::size_t length = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &length);
  if (result == 1) return length;
  dry_ = true;
  fail(result);
  return 0;
}

bool TlsEngine::readable() const { return state_ == State::established && !peer_ended_ && !dry_; }

void TlsEngine::write(ByteView plain) {
  while (state_ == State::established && !plain.empty()) {
    ERR_clear_error();
    std::size_t length = 0;
    const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &length);
    if (result != 1) {
      fail(result);
      return;
    }
    plain = plain.subspan(length);
  }
}

void TlsEngine::end() {
  if (state_ != State::established) return;
  ERR_clear_error();
  (void)SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool TlsEngine::renegotiate() {
  if (state_ != State::established || info_.version == "1.3") return false;
  ERR_clear_error();
  if (SSL_renegotiate(ssl_.get()) != 1) return false;
  renegotiating_ = true;
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) fail(result);
  return state_ != State::failed;
}

Bytes TlsEngine::take_output() {
  Bytes out(BIO_ctrl_pending(out_));
  if (!out.empty()) {
    const int length = BIO_read(out_, out.data(), static_cast<int>(std::min<std::size_t>(out.size(), INT_MAX)));
    out.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  }
  return out;
}

void TlsEngine::fail(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
    case SSL_ERROR_WANT_CLIENT_HELLO_CB: return;
    case SSL_ERROR_ZERO_RETURN:
      if (state_ == State::established && !renegotiating_) {
        peer_ended_ = true;
        return;
      }
      stopped("the peer ended TLS in the middle of the handshake", true);
      return;
    default: break;
  }
  state_ = State::failed;
  info_.failure = openssl_error();
  info_.refused_by = trace::Side::acceptor;  // told apart below; the owner knows who is who
  describe_failure();
}

void TlsEngine::stopped(const std::string& why, bool by_peer) {
  if (state_ == State::failed) return;
  state_ = State::failed;
  info_.failure = why;
  const bool client = context_->role() == TlsRole::client;
  const auto us = client ? trace::Side::requestor : trace::Side::acceptor;
  info_.refused_by = by_peer ? trace::other(us) : us;
  looks_like();
  if (!info_.advice.empty()) return;
  info_.advice = client
                     ? "check that this port of the peer speaks TLS (its TLS port is often 2762), and look into its log"
                     : "check that the peer is set up for TLS on this port, and look into its log";
}

/// What came first was perhaps no TLS at all.
void TlsEngine::looks_like() {
  const ByteView first(reinterpret_cast<const std::uint8_t*>(first_bytes_.data()), first_bytes_.size());
  if (first.empty() || trace::tls_record(first)) return;
  info_.peer_speaks_tls = false;
  const bool client = context_->role() == TlsRole::client;
  const std::string_view text = first_bytes_;
  if (first[0] >= 1 && first[0] <= 7) {
    info_.failure = "the peer speaks DICOM without TLS here";
    info_.advice = client ? "use the peer's TLS port (often 2762), or connect without --tls"
                          : "turn TLS on in the peer for this port, or give it a port that listens without --tls";
  } else if (text.starts_with("HTTP/") || text.starts_with("GET ") || text.starts_with("POST ")) {
    info_.failure = "the peer speaks HTTP without TLS here";
    info_.advice = "check host and port";
  } else if (text.starts_with("SSH-")) {
    info_.failure = "the peer speaks SSH here";
    info_.advice = "check host and port";
  } else {
    info_.failure = fmt::format("the peer speaks no TLS here, it sent \"{}\"", printable(text.substr(0, 24)));
    info_.advice = "check host and port";
  }
}

void TlsEngine::describe_failure() {
  const bool client = context_->role() == TlsRole::client;
  const auto us = client ? trace::Side::requestor : trace::Side::acceptor;
  const auto& options = context_->options();
  const auto reason = std::move(info_.failure);
  info_.refused_by = alert_came_ ? trace::other(us) : us;
  const std::string phase = info_.established ? "ended TLS" : "refuses TLS";
  if (alert_came_) {
    const auto& alert = info_.alert;
    info_.failure = fmt::format("the peer {} with the alert {}", phase, alert);
    if (alert == "protocol_version")
      info_.advice = "the two sides have no TLS version in common: PS3.15 B.12 needs TLS 1.2 on both";
    else if (alert == "handshake_failure" || alert == "insufficient_security")
      info_.advice =
          client && !options.certificate.given()
              ? "the peer may want a certificate of ours (give --tls-cert and --tls-key), or the two sides "
                "have no cipher suite in common (see --tls-profile)"
              : "the two sides have no cipher suite in common, or the peer dislikes the certificate: compare "
                "the TLS profiles of both (see --tls-profile)";
    else if (alert == "certificate_required" || alert == "no_certificate")
      info_.advice = "the peer wants a certificate of ours: give --tls-cert and --tls-key";
    else if (alert == "unknown_ca")
      info_.advice = "the peer does not trust the issuer of our certificate: enter that authority on the peer";
    else if (alert == "certificate_expired")
      info_.advice = "the peer holds our certificate to be expired: check its dates, and the clock of the peer";
    else if (alert.starts_with("bad_cert") || alert.starts_with("certificate") || alert.starts_with("unsupported_cert"))
      info_.advice = "the peer does not accept our certificate: its log says why";
    else if (alert == "unrecognized_name")
      info_.advice = "the peer does not know the server name sent: give the right one with --tls-server-name";
    else if (alert == "no_renegotiation")
      info_.advice = "nothing to do: refusing renegotiation is good practice";
    else
      info_.advice = "look into the log of the peer";
    return;
  }
  info_.alert = alert_sent_;
  looks_like();
  if (!info_.peer_speaks_tls) return;
  if (verify_error_ != X509_V_OK && info_.checked && !info_.established) {
    info_.chain = chain_of(verify_error_);
    info_.chain_detail = X509_verify_cert_error_string(verify_error_);
    const auto& name = options.server_name.empty() ? host_ : options.server_name;
    const std::string accept = client ? "; --tls-no-verify goes on all the same" : "";
    switch (info_.chain) {
      case trace::Chain::expired:
        info_.failure = "the certificate of the peer has expired";
        info_.advice = "have it renewed, and check the clocks of both machines" + accept;
        break;
      case trace::Chain::not_yet_valid:
        info_.failure = "the certificate of the peer is not valid yet";
        info_.advice = "check the clocks of both machines" + accept;
        break;
      case trace::Chain::self_signed:
        info_.failure = "the certificate of the peer is signed by itself and is not among those we trust";
        info_.advice = "give that certificate with --tls-ca if you trust it" + accept;
        break;
      case trace::Chain::unknown_issuer:
        info_.failure = "the certificate of the peer is issued by an authority we do not trust";
        info_.advice = "give the certificate of the authority with --tls-ca" + accept;
        break;
      case trace::Chain::wrong_host:
        info_.failure = fmt::format("the certificate of the peer is not for \"{}\"", printable(name));
        info_.advice = "connect by a name in the certificate, or give that name with --tls-server-name" + accept;
        break;
      default:
        info_.failure = "the certificate of the peer is not accepted: " + info_.chain_detail;
        info_.advice = "have it issued again" + accept;
        break;
    }
    if (info_.certificate)
      info_.failure +=
          fmt::format(" ({}{}, by {}, until {})", printable(info_.certificate->subject),
                      info_.certificate->names.empty() ? "" : ", for " + printable(info_.certificate->names),
                      printable(info_.certificate->issuer), info_.certificate->not_after);
    return;
  }
  if (reason.find("did not return a certificate") != std::string::npos) {
    info_.failure = "the peer sent no certificate of its own";
    info_.advice = "give the peer a certificate from an authority in --tls-ca, or serve with --tls-no-verify";
  } else if (reason.find("no shared cipher") != std::string::npos) {
    info_.failure = "the peer offers no cipher suite that we take";
    info_.advice = "set the peer to a TLS profile of PS3.15 B.12, or choose another one with --tls-profile";
  } else if (reason.find("unsupported protocol") != std::string::npos ||
             reason.find("version too low") != std::string::npos) {
    info_.failure = "the peer speaks no TLS version that we take";
    info_.advice = "set the peer to TLS 1.2 or 1.3 (PS3.15 B.12): TLS 1.0 and 1.1 are withdrawn (RFC 8996)";
  } else {
    info_.failure = "the peer breaks the TLS protocol: " + reason;
    info_.advice = "look into the log of the peer, and record the traffic for its vendor";
  }
}

}  // namespace assay::peers
