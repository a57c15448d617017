#include "harness/scenario/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "harness/base/glob.hpp"
#include "harness/base/hex.hpp"
#include "harness/dict/dict.hpp"

namespace assay::scenario {
namespace {

constexpr std::array<std::string_view, 7> wait_names{"dul-timeout",     "dimse-timeout",   "artim", "device-timeout",
                                                     "connect-timeout", "operate-timeout", "settle"};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool only(std::string_view text, std::string_view punctuation) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_letter(c) || is_digit(c) || punctuation.find(c) != std::string_view::npos;
  });
}

bool one_of(std::string_view text, std::string_view choices) {
  while (!choices.empty()) {
    const auto bar = choices.find('|');
    if (text == choices.substr(0, bar)) return true;
    choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 1);
  }
  return false;
}

template <typename Predicate>
bool any_alternative(std::string_view pattern, Predicate predicate) {
  for (;;) {
    const auto bar = pattern.find('|');
    if (predicate(pattern.substr(0, bar))) return true;
    if (bar == std::string_view::npos) return false;
    pattern = pattern.substr(bar + 1);
  }
}

template <typename Read>
bool is_number_pattern(std::string_view pattern, Read read) {
  return !pattern.empty() && !any_alternative(pattern, [&](std::string_view one) {
    if (one.starts_with('!')) one.remove_prefix(1);
    if (one == "present" || one == "absent" || one == "*") return false;
    const auto dots = one.find("..");
    if (dots == std::string_view::npos) return !read(one);
    return !read(one.substr(0, dots)) || !read(one.substr(dots + 2));
  });
}

std::optional<std::uint64_t> unsigned_from(std::string_view text) {
  const auto value = number_from(text);
  if (!value || *value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::optional<std::uint64_t> wide_status_from(std::string_view text) {
  const auto value = status_from(text);
  return value ? std::optional<std::uint64_t>(*value) : std::nullopt;
}

template <typename Read>
bool matches_integer(std::string_view pattern, std::optional<std::uint64_t> value, Read read) {
  // "!a|b" refuses each of the list.
  if (pattern.starts_with('!')) return !matches_integer(pattern.substr(1), value, read);
  return any_alternative(pattern, [&](std::string_view one) {
    if (one == "absent") return !value;
    if (!value) return false;
    if (one == "present" || one == "*") return true;
    const auto dots = one.find("..");
    if (dots == std::string_view::npos) return read(one) == value;
    const auto low = read(one.substr(0, dots));
    const auto high = read(one.substr(dots + 2));
    return low && high && *low <= *value && *value <= *high;
  });
}

template <typename Equal>
bool matches_string(std::string_view pattern, std::optional<std::string_view> value, Equal equal) {
  if (pattern.starts_with('!')) return !matches_string(pattern.substr(1), value, equal);
  return any_alternative(pattern, [&](std::string_view one) {
    if (one == "absent") return !value;
    if (!value) return false;
    if (one == "present") return true;
    return equal(one, *value);
  });
}

bool is_uid(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; }) ||
         dict::find_uid_keyword(text) != nullptr;
}

struct TypeText {
  std::string_view name;
  std::string_view description;
  std::string_view pattern;  // XSD; empty = free text
};

// In the order of ValueType.
constexpr auto type_texts = std::to_array<TypeText>({
    {"text", "text", ""},
    {"name", "a name (letters, digits, . _ -)", "[A-Za-z0-9._\\-]+"},
    {"names", "names split by blanks", "\\s*[A-Za-z0-9._\\-]+(\\s+[A-Za-z0-9._\\-]+)*\\s*"},
    {"case-id", "an address such as ps3.8/9.3.4/unknown-called-ae", "[a-z0-9.]+(/[A-Za-z0-9._\\-]+){2,}"},
    {"case-ids", "addresses split by blanks",
     "\\s*[a-z0-9.]+(/[A-Za-z0-9._\\-]+){2,}(\\s+[a-z0-9.]+(/[A-Za-z0-9._\\-]+){2,})*\\s*"},
    {"part", "a part of the standard such as PS3.8", "PS3\\.[0-9]+"},
    {"section", "a section such as 9.3.4 or C.4.1.3", "[A-Z0-9][A-Za-z0-9.\\-]*"},
    {"number", "a number such as 16 or 0x10", "[0-9]+|0[xX][0-9A-Fa-f]+"},
    {"signed-number", "a number such as 16, -1 or 0x10", "-?[0-9]+|0[xX][0-9A-Fa-f]+"},
    {"number-or-absent", "a number such as 16 or 0x10, or absent", "[0-9]+|0[xX][0-9A-Fa-f]+|absent"},
    {"port", "a port number from 0 to 65535", "[0-9]{1,5}"},
    {"hex", "hex digits in pairs", "[0-9A-Fa-f\\s]*"},
    {"duration",
     "a time such as 500ms, 2s or 1m, or one of dul-timeout, dimse-timeout, artim, device-timeout, connect-timeout, "
     "operate-timeout, settle",
     "[0-9]+(\\.[0-9]+)?(ms|s|m)|dul-timeout|dimse-timeout|artim|device-timeout|connect-timeout|operate-timeout|"
     "settle"},
    {"yes-no", "yes or no", "yes|no"},
    {"role", "requestor or acceptor", "requestor|acceptor"},
    {"level", "shall, should, may or statement", "shall|should|may|statement"},
    {"combine", "rows, pairwise or full", "rows|pairwise|full"},
    {"how", "fin, rst or any", "fin|rst|any"},
    {"side", "us or peer", "us|peer"},
    {"packing", "separate or together", "separate|together"},
    {"tolerated", "warning or pass", "warning|pass"},
    {"stray", "fail or ignore", "fail|ignore"},
    {"present-absent", "present or absent", "present|absent"},
    {"synthetic", "CT, MR, SC, US or CR", "CT|MR|SC|US|CR"},
    {"split", "segment lengths such as 1 or 5,7", "[1-9][0-9]*(,[1-9][0-9]*)*"},
    {"uid", "a UID or a keyword of PS3.6", "[A-Za-z0-9.]*"},
    {"uids", "UIDs or keywords of PS3.6 split by blanks", "[A-Za-z0-9.\\s]*"},
    {"uid-or-absent", "a UID, a keyword of PS3.6, or absent", "[A-Za-z0-9.]*"},
    {"status", "a status in hex such as A700", "(0[xX])?[0-9A-Fa-f]{1,4}"},
    {"tag", "a tag (0010,0020) or a keyword of PS3.6",
     "\\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\\)|[0-9A-Fa-f]{8}|[A-Z][A-Za-z0-9]*"},
    {"vr", "a Value Representation of two letters", "[A-Z]{2}"},
    {"path", "an address such as presentation-context[2]/id", ""},
    {"address", "letters, digits and . _ - : / *", "[A-Za-z0-9._\\-:/*]+"},
    {"assignment", "name=value", "[A-Za-z0-9._\\-]+=.+"},
    {"number-match", "a number, 1|3, 1..4, !7, present or absent",
     "!?([0-9xXA-Fa-f]+(\\.\\.[0-9xXA-Fa-f]+)?|present|absent|\\*)(\\|([0-9xXA-Fa-f]+(\\.\\.[0-9xXA-Fa-f]+)?|present|"
     "absent))*"},
    {"status-match", "a status in hex, A700..A7FF, FF00|FF01, !0000, present or absent",
     "!?([0-9xXA-Fa-f]+(\\.\\.[0-9xXA-Fa-f]+)?|present|absent|\\*)(\\|([0-9xXA-Fa-f]+(\\.\\.[0-9xXA-Fa-f]+)?|present|"
     "absent))*"},
    {"text-match", "text, a|b, a pattern with * and ?, !text, present or absent", ""},
    {"uid-match", "a UID or keyword, a|b, a pattern with * and ?, !uid, present or absent", "[A-Za-z0-9.|!*?]*"},
    {"status-class", "success, warning, failure, cancel or pending, split by |",
     "(success|warning|failure|cancel|pending)(\\|(success|warning|failure|cancel|pending))*"},
    {"acceptance", "all or none", "all|none"},
    {"answer-order", "same or reversed", "same|reversed"},
    {"tls-mode", "yes, no or later", "yes|no|later"},
    {"tls-version", "1.0, 1.1, 1.2 or 1.3", "1[.][0-3]"},
    {"certificate", "own, none, expired, not-yet-valid, wrong-host, self-signed or unknown-issuer",
     "own|none|expired|not-yet-valid|wrong-host|self-signed|unknown-issuer"},
    {"context", "a presentation context id or an abstract syntax (UID or keyword)", "[A-Za-z0-9.]+"},
});
static_assert(type_texts.size() == static_cast<std::size_t>(ValueType::context) + 1);

const TypeText& texts(ValueType type) { return type_texts[static_cast<std::size_t>(type)]; }

bool is_case_id(std::string_view text) {
  return std::ranges::count(text, '/') >= 2 && only(text, "./_-") && text.front() != '/' && text.back() != '/' &&
         text.find("//") == std::string_view::npos;
}

template <typename Check>
bool each_word(std::string_view text, Check check) {
  const auto words = words_of(text);
  return !words.empty() && std::ranges::all_of(words, check);
}

bool fits(ValueType type, std::string_view form) {
  using enum ValueType;
  switch (type) {
    case ValueType::text:
    case path:
    case text_match: return true;
    case name: return only(form, "._-");
    case names: return each_word(form, [](std::string_view word) { return only(word, "._-"); });
    case case_id: return is_case_id(form);
    case case_ids: return each_word(form, is_case_id);
    case part: return form.starts_with("PS3.") && form.size() > 4 && std::ranges::all_of(form.substr(4), is_digit);
    case section: return only(form, ".-") && (is_digit(form.front()) || (form.front() >= 'A' && form.front() <= 'Z'));
    case number: return unsigned_from(form).has_value();
    case signed_number: return number_from(form).has_value();
    case number_or_absent: return form == "absent" || unsigned_from(form).has_value();
    case port: return unsigned_from(form).value_or(65536) <= 65535;
    case hex: return from_hex(form).has_value();
    case duration: return is_wait_name(form) || duration_from(form).has_value();
    case yes_no:
    case role:
    case level:
    case combine:
    case how:
    case side:
    case packing:
    case tolerated:
    case stray:
    case present_absent:
    case acceptance:
    case answer_order:
    case tls_mode:
    case certificate:
    case synthetic: return one_of(form, texts(type).pattern);
    case tls_version: return one_of(form, "1.0|1.1|1.2|1.3");
    case split: {
      bool ok = !form.empty();
      while (ok && !form.empty()) {
        const auto comma = form.find(',');
        const auto value = unsigned_from(form.substr(0, comma));
        ok = value && *value > 0 && *value <= 0xffffffffU;
        if (comma == std::string_view::npos) break;
        form = form.substr(comma + 1);
        ok = ok && !form.empty();
      }
      return ok;
    }
    case uid: return is_uid(form);
    case uids: return std::ranges::all_of(words_of(form), is_uid);
    case uid_or_absent: return form == "absent" || is_uid(form);
    case status: return status_from(form).has_value();
    case tag: return dict::tag_of(form).has_value();
    case vr: return form.size() == 2 && vr_from(form) != Vr::none;
    case address: return only(form, "._-:/*");
    case assignment: {
      const auto equals = form.find('=');
      return equals != std::string_view::npos && equals + 1 < form.size() && only(form.substr(0, equals), "._-");
    }
    case number_match: return is_number_pattern(form, unsigned_from);
    case status_match: return is_number_pattern(form, wide_status_from);
    case uid_match:
      return !any_alternative(form, [](std::string_view one) {
        if (one.starts_with('!')) one.remove_prefix(1);
        return one != "present" && one != "absent" && one.find_first_of("*?") == std::string_view::npos && !is_uid(one);
      });
    case status_class:
      return !any_alternative(
          form, [](std::string_view one) { return !one_of(one, "success|warning|failure|cancel|pending"); });
    case context: {
      if (const auto id = unsigned_from(form)) return *id <= 255;
      return !form.empty() && is_uid(form);
    }
  }
  return false;
}

}  // namespace

std::optional<std::int64_t> number_from(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  std::int64_t value = 0;
  if (text.empty() || !is_hex_digit(text.front())) return std::nullopt;
  const auto* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value, base);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  return negative ? -value : value;
}

std::optional<std::uint16_t> status_from(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.empty() || text.size() > 4 || !std::ranges::all_of(text, is_hex_digit)) return std::nullopt;
  std::uint16_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

bool is_wait_name(std::string_view text) { return std::ranges::find(wait_names, text) != wait_names.end(); }

std::optional<Duration> duration_from(std::string_view text, const std::map<std::string, Duration>& waits) {
  if (const auto named = waits.find(std::string(text)); named != waits.end()) return named->second;
  const auto unit_at = text.find_first_not_of("0123456789.");
  if (unit_at == std::string_view::npos || unit_at == 0 || unit_at > 12) return std::nullopt;
  const auto unit = text.substr(unit_at);
  std::int64_t nanoseconds = 0;
  if (unit == "ms") {
    nanoseconds = 1'000'000;
  } else if (unit == "s") {
    nanoseconds = 1'000'000'000;
  } else if (unit == "m") {
    nanoseconds = 60'000'000'000;
  } else {
    return std::nullopt;
  }
  // A day is longer than any wait of a test.
  constexpr std::int64_t day = 86'400'000'000'000;
  const auto point = text.substr(0, unit_at).find('.');
  const auto whole = number_from(text.substr(0, std::min(point, unit_at)));
  if (!whole || *whole > day / nanoseconds) return std::nullopt;
  std::int64_t value = *whole * nanoseconds;
  if (point != std::string_view::npos) {
    const auto digits = text.substr(point + 1, unit_at - point - 1);
    if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
    std::int64_t scale = nanoseconds;
    for (const char digit : digits) {
      scale /= 10;
      value += (digit - '0') * scale;
    }
  }
  return Duration(value);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && is_blank(text[at])) ++at;
    const auto first = at;
    while (at < text.size() && !is_blank(text[at])) ++at;
    if (at > first) words.push_back(text.substr(first, at - first));
  }
  return words;
}

std::vector<std::string_view> variables_in(std::string_view text) {
  std::vector<std::string_view> names;
  for (auto at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    const auto close = text.find('}', at);
    names.push_back(close == std::string_view::npos ? std::string_view{} : text.substr(at + 2, close - at - 2));
  }
  return names;
}

std::string substitute(std::string_view text, const Lookup& lookup) {
  std::string out;
  for (;;) {
    const auto open = text.find("${");
    const auto close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, open));
    if (const auto value = lookup(text.substr(open + 2, close - open - 2))) {
      out.append(*value);
    } else {
      out.append(text.substr(open, close + 1 - open));
    }
    text = text.substr(close + 1);
  }
}

std::optional<std::string> problem_with(ValueType type, std::string_view text) {
  if (fits(type, text)) return std::nullopt;
  const auto shown = text.size() > 60 ? printable(text.substr(0, 60)) + "..." : printable(text);
  return "'" + shown + "' is not " + std::string(describe(type));
}

std::string_view pattern_of(ValueType type) { return texts(type).pattern; }
std::string_view name_of(ValueType type) { return texts(type).name; }
std::string_view describe(ValueType type) { return texts(type).description; }

bool matches_number(std::string_view pattern, std::optional<std::uint64_t> value) {
  return matches_integer(pattern, value, unsigned_from);
}

bool matches_status(std::string_view pattern, std::optional<std::uint16_t> value) {
  return matches_integer(pattern, value ? std::optional<std::uint64_t>(*value) : std::nullopt, wide_status_from);
}

bool matches_text(std::string_view pattern, std::optional<std::string_view> value) {
  return matches_string(pattern, value, [](std::string_view one, std::string_view text) { return glob(one, text); });
}

bool matches_uid(std::string_view pattern, std::optional<std::string_view> value) {
  return matches_string(pattern, value, [](std::string_view one, std::string_view text) {
    return text == uid_value(one) || glob(one, text);
  });
}

bool glob(std::string_view pattern, std::string_view text) { return glob_matches(pattern, text); }

std::string uid_value(std::string_view text) {
  const auto uid = dict::uid_of(text);
  return std::string(uid.empty() ? text : uid);
}

}  // namespace assay::scenario
