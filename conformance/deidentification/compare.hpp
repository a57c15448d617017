// De-identified objects held against their originals (PS3.15 E.1.1): values that are still the same, anywhere in the
// bytes; UIDs, names and dates replaced alike over the whole set; what was kept, changed or removed beyond what the
// profile asks for. No files, no clock.
// Tests: tests/unit/conformance/deidentification_compare_test.cpp, tests/interop/deidentified_test.py; fuzz target:
// fuzz_deidentification
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "conformance/deidentification/findings.hpp"
#include "conformance/deidentification/profile.hpp"
#include "harness/dataset/file.hpp"

namespace assay::conformance::deidentification {

struct Compared {
  Findings findings;
  std::size_t sought = 0;    // values of the original that were looked for
  std::size_t left_out = 0;  // that were not: too short, too common, or too many
};

/// What is told of an object whose original is missing.
Problem without_original(std::string found);

/// What the objects of a set have in common, as far as they were seen.
class Comparison {
 public:
  explicit Comparison(const Options& options) : options_(options) {}

  /// `before` is what check_deidentified() has found in the same object: nothing is told twice. `name` names the
  /// cleaned file for people.
  Compared add(std::string_view name, const dataset::DicomFile& cleaned, const dataset::DicomFile& original,
               const Problems& before);

 private:
  friend class Pair;

  struct Replacement {
    std::string value;
    std::string file;
  };
  struct Shift {
    std::int64_t days = 0;
    std::string file;
  };

  Options options_;
  std::map<std::string, Replacement, std::less<>> uids_;                // by UID of an original
  std::map<std::string, Replacement, std::less<>> uids_back_;           // by replacement
  std::map<std::pair<std::uint32_t, std::string>, Replacement> texts_;  // by tag and value of an original
  std::map<std::string, Replacement, std::less<>> patients_back_;       // by replacement of Patient ID
  std::map<std::string, Shift, std::less<>> shifts_;                    // by patient of the original
};

}  // namespace assay::conformance::deidentification
