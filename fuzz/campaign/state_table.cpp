#include "fuzz/campaign/state_table.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "fuzz/campaign/summary.hpp"

namespace assay::fuzz {

namespace {

std::string_view take_word(std::string_view& line) {
  const auto end = line.find(' ');
  const auto word = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return word;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool defined_cell(int state, int event) {
  return dul::cell(static_cast<dul::State>(state + 1), static_cast<dul::Event>(event + 1)).action != dul::Action::none;
}

template <typename F>
std::size_t count_cells(F&& holds) {
  std::size_t count = 0;
  for (int state = 0; state < dul::state_count; ++state)
    for (int event = 0; event < dul::event_count; ++event) count += holds(state, event) ? 1 : 0;
  return count;
}

}  // namespace

void StateTable::add(std::string_view lines) {
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    auto line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    if (take_word(line) != "cell") continue;
    const auto state = take_word(line);
    const auto event = take_word(line);
    const auto count = number(line);
    if (!state.starts_with("Sta") || !event.starts_with("Evt") || !count) continue;
    const auto s = number(state.substr(3));
    const auto e = number(event.substr(3));
    if (!s || !e || *s < 1 || *s > dul::state_count || *e < 1 || *e > dul::event_count) continue;
    auto& cell = counts[*s - 1][*e - 1];
    cell = *count > std::numeric_limits<std::uint64_t>::max() - cell ? std::numeric_limits<std::uint64_t>::max()
                                                                     : cell + *count;
  }
}

std::size_t StateTable::defined() const { return count_cells(defined_cell); }

std::size_t StateTable::reached() const {
  return count_cells([&](int s, int e) { return defined_cell(s, e) && counts[s][e] != 0; });
}

std::size_t StateTable::blank_reached() const {
  return count_cells([&](int s, int e) { return !defined_cell(s, e) && counts[s][e] != 0; });
}

std::string to_text(const StateTable& table) {
  std::string out = fmt::format("{:<6}", "");
  for (int state = 0; state < dul::state_count; ++state) out += fmt::format("{:>7}", fmt::format("Sta{}", state + 1));
  out += "\n";
  for (int event = 0; event < dul::event_count; ++event) {
    auto line = fmt::format("{:<6}", fmt::format("Evt{}", event + 1));
    for (int state = 0; state < dul::state_count; ++state) {
      const auto count = table.counts[state][event];
      line += fmt::format("{:>7}", count != 0                   ? short_count(static_cast<double>(count))
                                   : defined_cell(state, event) ? "-"
                                                                : "");
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out + fmt::format("{} of {} cells of Table 9-10 reached ({:.0f} %){}\n", table.reached(), table.defined(),
                           100.0 * static_cast<double>(table.reached()) / static_cast<double>(table.defined()),
                           table.blank_reached() == 0 ? "" : fmt::format(", and {} blank ones", table.blank_reached()));
}

}  // namespace assay::fuzz
