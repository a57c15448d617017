// The command of a device that calls (an SCU): started, and what became of it: did it die by a signal, did a sanitizer
// speak, does it use a core and never end. An exit code alone says nothing: a client that reports failure after a
// broken answer is as it should be. Tests: tests/interop/fuzz_scp_test.py
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/findings/finding.hpp"
#include "peers/peers.hpp"
#include "peers/process.hpp"

namespace assay::app {

struct CallerProgramOptions {
  std::string start;  // command for the shell; {host} {port} {called} {calling} are filled in
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string called_ae = "ANY-SCP";
  std::string calling_ae = "ASSAY";
  std::string subject;  // of findings
};

class CallerProgram {
 public:
  CallerProgram(peers::Loop& loop, CallerProgramOptions options);
  ~CallerProgram();
  CallerProgram(const CallerProgram&) = delete;
  CallerProgram& operator=(const CallerProgram&) = delete;

  /// Afresh: what still runs of it is killed. The error is one sentence.
  std::expected<void, std::string> start();
  void kill();
  /// Told at each end, from the loop; empty: nobody.
  void on_end(std::function<void()> told) { told_ = std::move(told); }
  [[nodiscard]] bool runs() const { return process_ && !ended_; }
  [[nodiscard]] pid_t id() const { return process_ ? process_->id() : 0; }
  /// "exit 1", "killed by signal 11"; empty while it runs.
  [[nodiscard]] std::string ending() const;
  /// The last line it wrote, for messages.
  [[nodiscard]] std::string last_words() const;

  /// What broke since the last look, after a conversation at `state`. `stays`: it is to go on, so that its end alone is
  /// one.
  std::optional<fuzz::Finding> broke(const std::string& state, bool stays);
  /// It had to end and did not; killed when this returns.
  fuzz::Finding does_not_end(const std::string& state, Duration limit);

 private:
  [[nodiscard]] std::string fresh_output() const;

  peers::Loop& loop_;
  CallerProgramOptions options_;
  std::function<void()> told_;
  std::unique_ptr<peers::Process> process_;
  std::vector<peers::SignalDeath> deaths_;
  std::uint64_t output_seen_ = 0;
  std::uint64_t count_ = 0;  // of starts
  bool ended_ = false;
};

}  // namespace assay::app
