// Entries of several Traces as one sequence. Internal: conversations are made of what we said, replies of what came
// back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fuzz/device/conversation.hpp"

namespace assay::fuzz::device {

/// One entry of one of the Traces, for all of them in the order of time.
struct Placed {
  const trace::Entry* entry;
  std::uint8_t line;
};

/// Entries of one line stay in their order. Nothing when there are too many lines, or entries of one were dropped.
inline std::optional<std::vector<Placed>> placed(std::span<const trace::Trace* const> traces) {
  if (traces.size() > max_lines) return std::nullopt;
  std::vector<Placed> all;
  for (std::size_t i = 0; i < traces.size(); ++i) {
    if (traces[i]->dropped_entries != 0) return std::nullopt;
    for (const auto& entry : traces[i]->entries) all.push_back({&entry, static_cast<std::uint8_t>(i)});
  }
  std::ranges::sort(all, [](const Placed& a, const Placed& b) {
    return a.entry->at != b.entry->at ? a.entry->at < b.entry->at
           : a.line != b.line         ? a.line < b.line
                                      : a.entry < b.entry;
  });
  return all;
}

}  // namespace assay::fuzz::device
