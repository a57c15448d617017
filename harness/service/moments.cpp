// Dates and times that are matched together. Tests: tests/unit/service/worklist_test.cpp, query_test.cpp
#include <algorithm>

#include "harness/service/matching.hpp"

namespace assay::service {
namespace {

bool is_range(Vr vr, std::string_view key) { return match_type(vr, key) == MatchType::range; }

/// The end of a range: before the hyphen or behind it, without blanks.
std::string_view end_of(std::string_view range, bool first) {
  const auto hyphen = range.find('-');
  auto part = first ? range.substr(0, hyphen) : range.substr(hyphen + 1);
  while (part.starts_with(' ')) part.remove_prefix(1);
  while (part.ends_with(' ')) part.remove_suffix(1);
  return part;
}

/// "20260705-20260707" and "1000-1800" are the period from July 5, 10:00 to July 7, 18:00 (PS3.4 Table K.6-1). A time
/// without a date at its end of the range says nothing.
std::string moments(std::string_view dates, std::string_view times) {
  const auto joined = [&](bool first) {
    const std::string date(end_of(dates, first));
    return date.empty() ? date : date + std::string(end_of(times, first));
  };
  return joined(true) + "-" + joined(false);
}

/// Digits alone, as a DT is written: "10:00" of ACR-NEMA and "1000" are the same time.
std::string plain(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == ':' || c == ' '; });
  return out;
}

}  // namespace

std::optional<MomentKey> moment_key(const dataset::Level& identifier, Tag date, Tag time) {
  const auto dates = identifier.text(date);
  const auto times = identifier.text(time);
  if (!is_range(Vr::DA, dates) || !is_range(Vr::TM, times)) return std::nullopt;
  return MomentKey{date, time, moments(dates, plain(times))};
}

bool match_moment(const MomentKey& key, const dataset::Level& attributes, const MatchOptions& options) {
  const auto date = attributes.text(key.date);
  return !date.empty() && match_value(Vr::DT, key.range, std::string(date) + plain(attributes.text(key.time)), options);
}

}  // namespace assay::service
