// Faults as XML: <faults> as a file of its own, for devices and commands that are to misbehave, or inside <connect> and
// <listen> of a scenario. The grammar's tables check it and print the schema, as those of scenarios do.
// peers/faults/README.md explains it by example. Tests: tests/unit/scenario/fault_file_test.cpp
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/checked_xml.hpp"
#include "harness/session/faults.hpp"

namespace assay::scenario {

/// The types of <faults> and what stands in it; those of modifications must be there.
void add_faults(Grammar& grammar);
/// Files with the root <faults>.
const Grammar& fault_language();
std::string faults_xsd();

using FaultResult = std::expected<faults::Plan, std::vector<LoadError>>;

/// Means a <faults> that the grammar has checked; `waits` are the named durations. Values with variables are taken for
/// right where `variables_later` is set.
FaultResult plan_from(const Element& element, const std::map<std::string, Duration>& waits = {},
                      bool variables_later = false);
/// A whole file.
FaultResult load_faults(std::string_view xml, std::string_view file_name);

}  // namespace assay::scenario
