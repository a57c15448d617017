// Numbers that measure (PS3.3 10.7.1.3, C.4.16, C.8.5.5, C.8.2.1): the spacing of pixels from several sources, doses in
// the units of their attributes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/object_checks.hpp"

namespace assay::conformance::iod {

using dataset::NodeKind;

namespace {

bool close(double a, double b, double part) { return std::abs(a - b) <= part * std::max(std::abs(a), std::abs(b)); }

/// Which spacing measures what: at the detector or film, or calibrated to the patient (PS3.3 10.7.1.3).
void check_spacings(ObjectReport& report) {
  if (report.count(tags::PixelSpacing) != 2 || !report.text(tags::PixelSpacingCalibrationType).empty()) return;
  for (const Tag tag : {tags::ImagerPixelSpacing, tags::NominalScannedPixelSpacing}) {
    bool differs = false;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto calibrated = report.number(tags::PixelSpacing, i);
      const auto plain = report.number(tag, i);
      differs = differs || (calibrated && plain && !close(*calibrated, *plain, 1e-3));
    }
    if (!differs) continue;
    report.at(tags::PixelSpacing, "ps3.3/10.7.1.3/spacing-without-reason",
              fmt::format("{} against {} {}, without Pixel Spacing Calibration Type",
                          quoted(report.whole(tags::PixelSpacing)), dict::keyword(tag), quoted(report.whole(tag))),
              "GEOMETRY or FIDUCIAL, which says how distances in Pixel Spacing were calibrated");
    return;
  }
}

/// Frames a second and milliseconds a frame say the same (PS3.3 C.7.6.5); a rate is written as a whole number.
void check_cine(ObjectReport& report) {
  const auto rate = report.number(tags::CineRate);
  const auto time = report.number(tags::FrameTime);
  if (!rate || !time || *time <= 0 || *rate <= 0) return;
  const double computed = 1000 / *time;
  if ((*rate >= std::floor(computed) && *rate <= std::ceil(computed)) || close(computed, *rate, 1e-2)) return;
  report.at(tags::CineRate, "ps3.3/C.7.6.5/cine-rate",
            fmt::format("{} against Frame Time {}", quoted(report.text(tags::CineRate)),
                        quoted(report.text(tags::FrameTime))),
            fmt::format("{:.4g} frames a second", computed), Gravity::note);
}

/// Regions of ultrasound are in centimetres, Pixel Spacing is in millimetres (PS3.3 C.8.5.5).
void check_regions(ObjectReport& report) {
  const auto sequence = report.root().find(tags::SequenceOfUltrasoundRegions);
  const auto across = report.number(tags::PixelSpacing, 1);
  const auto& nodes = report.root().nodes();
  if (sequence == Scope::none || nodes[sequence].kind != NodeKind::sequence || !across || *across <= 0) return;
  constexpr double two_dimensional = 1;
  constexpr double centimetres = 3;
  std::optional<double> other;
  for (auto item = sequence + 1; item < nodes[sequence].end; item = nodes[item].end) {
    if (nodes[item].kind != NodeKind::item) continue;
    const Scope region(report.root(), item, endian_inside(nodes[sequence], report.root().endian()));
    const auto number = [&](Tag tag) {
      const auto found = region.find(tag);
      return found == Scope::none ? std::nullopt : number_value(nodes[found], region.endian(), 0);
    };
    const auto delta = number(tags::PhysicalDeltaX);
    if (number(tags::RegionSpatialFormat) != two_dimensional || number(tags::PhysicalUnitsXDirection) != centimetres ||
        !delta || *delta == 0)
      continue;
    const double millimetres = std::abs(*delta) * 10;
    if (close(millimetres, *across, 1e-2)) return;
    other = other.value_or(millimetres);
  }
  if (other)
    report.at(tags::PixelSpacing, "ps3.3/C.8.5.5/spacing-of-regions", quoted(report.whole(tags::PixelSpacing)),
              fmt::format("{} mm between columns, as the ultrasound regions say, which count here", *other));
}

/// Entrance Dose is in dGy, Entrance Dose in mGy a hundred times that (PS3.3 C.4.16).
void check_entrance_dose(ObjectReport& report) {
  const auto deci = report.number(tags::EntranceDose);
  const auto milli = report.number(tags::EntranceDoseInmGy);
  if (!deci || !milli) return;
  // The first is a whole number.
  if (std::abs(*deci - *milli / 100) > 1)
    report.at(tags::EntranceDose, "ps3.3/C.4.16/entrance-dose-unit", fmt::format("{} dGy", *deci),
              fmt::format("{} dGy, which is the Entrance Dose in mGy of {}", std::round(*milli / 100), *milli));
}

/// What no device gives: the value is in another unit than that of its attribute.
void check_plausible_doses(ObjectReport& report) {
  struct Row {
    Tag tag;
    double low;
    double high;
    std::string_view unit;
  };
  static constexpr Row rows[] = {{tags::CTDIvol, 0.005, 2000, "mGy"},
                                 {tags::ImageAndFluoroscopyAreaDoseProduct, 0.00001, 200000, "dGy*cm*cm"}};
  for (const auto& row : rows) {
    const auto value = report.number(row.tag);
    if (value && *value != 0 && (*value < row.low || *value > row.high))
      report.at(row.tag, "ps3.3/C.8.2.1/implausible-dose", fmt::format("{}", *value),
                fmt::format("a dose in {}, {} to {}", row.unit, row.low, row.high), Gravity::note);
  }
}

}  // namespace

void check_measures(ObjectReport& report) {
  check_cine(report);
  check_spacings(report);
  check_regions(report);
  check_entrance_dose(report);
  check_plausible_doses(report);
}

}  // namespace assay::conformance::iod
