#include "harness/base/hex.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Hex, Writes_lower_case_digits) {
  EXPECT_EQ(to_hex(Bytes{0x0a, 0xff, 0x00}), "0aff00");
  EXPECT_EQ(to_hex({}), "");
}

TEST(Hex, Short_form_says_how_many_bytes_there_are) {
  EXPECT_EQ(to_hex_short(Bytes{1, 2, 3}, 3), "010203");
  EXPECT_EQ(to_hex_short(Bytes{1, 2, 3, 4}, 3), "010203... (4 bytes)");
}

TEST(Hex, Reads_digits_of_both_cases_between_blanks_and_comments) {
  EXPECT_EQ(from_hex(" 0A ff\t# a comment: zz\n 1 0\r\n"), (Bytes{0x0a, 0xff, 0x10}));
  EXPECT_EQ(from_hex(""), Bytes{});
  EXPECT_EQ(from_hex("# only a comment"), Bytes{});
}

TEST(Hex, Refuses_other_characters_and_odd_numbers_of_digits) {
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_FALSE(from_hex("0x01"));
  EXPECT_FALSE(from_hex("012"));
}

TEST(Hex, Dump_shows_offset_bytes_and_text) {
  Bytes bytes = to_bytes("0123456789abcdef");
  bytes.push_back(0x00);
  EXPECT_EQ(hex_dump(bytes, 0x10),
            "00000010  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef\n"
            "00000020  00                                                .\n");
  EXPECT_EQ(hex_dump({}), "");
}

TEST(Hex, Printable_escapes_what_is_not_ascii_text) {
  EXPECT_EQ(printable("A b~"), "A b~");
  EXPECT_EQ(printable(std::string_view("\x00\x1f\x7f\xff", 4)), "\\x00\\x1f\\x7f\\xff");
}

}  // namespace
}  // namespace assay
