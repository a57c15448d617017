// Numbers that look random and are the same everywhere for the same seed (splitmix64): what a run does can be made
// again from its seed and a count.
#pragma once

#include <cstdint>

namespace assay::fuzz::device {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  Random(std::uint64_t seed, std::uint64_t count) : state_(seed * 0x9e3779b97f4a7c15ULL + count) { next(); }

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    auto z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  /// Below `bound`; 0 when there is no room.
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(next() % bound); }
  bool chance(unsigned one_in) { return below(one_in) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace assay::fuzz::device
