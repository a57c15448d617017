#include "harness/dataset/charset_tables.hpp"

#include <algorithm>
#include <vector>

namespace assay::dataset {

namespace {

#include "harness/dataset/charset_tables.inc"

constexpr char16_t open = 0xfffd;  // marks an open position in the tables
constexpr unsigned side = 94;      // rows and columns of a two-byte set

constexpr CodeSetInfo infos[] = {
    {CodeSet::none, "no character set", "", "", "", CodeElement::g1, 1},
    {CodeSet::ir_6, "the default repertoire", "ISO_IR 6", "ISO 2022 IR 6", "\x1b(B", CodeElement::g0, 1},
    {CodeSet::ir_14, "JIS X 0201 (romaji)", "", "", "\x1b(J", CodeElement::g0, 1},
    {CodeSet::ir_13, "JIS X 0201 (katakana)", "ISO_IR 13", "ISO 2022 IR 13", "\x1b)I", CodeElement::g1, 1},
    {CodeSet::ir_100, "Latin alphabet No. 1", "ISO_IR 100", "ISO 2022 IR 100", "\x1b-A", CodeElement::g1, 1},
    {CodeSet::ir_101, "Latin alphabet No. 2", "ISO_IR 101", "ISO 2022 IR 101", "\x1b-B", CodeElement::g1, 1},
    {CodeSet::ir_109, "Latin alphabet No. 3", "ISO_IR 109", "ISO 2022 IR 109", "\x1b-C", CodeElement::g1, 1},
    {CodeSet::ir_110, "Latin alphabet No. 4", "ISO_IR 110", "ISO 2022 IR 110", "\x1b-D", CodeElement::g1, 1},
    {CodeSet::ir_144, "Cyrillic", "ISO_IR 144", "ISO 2022 IR 144", "\x1b-L", CodeElement::g1, 1},
    {CodeSet::ir_127, "Arabic", "ISO_IR 127", "ISO 2022 IR 127", "\x1b-G", CodeElement::g1, 1},
    {CodeSet::ir_126, "Greek", "ISO_IR 126", "ISO 2022 IR 126", "\x1b-F", CodeElement::g1, 1},
    {CodeSet::ir_138, "Hebrew", "ISO_IR 138", "ISO 2022 IR 138", "\x1b-H", CodeElement::g1, 1},
    {CodeSet::ir_148, "Latin alphabet No. 5", "ISO_IR 148", "ISO 2022 IR 148", "\x1b-M", CodeElement::g1, 1},
    {CodeSet::ir_203, "Latin alphabet No. 9", "ISO_IR 203", "ISO 2022 IR 203", "\x1b-b", CodeElement::g1, 1},
    {CodeSet::ir_166, "Thai", "ISO_IR 166", "ISO 2022 IR 166", "\x1b-T", CodeElement::g1, 1},
    {CodeSet::ir_87, "JIS X 0208 (kanji)", "", "ISO 2022 IR 87", "\x1b$B", CodeElement::g0, 2},
    {CodeSet::ir_159, "JIS X 0212 (supplementary kanji)", "", "ISO 2022 IR 159", "\x1b$(D", CodeElement::g0, 2},
    {CodeSet::ir_149, "KS X 1001 (Korean)", "", "ISO 2022 IR 149", "\x1b$)C", CodeElement::g1, 2},
    {CodeSet::ir_58, "GB 2312 (Chinese)", "", "ISO 2022 IR 58", "\x1b$)A", CodeElement::g1, 2},
    {CodeSet::utf_8, "UTF-8", "ISO_IR 192", "", "", CodeElement::all, 0},
    {CodeSet::gb18030, "GB18030", "GB18030", "", "", CodeElement::all, 0},
    {CodeSet::gbk, "GBK", "GBK", "", "", CodeElement::all, 0},
};

const char16_t* high_half(CodeSet set) {
  switch (set) {
    case CodeSet::ir_100: return iso_ir_100;
    case CodeSet::ir_101: return iso_ir_101;
    case CodeSet::ir_109: return iso_ir_109;
    case CodeSet::ir_110: return iso_ir_110;
    case CodeSet::ir_144: return iso_ir_144;
    case CodeSet::ir_127: return iso_ir_127;
    case CodeSet::ir_126: return iso_ir_126;
    case CodeSet::ir_138: return iso_ir_138;
    case CodeSet::ir_148: return iso_ir_148;
    case CodeSet::ir_203: return iso_ir_203;
    case CodeSet::ir_166: return iso_ir_166;
    default: return nullptr;
  }
}

char32_t one_byte(CodeSet set, unsigned position) {
  if (set == CodeSet::ir_6 || set == CodeSet::ir_14) {
    if (position < 0x20 || position > 0x7e) return 0;
    if (set == CodeSet::ir_14 && position == 0x5c) return 0xa5;
    if (set == CodeSet::ir_14 && position == 0x7e) return 0x203e;
    return position;
  }
  if (set == CodeSet::ir_13) return position >= 0xa1 && position <= 0xdf ? position - 0xa1 + 0xff61 : 0;
  const auto* table = high_half(set);
  if (table == nullptr || position < 0xa0 || position > 0xff || table[position - 0xa0] == open) return 0;
  return table[position - 0xa0];
}

bool private_use(char32_t character) { return character >= 0xe000 && character <= 0xf8ff; }

constexpr unsigned gb_columns = 190;  // trail bytes 40H to 7EH and 80H to FEH

constexpr unsigned gb_column(unsigned trail) { return trail - (trail > 0x7f ? 0x41 : 0x40); }

/// The areas for characters of the user, in the order in which they are numbered from U+E000 on.
struct UserArea {
  unsigned first_lead, last_lead, first_trail, columns;
  char16_t first;
};
constexpr UserArea user_areas[] = {
    {0xaa, 0xaf, 0xa1, 94, 0xe000}, {0xf8, 0xfe, 0xa1, 94, 0xe234}, {0xa1, 0xa7, 0x40, 96, 0xe4c6}};

char32_t gb_two_bytes(unsigned lead, unsigned trail) {
  if (lead < 0x81 || lead > 0xfe || trail < 0x40 || trail == 0x7f || trail > 0xfe) return 0;
  const char16_t found = gb_18030[(lead - 0x81) * gb_columns + gb_column(trail)];
  if (found != open) return found;
  for (const auto& area : user_areas) {
    const unsigned column = gb_column(trail) - gb_column(area.first_trail);
    if (lead >= area.first_lead && lead <= area.last_lead && trail >= area.first_trail && column < area.columns)
      return area.first + (lead - area.first_lead) * area.columns + column;
  }
  return 0;
}

/// What later sets added to the rows of GB 2312 and the table of GB 18030 therefore has there.
bool added_after_gb_2312(unsigned position) {
  return (position >= 0x2221 && position <= 0x222a) || position == 0x2263 ||
         (position >= 0x2660 && position <= 0x2675) || (position >= 0x283b && position <= 0x2840);
}

char32_t two_bytes(CodeSet set, unsigned position) {
  const unsigned row = (position >> 8) - 0x21;
  const unsigned column = (position & 0xffU) - 0x21;
  if (row >= side || column >= side) return 0;
  const auto cell = [&](const char16_t* table) -> char32_t {
    const char16_t found = table[row * side + column];
    return found == open ? 0 : found;
  };
  switch (set) {
    case CodeSet::ir_87: return cell(iso_ir_87);
    case CodeSet::ir_159: return cell(iso_ir_159);
    case CodeSet::ir_149: return cell(iso_ir_149);
    case CodeSet::ir_58: {
      const char32_t found = gb_two_bytes((position >> 8) + 0x80, (position & 0xffU) + 0x80);
      return private_use(found) || added_after_gb_2312(position) ? 0 : found;
    }
    default: return 0;
  }
}

/// The positions of a two-byte set by character, 0 where it has none.
std::vector<std::uint16_t> positions_by_character(CodeSet set) {
  std::vector<std::uint16_t> positions(0x10000);
  for (unsigned row = 0x7e; row >= 0x21; --row) {  // downwards: of two positions for a character the first is taken
    for (unsigned column = 0x7e; column >= 0x21; --column) {
      const unsigned position = row << 8 | column;
      if (const auto character = two_bytes(set, position)) positions[character] = static_cast<std::uint16_t>(position);
    }
  }
  return positions;
}

/// GB 18030 numbers every character of the basic plane that has no two bytes, in order, in four bytes.
struct Gb18030 {
  std::vector<std::uint16_t> two_bytes;   // by character: lead * 256 + trail, 0: none
  std::vector<std::uint16_t> four_bytes;  // by character: the number; valid only where two_bytes is 0
  std::vector<char16_t> by_number;

  Gb18030() : two_bytes(0x10000), four_bytes(0x10000) {
    for (unsigned lead = 0xfe; lead >= 0x81; --lead) {
      for (unsigned trail = 0xfe; trail >= 0x40; --trail) {
        if (const auto character = gb_two_bytes(lead, trail))
          two_bytes[character] = static_cast<std::uint16_t>(lead << 8 | trail);
      }
    }
    by_number.reserve(39'420);
    for (char32_t character = 0x80; character < 0x10000; ++character) {
      const bool surrogate = character >= 0xd800 && character <= 0xdfff;
      // The edition of 2005 let U+1E3F and U+E7C7 change places; the numbers stayed those of 2000.
      const bool numbered = character == 0x1e3f || (two_bytes[character] == 0 && character != 0xe7c7);
      if (surrogate || !numbered) continue;
      const char32_t now = character == 0x1e3f ? 0xe7c7 : character;
      four_bytes[now] = static_cast<std::uint16_t>(by_number.size());
      by_number.push_back(static_cast<char16_t>(now));
    }
  }
};

const Gb18030& gb18030() {
  static const Gb18030 tables;
  return tables;
}

constexpr unsigned first_supplementary = 189'000;  // the number of U+10000: 90308130H

CodedCharacter read_gb(CodeSet set, std::span<const std::uint8_t> bytes) {
  const unsigned lead = bytes[0];
  if (lead < 0x80) return {lead, 1};
  if (lead == 0x80 || lead == 0xff || bytes.size() < 2) return {0, 1};
  const unsigned trail = bytes[1];
  if (trail >= 0x40 && trail != 0x7f && trail != 0xff) {
    const auto character = gb_two_bytes(lead, trail);
    return {set == CodeSet::gbk && private_use(character) ? 0 : character, 2};
  }
  const auto digit = [](unsigned byte) { return byte >= 0x30 && byte <= 0x39; };
  if (set == CodeSet::gbk || bytes.size() < 4 || !digit(trail) || !digit(bytes[3]) || bytes[2] < 0x81 ||
      bytes[2] > 0xfe)
    return {0, 1};
  const unsigned number = (((lead - 0x81) * 10 + (trail - 0x30)) * 126 + (bytes[2] - 0x81U)) * 10 + (bytes[3] - 0x30U);
  const auto& plane = gb18030().by_number;
  if (number < plane.size()) return {plane[number], 4};
  if (number >= first_supplementary && number - first_supplementary < 0x100000)
    return {number - first_supplementary + 0x10000, 4};
  return {0, 4};
}

/// Bytes that can begin no character are counted up to the first that could continue otherwise (Unicode 3.9).
CodedCharacter read_utf8(std::span<const std::uint8_t> bytes) {
  const unsigned lead = bytes[0];
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xc2 || lead > 0xf4) return {0, 1};
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;   // no overlong forms
  unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;  // no surrogates, nothing beyond U+10FFFF
  char32_t character = lead & (0x7fU >> length);
  for (std::size_t at = 1; at < length; ++at) {
    if (at >= bytes.size() || bytes[at] < low || bytes[at] > high) return {0, at};
    character = character << 6 | (bytes[at] & 0x3fU);
    low = 0x80;
    high = 0xbf;
  }
  return {character, length};
}

CharacterBytes utf8_of(char32_t character) {
  CharacterBytes result;
  const auto put = [&](char32_t byte) { result.bytes[result.size++] = static_cast<std::uint8_t>(byte); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xc0 | character >> 6);
    put(0x80 | (character & 0x3f));
  } else if (character < 0x10000) {
    if (character >= 0xd800 && character <= 0xdfff) return {};
    put(0xe0 | character >> 12);
    put(0x80 | (character >> 6 & 0x3f));
    put(0x80 | (character & 0x3f));
  } else if (character < 0x110000) {
    put(0xf0 | character >> 18);
    put(0x80 | (character >> 12 & 0x3f));
    put(0x80 | (character >> 6 & 0x3f));
    put(0x80 | (character & 0x3f));
  }
  return result;
}

CharacterBytes gb_of(CodeSet set, char32_t character) {
  CharacterBytes result;
  const auto put = [&](unsigned byte) { result.bytes[result.size++] = static_cast<std::uint8_t>(byte); };
  if (character < 0x80) {
    put(character);
    return result;
  }
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  if (surrogate || character > 0x10ffff || (set == CodeSet::gbk && (private_use(character) || character > 0xffff)))
    return {};
  unsigned number = 0;
  if (character < 0x10000) {
    if (const unsigned pair = gb18030().two_bytes[character]) {
      put(pair >> 8);
      put(pair & 0xffU);
      return result;
    }
    if (set == CodeSet::gbk) return {};
    number = gb18030().four_bytes[character];
  } else {
    number = first_supplementary + (character - 0x10000);
  }
  put(0x81 + number / 12'600);
  put(0x30 + number / 1'260 % 10);
  put(0x81 + number / 10 % 126);
  put(0x30 + number % 10);
  return result;
}

struct BytePosition {
  char32_t character;
  unsigned position;
};

unsigned one_byte_position(CodeSet set, char32_t character) {
  static const auto tables = [] {
    std::array<std::vector<BytePosition>, std::size(infos)> made;
    for (const auto& info : infos) {
      if (info.bytes != 1) continue;
      auto& positions = made[static_cast<std::size_t>(info.set)];
      for (unsigned position = 0x20; position <= 0xff; ++position)
        if (const auto found = one_byte(info.set, position)) positions.push_back({found, position});
      std::ranges::sort(positions, {}, &BytePosition::character);
    }
    return made;
  }();
  const auto& positions = tables[static_cast<std::size_t>(set)];
  const auto found = std::ranges::lower_bound(positions, character, {}, &BytePosition::character);
  return found != positions.end() && found->character == character ? found->position : 0;
}

unsigned position_of(CodeSet set, char32_t character) {
  if (character > 0xffff) return 0;
  switch (set) {
    case CodeSet::ir_87: {
      static const auto positions = positions_by_character(CodeSet::ir_87);
      return positions[character];
    }
    case CodeSet::ir_159: {
      static const auto positions = positions_by_character(CodeSet::ir_159);
      return positions[character];
    }
    case CodeSet::ir_149: {
      static const auto positions = positions_by_character(CodeSet::ir_149);
      return positions[character];
    }
    case CodeSet::ir_58: {
      static const auto positions = positions_by_character(CodeSet::ir_58);
      return positions[character];
    }
    default: return one_byte_position(set, character);
  }
}

}  // namespace

std::span<const CodeSetInfo> code_sets() { return infos; }

const CodeSetInfo& info_of(CodeSet set) { return infos[static_cast<std::size_t>(set)]; }

char32_t character_at(CodeSet set, unsigned position) {
  return info_of(set).bytes == 2 ? two_bytes(set, position) : one_byte(set, position);
}

CodedCharacter read_character(CodeSet set, std::span<const std::uint8_t> bytes) {
  return set == CodeSet::utf_8 ? read_utf8(bytes) : read_gb(set, bytes);
}

CharacterBytes bytes_of(CodeSet set, char32_t character) {
  if (set == CodeSet::utf_8) return utf8_of(character);
  if (set == CodeSet::gb18030 || set == CodeSet::gbk) return gb_of(set, character);
  if (character == 0) return {};
  const unsigned position = position_of(set, character);
  if (position == 0) return {};
  const auto& info = info_of(set);
  if (info.bytes == 1) return {{static_cast<std::uint8_t>(position)}, 1};
  const unsigned high = info.element == CodeElement::g1 ? 0x8080 : 0;
  return {{static_cast<std::uint8_t>((position | high) >> 8), static_cast<std::uint8_t>(position | high)}, 2};
}

void append_utf8(std::string& text, char32_t character) {
  const auto coded = utf8_of(character);
  for (std::size_t i = 0; i < coded.size; ++i) text += static_cast<char>(coded.bytes[i]);
}

}  // namespace assay::dataset
