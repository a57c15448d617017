// One TCP connection on the loop: bytes out in order, bytes in through a callback, its end told once. FIN and RST are
// told apart. TLS may be put below it at any time; the callbacks then see plain bytes. TCP_NODELAY and TCP_QUICKACK are
// always set: stock peers leave Nagle on, and a delayed acknowledgement then costs 40 ms per message. Internal. Tests:
// tests/loopback/
#pragma once

#include <deque>

#include "harness/base/gather.hpp"
#include "peers/asio.hpp"
#include "peers/tls/engine.hpp"

namespace assay::peers {

/// How a client's ClientHello leaves.
struct TlsFlight {
  std::vector<std::size_t> pieces;   // lengths of its segments; the last repeats
  Duration pause{0};                 // between them
  std::optional<std::size_t> bytes;  // only so many of it, and then nothing
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  struct Handlers {
    std::function<void(ByteView)> received;
    std::function<void(trace::Closing, const std::string& why)>
        closed;                  // by the peer or the network; once, the last call
    std::function<void()> sent;  // nothing is left to send
    /// TLS that was agreed on is over by an alert, before `closed`.
    std::function<void(const trace::Tls&)> alert;
  };

  static std::shared_ptr<Connection> create(Loop::Impl& loop) { return std::make_shared<Connection>(loop); }
  explicit Connection(Loop::Impl& loop);

  /// For an accepted socket.
  void adopt(tcp::socket socket);
  /// Resolves and connects; `done` gets an error and whether it came from the name resolution. Limited by `within`.
  void connect(const std::string& host, std::uint16_t port, Duration within,
               std::function<void(error_code, bool resolving)> done);
  /// Handlers are never called from inside send() except `sent`. Reading starts now or with read(true).
  void start(Handlers handlers, bool reading = true);

  using Secured = std::function<void(const trace::Tls&)>;
  /// TLS from here on, as client or server as the context says; `host` is whom we wanted to reach. `done` is told once
  /// how it went; where it failed there is nothing left to do but close() or reset().
  void secure(std::shared_ptr<const TlsContext> context, const std::string& host, Duration within, Secured done,
              const TlsFlight& flight = {});
  /// Asks the peer for a new handshake; `done` is told whether it came about.
  void renegotiate(Duration within, Secured done);
  /// TLS's close_notify of the peer has come.
  [[nodiscard]] bool peer_notified() const { return tls_ && tls_->peer_ended(); }
  /// What is known of the TLS below, or null.
  [[nodiscard]] const trace::Tls* tls() const { return tls_ ? &tls_->info() : nullptr; }

  void send(ByteView bytes);
  /// The same without a copy: what cannot go out at once is kept, or its owner's memory is.
  void send(Gather&& bytes);
  /// Separate writes of these lengths (the last repeats), `pause` apart.
  void send_in_pieces(ByteView bytes, const std::vector<std::size_t>& pieces, Duration pause);
  /// As they are, into the stream of TLS records.
  void send_below_tls(ByteView bytes) { send_raw(bytes); }
  [[nodiscard]] std::size_t unsent() const { return unsent_; }

  void read(bool on);
  /// FIN after what is still to be sent (and TLS's close_notify, unless `notify` says no); what the peer sends from
  /// then on is thrown away. No more callbacks.
  void close(bool notify = true);
  /// RST at once. No more callbacks.
  void reset();
  /// FIN after what is still to be sent; reading goes on.
  void close_write_half();
  [[nodiscard]] bool open() const { return open_; }

  [[nodiscard]] std::string local_address() const;
  [[nodiscard]] std::string peer_address() const;

 private:
  struct Chunk {
    std::shared_ptr<const Bytes> owner;
    ByteView left;      // of its bytes
    Duration pause{0};  // after it
  };

  void send_raw(ByteView bytes);
  [[nodiscard]] std::size_t send_now(ByteView bytes);
  [[nodiscard]] bool sendable() const;
  void keep_for_later(Bytes bytes, std::size_t at, Duration pause);
  [[nodiscard]] std::ptrdiff_t write_queue();
  [[nodiscard]] Duration written(std::size_t length);
  void send_pieces_raw(ByteView bytes, const std::vector<std::size_t>& pieces, Duration pause);
  void send_records();
  void came(std::size_t length);
  void ended(const error_code& error);
  void deliver();
  void deliver_later();
  void check_tls();
  void check_tls_later();
  void tls_over();
  void tls_done();
  void limit_tls(Duration within, const char* why);
  void set_options();
  void quick_ack();
  void read_some();
  void pump();
  void drained();
  void lost(trace::Closing how, const std::string& why);
  void linger();
  void shut();
  void forget_handlers();

  Loop::Impl& loop_;
  tcp::socket socket_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;  // connect limit, pauses between pieces
  asio::steady_timer linger_timer_;
  asio::steady_timer tls_timer_;  // of the handshake, and of the peer's close behind its alert
  std::unique_ptr<TlsEngine> tls_;
  Secured secured_;  // while a handshake is under way
  std::unique_ptr<std::uint8_t[]> plain_;
  Handlers handlers_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::deque<Chunk> queue_;
  std::size_t unsent_ = 0;
  std::uint64_t writes_ = 0;
  std::string peer_address_;
  bool open_ = false;
  bool tls_told_ = false;    // that TLS is over
  bool reading_ = false;     // a read is under way
  bool delivering_ = false;  // what was read is being looked at; the buffer is in use
  bool want_read_ = false;
  bool waiting_ = false;  // for room in the socket, or for a pause to pass
  bool write_failed_ = false;
  bool close_write_ = false;  // once the queue is empty
  bool lingering_ = false;    // we have closed; only throwing away what still comes
};

/// "127.0.0.1:11112", "[::1]:11112"
std::string to_text(const tcp::endpoint& endpoint);

}  // namespace assay::peers
