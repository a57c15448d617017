#include "harness/base/bulk_digest.hpp"

#include <algorithm>
#include <bit>

namespace assay {
namespace {

constexpr std::uint64_t prime1 = 0x9e3779b185ebca87ULL;
constexpr std::uint64_t prime2 = 0xc2b2ae3d27d4eb4fULL;
constexpr std::uint64_t prime3 = 0x165667b19e3779f9ULL;
constexpr std::uint64_t prime4 = 0x85ebca77c2b2ae63ULL;
constexpr std::uint64_t prime5 = 0x27d4eb2f165667c5ULL;

std::uint64_t mix(std::uint64_t lane, std::uint64_t word) { return std::rotl(lane + word * prime2, 31) * prime1; }

std::uint64_t word_at(const std::uint8_t* at) { return load<std::uint64_t>(at, Endian::little); }

}  // namespace

void BulkDigest::take_stripe(const std::uint8_t* at) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i] = mix(lanes_[i], word_at(at + 8 * i));
}

void BulkDigest::update(ByteView bytes) {
  const auto have = static_cast<std::size_t>(count_ % stripe);
  count_ += bytes.size();
  if (have + bytes.size() < stripe) {
    std::ranges::copy(bytes, rest_.begin() + static_cast<std::ptrdiff_t>(have));
    return;
  }
  if (have != 0) {
    const auto missing = stripe - have;
    std::ranges::copy(bytes.first(missing), rest_.begin() + static_cast<std::ptrdiff_t>(have));
    take_stripe(rest_.data());
    bytes = bytes.subspan(missing);
  }
  while (bytes.size() >= stripe) {
    take_stripe(bytes.data());
    bytes = bytes.subspan(stripe);
  }
  std::ranges::copy(bytes, rest_.begin());
}

std::uint64_t BulkDigest::value() const {
  std::uint64_t out = prime5;
  if (count_ >= stripe) {
    out = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) + std::rotl(lanes_[3], 18);
    for (const auto lane : lanes_) out = (out ^ mix(0, lane)) * prime1 + prime4;
  }
  out += count_;
  auto left = ByteView(rest_).first(static_cast<std::size_t>(count_ % stripe));
  for (; left.size() >= 8; left = left.subspan(8))
    out = std::rotl(out ^ mix(0, word_at(left.data())), 27) * prime1 + prime4;
  if (left.size() >= 4) {
    out = std::rotl(out ^ (load<std::uint32_t>(left.data(), Endian::little) * prime1), 23) * prime2 + prime3;
    left = left.subspan(4);
  }
  for (const auto byte : left) out = std::rotl(out ^ (byte * prime5), 11) * prime1;
  out = (out ^ (out >> 33)) * prime2;
  out = (out ^ (out >> 29)) * prime3;
  return out ^ (out >> 32);
}

}  // namespace assay
