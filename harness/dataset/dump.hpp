// A decoded Data Set as lines: for programs one line per node with everything that can be compared with another
// toolkit (element_lines), for people the indented dump (dump_lines in dump_people.hpp).
// Tests: tests/unit/dataset/dump_test.cpp
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "harness/dataset/cursor.hpp"

namespace assay::dataset {

/// Takes finished lines, line ends included, as they come.
using LineSink = std::function<void(std::string_view)>;

/// One line per node in document order, fields separated by tabs: `prefix`, offset, tag path, kind (element, sequence,
/// item, fragments, fragment, stray), VR, length as stated ("undefined"), bytes of value, FNV-1a digest of the value in
/// hex. Containers have "-" in the last two. Reads every value.
void element_lines(const DataSet& data_set, std::string_view prefix, const LineSink& sink);

/// The tag path of the cursor's node, "(0040,0100)[2]/(0008,0060)"; below `deepest` levels only where it ends, since
/// writing a million long paths out is quadratic: "...depth=250/(0008,0060)".
std::string bounded_path(const Cursor& cursor, std::size_t deepest = 100);

/// "element", "sequence", "item", "fragments", "fragment", or "stray" for bytes that have no place in the structure.
std::string_view kind_name(const Node& node);

}  // namespace assay::dataset
