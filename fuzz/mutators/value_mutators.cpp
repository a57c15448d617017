// Mutators of single fields: numbers, texts, bits, and the engine's own mutation of one value.
#include <algorithm>
#include <array>

#include "fuzz/mutators/bench.hpp"
#include "fuzz/mutators/words.hpp"

namespace assay::fuzz {
namespace {

/// A place that fits, mostly a value: of tags, VRs and reserved fields there are more, and each has its own mutators.
template <typename Fits>
std::size_t pick_value(Bench& bench, Fits fits) {
  const bool any = bench.chance.one_in(4);
  return bench.pick([&](const Part& p) { return (any || is_value(p)) && fits(p); });
}

bool number(Bench& bench) {
  const auto at = pick_value(bench, is_number);
  return at != Bench::none && bench.set_number(at, bench.chance.of(numbers));
}

bool number_off(Bench& bench) {
  constexpr std::array<std::int64_t, 10> steps{-16, -8, -2, -1, 1, 2, 8, 16, 0x80, 0x8000};
  const auto at = pick_value(bench, is_number);
  return at != Bench::none && bench.add_number(at, bench.chance.of(steps));
}

bool flip(Bench& bench) {
  const auto at = pick_value(bench, is_leaf);
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
  const bool title = bench.chance.one_in(4);
  auto at = bench.pick([&](const Part& p) { return is_value(p) && (!title || p.name.ends_with("title")); });
  if (at == Bench::none) at = bench.pick(is_value);
  if (at == Bench::none) return false;
  auto bytes = to_bytes(bench.chance.one_in(3) ? bench.chance.of(paths) : bench.chance.of(texts));
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

bool starts_with_digit(ByteView bytes) { return !bytes.empty() && bytes[0] >= '0' && bytes[0] <= '9'; }

/// Without the padding at the end.
ByteView unpadded(ByteView bytes) {
  while (!bytes.empty() && (bytes.back() == 0 || bytes.back() == ' ')) bytes = bytes.first(bytes.size() - 1);
  return bytes;
}

/// One text in all places where another stands: an identifier that Command Set, Data Set and file information agree on.
bool same_everywhere(Bench& bench) {
  // Mostly what looks like an identifier.
  const bool number = !bench.chance.one_in(4);
  const auto at = bench.pick([&](const Part& p) {
    return is_value(p) && size_of(p) >= 2 && size_of(p) <= 64 && (!number || starts_with_digit(bench.bytes(p)));
  });
  if (at == Bench::none) return false;
  const auto old = to_bytes(unpadded(bench.bytes(at)));
  if (old.empty()) return false;
  const auto which = bench.chance.below(4);
  const auto other = which == 0 ? bench.chance.of(uids) : which == 1 ? bench.chance.of(texts) : bench.chance.of(paths);
  bool done = false;
  for (std::size_t i = 1; i < bench.parts().size(); ++i) {
    const auto& part = bench.part(i);
    if (!is_value(part) || size_of(part) > 64 || !std::ranges::equal(unpadded(bench.bytes(part)), old)) continue;
    auto bytes = to_bytes(other);
    if (part.name.ends_with("title")) {
      bytes.resize(16, ' ');
    } else if (bytes.size() % 2 != 0 && part.name == "value") {
      bytes.push_back(bench.bytes(part).back() == 0 ? 0 : ' ');
    }
    done = bench.set(i, bytes) || done;
  }
  return done;
}

bool empty(Bench& bench) {
  const auto at = bench.pick(is_value);
  return at != Bench::none && size_of(bench.part(at)) > 0 && bench.set(at, {});
}

/// One byte less, one more, or a few.
bool odd(Bench& bench) {
  const auto at = pick_value(bench, is_leaf);
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
  const auto at = pick_value(bench, is_leaf);
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
      Mutator{"number", 6, number},  Mutator{"number-off", 4, number_off},
      Mutator{"flip", 3, flip},      Mutator{"number-inside", 5, number_inside},
      Mutator{"text", 4, text},      Mutator{"long-text", 3, long_text},
      Mutator{"uid", 4, uid},        Mutator{"same-everywhere", 7, same_everywhere},
      Mutator{"empty", 5, empty},    Mutator{"odd", 4, odd},
      Mutator{"engine", 10, engine},
  };
  return all;
}

}  // namespace assay::fuzz
