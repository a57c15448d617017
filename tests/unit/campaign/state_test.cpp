#include "fuzz/campaign/state.hpp"

#include <gtest/gtest.h>

#include <random>

namespace assay::fuzz {
namespace {

CampaignState some() {
  CampaignState state;
  state.number = 7;
  state.started = "2026-11-23T12:00:00Z";
  state.wanted = 600;
  state.spent = 12.5;
  auto& target = state.targets["fuzz_pdu"];
  target.lane.yield = 1.5;
  target.lane.served = 300.25;
  target.lane.rounds = 12;
  target.runs = 1'000'000;
  target.coverage = 411;
  target.pruned = 90;
  target.trouble = "it ended with exit 1:\n\"no\"";
  return state;
}

TEST(CampaignState, IsTheSameWhenItIsWrittenAndRead) {
  const auto again = state_from(to_text(some()));
  ASSERT_TRUE(again) << again.error();
  EXPECT_EQ(*again, some());
}

TEST(CampaignState, DamageIsSaidAndNeverTaken) {
  const auto text = to_text(some());
  for (std::size_t cut = 0; cut + 2 < text.size(); cut += 7) EXPECT_FALSE(state_from(text.substr(0, cut))) << cut;
  EXPECT_FALSE(state_from("[]"));
  EXPECT_FALSE(state_from(R"({"version": 2})"));
  EXPECT_NE(state_from(R"({"version": 2})").error().find("version 2"), std::string::npos);
  std::string negative = text;
  negative.replace(negative.find("12.5"), 4, "-2.5");
  ASSERT_FALSE(state_from(negative));
  EXPECT_NE(state_from(negative).error().find("'spent'"), std::string::npos);
}

TEST(CampaignState, AnyChangedByteIsAnErrorOrAState) {
  std::mt19937 dice(3);
  for (int i = 0; i < 3000; ++i) {
    auto text = to_text(some());
    text[dice() % text.size()] = static_cast<char>(dice());
    if (const auto state = state_from(text)) {
      EXPECT_TRUE(state_from(to_text(*state)).has_value());
    }
  }
}

TEST(CampaignHistory, LinesThatAreDamagedAreCountedAndPassedOver) {
  CampaignRecord record;
  record.number = 3;
  record.ended = "2026-11-23T12:00:00Z";
  record.open = {"aa", "bb"};
  record.fixed = {"cc"};
  record.targets["fuzz_pdu"] = {411, 900, 1000, 60.5};
  const auto history = history_from(to_line(record) + "{\"number\": 4\n" + to_line(record) + "\n");
  EXPECT_EQ(history.damaged, 1U);
  ASSERT_EQ(history.records.size(), 2U);
  EXPECT_EQ(history.records[1], record);
  EXPECT_EQ(to_line(record).find('\n'), to_line(record).size() - 1) << "a record is one line";
}

}  // namespace
}  // namespace assay::fuzz
