#include "peers/proxy.hpp"

#include <fmt/format.h>

#include <unordered_set>

#include "peers/listener.hpp"
#include "peers/relay.hpp"

namespace assay::peers {
struct Proxy::Impl : std::enable_shared_from_this<Proxy::Impl> {
  Impl(Loop& loop_used, ProxyOptions chosen)
      : loop(loop_used.impl()), options(std::move(chosen)), acceptor(loop.context), retry(loop.context) {}

  void accept();
  void accept_again_later(const error_code& error);
  void accepted(tcp::socket socket);
  void gone(const std::shared_ptr<Relay>& relay);
  void log(std::string line) const {
    if (options.log) options.log(std::move(line));
  }

  Loop::Impl& loop;
  ProxyOptions options;
  tcp::acceptor acceptor;
  asio::steady_timer retry;
  std::uint16_t port = 0;
  std::uint64_t count = 0;
  std::unordered_set<std::shared_ptr<Relay>> relays;
  bool stopping = false;
  bool full = false;
};

void Proxy::Impl::accept() {
  acceptor.async_accept([weak = weak_from_this()](const error_code& error, tcp::socket socket) {
    const auto self = weak.lock();
    if (!self || self->stopping || error == asio::error::operation_aborted) return;
    if (!error) self->accepted(std::move(socket));
    if (is_short_of_resources(error)) {
      self->accept_again_later(error);
    } else if (self->relays.size() >= self->options.max_connections) {
      self->full = true;
      self->log(fmt::format("{} connections are open, the most there may be at once: the next one has to wait",
                            self->relays.size()));
    } else {
      self->accept();
    }
  });
}

void Proxy::Impl::accept_again_later(const error_code& error) {
  log("a connection has to wait: " + error.message());
  retry.expires_after(accept_retry);
  retry.async_wait([weak = weak_from_this()](const error_code& cancelled) {
    if (const auto self = weak.lock(); self && !cancelled && !self->stopping) self->accept();
  });
}

void Proxy::Impl::accepted(tcp::socket socket) {
  const auto relay = std::make_shared<Relay>(loop, options, std::move(socket), ++count,
                                             [this](const std::shared_ptr<Relay>& one) { gone(one); });
  relays.insert(relay);
  relay->start();
}

void Proxy::Impl::gone(const std::shared_ptr<Relay>& relay) {
  relays.erase(relay);
  if (!full || stopping || relays.size() >= options.max_connections) return;
  full = false;
  accept();
}

std::expected<std::unique_ptr<Proxy>, std::string> Proxy::start(Loop& loop, ProxyOptions options) {
  auto impl = std::make_shared<Impl>(loop, std::move(options));
  const auto port = listen_on(impl->acceptor, impl->options.address, impl->options.port, "--listen");
  if (!port) return std::unexpected(port.error());
  impl->port = *port;
  impl->accept();
  return std::unique_ptr<Proxy>(new Proxy(std::move(impl)));
}

Proxy::Proxy(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Proxy::~Proxy() { stop(); }

std::uint16_t Proxy::port() const { return impl_->port; }

std::size_t Proxy::open_connections() const { return impl_->relays.size(); }

void Proxy::stop_accepting() {
  impl_->stopping = true;
  error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->retry.cancel();
}

void Proxy::stop() {
  stop_accepting();
  const auto open = impl_->relays;  // they take themselves out
  for (const auto& relay : open) relay->stop();
}

}  // namespace assay::peers
