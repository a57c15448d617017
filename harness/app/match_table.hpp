// Matches of a query as people read them: a table with a column per key that any match has a value for, blocks of lines
// where a terminal is too narrow for one. Tests: tests/interop/scu_query_test.py
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::app {

/// `width`: columns of the terminal; nothing: as wide as the values are.
std::string match_table(const dataset::DataSet& identifier, const std::vector<dataset::DataSet>& matches,
                        std::optional<int> width);

/// Rows of cells below a line of names, each column as wide as it needs to be, shortened to fit `width` where that
/// leaves enough to read, UIDs never; nothing when it does not.
std::optional<std::string> table_text(const std::vector<std::string>& names,
                                      const std::vector<std::vector<std::string>>& rows, std::optional<int> width);

}  // namespace assay::app
