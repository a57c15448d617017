// Table 9-10 and the actions as Markdown, for documentation and for reading beside the standard.
#include <string>

#include "harness/dul/dul.hpp"
#include "harness/dul/state_table.hpp"

namespace assay::dul {

namespace {

std::string render_cell(const Cell& cell) {
  if (cell.action == Action::none) return {};
  std::string out(name(cell.action));
  out.append(" ").append(name(cell.next));
  if (cell.alternative) out.append(" or ").append(name(*cell.alternative));
  return out;
}

std::string render_effects(std::span<const Effect> effects) {
  if (effects.empty()) return "ignore";
  std::string out;
  for (const auto effect : effects) {
    if (!out.empty()) out.append("; ");
    out.append(effect_name(effect));
  }
  return out;
}

}  // namespace

std::string render_table() {
  std::string out = "PS3.8 Table 9-10: action and next state\n\n| |";
  for (int s = 1; s <= state_count; ++s) out.append(" ").append(name(static_cast<State>(s))).append(" |");
  out.append("\n|---|");
  for (int s = 1; s <= state_count; ++s) out.append("---|");
  out.append("\n");
  for (const auto& row : table::cells) {
    out.append("| ").append(name(row.event)).append(" ").append(text(row.event)).append(" |");
    for (const auto& one : row.cells) out.append(" ").append(render_cell(one)).append(" |");
    out.append("\n");
  }
  out.append("\nPS3.8 Tables 9-6 to 9-9: actions\n\n| action | effects |\n|---|---|\n");
  for (const auto& row : table::actions) {
    out.append("| ").append(row.name).append(" | ").append(render_effects(row.effects.span()));
    if (row.when_refused.count > 0)
      out.append("; or, when not acceptable: ").append(render_effects(row.when_refused.span()));
    out.append(" |\n");
  }
  return out;
}

}  // namespace assay::dul
