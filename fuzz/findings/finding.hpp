// A finding of fuzzing: something broke, and here is everything that somebody needs who was not there. The same shape
// for a parser that crashed in process and for a device that stopped answering. Without I/O: folders are harness/app's.
// Tests: tests/unit/findings/finding_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace assay::fuzz {

/// What kind of breakage it is; its names stand in one table, in this order.
enum class Kind : std::uint8_t {
  crash,             // a signal, an abort, an exit that nobody asked for
  sanitizer,         // a report of AddressSanitizer, UndefinedBehaviorSanitizer, MemorySanitizer, ...
  leak,              // LeakSanitizer, or memory of a process that grows without end
  out_of_memory,     // an allocation that was claimed, not needed
  hang,              // no answer, or no end, within the time that was allowed
  property,          // a property of a target does not hold
  disagreement,      // two decoders see different things in the same bytes
  forbidden_answer,  // an answer that the state table or a rule forbids
  dead_listener,     // the device takes no connection any more
  unhealthy,         // a conversation that worked before does not work after
  second_peer,       // another peer is not served meanwhile
  descriptors,       // descriptors of a process that grow without end
  lost_data,         // what was acknowledged is gone
};
std::string_view name(Kind kind);
/// The kind of that name, if there is one.
std::expected<Kind, std::string> kind_named(std::string_view name);

enum class Severity : std::uint8_t { low, medium, high, critical };
std::string_view name(Severity severity);
/// What a kind is worth where nothing else is known: writes out of bounds are critical, reads and dead listeners high.
Severity usual_severity(Kind kind, std::string_view detail);

struct Finding {
  Kind kind = Kind::crash;
  Severity severity = Severity::medium;
  std::string subject;             // what broke: "fuzz_pdu", "127.0.0.1:11112 STORESCP"
  std::string detail;              // the kind's own word: "heap-buffer-overflow read", "signal 11", a rule's id
  std::string place;               // first frame of the subject's own, or the field; "" where nobody knows
  std::string state;               // "Sta6", "after C-STORE-RQ"; "" for a parser
  std::string clause;              // "PS3.8 9.3.2", "" where the standard says nothing
  std::string happened;            // sentences: what was sent, what came, what should have come
  std::string advice;              // one sentence: what to change
  std::string reproduce;           // a command line
  std::vector<std::string> stack;  // function names, innermost first, those of the subject only
  std::string report;              // what the process wrote, bounded (max_report)
  std::string first_seen;          // "2026-11-23T12:00:00Z"
  std::string last_seen;
  std::uint64_t times = 1;   // how often it came up
  bool reproducible = true;  // false: it did not come again when it was tried; it is kept and said

  /// What makes two findings one: kind, detail and the first frames of the stack; without a stack the place (or the
  /// rule) and the state. Never addresses, ports, line numbers or sizes.
  [[nodiscard]] std::string identity() const;
  /// The first twelve hexadecimal digits of a digest of identity().
  [[nodiscard]] std::string id() const;
  /// "heap-buffer-overflow read in parse_item (fuzz_pdu)": one line.
  [[nodiscard]] std::string title() const;
  /// A name for its folder: the id and a few words, of [a-z0-9-] only.
  [[nodiscard]] std::string slug() const;

  friend bool operator==(const Finding&, const Finding&) = default;
};

inline constexpr std::size_t max_report = std::size_t{64} << 10;  // a report's stacks are at its beginning
inline constexpr std::size_t frames_of_identity = 3;              // as crash bucketing elsewhere does

/// finding.json; what is read is bounded and checked, the error is one sentence with the field's name.
nlohmann::ordered_json to_json(const Finding& finding);
std::expected<Finding, std::string> finding_from_json(std::string_view text);

/// finding.txt: what happened, severity, clause, advice, how to reproduce, the stack. For people.
std::string to_text(const Finding& finding);

/// The same finding came up again: counts, dates, and whether it can be reproduced.
void merge(Finding& known, const Finding& again);

}  // namespace assay::fuzz
