// Text values taken apart (PS3.5 6.2): padding, ages, numbers in characters, UIDs. Character sets and names are
// in charset.hpp.
// Tests: tests/unit/dataset/value_text_test.cpp; fuzz target: fuzz_check
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/value_time.hpp"

namespace assay::dataset {

/// The parts between delimiters, of text in which every byte is a character; one empty part for an empty text.
std::vector<std::string_view> split(std::string_view text, char delimiter);

/// Without trailing blanks and NULs.
std::string_view without_padding(std::string_view text);
/// Without blanks at either end.
std::string_view trimmed(std::string_view text);

struct Age {
  std::uint16_t number = 0;  // 0 to 999
  char unit = 'Y';           // D W M Y
  bool historic = false;     // read from another spelling than nnnU
  friend bool operator==(const Age&, const Age&) = default;
};
/// "018M". Historic spellings: fewer digits, a blank before the unit, a small letter.
std::optional<Age> parse_age(std::string_view text, Spelling spelling = Spelling::strict);
std::string format(const Age& age);

/// IS: blanks at the ends, a sign, digits, -2^31 to 2^31-1.
std::optional<std::int32_t> parse_integer_string(std::string_view text);
/// DS: blanks at the ends, a sign, digits with at most one point, an exponent. "inf" and "nan" are none.
std::optional<double> parse_decimal_string(std::string_view text);
/// The shortest text of at most 16 characters that is nearest to the number; nothing for what is not finite.
std::optional<std::string> format_decimal_string(double value);
/// Where the grammar of IS or DS is left, or nothing when it is not; `text` without padding.
std::optional<std::size_t> fault_in_integer_string(std::string_view text);
std::optional<std::size_t> fault_in_decimal_string(std::string_view text);

/// PS3.5 9.1: 1 to 64 characters, numbers between dots, none with a leading zero.
bool is_uid(std::string_view text);

}  // namespace assay::dataset
