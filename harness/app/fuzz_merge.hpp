// `assay fuzz merge` and `assay fuzz coverage`: several campaigns into one, and what a campaign's corpora reach.
// Tests: tests/interop/fuzz_campaign_test.py
#pragma once

#include <string>
#include <vector>

#include "harness/app/console.hpp"

namespace assay::app {

struct FuzzMergeSettings {
  std::vector<std::string> folders;
  std::string out;
  std::string build;  // folder of this project's targets
  bool prune = true;  // false: every input is kept
};
int fuzz_merge(const FuzzMergeSettings& settings, Console& console);

struct FuzzCoverageSettings {
  std::string folder;                // of a campaign; "": the seeds alone
  std::string build;                 // of targets with source coverage
  std::vector<std::string> targets;  // only these
  std::string out;                   // folder for the pages
  bool make = false;                 // build what is missing
};
int fuzz_coverage(const FuzzCoverageSettings& settings, Console& console);

}  // namespace assay::app
