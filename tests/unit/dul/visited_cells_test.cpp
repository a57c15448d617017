// The cells of Table 9-10 that a machine remembers: those of its transitions, and no others.
#include <gtest/gtest.h>

#include <set>

#include "harness/dul/dul.hpp"

namespace assay::dul {
namespace {

TEST(VisitedCells, AreThoseOfTheTransitionsThatWereMade) {
  Machine machine(Role::acceptor);
  EXPECT_TRUE(machine.visited().none());
  ASSERT_TRUE(machine.handle(Event::evt5));
  ASSERT_TRUE(machine.handle(Event::evt6));
  EXPECT_EQ(machine.visited().count(), 2U);
  EXPECT_TRUE(machine.visited().test(cell_index(State::sta1, Event::evt5)));
  EXPECT_TRUE(machine.visited().test(cell_index(State::sta2, Event::evt6)));
}

TEST(VisitedCells, ABlankCellIsNotVisited) {
  Machine machine(Role::acceptor);
  ASSERT_FALSE(machine.handle(Event::evt6));
  EXPECT_TRUE(machine.visited().none());
}

TEST(VisitedCells, EveryCellHasAPlaceOfItsOwn) {
  std::set<std::size_t> places;
  for (int state = 1; state <= state_count; ++state) {
    for (int event = 1; event <= event_count; ++event)
      places.insert(cell_index(static_cast<State>(state), static_cast<Event>(event)));
  }
  EXPECT_EQ(places.size(), Cells().size());
  EXPECT_LT(*places.rbegin(), Cells().size());
}

}  // namespace
}  // namespace assay::dul
