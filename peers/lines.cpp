#include "peers/lines.hpp"

#include "peers/connection.hpp"
#include "peers/numbered.hpp"

namespace assay::peers {

struct Lines::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& l, std::string h, std::uint16_t p, Handlers all)
      : loop(l.impl()), host(std::move(h)), port(p), handlers(std::move(all)), timer(loop.context) {}

  Loop::Impl& loop;
  std::string host;
  std::uint16_t port;
  Handlers handlers;
  asio::steady_timer timer;
  Numbered lines;
  bool over = false;

  /// Of a line whose number was not given to another one meanwhile.
  template <typename Call>
  auto told(Number number, const std::shared_ptr<Connection>& line, Call call) {
    return [weak = weak_from_this(), number, of = std::weak_ptr(line), call](auto&&... what) {
      const auto self = weak.lock();
      const auto connection = of.lock();
      if (!self || self->over || !connection) return;
      if (self->lines.at(number) != connection.get()) return;
      call(*self, what...);
    };
  }

  void stands(Number number, const std::shared_ptr<Connection>& line) {
    Connection::Handlers of;
    of.received = told(number, line, [number](Impl& self, ByteView bytes) { self.handlers.received(number, bytes); });
    of.closed = told(number, line, [number](Impl& self, trace::Closing how, const std::string&) {
      self.handlers.closed(number, how);
    });
    of.sent = told(number, line, [number](Impl& self) { self.handlers.sent(number); });
    line->start(std::move(of));
  }
};

Lines::Lines(Loop& loop, std::string host, std::uint16_t port, Handlers handlers)
    : impl_(std::make_shared<Impl>(loop, std::move(host), port, std::move(handlers))) {}

Lines::~Lines() {
  impl_->over = true;
  impl_->timer.cancel();
  impl_->lines.close();
}

void Lines::open(Number number, Duration within) {
  auto line = Connection::create(impl_->loop);
  impl_->lines.all[number] = line;
  line->connect(impl_->host, impl_->port, within,
                impl_->told(number, line, [number, line](Impl& self, const error_code& error, bool) {
                  if (!error) self.stands(number, line);
                  self.handlers.connected(number, !error, error ? error.message() : "");
                }));
}

void Lines::send(Number number, ByteView bytes, const std::vector<std::uint32_t>& pieces, Duration pause) {
  impl_->lines.send(number, bytes, pieces, pause);
}

void Lines::fin(Number number) { impl_->lines.fin(number); }

void Lines::half(Number number) { impl_->lines.half(number); }

void Lines::rst(Number number) { impl_->lines.rst(number); }

void Lines::wake(std::optional<Instant> at) {
  impl_->timer.cancel();
  if (!at) return;
  impl_->timer.expires_at(impl_->loop.time_point(*at));
  impl_->timer.async_wait([weak = impl_->weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (!error && self && !self->over) self->handlers.expired();
  });
}

}  // namespace assay::peers
