// Sets of upper layer states, and what Table 9-10 of PS3.8 says about all of them at once: where an event leads,
// which PDU may be sent. For judging a side from outside, where one state alone is not known.
// Tests: tests/unit/dul/state_set_test.cpp
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "harness/dul/dul.hpp"

namespace assay::dul {

class StateSet {
 public:
  constexpr StateSet() = default;
  constexpr StateSet(std::initializer_list<State> states) {
    for (const auto state : states) insert(state);
  }
  static constexpr StateSet all() {
    StateSet set;
    for (int s = 1; s <= state_count; ++s) set.insert(static_cast<State>(s));
    return set;
  }

  constexpr void insert(State state) { bits_ = static_cast<std::uint16_t>(bits_ | bit(state)); }
  constexpr void erase(State state) { bits_ = static_cast<std::uint16_t>(bits_ & ~bit(state)); }
  [[nodiscard]] constexpr bool contains(State state) const { return (bits_ & bit(state)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr int size() const {
    int count = 0;
    for_each([&](State) { ++count; });
    return count;
  }

  /// Calls f(State) for each member, Sta1 first.
  template <typename F>
  constexpr void for_each(F&& f) const {
    for (int s = 1; s <= state_count; ++s)
      if (contains(static_cast<State>(s))) f(static_cast<State>(s));
  }

  constexpr StateSet& operator|=(StateSet other) {
    bits_ = static_cast<std::uint16_t>(bits_ | other.bits_);
    return *this;
  }
  friend constexpr StateSet operator|(StateSet a, StateSet b) { return a |= b; }
  friend constexpr bool operator==(StateSet, StateSet) = default;

 private:
  static constexpr unsigned bit(State state) { return 1U << static_cast<unsigned>(state); }
  std::uint16_t bits_ = 0;
};

/// "Sta6", "Sta6 or Sta7", "Sta1, Sta6 or Sta7"; "no state" for the empty set.
std::string to_string(StateSet states);

/// What a side puts on the wire, as the state machine tells PDUs apart.
enum class PduKind : std::uint8_t {
  a_associate_rq,
  a_associate_ac,
  a_associate_rj,
  p_data,
  a_release_rq,
  a_release_rp,
  a_abort,
  invalid,  // unrecognized or invalid: no action of the standard sends one
};
inline constexpr int pdu_kind_count = 8;

using SentPdu = PduKind;

std::string_view name(PduKind kind);  // "A-RELEASE-RQ"

/// The event a PDU is for the side that receives it (Evt19 for an invalid one).
Event received_event(PduKind kind);

/// The PDU an action sends, if any; `refused`: AE-6 when the service provider does not accept.
std::optional<PduKind> sends(Action action, bool refused = false);

/// Union of the next states over the cells that are defined. AE-6 leads both ways; AR-8 as the role says.
StateSet after(StateSet from, Event event, Role role);

/// States reached by sending this PDU from one of `from`: by a primitive of the local user (Evt1 with Evt2 for
/// A-ASSOCIATE-RQ), or as the reaction to something received (AE-6 refusing, AA-1, AA-7, AA-8).
StateSet after_sending(StateSet from, SentPdu pdu, Role role);

/// Whether a side in one of these states has any action that sends this PDU.
bool may_send(StateSet states, PduKind pdu, Role role);

}  // namespace assay::dul
