// Table 9-10 and the actions against tables of their own: the cells against tests/golden/ul-state-table.tsv, the
// effects against PS3.8 Tables 9-6 to 9-9 as written here.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "harness/dul/dul.hpp"
#include "harness/version.hpp"

namespace assay::dul {
namespace {

struct GoldenCell {
  std::string action;
  int next = 0;
  int alternative = 0;  // 0: none
};

using Golden = std::map<std::pair<int, int>, GoldenCell>;  // by event, state

Golden read_golden() {
  std::ifstream file(ASSAY_SOURCE_DIR "/tests/golden/ul-state-table.tsv");
  Golden golden;
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("Evt")) continue;
    std::istringstream fields(line);
    std::string event, event_name, state, action, next;
    std::getline(fields, event, '\t');
    std::getline(fields, event_name, '\t');
    std::getline(fields, state, '\t');
    std::getline(fields, action, '\t');
    std::getline(fields, next, '\t');
    GoldenCell cell{action, std::stoi(next.substr(3)), 0};
    if (const auto other = next.find(" or "); other != std::string::npos)
      cell.alternative = std::stoi(next.substr(other + 4));
    golden[{std::stoi(event.substr(3)), std::stoi(state.substr(3))}] = cell;
  }
  return golden;
}

template <typename F>
void for_each_cell(F&& f) {
  for (int e = 1; e <= event_count; ++e)
    for (int s = 1; s <= state_count; ++s) f(static_cast<Event>(e), static_cast<State>(s));
}

using enum Effect;

struct Asked {
  std::vector<Effect> effects;
  std::vector<Effect> when_refused;
};

const std::map<std::string, Asked>& effects_of_the_standard() {
  static const std::map<std::string, Asked> table{
      {"AE-1", {{open_transport}, {}}},
      {"AE-2", {{send_a_associate_rq}, {}}},
      {"AE-3", {{confirm_a_associate_accept}, {}}},
      {"AE-4", {{confirm_a_associate_reject, close_transport}, {}}},
      {"AE-5", {{accept_transport, start_artim}, {}}},
      {"AE-6", {{stop_artim, indicate_a_associate}, {stop_artim, send_a_associate_rj, start_artim}}},
      {"AE-7", {{send_a_associate_ac}, {}}},
      {"AE-8", {{send_a_associate_rj, start_artim}, {}}},
      {"DT-1", {{send_p_data}, {}}},
      {"DT-2", {{indicate_p_data}, {}}},
      {"AR-1", {{send_a_release_rq}, {}}},
      {"AR-2", {{indicate_a_release}, {}}},
      {"AR-3", {{confirm_a_release, close_transport}, {}}},
      {"AR-4", {{send_a_release_rp, start_artim}, {}}},
      {"AR-5", {{stop_artim}, {}}},
      {"AR-6", {{indicate_p_data}, {}}},
      {"AR-7", {{send_p_data}, {}}},
      {"AR-8", {{indicate_a_release_collision}, {}}},
      {"AR-9", {{send_a_release_rp}, {}}},
      {"AR-10", {{confirm_a_release}, {}}},
      {"AA-1", {{send_a_abort, restart_artim}, {}}},
      {"AA-2", {{stop_artim, close_transport}, {}}},
      {"AA-3", {{indicate_abort_by_source, close_transport}, {}}},
      {"AA-4", {{indicate_a_p_abort}, {}}},
      {"AA-5", {{stop_artim}, {}}},
      {"AA-6", {{}, {}}},
      {"AA-7", {{send_a_abort_provider}, {}}},
      {"AA-8", {{send_a_abort_provider, indicate_a_p_abort, start_artim}, {}}},
  };
  return table;
}

TEST(Dul, Every_cell_has_the_action_and_the_next_states_of_table_9_10) {
  const auto golden = read_golden();
  ASSERT_EQ(golden.size(), 123U);
  int defined = 0;
  int blank = 0;
  for_each_cell([&](Event event, State state) {
    const auto where = std::string(name(event)) + " in " + std::string(name(state));
    const auto& have = cell(state, event);
    const auto want = golden.find({static_cast<int>(event), static_cast<int>(state)});
    if (want == golden.end()) {
      ++blank;
      EXPECT_EQ(have.action, Action::none) << where;
      return;
    }
    ++defined;
    EXPECT_EQ(name(have.action), want->second.action) << where;
    EXPECT_EQ(static_cast<int>(have.next), want->second.next) << where;
    EXPECT_EQ(have.alternative ? static_cast<int>(*have.alternative) : 0, want->second.alternative) << where;
  });
  EXPECT_EQ(defined, 123);
  EXPECT_EQ(blank, 124);
}

TEST(Dul, Every_action_of_the_standard_stands_in_the_table) {
  std::map<std::string, int> used;
  for_each_cell([&](Event event, State state) { ++used[std::string(name(cell(state, event).action))]; });
  used.erase("");
  EXPECT_EQ(used.size(), 28U);
  for (const auto& [action, count] : used) EXPECT_TRUE(effects_of_the_standard().contains(action)) << action;
}

TEST(Dul, A_machine_does_what_the_cell_says_in_both_roles) {
  for (const auto role : {Role::requestor, Role::acceptor}) {
    for (const bool acceptable : {true, false}) {
      for_each_cell([&](Event event, State state) {
        const auto& want = cell(state, event);
        if (want.action == Action::none) return;
        Machine machine(role);
        machine.force_state(state);
        const auto done = machine.handle(event, acceptable);
        const auto where = std::string(name(event)) + " in " + std::string(name(state));
        ASSERT_TRUE(done.has_value()) << where;
        const bool refused = want.action == Action::ae_6 && !acceptable;
        auto next = want.next;
        if (refused) next = State::sta13;
        if (want.action == Action::ar_8) next = role == Role::requestor ? State::sta9 : State::sta10;
        EXPECT_EQ(done->from, state) << where;
        EXPECT_EQ(done->to, next) << where;
        EXPECT_EQ(machine.state(), next) << where;
        EXPECT_EQ(done->action, want.action) << where;
        const auto& asked = effects_of_the_standard().at(std::string(name(want.action)));
        EXPECT_TRUE(std::ranges::equal(done->effects, refused ? asked.when_refused : asked.effects)) << where;
      });
    }
  }
}

TEST(Dul, A_blank_cell_is_a_local_error_and_changes_nothing) {
  int blank = 0;
  for_each_cell([&](Event event, State state) {
    if (cell(state, event).action != Action::none) return;
    ++blank;
    Machine machine(Role::acceptor);
    machine.force_state(state);
    const auto done = machine.handle(event);
    ASSERT_FALSE(done.has_value());
    EXPECT_NE(done.error().message.find(name(event)), std::string::npos);
    EXPECT_NE(done.error().message.find(name(state)), std::string::npos);
    EXPECT_EQ(machine.state(), state);
  });
  EXPECT_EQ(blank, 124);
}

TEST(Dul, Values_outside_the_table_are_blank_cells) {
  for (const auto event : {static_cast<Event>(0), static_cast<Event>(20), static_cast<Event>(255)}) {
    EXPECT_EQ(cell(State::sta6, event).action, Action::none);
    EXPECT_EQ(name(event), "Evt?");
    EXPECT_EQ(text(event), "unknown event");
  }
  for (const auto state : {static_cast<State>(0), static_cast<State>(14), static_cast<State>(255)}) {
    EXPECT_EQ(cell(state, Event::evt10).action, Action::none);
    EXPECT_EQ(name(state), "Sta?");
    EXPECT_EQ(text(state), "unknown state");
  }
  EXPECT_EQ(name(static_cast<Action>(29)), "");
}

TEST(Dul, The_standards_conversation_walks_through_the_states) {
  Machine requestor(Role::requestor);
  Machine acceptor(Role::acceptor);
  const auto drive = [](Machine& machine, std::initializer_list<Event> events) {
    std::string path(name(machine.state()));
    for (const auto event : events) {
      EXPECT_TRUE(machine.handle(event).has_value());
      path.append(" ").append(name(machine.state()));
    }
    return path;
  };
  using enum Event;
  EXPECT_EQ(drive(requestor, {evt1, evt2, evt3, evt9, evt10, evt11, evt10, evt13}),
            "Sta1 Sta4 Sta5 Sta6 Sta6 Sta6 Sta7 Sta7 Sta1");
  EXPECT_EQ(drive(acceptor, {evt5, evt6, evt7, evt10, evt9, evt12, evt9, evt14, evt17}),
            "Sta1 Sta2 Sta3 Sta6 Sta6 Sta6 Sta8 Sta8 Sta13 Sta1");
}

TEST(Dul, The_rendered_table_holds_every_cell_and_action) {
  const auto rendered = render_table();
  std::vector<std::string> event_rows;
  std::vector<std::string> action_rows;
  std::istringstream lines(rendered);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| Evt")) event_rows.push_back(line);
    if (line.starts_with("| A") || line.starts_with("| D")) action_rows.push_back(line);
  }
  ASSERT_EQ(event_rows.size(), 19U);
  EXPECT_EQ(action_rows.size(), 28U);
  for (const auto& row : event_rows) EXPECT_EQ(std::count(row.begin(), row.end(), '|'), 15) << row;
  EXPECT_EQ(
      event_rows[5],
      "| Evt6 A-ASSOCIATE-RQ PDU |  | AE-6 Sta3 or Sta13 | AA-8 Sta13 |  | AA-8 Sta13 | AA-8 Sta13 | AA-8 Sta13 | "
      "AA-8 Sta13 | AA-8 Sta13 | AA-8 Sta13 | AA-8 Sta13 | AA-8 Sta13 | AA-7 Sta13 |");
  EXPECT_NE(rendered.find("| AA-8 | send A-ABORT (service-provider); A-P-ABORT indication; start ARTIM |"),
            std::string::npos);
  EXPECT_NE(rendered.find("| AE-6 | stop ARTIM; A-ASSOCIATE indication; or, when not acceptable: stop ARTIM; send "
                          "A-ASSOCIATE-RJ; start ARTIM |"),
            std::string::npos);
  EXPECT_NE(rendered.find("| AA-6 | ignore |"), std::string::npos);
}

}  // namespace
}  // namespace assay::dul
