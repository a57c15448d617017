// One round of one target: its command line, and what is done with what it left. Tests:
// tests/interop/fuzz_campaign_test.py
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/findings/process_report.hpp"
#include "harness/app/fuzz_campaign_folder.hpp"
#include "harness/app/fuzz_campaign_targets.hpp"
#include "peers/process.hpp"

namespace assay::app {

struct RoundWords {
  unsigned seconds = 60;
  std::uint64_t seed = 1;
  bool values = false;  // compares values, too
};
std::vector<std::string> round_command(const CampaignTarget& target, const CampaignFolder& folder,
                                       const RoundWords& words);

/// Whether a corpus of so many files, `pruned` of them since the last pruning, is worth another one.
constexpr bool wants_pruning(std::uint64_t files, std::uint64_t pruned) { return files >= 1000 && files >= 2 * pruned; }
/// Makes the smallest corpus that reaches the same beside the old one.
std::vector<std::string> pruning_command(const CampaignTarget& target, const CampaignFolder& folder);
/// Puts it into the old one's place, where it came to an end; says how many files there are then.
std::optional<std::uint64_t> finish_pruning(const CampaignTarget& target, const CampaignFolder& folder, bool worked);

/// The inputs of the corpus that are among the artifacts are set aside: the target breaks on them before it fuzzes.
/// False when there is none.
bool set_aside_breaking(const CampaignTarget& target, const CampaignFolder& folder);

/// What sanitizers are told while the target fuzzes: as when an input is tried, but with short stacks of allocations,
/// which would cost a tenth of the speed.
std::vector<std::pair<std::string, std::string>> fuzzing_environment();

fuzz::Ending ending_of(const peers::Process& process);

}  // namespace assay::app
