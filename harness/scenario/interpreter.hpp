// Runs one scenario case without I/O: commands out, happenings and time in. Each connection is followed by an
// Observer, so every rule runs on every connection of every scenario.
// Tests: tests/unit/scenario/interpreter_test.cpp
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/scenario/host.hpp"
#include "harness/scenario/model.hpp"
#include "harness/trace/rule.hpp"
#include "harness/trace/verdict.hpp"

namespace assay::scenario {

/// What the run knows and the scenario may use.
struct Environment {
  std::string target_host;  // of the DUT when Assay is requestor
  std::uint16_t target_port = 0;
  std::uint16_t listen_port = 0;      // for acceptor roles; 0 = pick one
  std::string called_ae = "ANY-SCP";  // the DUT's title
  std::string calling_ae = "ASSAY";   // ours
  /// Named waits: "dul-timeout", "dimse-timeout", "artim", "device-timeout", "connect-timeout", "operate-timeout",
  /// "settle".
  std::map<std::string, Duration> waits;
  /// Whether the profile claims something; unset profile = nullopt = nobody knows. Keys as in <needs claim="...">.
  std::function<std::optional<bool>(std::string_view claim)> claims;
  /// Files a scenario may send (data sets); nothing when the file is not there.
  std::function<std::optional<Bytes>(std::string_view path)> read_file;
  std::map<std::string, std::string> variables;  // predefined, as ${name}
  std::uint64_t seed = 1;  // for generated UIDs and message ids: the same seed gives the same bytes
  std::shared_ptr<const trace::RuleBook> rules;
};

class Interpreter {
 public:
  Interpreter(const Case& scenario_case, Environment environment);
  ~Interpreter();
  Interpreter(Interpreter&&) noexcept;

  void start(Instant now);

  // From the host. Unknown ids are ignored: a late report of something already closed is normal.
  void connected(ConnectionId connection, std::string local_address, Instant now);
  void connect_failed(ConnectionId connection, std::string why, Instant now);
  void listening(ListenerId listener, std::uint16_t port, Instant now);
  void listen_failed(ListenerId listener, std::string why, Instant now);
  /// A peer came in; the interpreter says which id the connection gets.
  ConnectionId accepted(ListenerId listener, std::string peer_address, Instant now);
  void received(ConnectionId connection, ByteView bytes, Instant now);
  void sent(ConnectionId connection, Instant now);
  void peer_closed(ConnectionId connection, trace::Closing how, Instant now);
  void operated(std::uint32_t operation, bool done, std::string detail, Instant now);
  void expire(Instant now);
  /// The run is being stopped: finish with what is known.
  void interrupt(Instant now);

  // To the host.
  [[nodiscard]] std::optional<Command> next_command();
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] bool finished() const;

  /// The verdict with traces and findings; complete once finished().
  [[nodiscard]] trace::CaseResult result() const;
  /// The scenario with what came back filled in, as XML of the same language.
  [[nodiscard]] std::string executed_xml() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::scenario
