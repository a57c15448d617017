// Dates and times as values (PS3.5 6.2: DA, TM, DT), the historic spellings of ACR-NEMA, ranges as queries write them,
// and points in time that can be compared between time zones.
// Tests: tests/unit/dataset/value_time_test.cpp; fuzz target: fuzz_check
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace assay::dataset {

/// Which spellings are read: what PS3.5 6.2 lets a writer write today, or also what earlier editions and ACR-NEMA
/// wrote.
enum class Spelling : std::uint8_t { strict, historic };

struct Date {
  std::uint16_t year = 0;  // 0000 to 9999
  std::uint8_t month = 1;  // 1 to 12
  std::uint8_t day = 1;    // as many as the month has
  bool historic = false;   // read from "1997.01.31"
  friend bool operator==(const Date&, const Date&) = default;
};

struct Time {
  std::uint8_t hour = 0;             // 0 to 23
  std::uint8_t minute = 0;           // 0 to 59
  std::uint8_t second = 0;           // 0 to 60
  std::uint32_t microsecond = 0;     // 0 to 999999
  std::uint8_t components = 1;       // 1 hour, 2 and minute, 3 and second
  std::uint8_t fraction_digits = 0;  // 0 to 6
  bool historic = false;             // read from "13:45:10"
  friend bool operator==(const Time&, const Time&) = default;
};

struct DateTime {
  Date date;
  Time time;                           // components 0: no time at all
  std::uint8_t date_components = 3;    // 1 year, 2 and month, 3 and day
  std::optional<std::int16_t> offset;  // minutes from UTC, -720 to 840
  friend bool operator==(const DateTime&, const DateTime&) = default;
};

/// Why a text is none: which byte, and what should stand there.
struct TimeFault {
  std::size_t at = 0;
  std::string_view expected;
};

bool is_leap_year(unsigned year);
/// 28 to 31; 0 for a month that is none.
unsigned days_in_month(unsigned year, unsigned month);

/// All three take the text without padding. On failure `fault` (when given) says where and why.
std::optional<Date> parse_date(std::string_view text, Spelling spelling = Spelling::strict, TimeFault* fault = nullptr);
std::optional<Time> parse_time(std::string_view text, Spelling spelling = Spelling::strict, TimeFault* fault = nullptr);
std::optional<DateTime> parse_date_time(std::string_view text, TimeFault* fault = nullptr);

/// The strict spelling, with the precision of the value.
std::string format(const Date& date);
std::string format(const Time& time);
std::string format(const DateTime& date_time);
/// For people: ISO 8601 with the precision of the value.
std::string to_iso(const Date& date);
std::string to_iso(const Time& time);
std::string to_iso(const DateTime& date_time);

/// Microseconds since 1970-01-01T00:00 UTC. A value without precision means all of its unit: from its first to its
/// last microsecond.
struct Interval {
  std::int64_t first = 0;
  std::int64_t last = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};
/// `default_offset` in minutes is Timezone Offset From UTC (0008,0201), used when the value carries none.
Interval interval_of(const DateTime& value, std::int16_t default_offset = 0);
Interval interval_of(const Date& date, const Time& time, std::int16_t offset);
/// The point in time a value begins at; equal for equal instants in whatever zone they were written.
inline std::int64_t instant_of(const DateTime& value, std::int16_t default_offset = 0) {
  return interval_of(value, default_offset).first;
}
/// "+0900" to 540; the range is -1200 to +1400, and -0000 is none.
std::optional<std::int16_t> parse_utc_offset(std::string_view text);

/// "A-B", "A-", "-B" or one value, as in query keys (PS3.4 C.2.2.2.5). At least one end is there; one value is both.
template <typename T>
struct Range {
  std::optional<T> first;
  std::optional<T> last;
};
std::optional<Range<Date>> parse_date_range(std::string_view text, Spelling spelling = Spelling::strict);
std::optional<Range<Time>> parse_time_range(std::string_view text, Spelling spelling = Spelling::strict);
/// A hyphen and four digits behind a value are its offset from UTC when they can be one.
std::optional<Range<DateTime>> parse_date_time_range(std::string_view text);

}  // namespace assay::dataset
