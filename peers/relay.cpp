#include "peers/relay.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "harness/trace/tls.hpp"
#include "peers/connection.hpp"

namespace assay::peers {
namespace {

using trace::Closing;
using trace::Side;

/// As much as one read may bring; what one direction may have under way here.
constexpr std::size_t buffer_size = 128U << 10;
/// Bytes of a TLS client that wait for its server's answer; a ClientHello has a few hundred.
constexpr std::size_t held_limit = 64U << 10;
/// Of a connection that has been reset: what still lay in the socket.
constexpr std::size_t drain_limit = 1U << 20;

/// Of a whole header: a client that sends one or two bytes first speaks something else.
bool is_tls_record(ByteView bytes) { return bytes.size() >= 3 && trace::tls_record(bytes).has_value(); }

/// Hands every entry to the listener; sits among the rules because rules see what a Trace has no room for.
class EntryTap final : public trace::RuleRun {
 public:
  EntryTap(const ProxiedConnection& connection, ProxyListener& listener)
      : connection_(connection), listener_(listener) {}
  void on_entry(const trace::Entry& entry, const trace::Negotiated& negotiated, trace::Reporter&) override {
    listener_.seen(connection_, entry, negotiated);
  }

 private:
  const ProxiedConnection& connection_;
  ProxyListener& listener_;
};

std::string connect_error(const ProxyOptions& options, const error_code& error, bool resolving) {
  const auto target = fmt::format("{}:{}", options.target_host, options.target_port);
  if (error == asio::error::timed_out)
    return fmt::format("{} did not answer within {} s: is it switched on, and does a firewall let us through?", target,
                       std::chrono::duration_cast<std::chrono::seconds>(options.connect_timeout).count());
  if (resolving) return fmt::format("the name {} is not known here: {}", options.target_host, error.message());
  if (error == asio::error::connection_refused)
    return fmt::format("{} refuses connections: does the program run there, and on this port?", target);
  return fmt::format("{} cannot be reached: {}", target, error.message());
}

void set_options(tcp::socket& socket) {
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(tcp::no_delay(true), ignored);
  // A device that is switched off must not hold a connection here for ever.
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
}

/// A device that leaves Nagle on waits for this before its next write; said again after each read because Linux
/// forgets.
void quick_ack(tcp::socket& socket) {
  const int on = 1;
  (void)::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

}  // namespace

// --- what is learnt
// ---------------------------------------------------------------------------------------------------

ProxyWatch::ProxyWatch(ProxiedConnection& connection, const ProxyOptions& options)
    : connection_(connection), listener_(options.listener) {
  auto rules = options.rules;
  if (listener_ != nullptr) {
    auto with_tap = rules ? std::make_shared<trace::RuleBook>(*rules) : std::make_shared<trace::RuleBook>();
    with_tap->add({{}, [this] { return std::make_unique<EntryTap>(connection_, *listener_); }});
    rules = std::move(with_tap);
  }
  observe::Options observing;
  observing.connection = fmt::format("c{}", connection.number);
  observing.description = fmt::format("{} -> {}", connection.requestor, connection.acceptor);
  observing.keep_bytes = options.keep_bytes;
  observing.keep_data_set_bytes = options.keep_data_set_bytes;
  observing.common = options.common;
  observer_.emplace(std::move(rules), std::move(observing));
}

void ProxyWatch::opened(Instant now) {
  if (listener_ != nullptr) listener_->opened(connection_, now);
  observer_->opened(now);
}

void ProxyWatch::bytes(Side from, ByteView bytes, Instant now) {
  if (listener_ != nullptr) listener_->bytes(connection_, from, bytes, now);
  if (mode_ == Mode::undecided) mode_ = from == Side::requestor && is_tls_record(bytes) ? Mode::maybe_tls : Mode::plain;
  if (mode_ == Mode::maybe_tls) {
    if (from == Side::requestor) {
      if (held_bytes_ + bytes.size() <= held_limit) {
        held_bytes_ += bytes.size();
        held_.push_back({to_bytes(bytes), now});
        return;
      }
      release_held();
    } else if (is_tls_record(bytes)) {
      mode_ = Mode::encrypted;
      held_.clear();
      connection_.encrypted = true;
      observer_->mark("both sides speak TLS: passed on unread", now);
    } else {
      release_held();
    }
  }
  if (mode_ == Mode::plain) observer_->bytes(from, bytes, now);
}

void ProxyWatch::release_held() {
  mode_ = Mode::plain;
  for (const auto& one : held_) observer_->bytes(Side::requestor, one.bytes, one.at);
  held_.clear();
}

void ProxyWatch::closed(Side by, Closing how, Instant now) {
  if (listener_ != nullptr) listener_->closed(connection_, by, how, now);
  if (mode_ == Mode::maybe_tls) release_held();
  if (mode_ != Mode::encrypted) observer_->closed(by, how, now);
}

void ProxyWatch::cut_off(Instant now) {
  connection_.cut_off = true;
  if (mode_ == Mode::maybe_tls) release_held();
  observer_->mark("the proxy was stopped: what came after this is not known", now);
}

void ProxyWatch::finish(Instant now) { observer_->finish(now); }

// --- what passes
// ------------------------------------------------------------------------------------------------------

Relay::Relay(Loop::Impl& loop, const ProxyOptions& options, tcp::socket requestor, std::uint64_t number, Done done)
    : loop_(loop),
      options_(options),
      ends_{End(std::move(requestor)), End(tcp::socket(loop.context))},
      resolver_(loop.context),
      timer_(loop.context),
      done_(std::move(done)) {
  static_assert(static_cast<int>(Side::requestor) == 0 && static_cast<int>(Side::acceptor) == 1);
  connection_.number = number;
  error_code error;
  const auto remote = end(Side::requestor).socket.remote_endpoint(error);
  connection_.requestor = error ? "(already gone)" : to_text(remote);
  connection_.acceptor = fmt::format("{}:{}", options.target_host, options.target_port);
}

void Relay::start() {
  set_options(end(Side::requestor).socket);
  timer_.expires_after(options_.connect_timeout);
  timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled) self->connected(asio::error::timed_out);
  });
  error_code not_numeric;
  const auto address = asio::ip::make_address(options_.target_host, not_numeric);
  if (!not_numeric) {
    endpoints_.emplace_back(address, options_.target_port);
    connect_next();
    return;
  }
  resolver_.async_resolve(
      options_.target_host, std::to_string(options_.target_port),
      [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& results) {
        if (!self->connecting_) return;
        for (const auto& entry : results) self->endpoints_.push_back(entry.endpoint());
        if (error) {
          self->connected(error);
        } else {
          self->connect_next();
        }
      });
}

void Relay::connect_next() {
  auto& socket = end(Side::acceptor).socket;
  error_code ignored;
  socket.close(ignored);
  socket.async_connect(endpoints_[next_endpoint_++], [self = shared_from_this()](const error_code& error) {
    if (!self->connecting_) return;
    if (error && self->next_endpoint_ < self->endpoints_.size()) {
      self->connect_next();
    } else {
      self->connected(error);
    }
  });
}

void Relay::connected(const error_code& error) {
  if (!connecting_ || over_) return;
  connecting_ = false;
  timer_.cancel();
  if (error) {
    if (options_.listener != nullptr)
      options_.listener->not_connected(connection_, connect_error(options_, error, endpoints_.empty()));
    over_ = true;
    error_code ignored;
    resolver_.cancel();
    // A refused connection is what it would have met without us.
    end(Side::requestor).socket.set_option(asio::socket_base::linger(true, 0), ignored);
    for (auto& one : ends_) one.socket.close(ignored);
    done_(shared_from_this());
    return;
  }
  auto& target = end(Side::acceptor).socket;
  set_options(target);
  error_code unknown;
  const auto remote = target.remote_endpoint(unknown);
  if (!unknown) connection_.acceptor = to_text(remote);
  watch_.emplace(connection_, options_);
  watch_->opened(loop_.now());
  for (const auto side : {Side::requestor, Side::acceptor}) {
    end(side).buffer = std::make_unique_for_overwrite<std::uint8_t[]>(buffer_size);
    read(side);
  }
}

void Relay::read(Side from) {
  auto& source = end(from);
  source.socket.async_read_some(
      asio::buffer(source.buffer.get(), buffer_size),
      [self = shared_from_this(), from](const error_code& error, std::size_t length) {
        if (self->over_ || error == asio::error::operation_aborted) return;
        if (error == asio::error::eof) {
          self->fin(from);
        } else if (error) {
          self->reset(from);
        } else {
          auto& one = self->end(from);
          // On their way first, looked at second.
          error_code ignored;
          one.at = self->end(trace::other(from)).socket.write_some(asio::buffer(one.buffer.get(), length), ignored);
          one.size = length;
          self->watch_->bytes(from, {one.buffer.get(), length}, self->loop_.now());
          self->write(from);
        }
      });
}

void Relay::write(Side from) {
  auto& source = end(from);
  auto& target = end(trace::other(from)).socket;
  while (source.at < source.size) {
    error_code error;
    source.at += target.write_some(asio::buffer(source.buffer.get() + source.at, source.size - source.at), error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      // Nothing more is read from here until there is room there.
      watch_error(from);
      target.async_wait(tcp::socket::wait_write, [self = shared_from_this(), from](const error_code& cancelled) {
        if (!self->over_ && !cancelled) self->write(from);
      });
      return;
    }
    if (error) {
      reset(trace::other(from));
      return;
    }
  }
  quick_ack(source.socket);
  read(from);
}

void Relay::fin(Side from) {
  watch_->closed(from, Closing::fin, loop_.now());
  end(from).finished = true;
  error_code ignored;
  end(trace::other(from)).socket.shutdown(tcp::socket::shutdown_send, ignored);
  if (end(trace::other(from)).finished) {
    finish();
  } else {
    watch_error(from);
  }
}

void Relay::reset(Side by) {
  // Both may have said something that nobody has looked at yet: a reason to abort, most of all.
  drain(by, end(by).at == end(by).size);
  drain(trace::other(by), false);
  watch_->closed(by, Closing::rst, loop_.now());
  error_code ignored;
  end(trace::other(by)).socket.set_option(asio::socket_base::linger(true, 0), ignored);
  finish();
}

void Relay::drain(Side from, bool pass_on) {
  auto& source = end(from);
  if (source.finished) return;
  Bytes room(buffer_size);
  for (std::size_t total = 0; total < drain_limit;) {
    error_code error;
    const auto length = source.socket.read_some(asio::buffer(room), error);
    if (error || length == 0) return;
    total += length;
    watch_->bytes(from, ByteView(room).first(length), loop_.now());
    error_code ignored;
    if (pass_on) end(trace::other(from)).socket.write_some(asio::buffer(room.data(), length), ignored);
  }
}

void Relay::watch_error(Side side) {
  auto& one = end(side);
  if (one.watching_error) return;
  one.watching_error = true;
  one.socket.async_wait(tcp::socket::wait_error, [self = shared_from_this(), side](const error_code& cancelled) {
    if (self->over_ || cancelled) return;
    auto& watched = self->end(side);
    watched.watching_error = false;
    int error = 0;
    socklen_t size = sizeof error;
    // Also woken when both directions have merely ended.
    if (::getsockopt(watched.socket.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0)
      self->reset(side);
  });
}

void Relay::stop() {
  if (over_) return;
  const auto self = shared_from_this();
  error_code ignored;
  for (auto& one : ends_)
    if (one.socket.is_open()) one.socket.set_option(asio::socket_base::linger(true, 0), ignored);
  if (watch_) {
    watch_->cut_off(loop_.now());
    finish();
    return;
  }
  over_ = true;
  connecting_ = false;
  timer_.cancel();
  resolver_.cancel();
  for (auto& one : ends_) one.socket.close(ignored);
  done_(self);
}

void Relay::finish() {
  if (over_) return;
  over_ = true;
  const auto self = shared_from_this();
  error_code ignored;
  for (auto& one : ends_) one.socket.close(ignored);
  watch_->finish(loop_.now());
  if (options_.listener != nullptr) options_.listener->ended(connection_, watch_->trace());
  done_(self);
}

}  // namespace assay::peers
