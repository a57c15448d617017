// A small parser as somebody might have it: Data Sets in Explicit VR Little Endian (PS3.5 A.2) without encapsulated
// Pixel Data, strict. It stands for yours; bugs are switched on by macros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace toy {

struct Handler {
  virtual ~Handler() = default;
  virtual void element(std::uint16_t group, std::uint16_t element, const char* vr, const std::uint8_t* value,
                       std::size_t length) = 0;
  virtual void sequence(std::uint16_t group, std::uint16_t element) = 0;
  virtual void item() = 0;
  virtual void end() = 0;
};

class Parser {
 public:
  Parser(const std::uint8_t* data, std::size_t size, Handler& handler) : at_(data), end_(data + size), out_(handler) {}

  /// NULL, or why the bytes are refused.
  const char* run() { return elements(end_, false, 0); }

 private:
  static constexpr std::uint32_t undefined = 0xffffffffU;

  std::size_t left(const std::uint8_t* end) const { return static_cast<std::size_t>(end - at_); }
  std::uint16_t u16(std::size_t from) const { return static_cast<std::uint16_t>(at_[from] | at_[from + 1] << 8); }
  std::uint32_t u32(std::size_t from) const { return u16(from) | static_cast<std::uint32_t>(u16(from + 2)) << 16; }

  const char* elements(const std::uint8_t* end, bool delimited, int depth) {
    std::uint32_t last = 0;
    bool first = true;
    while (at_ != end) {
      if (left(end) < 8) return "truncated";
      const std::uint16_t group = u16(0);
      const std::uint16_t element = u16(2);
      if (group == 0xfffe) {
        if (!delimited || element != 0xe00d || u32(4) != 0) return "delimiter";
        at_ += 8;
        return nullptr;
      }
      const std::uint32_t tag = static_cast<std::uint32_t>(group) << 16 | element;
      if (!first && tag <= last) return "order";
      first = false;
      last = tag;
      char vr[3] = {static_cast<char>(at_[4]), static_cast<char>(at_[5]), 0};
      const std::string_view letters(vr, 2);
      constexpr std::string_view short_ones = "AEASATCSDADSDTFDFLISLOLTPNSHSLSSSTTMUIULUS";
      constexpr std::string_view long_ones = "OBODOFOLOVOWSQSVUCUNURUTUV";
      std::uint32_t length = 0;
      if (is_one_of(letters, short_ones)) {
        length = u16(6);
        at_ += 8;
      } else if (is_one_of(letters, long_ones)) {
        if (left(end) < 12) return "truncated";
        if (u16(6) != 0) return "reserved bytes";
        length = u32(8);
        at_ += 12;
      } else {
        return "unknown VR";
      }
      if (letters == "SQ") {
        out_.sequence(group, element);
        if (const char* wrong = items(end, length, depth + 1)) return wrong;
        out_.end();
        continue;
      }
      if (length == undefined) return "undefined length";
      if (length > left(end)) return "length beyond the end";
      if (length % 2 != 0) return "odd length";
#ifdef TAKES_US_FOR_SS
      if (letters == "US") vr[0] = 'S';
#endif
      out_.element(group, element, vr, at_, length);
      at_ += length;
    }
    return delimited ? "delimiter missing" : nullptr;
  }

  const char* items(const std::uint8_t* end, std::uint32_t length, int depth) {
    if (depth > 60) return "too deep";
    if (length != undefined) {
      if (length > left(end)) return "length beyond the end";
      if (length % 2 != 0) return "odd length";
      end = at_ + length;
    }
    while (length == undefined || at_ != end) {
      if (left(end) < 8) return "truncated";
      const std::uint16_t element = u16(2);
      const std::uint32_t size = u32(4);
      if (u16(0) != 0xfffe) return "item expected";
      at_ += 8;
      if (element == 0xe0dd && length == undefined && size == 0) return nullptr;
      if (element != 0xe000) return "item expected";
      if (size != undefined && (size > left(end) || size % 2 != 0)) return "length beyond the end";
#ifdef FORGETS_LAST_ITEM
      if (size != undefined && at_ + size == end) {
        at_ = end;
        return nullptr;
      }
#endif
      out_.item();
      if (const char* wrong = elements(size == undefined ? end : at_ + size, size == undefined, depth)) return wrong;
      out_.end();
    }
    return nullptr;
  }

  static bool is_one_of(std::string_view letters, std::string_view all) {
    for (std::size_t i = 0; i < all.size(); i += 2)
      if (all.substr(i, 2) == letters) return true;
    return false;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  Handler& out_;
};

}  // namespace toy
