#include "conformance/deidentification/iod_needs.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace assay::conformance::deidentification {

namespace {

Need need_of(iod::Type type) {
  switch (type) {
    case iod::Type::t1:
    case iod::Type::t1C: return Need::value;
    case iod::Type::t2:
    case iod::Type::t2C: return Need::present;
    default: return Need::optional;
  }
}

}  // namespace

Need IodNeeds::of(const iod::Iod* iod, Tag tag) {
  if (iod == nullptr) return Need::unknown;
  auto [place, added] = known_.try_emplace(iod);
  if (added) {
    std::vector<iod::ModuleId> open;
    for (const auto& module : iod->modules) open.push_back(module.module);
    std::set<iod::ModuleId> seen;
    while (!open.empty()) {
      const auto id = open.back();
      open.pop_back();
      if (!seen.insert(id).second) continue;
      for (const auto& row : iod::module_of(id).rows) {
        if (row.kind == iod::RowKind::include) {
          open.push_back(row.macro);
        } else {
          auto& need = place->second.try_emplace(row.tag.packed(), Need::optional).first->second;
          need = std::max(need, need_of(row.type));
        }
      }
    }
  }
  const auto found = place->second.find(tag.packed());
  return found == place->second.end() ? Need::optional : found->second;
}

}  // namespace assay::conformance::deidentification
