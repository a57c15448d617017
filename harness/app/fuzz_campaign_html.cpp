// A campaign's summary as one self-contained page.
#include <fmt/format.h>

#include <algorithm>

#include "harness/app/fuzz_campaign.hpp"
#include "reports/detail.hpp"

namespace assay::app {

namespace {

using fuzz::Standing;
using reports::detail::escape;

constexpr std::string_view style_sheet = R"css(
:root{--ink:#1b2330;--soft:#5b6675;--line:#d8dee6;--back:#fff;--panel:#f5f7fa;--good:#1a7f4b;--warn:#9a6700;--bad:#b42318;--bar:#b9d3ee}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b5;--line:#303a47;--back:#12171e;--panel:#1a212b;--good:#4ac585;--warn:#e0b040;--bad:#ff7b6b;--bar:#2c4a68}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 20px 60px}h1{font-size:24px;margin:0 0 2px}h2{font-size:17px;margin:28px 0 8px}.lead{font-size:17px;margin:6px 0 16px}
.tiles{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 20px}.tile{border:1px solid var(--line);background:var(--panel);border-radius:8px;padding:8px 16px;min-width:120px}.tile b{display:block;font-size:22px}.tile span{color:var(--soft);font-size:13px}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;color:var(--soft);font-size:14px}.facts b{color:var(--ink);font-weight:500;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:14px}th{text-align:right;color:var(--soft);font-weight:500;border-bottom:1px solid var(--line);padding:4px 8px}td{text-align:right;padding:4px 8px;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}th:first-child,td:first-child{text-align:left}
td.bar{background:linear-gradient(var(--bar),var(--bar)) no-repeat left center/var(--w) 70%}td.why{text-align:left;color:var(--bad)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}.soft{color:var(--soft)}
details{border:1px solid var(--line);border-radius:8px;margin:0 0 6px}summary{cursor:pointer;padding:8px 12px;display:grid;grid-template-columns:96px 80px 1fr max-content;gap:12px;list-style:none}summary::-webkit-details-marker{display:none}
details[open]>summary{background:var(--panel);border-bottom:1px solid var(--line);border-radius:8px 8px 0 0}.v{font-weight:600;font-size:13px;text-transform:uppercase;letter-spacing:.03em}
.body{padding:12px 16px}.body dl{display:grid;grid-template-columns:96px 1fr;gap:4px 14px;margin:0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
code,pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}pre{background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:10px 12px;overflow:auto;max-height:420px;white-space:pre-wrap}
footer{color:var(--soft);font-size:13px;margin-top:32px;border-top:1px solid var(--line);padding-top:12px}
)css";

void tile(std::string& out, std::string_view number, std::string_view what, std::string_view kind = "") {
  out += fmt::format("<div class=\"tile\"><b class=\"{}\">{}</b><span>{}</span></div>\n", kind, number, what);
}

void fact(std::string& out, std::string_view label, std::string_view text) {
  if (!text.empty()) out += fmt::format("<span>{}</span><b>{}</b>\n", label, escape(text));
}

void row(std::string& out, std::string_view label, std::string_view text, bool code = false) {
  if (text.empty()) return;
  out += fmt::format("<dt>{}</dt><dd>{}{}{}</dd>\n", label, code ? "<code>" : "", escape(text), code ? "</code>" : "");
}

void finding(std::string& out, const fuzz::FindingRow& one) {
  const auto& f = one.finding;
  const bool fixed = one.standing == Standing::fixed;
  out += fmt::format(
      "<details id=\"{}\"{}><summary><span class=\"v {}\">{}</span><span class=\"{}\">{}</span><span>{}</span>"
      "<span class=\"soft\">{} &times;</span></summary><div class=\"body\"><dl>\n",
      f.id(), one.standing == Standing::fresh || one.standing == Standing::returned ? " open" : "",
      fixed ? "good" : "bad", fuzz::name(one.standing),
      f.severity >= fuzz::Severity::high     ? "bad"
      : f.severity == fuzz::Severity::medium ? "warn"
                                             : "soft",
      fuzz::name(f.severity), escape(f.title()), f.times);
  row(out, "happened", f.happened);
  row(out, "state", f.state);
  row(out, "clause", f.clause);
  row(out, "advice", f.advice);
  row(out, "reproduce", f.reproduce, true);
  row(out, "folder", one.folder, true);
  row(out, "seen", f.first_seen == f.last_seen ? f.first_seen : f.first_seen + " to " + f.last_seen);
  if (!f.reproducible) row(out, "note", "it did not come again when it was tried");
  out += "</dl>\n";
  if (!f.stack.empty()) {
    std::string stack;
    for (const auto& frame : f.stack) stack += frame + "\n";
    out += fmt::format("<pre>{}</pre>\n", escape(stack));
  }
  out += "</div></details>\n";
}

}  // namespace

std::string campaign_html(const fuzz::CampaignSummary& s) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\">\n";
  out +=
      fmt::format("<title>Fuzzing campaign {}</title>\n<style>{}</style></head><body><main>\n", s.number, style_sheet);
  out += fmt::format("<h1>{}</h1>\n", s.title.empty() ? fmt::format("Fuzzing campaign {}", s.number) : escape(s.title));
  const auto open = s.unfixed();
  out += fmt::format(
      "<p class=\"lead\">{}{}</p>\n<div class=\"tiles\">\n",
      open == 0 ? std::string("Nothing is open.") : fmt::format("{} open.", reports::detail::counted(open, "finding")),
      s.interrupted ? " The campaign was interrupted; the same command goes on." : "");
  tile(out, std::to_string(s.count(Standing::fresh)), "new", s.count(Standing::fresh) != 0 ? "bad" : "");
  tile(out, std::to_string(s.count(Standing::returned)), "came back", s.count(Standing::returned) != 0 ? "bad" : "");
  tile(out, std::to_string(s.count(Standing::open)), "still open", s.count(Standing::open) != 0 ? "warn" : "");
  tile(out, std::to_string(s.count(Standing::fixed)), "fixed", s.count(Standing::fixed) != 0 ? "good" : "");
  tile(out, fuzz::short_count(static_cast<double>(s.runs())), "executions");
  tile(out, fuzz::long_time(s.spent), fmt::format("of {}", fuzz::long_time(s.wanted)));
  if (s.could_not_run() != 0) tile(out, std::to_string(s.could_not_run()), "could not be run", "bad");
  out += "</div>\n<div class=\"facts\">\n";
  fact(out, "Campaign", std::to_string(s.number));
  fact(out, "Started", s.started);
  fact(out, "Ended", s.ended);
  fact(out, "At a time", std::to_string(s.jobs));
  fact(out, "Folder", s.folder);
  fact(out, "Assay", s.version);
  fact(out, "Command", s.command);
  out += "</div>\n";
  if (!s.findings.empty()) out += "<h2>Findings</h2>\n";
  for (const auto& one : s.findings) finding(out, one);
  out +=
      "<h2>Targets</h2>\n<table><tr><th>Target</th><th>Executions</th><th>a second</th><th>Time</th><th>Coverage</th>"
      "<th>Change</th><th>Corpus</th><th>Rounds</th><th>Broke</th></tr>\n";
  double fastest = 1;
  for (const auto& t : s.targets) fastest = std::max(fastest, t.speed());
  for (const auto& t : s.targets) {
    if (!t.trouble.empty() || !t.reached()) {
      out += fmt::format("<tr><td>{}</td><td class=\"why\" colspan=\"8\">{}</td></tr>\n", escape(t.name),
                         t.trouble.empty() ? "not reached: the time was over before its turn"
                                           : "could not be run: " + escape(t.trouble));
      continue;
    }
    const auto change = fuzz::change(t.now.coverage, t.before ? std::optional(t.before->coverage) : std::nullopt);
    out += fmt::format(
        "<tr><td>{}</td><td>{}</td><td class=\"bar\" style=\"--w:{:.0f}%\">{}</td><td>{}</td><td>{}</td>"
        "<td class=\"{}\">{}</td><td>{}</td><td>{}</td><td{}>{}</td></tr>\n",
        escape(t.name), fuzz::short_count(static_cast<double>(t.now.runs)), 100 * t.speed() / fastest,
        fuzz::short_count(t.speed()), fuzz::long_time(t.now.seconds), t.now.coverage,
        change.starts_with('-')   ? "bad"
        : change.starts_with('+') ? "good"
                                  : "soft",
        change, t.corpus, t.rounds, t.crashes != 0 ? " class=\"bad\"" : "", t.crashes);
  }
  out += "</table>\n";
  if (!s.complaints.empty()) {
    out += "<h2>Notes</h2><ul>\n";
    for (const auto& text : s.complaints) out += fmt::format("<li>{}</li>\n", escape(text));
    out += "</ul>\n";
  }
  return out +
         "<footer>Coverage counts edges of the program that inputs of the corpus reach; its change is against the "
         "campaign before in the same folder. Speed is per core.</footer>\n</main></body></html>\n";
}

}  // namespace assay::app
