// A finding: one observation that one side broke one rule at one place. Every output prints it in the same shape.
// Tests: tests/unit/trace/
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay::trace {

/// The two ends of one connection, by who opened it (PS3.8 3: requestor, acceptor).
enum class Side : std::uint8_t { requestor, acceptor };
inline Side other(Side side) { return side == Side::requestor ? Side::acceptor : Side::requestor; }
std::string_view name(Side side);

enum class Severity : std::uint8_t {
  note,     // allowed, worth knowing
  warning,  // allowed but unwise, or a "should" is broken
  error,    // a "shall" is broken
};
std::string_view name(Severity severity);

struct Finding {
  std::string rule;    // "ps3.8/9.3.2/called-ae-title"
  std::string clause;  // "PS3.8 9.3.2"
  Severity severity = Severity::error;
  Side side = Side::requestor;   // which side broke it
  std::string connection;        // "c1"
  std::uint32_t pdu_number = 0;  // in the connection, both directions counted together, from 1; 0 = no PDU
  std::uint64_t offset = 0;      // of the byte in that side's stream
  std::string field;             // field or tag path
  std::string found;
  std::string expected;
  std::string advice;     // one sentence an integrator can act on
  bool provoked = false;  // the scenario broke it on purpose: never blamed

  friend bool operator==(const Finding&, const Finding&) = default;
};

/// The one-line shape:
/// "error ps3.8/9.3.2/called-ae-title [PS3.8 9.3.2] requestor, c1 PDU 1 byte 16 (0x10) called-ae-title: found ...,
/// expected ...".
std::string to_line(const Finding& finding);

}  // namespace assay::trace
