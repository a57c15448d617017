#include "conformance/deidentification/search.hpp"

#include <algorithm>

namespace assay::conformance::deidentification {

namespace {

constexpr std::size_t hash_bits = 16;

/// Four bytes without the bit that makes letters small, so that one table serves both cases.
std::uint32_t key_of(const std::uint8_t* at) {
  return (static_cast<std::uint32_t>(at[0]) | static_cast<std::uint32_t>(at[1]) << 8 |
          static_cast<std::uint32_t>(at[2]) << 16 | static_cast<std::uint32_t>(at[3]) << 24) |
         0x20202020U;
}

std::uint32_t hash_of(std::uint32_t key) { return key * 2654435761U >> (32 - hash_bits); }

std::uint8_t folded(std::uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte + ('a' - 'A')) : byte;
}

bool is_word(std::uint8_t byte) {
  const std::uint8_t small = folded(byte);
  return (small >= 'a' && small <= 'z') || (byte >= '0' && byte <= '9');
}

bool is_of_uid(std::uint8_t byte) { return byte == '.' || (byte >= '0' && byte <= '9'); }

}  // namespace

Searcher::Searcher(const std::vector<Sought>& values) : values_(values), begins_((1U << hash_bits) / 64, 0) {
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    const auto bytes = as_bytes(values[i].bytes);
    if (bytes.size() < 4) continue;
    const auto key = key_of(bytes.data());
    const auto hash = hash_of(key);
    begins_[hash / 64] |= std::uint64_t{1} << hash % 64;
    with_[key].push_back(i);
  }
}

void Searcher::at(ByteView bytes, std::size_t offset, std::uint32_t key,
                  const std::function<void(std::size_t, const Sought&)>& found) const {
  const auto list = with_.find(key);
  if (list == with_.end()) return;
  for (const auto index : list->second) {
    const auto& value = values_[index];
    const auto sought = as_bytes(value.bytes);
    if (bytes.size() - offset < sought.size()) continue;
    if (!std::ranges::equal(bytes.subspan(offset, sought.size()), sought, {}, folded, folded)) continue;
    const auto continues = value.uid ? is_of_uid : is_word;
    const std::size_t end = offset + sought.size();
    if (offset > 0 && continues(bytes[offset - 1]) && continues(sought.front())) continue;
    if (end < bytes.size() && continues(bytes[end]) && continues(sought.back())) continue;
    found(offset, value);
  }
}

void Searcher::run(ByteView bytes, const std::function<void(std::size_t, const Sought&)>& found) const {
  if (with_.empty() || bytes.size() < 4) return;
  const std::uint8_t* data = bytes.data();
  for (std::size_t i = 0; i + 4 <= bytes.size(); ++i) {
    const auto key = key_of(data + i);
    const auto hash = hash_of(key);
    if ((begins_[hash / 64] >> hash % 64 & 1U) != 0) at(bytes, i, key, found);
  }
}

}  // namespace assay::conformance::deidentification
