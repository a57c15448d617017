// Which target runs next, and for how long. Time goes to targets by their weight and by what they yield (new features
// a second, lately), with a floor below which none falls. Without clock or chance: the same history gives the same
// order. Tests: tests/unit/campaign/schedule_test.cpp
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace assay::fuzz {

/// What is known of one target, and kept from one campaign to the next.
struct Lane {
  double weight = 1;         // as the campaign file says
  double yield = 0;          // new features a second, a mean that forgets
  double served = 0;         // seconds that it had, each divided by the share it had then
  std::uint64_t rounds = 0;  // that have ended
  bool running = false;      // one at a time: two of one target would find the same
  bool out = false;          // it could not be run

  friend bool operator==(const Lane&, const Lane&) = default;
};

/// A part of the time that goes to all targets alike, whatever they yield.
inline constexpr double floor_share = 0.4;

class Schedule {
 public:
  explicit Schedule(std::vector<Lane> lanes);

  /// The target that is furthest behind its share; nothing when all run or are out.
  [[nodiscard]] std::optional<std::size_t> next() const;
  void started(std::size_t lane);
  /// A round is over: it took `seconds` and found so many features that none had found before.
  void ended(std::size_t lane, double seconds, std::uint64_t gained);
  /// It cannot be run: no more rounds.
  void drop(std::size_t lane);

  /// Its part of the time, of 1 for all that are not out.
  [[nodiscard]] double share(std::size_t lane) const;
  [[nodiscard]] const std::vector<Lane>& lanes() const { return lanes_; }

 private:
  std::vector<Lane> lanes_;
};

/// Whether this round compares values, too: one in three, since it makes corpora grow for little.
constexpr bool uses_value_profile(std::uint64_t round) { return round % 3 == 2; }

/// How long one round takes: so that each target has at least three in a campaign, a minute at the most.
std::chrono::seconds round_length(std::chrono::seconds campaign, std::size_t targets, std::size_t jobs);

}  // namespace assay::fuzz
