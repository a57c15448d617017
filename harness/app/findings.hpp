// How a fault of a file is told, by every command that judges files: the same words, order and fields in text and JSON.
// Tests: tests/interop/file_commands_test.py
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/base/problem.hpp"
#include "harness/trace/rule.hpp"

namespace assay::app {

/// Of a problem that the rule `info` (may be null) describes: what could not be decoded is an error whatever the rule.
trace::Severity severity_of(const Problem& problem, const trace::RuleInfo* info);

/// "  error RULE [CLAUSE] byte 12 (0xC) (0008,0020) StudyDate: found X, expected Y", with `advise` the advice on a line
/// of its own. What the file brought is made safe for terminals.
std::string finding_text(const Problem& problem, std::string_view name, const trace::RuleInfo* info, bool advise,
                         bool colour);
nlohmann::ordered_json finding_json(const Problem& problem, std::string_view name, const trace::RuleInfo* info);

struct FindingCounts {
  std::size_t of[3] = {0, 0, 0};  // by trace::Severity

  void add(trace::Severity severity) { ++of[static_cast<std::size_t>(severity)]; }
  [[nodiscard]] std::size_t notes() const { return of[0]; }
  [[nodiscard]] std::size_t warnings() const { return of[1]; }
  [[nodiscard]] std::size_t errors() const { return of[2]; }
  /// "nothing to say", or "1 error, 2 warnings, 0 notes", coloured by the worst.
  [[nodiscard]] std::string text(bool colour) const;
  /// "fail", "warning" or "pass".
  [[nodiscard]] std::string_view verdict(bool strict) const;
  [[nodiscard]] bool red(bool strict) const { return errors() > 0 || (strict && warnings() > 0); }
};

std::string coloured(std::string_view text, trace::Severity severity, bool colour);

/// By byte, then by rule.
void sort_by_place(Problems& problems);

/// "1 file", "3 files".
std::string counted(std::size_t count, std::string_view what);

/// JSON of which every byte is UTF-8: one line, or indented.
std::string json_line(const nlohmann::ordered_json& object);
std::string json_text(const nlohmann::ordered_json& object);

}  // namespace assay::app
