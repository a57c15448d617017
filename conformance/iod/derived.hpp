// A derived image held against the images it was made from (PS3.3 A.1.2, C.7.6.1.1, C.12.1, C.12.4.1): what is shared
// is copied, what is new is new, what the change of pixels made untrue is gone. Entities, identity and sources, pixels
// and geometry, times and technique each have their file derived_*.cpp. Nothing is said that the object alone tells:
// that is check_object()'s. Rules: rules/derived_rules.inc.
// Tests: tests/unit/conformance/iod_derived_test.cpp, tests/interop/derived_test.py; fuzz target: fuzz_derived
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/limits.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::conformance::iod {

/// An object and the transfer syntax it came in, which tells whether its pixels are lossy.
struct ImageObject {
  const dataset::DataSet* data_set = nullptr;
  std::string_view transfer_syntax_uid;
};

struct DerivedOptions {
  std::size_t max_problems = limits::max_problems;
};

struct DerivedJudgement {
  std::vector<std::size_t> sources;  // those it was held against, by their place in the list given
  std::string not_judged;            // why not, when there is none
  Problems problems;                 // by offset in the derived object
  std::size_t more_problems = 0;
};

/// Which of the sources an object was made from: those that its Source Image Sequences name, else the one with its SOP
/// Instance UID, else the only one.
std::vector<std::size_t> sources_of(const dataset::DataSet& derived, std::span<const ImageObject> sources);

/// Takes time linear in the elements and pixels of the derived object and of its sources.
DerivedJudgement check_derived(std::span<const ImageObject> sources, const ImageObject& derived,
                               const DerivedOptions& options = {});

}  // namespace assay::conformance::iod
