#include "fuzz/device/guide.hpp"

#include <algorithm>

namespace assay::fuzz::device {

namespace {
/// More than a night brings; beyond, only what is there already is changed.
constexpr std::size_t max_kept = 4000;
constexpr std::uint64_t most = 1U << 16;
}  // namespace

std::size_t Guide::add(Conversation conversation, std::vector<std::uint64_t> features, std::uint64_t execution) {
  if (full()) return kept_.size() - 1;
  kept_.push_back({std::move(conversation), std::move(features), execution, 0});
  rarest_.emplace_back();
  return kept_.size() - 1;
}

bool Guide::full() const { return kept_.size() >= max_kept; }

void Guide::seen(std::uint64_t feature, std::uint64_t times) { times_[feature] += times; }

void Guide::tried(std::size_t number) {
  if (number < kept_.size()) ++kept_[number].tries;
}

bool Guide::note(std::span<const std::uint64_t> features) {
  bool fresh = false;
  for (const auto feature : features) fresh = ++times_[feature] == 1 || fresh;
  return fresh;
}

/// That of its rarest feature, less the more often it was tried already.
std::uint64_t Guide::energy(std::size_t number) const {
  const auto& kept = kept_[number];
  auto& rarest = rarest_[number];
  if (rarest.times == 0 || times_.at(rarest.feature) != rarest.times) {
    rarest.times = most;
    for (const auto feature : kept.features)
      if (const auto found = times_.find(feature); found != times_.end() && found->second < rarest.times)
        rarest = {found->first, found->second};
    if (rarest.times == most) rarest.times = 0;
  }
  const auto times = rarest.times == 0 ? most : rarest.times;
  return 1 + (most / (1 + times) / (1 + (kept.tries / 16)));
}

Guide::Choice Guide::choose(Random& random) {
  Choice choice;
  choice.donor = random.below(kept_.size());
  // Every fourth is one of all, whatever it leads to: rarity is not everything.
  if (random.chance(4)) {
    choice.parent = random.below(kept_.size());
  } else {
    std::uint64_t sum = 0;
    std::vector<std::uint64_t> energies(kept_.size());
    for (std::size_t i = 0; i < kept_.size(); ++i) sum += energies[i] = energy(i);
    auto left = random.next() % sum;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const auto worth = energies[i];
      if (left < worth) {
        choice.parent = i;
        break;
      }
      left -= worth;
    }
  }
  ++kept_[choice.parent].tries;
  return choice;
}

}  // namespace assay::fuzz::device
