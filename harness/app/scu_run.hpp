// The everyday SCU commands at work: from ScuOptions to a requestor, and from what it brought back to lines, JSON and
// exit codes. echo, store, find, worklist and reconcile use it, and so may any other service.
// Tests: tests/interop/scu_commands_test.py, scu_query_test.py
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/app/console.hpp"
#include "harness/app/scu.hpp"
#include "peers/peers.hpp"

namespace assay::app {

/// AE@HOST:PORT or HOST:PORT taken apart; the error is one sentence.
struct Target {
  std::string called_ae;  // "" when it names none
  std::string host;
  std::uint16_t port = 0;

  [[nodiscard]] std::string name() const { return host + ":" + std::to_string(port); }
};
std::expected<Target, std::string> target_from(std::string_view text);

/// Options of a requestor with rules, TLS and faults; what is wrong has been complained of when there are none.
std::optional<peers::RequestorOptions> requestor_of(const ScuOptions& options, Console& console);

/// What became of --window, a line; empty when none was asked for, or nothing was agreed on at all.
std::string window_line(unsigned asked, std::optional<std::uint16_t> agreed);

/// 0, 1 answered, but not as it should; 2, 3 not reached or not judgeable, 130.
int exit_code_of(peers::Failure failure);
/// The one that counts when several apply: 70, 2, 1, 5, 3, 130, 0.
int worse_exit_code(int a, int b);

/// What the peer broke on all associations of one command, each rule and place once.
class PeerFindings {
 public:
  void add(const std::optional<trace::Trace>& trace);
  /// Lines with advice, or "".
  [[nodiscard]] std::string text() const;
  [[nodiscard]] nlohmann::ordered_json json() const;
  [[nodiscard]] bool empty() const { return findings_.empty(); }

 private:
  struct Seen {
    trace::Finding finding;
    std::size_t times = 0;
  };
  std::vector<Seen> findings_;
  std::map<std::string, std::size_t> index_;
};

/// One sentence on what to do about a failure or warning status; "" for success.
std::string_view status_advice(std::uint16_t status, std::uint16_t response_field);

/// Tells how far it is: a live line on a terminal, now and then a line elsewhere, nothing where JSON is asked for.
class ScuProgress {
 public:
  ScuProgress(Console& console, bool quiet);
  /// `line` is only made when it is shown.
  void at(const std::function<std::string()>& line);

 private:
  Console& console_;
  bool quiet_;
  Instant next_;
};

/// While one lives, the first Ctrl-C asks for an orderly end, the second stops the loop.
class ScuInterrupt {
 public:
  /// `what` is said when it happens: "the file on its way is finished".
  ScuInterrupt(peers::Loop& loop, Console& console, std::string what);
  [[nodiscard]] bool asked() const { return *asked_; }

 private:
  std::shared_ptr<bool> asked_;
};

}  // namespace assay::app
