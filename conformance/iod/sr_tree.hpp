// The content tree of a structured report (PS3.3 C.17.3): what kind of Content Item may stand in which relationship to
// which, and where references within the tree lead. The attributes of each item are judged in the walk (walk.hpp);
// what they lack is not told here again. Table: sr_relationships.inc; rules: rules/sr_rules.inc.
// Tests: tests/unit/conformance/iod_sr_tree_test.cpp, tests/interop/sr_tree_test.py; fuzz target: fuzz_derived
#pragma once

#include <cstdint>
#include <string_view>

#include "conformance/iod/object_checks.hpp"

namespace assay::conformance::iod {

/// Of a Data Set whose IOD has the SR Document Content Module; nothing is said of others. Takes time and memory linear
/// in its elements, and no recursion.
void check_sr_tree(ObjectReport& report, const ObjectOptions& options);

/// How a relationship is conveyed (PS3.3 C.17.3.2.4): its target stands in the source's Content Sequence, or is named
/// by its position in the tree.
enum class Conveyed : std::uint8_t { by_value, by_reference };

enum class Relation : std::uint8_t {
  allowed,
  forbidden,      // these two never stand in this relationship
  only_by_value,  // they do, but not by reference
  unknown         // no table for the IOD, or a value or relationship type that it does not have
};

/// What the table of the IOD ("BasicTextSR", as in tables/iods.inc) says.
Relation relation_of(std::string_view iod, std::string_view source, std::string_view relationship,
                     std::string_view target, Conveyed conveyed);

}  // namespace assay::conformance::iod
