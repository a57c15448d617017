// Runs one scenario case without I/O: commands out, happenings and time in. Each connection is followed by an
// Observer, so every rule runs on every connection of every scenario.
// Tests: tests/unit/scenario/interpreter_test.cpp
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/observe/observer.hpp"
#include "harness/scenario/host.hpp"
#include "harness/scenario/matcher.hpp"
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
  /// The run speaks TLS: connections do, unless a scenario says otherwise.
  bool tls = false;
  /// Why a case that needs this claim is skipped, where the run itself lacks it.
  std::map<std::string, std::string, std::less<>> skip_reasons;
  std::map<std::string, std::string> variables;  // predefined, as ${name}
  std::uint64_t seed = 1;  // for generated UIDs and message ids: the same seed gives the same bytes
  std::shared_ptr<const trace::RuleBook> rules;
  /// Asked at each new connection ("assay -> 192.0.2.1:104", "192.0.2.1:40000 -> assay") for who records it, if anyone.
  std::function<std::shared_ptr<observe::Tap>(bool we_opened, std::string_view description)> record;
};

/// What came of one step of a case whose steps are told one by one.
struct StepOutcome {
  struct Seen {
    std::string connection;
    Item item;
  };
  enum class Failure : std::uint8_t {
    none,
    device,    // something else came, nothing came, or it could not be reached
    not_ours,  // the step itself is wrong: nothing can be said about the device
    health,    // the device does not serve any more
  };
  Failure failure = Failure::none;
  std::string where;  // "the association"
  std::string what;   // one line, when it failed
  std::string expected;
  std::string actual;
  bool refusal = false;    // the device refused the association, a context or the SOP Class
  std::vector<Seen> seen;  // what came and was looked at, in order; of a failure the last is what did not fit
};

/// How a case whose steps were told ends.
struct Conclusion {
  trace::Verdict verdict = trace::Verdict::pass;
  std::string reason;
  std::string expected;
  std::string actual;
  bool refusal = false;  // the device refused what the profile may not even claim
};

class Interpreter {
 public:
  Interpreter(const Case& scenario_case, Environment environment);
  ~Interpreter();
  Interpreter(Interpreter&&) noexcept;

  /// The steps do not stand in the scenario but are told one by one, by a script. Before start().
  void wait_for_steps();
  void start(Instant now);

  // From whoever tells the steps. Any number of connections, in any order.
  /// Nothing is being done: the next step can be told, what came of the last one taken.
  [[nodiscard]] bool idle() const;
  /// One step, checked against the language. Only when idle().
  void tell(const Element& step, Instant now);
  StepOutcome take_outcome();
  void observe(std::string name, std::string value);
  /// The verdict of the conversation; the rules and the settling time then follow as in any case.
  void conclude(const Conclusion& conclusion, Instant now);
  /// The trace of the newest connection of that name, as far as it has come; null when there is none.
  [[nodiscard]] const trace::Trace* trace_of(std::string_view connection) const;
  /// What is known of a connection: contexts, ids; null when there is none of that name.
  [[nodiscard]] const Dialogue* dialogue_of(std::string_view connection) const;
  /// The value of a variable, "l1.port" for example; empty when there is none.
  [[nodiscard]] std::string variable(std::string_view name) const;
  /// Encodes a <data-set> as a send would.
  [[nodiscard]] std::expected<Bytes, std::string> encode(const Element& data_set, std::string_view transfer_syntax);

  // From the host. Unknown ids are ignored: a late report of something already closed is normal.
  void connected(ConnectionId connection, std::string local_address, Instant now);
  void connect_failed(ConnectionId connection, std::string why, Instant now);
  void listening(ListenerId listener, std::uint16_t port, Instant now);
  void listen_failed(ListenerId listener, std::string why, Instant now);
  /// A peer came in; the interpreter says which id the connection gets.
  ConnectionId accepted(ListenerId listener, std::string peer_address, Instant now);
  /// Somebody came, but there was no agreement on TLS.
  void accept_failed(ListenerId listener, std::string why, Instant now);
  /// How a handshake went: that of the run, right behind connected() and accepted(), or that of a StartTls.
  void secured(ConnectionId connection, const trace::Tls& tls, Instant now);
  /// TLS that had been agreed on was ended by an alert.
  void tls_ended(ConnectionId connection, const trace::Tls& tls, Instant now);
  void received(ConnectionId connection, ByteView bytes, Instant now);
  void sent(ConnectionId connection, Instant now);
  /// `notified`: TLS's close_notify came first.
  void peer_closed(ConnectionId connection, trace::Closing how, Instant now, bool notified = false);
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
