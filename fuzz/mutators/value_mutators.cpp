// Mutators of single fields: numbers, texts, bits, and the engine's own mutation of one value.
#include <algorithm>
#include <array>

#include "fuzz/mutators/bench.hpp"
#include "fuzz/mutators/words.hpp"

namespace assay::fuzz {
namespace {

bool is_value(const Part& place) {
  const auto name = place.name;
  return place.kind == layout::Part::field && (name == "value" || name == "raw" || name == "name" || name == "uid" ||
                                               name == "called-ae-title" || name == "calling-ae-title");
}

bool number(Bench& bench) {
  const auto at = bench.pick(is_number);
  return at != Bench::none && bench.set_number(at, bench.chance.of(numbers));
}

bool number_off(Bench& bench) {
  constexpr std::array<std::int64_t, 10> steps{-16, -8, -2, -1, 1, 2, 8, 16, 0x80, 0x8000};
  const auto at = bench.pick(is_number);
  return at != Bench::none && bench.add_number(at, bench.chance.of(steps));
}

bool flip(Bench& bench) {
  const auto at = bench.pick(is_leaf);
  if (at == Bench::none) return false;
  return bench.xor_byte(at, bench.chance.below(size_of(bench.part(at))),
                        static_cast<std::uint8_t>(1U << bench.chance.below(8)));
}

/// A number inside a longer value: palettes, offset tables, headers of compressed frames.
bool number_inside(Bench& bench) {
  const auto at = bench.pick([](const Part& p) { return is_value(p) && size_of(p) >= 4; });
  if (at == Bench::none) return false;
  auto bytes = to_bytes(bench.bytes(at));
  const std::size_t width = bench.chance.one_in(2) ? 2 : 4;
  const std::size_t slots = std::min<std::size_t>(bytes.size() / width, 20);
  const auto slot = bench.chance.below(slots) * width;
  auto value = bench.chance.of(numbers);
  if (bench.chance.one_in(2))
    value = load<std::uint16_t>(bytes.data() + slot, Endian::little) + (bench.chance.one_in(2) ? 1U : ~0U);
  for (std::size_t i = 0; i < width; ++i) bytes[slot + i] = static_cast<std::uint8_t>(value >> (8 * i));
  return bench.set(at, bytes);
}

bool text(Bench& bench) {
  const auto at = bench.pick(is_value);
  if (at == Bench::none) return false;
  auto bytes = to_bytes(bench.chance.of(texts));
  if (bytes.size() % 2 != 0 && !bench.chance.one_in(4)) bytes.push_back(' ');
  if (bench.part(at).name.ends_with("title")) bytes.resize(16, ' ');
  return bench.set(at, bytes);
}

/// Far more than the 16, 64 or 1024 characters that a VR may have, or just one more.
bool long_text(Bench& bench) {
  constexpr std::array<std::size_t, 12> sizes{17, 18, 63, 64, 65, 66, 128, 256, 258, 1024, 1026, 65'534};
  const auto at = bench.pick(is_value);
  if (at == Bench::none) return false;
  const auto size = std::min(bench.chance.of(sizes), bench.room);
  return size > 0 && bench.set(at, Bytes(size, bench.chance.one_in(2) ? '1' : 'A'));
}

bool uid(Bench& bench) {
  const auto at = bench.pick([&](const Part& p) {
    if (!is_value(p) || size_of(p) < 4) return false;
    const auto first = bench.bytes(p)[0];
    return first >= '0' && first <= '2';
  });
  if (at == Bench::none) return false;
  auto bytes = to_bytes(bench.chance.of(uids));
  if (bench.part(at).name == "value" && bytes.size() % 2 != 0) bytes.push_back(0);
  return bench.set(at, bytes);
}

bool empty(Bench& bench) {
  const auto at = bench.pick(is_value);
  return at != Bench::none && size_of(bench.part(at)) > 0 && bench.set(at, {});
}

/// One byte less, one more, or a few.
bool odd(Bench& bench) {
  const auto at = bench.pick(is_leaf);
  if (at == Bench::none) return false;
  auto bytes = to_bytes(bench.bytes(at));
  if (bench.chance.one_in(2)) {
    bytes.resize(bytes.size() - std::min<std::size_t>(bytes.size(), 1 + bench.chance.below(2)));
  } else {
    bytes.insert(bytes.end(), 1 + bench.chance.below(3), bench.chance.one_in(2) ? 0 : 'x');
  }
  return bench.set(at, bytes);
}

/// The engine's own mutation, with its dictionary, of one value: the lengths around it stay right.
bool engine(Bench& bench) {
  const auto at = bench.pick(is_leaf);
  if (at == Bench::none) return false;
  auto bytes = to_bytes(bench.bytes(at));
  if (bench.engine == nullptr) {
    for (std::size_t i = 1 + bench.chance.below(3); i > 0; --i) {
      bytes[bench.chance.below(bytes.size())] = static_cast<std::uint8_t>(bench.chance.next());
    }
    return bench.set(at, bytes);
  }
  const auto size = bytes.size();
  bytes.resize(size + std::min<std::size_t>(bench.room, 64));
  bytes.resize(bench.engine(bytes.data(), size, bytes.size()));
  return bench.set(at, bytes);
}

}  // namespace

std::span<const Mutator> value_mutators() {
  static constexpr std::array all{
      Mutator{"number", 6, number}, Mutator{"number-off", 4, number_off},
      Mutator{"flip", 3, flip},     Mutator{"number-inside", 5, number_inside},
      Mutator{"text", 4, text},     Mutator{"long-text", 3, long_text},
      Mutator{"uid", 4, uid},       Mutator{"empty", 4, empty},
      Mutator{"odd", 3, odd},       Mutator{"engine", 12, engine},
  };
  return all;
}

}  // namespace assay::fuzz
