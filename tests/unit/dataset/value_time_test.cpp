// Dates and times: the grammars of DA, TM and DT, historic spellings, ranges, the calendar, points in time.
#include "harness/dataset/value_time.hpp"

#include <gtest/gtest.h>

namespace assay::dataset {
namespace {

struct Spelled {
  std::string_view text;
  std::string_view strict;    // as ISO, "" when it must be refused
  std::string_view historic;  // the same for historic reading
  std::size_t fault = 0;      // where strict reading stops
};

TEST(ValueTime, Dates_are_eight_digits_in_the_calendar) {
  const Spelled all[] = {
      {"20260105", "2026-01-05", "2026-01-05"},
      {"20240229", "2024-02-29", "2024-02-29"},
      {"20000229", "2000-02-29", "2000-02-29"},
      {"19000229", "", "", 6},
      {"20230229", "", "", 6},
      {"20230230", "", "", 6},
      {"20231301", "", "", 4},
      {"20230001", "", "", 4},
      {"20230100", "", "", 6},
      {"20230431", "", "", 6},
      {"2023", "", "", 4},
      {"202301", "", "", 6},
      {"202301011", "", "", 8},
      {"1997.01.31", "", "1997-01-31", 4},
      {"1997.02.30", "", "", 4},
      {"1997-01-31", "", "", 4},
      {"1997.01-31", "", "", 4},
      {"A0230101", "", "", 0},
      {" 20230101", "", "", 0},
      {"", "", "", 0},
      {"00010101", "0001-01-01", "0001-01-01"},
      {"99991231", "9999-12-31", "9999-12-31"},
  };
  for (const auto& one : all) {
    TimeFault fault;
    const auto strict = parse_date(one.text, Spelling::strict, &fault);
    const auto historic = parse_date(one.text, Spelling::historic);
    EXPECT_EQ(strict ? to_iso(*strict) : "", one.strict) << one.text;
    EXPECT_EQ(historic ? to_iso(*historic) : "", one.historic) << one.text;
    if (!strict) {
      EXPECT_EQ(fault.at, one.fault) << one.text;
      EXPECT_FALSE(fault.expected.empty()) << one.text;
    } else {
      EXPECT_EQ(format(*strict), one.text);
    }
  }
  EXPECT_TRUE(parse_date("1997.01.31", Spelling::historic)->historic);
  EXPECT_EQ(format(*parse_date("1997.01.31", Spelling::historic)), "19970131");
}

TEST(ValueTime, Times_may_be_cut_off_from_the_right_but_not_in_the_middle) {
  const Spelled all[] = {
      {"13", "13", "13"},
      {"1345", "13:45", "13:45"},
      {"134510", "13:45:10", "13:45:10"},
      {"134510.1", "13:45:10.1", "13:45:10.1"},
      {"134510.000001", "13:45:10.000001", "13:45:10.000001"},
      {"235960", "23:59:60", "23:59:60"},
      {"134510.", "", "", 7},
      {"134510.1234567", "", "", 13},
      {"13451", "", "", 5},
      {"134", "", "", 3},
      {"1", "", "", 1},
      {"240000", "", "", 0},
      {"236000", "", "", 2},
      {"235961", "", "", 4},
      {"1345.5", "", "", 4},
      {"13:45:10.123", "", "13:45:10.123", 2},
      {"13:45", "", "13:45", 2},
      {"13:45:10", "", "13:45:10", 2},
      {"13:4510", "", "", 2},
      {"1345:10", "", "", 4},
      {"13 45", "", "", 2},
      {"", "", "", 0},
  };
  for (const auto& one : all) {
    TimeFault fault;
    const auto strict = parse_time(one.text, Spelling::strict, &fault);
    const auto historic = parse_time(one.text, Spelling::historic);
    EXPECT_EQ(strict ? to_iso(*strict) : "", one.strict) << one.text;
    EXPECT_EQ(historic ? to_iso(*historic) : "", one.historic) << one.text;
    if (!strict) {
      EXPECT_EQ(fault.at, one.fault) << one.text;
    } else {
      EXPECT_EQ(format(*strict), one.text);
    }
  }
  EXPECT_EQ(parse_time("134510.12")->microsecond, 120'000U);
  EXPECT_EQ(parse_time("134510.12")->fraction_digits, 2);
}

TEST(ValueTime, Date_times_have_an_offset_between_minus_12_and_plus_14_hours) {
  const Spelled all[] = {
      {"2005", "2005", ""},
      {"200508", "2005-08", ""},
      {"20050812", "2005-08-12", ""},
      {"2005081218", "2005-08-12T18", ""},
      {"200508121830", "2005-08-12T18:30", ""},
      {"20050812183000.00", "2005-08-12T18:30:00.00", ""},
      {"20050812183000.000000+0100", "2005-08-12T18:30:00.000000+01:00", ""},
      {"20050812183000-1200", "2005-08-12T18:30:00-12:00", ""},
      {"20050812183000+1400", "2005-08-12T18:30:00+14:00", ""},
      {"2005-0500", "2005-05:00", ""},
      {"20050812183000+0000", "2005-08-12T18:30:00+00:00", ""},
      {"20050812183000-0000", "", "", 14},
      {"20050812183000+1401", "", "", 14},
      {"20050812183000-1201", "", "", 14},
      {"20050812183000+010", "", "", 14},
      {"20050812183000+0160", "", "", 14},
      {"+0100", "", "", 0},
      {"200513", "", "", 4},
      {"20050230", "", "", 6},
      {"20050812T1830", "", "", 8},
      {"20050812183000.", "", "", 15},
      {"20050", "", "", 5},
  };
  for (const auto& one : all) {
    TimeFault fault;
    const auto value = parse_date_time(one.text, &fault);
    EXPECT_EQ(value ? to_iso(*value) : "", one.strict) << one.text;
    if (!value) {
      EXPECT_EQ(fault.at, one.fault) << one.text;
    } else {
      EXPECT_EQ(format(*value), one.text);
    }
  }
}

TEST(ValueTime, The_same_instant_in_two_zones_is_equal) {
  const auto at = [](std::string_view text, std::int16_t zone = 0) { return instant_of(*parse_date_time(text), zone); };
  EXPECT_EQ(at("20260301090000+0900"), at("20260228190000-0500"));
  EXPECT_EQ(at("20260301000000+0000"), at("20260301000000"));
  EXPECT_EQ(at("20260301010000", 60), at("20260301000000+0000"));
  EXPECT_EQ(at("19700101000000+0000"), 0);
  EXPECT_EQ(at("19691231235959.999999"), -1);
  EXPECT_EQ(at("20000301") - at("20000229"), 86'400'000'000);
  EXPECT_LT(at("20260301090000+0900"), at("20260301090000+0800"));
  EXPECT_EQ(interval_of(*parse_date("20260301"), *parse_time("0900"), 540).first, at("20260301090000+0900"));
}

TEST(ValueTime, A_value_without_precision_is_all_of_its_unit) {
  const auto length = [](std::string_view text) {
    const auto interval = interval_of(*parse_date_time(text));
    return interval.last - interval.first + 1;
  };
  constexpr std::int64_t hour = 3'600'000'000;
  EXPECT_EQ(length("2024"), 366 * 24 * hour);
  EXPECT_EQ(length("9999"), 365 * 24 * hour);
  EXPECT_EQ(length("202402"), 29 * 24 * hour);
  EXPECT_EQ(length("20240201"), 24 * hour);
  EXPECT_EQ(length("2024020113"), hour);
  EXPECT_EQ(length("202402011345"), hour / 60);
  EXPECT_EQ(length("20240201134500"), 1'000'000);
  EXPECT_EQ(length("20240201134500.12"), 10'000);
  EXPECT_EQ(length("20240201134500.123456"), 1);
}

TEST(ValueTime, Ranges_have_one_end_or_two) {
  const auto dates = [](std::string_view text) {
    const auto range = parse_date_range(text);
    if (!range) return std::string("none");
    return (range->first ? format(*range->first) : "") + "|" + (range->last ? format(*range->last) : "");
  };
  EXPECT_EQ(dates("20050101-20050401"), "20050101|20050401");
  EXPECT_EQ(dates("20050101-"), "20050101|");
  EXPECT_EQ(dates("-20050401"), "|20050401");
  EXPECT_EQ(dates("20050101"), "20050101|20050101");
  EXPECT_EQ(dates("-"), "none");
  EXPECT_EQ(dates("20050101-2005"), "none");
  EXPECT_EQ(dates("20050101-20050401-"), "none");
  const auto times = parse_time_range("10-1530");
  ASSERT_TRUE(times);
  EXPECT_EQ(format(*times->last), "1530");
  const auto moments = [](std::string_view text) {
    const auto range = parse_date_time_range(text);
    if (!range) return std::string("none");
    return (range->first ? format(*range->first) : "") + "|" + (range->last ? format(*range->last) : "");
  };
  EXPECT_EQ(moments("20050101-0500"), "20050101-0500|20050101-0500");
  EXPECT_EQ(moments("20050101-0500-20050102-0500"), "20050101-0500|20050102-0500");
  EXPECT_EQ(moments("2005-2006"), "2005|2006");
  EXPECT_EQ(moments("-20050102+0100"), "|20050102+0100");
  EXPECT_EQ(moments("20050101-0500-"), "20050101-0500|");
  EXPECT_EQ(moments("x-y"), "none");
}

TEST(ValueTime, The_calendar_knows_its_months) {
  EXPECT_TRUE(is_leap_year(2000));
  EXPECT_FALSE(is_leap_year(1900));
  EXPECT_TRUE(is_leap_year(2024));
  EXPECT_FALSE(is_leap_year(2026));
  EXPECT_EQ(days_in_month(2024, 2), 29U);
  EXPECT_EQ(days_in_month(2026, 12), 31U);
  EXPECT_EQ(days_in_month(2026, 13), 0U);
  EXPECT_EQ(days_in_month(2026, 0), 0U);
}

}  // namespace
}  // namespace assay::dataset
