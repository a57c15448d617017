// Rules about overlay planes (PS3.5 7.6, 8.1.2; PS3.3 C.9.2).
#include <fmt/format.h>

#include "harness/dataset/check_parts.hpp"
#include "harness/dataset/pixel_parts.hpp"
#include "harness/dataset/value.hpp"

namespace assay::dataset {

namespace {

constexpr std::uint16_t first_group = 0x6000;
constexpr std::uint16_t last_group = 0x601e;
constexpr std::uint16_t last_repeating = 0x60ff;

struct Overlay {
  const Node* rows = nullptr;
  const Node* columns = nullptr;
  const Node* frames = nullptr;
  const Node* origin = nullptr;
  const Node* bits = nullptr;
  const Node* position = nullptr;
  const Node* data = nullptr;
};

Overlay overlay_of(const CheckPlace& place, std::uint16_t group) {
  struct Row {
    std::uint16_t element;
    const Node* Overlay::* place;
  };
  static constexpr Row rows[] = {{0x0010, &Overlay::rows},   {0x0011, &Overlay::columns}, {0x0015, &Overlay::frames},
                                 {0x0050, &Overlay::origin}, {0x0100, &Overlay::bits},    {0x0102, &Overlay::position},
                                 {0x3000, &Overlay::data}};
  Overlay overlay;
  const auto& nodes = place.data_set.nodes();
  for (std::uint32_t i = place.level.first; i < place.level.end; i = nodes[i].end) {
    if (nodes[i].tag.group != group || nodes[i].kind != NodeKind::element || nodes[i].vr == Vr::none) continue;
    for (const auto& row : rows)
      if (nodes[i].tag.element == row.element && !(overlay.*row.place)) overlay.*row.place = &nodes[i];
  }
  return overlay;
}

void check_origin(const PixelRules& rules, const Overlay& overlay) {
  if (!overlay.origin || overlay.origin->value.size() != 4 || overlay.origin->vr != Vr::SS) return;
  const Numbers<std::int16_t> origin(overlay.origin->value, rules.a.endian);
  const auto covers = [&](int first, const Node* size, const Node* image) {
    const auto length = rules.a.number(size);
    const auto limit = rules.a.number(image);
    return !length || !limit || (first <= *limit && first + *length > 1);
  };
  if (!covers(origin[0], overlay.rows, rules.a.rows) || !covers(origin[1], overlay.columns, rules.a.columns))
    rules.at(*overlay.origin, "ps3.3/C.9.2/overlay-origin", "PS3.3 C.9.2", 0,
             fmt::format("{}\\{}", origin[0], origin[1]),
             "a place where the overlay meets the image: 1\\1 is its corner", Gravity::note);
}

void check_data(const PixelRules& rules, const Overlay& overlay) {
  const auto rows = rules.a.number(overlay.rows);
  const auto columns = rules.a.number(overlay.columns);
  if (!overlay.data || !rows || !columns) return;
  std::uint64_t frames = 1;
  if (overlay.frames && overlay.frames->vr == Vr::IS) {
    const auto count = parse_integer_string(without_padding(as_text(overlay.frames->value)));
    if (!count || *count < 1) return;
    frames = static_cast<std::uint64_t>(*count);
  }
  // 2^32 bits in each of at most 2^31 frames
  const std::uint64_t bytes = (std::uint64_t{*rows} * *columns * frames + 7) / 8;
  const std::uint64_t padded = bytes + bytes % 2;
  const std::uint64_t size = overlay.data->value.size();
  if (size != bytes && size != padded)
    rules.at(*overlay.data, "ps3.5/8.1.2/overlay-length", "PS3.5 8.1.2",
             static_cast<std::size_t>(size < padded ? size : padded), fmt::format("{} bytes", size),
             fmt::format("{} bytes for {} x {} bits, {} frames", padded, *rows, *columns, frames), Gravity::deviation);
}

}  // namespace

void check_overlay(const CheckPlace& place) {
  const Tag tag = place.node().tag;
  if (tag.group < first_group || tag.group > last_repeating || tag.is_private()) return;
  const bool beyond = tag.group > last_group;
  const auto bit = std::uint32_t{1} << (beyond ? 16 : (tag.group - first_group) / 2);
  if ((place.level.overlays_done & bit) != 0) return;
  place.level.overlays_done |= bit;
  if (beyond) {
    place.report.at_tag(place.at, "ps3.5/7.6/overlay-group", "PS3.5 7.6", fmt::format("group {:04X}", tag.group),
                        "the even groups 6000 to 601E");
    return;
  }
  const auto image = pixel_attributes(place.data_set, place.level.first, place.level.end, place.at.endian());
  const PixelRules rules{place, image, place.node()};
  const auto overlay = overlay_of(place, tag.group);
  const auto bits = image.number(overlay.bits);
  const auto position = image.number(overlay.position);
  if (!overlay.data) {
    // Before 2004 an overlay could lie in the unused bits of Pixel Data.
    if (bits && *bits != 1)
      rules.at(*overlay.bits, "ps3.3/C.9.2/embedded-overlay", "PS3.3 C.9.2", 0, fmt::format("{} bits", *bits),
               "1 bit, in Overlay Data (60xx,3000): overlays in Pixel Data are retired", Gravity::note);
    return;
  }
  if (bits && *bits != 1)
    rules.at(*overlay.bits, "ps3.3/C.9.2/overlay-bits", "PS3.3 C.9.2", 0, std::to_string(*bits), "1",
             Gravity::deviation);
  else if (position && *position != 0)
    rules.at(*overlay.position, "ps3.3/C.9.2/overlay-bits", "PS3.3 C.9.2", 0, std::to_string(*position), "0",
             Gravity::deviation);
  check_data(rules, overlay);
  check_origin(rules, overlay);
}

}  // namespace assay::dataset
