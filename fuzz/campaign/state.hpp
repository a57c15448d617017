// What a campaign keeps between two starts: how far it is, and of each target what the schedule knows. And what is
// kept of campaigns that are over, a line each. Without I/O: files are harness/app's.
// Tests: tests/unit/campaign/state_test.cpp
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/campaign/schedule.hpp"

namespace assay::fuzz {

struct TargetState {
  Lane lane;
  double seconds = 0;          // of this campaign
  std::uint64_t runs = 0;      // of this campaign
  std::uint64_t rounds = 0;    // of this campaign
  std::uint64_t crashes = 0;   // of this campaign, each counted as often as it came
  std::uint64_t coverage = 0;  // the most that a round said
  std::uint64_t features = 0;
  std::uint64_t pruned = 0;  // inputs that the last pruning left
  std::string trouble;       // why it could not be run, "" if it could

  friend bool operator==(const TargetState&, const TargetState&) = default;
};

struct CampaignState {
  std::uint64_t number = 1;  // of the campaign in this folder, from 1
  std::string started;       // "2026-11-23T12:00:00Z"
  double wanted = 0;         // seconds
  double spent = 0;
  bool over = false;
  std::map<std::string, TargetState> targets;

  friend bool operator==(const CampaignState&, const CampaignState&) = default;
};

std::string to_text(const CampaignState& state);
/// What was written; the error is one sentence.
std::expected<CampaignState, std::string> state_from(std::string_view text);

/// What stays of a target when its campaign is over.
struct TargetRecord {
  std::uint64_t coverage = 0;
  std::uint64_t features = 0;
  std::uint64_t runs = 0;
  double seconds = 0;

  friend bool operator==(const TargetRecord&, const TargetRecord&) = default;
};

/// One line of the history.
struct CampaignRecord {
  std::uint64_t number = 0;
  std::string ended;
  double seconds = 0;
  bool interrupted = false;
  std::map<std::string, TargetRecord> targets;
  std::vector<std::string> open;   // ids of findings
  std::vector<std::string> fixed;  // that had been open once

  friend bool operator==(const CampaignRecord&, const CampaignRecord&) = default;
};

std::string to_line(const CampaignRecord& record);
std::expected<CampaignRecord, std::string> record_from(std::string_view line);

/// All lines that can be read, in order; the others are counted.
struct History {
  std::vector<CampaignRecord> records;
  std::size_t damaged = 0;
};
History history_from(std::string_view text);

}  // namespace assay::fuzz
