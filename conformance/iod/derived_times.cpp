// Times of a derived image against its source (PS3.3 C.7.10.1, C.12.1, C.7.6.1), and the technique of merged images
// (C.12.4.1).
#include <fmt/format.h>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/derived_parts.hpp"

namespace assay::conformance::iod {

namespace {

constexpr std::int64_t second = 1'000'000;

/// Not before the source: made later, or copied.
void check_after(const Derivation& of, Tag date, Tag time, std::string_view name) {
  const auto before = of.source.when(date, time);
  const auto now = of.derived.when(date, time);
  if (before && now && now->last + second < before->first)
    of.derived.at(date, "ps3.3/C.12.1/derived-before-source",
                  fmt::format("{} {}", name, of.derived.when_text(date, time)),
                  "not before that of the source, " + of.source.when_text(date, time));
}

/// When the data were acquired does not change; what merges several acquisitions leaves it out.
void check_acquisition(const Derivation& of) {
  for (const Tag tag : {tags::AcquisitionDate, tags::AcquisitionTime, tags::AcquisitionDateTime}) {
    const auto before = of.source.text(tag);
    const auto now = of.derived.text(tag);
    if (before.empty() || now.empty()) continue;
    if (tag == tags::AcquisitionTime) {
      const auto one = of.source.when(tags::AcquisitionDate, tag);
      const auto other = of.derived.when(tags::AcquisitionDate, tag);
      if (one && other && one->first <= other->last + second && other->first <= one->last + second) continue;
    }
    if (before != now) {
      of.derived.at(tag, "ps3.3/C.7.10.1/acquisition-not-kept", quoted(now), quoted(before) + " as in the source");
      return;
    }
  }
}

}  // namespace

void check_derived_times(const Derivation& of) {
  if (!of.is_new()) return;
  check_after(of, tags::InstanceCreationDate, tags::InstanceCreationTime, "Instance Creation");
  check_after(of, tags::ContentDate, tags::ContentTime, "Content");
  check_acquisition(of);
}

void check_merged_technique(std::span<const ObjectReport* const> sources, ObjectReport& derived) {
  static constexpr Tag technique[] = {
      tags::KVP,
      tags::ExposureTime,
      tags::XRayTubeCurrent,
      tags::Exposure,
      tags::FilterType,
      tags::EchoTime,
      tags::RepetitionTime,
      tags::InversionTime,
      tags::FlipAngle,
      tags::EchoNumbers,
      tags::SliceThickness,
      tags::ConvolutionKernel,
      tags::GantryDetectorTilt,
      tags::AcquisitionNumber,
      tags::TriggerTime,
      tags::ContrastBolusAgent,
      tags::DiffusionBValue,
  };
  std::string list;
  Tag first;
  for (const Tag tag : technique) {
    const auto now = derived.whole(tag);
    if (now.empty()) continue;
    bool differ = false;
    bool copied = false;
    for (const auto* source : sources) {
      copied = copied || source->whole(tag) == now;
      differ = differ || (!source->whole(tag).empty() && source->whole(tag) != now);
    }
    if (!differ || !copied) continue;
    if (list.empty())
      first = tag;
    else
      list += ", ";
    list += dict::keyword(tag);
  }
  if (!list.empty())
    derived.at(first, "ps3.3/C.12.4.1/technique-of-one-source", list,
               "only what holds for all source images; they differ here", Gravity::note);
}

}  // namespace assay::conformance::iod
