// One program from its start to its end: with a limit of time and of memory, its output kept. What is over a limit is
// asked to say where it is (SIGABRT, which sanitizers answer with a stack), and killed when it does not end.
// Tests: tests/loopback/program_run_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/time.hpp"

namespace assay::peers {

struct ProgramRunOptions {
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> environment;  // beside our own
  std::string folder;                                            // to run in; empty = ours
  Duration time = std::chrono::seconds(10);
  std::uint64_t memory = 0;                             // bytes that it may hold in RAM; 0 = any
  Duration grace = std::chrono::seconds(2);             // between SIGABRT and SIGKILL
  std::size_t keep_beginning = std::size_t{256} << 10;  // bytes of what it writes
  std::size_t keep_end = std::size_t{64} << 10;
  std::function<bool()> give_up;  // asked often; may be empty
};

struct ProgramRun {
  std::optional<int> exit_code;  // when it ended by itself
  int signal = 0;                // when a signal ended it, ours included
  bool timed_out = false;
  bool over_memory = false;
  bool given_up = false;
  std::string output;
  Duration took{0};
};

/// The error says what could not be started and why.
std::expected<ProgramRun, std::string> run_program(const ProgramRunOptions& options);

}  // namespace assay::peers
