#include "peers/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace assay::peers {
namespace {

/// Large enough that an image comes in few reads. It is not touched before it is used, so an idle connection costs
/// address space and no memory.
constexpr std::size_t read_buffer_size = 128U << 10;
/// Plain bytes handed on at once: four full TLS records.
constexpr std::size_t plain_buffer_size = 64U << 10;

/// Pieces that go out in one write: those of two images in PDUs of 16 KB.
constexpr std::size_t pieces_at_once = 128;

/// How long a closed connection may take to deliver its last bytes and see the peer's FIN.
constexpr auto linger_limit = std::chrono::seconds(2);

}  // namespace

std::string to_text(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

Connection::Connection(Loop::Impl& loop)
    : loop_(loop),
      socket_(loop.context),
      resolver_(loop.context),
      timer_(loop.context),
      linger_timer_(loop.context),
      tls_timer_(loop.context) {}

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
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(read_buffer_size);
  read(reading);
}

void Connection::read(bool on) {
  want_read_ = on;
  if (!on) return;
  if (tls_ && tls_->readable()) deliver_later();
  read_some();
}

void Connection::read_some() {
  if (reading_ || delivering_ || !open_) return;
  // A handshake reads on its own account; else nothing is read while what came before is not wanted.
  if (!secured_ && !lingering_ && (!want_read_ || (tls_ && tls_->readable()))) return;
  reading_ = true;
  socket_.async_read_some(asio::buffer(buffer_.get(), read_buffer_size),
                          [self = shared_from_this()](const error_code& error, std::size_t length) {
                            self->reading_ = false;
                            if (!self->open_) return;
                            if (error) {
                              if (error == asio::error::operation_aborted) return;
                              self->ended(error);
                              return;
                            }
                            if (!self->lingering_) self->came(length);
                            self->read_some();
                          });
}

void Connection::ended(const error_code& error) {
  const bool fin = error == asio::error::eof;
  std::string why = fin ? "the peer closed the connection" : error.message();
  if (tls_ && !lingering_) {
    if (secured_) {
      tls_->stopped(fin ? "the peer closed the connection in the middle of the TLS handshake"
                        : "the peer reset the connection in the middle of the TLS handshake",
                    true);
      tls_done();
    } else if (fin && tls_->state() == TlsEngine::State::established && !tls_->peer_ended()) {
      why = "the peer closed the connection without TLS's close_notify";
    }
    if (!open_) return;
  }
  lost(fin ? trace::Closing::fin : trace::Closing::rst, why);
}

/// Bytes from the socket stand in the buffer.
void Connection::came(std::size_t length) {
  const auto writes = writes_;
  if (tls_) {
    tls_->receive({buffer_.get(), length});
    check_tls();
  } else {
    delivering_ = true;
    if (handlers_.received) handlers_.received({buffer_.get(), length});
    delivering_ = false;
  }
  // What was answered carries the acknowledgement with it.
  if (open_ && writes_ == writes) quick_ack();
}

/// Hands on the plain bytes that TLS has ready.
void Connection::deliver() {
  if (!tls_ || delivering_ || lingering_) return;
  const auto keep = shared_from_this();
  if (!plain_) plain_ = std::make_unique_for_overwrite<std::uint8_t[]>(plain_buffer_size);
  while (open_ && want_read_ && !secured_ && tls_->state() == TlsEngine::State::established) {
    const auto length = tls_->read({plain_.get(), plain_buffer_size});
    if (length == 0) break;
    delivering_ = true;
    if (handlers_.received) handlers_.received({plain_.get(), length});
    delivering_ = false;
  }
  if (!open_ || lingering_) return;
  send_records();
  if (tls_->state() == TlsEngine::State::failed && !secured_) {
    tls_over();
  } else if (tls_->peer_ended() && want_read_) {
    tls_->end();
    send_records();
    lost(trace::Closing::fin, "the peer ended TLS by close_notify");
  }
}

void Connection::deliver_later() {
  asio::post(loop_.context, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || !self->open_) return;
    self->deliver();
    self->read_some();
  });
}

// --- TLS ----------------------------------------------------------------------------------------------------------

void Connection::secure(std::shared_ptr<const TlsContext> context, const std::string& host, Duration within,
                        Secured done, const TlsFlight& flight) {
  if (!open_) return;
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(read_buffer_size);
  tls_ = std::make_unique<TlsEngine>(std::move(context), host);
  secured_ = std::move(done);
  limit_tls(within, "the peer did not finish the TLS handshake in time");
  tls_->start();
  if (tls_->state() == TlsEngine::State::failed) check_tls_later();
  auto hello = tls_->take_output();
  if (flight.bytes && *flight.bytes < hello.size()) hello.resize(*flight.bytes);
  if (flight.pieces.empty())
    send_raw(hello);
  else
    send_pieces_raw(hello, flight.pieces, flight.pause);
  read_some();
}

void Connection::renegotiate(Duration within, Secured done) {
  if (!open_ || !tls_) return;
  secured_ = std::move(done);
  limit_tls(within, "the peer did not answer the request for a new handshake");
  if (!tls_->renegotiate() && tls_->state() != TlsEngine::State::failed)
    tls_->stopped("there is no renegotiation in this version of TLS", false);
  send_records();
  if (tls_->state() == TlsEngine::State::failed) check_tls_later();
  read_some();
}

void Connection::check_tls_later() {
  asio::post(loop_.context, [self = shared_from_this()] {
    if (self->open_ && self->secured_) self->check_tls();
  });
}

void Connection::limit_tls(Duration within, const char* why) {
  tls_timer_.expires_after(within);
  tls_timer_.async_wait([weak = weak_from_this(), why](const error_code& error) {
    const auto self = weak.lock();
    if (!self || error || !self->open_ || !self->secured_) return;
    self->tls_->stopped(why, true);
    self->check_tls();
  });
}

/// After TLS has seen something new.
void Connection::check_tls() {
  send_records();
  if (!secured_) {
    deliver();
    return;
  }
  if (tls_->state() == TlsEngine::State::handshaking || tls_->renegotiating()) {
    if (tls_->state() != TlsEngine::State::failed) return;
  }
  tls_done();
  if (open_ && tls_ && tls_->readable()) deliver_later();
}

void Connection::tls_done() {
  const auto keep = shared_from_this();
  tls_timer_.cancel();
  if (tls_->state() == TlsEngine::State::failed) tls_told_ = true;
  const auto tell = std::exchange(secured_, nullptr);
  if (tell) tell(tls_->info());
}

/// TLS that had been agreed on has failed: by an alert of the peer, or by bytes that are no TLS.
void Connection::tls_over() {
  const auto& info = tls_->info();
  const auto why = info.failure.empty() ? std::string("TLS ended") : info.failure;
  if (!handlers_.alert) {
    lost(trace::Closing::fin, why);
    return;
  }
  if (tls_told_) return;
  tls_told_ = true;
  const auto keep = shared_from_this();
  const auto tell = handlers_.alert;
  tell(info);
  if (!open_ || lingering_) return;
  // How the peer then closes is worth knowing, but not waited for long.
  tls_timer_.expires_after(linger_limit);
  tls_timer_.async_wait([weak = weak_from_this(), why](const error_code& error) {
    if (const auto self = weak.lock(); self && !error && self->open_) self->lost(trace::Closing::fin, why);
  });
}

void Connection::send_records() {
  if (!tls_) return;
  if (const auto records = tls_->take_output(); !records.empty()) send_raw(records);
}

// --- sending ------------------------------------------------------------------------------------------------------

void Connection::send(ByteView bytes) {
  if (!tls_) {
    send_raw(bytes);
    return;
  }
  if (!open_ || lingering_ || close_write_ || secured_) return;
  tls_->write(bytes);
  if (tls_->state() != TlsEngine::State::established) {
    // TLS is over, which is told on its own; nobody has to wait for these bytes.
    asio::post(loop_.context, [weak = weak_from_this()] {
      if (const auto self = weak.lock(); self && self->handlers_.sent) self->handlers_.sent();
    });
  }
  send_records();
}

void Connection::send_in_pieces(ByteView bytes, const std::vector<std::size_t>& pieces, Duration pause) {
  if (pieces.empty()) {
    send(bytes);
    return;
  }
  if (!tls_) {
    send_pieces_raw(bytes, pieces, pause);
    return;
  }
  if (!open_ || lingering_ || close_write_ || secured_ || write_failed_) return;
  // Each piece is a record of its own.
  for (std::size_t at = 0, piece = 0; at < bytes.size(); ++piece) {
    const auto wanted = std::max<std::size_t>(pieces[std::min(piece, pieces.size() - 1)], 1);
    const auto length = std::min(wanted, bytes.size() - at);
    tls_->write(bytes.subspan(at, length));
    at += length;
    auto records = tls_->take_output();
    keep_for_later(std::move(records), 0, at == bytes.size() ? Duration{0} : pause);
  }
  pump();
}

void Connection::send(Gather&& bytes) {
  if (tls_) {
    send(ByteView(bytes.take_whole()));
    return;
  }
  if (bytes.lent().empty()) {
    const auto length = send_now(bytes.own());
    if (length == bytes.own().size()) return;
    keep_for_later(std::move(bytes.own()), length, {});
  } else {
    if (!sendable()) return;
    // The one copy that is made is of headers.
    const auto own = std::make_shared<const Bytes>(bytes.own());
    std::size_t at = 0;
    bytes.each([&](ByteView run, const Gather::Lent* lent) {
      queue_.push_back(
          {lent != nullptr ? lent->owner : own, lent != nullptr ? run : ByteView(*own).subspan(at, run.size()), {}});
      if (lent == nullptr) at += run.size();
      unsent_ += run.size();
    });
    bytes.clear();
  }
  pump();
}

void Connection::send_raw(ByteView bytes) {
  const auto length = send_now(bytes);
  if (length == bytes.size()) return;
  keep_for_later(to_bytes(bytes.subspan(length)), 0, {});
  pump();
}

bool Connection::sendable() const { return open_ && !write_failed_ && !lingering_ && !close_write_; }

/// How much of it is done with: what went out, and all of it when nothing goes out any more.
std::size_t Connection::send_now(ByteView bytes) {
  if (!sendable() || bytes.empty()) return bytes.size();
  if (!queue_.empty() || waiting_) return 0;
  const auto length = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ++writes_;
  if (length == static_cast<ssize_t>(bytes.size()) && handlers_.sent) handlers_.sent();
  return length > 0 ? static_cast<std::size_t>(length) : 0;  // an error comes again when the queue is sent
}

void Connection::keep_for_later(Bytes bytes, std::size_t at, Duration pause) {
  const auto owner = std::make_shared<const Bytes>(std::move(bytes));
  queue_.push_back({owner, ByteView(*owner).subspan(at), pause});
  unsent_ += owner->size() - at;
}

void Connection::send_pieces_raw(ByteView bytes, const std::vector<std::size_t>& pieces, Duration pause) {
  if (!sendable()) return;
  for (std::size_t at = 0, piece = 0; at < bytes.size(); ++piece) {
    const auto wanted = std::max<std::size_t>(pieces[std::min(piece, pieces.size() - 1)], 1);
    const auto length = std::min(wanted, bytes.size() - at);
    const bool last = at + length == bytes.size();
    keep_for_later(to_bytes(bytes.subspan(at, length)), 0, last ? Duration{0} : pause);
    at += length;
  }
  pump();
}

void Connection::pump() {
  while (open_ && !waiting_ && !queue_.empty()) {
    const auto length = write_queue();
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
    if (const auto pause = written(static_cast<std::size_t>(length)); pause > Duration{0}) {
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

/// Writes what stands in the queue, as far as the first pause; as sendmsg(2) says how much went out.
std::ptrdiff_t Connection::write_queue() {
  std::array<iovec, pieces_at_once> pieces;
  std::size_t count = 0;
  for (const auto& chunk : queue_) {
    pieces[count++] = {const_cast<std::uint8_t*>(chunk.left.data()), chunk.left.size()};
    if (count == pieces.size() || chunk.pause > Duration{0}) break;
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  return ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
}

/// Takes from the queue what went out; the pause behind it, if it ends where one is to be made.
Duration Connection::written(std::size_t length) {
  unsent_ -= length;
  while (!queue_.empty()) {
    auto& chunk = queue_.front();
    const auto part = std::min(length, chunk.left.size());
    chunk.left = chunk.left.subspan(part);
    length -= part;
    if (!chunk.left.empty()) break;
    const auto pause = chunk.pause;
    queue_.pop_front();
    if (pause > Duration{0}) return pause;
  }
  return {};
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
  tls_timer_.cancel();
  resolver_.cancel();
  socket_.close(ignored);
  linger_timer_.cancel();
  queue_.clear();
  unsent_ = 0;
  forget_handlers();
}

/// Often called from inside one of them, so they are destroyed later.
void Connection::forget_handlers() {
  asio::post(loop_.context, [old = std::exchange(handlers_, {}), other = std::exchange(secured_, nullptr)] {});
}

void Connection::close(bool notify) {
  if (!open_ || lingering_) return;
  if (tls_ && notify && !close_write_) {
    tls_->end();
    send_records();
  }
  tls_timer_.cancel();
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
  if (tls_) {
    tls_->end();
    send_records();
  }
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
