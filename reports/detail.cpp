#include "reports/detail.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace assay::reports::detail {
namespace {

/// Length of the valid UTF-8 sequence at `at`, or 0.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto b = byte(at);
  std::size_t length = 0;
  std::uint32_t value = 0;
  if (b < 0x80) return 1;
  if (b >= 0xc2 && b <= 0xdf) {
    length = 2;
    value = b & 0x1fU;
  } else if (b >= 0xe0 && b <= 0xef) {
    length = 3;
    value = b & 0x0fU;
  } else if (b >= 0xf0 && b <= 0xf4) {
    length = 4;
    value = b & 0x07U;
  } else {
    return 0;
  }
  if (at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80U) return 0;
    value = (value << 6) | (byte(at + i) & 0x3fU);
  }
  if (length == 3 && (value < 0x800 || (value >= 0xd800 && value <= 0xdfff) || value >= 0xfffe)) return 0;
  if (length == 4 && (value < 0x10000 || value > 0x10ffff)) return 0;
  return length;
}

}  // namespace

std::string upper(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

std::string seconds(Duration duration) {
  const double s = static_cast<double>(duration.count()) / 1e9;
  if (s < 9.995) return fmt::format("{:.2f} s", s);
  if (s < 119.95) return fmt::format("{:.1f} s", s);
  const auto whole = static_cast<long>(s + 0.5);
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string plain_seconds(Duration duration) {
  return fmt::format("{:.3f}", static_cast<double>(duration.count()) / 1e9);
}

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto length = utf8_length(text, i);
    const auto b = static_cast<std::uint8_t>(text[i]);
    if (length == 0 || (b < 0x20 && b != '\n' && b != '\t')) {
      out += fmt::format("\\x{:02x}", b);
      ++i;
      continue;
    }
    if (length == 1) {
      switch (text[i]) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += text[i];
      }
    } else {
      out += text.substr(i, length);
    }
    i += length;
  }
  return out;
}

}  // namespace assay::reports::detail
