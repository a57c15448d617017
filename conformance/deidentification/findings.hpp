// What the checks of de-identification have found, bounded. Values of originals are never repeated: a report is shared
// more freely than the object. Tests: tests/unit/conformance/deidentification_check_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/limits.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/cursor.hpp"

namespace assay::conformance::deidentification {

class Findings {
 public:
  /// The clause is read from the rule: "ps3.15/E.1.1/x" is one of "PS3.15 E.1.1".
  void put(std::string_view rule, std::uint64_t offset, std::string path, std::string found, std::string expected,
           Gravity gravity = Gravity::deviation);
  /// At the element that the cursor stands on.
  void at(const dataset::Cursor& cursor, std::string_view rule, std::string found, std::string expected,
          Gravity gravity = Gravity::deviation);

  Problems problems;
  std::size_t more = 0;  // beyond limits::max_problems, only counted
};

/// "12 bytes", "3 items".
std::string size_of_value(const dataset::DataSet& data_set, std::uint32_t node);
/// An element without a value.
bool is_empty(const dataset::Node& node);
/// The value without padding.
std::string_view text_of(const dataset::Node& node);
/// Zero for what was set and not read.
std::uint64_t place_of(const dataset::Node& node);

}  // namespace assay::conformance::deidentification
