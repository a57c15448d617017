// SARIF 2.1.0 (OASIS): what code scanners hand to CI systems and editors. Tests: tests/unit/reports/sarif_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace assay::reports {

struct SarifResult {
  std::string rule;                    // "fuzz/sanitizer/heap-buffer-overflow-write": what kind of thing it is
  std::string rule_title;              // one line about the kind
  std::string help;                    // what to do about it
  std::string level;                   // "error", "warning", "note"
  double severity = 0;                 // 0 to 10, as code scanners sort by
  std::string message;                 // what happened
  std::string fingerprint;             // the same for the same thing from run to run
  std::string artifact;                // file that shows it, "" = none
  std::vector<std::string> functions;  // the stack, innermost first
  std::vector<std::pair<std::string, std::string>> properties;  // whatever else is known
  bool fresh = true;                                            // false: seen in an earlier run
};

/// One run of Assay as a SARIF log, indented. Every byte of it is UTF-8.
std::string sarif(const std::vector<SarifResult>& results, const std::string& command_line);

}  // namespace assay::reports
