#include "harness/diagnose/titles.hpp"

#include <gmock/gmock.h>

namespace assay::diagnose {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Titles, Sixteen_characters_are_allowed_and_seventeen_are_not) {
  EXPECT_EQ(title_fault("ABCDEFGHIJKLMNOP"), "");
  EXPECT_THAT(title_fault("ABCDEFGHIJKLMNOPQ"), HasSubstr("17 characters"));
}

TEST(Titles, What_PS35_forbids_is_named) {
  EXPECT_THAT(title_fault(""), HasSubstr("empty"));
  EXPECT_THAT(title_fault("    "), HasSubstr("all blanks"));
  EXPECT_THAT(title_fault("A\\B"), HasSubstr("backslash"));
  EXPECT_THAT(title_fault("A\tB"), HasSubstr("control character"));
  EXPECT_THAT(title_fault("B\xc3\x9cRO"), HasSubstr("no plain ASCII"));
}

TEST(Titles, Unwise_ones_are_warned_of_and_plain_ones_are_not) {
  for (const auto* good : {"ARCHIVE", "CT01", "MY_PACS", "A-B", "X.Y"}) EXPECT_EQ(title_warning(good), "") << good;
  for (const auto* odd : {"Archive", " PACS", "PACS ", "MY PACS", "PACS!"}) EXPECT_NE(title_warning(odd), "") << odd;
}

TEST(Titles, Variants_are_valid_other_spellings_without_doubles) {
  for (const auto* title : {"ARCHIVE", "my pacs_1", "A", "ABCDEFGHIJKLMNOP", "  X  ", "CT01", "_", "0O0"}) {
    const auto variants = title_variants(title, 8);
    EXPECT_LE(variants.size(), 8U);
    for (const auto& one : variants) {
      EXPECT_EQ(title_fault(one), "") << one;
      EXPECT_NE(one, title);
      EXPECT_EQ(std::count(variants.begin(), variants.end(), one), 1) << one;
    }
  }
  EXPECT_THAT(title_variants("MY PACS", 8), Contains("MY_PACS"));
  EXPECT_THAT(title_variants("ARCHIVE", 8), Contains("archive"));
  EXPECT_THAT(title_variants("ORTHANC2", 8), Contains("ORTHANC"));
}

TEST(Titles, A_difference_is_put_in_words) {
  EXPECT_THAT(title_difference("ARCHIVE", "archive"), HasSubstr("capital and small"));
  EXPECT_THAT(title_difference("MY PACS", "MY_PACS"), HasSubstr("blanks, underscores"));
  EXPECT_THAT(title_difference("my pacs", "MY_PACS"), HasSubstr("capital letters and by blanks"));
  EXPECT_EQ(title_difference("ARCHIVE", "PACS"), "is another title");
}

}  // namespace
}  // namespace assay::diagnose
