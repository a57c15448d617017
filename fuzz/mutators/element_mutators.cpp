// Mutators of Data Elements: tags, Value Representations, private creators, character sets, group lengths, pointers.
#include <array>

#include "fuzz/mutators/bench.hpp"
#include "fuzz/mutators/words.hpp"

namespace assay::fuzz {
namespace {

using layout::Operation;

bool is_element_place(const Place& place) { return is_element(*place.node); }

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
  const auto at = bench.pick([](const Place& p) { return p.node->name == "tag"; });
  if (at == Bench::none) return false;
  const auto endian = bench.node(at).endian;
  if (bench.chance.one_in(2)) {
    const auto& known = bench.chance.of(known_tags);
    return bench.apply(Operation::set, at, tag_bytes(known.group, known.element, endian));
  }
  auto bytes = bench.node(at).bytes;
  if (bytes.size() != 4) return false;
  const auto element =
      static_cast<std::uint16_t>(load<std::uint16_t>(bytes.data() + 2, endian) + (bench.chance.one_in(2) ? 1 : -1));
  const auto group = static_cast<std::uint16_t>(load<std::uint16_t>(bytes.data(), endian) + bench.chance.below(3));
  return bench.apply(Operation::set, at, tag_bytes(group, element, endian));
}

/// Only the two letters, so that the form of the length may no longer fit.
bool vr_letters(Bench& bench) {
  const auto at = bench.pick([](const Place& p) { return p.node->name == "vr"; });
  if (at == Bench::none) return false;
  if (bench.chance.one_in(8))
    return bench.apply(Operation::set, at, bench.chance.one_in(2) ? Bytes{'Z', 'Z'} : Bytes{0, 0});
  return bench.apply(Operation::set, at, to_bytes(bench.chance.of(vrs)));
}

/// The element anew with another VR in the right form, its value fitted or not: UL for US, a string for a sequence.
bool vr_whole(Bench& bench) {
  const auto at = bench.pick([](const Place& p) { return is_element(*p.node) && child(*p.node, "vr") != nullptr; });
  if (at == Bench::none) return false;
  const auto& node = bench.node(at);
  const auto* tag_field = child(node, "tag");
  const auto* old_vr = child(node, "vr");
  if (tag_field == nullptr || old_vr == nullptr) return false;
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
  std::string_view vr = bench.chance.of(vrs);
  for (const auto& [from, to] : pairs) {
    if (as_text(old_vr->bytes) == from && bench.chance.one_in(2)) vr = to;
  }
  Bytes value;
  for (const auto& one : node.children) {
    if (one.name != "tag" && one.name != "vr" && one.name != "reserved" && one.part != layout::Part::length) {
      append(value, ByteView(layout::serialise(one)));
    }
  }
  const auto endian = tag_field->endian;
  if (as_text(old_vr->bytes) == "US" && vr == "UL" && value.size() == 2) {
    value.insert(endian == Endian::little ? value.end() : value.begin(), {0, 0});
  }
  const bool long_form = has_long_length(vr);
  if (!long_form && value.size() > 0xFFFF) return false;
  Bytes out = tag_field->bytes;
  append(out, vr);
  if (long_form) {
    store(out, std::uint16_t{0}, endian);
    store(out, static_cast<std::uint32_t>(value.size()), endian);
  } else {
    store(out, static_cast<std::uint16_t>(value.size()), endian);
  }
  append(out, ByteView(value));
  const auto up = bench.places()[at].up;
  const auto index = bench.places()[at].index;
  return bench.apply(Operation::erase, at) && bench.apply(Operation::insert, up, std::move(out), index);
}

/// The creator of a private block, its byte of the block, and elements of blocks that nobody reserved (PS3.5 7.8.1).
bool private_block(Bench& bench) {
  const auto at = bench.pick(is_element_place);
  if (at == Bench::none) return false;
  const auto* tag_field = child(bench.node(at), "tag");
  const bool with_vr = child(bench.node(at), "vr") != nullptr;
  if (tag_field == nullptr) return false;
  const auto endian = tag_field->endian;
  constexpr std::array<std::uint16_t, 6> elements{0x0010, 0x0011, 0x00FF, 0x1001, 0x10FF, 0xFF01};
  constexpr std::array<std::string_view, 6> creators{"ASSAY", "\x80\x81", "\xff", "", "SIEMENS CSA HEADER", "A\\B "};
  const auto element = bench.chance.of(elements);
  const auto value = element < 0x0100 ? bench.chance.of(creators) : std::string_view("12345678");
  Bytes out = tag_bytes(static_cast<std::uint16_t>(0x0009 + 2 * bench.chance.below(4)), element, endian);
  if (with_vr) {
    append(out, element < 0x0100 ? "LO" : "UN");
    if (element >= 0x0100) store(out, std::uint16_t{0}, endian);
  }
  if (with_vr && element < 0x0100) {
    store(out, static_cast<std::uint16_t>(value.size()), endian);
  } else {
    store(out, static_cast<std::uint32_t>(value.size()), endian);
  }
  append(out, value);
  return bench.apply(Operation::insert, bench.places()[at].up, std::move(out), bench.places()[at].index);
}

/// Specific Character Set (0008,0005), or an escape sequence within a value (PS3.5 6.1.2.5).
bool character_set(Bench& bench) {
  if (bench.chance.one_in(2)) {
    const auto at = bench.pick([](const Place& p) { return p.node->name == "(0008,0005)"; });
    if (at == Bench::none) return false;
    const auto value = bench.child(at, "value");
    auto bytes = to_bytes(bench.chance.of(character_sets));
    if (bytes.size() % 2 != 0) bytes.push_back(' ');
    return value != Bench::none && bench.apply(Operation::set, value, std::move(bytes));
  }
  const auto at = bench.pick(
      [](const Place& p) { return p.node->name == "value" && !p.node->bytes.empty() && p.node->bytes.size() < 256; });
  if (at == Bench::none) return false;
  const auto where =
      bench.chance.one_in(2) ? bench.node(at).bytes.size() : bench.chance.below(bench.node(at).bytes.size());
  return bench.apply(Operation::insert, at, to_bytes(bench.chance.of(escapes)), where);
}

/// A pointer of a DICOMDIR record (PS3.3 F.3) to an item of this file, itself among them, or a little beside.
bool record_pointer(Bench& bench) {
  const auto at = bench.pick([](const Place& p) {
    return p.node->name == "(0004,1400)" || p.node->name == "(0004,1420)" || p.node->name == "(0004,1200)" ||
           p.node->name == "(0004,1202)";
  });
  const auto item = bench.pick([](const Place& p) { return p.node->name == "item"; });
  if (at == Bench::none || item == Bench::none) return false;
  const auto value = bench.child(at, "value");
  if (value == Bench::none || !is_number(bench.places()[value])) return false;
  std::size_t offset = 0;  // of the item: all that stands before it in every block around it, with their own headers
  for (auto here = item; here != 0; here = bench.places()[here].up) {
    const auto& siblings = bench.parent(here).children;
    for (std::size_t i = 0; i < bench.places()[here].index; ++i) offset += layout::serialise(siblings[i]).size();
  }
  const auto beside = bench.chance.one_in(4) ? static_cast<std::int64_t>(bench.chance.below(17)) - 8 : 0;
  return bench.apply_number(Operation::set, value, static_cast<std::int64_t>(offset) + beside);
}

}  // namespace

std::span<const Mutator> element_mutators() {
  static constexpr std::array all{
      Mutator{"tag", 5, tag},
      Mutator{"vr-letters", 5, vr_letters},
      Mutator{"vr-whole", 6, vr_whole},
      Mutator{"private-block", 2, private_block},
      Mutator{"character-set", 3, character_set},
      Mutator{"record-pointer", 5, record_pointer},
  };
  return all;
}

}  // namespace assay::fuzz
