// harness/scenario/values.hpp: numbers, times, patterns.
#include "harness/scenario/values.hpp"

#include <gtest/gtest.h>

namespace assay::scenario {
namespace {

using std::chrono::milliseconds;

TEST(Values, Numbers_in_both_bases) {
  EXPECT_EQ(number_from("16"), 16);
  EXPECT_EQ(number_from("0x10"), 16);
  EXPECT_EQ(number_from("-1"), -1);
  for (const auto* bad : {"", "-", "0x", "1 ", "ten", "+1", "99999999999999999999"})
    EXPECT_EQ(number_from(bad), std::nullopt) << bad;
  EXPECT_EQ(status_from("A700"), 0xA700);
  EXPECT_EQ(status_from("0x0000"), 0);
  EXPECT_EQ(status_from("10000"), std::nullopt);
}

TEST(Values, Times) {
  EXPECT_EQ(duration_from("500ms"), milliseconds(500));
  EXPECT_EQ(duration_from("1.5s"), milliseconds(1500));
  EXPECT_EQ(duration_from("2m"), milliseconds(120000));
  EXPECT_EQ(duration_from("artim", {{"artim", milliseconds(7)}}), milliseconds(7));
  for (const auto* bad : {"", "5", "s", "5h", "-1s", "1..5s", "999999999m", "1.s", "artim"})
    EXPECT_EQ(duration_from(bad), std::nullopt) << bad;
}

TEST(Values, Variables_are_found_and_filled_in) {
  EXPECT_EQ(variables_in("${a}x${b}"), (std::vector<std::string_view>{"a", "b"}));
  const Lookup lookup = [](std::string_view name) -> std::optional<std::string> {
    return name == "a" ? std::optional<std::string>("1") : std::nullopt;
  };
  EXPECT_EQ(substitute("<${a}${b}${a}>", lookup), "<1${b}1>");
  EXPECT_EQ(substitute("${a", lookup), "${a");
}

struct NumberCase {
  const char* pattern;
  std::optional<std::uint64_t> value;
  bool matches;
};

TEST(Patterns, Numbers) {
  for (const auto& [pattern, value, matches] : std::initializer_list<NumberCase>{{"7", 7, true},
                                                                                 {"7", 8, false},
                                                                                 {"1|3", 3, true},
                                                                                 {"1|3", 2, false},
                                                                                 {"1..4", 4, true},
                                                                                 {"1..4", 5, false},
                                                                                 {"!7", 8, true},
                                                                                 {"!7", 7, false},
                                                                                 {"!1|2", 2, false},
                                                                                 {"present", 0, true},
                                                                                 {"present", {}, false},
                                                                                 {"absent", {}, true},
                                                                                 {"absent", 1, false},
                                                                                 {"0x10", 16, true},
                                                                                 {"1|absent", {}, true},
                                                                                 {"7", {}, false}}) {
    EXPECT_EQ(matches_number(pattern, value), matches) << pattern;
  }
}

TEST(Patterns, Statuses_are_hexadecimal) {
  EXPECT_TRUE(matches_status("A700..A7FF", 0xA712));
  EXPECT_FALSE(matches_status("A700..A7FF", 0xA800));
  EXPECT_TRUE(matches_status("0000|B000", 0xB000));
  EXPECT_FALSE(matches_status("10", 10));
  EXPECT_TRUE(matches_status("!0000", 0x0122));
}

TEST(Patterns, Text_and_uids) {
  EXPECT_TRUE(matches_text("MR*", "MRI"));
  EXPECT_FALSE(matches_text("MR?", "MRII"));
  EXPECT_TRUE(matches_text("a|b", "b"));
  EXPECT_TRUE(matches_text("!x", "y"));
  EXPECT_TRUE(matches_text("absent", std::nullopt));
  EXPECT_FALSE(matches_text("*", std::nullopt));
  EXPECT_TRUE(matches_uid("Verification", "1.2.840.10008.1.1"));
  EXPECT_TRUE(matches_uid("1.2.*", "1.2.840.10008.1.1"));
  EXPECT_FALSE(matches_uid("Verification", "1.2"));
}

TEST(Values, Every_type_describes_itself_and_checks) {
  for (int i = 0; i <= static_cast<int>(ValueType::context); ++i) {
    const auto type = static_cast<ValueType>(i);
    EXPECT_FALSE(describe(type).empty());
    EXPECT_FALSE(name_of(type).empty());
    // What free text may be is anything; every other type refuses this.
    const bool free = type == ValueType::text || type == ValueType::path || type == ValueType::text_match;
    EXPECT_EQ(problem_with(type, "\x01 ?").has_value(), !free && type != ValueType::uid_match) << name_of(type);
  }
}

TEST(Values, Glob_ends_on_hostile_patterns) {
  const std::string stars(200, '*');
  EXPECT_FALSE(glob(stars + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace assay::scenario
