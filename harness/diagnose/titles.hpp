// AE titles as people write them: what is wrong with one, and what else it may have meant.
// PS3.5 6.2 (AE). Tests: tests/unit/diagnose/titles_test.cpp
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::diagnose {

/// What is wrong with a title, in words; empty when it is valid.
std::string title_fault(std::string_view title);
/// Valid but asking for trouble (lower case, blanks inside, unusual characters); empty when it is not.
std::string title_warning(std::string_view title);
/// Other spellings of it, the likeliest first: capitals, small letters, `_` `-` blank exchanged or left out, digits at
/// the end left out. Valid ones only, without the title itself and without doubles.
std::vector<std::string> title_variants(std::string_view title, std::size_t limit);
/// "differs only by upper and lower case", "... by blanks", or "is another title".
std::string title_difference(std::string_view one, std::string_view other);

}  // namespace assay::diagnose
