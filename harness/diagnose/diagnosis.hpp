// What the ladder found: how far it got, the first proven cause, the evidence, and what to change on which side.
// The words of the causes stand in causes.inc. Tests: tests/unit/diagnose/diagnosis_test.cpp
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/time.hpp"
#include "harness/trace/tls.hpp"

namespace assay::diagnose {

enum class Rung : std::uint8_t { settings, name, tcp, protocol, association, verification, services, exercise };
inline constexpr std::size_t rung_count = 8;
/// "TCP connection"
std::string_view title(Rung rung);
/// For tools: "tcp".
std::string_view name(Rung rung);

/// Whose setting or fault a cause is. agreement: both are right and do not fit together; design: meant so.
enum class Blame : std::uint8_t { device, caller, network, agreement, design };
std::string_view name(Blame blame);

struct Cause {
  std::string_view code;
  Rung rung;
  Blame blame;
  int exit_code;
  std::string_view title;
  std::string_view meaning;
  std::string_view at_device;
  std::string_view at_caller;
};
std::span<const Cause> all_causes();
/// Null for a code that is none.
const Cause* find_cause(std::string_view code);

/// Values for the {words} of a cause.
using Words = std::map<std::string, std::string, std::less<>>;
/// A text with its {words} filled in; a word nobody knows stays as it is.
std::string fill(std::string_view text, const Words& words);

enum class Mark : std::uint8_t { ok, failed, remark, not_reached, not_asked };
std::string_view name(Mark mark);

struct Step {
  Rung rung = Rung::settings;
  Mark mark = Mark::not_reached;
  std::string detail;
  Duration took{0};  // 0 = nothing was measured
};

/// One service and whether the device takes it.
struct Offer {
  std::string service;  // "find"
  std::string sop_class_uid;
  std::string words;   // "Study Root Query/Retrieve Information Model - FIND"
  std::string answer;  // "accepted, Implicit VR Little Endian"
  bool accepted = false;
};

struct Diagnosis {
  std::vector<Step> steps;       // one for each rung, in order
  const Cause* cause = nullptr;  // null: healthy, as far as was asked
  Words words;
  std::vector<std::string> evidence;  // what was said on the wire, exactly
  std::vector<std::string> remarks;   // worth knowing, not the cause
  std::vector<Offer> offers;
  std::string identity;  // "implementation 1.2.276.0.7230010.3.0.3.6.7, version OFFIS_DCMTK_367, maximum PDU 16384"
  std::optional<trace::Tls> tls;  // of the first connection, where TLS was asked for
  std::size_t probes = 0;
  Duration took{0};
  bool interrupted = false;    // before it was done
  bool stopped_early = false;  // that, or the time or number of probes ran out before the cause was looked at closer

  [[nodiscard]] std::string headline() const;
  [[nodiscard]] std::string meaning() const;
  [[nodiscard]] std::string at_device() const;
  [[nodiscard]] std::string at_caller() const;
  /// 0 healthy, 1 a cause, 3 not reachable.
  [[nodiscard]] int exit_code() const { return cause == nullptr ? 0 : cause->exit_code; }
};

}  // namespace assay::diagnose
