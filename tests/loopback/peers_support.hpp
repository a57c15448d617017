// Hand-made listeners for the loopback tests of peers: sockets that do one wrong thing.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "conformance/rules/standard_rules.hpp"
#include "peers/asio.hpp"

namespace assay::peers::test {

inline constexpr auto soon = std::chrono::milliseconds(150);  // a wait that has to run out
inline constexpr auto patient = std::chrono::seconds(20);     // a wait that must not run out

/// Listens on a free port; `serve` is given each accepted socket and keeps it or lets it go.
class BadListener {
 public:
  using Serve = std::function<void(std::shared_ptr<tcp::socket>)>;

  BadListener(Loop& loop, Serve serve)
      : acceptor_(loop.impl().context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), serve_(std::move(serve)) {
    accept();
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error) return;
      serve_(std::make_shared<tcp::socket>(std::move(socket)));
      accept();
    });
  }

  tcp::acceptor acceptor_;
  Serve serve_;
};

/// Reads and forgets until the other side closes.
inline void hold(std::shared_ptr<tcp::socket> socket, std::shared_ptr<std::array<char, 65536>> buffer) {
  auto& used = *socket;
  auto& into = *buffer;
  used.async_read_some(asio::buffer(into), [socket = std::move(socket), buffer = std::move(buffer)](
                                               const error_code& error, std::size_t) mutable {
    if (!error) hold(std::move(socket), std::move(buffer));
  });
}

/// Reads once, then answers with `bytes` and holds the connection, or lets it go.
inline BadListener::Serve answer_with(Bytes bytes, bool then_close) {
  return [bytes = std::move(bytes), then_close](const std::shared_ptr<tcp::socket>& socket) {
    auto buffer = std::make_shared<std::array<char, 65536>>();
    socket->async_read_some(asio::buffer(*buffer), [=](const error_code& error, std::size_t) {
      if (error) return;
      error_code ignored;
      socket->write_some(asio::buffer(bytes), ignored);
      if (!then_close) hold(socket, buffer);
    });
  };
}

/// Collects what the standard's rules find in the traces of `device`; notes blame nobody.
template <typename DeviceOptions>
void judge_into(std::vector<std::string>& blamed, DeviceOptions& device) {
  device.rules = conformance::standard_rules();
  device.on_trace = [&blamed](const trace::Trace& trace) {
    for (const auto& finding : trace.findings)
      if (finding.severity != trace::Severity::note) blamed.push_back(trace::to_line(finding));
  };
}

inline RequestorOptions to_port(std::uint16_t port) {
  RequestorOptions options;
  options.host = "127.0.0.1";
  options.port = port;
  options.connect_timeout = patient;
  options.dul_timeout = patient;
  options.dimse_timeout = patient;
  return options;
}

}  // namespace assay::peers::test
