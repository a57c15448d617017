#include "harness/scenario/parameters.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

struct Choice {
  std::string label;
  std::string value;
  std::string needs;
};

struct Parameter {
  std::string name;
  std::vector<Choice> choices;
  std::vector<Choice> pruned;
};

/// What of a value may stand in a case id.
std::string label_of(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
    out += plain ? c : '-';
  }
  return out.empty() ? "empty" : out;
}

std::vector<ParameterRow> written_rows(const Element& parameters, std::vector<LoadError>& errors) {
  std::vector<ParameterRow> rows;
  std::set<std::string> names;
  const Element* first = nullptr;
  for (const auto& element : parameters.children) {
    if (element.name != "row") {
      errors.push_back(error_at(element.at, "<" + element.name + "> needs combine=\"pairwise\" or \"full\""));
      continue;
    }
    ParameterRow row;
    row.name = element.value("name");
    if (!names.insert(row.name).second)
      errors.push_back(error_at(element.at, "a row named " + row.name + " stands above already"));
    for (const auto& attribute : element.attributes) {
      if (attribute.name == "name") continue;
      row.values.emplace_back(attribute.name, attribute.value);
      if (first != nullptr && !first->has(attribute.name))
        errors.push_back(error_at(attribute.at, "the first row has no " + attribute.name + ": all rows name the same"));
    }
    if (first != nullptr)
      for (const auto& attribute : first->attributes)
        if (!element.has(attribute.name))
          errors.push_back(error_at(element.at, "this row has no " + attribute.name + " as the first row has"));
    if (first == nullptr) first = &element;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Parameter> lists_of(const Element& parameters, std::vector<LoadError>& errors, const Claims& claims) {
  std::vector<Parameter> lists;
  for (const auto& element : parameters.children) {
    if (element.name != "parameter") {
      errors.push_back(error_at(element.at, "<" + element.name + "> needs combine=\"rows\""));
      continue;
    }
    Parameter parameter{std::string(element.value("name")), {}, {}};
    for (const auto word : words_of(element.value("values")))
      parameter.choices.push_back({label_of(word), std::string(word), {}});
    for (const auto& value : element.children) {
      Choice choice{value.has("name") ? std::string(value.value("name")) : label_of(value.text), value.text,
                    std::string(value.value("needs"))};
      const bool denied = !choice.needs.empty() && claims && claims(choice.needs) == false;
      (denied ? parameter.pruned : parameter.choices).push_back(std::move(choice));
    }
    if (parameter.choices.empty() && parameter.pruned.empty())
      errors.push_back(error_at(element.at, "the parameter has no values"));
    if (std::ranges::any_of(lists, [&](const Parameter& other) { return other.name == parameter.name; }))
      errors.push_back(error_at(element.at, "a parameter named " + parameter.name + " stands above already"));
    lists.push_back(std::move(parameter));
  }
  return lists;
}

using Combination = std::vector<std::size_t>;  // an index into each parameter's choices

std::vector<Combination> full(const std::vector<Parameter>& lists) {
  std::vector<Combination> out{Combination(lists.size(), 0)};
  for (;;) {
    Combination next = out.back();
    std::size_t at = lists.size();
    while (at > 0 && ++next[at - 1] == lists[at - 1].choices.size()) next[--at] = 0;
    if (at == 0) return out;
    out.push_back(std::move(next));
  }
}

/// Greedy: every row takes, parameter by parameter, the value that covers most pairs nobody covered yet.
std::vector<Combination> pairwise(const std::vector<Parameter>& lists) {
  if (lists.size() < 3) return full(lists);
  using Pair = std::array<std::size_t, 4>;  // parameter a, choice, parameter b, choice; a < b
  std::set<Pair> open;
  for (std::size_t a = 0; a < lists.size(); ++a)
    for (std::size_t b = a + 1; b < lists.size(); ++b)
      for (std::size_t i = 0; i < lists[a].choices.size(); ++i)
        for (std::size_t j = 0; j < lists[b].choices.size(); ++j) open.insert({a, i, b, j});
  std::vector<Combination> out;
  while (!open.empty()) {
    const auto seed = *open.begin();
    constexpr auto unset = static_cast<std::size_t>(-1);
    Combination row(lists.size(), unset);
    row[seed[0]] = seed[1];
    row[seed[2]] = seed[3];
    for (std::size_t p = 0; p < lists.size(); ++p) {
      if (row[p] != unset) continue;
      std::size_t best = 0;
      std::size_t best_gain = 0;
      for (std::size_t choice = 0; choice < lists[p].choices.size(); ++choice) {
        std::size_t gain = 0;
        for (std::size_t q = 0; q < lists.size(); ++q) {
          if (q == p || row[q] == unset) continue;
          const Pair pair = p < q ? Pair{p, choice, q, row[q]} : Pair{q, row[q], p, choice};
          gain += open.count(pair);
        }
        if (gain > best_gain) {
          best = choice;
          best_gain = gain;
        }
      }
      row[p] = best;
    }
    for (std::size_t a = 0; a < lists.size(); ++a)
      for (std::size_t b = a + 1; b < lists.size(); ++b) open.erase({a, row[a], b, row[b]});
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

std::vector<ParameterRow> rows_of(const Element& parameters, std::vector<LoadError>& errors, const Claims& claims) {
  const auto before = errors.size();
  const auto combine = parameters.has("combine") ? parameters.value("combine") : std::string_view("rows");
  std::vector<ParameterRow> rows;
  if (combine == "rows") {
    rows = written_rows(parameters, errors);
  } else {
    const auto lists = lists_of(parameters, errors, claims);
    std::size_t count = 1;
    std::size_t most = 1;  // pairwise needs at least the product of the two longest lists
    for (const auto& list : lists) {
      count = std::min(count * list.choices.size(), max_rows + 1);
      most = std::max(most, list.choices.size());
    }
    if (errors.size() == before && ((combine == "full" && count > max_rows) || most * most > max_rows)) {
      errors.push_back(error_at(parameters.at, "these are more than " + std::to_string(max_rows) + " cases"));
    }
    if (errors.size() != before || lists.empty()) return rows;
    std::set<std::string> names;
    const auto add = [&](const std::vector<const Choice*>& chosen, const std::string& needs) {
      ParameterRow row;
      row.needs = needs;
      for (std::size_t p = 0; p < lists.size(); ++p) {
        row.name.append(row.name.empty() ? "" : "_").append(chosen[p]->label);
        row.values.emplace_back(lists[p].name, chosen[p]->value);
      }
      while (!names.insert(row.name).second) row.name += "-again";
      rows.push_back(std::move(row));
    };
    const bool all_have_values = std::ranges::none_of(lists, [](const auto& list) { return list.choices.empty(); });
    std::vector<const Choice*> chosen(lists.size());
    if (all_have_values) {
      for (const auto& combination : combine == "full" ? full(lists) : pairwise(lists)) {
        for (std::size_t p = 0; p < lists.size(); ++p) chosen[p] = &lists[p].choices[combination[p]];
        add(chosen, {});
      }
    }
    for (std::size_t p = 0; p < lists.size(); ++p) {
      for (const auto& pruned : lists[p].pruned) {
        for (std::size_t q = 0; q < lists.size(); ++q)
          chosen[q] = lists[q].choices.empty() ? &lists[q].pruned.front() : &lists[q].choices.front();
        chosen[p] = &pruned;
        add(chosen, pruned.needs);
      }
    }
  }
  if (rows.empty() && errors.size() == before)
    errors.push_back(error_at(parameters.at, "<parameters> holds no row and no parameter"));
  if (rows.size() > max_rows)
    errors.push_back(error_at(parameters.at, "these are more than " + std::to_string(max_rows) + " cases"));
  return rows;
}

void prune_rows(Scenario& scenario, const Claims& claims) {
  for (const auto& element : scenario.head) {
    if (element.name != "parameters" || !element.has("combine") || element.is("combine", "rows")) continue;
    std::vector<LoadError> errors;  // none: it was loaded before
    scenario.rows = rows_of(element, errors, claims);
  }
}

}  // namespace assay::scenario
