// Console text: one block per case as it finishes, and the summary at the end.
#include <fmt/format.h>

#include <map>

#include "reports/categories.hpp"
#include "reports/combinations.hpp"
#include "reports/detail.hpp"
#include "reports/reports.hpp"

namespace assay::reports {
namespace {

using trace::CaseResult;
using trace::Severity;
using trace::Verdict;

struct Paint {
  bool on;
  [[nodiscard]] std::string operator()(std::string_view code, std::string_view text) const {
    return on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
};

std::string_view colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "32";
    case Verdict::warning: return "33";
    case Verdict::fail: return "1;31";
    case Verdict::error: return "1;35";
    case Verdict::inconclusive: return "36";
    case Verdict::skipped: return "90";
  }
  return "0";
}

/// Breaks at blanks so that every line fits; continuation lines start at the same indent.
void wrapped(std::string& out, std::string_view label, std::string_view text, int width) {
  const std::string indent(6 + label.size(), ' ');
  std::string line = "      " + std::string(label);
  std::size_t start = 0;
  while (start < text.size()) {
    auto end = text.find(' ', start);
    if (end == std::string_view::npos) end = text.size();
    const auto word = text.substr(start, end - start);
    if (line.size() + word.size() + 1 > static_cast<std::size_t>(width) && line.size() > indent.size()) {
      out += line + "\n";
      line = indent;
    }
    if (line.size() > indent.size()) line += ' ';
    line += word;
    start = end + 1;
  }
  out += line + "\n";
}

void finding_lines(std::string& out, const CaseResult& result, const Style& style) {
  // The same rule broken many times in one case is said once, with a count.
  std::map<std::string, std::pair<const trace::Finding*, int>> seen;
  std::vector<std::string> order;
  for (const auto& t : result.traces) {
    for (const auto& f : t.findings) {
      if (f.provoked || f.severity == Severity::note) continue;
      auto& slot = seen[f.rule + (f.side == trace::Side::requestor ? "/r" : "/a")];
      if (slot.second++ == 0) {
        slot.first = &f;
        order.push_back(f.rule + (f.side == trace::Side::requestor ? "/r" : "/a"));
      }
    }
  }
  for (const auto& key : order) {
    const auto& [finding, count] = seen[key];
    auto line = trace::to_line(*finding);
    if (count > 1) line += fmt::format(" ({} times)", count);
    wrapped(out, "finding  ", line, style.width);
    if (!finding->advice.empty()) wrapped(out, "  do     ", finding->advice, style.width);
  }
}

bool speaks(const CaseResult& result) { return result.verdict != Verdict::pass && result.verdict != Verdict::skipped; }

}  // namespace

std::string case_lines(const CaseResult& result, const Style& style) {
  const Paint paint{style.colour};
  std::string word = detail::upper(trace::name(result.verdict));
  if (result.expected_deviation) word = "EXPECTED";
  word.resize(13, ' ');
  std::string out =
      fmt::format("{} {}  {}\n", paint(result.expected_deviation ? "90" : colour_of(result.verdict), word), result.id,
                  paint("90", detail::seconds(result.duration)));
  if (result.verdict == Verdict::skipped) {
    if (!result.reason.empty()) wrapped(out, "why      ", result.reason, style.width);
    return out;
  }
  if (result.expected_deviation) {
    wrapped(out, "known    ", result.expectation_note, style.width);
    return out;
  }
  if (!speaks(result)) return out;
  wrapped(out, "title    ", result.title, style.width);
  if (!result.reason.empty()) wrapped(out, "because  ", result.reason, style.width);
  if (!result.expected.empty()) wrapped(out, "expected ", result.expected, style.width);
  if (!result.actual.empty()) wrapped(out, "got      ", result.actual, style.width);
  for (const auto& clause : result.clauses)
    wrapped(out, "clause   ",
            fmt::format("{} {} ({}): {}", clause.part, clause.section, trace::name(clause.level), clause.duty),
            style.width);
  if (result.termination != trace::Termination::none && !result.termination_detail.empty())
    wrapped(out, "ended by ", result.termination_detail, style.width);
  finding_lines(out, result, style);
  if (!result.advice.empty() && result.verdict != Verdict::error) wrapped(out, "advice   ", result.advice, style.width);
  if (!result.expectation_note.empty()) wrapped(out, "note     ", result.expectation_note, style.width);
  return out;
}

std::string summary(const trace::RunResult& result, const Style& style) {
  const Paint paint{style.colour};
  std::string out;
  std::size_t expected = 0;
  for (const auto& c : result.cases) expected += c.expected_deviation ? 1 : 0;
  bool heading = false;
  for (const auto& c : result.cases) {
    if (c.expected_deviation || (c.verdict != Verdict::fail && c.verdict != Verdict::error)) continue;
    if (!heading) out += "\nRed verdicts:\n";
    heading = true;
    out += fmt::format("  {} {}: {}\n", paint(colour_of(c.verdict), detail::upper(trace::name(c.verdict))), c.id,
                       c.reason);
  }
  if (const auto explanations = explain_failures(result.cases); !explanations.empty()) {
    out += "\nWhat failing cases of one table have in common:\n";
    for (const auto& one : explanations) out += "  " + to_text(one) + "\n";
  }
  if (!result.stale_expectations.empty()) {
    out += "\nExpected deviations that did not happen (mend or remove these lines):\n";
    for (const auto& s : result.stale_expectations) out += "  " + s + "\n";
  }
  if (const auto lines = detail::tls_lines(result); !lines.empty()) {
    out += "\n";
    constexpr std::size_t shown = 5;
    for (std::size_t i = 0; i < lines.size() && i < shown; ++i) out += "TLS  " + lines[i] + "\n";
    if (lines.size() > shown) out += fmt::format("TLS  and {} more kinds: see the report\n", lines.size() - shown);
  }
  if (const auto layers = categories(result.cases); layers.size() > 1 && !to_text(layers).empty())
    out += "\nby layer: " + to_text(layers) + "\n";
  out += fmt::format("\n{} in {}: ", detail::counted(result.cases.size(), "verdict"), detail::seconds(result.duration));
  bool first = true;
  for (const auto verdict :
       {Verdict::pass, Verdict::warning, Verdict::fail, Verdict::error, Verdict::inconclusive, Verdict::skipped}) {
    auto count = result.count(verdict);
    if (verdict == Verdict::fail)
      for (const auto& c : result.cases) count -= c.expected_deviation && c.verdict == Verdict::fail ? 1 : 0;
    if (count == 0 && verdict != Verdict::pass && verdict != Verdict::fail) continue;
    if (!first) out += ", ";
    first = false;
    out += count != 0 ? paint(colour_of(verdict), fmt::format("{} {}", count, trace::name(verdict)))
                      : fmt::format("{} {}", count, trace::name(verdict));
  }
  if (expected != 0) out += fmt::format(", {} expected deviation{}", expected, expected == 1 ? "" : "s");
  out += "\n";
  if (result.interrupted)
    out += fmt::format("Interrupted: {} not reached; only what had finished is reported.\n",
                       detail::counted(result.not_reached, "selected verdict"));
  return out;
}

}  // namespace assay::reports
