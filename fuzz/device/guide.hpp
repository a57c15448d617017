// What to try next: conversations that led the device where none had led it before are kept, and those that lead to
// rare places are taken more often. Tests: tests/unit/device_fuzz/mutate_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "fuzz/device/conversation.hpp"
#include "fuzz/device/random.hpp"

namespace assay::fuzz::device {

struct Kept {
  Conversation conversation;
  std::vector<std::uint64_t> features;
  std::uint64_t execution = 0;  // that brought it; 0: a seed
  std::uint64_t tries = 0;      // how often it was taken
};

class Guide {
 public:
  /// A seed, or a conversation that is known already. The number of it.
  std::size_t add(Conversation conversation, std::vector<std::uint64_t> features, std::uint64_t execution);
  /// Counts what a conversation led to; true when there is something new in it.
  bool note(std::span<const std::uint64_t> features);

  /// Of an earlier run: so often more was this feature seen, and this one taken once more.
  void seen(std::uint64_t feature, std::uint64_t times);
  void tried(std::size_t number);
  /// No more is kept than a night brings.
  [[nodiscard]] bool full() const;
  /// How likely one is taken, beside the others.
  [[nodiscard]] std::uint64_t energy(std::size_t number) const;

  [[nodiscard]] const std::vector<Kept>& kept() const { return kept_; }
  [[nodiscard]] std::size_t features() const { return times_.size(); }

  struct Choice {
    std::size_t parent = 0;
    std::size_t donor = 0;
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

  std::vector<Kept> kept_;
  mutable std::vector<Rarest> rarest_;            // of each of kept_
  std::map<std::uint64_t, std::uint64_t> times_;  // how often a feature was seen
};

}  // namespace assay::fuzz::device
