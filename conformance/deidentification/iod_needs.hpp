// How badly an IOD needs an attribute: the strictest type that any of its modules gives it (PS3.5 7.4). The actions
// X/Z, X/D and their like depend on it (PS3.15 E.1.1). Tests: tests/unit/conformance/deidentification_check_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "conformance/iod/tables.hpp"

namespace assay::conformance::deidentification {

enum class Need : std::uint8_t {
  unknown,   // there is no table for the SOP Class
  optional,  // Type 3, or no attribute of the IOD
  present,   // Type 2 or 2C somewhere
  value      // Type 1 or 1C somewhere
};

/// Remembers the tables that were asked for.
class IodNeeds {
 public:
  /// `iod` may be null. Whatever the path: an attribute counts with the strictest of all its places in the IOD.
  Need of(const iod::Iod* iod, Tag tag);

 private:
  using Needs = std::unordered_map<std::uint32_t, Need>;  // by tag
  std::map<const iod::Iod*, Needs> known_;
};

}  // namespace assay::conformance::deidentification
