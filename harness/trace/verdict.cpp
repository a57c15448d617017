#include "harness/trace/verdict.hpp"

#include <algorithm>
#include <array>

namespace assay::trace {
namespace {

constexpr std::array<std::string_view, 6> verdict_names{"pass", "warning", "fail", "skipped", "inconclusive", "error"};
constexpr std::array<std::string_view, 8> termination_names{"none",  "open", "release", "reject",
                                                            "abort", "fin",  "rst",     "hang"};
constexpr std::array<std::string_view, 4> level_names{"shall", "should", "may", "statement"};

/// error > fail > inconclusive > warning > pass > skipped
int gravity(Verdict verdict) {
  switch (verdict) {
    case Verdict::skipped: return 0;
    case Verdict::pass: return 1;
    case Verdict::warning: return 2;
    case Verdict::inconclusive: return 3;
    case Verdict::fail: return 4;
    case Verdict::error: return 5;
  }
  return 5;
}

/// What of the case a run is blamed for: a deviation that was expected is not.
bool counts(const CaseResult& result, Verdict verdict) {
  return result.verdict == verdict && !result.expected_deviation;
}

}  // namespace

std::string_view name(Verdict verdict) { return verdict_names[static_cast<std::size_t>(verdict)]; }

std::optional<Verdict> verdict_from(std::string_view name) {
  const auto at = std::ranges::find(verdict_names, name);
  if (at == verdict_names.end()) return std::nullopt;
  return static_cast<Verdict>(at - verdict_names.begin());
}

Verdict worse(Verdict a, Verdict b) { return gravity(a) >= gravity(b) ? a : b; }

std::string_view name(Termination termination) { return termination_names[static_cast<std::size_t>(termination)]; }

std::string_view name(Level level) { return level_names[static_cast<std::size_t>(level)]; }

std::optional<Level> level_from(std::string_view name) {
  const auto at = std::ranges::find(level_names, name);
  if (at == level_names.end()) return std::nullopt;
  return static_cast<Level>(at - level_names.begin());
}

std::size_t RunResult::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(cases, [verdict](const CaseResult& result) { return result.verdict == verdict; }));
}

int exit_code(const RunResult& result, bool strict) {
  constexpr int all_right = 0;
  constexpr int not_conformant = 1;
  constexpr int inconclusive = 3;
  constexpr int stale_expectation = 5;
  constexpr int own_error = 70;
  constexpr int interrupted = 130;
  const auto any = [&](Verdict verdict) {
    return std::ranges::any_of(result.cases, [verdict](const CaseResult& one) { return counts(one, verdict); });
  };
  if (any(Verdict::error)) return own_error;
  if (any(Verdict::fail) || (strict && any(Verdict::warning))) return not_conformant;
  if (!result.stale_expectations.empty()) return stale_expectation;
  if (result.interrupted) return interrupted;
  if (any(Verdict::inconclusive)) return inconclusive;
  return all_right;
}

}  // namespace assay::trace
