// Values as people write them, to bytes and back: text, numbers, tags; checked against the VR (PS3.5 6.2).
// Tests: tests/unit/dataset/edit_value_test.cpp
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

/// Where a value that is to be made will stand.
struct ValueSetting {
  Endian endian = Endian::little;
  std::string_view character_set;  // Specific Character Set in force, unpadded
  bool force = false;              // illegal values are wanted
};

/// The bytes of a value, not padded: several values stand between backslashes, numbers are decimal or 0x..., AT is
/// (gggg,eeee). The error is one sentence.
std::expected<Bytes, std::string> value_from_text(Vr vr, std::string_view text, const ValueSetting& context);

/// What is wrong with text in a character VR: one sentence, or nothing. PS3.5 Table 6.2-1.
std::optional<std::string> text_fault(Vr vr, std::string_view text);

/// Numbers and tags between backslashes in a form that value_from_text() takes back to the same bytes; nothing when
/// the VR holds no numbers, a number is cut, or a NaN has bits that no text tells.
std::optional<std::string> number_text(Vr vr, ByteView value, Endian endian, std::size_t limit = ~std::size_t{0});

/// True for US, SS, UL, SL, UV, SV, FL, FD, AT.
bool is_number(Vr vr);

/// True for text that a terminal and an editor show as it is: UTF-8 without control characters and without marks that
/// turn the writing direction.
bool is_plain_utf8(std::string_view text);

/// Length of the valid UTF-8 character at the start of `text`, 0 when there is none; `plain` is false for control
/// characters and direction marks.
std::size_t utf8_character(std::string_view text, bool& plain);

}  // namespace assay::dataset
