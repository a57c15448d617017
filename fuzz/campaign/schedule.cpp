#include "fuzz/campaign/schedule.hpp"

#include <algorithm>
#include <utility>

namespace assay::fuzz {

namespace {
constexpr double remembers = 0.6;  // of the yield, from one round to the next
}  // namespace

Schedule::Schedule(std::vector<Lane> lanes) : lanes_(std::move(lanes)) {
  for (auto& lane : lanes_) {
    if (!(lane.weight > 0)) lane.weight = 1;
    if (!(lane.yield >= 0)) lane.yield = 0;
    if (!(lane.served >= 0)) lane.served = 0;
    lane.running = false;
  }
  // Who is new starts where the least served of the others stands: it owes nothing and is owed nothing, but for the
  // one round by which its yield becomes known.
  double least = 0;
  bool any = false;
  for (const auto& lane : lanes_)
    if (lane.rounds > 0 && (!any || lane.served < least)) {
      least = lane.served;
      any = true;
    }
  for (auto& lane : lanes_)
    if (lane.rounds == 0) lane.served = least;
}

double Schedule::share(std::size_t lane) const {
  double weights = 0;
  double yields = 0;
  for (const auto& one : lanes_) {
    if (one.out) continue;
    weights += one.weight;
    yields += one.weight * one.yield;
  }
  const auto& mine = lanes_[lane];
  if (mine.out || weights <= 0) return 0;
  const double even = mine.weight / weights;
  if (yields <= 0) return even;
  return floor_share * even + (1 - floor_share) * (mine.weight * mine.yield / yields);
}

std::optional<std::size_t> Schedule::next() const {
  std::optional<std::size_t> best;
  const auto before = [&](const Lane& left, const Lane& right) {
    if ((left.rounds == 0) != (right.rounds == 0)) return left.rounds == 0;
    return left.served < right.served;
  };
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].running || lanes_[i].out) continue;
    if (!best || before(lanes_[i], lanes_[*best])) best = i;
  }
  return best;
}

void Schedule::started(std::size_t lane) { lanes_[lane].running = true; }

void Schedule::ended(std::size_t lane, double seconds, std::uint64_t gained) {
  auto& one = lanes_[lane];
  const double took = std::max(seconds, 0.1);
  const double now = static_cast<double>(gained) / took;
  one.yield = one.rounds == 0 ? now : remembers * one.yield + (1 - remembers) * now;
  ++one.rounds;
  one.running = false;
  if (const auto part = share(lane); part > 0) one.served += took / part;
}

void Schedule::drop(std::size_t lane) {
  lanes_[lane].running = false;
  lanes_[lane].out = true;
}

std::chrono::seconds round_length(std::chrono::seconds campaign, std::size_t targets, std::size_t jobs) {
  const auto rounds = std::max<std::size_t>(targets, 1) * 3;
  const auto all = campaign.count() * static_cast<std::int64_t>(std::max<std::size_t>(jobs, 1));
  return std::chrono::seconds(std::clamp<std::int64_t>(all / static_cast<std::int64_t>(rounds), 1, 60));
}

}  // namespace assay::fuzz
