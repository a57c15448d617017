#include "peers/callers.hpp"

#include "peers/connection.hpp"
#include "peers/listener.hpp"
#include "peers/numbered.hpp"

namespace assay::peers {
namespace {

constexpr std::size_t most_waiting = 4;  // taken but not begun with; the rest waits in the system

}  // namespace

struct Callers::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(Loop& l) : loop(l.impl()), acceptor(loop.context), timer(loop.context), retry(loop.context) {}

  Loop::Impl& loop;
  tcp::acceptor acceptor;
  asio::steady_timer timer;
  asio::steady_timer retry;
  std::uint16_t port = 0;
  Handlers handlers;
  std::deque<tcp::socket> waiting;
  Numbered lines;
  std::size_t count = 0;    // lines since begin()
  std::uint64_t round = 0;  // of begin() and end(): nothing of an earlier one is told
  bool begun = false;
  bool accepting = false;
  bool over = false;

  void accept() {
    if (accepting || over || waiting.size() >= most_waiting) return;
    accepting = true;
    acceptor.async_accept([weak = weak_from_this()](const error_code& error, tcp::socket socket) {
      const auto self = weak.lock();
      if (!self || self->over || error == asio::error::operation_aborted) return;
      self->accepting = false;
      if (error) {
        // No descriptor left, or the caller has gone: looked at again a little later.
        self->retry.expires_after(accept_retry);
        self->retry.async_wait([weak](const error_code& stopped) {
          if (const auto again = weak.lock(); again && !stopped) again->accept();
        });
        return;
      }
      self->waiting.push_back(std::move(socket));
      self->take();
      self->accept();
    });
  }

  template <typename Call>
  auto told(Number number, Call call) {
    return [weak = weak_from_this(), number, of = round, call](auto&&... what) {
      const auto self = weak.lock();
      if (self && !self->over && self->round == of && self->lines.all.contains(number)) call(*self, number, what...);
    };
  }

  /// Those who wait become lines.
  void take() {
    while (begun && !waiting.empty() && count < most) {
      auto socket = std::move(waiting.front());
      waiting.pop_front();
      const auto number = static_cast<Number>(count++);
      auto line = Connection::create(loop);
      line->adopt(std::move(socket));
      lines.all[number] = line;
      Connection::Handlers of;
      of.received = told(number, [](Impl& self, Number n, ByteView bytes) { self.handlers.received(n, bytes); });
      of.closed = told(
          number, [](Impl& self, Number n, trace::Closing how, const std::string&) { self.handlers.closed(n, how); });
      of.sent = told(number, [](Impl& self, Number n) { self.handlers.sent(n); });
      line->start(std::move(of));
      handlers.called(number);
    }
  }
};

Callers::Callers(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::expected<std::unique_ptr<Callers>, std::string> Callers::listen(Loop& loop, const std::string& address,
                                                                     std::uint16_t port, std::string_view port_option) {
  auto impl = std::make_shared<Impl>(loop);
  const auto opened = listen_on(impl->acceptor, address, port, port_option);
  if (!opened) return std::unexpected(opened.error());
  impl->port = *opened;
  impl->accept();
  return std::unique_ptr<Callers>(new Callers(std::move(impl)));
}

Callers::~Callers() {
  end();
  impl_->over = true;
  impl_->retry.cancel();
  error_code ignored;
  impl_->acceptor.close(ignored);
}

std::uint16_t Callers::port() const { return impl_->port; }

void Callers::begin(Handlers handlers) {
  end();
  impl_->handlers = std::move(handlers);
  impl_->begun = true;
  impl_->count = 0;
  asio::post(impl_->loop.context, [weak = impl_->weak_from_this(), of = impl_->round] {
    const auto self = weak.lock();
    if (!self || self->over || self->round != of) return;
    self->take();
    self->accept();
  });
}

void Callers::end() {
  ++impl_->round;
  impl_->begun = false;
  impl_->timer.cancel();
  impl_->lines.close();
  impl_->lines.all.clear();
  impl_->handlers = {};
}

bool Callers::somebody_waits() const { return !impl_->waiting.empty(); }

void Callers::turn_away() {
  impl_->waiting.clear();
  impl_->accept();
}

void Callers::send(Number number, ByteView bytes, const std::vector<std::uint32_t>& pieces, Duration pause) {
  impl_->lines.send(number, bytes, pieces, pause);
}

void Callers::fin(Number number) { impl_->lines.fin(number); }

void Callers::half(Number number) { impl_->lines.half(number); }

void Callers::rst(Number number) { impl_->lines.rst(number); }

void Callers::wake(std::optional<Instant> at) {
  impl_->timer.cancel();
  if (!at) return;
  impl_->timer.expires_at(impl_->loop.time_point(*at));
  impl_->timer.async_wait([weak = impl_->weak_from_this(), of = impl_->round](const error_code& error) {
    const auto self = weak.lock();
    if (!error && self && !self->over && self->round == of) self->handlers.expired();
  });
}

}  // namespace assay::peers
