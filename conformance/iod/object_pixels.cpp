// What an object says of its pixel values (PS3.3 C.7.5.1.1.2, C.7.6.3, C.11.2.1.2, C.7.6.1.1.5): padding, the smallest
// and the largest, windows, lossy compression.
#include <fmt/format.h>

#include <algorithm>

#include "conformance/iod/object_checks.hpp"
#include "conformance/iod/pixel_values.hpp"

namespace assay::conformance::iod {

namespace {

void check_padding(ObjectReport& report, const PixelValues& pixels) {
  const auto& data_set = report.data_set();
  const auto possible = pixels.possible();
  for (const Tag tag : {tags::PixelPaddingValue, tags::PixelPaddingRangeLimit}) {
    const auto value = pixels.number(data_set, tag);
    if (value && (*value < possible.low || *value > possible.high))
      report.at(tag, "ps3.3/C.7.5.1.1.2/padding-out-of-range", std::to_string(*value),
                fmt::format("{} to {}, what the bits stored can hold", possible.low, possible.high));
  }
  const auto value = pixels.number(data_set, tags::PixelPaddingValue);
  const auto limit = pixels.number(data_set, tags::PixelPaddingRangeLimit);
  const auto kind = report.text(tags::PhotometricInterpretation);
  if (value && limit && ((kind == "MONOCHROME2" && *value > *limit) || (kind == "MONOCHROME1" && *value < *limit)))
    report.at(tags::PixelPaddingRangeLimit, "ps3.3/C.7.5.1.1.2/padding-order", std::to_string(*limit),
              fmt::format("a value that is not {} the Pixel Padding Value {}",
                          kind == "MONOCHROME2" ? "below" : "above", *value));
}

/// True with the padding and without it: both are read into the definition.
void check_extremes(ObjectReport& report, const PixelValues& pixels) {
  const auto& data_set = report.data_set();
  const auto low = pixels.number(data_set, tags::SmallestImagePixelValue);
  const auto high = pixels.number(data_set, tags::LargestImagePixelValue);
  if (!low && !high) return;
  const auto all = pixels.limits();
  const auto padding = pixels.padding(data_set);
  const auto inner = padding ? pixels.limits(padding) : all;
  if (!all) return;
  const auto judge = [&](Tag tag, std::optional<std::int64_t> told, std::int64_t one, std::int64_t other) {
    if (!told || *told == one || *told == other) return;
    report.at(tag, "ps3.3/C.7.6.3/extreme-pixel-value", std::to_string(*told),
              one == other ? fmt::format("{}, as in Pixel Data", one)
                           : fmt::format("{} as in Pixel Data, or {} without the padding", one, other));
  };
  judge(tags::SmallestImagePixelValue, low, all->low, inner ? inner->low : all->low);
  judge(tags::LargestImagePixelValue, high, all->high, inner ? inner->high : all->high);
}

/// Every window, after the rescale, leaves the image black or white.
void check_windows(ObjectReport& report, const PixelValues& pixels) {
  if (!report.text(tags::PhotometricInterpretation).starts_with("MONOCHROME")) return;
  if (report.node(tags::ModalityLUTSequence) != nullptr || report.node(tags::VOILUTSequence) != nullptr ||
      report.text(tags::VOILUTFunction) == "SIGMOID")
    return;
  const double slope = report.number(tags::RescaleSlope).value_or(1);
  const double intercept = report.number(tags::RescaleIntercept).value_or(0);
  const auto windows = std::min(report.count(tags::WindowCenter), report.count(tags::WindowWidth));
  if (windows == 0 || slope == 0) return;
  for (std::size_t i = 0; i < windows; ++i) {
    const auto center = report.number(tags::WindowCenter, i);
    const auto width = report.number(tags::WindowWidth, i);
    if (!center || !width) return;
    const double one = (*center - *width / 2 - intercept) / slope;
    const double other = (*center + *width / 2 - intercept) / slope;
    if (pixels.meets(std::min(one, other), std::max(one, other))) return;
  }
  const auto found = pixels.limits();
  if (!found || found->low == found->high) return;  // a blank image is blank in every window
  const double one = static_cast<double>(found->low) * slope + intercept;
  const double other = static_cast<double>(found->high) * slope + intercept;
  report.at(
      tags::WindowCenter, "ps3.3/C.11.2.1.2/window-beside-pixels",
      fmt::format("{} and width {}", quoted(report.text(tags::WindowCenter)), quoted(report.text(tags::WindowWidth))),
      fmt::format("a window that meets the values of the pixels, {} to {}", std::min(one, other),
                  std::max(one, other)));
}

}  // namespace

void check_pixel_values(ObjectReport& report, const ObjectOptions& options) {
  const auto pixels = options.cut ? std::nullopt : PixelValues::of(report.data_set());
  if (!pixels) return;
  check_padding(report, *pixels);
  check_extremes(report, *pixels);
  check_windows(report, *pixels);
}

void check_lossy(ObjectReport& report) {
  const auto flag = report.text(tags::LossyImageCompression);
  const auto ratios = report.count(tags::LossyImageCompressionRatio);
  const auto methods = report.count(tags::LossyImageCompressionMethod);
  if (flag == "00" && (ratios > 0 || methods > 0))
    report.at(tags::LossyImageCompression, "ps3.3/C.7.6.1.1.5/lossy-denied", quoted(flag),
              "01: a ratio or method of lossy compression is given");
  if (ratios > 0 && methods > 0 && ratios != methods)
    report.at(tags::LossyImageCompressionMethod, "ps3.3/C.7.6.1.1.5.2/lossy-steps",
              fmt::format("{} methods and {} ratios", methods, ratios), "a method and a ratio for each lossy step");
  if (flag == "01" && ratios == 0)
    report.at(tags::LossyImageCompressionRatio, "ps3.3/C.7.6.1.1.5.2/lossy-ratio-unknown", "no ratio",
              "the ratio of each lossy step", Gravity::note);
}

}  // namespace assay::conformance::iod
