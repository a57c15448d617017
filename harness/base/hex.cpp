#include "harness/base/hex.hpp"

#include <algorithm>

namespace assay {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void put_byte(std::string& out, std::uint8_t b) {
  out += digits[b >> 4];
  out += digits[b & 0x0f];
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string out(bytes.size() * 2, '0');
  auto* at = out.data();
  for (const auto b : bytes) {
    *at++ = digits[b >> 4];
    *at++ = digits[b & 0x0f];
  }
  return out;
}

std::string to_hex_short(ByteView bytes, std::size_t limit) {
  if (bytes.size() <= limit) return to_hex(bytes);
  return to_hex(bytes.first(limit)) + "... (" + std::to_string(bytes.size()) + " bytes)";
}

std::optional<Bytes> from_hex(std::string_view text) {
  Bytes out;
  int high = -1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '#') {
      while (i < text.size() && text[i] != '\n') ++i;
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    const int value = digit_value(c);
    if (value < 0) return std::nullopt;
    if (high < 0) {
      high = value;
    } else {
      out.push_back(static_cast<std::uint8_t>((high << 4) | value));
      high = -1;
    }
  }
  if (high >= 0) return std::nullopt;
  return out;
}

std::string hex_dump(ByteView bytes, std::uint64_t first_offset) {
  std::string out;
  for (std::size_t line = 0; line < bytes.size(); line += 16) {
    const auto row = bytes.subspan(line, bytes.size() - line < 16 ? bytes.size() - line : 16);
    const auto offset = first_offset + line;
    for (int shift = 28; shift >= 0; shift -= 4) out += digits[(offset >> shift) & 0x0f];
    out += "  ";
    for (std::size_t i = 0; i < 16; ++i) {
      if (i < row.size()) {
        put_byte(out, row[i]);
        out += ' ';
      } else {
        out += "   ";
      }
      if (i == 7) out += ' ';
    }
    out += ' ';
    for (const auto b : row) out += b >= 0x20 && b < 0x7f ? static_cast<char>(b) : '.';
    out += '\n';
  }
  return out;
}

std::string printable(std::string_view text) {
  const auto plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  const auto escaped = text.size() - static_cast<std::size_t>(std::ranges::count_if(text, plain));
  if (escaped == 0) return std::string(text);
  std::string out;
  out.reserve(text.size() + 3 * escaped);
  while (!text.empty()) {
    const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, plain) - text.begin());
    out.append(text.substr(0, end));
    text.remove_prefix(end);
    if (text.empty()) break;
    const auto b = static_cast<std::uint8_t>(text.front());
    const char code[] = {'\\', 'x', digits[b >> 4], digits[b & 0x0f]};
    out.append(code, sizeof code);
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace assay
