// Any bytes laid open as far as they can be read: a flat list of the parts that they consist of, in the order of the
// bytes and each behind the block that it stands in. Nothing is copied, so that an input can be laid open again after
// each change. Names are those of the scenario language's trees (pdu::to_layout, dataset::to_layout). Tests:
// tests/unit/mutators/dissect_test.cpp; fuzz target: fuzz_mutators
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/mutators/assay_mutators.h"
#include "harness/base/bytes.hpp"
#include "harness/base/layout.hpp"

namespace assay::fuzz {

/// A field, a length, or a block with the parts behind it that name it as `up`.
struct Part {
  std::uint32_t begin = 0;  // bytes from here to `end`
  std::uint32_t end = 0;
  std::uint32_t up = 0;   // index of the block that it stands in; the root is its own
  std::uint32_t tag = 0;  // of a Data Element; its name is then "element"
  std::string_view name;
  layout::Part kind = layout::Part::field;
  Endian endian = Endian::big;
  std::uint8_t depth = 0;
  bool of_next = false;  // a length that counts the next part of its block alone, not all that follow
  bool lies = false;     // a length that does not say what is there; undefined ones are not lies
};

/// What an input consists of; the first part is the whole.
using Parts = std::vector<Part>;

inline constexpr std::string_view element_name = "element";

/// How a Data Set is encoded (PS3.5 A).
struct Syntax {
  bool explicit_vr = true;
  Endian endian = Endian::little;
};

/// Lays `bytes` open into `out`, whose memory is used again. Every byte lies in exactly one field or length.
void dissect(assay_format format, ByteView bytes, Parts& out);

/// Where a deflated Data Set begins (PS3.5 A.5); nothing where there is none.
std::optional<std::size_t> deflated_from(assay_format format, ByteView bytes);
/// What a deflate stream holds, at most 1 MB of it; nothing when it is none.
std::optional<Bytes> inflated(ByteView bytes);
/// A deflate stream of the bytes and of so many zeros behind them, of even length (PS3.5 A.5).
Bytes deflated(ByteView bytes, std::size_t zeros = 0);

/// Whether elements of this VR have a length of four bytes behind two reserved ones (PS3.5 7.1.2).
bool has_long_length(std::string_view vr);
/// Whether bytes 4 and 5 look like a Value Representation.
bool looks_explicit(ByteView bytes);

/// The address of a part as scenarios write it: "p-data-tf[2]/pdv/control-header", "data-set/(0008,1140)/item/...".
std::string path(const Parts& parts, std::size_t part);
/// The place of a block's part of that name; nothing when there is none.
std::optional<std::size_t> child(const Parts& parts, std::size_t block, std::string_view name);

}  // namespace assay::fuzz
