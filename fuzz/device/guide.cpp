#include "fuzz/device/guide.hpp"

#include <algorithm>
#include <iterator>

namespace assay::fuzz::device {

namespace {
/// More than a night brings; beyond, only seeds and what is there already is changed.
constexpr std::size_t max_kept = 4000;
constexpr std::uint64_t full = 1U << 16;
}  // namespace

std::size_t Guide::add(Conversation conversation, std::vector<std::uint64_t> features, std::uint64_t execution) {
  if (kept_.size() >= max_kept) return kept_.size() - 1;
  kept_.push_back({std::move(conversation), std::move(features), execution, 0});
  return kept_.size() - 1;
}

bool Guide::note(std::span<const std::uint64_t> features) {
  bool fresh = false;
  for (const auto feature : features) {
    if (++times_[feature] > 1) continue;
    fresh = true;
    if (is_coverage(feature)) ++coverage_;
  }
  return fresh;
}

std::vector<std::uint64_t> Guide::new_code(std::span<const std::uint64_t> features) const {
  std::vector<std::uint64_t> out;
  std::ranges::copy_if(features, std::back_inserter(out),
                       [this](auto feature) { return is_coverage(feature) && !times_.contains(feature); });
  return out;
}

std::vector<std::uint64_t> Guide::worth(std::span<const std::uint64_t> features) const {
  auto out = new_code(features);
  std::ranges::copy_if(features, std::back_inserter(out), [](auto feature) { return !is_coverage(feature); });
  return out;
}

/// That of its rarest feature, less the more often it was tried already.
std::uint64_t Guide::energy(const Kept& kept) const {
  std::uint64_t rarest = full;
  for (const auto feature : kept.features)
    if (const auto found = times_.find(feature); found != times_.end()) rarest = std::min(rarest, found->second);
  return 1 + (full / (1 + std::min(rarest, full)) / (1 + (kept.tries / 16)));
}

Guide::Choice Guide::choose(Random& random) {
  Choice choice;
  choice.donor = random.below(kept_.size());
  // Every fourth is one of all, whatever it leads to: rarity is not everything.
  if (random.chance(4)) {
    choice.parent = random.below(kept_.size());
  } else {
    std::uint64_t sum = 0;
    for (const auto& one : kept_) sum += energy(one);
    auto left = random.next() % sum;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const auto worth = energy(kept_[i]);
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
