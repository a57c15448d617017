// What a derived or corrected object says of where it comes from (PS3.3 C.12.4.1, C.12.1, C.8.6): derivation, sources,
// original attributes, annotations burned into captures.
#include <fmt/format.h>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/object_checks.hpp"

namespace assay::conformance::iod {

using dataset::Node;
using dataset::NodeKind;

namespace {

/// Enhanced images say it for each frame, in their functional groups.
bool has_functional_groups(const ObjectReport& report) {
  return report.node(tags::SharedFunctionalGroupsSequence) != nullptr ||
         report.node(tags::PerFrameFunctionalGroupsSequence) != nullptr;
}

void check_derivation(ObjectReport& report) {
  if (report.text(tags::ImageType) != "DERIVED" || has_functional_groups(report)) return;
  if (report.text(tags::DerivationDescription).empty() && report.count(tags::DerivationCodeSequence) == 0)
    report.at(tags::DerivationDescription, "ps3.3/C.12.4.1.1/derivation-not-described",
              "neither Derivation Description nor Derivation Code Sequence", "one of them: the image is DERIVED");
}

/// Of the top level and of functional groups alike.
void check_self_citation(ObjectReport& report) {
  const auto own = report.text(tags::SOPInstanceUID);
  if (own.empty()) return;
  const auto& nodes = report.root().nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].tag != tags::SourceImageSequence || nodes[i].kind != NodeKind::sequence) continue;
    for (auto item = i + 1; item < nodes[i].end; item = nodes[item].end)
      for (auto at = item + 1; at < nodes[item].end; at = nodes[at].end)
        if (nodes[at].tag == tags::ReferencedSOPInstanceUID && text_value(nodes[at], 0) == own)
          return report.at(at, "ps3.3/C.12.4.1.2/own-source", std::string(own.substr(0, 64)),
                           "another object: this is the SOP Instance UID of the object itself");
  }
}

void check_corrections(ObjectReport& report) {
  const auto sequence = report.root().find(tags::OriginalAttributesSequence);
  const auto& nodes = report.root().nodes();
  if (sequence == Scope::none || nodes[sequence].kind != NodeKind::sequence) return;
  for (auto item = sequence + 1; item < nodes[sequence].end; item = nodes[item].end) {
    for (auto at = item + 1; at < nodes[item].end; at = nodes[at].end) {
      const Node& node = nodes[at];
      const auto reason = text_value(node, 0);
      if (node.tag == tags::ReasonForTheAttributeModification && !reason.empty() && reason != "COERCE" &&
          reason != "CORRECT")
        report.at(at, "ps3.5/6.3/defined-term", quoted(reason), "COERCE or CORRECT", Gravity::note);
      if (node.tag != tags::ModifiedAttributesSequence || node.kind != NodeKind::sequence) continue;
      for (auto kept = at + 1; kept < node.end; kept = nodes[kept].end)
        if (nodes[kept].kind == NodeKind::item && nodes[kept].end == kept + 1)
          report.at(at, "ps3.3/C.12.1/no-previous-value", "an item without elements",
                    "the elements that were changed, with their previous values");
    }
  }
}

/// Captures of screens and films often show the patient's name.
void check_burned_in(ObjectReport& report) {
  if (report.text(tags::SOPClassUID) != uids::SecondaryCaptureImageStorage) return;
  const auto conversion = report.text(tags::ConversionType);
  if (!report.text(tags::BurnedInAnnotation).empty() || conversion == "SYN") return;
  report.at(tags::BurnedInAnnotation, "ps3.3/C.7.6.1/burned-in-unknown", "no Burned In Annotation",
            "YES or NO: a capture may show the patient's name", Gravity::note);
}

}  // namespace

void check_sources(ObjectReport& report) {
  check_derivation(report);
  check_self_citation(report);
  check_corrections(report);
  check_burned_in(report);
}

}  // namespace assay::conformance::iod
