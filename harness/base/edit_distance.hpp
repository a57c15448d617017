// How far one word is from another: for "did you mean". Tests: tests/unit/base/edit_distance_test.cpp
#pragma once

#include <cstddef>
#include <string_view>

namespace assay {

/// How many slips of the hand lie between two words, letter case aside: a character too many, one missing, another one,
/// or two neighbours swapped. `limit` + 1 when there are more than `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

}  // namespace assay
