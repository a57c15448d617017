#include "harness/scenario/loader.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "harness/scenario/checks.hpp"
#include "harness/scenario/fault_file.hpp"
#include "harness/scenario/parameters.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

constexpr std::size_t max_include_depth = 8;
constexpr std::size_t max_included_steps = 100'000;

class Loader {
 public:
  Loader(IncludeResolver include, std::vector<LoadError>& errors) : include_(std::move(include)), errors_(errors) {}

  Scenario scenario(const Element& root, std::string_view file) {
    Scenario out;
    out.file = file;
    out.line = root.at.line;
    out.id = root.value("id");
    out.role = root.value("role");
    out.operate = root.value("operate");
    out.stray_ignored = root.is("stray", "ignore");
    for (const auto word : words_of(root.value("tags"))) out.tags.emplace_back(word);
    for (const auto word : words_of(root.value("aliases"))) out.aliases.emplace_back(word);
    const auto* type = language().find("scenario");
    for (const auto& child : root.children) {
      const auto index = static_cast<std::size_t>(type->child(child.name) - type->children.data());
      if (index >= type->head) {
        add_step(child, out.steps, 0);
        continue;
      }
      head(child, out);
      out.head.push_back(child);
    }
    return out;
  }

 private:
  void head(const Element& e, Scenario& out) {
    const auto text = std::string(trimmed(e.text));
    if (e.name == "title") out.title = text;
    if (e.name == "clause") {
      out.clauses.push_back({std::string(e.value("part")), std::string(e.value("section")),
                             trace::level_from(e.value("level")).value_or(trace::Level::shall), text});
    }
    if (e.name == "requirement") out.requirements.emplace_back(e.value("id"));
    if (e.name == "advice") out.advice = text;
    if (e.name == "needs") out.needs.push_back({std::string(e.value("claim")), !e.is("is", "no")});
    if (e.name == "observe") out.observes.emplace_back(e.value("name"));
    if (e.name == "ignore-finding")
      out.ignored_findings.push_back({std::string(e.value("rule")), std::string(e.value("reason"))});
    if (e.name == "judge-finding") out.judged_findings.emplace_back(e.value("rule"));
    if (e.name == "parameters") out.rows = rows_of(e, errors_);
  }

  void add_step(const Element& step, std::vector<Element>& steps, std::size_t depth) {
    if (step.name != "include") {
      steps.push_back(step);
      if (step.has("faults")) add_faults_of(steps.back());
      auto children = std::move(steps.back().children);
      steps.back().children.clear();
      std::vector<Element> resolved;
      for (const auto& child : children) {
        if (child.type == "include") {
          add_step(child, resolved, depth);
        } else if (child.type == "repeat" || child.type == "serve" || child.type == "on" || child.type == "measure") {
          add_step(child, resolved, depth);
        } else {
          resolved.push_back(child);
        }
      }
      steps.back().children = std::move(resolved);
      return;
    }
    const auto* href = step.attribute("href");
    const auto& place = href != nullptr ? href->at : step.at;
    const auto name = std::string(step.value("href"));
    if (depth >= max_include_depth) {
      errors_.push_back(error_at(place, "includes are nested deeper than " + std::to_string(max_include_depth)));
      return;
    }
    const auto text = include_ ? include_(name, place.file ? *place.file : std::string{}) : std::nullopt;
    if (!text) {
      errors_.push_back(error_at(place, "the file " + name + " cannot be read"));
      return;
    }
    const auto root = read_checked(text->text, text->file, language(), errors_);
    if (!root) return;
    if (root->name != "steps") {
      errors_.push_back(error_at(root->at, "an included file has the root <steps>, not <" + root->name + ">"));
      return;
    }
    for (const auto& child : root->children) {
      // Files that include each other twice over would grow without end before the depth stops them.
      if (++included_ > max_included_steps) {
        errors_.push_back(error_at(place, "more than " + std::to_string(max_included_steps) + " included steps"));
        return;
      }
      add_step(child, steps, depth + 1);
    }
  }

  /// The file of faults that <connect> or <listen> names, put in as if it stood there.
  void add_faults_of(Element& step) {
    const auto place = step.attribute("faults")->at;
    const auto name = std::string(step.value("faults"));
    if (step.child("faults") != nullptr) {
      errors_.push_back(error_at(place, "faults stand in a file or in <" + step.name + ">, not in both"));
      return;
    }
    const auto text = include_ ? include_(name, place.file ? *place.file : std::string{}) : std::nullopt;
    if (!text) {
      errors_.push_back(error_at(place, "the file " + name + " cannot be read"));
      return;
    }
    const auto before = errors_.size();
    auto root = read_checked(text->text, text->file, fault_language(), errors_);
    if (!root || errors_.size() > before) return;
    std::erase_if(step.attributes, [](const Attribute& one) { return one.name == "faults"; });
    step.children.push_back(std::move(*root));
  }

  IncludeResolver include_;
  std::vector<LoadError>& errors_;
  std::size_t included_ = 0;
};

}  // namespace

std::expected<std::vector<Scenario>, std::vector<LoadError>> load(std::string_view xml, std::string_view file_name,
                                                                  const IncludeResolver& include) {
  std::vector<LoadError> errors;
  std::vector<Scenario> scenarios;
  const auto root = read_checked(xml, file_name, language(), errors);
  if (root && root->name == "steps")
    errors.push_back(error_at(root->at, "a file with the root <steps> is for <include>; it is no scenario itself"));
  if (root && errors.empty()) {
    Loader loader(include, errors);
    if (root->name == "scenario") {
      scenarios.push_back(loader.scenario(*root, file_name));
    } else {
      for (const auto& child : root->children) scenarios.push_back(loader.scenario(child, file_name));
    }
    for (const auto& scenario : scenarios) {
      if (errors.size() >= max_load_errors) break;
      const auto before = errors.size();
      check_variables(scenario, errors);
      check_connections(scenario, errors);
      check_steps(scenario, errors);
      // A message that holds a mistake found above cannot be built either: that would be said twice.
      if (errors.size() == before) check_messages(scenario, errors);
    }
    const auto twice = duplicate_ids(scenarios);
    errors.insert(errors.end(), twice.begin(), twice.end());
  }
  if (errors.empty()) return scenarios;
  std::sort(errors.begin(), errors.end(), [](const LoadError& a, const LoadError& b) {
    return std::tie(a.file, a.line, a.column, a.message) < std::tie(b.file, b.line, b.column, b.message);
  });
  errors.erase(std::unique(errors.begin(), errors.end()), errors.end());
  if (errors.size() > max_load_errors) errors.resize(max_load_errors);
  return std::unexpected(std::move(errors));
}

std::expected<Scenario, std::vector<LoadError>> load_head(std::string_view xml, std::string_view file, int line) {
  std::vector<LoadError> errors;
  const auto root = read_checked(xml, file, language(), errors);
  if (root && root->name != "scenario") errors.push_back(error_at(root->at, "this is no <scenario>"));
  Scenario scenario;
  if (root && errors.empty()) {
    Loader loader({}, errors);
    scenario = loader.scenario(*root, file);
    if (!scenario.steps.empty()) errors.push_back(error_at(root->at, "a script tells its steps when it runs"));
    for (const auto& one : cases_of(std::make_shared<const Scenario>(scenario)))
      if (has_variable(one.title()))
        errors.push_back(error_at(root->at, "'" + one.title() + "' names a parameter that does not exist"));
  }
  scenario.line = line;
  for (auto& error : errors) {
    error.line = line;
    error.column = 1;
  }
  errors.erase(std::unique(errors.begin(), errors.end()), errors.end());
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return scenario;
}

std::expected<Element, std::string> load_step(std::string_view xml) {
  std::vector<LoadError> errors;
  auto root = read_checked("<steps>" + std::string(xml) + "</steps>", "step", language(), errors);
  if (!errors.empty()) return std::unexpected(errors.front().message);
  if (!root || root->children.size() != 1) return std::unexpected("this is not one step");
  auto& step = root->children.front();
  if (step.name == "include") return std::unexpected("a script includes no steps");
  return std::move(step);
}

std::vector<LoadError> duplicate_ids(const std::vector<Scenario>& scenarios) {
  std::vector<LoadError> errors;
  std::map<std::string, const Scenario*> seen;
  const auto add = [&](const std::string& id, const Scenario& scenario, std::string_view what) {
    const auto [at, fresh] = seen.emplace(id, &scenario);
    if (fresh) return;
    errors.push_back({scenario.file, scenario.line, 1,
                      "the " + std::string(what) + " " + id + " stands already in " + at->second->file + ":" +
                          std::to_string(at->second->line)});
  };
  for (const auto& scenario : scenarios) {
    add(scenario.id, scenario, "id");
    for (const auto& alias : scenario.aliases) add(alias, scenario, "alias");
  }
  return errors;
}

std::string scenario_xsd() { return to_xsd(language()); }

}  // namespace assay::scenario
