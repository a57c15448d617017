// One cell of Table 9-10 seen from outside: where it leads and what PDU that puts on the wire. For the files of this
// room. Tests: through state_set_test.cpp and side_follower_test.cpp
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "harness/dul/state_set.hpp"
#include "harness/dul/state_table.hpp"

namespace assay::dul {

struct Outcome {
  State next = State::sta1;
  std::optional<PduKind> sends;
};

/// None for a blank cell; two for AE-6, since only the followed side knows whether it accepts.
class Outcomes {
 public:
  Outcomes(State state, Event event, Role role) {
    const auto& found = table::at(state, event);
    if (found.action == Action::none) return;
    const bool other_way = found.action == Action::ar_8 && role == Role::acceptor;
    add({other_way ? found.alternative.value_or(found.next) : found.next, dul::sends(found.action)});
    if (found.action == Action::ae_6 && found.alternative) add({*found.alternative, dul::sends(found.action, true)});
  }
  [[nodiscard]] const Outcome* begin() const { return outcomes_.data(); }
  [[nodiscard]] const Outcome* end() const { return outcomes_.data() + count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  void add(Outcome outcome) { outcomes_[count_++] = outcome; }
  std::array<Outcome, 2> outcomes_{};
  std::size_t count_ = 0;
};

/// Events that come from above or below on the same side, not from the peer, and may put a PDU on the wire.
inline constexpr std::array<Event, 7> local_events{Event::evt2,  Event::evt7,  Event::evt8, Event::evt9,
                                                   Event::evt11, Event::evt14, Event::evt15};

/// Events that the peer causes by what it sends.
inline constexpr std::array<Event, 8> received_events{Event::evt3,  Event::evt4,  Event::evt6,  Event::evt10,
                                                      Event::evt12, Event::evt13, Event::evt16, Event::evt19};

/// States a primitive of the local user leads to by sending this PDU.
StateSet after_local_sending(State from, PduKind pdu, Role role);

}  // namespace assay::dul
