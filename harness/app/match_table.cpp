#include "harness/app/match_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/dataset/dump_people.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::app {

namespace {

using dataset::DataSet;
using dataset::Level;
using dataset::Node;
using dataset::NodeKind;

constexpr std::size_t narrowest = 8;  // a column that was shortened
constexpr std::string_view ellipsis = "…";

/// Columns that a text takes on a terminal; East Asian characters take two.
std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) == 0x80U) continue;
    // U+1100 and up to U+2E7F are mixed; from U+2E80 on to U+FFEF most are wide, and so is what has four bytes.
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    const bool wide = byte >= 0xf0 || (byte >= 0xe3 && byte < 0xee) || (byte == 0xe2 && next >= 0xba);
    width += wide ? 2 : 1;
  }
  return width;
}

std::string cut_to(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text) + std::string(width - width_of(text), ' ');
  std::size_t end = text.size();
  while (end > 0 && width_of(text.substr(0, end)) + 1 > width) {
    --end;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  }
  std::string out = std::string(text.substr(0, end)) + std::string(ellipsis);
  return out + std::string(width - width_of(out), ' ');
}

using Column = std::vector<Tag>;

void add_columns(const Level& level, const Column& above, std::vector<Column>& columns) {
  for (const Node* node : level.elements()) {
    if (node->tag == tags::QueryRetrieveLevel || node->tag == tags::SpecificCharacterSet) continue;
    Column column = above;
    column.push_back(node->tag);
    const auto items = level.items(node->tag);
    if (items.empty())
      columns.push_back(std::move(column));
    else
      add_columns(items.front(), column, columns);
  }
}

std::string value_of(const Node& node, const DataSet& match) {
  if (node.kind == NodeKind::sequence) return node.length == 0 ? "" : "(sequence)";
  if (node.kind != NodeKind::element) return "(fragments)";
  const auto character_set = match.text(tags::SpecificCharacterSet);
  auto text = as_text(node.value);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  if (node.vr == Vr::UI) {
    if (const auto* known = dict::find_uid(text)) return std::string(known->keyword);
    return dataset::safe_text(text);
  }
  if (is_text(node.vr)) return dataset::displayed(text, node.vr, character_set);
  return dataset::value_for_people(node, match.encoding().endian, character_set, 64);
}

void add_values(const DataSet& match, const Level& level, const Column& column, std::size_t step, std::string& out) {
  if (step + 1 == column.size()) {
    const Node* node = level.find(column[step]);
    if (node == nullptr) return;
    const auto value = value_of(*node, match);
    if (!value.empty()) out += (out.empty() ? "" : " | ") + value;
    return;
  }
  for (const auto& item : level.items(column[step])) add_values(match, item, column, step + 1, out);
}

std::string name_of(const Column& column) {
  const auto keyword = dict::keyword(column.back());
  return keyword.empty() ? to_string(column.back()) : std::string(keyword);
}

}  // namespace

std::optional<std::string> table_text(const std::vector<std::string>& names,
                                      const std::vector<std::vector<std::string>>& rows, std::optional<int> width) {
  std::vector<std::size_t> widths;
  std::vector<bool> whole(names.size());  // half a UID is of no use
  for (std::size_t c = 0; c < names.size(); ++c) {
    widths.push_back(width_of(names[c]));
    for (const auto& row : rows) {
      widths[c] = std::max(widths[c], width_of(row[c]));
      whole[c] = whole[c] || (row[c].contains('.') && dataset::is_uid(row[c]));
    }
  }
  const auto total = [&] {
    std::size_t sum = widths.size() * 2;
    for (const auto w : widths) sum += w;
    return sum;
  };
  if (width) {
    const auto room = static_cast<std::size_t>(*width);
    while (total() > room) {
      std::size_t widest = widths.size();
      for (std::size_t c = 0; c < widths.size(); ++c)
        if (!whole[c] && (widest == widths.size() || widths[c] > widths[widest])) widest = c;
      if (widest == widths.size() || widths[widest] <= narrowest) return std::nullopt;
      --widths[widest];
    }
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t c = 0; c < cells.size(); ++c) text += "  " + cut_to(cells[c], widths[c]);
    while (!text.empty() && text.back() == ' ') text.pop_back();
    out += text + "\n";
  };
  line(names);
  std::vector<std::string> rule;
  for (const auto w : widths) rule.emplace_back(w, '-');
  line(rule);
  for (const auto& row : rows) line(row);
  return out;
}

std::string match_table(const DataSet& identifier, const std::vector<DataSet>& matches, std::optional<int> width) {
  if (matches.empty()) return {};
  std::vector<Column> columns;
  add_columns(identifier.root(), {}, columns);
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> rows(matches.size());
  std::string never;
  for (const auto& column : columns) {
    std::vector<std::string> values;
    values.reserve(matches.size());
    for (const auto& match : matches) add_values(match, match.root(), column, 0, values.emplace_back());
    if (std::ranges::all_of(values, [](const std::string& value) { return value.empty(); })) {
      never += (never.empty() ? "" : ", ") + name_of(column);
      continue;
    }
    names.push_back(name_of(column));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].push_back(std::move(values[i]));
  }
  auto out = table_text(names, rows, width).value_or("");
  if (out.empty()) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      out += fmt::format("  match {}\n", i + 1);
      for (std::size_t c = 0; c < names.size(); ++c)
        if (!rows[i][c].empty()) out += fmt::format("    {}: {}\n", names[c], rows[i][c]);
    }
  }
  if (!never.empty()) out += "  no match has a value for: " + never + "\n";
  return out;
}

}  // namespace assay::app
