#include "conformance/deidentification/marks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "harness/dataset/value_text.hpp"
#include "harness/dataset/value_time.hpp"

namespace assay::conformance::deidentification {

using dataset::DataSet;
using dataset::Node;

namespace {

/// Where an attribute of the top level stands, or would: before the first greater tag.
std::uint64_t place(const DataSet& data_set, Tag tag) {
  std::uint64_t behind = 0;
  for (const Node* node : data_set.root().elements()) {
    if (node->tag >= tag) return place_of(*node);
    if (node->offset != dataset::no_offset) behind = node->end_offset;
  }
  return behind;
}

std::string quoted(std::string_view text) {
  return text.empty() ? std::string("no value") : fmt::format("'{}'", text.substr(0, 64));
}

/// An attribute of the top level must have one value.
void must_be(const Subject& subject, Tag tag, std::string_view value, std::string_view rule, std::string_view why,
             Findings& findings) {
  const auto* node = subject.data_set.find(tag);
  const auto found = node == nullptr ? std::string_view() : text_of(*node);
  if (found == value) return;
  findings.put(rule, place(subject.data_set, tag), to_string(tag),
               node == nullptr ? std::string("no such attribute") : quoted(found), fmt::format("{}, {}", value, why));
}

/// The codes of the De-identification Method Code Sequence, as bits of options.
std::uint32_t declared(const DataSet& data_set) {
  std::uint32_t bits = 0;
  for (const auto& item : data_set.items(tags::DeidentificationMethodCodeSequence)) {
    if (dataset::trimmed(item.text(tags::CodingSchemeDesignator)) != "DCM") continue;
    const auto* info = option_of_code(dataset::trimmed(item.text(tags::CodeValue)));
    if (info != nullptr) bits |= 1U << static_cast<unsigned>(info->option);
  }
  return bits;
}

void check_method(const Subject& subject, const Options& options, Findings& findings) {
  constexpr Tag tag = tags::DeidentificationMethodCodeSequence;
  const auto offset = place(subject.data_set, tag);
  if (subject.data_set.items(tag).empty()) {
    findings.put("ps3.15/E.1.1/method-codes", offset, to_string(tag), "no item",
                 "the codes of the profile and its options, from 113100 (DCM) on");
    return;
  }
  const auto bits = declared(subject.data_set);
  for (const auto& info : option_infos()) {
    const bool given = options.has(info.option);
    const bool said = (bits >> static_cast<unsigned>(info.option) & 1U) != 0;
    if (given && !said)
      findings.put("ps3.15/E.1.1/method-codes", offset, to_string(tag), fmt::format("no code {}", info.code),
                   fmt::format("{} (DCM), {}", info.code, info.meaning));
    if (said && !given)
      findings.put("ps3.15/E.1.1/method-undeclared", offset, to_string(tag), fmt::format("code {}", info.code),
                   fmt::format("only what was asked for; {} says that {} was applied", info.code, info.name));
  }
}

/// Whole years, months, weeks or days between two dates, as Patient's Age counts them; nothing when they are in the
/// wrong order.
std::optional<int> age_in(char unit, const dataset::Date& birth, const dataset::Date& now) {
  constexpr std::int64_t day = 86'400'000'000;
  const auto days = (dataset::interval_of(now, {}, 0).first - dataset::interval_of(birth, {}, 0).first) / day;
  if (days < 0) return std::nullopt;
  const int months = (now.year - birth.year) * 12 + now.month - birth.month - (now.day < birth.day ? 1 : 0);
  switch (unit) {
    case 'D': return static_cast<int>(days);
    case 'W': return static_cast<int>(days / 7);
    case 'M': return months;
    default: return months / 12;
  }
}

void check_age(const Subject& subject, Findings& findings) {
  const auto& data = subject.data_set;
  const auto age = dataset::parse_age(dataset::trimmed(data.text(tags::PatientAge)));
  const auto birth = dataset::parse_date(dataset::trimmed(data.text(tags::PatientBirthDate)));
  const auto study = dataset::parse_date(dataset::trimmed(data.text(tags::StudyDate)));
  if (!age || !birth || !study) return;
  const auto expected = age_in(age->unit, *birth, *study);
  if (expected && std::abs(*expected - static_cast<int>(age->number)) <= 1) return;
  findings.put("ps3.15/E.1.1/age-disagrees", place(data, tags::PatientAge), to_string(tags::PatientAge), format(*age),
               expected
                   ? fmt::format("about {}{}, as Patient's Birth Date and Study Date give it", *expected, age->unit)
                   : std::string("a birth before the study"));
}

/// Classes whose images often show the patient's name (PS3.15 E.3.1 note 1).
bool often_annotated(std::string_view modality) {
  static constexpr std::string_view some[] = {"US", "IVUS", "SC", "OT", "XC", "ES", "GM", "HC"};
  return std::ranges::find(some, modality) != std::end(some);
}

/// A ContentInfo of type enveloped-data in DER or BER (RFC 5652 3 and 6).
bool is_envelope(ByteView content) {
  static constexpr std::uint8_t enveloped_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03};
  if (content.size() < 13 || content[0] != 0x30) return false;
  const std::size_t length = content[1] > 0x80 ? content[1] - 0x80U : 0U;
  if (length > 4 || content.size() < 2 + length + sizeof enveloped_data) return false;
  return std::ranges::equal(content.subspan(2 + length, sizeof enveloped_data), enveloped_data);
}

}  // namespace

void check_marks(const Subject& subject, const Options& options, Findings& findings) {
  must_be(subject, tags::PatientIdentityRemoved, "YES", "ps3.15/E.1.1/identity-removed",
          "the mark of a de-identified object", findings);
  check_method(subject, options, findings);
  if (!options.dates()) {
    must_be(subject, tags::LongitudinalTemporalInformationModified, "REMOVED", "ps3.15/E.2/temporal-information",
            "as no option retains dates", findings);
  } else if (options.has(Option::retain_full_dates)) {
    must_be(subject, tags::LongitudinalTemporalInformationModified, "UNMODIFIED", "ps3.15/E.3.6/temporal-information",
            "as retain-full-dates leaves the dates", findings);
  } else {
    must_be(subject, tags::LongitudinalTemporalInformationModified, "MODIFIED", "ps3.15/E.3.6/temporal-information",
            "as retain-modified-dates changes the dates", findings);
  }
}

void check_pixels(const Subject& subject, const Options& options, Findings& findings) {
  check_age(subject, findings);
  const auto& data = subject.data_set;
  const bool pixels =
      data.has(tags::PixelData) || data.has(tags::FloatPixelData) || data.has(tags::DoubleFloatPixelData);
  if (!pixels) return;
  if (options.has(Option::clean_pixel_data)) {
    must_be(subject, tags::BurnedInAnnotation, "NO", "ps3.15/E.3.1/burned-in", "as clean-pixel-data has removed it",
            findings);
  } else {
    const auto said = dataset::trimmed(data.text(tags::BurnedInAnnotation));
    const auto modality = dataset::trimmed(data.text(tags::Modality));
    if (said == "YES")
      findings.put("ps3.15/E.2/burned-in-left", place(data, tags::BurnedInAnnotation),
                   to_string(tags::BurnedInAnnotation), "YES",
                   "pixels without annotation; clean-pixel-data removes it");
    if (said != "YES" && said != "NO" && often_annotated(modality))
      findings.put("ps3.15/E.2/burned-in-unknown", place(data, tags::BurnedInAnnotation),
                   to_string(tags::BurnedInAnnotation), quoted(said),
                   fmt::format("a word on annotation in the pixels of modality {}, which often has it", modality));
  }
  if (options.has(Option::clean_recognizable_visual_features))
    must_be(subject, tags::RecognizableVisualFeatures, "NO", "ps3.15/E.3.2/visual-features",
            "as clean-recognizable-visual-features has removed them", findings);
}

void check_encrypted(const Subject& subject, Findings& findings) {
  constexpr Tag sequence = tags::EncryptedAttributesSequence;
  std::size_t number = 0;
  for (const auto& item : subject.data_set.items(sequence)) {
    const auto path = fmt::format("{}[{}]/", to_string(sequence), ++number);
    const auto* content = item.find(tags::EncryptedContent);
    if (content == nullptr || !is_envelope(content->value))
      findings.put("ps3.15/E.1.1/encrypted-content",
                   content == nullptr ? place(subject.data_set, sequence) : place_of(*content),
                   path + to_string(tags::EncryptedContent),
                   content == nullptr ? "no such attribute" : fmt::format("{} other bytes", content->value.size()),
                   "originals in an envelope of the Cryptographic Message Syntax (enveloped-data)");
    if (dataset::trimmed(item.text(tags::EncryptedContentTransferSyntaxUID)).empty())
      findings.put("ps3.15/E.1.1/encrypted-content", place(subject.data_set, sequence),
                   path + to_string(tags::EncryptedContentTransferSyntaxUID), "no value",
                   "the Transfer Syntax in which the originals are encoded");
  }
}

void check_file_meta(const Subject& subject, Findings& findings) {
  const auto first = std::ranges::find_if(subject.preamble, [](std::uint8_t byte) { return byte != 0; });
  const auto letters = std::ranges::count_if(
      subject.preamble, [](std::uint8_t byte) { return (byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'z'; });
  if (letters >= 4)
    findings.put("ps3.15/E.1.1/file-meta-left", static_cast<std::uint64_t>(first - subject.preamble.begin()),
                 "preamble", "text", "a preamble that the de-identifying software has written, as a rule of zeros");
  if (subject.meta == nullptr) return;
  const auto* own = subject.meta->find(tags::PrivateInformation);
  if (own != nullptr && !own->value.empty())
    findings.put("ps3.15/E.1.1/file-meta-left", place_of(*own), to_string(own->tag),
                 fmt::format("a value of {} bytes", own->value.size()),
                 "File Meta Information of the de-identifying software, without private information");
}

}  // namespace assay::conformance::deidentification
