#include "harness/dul/side_follower.hpp"

#include <algorithm>
#include <utility>

#include "harness/dul/outcomes.hpp"

namespace assay::dul {

namespace {

constexpr std::string_view clause = "PS3.8 9.2.3 Table 9-10";

bool sends_nothing_and_stays(State state, Event event) {
  const Outcomes outcomes(state, event, Role::requestor);
  if (outcomes.empty()) return false;
  return std::ranges::all_of(outcomes, [&](const Outcome& o) { return o.next == state && !o.sends; });
}

/// Whether an accused side may pass over the event: no cell covers it, or the cell calls for an A-ABORT.
bool may_be_passed_over(State state, Event event) {
  return std::ranges::all_of(Outcomes(state, event, Role::requestor),
                             [](const Outcome& o) { return o.sends == PduKind::a_abort; });
}

using SettleTable = std::array<std::array<bool, event_count + 1>, state_count + 1>;

SettleTable make_settle_table(bool forgiving) {
  SettleTable built{};
  for (int s = 1; s <= state_count; ++s) {
    StateSet reach{static_cast<State>(s)};
    for (StateSet last; !(last == reach);) {
      last = reach;
      for (const auto event : local_events) reach |= after(last, event, Role::requestor);
    }
    // Sta1 is the end of this connection: whatever still arrives is not looked at.
    reach.erase(State::sta1);
    for (int e = 1; e <= event_count; ++e) {
      const auto event = static_cast<Event>(e);
      bool same = true;
      reach.for_each([&](State state) {
        same = same && (sends_nothing_and_stays(state, event) || (forgiving && may_be_passed_over(state, event)));
      });
      built[static_cast<std::size_t>(s)][static_cast<std::size_t>(e)] = same;
    }
  }
  return built;
}

/// Whether it makes no difference when a side in this state processes the event: it changes nothing in this state nor
/// in any state the local user can lead to from here. AR-8, the only cell that depends on the role, is not such a one.
/// `forgiving`: for a side that was accused, which may pass over what calls for an A-ABORT, and may abort anywhere.
bool settles(State state, Event event, bool forgiving) {
  static const std::array<SettleTable, 2> tables{make_settle_table(false), make_settle_table(true)};
  return tables[forgiving ? 1 : 0][static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
}

/// Sta1, and the states from which the local user or ARTIM closes the transport connection (AA-2).
bool may_close(StateSet states) {
  bool may = false;
  states.for_each([&](State state) {
    may = may || state == State::sta1;
    for (const auto event : {Event::evt15, Event::evt18})
      for (const auto effect : table::effects_of(cell(state, event).action, false))
        may = may || effect == Effect::close_transport;
  });
  return may;
}

}  // namespace

void SideFollower::transport_opened() {
  if (open_) return;
  open_ = true;
  at_ = {role_ == Role::requestor ? StateSet{State::sta4} : StateSet{State::sta2}};
}

SideFollower::Ticket SideFollower::peer_sent(Event event, std::optional<Event> or_else) {
  transport_opened();
  const auto ticket = first_ticket_ + pending_.size();
  const auto received = [](Event e) { return std::ranges::find(received_events, e) != received_events.end(); };
  if (lost_ || !received(event) || (or_else && !received(*or_else))) return ticket;
  // A second P-DATA-TF right behind the first makes no difference: whoever took the first is where P-DATA-TF is
  // delivered or ignored (Sta6, Sta7, Sta13), and stays there whatever it sends meanwhile.
  if (event == Event::evt10 && !or_else && !pending_.empty() && pending_.back().event == Event::evt10 &&
      !pending_.back().or_else)
    return ticket - 1;
  enqueue({event, or_else});
  return ticket;
}

void SideFollower::closed_by_peer() {
  transport_opened();
  if (lost_ || peer_closed_) return;
  peer_closed_ = true;
  enqueue({Event::evt17, std::nullopt});
}

void SideFollower::enqueue(Pending pending) {
  if (pending_.size() >= max_pending_events) {
    lost_ = true;
    pending_.clear();
    at_ = {StateSet::all()};
    return;
  }
  pending_.push_back(pending);
  at_.push_back(silently_after(at_.back(), pending));
  drop_settled(pending_.size() - 1);
  drop_empty_front();
}

Judgement SideFollower::own_sent(SentPdu pdu) {
  transport_opened();
  if (lost_) return std::nullopt;
  std::vector<StateSet> next(at_.size());
  for (std::size_t i = 0; i < at_.size(); ++i) {
    at_[i].for_each([&](State state) {
      next[i] |= after_local_sending(state, pdu, role_);
      if (accused_[static_cast<std::size_t>(pdu)]) next[i].insert(state);
      if (forgiving_ && pdu == PduKind::a_abort && state != State::sta1) next[i].insert(State::sta13);
      if (i == pending_.size()) return;
      const auto react = [&](Event event) {
        for (const auto& outcome : Outcomes(state, event, role_))
          if (outcome.sends == pdu) next[i + 1].insert(outcome.next);
      };
      react(pending_[i].event);
      if (pending_[i].or_else) react(*pending_[i].or_else);
    });
  }
  std::swap(at_, next);
  Judgement judgement;
  if (!explained()) {
    std::swap(at_, next);
    judgement = accuse(Fault::sent_out_of_state, pdu);
    forgiving_ = true;
    accused_[static_cast<std::size_t>(pdu)] = true;
    const auto assumed = after_sending(StateSet::all(), pdu, role_);
    for (auto& states : at_) states = pdu == PduKind::a_abort ? assumed : states | assumed;
  }
  close_over_silent_steps();
  return judgement;
}

Judgement SideFollower::proved_processed(Ticket ticket) {
  if (lost_ || ticket < first_ticket_ || pending_.empty()) return std::nullopt;
  const auto done = std::min<std::size_t>(ticket - first_ticket_, pending_.size() - 1) + 1;
  const auto beyond = at_.begin() + static_cast<std::ptrdiff_t>(done);
  Judgement judgement;
  if (std::all_of(beyond, at_.end(), [](StateSet states) { return states.empty(); })) {
    judgement = accuse(Fault::did_not_react, owes());
    forgiving_ = true;
    *beyond = states();  // as if it had passed over what it did not answer
  }
  std::fill(at_.begin(), beyond, StateSet{});
  close_over_silent_steps();
  return judgement;
}

Judgement SideFollower::closed_by_self() {
  transport_opened();
  if (lost_) return std::nullopt;
  Judgement judgement;
  if (!peer_closed_ && !may_close(states())) judgement = accuse(Fault::closed_out_of_state, owes());
  first_ticket_ += pending_.size();
  pending_.clear();
  at_ = {StateSet{State::sta1}};
  return judgement;
}

StateSet SideFollower::states() const {
  StateSet all;
  for (const auto states : at_) all |= states;
  return all;
}

std::optional<PduKind> SideFollower::owes() const {
  if (lost_ || !at_.back().empty()) return std::nullopt;
  std::optional<PduKind> owed;
  bool agreed = true;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    blocked_before(i).for_each([&](State state) {
      const auto here = due(state, pending_[i]);
      agreed = agreed && here && (!owed || owed == here);
      owed = here;
    });
  }
  return agreed ? owed : std::nullopt;
}

std::string SideFollower::describe() const {
  std::string out;
  for (std::size_t i = 0; i < at_.size(); ++i) {
    out.append(i == 0 ? "{" : " {");
    if (!at_[i].empty()) out.append(to_string(at_[i]));
    out.append("}");
    if (i == pending_.size()) break;
    out.append(" ").append(name(pending_[i].event));
    if (pending_[i].or_else) out.append("/").append(name(*pending_[i].or_else));
  }
  return out;
}

/// Where these states lead when the event is processed and nothing is sent.
StateSet SideFollower::silently_after(StateSet states, const Pending& pending) const {
  StateSet reached;
  const auto process = [&](State state, Event event) {
    for (const auto& outcome : Outcomes(state, event, role_))
      if (!outcome.sends) reached.insert(outcome.next);
    if (forgiving_ && may_be_passed_over(state, event)) reached.insert(state);
  };
  states.for_each([&](State state) {
    if (state == State::sta1) reached.insert(state);
    process(state, pending.event);
    if (pending.or_else) process(state, *pending.or_else);
  });
  return reached;
}

/// The states in front of a queued event that cannot get past it without sending.
StateSet SideFollower::blocked_before(std::size_t index) const {
  StateSet blocked;
  at_[index].for_each([&](State state) {
    if (silently_after({state}, pending_[index]).empty()) blocked.insert(state);
  });
  return blocked;
}

/// The PDU that the side must send to get past the event: its reaction, or in Sta4 the request it has not sent yet.
std::optional<PduKind> SideFollower::due(State state, const Pending& pending) const {
  if (state == State::sta4) return PduKind::a_associate_rq;
  for (const auto& outcome : Outcomes(state, pending.event, role_))
    if (outcome.sends) return outcome.sends;
  return std::nullopt;
}

bool SideFollower::explained() const {
  return std::ranges::any_of(at_, [](StateSet states) { return !states.empty(); });
}

void SideFollower::close_over_silent_steps() {
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    at_[i + 1] |= silently_after(at_[i], pending_[i]);
    drop_settled(i);
  }
  drop_empty_front();
}

/// A pair for which the event makes no difference is represented by its successor alone.
void SideFollower::drop_settled(std::size_t index) {
  const auto& pending = pending_[index];
  if (pending.or_else) return;
  const auto before = at_[index];
  before.for_each([&](State state) {
    if (settles(state, pending.event, forgiving_)) at_[index].erase(state);
  });
}

void SideFollower::drop_empty_front() {
  const auto first = std::ranges::find_if(at_, [](StateSet states) { return !states.empty(); });
  const auto count = std::min<std::ptrdiff_t>(first - at_.begin(), static_cast<std::ptrdiff_t>(pending_.size()));
  if (count == 0) return;
  at_.erase(at_.begin(), at_.begin() + count);
  pending_.erase(pending_.begin(), pending_.begin() + count);
  first_ticket_ += static_cast<Ticket>(count);
}

Accusation SideFollower::accuse(Fault fault, std::optional<PduKind> pdu) const {
  Accusation accusation{.fault = fault,
                        .pdu = pdu,
                        .pending = std::nullopt,
                        .states = states(),
                        .clause = std::string(clause),
                        .message = {}};
  std::optional<PduKind> owed;
  std::optional<State> owing;
  for (std::size_t i = 0; i < pending_.size() && !owed; ++i) {
    blocked_before(i).for_each([&](State state) {
      if (owed || state == State::sta4) return;
      owed = due(state, pending_[i]);
      if (!owed) return;
      owing = state;
      accusation.pending = pending_[i].event;
    });
  }
  auto& out = accusation.message;
  if (fault == Fault::sent_out_of_state && pdu) {
    StateSet any;
    StateSet::all().for_each([&](State state) {
      if (state == State::sta1) return;
      if (!after_sending({state}, *pdu, role_).empty()) any.insert(state);
    });
    out.append(name(*pdu)).append(" sent in ").append(to_string(accusation.states));
    bool reaction_only = false;
    accusation.states.for_each([&](State state) { reaction_only = reaction_only || any.contains(state); });
    if (any.empty())
      out.append("; no action of the state table sends one");
    else if (reaction_only)
      out.append(", where it is only the answer to a PDU that was not received");
    else
      out.append("; it may be sent in ").append(to_string(any)).append(" only");
  } else if (fault == Fault::closed_out_of_state) {
    out.append("transport connection closed in ").append(to_string(accusation.states));
    out.append(" without A-RELEASE or A-ABORT");
  } else {
    out.append(pdu ? name(*pdu) : std::string_view("the required PDU")).append(" due");
  }
  if (owed && owing && accusation.pending) {
    out.append(fault == Fault::did_not_react ? "" : "; still due: ");
    if (fault != Fault::did_not_react) out.append(name(*owed));
    out.append(" in answer to ").append(text(*accusation.pending)).append(" (").append(name(*accusation.pending));
    out.append(") in ").append(name(*owing));
  }
  return accusation;
}

}  // namespace assay::dul
