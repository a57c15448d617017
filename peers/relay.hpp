// One proxied connection: two sockets and what passes between them. Internal. Tests: tests/loopback/proxy_test.cpp
#pragma once

#include <array>
#include <deque>
#include <optional>

#include "peers/asio.hpp"
#include "peers/proxy.hpp"

namespace assay::peers {

/// What is learnt of a connection as its bytes pass: feeds the observer, unless both sides speak TLS.
class ProxyWatch {
 public:
  ProxyWatch(ProxiedConnection& connection, const ProxyOptions& options);

  void opened(Instant now);
  void bytes(trace::Side from, ByteView bytes, Instant now);
  void closed(trace::Side by, trace::Closing how, Instant now);
  void cut_off(Instant now);
  void finish(Instant now);
  [[nodiscard]] const trace::Trace& trace() const { return observer_->trace(); }

 private:
  /// A TLS client is only known to be one whose server understood when the server has answered: till then its bytes
  /// wait here, so that a TLS client at a plain server is still judged.
  enum class Mode : std::uint8_t { undecided, maybe_tls, plain, encrypted };
  struct Held {
    Bytes bytes;
    Instant at;
  };
  void release_held();

  ProxiedConnection& connection_;
  ProxyListener* listener_;
  std::optional<observe::Observer> observer_;
  Mode mode_ = Mode::undecided;
  std::deque<Held> held_;
  std::size_t held_bytes_ = 0;
};

class Relay : public std::enable_shared_from_this<Relay> {
 public:
  using Done = std::function<void(const std::shared_ptr<Relay>&)>;
  Relay(Loop::Impl& loop, const ProxyOptions& options, tcp::socket requestor, std::uint64_t number, Done done);

  void start();
  /// Cuts it; `done` is called.
  void stop();

 private:
  struct End {
    explicit End(tcp::socket given) : socket(std::move(given)) {}
    tcp::socket socket;
    std::unique_ptr<std::uint8_t[]> buffer;  // of what came from here and goes to the other end
    std::size_t at = 0;
    std::size_t size = 0;
    bool finished = false;  // its FIN has come and was passed on
    bool watching_error = false;
  };

  End& end(trace::Side side) { return ends_[static_cast<std::size_t>(side)]; }
  void connect_next();
  void connected(const error_code& error);
  void read(trace::Side from);
  void write(trace::Side from);
  void fin(trace::Side from);
  void reset(trace::Side by);
  /// Reading tells of a reset; where nobody reads, this does.
  void watch_error(trace::Side side);
  void drain(trace::Side from, bool pass_on);
  void finish();

  Loop::Impl& loop_;
  const ProxyOptions& options_;
  ProxiedConnection connection_;
  std::array<End, 2> ends_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  std::vector<tcp::endpoint> endpoints_;
  std::size_t next_endpoint_ = 0;
  Done done_;
  std::optional<ProxyWatch> watch_;
  bool over_ = false;
  bool connecting_ = true;
};

}  // namespace assay::peers
