// Palettes (PS3.3 C.7.6.3.1.5), the modality LUT (PS3.3 C.11.1), overlays (PS3.3 C.9.2).
#include <algorithm>

#include "file.hpp"

namespace planted {
namespace {

constexpr std::uint32_t overlay_planes = 16;  // groups 6000 to 601E

std::uint32_t word(const Bytes& value, std::size_t which) {
  return static_cast<std::uint32_t>(value[2 * which] | value[2 * which + 1] << 8);
}

struct Overlay {
  bool present = false;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  int top = 1;
  int left = 1;
};

Overlay read_overlay(const DataSet& set, std::uint32_t group) {
  const Element* rows = set.find(group << 16 | 0x10);
  const Element* columns = set.find(group << 16 | 0x11);
  const Element* origin = set.find(group << 16 | 0x50);
  require(rows != nullptr && columns != nullptr && origin != nullptr && origin->value.size() >= 4);
  require(rows->vr == vr("US") && columns->vr == vr("US"));
  return {true, number(*rows), number(*columns), static_cast<std::int16_t>(word(origin->value, 0)),
          static_cast<std::int16_t>(word(origin->value, 1))};
}

// Marks the pixels of the image that the overlay covers; what lies outside of the image is cut off.
void burn(const Overlay& overlay, View bits, const Image& image, Bytes& mask) {
  const int height = static_cast<int>(image.rows);
  const int width = static_cast<int>(image.columns);
  for (std::uint32_t row = 0; row < overlay.rows; ++row) {
    for (std::uint32_t column = 0; column < overlay.columns; ++column) {
      const std::size_t bit = std::size_t{row} * overlay.columns + column;
      if ((bits.data()[bit / 8] >> bit % 8 & 1) == 0) continue;
      const int y = overlay.top - 1 + static_cast<int>(row);
      const int x = overlay.left - 1 + static_cast<int>(column);
      if (y >= height || x >= width) continue;
      if (!PLANT(40) && (y < 0 || x < 0)) continue;
      mask.data()[std::ptrdiff_t{y} * width + x] = 1;
    }
  }
}

}  // namespace

Palette read_palette(const DataSet& set, std::uint32_t colour) {
  const Element* descriptor = set.find(0x00281101 + colour);
  const Element* data = set.find(0x00281201 + colour);
  require(descriptor != nullptr && data != nullptr && descriptor->value.size() == 6);
  Palette palette;
  palette.entries = word(descriptor->value, 0);
  if (!PLANT(37) && palette.entries == 0) palette.entries = 65536;
  palette.first = static_cast<std::int16_t>(word(descriptor->value, 1));
  const std::uint32_t bits = word(descriptor->value, 2);
  require(bits == 8 || bits == 16);
  palette.width = bits / 8;
  if (!PLANT(35)) require(data->value.size() >= palette.entries * palette.width);
  palette.data = data->value;
  palette.data.shrink_to_fit();
  return palette;
}

std::uint32_t look_up(const Palette& palette, int pixel) {
  int index = pixel - palette.first;
  if (!PLANT(36)) index = std::max(index, 0);  // pixels below the first one mapped have its colour
  index = std::min(index, static_cast<int>(palette.entries) - 1);
  const std::uint8_t* entry = palette.data.data() + std::ptrdiff_t{index} * static_cast<std::ptrdiff_t>(palette.width);
  return palette.width == 1 ? entry[0] : static_cast<std::uint32_t>(entry[0] | entry[1] << 8);
}

void look_at_modality_lut(const DataSet& set) {
  const Element* sequence = set.find(0x00283000);
  if (sequence == nullptr) return;
  if (!PLANT(38)) require(sequence->vr == vr("SQ") && sequence->items.size() == 1);
  const DataSet& item = *sequence->items.front();
  const Element* descriptor = item.find(0x00283002);
  const Element* data = item.find(0x00283006);
  require(descriptor != nullptr && data != nullptr && descriptor->value.size() == 6);
  const std::uint32_t entries = word(descriptor->value, 0);
  require(entries > 0 && data->value.size() >= 2 * std::size_t{entries});
  std::uint32_t highest = 0;
  for (std::size_t i = 0; i < entries; ++i) highest = std::max(highest, word(data->value, i));
  invariant(highest <= 0xFFFF, "a LUT entry of more than 16 bits");
}

void burn_overlays(const DataSet& set, const Image& image) {
  Overlay overlays[overlay_planes];
  for (const auto& [tag, element] : set.elements) {
    const std::uint32_t group = tag >> 16;
    if (group < 0x6000 || group > 0x60FF || group % 2 != 0 || (tag & 0xFFFF) != 0x3000) continue;  // odd: private
    const std::uint32_t plane = (group - 0x6000) / 2;
    if (!PLANT(41)) require(plane < overlay_planes);
    overlays[plane] = read_overlay(set, group);
  }
  for (std::uint32_t plane = 0; plane < overlay_planes; ++plane) {
    if (!overlays[plane].present) continue;
    require(std::size_t{image.rows} * image.columns <= max_frame);
    const View bits = set.find((0x6000 + 2 * plane) << 16 | 0x3000)->value;
    const std::size_t covered = std::size_t{overlays[plane].rows} * overlays[plane].columns;
    if (!PLANT(39)) require(bits.size() * 8 >= covered);
    Bytes mask(std::size_t{image.rows} * image.columns);
    burn(overlays[plane], bits, image, mask);
  }
}

}  // namespace planted
