// Mutators of lengths: lies of every kind, undefined lengths, delimiters.
#include <array>

#include "fuzz/mutators/bench.hpp"
#include "fuzz/mutators/words.hpp"

namespace assay::fuzz {
namespace {

bool length_lie(Bench& bench) {
  const auto at = bench.pick(is_length);
  if (at == Bench::none) return false;
  // As many as 16 below the largest: with what stands in front added, it wraps.
  if (bench.chance.one_in(4)) return bench.set_number(at, std::uint64_t{0} - 1 - bench.chance.below(16));
  return bench.set_number(at, bench.chance.of(length_lies));
}

bool length_off(Bench& bench) {
  constexpr std::array<std::int64_t, 14> steps{-16, -8, -6, -4, -3, -2, -1, 1, 2, 3, 4, 6, 8, 256};
  const auto at = bench.pick(is_length);
  return at != Bench::none && bench.add_number(at, bench.chance.of(steps));
}

/// As long as what stands around it and a little more or less: ends in another level.
bool length_of_parent(Bench& bench) {
  const auto at = bench.pick([](const Part& p) { return is_length(p) && p.depth > 1; });
  if (at == Bench::none) return false;
  std::size_t up = bench.part(at).up;
  for (auto levels = bench.chance.below(3); levels > 0 && up != 0; --levels) up = bench.part(up).up;
  return bench.set_number(at, size_of(bench.part(up)) + bench.chance.below(9) - 4);
}

/// An explicit length becomes undefined, with or without the delimiter; an undefined one becomes explicit.
bool length_form(Bench& bench) {
  const auto at =
      bench.pick([](const Part& p) { return is_length(p) && size_of(p) == 4 && p.endian == Endian::little; });
  if (at == Bench::none) return false;
  const std::size_t up = bench.part(at).up;
  if (bench.number(at) == 0xFFFFFFFF) {
    const auto size = bench.block_of(at).end - bench.part(at).end;
    return bench.set_number(at, size > 8 ? size - 8 : 0);
  }
  if (bench.chance.one_in(2)) {
    const bool item = bench.part(up).name == "item";
    const Bytes end{0xFE, 0xFF, static_cast<std::uint8_t>(item ? 0x0D : 0xDD), 0xE0, 0, 0, 0, 0};
    bench.append(up, end);
  }
  return bench.set_number(at, 0xFFFFFFFF);
}

bool delimiter(Bench& bench) {
  const auto at = bench.pick([](const Part& p) { return p.name == "delimiter"; });
  if (at == Bench::none) return false;
  if (bench.chance.one_in(3)) return bench.erase(at);
  const auto length = bench.child(at, "length");
  return length != Bench::none && bench.set_number(length, bench.chance.of(numbers));
}

}  // namespace

std::span<const Mutator> length_mutators() {
  static constexpr std::array all{
      Mutator{"length-lie", 8, length_lie},
      Mutator{"length-off", 8, length_off},
      Mutator{"length-of-parent", 3, length_of_parent},
      Mutator{"length-form", 4, length_form},
      Mutator{"delimiter", 3, delimiter},
  };
  return all;
}

}  // namespace assay::fuzz
