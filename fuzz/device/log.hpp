// What a run of `assay fuzz device` remembers from one start to the next: which conversation each execution came from,
// and what each kept one led to. Lines of text, appended and on disk before the next execution; a line that was cut off
// by a kill is left out. With it execution K can be made again exactly. Tests:
// tests/unit/device_fuzz/conversation_test.cpp; fuzz target: fuzz_device_corpus
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/device/guide.hpp"

namespace assay::fuzz::device {

struct LogHead {
  std::uint64_t seed = 1;
  std::string target;
  friend bool operator==(const LogHead&, const LogHead&) = default;
};

struct LoggedRun {
  std::uint64_t execution = 0;
  Guide::Choice choice;
};

struct LoggedKept {
  std::uint64_t execution = 0;  // 0: a seed
  std::vector<std::uint64_t> features;
};

/// Features by the order in which the log first names them: what each execution saw is a few short numbers.
class FeatureNumbers {
 public:
  void add(std::uint64_t feature);
  [[nodiscard]] std::optional<std::uint64_t> number_of(std::uint64_t feature) const;
  [[nodiscard]] std::optional<std::uint64_t> feature_of(std::uint64_t number) const;

 private:
  std::map<std::uint64_t, std::uint64_t> numbers_;
  std::vector<std::uint64_t> features_;
};

struct Log {
  LogHead head;
  std::vector<LoggedRun> runs;
  std::vector<LoggedKept> kept;  // in the order of their numbers
  FeatureNumbers numbers;
  std::map<std::uint64_t, std::uint64_t> times;  // how often each feature was seen, seeds included
  std::vector<Pair> pairs;                       // that were tried, each once
};

std::string head_line(const LogHead& head);
std::string run_line(std::uint64_t execution, const Guide::Choice& choice);
/// What an execution led to: "saw 12 0-4 9 x3f2a", numbers of `numbers`, to which the new ones are added.
/// Without features of code, which are thousands of numbers each time; what was kept for them says which are known.
std::string saw_line(std::uint64_t execution, std::span<const std::uint64_t> features, FeatureNumbers& numbers);
std::string pairs_line(std::span<const Pair> pairs);
std::string kept_line(std::uint64_t execution, std::span<const std::uint64_t> features);

/// Counts and tries as they were when the log ended.
void restore_counts(const Log& log, Guide& guide);

/// The error is one sentence with the number of the line. What is behind the last line end does not count.
std::expected<Log, std::string> read_log(std::string_view text);

}  // namespace assay::fuzz::device
