#include "peers/uid.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

namespace assay::peers {

std::string new_uid() {
  std::random_device device;
  std::array<std::uint32_t, 4> words{};  // most significant first
  for (auto& word : words) word = device();
  words[1] = (words[1] & 0xffff0fffU) | 0x4000U;      // version 4
  words[2] = (words[2] & 0x3fffffffU) | 0x80000000U;  // variant of RFC 4122
  std::string digits;
  while (std::ranges::any_of(words, [](auto word) { return word != 0; })) {
    std::uint64_t rest = 0;
    for (auto& word : words) {
      rest = rest << 32 | word;
      word = static_cast<std::uint32_t>(rest / 10);
      rest %= 10;
    }
    digits += static_cast<char>('0' + rest);
  }
  std::ranges::reverse(digits);
  return "2.25." + digits;
}

}  // namespace assay::peers
