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
