// A process of this machine with all that it has started, as /proc shows them. Tests:
// tests/loopback/device_watch_test.cpp
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace assay::app {

/// The process and its descendants, it first; empty when it is gone.
std::vector<pid_t> process_tree(pid_t process);

struct ProcessUse {
  std::size_t processes = 0;
  std::uint64_t memory = 0;       // bytes: proportional set sizes, so that what children share counts once
  std::uint64_t descriptors = 0;  // open ones
};
/// What these use together; those that end meanwhile count nothing.
ProcessUse measure(const std::vector<pid_t>& processes);

/// Whether it exists and is no zombie.
bool lives(pid_t process);

}  // namespace assay::app
