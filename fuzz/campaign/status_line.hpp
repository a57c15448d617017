// What a libFuzzer program says of itself while it runs, read out of whatever it wrote. The target may write anything
// between: lines that are not understood are no status. Tests: tests/unit/campaign/status_line_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::fuzz {

struct Progress {
  bool ready = false;  // it has read its corpus and fuzzes
  std::uint64_t runs = 0;
  std::uint64_t coverage = 0;  // edges
  std::uint64_t features = 0;
  std::uint64_t corpus = 0;          // inputs in its memory
  std::uint64_t speed = 0;           // executions a second, as it counts them
  std::uint64_t memory = 0;          // MB
  std::uint64_t first_coverage = 0;  // what its corpus reached, before it mutated anything
  std::uint64_t first_features = 0;

  friend bool operator==(const Progress&, const Progress&) = default;
};

/// Brings `progress` up to date with the status lines of `text` ("#65536 pulse  cov: 10 ft: 11 ..."). What a line does
/// not say stays; half a line at the end counts for nothing.
void read_progress(std::string_view text, Progress& progress);

/// The last lines of what a program wrote, for people: without blank ones, at most so many.
std::string last_lines(std::string_view text, std::size_t lines);

/// The file that it said last it was running ("Running: FILE"); "" when it said none.
std::string_view last_running(std::string_view text);

}  // namespace assay::fuzz
