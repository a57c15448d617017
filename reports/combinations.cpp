#include "reports/combinations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace assay::reports {
namespace {

using Row = std::vector<std::size_t>;  // per parameter the number of its value

struct Table {
  std::string scenario;
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> values;  // per parameter
  std::vector<Row> failed;
  std::vector<Row> passed;
};

/// Failing rows that are looked at; a table that fails more often has one cause, which these show.
constexpr std::size_t max_failed = 300;

/// Values of some parameters: parameter, value; ascending.
using Combination = std::vector<std::pair<std::size_t, std::size_t>>;

bool holds(const Row& row, const Combination& combination) {
  return std::ranges::all_of(combination, [&](const auto& one) { return row[one.first] == one.second; });
}

std::size_t count(const std::vector<Row>& rows, const Combination& combination) {
  return static_cast<std::size_t>(std::ranges::count_if(rows, [&](const Row& row) { return holds(row, combination); }));
}

std::size_t number_of(std::vector<std::string>& values, const std::string& value) {
  const auto found = std::ranges::find(values, value);
  if (found != values.end()) return static_cast<std::size_t>(found - values.begin());
  values.push_back(value);
  return values.size() - 1;
}

std::vector<Table> tables_of(const std::vector<trace::CaseResult>& cases) {
  std::map<std::pair<std::string, int>, Table> tables;
  for (const auto& one : cases) {
    using trace::Verdict;
    const bool failed = one.verdict == Verdict::fail;
    if (one.parameters.size() < 2 || (!failed && one.verdict != Verdict::pass && one.verdict != Verdict::warning))
      continue;
    auto& table = tables[{one.file, one.line}];
    if (table.names.empty()) {
      table.scenario = one.id.substr(0, one.id.rfind('/'));
      for (const auto& [name, value] : one.parameters) table.names.push_back(name);
      table.values.resize(table.names.size());
    }
    if (one.parameters.size() != table.names.size()) continue;
    Row row;
    for (std::size_t p = 0; p < table.names.size(); ++p)
      row.push_back(number_of(table.values[p], one.parameters[p].second));
    (failed ? table.failed : table.passed).push_back(std::move(row));
  }
  std::vector<Table> out;
  for (auto& [place, table] : tables)
    if (!table.failed.empty() && !table.passed.empty()) out.push_back(std::move(table));
  return out;
}

class Search {
 public:
  explicit Search(const Table& table) : table_(table) {
    for (std::size_t p = 0; p < table.names.size(); ++p) {
      occurs_.emplace_back(table.values[p].size(), 0);
      for (const auto* rows : {&table.failed, &table.passed})
        for (const auto& row : *rows) ++occurs_[p][row[p]];
    }
  }

  struct Found {
    std::optional<Combination> combination;  // the first of those that cover as much
    bool alone = true;                       // no other of its length covers as much
  };

  /// Of the shortest combinations that no passing row holds the one that most of these rows hold, or all of them.
  [[nodiscard]] Found best(const std::vector<Row>& rows, bool all) const {
    for (std::size_t size = 1; size <= max_combination; ++size) {
      std::set<Combination> candidates;
      for (const auto& row : rows) {
        Combination chosen;
        collect(row, size, 0, chosen, candidates);
      }
      Found found;
      std::size_t most = 0;
      for (const auto& one : candidates) {
        const auto covered = count(rows, one);
        if (covered < most || (all && covered != rows.size()) || count(table_.passed, one) != 0) continue;
        found.alone = covered != most;
        if (found.alone) found.combination = one;
        most = covered;
      }
      if (found.combination && (all || most > 1)) return found;
    }
    return {};
  }

 private:
  void collect(const Row& row, std::size_t size, std::size_t from, Combination& chosen,
               std::set<Combination>& out) const {
    if (chosen.size() == size) {
      out.insert(chosen);
      return;
    }
    for (std::size_t p = from; p < row.size(); ++p) {
      if (table_.values[p].size() < 2 || occurs_[p][row[p]] < 2) continue;
      chosen.emplace_back(p, row[p]);
      collect(row, size, p + 1, chosen, out);
      chosen.pop_back();
    }
  }

  const Table& table_;
  std::vector<std::vector<std::size_t>> occurs_;
};

void explain(const Table& table, std::vector<Explanation>& out) {
  const Search search(table);
  auto open = table.failed;
  if (open.size() > max_failed) open.resize(max_failed);
  const auto add = [&](const Combination& found) {
    Explanation one{
        table.scenario, {}, count(table.failed, found), table.failed.size(), table.failed.size() + table.passed.size()};
    for (const auto& [p, value] : found) one.when.emplace_back(table.names[p], table.values[p][value]);
    out.push_back(std::move(one));
    std::erase_if(open, [&](const Row& row) { return holds(row, found); });
  };
  if (const auto whole = search.best(open, true); whole.combination) {
    if (whole.alone) add(*whole.combination);
    return;
  }
  while (open.size() > 1) {
    const auto part = search.best(open, false);
    if (!part.combination) return;
    add(*part.combination);
  }
}

}  // namespace

std::vector<Explanation> explain_failures(const std::vector<trace::CaseResult>& cases) {
  std::vector<Explanation> out;
  for (const auto& table : tables_of(cases)) explain(table, out);
  return out;
}

std::string to_text(const Explanation& explanation) {
  std::string when;
  for (const auto& [name, value] : explanation.when)
    when += fmt::format("{}{}={}", when.empty() ? "" : " and ", name, value);
  return fmt::format("{} fails whenever {} ({} of {} failures, {} cases judged)", explanation.scenario, when,
                     explanation.explained, explanation.failed, explanation.judged);
}

}  // namespace assay::reports
