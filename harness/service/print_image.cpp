// Images as they are printed: preformatted ones of a Print SCU, and those made of Data Sets.
// Tests: tests/unit/service/print_render_test.cpp
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "harness/service/print_render.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t invalid_value = 0x0106;
constexpr std::uint16_t missing_attribute = 0x0120;
constexpr std::uint16_t insufficient_memory = 0xc605;

std::unexpected<PrintError> refuse(std::uint16_t status, Tag tag, std::string comment) {
  return std::unexpected(PrintError{status, tag, std::move(comment)});
}

std::optional<double> number(std::string_view text) {
  if (const auto end = text.find('\\'); end != std::string_view::npos) text = text.substr(0, end);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// Height by width of a pixel from "vertical\horizontal"; 1 where it says nothing that can be.
double aspect_of(const dataset::Level& level) {
  const auto values = level.texts(tags::PixelAspectRatio);
  if (values.size() != 2) return 1;
  const auto vertical = number(values[0]);
  const auto horizontal = number(values[1]);
  if (!vertical || !horizontal || *vertical <= 0 || *horizontal <= 0) return 1;
  return std::clamp(*vertical / *horizontal, 0.01, 100.0);
}

std::uint16_t sample16(ByteView bytes, std::size_t index) {
  return static_cast<std::uint16_t>(bytes[2 * index] | (bytes[2 * index + 1] << 8U));
}

std::uint8_t eight_bits(double value) { return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0))); }

}  // namespace

std::expected<PrintImage, PrintError> read_print_image(const dataset::Level& item, bool color, std::size_t room) {
  const auto wanted = [&](Tag tag) { return item.u16(tag); };
  for (const Tag tag :
       {tags::SamplesPerPixel, tags::PhotometricInterpretation, tags::Rows, tags::Columns, tags::BitsAllocated,
        tags::BitsStored, tags::HighBit, tags::PixelRepresentation, tags::PixelData})
    if (!item.has(tag)) return refuse(missing_attribute, tag, std::string(dict::keyword(tag)) + " is missing");
  PrintImage out;
  out.samples = color ? 3 : 1;
  out.columns = wanted(tags::Columns).value_or(0);
  out.rows = wanted(tags::Rows).value_or(0);
  out.aspect = aspect_of(item);
  if (out.columns == 0) return refuse(invalid_value, tags::Columns, "Columns is 0");
  if (out.rows == 0) return refuse(invalid_value, tags::Rows, "Rows is 0");
  if (wanted(tags::SamplesPerPixel) != out.samples)
    return refuse(invalid_value, tags::SamplesPerPixel,
                  color ? "Samples per Pixel is not 3" : "Samples per Pixel is not 1");
  const auto photometric = item.text(tags::PhotometricInterpretation);
  const bool fits = color ? photometric == "RGB" : photometric == "MONOCHROME1" || photometric == "MONOCHROME2";
  if (!fits)
    return refuse(invalid_value, tags::PhotometricInterpretation,
                  color ? "not RGB" : "neither MONOCHROME1 nor MONOCHROME2");
  const auto allocated = wanted(tags::BitsAllocated).value_or(0);
  const auto stored = wanted(tags::BitsStored).value_or(0);
  const bool deep = !color && allocated == 16 && stored == 12;
  if (!deep && allocated != 8) return refuse(invalid_value, tags::BitsAllocated, "neither 8 nor, for 12 bits, 16");
  if (!deep && stored != 8) return refuse(invalid_value, tags::BitsStored, "neither 8 nor 12 bits stored");
  if (wanted(tags::HighBit) != stored - 1) return refuse(invalid_value, tags::HighBit, "is not Bits Stored - 1");
  if (wanted(tags::PixelRepresentation) != 0)
    return refuse(invalid_value, tags::PixelRepresentation, "is not 0, unsigned");
  const auto planar = wanted(tags::PlanarConfiguration).value_or(0);
  if (color && planar > 1) return refuse(invalid_value, tags::PlanarConfiguration, "neither 0 nor 1");

  const std::size_t pixels = std::size_t{out.columns} * out.rows;
  const std::size_t length = pixels * out.samples * (deep ? 2 : 1);
  const auto* data = item.find(tags::PixelData);
  if (data->kind != dataset::NodeKind::element || data->value.size() < length || data->value.size() > length + 1)
    return refuse(invalid_value, tags::PixelData,
                  fmt::format("{} bytes, Rows and Columns need {}", data->value.size(), length));
  if (pixels * out.samples > room)
    return refuse(insufficient_memory, tags::PixelData, "no room for the image in the printer");
  out.pixels.resize(pixels * out.samples);
  const bool inverted = photometric == "MONOCHROME1";
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t s = 0; s < out.samples; ++s) {
      const auto from = planar == 1 ? s * pixels + i : i * out.samples + s;
      auto value = deep ? static_cast<std::uint8_t>((sample16(data->value, i) & 0x0fffU) >> 4U) : data->value[from];
      out.pixels[i * out.samples + s] = inverted ? static_cast<std::uint8_t>(255 - value) : value;
    }
  }
  return out;
}

std::expected<PrintImage, std::string> printable(const dataset::DataSet& data_set) {
  const auto root = data_set.root();
  const auto* data = root.find(tags::PixelData);
  if (data == nullptr) return std::unexpected("has no Pixel Data");
  if (data->kind != dataset::NodeKind::element)
    return std::unexpected("is compressed: convert it first ('assay convert')");
  if (data_set.encoding().endian == Endian::big)
    return std::unexpected("is in Explicit VR Big Endian: convert it first ('assay convert --to explicit')");
  PrintImage out;
  out.columns = root.u16(tags::Columns).value_or(0);
  out.rows = root.u16(tags::Rows).value_or(0);
  out.samples = root.u16(tags::SamplesPerPixel).value_or(1);
  out.aspect = aspect_of(root);
  const auto allocated = root.u16(tags::BitsAllocated).value_or(0);
  const auto stored = root.u16(tags::BitsStored).value_or(0);
  const auto photometric = root.text(tags::PhotometricInterpretation);
  const bool gray = photometric == "MONOCHROME1" || photometric == "MONOCHROME2";
  if (out.columns == 0 || out.rows == 0) return std::unexpected("has no rows or columns");
  if (!(gray && out.samples == 1 && (allocated == 8 || allocated == 16)) &&
      !(photometric == "RGB" && out.samples == 3 && allocated == 8))
    return std::unexpected(
        fmt::format("is {} with {} bits: MONOCHROME1, MONOCHROME2 of 8 or 16 and RGB of 8 bits are printed",
                    photometric.empty() ? "of no Photometric Interpretation" : photometric, allocated));
  if (gray && (stored == 0 || stored > allocated)) return std::unexpected("has Bits Stored that cannot be");
  const std::size_t pixels = std::size_t{out.columns} * out.rows;
  if (data->value.size() < pixels * out.samples * (allocated / 8U))
    return std::unexpected("has less Pixel Data than Rows and Columns need");
  out.pixels.resize(pixels * out.samples);
  if (!gray) {
    const bool planes = root.u16(tags::PlanarConfiguration) == 1;
    for (std::size_t i = 0; i < pixels; ++i)
      for (std::size_t s = 0; s < 3; ++s) out.pixels[3 * i + s] = data->value[planes ? s * pixels + i : 3 * i + s];
    return out;
  }
  const bool is_signed = root.u16(tags::PixelRepresentation) == 1;
  const auto slope = number(root.text(tags::RescaleSlope)).value_or(1);
  const auto intercept = number(root.text(tags::RescaleIntercept)).value_or(0);
  const std::uint32_t mask = stored == 16 ? 0xffffU : (1U << stored) - 1;
  const auto value = [&](std::size_t i) {
    std::uint32_t bits = (allocated == 8 ? data->value[i] : sample16(data->value, i)) & mask;
    auto whole = static_cast<std::int32_t>(bits);
    if (is_signed && (bits >> (stored - 1U)) != 0) whole -= static_cast<std::int32_t>(mask) + 1;
    return whole * slope + intercept;
  };
  auto center = number(root.text(tags::WindowCenter));
  auto width = number(root.text(tags::WindowWidth));
  double low = 0;
  double high = 0;
  if (center && width && *width >= 1) {
    low = *center - 0.5 - (*width - 1) / 2;  // PS3.3 C.11.2.1.2.1
    high = *center - 0.5 + (*width - 1) / 2;
  } else {
    low = std::numeric_limits<double>::max();
    high = std::numeric_limits<double>::lowest();
    for (std::size_t i = 0; i < pixels; ++i) {
      low = std::min(low, value(i));
      high = std::max(high, value(i));
    }
  }
  const double range = std::max(high - low, 1e-9);
  for (std::size_t i = 0; i < pixels; ++i) {
    const auto shown = eight_bits((value(i) - low) / range * 255);
    out.pixels[i] = photometric == "MONOCHROME1" ? static_cast<std::uint8_t>(255 - shown) : shown;
  }
  return out;
}

dataset::DataSet image_item(const PrintImage& image) {
  dataset::DataSet out(dataset::explicit_le);
  const bool color = image.samples == 3;
  out.set_u16(tags::SamplesPerPixel, static_cast<std::uint16_t>(image.samples));
  out.set_text(tags::PhotometricInterpretation, color ? "RGB" : "MONOCHROME2");
  if (color) out.set_u16(tags::PlanarConfiguration, 1);
  out.set_u16(tags::Rows, static_cast<std::uint16_t>(image.rows));
  out.set_u16(tags::Columns, static_cast<std::uint16_t>(image.columns));
  if (image.aspect != 1)
    out.set_text(tags::PixelAspectRatio, fmt::format("{}\\1000", std::lround(image.aspect * 1000)));
  out.set_u16(tags::BitsAllocated, 8);
  out.set_u16(tags::BitsStored, 8);
  out.set_u16(tags::HighBit, 7);
  out.set_u16(tags::PixelRepresentation, 0);
  if (!color) {
    out.set_bytes(tags::PixelData, Vr::OB, image.pixels);
    return out;
  }
  Bytes planes(image.pixels.size());
  const auto pixels = image.pixels.size() / 3;
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t s = 0; s < 3; ++s) planes[s * pixels + i] = image.pixels[3 * i + s];
  out.set_bytes(tags::PixelData, Vr::OB, planes);
  return out;
}

PrintImage to_gray(PrintImage image) {
  if (image.samples == 1) return image;
  Bytes gray(image.pixels.size() / 3);
  for (std::size_t i = 0; i < gray.size(); ++i)
    gray[i] =
        eight_bits(0.299 * image.pixels[3 * i] + 0.587 * image.pixels[3 * i + 1] + 0.114 * image.pixels[3 * i + 2]);
  image.samples = 1;
  image.pixels = std::move(gray);
  return image;
}

PrintImage to_color(PrintImage image) {
  if (image.samples == 3) return image;
  Bytes color(image.pixels.size() * 3);
  for (std::size_t i = 0; i < color.size(); ++i) color[i] = image.pixels[i / 3];
  image.samples = 3;
  image.pixels = std::move(color);
  return image;
}

}  // namespace assay::service
