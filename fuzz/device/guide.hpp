// What to try next: conversations that led the device where none had led it before are kept, and those that lead to
// rare places are taken more often. Tests: tests/unit/device_fuzz/mutate_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "fuzz/device/conversation.hpp"
#include "fuzz/device/places.hpp"
#include "fuzz/device/random.hpp"

namespace assay::fuzz::device {

/// Features of the code of an instrumented device stand below 2^32; those of states and answers are digests of 64 bits.
constexpr std::uint64_t coverage_feature(std::uint64_t edge, unsigned bucket) { return edge << 3U | bucket; }
constexpr bool is_coverage(std::uint64_t feature) { return feature >> 32U == 0; }

struct Kept {
  Conversation conversation;
  std::vector<std::uint64_t> features;  // of code those only that it was the first to reach: there are thousands
  std::uint64_t execution = 0;          // that brought it; 0: a seed
  std::uint64_t tries = 0;              // how often it was taken
};

class Guide {
 public:
  /// A seed, or a conversation that is known already. The number of it.
  std::size_t add(Conversation conversation, std::vector<std::uint64_t> features, std::uint64_t execution);
  /// Counts what a conversation led to; true when there is something new in it.
  bool note(std::span<const std::uint64_t> features);
  /// Features of code among them that note() was never told of.
  [[nodiscard]] std::vector<std::uint64_t> new_code(std::span<const std::uint64_t> features) const;
  /// What to keep a conversation for, asked before note(): its places, and the code that is new.
  [[nodiscard]] std::vector<std::uint64_t> worth(std::span<const std::uint64_t> features) const;

  /// Of an earlier run: so often more was this feature seen, and this one taken once more.
  void seen(std::uint64_t feature, std::uint64_t times);
  void tried(std::size_t number);
  /// No more is kept than a night brings.
  [[nodiscard]] bool full() const;
  /// How likely one is taken, beside the others.
  [[nodiscard]] std::uint64_t energy(std::size_t number) const;

  [[nodiscard]] const std::vector<Kept>& kept() const { return kept_; }
  /// Places: features of states and answers.
  [[nodiscard]] std::size_t features() const { return times_.size() - coverage_; }

  struct Choice {
    std::size_t parent = 0;
    std::size_t donor = 0;
    std::optional<Pair> aim = std::nullopt;  // what is to be said where; the Guide leaves it open
    friend bool operator==(const Choice&, const Choice&) = default;
  };
  /// Nothing kept: not to be asked.
  Choice choose(Random& random);

 private:
  /// The rarest feature of a kept one. Counts only grow: as long as its own has not, no other has become rarer.
  struct Rarest {
    std::uint64_t feature = 0;
    std::uint64_t times = 0;  // 0: to be looked for
  };
  [[nodiscard]] std::uint64_t code_energy(std::size_t number) const;
  template <typename Worth>
  [[nodiscard]] std::optional<std::size_t> by_worth(Random& random, Worth&& worth) const;

  std::vector<Kept> kept_;
  mutable std::vector<Rarest> rarest_;                      // of each of kept_
  std::unordered_map<std::uint64_t, std::uint64_t> times_;  // how often a feature was seen
  std::size_t coverage_ = 0;                                // of them, those of code
};

}  // namespace assay::fuzz::device
