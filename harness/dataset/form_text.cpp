#include "harness/dataset/form_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "harness/dataset/charset.hpp"

namespace assay::dataset {

namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> base64_values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < base64_digits.size(); ++i)
    values[static_cast<std::uint8_t>(base64_digits[i])] = static_cast<std::int8_t>(i);
  return values;
}();

// The character that starts at `at`, which moves behind it; nothing when these bytes are no UTF-8.
std::optional<std::uint32_t> next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(at);
  if (first < 0x80) {
    ++at;
    return first;
  }
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + size > text.size()) return std::nullopt;
  std::uint32_t character = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return std::nullopt;
    character = character << 6 | (byte(at + i) & 0x3fU);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (character < least[size] || character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
    return std::nullopt;
  at += size;
  return character;
}

std::string from_latin1(std::string_view text) {
  std::string utf8;
  utf8.reserve(text.size() + 8);
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xc0 | byte >> 6);
      utf8 += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return utf8;
}

void split(std::string_view utf8, Vr vr, std::vector<std::string>& values) {
  if (holds_several_values(vr)) {
    for (auto end = utf8.find('\\'); end != std::string_view::npos; end = utf8.find('\\')) {
      values.emplace_back(utf8.substr(0, end));
      utf8.remove_prefix(end + 1);
    }
  }
  values.emplace_back(utf8);
}

template <typename Number>
std::string shortest(Number number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number == 0) return std::signbit(number) ? "-0.0" : "0";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

// RFC 8259, 6.
bool is_json_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - start;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool zero = at < text.size() && text[at] == '0';
  const auto whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

}  // namespace

bool holds_several_values(Vr vr) { return vr != Vr::ST && vr != Vr::LT && vr != Vr::UT && vr != Vr::UR; }

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<std::uint8_t>(c) >= 0x80; });
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();)
    if (!next_character(text, at)) return false;
  return true;
}

bool fits_xml(std::string_view utf8) {
  for (std::size_t at = 0; at < utf8.size();) {
    const auto character = next_character(utf8, at);
    if (!character) return false;
    if (*character < 0x20 && *character != '\t' && *character != '\n' && *character != '\r') return false;
    if (*character == 0xfffe || *character == 0xffff) return false;
  }
  return true;
}

FormTexts decode_form_text(ByteView value, Vr vr, std::string_view character_set) {
  FormTexts decoded;
  const std::string_view text = as_text(value);
  // The Roman set of JIS X 0201 is all that differs from ASCII without using the eighth bit or escape sequences.
  const bool plain = is_ascii(text) && text.find('\x1b') == std::string_view::npos &&
                     character_set.find("IR 13") == std::string_view::npos;
  if (plain) {
    split(text, vr, decoded.values);
    return decoded;
  }
  const CharacterSets sets(character_set);
  for (const auto one : sets.split_values(value, vr)) {
    std::string utf8 = sets.text(one, vr);
    // Trailing NULs are taken for padding there, and only the last value has that.
    for (std::size_t at = one.size(); at > 0 && one[at - 1] == 0; --at) utf8 += '\0';
    decoded.exact = decoded.exact && utf8.find("\xef\xbf\xbd") == std::string::npos &&
                    (!holds_several_values(vr) || utf8.find('\\') == std::string::npos);
    decoded.transcoded = decoded.transcoded || utf8 != as_text(one);
    decoded.values.push_back(std::move(utf8));
  }
  if (decoded.exact) return decoded;
  decoded = {};
  decoded.exact = false;
  const std::string utf8 = is_utf8(text) ? std::string(text) : from_latin1(text);
  decoded.transcoded = utf8 != text;
  split(utf8, vr, decoded.values);
  return decoded;
}

std::string to_base64(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t here = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j) three = three << 8 | (j < here ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) text += j <= here ? base64_digits[three >> (18 - 6 * j) & 0x3fU] : '=';
  }
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t collected = 0;
  std::size_t digits = 0;
  std::size_t pads = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    if (c == '=') {
      ++pads;
      continue;
    }
    const int value = base64_values[static_cast<std::uint8_t>(c)];
    if (value < 0 || pads > 0) return std::nullopt;
    collected = collected << 6 | static_cast<std::uint32_t>(value);
    if (++digits % 4 == 0) {
      for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(collected >> shift));
      collected = 0;
    }
  }
  if ((digits + pads) % 4 != 0 || pads > 2) return std::nullopt;
  if (digits % 4 == 2) {
    bytes.push_back(static_cast<std::uint8_t>(collected >> 4));
  } else if (digits % 4 == 3) {
    bytes.push_back(static_cast<std::uint8_t>(collected >> 10));
    bytes.push_back(static_cast<std::uint8_t>(collected >> 2));
  }
  return bytes;
}

std::string number_text(float number) { return shortest(number); }
std::string number_text(double number) { return shortest(number); }

bool survives_as_number(std::string_view text) {
  if (text.size() > 32 || !is_json_number(text) || text == "-0") return false;
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || !std::isfinite(number)) return false;
  if (number_text(number) == text) return true;
  std::array<char, 400> buffer{};
  const auto fixed = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
  // Readers keep integers exactly only up to 2^53.
  return std::fabs(number) <= 9007199254740992.0 && std::string_view(buffer.data(), fixed.ptr) == text;
}

std::string line_and_column(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const auto before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto start = before.rfind('\n');
  const auto column = start == std::string_view::npos ? offset + 1 : offset - start;
  return fmt::format("line {}, column {}", line, column);
}

}  // namespace assay::dataset
