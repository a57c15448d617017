// The JSON of what stands in several outputs: one shape for results.json and every command's --json.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/trace/verdict.hpp"

namespace assay::reports {

/// A finding: rule, clause, severity, side, place, what was found and expected, advice.
nlohmann::ordered_json finding_json(const trace::Finding& finding);
/// What was negotiated below an association.
nlohmann::ordered_json tls_json(const trace::Tls& tls);

}  // namespace assay::reports
