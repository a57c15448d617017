// Mutators of Data Elements: tags, Value Representations, private creators, character sets, group lengths, pointers.
#include <array>
#include <string>
#include <utility>

#include "fuzz/mutators/bench.hpp"
#include "fuzz/mutators/words.hpp"

namespace assay::fuzz {
namespace {

Bytes tag_bytes(std::uint16_t group, std::uint16_t element, Endian endian) {
  Bytes out;
  store(out, group, endian);
  store(out, element, endian);
  return out;
}

struct KnownTag {
  std::uint16_t group;
  std::uint16_t element;
};

constexpr std::array known_tags{
    KnownTag{0x0000, 0x0000}, KnownTag{0x0002, 0x0010}, KnownTag{0x0004, 0x1200}, KnownTag{0x0004, 0x1400},
    KnownTag{0x0004, 0x1420}, KnownTag{0x0004, 0x1500}, KnownTag{0x0008, 0x0005}, KnownTag{0x0008, 0x0016},
    KnownTag{0x0008, 0x0018}, KnownTag{0x0008, 0x1140}, KnownTag{0x0009, 0x0010}, KnownTag{0x0009, 0x1001},
    KnownTag{0x0010, 0x0010}, KnownTag{0x0028, 0x0008}, KnownTag{0x0028, 0x0010}, KnownTag{0x0028, 0x1101},
    KnownTag{0x0028, 0x1201}, KnownTag{0x0028, 0x3006}, KnownTag{0x5000, 0x3000}, KnownTag{0x6000, 0x0010},
    KnownTag{0x6000, 0x3000}, KnownTag{0x6002, 0x3000}, KnownTag{0x7FE0, 0x0001}, KnownTag{0x7FE0, 0x0010},
    KnownTag{0xFFFA, 0xFFFA}, KnownTag{0xFFFC, 0xFFFC}, KnownTag{0xFFFE, 0xE000}, KnownTag{0xFFFE, 0xE00D},
    KnownTag{0xFFFE, 0xE0DD}, KnownTag{0xFFFF, 0xFFFF}};

bool tag(Bench& bench) {
  const auto at = bench.pick([](const Part& p) { return p.name == "tag" && size_of(p) == 4; });
  if (at == Bench::none) return false;
  const auto endian = bench.part(at).endian;
  if (bench.chance.one_in(2)) {
    const auto& known = bench.chance.of(known_tags);
    return bench.set(at, tag_bytes(known.group, known.element, endian));
  }
  const auto* bytes = bench.bytes(at).data();
  const auto element =
      static_cast<std::uint16_t>(load<std::uint16_t>(bytes + 2, endian) + (bench.chance.one_in(2) ? 1 : -1));
  const auto group = static_cast<std::uint16_t>(load<std::uint16_t>(bytes, endian) + bench.chance.below(3));
  return bench.set(at, tag_bytes(group, element, endian));
}

/// Only the two letters, so that the form of the length may no longer fit.
bool vr_letters(Bench& bench) {
  const auto at = bench.pick([](const Part& p) { return p.name == "vr"; });
  if (at == Bench::none) return false;
  constexpr std::array<std::string_view, 3> none{"ZZ", std::string_view("\0\0", 2), "  "};
  return bench.set(at, as_bytes(bench.chance.one_in(8) ? bench.chance.of(none) : bench.chance.of(vrs)));
}

/// The element anew with another VR in the right form, its value fitted or not: UL for US, a string for a sequence.
bool vr_whole(Bench& bench) {
  const auto vr_at = bench.pick([](const Part& p) { return p.name == "vr"; });
  if (vr_at == Bench::none) return false;
  const std::size_t at = bench.part(vr_at).up;
  const auto length_at = bench.child(at, "length");
  if (length_at == Bench::none) return false;
  const std::string old_vr(as_text(bench.bytes(vr_at)));
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> pairs{{{"US", "UL"},
                                                                                 {"UL", "US"},
                                                                                 {"US", "SS"},
                                                                                 {"US", "OW"},
                                                                                 {"OW", "US"},
                                                                                 {"OW", "OB"},
                                                                                 {"OB", "OW"},
                                                                                 {"SQ", "LO"},
                                                                                 {"LO", "SQ"},
                                                                                 {"UI", "SQ"},
                                                                                 {"PN", "SQ"},
                                                                                 {"SQ", "UN"},
                                                                                 {"AT", "US"},
                                                                                 {"IS", "US"}}};
  auto vr = bench.chance.of(vrs);
  for (const auto& [from, to] : pairs) {
    if (old_vr == from && bench.chance.one_in(2)) vr = to;
  }
  const auto& part = bench.part(at);
  auto value = to_bytes(bench.whole().subspan(bench.part(length_at).end, part.end - bench.part(length_at).end));
  const auto endian = bench.endian();
  if (old_vr == "US" && vr == "UL" && value.size() == 2) {
    constexpr std::array<std::uint16_t, 3> high_words{0, 1, 0xFFFF};
    Bytes high;
    store(high, bench.chance.of(high_words), endian);
    value.insert(endian == Endian::little ? value.end() : value.begin(), high.begin(), high.end());
  }
  if (!has_long_length(vr) && value.size() > 0xFFFF) return false;
  Bytes out = to_bytes(bench.whole().subspan(part.begin, 4));
  put_header(out, true, vr, value.size(), endian);
  append(out, ByteView(value));
  return bench.set(at, out);
}

/// All elements of one group side by side in another: repeating groups beyond their range (PS3.5 7.6), private ones
/// apart from their creator, a group that is read by its number.
bool regroup(Bench& bench) {
  const auto at = bench.pick(is_element);
  if (at == Bench::none) return false;
  const auto old = bench.part(at).tag >> 16U;
  const auto up = bench.part(at).up;
  const auto endian = bench.endian();
  constexpr std::array<std::uint16_t, 8> steps{1, 2, 2, 0x10, 0x1E, 0x20, 0x80, 0xFE};
  const auto group = static_cast<std::uint16_t>(old + bench.chance.of(steps));
  bool done = false;
  for (std::size_t i = up + 1; i < bench.parts().size() && bench.part(i).begin < bench.part(up).end; ++i) {
    if (bench.part(i).up != up || !is_element(bench.part(i)) || bench.part(i).tag >> 16U != old) continue;
    const auto tag_at = bench.child(i, "tag");
    if (tag_at == Bench::none || tag_at != i + 1) continue;
    const auto element = static_cast<std::uint16_t>(bench.part(i).tag);
    done = bench.set(tag_at, tag_bytes(group, element, endian)) || done;
  }
  return done;
}

/// The creator of a private block, its byte of the block, and elements of blocks that nobody reserved (PS3.5 7.8.1).
bool private_block(Bench& bench) {
  const auto at = bench.pick(is_element);
  if (at == Bench::none) return false;
  const auto endian = bench.endian();
  constexpr std::array<std::uint16_t, 7> elements{0x0010, 0x0011, 0x0080, 0x00FF, 0x1001, 0x10FF, 0xFF01};
  constexpr std::array<std::string_view, 6> creators{"ASSAY ", "\x80\x81", "\xff ", "", "SIEMENS CSA HEADER", "A\\B "};
  const auto element = bench.chance.of(elements);
  const auto value = element < 0x0100 ? bench.chance.of(creators) : std::string_view("12345678");
  auto out = tag_bytes(static_cast<std::uint16_t>(0x0009 + 2 * bench.chance.below(4)), element, endian);
  put_header(out, bench.child(at, "vr") != Bench::none, element < 0x0100 ? "LO" : "UN", value.size(), endian);
  append(out, value);
  return bench.insert_before(at, out);
}

/// Specific Character Set (0008,0005), or an escape sequence within a value (PS3.5 6.1.2.5).
bool character_set(Bench& bench) {
  if (bench.chance.one_in(2)) {
    const auto at = bench.pick([](const Part& p) { return p.tag == 0x00080005; });
    const auto value = at == Bench::none ? Bench::none : bench.child(at, "value");
    if (value == Bench::none) return false;
    auto bytes = to_bytes(bench.chance.of(character_sets));
    if (bytes.size() % 2 != 0) bytes.push_back(' ');
    return bench.set(value, bytes);
  }
  const auto at = bench.pick([](const Part& p) { return p.name == "value" && size_of(p) > 0 && size_of(p) < 256; });
  if (at == Bench::none) return false;
  const auto size = size_of(bench.part(at));
  const auto escape = bench.chance.of(escapes);
  // At the end of a text it may end with it, in whole or in part.
  if (bench.chance.one_in(2)) {
    return bench.insert_into(at, size, as_bytes(escape.substr(0, 1 + bench.chance.below(escape.size()))));
  }
  return bench.insert_into(at, bench.chance.below(size), as_bytes(escape));
}

/// A pointer of a DICOMDIR record (PS3.3 F.3) to an item of this file, itself among them, or a little beside.
bool record_pointer(Bench& bench) {
  const auto at = bench.pick([](const Part& p) {
    return p.tag == 0x00041400 || p.tag == 0x00041420 || p.tag == 0x00041200 || p.tag == 0x00041202;
  });
  const auto item = bench.pick([](const Part& p) { return p.name == "item"; });
  const auto value = at == Bench::none ? Bench::none : bench.child(at, "value");
  if (value == Bench::none || item == Bench::none || !is_number(bench.part(value))) return false;
  const std::uint64_t beside = bench.chance.one_in(4) ? bench.chance.below(17) - 8 : 0;
  return bench.set_number(value, bench.part(item).begin + beside);
}

}  // namespace

std::span<const Mutator> element_mutators() {
  static constexpr std::array all{
      Mutator{"tag", 5, tag},
      Mutator{"vr-letters", 5, vr_letters},
      Mutator{"vr-whole", 8, vr_whole},
      Mutator{"regroup", 4, regroup},
      Mutator{"private-block", 2, private_block},
      Mutator{"character-set", 3, character_set},
      Mutator{"record-pointer", 5, record_pointer},
  };
  return all;
}

}  // namespace assay::fuzz
