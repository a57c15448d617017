// Texts, numbers and bytes as the JSON and XML forms write them: UTF-8, shortest decimals, base64.
// Tests: tests/unit/dataset/json_test.cpp, native_xml_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/dict/vr.hpp"

namespace assay::dataset {

/// The values of a text element in UTF-8.
struct FormTexts {
  std::vector<std::string> values;
  bool exact = true;        // false when bytes do not belong to the character set and were guessed
  bool transcoded = false;  // the UTF-8 differs from the bytes
};

/// Decodes an unpadded value under the Specific Character Set in force and separates its values. What is no text of
/// that set is read as UTF-8 where it can be, else as Latin-1, and marked as not exact.
FormTexts decode_form_text(ByteView value, Vr vr, std::string_view character_set);

/// Backslashes separate values except in the VRs that are one text (PS3.5 6.2).
bool holds_several_values(Vr vr);

bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);
/// True when every character is one that XML 1.0 allows (its production 2).
bool fits_xml(std::string_view utf8);

std::string to_base64(ByteView bytes);
/// Blanks and line ends are skipped; nothing when another character or a wrong padding stands there.
std::optional<Bytes> from_base64(std::string_view text);

/// The shortest decimal that reads back as the same number; "NaN", "Infinity", "-Infinity".
std::string number_text(float number);
std::string number_text(double number);

/// True when the text is a number as JSON writes it and its value, formatted again, gives the same text.
bool survives_as_number(std::string_view text);

/// "line 3, column 7" of a byte offset, both counted from 1.
std::string line_and_column(std::string_view text, std::size_t offset);

}  // namespace assay::dataset
