#include "harness/base/edit_distance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using assay::edit_distance;

constexpr std::size_t far = 100;

TEST(EditDistance, EachSlipOfTheHandCountsOne) {
  EXPECT_EQ(edit_distance("fuzz_pdu", "fuzz_pdu", far), 0U);
  EXPECT_EQ(edit_distance("fuzz_pd", "fuzz_pdu", far), 1U);
  EXPECT_EQ(edit_distance("fuzz_pduu", "fuzz_pdu", far), 1U);
  EXPECT_EQ(edit_distance("fuzz_pdi", "fuzz_pdu", far), 1U);
  EXPECT_EQ(edit_distance("fuzz_pud", "fuzz_pdu", far), 1U);
  EXPECT_EQ(edit_distance("uf", "fu", far), 1U);
}

TEST(EditDistance, ASwappedPairIsNearerThanTwoOtherCharacters) {
  EXPECT_LT(edit_distance("fuzz_pud", "fuzz_pdu", far), edit_distance("fuzz_pud", "fuzz_iod", far));
  EXPECT_EQ(edit_distance("fuzz_pud", "fuzz_iod", far), 2U);
}

TEST(EditDistance, LetterCaseIsNoDifference) { EXPECT_EQ(edit_distance("patientNAME", "PatientName", far), 0U); }

TEST(EditDistance, EmptyWords) {
  EXPECT_EQ(edit_distance("", "", far), 0U);
  EXPECT_EQ(edit_distance("", "abc", far), 3U);
  EXPECT_EQ(edit_distance("abc", "", far), 3U);
}

TEST(EditDistance, WhatIsFartherThanTheLimitIsTheLimitAndOne) {
  EXPECT_EQ(edit_distance("abcdef", "uvwxyz", 2), 3U);
  EXPECT_EQ(edit_distance("a", "abcdefgh", 2), 3U);
  EXPECT_EQ(edit_distance("abcdef", "uvwxyz", 6), 6U);
}

/// By its definition, one step after the other.
std::size_t slowly(const std::string& a, const std::string& b, std::size_t i, std::size_t j) {
  if (i == 0) return j;
  if (j == 0) return i;
  auto best = std::min(slowly(a, b, i - 1, j) + 1, slowly(a, b, i, j - 1) + 1);
  best = std::min(best, slowly(a, b, i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1));
  if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
    best = std::min(best, slowly(a, b, i - 2, j - 2) + 1);
  return best;
}

TEST(EditDistance, EveryPairOfShortWordsWithEveryLimitAgreesWithTheDefinition) {
  std::vector<std::string> words{""};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].size() == 4) continue;
    for (const char c : {'a', 'b'}) words.push_back(words[i] + c);
  }
  ASSERT_EQ(words.size(), 31U);
  for (const auto& a : words) {
    for (const auto& b : words) {
      const auto wanted = slowly(a, b, a.size(), b.size());
      for (std::size_t limit = 0; limit <= 4; ++limit)
        EXPECT_EQ(edit_distance(a, b, limit), std::min(wanted, limit + 1)) << a << " " << b << " " << limit;
    }
  }
}

TEST(EditDistance, LongWordsAreHeldAgainstEachOtherToo) {
  std::string word;
  for (int i = 0; i < 300; ++i) word += static_cast<char>('a' + i * 7 % 26);
  for (const std::size_t at : {std::size_t{0}, std::size_t{150}, word.size() - 2}) {
    auto other = word;
    std::swap(other[at], other[at + 1]);
    EXPECT_EQ(edit_distance(word, other, 1), 1U) << at;
    other.erase(70, 3);
    EXPECT_EQ(edit_distance(word, other, far), 4U) << at;
    EXPECT_EQ(edit_distance(word, other, 3), 4U) << "one more than the limit";
    EXPECT_EQ(edit_distance(other, word, 2), 3U) << "one more than the limit";
  }
}

}  // namespace
