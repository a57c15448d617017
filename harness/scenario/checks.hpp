// What the grammar cannot say about a scenario: names that must exist, steps that can be reached, messages that can be
// built. Tests: tests/unit/scenario/loader_test.cpp
#pragma once

#include <vector>

#include "harness/scenario/checked_xml.hpp"
#include "harness/scenario/model.hpp"

namespace assay::scenario {

/// Variables defined before they are used, and used at all.
void check_variables(const Scenario& scenario, std::vector<LoadError>& errors);
/// Connections and listeners that exist and are still open where a step uses them.
void check_connections(const Scenario& scenario, std::vector<LoadError>& errors);
/// Expectations that can be met, observations that were declared, attributes that exclude each other.
void check_steps(const Scenario& scenario, std::vector<LoadError>& errors);
/// For every case: values with the parameters filled in, and every message built, so that a modification that
/// addresses nothing is found here.
void check_messages(const Scenario& scenario, std::vector<LoadError>& errors);

/// The element with the variables that are known filled in, all the way down.
Element bound(const Element& element, const std::vector<std::pair<std::string, std::string>>& variables);

/// True when the scenario opens its connections itself.
bool has_explicit_connections(const Scenario& scenario);

}  // namespace assay::scenario
