#include "fuzz/device/aim.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "fuzz/device/mutate.hpp"
#include "fuzz/device/pairs.hpp"
#include "tests/unit/device_fuzz/talking.hpp"

namespace assay::fuzz::device {
namespace {

using namespace talking;

std::vector<Pair> pairs_in(const Conversation& c) {
  std::array<Model, max_lines> lines;
  std::vector<Pair> pairs;
  for (const auto& step : c.steps) lines.at(step.line).take(step, pairs);
  return pairs;
}

std::string text(Pair pair) { return std::string(name(place_of(pair))) + " x " + std::string(name(said_of(pair))); }

/// A service that the example has a context for, or none is needed.
bool has_service(Pair pair) {
  const auto said = said_of(pair);
  return said < Said::c_store_rq || said > Said::n_delete_rq || said == Said::c_store_rq || said == Said::c_echo_rq;
}

TEST(Aim, EveryPairThatAConversationCanBeBroughtToIsReached) {
  for (std::size_t i = 0; i < pair_count; ++i) {
    const auto pair = static_cast<Pair>(i);
    bool reached = false;
    for (std::uint64_t seed = 0; seed < 40 && !reached; ++seed) {
      auto c = echo_and_store();
      Random random(seed);
      if (!aim_at(c, pair, random)) continue;
      const auto pairs = pairs_in(c);
      reached = std::ranges::find(pairs, pair) != pairs.end();
    }
    EXPECT_EQ(reached, possible(pair) && has_service(pair)) << text(pair);
  }
}

TEST(Aim, AConversationWithoutConnectionIsLeftAsItIs) {
  Conversation c{"storage", "a", {sending(request())}};
  for (std::size_t i = 0; i < pair_count; ++i) {
    auto changed = c;
    Random random(i);
    EXPECT_FALSE(aim_at(changed, static_cast<Pair>(i), random));
    EXPECT_EQ(changed, c);
  }
}

TEST(Aim, WhereNobodyWaitsForTheAssociationItIsWaitedFor) {
  Conversation c{"storage", "a", {{.what = Do::connect}, sending(request())}};
  Random random(1);
  const auto pair = pair_of(Place::sta8, Said::release_rq);
  ASSERT_TRUE(aim_at(c, pair, random));
  const auto pairs = pairs_in(c);
  EXPECT_NE(std::ranges::find(pairs, pair), pairs.end());
}

TEST(Aim, ThePairThatWasTriedLeastComesFirstUntilAllWere) {
  Pairs pairs;
  Random random(5);
  const std::size_t all = pairs.provokable();
  for (std::size_t i = 0; i < all; ++i) {
    const auto pair = pairs.choose(random);
    EXPECT_EQ(pairs.times(pair), 0U) << text(pair);
    const std::vector<Pair> said{pair};
    pairs.note(said);
  }
  EXPECT_EQ(pairs.tried(), all);
  EXPECT_EQ(pairs.times(pairs.choose(random)), 1U);
}

TEST(Aim, WhatCannotBeBroughtAboutDoesNotKeepTheOthersWaiting) {
  Pairs pairs;
  Random random(5);
  std::array<bool, pair_count> chosen{};
  for (std::size_t i = 0; i < pairs.provokable(); ++i) {
    const auto pair = pairs.choose(random);
    EXPECT_FALSE(std::exchange(chosen.at(pair), true)) << text(pair);
    pairs.aimed(pair);  // and nothing came of it
  }
}

TEST(Aim, ChangedConversationsStayWithinTheLimitsAndAreTheSameForTheSameNumbers) {
  for (std::size_t i = 0; i < pair_count; i += 7) {
    const auto pair = static_cast<Pair>(i);
    auto c = echo_and_store();
    for (std::uint64_t round = 0; round < 8; ++round) {
      Random one(round, i);
      Random again(round, i);
      const auto changed = mutated(c, echo_and_store(), one, pair);
      ASSERT_EQ(changed, mutated(c, echo_and_store(), again, pair));
      ASSERT_LE(changed.steps.size(), max_steps);
      ASSERT_LE(changed.bytes(), max_bytes);
      const auto read = conversation_from_text(to_text(changed));
      ASSERT_TRUE(read) << read.error();
      c = changed.steps.size() < 3 ? echo_and_store() : changed;
    }
  }
}

}  // namespace
}  // namespace assay::fuzz::device
