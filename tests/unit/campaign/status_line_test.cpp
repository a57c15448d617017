#include "fuzz/campaign/status_line.hpp"

#include <gtest/gtest.h>

#include <random>

namespace assay::fuzz {
namespace {

Progress read(std::string_view text) {
  Progress progress;
  read_progress(text, progress);
  return progress;
}

TEST(StatusLine, SaysHowFarTheTargetIs) {
  const auto p = read(
      "INFO: Seed: 1\n#2\tINITED cov: 8 ft: 10 corp: 1/2b exec/s: 0 rss: 30Mb\n"
      "#65536\tpulse  cov: 12 ft: 15 corp: 4/9b lim: 4096 exec/s: 32768 rss: 44Mb\n"
      "#70001\tREDUCE cov: 13 ft: 17 corp: 5/9b lim: 4096 exec/s: 30000 rss: 45Mb L: 3/5 MS: 1 EraseBytes-\n");
  EXPECT_TRUE(p.ready);
  EXPECT_EQ(p.runs, 70001U);
  EXPECT_EQ(p.coverage, 13U);
  EXPECT_EQ(p.features, 17U);
  EXPECT_EQ(p.corpus, 5U);
  EXPECT_EQ(p.speed, 30000U);
  EXPECT_EQ(p.memory, 45U);
  EXPECT_EQ(p.first_coverage, 8U);
  EXPECT_EQ(p.first_features, 10U);
}

TEST(StatusLine, HalfALineAndALineOfTheTargetSayNothing) {
  const auto before = read("#2\tINITED cov: 8 ft: 10 corp: 1/2b exec/s: 0 rss: 30Mb\n");
  for (const std::string_view line :
       {"#99\tpulse  cov: 12 ft: 15", "#99 pulse\n", "#99 of my own: cov: 5\n", "# NEW cov: 5\n", "#x\tNEW cov: 5\n",
        "#-5\tNEW cov: 5\n", "99\tNEW cov: 5\n", "#99999999999999999999999\tNEW cov: 1 ft: 1\n", "\n", "#\n"}) {
    auto p = before;
    read_progress(line, p);
    EXPECT_EQ(p, before) << line;
  }
}

TEST(StatusLine, ReadingItsCorpusItIsNotReady) {
  EXPECT_FALSE(read("#128\tREAD   units: 128 exec/s: 0 rss: 30Mb\n").ready);
}

TEST(StatusLine, HostileTextChangesNoNumberByAccident) {
  std::mt19937 dice(1);
  const std::string_view pieces[] = {"#",
                                     "1",
                                     "\t",
                                     "NEW ",
                                     " cov: ",
                                     "ft: ",
                                     "\n",
                                     "\xff",
                                     std::string_view("\0", 1),
                                     "18446744073709551616",
                                     "pulse",
                                     "exec/s: "};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (int n = 0; n < 12; ++n) text += pieces[dice() % std::size(pieces)];
    Progress p;
    read_progress(text, p);
    EXPECT_LE(p.coverage, 1111111111111U);
    (void)last_lines(text, 3);
    (void)last_running(text);
  }
}

TEST(StatusLine, TheLastLinesAreThoseWithText) {
  EXPECT_EQ(last_lines("a\n\nb\n  \nc", 2), "b\nc\n");
  EXPECT_EQ(last_lines("", 2), "");
}

TEST(StatusLine, TheFileThatRanLastIsKnown) {
  EXPECT_EQ(last_running("Running: a\nExecuted a in 1 ms\nRunning: b c\nboom\n"), "b c");
  EXPECT_EQ(last_running("not Running: a\n"), "");
}

}  // namespace
}  // namespace assay::fuzz
