// The coded character sets that DICOM uses (PS3.3 C.12.1.1.2 Tables C.12-2 to C.12-5) as code tables, both ways, with
// their Defined Terms and escape sequences. No system converter is asked: what is read must not depend on the machine.
// Tests: tests/unit/dataset/charset_tables_test.cpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace assay::dataset {

/// Named by their ISO-IR registration number where they have one.
enum class CodeSet : std::uint8_t {
  none,
  ir_6,    // ISO 646, the default repertoire
  ir_14,   // JIS X 0201 romaji: 5CH is the yen sign, 7EH the overline
  ir_13,   // JIS X 0201 katakana
  ir_100,  // Latin 1
  ir_101,  // Latin 2
  ir_109,  // Latin 3
  ir_110,  // Latin 4
  ir_144,  // Cyrillic
  ir_127,  // Arabic
  ir_126,  // Greek
  ir_138,  // Hebrew
  ir_148,  // Latin 5
  ir_203,  // Latin 9
  ir_166,  // Thai
  ir_87,   // JIS X 0208
  ir_159,  // JIS X 0212
  ir_149,  // KS X 1001
  ir_58,   // GB 2312
  utf_8,
  gb18030,
  gbk,
};

enum class CodeElement : std::uint8_t { g0, g1, all };  // where a set is designated to; all: it is used without others

struct CodeSetInfo {
  CodeSet set;
  std::string_view name;       // "JIS X 0208 (kanji)"
  std::string_view term;       // "ISO_IR 100"; empty when the set has no term without code extensions
  std::string_view extension;  // "ISO 2022 IR 100"; empty when it has none with them
  std::string_view escape;     // with the ESC
  CodeElement element;
  std::uint8_t bytes;  // of a character, 0 when that varies
};

/// All of them. ir_14 has no terms: it comes with those of ir_13.
std::span<const CodeSetInfo> code_sets();
const CodeSetInfo& info_of(CodeSet set);

/// The character at a position of a set with fixed width: one byte (21H to 7EH, A0H to FFH), or two of 21H to 7EH as
/// row * 256 + column. 0 when the set leaves the position open.
char32_t character_at(CodeSet set, unsigned position);

/// A character that was read, and how many bytes it took. character 0: none, and the bytes belong to no character.
struct CodedCharacter {
  char32_t character = 0;
  std::size_t length = 0;
};

/// The character at the start of `bytes` (not empty) in UTF-8, GB18030 or GBK.
CodedCharacter read_character(CodeSet set, std::span<const std::uint8_t> bytes);

/// The bytes of a character in a set, as they stand in a value (G1 sets with the high bit); size 0: it has none.
struct CharacterBytes {
  std::array<std::uint8_t, 4> bytes{};
  std::size_t size = 0;
};
CharacterBytes bytes_of(CodeSet set, char32_t character);

void append_utf8(std::string& text, char32_t character);

}  // namespace assay::dataset
