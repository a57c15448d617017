#include "harness/app/growth.hpp"

#include <algorithm>

namespace assay::app {
namespace {

constexpr std::size_t most_windows = 48;  // then two become one: a campaign of a night needs no more memory
constexpr std::size_t warm_up = 3;        // windows; of many, the first quarter
constexpr std::size_t fewest = 10;        // windows behind them

}  // namespace

void Growth::add(std::uint64_t execution, std::uint64_t value) {
  if (windows_.empty() || taken_ == samples_) {
    if (windows_.size() == most_windows) {
      for (std::size_t i = 0; i < most_windows / 2; ++i)
        windows_[i] = {windows_[2 * i].first, std::min(windows_[2 * i].smallest, windows_[2 * i + 1].smallest)};
      windows_.resize(most_windows / 2);
      samples_ *= 2;
    }
    windows_.push_back({execution, value});
    taken_ = 0;
  }
  windows_.back().smallest = std::min(windows_.back().smallest, value);
  ++taken_;
}

std::optional<Growing> Growth::growing() const {
  if (windows_.empty()) return std::nullopt;
  const auto whole = windows_.size() - (taken_ == samples_ ? 0 : 1);
  const auto first = std::max(warm_up, whole / 4);
  if (whole < first + fewest) return std::nullopt;
  const auto& from = windows_[first];
  const auto& to = windows_[whole - 1];
  if (to.smallest < from.smallest + least_) return std::nullopt;
  for (std::size_t i = first + 1; i < whole; ++i)
    if (windows_[i].smallest <= windows_[i - 1].smallest) return std::nullopt;
  // What flattens comes to an end: the last third must have grown at half the pace of the whole.
  const auto third = (whole - first) / 3;
  const auto& late = windows_[whole - 1 - third];
  const auto pace = [](const Window& a, const Window& b) {
    return static_cast<double>(b.smallest - a.smallest) /
           static_cast<double>(std::max<std::uint64_t>(b.first - a.first, 1));
  };
  if (pace(late, to) < pace(from, to) / 2) return std::nullopt;
  return Growing{from.smallest, to.smallest, to.first - from.first};
}

void Growth::forget() {
  windows_.clear();
  taken_ = 0;
}

}  // namespace assay::app
