// Layout of film. Tests: tests/unit/service/print_layout_test.cpp
#include "harness/service/print_layout.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace assay::service {

namespace {

constexpr std::uint16_t demagnified = 0xb604;
constexpr std::uint16_t cropped = 0xb609;
constexpr std::uint16_t decimated = 0xb60a;
constexpr std::uint16_t too_large = 0xc603;
constexpr double inch = 25.4;  // mm

/// "2,3,1": numbers from 1, together at most max_image_boxes; empty when malformed.
std::vector<std::size_t> numbers(std::string_view text) {
  std::vector<std::size_t> out;
  while (true) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value == 0 || value > max_image_boxes || out.size() == max_image_boxes) return {};
    out.push_back(value);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return out;
    if (text.front() != ',') return {};
    text.remove_prefix(1);
  }
}

std::optional<std::vector<Fraction>> grid(std::size_t columns, std::size_t rows) {
  if (columns * rows > max_image_boxes) return std::nullopt;
  std::vector<Fraction> out;
  const auto width = 1.0 / static_cast<double>(columns);
  const auto height = 1.0 / static_cast<double>(rows);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c)
      out.push_back({static_cast<double>(c) * width, static_cast<double>(r) * height, width, height});
  return out;
}

/// Bands of boxes: rows from top to bottom, or columns from left to right.
std::optional<std::vector<Fraction>> bands(const std::vector<std::size_t>& counts, bool rows) {
  std::vector<Fraction> out;
  const auto thick = 1.0 / static_cast<double>(counts.size());
  for (std::size_t band = 0; band < counts.size(); ++band) {
    if (out.size() + counts[band] > max_image_boxes) return std::nullopt;
    const auto along = 1.0 / static_cast<double>(counts[band]);
    const auto across = static_cast<double>(band) * thick;
    for (std::size_t i = 0; i < counts[band]; ++i) {
      const auto at = static_cast<double>(i) * along;
      out.push_back(rows ? Fraction{at, across, along, thick} : Fraction{across, at, thick, along});
    }
  }
  return out;
}

std::uint32_t at_least_one(double value) {
  return static_cast<std::uint32_t>(std::clamp(std::round(value), 1.0, 100'000.0));
}

/// `inner` in the middle of `outer`, which is not smaller.
std::uint32_t middle(std::uint32_t outer, std::uint32_t inner) { return (outer - std::min(inner, outer)) / 2; }

}  // namespace

std::optional<std::vector<Fraction>> image_boxes(std::string_view format) {
  if (format == "SLIDE") return grid(4, 5);
  if (format == "SUPERSLIDE") return grid(3, 4);
  const auto slash = format.find('\\');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto kind = format.substr(0, slash);
  const auto values = numbers(format.substr(slash + 1));
  if (values.empty()) return std::nullopt;
  if (kind == "STANDARD") return values.size() == 2 ? grid(values[0], values[1]) : std::nullopt;
  if (kind == "ROW") return bands(values, true);
  if (kind == "COL") return bands(values, false);
  return std::nullopt;
}

std::optional<FilmSize> film_size(std::string_view id) {
  struct Row {
    std::string_view id;
    double width;
    double height;
  };
  static constexpr std::array rows{Row{"8INX10IN", 8 * inch, 10 * inch},
                                   Row{"8_5INX11IN", 8.5 * inch, 11 * inch},
                                   Row{"10INX12IN", 10 * inch, 12 * inch},
                                   Row{"10INX14IN", 10 * inch, 14 * inch},
                                   Row{"11INX14IN", 11 * inch, 14 * inch},
                                   Row{"11INX17IN", 11 * inch, 17 * inch},
                                   Row{"14INX14IN", 14 * inch, 14 * inch},
                                   Row{"14INX17IN", 14 * inch, 17 * inch},
                                   Row{"24CMX24CM", 240, 240},
                                   Row{"24CMX30CM", 240, 300},
                                   Row{"A4", 210, 297},
                                   Row{"A3", 297, 420}};
  for (const auto& row : rows)
    if (row.id == id) return FilmSize{row.width, row.height};
  return std::nullopt;
}

Fit fit(const FitRequest& request, const Area& box) {
  Fit out;
  out.source = {0, 0, request.columns, request.rows};
  const double width = request.columns;
  const double height = request.rows * request.aspect;  // in pixels as wide as those of a row
  double scale = 1;
  if (request.wide_as != 0)
    scale = request.wide_as / width;
  else if (request.magnify)
    scale = std::min(box.width / width, box.height / height);
  // Magnifying alone never goes beyond the box; what was asked for, and an image as it stands, may.
  const double natural = request.wide_as != 0 ? scale : 1.0;
  const bool larger = std::round(width * natural) > box.width || std::round(height * natural) > box.height;
  if (larger) {
    switch (request.oversize) {
      case Oversize::fail: out.status = too_large; return out;
      case Oversize::crop: {
        out.status = cropped;
        scale = natural;
        const auto columns = std::min(request.columns, at_least_one(box.width / scale));
        const auto rows = std::min(request.rows, at_least_one(box.height / (scale * request.aspect)));
        out.source = {middle(request.columns, columns), middle(request.rows, rows), columns, rows};
        break;
      }
      case Oversize::decimate:
      case Oversize::unspecified:
        out.status = request.oversize == Oversize::decimate ? decimated : demagnified;
        scale = std::min(box.width / width, box.height / height);
        break;
    }
  }
  out.target.width = std::min(box.width, at_least_one(out.source.width * scale));
  out.target.height = std::min(box.height, at_least_one(out.source.height * scale * request.aspect));
  out.target.x = box.x + middle(box.width, out.target.width);
  out.target.y = box.y + middle(box.height, out.target.height);
  return out;
}

}  // namespace assay::service
