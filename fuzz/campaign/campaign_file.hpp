// Campaigns as XML: which targets are fuzzed, from what, within which limits and with which part of the time. The
// grammar's tables check the file and print the schema, as those of scenarios do; fuzz/campaign/README.md explains it
// by example. Files and folders are names here: whether they exist is harness/app's to see.
// Tests: tests/unit/campaign/campaign_file_test.cpp; fuzz target: fuzz_campaign
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/checked_xml.hpp"

namespace assay::fuzz {

/// What one input may cost; what is not said is left to the target's own options, then to what is usual.
struct TargetLimits {
  std::optional<std::chrono::seconds> timeout;
  std::optional<unsigned> memory_mb;
  std::optional<unsigned> max_len;

  friend bool operator==(const TargetLimits&, const TargetLimits&) = default;
};

/// A <target>, or <targets> that a glob names.
struct TargetChoice {
  std::string place;    // "file:line:column: ", "" when no file said it
  std::string name;     // of one
  std::string program;  // of one: its file
  std::string match;    // of several: a glob over the names in `folder`
  std::string folder;   // "": that of the project's own targets
  double share = 1;
  TargetLimits limits;
  std::string dictionary;
  std::vector<std::string> seeds;    // folders that are read at the start, and replayed by --regression
  std::vector<std::string> corpora;  // folders that are read at the start
  std::vector<std::string> options;  // of libFuzzer, as "-use_counters=0"

  friend bool operator==(const TargetChoice&, const TargetChoice&) = default;
};

struct Campaign {
  std::string title;
  std::optional<std::chrono::seconds> time;
  TargetLimits limits;
  std::vector<TargetChoice> targets;

  friend bool operator==(const Campaign&, const Campaign&) = default;
};

/// Of one file.
inline constexpr std::size_t max_target_choices = 1000;

const scenario::Grammar& campaign_language();
std::string campaign_xsd();

/// Every mistake with its place. Names of files and folders are meant from `folder`, the file's own.
std::expected<Campaign, std::vector<scenario::LoadError>> load_campaign(std::string_view xml,
                                                                        std::string_view file_name,
                                                                        std::string_view folder);

/// What is wrong with an option of libFuzzer in the hands of a campaign, "" if nothing.
std::string option_problem(std::string_view option);

}  // namespace assay::fuzz
