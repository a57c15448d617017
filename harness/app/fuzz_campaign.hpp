// `assay fuzz campaign`: all targets share the cores, what they find is kept and said. harness-and-fuzzing.md 2.3.
// Tests: tests/interop/fuzz_campaign_test.py
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/campaign/campaign_file.hpp"
#include "fuzz/campaign/summary.hpp"
#include "harness/app/console.hpp"
#include "harness/app/fuzz_campaign_folder.hpp"
#include "harness/app/fuzz_campaign_targets.hpp"
#include "harness/app/options.hpp"
#include "harness/base/time.hpp"

namespace assay::app {

struct FuzzCampaignSettings {
  std::string file;                  // campaign.xml; "": every target of the project
  std::string out;                   // the campaign's folder
  std::optional<Duration> time;      // else the file's, else an hour
  std::size_t jobs = 0;              // 0: one for each core
  std::vector<std::string> targets;  // names or patterns: only these of the campaign's
  std::string build;                 // folder of the project's targets
  bool restart = false;              // a campaign that was not finished is not gone on with
  bool regression = false;
  std::string command_line;
};

/// Runs a campaign, or goes on with it; the exit code.
int fuzz_campaign(const FuzzCampaignSettings& settings, Console& console);

/// Replays all findings of the folder and all seeds; the exit code.
int fuzz_regression(const FuzzCampaignSettings& settings, Console& console);

// The parts, each in a file of its own.

/// What the settings mean: the campaign of their file or of the whole project, its targets, and its folder, locked.
struct OpenCampaign {
  fuzz::Campaign campaign;
  std::vector<CampaignTarget> targets;
  CampaignFolder folder;
};
/// Nothing where something is wrong, which it complains of itself.
std::optional<OpenCampaign> open_campaign(const FuzzCampaignSettings& settings, Console& console);

/// Fuzzes until the state's time is over or somebody interrupts; `state` and the folder are up to date after it.
struct CampaignRun {
  bool interrupted = false;
  std::vector<std::string> complaints;
  std::vector<std::string> still_broken;  // ids of findings whose input was run again and still breaks
  std::vector<std::string> not_again;     // ids of those that break nothing any more
};
CampaignRun run_campaign(const CampaignFolder& folder, const std::vector<CampaignTarget>& targets,
                         fuzz::CampaignState& state, std::size_t jobs, Console& console);

/// console, junit.xml, results.sarif, results.json, report.html.
std::string campaign_text(const fuzz::CampaignSummary& summary, bool colour);
std::string campaign_json(const fuzz::CampaignSummary& summary);
std::string campaign_junit(const fuzz::CampaignSummary& summary);
std::string campaign_sarif(const fuzz::CampaignSummary& summary);
std::string campaign_html(const fuzz::CampaignSummary& summary);

}  // namespace assay::app
