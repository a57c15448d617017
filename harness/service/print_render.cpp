// A sheet of film as pixels. Tests: tests/unit/service/print_render_test.cpp
#include "harness/service/print_render.hpp"

#include <algorithm>
#include <cmath>

namespace assay::service {

namespace {

constexpr std::uint32_t gap = 4;  // pixels between a box and its border

struct Painter {
  Raster& on;

  void fill(const Area& area, std::uint8_t value) {
    const std::size_t right = std::min<std::size_t>(on.width, std::size_t{area.x} + area.width);
    const std::size_t bottom = std::min<std::size_t>(on.height, std::size_t{area.y} + area.height);
    for (std::size_t y = area.y; y < bottom; ++y) {
      const auto row = y * on.width;
      for (std::size_t i = (row + area.x) * on.samples; i < (row + right) * on.samples; ++i) on.pixels[i] = value;
    }
  }
  void frame(const Area& a, std::uint8_t value) {
    fill({a.x, a.y, a.width, 1}, value);
    fill({a.x, a.y + a.height - 1, a.width, 1}, value);
    fill({a.x, a.y, 1, a.height}, value);
    fill({a.x + a.width - 1, a.y, 1, a.height}, value);
  }
};

std::uint8_t sample(const PrintImage& image, std::size_t x, std::size_t y, std::uint32_t channel) {
  return image.pixels[(y * image.columns + x) * image.samples + channel];
}

/// The value of an image at a place between its pixels; `x` and `y` within the source.
double between(const PrintImage& image, const Area& source, double x, double y, std::uint32_t channel) {
  const auto clamped = [](double value, std::uint32_t size) { return std::clamp(value, 0.0, double(size - 1)); };
  x = clamped(x, source.width);
  y = clamped(y, source.height);
  const auto x0 = static_cast<std::size_t>(x);
  const auto y0 = static_cast<std::size_t>(y);
  const auto x1 = std::min<std::size_t>(x0 + 1, source.width - 1);
  const auto y1 = std::min<std::size_t>(y0 + 1, source.height - 1);
  const auto at = [&](std::size_t column, std::size_t row) {
    return double(sample(image, source.x + column, source.y + row, channel));
  };
  const double fx = x - double(x0);
  const double fy = y - double(y0);
  return (at(x0, y0) * (1 - fx) + at(x1, y0) * fx) * (1 - fy) + (at(x0, y1) * (1 - fx) + at(x1, y1) * fx) * fy;
}

void paint(Raster& on, const PlacedImage& one, const Fit& how) {
  const auto& image = *one.image;
  const double step_x = double(how.source.width) / how.target.width;
  const double step_y = double(how.source.height) / how.target.height;
  for (std::uint32_t y = 0; y < how.target.height; ++y) {
    const double from_y = (y + 0.5) * step_y;
    for (std::uint32_t x = 0; x < how.target.width; ++x) {
      const double from_x = (x + 0.5) * step_x;
      auto* pixel = &on.pixels[((std::size_t{how.target.y} + y) * on.width + how.target.x + x) * on.samples];
      for (std::uint32_t channel = 0; channel < on.samples; ++channel) {
        const auto from = std::min(channel, image.samples - 1);
        std::uint8_t value = 0;
        if (one.smooth) {
          value = static_cast<std::uint8_t>(std::lround(between(image, how.source, from_x - 0.5, from_y - 0.5, from)));
        } else {
          const auto column = std::min<std::size_t>(static_cast<std::size_t>(from_x), how.source.width - 1);
          const auto row = std::min<std::size_t>(static_cast<std::size_t>(from_y), how.source.height - 1);
          value = sample(image, how.source.x + column, how.source.y + row, from);
        }
        if (one.lut && image.samples == 1) value = (*one.lut)[value];
        pixel[channel] = one.reverse ? static_cast<std::uint8_t>(255 - value) : value;
      }
    }
  }
}

}  // namespace

Area area_of(const Sheet& sheet, const Fraction& box) {
  // A box may be thinner than a pixel; it has one all the same, on the sheet.
  const auto left = std::min(static_cast<std::uint32_t>(std::lround(box.x * sheet.width)), sheet.width - 1);
  const auto top = std::min(static_cast<std::uint32_t>(std::lround(box.y * sheet.height)), sheet.height - 1);
  const auto right = static_cast<std::uint32_t>(std::lround((box.x + box.width) * sheet.width));
  const auto bottom = static_cast<std::uint32_t>(std::lround((box.y + box.height) * sheet.height));
  const auto inner = [](std::uint32_t from, std::uint32_t to) { return to > from + 4 * gap ? gap : 0U; };
  const auto across = inner(left, right);
  const auto down = inner(top, bottom);
  const auto size = [](std::uint32_t from, std::uint32_t to, std::uint32_t less) {
    return to > from ? to - from - 2 * less : 1U;
  };
  return {left + across, top + down, size(left, right, across), size(top, bottom, down)};
}

Raster render(const Sheet& sheet) {
  Raster out{sheet.width, sheet.height, sheet.color ? 3U : 1U, {}};
  out.pixels.assign(std::size_t{out.width} * out.height * out.samples, sheet.border);
  Painter painter{out};
  for (const auto& one : sheet.images) {
    const auto box = area_of(sheet, one.box);
    if (!one.image) {
      painter.fill(box, sheet.empty);
      continue;
    }
    auto request = one.fit;
    request.columns = one.image->columns;
    request.rows = one.image->rows;
    request.aspect = one.image->aspect;
    const auto how = fit(request, box);
    if (how.target.width == 0) continue;  // C603H: it was never accepted
    paint(out, one, how);
    if (sheet.trim) painter.frame(how.target, static_cast<std::uint8_t>(255 - sheet.border));
  }
  return out;
}

}  // namespace assay::service
