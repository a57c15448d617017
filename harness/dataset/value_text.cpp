#include "harness/dataset/value_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace assay::dataset {

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr char escape = '\x1b';

}  // namespace

CharacterForm character_form(std::string_view specific_character_set) {
  if (specific_character_set.find("ISO 2022") != std::string_view::npos) return CharacterForm::iso_2022;
  if (specific_character_set.starts_with("GB")) return CharacterForm::gb_18030;
  return CharacterForm::single_byte;
}

std::size_t CharacterWalk::length() const {
  const std::size_t left = text_.size() - at_;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text_[at_ + i]); };
  switch (form_) {
    case CharacterForm::single_byte: return 1;
    case CharacterForm::iso_2022: {
      if (byte(0) == static_cast<std::uint8_t>(escape)) {
        // Intermediate bytes 20H-2FH, then a final byte.
        std::size_t size = 1;
        while (size < left && size < 4 && byte(size) >= 0x20 && byte(size) <= 0x2f) ++size;
        return size < left ? size + 1 : left;
      }
      return two_bytes_ && byte(0) >= 0x21 && byte(0) <= 0x7e && left >= 2 ? 2 : 1;
    }
    case CharacterForm::gb_18030:
      if (byte(0) < 0x81 || byte(0) == 0xff || left < 2) return 1;
      if (byte(1) >= 0x30 && byte(1) <= 0x39) return left < 4 ? left : 4;
      return byte(1) >= 0x40 ? 2 : 1;
  }
  return 1;
}

char CharacterWalk::single() const {
  if (length() != 1) return '\0';
  // In a two-byte set a lone byte below 21H is a control and stands for itself.
  return text_[at_];
}

void CharacterWalk::next() {
  const std::size_t size = length();
  if (form_ == CharacterForm::iso_2022) {
    const char c = text_[at_];
    if (c == escape && size >= 2) {
      // ESC $ F and ESC $ ( F designate two-byte sets to G0, ESC ( F one-byte sets; ESC ) and ESC $ ) concern G1.
      const std::string_view sequence = text_.substr(at_, size);
      if (sequence[1] == '$')
        two_bytes_ = size < 4 || sequence[2] == '(' ? true : two_bytes_;
      else if (sequence[1] == '(')
        two_bytes_ = false;
    } else if (c == '\n' || c == '\r' || c == '\f' || c == '\t' || (size == 1 && (c == '\\' || c == '^' || c == '='))) {
      two_bytes_ = false;  // the initial sets are in force again (PS3.5 6.1.2.5.3)
    }
  }
  at_ += size;
}

std::vector<std::string_view> split(std::string_view text, char delimiter, CharacterForm form) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (CharacterWalk walk(text, form); !walk.done(); walk.next()) {
    if (walk.single() != delimiter) continue;
    parts.push_back(text.substr(start, walk.at() - start));
    start = walk.at() + 1;
  }
  parts.push_back(text.substr(start));
  return parts;
}

std::string_view without_padding(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

std::optional<Age> parse_age(std::string_view text, Spelling spelling) {
  std::size_t at = 0;
  Age age;
  while (at < text.size() && at < 3 && is_digit(text[at]))
    age.number = static_cast<std::uint16_t>(age.number * 10 + (text[at++] - '0'));
  const std::size_t digits = at;
  if (digits == 0) return std::nullopt;
  if (spelling == Spelling::historic && at < text.size() && text[at] == ' ') ++at;
  if (at + 1 != text.size()) return std::nullopt;
  char unit = text[at];
  if (spelling == Spelling::historic && unit >= 'a' && unit <= 'z') unit = static_cast<char>(unit - 'a' + 'A');
  if (unit != 'D' && unit != 'W' && unit != 'M' && unit != 'Y') return std::nullopt;
  age.unit = unit;
  age.historic = digits != 3 || text.size() != 4 || unit != text[at];
  if (age.historic && spelling == Spelling::strict) return std::nullopt;
  return age;
}

std::string format(const Age& age) { return fmt::format("{:03}{}", age.number, age.unit); }

std::optional<std::size_t> fault_in_integer_string(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && text[at] == ' ') ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  const std::size_t first = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  if (at == first) return at;
  const std::size_t end = at;
  while (at < text.size() && text[at] == ' ') ++at;
  if (at != text.size()) return at > end ? end : at;  // an embedded blank is what is wrong
  return std::nullopt;
}

std::optional<std::int32_t> parse_integer_string(std::string_view text) {
  if (fault_in_integer_string(text)) return std::nullopt;
  auto digits = trimmed(text);
  if (digits.front() == '+') digits.remove_prefix(1);
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<std::size_t> fault_in_decimal_string(std::string_view text) {
  std::size_t at = 0;
  const auto sign = [&] {
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  };
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - first;
  };
  while (at < text.size() && text[at] == ' ') ++at;
  sign();
  std::size_t count = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    count += digits();
  }
  if (count == 0) return at;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    sign();
    if (digits() == 0) return at;
  }
  const std::size_t end = at;
  while (at < text.size() && text[at] == ' ') ++at;
  if (at != text.size()) return at > end ? end : at;
  return std::nullopt;
}

std::optional<double> parse_decimal_string(std::string_view text) {
  if (fault_in_decimal_string(text)) return std::nullopt;
  auto digits = trimmed(text);
  if (digits.front() == '+') digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {
    // Too small is zero; too large is no number of ours.
    const auto exponent = digits.find_first_of("eE");
    const bool small =
        exponent != std::string_view::npos && exponent + 1 < digits.size() && digits[exponent + 1] == '-';
    return small ? std::optional(0.0) : std::nullopt;
  }
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<std::string> format_decimal_string(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  for (int precision = 17; precision > 0; --precision) {
    auto text = precision == 17 ? fmt::format("{}", value) : fmt::format("{:.{}g}", value, precision);
    if (text.size() <= 16) return text;
  }
  return std::nullopt;
}

PersonName parse_person_name(std::string_view text, CharacterForm form) {
  PersonName name;
  std::size_t group = 0;
  std::size_t component = 0;
  std::size_t group_start = 0;
  std::size_t component_start = 0;
  const auto end_component = [&](std::size_t at) {
    if (group < 3 && component < 5) name.groups[group][component] = text.substr(component_start, at - component_start);
    ++component;
    if (component > name.most_components) name.most_components = component;
    component_start = at + 1;
  };
  const auto end_group = [&](std::size_t at) {
    end_component(at);
    if (group < 3) name.group_texts[group] = text.substr(group_start, at - group_start);
    ++group;
    component = 0;
    group_start = at + 1;
  };
  for (CharacterWalk walk(text, form); !walk.done(); walk.next()) {
    const char c = walk.single();
    if (c == '=') end_group(walk.at());
    if (c == '^') end_component(walk.at());
  }
  end_group(text.size());
  name.group_count = group;
  return name;
}

std::string format(const PersonName& name) {
  std::string text;
  std::size_t kept = 0;
  for (std::size_t group = 0; group < 3; ++group) {
    if (group > 0) text += '=';
    std::size_t in_group = text.size();
    for (std::size_t component = 0; component < 5; ++component) {
      if (component > 0) text += '^';
      text += name.groups[group][component];
      if (!name.groups[group][component].empty()) in_group = text.size();
    }
    text.resize(in_group);
    if (!text.empty() && text.back() != '=') kept = text.size();
  }
  text.resize(kept);
  return text;
}

bool is_uid(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  std::size_t component = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_digit(text[i])) {
      if (i > component && text[component] == '0') return false;
      continue;
    }
    if (i < text.size() && text[i] != '.') return false;
    if (i == component) return false;
    component = i + 1;
  }
  return true;
}

}  // namespace assay::dataset
