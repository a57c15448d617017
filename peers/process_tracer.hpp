// Stands between us and a child process, follows whatever that starts, and tells of each process that died by a signal:
// a server that forks for every association reaps its dead children and says nothing. By ptrace(2), whose own events
// these are; where the system forbids it, that is told and the child runs unwatched. Internal.
// Tests: tests/loopback/peers_process_test.cpp
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::peers {

/// A process that died by a signal.
struct SignalDeath {
  pid_t process = 0;
  int signal = 0;
  bool first = false;  // the one that was started, not a descendant of it
  std::vector<std::string>
      frames;  // file and place in it, "/usr/bin/storescp+0x1f2a", innermost first; what the stack holds of returns
};

/// In the child, before exec: forks the one that goes on to exec (there it returns) and follows it in this one, which
/// ends as that one ends. A line goes to `report` for each death by signal.
void follow_in_parent(int report);

/// What such a line says; nothing for one that is none. "untraced" tells that nothing is followed.
std::optional<SignalDeath> signal_death(std::string_view line);

}  // namespace assay::peers
