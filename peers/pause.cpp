#include "peers/pause.hpp"

#include "peers/asio.hpp"

namespace assay::peers {

bool pause(Loop& loop, Duration time) {
  const auto over = std::make_shared<bool>(false);  // the handler may run after this, when the loop was stopped
  asio::steady_timer timer(loop.impl().context);
  timer.expires_after(time);
  timer.async_wait([over](const error_code& error) { *over = !error; });
  return loop.run_until([&] { return *over; });
}

}  // namespace assay::peers
