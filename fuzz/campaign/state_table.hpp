// How much of PS3.8 Table 9-10 inputs reached: the lines that targets write to ASSAY_STATE_TABLE, and the table of 13
// states and 19 events for people. Tests: tests/unit/campaign/summary_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/dul/dul.hpp"

namespace assay::fuzz {

struct StateTable {
  std::array<std::array<std::uint64_t, dul::event_count>, dul::state_count> counts{};  // by state, then event, from 0

  /// Adds the lines "cell Sta6 Evt10 COUNT" of a text; others, and what names no cell, change nothing.
  void add(std::string_view lines);
  /// Cells of the standard's table, and how many of them were reached.
  [[nodiscard]] std::size_t defined() const;
  [[nodiscard]] std::size_t reached() const;
  /// Reached cells that are blank in the standard's table: a peer broke the rules, or we did.
  [[nodiscard]] std::size_t blank_reached() const;

  friend bool operator==(const StateTable&, const StateTable&) = default;
};

/// A line for each event: counts where a cell was reached, "-" where the table has one that was not, nothing where it
/// is blank.
std::string to_text(const StateTable& table);

}  // namespace assay::fuzz
