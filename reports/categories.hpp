// How a device did in each layer of the catalogue, so that devices can be compared: what passed of what was judged.
// Tests: tests/unit/reports/categories_test.cpp
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/trace/verdict.hpp"

namespace assay::reports {

struct Category {
  std::string name;        // the folder of the scenarios: "association", "tls"; "other" for those from elsewhere
  std::size_t passed = 0;  // and what was allowed but unwise, which is counted in `warned` as well
  std::size_t warned = 0;
  std::size_t failed = 0;      // known deviations included: the device is not better for them
  std::size_t not_judged = 0;  // skipped, inconclusive, or our own error

  [[nodiscard]] std::size_t judged() const { return passed + failed; }
  friend bool operator==(const Category&, const Category&) = default;
};

/// In the order in which they first occur.
std::vector<Category> categories(const std::vector<trace::CaseResult>& cases);

/// "association 41 of 44, tls 3 of 3 (2 warnings)"; layers without a judged case are left out.
std::string to_text(const std::vector<Category>& all);

}  // namespace assay::reports
