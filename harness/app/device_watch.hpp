// Watches a device while it is fuzzed: did it, or a child of it, die; did a sanitizer speak; does it listen, answer,
// and serve a second peer; do its memory and its descriptors grow without end; is what it acknowledged still there.
// What a healthy device does is measured at the start: an oracle that does not hold then is switched off, and notes()
// say so. Every wait has a limit. Tests: tests/loopback/device_watch_test.cpp
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/findings/finding.hpp"
#include "harness/base/time.hpp"
#include "peers/peers.hpp"

namespace assay::app {

struct DeviceWatchOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string called_ae = "ANY-SCP";
  std::string calling_ae = "ASSAY";
  std::string start;  // --dut-start, with its {port} and so on; empty: it runs already
  std::vector<std::pair<std::string, std::string>> environment;  // for what is started, beside ours
  Duration start_timeout = std::chrono::seconds(20);
  pid_t process = 0;                              // of a local device that runs already; 0: nobody knows it
  std::filesystem::path stored;                   // --stored: the folder in which the device keeps what it is sent
  bool second_peer = true;                        // ask whether a second peer is served
  bool keepsakes = true;                          // store objects of our own and look for them later
  Duration patience = std::chrono::seconds(5);    // for each answer; asked again once, with four times as much
  std::uint64_t health_every = 50;                // executions between health checks where nothing is odd
  Duration look_every = std::chrono::seconds(4);  // at least this between looks that cost associations
  std::uint64_t measure_every = 2;                // executions between samples of memory and descriptors
  unsigned measure_share = 20;                    // and they take at most one part in so many of the time; 0: any
  std::uint64_t memory_growth = std::uint64_t{24} << 20;  // bytes: less is never called a leak
  std::uint64_t descriptor_growth = 48;                   // descriptors: less is never called a leak
  std::shared_ptr<const peers::TlsContext> tls;
  std::function<void(std::string)> log;  // started, died, restarted
};

/// What the engine says about a conversation that is over, its connections closed.
struct Execution {
  std::uint64_t number = 0;  // from 1
  std::string state;         // where it was: for Finding::state
  bool odd = false;          // no answer, a close without a word, a refused connection: everything is asked at once
};

struct Observed {
  fuzz::Finding finding;
  bool of_this_execution = true;  // false: what led there lies further back (growth, lost data)
  bool of_no_use = true;          // the device must be restarted before it can be fuzzed further
  std::string scenario = {};      // that shows it, where the watch has seen it by itself; else the conversation does
};

class DeviceWatch {
 public:
  /// Starts the device where it is to be started, waits until it listens, and measures what is healthy. The error is a
  /// sentence. The loop outlives it.
  static std::expected<std::unique_ptr<DeviceWatch>, std::string> start(peers::Loop& loop, DeviceWatchOptions options);
  ~DeviceWatch();
  DeviceWatch(const DeviceWatch&) = delete;
  DeviceWatch& operator=(const DeviceWatch&) = delete;

  /// To be called after each execution: cheap looks always, the others when it is their time or `odd` says so.
  std::optional<Observed> after(const Execution& execution);
  /// Everything that is of one execution, now: death, sanitizers, listener, health. For replay and reduction.
  std::optional<Observed> look(const std::string& state);
  /// Everything, now: also the second peer and what was acknowledged. For the end of a campaign.
  std::optional<Observed> look_at_all(const std::string& state);
  /// Ends the device by its id and starts it afresh; an error where it was not started here, or does not listen.
  std::expected<void, std::string> restart();
  [[nodiscard]] bool can_restart() const;

  /// The process of a device that was started here or told of; 0: unknown.
  [[nodiscard]] pid_t process() const;
  /// Whether its process is known, and has done what it was given: process_idle().
  [[nodiscard]] bool idle() const;
  /// Whether it answered, at the start, a second peer while a first held its association; and while a first had
  /// connected and said nothing. Without these, silence beside another connection is how the device is made.
  [[nodiscard]] bool serves_second_peer() const;
  [[nodiscard]] bool serves_beside_silence() const;
  /// One line per oracle: that it is on, or off and why.
  [[nodiscard]] std::vector<std::string> notes() const;
  /// How many associations of its own it has made.
  [[nodiscard]] std::uint64_t own_associations() const;

  struct Impl;

 private:
  explicit DeviceWatch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::app
