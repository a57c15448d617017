#include "harness/dul/dul.hpp"

#include <string>

#include "harness/dul/state_table.hpp"

namespace assay::dul {

std::string_view name(State state) {
  static constexpr std::array<std::string_view, state_count> names{
      "Sta1", "Sta2", "Sta3", "Sta4", "Sta5", "Sta6", "Sta7", "Sta8", "Sta9", "Sta10", "Sta11", "Sta12", "Sta13"};
  const auto index = static_cast<std::size_t>(state) - 1;
  return index < names.size() ? names[index] : "Sta?";
}

std::string_view name(Event event) {
  static constexpr std::array<std::string_view, event_count> names{
      "Evt1",  "Evt2",  "Evt3",  "Evt4",  "Evt5",  "Evt6",  "Evt7",  "Evt8",  "Evt9", "Evt10",
      "Evt11", "Evt12", "Evt13", "Evt14", "Evt15", "Evt16", "Evt17", "Evt18", "Evt19"};
  const auto index = static_cast<std::size_t>(event) - 1;
  return index < names.size() ? names[index] : "Evt?";
}

std::string_view name(Action action) {
  const auto index = static_cast<std::size_t>(action) - 1;
  return index < table::actions.size() ? table::actions[index].name : "";
}

std::string_view text(State state) {
  static constexpr std::array<std::string_view, state_count> texts{
      "Idle",
      "Transport connection open (awaiting A-ASSOCIATE-RQ PDU)",
      "Awaiting local A-ASSOCIATE response primitive",
      "Awaiting transport connection opening to complete",
      "Awaiting A-ASSOCIATE-AC or A-ASSOCIATE-RJ PDU",
      "Association established and ready for data transfer",
      "Awaiting A-RELEASE-RP PDU",
      "Awaiting local A-RELEASE response primitive",
      "Release collision requestor side; awaiting local A-RELEASE response primitive",
      "Release collision acceptor side; awaiting A-RELEASE-RP PDU",
      "Release collision requestor side; awaiting A-RELEASE-RP PDU",
      "Release collision acceptor side; awaiting local A-RELEASE response primitive",
      "Awaiting transport connection close indication (association no longer exists)"};
  const auto index = static_cast<std::size_t>(state) - 1;
  return index < texts.size() ? texts[index] : "unknown state";
}

std::string_view text(Event event) {
  static constexpr std::array<std::string_view, event_count> texts{"A-ASSOCIATE request primitive",
                                                                   "transport connection confirmation",
                                                                   "A-ASSOCIATE-AC PDU",
                                                                   "A-ASSOCIATE-RJ PDU",
                                                                   "transport connection indication",
                                                                   "A-ASSOCIATE-RQ PDU",
                                                                   "A-ASSOCIATE response primitive (accept)",
                                                                   "A-ASSOCIATE response primitive (reject)",
                                                                   "P-DATA request primitive",
                                                                   "P-DATA-TF PDU",
                                                                   "A-RELEASE request primitive",
                                                                   "A-RELEASE-RQ PDU",
                                                                   "A-RELEASE-RP PDU",
                                                                   "A-RELEASE response primitive",
                                                                   "A-ABORT request primitive",
                                                                   "A-ABORT PDU",
                                                                   "transport connection closed indication",
                                                                   "ARTIM timer expired",
                                                                   "unrecognized or invalid PDU"};
  const auto index = static_cast<std::size_t>(event) - 1;
  return index < texts.size() ? texts[index] : "unknown event";
}

std::string_view effect_name(Effect effect) {
  switch (effect) {
    case Effect::open_transport: return "issue TRANSPORT CONNECT request";
    case Effect::accept_transport: return "issue TRANSPORT CONNECT response";
    case Effect::close_transport: return "close transport connection";
    case Effect::send_a_associate_rq: return "send A-ASSOCIATE-RQ";
    case Effect::send_a_associate_ac: return "send A-ASSOCIATE-AC";
    case Effect::send_a_associate_rj: return "send A-ASSOCIATE-RJ";
    case Effect::send_p_data: return "send P-DATA-TF";
    case Effect::send_a_release_rq: return "send A-RELEASE-RQ";
    case Effect::send_a_release_rp: return "send A-RELEASE-RP";
    case Effect::send_a_abort: return "send A-ABORT (service-user)";
    case Effect::send_a_abort_provider: return "send A-ABORT (service-provider)";
    case Effect::indicate_a_associate: return "A-ASSOCIATE indication";
    case Effect::confirm_a_associate_accept: return "A-ASSOCIATE confirmation (accept)";
    case Effect::confirm_a_associate_reject: return "A-ASSOCIATE confirmation (reject)";
    case Effect::indicate_p_data: return "P-DATA indication";
    case Effect::indicate_a_release: return "A-RELEASE indication";
    case Effect::indicate_a_release_collision: return "A-RELEASE indication (release collision)";
    case Effect::confirm_a_release: return "A-RELEASE confirmation";
    case Effect::indicate_abort_by_source: return "A-ABORT or A-P-ABORT indication by the received source";
    case Effect::indicate_a_p_abort: return "A-P-ABORT indication";
    case Effect::start_artim: return "start ARTIM";
    case Effect::restart_artim: return "start or restart ARTIM";
    case Effect::stop_artim: return "stop ARTIM";
  }
  return "unknown effect";
}

const Cell& cell(State state, Event event) { return table::at(state, event); }

std::expected<Transition, LocalError> Machine::handle(Event event, bool acceptable) {
  const auto& found = cell(state_, event);
  if (found.action == Action::none) {
    std::string message(name(event));
    message.append(" (").append(text(event)).append(") is not defined in ").append(name(state_));
    message.append(" (").append(text(state_)).append("): PS3.8 Table 9-10");
    return std::unexpected(LocalError{std::move(message)});
  }
  const bool refused = found.action == Action::ae_6 && !acceptable;
  const bool collision_at_acceptor = found.action == Action::ar_8 && role_ == Role::acceptor;
  Transition done{.action = found.action, .from = state_, .to = found.next, .effects = {}};
  if ((refused || collision_at_acceptor) && found.alternative) done.to = *found.alternative;
  done.effects = table::effects_of(found.action, refused);
  visited_.set(cell_index(state_, event));
  state_ = done.to;
  return done;
}

}  // namespace assay::dul
