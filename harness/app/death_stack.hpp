// How a process ended that is followed, and where it was, in the finding that its death makes: of a device and of a
// caller alike.
// Tests: tests/loopback/device_watch_test.cpp, tests/interop/fuzz_scp_test.py
#pragma once

#include <algorithm>
#include <csignal>

#include "fuzz/findings/finding.hpp"
#include "fuzz/findings/process_report.hpp"
#include "peers/process.hpp"

namespace assay::app {

/// The frames of the death, without those of the libraries under everything, become the finding's stack, the innermost
/// its place; a stack or a place that a sanitizer told already stays.
void add_death_stack(fuzz::Finding& finding, const peers::SignalDeath& death);

/// Of one that has ended. A shell passes a signal on as an exit code of 128 and more, which may be a program's own
/// word, too (storescu ends with a part of the status that it was given): where deaths are told, only one that was told
/// of is a signal. `deaths`: all that have been told.
template <typename Deaths>
fuzz::Ending ending_of(const peers::Process& process, const Deaths& deaths) {
  fuzz::Ending out{process.exit_code(), process.signal(), process.unfollowed().empty()};
  if (!out.code_is_own || !out.exit_code) return out;
  const int signal = *out.exit_code - 128;
  // Who asks a descendant to end is not told of, and SIGKILL is what memory that is used up ends by, too.
  if (signal == SIGKILL ||
      std::ranges::any_of(deaths, [&](const peers::SignalDeath& death) { return death.signal == signal; }))
    out = {std::nullopt, signal, true};
  return out;
}

}  // namespace assay::app
