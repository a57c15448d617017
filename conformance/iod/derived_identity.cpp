// Which object a derived image is, and what it says of its sources and its maker (PS3.3 C.7.6.1.1.2, C.12.1, C.12.4.1,
// A.1.2.3).
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/derived_parts.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::conformance::iod {

using dataset::Node;
using dataset::NodeKind;

namespace {

std::string uid(std::string_view text) { return std::string(text.substr(0, 64)); }

void check_image_type(const Derivation& of) {
  const auto first = of.derived.text(tags::ImageType, 0);
  if (of.changed() && first == "ORIGINAL")
    of.derived.at(tags::ImageType, "ps3.3/C.7.6.1.1.2/derived-called-original",
                  quoted(of.derived.whole(tags::ImageType)),
                  "DERIVED as value 1: the pixels differ from those of the source");
  if (!of.changed() && of.same_instance && first == "DERIVED" && of.source.text(tags::ImageType, 0) == "ORIGINAL")
    of.derived.at(tags::ImageType, "ps3.3/C.7.6.1.1.2/type-changed-alone", quoted(of.derived.whole(tags::ImageType)),
                  "ORIGINAL as in the source: pixels and SOP Instance UID are the same");
  if (of.source.text(tags::ImageType, 1) == "SECONDARY" && of.derived.text(tags::ImageType, 1) == "PRIMARY" &&
      of.is_new())
    of.derived.at(tags::ImageType, "ps3.3/C.7.6.1.1.2/secondary-called-primary",
                  quoted(of.derived.whole(tags::ImageType)), "SECONDARY as value 2: the source was no primary image");
}

void check_class(const Derivation& of) {
  const auto before = of.source.text(tags::SOPClassUID);
  const auto now = of.derived.text(tags::SOPClassUID);
  const auto modality = of.derived.text(tags::Modality);
  if (before.empty() || now.empty() || is_secondary_capture(now)) return;
  if (before == now) {
    if (!modality.empty() && modality != of.source.text(tags::Modality))
      of.derived.at(tags::Modality, "ps3.3/C.7.3.1.1.1/modality-changed", quoted(modality),
                    quoted(of.source.text(tags::Modality)) + " as in the source: the SOP Class is the same");
    return;
  }
  // Multi-frame and enhanced forms of a class are made of it, other objects have other modalities.
  const auto name = dict::uid_name(now);
  if (modality != of.source.text(tags::Modality) || name.find("Enhanced") != std::string_view::npos ||
      name.find("Multi") != std::string_view::npos || name.find("Legacy") != std::string_view::npos)
    return;
  of.derived.at(tags::SOPClassUID, "ps3.3/A.1.2.4/class-changed", fmt::format("{} ({})", uid(now), name),
                fmt::format("{} ({}) as in the source, while it is true", uid(before), dict::uid_name(before)));
}

/// The items of Source Image Sequences, at any level, that name this source.
std::set<std::string_view> classes_cited(const ObjectReport& derived, std::string_view instance, bool& cited) {
  std::set<std::string_view> classes;
  const auto& nodes = derived.root().nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].tag != tags::SourceImageSequence || nodes[i].kind != NodeKind::sequence) continue;
    for (auto item = i + 1; item < nodes[i].end; item = nodes[item].end) {
      std::string_view sop_class;
      bool here = false;
      for (auto at = item + 1; at < nodes[item].end; at = nodes[at].end) {
        if (nodes[at].tag == tags::ReferencedSOPClassUID) sop_class = text_value(nodes[at], 0);
        if (nodes[at].tag == tags::ReferencedSOPInstanceUID) here = text_value(nodes[at], 0) == instance;
      }
      if (!here) continue;
      cited = true;
      if (!sop_class.empty()) classes.insert(sop_class);
    }
  }
  return classes;
}

void check_citation(const Derivation& of) {
  const auto instance = of.source.text(tags::SOPInstanceUID);
  if (instance.empty()) return;
  bool cited = false;
  const auto classes = classes_cited(of.derived, instance, cited);
  if (!cited) {
    of.derived.at(tags::SourceImageSequence, "ps3.3/C.12.4.1.2/source-not-named", "the source is not named",
                  "an item with the SOP Class and Instance UID of " + uid(instance));
    return;
  }
  const auto right = of.source.text(tags::SOPClassUID);
  for (const auto other : classes)
    if (!right.empty() && other != right)
      return of.derived.at(tags::SourceImageSequence, "ps3.3/C.12.4.1.2/source-class", uid(other),
                           fmt::format("{}, the SOP Class of the source {}", uid(right), uid(instance)));
}

/// Made elsewhere, or the maker of the source is kept as contributing equipment.
void check_equipment(const Derivation& of) {
  if (of.source.text(tags::Manufacturer).empty() || of.derived.count(tags::ContributingEquipmentSequence) > 0) return;
  if (!same_text(of.source, of.derived, tags::Manufacturer) ||
      !same_text(of.source, of.derived, tags::ManufacturerModelName))
    return;
  of.derived.at(
      tags::Manufacturer, "ps3.3/C.12.1/maker-unknown",
      quoted(of.derived.text(tags::Manufacturer)) + " as in the source, and no Contributing Equipment Sequence",
      "the deriving system, here or in Contributing Equipment Sequence", Gravity::note);
}

/// Private elements describe what their maker did: nobody else knows whether they are still true.
void check_private(const Derivation& of) {
  std::string list;
  std::uint32_t first = Scope::none;
  std::size_t count = 0;
  const auto& nodes = of.derived.root().nodes();
  for (std::uint32_t i = 0; i < nodes.size(); i = nodes[i].end) {
    const Node& node = nodes[i];
    if (!node.tag.is_private() || node.tag.element < 0x1000 || node.kind != NodeKind::element) continue;
    const Node* before = of.source.node(node.tag);
    if (before == nullptr || node.value.empty() || !std::ranges::equal(before->value, node.value)) continue;
    if (first == Scope::none) first = i;
    if (++count > 3) continue;
    if (!list.empty()) list += ", ";
    list += to_string(node.tag);
  }
  if (first == Scope::none) return;
  if (count > 3) list += fmt::format(" and {} more", count - 3);
  of.derived.at(first, "ps3.5/7.8/private-copied", list,
                "private elements that the deriving system understands, no others", Gravity::note);
}

}  // namespace

bool is_secondary_capture(std::string_view sop_class_uid) {
  constexpr std::string_view family = uids::SecondaryCaptureImageStorage;
  return sop_class_uid.starts_with(family) &&
         (sop_class_uid.size() == family.size() || sop_class_uid[family.size()] == '.');
}

bool same_text(const ObjectReport& a, const ObjectReport& b, Tag tag) {
  const auto plain = [&](const ObjectReport& of) {
    auto text = of.whole(tag);
    const Node* node = of.node(tag);
    if (node != nullptr && vr_of(*node) == Vr::PN)
      while (text.ends_with('^') || text.ends_with('=') || text.ends_with(' ')) text.remove_suffix(1);
    return text;
  };
  return plain(a) == plain(b);
}

void check_derived_identity(const Derivation& of) {
  if (of.same_instance && of.changed()) {
    // Not its first value: it is one even where it begins with a backslash, and where its VR is not that of a UID.
    const auto kept = of.derived.whole(tags::SOPInstanceUID);
    of.derived.at(tags::SOPInstanceUID, "ps3.3/C.7.6.1.1.2/uid-kept", uid(kept.empty() ? "that of the source" : kept),
                  of.lossy_step ? "a new SOP Instance UID: the image was compressed with loss"
                                : "a new SOP Instance UID: the pixels differ from those of the source");
  }
  check_image_type(of);
  check_class(of);
  const auto series = of.derived.text(tags::SeriesInstanceUID);
  if (!of.same_instance && !series.empty() && series == of.source.text(tags::SeriesInstanceUID))
    of.derived.at(tags::SeriesInstanceUID, "ps3.3/A.1.2.3/series-kept", uid(series),
                  "a new Series Instance UID: the derived image is made by other equipment or in another step");
}

void check_derived_sources(const Derivation& of) {
  if (!of.same_instance) {
    check_citation(of);
    check_equipment(of);
  }
  if (of.changed()) check_private(of);
}

}  // namespace assay::conformance::iod
