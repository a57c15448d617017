// The campaign on one screen while it runs, and the line that a pipe gets instead. Text alone.
// Tests: tests/unit/campaign/summary_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace assay::fuzz {

struct ScreenRow {
  std::string target;
  bool running = false;
  bool out = false;  // it could not be run
  std::uint64_t speed = 0;
  std::uint64_t coverage = 0;
  std::uint64_t corpus = 0;
  std::uint64_t findings = 0;
  std::uint64_t rounds = 0;
};

struct Screen {
  double spent = 0;
  double wanted = 0;
  std::uint64_t number = 1;
  std::uint64_t runs = 0;
  std::uint64_t fresh = 0;     // findings of this campaign
  std::uint64_t findings = 0;  // all that are not fixed
  std::string doing;           // "looking into crash-12ab", "ending"
  std::vector<ScreenRow> rows;
};

/// At most `height` lines of at most `width` characters, each with its end: those who run first, then those with
/// findings, then the rest as far as there is room.
std::string screen_text(const Screen& screen, std::size_t width = 80, std::size_t height = 23);

/// One line without its end.
std::string screen_line(const Screen& screen);

}  // namespace assay::fuzz
