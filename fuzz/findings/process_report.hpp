// What a process left behind when it died: the text of a sanitizer, of libFuzzer or of an assertion, and how it ended,
// turned into what a Finding says. Knows the reports of clang 14 to 22 and gcc 12. Tests:
// tests/unit/findings/process_report_test.cpp
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fuzz/findings/finding.hpp"

namespace assay::fuzz {

/// How a process ended.
struct Ending {
  std::optional<int> exit_code;  // when it ended by itself
  int signal = 0;                // when it was killed
};

/// Kind, detail, place, stack, severity and report of the Finding that `output` (what the process wrote, any bytes) and
/// its ending tell of. Nothing when neither tells of one: exit code 0, or one that its own usage explains. Frames of
/// the sanitizers' runtimes, of the C library and of the fuzzing engine are left out of the stack.
std::optional<Finding> finding_of(std::string_view output, const Ending& ending);

}  // namespace assay::fuzz
