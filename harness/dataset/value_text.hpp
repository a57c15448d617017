// Text values taken apart (PS3.5 6.2): multi-byte aware splitting, ages, numbers in characters, names, UIDs.
// Tests: tests/unit/dataset/value_text_test.cpp; fuzz target: fuzz_check
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/value_time.hpp"

namespace assay::dataset {

/// How bytes make characters, as far as the delimiters "\", "^" and "=" are concerned: their codes also occur as
/// parts of multi-byte characters (PS3.5 6.1.2.5, PS3.3 C.12.1.1.2).
enum class CharacterForm : std::uint8_t {
  single_byte,  // also UTF-8, whose multi-byte characters have no byte below 80H
  iso_2022,     // escape sequences switch G0 to two-byte sets
  gb_18030,     // GBK too: the second byte may be an ASCII one
};
/// By the value of Specific Character Set, all of its values.
CharacterForm character_form(std::string_view specific_character_set);

/// Walks over text character by character, escape sequences followed.
class CharacterWalk {
 public:
  CharacterWalk(std::string_view text, CharacterForm form) : text_(text), form_(form) {}

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] std::size_t at() const { return at_; }
  /// The character here when it is one byte of its own, else 0.
  [[nodiscard]] char single() const;
  void next();

 private:
  [[nodiscard]] std::size_t length() const;

  std::string_view text_;
  CharacterForm form_;
  std::size_t at_ = 0;
  bool two_bytes_ = false;  // G0 holds a two-byte set
};

/// The parts between delimiters; one empty part for an empty text.
std::vector<std::string_view> split(std::string_view text, char delimiter, CharacterForm form);

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

/// PN (PS3.5 6.2.1): alphabetic, ideographic, phonetic group; in each family, given, middle, prefix, suffix.
struct PersonName {
  using Group = std::array<std::string_view, 5>;
  std::array<Group, 3> groups{};
  std::array<std::string_view, 3> group_texts{};  // as they stand
  std::size_t group_count = 0;                    // as they stand, more than 3 possible
  std::size_t most_components = 0;                // of any group, more than 5 possible
};
/// Views into `text`. What exceeds three groups or five components is counted and not kept.
PersonName parse_person_name(std::string_view text, CharacterForm form = CharacterForm::single_byte);
/// Trailing empty components and groups left out.
std::string format(const PersonName& name);

/// PS3.5 9.1: 1 to 64 characters, numbers between dots, none with a leading zero.
bool is_uid(std::string_view text);

}  // namespace assay::dataset
