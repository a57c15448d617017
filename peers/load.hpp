// Load on an acceptor: many associations that are open and idle, and some that are busy one operation after the other,
// all from one thread. Every wait has a limit. Tests: tests/interop/load_test.py
#pragma once

#include <map>

#include "peers/peers.hpp"

namespace assay::peers {

enum class LoadOperation : std::uint8_t { echo, store };

struct LoadOptions {
  RequestorOptions requestor;  // whom, titles, limits; rules and faults are not used
  std::size_t idle = 0;        // associations that are open and say nothing
  std::size_t busy = 1;        // associations that do one operation after the other
  LoadOperation operation = LoadOperation::echo;
  Duration duration = std::chrono::seconds(10);  // of the busy time, which begins once all are open
  std::size_t opening_at_once = 64;              // connections on the way at the same time
  std::function<void(const std::string&)> progress;
};

struct LoadReport {
  std::size_t opened_idle = 0;
  std::size_t opened_busy = 0;
  std::size_t idle_kept = 0;  // idle ones still open when the busy time was over
  std::size_t released = 0;   // answered our A-RELEASE-RQ
  std::uint64_t operations = 0;
  std::uint64_t failed_operations = 0;          // answered with a failure status
  std::map<std::string, std::size_t> failures;  // associations that failed, by why
  Duration opening{};                           // until all were open, or had failed
  Duration measured{};                          // the busy time
  Duration median{};                            // of an operation, from our request to the last byte of the answer
  Duration p99{};
  Duration longest{};
  std::uint64_t memory = 0;  // of this process, resident, at the end of the busy time; 0: unknown
  bool interrupted = false;

  [[nodiscard]] std::size_t failed() const;
};

/// Drives it on the loop until the end, or until `interrupted` says so; then everything is released.
LoadReport load(Loop& loop, const LoadOptions& options, const std::function<bool()>& interrupted);

/// Resident memory of this process in bytes; 0 when it is not known.
std::uint64_t resident_memory();

/// Raises the limit of open files to what is wanted, as far as the system lets us; says what it is then.
std::size_t allow_descriptors(std::size_t wanted);
/// Memory that a large message took is kept for the next one (up to 64 MB): for a process that receives many. So many
/// bytes more are expected to be held in the end.
void keep_memory(std::size_t expected = 0);

}  // namespace assay::peers
