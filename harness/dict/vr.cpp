#include "harness/dict/vr.hpp"

#include <array>

#include "harness/dict/vr_table.hpp"

namespace assay {

namespace {

constexpr std::string_view letters = "AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSQSSSTSVTMUCUIULUNURUSUTUV";

}  // namespace

std::string_view name(Vr vr) {
  const auto& row = vr_row(vr);
  return row.known ? letters.substr(std::size_t{row.order} * 2, 2) : std::string_view("--");
}

Vr vr_from(std::string_view text) {
  if (text.size() != 2) return Vr::none;
  const auto vr = static_cast<Vr>(static_cast<std::uint8_t>(text[0]) << 8 | static_cast<std::uint8_t>(text[1]));
  return is_known(vr) ? vr : Vr::none;
}

bool is_known(Vr vr) { return vr_row(vr).known; }
bool has_long_length(Vr vr) { return vr_row(vr).long_length; }
bool is_text(Vr vr) { return vr_row(vr).text; }
std::uint8_t padding(Vr vr) { return vr_row(vr).padding; }
std::uint8_t unit_size(Vr vr) { return vr_row(vr).unit; }
std::uint8_t swap_size(Vr vr) { return vr_row(vr).swap; }

}  // namespace assay
