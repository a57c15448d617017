// Follows one side of an association from outside with the state table of PS3.8 9.2.3, Table 9-10.
//
// Whoever watches the wire sees what a side sends in the order the side sent it, and sees what travels to that side
// before the side has processed it: PDUs cross. So the follower queues what the peer sent and keeps every pair of
// (state the side may be in, number of queued events it has processed by then). What the side sends must be explained
// by at least one pair, possibly after processing more of the queue; pairs that cannot explain it are dropped. When
// none is left the side broke the table, whatever the delays were, and is accused.
//
// An event whose action sends a PDU (AE-6 refusing, AA-1, AA-7, AA-8) is only taken together with that PDU: until the
// PDU is seen, such a pair stays in front of the event and owes it.
// Tests: tests/unit/dul/side_follower_test.cpp, side_follower_exhaustive_test.cpp
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/dul/state_set.hpp"

namespace assay::dul {

/// Events queued for a side that gives no sign of having processed them. Runs of P-DATA-TF take one place, and what
/// cannot change anything takes none, so more than this is a flood; beyond it the follower stops judging.
inline constexpr std::size_t max_pending_events = 4096;

enum class Fault : std::uint8_t {
  sent_out_of_state,    // no action of the states the side may be in sends this PDU
  closed_out_of_state,  // the transport connection was closed where only a release or an abort may end it
  did_not_react,        // an event that calls for a PDU was processed and the PDU did not come
};

/// Why no explanation is left.
struct Accusation {
  Fault fault = Fault::sent_out_of_state;
  std::optional<PduKind> pdu;    // the PDU sent out of state, or the one that was due
  std::optional<Event> pending;  // the first unanswered event that called for a PDU, if any
  StateSet states;               // where the side may have been
  std::string clause;            // "PS3.8 9.2.3 Table 9-10"
  std::string message;
};

/// Nothing, or why the side is to blame.
using Judgement = std::optional<Accusation>;

class SideFollower {
 public:
  /// Names one event on its way to the side.
  using Ticket = std::uint64_t;

  explicit SideFollower(Role role) : role_(role) {}

  /// The transport connection stands: the requestor is to send its A-ASSOCIATE-RQ (Sta4), the acceptor awaits it
  /// (Sta2). Implied by the first of the calls below.
  void transport_opened();

  /// A PDU is on its way to this side (Evt3, 4, 6, 10, 12, 13, 16 or 19); other events are not the peer's to cause and
  /// change nothing. `or_else`: what the side may take it for instead, such as Evt19 where validity is a matter of
  /// opinion.
  Ticket peer_sent(Event event, std::optional<Event> or_else = std::nullopt);

  /// The side sent this PDU. After an accusation the state that PDU leads to is assumed as well as those before, the
  /// same PDU may be sent again, and reactions that are due may stay away, so that one fault is one accusation.
  [[nodiscard]] Judgement own_sent(SentPdu pdu);

  /// The side has shown, by means this room does not see (it answered a later message), that it processed the event.
  [[nodiscard]] Judgement proved_processed(Ticket ticket);

  /// The peer closed the transport connection, FIN or RST (Evt17 on its way).
  void closed_by_peer();

  /// The side closed it. Time is not judged here: Sta2 and Sta13 may have come to the end of ARTIM.
  [[nodiscard]] Judgement closed_by_self();

  /// The states the side may be in.
  [[nodiscard]] StateSet states() const;

  /// The PDU that must come next if the side has processed all it can, when every explanation agrees on one.
  [[nodiscard]] std::optional<PduKind> owes() const;

  /// Too much is pending (max_pending_events): nothing is judged any more.
  [[nodiscard]] bool lost() const { return lost_; }

  [[nodiscard]] Role role() const { return role_; }

  /// "{Sta6} Evt12 {Sta8}": the states before, between and after the queued events.
  [[nodiscard]] std::string describe() const;

 private:
  struct Pending {
    Event event = Event::evt10;
    std::optional<Event> or_else;
  };

  void enqueue(Pending pending);
  [[nodiscard]] StateSet silently_after(StateSet states, const Pending& pending) const;
  [[nodiscard]] StateSet blocked_before(std::size_t index) const;
  [[nodiscard]] bool explained() const;
  void close_over_silent_steps();
  void drop_settled(std::size_t index);
  void drop_empty_front();
  [[nodiscard]] Accusation accuse(Fault fault, std::optional<PduKind> pdu) const;
  [[nodiscard]] std::optional<PduKind> due(State state, const Pending& pending) const;

  Role role_;
  bool open_ = false;
  bool forgiving_ = false;  // accused before: may abort anywhere and pass over what calls for an A-ABORT
  std::array<bool, pdu_kind_count>
      accused_{};  // sent out of state before: may be sent again anywhere, changing nothing
  bool peer_closed_ = false;
  bool lost_ = false;
  Ticket first_ticket_ = 0;                          // of pending_.front()
  std::vector<Pending> pending_;                     // sent to the side, perhaps not processed
  std::vector<StateSet> at_{StateSet{State::sta1}};  // at_[i]: states after processing i of them; one longer
};

}  // namespace assay::dul
