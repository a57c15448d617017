// RLE Lossless (PS3.5 G): byte planes as PackBits segments behind a header of 64 bytes. What a frame claims is never
// allocated: the output grows with the input, which it exceeds at most 64 times.
// Tests: tests/unit/dataset/rle_test.cpp, tests/interop/rle_test.py; fuzz target: fuzz_check
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "harness/base/bytes.hpp"

namespace assay::dataset {

inline constexpr std::string_view rle_lossless = "1.2.840.10008.1.2.5";

/// Bytes that a segment decodes to (PS3.5 G.3.2); counting ends at `enough` or behind it.
std::uint64_t rle_length(ByteView segment, std::uint64_t enough);

/// What a frame holds.
struct RleFrame {
  std::uint64_t pixels = 0;        // rows times columns
  unsigned samples = 1;            // per pixel
  unsigned bytes = 1;              // of a sample
  bool by_plane = false;           // native order: Planar Configuration 1
  Endian endian = Endian::little;  // of the native samples
};

/// One fragment as native pixels. The error says in a few words what is wrong.
std::expected<Bytes, std::string> decode_rle(ByteView fragment, const RleFrame& frame);
/// The reverse; runs end with each `row` of pixels (PS3.5 G.3.1). Of even length.
Bytes encode_rle(ByteView native, const RleFrame& frame, std::uint64_t row);

}  // namespace assay::dataset
