// The deflated Data Set: RFC 1951, raw, of the whole Data Set (PS3.5 A.5), in bounded memory.
// Tests: tests/unit/dataset/deflate_test.cpp; fuzz target: fuzz_deflate
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/base/bytes.hpp"
#include "harness/base/problem.hpp"

namespace assay::dataset {

struct Inflated {
  Bytes bytes;               // what could be inflated, up to an error
  std::size_t consumed = 0;  // bytes of the input that belong to the stream, the pad byte included
  Problems problems;         // offsets count in the input, from the base offset

  /// False when the stream ended before its last block, was damaged or grew past the bound.
  [[nodiscard]] bool whole() const { return !has_error(problems); }
};

/// Inflates to at most `max_size` bytes; the output grows with what really comes out, never by a claim. A stream in a
/// zlib or gzip wrapper is a deviation and is read. One NUL after a stream of odd length is its padding; other bytes
/// after it are a deviation. PS3.5 A.5.
Inflated inflate(ByteView deflated, std::size_t max_size, std::uint64_t base_offset = 0);

/// True when the first bytes inflate (raw), whatever comes later: a cheap look at what a file may be.
bool starts_deflated(ByteView bytes);

/// A raw stream, padded to even length by one NUL. Level 0 (stored) to 9 (smallest).
Bytes deflate(ByteView bytes, int level = 6);

}  // namespace assay::dataset
