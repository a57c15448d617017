#include "harness/app/findings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/dataset/dump_people.hpp"

namespace assay::app {

using nlohmann::ordered_json;
using trace::Severity;

Severity severity_of(const Problem& problem, const trace::RuleInfo* info) {
  if (problem.gravity == Gravity::note) return Severity::note;
  if (problem.gravity == Gravity::error || info == nullptr) return Severity::error;
  return info->severity == Severity::note ? Severity::warning : info->severity;
}

std::string coloured(std::string_view text, Severity severity, bool colour) {
  if (!colour) return std::string(text);
  constexpr std::string_view codes[] = {"36", "33", "31"};
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(severity)], text);
}

std::string finding_text(const Problem& problem, std::string_view name, const trace::RuleInfo* info, bool advise,
                         bool colour) {
  const Severity severity = severity_of(problem, info);
  std::string text = fmt::format("  {} {} [{}] byte {} (0x{:X})", coloured(trace::name(severity), severity, colour),
                                 problem.rule, problem.clause, problem.offset, problem.offset);
  if (!problem.field.empty()) text += ' ' + dataset::safe_text(problem.field);
  if (!name.empty()) text += ' ' + dataset::safe_text(name);
  text +=
      fmt::format(": found {}, expected {}\n", dataset::safe_text(problem.found), dataset::safe_text(problem.expected));
  if (advise && info != nullptr && severity != Severity::note) text += fmt::format("      {}\n", info->advice);
  return text;
}

ordered_json finding_json(const Problem& problem, std::string_view name, const trace::RuleInfo* info) {
  ordered_json object{{"rule", problem.rule},
                      {"clause", problem.clause},
                      {"severity", std::string(trace::name(severity_of(problem, info)))},
                      {"offset", problem.offset},
                      {"path", problem.field}};
  if (!name.empty()) object["name"] = std::string(name);
  object["found"] = problem.found;
  object["expected"] = problem.expected;
  if (info != nullptr) object["advice"] = std::string(info->advice);
  return object;
}

std::string FindingCounts::text(bool colour) const {
  if (errors() + warnings() + notes() == 0) return coloured("nothing to say", Severity::note, colour);
  const auto words =
      fmt::format("{}, {}, {}", counted(errors(), "error"), counted(warnings(), "warning"), counted(notes(), "note"));
  return coloured(words, errors() > 0 ? Severity::error : warnings() > 0 ? Severity::warning : Severity::note, colour);
}

std::string_view FindingCounts::verdict(bool strict) const {
  return red(strict) ? "fail" : warnings() > 0 ? "warning" : "pass";
}

void sort_by_place(Problems& problems) {
  std::sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.rule < b.rule;
  });
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string json_line(const ordered_json& object) {
  return dataset::safe_json(object.dump(-1, ' ', false, ordered_json::error_handler_t::replace)) + '\n';
}

std::string json_text(const ordered_json& object) {
  return dataset::safe_json(object.dump(2, ' ', false, ordered_json::error_handler_t::replace)) + '\n';
}

}  // namespace assay::app
