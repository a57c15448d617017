// The digest that names bulk bytes of a connection which a Trace does not keep: XXH64 with seed 0, a word at a time,
// for every byte on the wire goes through it. Not cryptographic. Tests: tests/unit/base/digest_test.cpp
#pragma once

#include <array>
#include <cstdint>

#include "harness/base/bytes.hpp"

namespace assay {

class BulkDigest {
 public:
  /// The same in one piece or in many.
  void update(ByteView bytes);
  [[nodiscard]] std::uint64_t value() const;
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr std::size_t stripe = 32;

  void take_stripe(const std::uint8_t* at);

  std::array<std::uint64_t, 4> lanes_{0x60ea27eeadc0b5d6ULL, 0xc2b2ae3d27d4eb4fULL, 0, 0x61c8864e7a143579ULL};
  std::array<std::uint8_t, stripe> rest_{};  // the last count_ % stripe bytes
  std::uint64_t count_ = 0;
};

}  // namespace assay
