#include "conformance/rules/service_tables.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "conformance/rules/exchange.hpp"

namespace assay::conformance {
namespace {

constexpr auto clauses = std::to_array<std::string_view>({
#define ASSAY_SERVICE_TABLE(name, clause) clause,
#define ASSAY_SERVICE_ATTRIBUTE(table, depth, group, element, need)
#include "conformance/rules/service_attributes.inc"
#undef ASSAY_SERVICE_ATTRIBUTE
#undef ASSAY_SERVICE_TABLE
});

struct TableRow {
  ServiceTable table;
  ServiceRow row;
};

constexpr auto in_file = std::to_array<TableRow>({
#define ASSAY_SERVICE_TABLE(name, clause)
#define ASSAY_SERVICE_ATTRIBUTE(table, depth, group, element, need) \
  {ServiceTable::table, {depth, Tag(group, element), Need::need}},
#include "conformance/rules/service_attributes.inc"
#undef ASSAY_SERVICE_ATTRIBUTE
#undef ASSAY_SERVICE_TABLE
});

constexpr auto all_rows = [] {
  std::array<ServiceRow, in_file.size()> rows{};
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = in_file[i].row;
  return rows;
}();

/// A code is its value, long value or URN, and a URN needs no scheme (PS3.3 8.8).
bool is_met_by_another(const dataset::Level& level, Tag tag) {
  if (tag == tags::CodeValue) return has_value(level, tags::LongCodeValue) || has_value(level, tags::URNCodeValue);
  return tag == tags::CodingSchemeDesignator && has_value(level, tags::URNCodeValue);
}

}  // namespace

std::span<const ServiceRow> rows_of(ServiceTable table) {
  const auto is_of = [&](const TableRow& one) { return one.table == table; };
  const auto first = std::ranges::find_if(in_file, is_of);
  const auto last = std::find_if_not(first, in_file.end(), is_of);
  return std::span(all_rows).subspan(static_cast<std::size_t>(first - in_file.begin()),
                                     static_cast<std::size_t>(last - first));
}

std::string_view clause_of(ServiceTable table) { return clauses[static_cast<std::size_t>(table)]; }

const ServiceRow* find_row(std::span<const ServiceRow> rows, Tag tag) {
  for (const auto& row : rows)
    if (row.depth == rows.front().depth && row.tag == tag) return &row;
  return nullptr;
}

std::span<const ServiceRow> rows_inside(std::span<const ServiceRow> rows, Tag sequence) {
  const auto* row = find_row(rows, sequence);
  if (row == nullptr) return {};
  const auto behind = rows.subspan(static_cast<std::size_t>(row - rows.data()) + 1);
  const auto end = std::ranges::find_if(behind, [&](const ServiceRow& one) { return one.depth <= row->depth; });
  return behind.first(static_cast<std::size_t>(end - behind.begin()));
}

bool Needs::tell(const trace::RuleInfo& rule, const dataset::Level& level, const ServiceRow& row,
                 const std::string& where, bool all) const {
  const bool there = level.has(row.tag);
  const bool conditional = row.need == Need::t1C || row.need == Need::t2C;
  const bool judged = query_ != nullptr ? !conditional : there || (all && !conditional);
  const bool wants_value = row.need == Need::t1 || row.need == Need::t1C;
  const bool wanted = wants_value || row.need == Need::t2;
  if (!judged || !wanted || (wants_value ? has_value(level, row.tag) : there) || is_met_by_another(level, row.tag))
    return false;
  reporter_.report(finding(rule, place_of_element(seen_, level, row.tag), where + label(row.tag),
                           there ? "no value" : "absent", wants_value ? "a value" : "the element, if empty"));
  return true;
}

bool Needs::unmet_below(const dataset::Level& level, std::span<const ServiceRow> rows, const std::string& where,
                        const trace::RuleInfo& rule, const dataset::Level* query, bool all) const {
  for (const auto& row : rows) {
    if (row.depth != rows.front().depth || (query != nullptr && !query->has(row.tag))) continue;
    if (tell(rule, level, row, where, all)) return true;
    const auto inner = rows_inside(rows, row.tag);
    if (inner.empty() || row.tag == left_out_ || row.need == Need::not_allowed) continue;
    // A query that names the sequence alone asks for all that its items have.
    std::optional<dataset::Level> of_query;
    if (query != nullptr && !query->items(row.tag).empty()) of_query = query->items(row.tag).front();
    for (const auto& item : level.items(row.tag))
      if (unmet_below(item, inner, where + label(row.tag) + " > ", *inside_, of_query ? &*of_query : nullptr, true))
        return true;
  }
  return false;
}

bool Needs::unmet(const dataset::Level& level, std::span<const ServiceRow> rows, const std::string& where) const {
  return unmet_below(level, rows, where, *rule_, query_, all_);
}

}  // namespace assay::conformance
