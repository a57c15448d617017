#include "harness/dataset/value_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace assay::dataset {

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::vector<std::string_view> split(std::string_view text, char delimiter) {
  std::vector<std::string_view> parts;
  for (std::size_t end = text.find(delimiter); end != std::string_view::npos; end = text.find(delimiter)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
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
