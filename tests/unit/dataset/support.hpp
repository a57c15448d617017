// Bytes written by hand for the Data Set tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "harness/base/hex.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

/// Annotated hex; a test that misspells it fails at once.
inline Bytes hex(std::string_view text) {
  const auto bytes = from_hex(text);
  EXPECT_TRUE(bytes.has_value()) << text;
  return bytes.value_or(Bytes{});
}

inline std::string listed(const Problems& problems) {
  std::string text;
  for (const auto& p : problems)
    text += p.rule + " @" + std::to_string(p.offset) + " " + p.field + ": " + p.found + " | " + p.expected + "\n";
  return text;
}

}  // namespace assay::dataset
