// What `assay explain` says about one connection. Tests: tests/interop/capture_test.py
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance/profile.hpp"
#include "harness/capture/conversation.hpp"
#include "harness/trace/pace.hpp"
#include "harness/trace/verdict.hpp"

namespace assay::app {

/// The connection as a case, so that every report shows it: verdict, the plain sentence who broke what, findings,
/// missing pieces. The Traces go from the report to the case.
trace::CaseResult case_of(capture::ConversationReport& report, const std::string& id,
                          const std::optional<conformance::Profile>& profile);

/// "c1  2026-11-22 08:26:40.000 UTC  10.0.0.1:40000 (ECHOSCU) -> ..." and the lines below it up to the verdict.
std::string connection_lines(const capture::ConversationReport& report, const trace::CaseResult& result);

/// Where the time of the associations of one connection went.
trace::Pace pace_of(const std::vector<trace::Trace>& traces);

/// "2026-11-22 08:26:40.000 UTC" of nanoseconds since 1970.
std::string utc_text(Duration unix_time);

}  // namespace assay::app
