// An object held to its IOD (PS3.3 A, PS3.5 7.4): modules that it must have, attributes of types 1, 1C, 2, 2C and 3,
// values, number of values and items, functional groups. What one rule finds has one id (rules/iod_rules.inc).
// A module of usage M is judged; one of usage C or U by its condition, without one when an attribute is there that no
// other module of the IOD has.
// Tests: tests/unit/conformance/iod_validate_test.cpp, tests/interop/iod_test.py; fuzz target: fuzz_iod
#pragma once

#include <string>
#include <string_view>

#include "conformance/iod/tables.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::conformance::iod {

class Extension;

struct IodOptions {
  const dataset::DataSet* meta = nullptr;  // File Meta Information, when there is any
  bool cut = false;   // the Data Set could not be read to its end: what would stand behind it is not missed
  bool notes = true;  // false: only what breaks the standard
  std::size_t max_problems = limits::max_problems;
  std::size_t max_depth = limits::max_nesting_depth;  // sequences in each other that are gone into
  const Extension* extension = nullptr;               // what a user adds to the tables, when anything
};

struct IodJudgement {
  std::string sop_class_uid;  // as the object says, unpadded
  const Iod* iod = nullptr;   // null: not judged
  std::string not_judged;     // why not, when it was not
  Problems problems;          // in document order; tag paths as in the other checks
  std::size_t more_problems = 0;
};

/// Problems at the offsets that the decoder counted; what is missing is told where it would stand. Takes time that
/// grows with the elements times the modules that know them, and memory for the elements.
IodJudgement check_iod(const dataset::DataSet& data_set, const IodOptions& options = {});

}  // namespace assay::conformance::iod
