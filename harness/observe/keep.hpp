// The memory bound of a Trace: decides what of an entry is kept. Bulk bytes go first (their digest and count stay),
// then whole entries. Internal to the room. Tests: tests/unit/observe/memory_test.cpp
#pragma once

#include <algorithm>
#include <cstddef>

#include "harness/base/loan.hpp"
#include "harness/trace/trace.hpp"

namespace assay::observe {

/// Beside the bulk budget: RQ and AC of the largest kind, decoded, and the Command Sets of a long conversation.
inline constexpr std::size_t association_budget = 32U << 20;
/// PDVs of one P-DATA-TF that are kept with their ids once the budget is spent.
inline constexpr std::size_t values_always_kept = 4;
/// PDVs of one P-DATA-TF that are ever kept; a PDU of empty PDVs would else cost many times its own size.
inline constexpr std::size_t max_values_kept = 1024;

class Keeper {
 public:
  Keeper(std::size_t keep_bytes, std::size_t keep_entries, Budget common)
      : bulk_left_(keep_bytes), loan_(std::move(common)), entries_left_(keep_entries), keep_entries_(keep_entries) {}

  /// Trims the entry to what may be kept and files it, or counts it as dropped.
  void file(trace::Entry entry, trace::Trace& trace);

  /// Bulk bytes that would still be kept, so that no more than that is copied in the first place.
  [[nodiscard]] std::size_t bulk_left() const { return entries_left_ == 0 ? 0 : std::min(bulk_left_, loan_.left()); }

 private:
  void trim(trace::PduSeen& seen);
  void trim(trace::MessageSeen& seen);
  /// Takes up to `wanted` from the bulk budget.
  std::size_t take_bulk(std::size_t wanted);
  bool take_structure(std::size_t wanted);

  std::size_t bulk_left_;
  Loan loan_;
  std::size_t structure_left_ = association_budget;
  std::size_t entries_left_;
  std::size_t keep_entries_;
};

}  // namespace assay::observe
