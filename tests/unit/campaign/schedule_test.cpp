#include "fuzz/campaign/schedule.hpp"

#include <gtest/gtest.h>

#include <map>

namespace assay::fuzz {
namespace {

/// Rounds of ten seconds on one core; what each gains is told by `gain`.
template <typename F>
std::map<std::size_t, int> rounds(Schedule& schedule, int count, F&& gain) {
  std::map<std::size_t, int> out;
  for (int i = 0; i < count; ++i) {
    const auto next = schedule.next();
    if (!next) break;
    schedule.started(*next);
    ++out[*next];
    schedule.ended(*next, 10, gain(*next));
  }
  return out;
}

TEST(Schedule, EachTargetHasARoundBeforeAnyHasTwo) {
  Schedule schedule(std::vector<Lane>(5));
  const auto had = rounds(schedule, 5, [](std::size_t) { return 0U; });
  EXPECT_EQ(had.size(), 5U);
}

TEST(Schedule, WithoutYieldTimeGoesByWeight) {
  std::vector<Lane> lanes(2);
  lanes[1].weight = 3;
  Schedule schedule(lanes);
  const auto had = rounds(schedule, 400, [](std::size_t) { return 0U; });
  EXPECT_NEAR(had.at(1), 300, 4);
}

TEST(Schedule, YieldIsRewardedAndNobodyStarves) {
  Schedule schedule(std::vector<Lane>(10));
  const auto had = rounds(schedule, 1000, [](std::size_t lane) { return lane == 3 ? 100U : 0U; });
  EXPECT_GT(had.at(3), 500);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_GE(had.at(i), 30) << i;  // the floor: 0.4 of the time over ten
  }
}

TEST(Schedule, SharesAreAWhole) {
  Schedule schedule(std::vector<Lane>(4));
  rounds(schedule, 50, [](std::size_t lane) { return lane * 7; });
  double all = 0;
  for (std::size_t i = 0; i < 4; ++i) all += schedule.share(i);
  EXPECT_NEAR(all, 1, 1e-9);
}

TEST(Schedule, WhoRunsOrIsOutIsNotNext) {
  Schedule schedule(std::vector<Lane>(2));
  schedule.started(0);
  EXPECT_EQ(schedule.next(), 1U);
  schedule.started(1);
  EXPECT_FALSE(schedule.next());
  schedule.drop(0);
  EXPECT_FALSE(schedule.next());
  schedule.ended(1, 10, 0);
  EXPECT_EQ(schedule.next(), 1U);
  EXPECT_NEAR(schedule.share(1), 1, 1e-9);
}

TEST(Schedule, GoesOnWhereItWasLeft) {
  Schedule schedule(std::vector<Lane>(3));
  rounds(schedule, 30, [](std::size_t lane) { return lane; });
  Schedule again(schedule.lanes());
  for (int i = 0; i < 10; ++i) {
    const auto next = again.next();
    ASSERT_EQ(next, schedule.next());
    again.started(*next);
    schedule.started(*next);
    again.ended(*next, 7, 1);
    schedule.ended(*next, 7, 1);
  }
}

TEST(Schedule, WhatADamagedStateSaysDoesNoHarm) {
  std::vector<Lane> lanes(2);
  lanes[0].weight = -1;
  lanes[0].yield = -5;
  lanes[0].served = -1e300;
  lanes[0].running = true;
  Schedule schedule(lanes);
  EXPECT_EQ(rounds(schedule, 10, [](std::size_t) { return 0U; }).size(), 2U);
}

TEST(Schedule, OneRoundInThreeComparesValues) {
  int with = 0;
  for (std::uint64_t round = 0; round < 300; ++round) with += uses_value_profile(round) ? 1 : 0;
  EXPECT_EQ(with, 100);
}

TEST(Schedule, RoundsAreShortInShortCampaigns) {
  using std::chrono::seconds;
  EXPECT_EQ(round_length(seconds(8 * 3600), 35, 2), seconds(60));
  EXPECT_EQ(round_length(seconds(600), 35, 2), seconds(11));
  EXPECT_EQ(round_length(seconds(3), 35, 2), seconds(1));
  EXPECT_EQ(round_length(seconds(60), 0, 0), seconds(20));
}

}  // namespace
}  // namespace assay::fuzz
