#include "fuzz/device/mutate.hpp"

#include <gtest/gtest.h>

#include <set>

#include "fuzz/device/guide.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::fuzz::device {
namespace {

Conversation example() {
  Conversation c{"verification", "a", {}};
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.items = {pdu::PresentationContextItemRq{
      1, {pdu::AbstractSyntaxSubItem{"1.2.840.10008.1.1"}, pdu::TransferSyntaxSubItem{"1.2.840.10008.1.2"}}}};
  c.steps.push_back({.what = Do::connect});
  c.steps.push_back({.what = Do::send, .bytes = pdu::encode(rq)});
  c.steps.push_back({.what = Do::await, .await = Await::association});
  c.steps.push_back({.what = Do::send, .bytes = pdu::encode(pdu::PDataTf{{{1, 3, Bytes(40)}}})});
  c.steps.push_back({.what = Do::await, .await = Await::messages});
  c.steps.push_back({.what = Do::send, .bytes = pdu::encode(pdu::AReleaseRq{})});
  c.steps.push_back({.what = Do::await, .await = Await::release});
  c.steps.push_back({.what = Do::fin});
  return c;
}

TEST(Mutate, EachMutationChangesAConversationThatHasWhatItNeeds) {
  for (const auto& one : mutations()) {
    bool changed = false;
    for (std::uint64_t seed = 0; seed < 50 && !changed; ++seed) {
      auto c = example();
      Random random(seed);
      changed = one.mutate(c, example(), random) && c != example();
    }
    EXPECT_TRUE(changed) << one.name;
  }
}

TEST(Mutate, NoneOfThemChangesAConversationWithoutSteps) {
  for (const auto& one : mutations()) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Conversation c;
      Random random(seed);
      EXPECT_FALSE(one.mutate(c, {}, random)) << one.name;
      EXPECT_EQ(c, Conversation{}) << one.name;
    }
  }
}

TEST(Mutate, TheSameNumbersGiveTheSameConversationAndOthersGiveOthers) {
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < 100; ++i) {
    Random one(7, i);
    Random again(7, i);
    const auto first = mutated(example(), example(), one);
    EXPECT_EQ(first, mutated(example(), example(), again));
    seen.insert(to_text(first));
  }
  EXPECT_GT(seen.size(), 80U);
}

TEST(Mutate, WhateverIsDoneOverAndOverStaysWithinTheLimits) {
  auto c = example();
  for (std::uint64_t i = 0; i < 300; ++i) {
    Random random(3, i);
    c = mutated(c, example(), random);
    ASSERT_LE(c.steps.size(), max_steps);
    ASSERT_LE(c.bytes(), max_bytes);
    for (const auto& step : c.steps) ASSERT_LT(step.line, max_lines);
    if (c.steps.size() < 3) c = example();
    const auto read = conversation_from_text(to_text(c));
    ASSERT_TRUE(read) << read.error();
    ASSERT_EQ(read->steps.size(), c.steps.size());
  }
}

TEST(Guide, WhatIsNewIsNewOnceAndARarePlaceIsTakenMoreOften) {
  Guide guide;
  const std::vector<std::uint64_t> common{1};
  const std::vector<std::uint64_t> rare{1, 2};
  EXPECT_TRUE(guide.note(common));
  EXPECT_FALSE(guide.note(common));
  for (int i = 0; i < 1000; ++i) guide.note(common);
  EXPECT_TRUE(guide.note(rare));
  guide.add(example(), common, 0);
  guide.add(example(), rare, 5);
  Random random(1);
  std::size_t times = 0;
  for (int i = 0; i < 200; ++i) times += guide.choose(random).parent == 1 ? 1 : 0;
  EXPECT_GT(times, 100U);
  EXPECT_LT(times, 200U);
}

}  // namespace
}  // namespace assay::fuzz::device
