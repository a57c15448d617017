// A small non-cryptographic digest (FNV-1a, 64 bit) that names values in listings; see also bulk_digest.hpp.
#pragma once

#include <cstdint>

#include "harness/base/bytes.hpp"

namespace assay {

class Digest {
 public:
  void update(ByteView bytes) {
    for (const auto b : bytes) value_ = (value_ ^ b) * 0x100000001b3ULL;
    count_ += bytes.size();
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
  std::uint64_t count_ = 0;
};

}  // namespace assay
