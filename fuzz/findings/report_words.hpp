// The words that reports are told by: what a line of an output begins a report of. Internal to process_report.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fuzz/findings/finding.hpp"

namespace assay::fuzz {

/// How much a line explains of why a process ended; more counts, and of equals the first.
enum class Weight : unsigned char {
  nothing,
  leak,       // told at the end, when all else went well
  signal,     // "deadly signal", ABRT: something before it may say why
  undefined,  // UndefinedBehaviorSanitizer may carry on, or end by a signal
  cause,      // any other
};

/// A line that begins a report, or explains one.
struct Headline {
  Weight weight = Weight::nothing;
  Kind kind = Kind::crash;
  Severity severity = Severity::medium;
  std::string detail;
  std::string place;    // where the line itself names one: a function or a file
  std::string words;    // the line as a sentence can quote it
  bool access = false;  // whether it read or wrote stands in a later line
};

/// Nothing when the line is none.
std::optional<Headline> headline(std::string_view line);

/// One sentence of what to do about a finding of that kind and detail.
std::string_view advice_for(Kind kind, std::string_view detail);

}  // namespace assay::fuzz
