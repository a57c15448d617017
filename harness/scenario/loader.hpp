// Scenario files to Scenarios. Everything wrong is found here, before anything is sent, and named by file, line and
// column: unknown elements and attributes with what is allowed there, bad values, variables undefined or unused,
// unknown connections, modifications that address nothing, steps that can never be reached.
// Tests: tests/unit/scenario/loader_test.cpp; fuzz target: fuzz_scenario
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/checked_xml.hpp"
#include "harness/scenario/model.hpp"

namespace assay::scenario {

/// Gives the text of an included file; nothing when it is not there. `from` is the including file, `href` as written.
/// The returned name is what errors in that text are reported under.
struct IncludedText {
  std::string file;
  std::string text;
};
using IncludeResolver = std::function<std::optional<IncludedText>(std::string_view href, std::string_view from)>;

/// All scenarios of one file in document order, or everything that is wrong with it in document order.
std::expected<std::vector<Scenario>, std::vector<LoadError>> load(std::string_view xml, std::string_view file_name,
                                                                  const IncludeResolver& include = {});

/// The head of a scenario whose steps a script tells: one <scenario> that holds no step. Errors name `line` of `file`,
/// where the script declares it.
std::expected<Scenario, std::vector<LoadError>> load_head(std::string_view xml, std::string_view file, int line);

/// One step as a script tells it; it may hold no variables and no <include>.
std::expected<Element, std::string> load_step(std::string_view xml);

/// Ids and aliases that occur twice over several files (each reported where the later one stands).
std::vector<LoadError> duplicate_ids(const std::vector<Scenario>& scenarios);

/// The XSD of the language, generated from the loader's own tables: the content of scenarios/scenario.xsd.
std::string scenario_xsd();

}  // namespace assay::scenario
