// Files that say how Assay's own side misbehaves on purpose: serve --faults, echo --faults.
// Tests: tests/interop/faults_test.py
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "harness/app/console.hpp"
#include "harness/session/faults.hpp"

namespace assay::app {

/// Reads the file; an empty name is no faults. What is wrong with it is told with line and column, and nothing comes
/// back.
std::optional<std::shared_ptr<const faults::Plan>> read_faults(const std::string& file, Console& console);

/// "Misbehaves on purpose:" and a line for each fault.
std::string fault_lines(const faults::Plan& plan);

}  // namespace assay::app
