// What failing cases of one parameter table have in common: the smallest combination of values that explains them.
// Tests: tests/unit/reports/combinations_test.cpp
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "harness/trace/verdict.hpp"

namespace assay::reports {

/// Name and value of each parameter, in the order of the table.
using Values = std::vector<std::pair<std::string, std::string>>;

/// "Every case of this scenario with these values fails, and none of them passes."
struct Explanation {
  std::string scenario;  // the case id without its last step
  Values when;
  std::size_t explained = 0;  // failing cases that hold the combination
  std::size_t failed = 0;     // failing cases of the scenario
  std::size_t judged = 0;     // failing and passing ones

  friend bool operator==(const Explanation&, const Explanation&) = default;
};

/// Longest combination that is looked for.
inline constexpr std::size_t max_combination = 3;

/// For every scenario with several parameters of which some cases fail and some pass: the smallest combination of
/// values that all failing cases hold and no passing one; where there is none, the fewest combinations found that
/// together explain failing cases. Nothing is said where several combinations would explain as much, or where a value
/// stands in one case only. Deterministic; skipped and inconclusive cases count for neither side.
std::vector<Explanation> explain_failures(const std::vector<trace::CaseResult>& cases);

/// "ps3.8/E/pairwise fails whenever fragment=2 and maximum=128 (3 of 3 failures, 18 cases)".
std::string to_text(const Explanation& explanation);

}  // namespace assay::reports
