#include "fuzz/device/conversation.hpp"

#include <gtest/gtest.h>

#include "fuzz/device/log.hpp"

namespace assay::fuzz::device {
namespace {

Conversation example() {
  Conversation c{"verification", "ps3.8/9.3.2/minimal-association", {}};
  c.steps.push_back({.what = Do::connect});
  c.steps.push_back(
      {.what = Do::send, .bytes = {1, 0, 0, 0, 0, 2, 0, 1}, .pieces = {1, 7}, .pause = std::chrono::milliseconds(5)});
  c.steps.push_back({.what = Do::await, .await = Await::association});
  c.steps.push_back({.what = Do::pause, .pause = std::chrono::milliseconds(20)});
  c.steps.push_back({.what = Do::await, .line = 3, .await = Await::messages, .count = 2});
  c.steps.push_back({.what = Do::half});
  c.steps.push_back({.what = Do::rst});
  return c;
}

TEST(Conversation, ItsTextReadsBackAsItWas) {
  const auto read = conversation_from_text(to_text(example()));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, example());
}

TEST(Conversation, WhatIsNoConversationIsRefusedWithTheNumberOfTheLine) {
  const std::string head = "assay conversation 1\n";
  EXPECT_EQ(conversation_from_text("").error(), "line 1: the file is empty");
  EXPECT_TRUE(conversation_from_text("something\n").error().starts_with("line 1: "));
  for (const auto* wrong : {"jump 0", "connect", "connect 32", "connect 0 1", "send 0 0", "send 0 zz", "send 0 00 00",
                            "send 0 split=0 00", "send 0 pause=9999 00", "await 0", "await 0 messages",
                            "await 0 messages 0", "await 0 association 1", "pause", "pause 2001", "pause -1"}) {
    const auto read = conversation_from_text(head + wrong + "\n");
    ASSERT_FALSE(read) << wrong;
    EXPECT_TRUE(read.error().starts_with("line 2: ")) << read.error();
  }
}

TEST(Conversation, SeveralJoinedHaveLinesOfTheirOwnAndCloseThemBeforeTheNext) {
  Conversation open{"a", "one", {{.what = Do::connect}, {.what = Do::send, .bytes = {1}}}};
  Conversation closed{"a", "two", {{.what = Do::connect, .line = 1}, {.what = Do::rst, .line = 1}}};
  const auto both = joined(std::vector{open, closed, open});
  EXPECT_EQ(both.from, "one; then two; then one");
  std::vector<std::pair<Do, int>> steps;
  for (const auto& step : both.steps) steps.emplace_back(step.what, step.line);
  EXPECT_EQ(steps, (std::vector<std::pair<Do, int>>{{Do::connect, 0},
                                                    {Do::send, 0},
                                                    {Do::fin, 0},
                                                    {Do::pause, 0},
                                                    {Do::connect, 2},
                                                    {Do::rst, 2},
                                                    {Do::pause, 0},
                                                    {Do::connect, 3},
                                                    {Do::send, 3},
                                                    {Do::fin, 3}}));
  EXPECT_TRUE(joined(std::vector<Conversation>(max_lines + 1, open)).steps.empty()) << "more lines than there may be";
}

TEST(Conversation, OneThatIsTooLongIsRefused) {
  std::string text = "assay conversation 1\n";
  for (std::size_t i = 0; i <= max_steps; ++i) text += "connect 0\n";
  EXPECT_FALSE(conversation_from_text(text));
}

TEST(Log, WhatWasWrittenIsReadAndALineThatWasCutOffDoesNotCount) {
  const std::vector<std::uint64_t> features{1, 0xfedcba9876543210};
  const auto text = head_line({7, "127.0.0.1:104 A B"}) + kept_line(0, features) + run_line(1, {0, 0}) +
                    pairs_line(std::vector<Pair>{7, 30}) + kept_line(1, {}) + run_line(2, {1, 0, Pair{30}}) + "run 3 1";
  const auto log = read_log(text);
  ASSERT_TRUE(log) << log.error();
  EXPECT_EQ(log->head, (LogHead{7, "127.0.0.1:104 A B"}));
  ASSERT_EQ(log->kept.size(), 2U);
  EXPECT_EQ(log->kept[0].features, features);
  ASSERT_EQ(log->runs.size(), 2U);
  EXPECT_EQ(log->runs[0].choice, (Guide::Choice{0, 0}));
  EXPECT_EQ(log->runs[1].choice, (Guide::Choice{1, 0, Pair{30}}));
  EXPECT_EQ(log->pairs, (std::vector<Pair>{7, 30}));
}

TEST(Log, ALogOfAnEarlierVersionIsRefusedAndToldSo) {
  const auto log = read_log("assay-fuzz-device-1 7 127.0.0.1:104\nrun 1 0 0\n");
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().find("earlier version"), std::string::npos) << log.error();
}

/// Smaller features are those of code.
constexpr std::uint64_t place = std::uint64_t{1} << 40U;

TEST(Log, ARunThatGoesOnTakesTheNextConversationAsOneThatNeverStopped) {
  Guide unbroken;
  FeatureNumbers numbers;
  auto text = head_line({1, "x"});
  const auto keep = [&](std::vector<std::uint64_t> features, std::uint64_t execution) {
    for (const auto feature : features) numbers.add(feature);
    text += kept_line(execution, features);
    unbroken.add({}, std::move(features), execution);
  };
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    unbroken.note(std::vector<std::uint64_t>{place + 100, place + 200 + seed});
    keep({place + 100, place + 200 + seed}, 0);
  }
  Random random(5);
  for (std::uint64_t execution = 1; execution <= 300; ++execution) {
    const auto choice = unbroken.choose(random);
    text += run_line(execution, choice);
    std::vector<std::uint64_t> features{place + 100, place + 200 + choice.parent,
                                        place + 300 + random.below(1 + execution / 10)};
    if (random.chance(50)) features.push_back(0xfedcba9876543210 + execution);  // of one that broke it: not kept
    text += saw_line(execution, features, numbers);
    if (unbroken.note(features) && features.size() == 3) keep(std::move(features), execution);
  }
  const auto log = read_log(text);
  ASSERT_TRUE(log) << log.error();
  Guide resumed;
  for (const auto& kept : log->kept) resumed.add({}, kept.features, kept.execution);
  restore_counts(*log, resumed);
  ASSERT_EQ(resumed.kept().size(), unbroken.kept().size());
  ASSERT_GT(resumed.kept().size(), 10U);
  EXPECT_EQ(resumed.features(), unbroken.features());
  for (std::size_t i = 0; i < resumed.kept().size(); ++i) EXPECT_EQ(resumed.energy(i), unbroken.energy(i)) << i;
  Random here(9);
  Random there(9);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(resumed.choose(here), unbroken.choose(there));
}

TEST(Log, WhatAnExecutionSawNamesOnlyFeaturesThatTheLogHasNamed) {
  const auto head = head_line({1, "x"}) + kept_line(0, std::vector<std::uint64_t>{7, 8}) + run_line(1, {0, 0});
  const auto good = read_log(head + "saw 1 0-1 x9\n");
  ASSERT_TRUE(good) << good.error();
  EXPECT_EQ(good->times, (std::map<std::uint64_t, std::uint64_t>{{7, 2}, {8, 2}, {9, 1}}));
  for (const auto* line : {"saw 1 2", "saw 1 1-0", "saw 1 0-99", "saw 1 0 0", "saw 2 0", "saw 1 x", "saw", "saw 1 0-"})
    EXPECT_FALSE(read_log(head + line + "\n")) << line;
}

TEST(Log, FeaturesOfCodeAreNotNamedEachTime) {
  FeatureNumbers numbers;
  EXPECT_EQ(saw_line(1, std::vector<std::uint64_t>{3, 4, place}, numbers), "saw 1 x10000000000\n");
  EXPECT_EQ(saw_line(2, std::vector<std::uint64_t>{3, place}, numbers), "saw 2 0\n");
}

TEST(Log, CodeThatWasReachedIsNotNewToARunThatGoesOn) {
  const auto log = read_log(head_line({1, "x"}) + kept_line(0, std::vector<std::uint64_t>{7, place}) +
                            run_line(1, {0, 0}) + "saw 1 1\n" + kept_line(1, std::vector<std::uint64_t>{8, place}));
  ASSERT_TRUE(log) << log.error();
  Guide guide;
  restore_counts(*log, guide);
  EXPECT_EQ(guide.features(), 1U);
  EXPECT_EQ(guide.new_code(std::vector<std::uint64_t>{7, 8, 9}), std::vector<std::uint64_t>{9});
}

TEST(Log, AChoiceOfWhatIsNotThereAndExecutionsThatDoNotRiseAreRefused) {
  const auto head = head_line({1, "x"}) + kept_line(0, {});
  EXPECT_FALSE(read_log(head + "run 1 1 0 -\n"));
  EXPECT_FALSE(read_log(head + "run 1 0 1 -\n"));
  EXPECT_FALSE(read_log(head + "run 1 0 0 -\nrun 1 0 0 -\n"));
  EXPECT_FALSE(read_log(head + "run 1 0 -\n"));
  EXPECT_FALSE(read_log(head + "run 1 0 0\n"));
  EXPECT_FALSE(read_log(head + "run 1 0 0 240\n"));
  EXPECT_FALSE(read_log(head + "pairs 240\n"));
  EXPECT_FALSE(read_log(head + "what 1\n"));
  EXPECT_FALSE(read_log("run 1 0 0 -\n"));
  EXPECT_FALSE(read_log(""));
  EXPECT_TRUE(read_log(head + "run 1 0 0 -\nrun 2 0 0 239\npairs 3 4\n"));
}

}  // namespace
}  // namespace assay::fuzz::device
