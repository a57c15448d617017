// The parameter table of a scenario: rows as written, or pairwise and full combinations of lists.
// Tests: tests/unit/scenario/parameters_test.cpp
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/scenario/checked_xml.hpp"
#include "harness/scenario/model.hpp"

namespace assay::scenario {

/// Cases of one scenario; more is a mistake in the table and not a test.
inline constexpr std::size_t max_rows = 5000;

/// What a profile says of a claim; nothing when it says nothing.
using Claims = std::function<std::optional<bool>(std::string_view claim)>;

/// The rows of a <parameters> element. A value that needs a claim which `claims` denies stands in no combination: it
/// gets one row of its own, which will be skipped with that reason.
std::vector<ParameterRow> rows_of(const Element& parameters, std::vector<LoadError>& errors, const Claims& claims = {});

/// The combinations of a scenario again, for a device of which more is known.
void prune_rows(Scenario& scenario, const Claims& claims);

}  // namespace assay::scenario
