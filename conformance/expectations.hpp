// Known deviations of a given product: a listed failure counts as expected. Lives in a text file, one entry a line:
//   fail  ps3.8/9.3.2/reserved-*            "message glob"   # reason
// Modes: fail (must not pass), flaky (either), skip (not run). Ids may hold * and **. An entry that no longer happens
// or names no case is reported (exit code 5). Tests: tests/unit/conformance/expectations_test.cpp;
// fuzz target: fuzz_expectations
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "harness/trace/verdict.hpp"

namespace assay::conformance {

enum class ExpectationMode : std::uint8_t { fail, flaky, skip };

struct Expectation {
  ExpectationMode mode = ExpectationMode::fail;
  std::string id;       // pattern
  std::string message;  // glob over the case's reason and its findings' lines; empty = any
  std::string reason;   // the comment: why this is known, with the clause
  int line = 0;
};

struct Expectations {
  std::string file;
  std::vector<Expectation> entries;

  /// The skip entry for this case, or null.
  [[nodiscard]] const Expectation* skips(std::string_view case_id) const;
};

/// Errors read "file:line:column: ...".
std::expected<Expectations, std::string> load_expectations(std::string_view text, std::string_view file_name);

/// Marks expected deviations in the result and collects stale entries. `all_case_ids`: the whole selection, so that
/// an entry naming no case is told apart from one that was not run.
void apply(const Expectations& expectations, trace::RunResult& result, const std::vector<std::string>& all_case_ids);

/// A file that makes this run green: one entry per red case, with its message.
std::string write_expectations(const trace::RunResult& result);

/// Glob match: * within one step of an id, ** across steps, ? one character.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace assay::conformance
