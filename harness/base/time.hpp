// Time as an argument: the core never reads a clock. An Instant counts nanoseconds from an origin that the
// caller chooses (the start of a connection, of a run, of a simulation).
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace assay {

using Duration = std::chrono::nanoseconds;

struct Instant {
  Duration since_origin{0};

  friend constexpr auto operator<=>(const Instant&, const Instant&) = default;
  friend constexpr Instant operator+(Instant at, Duration later) { return {at.since_origin + later}; }
  friend constexpr Duration operator-(Instant a, Instant b) { return a.since_origin - b.since_origin; }
};

}  // namespace assay
