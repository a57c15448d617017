// Structured reports name every object that their tree refers to in their evidence (PS3.3 C.17.2.3).
#include <algorithm>
#include <set>

#include "conformance/iod/walk.hpp"
#include "harness/dataset/cursor.hpp"

namespace assay::conformance::iod {

void Walk::evidence(const Iod& iod) {
  const bool report_document = std::ranges::any_of(iod.modules, [](const IodModule& of) {
    return of.module == ModuleId::SRDocumentGeneral || of.module == ModuleId::KeyObjectDocument;
  });
  const auto tree = root_.find(tags::ContentSequence);
  if (!report_document || tree == Scope::none) return;
  const auto& nodes = root_.nodes();
  std::set<std::string_view> listed;
  for (const Tag tag : {tags::CurrentRequestedProcedureEvidenceSequence, tags::PertinentOtherEvidenceSequence}) {
    const auto sequence = root_.find(tag);
    if (sequence == Scope::none) continue;
    for (auto i = sequence; i < nodes[sequence].end; ++i)
      if (nodes[i].tag == tags::ReferencedSOPInstanceUID) listed.insert(text_value(nodes[i], 0));
  }
  for (dataset::Cursor at(root_.data_set()); at.next();) {
    if (at.index() < tree || at.index() >= nodes[tree].end) continue;
    const auto& node = at.node();
    if (node.tag != tags::ReferencedSOPInstanceUID || at.levels() < 2) continue;
    if (at.around(1).tag != tags::ReferencedSOPSequence) continue;
    const auto uid = text_value(node, 0);
    if (uid.empty() || listed.contains(uid)) continue;
    put("ps3.3/C.17.2.3/evidence-missing", node.offset == dataset::no_offset ? 0 : node.offset, at.path(),
        std::string(uid.substr(0, 64)),
        "an object that the Current Requested Procedure Evidence or Pertinent Other Evidence Sequence lists",
        Gravity::deviation);
  }
}

}  // namespace assay::conformance::iod
