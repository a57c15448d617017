// The commands as functions: each returns the exit code. Tests: tests/loopback/, tests/interop/
#pragma once

#include <string>

#include "harness/app/console.hpp"
#include "harness/app/options.hpp"
#include "harness/trace/verdict.hpp"

namespace assay::app {

/// Judges a device by the selected scenarios; what came of them stands in `result`, where it is given.
int run(const RunOptions& options, Console& console, trace::RunResult* result = nullptr);
/// Starts the embedded device and runs the whole catalogue against it in both roles.
int demo(RunOptions options, Console& console);
/// Prints the catalogue. `clauses` prints which clauses have a case, instead.
int list(const Selection& selection, bool clauses, bool json, Console& console);
/// Checks scenario files without sending anything.
int check(const std::vector<std::string>& files, Console& console);
/// Prints the rules that run on every connection.
int rules(bool json, Console& console);
int version(bool json, Console& console);
/// Prints the schema of scenarios, profiles, faults or devices as the loaders' own tables give it.
int schema(const std::string& which, Console& console);

}  // namespace assay::app
