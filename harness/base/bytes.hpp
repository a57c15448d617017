// Byte containers and views, and the bounded readers and writers every codec of the core is built on.
// Tests: tests/unit/base/bytes_test.cpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// The bytes of a text, without copying.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// A text over bytes, without copying.
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }
inline Bytes to_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

/// Appends `more` to `out`.
inline void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }
inline void append(Bytes& out, std::string_view more) { append(out, as_bytes(more)); }

enum class Endian : std::uint8_t { little, big };

/// Reads an unsigned integer of `sizeof(T)` bytes; the caller guarantees that they exist.
template <typename T>
T load(const std::uint8_t* at, Endian endian) {
  T value{};
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    const auto shift = 8 * (endian == Endian::big ? sizeof(T) - 1 - i : i);
    value = static_cast<T>(value | (static_cast<T>(at[i]) << shift));
  }
  return value;
}

/// Appends an unsigned integer of `sizeof(T)` bytes.
template <typename T>
void store(Bytes& out, T value, Endian endian) {
  std::array<std::uint8_t, sizeof(T)> raw{};
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    const auto shift = 8 * (endian == Endian::big ? sizeof(T) - 1 - i : i);
    raw[i] = static_cast<std::uint8_t>(value >> shift);
  }
  append(out, ByteView(raw));
}

/// Walks over a byte view without ever leaving it. `offset()` counts from the start of the enclosing
/// input, so that problems can name the byte in the connection or file and not just in the field.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes, std::uint64_t base_offset = 0) : bytes_(bytes), base_(base_offset) {}

  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - at_; }
  [[nodiscard]] bool empty() const { return at_ == bytes_.size(); }
  [[nodiscard]] bool has(std::size_t count) const { return remaining() >= count; }
  [[nodiscard]] std::uint64_t offset() const { return base_ + at_; }
  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] ByteView rest() const { return bytes_.subspan(at_); }

  std::optional<std::uint8_t> u8() { return number<std::uint8_t>(Endian::big); }
  std::optional<std::uint16_t> u16(Endian endian) { return number<std::uint16_t>(endian); }
  std::optional<std::uint32_t> u32(Endian endian) { return number<std::uint32_t>(endian); }
  std::optional<std::uint64_t> u64(Endian endian) { return number<std::uint64_t>(endian); }

  /// The next `count` bytes, or nothing (and no movement) when fewer remain.
  std::optional<ByteView> take(std::size_t count) {
    if (!has(count)) return std::nullopt;
    const auto part = bytes_.subspan(at_, count);
    at_ += count;
    return part;
  }

  /// Whatever is left, at most `count` bytes.
  ByteView take_at_most(std::size_t count) { return *take(count < remaining() ? count : remaining()); }

  bool skip(std::size_t count) { return take(count).has_value(); }

 private:
  template <typename T>
  std::optional<T> number(Endian endian) {
    if (!has(sizeof(T))) return std::nullopt;
    const T value = load<T>(bytes_.data() + at_, endian);
    at_ += sizeof(T);
    return value;
  }

  ByteView bytes_;
  std::uint64_t base_ = 0;
  std::size_t at_ = 0;
};

}  // namespace assay
