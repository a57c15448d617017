#include "fuzz/device/guide.hpp"

#include <algorithm>
#include <iterator>

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

void Guide::seen(std::uint64_t feature, std::uint64_t times) {
  if (auto& count = times_[feature]; (count += times) == times && is_coverage(feature)) ++coverage_;
}

void Guide::tried(std::size_t number) {
  if (number < kept_.size()) ++kept_[number].tries;
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

/// The same for what it was the first to reach of the code of the device; nothing for what reached none. Whoever is on
/// the way to more code lets the ones behind it count less: their code becomes common as they are changed.
std::uint64_t Guide::code_energy(std::size_t number) const {
  const auto& kept = kept_[number];
  if (kept.execution == 0) return 0;
  std::uint64_t rarest = most;
  bool any = false;
  for (const auto feature : kept.features) {
    if (!is_coverage(feature)) continue;
    any = true;
    if (const auto found = times_.find(feature); found != times_.end()) rarest = std::min(rarest, found->second);
  }
  return any ? 1 + (most / (1 + rarest) / (1 + (kept.tries / 64))) : 0;
}

template <typename Worth>
std::optional<std::size_t> Guide::by_worth(Random& random, Worth&& worth) const {
  std::uint64_t sum = 0;
  std::vector<std::uint64_t> shares(kept_.size());
  for (std::size_t i = 0; i < kept_.size(); ++i) sum += shares[i] = worth(i);
  if (sum == 0) return std::nullopt;
  auto left = random.next() % sum;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (left < shares[i]) return i;
    left -= shares[i];
  }
  return std::nullopt;
}

Guide::Choice Guide::choose(Random& random) {
  Choice choice;
  choice.donor = random.below(kept_.size());
  // States are many and code is near the fault: where it is known, every second time it decides alone.
  std::optional<std::size_t> parent;
  if (coverage_ > 0 && random.chance(2))
    parent = by_worth(random, [this](std::size_t one) { return code_energy(one); });
  // Every fourth of the others is one of all, whatever it leads to: rarity is not everything.
  if (!parent && !random.chance(4)) parent = by_worth(random, [this](std::size_t one) { return energy(one); });
  choice.parent = parent ? *parent : random.below(kept_.size());
  ++kept_[choice.parent].tries;
  return choice;
}

}  // namespace assay::fuzz::device
