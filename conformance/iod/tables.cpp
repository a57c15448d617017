#include "conformance/iod/tables.hpp"

#include <algorithm>

namespace assay::conformance::iod {

namespace {

// What the rows say by words.
namespace row_tags {
using namespace tags;
constexpr Tag NoTag;
}  // namespace row_tags
constexpr bool strictly = false;
constexpr bool otherwise = true;

#define ASSAY_ROW(depth, kind, attribute, macro, type, least, most, condition, may_be, tested, list, value) \
  Row{row_tags::attribute,                                                                                  \
      ConditionId::condition,                                                                               \
      ListId::list,                                                                                         \
      ModuleId::macro,                                                                                      \
      depth,                                                                                                \
      RowKind::kind,                                                                                        \
      Type::type,                                                                                           \
      least,                                                                                                \
      most,                                                                                                 \
      may_be,                                                                                               \
      Tested::tested,                                                                                       \
      value},
constexpr Row all_rows[] = {
#include "conformance/iod/tables/rows.inc"
};
#undef ASSAY_ROW

#define ASSAY_MODULE(name, section, first, count) Module{#name, section, std::span(all_rows).subspan(first, count)},
constexpr Module all_modules[] = {
#include "conformance/iod/tables/modules.inc"
};
#undef ASSAY_MODULE

#define ASSAY_IOD_MODULE(entity, module, usage, condition) \
  IodModule{#entity, ModuleId::module, Usage::usage, ConditionId::condition},
constexpr IodModule all_iod_modules[] = {
#include "conformance/iod/tables/iod_modules.inc"
};
#undef ASSAY_IOD_MODULE

#define ASSAY_IOD(name, first, count) Iod{#name, std::span(all_iod_modules).subspan(first, count)},
constexpr Iod all_iods[] = {
#include "conformance/iod/tables/iods.inc"
};
#undef ASSAY_IOD

#define ASSAY_VALUES(name, kind, values) Values{#name, ListKind::kind, values},
constexpr Values all_values[] = {
#include "conformance/iod/tables/value_lists.inc"
};
#undef ASSAY_VALUES

#define ASSAY_CONDITION(name, expression) NamedCondition{#name, expression},
constexpr NamedCondition all_conditions[] = {
#include "conformance/iod/tables/conditions.inc"
};
#undef ASSAY_CONDITION

#define ASSAY_SOP_CLASS(uid, iod) SopClass{uid, IodId::iod},
constexpr SopClass all_sop_classes[] = {
#include "conformance/iod/tables/sop_classes.inc"
};
#undef ASSAY_SOP_CLASS
static_assert(std::ranges::is_sorted(all_sop_classes, {}, &SopClass::uid));

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

const Module& module_of(ModuleId id) { return all_modules[static_cast<std::size_t>(id)]; }
const Values& values_of(ListId id) { return all_values[static_cast<std::size_t>(id)]; }
std::span<const Iod> iods() { return all_iods; }
std::span<const SopClass> sop_classes() { return all_sop_classes; }
std::span<const Module> modules() { return all_modules; }
std::span<const Values> value_lists() { return all_values; }
std::span<const NamedCondition> named_conditions() { return all_conditions; }

const Iod* iod_of(std::string_view sop_class_uid) {
  const auto* found = std::ranges::lower_bound(all_sop_classes, sop_class_uid, {}, &SopClass::uid);
  if (found == std::end(all_sop_classes) || found->uid != sop_class_uid) return nullptr;
  return &all_iods[static_cast<std::size_t>(found->iod)];
}

std::span<const Row> rows_inside(std::span<const Row> rows, std::size_t row) {
  std::size_t end = row + 1;
  while (end < rows.size() && rows[end].depth > rows[row].depth) ++end;
  return rows.subspan(row + 1, end - row - 1);
}

std::string_view name(Type type) {
  constexpr std::string_view names[] = {"", "1", "1C", "2", "2C", "3", "3C"};
  return names[static_cast<std::size_t>(type)];
}

std::string spaced(std::string_view name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool behind_small = i > 0 && !is_capital(name[i - 1]);
    const bool before_small = i + 1 < name.size() && is_small(name[i + 1]);
    if (i > 0 && is_capital(name[i]) && (behind_small || before_small)) text += ' ';
    text += name[i];
  }
  return text;
}

}  // namespace assay::conformance::iod
