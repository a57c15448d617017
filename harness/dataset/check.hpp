// What a Data Set breaks that could be decoded all the same: values (PS3.5 6.2), multiplicity and dictionary (PS3.6),
// private blocks (PS3.5 7.8), group lengths (7.2), UIDs (9), pixel arithmetic (8, PS3.3 C.7.6.3). The decoder has
// reported everything about structure; nothing is reported twice.
// Tests: tests/unit/dataset/check_test.cpp, pixel_test.cpp; fuzz target: fuzz_check
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "harness/base/problem.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/dataset/file.hpp"

namespace assay::dataset {

struct CheckOptions {
  /// Decides how Pixel Data must stand (PS3.5 A); empty: taken from the encoding, nothing said about compression.
  std::string_view transfer_syntax_uid;
  bool query = false;     // an Identifier: ranges and wild cards are allowed
  bool acr_nema = false;  // older than DICOM: historic spellings and missing creators are only notes
  bool notes = true;      // false: only what breaks the standard
  bool pixels = true;     // false: Pixel Data and overlays are not looked at
  std::size_t max_problems = limits::max_problems;
};

/// Problems in the order of the walk, each at the offending byte: offsets as the decoder counted them, 0 for what was
/// set and not read. `more_problems`, when given, gets the number of those beyond `max_problems`. Takes time linear in
/// the bytes and no recursion at any depth.
Problems check(const DataSet& data_set, const CheckOptions& options = {}, std::size_t* more_problems = nullptr);

/// File Meta Information and Data Set, with the transfer syntax and kind of the file. Only what check() finds: the
/// problems of reading are in the file itself.
Problems check(const DicomFile& file, CheckOptions options = {}, std::size_t* more_problems = nullptr);

}  // namespace assay::dataset
