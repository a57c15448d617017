// harness/trace/verdict.hpp: names, merging, exit codes.
#include "harness/trace/verdict.hpp"

#include <gtest/gtest.h>

namespace assay::trace {
namespace {

constexpr Verdict all[] = {Verdict::pass,    Verdict::warning,      Verdict::fail,
                           Verdict::skipped, Verdict::inconclusive, Verdict::error};

RunResult run_of(std::initializer_list<Verdict> verdicts) {
  RunResult run;
  for (const auto verdict : verdicts) {
    CaseResult one;
    one.verdict = verdict;
    run.cases.push_back(one);
  }
  return run;
}

TEST(Verdict, Names_go_both_ways) {
  for (const auto verdict : all) EXPECT_EQ(verdict_from(name(verdict)), verdict);
  EXPECT_EQ(verdict_from("passed"), std::nullopt);
  for (const auto level : {Level::shall, Level::should, Level::may, Level::statement})
    EXPECT_EQ(level_from(name(level)), level);
  EXPECT_EQ(level_from("must"), std::nullopt);
  EXPECT_EQ(name(Termination::hang), "hang");
  EXPECT_EQ(name(Termination::none), "none");
}

TEST(Verdict, The_graver_one_wins_in_either_order) {
  const Verdict by_gravity[] = {Verdict::skipped,      Verdict::pass, Verdict::warning,
                                Verdict::inconclusive, Verdict::fail, Verdict::error};
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 6; ++j) {
      EXPECT_EQ(worse(by_gravity[i], by_gravity[j]), by_gravity[std::max(i, j)]);
    }
  }
}

TEST(Verdict, Counts_cases_by_verdict) {
  const auto run = run_of({Verdict::pass, Verdict::fail, Verdict::pass});
  EXPECT_EQ(run.count(Verdict::pass), 2u);
  EXPECT_EQ(run.count(Verdict::fail), 1u);
  EXPECT_EQ(run.count(Verdict::error), 0u);
}

TEST(Verdict, Exit_codes_follow_the_gravest) {
  EXPECT_EQ(exit_code(run_of({}), false), 0);
  EXPECT_EQ(exit_code(run_of({Verdict::pass, Verdict::skipped, Verdict::warning}), false), 0);
  EXPECT_EQ(exit_code(run_of({Verdict::pass, Verdict::warning}), true), 1);
  EXPECT_EQ(exit_code(run_of({Verdict::fail, Verdict::inconclusive}), false), 1);
  EXPECT_EQ(exit_code(run_of({Verdict::fail, Verdict::error}), false), 70);
  EXPECT_EQ(exit_code(run_of({Verdict::pass, Verdict::inconclusive}), false), 3);
}

TEST(Verdict, An_expected_deviation_is_not_red_and_a_stale_one_is) {
  auto run = run_of({Verdict::fail, Verdict::pass});
  run.cases[0].expected_deviation = true;
  EXPECT_EQ(exit_code(run, false), 0);
  run.stale_expectations = {"ps3.8/9.3.4/gone"};
  EXPECT_EQ(exit_code(run, false), 5);
  run.cases[0].expected_deviation = false;
  EXPECT_EQ(exit_code(run, false), 1);
}

TEST(Verdict, An_interrupted_run_says_so_unless_something_graver_happened) {
  auto run = run_of({Verdict::pass, Verdict::inconclusive});
  run.interrupted = true;
  EXPECT_EQ(exit_code(run, false), 130);
  run.cases.push_back({});
  run.cases.back().verdict = Verdict::fail;
  EXPECT_EQ(exit_code(run, false), 1);
}

}  // namespace
}  // namespace assay::trace
