#include "harness/dataset/edit_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <type_traits>

#include "harness/base/hex.hpp"
#include "harness/dataset/charset.hpp"

namespace assay::dataset {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Calls `take` for every part between backslashes until it returns false.
template <typename Take>
bool each_value(std::string_view text, const Take& take) {
  while (true) {
    const auto end = text.find('\\');
    if (!take(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

template <typename T>
bool parse_integer(std::string_view text, T& value) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) {
    // Bits, as people read them from a specification: all of them are allowed in signed numbers too.
    using Bits = std::make_unsigned_t<T>;
    Bits bits{};
    const auto digits = text.substr(2);
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
    value = static_cast<T>(bits);
    return wrong == std::errc() && end == digits.data() + digits.size();
  }
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  return wrong == std::errc() && end == text.data() + text.size();
}

template <typename T>
std::optional<std::string> add_integer(Bytes& out, std::string_view text, Endian endian) {
  T value{};
  if (!parse_integer(text, value))
    return fmt::format("'{}' is no integer from {} to {}", printable(text), std::numeric_limits<T>::min(),
                       std::numeric_limits<T>::max());
  store(out, static_cast<std::make_unsigned_t<T>>(value), endian);
  return std::nullopt;
}

template <typename Real, typename Bits>
std::optional<std::string> add_real(Bytes& out, std::string_view text, Endian endian) {
  Real value{};
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc() || end != text.data() + text.size())
    return fmt::format("'{}' is no number of this VR", printable(text));
  Bits bits{};
  std::memcpy(&bits, &value, sizeof bits);
  store(out, bits, endian);
  return std::nullopt;
}

std::optional<std::string> add_tag(Bytes& out, std::string_view text, Endian endian) {
  const auto tag = dict::tag_of(text);
  if (!tag) return fmt::format("'{}' is no tag", printable(text));
  store(out, tag->group, endian);
  store(out, tag->element, endian);
  return std::nullopt;
}

std::optional<std::string> add_number(Bytes& out, Vr vr, std::string_view text, Endian endian) {
  switch (vr) {
    case Vr::US: return add_integer<std::uint16_t>(out, text, endian);
    case Vr::SS: return add_integer<std::int16_t>(out, text, endian);
    case Vr::UL: return add_integer<std::uint32_t>(out, text, endian);
    case Vr::SL: return add_integer<std::int32_t>(out, text, endian);
    case Vr::UV: return add_integer<std::uint64_t>(out, text, endian);
    case Vr::SV: return add_integer<std::int64_t>(out, text, endian);
    case Vr::FL: return add_real<float, std::uint32_t>(out, text, endian);
    case Vr::FD: return add_real<double, std::uint64_t>(out, text, endian);
    default: return add_tag(out, text, endian);
  }
}

template <typename Real, typename Bits>
void append_real(fmt::memory_buffer& out, const std::uint8_t* at, Endian endian) {
  const Bits bits = load<Bits>(at, endian);
  Real value{};
  std::memcpy(&value, &bits, sizeof value);
  fmt::format_to(std::back_inserter(out), "{}", value);
}

void append_number(fmt::memory_buffer& out, Vr vr, const std::uint8_t* at, Endian endian) {
  const auto put = [&](auto number) { fmt::format_to(std::back_inserter(out), "{}", number); };
  switch (vr) {
    case Vr::US: return put(load<std::uint16_t>(at, endian));
    case Vr::SS: return put(static_cast<std::int16_t>(load<std::uint16_t>(at, endian)));
    case Vr::UL: return put(load<std::uint32_t>(at, endian));
    case Vr::SL: return put(static_cast<std::int32_t>(load<std::uint32_t>(at, endian)));
    case Vr::UV: return put(load<std::uint64_t>(at, endian));
    case Vr::SV: return put(static_cast<std::int64_t>(load<std::uint64_t>(at, endian)));
    case Vr::FL: return append_real<float, std::uint32_t>(out, at, endian);
    case Vr::FD: return append_real<double, std::uint64_t>(out, at, endian);
    default: return put(to_string(Tag(load<std::uint16_t>(at, endian), load<std::uint16_t>(at + 2, endian))));
  }
}

struct TextRule {
  Vr vr;
  std::size_t longest;          // characters of one value
  std::string_view repertoire;  // letters of what is allowed, empty for all of the character set
  std::string_view expected;
};
// PS3.5 Table 6.2-1. In a repertoire A stands for capital letters, 9 for digits, the rest for itself.
constexpr TextRule text_rules[] = {
    {Vr::AE, 16, "", "at most 16 characters"},
    {Vr::AS, 4, "9DWMY", "nnnD, nnnW, nnnM or nnnY"},
    {Vr::CS, 16, "A9 _", "at most 16 capital letters, digits, spaces and underscores"},
    {Vr::DA, 8, "9", "a date YYYYMMDD"},
    {Vr::DS, 16, "9+-Ee. ", "a decimal number of at most 16 characters"},
    {Vr::DT, 26, "9+-. ", "a date and time YYYYMMDDHHMMSS.FFFFFF&ZZXX"},
    {Vr::IS, 12, "9+- ", "an integer of at most 12 characters"},
    {Vr::LO, 64, "", "at most 64 characters"},
    {Vr::LT, 10240, "", "at most 10240 characters"},
    {Vr::PN, 64 * 3 + 2, "", "at most 64 characters in a component group"},
    {Vr::SH, 16, "", "at most 16 characters"},
    {Vr::ST, 1024, "", "at most 1024 characters"},
    {Vr::TM, 14, "9. ", "a time HHMMSS.FFFFFF"},
    {Vr::UI, 64, "9.", "at most 64 digits and dots"},
};

bool in_repertoire(char c, std::string_view repertoire) {
  if (c >= 'A' && c <= 'Z' && repertoire.starts_with('A')) return true;
  if (is_digit(c) && repertoire.find('9') != std::string_view::npos) return true;
  return !is_digit(c) && repertoire.find(c) != std::string_view::npos && !(c == 'A' && repertoire.starts_with('A'));
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

unsigned two_digits(std::string_view text, std::size_t at) {
  return static_cast<unsigned>((text[at] - '0') * 10 + (text[at + 1] - '0'));
}

bool is_date(std::string_view text) {
  if (text.size() != 8) return false;
  static constexpr unsigned days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const unsigned month = two_digits(text, 4);
  const unsigned day = two_digits(text, 6);
  if (month < 1 || month > 12 || day < 1 || day > days[month - 1]) return false;
  const unsigned year = two_digits(text, 0) * 100 + two_digits(text, 2);
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month != 2 || day < 29 || leap;
}

bool is_time(std::string_view text) {
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  if (whole.size() != 2 && whole.size() != 4 && whole.size() != 6) return false;
  if (!std::all_of(whole.begin(), whole.end(), is_digit)) return false;
  if (two_digits(whole, 0) > 23 || (whole.size() > 2 && two_digits(whole, 2) > 59) ||
      (whole.size() > 4 && two_digits(whole, 4) > 60))
    return false;
  if (point == std::string_view::npos) return true;
  const auto rest = text.substr(point + 1);
  return whole.size() == 6 && !rest.empty() && rest.size() <= 6 && std::all_of(rest.begin(), rest.end(), is_digit);
}

bool is_uid(std::string_view text) {
  std::size_t digits = 0;
  char first = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0) return false;
      digits = 0;
      continue;
    }
    if (digits == 1 && first == '0') return false;
    if (digits++ == 0) first = c;
  }
  return digits != 0;
}

bool has_form(Vr vr, std::string_view text) {
  switch (vr) {
    case Vr::AS:
      return text.size() == 4 && !is_digit(text[3]) && is_digit(text[0]) && is_digit(text[1]) && is_digit(text[2]);
    case Vr::DA: return is_date(text);
    case Vr::TM: return is_time(text);
    case Vr::UI: return is_uid(text);
    case Vr::IS: {
      std::int32_t number = 0;
      return parse_integer(text, number);
    }
    case Vr::DS: {
      double number = 0;
      if (text.starts_with('+')) text.remove_prefix(1);
      const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
      return wrong == std::errc() && end == text.data() + text.size();
    }
    case Vr::DT: return text.size() >= 4 && std::all_of(text.begin(), text.begin() + 4, is_digit);
    default: return true;
  }
}

bool one_value(Vr vr) { return vr == Vr::ST || vr == Vr::LT || vr == Vr::UT || vr == Vr::UR; }

}  // namespace

bool is_number(Vr vr) {
  switch (vr) {
    case Vr::US:
    case Vr::SS:
    case Vr::UL:
    case Vr::SL:
    case Vr::UV:
    case Vr::SV:
    case Vr::FL:
    case Vr::FD:
    case Vr::AT: return true;
    default: return false;
  }
}

std::size_t utf8_character(std::string_view text, bool& plain) {
  plain = true;
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) {
    plain = first >= 0x20 && first != 0x7f;
    return 1;
  }
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  unsigned code = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  if ((size == 3 && code < 0x800) || (size == 4 && code < 0x10000) || code > 0x10ffff) return 0;
  if (code >= 0xd800 && code <= 0xdfff) return 0;
  plain = code >= 0xa0 && !(code >= 0x200b && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202e) &&
          !(code >= 0x2066 && code <= 0x2069) && code != 0xfeff;
  return size;
}

bool is_plain_utf8(std::string_view text) {
  while (!text.empty()) {
    bool plain = false;
    const auto size = utf8_character(text, plain);
    if (size == 0 || !plain) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::optional<std::string> text_fault(Vr vr, std::string_view text) {
  const bool lines = vr == Vr::ST || vr == Vr::LT || vr == Vr::UT;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    const bool allowed = code >= 0x20 || c == 0x1b || (lines && (c == '\n' || c == '\r' || c == '\f' || c == '\t'));
    if (!allowed || code == 0x7f)
      return fmt::format("control character \\x{:02x} is not allowed in {}", code, name(vr));
  }
  for (const auto& rule : text_rules) {
    if (rule.vr != vr) continue;
    std::optional<std::string> fault;
    const auto check = [&](std::string_view value) {
      const auto inner =
          vr == Vr::DA || vr == Vr::AS || vr == Vr::UI || vr == Vr::LT || vr == Vr::ST ? value : trimmed(value);
      bool right = characters(inner) <= rule.longest;
      if (vr == Vr::PN)
        for (std::size_t at = 0; right && at <= inner.size();) {
          const auto end = std::min(inner.find('=', at), inner.size());
          right = characters(inner.substr(at, end - at)) <= 64;
          at = end + 1;
        }
      if (!rule.repertoire.empty())
        right =
            right && std::all_of(inner.begin(), inner.end(), [&](char c) { return in_repertoire(c, rule.repertoire); });
      right = right && (inner.empty() || has_form(vr, inner));
      if (!right)
        fault = fmt::format("'{}' is no {}: {} is expected (PS3.5 6.2)", printable(value.substr(0, 40)), name(vr),
                            rule.expected);
      return right;
    };
    if (one_value(vr))
      check(text);
    else
      each_value(text, check);
    return fault;
  }
  return std::nullopt;
}

std::expected<Bytes, std::string> value_from_text(Vr vr, std::string_view text, const ValueSetting& context) {
  Bytes out;
  if (text.empty()) return out;
  if (is_number(vr)) {
    std::optional<std::string> fault;
    each_value(text, [&](std::string_view value) {
      fault = add_number(out, vr, trimmed(value), context.endian);
      return !fault;
    });
    if (fault) return std::unexpected(*fault);
    return out;
  }
  if (!is_text(vr))
    return std::unexpected(
        fmt::format("{} holds no text and no single numbers: give its bytes in hexadecimal", name(vr)));
  if (!context.force)
    if (auto fault = text_fault(vr, text)) return std::unexpected(*fault);
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
  if (!ascii) {
    if (const auto encoded =
            CharacterSets(uses_character_set(vr) ? context.character_set : std::string_view()).encode(text, vr))
      return *encoded;
    else if (!context.force)
      return std::unexpected(
          fmt::format("'{}' cannot be written in the Specific Character Set in force here, {}: {}", printable(text),
                      context.character_set.empty() ? "the default one (ASCII)" : printable(context.character_set),
                      encoded.error().message));
  }
  append(out, text);
  return out;
}

std::optional<std::string> number_text(Vr vr, ByteView value, Endian endian, std::size_t limit) {
  const std::size_t unit = unit_size(vr);
  if (!is_number(vr) || value.empty() || value.size() % unit != 0) return std::nullopt;
  fmt::memory_buffer out;
  for (std::size_t at = 0; at < value.size(); at += unit) {
    if (at != 0) out.push_back('\\');
    if (out.size() > limit) {
      out.append(std::string_view("..."));
      break;
    }
    append_number(out, vr, value.data() + at, endian);
  }
  std::string text(out.data(), out.size());
  if ((vr == Vr::FL || vr == Vr::FD) && limit == ~std::size_t{0}) {
    const auto back = value_from_text(vr, text, {.endian = endian, .character_set = {}, .force = false});
    if (!back || !std::equal(back->begin(), back->end(), value.begin(), value.end())) return std::nullopt;
  }
  return text;
}

}  // namespace assay::dataset
