// Is an object de-identified as PS3.15 E.1.1 and Table E.1-1 demand, as far as the object alone can tell? Attributes
// that must be gone, empty or replaced; the marks that a de-identifier leaves; private attributes, encrypted originals,
// annotations in the pixels, File Meta Information. No files, no clock.
// Tests: tests/unit/conformance/deidentification_check_test.cpp, tests/interop/deidentified_test.py; fuzz target:
// fuzz_deidentification
#pragma once

#include "conformance/deidentification/findings.hpp"
#include "conformance/deidentification/iod_needs.hpp"
#include "conformance/deidentification/profile.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::conformance::deidentification {

struct Subject {
  const dataset::DataSet& data_set;
  const dataset::DataSet* meta = nullptr;  // File Meta Information, when there is any
  ByteView preamble;                       // the 128 bytes before the prefix, when there are any
};

struct Judged {
  Findings findings;
  std::size_t unproven = 0;  // values that are there and may be replacements: the original would tell
};

/// `with_original`: replaced values are held against the original by somebody else, so none is called unproven.
Judged check_deidentified(const Subject& subject, const Options& options, IodNeeds& needs, bool with_original = false);

/// What the object says of a private element in its Private Data Element Characteristics Sequence (PS3.15 E.3.10).
enum class Safety : std::uint8_t { unknown, safe, unsafe };
Safety safety_of(const dataset::DataSet& data_set, Tag tag, std::string_view creator);

}  // namespace assay::conformance::deidentification
