// Verdicts and the result of judging one case. Merging rules are here so that every output agrees on them.
// Tests: tests/unit/trace/verdict_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/time.hpp"
#include "harness/trace/finding.hpp"
#include "harness/trace/trace.hpp"

namespace assay::trace {

enum class Verdict : std::uint8_t {
  pass,
  warning,  // allowed but unwise, or undeclared
  fail,
  skipped,       // not claimed by the profile, or asked for; with the reason
  inconclusive,  // the DUT or the network stopped the test before the point it judges
  error,         // Assay's own fault
};

std::string_view name(Verdict verdict);
std::optional<Verdict> verdict_from(std::string_view name);
/// The graver of two: error > fail > inconclusive > warning > pass > skipped.
Verdict worse(Verdict a, Verdict b);

/// How a connection ended, the second part of a verdict.
enum class Termination : std::uint8_t { none, open, release, reject, abort, fin, rst, hang };
std::string_view name(Termination termination);

enum class Level : std::uint8_t { shall, should, may, statement };
std::string_view name(Level level);
std::optional<Level> level_from(std::string_view name);

struct Clause {
  std::string part;     // "PS3.8"
  std::string section;  // "9.3.4"
  Level level = Level::shall;
  std::string duty;  // one line in our own words
};

/// What the run learnt where the standard leaves a choice; feeds the profile.
struct Observation {
  std::string name;
  std::string value;
};

struct CaseResult {
  std::string id;  // "ps3.8/9.3.4/unknown-called-ae", with "/parameter-row" when the case has a table
  std::string title;
  std::string role;  // Assay's role: "requestor" or "acceptor"
  std::vector<std::string> tags;
  std::vector<Clause> clauses;
  std::vector<std::string> requirements;  // "net:138"
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string file;  // scenario file, relative to the catalogue
  int line = 0;

  Verdict verdict = Verdict::inconclusive;
  std::string reason;    // one sentence: what happened at the judged step, or why it was not reached
  std::string expected;  // of the judged step, when it failed
  std::string actual;
  std::string advice;                           // what an integrator should do
  Termination termination = Termination::none;  // of the main connection
  std::string termination_detail;               // "A-ABORT source 2 reason 2"
  std::vector<Observation> observations;
  std::vector<Trace> traces;
  Duration duration{0};
  /// The conversation itself went as the scenario wanted, whatever rules the device broke on the way: what follows in
  /// its group can be judged.
  bool conversation_worked = false;
  /// The rule whose finding decided the verdict; empty when the conversation did.
  std::string deciding_rule;

  // Filled in when an expectation file was given.
  bool expected_deviation = false;  // listed, and it happened
  std::string expectation_note;     // why, or what about the entry is stale
};

struct RunResult {
  std::string assay_version;
  std::string command_line;
  std::string started;  // ISO 8601, local time with zone
  std::string target;   // host:port, "" when only acceptor cases ran
  std::string called_ae;
  std::string calling_ae;
  std::string profile;  // name and file, or ""
  std::string edition;  // of the standard's tables in use
  std::vector<CaseResult> cases;
  std::vector<std::string> stale_expectations;  // entries that no longer happen or name no case
  Duration duration{0};
  bool interrupted = false;
  std::size_t not_reached = 0;  // selected cases that an interrupt cut off

  [[nodiscard]] std::size_t count(Verdict verdict) const;
};

/// The exit code of DESIGN.md: 70 error, 1 fail (not expected; warnings too when strict), 5 stale expectation,
/// 3 only inconclusive beside passes, 130 interrupted, 0 otherwise; graver ones first: 70, 1, 5, 3.
int exit_code(const RunResult& result, bool strict);

}  // namespace assay::trace
