// Mutators of images: dimensions against bytes, lookup tables, overlays, fragments and offset tables (PS3.5 A.4, PS3.3
// C.7.6.3, C.9.2, C.11.1).
#include <algorithm>
#include <array>

#include "fuzz/mutators/bench.hpp"
#include "fuzz/mutators/words.hpp"

namespace assay::fuzz {
namespace {

/// Elements that say how many bytes others have.
bool counts_something(const Part& part) {
  constexpr std::array<std::uint32_t, 22> tags{0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010, 0x00280011,
                                               0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x00281101, 0x00281102,
                                               0x00281103, 0x00283002, 0x60000010, 0x60000011, 0x60000015, 0x60000050,
                                               0x60000100, 0x60000102, 0x00280120, 0x003A0010};
  return is_element(part) && std::ranges::find(tags, part.tag) != tags.end();
}

bool dimension(Bench& bench) {
  const auto at = bench.pick(counts_something);
  const auto value = at == Bench::none ? Bench::none : bench.child(at, "value");
  if (value == Bench::none) return false;
  const auto tag = bench.part(at).tag;
  if (tag == 0x00280004) {
    constexpr std::array<std::string_view, 7> forms{"MONOCHROME2 ", "PALETTE COLOR ", "RGB ", "YBR_FULL",
                                                    "YBR_FULL_422", "YBR_ICT ",       "ARGB"};
    return bench.set(value, as_bytes(bench.chance.of(forms)));
  }
  if (tag == 0x00280008 || tag == 0x60000015) {
    constexpr std::array<std::string_view, 9> counts{"0 ",     "1 ",       "2 ",         "-1",        "65535 ",
                                                     "65536 ", "99999999", "2147483647", "4294967295"};
    return bench.set(value, as_bytes(bench.chance.of(counts)));
  }
  auto changed = to_bytes(bench.bytes(value));
  if (changed.size() < 2) return false;
  // Of a descriptor of a table the first of three numbers says how many entries there are.
  const auto slot = bench.chance.one_in(3) ? 0 : 2 * bench.chance.below(changed.size() / 2);
  const auto endian = bench.endian();
  constexpr std::array<std::uint16_t, 16> sizes{0, 1, 2, 7, 8, 9, 12, 15, 16, 17, 32, 64, 256, 0x4000, 0x8000, 0xFFFF};
  auto number = bench.chance.of(sizes);
  const auto before = load<std::uint16_t>(changed.data() + slot, endian);
  switch (bench.chance.below(8)) {
    case 0: number = static_cast<std::uint16_t>(before + 1); break;
    case 1: number = static_cast<std::uint16_t>(before - 1); break;
    case 2: number = static_cast<std::uint16_t>(before * 2); break;
    case 3:
    case 4: number = 0; break;
    default: break;
  }
  // Planar Configuration, Pixel Representation: the other one of two.
  if ((tag == 0x00280006 || tag == 0x00280103) && !bench.chance.one_in(4)) number = before == 0 ? 1 : 0;
  changed[slot + (endian == Endian::little ? 0 : 1)] = static_cast<std::uint8_t>(number);
  changed[slot + (endian == Endian::little ? 1 : 0)] = static_cast<std::uint8_t>(number >> 8U);
  return bench.set(value, changed);
}

/// Rows and Columns together, so that their product wraps.
bool two_dimensions(Bench& bench) {
  constexpr std::array<std::uint64_t, 7> sizes{0xFFFF, 0xFFFE, 0xC000, 0x8000, 0x4000, 0x0100, 0};
  const bool alike = bench.chance.one_in(2);
  const auto both = bench.chance.of(sizes);
  bool done = false;
  for (const std::uint32_t tag : {0x00280010U, 0x00280011U}) {
    const auto at = bench.pick([&](const Part& p) { return p.tag == tag; });
    const auto value = at == Bench::none ? Bench::none : bench.child(at, "value");
    if (value == Bench::none || !is_number(bench.part(value))) continue;
    done = bench.set_number(value, alike ? both : bench.chance.of(sizes)) || done;
  }
  return done;
}

struct Template {
  std::uint16_t group;
  std::uint16_t element;
  std::string_view vr;
  std::string_view value;  // little endian
};

using namespace std::string_view_literals;
constexpr std::array templates{
    Template{0x0008, 0x0005, "CS", "ISO_IR 192"},
    Template{0x0028, 0x0002, "US", "\x03\x00"sv},
    Template{0x0028, 0x0006, "US", "\x01\x00"sv},
    Template{0x0028, 0x0008, "IS", "2 "},
    Template{0x0028, 0x0010, "UL", "\x00\x00\x01\x00"sv},
    Template{0x0028, 0x0100, "US", "\x20\x00"sv},
    Template{0x0028, 0x1101, "US", "\x00\x01\x00\x00\x10\x00"sv},
    Template{0x0028, 0x1201, "OW", "\x01\x02\x03\x04"sv},
    Template{0x0028, 0x1221, "OW", "\x01\x00\x02\x00\x05\x05\x00\x00"sv},
    Template{0x0028, 0x3010, "SQ", ""},
    Template{0x0088, 0x0200, "SQ", "\xfe\xff\x00\xe0\x00\x00\x00\x00"sv},
    Template{0x5200, 0x9230, "SQ", "\xfe\xff\x00\xe0\x00\x00\x00\x00"sv},
    Template{0x6000, 0x0010, "US", "\xff\x00"sv},
    Template{0x6000, 0x0011, "US", "\xff\x00"sv},
    Template{0x6000, 0x0102, "US", "\x0f\x00"sv},
    Template{0x6000, 0x3000, "OW", "\x01\x00"sv},
    Template{0x7FE0, 0x0001, "OV", "\x00\x00\x00\x00\x00\x00\x00\x00"sv},
    Template{0x7FE0, 0x0010, "OB", "\x00"sv},
};

/// An element that makes others mean something else, before or behind any other.
bool insert_element(Bench& bench) {
  const auto at = bench.pick(is_element);
  if (at == Bench::none) return false;
  const auto endian = bench.endian();
  const bool with_vr = bench.child(at, "vr") != Bench::none;
  const auto& one = bench.chance.of(templates);
  Bytes out;
  store(out, one.group, endian);
  store(out, one.element, endian);
  put_header(out, with_vr, one.vr, one.value.size(), endian);
  append(out, one.value);
  return bench.chance.one_in(2) ? bench.insert_before(at, out) : bench.insert_after(at, out);
}

/// Fragments split, emptied and added; the offset table in front of them stays as it was.
bool fragment(Bench& bench) {
  const auto at = bench.pick([&](const Part& p) { return p.name == "item" && bench.part(p.up).tag == 0x7FE00010; });
  if (at == Bench::none) return false;
  constexpr std::array<std::string_view, 4> pieces{
      "\xfe\xff\x00\xe0\x00\x00\x00\x00"sv, "\xfe\xff\x00\xe0\x02\x00\x00\x00\x01\x00"sv,
      "\xfe\xff\x00\xe0\xff\xff\xff\xff"sv, "\xfe\xff\x00\xe0\x04\x00\x00\x00\x00\x00\x00\x00"sv};
  switch (bench.chance.below(3)) {
    case 0: {
      const auto piece = as_bytes(bench.chance.of(pieces));
      return bench.chance.one_in(2) ? bench.insert_before(at, piece) : bench.insert_after(at, piece);
    }
    case 1: {
      const auto raw = bench.child(at, "raw");
      return raw != Bench::none && bench.truncate(raw, bench.chance.below(8));
    }
    default: return bench.erase(at);
  }
}

}  // namespace

std::span<const Mutator> image_mutators() {
  static constexpr std::array all{
      Mutator{"dimension", 16, dimension},
      Mutator{"two-dimensions", 3, two_dimensions},
      Mutator{"insert-element", 5, insert_element},
      Mutator{"fragment", 4, fragment},
  };
  return all;
}

}  // namespace assay::fuzz
