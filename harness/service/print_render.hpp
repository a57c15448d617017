// A sheet of film as pixels, for people to look at: images in their boxes, polarity, Presentation LUT, density of
// border and empty boxes, trim. PS3.3 C.13. Tests: tests/unit/service/print_render_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/service/print_layout.hpp"

namespace assay::service {

/// A preformatted image: 8 bits a sample, samples of a pixel side by side, MONOCHROME2 or RGB.
struct PrintImage {
  std::uint32_t columns = 0;
  std::uint32_t rows = 0;
  std::uint32_t samples = 1;  // 1 or 3
  double aspect = 1;
  Bytes pixels;  // columns * rows * samples
};

/// Why an Image Box was not filled: a status of PS3.4 H.4.3 or PS3.7 Annex C.
struct PrintError {
  std::uint16_t status = 0;
  std::optional<Tag> offending;
  std::string comment;
};
/// The item of a Basic Grayscale or Basic Color Image Sequence (PS3.3 C.13.5): checked against its own Pixel Data, so
/// that nothing is allocated beyond what came. 0120H missing, 0106H a value that may not be, C605H beyond `room` bytes.
std::expected<PrintImage, PrintError> read_print_image(const dataset::Level& item, bool color, std::size_t room);

/// What a Data Set looks like when it is printed: 8 bits after Rescale, VOI window (the first; without one the whole
/// range) and MONOCHROME1. RGB of 8 bits in both planar configurations. The first frame. Uncompressed, in `encoding`.
/// The error is a sentence. PS3.4 N.2.
std::expected<PrintImage, std::string> printable(const dataset::DataSet& data_set);
/// The item of the sequence for such an image; color-by-plane for RGB (PS3.3 C.13.5).
dataset::DataSet image_item(const PrintImage& image);
/// One value of gray for each pixel.
PrintImage to_gray(PrintImage image);
PrintImage to_color(PrintImage image);

struct PlacedImage {
  Fraction box;
  std::shared_ptr<const PrintImage> image;  // null: an empty box
  FitRequest fit;                           // columns, rows and aspect are those of the image
  bool reverse = false;                     // Polarity REVERSE
  bool smooth = true;                       // BILINEAR or CUBIC, not REPLICATE
  std::shared_ptr<const Bytes> lut;         // 256 values, for gray images; null: identity
};

struct Sheet {
  std::uint32_t width = 0;  // pixels
  std::uint32_t height = 0;
  bool color = false;
  std::uint8_t border = 0;  // as gray: 0 is black
  std::uint8_t empty = 0;
  bool trim = false;
  std::vector<PlacedImage> images;
};

struct Raster {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t samples = 1;  // 1 gray, 3 RGB
  Bytes pixels;
};

/// The box of an image in pixels of the sheet, without the gap to its neighbours.
Area area_of(const Sheet& sheet, const Fraction& box);
Raster render(const Sheet& sheet);

}  // namespace assay::service
