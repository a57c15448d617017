// The options that all everyday SCU commands have: whom to call and how. Tests: tests/interop/scu_commands_test.py,
// scu_query_test.py
#pragma once

#include <optional>
#include <string>

#include "harness/app/scu.hpp"
#include "harness/cli/commands.hpp"

namespace assay::cli {

/// What differs between the commands.
struct ScuOptionWords {
  bool target = true;  // false: the command names its targets itself
  std::string timeouts = "10s, and 30s for the answer to a request";
  std::string repeat_option = "--repeat";
  std::string repeat;  // help; "" = no such option
  std::string strict = "warnings, and rules that the device breaks on the way, make the exit code 1";
  std::string json = "for tools";
  std::string window;  // help; "" = no such option
};

void add_scu_options(CLI::App& command, app::ScuOptions& options, const ScuOptionWords& words = {});

/// An option like 5s or 500ms; 0 is refused.
void add_duration(CLI::App& command, const std::string& option, std::optional<Duration>& into, const std::string& help);

}  // namespace assay::cli
