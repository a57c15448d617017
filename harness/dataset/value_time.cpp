#include "harness/dataset/value_time.hpp"

#include <fmt/format.h>

#include <array>

namespace assay::dataset {

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads numbers of a fixed number of digits from the front of a text and remembers where it failed.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return at_ == text_.size(); }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] char peek() const { return done() ? '\0' : text_[at_]; }
  [[nodiscard]] bool digit_next() const { return !done() && is_digit(text_[at_]); }
  void skip() { ++at_; }

  bool number(std::size_t digits, unsigned low, unsigned high, unsigned& value) {
    const std::size_t start = at_;
    unsigned read = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!digit_next()) return false;
      read = read * 10 + static_cast<unsigned>(text_[at_] - '0');
      ++at_;
    }
    if (read < low || read > high) {
      at_ = start;
      return false;
    }
    value = read;
    return true;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

void say(TimeFault* fault, std::size_t at, std::string_view expected) {
  if (fault) *fault = {at, expected};
}

/// ".F" to ".FFFFFF" when it is there.
bool fraction(Digits& digits, Time& time) {
  if (digits.peek() != '.') return true;
  digits.skip();
  std::uint32_t value = 0;
  std::uint8_t count = 0;
  while (digits.digit_next() && count < 6) {
    value = value * 10 + static_cast<std::uint32_t>(digits.peek() - '0');
    digits.skip();
    ++count;
  }
  if (count == 0) return false;
  time.fraction_digits = count;
  for (std::uint8_t i = count; i < 6; ++i) value *= 10;
  time.microsecond = value;
  return true;
}

/// HH, HHMM, HHMMSS, HHMMSS.F to .FFFFFF, with colons between when `colons`.
bool time_of(Digits& digits, bool colons, Time& time, std::string_view& expected) {
  unsigned value = 0;
  expected = "an hour from 00 to 23";
  if (!digits.number(2, 0, 23, value)) return false;
  time.hour = static_cast<std::uint8_t>(value);
  time.components = 1;
  const auto more = [&] {
    if (!colons) return digits.digit_next();
    if (digits.peek() != ':') return false;
    digits.skip();
    return true;
  };
  if (!more()) return true;
  expected = "a minute from 00 to 59";
  if (!digits.number(2, 0, 59, value)) return false;
  time.minute = static_cast<std::uint8_t>(value);
  time.components = 2;
  if (!more()) return true;
  expected = "a second from 00 to 60";
  if (!digits.number(2, 0, 60, value)) return false;
  time.second = static_cast<std::uint8_t>(value);
  time.components = 3;
  expected = "one to six digits of fraction";
  return fraction(digits, time);
}

// Days from 1970-01-01 in the proleptic Gregorian calendar.
std::int64_t days_from_epoch(int year, unsigned month, unsigned day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (static_cast<std::int64_t>(month) + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

std::int64_t time_length(const Time& time) {
  if (time.components == 1) return hour;
  if (time.components == 2) return minute;
  std::int64_t length = second;
  for (std::uint8_t i = 0; i < time.fraction_digits; ++i) length /= 10;
  return length;
}

std::int64_t within_day(const Time& time) {
  return time.hour * hour + time.minute * minute + time.second * second + time.microsecond;
}

/// Splits at hyphens and reads both sides; `parse` takes a text and gives an optional.
template <typename T, typename Parse>
std::optional<Range<T>> range_of(std::string_view text, Parse parse) {
  if (const auto one = parse(text)) return Range<T>{one, one};
  for (std::size_t hyphen = text.find('-'); hyphen != std::string_view::npos; hyphen = text.find('-', hyphen + 1)) {
    const auto before = text.substr(0, hyphen);
    const auto after = text.substr(hyphen + 1);
    Range<T> range;
    if (!before.empty() && !(range.first = parse(before))) continue;
    if (!after.empty() && !(range.last = parse(after))) continue;
    if (range.first || range.last) return range;
  }
  return std::nullopt;
}

}  // namespace

bool is_leap_year(unsigned year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

unsigned days_in_month(unsigned year, unsigned month) {
  static constexpr std::array<unsigned, 13> days{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month > 12) return 0;
  return month == 2 && is_leap_year(year) ? 29 : days[month];
}

std::optional<Date> parse_date(std::string_view text, Spelling spelling, TimeFault* fault) {
  Digits digits(text);
  unsigned year = 0;
  unsigned month = 0;
  unsigned day_of_month = 0;
  Date date;
  const auto failed = [&](std::string_view expected) {
    say(fault, digits.at(), expected);
    return std::nullopt;
  };
  if (!digits.number(4, 0, 9999, year)) return failed("four digits of a year");
  const bool dots = spelling == Spelling::historic && digits.peek() == '.';
  if (dots) digits.skip();
  if (!digits.number(2, 1, 12, month)) return failed("a month from 01 to 12");
  if (dots) {
    if (digits.peek() != '.') return failed("a full stop as after the year");
    digits.skip();
  }
  if (!digits.number(2, 1, days_in_month(year, month), day_of_month)) return failed("a day that the month has");
  if (!digits.done()) return failed("nothing after YYYYMMDD");
  date.year = static_cast<std::uint16_t>(year);
  date.month = static_cast<std::uint8_t>(month);
  date.day = static_cast<std::uint8_t>(day_of_month);
  date.historic = dots;
  return date;
}

std::optional<Time> parse_time(std::string_view text, Spelling spelling, TimeFault* fault) {
  const bool colons = spelling == Spelling::historic && text.size() > 2 && text[2] == ':';
  Digits digits(text);
  Time time;
  std::string_view expected;
  if (!time_of(digits, colons, time, expected)) {
    say(fault, digits.at(), expected);
    return std::nullopt;
  }
  if (!digits.done()) {
    say(fault, digits.at(), "nothing after HHMMSS.FFFFFF");
    return std::nullopt;
  }
  time.historic = colons;
  return time;
}

std::optional<std::int16_t> parse_utc_offset(std::string_view text) {
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  Digits digits(text.substr(1));
  unsigned hours = 0;
  unsigned minutes = 0;
  if (!digits.number(2, 0, 14, hours) || !digits.number(2, 0, 59, minutes)) return std::nullopt;
  const int offset = static_cast<int>(hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
  if (offset < -12 * 60 || offset > 14 * 60 || (offset == 0 && text[0] == '-')) return std::nullopt;
  return static_cast<std::int16_t>(offset);
}

std::optional<DateTime> parse_date_time(std::string_view text, TimeFault* fault) {
  DateTime result;
  result.time.components = 0;
  const std::size_t sign = text.find_first_of("+-");
  Digits digits(text.substr(0, sign));
  const auto failed = [&](std::size_t at, std::string_view expected) {
    say(fault, at, expected);
    return std::nullopt;
  };
  unsigned value = 0;
  if (!digits.number(4, 0, 9999, value)) return failed(digits.at(), "four digits of a year");
  result.date.year = static_cast<std::uint16_t>(value);
  result.date_components = 1;
  if (digits.digit_next()) {
    if (!digits.number(2, 1, 12, value)) return failed(digits.at(), "a month from 01 to 12");
    result.date.month = static_cast<std::uint8_t>(value);
    result.date_components = 2;
  }
  if (digits.digit_next()) {
    if (!digits.number(2, 1, days_in_month(result.date.year, result.date.month), value))
      return failed(digits.at(), "a day that the month has");
    result.date.day = static_cast<std::uint8_t>(value);
    result.date_components = 3;
  }
  if (result.date_components == 3 && digits.digit_next()) {
    std::string_view expected;
    if (!time_of(digits, false, result.time, expected)) return failed(digits.at(), expected);
  }
  if (!digits.done()) return failed(digits.at(), "YYYYMMDDHHMMSS.FFFFFF, cut off from the right");
  if (sign != std::string_view::npos) {
    result.offset = parse_utc_offset(text.substr(sign));
    if (!result.offset) return failed(sign, "an offset from UTC of -1200 to +1400, zero as +0000");
  }
  return result;
}

std::string format(const Date& date) { return fmt::format("{:04}{:02}{:02}", date.year, date.month, date.day); }

namespace {

std::string time_text(const Time& time, std::string_view between) {
  std::string text;
  if (time.components >= 1) text = fmt::format("{:02}", time.hour);
  if (time.components >= 2) text += fmt::format("{}{:02}", between, time.minute);
  if (time.components >= 3) text += fmt::format("{}{:02}", between, time.second);
  if (time.components >= 3 && time.fraction_digits > 0)
    text += "." + fmt::format("{:06}", time.microsecond).substr(0, time.fraction_digits);
  return text;
}

}  // namespace

std::string format(const Time& time) { return time_text(time, ""); }

std::string format(const DateTime& value) {
  std::string text = format(value.date).substr(0, value.date_components == 1 ? 4 : value.date_components == 2 ? 6 : 8);
  text += format(value.time);
  if (value.offset) {
    const int size = *value.offset < 0 ? -*value.offset : *value.offset;
    text += fmt::format("{}{:02}{:02}", *value.offset < 0 ? '-' : '+', size / 60, size % 60);
  }
  return text;
}

std::string to_iso(const Date& date) { return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day); }
std::string to_iso(const Time& time) { return time_text(time, ":"); }

std::string to_iso(const DateTime& value) {
  std::string text = to_iso(value.date).substr(0, value.date_components == 1 ? 4 : value.date_components == 2 ? 7 : 10);
  if (value.time.components > 0) text += "T" + to_iso(value.time);
  if (value.offset) {
    const int size = *value.offset < 0 ? -*value.offset : *value.offset;
    text += fmt::format("{}{:02}:{:02}", *value.offset < 0 ? '-' : '+', size / 60, size % 60);
  }
  return text;
}

Interval interval_of(const Date& date, const Time& time, std::int16_t offset) {
  DateTime value;
  value.date = date;
  value.time = time;
  value.offset = offset;
  return interval_of(value);
}

Interval interval_of(const DateTime& value, std::int16_t default_offset) {
  const Date& date = value.date;
  const std::int64_t shift = value.offset.value_or(default_offset) * minute;
  Interval interval;
  interval.first = days_from_epoch(date.year, date.month, date.day) * day - shift;
  if (value.date_components == 1) {
    interval.last = days_from_epoch(date.year + 1, 1, 1) * day - shift - 1;
  } else if (value.date_components == 2) {
    interval.last = interval.first + days_in_month(date.year, date.month) * day - 1;
  } else if (value.time.components == 0) {
    interval.last = interval.first + day - 1;
  } else {
    interval.first += within_day(value.time);
    interval.last = interval.first + time_length(value.time) - 1;
  }
  return interval;
}

std::optional<Range<Date>> parse_date_range(std::string_view text, Spelling spelling) {
  return range_of<Date>(text, [&](std::string_view part) { return parse_date(part, spelling); });
}

std::optional<Range<Time>> parse_time_range(std::string_view text, Spelling spelling) {
  return range_of<Time>(text, [&](std::string_view part) { return parse_time(part, spelling); });
}

std::optional<Range<DateTime>> parse_date_time_range(std::string_view text) {
  return range_of<DateTime>(text, [](std::string_view part) { return parse_date_time(part); });
}

}  // namespace assay::dataset
