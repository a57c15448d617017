// Small helpers shared by the report writers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/time.hpp"
#include "harness/trace/verdict.hpp"

namespace assay::reports::detail {

std::string upper(std::string_view text);
/// "0.01 s", "12.3 s", "2 min 5 s"
std::string seconds(Duration duration);
/// Seconds as a plain number for machines: "0.013".
std::string plain_seconds(Duration duration);
/// "1 verdict", "2 verdicts".
std::string counted(std::size_t count, std::string_view noun);
/// Escapes text for XML and HTML; what XML 1.0 cannot hold is written as \xNN, invalid UTF-8 likewise.
std::string escape(std::string_view text);

/// What was agreed on with the device, each once with the number of connections: "TLS 1.3 ... (12 connections)".
/// Cases about TLS itself count only where there are no others. Empty without TLS.
std::vector<std::string> tls_lines(const trace::RunResult& result);

}  // namespace assay::reports::detail
