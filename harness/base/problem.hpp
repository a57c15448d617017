// What a decoder reports about its input. A deviation could be decoded but breaks a clause; an error stops the
// decoding of that structure. Neither is an exception. Tests: each decoder's own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace assay {

enum class Gravity : std::uint8_t {
  note,       // allowed, worth knowing
  deviation,  // decoded, but a "shall" is broken
  error,      // could not be decoded past this point
};

/// One departure from the standard at one byte.
struct Problem {
  std::string rule;          // stable id: "ps3.8/9.3.2/called-ae-title"
  std::string clause;        // "PS3.8 9.3.2"
  std::uint64_t offset = 0;  // of the offending byte, counted as the decoder's base offset says
  std::string field;         // "presentation-context[1]/transfer-syntax"
  std::string found;         // what stands there, short
  std::string expected;      // what should
  Gravity gravity = Gravity::deviation;

  friend bool operator==(const Problem&, const Problem&) = default;
};

using Problems = std::vector<Problem>;

/// True when nothing, or nothing but notes, was reported.
inline bool clean(const Problems& problems) {
  for (const auto& p : problems)
    if (p.gravity != Gravity::note) return false;
  return true;
}

inline bool has_error(const Problems& problems) {
  for (const auto& p : problems)
    if (p.gravity == Gravity::error) return true;
  return false;
}

/// Our own illegal call: never the peer's fault, never a finding.
struct LocalError {
  std::string message;
  friend bool operator==(const LocalError&, const LocalError&) = default;
};

}  // namespace assay
