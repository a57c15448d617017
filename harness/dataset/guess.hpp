// What encoding bytes look like they are in, whatever a file says of them (PS3.5 7.1, A): a walk over the first element
// headers, cheap enough for every file. Tests: tests/unit/dataset/file_guess_test.cpp
#pragma once

#include <optional>
#include <string>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

struct Look {
  unsigned good = 0;     // leading elements that can stand there in this encoding
  unsigned known = 0;    // of these, elements of the data dictionary
  bool bad = false;      // then came bytes that cannot
  std::size_t seen = 0;  // bytes walked over

  /// Fits a Data Set that may be damaged later.
  [[nodiscard]] bool plausible() const { return good >= 1 && (!bad || good >= 3); }
  /// Fits so well that the bytes are taken for a Data Set though nothing else says so.
  [[nodiscard]] bool convincing() const { return known >= 3 || (known >= 1 && !bad); }
};

/// Walks over at most twelve elements. `bytes` may be the beginning of more.
Look look_at(ByteView bytes, Encoding encoding);

/// The encoding that fits best of Explicit VR LE, Implicit VR LE, Explicit VR BE, Implicit VR BE; nothing when none is
/// convincing.
std::optional<Encoding> sniff(ByteView bytes);

/// True when group 0002 begins here, in whatever encoding it is written.
bool looks_like_meta(ByteView bytes);

/// The encoding of a group 0002 that begins here: Explicit VR LE in files that are right (PS3.10 7.1).
Encoding meta_encoding(ByteView bytes);

/// Numbers of the Image Pixel Module that make sense only with their bytes swapped.
std::optional<Problem> swapped_numbers(const DataSet& data_set);

}  // namespace assay::dataset
