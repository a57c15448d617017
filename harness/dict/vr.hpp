// The 34 Value Representations of PS3.5 6.2 and what the encodings need to know about each (Table 7.1-1).
// Tests: tests/unit/dict/
#pragma once

#include <cstdint>
#include <string_view>

namespace assay {

/// The two letters as they stand in the stream: a 16-bit key into a table, first letter in the high byte.
enum class Vr : std::uint16_t {
  none = 0,
  AE = 'A' << 8 | 'E',
  AS = 'A' << 8 | 'S',
  AT = 'A' << 8 | 'T',
  CS = 'C' << 8 | 'S',
  DA = 'D' << 8 | 'A',
  DS = 'D' << 8 | 'S',
  DT = 'D' << 8 | 'T',
  FD = 'F' << 8 | 'D',
  FL = 'F' << 8 | 'L',
  IS = 'I' << 8 | 'S',
  LO = 'L' << 8 | 'O',
  LT = 'L' << 8 | 'T',
  OB = 'O' << 8 | 'B',
  OD = 'O' << 8 | 'D',
  OF = 'O' << 8 | 'F',
  OL = 'O' << 8 | 'L',
  OV = 'O' << 8 | 'V',
  OW = 'O' << 8 | 'W',
  PN = 'P' << 8 | 'N',
  SH = 'S' << 8 | 'H',
  SL = 'S' << 8 | 'L',
  SQ = 'S' << 8 | 'Q',
  SS = 'S' << 8 | 'S',
  ST = 'S' << 8 | 'T',
  SV = 'S' << 8 | 'V',
  TM = 'T' << 8 | 'M',
  UC = 'U' << 8 | 'C',
  UI = 'U' << 8 | 'I',
  UL = 'U' << 8 | 'L',
  UN = 'U' << 8 | 'N',
  UR = 'U' << 8 | 'R',
  US = 'U' << 8 | 'S',
  UT = 'U' << 8 | 'T',
  UV = 'U' << 8 | 'V',
};

/// The two letters, or "--" for none.
std::string_view name(Vr vr);
/// Vr::none when the letters are no VR of PS3.5 6.2.
Vr vr_from(std::string_view letters);
bool is_known(Vr vr);

/// Two reserved bytes and a 32-bit length in explicit VR (Table 7.1-1).
bool has_long_length(Vr vr);
/// Character VRs: values are text; UI is padded by NUL, the others by space.
bool is_text(Vr vr);
std::uint8_t padding(Vr vr);
/// Size of one number of a binary VR (US 2, FD 8, AT 4 as two 16-bit numbers ...), 1 for OB/UN/text.
std::uint8_t unit_size(Vr vr);
/// What is swapped between byte orders: 2 for AT and OW, else as unit_size.
std::uint8_t swap_size(Vr vr);

}  // namespace assay
