// What every target needs to say what must hold, and to take an input apart.
#pragma once

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
