// The program of a device under test that Assay starts itself: started, waited for until it listens, started again when
// it died, ended by its id. Tests: tests/loopback/peers_host_test.cpp, tests/interop/device_control_test.py
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "peers/peers.hpp"
#include "peers/process.hpp"

namespace assay::peers {

class DutProgram : public std::enable_shared_from_this<DutProgram> {
 public:
  using Words = std::vector<std::pair<std::string, std::string>>;
  /// Whether it went well, and one line of detail.
  using Told = std::function<void(bool, std::string)>;

  DutProgram(Loop& loop, DutControl control) : loop_(loop), control_(std::move(control)) {}

  [[nodiscard]] const DutControl& control() const { return control_; }
  /// Starts it unless it runs, and waits until it listens: control().start_timeout at the most.
  void ensure_started(Told told);
  /// Asks it to end, and kills it after three seconds.
  void stop(std::function<void()> stopped);
  /// Kills it at once.
  void end();
  /// The program as it runs or ended last; null before it is started and after stop() and end().
  [[nodiscard]] const Process* process() const { return process_.get(); }
  /// A command for the shell with the words of this device, where `words` do not say otherwise.
  std::expected<std::unique_ptr<Process>, std::string> shell(const std::string& command, Words words);

 private:
  std::expected<std::unique_ptr<Process>, std::string> shell(const std::string& command, Words words,
                                                             std::function<void(SignalDeath)> on_death);
  void launch(Told told);
  void when_port_is_free(std::function<void()> then, int tries);
  void log(const std::string& line) const;

  Loop& loop_;
  DutControl control_;
  std::unique_ptr<Process> process_;
  bool started_before_ = false;
};

}  // namespace assay::peers
