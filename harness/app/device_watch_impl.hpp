// What a DeviceWatch keeps and asks. Internal: device_watch.cpp has the course of it, device_watch_death.cpp what the
// device's process tells, device_watch_long.cpp what shows after many conversations.
#pragma once

#include <deque>

#include "harness/app/device_health.hpp"
#include "harness/app/device_watch.hpp"
#include "harness/app/growth.hpp"
#include "harness/app/keepsake.hpp"
#include "harness/app/process_tree.hpp"
#include "peers/dut_program.hpp"

namespace assay::app {

struct DeviceWatch::Impl {
  Impl(peers::Loop& used, DeviceWatchOptions given);

  std::expected<void, std::string> begin();
  std::expected<void, std::string> learn();
  std::expected<void, std::string> start_program();
  std::expected<void, std::string> stop_and_start();
  [[nodiscard]] const peers::Process* running_program() const { return program ? program->process() : nullptr; }
  [[nodiscard]] pid_t process() const;
  [[nodiscard]] bool gone() const;
  /// For an error, behind a sentence; "" while it runs.
  [[nodiscard]] std::string how_it_ended() const;
  [[nodiscard]] ProcessUse use_now() const;

  void settle();
  std::string_view new_output() const;
  /// A sanitizer has begun to write.
  [[nodiscard]] bool report_begun() const;
  std::optional<Observed> died(const std::string& state);
  std::optional<Observed> child_died(const std::string& state);
  std::optional<Observed> reported(const std::string& state);
  std::optional<Observed> dead(const std::string& state);
  std::optional<Observed> unhealthy(const std::string& state);
  std::optional<Observed> unserved(const std::string& state);
  std::optional<Observed> grows(const Execution& execution, bool now);
  std::optional<Observed> grows(fuzz::Kind kind, Growth& growth, std::uint64_t least, const std::string& state);
  std::optional<Observed> lost(const std::string& state);
  [[nodiscard]] fuzz::Finding finding(fuzz::Kind kind, std::string detail, const std::string& state) const;

  peers::Loop& loop;
  DeviceWatchOptions options;
  std::shared_ptr<peers::DutProgram> program;
  DeviceHealth health;
  Keepsakes keepsakes;
  Growth memory;
  Growth descriptors;
  std::deque<peers::SignalDeath> deaths;  // not told yet
  std::uint64_t output_seen = 0;          // of what the program has written
  std::uint64_t health_asked = 0;         // at this execution
  Instant looked;
  Instant measures_after;                // the next sample of memory and descriptors
  std::optional<fuzz::Finding> blocked;  // what the start has shown, until it is told
  bool beside_silence = true;
  std::string second_peer_note;
  bool told = false;  // of what the process died of
  bool learned = false;
};

}  // namespace assay::app
