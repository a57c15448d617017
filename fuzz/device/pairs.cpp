#include "fuzz/device/pairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace assay::fuzz::device {

void Pairs::note(std::span<const Pair> pairs) {
  for (const auto pair : pairs) ++times_.at(pair);
}

std::vector<Pair> Pairs::note(std::span<const trace::Trace> traces) {
  for (const auto& one : traces)
    for (const auto& context : one.negotiated.contexts)
      if (context.result == std::uint8_t{0}) services_.insert(service_of(context.abstract_syntax));
  std::vector<Pair> fresh;
  for (const auto pair : pairs_of(traces))
    if (++times_.at(pair) == 1) fresh.push_back(pair);
  return fresh;
}

bool Pairs::provokable(Pair pair) const {
  if (!possible(pair)) return false;
  const auto said = said_of(pair);
  if (said < Said::c_store_rq || said > Said::n_delete_rq) return true;
  return times_.at(pair) > 0 || std::ranges::any_of(services_, [&](auto service) { return fits(said, service); });
}

Pair Pairs::choose(Random& random) const {
  Pair chosen = 0;
  auto least = std::numeric_limits<std::uint64_t>::max();
  std::size_t equal = 0;
  for (std::size_t i = 0; i < pair_count; ++i) {
    const auto pair = static_cast<Pair>(i);
    if (!provokable(pair)) continue;
    const auto effort = times_.at(pair) + aims_.at(pair);
    if (effort > least) continue;
    equal = effort < least ? 1 : equal + 1;
    least = effort;
    if (random.below(equal) == 0) chosen = pair;
  }
  return chosen;
}

std::size_t Pairs::tried() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < pair_count; ++i) count += provokable(static_cast<Pair>(i)) && times_.at(i) > 0 ? 1U : 0U;
  return count;
}

std::size_t Pairs::provokable() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < pair_count; ++i) count += provokable(static_cast<Pair>(i)) ? 1U : 0U;
  return count;
}

std::string Pairs::table() const {
  std::string out;
  for (std::size_t i = 0; i < pair_count; ++i) {
    const auto pair = static_cast<Pair>(i);
    if (!provokable(pair)) continue;
    out += fmt::format("{:8}  {:22}  {:12}  {}\n", times_.at(i), name(place_of(pair)),
                       in_order(pair) ? "in order" : "out of order", name(said_of(pair)));
  }
  return out;
}

}  // namespace assay::fuzz::device
