// The evidence report: one file that is sent to people, printed and signed.
#include <fmt/format.h>

#include <algorithm>

#include "harness/app/certify.hpp"
#include "reports/detail.hpp"

namespace assay::app {
namespace {

namespace certifying = conformance::certify;
using certifying::Standing;
using reports::detail::escape;

/// Beside what pages about statements have in common.
constexpr std::string_view style = R"css(
.open{color:var(--open);font-weight:600}table.facts th{width:230px}td:nth-child(2){white-space:nowrap}table.facts td{white-space:normal}
.cards{display:flex;gap:12px;flex-wrap:wrap;margin:10px 0 18px}.card{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:10px 16px;min-width:130px}
.card b{display:block;font-size:24px}
)css";

std::string_view css_class(Standing standing) {
  switch (standing) {
    case Standing::confirmed: return "confirmed";
    case Standing::contradicted: return "contradicted";
    default: return "open";
  }
}

std::string fact(std::string_view label, std::string_view value) {
  return value.empty() ? std::string() : fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", escape(label), escape(value));
}

std::string evidence_of(const certifying::Judgement& one) {
  std::string out;
  if (!one.why.empty()) out += fmt::format("<div>{}</div>", escape(one.why));
  for (const auto& piece : one.evidence) {
    if (piece.text.empty() && piece.source == "asked") {
      out += "<div class=\"soft\">asked</div>";
      continue;
    }
    if (piece.text == one.why) continue;
    out += fmt::format("<div class=\"soft\">{}: {}</div>",
                       piece.source == "asked" ? "asked" : "<code>" + escape(piece.source) + "</code>",
                       escape(piece.text));
  }
  return out;
}

}  // namespace

std::string certificate_html(const Certificate& certificate) {
  const auto& record = certificate.record;
  const auto& statement = *certificate.statement;
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\">\n";
  out += fmt::format("<title>{} {} - statement and device</title>\n<style>{}{}</style></head><body><main>\n",
                     escape(statement.product), escape(statement.version), statement_style(), style);
  out += fmt::format("<h1>{} {}</h1>\n<p class=\"lead\">{}</p>\n", escape(statement.product), escape(statement.version),
                     escape(certificate.sentence()));
  if (record.interrupted)
    out += "<p class=\"open\">This was interrupted: only what was seen until then is judged.</p>\n";
  out += "<div class=\"cards\">";
  for (const auto standing : {Standing::confirmed, Standing::contradicted, Standing::not_tested, Standing::undeclared})
    out += fmt::format("<div class=\"card\"><b class=\"{}\">{}</b>{}</div>", css_class(standing),
                       certificate.count(standing), name(standing));
  out += "</div>\n<table class=\"facts\">\n";
  out += fact("Statement", statement.at.file);
  out += fact("Device", fmt::format("{}, called '{}' by '{}'", record.target, record.called_ae, record.calling_ae));
  out += fact("It calls itself", record.product);
  out += fact("Serial number", certificate.signature.serial);
  out += fact("Site", certificate.signature.site);
  out += fact("Tested by", certificate.signature.tester);
  out += fact("Date", record.date);
  out += fact("Edition", stated_edition(statement));
  out += fact("Tables", record.edition);
  out += fact("Assay", record.assay_version);
  out += fact("SHA-256 of record.json", certificate.digest);
  for (const auto& one : record.remarks) out += fact("Remark", one);
  out += "</table>\n";
  for (const auto standing :
       {Standing::contradicted, Standing::undeclared, Standing::not_tested, Standing::confirmed}) {
    if (certificate.count(standing) == 0) continue;
    std::string heading(name(standing));
    heading[0] = static_cast<char>(heading[0] - 'a' + 'A');
    out += fmt::format("<h2 id=\"{}\">{} ({})</h2>\n<table><tr><th>Claim</th><th>Clause</th><th>{}</th></tr>\n",
                       css_class(standing), heading, certificate.count(standing),
                       standing == Standing::not_tested ? "Why not" : "Evidence");
    for (const auto& one : certificate.judgements) {
      if (one.standing != standing) continue;
      out += fmt::format(
          "<tr><td>{}<div class=\"soft\"><code>{}</code>{}</div></td><td>{}</td><td>{}</td></tr>\n",
          escape(one.claim.text), escape(one.claim.id),
          one.claim.at.line > 0 && standing != Standing::undeclared ? " at " + escape(to_string(one.claim.at)) : "",
          escape(one.claim.clause), evidence_of(one));
    }
    out += "</table>\n";
  }
  if (!certificate.broken.empty()) {
    out += fmt::format(
        "<h2 id=\"rules\">Rules of the standard that it breaks ({})</h2>\n<p class=\"soft\">Whatever its statement "
        "says.</p>\n<table><tr><th>Case</th><th>Clause</th><th>What happened</th><th>Advice</th></tr>\n",
        certificate.broken.size());
    for (const auto& one : certificate.broken)
      out += fmt::format("<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>\n", escape(one.id),
                         escape(one.clause), escape(one.reason), escape(one.advice));
    out += "</table>\n";
  }
  out += fmt::format(
      "<footer>What was seen stands in record.json; 'assay certify STATEMENT --record record.json' judges it again. "
      "This report says whether a device and a statement agree, and nothing else.</footer>\n</main></body></html>\n");
  return out;
}

}  // namespace assay::app
