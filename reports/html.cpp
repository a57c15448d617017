// One self-contained HTML page: what was tested, the verdicts, and for each case the evidence.
#include <fmt/format.h>

#include <map>

#include "reports/categories.hpp"
#include "reports/combinations.hpp"
#include "reports/detail.hpp"
#include "reports/reports.hpp"

namespace assay::reports {
namespace {

using detail::escape;
using trace::CaseResult;
using trace::Severity;
using trace::Verdict;

constexpr std::string_view style_sheet = R"css(
:root{--ink:#1b2330;--soft:#5b6675;--line:#d8dee6;--back:#fff;--panel:#f5f7fa;--pass:#1a7f4b;--warning:#9a6700;--fail:#b42318;--error:#8a2bb2;--inconclusive:#0e7490;--skipped:#6b7280}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b5;--line:#303a47;--back:#12171e;--panel:#1a212b;--pass:#4ac585;--warning:#e0b040;--fail:#ff7b6b;--error:#d58cf2;--inconclusive:#54c3dc;--skipped:#9aa3af}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 20px 60px}h1{font-size:24px;margin:0 0 2px}h2{font-size:17px;margin:28px 0 8px}
.lead{font-size:17px;margin:6px 0 16px}.facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;color:var(--soft);font-size:14px;margin:0 0 20px}.facts b{color:var(--ink);font-weight:500;overflow-wrap:anywhere}
.counts{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 18px}.counts button{font:inherit;border:1px solid var(--line);background:var(--panel);color:var(--ink);border-radius:8px;padding:6px 14px;cursor:pointer}
.counts button[aria-pressed=true]{outline:2px solid var(--ink)}.counts b{font-size:18px;margin-right:6px}
input[type=search]{font:inherit;width:100%;padding:8px 12px;border:1px solid var(--line);border-radius:8px;background:var(--back);color:var(--ink);margin:0 0 14px}
details.case{border:1px solid var(--line);border-radius:8px;margin:0 0 6px;background:var(--back)}details.case>summary{cursor:pointer;padding:8px 12px;display:grid;grid-template-columns:112px 1fr max-content;gap:12px;align-items:baseline;list-style:none}
details.case>summary::-webkit-details-marker{display:none}details.case[open]>summary{border-bottom:1px solid var(--line);background:var(--panel);border-radius:8px 8px 0 0}
.v{font-weight:600;font-size:13px;text-transform:uppercase;letter-spacing:.03em}.v.pass{color:var(--pass)}.v.warning{color:var(--warning)}.v.fail{color:var(--fail)}.v.error{color:var(--error)}.v.inconclusive{color:var(--inconclusive)}.v.skipped,.v.expected{color:var(--skipped)}
code,.id{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}.t{color:var(--soft);font-size:13px;display:block}.time{color:var(--soft);font-size:13px}
.body{padding:12px 16px 14px}.body dl{display:grid;grid-template-columns:96px 1fr;gap:4px 14px;margin:0}.body dt{color:var(--soft)}.body dd{margin:0;overflow-wrap:anywhere}
.finding{border-left:3px solid var(--fail);padding:4px 12px;margin:8px 0;background:var(--panel)}.finding.warning{border-color:var(--warning)}.finding.note{border-color:var(--skipped)}.finding.provoked{border-color:var(--line);color:var(--soft)}
pre{background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:10px 12px;overflow:auto;font:12.5px/1.45 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;max-height:520px}
.layers{border-collapse:collapse;font-size:14px}.layers td,.layers th{text-align:right;padding:2px 14px 2px 0}.layers td:first-child,.layers th:first-child{text-align:left}
footer{color:var(--soft);font-size:13px;margin-top:32px;border-top:1px solid var(--line);padding-top:12px}
@media print{.counts,input{display:none}details.case{break-inside:avoid}}
)css";

constexpr std::string_view script = R"js(
const buttons=[...document.querySelectorAll('.counts button')],box=document.querySelector('input[type=search]'),cases=[...document.querySelectorAll('details.case')];
let only='';function show(){const q=box.value.toLowerCase();let shown=0;for(const c of cases){const on=(!only||c.dataset.v===only)&&(!q||c.textContent.toLowerCase().includes(q));c.hidden=!on;if(on)shown++}
document.getElementById('shown').textContent=shown+' of '+cases.length+' verdicts shown'}
for(const b of buttons)b.onclick=()=>{only=only===b.dataset.v?'':b.dataset.v;for(const x of buttons)x.setAttribute('aria-pressed',x.dataset.v===only);show()};
box.oninput=show;show();
if(location.hash){const e=document.getElementById(decodeURIComponent(location.hash.slice(1)));if(e){e.open=true;e.scrollIntoView()}}
)js";

std::string shown_verdict(const CaseResult& c) {
  return c.expected_deviation ? "expected" : std::string(trace::name(c.verdict));
}

void row(std::string& out, std::string_view label, std::string_view text) {
  if (!text.empty()) out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", label, escape(text));
}

void finding_html(std::string& out, const trace::Finding& f) {
  const auto* kind = f.provoked                        ? " provoked"
                     : f.severity == Severity::error   ? ""
                     : f.severity == Severity::warning ? " warning"
                                                       : " note";
  out += fmt::format("<div class=\"finding{}\"><code>{}</code>{}", kind, escape(trace::to_line(f)),
                     f.provoked ? " <span class=\"t\">broken on purpose by this scenario</span>" : "");
  if (!f.advice.empty() && !f.provoked) out += fmt::format("<span class=\"t\">{}</span>", escape(f.advice));
  out += "</div>\n";
}

void case_html(std::string& out, const CaseResult& c) {
  const auto verdict = shown_verdict(c);
  const bool open = !c.expected_deviation && (c.verdict == Verdict::fail || c.verdict == Verdict::error);
  out += fmt::format(
      "<details class=\"case\" id=\"{0}\" data-v=\"{1}\"{2}><summary><span class=\"v {1}\">{1}</span>"
      "<span><span class=\"id\">{0}</span><span class=\"t\">{3}</span></span><span "
      "class=\"time\">{4}</span></summary>\n",
      escape(c.id), verdict, open ? " open" : "", escape(c.title), detail::seconds(c.duration));
  out += "<div class=\"body\"><dl>\n";
  row(out, "because", c.reason);
  row(out, "expected", c.expected);
  row(out, "got", c.actual);
  for (const auto& k : c.clauses)
    row(out, "clause", fmt::format("{} {} ({}): {}", k.part, k.section, trace::name(k.level), k.duty));
  if (c.verdict != Verdict::pass) row(out, "advice", c.advice);
  row(out, "known", c.expectation_note);
  if (c.termination != trace::Termination::none)
    row(out, "ended by",
        std::string(trace::name(c.termination)) + (c.termination_detail.empty() ? "" : ": " + c.termination_detail));
  row(out, "role", c.role.empty() ? "" : fmt::format("Assay is the {}", c.role));
  std::string parameters;
  for (const auto& [name, value] : c.parameters) parameters += (parameters.empty() ? "" : ", ") + name + " = " + value;
  row(out, "parameters", parameters);
  for (const auto& o : c.observations) row(out, "observed", o.name + ": " + o.value);
  if (!c.file.empty()) row(out, "scenario", fmt::format("{}:{}", c.file, c.line));
  out += "</dl>\n";
  for (const auto& t : c.traces) {
    for (const auto& f : t.findings) finding_html(out, f);
    out += fmt::format("<details{}><summary>Trace {} {}</summary><pre>{}</pre></details>\n", open ? " open" : "",
                       escape(t.connection), escape(t.description), escape(trace::to_text(t, true)));
  }
  out += "</div></details>\n";
}

std::string lead(const trace::RunResult& r) {
  std::size_t red = 0;
  std::size_t expected = 0;
  for (const auto& c : r.cases) {
    expected += c.expected_deviation ? 1 : 0;
    red += !c.expected_deviation && (c.verdict == Verdict::fail || c.verdict == Verdict::error) ? 1 : 0;
  }
  std::string text;
  if (red == 0) {
    text = fmt::format("Nothing red in {}", detail::counted(r.cases.size(), "verdict"));
  } else {
    text = fmt::format("{} of {} verdicts {} red", red, r.cases.size(), red == 1 ? "is" : "are");
  }
  if (expected != 0)
    text += fmt::format("; {} known deviation{} happened as expected", expected, expected == 1 ? "" : "s");
  if (r.count(Verdict::inconclusive) != 0)
    text += fmt::format("; {} could not be judged", r.count(Verdict::inconclusive));
  text += r.interrupted ? fmt::format(". The run was interrupted: {} not reached.",
                                      detail::counted(r.not_reached, "selected verdict"))
                        : ".";
  return text;
}

}  // namespace

std::string html(const trace::RunResult& result) {
  std::string out;
  out +=
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\">\n";
  out += fmt::format("<title>Assay report{}</title>\n<style>{}</style></head><body><main>\n",
                     result.target.empty() ? "" : " for " + escape(result.target), style_sheet);
  out += "<h1>Assay conformance report</h1>\n";
  out += fmt::format("<p class=\"lead\">{}</p>\n<div class=\"facts\">\n", escape(lead(result)));
  const auto fact = [&](std::string_view label, std::string_view text) {
    if (!text.empty()) out += fmt::format("<span>{}</span><b>{}</b>\n", label, escape(text));
  };
  fact("Target", result.target);
  fact("Called AE title", result.called_ae);
  fact("Calling AE title", result.calling_ae);
  fact("Profile", result.profile.empty() ? "none: nothing is known of what the device claims" : result.profile);
  fact("Started", result.started);
  for (const auto& line : detail::tls_lines(result)) fact("TLS", line);
  fact("Took", detail::seconds(result.duration));
  fact("Standard", result.edition);
  fact("Assay", result.assay_version);
  fact("Command", result.command_line);
  out += "</div>\n<div class=\"counts\">\n";
  std::map<std::string, std::size_t> counts;
  for (const auto& c : result.cases) ++counts[shown_verdict(c)];
  for (const auto* verdict : {"fail", "error", "warning", "inconclusive", "pass", "expected", "skipped"})
    if (counts[verdict] != 0)
      out += fmt::format(
          "<button type=\"button\" data-v=\"{0}\" aria-pressed=\"false\"><b>{1}</b><span class=\"v "
          "{0}\">{0}</span></button>\n",
          verdict, counts[verdict]);
  out +=
      "</div>\n<input type=\"search\" placeholder=\"Search ids, clauses, findings\" aria-label=\"Search\"><p "
      "class=\"time\" id=\"shown\"></p>\n";
  if (!result.stale_expectations.empty()) {
    out += "<h2>Expected deviations that did not happen</h2><ul>\n";
    for (const auto& s : result.stale_expectations) out += fmt::format("<li><code>{}</code></li>\n", escape(s));
    out += "</ul>\n";
  }
  if (const auto explanations = explain_failures(result.cases); !explanations.empty()) {
    out += "<h2>What failing cases of one table have in common</h2><ul>\n";
    for (const auto& one : explanations) out += fmt::format("<li>{}</li>\n", escape(to_text(one)));
    out += "</ul>\n";
  }
  if (const auto layers = categories(result.cases); layers.size() > 1) {
    out +=
        "<h2>By layer</h2><table class=\"layers\"><tr><th>Layer</th><th>Passed</th><th>Warnings</th><th>Failed</th>"
        "<th>Not judged</th></tr>\n";
    for (const auto& one : layers)
      out += fmt::format("<tr><td>{}</td><td>{} of {}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", escape(one.name),
                         one.passed, one.judged(), one.warned, one.failed, one.not_judged);
    out += "</table>\n<h2>Cases</h2>\n";
  }
  // Red first, so that the page opens on what needs doing; inside one verdict the catalogue's order stays.
  for (const auto* verdict : {"error", "fail", "warning", "inconclusive", "expected", "pass", "skipped"})
    for (const auto& c : result.cases)
      if (shown_verdict(c) == verdict) case_html(out, c);
  out +=
      "<footer>A verdict says whether this device agreed with the cited clause in this conversation. It is not a "
      "certificate.</footer>\n";
  out += fmt::format("</main><script>{}</script></body></html>\n", script);
  return out;
}

}  // namespace assay::reports
