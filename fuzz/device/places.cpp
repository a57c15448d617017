#include "fuzz/device/places.hpp"

#include <array>

#include "harness/dict/dict.hpp"

namespace assay::fuzz::device {
namespace {

using dul::Event;
using dul::State;

constexpr std::array<std::string_view, place_count> place_names = {
    "Sta2", "Sta3", "Sta6 idle", "Sta6 request pending", "Sta6 within a command", "Sta6 data set due", "Sta8", "Sta13"};

struct SaidRow {
  std::string_view name;
  Event event;
};
constexpr std::array<SaidRow, said_count> said_rows = {{
    {"A-ASSOCIATE-RQ", Event::evt6},
    {"A-ASSOCIATE-AC", Event::evt3},
    {"A-ASSOCIATE-RJ", Event::evt4},
    {"P-DATA-TF", Event::evt10},
    {"A-RELEASE-RQ", Event::evt12},
    {"A-RELEASE-RP", Event::evt13},
    {"A-ABORT", Event::evt16},
    {"connection closed", Event::evt17},
    {"no PDU", Event::evt19},
    {"C-STORE-RQ", Event::evt10},
    {"C-FIND-RQ", Event::evt10},
    {"C-GET-RQ", Event::evt10},
    {"C-MOVE-RQ", Event::evt10},
    {"C-ECHO-RQ", Event::evt10},
    {"N-EVENT-REPORT-RQ", Event::evt10},
    {"N-GET-RQ", Event::evt10},
    {"N-SET-RQ", Event::evt10},
    {"N-ACTION-RQ", Event::evt10},
    {"N-CREATE-RQ", Event::evt10},
    {"N-DELETE-RQ", Event::evt10},
    {"C-CANCEL-RQ of a pending request", Event::evt10},
    {"C-CANCEL-RQ of none", Event::evt10},
    {"a response", Event::evt10},
    {"a request with a Message ID in use", Event::evt10},
    {"a request of another class of service", Event::evt10},
    {"a message on a context that was not accepted", Event::evt10},
    {"an unknown command", Event::evt10},
    {"part of a command", Event::evt10},
    {"a Data Set fragment", Event::evt10},
    {"P-DATA-TF without a PDV", Event::evt10},
}};

bool of_association(Said said) { return said >= Said::c_store_rq; }
bool in_association(Place place) { return place >= Place::idle && place <= Place::data; }

constexpr std::array<State, place_count> states = {State::sta2, State::sta3, State::sta6, State::sta6,
                                                   State::sta6, State::sta6, State::sta8, State::sta13};

}  // namespace

std::string_view name(Place place) { return place_names.at(static_cast<std::size_t>(place)); }
std::string_view name(Said said) { return said_rows.at(static_cast<std::size_t>(said)).name; }
Event event_of(Said said) { return said_rows.at(static_cast<std::size_t>(said)).event; }

bool possible(Pair pair) {
  if (pair >= pair_count) return false;
  const auto place = place_of(pair);
  const auto said = said_of(pair);
  if (said == Said::p_data) return !in_association(place);
  if (!of_association(said)) return true;
  if (!in_association(place)) return false;
  return (said != Said::cancel_pending && said != Said::used_id) || place == Place::pending;
}

bool in_order(Pair pair) {
  if (!possible(pair)) return false;
  const auto place = place_of(pair);
  const auto said = said_of(pair);
  switch (dul::cell(states.at(static_cast<std::size_t>(place)), event_of(said)).action) {
    case dul::Action::none:
    case dul::Action::aa_1:
    case dul::Action::aa_6:
    case dul::Action::aa_7:
    case dul::Action::aa_8: return false;
    default: break;
  }
  if (!of_association(said)) return !in_association(place) || place <= Place::pending || said == Said::abort;
  if (place == Place::data) return said == Said::data;
  return (said >= Said::c_store_rq && said <= Said::cancel_pending) || said == Said::part_of_command;
}

Service service_of(std::string_view uid) {
  const auto* const known = dict::find_uid(uid);
  const auto text = known == nullptr ? std::string_view() : known->name;
  if (uid == "1.2.840.10008.1.1") return Service::verification;
  if (text.ends_with("FIND")) return Service::find;
  if (text.ends_with("MOVE")) return Service::move;
  if (text.ends_with("GET")) return Service::get;
  if (text.contains("Storage") && !text.contains("Commitment") && !text.contains("Directory")) return Service::storage;
  return Service::normalized;
}

bool fits(Said request, Service service) {
  switch (request) {
    case Said::c_store_rq: return service == Service::storage;
    case Said::c_find_rq: return service == Service::find;
    case Said::c_get_rq: return service == Service::get;
    case Said::c_move_rq: return service == Service::move;
    case Said::c_echo_rq: return service == Service::verification;
    default: return service == Service::normalized;
  }
}

}  // namespace assay::fuzz::device
