#include "conformance/expectations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::conformance {
namespace {

using ::testing::HasSubstr;
using trace::Verdict;

trace::CaseResult result_of(std::string id, Verdict verdict, std::string reason = "no answer within 10 s") {
  trace::CaseResult c;
  c.id = std::move(id);
  c.verdict = verdict;
  c.reason = std::move(reason);
  return c;
}

struct GlobCase {
  const char* pattern;
  const char* text;
  bool match;
};

TEST(GlobMatch, A_star_stays_within_one_step_and_two_stars_cross_steps) {
  for (const auto& c : std::initializer_list<GlobCase>{{"ps3.8/9.3.2/*", "ps3.8/9.3.2/titles", true},
                                                       {"ps3.8/*", "ps3.8/9.3.2/titles", false},
                                                       {"ps3.8/**", "ps3.8/9.3.2/titles", true},
                                                       {"**/titles", "ps3.8/9.3.2/titles", true},
                                                       {"**titles", "titles", true},
                                                       {"ps3.?/9/a*b*c", "ps3.8/9/axxbyyc", true},
                                                       {"ps3.?/9/a*b*c", "ps3.8/9/axxbyy", false},
                                                       {"a?c", "a/c", false},
                                                       {"", "", true},
                                                       {"*", "", true},
                                                       {"a", "", false},
                                                       {"**a*b**", "x/a/ab/z", true}})
    EXPECT_EQ(glob_match(c.pattern, c.text), c.match) << c.pattern << " vs " << c.text;
}

TEST(GlobMatch, A_hostile_pattern_ends_soon) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  pattern += "b";
  EXPECT_FALSE(glob_match(pattern, std::string(2000, 'a')));
}

TEST(Expectations, A_line_holds_mode_id_message_and_reason) {
  const auto loaded = load_expectations(
      "\n# heading\nfail ps3.8/9/x \"got \\\"RST\\\"\"  # by design, PS3.8 9.2\nflaky a/**\nskip b # slow\n",
      "known.txt");
  ASSERT_TRUE(loaded) << loaded.error();
  ASSERT_EQ(loaded->entries.size(), 3U);
  EXPECT_EQ(loaded->entries[0].id, "ps3.8/9/x");
  EXPECT_EQ(loaded->entries[0].message, "got \"RST\"");
  EXPECT_EQ(loaded->entries[0].reason, "by design, PS3.8 9.2");
  EXPECT_EQ(loaded->entries[0].line, 3);
  EXPECT_EQ(loaded->entries[1].mode, ExpectationMode::flaky);
  EXPECT_NE(loaded->skips("b"), nullptr);
  EXPECT_EQ(loaded->skips("a/b"), nullptr);
}

TEST(Expectations, A_mistake_is_named_with_line_and_column) {
  const std::pair<const char*, const char*> cases[] = {
      {"fial x", "known.txt:1:1: 'fial' is no mode"},
      {"\nfail", "known.txt:2:5: the case id is missing"},
      {"fail x message", "known.txt:1:8: a message to match stands in double quotes"},
      {"fail x \"abc", "known.txt:1:8: this quoted message has no closing quote"},
      {"fail x \"abc\" d", "known.txt:1:14: nothing may follow"},
      {"fail x\nfail x", "known.txt:2:1: the same id and message stand in line 1"}};
  for (const auto& [text, error] : cases) {
    const auto loaded = load_expectations(text, "known.txt");
    ASSERT_FALSE(loaded) << text;
    EXPECT_THAT(loaded.error(), HasSubstr(error));
  }
}

TEST(Expectations, A_listed_failure_counts_as_expected_and_others_stay_red) {
  const auto loaded = load_expectations("fail a/one \"no * within\" # known\n", "k");
  trace::RunResult run;
  run.cases = {result_of("a/one", Verdict::fail), result_of("a/two", Verdict::fail)};
  apply(*loaded, run, {"a/one", "a/two"});
  EXPECT_TRUE(run.cases[0].expected_deviation);
  EXPECT_FALSE(run.cases[1].expected_deviation);
  EXPECT_TRUE(run.stale_expectations.empty());
  EXPECT_EQ(trace::exit_code(run, false), 1);
}

TEST(Expectations, A_failure_with_another_message_stays_red) {
  const auto loaded = load_expectations("fail a/one \"RST\"\n", "k");
  trace::RunResult run;
  run.cases = {result_of("a/one", Verdict::fail)};
  apply(*loaded, run, {"a/one"});
  EXPECT_FALSE(run.cases[0].expected_deviation);
  EXPECT_THAT(run.cases[0].expectation_note, HasSubstr("another message"));
  EXPECT_THAT(run.stale_expectations, ::testing::ElementsAre(HasSubstr("another message")));
}

TEST(Expectations, An_entry_that_no_longer_happens_or_names_no_case_is_reported) {
  const auto loaded = load_expectations("fail a/one\nfail gone/*\nflaky a/two\nskip gone/too\n", "k");
  trace::RunResult run;
  run.cases = {result_of("a/one", Verdict::pass), result_of("a/two", Verdict::pass)};
  apply(*loaded, run, {"a/one", "a/two"});
  ASSERT_EQ(run.stale_expectations.size(), 3U);
  EXPECT_THAT(run.stale_expectations[0], HasSubstr("no longer fails"));
  EXPECT_THAT(run.stale_expectations[1], HasSubstr("names no case"));
  EXPECT_EQ(trace::exit_code(run, false), 5);
}

TEST(Expectations, A_case_that_could_not_be_judged_makes_no_entry_stale) {
  const auto loaded = load_expectations("fail a/one\n", "k");
  trace::RunResult run;
  run.cases = {result_of("a/one", Verdict::inconclusive)};
  apply(*loaded, run, {"a/one"});
  EXPECT_TRUE(run.stale_expectations.empty());
}

TEST(Expectations, The_file_written_from_a_run_makes_that_run_green) {
  trace::RunResult run;
  run.cases = {result_of("a/one", Verdict::fail, "found \"*?\\\" in [x], 10% of it"), result_of("a/two", Verdict::pass),
               result_of("a/three", Verdict::fail, "")};
  const auto loaded = load_expectations(write_expectations(run), "made");
  ASSERT_TRUE(loaded) << loaded.error();
  apply(*loaded, run, {"a/one", "a/two", "a/three"});
  EXPECT_TRUE(run.cases[0].expected_deviation);
  EXPECT_TRUE(run.cases[2].expected_deviation);
  EXPECT_EQ(trace::exit_code(run, false), 0);
}

TEST(Expectations, A_case_that_was_run_twice_and_failed_in_two_ways_gets_an_entry_for_each) {
  trace::RunResult run;
  run.cases = {result_of("a/one", Verdict::fail, "no answer within 10 s"),
               result_of("a/one", Verdict::fail, "reset the connection"),
               result_of("a/one", Verdict::fail, "no answer within 10 s")};
  const auto loaded = load_expectations(write_expectations(run), "made");
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->entries.size(), 2U);
  apply(*loaded, run, {"a/one"});
  for (const auto& one : run.cases) {
    EXPECT_TRUE(one.expected_deviation) << one.reason;
    EXPECT_THAT(one.expectation_note, testing::Not(HasSubstr("another message"))) << one.reason;
  }
  EXPECT_TRUE(run.stale_expectations.empty());
}

}  // namespace
}  // namespace assay::conformance
