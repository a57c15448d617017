// `assay match`: what will work between products, by their profiles, before anyone plugs a cable.
// Tests: tests/interop/match_test.py
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance/match.hpp"
#include "harness/app/console.hpp"
#include "harness/base/time.hpp"

namespace assay::app {

struct MatchOptions {
  std::vector<std::string> profiles;     // files, or names of shipped ones
  bool json = false;                     // to standard output
  std::string html;                      // file; "" = none
  bool all = false;                      // also what works, where there are more than two
  std::vector<std::string> live = {};    // PROFILE=HOST:PORT[,TITLE]: products that are there
  std::optional<Duration> timeout = {};  // of every wait for those
};

struct LiveMatch;

/// 0 everything that both sides claim works, 1 something that is claimed on both sides cannot work, or differs from the
/// forecast, 2 a profile is wrong: then nothing was matched; 3 a product with an address was not reached.
int match_profiles(const MatchOptions& options, Console& console);

/// The match on paper, for tools, and as one page that needs no network.
std::string match_text(const std::vector<conformance::Profile>& products, const conformance::Match& match, bool all,
                       bool colour, int width);
std::string match_json(const std::vector<conformance::Profile>& products, const conformance::Match& match,
                       const LiveMatch& live);
std::string match_html(const std::vector<conformance::Profile>& products, const conformance::Match& match,
                       const LiveMatch& live);

/// One sentence on a use case: "3 of 4 SOP Classes", "Explicit VR Little Endian".
std::string summary_of(const conformance::UseCaseMatch& one);
/// "CT scanner asks Archive of 1995".
std::string heading_of(const std::vector<conformance::Profile>& products, const conformance::Direction& direction);

}  // namespace assay::app
