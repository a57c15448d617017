// Mutators of any input: parts taken out, repeated, moved, made equal, copied from elsewhere, cut and nested.
#include <algorithm>
#include <array>

#include "fuzz/mutators/bench.hpp"

namespace assay::fuzz {
namespace {

/// One part, or a run of blocks side by side.
bool erase(Bench& bench) {
  if (bench.chance.one_in(4)) return erase_run(bench);
  const bool whole = !bench.chance.one_in(4);
  const auto at = bench.pick([&](const Part& p) { return whole ? is_block(p) : size_of(p) > 0; });
  return at != Bench::none && bench.erase(at);
}

bool duplicate(Bench& bench) {
  const auto at = bench.pick(is_block);
  if (at == Bench::none) return false;
  const auto one = to_bytes(bench.bytes(at));
  if (one.empty() || one.size() > bench.room) return false;
  std::size_t times = 1;
  // More than limits of 128, 256 or 512 allow only now and then: what is that long is slow.
  const auto room = bench.chance.one_in(16) ? bench.whole_room : bench.room;
  if (bench.chance.one_in(4)) times += bench.chance.below(std::min<std::size_t>(room / one.size(), 600));
  Bytes copies;
  copies.reserve(times * one.size());
  for (std::size_t i = 0; i < times; ++i) append(copies, ByteView(one));
  return bench.insert_after(at, copies);
}

/// Before or behind another part of its block.
bool move(Bench& bench) {
  const auto at = bench.pick(is_block);
  if (at == Bench::none) return false;
  const auto up = bench.part(at).up;
  const auto to =
      bench.pick([&](const Part& p) { return is_block(p) && p.up == up && p.begin != bench.part(at).begin; });
  if (to == Bench::none) return false;
  const auto bytes = to_bytes(bench.bytes(at));
  if (to < at) return bench.erase(at) && bench.insert_before(to, bytes);
  return bench.insert_after(to, bytes) && bench.erase(at);
}

/// Copies a block behind or before another of this input: an item into another sequence, a PDU to another time.
bool copy_elsewhere(Bench& bench) {
  const auto from = bench.pick(is_block);
  if (from == Bench::none || size_of(bench.part(from)) > bench.room) return false;
  const auto bytes = to_bytes(bench.bytes(from));
  const bool alike = bench.chance.one_in(2);
  const auto name = bench.part(from).name;
  const auto to = bench.pick([&](const Part& p) { return is_block(p) && (!alike || p.name == name); });
  if (to == Bench::none) return false;
  return bench.chance.one_in(2) ? bench.insert_before(to, bytes) : bench.insert_after(to, bytes);
}

/// The value of one field in the place of another: two UIDs become one, a context ID that of its neighbour.
bool equalise(Bench& bench) {
  const auto from = bench.pick(is_leaf);
  if (from == Bench::none) return false;
  const auto source = bench.part(from);
  const bool named = bench.chance.one_in(2);
  const auto to = bench.pick([&](const Part& p) {
    return is_leaf(p) && p.begin != source.begin && (named ? p.name == source.name : size_of(p) == size_of(source));
  });
  if (to == Bench::none) return false;
  const auto value = to_bytes(bench.bytes(source));
  return !std::ranges::equal(bench.bytes(to), value) && bench.set(to, value);
}

/// A part is shorter, and the lengths around it know.
bool cut(Bench& bench) {
  const bool value = bench.chance.one_in(2);
  const auto at = bench.pick([&](const Part& p) { return (value ? is_value(p) : !is_length(p)) && size_of(p) > 0; });
  if (at == Bench::none) return false;
  const auto size = size_of(bench.part(at));
  return bench.truncate(at, bench.chance.one_in(3) ? size - 1 : bench.chance.below(size));
}

/// Nothing more behind some part, in its block or in those around as well; unlike the next one, all lengths know.
bool end_block(Bench& bench) {
  auto at = bench.pick([](const Part& p) { return p.depth > 1; });
  if (at == Bench::none) return false;
  bool done = false;
  for (auto levels = 1 + bench.chance.below(bench.part(at).depth); levels > 0; --levels) {
    const auto up = bench.part(at).up;
    const auto end = bench.part(at).end;
    done = bench.drop_behind(up, end) || done;
    at = up;
  }
  return done;
}

/// The whole ends with some part or within it, and the lengths around still count the rest.
bool end_early(Bench& bench) {
  const auto at = bench.pick([](const Part& p) { return size_of(p) > 0; });
  if (at == Bench::none) return false;
  const auto& part = bench.part(at);
  return bench.end_at(bench.chance.one_in(2) ? part.end : part.begin + 1 + bench.chance.below(size_of(part)));
}

/// Sequences in items in sequences, as many as there is room for or a number that limits are set at.
bool nest(Bench& bench) {
  const auto at = bench.pick([](const Part& p) { return is_element(p) || p.name == "item"; });
  if (at == Bench::none) return false;
  const auto endian = bench.endian();
  Bytes one;
  store(one, std::uint16_t{0x0040}, endian);
  store(one, std::uint16_t{0xA730}, endian);
  const bool with_vr = std::ranges::any_of(bench.parts(), [](const Part& p) { return p.name == "vr"; });
  if (with_vr) append(one, std::string_view("SQ\0\0", 4));
  store(one, std::uint32_t{0xFFFFFFFF}, endian);
  store(one, std::uint16_t{0xFFFE}, endian);
  store(one, std::uint16_t{0xE000}, endian);
  store(one, std::uint32_t{0xFFFFFFFF}, endian);
  constexpr std::array<std::size_t, 6> depths{2, 17, 33, 65, 129, 257};
  const bool all = bench.chance.one_in(8);
  const auto times = all ? bench.whole_room / one.size() : std::min(bench.chance.of(depths), bench.room / one.size());
  Bytes opened;
  opened.reserve(times * one.size());
  for (std::size_t i = 0; i < times; ++i) append(opened, ByteView(one));
  return bench.part(at).name == "item" ? bench.append(at, opened) : bench.insert_before(at, opened);
}

}  // namespace

bool erase_run(Bench& bench) {
  const auto from = bench.pick(is_block);
  if (from == Bench::none) return false;
  const auto up = bench.part(from).up;
  const auto to = bench.pick([&](const Part& p) { return is_block(p) && p.up == up; });
  return bench.erase_run(std::min(from, to), std::max(from, to));
}

std::span<const Mutator> tree_mutators() {
  static constexpr std::array all{
      Mutator{"erase", 6, erase},         Mutator{"duplicate", 6, duplicate},
      Mutator{"move", 4, move},           Mutator{"copy-elsewhere", 5, copy_elsewhere},
      Mutator{"equalise", 5, equalise},   Mutator{"cut", 5, cut},
      Mutator{"end-block", 5, end_block}, Mutator{"end-early", 4, end_early},
      Mutator{"nest", 3, nest},
  };
  return all;
}

}  // namespace assay::fuzz
