// Lines of a file descriptor (standard input: a terminal, a pipe, a file), told from the loop one at a time: the next
// is read when the one before has been dealt with, so that no sender fills the memory.
// Tests: tests/interop/control_lines_test.py
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "peers/peers.hpp"

namespace assay::peers {

class LineInput {
 public:
  /// `line` gets each without its end and at most `max_line` bytes long; of a longer one, and of one with bytes that
  /// are no text, `unusable` is told why. At the end of the input nothing more comes. The loop outlives it; the
  /// descriptor stays the caller's. A process in the background that may not read its terminal has no input.
  LineInput(Loop& loop, int descriptor, std::size_t max_line, std::function<void(std::string)> line,
            std::function<void(std::string)> unusable);
  /// Nothing is told any more.
  ~LineInput();
  LineInput(const LineInput&) = delete;
  LineInput& operator=(const LineInput&) = delete;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace assay::peers
