// What a scenario file holds once it is loaded and checked. The steps stay a tree of elements, because values may hold
// ${variables} until the case runs: grammar.hpp says what every element may be, the loader has checked it against that,
// and the interpreter reads it with the same value readers (values.hpp).
// DESIGN.md section 4; scenarios/README.md is the reference for authors. Tests: tests/unit/scenario/
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/trace/verdict.hpp"

namespace assay::scenario {

/// A place in a scenario file, counted from 1.
struct Location {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;
};

struct Attribute {
  std::string name;
  std::string value;
  Location at;  // of its value
};

/// One element of a scenario, attributes and children in document order.
struct Element {
  std::string name;
  std::string type;  // of grammar.hpp: the same name means different things in different places
  std::vector<Attribute> attributes;
  std::vector<Element> children;
  std::string text;
  Location at;
  Location text_at;

  [[nodiscard]] const Attribute* attribute(std::string_view wanted) const;
  /// The value, empty when the attribute is not there.
  [[nodiscard]] std::string_view value(std::string_view wanted) const;
  [[nodiscard]] bool has(std::string_view wanted) const { return attribute(wanted) != nullptr; }
  [[nodiscard]] bool is(std::string_view attribute_name, std::string_view wanted) const {
    return value(attribute_name) == wanted;
  }
  [[nodiscard]] const Element* child(std::string_view wanted) const;
  /// Sets or adds an attribute.
  void set(std::string_view attribute_name, std::string value);
};

struct Need {
  std::string claim;
  bool claimed = true;  // false: the case is for devices that do not claim it
};

struct IgnoredFinding {
  std::string rule;  // may end in '*'
  std::string reason;
};

/// One line of the parameter table, or one combination.
struct ParameterRow {
  std::string name;
  std::vector<std::pair<std::string, std::string>> values;
  std::string needs;  // a claim of the one value that stands for a pruned one; the case is skipped without it
};

struct Scenario {
  std::string id;
  std::string role;     // Assay's: "requestor" or "acceptor"
  std::string operate;  // what the DUT is made to do before an implicit accept
  bool stray_ignored = false;
  std::vector<std::string> tags;
  std::vector<std::string> aliases;
  std::string title;
  std::vector<trace::Clause> clauses;
  std::vector<std::string> requirements;
  std::string advice;
  std::vector<Need> needs;
  std::vector<std::string> observes;
  std::vector<IgnoredFinding> ignored_findings;
  std::vector<std::string> judged_findings;  // rule globs: their findings fail the case whatever their severity
  std::vector<ParameterRow> rows;            // empty: one case without parameters
  std::vector<Element> head;                 // title to parameters, as written
  std::vector<Element> steps;                // includes resolved
  std::string file;
  int line = 0;
};

/// A scenario with its parameters bound: what is run and judged.
struct Case {
  std::shared_ptr<const Scenario> scenario;
  std::size_t row = 0;  // meaningless without rows

  /// "ps3.8/9.3.2/protocol-version", with "/zero" for the parameter row of that name.
  [[nodiscard]] std::string id() const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& parameters() const;
  /// The parameters, and the row's own name as "name".
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> bindings() const;
  /// The title with parameters filled in.
  [[nodiscard]] std::string title() const;
  /// What it needs, with parameters filled in.
  [[nodiscard]] std::vector<Need> needs() const;
  /// Everything of the result that is known before the case runs.
  [[nodiscard]] trace::CaseResult blank_result() const;
};

/// One case per row, or the only one.
std::vector<Case> cases_of(std::shared_ptr<const Scenario> scenario);

}  // namespace assay::scenario
