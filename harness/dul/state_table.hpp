// The data of the state machine as compile-time tables: PS3.8 Table 9-10 from state_table.inc, Tables 9-6 to 9-9 from
// actions.inc. For the files of this room; everyone else reads dul.hpp.
// Tests: tests/unit/dul/state_table_test.cpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "harness/dul/dul.hpp"

namespace assay::dul::table {

struct EffectList {
  std::array<Effect, 3> effects{};  // no action of the standard asks for more than three things
  std::size_t count = 0;

  constexpr EffectList() = default;
  constexpr EffectList(std::initializer_list<Effect> list) {
    for (const auto effect : list) effects.at(count++) = effect;
  }
  [[nodiscard]] constexpr std::span<const Effect> span() const { return {effects.data(), count}; }
};

struct ActionRow {
  Action action = Action::none;
  std::string_view name;
  EffectList effects;
  EffectList when_refused{};  // AE-6 only
};

struct EventRow {
  Event event = Event::evt1;
  Cell cells[state_count];
};

inline constexpr int action_count = 28;

namespace spelling {

/// `ae_6(3, 13)` in state_table.inc is a cell: the action, the next state, the alternative next state.
struct Does {
  Action action;
  constexpr Cell operator()(int next) const { return {action, static_cast<State>(next), {}}; }
  constexpr Cell operator()(int next, int alternative) const {
    return {action, static_cast<State>(next), static_cast<State>(alternative)};
  }
};

inline constexpr Does ae_1{Action::ae_1}, ae_2{Action::ae_2}, ae_3{Action::ae_3}, ae_4{Action::ae_4},
    ae_5{Action::ae_5}, ae_6{Action::ae_6}, ae_7{Action::ae_7}, ae_8{Action::ae_8}, dt_1{Action::dt_1},
    dt_2{Action::dt_2}, ar_1{Action::ar_1}, ar_2{Action::ar_2}, ar_3{Action::ar_3}, ar_4{Action::ar_4},
    ar_5{Action::ar_5}, ar_6{Action::ar_6}, ar_7{Action::ar_7}, ar_8{Action::ar_8}, ar_9{Action::ar_9},
    ar_10{Action::ar_10}, aa_1{Action::aa_1}, aa_2{Action::aa_2}, aa_3{Action::aa_3}, aa_4{Action::aa_4},
    aa_5{Action::aa_5}, aa_6{Action::aa_6}, aa_7{Action::aa_7}, aa_8{Action::aa_8};

}  // namespace spelling

constexpr std::array<EventRow, event_count> make_cells() {
  using namespace spelling;
  using enum Event;
  return {{
#include "harness/dul/state_table.inc"
  }};
}

constexpr std::array<ActionRow, action_count> make_actions() {
  using enum Action;
  using enum Effect;
  return {{
#include "harness/dul/actions.inc"
  }};
}

inline constexpr std::array<EventRow, event_count> cells = make_cells();
inline constexpr std::array<ActionRow, action_count> actions = make_actions();

constexpr bool rows_in_order() {
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (static_cast<std::size_t>(cells[i].event) != i + 1) return false;
  for (std::size_t i = 0; i < actions.size(); ++i)
    if (static_cast<std::size_t>(actions[i].action) != i + 1) return false;
  return true;
}

constexpr int defined_cells() {
  int count = 0;
  for (const auto& row : cells)
    for (const auto& one : row.cells) count += one.action != Action::none ? 1 : 0;
  return count;
}

static_assert(rows_in_order());
static_assert(defined_cells() == 123);
static_assert(state_count * event_count - defined_cells() == 124);

inline constexpr Cell blank{};

constexpr const Cell& at(State state, Event event) {
  const auto column = static_cast<std::size_t>(state) - 1;
  const auto row = static_cast<std::size_t>(event) - 1;
  return row < cells.size() && column < state_count ? cells[row].cells[column] : blank;
}

constexpr std::span<const Effect> effects_of(Action action, bool refused) {
  if (action == Action::none) return {};
  const auto& row = actions[static_cast<std::size_t>(action) - 1];
  return refused && row.when_refused.count > 0 ? row.when_refused.span() : row.effects.span();
}

}  // namespace assay::dul::table
