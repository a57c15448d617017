#include "conformance/expectations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace assay::conformance {
namespace {

std::string_view name_of(ExpectationMode mode) {
  switch (mode) {
    case ExpectationMode::fail: return "fail";
    case ExpectationMode::flaky: return "flaky";
    case ExpectationMode::skip: return "skip";
  }
  return "fail";
}

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// One line cut into words; quoted words may hold blanks, and \" and \\ stand for themselves inside them.
struct LineReader {
  std::string_view line;
  std::size_t at = 0;

  void skip_blanks() {
    while (at < line.size() && blank(line[at])) ++at;
  }
  [[nodiscard]] bool done() const { return at >= line.size() || line[at] == '#'; }
  std::string_view word() {
    const auto start = at;
    while (at < line.size() && !blank(line[at]) && line[at] != '#') ++at;
    return line.substr(start, at - start);
  }
  /// Nothing when the closing quote is missing.
  std::optional<std::string> quoted() {
    std::string out;
    for (++at; at < line.size(); ++at) {
      if (line[at] == '\\' && at + 1 < line.size()) {
        out += line[++at];
      } else if (line[at] == '"') {
        ++at;
        return out;
      } else {
        out += line[at];
      }
    }
    return std::nullopt;
  }
};

std::string evidence_of(const trace::CaseResult& result) {
  std::string text = result.reason + "\n" + result.expected + "\n" + result.actual + "\n" + result.termination_detail;
  for (const auto& t : result.traces)
    for (const auto& f : t.findings)
      if (!f.provoked) text += "\n" + trace::to_line(f);
  return text;
}

bool matches_message(const Expectation& e, const trace::CaseResult& result) {
  if (e.message.empty()) return true;
  std::string pattern = "**";  // a message is no path: its stars cross slashes
  for (const char c : e.message) pattern += c == '*' ? std::string("**") : std::string(1, c);
  return glob_match(pattern + "**", evidence_of(result));
}

bool is_red(const trace::CaseResult& result) { return result.verdict == trace::Verdict::fail; }

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  // Greedy with one backtrack point per kind of star: linear in practice, quadratic at worst, never exponential
  // because a later ** makes every earlier star irrelevant.
  std::size_t p = 0;
  std::size_t t = 0;
  constexpr auto none = std::string_view::npos;
  std::size_t deep_p = none;
  std::size_t deep_t = 0;
  std::size_t flat_p = none;
  std::size_t flat_t = 0;
  while (true) {
    if (p + 1 < pattern.size() && pattern[p] == '*' && pattern[p + 1] == '*') {
      p += 2;
      deep_p = p;
      deep_t = t;
      flat_p = none;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '*') {
      ++p;
      flat_p = p;
      flat_t = t;
      continue;
    }
    if (t == text.size() && p == pattern.size()) return true;
    if (t < text.size() && p < pattern.size() && (pattern[p] == text[t] || (pattern[p] == '?' && text[t] != '/'))) {
      ++p;
      ++t;
      continue;
    }
    if (flat_p != none && flat_t < text.size() && text[flat_t] != '/') {
      p = flat_p;
      t = ++flat_t;
      continue;
    }
    if (deep_p != none && deep_t < text.size()) {
      p = deep_p;
      t = ++deep_t;
      flat_p = none;
      continue;
    }
    return false;
  }
}

const Expectation* Expectations::skips(std::string_view case_id) const {
  for (const auto& e : entries)
    if (e.mode == ExpectationMode::skip && glob_match(e.id, case_id)) return &e;
  return nullptr;
}

std::expected<Expectations, std::string> load_expectations(std::string_view text, std::string_view file_name) {
  Expectations out;
  out.file = std::string(file_name);
  int number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    LineReader reader{line};
    const auto error = [&](std::size_t column, std::string_view what) {
      return std::unexpected(fmt::format("{}:{}:{}: {}", file_name, number, column + 1, what));
    };
    reader.skip_blanks();
    if (reader.done()) continue;
    Expectation e;
    e.line = number;
    const auto mode_at = reader.at;
    const auto mode = reader.word();
    if (mode == "fail") {
      e.mode = ExpectationMode::fail;
    } else if (mode == "flaky") {
      e.mode = ExpectationMode::flaky;
    } else if (mode == "skip") {
      e.mode = ExpectationMode::skip;
    } else {
      return error(mode_at, fmt::format("'{}' is no mode: use fail, flaky or skip", mode));
    }
    reader.skip_blanks();
    if (reader.done())
      return error(reader.at, "the case id is missing; example: fail ps3.8/9.3.2/reserved-* \"text\" # why");
    e.id = std::string(reader.word());
    reader.skip_blanks();
    if (!reader.done()) {
      if (line[reader.at] != '"')
        return error(reader.at, "a message to match stands in double quotes; a reason follows #");
      const auto quote_at = reader.at;
      auto message = reader.quoted();
      if (!message) return error(quote_at, "this quoted message has no closing quote");
      e.message = std::move(*message);
      reader.skip_blanks();
      if (!reader.done()) return error(reader.at, "nothing may follow the message but a # reason");
    }
    if (reader.at < line.size()) {
      auto reason = line.substr(reader.at + 1);
      while (!reason.empty() && blank(reason.front())) reason.remove_prefix(1);
      while (!reason.empty() && blank(reason.back())) reason.remove_suffix(1);
      e.reason = std::string(reason);
    }
    for (const auto& earlier : out.entries)
      if (earlier.id == e.id && earlier.message == e.message)
        return error(mode_at, fmt::format("the same id and message stand in line {} already", earlier.line));
    out.entries.push_back(std::move(e));
  }
  return out;
}

void apply(const Expectations& expectations, trace::RunResult& result, const std::vector<std::string>& all_case_ids) {
  for (const auto& e : expectations.entries) {
    const auto entry = fmt::format("{}:{}: {} {}", expectations.file, e.line, name_of(e.mode), e.id);
    const bool named =
        std::any_of(all_case_ids.begin(), all_case_ids.end(), [&](const auto& id) { return glob_match(e.id, id); });
    if (!named) {
      result.stale_expectations.push_back(entry + " names no case");
      continue;
    }
    if (e.mode == ExpectationMode::skip) continue;
    bool ran = false;
    bool happened = false;
    bool other_message = false;
    for (auto& c : result.cases) {
      if (!glob_match(e.id, c.id)) continue;
      // What could not be judged says nothing about the entry, in either direction.
      if (c.verdict == trace::Verdict::inconclusive || c.verdict == trace::Verdict::skipped ||
          c.verdict == trace::Verdict::error)
        continue;
      ran = true;
      if (!is_red(c)) continue;
      if (!matches_message(e, c)) {
        other_message = true;
        if (!c.expected_deviation)  // by another entry
          c.expectation_note = fmt::format("{} lists this case, but with another message: \"{}\"", entry, e.message);
        continue;
      }
      happened = true;
      c.expected_deviation = true;
      c.expectation_note = e.reason.empty() ? entry : fmt::format("{} ({})", e.reason, entry);
    }
    if (e.mode == ExpectationMode::fail && ran && !happened)
      result.stale_expectations.push_back(entry +
                                          (other_message ? " fails, but with another message" : " no longer fails"));
  }
}

std::string write_expectations(const trace::RunResult& result) {
  std::string out = "# Known deviations: MODE (fail, flaky, skip)  CASE-ID  \"MESSAGE\"  # reason\n";
  if (!result.target.empty())
    out += fmt::format("# made from a run against {} on {}; say after each # why it is accepted\n", result.target,
                       result.started);
  std::set<std::pair<std::string, std::string>> written;  // a case that was run twice may fail in two ways
  for (const auto& c : result.cases) {
    if (!is_red(c)) continue;
    // Offsets and PDU numbers shift with every version string: a rule's id is what lasts.
    auto message = c.deciding_rule.empty() ? c.reason.substr(0, c.reason.find('\n')) : c.deciding_rule;
    std::string quoted;
    for (const char ch : message) {
      if (ch == '*' || ch == '?') {
        quoted += '?';  // a glob's own signs match themselves as one character
        continue;
      }
      if (ch == '"' || ch == '\\') quoted += '\\';
      quoted += ch;
    }
    if (!written.emplace(c.id, quoted).second) continue;
    out += fmt::format("fail  {}  \"{}\"  # {}\n", c.id, quoted,
                       c.expectation_note.empty() ? "not yet explained" : c.expectation_note);
  }
  return out;
}

}  // namespace assay::conformance
