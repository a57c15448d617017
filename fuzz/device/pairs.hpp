// Which pairs of (place of the device, what was said there) were tried, and which is to be tried next.
// Tests: tests/unit/device_fuzz/aim_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "fuzz/device/model.hpp"
#include "fuzz/device/random.hpp"

namespace assay::fuzz::device {

class Pairs {
 public:
  /// What was said in a conversation that was held, and for what the device accepted contexts there. Those pairs that
  /// are new.
  std::vector<Pair> note(std::span<const trace::Trace> traces);
  /// Of an earlier run.
  void note(std::span<const Pair> pairs);
  /// A conversation was made for it, whether it came to that or not.
  void aimed(Pair pair) { ++aims_.at(pair); }

  /// A requestor can bring it about with this device: the requests of services that it accepted, and all else.
  [[nodiscard]] bool provokable(Pair pair) const;
  [[nodiscard]] std::uint64_t times(Pair pair) const { return times_.at(pair); }
  /// Any of those that were tried and aimed at least.
  [[nodiscard]] Pair choose(Random& random) const;

  [[nodiscard]] std::size_t tried() const;
  [[nodiscard]] std::size_t provokable() const;
  /// A line each: how often, the place, what was said there, and whether that is in order.
  [[nodiscard]] std::string table() const;

 private:
  std::array<std::uint64_t, pair_count> times_{};
  std::array<std::uint64_t, pair_count> aims_{};
  std::set<Service> services_;
};

}  // namespace assay::fuzz::device
