// Pixels of a derived image and what is said of them (PS3.3 C.7.6.1.1.5, C.7.6.3.1.2, C.7.6.2, C.7.4.1, C.11.1): loss
// is never forgotten, grey keeps its direction, geometry follows the pixels.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/derived_parts.hpp"

namespace assay::conformance::iod {

namespace {

bool is_lossy_syntax(std::string_view uid) {
  // JPEG Baseline and Extended always lose. JPEG 2000, JPEG-LS and their like may be reversible: there the label
  // decides.
  constexpr std::string_view always[] = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"};
  for (const auto one : always)
    if (uid == one) return true;
  return false;
}

void check_loss(const Derivation& of) {
  const auto flag = of.derived.text(tags::LossyImageCompression);
  if (is_lossy(of.source, of.source_syntax) && flag != "01") {
    of.derived.at(tags::LossyImageCompression, "ps3.3/C.7.6.1.1.5/lossy-forgotten",
                  flag.empty() ? std::string("no value") : quoted(flag), "01: the source was compressed with loss");
    return;
  }
  const auto before = of.source.count(tags::LossyImageCompressionRatio);
  if (flag == "01" && of.derived.count(tags::LossyImageCompressionRatio) < before)
    of.derived.at(tags::LossyImageCompressionRatio, "ps3.3/C.7.6.1.1.5.2/lossy-steps-forgotten",
                  quoted(of.derived.whole(tags::LossyImageCompressionRatio)),
                  "the ratios of the source too: " + quoted(of.source.whole(tags::LossyImageCompressionRatio)));
}

/// The same pixel values with the other MONOCHROME: black is shown white.
void check_polarity(const Derivation& of) {
  const auto before = of.source.text(tags::PhotometricInterpretation);
  const auto now = of.derived.text(tags::PhotometricInterpretation);
  if (of.pixels == Sameness::same && before.starts_with("MONOCHROME") && now.starts_with("MONOCHROME") && before != now)
    of.derived.at(tags::PhotometricInterpretation, "ps3.3/C.7.6.3.1.2/polarity-changed", quoted(now),
                  quoted(before) + " as in the source: the pixel values are the same");
}

/// CT numbers become grey values when a capture is made of them; nothing can be measured any more.
void check_rescale(const Derivation& of) {
  const bool had = of.source.node(tags::RescaleSlope) != nullptr;
  if (had && of.derived.node(tags::RescaleSlope) == nullptr && of.derived.node(tags::ModalityLUTSequence) == nullptr &&
      of.derived.node(tags::SharedFunctionalGroupsSequence) == nullptr)
    of.derived.at(
        tags::RescaleSlope, "ps3.3/C.11.1/rescale-lost", "no Rescale Slope and Intercept",
        fmt::format("those of the source, {} and {}, or pixel values that are not measured",
                    quoted(of.source.text(tags::RescaleSlope)), quoted(of.source.text(tags::RescaleIntercept))));
}

void check_burned_in(const Derivation& of) {
  const auto before = of.source.text(tags::BurnedInAnnotation);
  const auto now = of.derived.text(tags::BurnedInAnnotation);
  if (before == "YES" && now == "NO" && (of.pixels == Sameness::same || of.pixels == Sameness::padded))
    of.derived.at(tags::BurnedInAnnotation, "ps3.3/C.7.6.1/burned-in-denied", quoted(now),
                  "YES as in the source: the pixels are the same");
  const bool capture = is_secondary_capture(of.derived.text(tags::SOPClassUID)) &&
                       !is_secondary_capture(of.source.text(tags::SOPClassUID));
  if (capture && now.empty())
    of.derived.at(tags::BurnedInAnnotation, "ps3.3/C.7.6.1/burned-in-not-told", "no Burned In Annotation",
                  "YES or NO: the image was made a capture, which often shows the patient's name");
}

constexpr auto geometry =
    std::to_array<Tag>({tags::ImagePositionPatient, tags::ImageOrientationPatient, tags::PixelSpacing});

bool same_numbers(const ObjectReport& a, const ObjectReport& b, Tag tag) {
  const auto count = a.count(tag);
  if (count == 0 || count != b.count(tag)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto one = a.number(tag, i);
    const auto other = b.number(tag, i);
    if (!one || !other || std::abs(*one - *other) > 1e-4) return false;
  }
  return true;
}

}  // namespace

bool is_lossy(const ObjectReport& image, std::string_view transfer_syntax_uid) {
  return image.text(tags::LossyImageCompression) == "01" || is_lossy_syntax(transfer_syntax_uid);
}

void check_derived_pixels(const Derivation& of) {
  check_loss(of);
  check_polarity(of);
  if (of.is_new()) check_rescale(of);
  check_burned_in(of);
}

void check_derived_geometry(const Derivation& of) {
  const bool resized = of.source.number(tags::Rows) != of.derived.number(tags::Rows) ||
                       of.source.number(tags::Columns) != of.derived.number(tags::Columns);
  const auto frame = of.derived.text(tags::FrameOfReferenceUID);
  const bool same_frame = !frame.empty() && frame == of.source.text(tags::FrameOfReferenceUID);
  bool kept = true;
  for (const Tag tag : geometry) kept = kept && same_numbers(of.source, of.derived, tag);
  if (!same_frame || !resized || !kept || of.pixels != Sameness::changed) return;
  // Rows and columns cut off at the end leave position and spacing as they were.
  const auto less = [&](Tag tag) { return of.derived.number(tag) <= of.source.number(tag); };
  if (less(tags::Rows) && less(tags::Columns) && is_corner(of.source.data_set(), of.derived.data_set())) return;
  of.derived.at(
      tags::PixelSpacing, "ps3.3/C.7.6.2/geometry-kept",
      fmt::format("{} for {} x {} pixels", quoted(of.derived.whole(tags::PixelSpacing)),
                  of.derived.number(tags::Rows).value_or(0), of.derived.number(tags::Columns).value_or(0)),
      fmt::format("spacing and position of the new pixels, or another Frame of Reference: the source has {} x {}",
                  of.source.number(tags::Rows).value_or(0), of.source.number(tags::Columns).value_or(0)));
}

}  // namespace assay::conformance::iod
