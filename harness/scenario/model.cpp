#include "harness/scenario/model.hpp"

#include <algorithm>

#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

std::string filled(std::string_view text, const std::vector<std::pair<std::string, std::string>>& parameters) {
  return substitute(text, [&](std::string_view name) -> std::optional<std::string> {
    for (const auto& [key, value] : parameters)
      if (key == name) return value;
    return std::nullopt;
  });
}

}  // namespace

const Attribute* Element::attribute(std::string_view wanted) const {
  for (const auto& one : attributes)
    if (one.name == wanted) return &one;
  return nullptr;
}

std::string_view Element::value(std::string_view wanted) const {
  const auto* found = attribute(wanted);
  return found == nullptr ? std::string_view{} : std::string_view(found->value);
}

const Element* Element::child(std::string_view wanted) const {
  for (const auto& one : children)
    if (one.name == wanted) return &one;
  return nullptr;
}

void Element::set(std::string_view attribute_name, std::string new_value) {
  for (auto& one : attributes) {
    if (one.name != attribute_name) continue;
    one.value = std::move(new_value);
    return;
  }
  attributes.push_back({std::string(attribute_name), std::move(new_value), at});
}

std::string Case::id() const {
  if (scenario->rows.empty()) return scenario->id;
  return scenario->id + "/" + scenario->rows[row].name;
}

const std::vector<std::pair<std::string, std::string>>& Case::parameters() const {
  static const std::vector<std::pair<std::string, std::string>> none;
  return scenario->rows.empty() ? none : scenario->rows[row].values;
}

std::vector<std::pair<std::string, std::string>> Case::bindings() const {
  auto out = parameters();
  if (!scenario->rows.empty()) out.emplace_back("name", scenario->rows[row].name);
  return out;
}

std::string Case::title() const { return filled(scenario->title, bindings()); }

std::vector<Need> Case::needs() const {
  auto out = scenario->needs;
  for (auto& need : out) need.claim = filled(need.claim, bindings());
  return out;
}

trace::CaseResult Case::blank_result() const {
  trace::CaseResult result;
  result.id = id();
  result.title = title();
  result.role = scenario->role;
  result.tags = scenario->tags;
  result.clauses = scenario->clauses;
  for (auto& clause : result.clauses) clause.duty = filled(clause.duty, bindings());
  result.requirements = scenario->requirements;
  result.parameters = parameters();
  result.file = scenario->file;
  result.line = scenario->line;
  result.advice = filled(scenario->advice, bindings());
  return result;
}

std::vector<Case> cases_of(std::shared_ptr<const Scenario> scenario) {
  std::vector<Case> cases;
  const auto count = std::max<std::size_t>(scenario->rows.size(), 1);
  for (std::size_t row = 0; row < count; ++row) cases.push_back({scenario, row});
  return cases;
}

}  // namespace assay::scenario
