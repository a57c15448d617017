// Plain connections to one place, several at once, for who plays both the right and the wrong: bytes out as they are,
// bytes in, how each ends. Judges nothing and follows no protocol. Tests: tests/interop/fuzz_device_test.py
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/trace/trace.hpp"
#include "peers/peers.hpp"

namespace assay::peers {

class Lines {
 public:
  using Number = std::uint8_t;
  /// Called from the loop, never from inside a call below.
  struct Handlers {
    std::function<void(Number, bool stands, const std::string& why)> connected;
    std::function<void(Number, ByteView)> received;
    std::function<void(Number, trace::Closing)> closed;  // by the peer or the network, once
    std::function<void(Number)> sent;                    // nothing is left to send
    std::function<void()> expired;
  };

  Lines(Loop& loop, std::string host, std::uint16_t port, Handlers handlers);
  /// Closes what is open; no more callbacks.
  ~Lines();
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  void open(Number line, Duration within);
  /// Separate writes of these lengths (the last repeats), `pause` apart; no lengths: one write.
  void send(Number line, ByteView bytes, const std::vector<std::uint32_t>& pieces = {}, Duration pause = {});
  void fin(Number line);
  void half(Number line);
  void rst(Number line);
  /// `expired` at that moment; one at a time, nothing: none.
  void wake(std::optional<Instant> at);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace assay::peers
