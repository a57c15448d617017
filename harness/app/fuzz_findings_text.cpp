// Findings as a table, as JSON, as SARIF and as JUnit.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "fuzz/findings/process_report.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/fuzz_findings.hpp"
#include "harness/version.hpp"
#include "reports/reports.hpp"

namespace assay::app {
namespace {

using fuzz::Severity;

/// As code scanners understand severities: 9 and more is critical, 7 high, 4 medium.
double score(Severity severity) {
  constexpr std::array scores{3.0, 5.0, 8.0, 9.5};
  return scores[static_cast<std::size_t>(severity)];
}

std::string_view level(Severity severity) {
  if (severity >= Severity::high) return "error";
  return severity == Severity::medium ? "warning" : "note";
}

std::string coloured(std::string_view text, Severity severity, bool colour) {
  if (!colour || severity < Severity::medium) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", severity >= Severity::high ? "31" : "33", text);
}

/// "fuzz/sanitizer/heap-buffer-overflow-write".
std::string rule_of(const fuzz::Finding& finding) {
  std::string words;
  for (const char c : finding.detail.substr(0, 60)) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '.';
    if (plain) {
      words += c;
    } else if (!words.empty() && words.back() != '-') {
      words += '-';
    }
  }
  while (words.ends_with('-')) words.pop_back();
  return fmt::format("fuzz/{}{}{}", fuzz::name(finding.kind), words.empty() ? "" : "/", words);
}

}  // namespace

std::string findings_table(const std::vector<StoredFinding>& findings, bool colour) {
  std::string out;
  std::array<std::size_t, 4> counts{};
  for (const auto& [folder, finding] : findings) {
    ++counts[static_cast<std::size_t>(finding.severity)];
    out += fmt::format("{}  {}  {}{}{}\n",
                       coloured(fmt::format("{:<8}", fuzz::name(finding.severity)), finding.severity, colour),
                       finding.id(), fuzz::safe_line(finding.title()),
                       finding.times > 1 ? fmt::format(", {} times", finding.times) : "",
                       finding.reproducible ? "" : ", did not come again");
  }
  if (findings.empty()) return "no findings\n";
  out += counted(findings.size(), "finding") + ":";
  bool first = true;
  for (std::size_t i = counts.size(); i-- > 0;) {
    if (counts[i] == 0) continue;
    out += fmt::format("{} {} {}", std::exchange(first, false) ? "" : ",", counts[i],
                       fuzz::name(static_cast<Severity>(i)));
  }
  return out + "\n";
}

nlohmann::ordered_json findings_json(const std::vector<StoredFinding>& findings) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& [folder, finding] : findings) {
    auto one = fuzz::to_json(finding);
    one["folder"] = folder.string();
    out.push_back(std::move(one));
  }
  return out;
}

std::string findings_sarif(const std::vector<StoredFinding>& findings, const std::vector<std::string>& fresh,
                           const std::string& command_line) {
  std::vector<reports::SarifResult> results;
  for (const auto& [folder, finding] : findings) {
    reports::SarifResult one;
    one.rule = rule_of(finding);
    one.rule_title = fuzz::safe_line(finding.detail.empty() ? std::string(fuzz::name(finding.kind)) : finding.detail);
    one.help = finding.advice;
    one.level = level(finding.severity);
    one.severity = score(finding.severity);
    one.message = finding.title();
    if (!finding.happened.empty()) one.message += ". " + finding.happened;
    one.fingerprint = finding.id();
    one.artifact = (folder / finding_input).string();
    one.functions = finding.stack;
    one.properties = {{"subject", finding.subject},
                      {"clause", finding.clause},
                      {"state", finding.state},
                      {"reproduce", finding.reproduce},
                      {"firstSeen", finding.first_seen},
                      {"lastSeen", finding.last_seen},
                      {"times", std::to_string(finding.times)}};
    one.fresh = std::ranges::find(fresh, finding.id()) != fresh.end();
    results.push_back(std::move(one));
  }
  return reports::sarif(results, command_line);
}

std::string findings_junit(const std::vector<StoredFinding>& findings) {
  trace::RunResult result;
  result.assay_version = ASSAY_VERSION;
  for (const auto& [folder, finding] : findings) {
    trace::CaseResult one;
    one.id = "fuzz/" + finding.slug();
    one.title = fuzz::safe_line(finding.title());
    one.verdict = trace::Verdict::fail;
    one.reason = fuzz::safe_line(finding.happened.empty() ? finding.title() : finding.happened, 2000);
    one.advice = finding.advice;
    one.actual = "reproduce: " + finding.reproduce;
    result.cases.push_back(std::move(one));
  }
  return reports::junit_xml(result);
}

}  // namespace assay::app
