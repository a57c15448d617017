// Rules about Pixel Data (PS3.5 8.1, 8.2, A; PS3.3 C.7.6.3): attributes, bits, size, form. The structure of compressed
// Pixel Data is judged in pixel_encapsulation.cpp, overlays in pixel_overlay.cpp.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/hex.hpp"
#include "harness/dataset/check_parts.hpp"
#include "harness/dataset/pixel_parts.hpp"
#include "harness/dataset/value.hpp"

namespace assay::dataset {

void PixelRules::at(const Node& node, std::string_view rule, std::string_view clause, std::size_t index,
                    std::string found, std::string expected, Gravity gravity) const {
  if (!place.report.wants(gravity)) return;
  auto field = short_path(place.at);
  const auto slash = field.rfind('/');
  field.resize(slash == std::string::npos ? 0 : slash + 1);
  const auto offset = node.offset == no_offset         ? 0
                      : node.kind == NodeKind::element ? offset_in_value(node, index)
                                                       : node.offset;
  place.report.put(offset, field + to_string(node.tag), rule, clause, std::move(found), std::move(expected), gravity);
}

namespace {

bool is_transfer_syntax(std::string_view uid) {
  const auto* entry = dict::find_uid(uid);
  return entry && entry->kind == dict::UidKind::transfer_syntax;
}

class Attributes : public PixelRules {
 public:
  void run() {
    if (a.pixels && (a.float_pixels || a.double_pixels))
      at(a.float_pixels ? *a.float_pixels : *a.double_pixels, "ps3.3/C.7.6.24/one-pixel-element", "PS3.3 C.7.6.24", 0,
         "more than one element of pixels", "one of Pixel Data, Float Pixel Data, Double Float Pixel Data",
         Gravity::deviation);
    missing();
    bits();
    samples();
    frames();
  }

 private:
  void missing() {
    struct Row {
      const Node* node;
      std::string_view name;
      bool of_float;
    };
    const Row rows[] = {{a.samples, "Samples per Pixel", true},
                        {a.photometric, "Photometric Interpretation", true},
                        {a.rows, "Rows", true},
                        {a.columns, "Columns", true},
                        {a.bits_allocated, "Bits Allocated", true},
                        {a.bits_stored, "Bits Stored", false},
                        {a.high_bit, "High Bit", false},
                        {a.representation, "Pixel Representation", false}};
    std::string list;
    for (const auto& row : rows) {
      if ((row.node && !row.node->value.empty()) || (!row.of_float && !a.pixels)) continue;
      if (!list.empty()) list += ", ";
      list += row.name;
    }
    if (!list.empty())
      at(pixels, "ps3.3/C.7.6.3/attributes-missing", "PS3.3 C.7.6.3", 0, "no " + list, "each of these, with a value",
         place.report.options().acr_nema ? Gravity::note : Gravity::deviation);
  }

  void bits() {
    const auto allocated = a.number(a.bits_allocated);
    if (!allocated) return;
    if (!a.pixels) {
      const unsigned wanted = a.float_pixels ? 32 : 64;
      if (*allocated != wanted)
        at(*a.bits_allocated, "ps3.3/C.7.6.24/float-bits", "PS3.3 C.7.6.24", 0, std::to_string(*allocated),
           fmt::format("{} with {}", wanted, a.float_pixels ? "Float Pixel Data" : "Double Float Pixel Data"),
           Gravity::deviation);
      return;
    }
    if (*allocated != 1 && (*allocated == 0 || *allocated % 8 != 0))
      at(*a.bits_allocated, "ps3.5/8.1.1/bits-allocated", "PS3.5 8.1.1", 0, std::to_string(*allocated),
         "1 or a multiple of 8", place.report.options().acr_nema ? Gravity::note : Gravity::deviation);
    const auto stored = a.number(a.bits_stored);
    if (!stored) return;
    if (*stored == 0 || *stored > *allocated)
      return at(*a.bits_stored, "ps3.5/8.1.1/bits-stored", "PS3.5 8.1.1", 0, std::to_string(*stored),
                fmt::format("1 to {}, the Bits Allocated", *allocated), Gravity::deviation);
    const auto high = a.number(a.high_bit);
    if (!high || *high == *stored - 1) return;
    if (*high >= *allocated || *high + 1 < *stored)
      at(*a.high_bit, "ps3.5/8.1.1/high-bit-range", "PS3.5 8.1.1", 0, std::to_string(*high),
         fmt::format("{}, so that the {} bits stored lie within the {} allocated", *stored - 1, *stored, *allocated),
         Gravity::deviation);
    else
      at(*a.high_bit, "ps3.5/8.1.1/high-bit", "PS3.5 8.1.1", 0, std::to_string(*high),
         fmt::format("{}, one less than Bits Stored", *stored - 1),
         place.report.options().acr_nema ? Gravity::note : Gravity::deviation);
  }

  void samples() {
    const auto count = a.number(a.samples);
    if (!count) return;
    const auto kind = a.photometric_interpretation();
    struct Row {
      std::string_view kind;
      unsigned samples;
    };
    static constexpr Row rows[] = {{"MONOCHROME1", 1},
                                   {"MONOCHROME2", 1},
                                   {"PALETTE COLOR", 1},
                                   {"RGB", 3},
                                   {"YBR_FULL", 3},
                                   {"YBR_FULL_422", 3},
                                   {"YBR_PARTIAL_422", 3},
                                   {"YBR_PARTIAL_420", 3},
                                   {"YBR_ICT", 3},
                                   {"YBR_RCT", 3},
                                   {"HSV", 3},
                                   {"ARGB", 4},
                                   {"CMYK", 4},
                                   {"XYB", 3}};
    const auto* row = std::find_if(std::begin(rows), std::end(rows), [&](const Row& one) { return one.kind == kind; });
    if (row != std::end(rows) && row->samples != *count)
      at(*a.samples, "ps3.3/C.7.6.3/samples", "PS3.3 C.7.6.3", 0, std::to_string(*count),
         fmt::format("{} with {}", row->samples, kind), Gravity::deviation);
    if (row == std::end(rows) && a.photometric && !kind.empty())
      at(*a.photometric, "ps3.3/C.7.6.3/photometric", "PS3.3 C.7.6.3", 0, printable(kind.substr(0, 40)),
         "a Photometric Interpretation of C.7.6.3.1.2", Gravity::deviation);
    const auto planar = a.number(a.planar);
    if (*count > 1 && !planar && !place.report.options().acr_nema)
      at(pixels, "ps3.3/C.7.6.3/planar-configuration", "PS3.3 C.7.6.3", 0, "no Planar Configuration",
         "0 or 1: there is more than one sample per pixel", Gravity::deviation);
    else if (planar && *planar > 1)
      at(*a.planar, "ps3.3/C.7.6.3/planar-configuration", "PS3.3 C.7.6.3", 0, std::to_string(*planar), "0 or 1",
         Gravity::deviation);
  }

  void frames() {
    // What is no number at all was reported as such.
    if (!a.frame_count() && parse_integer_string(without_padding(as_text(a.frames->value))))
      at(*a.frames, "ps3.3/C.7.6.6/number-of-frames", "PS3.3 C.7.6.6", 0,
         "'" + printable(without_padding(as_text(a.frames->value)).substr(0, 20)) + "'", "a number above 0",
         Gravity::deviation);
  }
};

class Native : public PixelRules {
 public:
  void run() {
    const auto& encoding = place.data_set.encoding();
    const bool compressed = encoding.encapsulated && is_transfer_syntax(place.report.options().transfer_syntax_uid);
    // An icon may stand uncompressed in a compressed object (PS3.5 A.4).
    if (compressed && place.at.levels() == 0 && a.pixels && !pixels.value.empty())
      at(pixels, "ps3.5/A.4/native-in-encapsulated", "PS3.5 A.4", 0, "Pixel Data of defined length",
         "fragments: the Transfer Syntax is an encapsulating one", Gravity::deviation);
    const auto allocated = a.number(a.bits_allocated);
    if (a.pixels && encoding.explicit_vr && pixels.vr == Vr::OB && allocated && *allocated > 8)
      at(pixels, "ps3.5/A.2/pixel-vr", "PS3.5 A.2", 0, fmt::format("OB with {} bits allocated", *allocated),
         "OW where more than 8 bits are allocated", Gravity::deviation);
    if (!pixels.value.empty() && pixels.kind == NodeKind::element) {
      length();
      unused_bits();
    }
  }

 private:
  void length() {
    const auto total = a.total_bytes();
    const auto bits = a.frame_bits();
    if (!bits || !a.frame_count()) return;
    const std::uint64_t size = pixels.value.size();
    const std::uint64_t padded = total ? *total + *total % 2 : 0;
    if (total && (size == *total || size == padded)) return;
    std::string found = fmt::format("{} bytes", size);
    const auto rows = a.number(a.rows).value_or(0);
    const auto columns = a.number(a.columns).value_or(0);
    const std::uint64_t frame = *bits / 8;
    if (a.pixels && swapped_fits(rows, columns, size))
      return at(*a.rows, "ps3.5/7.3/byte-swapped", "PS3.5 7.3", 0, fmt::format("{} rows, {} columns", rows, columns),
                fmt::format("{} and {}: so swapped, the Pixel Data has the right size", swap(rows), swap(columns)),
                Gravity::deviation);
    if (*bits % 8 == 0 && frame != 0 && size % frame == 0 && size / frame > 1)
      found += fmt::format(", as of {} frames", size / frame);
    const auto index = static_cast<std::size_t>(total ? std::min(padded, size) : size);
    at(pixels, "ps3.5/8.1.1/pixel-length", "PS3.5 8.1.1", index, std::move(found),
       total ? fmt::format("{} bytes for {} frames of {} x {}", padded, *a.frame_count(), rows, columns)
             : std::string("a size that can be counted"),
       Gravity::deviation);
  }

  static std::uint16_t swap(std::uint16_t number) { return static_cast<std::uint16_t>(number << 8 | number >> 8); }

  [[nodiscard]] bool swapped_fits(std::uint16_t rows, std::uint16_t columns, std::uint64_t size) const {
    const auto count = a.frame_count();
    const auto now = a.frame_bits();
    const std::uint64_t area = std::uint64_t{rows} * columns;
    const std::uint64_t other = std::uint64_t{swap(rows)} * swap(columns);
    if (!count || !now || area == 0 || other == 0 || area == other || *now % area != 0) return false;
    const std::uint64_t per_pixel = *now / area;
    if (per_pixel > 1024 || *count > 0xffffffffU / 1024) return false;
    // 2^32 pixels, 2^10 bits each, 2^22 frames
    const std::uint64_t bytes = (other * per_pixel / 8) * *count;
    return bytes == size || bytes + bytes % 2 == size;
  }

  // Bits beside the stored ones may hold an old overlay or rubbish; sign bits may be carried on.
  void unused_bits() {
    const auto allocated = a.number(a.bits_allocated);
    const auto stored = a.number(a.bits_stored);
    const auto high = a.number(a.high_bit);
    if (!a.pixels || !allocated || !stored || !high || *stored >= *allocated || *high >= *allocated ||
        *high + 1 < *stored || (*allocated != 8 && *allocated != 16) || a.number(a.representation).value_or(0) == 1)
      return;
    const unsigned low = *high + 1U - *stored;
    const auto used = static_cast<std::uint16_t>(((1U << *stored) - 1U) << low);
    constexpr std::size_t looked_at = 1U << 20;
    const auto bytes = pixels.value.first(std::min(looked_at, pixels.value.size()));
    const std::size_t width = *allocated / 8U;
    for (std::size_t i = 0; i + width <= bytes.size(); i += width) {
      const auto sample = width == 1 ? bytes[i] : load<std::uint16_t>(bytes.data() + i, a.endian);
      if ((sample & ~used & (width == 1 ? 0xffU : 0xffffU)) == 0) continue;
      return at(pixels, "ps3.5/8.1.1/unused-bits", "PS3.5 8.1.1", i, fmt::format("the sample {:04X}H", sample),
                fmt::format("nothing outside the {} bits stored", *stored), Gravity::note);
    }
  }
};

/// What a transfer syntax says about the pixels in it.
class Compression : public PixelRules {
 public:
  void run() {
    const auto uid = place.report.options().transfer_syntax_uid;
    if (place.at.levels() != 0 || !uid.starts_with(family)) return;
    const auto rest = uid.substr(family.size());
    const auto stored = a.number(a.bits_stored);
    const auto allocated = a.number(a.bits_allocated);
    if (rest == "50" && ((stored && *stored > 8) || (allocated && *allocated > 8)))
      at(stored && *stored > 8 ? *a.bits_stored : *a.bits_allocated, "ps3.5/8.2.1/jpeg-baseline-depth", "PS3.5 8.2.1",
         0, fmt::format("{} bits", std::max(stored.value_or(0), allocated.value_or(0))),
         "8 bits: JPEG Baseline has no more", Gravity::deviation);
    const bool video = is_video(rest);
    if ((rest == "50" || rest == "51" || video) && pixels.kind == NodeKind::fragments) {
      const auto flag = a.lossy ? trimmed(without_padding(as_text(a.lossy->value))) : std::string_view{};
      if (flag != "01")
        at(a.lossy ? *a.lossy : pixels, "ps3.3/C.7.6.1.1.5/lossy-flag", "PS3.3 C.7.6.1.1.5", 0,
           a.lossy ? "'" + printable(flag.substr(0, 20)) + "'" : std::string("no Lossy Image Compression (0028,2110)"),
           "01: the Transfer Syntax is a lossy one", Gravity::deviation);
    }
    mpeg2(rest);
  }

  static constexpr std::string_view family = "1.2.840.10008.1.2.4.";
  /// MPEG-2, H.264, HEVC: one stream for all frames, possibly in several fragments.
  static bool is_video(std::string_view rest) {
    rest = rest.substr(0, 3);
    return rest >= "100" && rest <= "108" && rest.size() == 3;
  }

 private:
  void mpeg2(std::string_view rest) {
    const auto level = rest.substr(0, 3);
    const auto rows = a.number(a.rows);
    const auto columns = a.number(a.columns);
    if ((level != "100" && level != "101") || !rows || !columns) return;
    const bool fits = level == "100" ? *rows <= 576 && *columns <= 720
                                     : (*rows == 1080 && *columns == 1920) || (*rows == 720 && *columns == 1280);
    if (!fits)
      at(*a.rows, "ps3.5/8.2.5/mpeg2-size", "PS3.5 8.2.5", 0, fmt::format("{} x {}", *rows, *columns),
         level == "100" ? "at most 576 rows of 720 (Main Level)" : "1080 x 1920 or 720 x 1280 (High Level)",
         Gravity::deviation);
  }
};

}  // namespace

bool is_video_syntax(std::string_view uid) {
  return uid.starts_with(Compression::family) && Compression::is_video(uid.substr(Compression::family.size()));
}

void check_pixels(const CheckPlace& place) {
  const Tag tag = place.node().tag;
  if ((tag != tags::PixelData && tag != tags::FloatPixelData && tag != tags::DoubleFloatPixelData) ||
      place.level.pixels_done)
    return;
  place.level.pixels_done = true;
  const auto attributes = pixel_attributes(place.data_set, place.level.first, place.level.end, place.at.endian());
  const Node& pixels = attributes.pixels         ? *attributes.pixels
                       : attributes.float_pixels ? *attributes.float_pixels
                                                 : *attributes.double_pixels;
  const PixelRules rules{place, attributes, pixels};
  if (pixels.kind == NodeKind::element && pixels.value.empty()) return;
  Attributes{rules}.run();
  Compression{rules}.run();
  if (pixels.kind == NodeKind::fragments)
    check_encapsulation(rules);
  else
    Native{rules}.run();
}

}  // namespace assay::dataset
