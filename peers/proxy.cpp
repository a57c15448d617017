#include "peers/proxy.hpp"

#include <fmt/format.h>

#include <unordered_set>

#include "peers/relay.hpp"

namespace assay::peers {
namespace {

/// After accept() failed for want of file descriptors; open connections go on meanwhile.
constexpr auto accept_retry = std::chrono::milliseconds(100);

std::string listen_error(const ProxyOptions& options, const error_code& error) {
  if (error == asio::error::address_in_use)
    return fmt::format("port {} is in use: choose another one with --listen, or stop the program that holds it",
                       options.port);
  if (error == asio::error::access_denied)
    return fmt::format("port {} needs rights this user lacks: choose one above 1023", options.port);
  if (error == boost::system::errc::address_not_available)
    return fmt::format("{} is no address of this machine: name one that is, or 0.0.0.0 for all", options.address);
  return fmt::format("cannot listen on {}:{}: {}", options.address, options.port, error.message());
}

}  // namespace

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
    if (error == boost::system::errc::too_many_files_open ||
        error == boost::system::errc::too_many_files_open_in_system || error == asio::error::no_descriptors ||
        error == asio::error::no_memory || error == asio::error::no_buffer_space) {
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
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return std::unexpected("\"" + options.address + "\" is no IP address to listen on");
  auto impl = std::make_shared<Impl>(loop, std::move(options));
  const tcp::endpoint endpoint(address, impl->options.port);
  impl->acceptor.open(endpoint.protocol(), error);
  if (!error) impl->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) impl->acceptor.bind(endpoint, error);
  if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return std::unexpected(listen_error(impl->options, error));
  impl->port = impl->acceptor.local_endpoint(error).port();
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
