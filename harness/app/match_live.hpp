// `assay match --live`: the forecast held against products that are there. Tests: tests/interop/match_live_test.py
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "conformance/match_live.hpp"
#include "harness/app/match_profiles.hpp"
#include "harness/app/scu_run.hpp"

namespace assay::app {

/// Where a product of the match can be reached.
struct LiveAddress {
  std::size_t product = 0;  // index
  std::string target;       // HOST:PORT
  std::string title;        // its AE title; "" = that of its profile
};

/// "orthanc=127.0.0.1:4242,ORTHANC": the profile as it was named, or its number. The error is one sentence.
std::expected<std::vector<LiveAddress>, std::string> live_addresses(const MatchOptions& options);

struct LiveMatch {
  std::vector<conformance::LiveDirection> directions;
  bool interrupted = false;

  [[nodiscard]] std::size_t count(conformance::LiveStanding standing) const;
  /// 0 as foretold, 1 something differs, 3 somebody was not reached, 130.
  [[nodiscard]] int exit_code() const;
};
/// Every other product asks, one after the other, each product that has an address.
LiveMatch hold_live(const std::vector<conformance::Profile>& products, const conformance::Match& match,
                    const std::vector<LiveAddress>& addresses, const MatchOptions& options, Console& console);

/// "Explicit VR Little Endian", "refused: abstract syntax not supported", "not answered".
std::string answer_of(std::uint8_t result, const std::string& chosen);
/// "Verification SOP Class: foretold ..., answered ...".
std::string other_of(const conformance::LiveContext& one);
/// "association", "store images".
std::string title_of(const conformance::LiveLine& line);
/// "CT scanner asks Orthanc at 127.0.0.1:4242, called ORTHANC by CT_SCANNER".
std::string heading_of(const std::vector<conformance::Profile>& products, const conformance::LiveDirection& one);

std::string live_text(const std::vector<conformance::Profile>& products, const LiveMatch& live, bool colour);

}  // namespace assay::app
