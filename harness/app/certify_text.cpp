// What certify says: on the terminal, and as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/app/certify.hpp"
#include "reports/detail.hpp"

namespace assay::app {
namespace {

namespace certifying = conformance::certify;
using certifying::Standing;

/// Undeclared things and untested claims that are listed on the terminal; the report has all.
constexpr std::size_t most_listed = 20;

std::string_view colour_of(Standing standing) {
  switch (standing) {
    case Standing::confirmed: return "\033[32m";
    case Standing::contradicted: return "\033[31m";
    default: return "\033[33m";
  }
}

}  // namespace

std::string stated_edition(const conformance::Profile& statement) {
  return statement.edition.empty() ? std::string("the statement names no edition of the standard")
                                   : fmt::format("the statement is after the edition {}", statement.edition);
}

std::string certificate_text(const Certificate& certificate, bool colour) {
  std::string out;
  const auto& record = certificate.record;
  out += fmt::format("{} {}, held against {} on {}\n", certificate.statement->product, certificate.statement->version,
                     record.target, record.date);
  if (!record.product.empty()) out += fmt::format("  on the wire it calls itself {}\n", record.product);
  for (const auto& one : record.remarks) out += fmt::format("  remark: {}\n", one);
  for (const auto standing :
       {Standing::contradicted, Standing::undeclared, Standing::not_tested, Standing::confirmed}) {
    const auto count = certificate.count(standing);
    out += fmt::format("\n{}{}: {}{}\n", colour ? colour_of(standing) : "", name(standing), count,
                       colour ? "\033[0m" : "");
    if (standing == Standing::confirmed) continue;
    std::size_t listed = 0;
    if (standing == Standing::not_tested) {
      // The same reason once.
      std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
      for (const auto& one : certificate.judgements) {
        if (one.standing != standing) continue;
        auto found = std::ranges::find(reasons, one.why, [](const auto& reason) { return reason.first; });
        if (found == reasons.end()) found = reasons.insert(reasons.end(), {one.why, {}});
        found->second.push_back(one.claim.id);
      }
      for (const auto& [why, ids] : reasons) {
        out += fmt::format("  {}:\n", why);
        for (std::size_t i = 0; i < std::min<std::size_t>(ids.size(), 4); ++i) out += fmt::format("    {}\n", ids[i]);
        if (ids.size() > 4) out += fmt::format("    and {} more\n", ids.size() - 4);
      }
      continue;
    }
    for (const auto& one : certificate.judgements) {
      if (one.standing != standing) continue;
      if (standing == Standing::undeclared && ++listed > most_listed) continue;
      out += fmt::format("  {}\n    {} [{}]\n", one.claim.id, one.claim.text, one.claim.clause);
      if (standing == Standing::contradicted && one.claim.at.line > 0)
        out += fmt::format("    said at {}\n", to_string(one.claim.at));
      if (!one.why.empty())
        out += fmt::format("    {}: {}\n", standing == Standing::contradicted ? "found" : "seen", one.why);
    }
    if (listed > most_listed) out += fmt::format("  and {} more, all in the report\n", listed - most_listed);
  }
  if (!certificate.broken.empty()) {
    out += fmt::format("\nrules of the standard that it breaks, whatever its statement says: {}\n",
                       certificate.broken.size());
    for (std::size_t i = 0; i < std::min(certificate.broken.size(), most_listed); ++i)
      out += fmt::format("  {} [{}]: {}\n", certificate.broken[i].id, certificate.broken[i].clause,
                         certificate.broken[i].reason);
    if (certificate.broken.size() > most_listed)
      out += fmt::format("  and {} more, all in the report\n", certificate.broken.size() - most_listed);
  }
  out += fmt::format("\n{}{}\nEdition: {}; {}\n",
                     record.interrupted ? "Interrupted: only what was seen until then is judged.\n" : "",
                     certificate.sentence(), record.edition, stated_edition(*certificate.statement));
  return out;
}

std::string certificate_json(const Certificate& certificate) {
  using nlohmann::ordered_json;
  const auto& record = certificate.record;
  ordered_json out{{"statement",
                    {{"product", certificate.statement->product},
                     {"version", certificate.statement->version},
                     {"edition", certificate.statement->edition},
                     {"file", certificate.statement->at.file}}},
                   {"target", record.target},
                   {"called_ae", record.called_ae},
                   {"calling_ae", record.calling_ae},
                   {"on_the_wire", record.product},
                   {"date", record.date},
                   {"tester", certificate.signature.tester},
                   {"site", certificate.signature.site},
                   {"serial", certificate.signature.serial},
                   {"assay_version", record.assay_version},
                   {"edition", record.edition},
                   {"interrupted", record.interrupted},
                   {"remarks", record.remarks},
                   {"record_sha256", certificate.digest},
                   {"sentence", certificate.sentence()}};
  for (const auto standing :
       {Standing::confirmed, Standing::contradicted, Standing::not_tested, Standing::undeclared}) {
    std::string key(name(standing));
    std::ranges::replace(key, ' ', '_');
    out["counts"][key] = certificate.count(standing);
  }
  auto& claims = out["claims"] = ordered_json::array();
  for (const auto& one : certificate.judgements) {
    auto evidence = ordered_json::array();
    for (const auto& piece : one.evidence)
      evidence.push_back({{"source", piece.source}, {"text", piece.text}, {"agrees", piece.agrees}});
    claims.push_back({{"id", one.claim.id},
                      {"text", one.claim.text},
                      {"clause", one.claim.clause},
                      {"at", one.claim.at.line > 0 ? to_string(one.claim.at) : ""},
                      {"standing", name(one.standing)},
                      {"why", one.why},
                      {"evidence", evidence}});
  }
  auto& broken = out["broken_rules"] = ordered_json::array();
  for (const auto& one : certificate.broken)
    broken.push_back({{"case", one.id}, {"clause", one.clause}, {"reason", one.reason}, {"advice", one.advice}});
  return out.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace assay::app
