// TLS of one connection, driven by hand over memory: records in, plain bytes out, and back. It knows no socket and no
// clock, so Connection keeps every distinction TCP makes (FIN, RST) beside those of TLS (close_notify, alerts).
// Internal to peers. Tests: tests/loopback/peers_tls_test.cpp
#pragma once

#include "harness/base/bytes.hpp"
#include "peers/tls/openssl.hpp"

namespace assay::peers {

class TlsEngine {
 public:
  enum class State : std::uint8_t { handshaking, established, failed };

  /// `host`: whom we connect to, for the name in the certificate where the options name none.
  TlsEngine(std::shared_ptr<const TlsContext> context, const std::string& host);
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  /// A client's first flight; a server waits.
  void start();
  /// Records from the peer. The handshake goes on by itself; plain bytes are fetched with read().
  void receive(ByteView records);
  /// Plain bytes; 0 when there are none yet. May fail the engine, or find that the peer has ended.
  std::size_t read(std::span<std::uint8_t> into);
  /// Whether read() may have more.
  [[nodiscard]] bool readable() const;
  void write(ByteView plain);
  /// close_notify.
  void end();
  /// Asks for a new handshake (TLS 1.2 and before); false where that cannot be asked for.
  bool renegotiate();
  /// The TCP connection is gone, or the time for the handshake is over.
  void stopped(const std::string& why, bool by_peer);
  /// Records to send; empties.
  Bytes take_output();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool renegotiating() const { return renegotiating_; }
  [[nodiscard]] bool peer_ended() const { return peer_ended_; }  // its close_notify came
  [[nodiscard]] const trace::Tls& info() const { return info_; }

 private:
  void advance();
  void settle();
  void fail(int result);
  void describe_failure();
  void looks_like();
  static int on_verify(int good, X509_STORE_CTX* store);
  static void on_message(int sent, int version, int type, const void* data, std::size_t length, SSL* ssl, void* self);
  static int on_client_hello(SSL* ssl, int* alert, void* argument);
  static int on_certificate_asked(SSL* ssl, void* self);
  void client_hello(SSL* ssl);

  std::shared_ptr<const TlsContext> context_;
  std::string host_;
  Ssl ssl_;
  BIO* in_ = nullptr;   // owned by ssl_
  BIO* out_ = nullptr;  // owned by ssl_
  State state_ = State::handshaking;
  bool renegotiating_ = false;
  bool peer_ended_ = false;
  bool dry_ = false;  // read() has taken all there is; more needs more records
  bool alert_came_ = false;
  std::string alert_sent_;
  int verify_error_ = X509_V_OK;
  std::string first_bytes_;  // of the peer
  trace::Tls info_;
};

}  // namespace assay::peers
