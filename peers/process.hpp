// Child processes that we start, watch and end by their id: each in a process group of its own, its output's tail
// kept, its death noticed. The kernel kills the child when we die. Tests: tests/loopback/peers_process_test.cpp
#pragma once

#include <sys/types.h>

#include "peers/peers.hpp"
#include "peers/process_tracer.hpp"

namespace assay::peers {

struct ProcessOptions {
  std::vector<std::string> argv;                                 // argv[0] is looked up in PATH
  std::vector<std::pair<std::string, std::string>> environment;  // beside our own
  std::string folder;                                            // to run in; empty = ours
  std::size_t keep_output = 8192;                                // bytes of stdout and stderr, the last ones
  std::size_t keep_beginning = 0;                                // and as many of the first ones, beside those
  bool core_files = true;                                        // false: it leaves none when it dies
  /// A channel of lines in both directions; the child finds its number in ASSAY_CHANNEL. Each whole line that comes is
  /// told from the loop, without its end. A longer line than this closes the channel; 0: there is none.
  std::size_t channel_line = 0;
  std::function<void(std::string)> on_line;
  /// Set: it and all that it starts are followed, and each of them that dies by a signal is told, from the loop. The
  /// one that follows is the process then, ends as the child ends, and has it as its only child.
  std::function<void(SignalDeath)> on_death;
};

class Process {
 public:
  /// An error says what could not be started and why.
  static std::expected<std::unique_ptr<Process>, std::string> start(Loop& loop, ProcessOptions options);
  /// Kills the group and waits.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t id() const;
  [[nodiscard]] bool running() const;
  /// "exit 1", "killed by signal 9"; "" while it runs.
  [[nodiscard]] std::string ending() const;
  /// The exit code, when it ended by itself.
  [[nodiscard]] std::optional<int> exit_code() const;
  /// The signal that ended it; 0 when none did.
  [[nodiscard]] int signal() const;
  /// The last of what it wrote.
  [[nodiscard]] const std::string& output() const;
  /// How much it has written in all.
  [[nodiscard]] std::uint64_t written() const;
  /// The first keep_beginning bytes, a line that says how much is left out behind them if it is, and output().
  [[nodiscard]] std::string whole_output() const;
  /// Called once when it has ended and its output is read; at the next turn of the loop when it has already.
  void on_end(std::function<void()> handler);
  /// Sends a line, its end is added. Nothing once the child has ended or closed its side.
  void write_line(std::string_view line);
  /// Why deaths by signal are not told; "" where they are, or nobody asked for them.
  [[nodiscard]] const std::string& unfollowed() const;
  /// SIGTERM to the group now, SIGKILL after `grace` if it still lives.
  void terminate(Duration grace);

  struct Impl;

 private:
  explicit Process(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

/// `text` quoted for /bin/sh where it needs it.
std::string shell_quote(const std::string& text);

/// Replaces {name} by the word's value, quoted for the shell; unknown names stay as they are.
std::string substitute(const std::string& command, const std::vector<std::pair<std::string, std::string>>& words);

/// Waits until something listens there, seen without connecting where that is possible: on this machine. `done` gets
/// whether it did within `limit`. `give_up`, asked between tries, ends it early.
void wait_for_port(Loop& loop, const std::string& host, std::uint16_t port, Duration limit,
                   std::function<bool()> give_up, std::function<void(bool)> done);

}  // namespace assay::peers
