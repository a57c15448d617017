// One TCP connection on the loop: bytes out in order, bytes in through a callback, its end told once. FIN and RST are
// told apart. TCP_NODELAY and TCP_QUICKACK are always set: stock peers leave Nagle on, and a delayed acknowledgement
// then costs 40 ms per message. Internal. Tests: tests/loopback/
#pragma once

#include <deque>

#include "peers/asio.hpp"

namespace assay::peers {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  struct Handlers {
    std::function<void(ByteView)> received;
    std::function<void(trace::Closing, const std::string& why)>
        closed;                  // by the peer or the network; once, the last call
    std::function<void()> sent;  // nothing is left to send
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

  void send(ByteView bytes);
  /// Separate writes of these lengths (the last repeats), `pause` apart.
  void send_in_pieces(ByteView bytes, const std::vector<std::size_t>& pieces, Duration pause);
  [[nodiscard]] std::size_t unsent() const { return unsent_; }

  void read(bool on);
  /// FIN after what is still to be sent; what the peer sends from then on is thrown away. No more callbacks.
  void close();
  /// RST at once. No more callbacks.
  void reset();
  /// FIN after what is still to be sent; reading goes on.
  void close_write_half();
  [[nodiscard]] bool open() const { return open_; }

  [[nodiscard]] std::string local_address() const;
  [[nodiscard]] std::string peer_address() const;

 private:
  struct Chunk {
    Bytes bytes;
    std::size_t at = 0;
    Duration pause{0};  // after it
  };

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
  Handlers handlers_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::deque<Chunk> queue_;
  std::size_t unsent_ = 0;
  std::uint64_t writes_ = 0;
  std::string peer_address_;
  bool open_ = false;
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
