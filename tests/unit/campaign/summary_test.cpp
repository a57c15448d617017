#include "fuzz/campaign/summary.hpp"

#include <gtest/gtest.h>

#include "fuzz/campaign/screen.hpp"
#include "fuzz/campaign/state_table.hpp"

namespace assay::fuzz {
namespace {

CampaignRecord before() {
  CampaignRecord record;
  record.open = {"open"};
  record.fixed = {"fixed"};
  return record;
}

TEST(Standing, OfAFindingAgainstTheCampaignBefore) {
  const auto record = before();
  EXPECT_EQ(standing_of("other", true, &record), Standing::fresh);
  EXPECT_EQ(standing_of("other", true, nullptr), Standing::fresh);
  EXPECT_EQ(standing_of("open", true, &record), Standing::open);
  EXPECT_EQ(standing_of("open", false, &record), Standing::fixed);
  EXPECT_EQ(standing_of("fixed", true, &record), Standing::returned);
  EXPECT_EQ(standing_of("fixed", false, &record), Standing::fixed);
}

TEST(CampaignSummary, TheWorstDecidesTheExitCode) {
  CampaignSummary s;
  s.targets.resize(2);
  EXPECT_EQ(s.exit_code(), 0);
  s.targets[0].trouble = "no";
  EXPECT_EQ(s.exit_code(), 3);
  s.findings.resize(1);
  s.findings[0].standing = Standing::fixed;
  EXPECT_EQ(s.exit_code(), 3);
  s.findings[0].standing = Standing::open;
  EXPECT_EQ(s.exit_code(), 1);
  s.interrupted = true;
  EXPECT_EQ(s.exit_code(), 130);
}

TEST(CampaignSummary, ItsRecordKeepsWhatIsKnownOfTargetsWithoutATurn) {
  auto record = before();
  record.targets["idle"] = {5, 6, 7, 8};
  CampaignSummary s;
  s.targets.resize(2);
  s.targets[0].name = "idle";
  s.targets[1].name = "busy";
  s.targets[1].rounds = 1;
  s.targets[1].now.coverage = 9;
  const auto next = record_of(s, &record);
  EXPECT_EQ(next.targets.at("idle").coverage, 5U);
  EXPECT_EQ(next.targets.at("busy").coverage, 9U);
}

TEST(CampaignSummary, NumbersAreWrittenForPeople) {
  EXPECT_EQ(change(5, std::nullopt), "new");
  EXPECT_EQ(change(5, 3U), "+2");
  EXPECT_EQ(change(3, 5U), "-2");
  EXPECT_EQ(change(3, 3U), "0");
  EXPECT_EQ(long_time(8 * 3600), "8 h 0 min");
  EXPECT_EQ(long_time(-1), "0 s");
  EXPECT_EQ(short_count(12'345), "12.3k");
}

TEST(Screen, FitsATerminal) {
  Screen screen;
  screen.wanted = 8 * 3600;
  for (int i = 0; i < 60; ++i) {
    ScreenRow row;
    row.target = "fuzz_a_target_with_quite_a_long_name_" + std::to_string(i);
    row.running = i == 50;
    row.speed = row.coverage = row.corpus = 1234567;
    screen.rows.push_back(row);
  }
  const auto text = screen_text(screen);
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const auto end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - at, 80U);
    at = end + 1;
  }
  EXPECT_LE(lines, 24U);
  EXPECT_NE(text.find("and 4"), std::string::npos) << text;
  EXPECT_LT(text.find("> fuzz_a_target"), text.find("  fuzz_a_target")) << "who runs stands first";
  EXPECT_EQ(screen_line(screen).find('\n'), std::string::npos);
}

TEST(StateTable, CountsCellsOfTheStandardAndTellsBlankOnesApart) {
  StateTable table;
  table.add("cell Sta6 Evt10 5\ncell Sta6 Evt10 2\ncell Sta1 Evt10 1\ncommand received C-STORE-RQ none 3\n");
  EXPECT_EQ(table.counts[5][9], 7U);
  EXPECT_EQ(table.reached(), 1U);
  EXPECT_EQ(table.blank_reached(), 1U);
  EXPECT_GT(table.defined(), 100U);
  EXPECT_NE(to_text(table).find("1 of "), std::string::npos);
}

TEST(StateTable, LinesThatNameNoCellChangeNothing) {
  StateTable table;
  table.add(
      "cell Sta0 Evt1 1\ncell Sta14 Evt1 1\ncell Sta1 Evt20 1\ncell Sta1 Evt1\ncell Sta1 Evt1 x\ncell\n\ncell Sta1 "
      "Evt1 -1");
  EXPECT_EQ(table, StateTable{});
  table.add("cell Sta1 Evt1 18446744073709551615\ncell Sta1 Evt1 5\n");
  EXPECT_EQ(table.counts[0][0], UINT64_MAX);
}

}  // namespace
}  // namespace assay::fuzz
