// A forecast of match.hpp held against the real thing: what one product would propose as SCU is proposed to the other,
// and each line of the forecast is confirmed or differs. Nothing here has sockets: whoever has them lends Associate.
// PS3.8 9.3.2 and 9.3.3, D.1. Tests: tests/unit/conformance/match_live_test.cpp, tests/interop/match_live_test.py
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/learn.hpp"
#include "conformance/match.hpp"

namespace assay::conformance {

enum class LiveStanding : std::uint8_t { confirmed, differs, not_seen };
/// "confirmed", "differs", "not seen".
std::string_view name(LiveStanding standing);

/// A presentation context that was not answered as foretold.
struct LiveContext {
  PredictedContext foretold;
  std::uint8_t result = learn::not_answered;
  std::string chosen;  // where it was accepted
};

/// One line of the forecast.
struct LiveLine {
  std::string about;  // "association", "maximum-length", or the name of a use case
  LiveStanding standing = LiveStanding::not_seen;
  std::string foretold;
  std::string seen;
  std::vector<LiveContext> other;
};

/// One product asking another that is there.
struct LiveDirection {
  std::size_t user = 0;
  std::size_t provider = 0;
  std::string target;  // HOST:PORT
  std::string called;
  std::string calling;
  std::vector<LiveLine> lines;
  bool reached = true;

  [[nodiscard]] std::size_t count(LiveStanding standing) const;
};

/// Titles and the maximum length of whoever asks; `called` when it is not "" instead of what the statement says.
learn::Settings settings_of(const Profile& user, const Direction& direction, std::string_view called);

/// Proposes what `direction` says that the user proposes, for each use case by itself as the user would: `lines`, and
/// whether anybody was there.
LiveDirection hold(const Profile& provider, const Direction& direction, const learn::Settings& settings,
                   const learn::Associate& associate);

}  // namespace assay::conformance
