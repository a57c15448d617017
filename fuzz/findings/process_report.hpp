// What a process left behind when it died: the text of a sanitizer, of libFuzzer, of the C library or of an assertion,
// and how it ended, turned into what a Finding says. Knows the reports of clang 14 to 22 and gcc 12. What the process
// wrote is taken for hostile: any bytes, any length. Tests: tests/unit/findings/process_report_test.cpp; fuzz target:
// fuzz_process_report
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
  bool code_is_own = false;      // else an exit code of 128 and more is a shell's word for a signal
};

/// Kind, detail, place, stack, severity, happened, advice and report of the Finding that `output` (what the process
/// wrote, any bytes) and its ending tell of. Nothing when neither tells of one: exit code 0, a signal that asks for the
/// end (SIGINT, SIGTERM, SIGHUP), or an exit that the text explains as wrong usage. Frames of the sanitizers' runtimes,
/// of the C and C++ libraries and of the fuzzing engine are left out of the stack.
std::optional<Finding> finding_of(std::string_view output, const Ending& ending);

/// Whether `again` shows the same as `known`: the same identity; of hangs, which are cut off anywhere, the same loop.
bool same_finding(const Finding& known, const Finding& again);

/// Hangs are cut off anywhere in a loop: leaves in `known` the outer frames that it and `again` share, so that the
/// function with the loop comes first.
void keep_common_frames(Finding& known, const Finding& again);

/// A text that may go to terminals and files: what is no printable ASCII, line end or tab becomes \xNN, at most
/// `longest` bytes of it, with a line that says how much was left out.
std::string safe_text(std::string_view text, std::size_t longest);

/// The same on one line.
std::string safe_line(std::string_view text, std::size_t longest = 300);

/// "ns::Class::function" from "void ns::Class<int>::function<char>(char const*) const [clone .cold]": no return type,
/// template arguments, parameters, anonymous namespaces; lambdas are called lambda.
std::string function_name(std::string_view demangled);

}  // namespace assay::fuzz
