// A port on which others call, for who plays both the right and the wrong: the counterpart of lines.hpp. Whoever calls
// gets a number, 0, 1, ... since begin(); between end() and begin() callers wait. Judges nothing and follows no
// protocol. Tests: tests/interop/fuzz_scp_test.py
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/trace/trace.hpp"
#include "peers/peers.hpp"

namespace assay::peers {

class Callers {
 public:
  using Number = std::uint8_t;
  /// Called from the loop, never from inside a call below.
  struct Handlers {
    std::function<void(Number)> called;
    std::function<void(Number, ByteView)> received;
    std::function<void(Number, trace::Closing)> closed;  // by the caller or the network, once
    std::function<void(Number)> sent;                    // nothing is left to send
    std::function<void()> expired;
  };
  static constexpr std::size_t most = 32;  // lines between begin() and end(); others wait

  /// The error says what to do. The loop outlives it.
  static std::expected<std::unique_ptr<Callers>, std::string> listen(Loop& loop, const std::string& address,
                                                                     std::uint16_t port, std::string_view port_option);
  ~Callers();
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// Lines from here on; who waits is told first, from the loop.
  void begin(Handlers handlers);
  /// Closes what is open; no more callbacks.
  void end();
  /// Somebody has called and waits.
  [[nodiscard]] bool somebody_waits() const;
  /// Closes those who wait.
  void turn_away();

  /// Separate writes of these lengths (the last repeats), `pause` apart; no lengths: one write.
  void send(Number line, ByteView bytes, const std::vector<std::uint32_t>& pieces = {}, Duration pause = {});
  void fin(Number line);
  void half(Number line);
  void rst(Number line);
  /// `expired` at that moment; one at a time, nothing: none.
  void wake(std::optional<Instant> at);

  struct Impl;

 private:
  explicit Callers(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace assay::peers
