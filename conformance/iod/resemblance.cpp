#include "conformance/iod/resemblance.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "harness/base/bulk_digest.hpp"
#include "harness/base/hex.hpp"
#include "harness/base/limits.hpp"
#include "harness/dataset/value_text.hpp"
#include "harness/dict/dict.hpp"

namespace assay::conformance::iod {
namespace {

using dataset::DataSet;

constexpr std::string_view dose_report_sop_class = "1.2.840.10008.5.1.4.1.1.88.67";
constexpr std::size_t ids_of_a_person = 16;
constexpr std::string_view unlike = ", and not what is in ";
/// Icons and blank pictures are alike without being copies.
constexpr std::size_t least_pixels = 256;

/// By these a program that knows no private element tells images of a series apart.
constexpr std::array told_apart_by{tags::ImagePositionPatient,
                                   tags::ImageOrientationPatient,
                                   tags::ImageType,
                                   tags::AcquisitionNumber,
                                   tags::AcquisitionDate,
                                   tags::AcquisitionTime,
                                   tags::AcquisitionDateTime,
                                   tags::ContentTime,
                                   tags::TriggerTime,
                                   tags::TemporalPositionIdentifier,
                                   tags::TemporalPositionIndex,
                                   tags::EchoNumbers,
                                   tags::EchoTime,
                                   tags::InversionTime,
                                   tags::FlipAngle,
                                   tags::ConvolutionKernel,
                                   tags::KVP,
                                   tags::ScanOptions,
                                   tags::FrameReferenceTime,
                                   tags::ReconstructionDiameter,
                                   tags::SpacingBetweenSlices,
                                   tags::ContrastBolusAgent,
                                   tags::DiffusionBValue,
                                   tags::CardiacNumberOfImages,
                                   tags::NominalPercentageOfCardiacPhase};

std::string value(const DataSet& data_set, Tag tag) {
  return std::string(dataset::trimmed(dataset::without_padding(data_set.text(tag))).substr(0, 256));
}

bool alike_with_a_note(std::string_view shorter, std::string_view longer) {
  return !shorter.empty() && longer.size() > shorter.size() && longer.starts_with(shorter) &&
         std::isalnum(static_cast<unsigned char>(longer[shorter.size()])) == 0;
}

bool has_private_values(const DataSet& data_set) {
  return std::ranges::any_of(data_set.nodes(), [](const dataset::Node& node) {
    return node.depth == 0 && node.tag.is_private() && node.tag.element >= 0x1000;
  });
}

bool says_dose(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text.find("DOSE REPORT") != std::string::npos || text.find("DOSE INFO") != std::string::npos ||
         text.find("DOSE SUMMARY") != std::string::npos || text.find("PATIENT PROTOCOL") != std::string::npos;
}

std::uint64_t place(const DataSet& data_set, Tag tag) {
  const auto* node = data_set.find(tag);
  return node == nullptr || node->offset == dataset::no_offset ? 0 : node->offset;
}

Problem note(std::string_view rule, std::string_view clause, std::uint64_t offset, Tag tag, std::string found,
             std::string expected) {
  return {.rule = std::string(rule),
          .clause = std::string(clause),
          .offset = offset,
          .field = to_string(tag),
          .found = std::move(found),
          .expected = std::move(expected),
          .gravity = Gravity::note};
}

}  // namespace

void Resemblance::add(std::string_view file, const DataSet& data_set) {
  const auto number = static_cast<std::uint32_t>(files_.size());
  files_.emplace_back(file);
  compare_id(data_set, number);
  compare_pixels(data_set, number);
  compare_places(data_set, number);
  note_dose(data_set, number);
}

void Resemblance::tell(Contradiction found) {
  if (found_.size() < limits::max_problems) found_.push_back(std::move(found));
}

void Resemblance::compare_id(const DataSet& data_set, std::uint32_t file) {
  const auto id = value(data_set, tags::PatientID);
  const auto name = value(data_set, tags::PatientName);
  const auto born = value(data_set, tags::PatientBirthDate);
  if (id.empty() || name.empty() || born.empty()) return;
  auto& ids = people_[name + '\n' + born];
  if (std::ranges::any_of(ids, [&](const auto& known) { return known.first == id; })) return;
  for (const auto& [other, seen] : ids) {
    if (!alike_with_a_note(other, id) && !alike_with_a_note(id, other)) continue;
    tell({note("ps3.3/C.7.1.1/id-with-suffix", "PS3.3 C.7.1.1", place(data_set, tags::PatientID), tags::PatientID,
               printable(id), printable(other)),
          files_[file], files_[seen]});
    break;
  }
  if (ids.size() < ids_of_a_person) ids.emplace_back(id, file);
}

void Resemblance::compare_pixels(const DataSet& data_set, std::uint32_t file) {
  const auto* pixels = data_set.find(tags::PixelData);
  const auto series = value(data_set, tags::SeriesInstanceUID);
  if (pixels == nullptr || series.empty() || pixels->kind != dataset::NodeKind::element ||
      pixels->value.size() < least_pixels)
    return;
  const auto bytes = pixels->value;
  if (std::ranges::all_of(bytes, [&](std::uint8_t one) { return one == bytes.front(); })) return;
  BulkDigest digest;
  digest.update(bytes);
  const auto [known, is_new] = pixels_.try_emplace({digest.value(), bytes.size()}, Image{file, series});
  if (is_new || known->second.uid == series) return;
  if (!pairs_.emplace(known->second.uid, series).second) return;
  const bool derived = value(data_set, tags::ImageType).starts_with("DERIVED") ||
                       data_set.has(tags::SourceImageSequence) || data_set.has(tags::DerivationDescription);
  tell({note("ps3.3/C.7.6.1/same-pixels", "PS3.3 C.7.6.1", pixels->offset == dataset::no_offset ? 0 : pixels->offset,
             tags::PixelData,
             derived ? "the same pixels in another series, and a record of a derivation"
                     : "the same pixels in another series, and no record of a derivation",
             "pixels of its own"),
        files_[file], files_[known->second.file], unlike});
}

void Resemblance::compare_places(const DataSet& data_set, std::uint32_t file) {
  const auto series = value(data_set, tags::SeriesInstanceUID);
  const bool one_frame = value(data_set, tags::NumberOfFrames).empty() || value(data_set, tags::NumberOfFrames) == "1";
  if (series.empty() || !one_frame || !data_set.has(tags::ImagePositionPatient) || !data_set.has(tags::PixelData) ||
      !has_private_values(data_set))
    return;
  BulkDigest digest;
  for (const auto tag : told_apart_by) {
    digest.update(as_bytes(value(data_set, tag)));
    digest.update(as_bytes("\n"));
  }
  const auto own = value(data_set, tags::SOPInstanceUID);
  const auto [known, is_new] = places_[series].try_emplace(digest.value(), Image{file, own});
  if (is_new || known->second.uid == own) return;  // the same object again is told by the rule about UIDs
  if (!crowded_.insert(series).second) return;
  tell({note("ps3.3/C.7.6.2/same-place-and-time", "PS3.3 C.7.6.2", place(data_set, tags::ImagePositionPatient),
             tags::ImagePositionPatient, "the place, the time and everything else of another image of the series",
             "a time, an acquisition or a parameter of its own in a standard element"),
        files_[file], files_[known->second.file], unlike});
}

void Resemblance::note_dose(const DataSet& data_set, std::uint32_t file) {
  const auto uid = value(data_set, tags::StudyInstanceUID);
  if (uid.empty()) return;
  auto& study = studies_[uid];
  if (value(data_set, tags::SOPClassUID) == dose_report_sop_class) study.dose_report = true;
  const auto description = value(data_set, tags::SeriesDescription);
  if (data_set.has(tags::PixelData) && !study.dose_picture && says_dose(description))
    study.dose_picture.emplace(file, description);
}

std::vector<Contradiction> Resemblance::told() const {
  auto out = found_;
  for (const auto& [uid, study] : studies_) {
    if (study.dose_report || !study.dose_picture || out.size() >= limits::max_problems) continue;
    const auto& [file, description] = *study.dose_picture;
    out.push_back({note("ps3.3/A.35.8/dose-as-picture", "PS3.3 A.35.8", 0, tags::SeriesDescription,
                        "a picture '" + printable(description) + "' and no dose report in its study",
                        "an X-Ray Radiation Dose SR beside it"),
                   files_[file],
                   {}});
  }
  return out;
}

}  // namespace assay::conformance::iod
