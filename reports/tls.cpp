// What every report says of TLS: per connection, and for the whole run.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "reports/detail.hpp"

namespace assay::reports::detail {

std::string tls_json(const trace::Tls& tls) {
  using nlohmann::ordered_json;
  ordered_json out{{"established", tls.established},
                   {"version", tls.version},
                   {"suite", tls.suite},
                   {"group", tls.group},
                   {"server_name", tls.server_name},
                   {"certificate_asked", tls.certificate_asked},
                   {"client_certificate", tls.client_certificate},
                   {"chain", std::string(trace::name(tls.chain))},
                   {"chain_detail", tls.chain_detail},
                   {"secure_renegotiation", tls.secure_renegotiation},
                   {"extended_master_secret", tls.extended_master_secret}};
  if (const auto& c = tls.certificate)
    out["certificate"] = {{"subject", c->subject},     {"issuer", c->issuer}, {"not_before", c->not_before},
                          {"not_after", c->not_after}, {"names", c->names},   {"key", c->key}};
  if (!tls.offered_versions.empty()) out["offered_versions"] = tls.offered_versions;
  if (!tls.offered_suites.empty()) out["offered_suites"] = tls.offered_suites;
  if (!tls.failure.empty()) {
    out["failure"] = tls.failure;
    out["alert"] = tls.alert;
    out["advice"] = tls.advice;
    if (tls.refused_by) out["refused_by"] = std::string(trace::name(*tls.refused_by));
  }
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::vector<std::string> tls_lines(const trace::RunResult& result) {
  for (const bool about_tls : {false, true}) {
    std::map<std::string, std::size_t> seen;
    for (const auto& c : result.cases) {
      if ((std::ranges::find(c.tags, "tls") != c.tags.end()) != about_tls) continue;
      for (const auto& t : c.traces)
        if (t.tls) ++seen[fmt::format("Assay as {}: {}", c.role, t.tls->summary())];
    }
    if (seen.empty()) continue;
    std::vector<std::string> out;
    for (const auto& [text, count] : seen) out.push_back(fmt::format("{} ({})", text, counted(count, "connection")));
    return out;
  }
  return {};
}

}  // namespace assay::reports::detail
