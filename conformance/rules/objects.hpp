// Objects of C-STOREs held to their IOD where they pass (PS3.3 A, PS3.4 B.2), with the rules of `assay validate`.
// Internal to the room. Tests: tests/unit/conformance/objects_test.cpp
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "conformance/rules/standard_rules.hpp"
#include "conformance/rules/support.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::conformance {

/// The objects of one connection.
class Objects {
 public:
  explicit Objects(ObjectsJudged which) : which_(which) {}

  /// What the object of a C-STORE-RQ owes to its IOD. `cut`: it was not read to its end. Notes are left to validate.
  /// Takes time that grows with its elements times the modules that know them.
  void judge(const trace::MessageSeen& seen, const dataset::DataSet& object, bool cut, std::string_view transfer_syntax,
             trace::Reporter& reporter);

 private:
  ObjectsJudged which_;
  std::unordered_set<std::uint64_t> kinds_;  // of those that were judged
};

/// A number that is the same for objects that differ in names, dates, UIDs and numbers other than 0 alone, as the
/// images of a series do: what one of them owes to its IOD, all do.
std::uint64_t kind_of(const dataset::DataSet& object);

}  // namespace assay::conformance
