// Whether a process of this machine has done what it was given: none of its threads, and of what it has started, runs
// or wants to. Cheap enough to be asked every few milliseconds. Tests: tests/loopback/device_watch_test.cpp
#pragma once

#include <sys/types.h>

namespace assay::app {

/// All of them wait for something. False where one runs, waits for a disk, is stopped, or where nothing can be read.
/// What a process waits for is not told: who sleeps for a second before it answers is idle, too. Nothing that accuses
/// a device may rest on this.
bool process_idle(pid_t process);

}  // namespace assay::app
