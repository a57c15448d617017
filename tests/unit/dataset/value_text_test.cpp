// Ages, numbers in characters, UIDs: what is one, what is not, and how it is written.
#include "harness/dataset/value_text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace assay::dataset {
namespace {

TEST(ValueText, Ages_are_three_digits_and_a_unit) {
  for (const auto* text : {"018M", "000D", "999Y", "012W"}) {
    ASSERT_TRUE(parse_age(text)) << text;
    EXPECT_EQ(format(*parse_age(text)), text);
  }
  for (const auto* text : {"018m", "18Y", "018 M", "7 y", "45y"}) {
    EXPECT_FALSE(parse_age(text)) << text;
    ASSERT_TRUE(parse_age(text, Spelling::historic)) << text;
    EXPECT_TRUE(parse_age(text, Spelling::historic)->historic) << text;
  }
  EXPECT_EQ(format(*parse_age("7 y", Spelling::historic)), "007Y");
  for (const auto* text : {"", "Y", "018", "0180Y", "018H", "018YY", " 18Y", "-18Y", "1 8Y"})
    EXPECT_FALSE(parse_age(text, Spelling::historic)) << text;
}

TEST(ValueText, Integer_strings_have_a_sign_and_digits_within_32_bits) {
  const std::pair<std::string_view, std::int32_t> good[] = {
      {"-1234567", -1234567},     {"0", 0},     {"+5", 5}, {"007", 7}, {"-2147483648", -2147483647 - 1},
      {"2147483647", 2147483647}, {" 12 ", 12}, {"-0", 0}};
  for (const auto& [text, number] : good) EXPECT_EQ(parse_integer_string(text), number) << text;
  const std::pair<std::string_view, std::size_t> bad[] = {{"1e3", 1}, {"+-1", 1}, {"1 2", 1}, {"", 0},  {"-", 1},
                                                          {"1.0", 1}, {"A", 0},   {"12A", 2}, {" ", 1}, {"0x1", 1}};
  for (const auto& [text, at] : bad) {
    EXPECT_FALSE(parse_integer_string(text)) << text;
    EXPECT_EQ(fault_in_integer_string(text), at) << text;
  }
  for (const auto* text : {"2147483648", "-2147483649", "999999999999"}) {
    EXPECT_FALSE(parse_integer_string(text)) << text;
    EXPECT_FALSE(fault_in_integer_string(text)) << text;
  }
}

TEST(ValueText, Decimal_strings_have_a_point_and_an_exponent) {
  const std::pair<std::string_view, double> good[] = {{"-5.0e3", -5000.0}, {"1", 1},           {".5", 0.5},
                                                      {"5.", 5},           {"+1.5E-2", 0.015}, {" 2.5 ", 2.5},
                                                      {"1e+2", 100},       {"1e-999", 0}};
  for (const auto& [text, number] : good) EXPECT_EQ(parse_decimal_string(text), number) << text;
  const std::pair<std::string_view, std::size_t> bad[] = {
      {"1e", 2},  {"+-1", 1}, {"1 2", 1},  {"", 0},      {"-", 1},  {".", 1},    {"1,5", 1},
      {"nan", 0}, {"inf", 0}, {"1e5.", 3}, {"1.2.3", 3}, {"e5", 0}, {"0x1p3", 1}};
  for (const auto& [text, at] : bad) {
    EXPECT_FALSE(parse_decimal_string(text)) << text;
    EXPECT_EQ(fault_in_decimal_string(text), at) << text;
  }
  EXPECT_FALSE(parse_decimal_string("1e999"));
}

TEST(ValueText, Decimal_strings_are_written_in_sixteen_characters) {
  for (const double value : {0.0, 1.0, -5000.0, 0.1, 1.0 / 3.0, -1.0 / 3.0, 1e-300, -1.23456789012345e-300, 1e300}) {
    const auto text = format_decimal_string(value);
    ASSERT_TRUE(text);
    EXPECT_LE(text->size(), 16U) << *text;
    const auto back = parse_decimal_string(*text);
    ASSERT_TRUE(back) << *text;
    EXPECT_NEAR(*back, value, 1e-8 * (value < 0 ? -value : value)) << *text;
  }
  EXPECT_EQ(format_decimal_string(0.1), "0.1");
  EXPECT_FALSE(format_decimal_string(std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(format_decimal_string(std::numeric_limits<double>::quiet_NaN()));
}

TEST(ValueText, UIDs_are_numbers_between_dots) {
  for (const auto* text :
       {"1.2.804.114118.2.0", "1.2.804.114118.2.20040909.125423.3692976692.1.1.1", "0", "1", "2.25.1"})
    EXPECT_TRUE(is_uid(text)) << text;
  for (const auto* text :
       {"1.2.804.114118.2.0909", "", ".", "1.", ".1", "1..2", "1.a", "1 ", "00", "1.2.840.10008.1\\2"})
    EXPECT_FALSE(is_uid(text)) << text;
  EXPECT_TRUE(is_uid(std::string(64, '1')));
  EXPECT_FALSE(is_uid(std::string(65, '1')));
}

TEST(ValueText, Padding_is_at_the_ends_only) {
  EXPECT_EQ(without_padding("AB  "), "AB");
  EXPECT_EQ(without_padding(std::string_view("AB\0\0", 4)), "AB");
  EXPECT_EQ(without_padding(" A B"), " A B");
  EXPECT_EQ(trimmed("  A B  "), "A B");
  EXPECT_EQ(split("a\\\\b", '\\'), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", '\\').size(), 1U);
}

}  // namespace
}  // namespace assay::dataset
