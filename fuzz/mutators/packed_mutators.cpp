// Mutators of what is packed: RLE frames (PS3.5 G), offset tables (PS3.5 A.4), Data Sets that inflate to far more than
// they are (PS3.5 A.5).
#include <algorithm>
#include <array>

#include "fuzz/mutators/bench.hpp"
#include "fuzz/mutators/words.hpp"

namespace assay::fuzz {
namespace {

constexpr std::uint32_t pixel_data = 0x7FE00010;
constexpr std::size_t rle_header = 64;

bool is_in_fragment(const Bench& bench, const Part& part) {
  return part.kind == layout::Part::field && (part.name == "raw" || part.name == "value") &&
         bench.part(part.up).name == "item" && bench.part(bench.part(part.up).up).tag == pixel_data;
}

std::uint32_t word(ByteView bytes, std::size_t at) { return load<std::uint32_t>(bytes.data() + at, Endian::little); }

bool set_word(Bench& bench, std::size_t at, std::size_t slot, std::uint32_t value) {
  auto bytes = to_bytes(bench.bytes(at));
  if (word(bytes, slot) == value) return false;
  for (std::size_t i = 0; i < 4; ++i) bytes[slot + i] = static_cast<std::uint8_t>(value >> (8 * i));
  return bench.set(at, bytes);
}

/// Number and offsets of segments, and the byte that says how long a run or a literal is.
bool rle(Bench& bench) {
  const auto at = bench.pick([&](const Part& p) {
    return size_of(p) >= rle_header && is_in_fragment(bench, p) && word(bench.bytes(p), 0) <= 15 &&
           word(bench.bytes(p), 4) >= rle_header;
  });
  if (at == Bench::none) return false;
  const auto size = size_of(bench.part(at));
  const auto segments = std::clamp<std::size_t>(word(bench.bytes(at), 0), 1, 15);
  const auto slot = 4 + 4 * bench.chance.below(segments);
  switch (bench.chance.below(4)) {
    case 0: {
      constexpr std::array<std::uint32_t, 8> counts{0, 2, 3, 14, 15, 16, 255, 0xFFFFFFFF};
      return set_word(bench, at, 0, bench.chance.of(counts));
    }
    case 1: {
      const std::array<std::uint32_t, 8> offsets{0,
                                                 rle_header - 1,
                                                 rle_header,
                                                 static_cast<std::uint32_t>(size) - 1,
                                                 static_cast<std::uint32_t>(size),
                                                 static_cast<std::uint32_t>(size) + 1,
                                                 0x10000,
                                                 0xFFFFFFFF};
      return set_word(bench, at, slot, bench.chance.of(offsets));
    }
    default: {
      // Where a segment begins there is such a byte; behind it, there may be.
      std::size_t byte = word(bench.bytes(at), slot);
      if (byte >= size || bench.chance.one_in(4)) byte = rle_header + bench.chance.below(size - rle_header);
      if (byte >= size) return false;
      constexpr std::array<std::uint8_t, 8> controls{0x00, 0x01, 0x7F, 0x80, 0x81, 0xC0, 0xF0, 0xFF};
      auto bytes = to_bytes(bench.bytes(at));
      const auto before = std::exchange(bytes[byte], bench.chance.of(controls));
      return before != bytes[byte] && bench.set(at, bytes);
    }
  }
}

/// The Basic Offset Table: offsets nowhere, backwards, twice, one too many or one too few; a table where there was
/// none.
bool offset_table(Bench& bench) {
  const auto item = bench.pick([&](const Part& p) {
    return p.name == "item" && bench.part(p.up).tag == pixel_data && bench.child(p.up, "item") != Bench::none &&
           bench.part(bench.child(p.up, "item")).begin == p.begin;
  });
  if (item == Bench::none) return false;
  const auto raw = bench.child(item, "raw");
  const auto inside = raw != Bench::none ? raw : bench.child(item, "value");
  if (inside == Bench::none || size_of(bench.part(inside)) < 4) {
    constexpr std::array<std::size_t, 4> counts{1, 2, 3, 16};
    return size_of(bench.part(item)) == 8 && bench.append(item, Bytes(4 * bench.chance.of(counts)));
  }
  const auto size = size_of(bench.part(inside));
  const auto slot = 4 * bench.chance.below(size / 4);
  switch (bench.chance.below(4)) {
    case 0: return set_word(bench, inside, slot, bench.chance.of(numbers));
    case 1: return bench.truncate(inside, size - 4);
    case 2: return bench.insert_into(inside, slot, to_bytes(bench.bytes(inside).subspan(slot, 4)));
    default: {
      const auto other = 4 * bench.chance.below(size / 4);
      const auto here = word(bench.bytes(inside), slot);
      const auto there = word(bench.bytes(inside), other);
      return set_word(bench, inside, slot, there) && set_word(bench, inside, other, here);
    }
  }
}

/// An element of megabytes, all zero, at the end of a Data Set that is deflated: a few KB on the wire.
bool inflate(Bench& bench) {
  if (!bench.is_deflated || !bench.chance.one_in(3)) return false;
  constexpr std::size_t enough = 20'000;  // bytes that 16 MiB take
  const std::size_t zeros = bench.whole_room > enough && bench.chance.one_in(4) ? 1U << 24U : 1U << 21U;
  Bytes out{0xE1, 0x7F, 0x01, 0x10};
  put_header(out, true, "OB", zeros, Endian::little);
  bench.zeros = zeros;
  return bench.append(0, out);
}

}  // namespace

std::span<const Mutator> packed_mutators() {
  static constexpr std::array all{
      Mutator{"rle", 5, rle},
      Mutator{"offset-table", 4, offset_table},
      Mutator{"inflate", 6, inflate},
  };
  return all;
}

}  // namespace assay::fuzz
