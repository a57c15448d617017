#include "peers/ticker.hpp"

#include "peers/connection.hpp"

namespace assay::peers {

struct Ticker::Impl : std::enable_shared_from_this<Ticker::Impl> {
  Impl(Loop::Impl& loop, Duration each, std::function<void()> does)
      : timer(loop.context), period(each), tick(std::move(does)) {}

  void wait() {
    timer.expires_after(period);
    timer.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!self || error) return;
      self->tick();
      self->wait();
    });
  }

  asio::steady_timer timer;
  Duration period;
  std::function<void()> tick;
};

Ticker::Ticker(Loop& loop, Duration period, std::function<void()> tick)
    : impl_(std::make_shared<Impl>(loop.impl(), period, std::move(tick))) {
  impl_->wait();
}

Ticker::~Ticker() { impl_->timer.cancel(); }

}  // namespace assay::peers
