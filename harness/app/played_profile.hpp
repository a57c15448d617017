// A conformance profile as a device that answers by it: `assay serve --as PROFILE.xml`. What the profile claims and
// what no service of ours can do is told. Tests: tests/loopback/played_profile_test.cpp, tests/interop/match_test.py
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/profile.hpp"
#include "harness/app/device.hpp"
#include "peers/devices/embedded_device.hpp"

namespace assay::app {

struct PlayedProfile {
  std::string product;                  // with its version
  std::string ae_title;                 // of the Application Entity that is played
  service::Policy policy;               // what is accepted, and what we say about ourselves
  service::QueryExtensions extensions;  // granted
  std::shared_ptr<const service::KeySupport> keys;
  service::StorageOptions storage;
  service::ReportWay commitment = service::ReportWay::same_association;
  std::size_t max_matches = 0;
  std::optional<Duration> artim, idle_timeout;
  std::vector<std::string> played;      // lines for people
  std::vector<std::string> not_played;  // what is claimed and cannot be played, a line each
};

/// The Application Entity of this title, or the one that serves most, under this title if there is one. The error is
/// one sentence: it serves nothing.
std::expected<PlayedProfile, std::string> play_profile(const conformance::Profile& profile, std::string_view title,
                                                       bool over_tls);

}  // namespace assay::app
