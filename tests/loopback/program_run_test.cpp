#include "peers/program_run.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace assay::peers {
namespace {

using std::chrono::milliseconds;

ProgramRunOptions shell(std::string script) {
  ProgramRunOptions options;
  options.argv = {"/bin/sh", "-c", std::move(script)};
  options.time = std::chrono::minutes(1);
  return options;
}

TEST(ProgramRun, TellsCodeAndOutput) {
  const auto run = run_program(shell("echo one; echo two >&2; exit 7"));
  ASSERT_TRUE(run.has_value()) << run.error();
  EXPECT_EQ(run->exit_code, 7);
  EXPECT_EQ(run->signal, 0);
  EXPECT_EQ(run->output, "one\ntwo\n");
  EXPECT_FALSE(run->timed_out);
}

TEST(ProgramRun, TellsTheSignal) {
  const auto run = run_program(shell("kill -SEGV $$"));
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->signal, SIGSEGV);
  EXPECT_FALSE(run->exit_code.has_value());
}

TEST(ProgramRun, WhatCannotStartIsAnError) {
  ProgramRunOptions options;
  options.argv = {"/no/such/program"};
  const auto run = run_program(options);
  ASSERT_FALSE(run.has_value());
  EXPECT_NE(run.error().find("/no/such/program"), std::string::npos);
}

TEST(ProgramRun, IsAskedWhereItIsWhenItsTimeIsUp) {
  auto options = shell("trap 'echo here; exit 1' ABRT; while :; do :; done");
  options.time = milliseconds(100);
  options.grace = std::chrono::minutes(1);
  const auto run = run_program(options);
  ASSERT_TRUE(run.has_value());
  EXPECT_TRUE(run->timed_out);
  EXPECT_EQ(run->output, "here\n");
}

TEST(ProgramRun, IsKilledWhenItDoesNotAnswer) {
  auto options = shell("trap '' ABRT TERM; while :; do :; done");
  options.time = milliseconds(100);
  options.grace = milliseconds(100);
  const auto run = run_program(options);
  ASSERT_TRUE(run.has_value());
  EXPECT_TRUE(run->timed_out);
  EXPECT_EQ(run->signal, SIGKILL);
}

TEST(ProgramRun, IsEndedWhenItHoldsTooMuch) {
  auto options = shell("exec tail /dev/zero");  // keeps its last line, which has no end
  options.memory = std::uint64_t{64} << 20;
  const auto run = run_program(options);
  ASSERT_TRUE(run.has_value());
  EXPECT_TRUE(run->over_memory);
  EXPECT_NE(run->signal, 0);
}

TEST(ProgramRun, GivesUpWhenAsked) {
  auto options = shell("while :; do :; done");
  options.give_up = [] { return true; };
  const auto run = run_program(options);
  ASSERT_TRUE(run.has_value());
  EXPECT_TRUE(run->given_up);
}

TEST(ProgramRun, KeepsTheBeginningAndTheEndOfWhatIsLong) {
  auto options = shell("echo first; yes middle | head -n 100000; echo last");
  options.keep_beginning = 100;
  options.keep_end = 50;
  const auto run = run_program(options);
  ASSERT_TRUE(run.has_value());
  EXPECT_TRUE(run->output.starts_with("first\nmiddle\n"));
  EXPECT_TRUE(run->output.ends_with("middle\nlast\n"));
  EXPECT_NE(run->output.find("bytes left out]"), std::string::npos);
  EXPECT_LT(run->output.size(), 300U);
}

}  // namespace
}  // namespace assay::peers
