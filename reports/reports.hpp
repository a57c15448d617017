// One RunResult to every output: console text, JUnit XML, JSON, one self-contained HTML page.
// Tests: tests/unit/reports/
#pragma once

#include <string>

#include "harness/trace/verdict.hpp"

namespace assay::reports {

struct Style {
  bool colour = false;
  int width = 100;
};

/// One line per case as it finishes: "PASS  ps3.8/9.3.4/unknown-called-ae  0.01 s"; failing ones add the reason,
/// findings and advice, indented.
std::string case_lines(const trace::CaseResult& result, const Style& style);
/// Counts by verdict, the red cases again, stale expectations, what to do next.
std::string summary(const trace::RunResult& result, const Style& style);

/// JUnit XML that validates against the surefire schema (name, classname, time; failure, error, skipped).
std::string junit_xml(const trace::RunResult& result);
std::string json(const trace::RunResult& result);
/// No outside references: styles and scripts inline, readable without a network.
std::string html(const trace::RunResult& result);

}  // namespace assay::reports
