// validate --list-iods: what the tables of conformance/iod say, for people and for tools, and of which objects they say
// nothing.
#include <fmt/format.h>

#include <vector>

#include "conformance/iod/tables.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/options.hpp"
#include "harness/app/validate.hpp"
#include "harness/dict/uid_registry.hpp"

namespace assay::app {

namespace {

using nlohmann::ordered_json;
namespace iod = conformance::iod;

std::string_view condition_name(iod::ConditionId id) {
  return iod::named_conditions()[static_cast<std::size_t>(id)].name;
}

ordered_json row_json(const iod::Row& row) {
  constexpr std::string_view kinds[] = {"element", "sequence", "include", "verify"};
  constexpr std::string_view tested[] = {"", "",           "",           "enumerated", "defined", "",
                                         "", "enumerated", "enumerated", "defined",    "defined"};
  const auto test = static_cast<std::size_t>(row.tested);
  ordered_json object{{"depth", row.depth}, {"row", std::string(kinds[static_cast<std::size_t>(row.kind)])}};
  if (row.kind == iod::RowKind::include) {
    object["macro"] = std::string(iod::module_of(row.macro).name);
  } else {
    const auto* entry = dict::find(row.tag);
    object["tag"] = to_string(row.tag);
    object["keyword"] = std::string(dict::keyword(row.tag));
    object["vr"] = std::string(name(entry != nullptr ? entry->vr : Vr::UN));
    object["vm"] = std::string(entry != nullptr ? entry->vm : "1");
  }
  if (row.type != iod::Type::t) object["type"] = std::string(iod::name(row.type));
  if (row.least != 0 || row.most != iod::any) {
    object["least"] = row.least;
    if (row.most != iod::any) object["most"] = row.most;
  }
  if (row.condition != iod::ConditionId::None) object["condition"] = std::string(condition_name(row.condition));
  if (row.otherwise) object["may_be_present_otherwise"] = true;
  if (!tested[test].empty()) object[std::string(tested[test])] = std::string(iod::values_of(row.list).name);
  if (row.tested >= iod::Tested::nonzero_error) object["nonzero"] = true;
  if (row.value != iod::any) object["value"] = row.value + 1;
  return object;
}

/// Storage SOP Classes of PS3.6 that there is no table for.
std::vector<const dict::UidEntry*> without_table() {
  std::vector<const dict::UidEntry*> found;
  for (const auto& uid : dict::all_uids()) {
    const bool storage = uid.kind == dict::UidKind::sop_class && uid.name.find("Storage") != std::string_view::npos &&
                         !uid.name.starts_with("Storage Commitment");
    if (storage && iod::iod_of(uid.uid) == nullptr) found.push_back(&uid);
  }
  return found;
}

constexpr std::string_view no_table = "the sources that the tables are made from have none for it";

ordered_json all_tables() {
  ordered_json all;
  for (const auto& one : iod::iods()) {
    ordered_json modules = ordered_json::array();
    for (const auto& of : one.modules) {
      constexpr std::string_view usages[] = {"M", "C", "U"};
      ordered_json module{{"module", std::string(iod::module_of(of.module).name)},
                          {"entity", std::string(of.entity)},
                          {"usage", std::string(usages[static_cast<std::size_t>(of.usage)])}};
      if (of.condition != iod::ConditionId::None) module["condition"] = std::string(condition_name(of.condition));
      modules.push_back(std::move(module));
    }
    all["iods"][std::string(one.name)] = {{"sop_classes", ordered_json::array()}, {"modules", std::move(modules)}};
  }
  for (const auto& sop_class : iod::sop_classes())
    all["iods"][std::string(iod::iod_of(sop_class.uid)->name)]["sop_classes"].push_back(std::string(sop_class.uid));
  for (const auto& module : iod::modules().subspan(1)) {
    ordered_json rows = ordered_json::array();
    for (const auto& row : module.rows) rows.push_back(row_json(row));
    all["modules"][std::string(module.name)] = {{"section", std::string(module.section)}, {"rows", std::move(rows)}};
  }
  for (const auto& condition : iod::named_conditions())
    all["conditions"][std::string(condition.name)] = std::string(condition.expression);
  for (const auto& list : iod::value_lists()) all["lists"][std::string(list.name)] = std::string(list.values);
  for (const auto* uid : without_table())
    all["not_judged"][std::string(uid->uid)] = {
        {"name", std::string(uid->name)}, {"retired", uid->retired}, {"reason", std::string(no_table)}};
  return all;
}

}  // namespace

int list_iods(bool json, Console& console) {
  if (json) {
    console.data(json_line(all_tables()));
    return exit_codes::ok;
  }
  std::string text;
  for (const auto& sop_class : iod::sop_classes())
    text += fmt::format("{:32} {}\n", sop_class.uid, iod::spaced(iod::iod_of(sop_class.uid)->name));
  text += fmt::format("{} SOP Classes, {} IODs, {} modules and macros\n", iod::sop_classes().size(), iod::iods().size(),
                      iod::modules().size() - 1);
  const auto rest = without_table();
  if (!rest.empty()) {
    text += fmt::format("\n{} Storage SOP Classes of PS3.6 have no table and are not judged, because {}:\n",
                        rest.size(), no_table);
    for (const auto* uid : rest)
      text += fmt::format("{:32} {}: not judged{}\n", uid->uid, uid->name, uid->retired ? " (retired)" : "");
  }
  console.text(text);
  return exit_codes::ok;
}

}  // namespace assay::app
