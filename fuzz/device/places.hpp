// Where a requestor can bring a device to, the state of PS3.8 Table 9-10 at the acceptor's side and within an
// association what DIMSE is about, and what a requestor can say there: the pairs that fuzzing is to try. Tests:
// tests/unit/device_fuzz/model_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "harness/dul/dul.hpp"

namespace assay::fuzz::device {

/// States of Table 9-10 that a requestor can bring an acceptor to; Sta6 by what DIMSE is about.
enum class Place : std::uint8_t {
  sta2,     // awaits the A-ASSOCIATE-RQ
  sta3,     // has it and has not answered
  idle,     // Sta6: nothing is asked
  pending,  // Sta6: a request has no final response yet
  command,  // Sta6: within a Command Set
  data,     // Sta6: a Data Set is due
  sta8,     // has the A-RELEASE-RQ and has not answered
  sta13,    // awaits the end of the connection
};
inline constexpr std::size_t place_count = 8;

/// What a requestor can say: the events of Table 9-10 that it provokes, P-DATA in an association by what DIMSE sees.
enum class Said : std::uint8_t {
  associate_rq,
  associate_ac,
  associate_rj,
  p_data,  // where there is no association
  release_rq,
  release_rp,
  abort,
  closed,
  no_pdu,
  c_store_rq,
  c_find_rq,
  c_get_rq,
  c_move_rq,
  c_echo_rq,
  n_event_report_rq,
  n_get_rq,
  n_set_rq,
  n_action_rq,
  n_create_rq,
  n_delete_rq,
  cancel_pending,
  cancel_none,
  response,  // where a request is due
  used_id,   // a second request with the Message ID of one that is not answered
  other_class,
  other_context,  // one that was not accepted
  unknown_command,
  part_of_command,
  data,
  no_pdv,
};
inline constexpr std::size_t said_count = 30;

/// By its number among all (place, what is said).
using Pair = std::uint16_t;
inline constexpr std::size_t pair_count = place_count * said_count;
constexpr Pair pair_of(Place place, Said said) {
  return static_cast<Pair>((static_cast<std::size_t>(place) * said_count) + static_cast<std::size_t>(said));
}
constexpr Place place_of(Pair pair) { return static_cast<Place>(pair / said_count); }
constexpr Said said_of(Pair pair) { return static_cast<Said>(pair % said_count); }

std::string_view name(Place place);  // "Sta6 request pending"
std::string_view name(Said said);    // "C-ECHO-RQ"

/// The event of Table 9-10 that it is for the device.
dul::Event event_of(Said said);
/// A requestor can bring it about: DIMSE is spoken in Sta6 only, a pending request must be there to be cancelled.
bool possible(Pair pair);
/// Table 9-10 foresees it there, other than by an A-ABORT or by ignoring it; DIMSE has it in order there.
bool in_order(Pair pair);

/// What a SOP Class is for, as its Message kinds show (PS3.4 B.2.1, C.4, A.4, PS3.7 9.1.5; all else is N).
enum class Service : std::uint8_t { verification, storage, find, move, get, normalized };
Service service_of(std::string_view sop_class_uid);
/// The request belongs to the service.
bool fits(Said request, Service service);

}  // namespace assay::fuzz::device
