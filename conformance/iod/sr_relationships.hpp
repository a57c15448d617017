// What the tables of the SR IODs say of relationships (PS3.3 A.35, tables -2). Private to sr_*.cpp.
// Tests: tests/unit/conformance/iod_sr_tree_test.cpp
#pragma once

#include <string>
#include <string_view>

namespace assay::conformance::iod {

/// Rules about the relationships of an IOD; empty for IODs without a table.
struct SrRules {
  std::string_view relationship;
  std::string_view by_reference;
};
SrRules sr_rules(std::string_view iod);
/// What may stand there instead, for people.
std::string sr_allowed(std::string_view iod, std::string_view source, std::string_view relationship);

}  // namespace assay::conformance::iod
