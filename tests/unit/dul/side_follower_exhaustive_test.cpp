// The follower against everything that can happen. Two machines (or a machine and a peer that sends whatever it likes)
// are joined by a wire with a watcher in the middle; each half of each direction is a queue of its own, so that any
// delay before and after the watcher occurs. Every reachable state of the whole is visited once, whatever the order of
// steps: a side that keeps to Table 9-10 must never be accused. In return every accusation, and every missing one, is
// compared with a plain enumeration of all that a side could have done.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "harness/dul/side_follower.hpp"

namespace assay::dul {
namespace {

/// What travels on the wire: a PDU, or nothing for the closing of the transport connection.
using OnWire = std::optional<PduKind>;

constexpr std::size_t segment_capacity = 2;  // of each half of each direction; reactions may exceed it

struct Party {
  explicit Party(Role role) : machine(role), follower(role) {}
  Machine machine;
  SideFollower follower;
  std::deque<OnWire> out;  // sent, not yet past the watcher
  std::deque<OnWire> in;   // past the watcher, not yet received
  bool closed = false;
};

struct World {
  Party requestor{Role::requestor};
  Party acceptor{Role::acceptor};
  int wild_sends_left = 0;
  std::string path;  // how it came about, for the message when a test fails
};

std::string short_name(const OnWire& item) { return item ? std::string(name(*item)) : "closing"; }

void append_fingerprint(std::string& out, const Party& party) {
  out.append(name(party.machine.state())).append(party.closed ? "c" : "o");
  for (const auto* queue : {&party.out, &party.in}) {
    out.append("[");
    for (const auto& item : *queue) out.push_back(item ? static_cast<char>('a' + static_cast<int>(*item)) : '|');
    out.append("]");
  }
  out.append(party.follower.describe()).append(";");
}

std::string fingerprint(const World& world) {
  std::string out = std::to_string(world.wild_sends_left);
  append_fingerprint(out, world.requestor);
  append_fingerprint(out, world.acceptor);
  return out;
}

void close(Party& party) {
  if (party.closed) return;
  party.closed = true;
  party.out.push_back(std::nullopt);
}

/// One event for one machine, with what it puts on the wire.
void step(Party& party, Event event, bool acceptable = true) {
  const auto done = party.machine.handle(event, acceptable);
  ASSERT_TRUE(done.has_value()) << done.error().message;
  if (const auto sent = sends(done->action, !acceptable); sent) party.out.push_back(*sent);
  for (const auto effect : done->effects)
    if (effect == Effect::close_transport) close(party);
  if (event == Event::evt17) close(party);
}

bool defined(const Party& party, Event event) { return cell(party.machine.state(), event).action != Action::none; }

/// The worlds that are one step away. `wild`: the party whose machine is not asked, null for none.
template <typename F>
void for_each_next(const World& world, const Party World::* wild, F&& found) {
  for (const auto side : {&World::requestor, &World::acceptor}) {
    const auto other = side == &World::requestor ? &World::acceptor : &World::requestor;
    const std::string who = side == &World::requestor ? " R:" : " A:";
    const auto take = [&](const std::string& what, auto&& change) {
      World next = world;
      next.path.append(who).append(what);
      change(next.*side, next.*other);
      found(std::move(next));
    };
    const auto& party = world.*side;
    // The watcher sees what this side sent.
    if (!party.out.empty() && (world.*other).in.size() < segment_capacity) {
      take("seen " + short_name(party.out.front()), [&](Party& me, Party& peer) {
        const auto item = me.out.front();
        me.out.pop_front();
        // What a wild party does is of no interest here, only what it does to the other.
        if (side == wild) {
          item ? void(peer.follower.peer_sent(received_event(*item))) : peer.follower.closed_by_peer();
          peer.in.push_back(item);
          return;
        }
        const auto judgement = item ? me.follower.own_sent(*item) : me.follower.closed_by_self();
        if (judgement) ADD_FAILURE() << judgement->message << "\n" << world.path;
        if (other == wild) return;
        item ? void(peer.follower.peer_sent(received_event(*item))) : peer.follower.closed_by_peer();
        peer.in.push_back(item);
      });
    }
    if (side == wild) {
      if (world.wild_sends_left == 0 || party.closed || party.out.size() >= segment_capacity) continue;
      for (int k = 0; k <= pdu_kind_count; ++k) {
        const OnWire item = k == pdu_kind_count ? OnWire{} : OnWire{static_cast<PduKind>(k)};
        World next = world;
        --next.wild_sends_left;
        next.path.append(who).append("wild ").append(short_name(item));
        if (item)
          (next.*side).out.push_back(item);
        else
          close(next.*side);
        found(std::move(next));
      }
      continue;
    }
    // This side receives.
    if (!party.in.empty()) {
      const auto item = party.in.front();
      const auto event = item ? received_event(*item) : Event::evt17;
      if (party.closed || party.machine.state() == State::sta1) {
        take("not read", [](Party& me, Party&) { me.in.pop_front(); });
      } else if (defined(party, event)) {
        for (const bool acceptable : {true, false}) {
          if (!acceptable && cell(party.machine.state(), event).action != Action::ae_6) continue;
          take("gets " + short_name(item) + (acceptable ? "" : " (refused)"), [&](Party& me, Party&) {
            me.in.pop_front();
            step(me, event, acceptable);
          });
        }
      }
    }
    // Something happens within this side.
    if (party.closed || party.out.size() >= segment_capacity) continue;
    for (const auto event :
         {Event::evt2, Event::evt7, Event::evt8, Event::evt9, Event::evt11, Event::evt14, Event::evt15, Event::evt18})
      if (defined(party, event)) take(std::string(name(event)), [&](Party& me, Party&) { step(me, event); });
  }
}

struct Visited {
  std::size_t worlds = 0;
  std::set<std::pair<State, State>> machine_states;
  bool finished = true;
};

Visited visit_all(const Party World::* wild, int wild_sends) {
  World start;
  start.wild_sends_left = wild_sends;
  for (auto* party : {&start.requestor, &start.acceptor}) party->follower.transport_opened();
  step(start.requestor, Event::evt1);
  step(start.acceptor, Event::evt5);
  std::unordered_set<std::string> seen{fingerprint(start)};
  std::deque<World> open{start};
  Visited visited;
  while (!open.empty() && !testing::Test::HasFailure()) {
    const auto world = std::move(open.front());
    open.pop_front();
    ++visited.worlds;
    visited.machine_states.emplace(world.requestor.machine.state(), world.acceptor.machine.state());
    for (const auto side : {&World::requestor, &World::acceptor}) {
      // Before what is on its way to the watcher is seen, the machine may be ahead; with nothing under way it must be
      // among the states the follower holds possible.
      const auto& party = world.*side;
      if (side != wild && party.out.empty() && !party.closed) {
        EXPECT_TRUE(party.follower.states().contains(party.machine.state())) << world.path;
      }
    }
    for_each_next(world, wild, [&](World next) {
      if (seen.insert(fingerprint(next)).second) open.push_back(std::move(next));
    });
  }
  visited.finished = open.empty();
  return visited;
}

TEST(SideFollowerExhaustive, No_interleaving_of_two_proper_sides_is_accused) {
  const auto visited = visit_all(nullptr, 0);
  EXPECT_TRUE(visited.finished);
  RecordProperty("worlds", std::to_string(visited.worlds));
  // The release collision and the crossing abort were among them.
  for (const auto& pair : {std::pair{State::sta9, State::sta10},
                           {State::sta11, State::sta12},
                           {State::sta7, State::sta8},
                           {State::sta13, State::sta13},
                           {State::sta6, State::sta6},
                           {State::sta8, State::sta7}})
    EXPECT_TRUE(visited.machine_states.contains(pair)) << name(pair.first) << " " << name(pair.second);
}

TEST(SideFollowerExhaustive, A_proper_requestor_is_never_accused_whatever_the_acceptor_sends) {
  const auto visited = visit_all(&World::acceptor, 3);
  EXPECT_TRUE(visited.finished);
  RecordProperty("worlds", std::to_string(visited.worlds));
}

TEST(SideFollowerExhaustive, A_proper_acceptor_is_never_accused_whatever_the_requestor_sends) {
  const auto visited = visit_all(&World::requestor, 3);
  EXPECT_TRUE(visited.finished);
  RecordProperty("worlds", std::to_string(visited.worlds));
}

/// All that a side could have done, without any economy: every (state, events processed) pair, every order of steps.
class Enumeration {
 public:
  explicit Enumeration(Role role) : role_(role) {
    pairs_.insert({role == Role::requestor ? State::sta4 : State::sta2, 0});
  }
  void peer_sent(Event event) { queue_.push_back(event); }
  bool own_sent(PduKind pdu) {
    process_silently();
    std::set<std::pair<State, std::size_t>> next;
    for (const auto& [state, done] : pairs_) {
      for (const auto event :
           {Event::evt2, Event::evt7, Event::evt8, Event::evt9, Event::evt11, Event::evt14, Event::evt15})
        for (const bool acceptable : {true, false}) take(state, done, event, acceptable, pdu, next);
      if (done == queue_.size()) continue;
      for (const bool acceptable : {true, false}) take(state, done + 1, queue_[done], acceptable, pdu, next);
    }
    pairs_ = next;
    return !pairs_.empty();
  }
  bool may_close() {
    process_silently();
    return std::ranges::any_of(pairs_, [](const auto& pair) {
      return pair.first == State::sta1 || pair.first == State::sta2 || pair.first == State::sta4 ||
             pair.first == State::sta13;
    });
  }
  StateSet states() {
    process_silently();
    StateSet out;
    for (const auto& pair : pairs_) out.insert(pair.first);
    return out;
  }

 private:
  void process_silently() {
    for (bool grew = true; grew;) {
      auto next = pairs_;
      for (const auto& [state, done] : pairs_) {
        if (done == queue_.size()) continue;
        if (state == State::sta1) next.insert({state, done + 1});
        for (const bool acceptable : {true, false}) take(state, done + 1, queue_[done], acceptable, std::nullopt, next);
      }
      grew = next.size() != pairs_.size();
      pairs_ = next;
    }
  }
  void take(State state, std::size_t done, Event event, bool acceptable, std::optional<PduKind> pdu,
            std::set<std::pair<State, std::size_t>>& next) const {
    Machine machine(role_);
    machine.force_state(state);
    const auto went = machine.handle(event, acceptable);
    if (went && sends(went->action, !acceptable) == pdu) next.insert({went->to, done});
  }

  Role role_;
  std::vector<Event> queue_;
  std::set<std::pair<State, std::size_t>> pairs_;
};

TEST(SideFollowerExhaustive, Accuses_exactly_when_no_behaviour_explains_what_was_sent) {
  // Weighted so that long conversations occur: an unweighted draw is accused after two PDUs.
  constexpr int runs = 4'000;
  constexpr int longest = 14;
  std::mt19937 random(20'240'908);
  int accused = 0;
  int explained = 0;
  for (int run = 0; run < runs; ++run) {
    const auto role = run % 2 == 0 ? Role::requestor : Role::acceptor;
    SideFollower follower(role);
    follower.transport_opened();
    Enumeration enumeration(role);
    std::string path;
    for (int i = 0; i < longest; ++i) {
      auto kind = static_cast<PduKind>(random() % pdu_kind_count);
      if (random() % 3 == 0) {
        path.append(" peer ").append(name(kind));
        follower.peer_sent(received_event(kind));
        enumeration.peer_sent(received_event(kind));
      } else {
        // Mostly something that is possible, if anything is.
        if (random() % 5 != 0)
          for (int tries = 0; tries < pdu_kind_count && Enumeration(enumeration).own_sent(kind) == false; ++tries)
            kind = static_cast<PduKind>((static_cast<int>(kind) + 1) % pdu_kind_count);
        path.append(" own ").append(name(kind));
        const bool possible = enumeration.own_sent(kind);
        const auto judgement = follower.own_sent(kind);
        ASSERT_EQ(judgement.has_value(), !possible) << path;
        ++(possible ? explained : accused);
        if (!possible) {
          EXPECT_EQ(judgement->pdu, kind) << path;
          EXPECT_EQ(judgement->fault, Fault::sent_out_of_state) << path;
          break;
        }
      }
      auto closing = follower;
      ASSERT_EQ(closing.closed_by_self().has_value(), !enumeration.may_close()) << path;
    }
  }
  EXPECT_GT(accused, runs / 4);
  EXPECT_GT(explained, runs);
}

}  // namespace
}  // namespace assay::dul
