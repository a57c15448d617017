// A campaign's summary for people at a terminal and for CI: console, JSON, JUnit, SARIF.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/app/finding_folder.hpp"
#include "harness/app/findings.hpp"
#include "harness/app/fuzz_campaign.hpp"
#include "harness/app/fuzz_findings.hpp"
#include "reports/detail.hpp"

namespace assay::app {

namespace {

using fuzz::CampaignSummary;
using fuzz::FindingRow;
using fuzz::Standing;
using nlohmann::ordered_json;
using reports::detail::escape;

constexpr int wide = 34;

std::string coloured_standing(Standing standing, bool colour) {
  const std::string text(fuzz::name(standing));
  if (!colour) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", standing == Standing::fixed ? "32" : "31", text);
}

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

/// What a row of a table cannot say.
std::string lead(const CampaignSummary& s) {
  const auto part = [&](Standing standing) { return fmt::format("{} {}", s.count(standing), fuzz::name(standing)); };
  return fmt::format("{}, {}, {}, {}", part(Standing::fresh), part(Standing::returned), part(Standing::open),
                     part(Standing::fixed));
}

/// The rule that a finding broke, by one word: those of sanitizers are called as elsewhere.
std::string rule_of(const fuzz::Finding& f) {
  const auto word = f.detail.substr(0, f.detail.find(' '));
  const bool plain = !word.empty() && f.kind == fuzz::Kind::sanitizer;
  return plain ? word : fmt::format("dicom/{}", fuzz::name(f.kind));
}

}  // namespace

std::string campaign_text(const CampaignSummary& s, bool colour) {
  std::string out = fmt::format("\n{:<{}}{:>11}{:>9}{:>8}{:>8}{:>8}{:>9}{:>8}\n", "target", wide, "executions",
                                "exec/s", "cov", "change", "corpus", "rounds", "broke");
  for (const auto& t : s.targets) {
    if (!t.trouble.empty()) {
      out += fmt::format("{:<{}}could not be run: {}\n", t.name, wide, first_line(t.trouble));
      continue;
    }
    if (!t.reached()) {
      out += fmt::format("{:<{}}not reached: the time was over before its turn\n", t.name, wide);
      continue;
    }
    out += fmt::format("{:<{}}{:>11}{:>9}{:>8}{:>8}{:>8}{:>9}{:>8}\n", t.name, wide,
                       fuzz::short_count(static_cast<double>(t.now.runs)), fuzz::short_count(t.speed()), t.now.coverage,
                       fuzz::change(t.now.coverage, t.before ? std::optional(t.before->coverage) : std::nullopt),
                       t.corpus, t.rounds, t.crashes);
  }
  if (!s.findings.empty()) out += "\n";
  for (const auto& row : s.findings) {
    out += fmt::format("{}  {}  {}, {} in {}{}\n", coloured_standing(row.standing, colour),
                       fuzz::name(row.finding.severity), row.finding.title(), counted(row.finding.times, "time"),
                       row.folder, row.finding.reproducible ? "" : " (did not come again)");
    if (row.standing != Standing::fixed && !row.finding.reproduce.empty())
      out += fmt::format("    {}\n", row.finding.reproduce);
  }
  for (const auto& text : s.complaints) out += fmt::format("note: {}\n", text);
  out += fmt::format("\nCampaign {} {}: {} of {}, {} executions on {}. Findings: {}.\n", s.number,
                     s.interrupted ? "was interrupted, the same command goes on" : "is over", fuzz::long_time(s.spent),
                     fuzz::long_time(s.wanted), fuzz::short_count(static_cast<double>(s.runs())),
                     counted(s.jobs, "core"), lead(s));
  if (s.could_not_run() != 0) out += fmt::format("{} could not be run.\n", counted(s.could_not_run(), "target"));
  out += fmt::format("Report: {}/report.html\n", s.folder);
  return out;
}

std::string campaign_json(const CampaignSummary& s) {
  auto targets = ordered_json::array();
  for (const auto& t : s.targets) {
    ordered_json one{{"name", t.name},
                     {"program", t.program},
                     {"executions", t.now.runs},
                     {"executions_per_second", t.speed()},
                     {"seconds", t.now.seconds},
                     {"rounds", t.rounds},
                     {"coverage", t.now.coverage},
                     {"features", t.now.features},
                     {"corpus_files", t.corpus},
                     {"broke", t.crashes}};
    if (t.before) one["coverage_before"] = t.before->coverage;
    if (!t.trouble.empty()) one["could_not_run"] = t.trouble;
    targets.push_back(std::move(one));
  }
  auto findings = ordered_json::array();
  for (const auto& row : s.findings) {
    auto one = fuzz::to_json(row.finding);
    one.erase("report");  // it lies in the finding's folder
    one["id"] = row.finding.id();
    one["standing"] = fuzz::name(row.standing);
    one["folder"] = row.folder;
    findings.push_back(std::move(one));
  }
  return json_text({{"campaign", s.number},
                    {"title", s.title},
                    {"folder", s.folder},
                    {"assay", s.version},
                    {"command", s.command},
                    {"started", s.started},
                    {"ended", s.ended},
                    {"seconds_wanted", s.wanted},
                    {"seconds", s.spent},
                    {"jobs", s.jobs},
                    {"interrupted", s.interrupted},
                    {"exit_code", s.exit_code()},
                    {"executions", s.runs()},
                    {"new", s.count(Standing::fresh)},
                    {"returned", s.count(Standing::returned)},
                    {"open", s.count(Standing::open)},
                    {"fixed", s.count(Standing::fixed)},
                    {"targets", targets},
                    {"findings", findings},
                    {"notes", s.complaints}});
}

std::string campaign_junit(const CampaignSummary& s) {
  // A case for each target that ran, one for each finding.
  std::size_t skipped = 0;
  for (const auto& t : s.targets) skipped += t.trouble.empty() && !t.reached() ? 1 : 0;
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"assay fuzz\" tests=\"{0}\" failures=\"{1}\" "
      "errors=\"{2}\" skipped=\"{3}\" time=\"{4:.3f}\">\n  <testsuite name=\"campaign\" tests=\"{0}\" "
      "failures=\"{1}\" errors=\"{2}\" skipped=\"{3}\" time=\"{4:.3f}\">\n",
      s.targets.size() + s.findings.size(), s.unfixed(), s.could_not_run(), skipped, s.spent);
  for (const auto& t : s.targets) {
    out +=
        fmt::format("    <testcase name=\"{}\" classname=\"targets\" time=\"{:.3f}\"", escape(t.name), t.now.seconds);
    if (!t.trouble.empty())
      out +=
          fmt::format(">\n      <error message=\"could not be run\">{}</error>\n    </testcase>\n", escape(t.trouble));
    else if (!t.reached())
      out += ">\n      <skipped message=\"not reached: the time was over before its turn\"/>\n    </testcase>\n";
    else
      out += "/>\n";
  }
  for (const auto& row : s.findings) {
    out += fmt::format("    <testcase name=\"{} {}\" classname=\"findings.{}\"", row.finding.id(),
                       escape(row.finding.title()), escape(row.finding.subject));
    if (row.standing == Standing::fixed)
      out += "/>\n";
    else
      out += fmt::format(">\n      <failure message=\"{}: {}\" type=\"{}\">{}</failure>\n    </testcase>\n",
                         fuzz::name(row.standing), escape(row.finding.title()), escape(rule_of(row.finding)),
                         escape(fuzz::to_text(row.finding)));
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

std::string campaign_sarif(const CampaignSummary& s) {
  std::vector<StoredFinding> findings;
  std::vector<std::string> fresh;
  for (const auto& row : s.findings) {
    if (row.standing == Standing::fixed) continue;  // what is not listed is gone: so code scanners see it
    findings.push_back({row.folder, row.finding});
    if (row.standing != Standing::open) fresh.push_back(row.finding.id());
  }
  return findings_sarif(findings, fresh, s.command);
}

}  // namespace assay::app
