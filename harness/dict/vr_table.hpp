// What the encodings need to know about each VR (PS3.5 6.2, 7.1.2) as a table keyed by the two letters, for decoders
// that look at every element. Everything else uses vr.hpp. Tests: tests/unit/dict/
#pragma once

#include <array>
#include <cstdint>

#include "harness/dict/vr.hpp"

namespace assay {

struct VrRow {
  bool known = false;
  bool long_length = false;
  bool text = false;
  std::uint8_t order = 0;    // place in alphabetical order
  std::uint8_t padding = 0;  // the byte an odd value is padded by
  std::uint8_t unit = 1;     // bytes of one number
  std::uint8_t swap = 1;     // bytes that change places between byte orders
};

namespace detail {

// Two capital letters give 26 x 26 rows; every other key shares the row after them, which is no VR.
inline constexpr std::size_t no_vr_row = 26 * 26;

constexpr std::size_t vr_index(Vr vr) {
  const auto key = static_cast<unsigned>(vr);
  const unsigned first = (key >> 8) - 'A';
  const unsigned second = (key & 0xffU) - 'A';
  return first < 26 && second < 26 ? first * 26 + second : no_vr_row;
}

consteval std::array<VrRow, no_vr_row + 1> make_vr_rows() {
  std::array<VrRow, no_vr_row + 1> rows{};
  std::uint8_t order = 0;
  for (const Vr vr : {Vr::AE, Vr::AS, Vr::AT, Vr::CS, Vr::DA, Vr::DS, Vr::DT, Vr::FD, Vr::FL, Vr::IS, Vr::LO, Vr::LT,
                      Vr::OB, Vr::OD, Vr::OF, Vr::OL, Vr::OV, Vr::OW, Vr::PN, Vr::SH, Vr::SL, Vr::SQ, Vr::SS, Vr::ST,
                      Vr::SV, Vr::TM, Vr::UC, Vr::UI, Vr::UL, Vr::UN, Vr::UR, Vr::US, Vr::UT, Vr::UV}) {
    rows[vr_index(vr)] = VrRow{.known = true, .order = order++};
  }
  for (const Vr vr : {Vr::AE, Vr::AS, Vr::CS, Vr::DA, Vr::DS, Vr::DT, Vr::IS, Vr::LO, Vr::LT, Vr::PN, Vr::SH, Vr::ST,
                      Vr::TM, Vr::UC, Vr::UR, Vr::UT}) {
    rows[vr_index(vr)].text = true;
    rows[vr_index(vr)].padding = ' ';
  }
  rows[vr_index(Vr::UI)].text = true;  // padded by NUL, as the default says
  for (const Vr vr :
       {Vr::OB, Vr::OD, Vr::OF, Vr::OL, Vr::OV, Vr::OW, Vr::SQ, Vr::SV, Vr::UC, Vr::UN, Vr::UR, Vr::UT, Vr::UV})
    rows[vr_index(vr)].long_length = true;
  for (const Vr vr : {Vr::US, Vr::SS, Vr::OW}) rows[vr_index(vr)].unit = rows[vr_index(vr)].swap = 2;
  for (const Vr vr : {Vr::UL, Vr::SL, Vr::FL, Vr::OF, Vr::OL}) rows[vr_index(vr)].unit = rows[vr_index(vr)].swap = 4;
  for (const Vr vr : {Vr::FD, Vr::OD, Vr::OV, Vr::SV, Vr::UV}) rows[vr_index(vr)].unit = rows[vr_index(vr)].swap = 8;
  rows[vr_index(Vr::AT)].unit = 4;  // two 16-bit numbers
  rows[vr_index(Vr::AT)].swap = 2;
  return rows;
}

inline constexpr auto vr_rows = make_vr_rows();

}  // namespace detail

/// The row of a VR; for keys that are no VR a row that says so.
constexpr const VrRow& vr_row(Vr vr) { return detail::vr_rows[detail::vr_index(vr)]; }

}  // namespace assay
