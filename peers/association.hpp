// One association over one connection: feeds the session and the observer, carries its output, keeps its deadlines.
// Acceptor and requestor say what events mean. Internal. Tests: tests/loopback/
#pragma once

#include "harness/observe/observer.hpp"
#include "harness/session/faults.hpp"
#include "peers/connection.hpp"

namespace assay::peers {

/// Responses are not produced, and requests not read, while more than this waits to be sent.
inline constexpr std::size_t unsent_limit = 1U << 20;

class Association : public std::enable_shared_from_this<Association> {
 public:
  Association(Loop::Impl& loop, dul::Role role, session::Options options, std::shared_ptr<const trace::RuleBook> rules);
  virtual ~Association() = default;
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  [[nodiscard]] session::Session& session() { return session_; }
  [[nodiscard]] Connection& connection() { return *connection_; }
  [[nodiscard]] bool established() const;

  /// Submits a primitive and sends what comes of it; false for a call the session refuses.
  bool submit(session::Primitive primitive);
  /// Our side misbehaves as the plan says; `number` counts its connections from 1. Before begin().
  void misbehave(std::shared_ptr<const faults::Plan> plan, std::uint32_t number);
  /// Aborts, if there is anything to abort, and closes.
  void abort_and_close();

 protected:
  /// Means one event. May submit(); the output is sent afterwards in one write.
  virtual void on_event(session::SessionEvent event) = 0;
  /// Bytes from the peer, before the session sees them.
  virtual void on_bytes(ByteView) {}
  /// Nothing more will come. `by_peer` is how the peer closed, when it was the peer.
  virtual void on_end(std::optional<trace::Closing> by_peer, const std::string& why) = 0;
  /// The output has been handed to the transport.
  virtual void on_sent() {}
  /// How much of its trace an observed association keeps.
  [[nodiscard]] virtual observe::Options observe_options() const { return {}; }
  /// A fault has struck for the first time.
  virtual void on_fault(const std::string&) {}
  /// The deadline set by wait_until() has come.
  virtual void on_deadline() = 0;

  /// To be called once the transport is open.
  void begin();
  /// The role's own deadline beside ARTIM; nothing = none.
  void wait_until(std::optional<Instant> deadline);
  /// What the session has to say: events, output, closing, deadlines.
  void process();
  /// Hands the output to the transport now, and not when the event is done with.
  void flush();
  [[nodiscard]] Loop::Impl& loop() { return loop_; }
  [[nodiscard]] Instant last_activity() const { return last_activity_; }
  /// The finished trace, once; nothing without rules.
  std::optional<trace::Trace> take_trace();
  [[nodiscard]] bool ended() const { return ended_; }
  /// The connection was closed by a fault of ours.
  [[nodiscard]] bool closed_by_fault() const { return faults_ && faults_->closed(); }

 private:
  void received(ByteView bytes);
  void closed(trace::Closing how, const std::string& why);
  void end(std::optional<trace::Closing> by_peer, const std::string& why);
  void pump_faults();
  [[nodiscard]] std::size_t unsent() const { return connection_->unsent() + (faults_ ? faults_->held() : 0); }
  void schedule();
  [[nodiscard]] trace::Side our_side() const {
    return session_.role() == dul::Role::requestor ? trace::Side::requestor : trace::Side::acceptor;
  }

  Loop::Impl& loop_;
  session::Session session_;
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<const trace::RuleBook> rules_;
  std::optional<observe::Observer> observer_;
  std::unique_ptr<faults::Engine> faults_;
  asio::steady_timer timer_;
  std::optional<Instant> timer_at_;  // what the timer is set to; may be earlier than needed, then it is set again
  std::optional<Instant> deadline_;
  Instant last_activity_;
  Gather output_;
  bool processing_ = false;
  bool ended_ = false;
};

}  // namespace assay::peers
