// The Upper Layer state machine of PS3.8 9.2 as data: 13 states, 19 events, the actions of Tables 9-6 to 9-9
// (actions.inc) and the cells of Table 9-10 (state_table.inc, laid out to be held beside the standard's own table).
// Nothing here sends, receives or reads a clock: handle() says what has to happen.
// Tests: tests/unit/dul/
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/base/problem.hpp"

namespace assay::dul {

enum class Role : std::uint8_t { requestor, acceptor };

enum class State : std::uint8_t {
  sta1 = 1,
  sta2,
  sta3,
  sta4,
  sta5,
  sta6,
  sta7,
  sta8,
  sta9,
  sta10,
  sta11,
  sta12,
  sta13
};
inline constexpr int state_count = 13;

enum class Event : std::uint8_t {
  evt1 = 1,  // A-ASSOCIATE request (local user)
  evt2,      // transport connection confirmed
  evt3,      // A-ASSOCIATE-AC PDU
  evt4,      // A-ASSOCIATE-RJ PDU
  evt5,      // transport connection indication
  evt6,      // A-ASSOCIATE-RQ PDU
  evt7,      // A-ASSOCIATE response primitive (accept)
  evt8,      // A-ASSOCIATE response primitive (reject)
  evt9,      // P-DATA request primitive
  evt10,     // P-DATA-TF PDU
  evt11,     // A-RELEASE request primitive
  evt12,     // A-RELEASE-RQ PDU
  evt13,     // A-RELEASE-RP PDU
  evt14,     // A-RELEASE response primitive
  evt15,     // A-ABORT request primitive
  evt16,     // A-ABORT PDU
  evt17,     // transport connection closed
  evt18,     // ARTIM timer expired
  evt19,     // unrecognized or invalid PDU
};
inline constexpr int event_count = 19;

enum class Action : std::uint8_t {
  none,  // blank cell
  ae_1,
  ae_2,
  ae_3,
  ae_4,
  ae_5,
  ae_6,
  ae_7,
  ae_8,
  dt_1,
  dt_2,
  ar_1,
  ar_2,
  ar_3,
  ar_4,
  ar_5,
  ar_6,
  ar_7,
  ar_8,
  ar_9,
  ar_10,
  aa_1,
  aa_2,
  aa_3,
  aa_4,
  aa_5,
  aa_6,
  aa_7,
  aa_8,
};

std::string_view name(State state);    // "Sta6"
std::string_view name(Event event);    // "Evt10"
std::string_view name(Action action);  // "AE-1"; "" for none
std::string_view text(State state);    // the standard's definition, short
std::string_view text(Event event);

struct Cell {
  Action action = Action::none;
  State next = State::sta1;
  std::optional<State> alternative;  // AE-6: Sta13 when the service provider refuses; AR-8: Sta10 for the acceptor
};

/// Table 9-10; a blank cell has Action::none.
const Cell& cell(State state, Event event);

/// Cells of Table 9-10 that something went through: state coverage.
using Cells = std::bitset<static_cast<std::size_t>(state_count) * event_count>;
/// Where a cell stands among them, row by row.
constexpr std::size_t cell_index(State state, Event event) {
  return (static_cast<std::size_t>(state) - 1) * event_count + static_cast<std::size_t>(event) - 1;
}

/// What an action asks for, in the order it is to be done (Tables 9-6 to 9-9).
enum class Effect : std::uint8_t {
  open_transport,    // issue TRANSPORT CONNECT request
  accept_transport,  // issue transport response
  close_transport,
  send_a_associate_rq,
  send_a_associate_ac,
  send_a_associate_rj,
  send_p_data,
  send_a_release_rq,
  send_a_release_rp,
  send_a_abort,  // source 0, service-user: AA-1 says so even where no user asked (Sta2), though products send 2
  send_a_abort_provider,  // source 2, service-provider (AA-8; AA-7 names no source, but no user is left in Sta13)
  indicate_a_associate,
  confirm_a_associate_accept,
  confirm_a_associate_reject,
  indicate_p_data,
  indicate_a_release,
  indicate_a_release_collision,
  confirm_a_release,
  indicate_abort_by_source,  // AA-3: A-ABORT indication if the received A-ABORT has source 0, else A-P-ABORT indication
  indicate_a_p_abort,
  start_artim,
  restart_artim,  // start, or restart if it runs
  stop_artim,     // if it runs
};

std::string_view effect_name(Effect effect);  // "send A-ASSOCIATE-RQ"

/// What happened in one step: the cell, and the effects of its action.
struct Transition {
  Action action = Action::none;
  State from = State::sta1;
  State to = State::sta1;
  std::span<const Effect> effects;  // of the table, which is always there
};

/// One side's machine. Role decides AR-8 only (release collision, PS3.8 9.2.3).
class Machine {
 public:
  explicit Machine(Role role) : role_(role) {}

  /// The transition of Table 9-10, or a local error for a blank cell (nothing changes then).
  /// `acceptable`: for Evt6 in Sta2, whether the service provider accepts the A-ASSOCIATE-RQ (AE-6).
  std::expected<Transition, LocalError> handle(Event event, bool acceptable = true);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Role role() const { return role_; }
  /// The cells of every transition it made.
  [[nodiscard]] const Cells& visited() const { return visited_; }
  void force_state(State state) { state_ = state; }  // tests and the observer only

 private:
  Role role_;
  State state_ = State::sta1;
  Cells visited_;
};

/// Table 9-10 and the actions of Tables 9-6 to 9-9 as Markdown, generated from the data.
std::string render_table();

}  // namespace assay::dul
