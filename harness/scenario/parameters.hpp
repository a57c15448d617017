// The parameter table of a scenario: rows as written, or pairwise and full combinations of lists.
// Tests: tests/unit/scenario/parameters_test.cpp
#pragma once

#include <vector>

#include "harness/scenario/checked_xml.hpp"
#include "harness/scenario/model.hpp"

namespace assay::scenario {

/// Cases of one scenario; more is a mistake in the table and not a test.
inline constexpr std::size_t max_rows = 5000;

/// The rows of a <parameters> element.
std::vector<ParameterRow> rows_of(const Element& parameters, std::vector<LoadError>& errors);

}  // namespace assay::scenario
