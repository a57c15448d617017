// A match as one page that needs no network. Tests: tests/interop/match_test.py
#include <fmt/format.h>

#include <algorithm>

#include "harness/app/match_live.hpp"
#include "harness/app/match_profiles.hpp"
#include "harness/dict/dict.hpp"
#include "reports/detail.hpp"

namespace assay::app {
namespace {

using conformance::Outcome;
using reports::detail::escape;

constexpr std::string_view style_sheet = R"css(
:root{--ink:#1b2330;--soft:#5b6675;--line:#d8dee6;--back:#fff;--panel:#f5f7fa;--works:#1a7f4b;--partly:#9a6700;--fails:#b42318}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b5;--line:#303a47;--back:#12171e;--panel:#1a212b;--works:#4ac585;--partly:#e0b040;--fails:#ff7b6b}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 20px 60px}h1{font-size:24px;margin:0 0 8px}h2{font-size:18px;margin:32px 0 8px}
.lead{font-size:17px;margin:6px 0 16px}table{border-collapse:collapse;margin:8px 0 16px;font-size:14px;display:block;overflow-x:auto}
th,td{border:1px solid var(--line);padding:5px 9px;text-align:left;vertical-align:top}th{background:var(--panel);font-weight:600}
details{border:1px solid var(--line);border-radius:8px;margin:0 0 6px}summary{cursor:pointer;padding:8px 12px}details>div{padding:2px 16px 10px}
.works,.fallback{color:var(--works)}.partly{color:var(--partly)}.fails{color:var(--fails);font-weight:600}.one-sided,.absent,small{color:var(--soft)}
.reason{border-left:3px solid var(--line);padding:4px 12px;margin:8px 0;background:var(--panel)}.reason.fatal{border-color:var(--fails)}
.change{display:block}code{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
)css";

std::string word_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::works: return "works";
    case Outcome::fallback: return "works, second choice";
    case Outcome::partly: return "partly";
    case Outcome::fails: return "cannot work";
    case Outcome::one_sided: return "one side only";
    case Outcome::absent: break;
  }
  return "";
}

void add_reason(std::string& out, const conformance::Reason& reason) {
  out += fmt::format("<div class=\"reason{}\">{} <small>{}</small>", reason.fatal ? " fatal" : "", escape(reason.text),
                     escape(reason.clause));
  if (!reason.change.empty()) out += fmt::format("<b class=\"change\">{}</b>", escape(reason.change));
  for (const auto* at : {&reason.user, &reason.provider})
    if (at->line != 0) out += fmt::format("<code>{}</code> ", escape(to_string(*at)));
  out += "</div>\n";
}

void add_classes(std::string& out, const conformance::UseCaseMatch& one) {
  if (one.classes.empty()) return;
  out += "<table><tr><th>SOP Class</th><th>outcome</th><th>common transfer syntaxes</th><th>agreed on</th></tr>\n";
  for (const auto& c : one.classes) {
    std::string syntaxes;
    for (const auto& uid : c.syntaxes)
      syntaxes.append(syntaxes.empty() ? "" : ", ").append(conformance::short_name(uid));
    out += fmt::format("<tr><td>{}</td><td class=\"{}\">{}</td><td>{}</td><td>{}</td></tr>\n",
                       escape(conformance::short_name(c.sop_class)), name(c.outcome), word_of(c.outcome),
                       escape(syntaxes), c.chosen.empty() ? "" : escape(conformance::short_name(c.chosen)));
  }
  out += "</table>\n";
}

void add_keys(std::string& out, const conformance::UseCaseMatch& one) {
  if (one.keys.empty()) return;
  out += "<table><tr><th>level</th><th>key</th><th>wanted</th><th>not matched</th><th>returned</th></tr>\n";
  const auto words = [](const std::vector<conformance::Matching>& kinds) {
    std::string text;
    for (const auto kind : kinds) text.append(text.empty() ? "" : ", ").append(name(kind));
    return text;
  };
  for (const auto& key : one.keys) {
    const auto keyword = dict::keyword(key.tag);
    out += fmt::format("<tr><td>{}</td><td>{}{}</td><td>{}</td><td class=\"{}\">{}</td><td>{}</td></tr>\n",
                       name(key.level), keyword.empty() ? to_string(key.tag) : std::string(keyword),
                       key.needed ? " (needed)" : "", words(key.wanted), key.needed ? "fails" : "partly",
                       !key.stated ? "not stated" : words(key.lacking), key.returned ? "yes" : "no");
  }
  out += "</table>\n";
}

void add_direction(std::string& out, const std::vector<conformance::Profile>& products,
                   const conformance::Direction& direction) {
  out += fmt::format("<h2 id=\"d{}-{}\">{}</h2>\n", direction.user, direction.provider,
                     escape(heading_of(products, direction)));
  for (const auto& one : direction.use_cases) {
    if (one.outcome == Outcome::absent) continue;
    out += fmt::format("<details{}><summary><b>{}</b> <span class=\"{}\">{}</span> <small>{}</small></summary><div>\n",
                       one.red() ? " open" : "", title(one.use_case), one.red() ? "fails" : name(one.outcome),
                       word_of(one.outcome), escape(summary_of(one)));
    for (const auto& reason : one.reasons) add_reason(out, reason);
    add_classes(out, one);
    add_keys(out, one);
    out += "</div></details>\n";
  }
  if (direction.policies.empty()) return;
  out += "<p>For the association as such:</p>\n";
  for (const auto& reason : direction.policies) add_reason(out, reason);
}

void add_matrix(std::string& out, const std::vector<conformance::Profile>& products, const conformance::Match& match) {
  out += "<h2>Who asks (row) whom (column)</h2>\n<table><tr><th></th>";
  for (const auto& one : products) out += fmt::format("<th>{}</th>", escape(one.product));
  out += "</tr>\n";
  for (std::size_t i = 0; i < products.size(); ++i) {
    out += fmt::format("<tr><th>{}</th>", escape(products[i].product));
    for (std::size_t k = 0; k < products.size(); ++k) {
      const auto found =
          std::ranges::find_if(match.directions, [&](const auto& one) { return one.user == i && one.provider == k; });
      out += "<td>";
      if (found != match.directions.end())
        for (const auto& one : found->use_cases)
          if (one.outcome != Outcome::absent && one.outcome != Outcome::one_sided)
            out += fmt::format("<a href=\"#d{}-{}\" class=\"{}\">{}</a><br>", i, k,
                               one.red() ? "fails" : name(one.outcome), name(one.use_case));
      out += "</td>";
    }
    out += "</tr>\n";
  }
  out += "</table>\n";
}

void add_live(std::string& out, const std::vector<conformance::Profile>& products,
              const conformance::LiveDirection& one) {
  out += fmt::format("<h2>For real: {}</h2>\n", escape(heading_of(products, one)));
  if (one.lines.empty()) {
    out += "<p>Nothing is asked for in this direction.</p>\n";
    return;
  }
  out += "<table><tr><th>line</th><th></th><th>foretold</th><th>seen</th></tr>\n";
  for (const auto& line : one.lines) {
    const auto* const style = line.standing == conformance::LiveStanding::confirmed ? "works"
                              : line.standing == conformance::LiveStanding::differs ? "fails"
                                                                                    : "absent";
    out += fmt::format("<tr><td>{}</td><td class=\"{}\">{}</td><td>{}</td><td>{}", escape(title_of(line)), style,
                       name(line.standing), escape(line.foretold), escape(line.seen));
    for (const auto& context : line.other) out += "<br><small>" + escape(other_of(context)) + "</small>";
    out += "</td></tr>\n";
  }
  out += "</table>\n";
}

}  // namespace

std::string match_html(const std::vector<conformance::Profile>& products, const conformance::Match& match,
                       const LiveMatch& live) {
  std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>assay match</title>\n";
  out += "<meta name=\"viewport\" content=\"width=device-width\"><style>" + std::string(style_sheet) +
         "</style></head><body><main>\n<h1>What will work between these products</h1>\n";
  out += fmt::format("<p class=\"lead\">{}</p>\n",
                     match.red() ? "Something that is claimed on both sides cannot work."
                                 : "Everything that is claimed on both sides works, as far as the statements go.");
  out += "<table><tr><th>product</th><th>version</th><th>AE titles</th><th>profile</th></tr>\n";
  for (const auto& one : products) {
    std::string titles;
    for (const auto& ae : one.aes) titles.append(titles.empty() ? "" : ", ").append(ae.title);
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td><code>{}</code></td></tr>\n", escape(one.product),
                       escape(one.version), escape(titles), escape(one.at.file));
  }
  out += "</table>\n";
  for (const auto& one : live.directions) add_live(out, products, one);
  add_matrix(out, products, match);
  for (const auto& one : match.directions) add_direction(out, products, one);
  if (!match.remarks.empty()) out += "<h2>About single products</h2>\n";
  for (const auto& one : match.remarks) add_reason(out, one);
  return out + "</main></body></html>\n";
}

}  // namespace assay::app
