// XML text to a tree of Elements that has been held against a Grammar: unknown and missing parts, bad values and wrong
// order are errors with file, line and column, and say what is allowed there.
// Tests: tests/unit/scenario/loader_test.cpp; fuzz target: fuzz_scenario
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/grammar.hpp"
#include "harness/scenario/model.hpp"

namespace assay::scenario {

struct LoadError {
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;

  friend bool operator==(const LoadError&, const LoadError&) = default;
};

/// "file:line:column: message".
std::string to_string(const LoadError& error);

/// Errors of one load before the rest is only counted; a file with more is no scenario.
inline constexpr std::size_t max_load_errors = 100;
/// Bytes of one file; the longest scenario with inline data is far below.
inline constexpr std::size_t max_file_bytes = 16U << 20;

LoadError error_at(const Location& at, std::string message);

/// For files of other languages than the scenarios': each ${variable} in an attribute below `root` is a mistake.
/// `where` is "a campaign", "a file of devices".
void no_variables(const Element& root, std::string_view where, std::vector<LoadError>& errors);

/// The tree, as far as it could be read; nothing when the text is no XML or its root is none of the grammar's.
/// Values with ${variables} are not checked here. Errors are appended in document order.
std::optional<Element> read_checked(std::string_view xml, std::string_view file_name, const Grammar& grammar,
                                    std::vector<LoadError>& errors);

/// Checks one value again once its variables are known.
void check_values(const Element& element, const Grammar& grammar, std::vector<LoadError>& errors);

/// The element as XML text, indented.
std::string to_xml(const Element& element, int depth = 0);

}  // namespace assay::scenario
