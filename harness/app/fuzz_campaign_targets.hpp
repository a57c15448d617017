// The programs that a campaign runs, with what each starts from. Tests: tests/interop/fuzz_campaign_test.py
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "fuzz/campaign/campaign_file.hpp"
#include "harness/app/fuzz_target.hpp"

namespace assay::app {

struct CampaignTarget {
  FuzzTarget run;
  double share = 1;
  unsigned timeout = 10;  // seconds for one input
  unsigned memory_mb = 2048;
  unsigned max_len = 4096;
  std::vector<std::filesystem::path> seeds;
  std::vector<std::filesystem::path> corpora;
  std::vector<std::string> options;  // of libFuzzer

  [[nodiscard]] const std::string& name() const { return run.name; }
  [[nodiscard]] TargetLimits limits() const;
};

/// Where the project's own targets are, unless somebody says so.
std::filesystem::path default_target_folder();

/// All targets of the campaign that `only` (names or patterns; empty: all) selects, in its order. The error says what
/// is wrong and what to do: a name that nobody has with the nearest one, programs that are not built with the packages
/// and the command.
std::expected<std::vector<CampaignTarget>, std::string> campaign_targets(const fuzz::Campaign& campaign,
                                                                         const std::vector<std::string>& only,
                                                                         const std::filesystem::path& build);

}  // namespace assay::app
