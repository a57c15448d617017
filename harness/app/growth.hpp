// Tells a leak from a cache: something grows without end when, after a warm-up, the smallest value of every window is
// above that of the window before, and the last windows grow about as fast as the first. A cache fills and stops; a
// collected heap comes down again within a window. Tests: tests/loopback/device_watch_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace assay::app {

struct Growing {
  std::uint64_t from = 0;  // the smallest value of the first window that counts
  std::uint64_t to = 0;    // and of the last one
  std::uint64_t executions = 0;
  [[nodiscard]] std::uint64_t per_thousand() const { return executions == 0 ? 0 : (to - from) * 1000 / executions; }
};

class Growth {
 public:
  /// Growth by less than `least` is never told.
  explicit Growth(std::uint64_t least) : least_(least) {}

  void add(std::uint64_t execution, std::uint64_t value);
  /// Set when what was added grows without end.
  [[nodiscard]] std::optional<Growing> growing() const;
  void forget();

 private:
  struct Window {
    std::uint64_t first = 0;  // execution
    std::uint64_t smallest = 0;
  };
  std::uint64_t least_;
  std::size_t samples_ = 8;  // in a window; doubles when there are too many windows
  std::size_t taken_ = 0;    // in the last window
  std::vector<Window> windows_;
};

}  // namespace assay::app
