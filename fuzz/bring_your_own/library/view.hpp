// What a reader sees of a Data Set, as a flat list in its own order: ours from a decoded file or Data Set, the other's
// from what it tells through the C interface. Tests: tests/unit/bring_your_own/
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/bring_your_own/assay_fuzz.h"
#include "harness/base/bytes.hpp"
#include "harness/base/problem.hpp"
#include "harness/dict/tag.hpp"
#include "harness/dict/vr.hpp"

namespace assay::fuzz {

enum class EntryKind : std::uint8_t { element, sequence, item, fragments, fragment, stray };

std::string_view name(EntryKind kind);

struct Entry {
  Tag tag;
  EntryKind kind = EntryKind::element;
  bool implicit = false;       // ours: the VR is the dictionary's, which may allow others
  bool in_un = false;          // ours: inside a UN of undefined length (PS3.5 6.2.2)
  bool undefined = false;      // ours: of undefined length
  std::array<Vr, 3> vrs{};     // those that it may be; none at all: not told
  std::uint32_t end = 0;       // index one past its content
  std::uint64_t offset = 0;    // ours: of its tag in the input
  std::size_t size = unknown;  // of the value
  std::uint64_t digest = 0;    // of the value; 0 when not told
  static constexpr auto unknown = static_cast<std::size_t>(-1);
};

struct View {
  std::vector<Entry> entries;
  Problems problems;         // ours: notes left out, by offset
  std::string syntax = "-";  // ours: implicit-le, explicit-le, explicit-be, deflated, encapsulated
  std::string refused;       // why it was not read to its end; empty when it was
  bool compared = true;      // ours: false for what is no file, or one whose File Meta Information is broken
};

/// FNV-1a, never 0.
std::uint64_t digest_of(ByteView bytes);

/// How we read an input. `flags` as in assay_differential: values are brought into the other's form.
View our_view(enum assay_format format, ByteView input, unsigned flags);

}  // namespace assay::fuzz

/// The other's view while it is told. What no Data Set can be (an item outside a sequence, an end too many) is a
/// mistake of the adapter and is kept in `mistake`.
struct assay_view {
  explicit assay_view(unsigned wanted) : flags(wanted) {}
  assay::fuzz::View view;
  std::vector<std::uint32_t> open;
  std::string mistake;
  bool rejected = false;
  unsigned flags;
};
