// Turning the numbers of a value from one byte order into the other (PS3.5 7.3). Tests:
// tests/unit/dataset/data_set_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace assay::dataset {

/// Copies `size` bytes, reversing each whole unit; bytes after the last whole unit stay as they are.
inline void copy_swapped(std::uint8_t* to, const std::uint8_t* from, std::size_t size, std::size_t unit) {
  const auto each = [&]<typename Number>(Number, auto reverse) {
    std::size_t i = 0;
    for (; i + sizeof(Number) <= size; i += sizeof(Number)) {
      Number number;
      std::memcpy(&number, from + i, sizeof number);
      number = reverse(number);
      std::memcpy(to + i, &number, sizeof number);
    }
    if (i < size) std::memcpy(to + i, from + i, size - i);
  };
  switch (unit) {
    case 2: return each(std::uint16_t{}, [](std::uint16_t n) { return __builtin_bswap16(n); });
    case 4: return each(std::uint32_t{}, [](std::uint32_t n) { return __builtin_bswap32(n); });
    case 8: return each(std::uint64_t{}, [](std::uint64_t n) { return __builtin_bswap64(n); });
    default:
      if (size > 0) std::memcpy(to, from, size);
  }
}

}  // namespace assay::dataset
