#include "harness/app/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include "conformance/expectations.hpp"
#include "conformance/rules/standard_rules.hpp"
#include "harness/app/home.hpp"
#include "harness/scenario/loader.hpp"

namespace assay::app {
namespace fs = std::filesystem;
namespace {

/// A scenario file starts with one of these roots; other XML (included steps, profiles) is left alone in a folder.
bool looks_like_scenarios(std::string_view xml) {
  for (std::size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at + 1)) {
    const auto rest = xml.substr(at);
    if (rest.starts_with("<?") || rest.starts_with("<!")) {
      const auto end = rest.starts_with("<!--") ? rest.find("-->") : rest.find('>');
      if (end == std::string_view::npos) return false;
      at += end;
      continue;
    }
    return rest.starts_with("<scenario");
  }
  return false;
}

scenario::IncludeResolver resolver() {
  return [](std::string_view href, std::string_view from) -> std::optional<scenario::IncludedText> {
    const auto file = fs::path(from).parent_path() / fs::path(href);
    auto text = read_text(file);
    if (!text) return std::nullopt;
    return scenario::IncludedText{file.lexically_normal().string(), std::move(*text)};
  };
}

/// How a script tells its steps; without a function they stand in the file.
struct Teller {
  std::string function;
  Duration limit{};
};

struct Loader {
  std::vector<scenario::Scenario> scenarios;
  std::vector<Teller> tellers;  // of each
  std::vector<std::string> errors;
  std::set<fs::path> seen;
  std::vector<std::string> scripts;  // not yet asked
  std::optional<Python> python;
  std::string left_out;  // why
  std::size_t left_out_count = 0;
  std::vector<std::string> left_out_ids;

  void file(const fs::path& path, bool named) {
    std::error_code code;
    if (!seen.insert(fs::weakly_canonical(path, code)).second) return;
    auto text = read_text(path);
    if (!text) {
      errors.push_back(text.error());
      return;
    }
    if (path.extension() == ".py") {
      if (named || text->find("@assay.scenario") != std::string::npos) script(path, *text, named);
      return;
    }
    if (!named && !looks_like_scenarios(*text)) return;
    auto loaded = scenario::load(*text, path.string(), resolver());
    if (!loaded) {
      for (const auto& e : loaded.error()) errors.push_back(scenario::to_string(e));
      return;
    }
    for (auto& s : *loaded) scenarios.push_back(std::move(s));
    tellers.resize(scenarios.size());
  }

  void script(const fs::path& path, const std::string& text, bool named) {
    if (!python && left_out.empty()) {
      if (auto found = find_python())
        python = std::move(*found);
      else
        left_out = found.error();
    }
    if (python) {
      scripts.push_back(path.string());
    } else if (named) {
      errors.push_back(fmt::format("{}: this is a script, and {}", path.string(), left_out));
    } else {
      ++left_out_count;
      const auto ids = ids_in_text(text);
      left_out_ids.insert(left_out_ids.end(), ids.begin(), ids.end());
    }
  }

  /// What the scripts hold that were met since the last time.
  void ask_scripts() {
    if (scripts.empty()) return;
    auto listed = list_scripts(*python, std::exchange(scripts, {}));
    errors.insert(errors.end(), listed.errors.begin(), listed.errors.end());
    for (auto& one : listed.scenarios) {
      scenarios.push_back(std::move(one.head));
      tellers.push_back({std::move(one.function), one.limit});
    }
  }

  void folder(const fs::path& path) {
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::recursive_directory_iterator it(path, code), end; !code && it != end; it.increment(code))
      if ((it->path().extension() == ".xml" || it->path().extension() == ".py") && it->is_regular_file(code))
        files.push_back(it->path());
    if (code) errors.push_back(fmt::format("{}: cannot be read: {}", path.string(), code.message()));
    std::sort(files.begin(), files.end());
    const auto before = scenarios.size() + errors.size() + scripts.size() + left_out_count;
    bool known = false;  // named twice
    for (const auto& f : files) {
      known = known || seen.contains(fs::weakly_canonical(f, code));
      file(f, false);
    }
    if (!known && scenarios.size() + errors.size() + scripts.size() + left_out_count == before)
      errors.push_back(fmt::format("{}: there is no scenario in this folder", path.string()));
  }
};

std::string group_of(const scenario::Scenario& s) {
  const auto relative = fs::path(s.file).lexically_relative(home() / "scenarios");
  if (!relative.empty() && *relative.begin() != "..") return relative.begin()->string();
  return fs::path(s.file).parent_path().filename().string();
}

bool has_prefix(std::string_view id, std::string_view prefix) {
  if (!id.starts_with(prefix)) return false;
  return id.size() == prefix.size() || prefix.ends_with('/') || id[prefix.size()] == '/' || id[prefix.size()] == '.';
}

bool cites(const scenario::Scenario& s, std::string_view wanted) {
  const auto blank = wanted.find(' ');
  const auto part = wanted.substr(0, blank);
  const auto section = blank == std::string_view::npos ? std::string_view{} : wanted.substr(blank + 1);
  return std::any_of(s.clauses.begin(), s.clauses.end(), [&](const trace::Clause& c) {
    return c.part == part &&
           (section.empty() || (c.section.starts_with(section) &&
                                (c.section.size() == section.size() || c.section[section.size()] == '.')));
  });
}

/// A pattern in which * stands for anything, slashes included, as rules in scenarios are named.
bool wild(std::string_view pattern, std::string_view text) {
  std::string deep;
  for (const char c : pattern) deep += c == '*' ? "**" : std::string(1, c);
  return conformance::glob_match(deep, text);
}

bool is_sanity(const scenario::Scenario& s) {
  return std::find(s.tags.begin(), s.tags.end(), "sanity") != s.tags.end();
}

/// References that only the whole program can check: rules that exist, files that are there, something to do.
void check_references(const scenario::Scenario& s, bool is_script, const std::vector<trace::RuleInfo>& rules,
                      std::vector<std::string>& errors) {
  const auto wrong = [&](int line, int column, const std::string& what) {
    errors.push_back(fmt::format("{}:{}:{}: {}", s.file, line, column, what));
  };
  const auto known = [&](const std::string& glob) {
    return std::ranges::any_of(rules, [&](const auto& info) { return wild(glob, info.id); });
  };
  if (s.steps.empty() && !is_script)
    wrong(s.line, 1, "this scenario has no step: it would pass without having tested anything");
  for (const auto& e : s.head)
    if ((e.name == "ignore-finding" || e.name == "judge-finding") && !known(std::string(e.value("rule"))))
      wrong(e.at.line, e.at.column,
            fmt::format("there is no rule '{}'; 'assay list --rules' prints them", e.value("rule")));
  const std::function<void(const scenario::Element&)> walk = [&](const scenario::Element& e) {
    const auto file = e.value("file");
    if (e.name == "data-set" && !file.empty() && file.find("${") == std::string_view::npos) {
      std::error_code code;
      if (!fs::is_regular_file(fs::path(s.file).parent_path() / fs::path(file), code) &&
          !fs::is_regular_file(home() / "scenarios" / fs::path(file), code))
        wrong(e.attribute("file")->at.line, e.attribute("file")->at.column,
              fmt::format("the file '{}' is not there", file));
    }
    for (const auto& child : e.children) walk(child);
  };
  for (const auto& step : s.steps) walk(step);
}

bool passes(const Selection& f, const scenario::Scenario& s, const std::string& group, const std::string& id) {
  const auto matches = [&](const std::string& glob) { return conformance::glob_match(glob, id); };
  if (!f.only.empty() && std::none_of(f.only.begin(), f.only.end(), matches)) return false;
  if (std::any_of(f.skip.begin(), f.skip.end(), matches)) return false;
  if (!f.role.empty() && s.role != f.role) return false;
  if (!f.layer.empty() && group != f.layer) return false;
  if (!f.clause.empty() && !cites(s, f.clause)) return false;
  if (!f.skip_tag.empty() && std::ranges::find(s.tags, f.skip_tag) != s.tags.end()) return false;
  return f.tag.empty() || std::find(s.tags.begin(), s.tags.end(), f.tag) != s.tags.end();
}

}  // namespace

std::expected<Catalogue, std::vector<std::string>> load_catalogue(const Selection& selection,
                                                                  const scenario::Claims& claims) {
  Loader loader;
  std::vector<std::string> prefixes;
  bool whole = selection.items.empty();
  for (const auto& item : selection.items) {
    std::error_code code;
    if (fs::is_directory(item, code)) {
      loader.folder(item);
    } else if (fs::is_regular_file(item, code) || item.ends_with(".xml") || item.ends_with(".py")) {
      loader.file(item, true);
    } else {
      prefixes.push_back(item);
      whole = true;
    }
  }
  loader.ask_scripts();
  std::vector<bool> listed_by_file(loader.scenarios.size(), true);
  if (whole) loader.folder(home() / "scenarios");
  loader.ask_scripts();
  for (const auto& e : scenario::duplicate_ids(loader.scenarios)) loader.errors.push_back(scenario::to_string(e));
  const auto book = conformance::standard_rules();
  for (std::size_t i = 0; i < loader.scenarios.size(); ++i)
    check_references(loader.scenarios[i], !loader.tellers[i].function.empty(), book->infos(), loader.errors);
  if (!loader.errors.empty()) return std::unexpected(std::move(loader.errors));
  listed_by_file.resize(loader.scenarios.size(), selection.items.empty());

  Catalogue catalogue;
  catalogue.python = loader.python;
  catalogue.left_out_ids = std::move(loader.left_out_ids);
  if (const auto count = loader.left_out_count; count > 0)
    catalogue.left_out = fmt::format("{} script{} left out: {}", count, count == 1 ? " is" : "s are", loader.left_out);
  std::set<std::string> used;
  std::set<std::string> layers;
  std::set<std::string> tags;
  bool clause_found = false;
  const auto selected = [&](std::size_t index, const scenario::Scenario& s, const std::string& id) {
    if (listed_by_file[index]) return true;
    bool found = false;
    for (const auto& p : prefixes) {
      bool hit = has_prefix(id, p);
      for (const auto& alias : s.aliases) hit = hit || has_prefix(alias, p);
      if (hit) used.insert(p);
      found = found || hit;
    }
    return found;
  };
  for (std::size_t i = 0; i < loader.scenarios.size(); ++i) {
    if (claims) scenario::prune_rows(loader.scenarios[i], claims);
    const auto shared = std::make_shared<const scenario::Scenario>(std::move(loader.scenarios[i]));
    const auto group = group_of(*shared);
    layers.insert(group);
    tags.insert(shared->tags.begin(), shared->tags.end());
    clause_found = clause_found || cites(*shared, selection.clause);
    for (auto& c : scenario::cases_of(shared)) {
      const auto id = c.id();
      catalogue.all_ids.push_back(id);
      const auto& teller = loader.tellers[i];
      if (is_sanity(*shared)) catalogue.sanity.push_back({c, group, teller.function, teller.limit});
      if (selected(i, *shared, id) && passes(selection, *shared, group, id))
        catalogue.cases.push_back({std::move(c), group, teller.function, teller.limit});
    }
  }
  std::vector<std::string> unknown;
  const auto must_exist = [&](const char* option, const std::string& value, const std::set<std::string>& there) {
    if (value.empty() || there.contains(value)) return;
    std::string names;
    for (const auto& name : there) names += (names.empty() ? "" : ", ") + name;
    unknown.push_back(fmt::format("{} '{}': there is no such one; there are: {}", option, value, names));
  };
  must_exist("--layer", selection.layer, layers);
  must_exist("--tag", selection.tag, tags);
  must_exist("--skip-tag", selection.skip_tag, tags);
  if (!selection.clause.empty() && !clause_found)
    unknown.push_back(
        fmt::format("--clause '{}' is cited by no case; write it as 'PS3.8' or 'PS3.8 9.3.4' ('assay list --clauses')",
                    selection.clause));
  for (const auto& p : prefixes)
    if (!used.contains(p))
      unknown.push_back(
          fmt::format("'{}' is no file, no folder and no id of the catalogue; 'assay list' shows the ids", p));
  if (!unknown.empty()) return std::unexpected(std::move(unknown));
  // The sane conversation of a group comes first, whatever the file names are.
  std::vector<std::tuple<bool, std::string, bool, std::size_t>> order;
  for (std::size_t i = 0; i < catalogue.cases.size(); ++i) {
    const auto& one = catalogue.cases[i];
    const auto& s = *one.scenario_case.scenario;
    order.emplace_back(s.role != "requestor", one.group, !is_sanity(s), i);
  }
  std::ranges::sort(order);
  std::vector<CatalogueCase> sorted;
  sorted.reserve(order.size());
  for (const auto& key : order) sorted.push_back(std::move(catalogue.cases[std::get<3>(key)]));
  catalogue.cases = std::move(sorted);
  return catalogue;
}

std::vector<std::string> check_files(const std::vector<std::string>& files, std::size_t& scenarios) {
  Loader loader;
  for (const auto& f : files) {
    std::error_code code;
    if (fs::is_directory(f, code)) {
      loader.folder(f);
    } else {
      loader.file(f, true);
    }
  }
  loader.ask_scripts();
  if (loader.left_out_count > 0)
    loader.errors.push_back(fmt::format("{} scripts cannot be checked: {}", loader.left_out_count, loader.left_out));
  for (const auto& e : scenario::duplicate_ids(loader.scenarios)) loader.errors.push_back(scenario::to_string(e));
  const auto book = conformance::standard_rules();
  for (std::size_t i = 0; i < loader.scenarios.size(); ++i)
    check_references(loader.scenarios[i], !loader.tellers[i].function.empty(), book->infos(), loader.errors);
  scenarios = loader.scenarios.size();
  return std::move(loader.errors);
}

}  // namespace assay::app
