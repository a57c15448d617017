#include "harness/dul/state_set.hpp"

#include "harness/dul/outcomes.hpp"

namespace assay::dul {

std::string to_string(StateSet states) {
  if (states.empty()) return "no state";
  std::string out;
  int left = states.size();
  states.for_each([&](State state) {
    out.append(name(state));
    --left;
    if (left > 1) out.append(", ");
    if (left == 1) out.append(" or ");
  });
  return out;
}

std::string_view name(PduKind kind) {
  switch (kind) {
    case PduKind::a_associate_rq: return "A-ASSOCIATE-RQ";
    case PduKind::a_associate_ac: return "A-ASSOCIATE-AC";
    case PduKind::a_associate_rj: return "A-ASSOCIATE-RJ";
    case PduKind::p_data: return "P-DATA-TF";
    case PduKind::a_release_rq: return "A-RELEASE-RQ";
    case PduKind::a_release_rp: return "A-RELEASE-RP";
    case PduKind::a_abort: return "A-ABORT";
    case PduKind::invalid: return "unrecognized or invalid PDU";
  }
  return "unknown PDU";
}

Event received_event(PduKind kind) {
  switch (kind) {
    case PduKind::a_associate_rq: return Event::evt6;
    case PduKind::a_associate_ac: return Event::evt3;
    case PduKind::a_associate_rj: return Event::evt4;
    case PduKind::p_data: return Event::evt10;
    case PduKind::a_release_rq: return Event::evt12;
    case PduKind::a_release_rp: return Event::evt13;
    case PduKind::a_abort: return Event::evt16;
    case PduKind::invalid: return Event::evt19;
  }
  return Event::evt19;
}

std::optional<PduKind> sends(Action action, bool refused) {
  for (const auto effect : table::effects_of(action, refused)) {
    switch (effect) {
      case Effect::send_a_associate_rq: return PduKind::a_associate_rq;
      case Effect::send_a_associate_ac: return PduKind::a_associate_ac;
      case Effect::send_a_associate_rj: return PduKind::a_associate_rj;
      case Effect::send_p_data: return PduKind::p_data;
      case Effect::send_a_release_rq: return PduKind::a_release_rq;
      case Effect::send_a_release_rp: return PduKind::a_release_rp;
      case Effect::send_a_abort:
      case Effect::send_a_abort_provider: return PduKind::a_abort;
      default: break;
    }
  }
  return std::nullopt;
}

StateSet after(StateSet from, Event event, Role role) {
  StateSet reached;
  from.for_each([&](State state) {
    for (const auto& outcome : Outcomes(state, event, role)) reached.insert(outcome.next);
  });
  return reached;
}

StateSet after_local_sending(State from, PduKind pdu, Role role) {
  StateSet reached;
  for (const auto event : local_events)
    for (const auto& outcome : Outcomes(from, event, role))
      if (outcome.sends == pdu) reached.insert(outcome.next);
  return reached;
}

StateSet after_sending(StateSet from, SentPdu pdu, Role role) {
  // From idle the request of the user opens the transport first; only the confirmation sends (AE-1, AE-2).
  if (role == Role::requestor) from |= after(from, Event::evt1, role);
  StateSet reached;
  from.for_each([&](State state) {
    reached |= after_local_sending(state, pdu, role);
    for (const auto event : received_events)
      for (const auto& outcome : Outcomes(state, event, role))
        if (outcome.sends == pdu) reached.insert(outcome.next);
  });
  return reached;
}

bool may_send(StateSet states, PduKind pdu, Role role) { return !after_sending(states, pdu, role).empty(); }

}  // namespace assay::dul
