// Where a process was that died by a signal, in the finding that its death makes: of a device and of a caller alike.
// Tests: tests/loopback/device_watch_test.cpp, tests/interop/fuzz_scp_test.py
#pragma once

#include "fuzz/findings/finding.hpp"
#include "peers/process_tracer.hpp"

namespace assay::app {

/// The frames of the death, without those of the libraries under everything, become the finding's stack, the innermost
/// its place; a stack or a place that a sanitizer told already stays.
void add_death_stack(fuzz::Finding& finding, const peers::SignalDeath& death);

}  // namespace assay::app
