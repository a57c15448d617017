// Mutators of images: dimensions against bytes, lookup tables, overlays, fragments and offset tables (PS3.5 A.4, PS3.3
// C.7.6.3, C.9.2, C.11.1).
#include <algorithm>
#include <array>

#include "fuzz/mutators/bench.hpp"
#include "fuzz/mutators/words.hpp"

namespace assay::fuzz {
namespace {

using layout::Operation;

/// Elements that say how many bytes others have.
bool counts_something(const Place& place) {
  constexpr std::array<std::string_view, 22> names{
      "(0028,0002)", "(0028,0004)", "(0028,0006)", "(0028,0008)", "(0028,0010)", "(0028,0011)",
      "(0028,0100)", "(0028,0101)", "(0028,0102)", "(0028,0103)", "(0028,1101)", "(0028,1102)",
      "(0028,1103)", "(0028,3002)", "(6000,0010)", "(6000,0011)", "(6000,0015)", "(6000,0050)",
      "(6000,0100)", "(6000,0102)", "(0028,0120)", "(003A,0010)"};
  return is_element(*place.node) && std::ranges::find(names, place.node->name) != names.end();
}

bool dimension(Bench& bench) {
  const auto at = bench.pick(counts_something);
  if (at == Bench::none) return false;
  const auto value = bench.child(at, "value");
  if (value == Bench::none) return false;
  const auto& bytes = bench.node(value).bytes;
  const auto name = bench.node(at).name;
  if (name == "(0028,0004)") {
    constexpr std::array<std::string_view, 7> forms{"MONOCHROME2 ", "PALETTE COLOR ", "RGB ", "YBR_FULL",
                                                    "YBR_FULL_422", "YBR_ICT ",       "ARGB"};
    return bench.apply(Operation::set, value, to_bytes(bench.chance.of(forms)));
  }
  if (name == "(0028,0008)" || name == "(6000,0015)") {
    constexpr std::array<std::string_view, 9> counts{"0 ",     "1 ",       "2 ",         "-1",        "65535 ",
                                                     "65536 ", "99999999", "2147483647", "4294967295"};
    return bench.apply(Operation::set, value, to_bytes(bench.chance.of(counts)));
  }
  if (bytes.size() < 2) return false;
  auto changed = bytes;
  const auto slot = 2 * bench.chance.below(bytes.size() / 2);
  const auto endian = endian_of(bench);
  constexpr std::array<std::uint16_t, 16> sizes{0, 1, 2, 7, 8, 9, 12, 15, 16, 17, 32, 64, 256, 0x4000, 0x8000, 0xFFFF};
  auto number = bench.chance.of(sizes);
  if (bench.chance.one_in(3))
    number = static_cast<std::uint16_t>(load<std::uint16_t>(bytes.data() + slot, endian) +
                                        (bench.chance.one_in(2) ? 1 : -1));
  changed[slot + (endian == Endian::little ? 0 : 1)] = static_cast<std::uint8_t>(number);
  changed[slot + (endian == Endian::little ? 1 : 0)] = static_cast<std::uint8_t>(number >> 8U);
  return bench.apply(Operation::set, value, std::move(changed));
}

/// Rows and Columns together, so that their product wraps.
bool two_dimensions(Bench& bench) {
  bool done = false;
  for (const std::string_view name : {std::string_view("(0028,0010)"), std::string_view("(0028,0011)")}) {
    const auto at = bench.pick([&](const Place& p) { return p.node->name == name; });
    if (at == Bench::none) continue;
    const auto value = bench.child(at, "value");
    if (value == Bench::none || !is_number(bench.places()[value])) continue;
    constexpr std::array<std::int64_t, 5> sizes{0xFFFF, 0x8000, 0x4000, 0x0100, 0};
    done = bench.apply_number(Operation::set, value, bench.chance.of(sizes)) || done;
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
  const auto at = bench.pick([](const Place& p) { return is_element(*p.node); });
  if (at == Bench::none) return false;
  const auto endian = endian_of(bench);
  const bool with_vr = child(bench.node(at), "vr") != nullptr;
  const auto& one = bench.chance.of(templates);
  Bytes out;
  store(out, one.group, endian);
  store(out, one.element, endian);
  const bool long_form = one.vr == "OW" || one.vr == "OB" || one.vr == "SQ" || one.vr == "OV";
  if (with_vr) append(out, one.vr);
  if (with_vr && long_form) store(out, std::uint16_t{0}, endian);
  if (with_vr && !long_form) {
    store(out, static_cast<std::uint16_t>(one.value.size()), endian);
  } else {
    store(out, static_cast<std::uint32_t>(one.value.size()), endian);
  }
  append(out, one.value);
  return bench.apply(Operation::insert, bench.places()[at].up, std::move(out),
                     bench.places()[at].index + bench.chance.below(2));
}

bool is_fragment(const Bench& bench, const Place& place) {
  return place.node->name == "item" && bench.places()[place.up].node->name == "(7FE0,0010)";
}

/// Fragments split, emptied and added; the offset table in front of them stays as it was.
bool fragment(Bench& bench) {
  const auto at = bench.pick([&](const Place& p) { return is_fragment(bench, p); });
  if (at == Bench::none) return false;
  const auto up = bench.places()[at].up;
  const auto index = bench.places()[at].index;
  constexpr std::array<std::string_view, 4> pieces{
      "\xfe\xff\x00\xe0\x00\x00\x00\x00"sv, "\xfe\xff\x00\xe0\x02\x00\x00\x00\x01\x00"sv,
      "\xfe\xff\x00\xe0\xff\xff\xff\xff"sv, "\xfe\xff\x00\xe0\x04\x00\x00\x00\x00\x00\x00\x00"sv};
  switch (bench.chance.below(3)) {
    case 0: return bench.apply(Operation::insert, up, to_bytes(bench.chance.of(pieces)), index + bench.chance.below(2));
    case 1: {
      auto raw = bench.child(at, "raw");
      if (raw == Bench::none) raw = bench.child(at, "value");
      return raw != Bench::none &&
             bench.apply_number(Operation::truncate, raw, static_cast<std::int64_t>(bench.chance.below(8)));
    }
    default: return bench.apply(Operation::erase, at);
  }
}

}  // namespace

std::span<const Mutator> image_mutators() {
  static constexpr std::array all{
      Mutator{"dimension", 7, dimension},
      Mutator{"two-dimensions", 2, two_dimensions},
      Mutator{"insert-element", 4, insert_element},
      Mutator{"fragment", 4, fragment},
  };
  return all;
}

}  // namespace assay::fuzz
