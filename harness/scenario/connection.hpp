// One connection of a running scenario: the bytes of the peer as items, the dialogue they amount to, the observer that
// follows both sides. Tests: tests/unit/scenario/interpreter_test.cpp
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "harness/dimse/pdv.hpp"
#include "harness/observe/observer.hpp"
#include "harness/pdu/codec.hpp"
#include "harness/scenario/builder.hpp"
#include "harness/scenario/host.hpp"
#include "harness/scenario/matcher.hpp"
#include "harness/session/faults.hpp"
#include "harness/trace/verdict.hpp"

namespace assay::scenario {

/// Items a peer may send before anyone looks at them; more is a flood and ends the connection's reading.
inline constexpr std::size_t max_waiting_items = 100'000;

class Connection {
 public:
  enum class State : std::uint8_t { opening, open, peer_closed, closed };

  Connection(ConnectionId id, std::string name, bool we_opened, std::shared_ptr<const trace::RuleBook> rules,
             std::string description);

  void opened(Instant now);
  void received(ByteView bytes, Instant now);
  /// The peer did not take the connection at all: as if it had closed it at once.
  void refused(Instant now);
  void peer_closed(trace::Closing how, Instant now, bool notified = false);
  /// A StartTls was given: how its handshake goes is for the scenario to expect.
  void tls_asked() { tls_asked_ = true; }
  void secured(const trace::Tls& tls, Instant now);
  void tls_ended(const trace::Tls& tls, Instant now);
  /// What we send, after it was given to the host. `wrong`: from here on our side is not blamed.
  void sending(const Built& built, ByteView bytes, Instant now);
  /// Bytes into the stream below TLS: wrong on purpose, and no DICOM.
  void sending_below_tls(std::size_t length, Instant now);
  /// What really leaves where faults change it.
  void sending_faulty(ByteView bytes, Instant now);
  /// From here on our side is not blamed.
  void provoke();
  void closing(trace::Closing how, Instant now);
  void finish(Instant now);

  [[nodiscard]] trace::Side our_side() const { return we_opened_ ? trace::Side::requestor : trace::Side::acceptor; }
  [[nodiscard]] bool is_open() const { return state == State::open; }
  /// An association may exist, as far as was seen: leaving needs an A-ABORT (PS3.8 7.3).
  [[nodiscard]] bool needs_abort() const { return rq_passed_ && !over_ && !half_closed_; }
  /// We have closed our direction: nothing can be sent any more.
  void half_closing(trace::Closing how, Instant now);
  [[nodiscard]] bool provoked() const { return provoked_; }
  [[nodiscard]] trace::Termination termination() const { return termination_; }
  [[nodiscard]] const std::string& termination_detail() const { return termination_detail_; }
  void ended(trace::Termination how, std::string detail);
  [[nodiscard]] observe::Observer& observer() { return observer_; }

  ConnectionId id;
  std::string name;
  State state = State::opening;
  bool synthetic = false;     // of a health check
  bool clear_on_tls = false;  // in the clear where the device speaks TLS: its TLS records are no fault of it
  std::unique_ptr<faults::Engine> faults;  // of a connection on which our side is to misbehave
  Dialogue dialogue;
  std::deque<Item> items;

 private:
  void take(const pdu::Framer::Frame& frame, Instant now);
  void take_p_data(const pdu::Framer::Frame& frame, Item item);
  void push(Item item);
  void passed(const pdu::Pdu& pdu, bool ours);
  bool take_records(ByteView bytes, Instant now);

  bool we_opened_;
  bool rq_passed_ = false;
  bool release_asked_ = false;
  bool half_closed_ = false;
  bool over_ = false;
  bool provoked_ = false;
  bool tls_asked_ = false;
  std::optional<bool> records_;  // whether the peer's first byte begins a TLS record, where that may be
  Bytes record_bytes_;
  bool lost_ = false;  // the peer's stream cannot be followed any more
  trace::Termination termination_ = trace::Termination::none;
  std::string termination_detail_;
  pdu::Framer framer_;
  dimse::Assembler assembler_;
  observe::Observer observer_;
};

}  // namespace assay::scenario
