// Where images stand on a sheet of film (PS3.3 C.13.3): Image Display Format, Film Size ID, and how an image is fitted
// into its box. Tests: tests/unit/service/print_layout_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace assay::service {

/// A part of the sheet, in fractions of its width and height.
struct Fraction {
  double x = 0;
  double y = 0;
  double width = 1;
  double height = 1;
};

/// More boxes on one sheet are refused: no printer has them.
inline constexpr std::size_t max_image_boxes = 256;

/// The image boxes in the order of Image Box Position. STANDARD\C,R; ROW\R1,R2,..; COL\C1,C2,..; SLIDE (4 by 5),
/// SUPERSLIDE (3 by 4). Nothing for what is malformed, too many, or CUSTOM\i, which each printer defines for itself.
std::optional<std::vector<Fraction>> image_boxes(std::string_view image_display_format);

/// Width and height of portrait film in mm, by Film Size ID; nothing for one that is not listed in PS3.3 C.13.3.
struct FilmSize {
  double width_mm = 0;
  double height_mm = 0;
};
std::optional<FilmSize> film_size(std::string_view film_size_id);

/// In pixels of the sheet or of an image.
struct Area {
  std::uint32_t x = 0;
  std::uint32_t y = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  bool operator==(const Area&) const = default;
};

enum class Oversize : std::uint8_t { unspecified, decimate, crop, fail };  // (2020,0040)

struct FitRequest {
  std::uint32_t columns = 0;
  std::uint32_t rows = 0;
  double aspect = 1;          // height of a pixel by its width, (0028,0034)
  bool magnify = true;        // Magnification Type is not NONE
  std::uint32_t wide_as = 0;  // pixels of the sheet, from Requested Image Size; 0 = as the box has room
  Oversize oversize = Oversize::unspecified;
};
struct Fit {
  Area source;               // of the image
  Area target;               // of the sheet
  std::uint16_t status = 0;  // B604H demagnified, B609H cropped, B60AH decimated, C603H larger than the box
};
/// Fits an image into a box, both at least 1 by 1.
Fit fit(const FitRequest& request, const Area& box);

}  // namespace assay::service
