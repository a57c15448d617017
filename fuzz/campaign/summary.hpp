// What a campaign came to: the nightly summary, from which every report is made. Without I/O.
// Tests: tests/unit/campaign/summary_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/campaign/state.hpp"
#include "fuzz/findings/finding.hpp"

namespace assay::fuzz {

/// How a finding stands against the campaigns before.
enum class Standing : std::uint8_t {
  fresh,     // nobody had it
  returned,  // it had been fixed
  open,      // known, and still there
  fixed,     // known, and its input breaks nothing any more
};
std::string_view name(Standing standing);

struct FindingRow {
  Finding finding;
  std::string folder;
  Standing standing = Standing::fresh;
};

struct TargetRow {
  std::string name;
  std::string program;
  TargetRecord now;
  std::optional<TargetRecord> before;
  std::uint64_t rounds = 0;
  std::uint64_t corpus = 0;  // files
  std::uint64_t crashes = 0;
  std::string trouble;  // why it could not be run

  /// Executions a second of one core.
  [[nodiscard]] double speed() const;
  [[nodiscard]] bool reached() const { return rounds > 0; }
};

struct CampaignSummary {
  std::string title;
  std::string folder;
  std::string command;
  std::string version;
  std::uint64_t number = 1;
  std::string started;
  std::string ended;
  double wanted = 0;
  double spent = 0;
  std::size_t jobs = 1;
  bool interrupted = false;
  std::vector<TargetRow> targets;
  std::vector<FindingRow> findings;     // those that are not fixed first, then by severity
  std::vector<std::string> complaints;  // what could not be read or kept

  [[nodiscard]] std::size_t count(Standing standing) const;
  /// Not fixed.
  [[nodiscard]] std::size_t unfixed() const { return findings.size() - count(Standing::fixed); }
  [[nodiscard]] std::size_t could_not_run() const;
  [[nodiscard]] std::uint64_t runs() const;
  /// 0 nothing open, 1 something is, 3 a target could not be run, 130 interrupted.
  [[nodiscard]] int exit_code() const;
};

/// How a finding stands: `seen` says that it came up in this campaign, or that its input still breaks.
Standing standing_of(const std::string& id, bool seen, const CampaignRecord* before);

/// The order of CampaignSummary::findings.
void sort_findings(std::vector<FindingRow>& findings);

CampaignRecord record_of(const CampaignSummary& summary, const CampaignRecord* before);

/// "+12", "-3", "0", "new".
std::string change(std::uint64_t now, const std::optional<std::uint64_t>& before);

/// "8 h 0 min", "1 min 5 s", "20 s".
std::string long_time(double seconds);
/// "12345" as people read it: "12.3k", "4.5M".
std::string short_count(double count);

}  // namespace assay::fuzz
