#include "peers/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace assay::peers {
namespace {

/// Large enough that an image comes in few reads. It is not touched before it is used, so an idle connection costs
/// address space and no memory.
constexpr std::size_t read_buffer_size = 128U << 10;

/// How long a closed connection may take to deliver its last bytes and see the peer's FIN.
constexpr auto linger_limit = std::chrono::seconds(2);

}  // namespace

std::string to_text(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

Connection::Connection(Loop::Impl& loop)
    : loop_(loop), socket_(loop.context), resolver_(loop.context), timer_(loop.context), linger_timer_(loop.context) {}

void Connection::set_options() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  const auto remote = socket_.remote_endpoint(ignored);
  if (!ignored) peer_address_ = to_text(remote);
  quick_ack();
}

/// Linux falls back to delayed acknowledgements on its own, so this is said again after reads.
void Connection::quick_ack() {
  const int on = 1;
  (void)::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

void Connection::adopt(tcp::socket socket) {
  socket_ = std::move(socket);
  open_ = true;
  set_options();
}

void Connection::connect(const std::string& host, std::uint16_t port, Duration within,
                         std::function<void(error_code, bool)> done) {
  struct Attempt {
    std::vector<tcp::endpoint> endpoints;
    std::size_t next = 0;
    bool resolving = true;
    bool over = false;
    error_code last = asio::error::host_not_found;
    std::function<void(error_code, bool)> done;
    std::function<void()> try_next;
  };
  auto attempt = std::make_shared<Attempt>();
  attempt->done = std::move(done);
  const auto finish = [self = shared_from_this()](const std::shared_ptr<Attempt>& one, error_code error) {
    if (one->over) return;
    one->over = true;
    self->timer_.cancel();
    error_code ignored;
    if (error) {
      self->resolver_.cancel();
      self->socket_.close(ignored);
    } else {
      self->open_ = true;
      self->set_options();
    }
    const auto tell = std::move(one->done);
    tell(error, one->resolving);
  };
  timer_.expires_after(within);
  timer_.async_wait([attempt, finish](const error_code& error) {
    if (!error) finish(attempt, asio::error::timed_out);
  });
  attempt->try_next = [self = shared_from_this(), weak = std::weak_ptr(attempt), finish] {
    const auto one = weak.lock();
    if (!one || one->over) return;
    if (one->next == one->endpoints.size()) {
      finish(one, one->last);
      return;
    }
    error_code ignored;
    self->socket_.close(ignored);
    self->socket_.async_connect(one->endpoints[one->next++], [one, finish](const error_code& error) {
      if (one->over) return;
      if (!error) {
        finish(one, {});
        return;
      }
      one->last = error;
      one->try_next();
    });
  };
  error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {  // no resolver thread for what needs none
    attempt->resolving = false;
    attempt->endpoints.emplace_back(address, port);
    attempt->try_next();
    return;
  }
  resolver_.async_resolve(host, std::to_string(port),
                          [attempt, finish](const error_code& error, const tcp::resolver::results_type& results) {
                            if (attempt->over) return;
                            if (error) {
                              finish(attempt, error);
                              return;
                            }
                            attempt->resolving = false;
                            for (const auto& entry : results) attempt->endpoints.push_back(entry.endpoint());
                            attempt->try_next();
                          });
}

void Connection::start(Handlers handlers, bool reading) {
  handlers_ = std::move(handlers);
  buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(read_buffer_size);
  want_read_ = reading;
  read_some();
}

void Connection::read(bool on) {
  want_read_ = on;
  if (on) read_some();
}

void Connection::read_some() {
  if (reading_ || delivering_ || !want_read_ || !open_) return;
  reading_ = true;
  socket_.async_read_some(asio::buffer(buffer_.get(), read_buffer_size),
                          [self = shared_from_this()](const error_code& error, std::size_t length) {
                            self->reading_ = false;
                            if (!self->open_) return;
                            if (error) {
                              if (error == asio::error::operation_aborted) return;
                              const bool fin = error == asio::error::eof;
                              self->lost(fin ? trace::Closing::fin : trace::Closing::rst,
                                         fin ? "the peer closed the connection" : error.message());
                              return;
                            }
                            if (self->lingering_) {
                              self->read_some();
                              return;
                            }
                            const auto writes = self->writes_;
                            self->delivering_ = true;
                            if (self->handlers_.received) self->handlers_.received({self->buffer_.get(), length});
                            self->delivering_ = false;
                            if (!self->open_) return;
                            // What was answered carries the acknowledgement with it.
                            if (self->writes_ == writes) self->quick_ack();
                            self->read_some();
                          });
}

void Connection::send(ByteView bytes) {
  if (!open_ || write_failed_ || lingering_ || close_write_ || bytes.empty()) return;
  if (queue_.empty() && !waiting_) {
    const auto length = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ++writes_;
    if (length == static_cast<ssize_t>(bytes.size())) {
      if (handlers_.sent) handlers_.sent();
      return;
    }
    if (length > 0) bytes = bytes.subspan(static_cast<std::size_t>(length));
  }
  queue_.push_back({to_bytes(bytes), 0, {}});
  unsent_ += bytes.size();
  pump();
}

void Connection::send_in_pieces(ByteView bytes, const std::vector<std::size_t>& pieces, Duration pause) {
  if (pieces.empty()) {
    send(bytes);
    return;
  }
  if (!open_ || write_failed_ || lingering_ || close_write_) return;
  for (std::size_t at = 0, piece = 0; at < bytes.size(); ++piece) {
    const auto wanted = std::max<std::size_t>(pieces[std::min(piece, pieces.size() - 1)], 1);
    const auto length = std::min(wanted, bytes.size() - at);
    const bool last = at + length == bytes.size();
    queue_.push_back({to_bytes(bytes.subspan(at, length)), 0, last ? Duration{0} : pause});
    unsent_ += length;
    at += length;
  }
  pump();
}

void Connection::pump() {
  while (open_ && !waiting_ && !queue_.empty()) {
    auto& chunk = queue_.front();
    const auto left = chunk.bytes.size() - chunk.at;
    const auto length = ::send(socket_.native_handle(), chunk.bytes.data() + chunk.at, left, MSG_NOSIGNAL);
    if (length < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) {
        // The reading side tells how the connection ended, and delivers first what the peer said before.
        const error_code error(errno, boost::system::system_category());
        write_failed_ = true;
        queue_.clear();
        unsent_ = 0;
        if (!reading_ && !delivering_) lost(trace::Closing::rst, error.message());
        return;
      }
      waiting_ = true;
      socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const error_code& error) {
        self->waiting_ = false;
        if (!error) self->pump();
      });
      return;
    }
    ++writes_;
    chunk.at += static_cast<std::size_t>(length);
    unsent_ -= static_cast<std::size_t>(length);
    if (chunk.at < chunk.bytes.size()) continue;
    const auto pause = chunk.pause;
    queue_.pop_front();
    if (pause > Duration{0}) {
      waiting_ = true;
      timer_.expires_after(pause);
      timer_.async_wait([self = shared_from_this()](const error_code& error) {
        self->waiting_ = false;
        if (!error) self->pump();
      });
      return;
    }
  }
  if (open_ && queue_.empty() && !waiting_) drained();
}

void Connection::drained() {
  if (close_write_) {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  } else if (handlers_.sent) {
    handlers_.sent();
  }
}

void Connection::lost(trace::Closing how, const std::string& why) {
  const auto told = lingering_ ? nullptr : std::move(handlers_.closed);
  const auto keep = shared_from_this();
  shut();
  if (told) told(how, why);
}

void Connection::shut() {
  open_ = false;
  error_code ignored;
  timer_.cancel();
  resolver_.cancel();
  socket_.close(ignored);
  linger_timer_.cancel();
  queue_.clear();
  unsent_ = 0;
  forget_handlers();
}

/// Often called from inside one of them, so they are destroyed later.
void Connection::forget_handlers() {
  asio::post(loop_.context, [old = std::exchange(handlers_, {})] {});
}

void Connection::close() {
  if (!open_ || lingering_) return;
  close_write_ = true;
  lingering_ = true;
  const auto unsent = !queue_.empty() || waiting_;
  forget_handlers();
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(read_buffer_size);
  if (!unsent) drained();
  linger();
}

/// Closing a socket with unread bytes in it makes Linux send RST, which may destroy what the peer has not read yet:
/// so FIN first, and what still comes is thrown away until the peer's FIN, with a limit.
void Connection::linger() {
  want_read_ = true;
  read_some();
  linger_timer_.expires_after(linger_limit);
  linger_timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    if (const auto self = weak.lock(); self && !error && self->open_) self->shut();
  });
}

void Connection::reset() {
  if (!open_) return;
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  shut();
}

void Connection::close_write_half() {
  if (!open_ || close_write_) return;
  close_write_ = true;
  if (queue_.empty() && !waiting_) drained();
}

std::string Connection::local_address() const {
  error_code error;
  const auto endpoint = socket_.local_endpoint(error);
  return error ? "" : to_text(endpoint);
}

std::string Connection::peer_address() const { return peer_address_; }

}  // namespace assay::peers
