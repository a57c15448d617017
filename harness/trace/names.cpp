// Names, and the one-line shape of a finding.
#include <fmt/format.h>

#include "harness/base/hex.hpp"
#include "harness/trace/trace.hpp"

namespace assay::trace {

std::string_view name(Side side) { return side == Side::requestor ? "requestor" : "acceptor"; }

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::note: return "note";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "error";
}

std::string_view name(Closing how) { return how == Closing::fin ? "FIN" : "RST"; }

std::string to_line(const Finding& finding) {
  std::string line = fmt::format("{} {} [{}] {}, {}", name(finding.severity), finding.rule, finding.clause,
                                 name(finding.side), finding.connection);
  if (finding.pdu_number != 0) {
    line += fmt::format(" PDU {} byte {} (0x{:x})", finding.pdu_number, finding.offset, finding.offset);
  }
  if (!finding.field.empty()) line += ' ' + printable(finding.field);
  // What was found may be copied from the wire: nothing in it may break the line.
  line += ": found " + printable(finding.found);
  if (!finding.expected.empty()) line += ", expected " + printable(finding.expected);
  if (finding.provoked) line += " (provoked)";
  return line;
}

}  // namespace assay::trace
