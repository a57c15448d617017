// Coverage that an instrumented device offers: a map of counters in shared memory, of AFL's contract, given to the
// process that Assay starts. Servers of afl-clang-fast, and those linked with
// fuzz/bring_your_own/device_coverage.c, count in it; of others it stays empty.
//
// A System V segment, since that is what AFL's runtime attaches, marked for removal before anybody is told of it: Linux
// lets others attach it all the same, and it is gone with the last process that has it, even after SIGKILL. Its size
// cannot be changed by whoever attaches it; what stands in it is the device's word and is bounded here.
// Tests: tests/unit/device_fuzz/coverage_map_test.cpp, tests/interop/device_coverage_test.py
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/bytes.hpp"

namespace assay::fuzz::device {

/// Counters, one byte each: more than the edges of any server of the field. AFL_MAP_SIZE in our environment says
/// otherwise, as it does for AFL's own tools, within these limits.
inline constexpr std::size_t usual_coverage_map = std::size_t{1} << 20;
inline constexpr std::size_t least_coverage_map = std::size_t{1} << 16;
inline constexpr std::size_t most_coverage_map = std::size_t{1} << 24;
/// Features of one conversation, and of all: beyond, the device counts at random or means harm.
inline constexpr std::size_t max_coverage_features = std::size_t{1} << 16;
inline constexpr std::size_t max_coverage_known = std::size_t{1} << 19;

/// How often an edge was passed, as AFL tells counts apart: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more.
unsigned count_bucket(std::uint8_t count);

class CoverageMap {
 public:
  /// The error is one sentence: the system gives no shared memory.
  static std::expected<std::unique_ptr<CoverageMap>, std::string> make(std::size_t size = usual_coverage_map);
  ~CoverageMap();
  CoverageMap(const CoverageMap&) = delete;
  CoverageMap& operator=(const CoverageMap&) = delete;

  /// What AFL_MAP_SIZE of our environment asks for; the usual size when it says nothing or nonsense.
  static std::size_t wanted_size();
  /// For the process that is started.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const;

  /// Something stands in the map: somebody is there who counts.
  [[nodiscard]] bool offered() const;
  /// Changes whenever a counter does.
  [[nodiscard]] std::uint64_t digest() const;
  /// All counters back to 0.
  void clear();
  /// Features (coverage_feature) of what was counted since clear(), which it does as well.
  std::vector<std::uint64_t> take();

  /// Edges that any take() has seen.
  [[nodiscard]] std::size_t edges() const { return edges_; }
  /// A line each: in how many conversations, the most it was passed in one (up to 255), its number.
  [[nodiscard]] std::string table() const;

  /// The counters themselves, for tests.
  [[nodiscard]] std::uint8_t* cells() { return reinterpret_cast<std::uint8_t*>(words_); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  CoverageMap(int segment, std::uint64_t* words, std::size_t size);
  struct Seen {
    std::uint8_t buckets = 0;  // a bit each
    std::uint8_t most = 0;
    std::uint32_t times = 0;  // conversations
  };

  int segment_ = -1;
  std::uint64_t* words_ = nullptr;
  std::size_t size_ = 0;
  std::vector<Seen> seen_;
  std::size_t edges_ = 0;
  std::size_t known_ = 0;
};

}  // namespace assay::fuzz::device
