#include "reports/json_parts.hpp"

#include <nlohmann/json.hpp>

namespace assay::reports {

using nlohmann::ordered_json;

ordered_json finding_json(const trace::Finding& f) {
  return {{"rule", f.rule},
          {"clause", f.clause},
          {"severity", std::string(trace::name(f.severity))},
          {"side", std::string(trace::name(f.side))},
          {"connection", f.connection},
          {"pdu", f.pdu_number},
          {"offset", f.offset},
          {"field", f.field},
          {"found", f.found},
          {"expected", f.expected},
          {"advice", f.advice},
          {"provoked", f.provoked}};
}

ordered_json tls_json(const trace::Tls& tls) {
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
  return out;
}

}  // namespace assay::reports
