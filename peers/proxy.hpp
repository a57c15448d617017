// Sits between two devices: whoever connects here is connected to the target, and every byte, FIN and RST passes on as
// it came. Nothing is changed, nothing waits for anything but the other side's room (a side that does not read stops
// the other one from sending, as it would without us). Each connection is followed by an Observer, both sides judged.
// Tests: tests/loopback/proxy_test.cpp, tests/interop/proxy_test.py
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "harness/observe/observer.hpp"
#include "peers/peers.hpp"

namespace assay::peers {

/// One connection between the two devices, as far as it got.
struct ProxiedConnection {
  std::uint64_t number = 0;  // from 1, in the order they came
  std::string requestor;     // "10.0.0.1:41000", who connected to us
  std::string acceptor;      // "10.0.0.2:104", reached; what was asked for before that
  bool encrypted = false;    // TLS on both sides: passed on unread, nothing of it can be judged
  bool cut_off = false;      // still open when the proxy was stopped
};

/// Told of everything, from the loop. Must not stop the proxy from inside a call.
class ProxyListener {
 public:
  virtual ~ProxyListener() = default;
  /// Both halves are connected.
  virtual void opened(const ProxiedConnection&, Instant) {}
  virtual void bytes(const ProxiedConnection&, trace::Side, ByteView, Instant) {}
  virtual void closed(const ProxiedConnection&, trace::Side, trace::Closing, Instant) {}
  /// Every entry the observer makes, whole, also those that a Trace has no room for.
  virtual void seen(const ProxiedConnection&, const trace::Entry&, const trace::Negotiated&) {}
  /// The target could not be reached; the one who connected was reset.
  virtual void not_connected(const ProxiedConnection&, const std::string& /*why*/) {}
  /// Nothing more will come of it.
  virtual void ended(const ProxiedConnection&, const trace::Trace&) {}
};

struct ProxyOptions {
  std::string address = "0.0.0.0";  // to listen on
  std::uint16_t port = 0;           // 0 = pick a free one
  std::string target_host;
  std::uint16_t target_port = 0;
  Duration connect_timeout = std::chrono::seconds(10);  // to the target
  std::size_t max_connections = 1000;                   // at once; further ones wait to be accepted
  std::shared_ptr<const trace::RuleBook> rules;
  std::size_t keep_bytes = limits::trace_bytes;  // of each Trace
  std::size_t keep_data_set_bytes = limits::observed_dataset_bytes;
  Budget common = std::make_shared<std::size_t>(1U << 30);  // for both, of all connections together
  ProxyListener* listener = nullptr;                        // outlives the proxy
  std::function<void(std::string)> log;
};

class Proxy {
 public:
  /// An error says what to do.
  static std::expected<std::unique_ptr<Proxy>, std::string> start(Loop& loop, ProxyOptions options);
  ~Proxy();
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t open_connections() const;
  /// No new connections; open ones go on.
  void stop_accepting();
  /// Cuts what is open (RST to both sides, blamed on nobody) and tells the listener of its end.
  void stop();

  struct Impl;

 private:
  explicit Proxy(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace assay::peers
