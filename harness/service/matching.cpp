// Attribute matching. Tests: tests/unit/service/matching_test.cpp
#include "harness/service/matching.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "harness/base/glob.hpp"
#include "harness/dataset/charset.hpp"

namespace assay::service {

namespace {

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\0'; };
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  return text;
}

/// Without padding: blanks in front belong to the value of a text (PS3.5 6.2, LT, ST, UC, UT).
std::string_view trim(Vr vr, std::string_view text) {
  const auto both = trim(text);
  if (vr != Vr::LT && vr != Vr::ST && vr != Vr::UC && vr != Vr::UT) return both;
  return both.empty() ? both : text.substr(0, static_cast<std::size_t>(both.data() - text.data()) + both.size());
}

bool is_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// VRs for which '*' and '?' are wild cards (PS3.4 C.2.2.2.4): not dates, times, UIDs, numbers, ages.
bool allows_wildcards(Vr vr) {
  switch (vr) {
    case Vr::AE:
    case Vr::CS:
    case Vr::LO:
    case Vr::LT:
    case Vr::PN:
    case Vr::SH:
    case Vr::ST:
    case Vr::UC:
    case Vr::UR:
    case Vr::UT: return true;
    default: return false;
  }
}

bool is_moment(Vr vr) { return vr == Vr::DA || vr == Vr::TM || vr == Vr::DT; }

/// Backslashes are ordinary characters in these (PS3.5 6.2): always one value.
bool is_single_text(Vr vr) { return vr == Vr::LT || vr == Vr::ST || vr == Vr::UT || vr == Vr::UR; }

// Code points ---------------------------------------------------------------------------------------------------------
/// The next code point of UTF-8; a byte that begins none stands for itself, so Latin-1 works too.
char32_t next_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto first = byte(0);
  const std::size_t more = first >= 0xf0 && first < 0xf5   ? 3
                           : first >= 0xe0 && first < 0xf0 ? 2
                           : first >= 0xc2 && first < 0xe0 ? 1
                                                           : 0;
  char32_t value = more == 3 ? first & 0x07U : more == 2 ? first & 0x0fU : more == 1 ? first & 0x1fU : first;
  bool whole = text.size() > more;
  for (std::size_t i = 1; whole && i <= more; ++i) {
    whole = (byte(i) & 0xc0) == 0x80;
    value = value << 6 | (byte(i) & 0x3fU);
  }
  if (!whole) value = first;
  text.remove_prefix(whole ? more + 1 : 1);
  return value;
}

char32_t fold(char32_t c) {
  if (c >= U'A' && c <= U'Z') return c + 32;
  if (c >= 0xc0 && c <= 0xde && c != 0xd7) return c + 32;  // Latin-1 letters; D7H is the multiplication sign
  return c;
}

std::u32string code_points(std::string_view text, bool ignore_case) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto c = next_code_point(text);
    out.push_back(ignore_case ? fold(c) : c);
  }
  return out;
}

// Moments -------------------------------------------------------------------------------------------------------------
int number(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

bool in(std::string_view digits, int low, int high) {
  const int value = number(digits);
  return is_digits(digits) && low <= value && value <= high;
}

int days_in_month(int year, int month) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

/// HH[MM[SS[.F{1,6}]]] to HHMMSSFFFFFF.
std::optional<Interval> time_interval(std::string_view text) {
  const auto point = text.find('.');
  const auto clock = text.substr(0, point);
  const auto fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (clock.size() != 2 && clock.size() != 4 && clock.size() != 6) return std::nullopt;
  if (point != std::string_view::npos &&
      (clock.size() != 6 || fraction.empty() || fraction.size() > 6 || !is_digits(fraction)))
    return std::nullopt;
  constexpr int highest[] = {23, 59, 60};  // 60: a leap second
  for (std::size_t i = 0; i < clock.size(); i += 2)
    if (!in(clock.substr(i, 2), 0, highest[i / 2])) return std::nullopt;
  const auto given = std::string(clock) + std::string(fraction);
  constexpr std::string_view lowest_rest = "000000000000";
  constexpr std::string_view highest_rest = "235959999999";
  return Interval{given + std::string(lowest_rest.substr(given.size())),
                  given + std::string(highest_rest.substr(given.size()))};
}

/// YYYY[MM[DD]] to YYYYMMDD.
std::optional<Interval> date_interval(std::string_view text) {
  if ((text.size() != 4 && text.size() != 6 && text.size() != 8) || !is_digits(text)) return std::nullopt;
  const int year = number(text.substr(0, 4));
  const int month = text.size() >= 6 ? number(text.substr(4, 2)) : 0;
  if (text.size() >= 6 && (month < 1 || month > 12)) return std::nullopt;
  if (text.size() == 8 && !in(text.substr(6, 2), 1, days_in_month(year, month))) return std::nullopt;
  std::string low(text);
  std::string high(text);
  if (text.size() < 6) low += "01", high += "12";
  if (text.size() < 8)
    low += "01", high += std::to_string(days_in_month(year, number(std::string_view(high).substr(4, 2))));
  return Interval{low, high};
}

/// Days since 1 March of year 0, and back: so that an offset from UTC can carry over midnight.
std::int64_t days_of(int year, int month, int day) {
  const std::int64_t y = month > 2 ? year : year - 1;
  const std::int64_t m = month > 2 ? month - 3 : month + 9;
  return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
}

std::string date_of(std::int64_t days) {
  std::int64_t year = (10000 * days + 14780) / 3652425;
  const auto rest_of = [&](std::int64_t y) { return days - (365 * y + y / 4 - y / 100 + y / 400); };
  if (rest_of(year) < 0) --year;
  const auto rest = rest_of(year);
  const auto m = (100 * rest + 52) / 3060;
  const auto month = (m + 2) % 12 + 1;
  year += (m + 2) / 12;
  const auto day = rest - (m * 306 + 5) / 10 + 1;
  std::string text = std::to_string(100'000'000 + year * 10'000 + month * 100 + day);
  return text.substr(1);
}

/// YYYYMMDDHHMMSSFFFFFF moved by so many minutes.
std::string moved(const std::string& moment, int minutes) {
  const std::string_view text = moment;
  const std::int64_t days = days_of(number(text.substr(0, 4)), number(text.substr(4, 2)), number(text.substr(6, 2)));
  std::int64_t total = days * 1440 + number(text.substr(8, 2)) * 60 + number(text.substr(10, 2)) + minutes;
  if (total < 0) total = 0;
  const auto in_day = total % 1440;
  return date_of(total / 1440) + std::to_string(10'000 + in_day / 60 * 100 + in_day % 60).substr(1) +
         std::string(text.substr(12));
}

struct Moment {
  Interval interval;
  std::optional<int> offset;  // DT: minutes east of UTC
};

/// YYYY[MM[DD[HH[MM[SS[.F]]]]]][&ZZXX]
std::optional<Moment> date_time(std::string_view text) {
  Moment out;
  const auto sign = text.find_first_of("+-");
  if (sign != std::string_view::npos) {
    const auto zone = text.substr(sign + 1);
    if (zone.size() != 4 || !is_digits(zone) || !in(zone.substr(2), 0, 59)) return std::nullopt;
    const int minutes = number(zone.substr(0, 2)) * 60 + number(zone.substr(2));
    if (minutes > (text[sign] == '-' ? 720 : 840)) return std::nullopt;  // PS3.5 6.2: -1200 to +1400
    out.offset = text[sign] == '-' ? -minutes : minutes;
    text = text.substr(0, sign);
  }
  const auto date = date_interval(text.substr(0, 8));
  if (!date) return std::nullopt;
  if (text.size() <= 8) {
    out.interval = {date->low + "000000000000", date->high + "235959999999"};
    return out;
  }
  const auto time = time_interval(text.substr(8));
  if (!time) return std::nullopt;
  out.interval = {date->low + time->low, date->high + time->high};
  return out;
}

/// Old forms of ACR-NEMA, still to be read (PS3.5 6.2): YYYY.MM.DD and HH:MM:SS.
std::string without(std::string_view text, char separator) {
  std::string out(text);
  std::erase(out, separator);
  return out;
}

std::optional<Moment> moment_of(Vr vr, std::string_view text) {
  text = trim(text);
  if (vr == Vr::DT) return date_time(text);
  std::optional<Interval> interval;
  if (vr == Vr::DA) {
    const bool old = text.size() == 10 && text[4] == '.' && text[7] == '.';
    const auto plain = old ? without(text, '.') : std::string(text);
    if (plain.size() == 8) interval = date_interval(plain);
  } else {
    const bool old = text.size() >= 5 && text[2] == ':';
    interval = time_interval(old ? without(text, ':') : std::string(text));
  }
  if (!interval) return std::nullopt;
  return Moment{*interval, std::nullopt};
}

struct Range {
  std::optional<Moment> from;
  std::optional<Moment> to;
};

/// "a-b", "a-" or "-b"; for DT a hyphen may also begin an offset, which wins where it can be one (PS3.5 6.2).
std::optional<Range> range_of(Vr vr, std::string_view key) {
  key = trim(key);
  if (key.size() < 2 || moment_of(vr, key)) return std::nullopt;
  for (std::size_t at = key.find('-'); at != std::string_view::npos; at = key.find('-', at + 1)) {
    const auto left = key.substr(0, at);
    const auto right = key.substr(at + 1);
    Range range{moment_of(vr, left), moment_of(vr, right)};
    if ((left.empty() || range.from) && (right.empty() || range.to) && (range.from || range.to)) return range;
  }
  return std::nullopt;
}

/// In UTC; what does not say its offset is in UTC already (PS3.4 C.2.2.2.1.3 note 1, C.2.2.2.5.3 d).
std::string low_of(const Moment& moment) {
  return moment.offset.value_or(0) != 0 ? moved(moment.interval.low, -*moment.offset) : moment.interval.low;
}
std::string high_of(const Moment& moment) {
  return moment.offset.value_or(0) != 0 ? moved(moment.interval.high, -*moment.offset) : moment.interval.high;
}

bool within(const std::optional<Moment>& from, const std::optional<Moment>& to, const Moment& value) {
  const auto at = low_of(value);
  return (!from || at >= low_of(*from)) && (!to || at <= high_of(*to));
}

bool match_moment(Vr vr, std::string_view key, std::string_view value) {
  const auto stored = moment_of(vr, value);
  if (!stored) return trim(key) == trim(value) && !trim(value).empty();
  if (const auto range = range_of(vr, key)) return within(range->from, range->to, *stored);
  const auto one = moment_of(vr, key);
  return one && within(one, one, *stored);
}

// Text ----------------------------------------------------------------------------------------------------------------
bool equal_text(std::string_view key, std::string_view value, bool ignore_case) {
  return code_points(key, ignore_case) == code_points(value, ignore_case);
}

/// Trailing empty components of each group and trailing empty groups mean nothing (PS3.5 6.2.1.1).
std::string without_empty_tails(std::string_view name) {
  const auto cut = [](std::string_view text, std::string_view tail) {
    const auto last = text.find_last_not_of(tail);
    return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
  };
  std::string out;
  while (true) {
    const auto end = name.find('=');
    out += cut(name.substr(0, end), "^ ");
    if (end == std::string_view::npos) return std::string(cut(out, "="));
    out += '=';
    name.remove_prefix(end + 1);
  }
}

bool match_one_name(std::string_view key, std::string_view value, bool wild, bool ignore_case) {
  if (!wild) return equal_text(without_empty_tails(key), without_empty_tails(value), ignore_case);
  return wildcard_match(key, value, ignore_case) || wildcard_match(key, without_empty_tails(value), ignore_case);
}

bool match_name(std::string_view key, std::string_view value, bool wild, bool ignore_case) {
  if (match_one_name(key, value, wild, ignore_case)) return true;
  if (key.find('=') != std::string_view::npos) return false;
  // A key of one component group is looked for in each group of the name: alphabetic, ideographic, phonetic.
  while (true) {
    const auto end = value.find('=');
    if (match_one_name(key, value.substr(0, end), wild, ignore_case)) return true;
    if (end == std::string_view::npos) return false;
    value.remove_prefix(end + 1);
  }
}

bool equal_number(std::string_view key, std::string_view value) {
  if (key == value) return true;
  double left = 0;
  double right = 0;
  const auto read = [](std::string_view text, double& out) {
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
  };
  return read(key, left) && read(value, right) && left == right;
}

bool match_one(Vr vr, MatchType type, std::string_view key, std::string_view value, const MatchOptions& options) {
  if (vr == Vr::PN) return match_name(key, value, type == MatchType::wildcard, options.names_ignore_case);
  if (type == MatchType::wildcard) return wildcard_match(key, value);
  if (vr == Vr::IS || vr == Vr::DS) return equal_number(key, value);
  return key == value;
}

/// Calls `visit` for each value between backslashes until it says true.
template <typename Visit>
bool any_value(Vr vr, std::string_view values, Visit&& visit) {
  while (true) {
    const auto end = values.find('\\');
    if (visit(trim(vr, values.substr(0, end)))) return true;
    if (end == std::string_view::npos) return false;
    values.remove_prefix(end + 1);
  }
}

bool match_sequence(const dataset::Level& identifier, Tag tag, const dataset::Level& attributes,
                    const CharacterSets& sets, const MatchOptions& options) {
  const auto keys = identifier.items(tag);
  if (keys.empty()) return true;  // universal
  const auto items = attributes.items(tag);
  if (items.empty() && options.unknown_matches) return true;
  const auto matches = [&](const dataset::Level& item) { return match_item(keys.front(), item, sets, options); };
  if (std::ranges::any_of(items, matches)) return true;
  // Keys that are all universal match where there is no item at all.
  static const dataset::DataSet nothing;
  return items.empty() && matches(nothing.root());
}

/// Characters beyond the default repertoire: bytes with the high bit, or switched to by an escape sequence.
bool is_plain(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<std::uint8_t>(c) >= 0x80 || c == '\x1b'; });
}

}  // namespace

MatchType match_type(Vr vr, std::string_view key) {
  key = trim(key);
  if (vr == Vr::SQ) return MatchType::sequence;
  if (key.empty()) return MatchType::universal;
  if (vr == Vr::UI) return key.find('\\') == std::string_view::npos ? MatchType::single : MatchType::uid_list;
  if (is_moment(vr)) return range_of(vr, key) ? MatchType::range : MatchType::single;
  if (allows_wildcards(vr) && key.find_first_of("*?") != std::string_view::npos) return MatchType::wildcard;
  return MatchType::single;
}

bool match_value(Vr vr, std::string_view key, std::string_view value, const MatchOptions& options) {
  const auto type = match_type(vr, key);
  if (options.unknown_matches && trim(value).empty()) return true;
  key = trim(vr, key);
  switch (type) {
    case MatchType::universal:
    case MatchType::sequence: return true;
    case MatchType::uid_list:
      return any_value(vr, value, [&](std::string_view one) {
        return !one.empty() && any_value(vr, key, [&](std::string_view wanted) { return wanted == one; });
      });
    case MatchType::single:
    case MatchType::wildcard:
    case MatchType::range: break;
  }
  if (is_moment(vr)) return any_value(vr, value, [&](std::string_view one) { return match_moment(vr, key, one); });
  if (is_single_text(vr)) return match_one(vr, type, key, trim(vr, value), options);
  // Several values in a key that is no UID mean nothing (PS3.4 C.2.2.2.8): such a key equals the whole value or none.
  if (key.find('\\') != std::string_view::npos) return match_one(vr, type, key, trim(vr, value), options);
  return any_value(vr, value, [&](std::string_view one) { return match_one(vr, type, key, one, options); });
}

bool match_item(const dataset::Level& keys, const dataset::Level& item, const CharacterSets& sets,
                const MatchOptions& options) {
  return std::ranges::all_of(keys.elements(),
                             [&](const dataset::Node* key) { return match_key(keys, *key, item, sets, options); });
}

bool match_key(const dataset::Level& identifier, const dataset::Node& key, const dataset::Level& attributes,
               const CharacterSets& sets, const MatchOptions& options) {
  const auto vr = matching_vr(key);
  if (vr == Vr::SQ || key.kind == dataset::NodeKind::sequence)
    return match_sequence(identifier, key.tag, attributes, sets, options);
  if (key.value.empty()) return true;
  if (!is_text(vr)) {  // binary values: single value matching on the bytes
    const auto* node = attributes.find(key.tag);
    if (node == nullptr || node->value.empty()) return options.unknown_matches;
    return std::ranges::equal(node->value, key.value);
  }
  const auto wanted = identifier.text(key.tag);
  const auto stored = attributes.text(key.tag);
  if (!dataset::uses_character_set(vr) || (is_plain(wanted) && is_plain(stored)))
    return match_value(vr, wanted, stored, options);
  return match_value(vr, to_utf8(wanted, sets.identifier, vr), to_utf8(stored, sets.attributes, vr), options);
}

Vr matching_vr(const dataset::Node& node) {
  const auto* entry = dict::find(node.tag);
  return entry != nullptr ? entry->vr : node.vr;
}

std::string to_utf8(std::string_view text, std::string_view specific_character_set, Vr vr) {
  if (specific_character_set.empty() || is_plain(text)) return std::string(text);
  return dataset::CharacterSets(specific_character_set).text(as_bytes(text), vr);
}

std::optional<Interval> interval_of(Vr vr, std::string_view text) {
  const auto moment = moment_of(vr, text);
  if (!moment) return std::nullopt;
  return Interval{low_of(*moment), high_of(*moment)};
}

bool wildcard_match(std::string_view pattern_text, std::string_view text, bool ignore_case) {
  const auto pattern = code_points(pattern_text, ignore_case);
  const auto value = code_points(text, ignore_case);
  return glob_matches<char32_t>(pattern, value);
}

}  // namespace assay::service
