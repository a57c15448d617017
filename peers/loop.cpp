#include <algorithm>
#include <csignal>
#include <utility>

#include "peers/asio.hpp"
#include "peers/listener.hpp"

namespace assay::peers {

namespace {

/// How often is looked at what tells nobody when it changes.
constexpr auto look_pause = std::chrono::milliseconds(20);

}  // namespace

Loop::Loop() : impl_(std::make_unique<Impl>()) {
  // A peer that closes while we write must be an error code, not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
}

Loop::~Loop() = default;

void Loop::run() {
  impl_->stopped = false;
  impl_->context.restart();
  impl_->context.run();
}

bool Loop::run_until(const std::function<bool()>& done) {
  impl_->stopped = false;
  impl_->context.restart();
  while (!done())
    if (impl_->context.run_one() == 0) return done();
  return true;
}

bool Loop::wait_until(const std::function<bool()>& done, Duration limit) {
  const auto end = now() + limit;
  asio::steady_timer timer(impl_->context);
  bool waiting = false;
  const auto enough = [&] { return done() || impl_->stopped || now() >= end; };
  impl_->stopped = false;
  impl_->context.restart();
  while (!enough()) {
    if (!std::exchange(waiting, true)) {
      timer.expires_after(std::min<Duration>(look_pause, end - now()));
      timer.async_wait([&waiting](const error_code&) { waiting = false; });
    }
    if (impl_->context.run_one() == 0) break;
  }
  // The handler refers to this call: it is to be gone before it returns.
  timer.cancel();
  impl_->context.restart();
  while (waiting && impl_->context.run_one() != 0) {
  }
  return done();
}

void Loop::stop() {
  impl_->stopped = true;
  impl_->context.stop();
}

std::expected<std::uint16_t, std::string> free_port() {
  asio::io_context context;
  error_code error;
  tcp::acceptor acceptor(context);
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), 0);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.bind(endpoint, error);
  const auto bound = error ? endpoint : acceptor.local_endpoint(error);
  if (error) return std::unexpected("no free port: " + error.message());
  return bound.port();
}

std::expected<void, std::string> can_listen(const std::string& address, std::uint16_t port) {
  asio::io_context context;
  tcp::acceptor acceptor(context);
  if (auto bound = listen_on(acceptor, address, port, "--listen"); !bound) return std::unexpected(bound.error());
  return {};
}

Instant Loop::now() const { return impl_->now(); }

void Loop::post(std::function<void()> work) { asio::post(impl_->context, std::move(work)); }

void Loop::Impl::wait_for_signal() {
  signals.async_wait([this](const error_code& error, int signal) {
    if (error) return;
    if (signal_handler) signal_handler(signal);
    wait_for_signal();
  });
}

void Loop::on_signal(std::function<void(int)> handler) {
  const bool first = !impl_->signal_handler;
  impl_->signal_handler = std::move(handler);
  if (!first) return;
  impl_->signals.add(SIGINT);
  impl_->signals.add(SIGTERM);
  impl_->wait_for_signal();
}

}  // namespace assay::peers
