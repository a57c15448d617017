// What must hold for a loader of XML files that refuses one.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "fuzz/targets/property.hpp"
#include "harness/scenario/checked_xml.hpp"

namespace assay::fuzz {

/// Mistakes are bounded, and each has words and a place that lies in the file.
inline void check_load_errors(const std::vector<scenario::LoadError>& errors, std::string_view text) {
  require(!errors.empty() && errors.size() <= scenario::max_load_errors, "a refusal has reasons, and a bound");
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  for (const auto& error : errors) {
    require(error.line >= 1 && error.column >= 1 && !error.message.empty(), "a mistake has a place and words");
    require(static_cast<std::size_t>(error.line) <= lines, "the place lies in the file");
  }
}

}  // namespace assay::fuzz
