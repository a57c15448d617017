#include "fuzz/device/coverage_map.hpp"

#include <gtest/gtest.h>
#include <sys/shm.h>

#include <cstdlib>

#include "fuzz/device/guide.hpp"

namespace assay::fuzz::device {
namespace {

using Features = std::vector<std::uint64_t>;

std::unique_ptr<CoverageMap> map() {
  auto made = CoverageMap::make(least_coverage_map);
  EXPECT_TRUE(made) << made.error();
  return std::move(*made);
}

TEST(CoverageMap, CountsAreToldApartAsAflDoes) {
  const auto all = map();
  for (const auto& [count, bucket] : {std::pair{1, 0},
                                      {2, 1},
                                      {3, 2},
                                      {4, 3},
                                      {7, 3},
                                      {8, 4},
                                      {15, 4},
                                      {16, 5},
                                      {31, 5},
                                      {32, 6},
                                      {127, 6},
                                      {128, 7},
                                      {255, 7}}) {
    all->cells()[17] = static_cast<std::uint8_t>(count);
    EXPECT_EQ(all->take(), Features{coverage_feature(17, static_cast<unsigned>(bucket))}) << count;
  }
  EXPECT_EQ(all->edges(), 1U);
  EXPECT_EQ(all->table(), "      13  255  edge 17\n");
}

TEST(CoverageMap, WhatWasTakenIsClearedAndTheFirstCellOnlySaysThatSomebodyIsThere) {
  const auto all = map();
  EXPECT_FALSE(all->offered());
  EXPECT_TRUE(all->take().empty());
  all->cells()[0] = 1;
  EXPECT_TRUE(all->offered());
  EXPECT_TRUE(all->take().empty());
  all->cells()[all->size() - 1] = 1;
  const auto before = all->digest();
  all->cells()[all->size() - 1] = 2;
  EXPECT_NE(all->digest(), before);
  EXPECT_EQ(all->take().size(), 1U);
  EXPECT_FALSE(all->offered());
  all->cells()[5] = 9;
  all->clear();
  EXPECT_TRUE(all->take().empty());
}

TEST(CoverageMap, ADeviceThatCountsEverywhereIsBounded) {
  auto made = CoverageMap::make();
  ASSERT_TRUE(made) << made.error();
  auto& all = **made;
  for (unsigned round = 0; round < 12; ++round) {
    for (std::size_t i = round; i < all.size(); i += 16) all.cells()[i] = 1;
    EXPECT_LE(all.take().size(), max_coverage_features);
  }
  EXPECT_LE(all.edges(), max_coverage_known);
}

TEST(CoverageMap, OthersAttachItByItsNumberAndItIsMarkedForRemovalAlready) {
  const auto all = map();
  const auto words = all->environment();
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].first, "__AFL_SHM_ID");
  EXPECT_EQ(words[1], (std::pair<std::string, std::string>("AFL_MAP_SIZE", std::to_string(least_coverage_map))));
  const int segment = std::stoi(words[0].second);
  shmid_ds told{};
  ASSERT_EQ(::shmctl(segment, IPC_STAT, &told), 0);
  EXPECT_NE(told.shm_perm.mode & static_cast<unsigned>(SHM_DEST), 0U);
  void* const memory = ::shmat(segment, nullptr, 0);
  ASSERT_NE(memory, reinterpret_cast<void*>(-1));
  static_cast<std::uint8_t*>(memory)[9] = 1;
  ::shmdt(memory);
  EXPECT_EQ(all->take(), Features{coverage_feature(9, 0)});
}

TEST(CoverageMap, NothingIsLeftBehind) {
  int segment = -1;
  {
    const auto all = map();
    segment = std::stoi(all->environment()[0].second);
  }
  shmid_ds told{};
  EXPECT_NE(::shmctl(segment, IPC_STAT, &told), 0);
}

TEST(CoverageMap, ItsSizeIsThatOfTheEnvironmentWithinItsLimits) {
  for (const auto& [text, size] : {std::pair{"100", least_coverage_map},
                                   {"200000", std::size_t{200000}},
                                   {"99999999999", most_coverage_map},
                                   {"large", usual_coverage_map}}) {
    ::setenv("AFL_MAP_SIZE", text, 1);
    EXPECT_EQ(CoverageMap::wanted_size(), size) << text;
  }
  ::unsetenv("AFL_MAP_SIZE");
  EXPECT_EQ(CoverageMap::wanted_size(), usual_coverage_map);
}

TEST(Guide, CodeThatIsNewIsKeptForAndKnownCodeIsNot) {
  Guide guide;
  const Features first{coverage_feature(3, 0), coverage_feature(4, 0), std::uint64_t{1} << 60U};
  EXPECT_EQ(guide.worth(first), first);
  EXPECT_TRUE(guide.note(first));
  EXPECT_EQ(guide.features(), 1U);
  const Features second{coverage_feature(3, 1), coverage_feature(4, 0), std::uint64_t{1} << 60U};
  EXPECT_EQ(guide.new_code(second), Features{coverage_feature(3, 1)});
  EXPECT_EQ(guide.worth(second), (Features{coverage_feature(3, 1), std::uint64_t{1} << 60U}));
  EXPECT_TRUE(guide.note(second));
  EXPECT_FALSE(guide.note(second));
}

TEST(Guide, WhatReachedRareCodeIsTakenMoreOftenUntilThatCodeIsCommon) {
  Guide guide;
  for (std::uint64_t i = 0; i < 100; ++i) guide.add({}, {(i + 1) << 40U}, i);
  const Features first{coverage_feature(3, 0)};
  const Features second{coverage_feature(4, 0)};
  guide.note(first);
  guide.add({}, first, 100);
  Random random(1);
  const auto taken = [&](std::size_t number) {
    int times = 0;
    for (int i = 0; i < 100; ++i) times += guide.choose(random).parent == number ? 1 : 0;
    return times;
  };
  EXPECT_GT(taken(100), 30);
  for (int i = 0; i < 1000; ++i) guide.note(first);
  guide.note(second);
  guide.add({}, second, 101);
  EXPECT_GT(taken(101), 30);
  EXPECT_LT(taken(100), 10);
}

}  // namespace
}  // namespace assay::fuzz::device
