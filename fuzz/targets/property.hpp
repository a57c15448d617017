// What every target needs to say what must hold, and to take an input apart.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "harness/base/bytes.hpp"

namespace assay::fuzz {

/// Ends the run as a finding that names the property.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "property broken: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

/// Whole blocks at a time, which matters under a sanitizer.
inline bool same(ByteView left, ByteView right) {
  return left.size() == right.size() && (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0);
}

/// A number that the input alone decides: the same input always asks the same. Of its first and last 64 bytes, eight at
/// a time, since this is asked for each property.
inline std::size_t sum_of(ByteView input) {
  std::uint64_t sum = input.size();
  const auto take = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; i += 8) {
      std::uint64_t word = 0;
      if (to - i >= 8) {
        std::memcpy(&word, input.data() + i, 8);
      } else {
        for (std::size_t j = i; j < to; ++j) word = word << 8U | input[j];
      }
      sum = (sum ^ word) * 0x9E3779B97F4A7C15ULL;
      sum ^= sum >> 32U;
    }
  };
  take(0, std::min<std::size_t>(input.size(), 64));
  if (input.size() > 64) take(std::max<std::size_t>(input.size() - 64, 64), input.size());
  return sum;
}

/// What one input is asked: in a fuzzing build one of `count` groups of properties, chosen by the input itself, so that
/// a run is short; in the other builds, which replay seeds, all of them.
inline bool wanted([[maybe_unused]] std::size_t group, [[maybe_unused]] std::size_t count,
                   [[maybe_unused]] ByteView input) {
#ifdef ASSAY_LIBFUZZER
  return sum_of(input) % count == group;
#else
  return true;
#endif
}

/// For the property that costs several times as much as any other: in a fuzzing build one in five of the inputs that
/// it is wanted for.
inline bool seldom([[maybe_unused]] ByteView input) {
#ifdef ASSAY_LIBFUZZER
  return sum_of(input) / 1024 % 5 == 0;
#else
  return true;
#endif
}

/// For what costs a little each time: in a fuzzing build one in `count` of the inputs, of each group of properties.
inline bool one_in([[maybe_unused]] std::size_t count, [[maybe_unused]] ByteView input) {
#ifdef ASSAY_LIBFUZZER
  return sum_of(input) / 65536 % count == 0;
#else
  return true;
#endif
}

/// An input that is a little program: what is missing at its end is zero or nothing.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : reader_(ByteView(data, size)) {}
  std::uint8_t byte() { return reader_.u8().value_or(0); }
  /// As many bytes as there are, at most `most`.
  ByteView some(std::size_t most) { return reader_.take_at_most(most); }
  /// As many as the next byte says.
  ByteView some() { return some(byte()); }
  [[nodiscard]] bool empty() const { return reader_.empty(); }

 private:
  ByteReader reader_;
};

}  // namespace assay::fuzz
