// Patterns of people: * for any run of characters, ? for one. Tests: tests/unit/dataset/diff_test.cpp,
// tests/unit/scenario/
#pragma once

#include <cstddef>
#include <string_view>

namespace assay {

/// Whether the whole text fits; takes at most the product of both lengths. Characters are compared as they are: bytes,
/// or code points where a ? is to mean one of those.
template <class Char>
constexpr bool glob_matches(std::basic_string_view<Char> pattern, std::basic_string_view<Char> text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = pattern.npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}
constexpr bool glob_matches(std::string_view pattern, std::string_view text) {
  return glob_matches<char>(pattern, text);
}

}  // namespace assay
