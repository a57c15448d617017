// list: the catalogue, its clauses, the rules; check; schema; version.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "conformance/profile.hpp"
#include "conformance/rules/standard_rules.hpp"
#include "fuzz/campaign/campaign_file.hpp"
#include "harness/app/catalogue.hpp"
#include "harness/app/commands.hpp"
#include "harness/app/device_file.hpp"
#include "harness/app/edition.hpp"
#include "harness/scenario/fault_file.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/version.hpp"

namespace assay::app {
namespace {

using nlohmann::ordered_json;

void print_json(const Catalogue& catalogue, Console& console) {
  ordered_json out = ordered_json::array();
  for (const auto& c : catalogue.cases) {
    const auto r = c.scenario_case.blank_result();
    ordered_json clauses = ordered_json::array();
    for (const auto& k : r.clauses)
      clauses.push_back({{"part", k.part}, {"section", k.section}, {"level", std::string(trace::name(k.level))}});
    out.push_back({{"id", r.id},
                   {"title", r.title},
                   {"role", r.role},
                   {"layer", c.group},
                   {"tags", r.tags},
                   {"clauses", clauses},
                   {"requirements", r.requirements},
                   {"file", r.file},
                   {"line", r.line}});
  }
  console.text(out.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

/// "9.3.10" after "9.3.4": numbers by value, letters before them.
std::vector<std::pair<int, std::string>> section_key(const std::string& section) {
  std::vector<std::pair<int, std::string>> key;
  std::string part;
  for (std::size_t i = 0; i <= section.size(); ++i) {
    if (i < section.size() && section[i] != '.') {
      part += section[i];
      continue;
    }
    const bool number = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
    key.emplace_back(number ? std::atoi(part.c_str()) : -1, part);
    part.clear();
  }
  return key;
}

void print_clauses(const Catalogue& catalogue, Console& console) {
  std::map<std::pair<std::string, std::vector<std::pair<int, std::string>>>, std::pair<std::string, int>> clauses;
  for (const auto& c : catalogue.cases)
    for (const auto& k : c.scenario_case.scenario->clauses) {
      auto& slot = clauses[{k.part, section_key(k.section)}];
      slot.first = k.part + " " + k.section;
      ++slot.second;
    }
  for (const auto& [key, value] : clauses)
    console.text(fmt::format("{:<18} {:>4} verdict{}\n", value.first, value.second, value.second == 1 ? "" : "s"));
  console.text(fmt::format("{} clauses, {} verdicts\n", clauses.size(), catalogue.cases.size()));
}

int report(const std::vector<std::string>& errors, Console& console) {
  for (const auto& e : errors) console.error(e);
  return exit_codes::usage;
}

}  // namespace

int list(const Selection& selection, bool clauses, bool json, Console& console) {
  const auto catalogue = load_catalogue(selection);
  if (!catalogue) return report(catalogue.error(), console);
  if (catalogue->cases.empty())
    return report(
        {"nothing is left after --only, --skip, --role, --layer, --clause and --tag: 'assay list' shows what there is"},
        console);
  if (json) {
    print_json(*catalogue, console);
  } else if (clauses) {
    print_clauses(*catalogue, console);
  } else {
    std::string group;
    for (const auto& c : catalogue->cases) {
      const auto& s = *c.scenario_case.scenario;
      const auto heading = fmt::format("{} (Assay is the {})", c.group, s.role);
      if (heading != group) console.text((group.empty() ? "" : "\n") + heading + "\n");
      group = heading;
      console.text(fmt::format("  {}\n      {}\n", c.scenario_case.id(), c.scenario_case.title()));
    }
    console.text(fmt::format("\n{} verdicts\n", catalogue->cases.size()));
  }
  if (const auto& left_out = catalogue->left_out; !left_out.empty()) {
    if (json)
      console.error(left_out);
    else
      console.text(left_out + "\n");
  }
  return exit_codes::ok;
}

int check(const std::vector<std::string>& files, Console& console) {
  std::size_t scenarios = 0;
  const auto errors = check_files(files, scenarios);
  if (!errors.empty()) return report(errors, console);
  console.text(fmt::format("{} scenario{}: nothing wrong\n", scenarios, scenarios == 1 ? "" : "s"));
  return exit_codes::ok;
}

int rules(bool json, Console& console) {
  const auto book = conformance::standard_rules();
  if (json) {
    auto out = ordered_json::array();
    for (const auto& info : book->infos())
      out.push_back({{"id", info.id},
                     {"clause", info.clause},
                     {"severity", trace::name(info.severity)},
                     {"title", info.title},
                     {"advice", info.advice}});
    console.data(out.dump(1) + "\n");
    return exit_codes::ok;
  }
  for (const auto& info : book->infos())
    console.text(fmt::format("{}  [{}]  {}\n    {}\n    {}\n", info.id, info.clause, trace::name(info.severity),
                             info.title, info.advice));
  console.text(fmt::format("\n{} rules\n", book->infos().size()));
  return exit_codes::ok;
}

int version(bool json, Console& console) {
  if (json) {
    const ordered_json out{
        {"assay", ASSAY_VERSION}, {"build", ASSAY_BUILD_TYPE}, {"edition", std::string(standard_edition)}};
    console.text(out.dump(1) + "\n");
  } else {
    console.text(fmt::format("assay {} ({})\nstandard: {}\n", ASSAY_VERSION, ASSAY_BUILD_TYPE, standard_edition));
  }
  return exit_codes::ok;
}

int schema(const std::string& which, Console& console) {
  console.text(which == "profile"    ? conformance::profile_xsd()
               : which == "faults"   ? scenario::faults_xsd()
               : which == "devices"  ? devices_xsd()
               : which == "campaign" ? fuzz::campaign_xsd()
                                     : scenario::scenario_xsd());
  return exit_codes::ok;
}

}  // namespace assay::app
