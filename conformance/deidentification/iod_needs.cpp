#include "conformance/deidentification/iod_needs.hpp"

#include <algorithm>
#include <set>

namespace assay::conformance::deidentification {

using iod::Row;
using iod::RowKind;

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

/// Calls `each` for the rows that stand at a place, those of included macros too; rows of items are left out.
template <typename Each>
void for_each_row(const std::vector<std::span<const Row>>& lists, Each each) {
  auto open = lists;
  std::set<iod::ModuleId> seen;
  while (!open.empty()) {
    const auto rows = open.back();
    open.pop_back();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].depth > rows[0].depth) continue;
      if (rows[i].kind != RowKind::include)
        each(rows, i);
      else if (seen.insert(rows[i].macro).second)
        open.push_back(iod::module_of(rows[i].macro).rows);
    }
  }
}

}  // namespace

IodNeeds::Rows IodNeeds::of_iod(const iod::Iod& iod, bool mandatory) {
  Rows rows;
  for (const auto& module : iod.modules)
    if (!mandatory || module.usage == iod::Usage::M) rows.push_back(iod::module_of(module.module).rows);
  return rows;
}

IodNeeds::Rows IodNeeds::inside(const Rows& rows, Tag sequence) {
  Rows found;
  for_each_row(rows, [&](std::span<const Row> list, std::size_t i) {
    if (list[i].tag == sequence && list[i].kind == RowKind::sequence) found.push_back(iod::rows_inside(list, i));
  });
  return found;
}

const IodNeeds::Rows& IodNeeds::at(const iod::Iod& iod, std::span<const Tag> sequences, bool mandatory) {
  // From the outside, as places within places are asked for one after another.
  const Rows* place = nullptr;
  for (std::size_t length = 0; length <= sequences.size(); ++length) {
    auto [entry, added] = places_.try_emplace({&iod, mandatory, Path(sequences.begin(), sequences.begin() + length)});
    if (added) entry->second = length == 0 ? of_iod(iod, mandatory) : inside(*place, sequences[length - 1]);
    place = &entry->second;
  }
  return *place;
}

Need IodNeeds::of(const iod::Iod* iod, std::span<const Tag> path, bool mandatory) {
  if (iod == nullptr || path.empty()) return Need::unknown;
  auto [entry, added] = known_.try_emplace({iod, mandatory, Path(path.begin(), path.end())}, Need::optional);
  if (!added) return entry->second;
  for_each_row(at(*iod, path.first(path.size() - 1), mandatory), [&](std::span<const Row> list, std::size_t i) {
    if (list[i].tag == path.back()) entry->second = std::max(entry->second, need_of(list[i].type));
  });
  return entry->second;
}

Need IodNeeds::of(const iod::Iod* iod, const dataset::Cursor& at, bool mandatory) {
  Path path;
  for (std::size_t up = at.levels(); up-- > 0;)
    if (at.around(up).kind != dataset::NodeKind::item) path.push_back(at.around(up).tag);
  path.push_back(at.node().tag);
  return of(iod, path, mandatory);
}

}  // namespace assay::conformance::deidentification
