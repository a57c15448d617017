// Mutators of any tree: parts taken out, repeated, moved, exchanged, copied from elsewhere, cut and nested.
#include <algorithm>
#include <array>

#include "fuzz/mutators/bench.hpp"

namespace assay::fuzz {
namespace {

using layout::Node;
using layout::Operation;

bool is_unit(const Place& place) { return place.node->part == layout::Part::block && place.depth > 0; }

bool erase(Bench& bench) {
  const bool whole = !bench.chance.one_in(4);
  const auto at = bench.pick([&](const Place& p) { return whole ? is_unit(p) : p.depth > 0; });
  return at != Bench::none && bench.apply(Operation::erase, at);
}

bool duplicate(Bench& bench) {
  const auto at = bench.pick(is_unit);
  if (at == Bench::none) return false;
  const auto size = layout::serialise(bench.node(at)).size();
  if (size > bench.room) return false;
  const std::size_t most = std::min<std::size_t>(bench.room / std::max<std::size_t>(size, 1), 600);
  const std::size_t times = bench.chance.one_in(4) ? 1 + bench.chance.below(most) : 1;
  if (times == 1) return bench.apply(Operation::duplicate, at);
  Bytes copies;
  const auto one = layout::serialise(bench.node(at));
  for (std::size_t i = 0; i < times; ++i) append(copies, ByteView(one));
  return bench.apply(Operation::insert, bench.places()[at].up, std::move(copies), bench.places()[at].index + 1);
}

bool move(Bench& bench) {
  const auto at =
      bench.pick([&](const Place& p) { return is_unit(p) && bench.places()[p.up].node->children.size() > 1; });
  if (at == Bench::none) return false;
  const auto siblings = bench.parent(at).children.size();
  const auto to = bench.chance.below(siblings);
  return to != bench.places()[at].index && bench.apply(Operation::move, at, {}, to);
}

/// Copies a block behind another of this input: an item into another item, a PDU to another time.
bool copy_elsewhere(Bench& bench) {
  const auto from = bench.pick(is_unit);
  if (from == Bench::none) return false;
  auto bytes = layout::serialise(bench.node(from));
  if (bytes.size() > bench.room) return false;
  const bool alike = bench.chance.one_in(2);
  const auto& name = bench.node(from).name;
  const auto to = bench.pick([&](const Place& p) { return is_unit(p) && (!alike || p.node->name == name); });
  return to != Bench::none && bench.apply(Operation::insert, bench.places()[to].up, std::move(bytes),
                                          bench.places()[to].index + bench.chance.below(2));
}

/// The value of one field in the place of another: two UIDs become one, a context ID that of its neighbour.
bool equalise(Bench& bench) {
  const auto from = bench.pick(is_leaf);
  if (from == Bench::none) return false;
  const auto& source = bench.node(from);
  const bool named = bench.chance.one_in(2);
  const auto to = bench.pick([&](const Place& p) {
    return is_leaf(p) && p.node != &source && p.node->bytes != source.bytes &&
           (named ? p.node->name == source.name : p.node->bytes.size() == source.bytes.size());
  });
  return to != Bench::none && bench.apply(Operation::set, to, source.bytes);
}

bool cut(Bench& bench) {
  const auto at = bench.pick([](const Place& p) { return p.node->part != layout::Part::length; });
  if (at == Bench::none) return false;
  const auto size = layout::serialise(bench.node(at)).size();
  const auto keep = bench.chance.one_in(3) && size > 0 ? size - 1 : bench.chance.below(size);
  return size > 0 && bench.apply_number(Operation::truncate, at, static_cast<std::int64_t>(keep));
}

/// Everything from some part on goes, and the lengths around still count it.
bool end_early(Bench& bench) {
  const auto at = bench.pick(is_unit);
  if (at == Bench::none) return false;
  const auto whole = assemble(bench.root());
  // Where the part ends: what stands behind it in every block around it is behind the end.
  std::size_t end = whole.size();
  for (auto here = at; here != 0; here = bench.places()[here].up) {
    const auto& siblings = bench.parent(here).children;
    for (std::size_t i = bench.places()[here].index + 1; i < siblings.size(); ++i) {
      end -= std::min(end, layout::serialise(siblings[i]).size());
    }
  }
  if (end >= whole.size()) {
    const auto own = layout::serialise(bench.node(at)).size();
    end = whole.size() - (own > 0 ? 1 + bench.chance.below(own) : 0);
  }
  return end < whole.size() && bench.apply_number(Operation::truncate, 0, static_cast<std::int64_t>(end));
}

/// Items in items in items, as many as there is room for or a number that limits are set at.
bool nest(Bench& bench) {
  const auto at = bench.pick([](const Place& p) { return is_element(*p.node) || p.node->name == "item"; });
  if (at == Bench::none) return false;
  const bool in_item = bench.node(at).name == "item";
  const auto endian = endian_of(bench);
  const bool with_vr = child(bench.node(in_item ? bench.places()[at].up : at), "vr") != nullptr;
  Bytes one;
  store(one, std::uint16_t{0x0040}, endian);
  store(one, std::uint16_t{0xA730}, endian);
  if (with_vr) append(one, std::string_view("SQ\0\0", 4));
  store(one, std::uint32_t{0xFFFFFFFF}, endian);
  store(one, std::uint16_t{0xFFFE}, endian);
  store(one, std::uint16_t{0xE000}, endian);
  store(one, std::uint32_t{0xFFFFFFFF}, endian);
  constexpr std::array<std::size_t, 8> depths{2, 17, 33, 65, 129, 257, 1025, 100'000};
  const auto times = std::min(bench.chance.of(depths), bench.room / one.size());
  if (times == 0) return false;
  Bytes opened;
  for (std::size_t i = 0; i < times; ++i) append(opened, ByteView(one));
  const auto up = in_item ? at : bench.places()[at].up;
  const auto where = in_item ? bench.node(at).children.size() : bench.places()[at].index;
  return bench.apply(Operation::insert, up, std::move(opened), where);
}

}  // namespace

std::span<const Mutator> tree_mutators() {
  static constexpr std::array all{
      Mutator{"erase", 6, erase},         Mutator{"duplicate", 6, duplicate},
      Mutator{"move", 4, move},           Mutator{"copy-elsewhere", 6, copy_elsewhere},
      Mutator{"equalise", 5, equalise},   Mutator{"cut", 5, cut},
      Mutator{"end-early", 4, end_early}, Mutator{"nest", 2, nest},
  };
  return all;
}

}  // namespace assay::fuzz
