// The few Asio headers this folder uses; the library itself is compiled once, in asio_impl.cpp. Internal.
#pragma once

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>

#include "peers/peers.hpp"

namespace assay::peers {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Loop::Impl {
  asio::io_context context{1};  // one thread runs it
  std::chrono::steady_clock::time_point origin = std::chrono::steady_clock::now();
  asio::signal_set signals{context};
  std::function<void(int)> signal_handler;
  bool stopped = false;
  /// What lives until it has finished, or the loop ends. Declared last: it goes before what it refers to.
  std::map<const void*, std::shared_ptr<void>> alive;

  [[nodiscard]] Instant now() const { return {std::chrono::steady_clock::now() - origin}; }
  [[nodiscard]] std::chrono::steady_clock::time_point time_point(Instant at) const { return origin + at.since_origin; }
  void wait_for_signal();
};

}  // namespace assay::peers
