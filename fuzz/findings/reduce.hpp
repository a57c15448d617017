// Makes what shows a finding smaller while it still shows it: steps of a conversation, or the bytes of an input, its
// structure first (PDUs, items, elements, fragments, with lengths that stay as right or as wrong as they were). Without
// I/O and deterministic: the caller tries each candidate. Tests: tests/unit/findings/reduce_test.cpp
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "fuzz/mutators/assay_mutators.h"
#include "harness/base/bytes.hpp"

namespace assay::fuzz {

/// How long to go on. Candidates that were tried are counted here, over several reductions when it is used again.
struct ReduceBudget {
  std::size_t tries = 5000;       // candidates at the most
  std::function<bool()> give_up;  // asked before each; may be empty
  std::size_t tried = 0;
  bool spent = false;  // it ended because of the budget, not because nothing more can go

  /// Whether one more may be tried, which is then counted.
  bool one_more();
};

/// Which of `count` units must stay, in order: none of them can go alone (unless the budget was spent). `still` is
/// asked with the units that are kept, and tells whether they show the same; that all of them do is taken for granted.
std::vector<std::size_t> reduce_indices(std::size_t count,
                                        const std::function<bool(std::span<const std::size_t>)>& still,
                                        ReduceBudget& budget);

/// The same with the units themselves, steps of a conversation for example.
template <typename Unit>
std::vector<Unit> reduce_units(const std::vector<Unit>& units,
                               const std::function<bool(const std::vector<Unit>&)>& still, ReduceBudget& budget) {
  const auto chosen = [&units](std::span<const std::size_t> kept) {
    std::vector<Unit> out;
    out.reserve(kept.size());
    for (const auto index : kept) out.push_back(units[index]);
    return out;
  };
  return chosen(
      reduce_indices(units.size(), [&](std::span<const std::size_t> kept) { return still(chosen(kept)); }, budget));
}

/// What an input is, as far as reducing it goes.
struct InputForm {
  enum class Kind : unsigned char {
    binary,        // laid open as `format` says
    text,          // lines go first
    instructions,  // a little program of its target: bytes alone
  };
  Kind kind = Kind::binary;
  assay_format format = ASSAY_FORMAT_ANY;
  std::size_t skip = 0;  // bytes at the beginning that choose something; they stay
};

/// What an input looks like, where nobody says: text, or whatever it can be laid open as.
InputForm form_of(ByteView input);

/// The smallest input that was found for which `still` holds; it holds for `input`, which is not asked.
/// In turn: parts of its structure, from the outermost to the innermost; bytes, with the lengths around them set right
/// and without; again while that helps; then bytes that do not matter become 0.
Bytes reduce_input(ByteView input, const InputForm& form, const std::function<bool(ByteView)>& still,
                   ReduceBudget& budget);

/// `bytes` without these ranges (begin and end, ascending, apart from each other). Lengths that were right and count
/// what goes are made right again; those that lie stay as they are.
Bytes without(ByteView bytes, const InputForm& form, std::span<const std::pair<std::size_t, std::size_t>> ranges);

}  // namespace assay::fuzz
