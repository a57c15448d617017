#include "reports/combinations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "reports/reports.hpp"

namespace assay::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using trace::Verdict;

trace::CaseResult one(const Values& values, Verdict verdict) {
  trace::CaseResult c;
  c.id = "ps3.8/E/pairwise/";
  for (const auto& [name, value] : values) c.id += value + "_";
  c.file = "pdata/packing.xml";
  c.line = 7;
  c.parameters = values;
  c.verdict = verdict;
  return c;
}

/// Every combination of three parameters; those that `fails` picks fail.
template <typename Fails>
std::vector<trace::CaseResult> cases(Fails fails) {
  std::vector<trace::CaseResult> out;
  for (const char* fragment : {"2", "126", "16000"})
    for (const char* maximum : {"128", "16384", "0"})
      for (const char* role : {"0", "1"}) {
        const Values values{{"fragment", fragment}, {"maximum", maximum}, {"role", role}};
        out.push_back(one(values, fails(values) ? Verdict::fail : Verdict::pass));
      }
  return out;
}

bool is(const Values& values, std::size_t at, std::string_view wanted) { return values[at].second == wanted; }

TEST(Combinations, Name_the_one_value_that_all_failures_hold_and_no_pass) {
  const auto found = explain_failures(cases([](const Values& v) { return is(v, 1, "128"); }));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].when, (Values{{"maximum", "128"}}));
  EXPECT_EQ(found[0].explained, 6u);
  EXPECT_EQ(to_text(found[0]), "ps3.8/E/pairwise fails whenever maximum=128 (6 of 6 failures, 18 cases judged)");
}

TEST(Combinations, Name_two_values_where_one_alone_does_not_explain_it) {
  const auto found = explain_failures(cases([](const Values& v) { return is(v, 0, "2") && is(v, 1, "128"); }));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].when, (Values{{"fragment", "2"}, {"maximum", "128"}}));
  EXPECT_EQ(found[0].explained, 2u);
}

TEST(Combinations, Name_all_three_values_of_a_single_failure_only_when_nothing_shorter_explains_it) {
  const auto found =
      explain_failures(cases([](const Values& v) { return is(v, 0, "2") && is(v, 1, "0") && is(v, 2, "1"); }));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].when, (Values{{"fragment", "2"}, {"maximum", "0"}, {"role", "1"}}));
}

TEST(Combinations, Name_each_of_two_causes) {
  const auto found = explain_failures(cases([](const Values& v) { return is(v, 0, "2") || is(v, 1, "128"); }));
  ASSERT_EQ(found.size(), 2u);
  std::set<Values> causes{found[0].when, found[1].when};
  EXPECT_EQ(causes, (std::set<Values>{{{"fragment", "2"}}, {{"maximum", "128"}}}));
}

TEST(Combinations, Say_nothing_where_all_fail_or_all_pass_or_a_failure_has_several_explanations) {
  EXPECT_TRUE(explain_failures(cases([](const Values&) { return true; })).empty());
  EXPECT_TRUE(explain_failures(cases([](const Values&) { return false; })).empty());
  // Pairwise rows in which a single failing one differs from all others in two ways.
  std::vector<trace::CaseResult> rows{one({{"a", "1"}, {"b", "1"}}, Verdict::fail),
                                      one({{"a", "2"}, {"b", "2"}}, Verdict::pass),
                                      one({{"a", "1"}, {"b", "1"}}, Verdict::skipped)};
  EXPECT_TRUE(explain_failures(rows).empty());
}

TEST(Combinations, Values_that_stand_in_one_case_only_explain_nothing) {
  std::vector<trace::CaseResult> rows;
  for (const char* hex : {"00", "01", "02", "03"})
    rows.push_back(one({{"hex", hex}, {"how", "fin"}}, hex[1] < '2' ? Verdict::fail : Verdict::pass));
  EXPECT_TRUE(explain_failures(rows).empty());
}

TEST(Combinations, Skipped_and_inconclusive_cases_count_for_neither_side) {
  auto rows = cases([](const Values& v) { return is(v, 1, "128"); });
  rows.push_back(one({{"fragment", "2"}, {"maximum", "128"}, {"role", "0"}}, Verdict::skipped));
  rows.push_back(one({{"fragment", "2"}, {"maximum", "0"}, {"role", "0"}}, Verdict::inconclusive));
  const auto found = explain_failures(rows);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].judged, 18u);
}

TEST(Combinations, Stand_in_the_summary_and_in_the_JSON) {
  trace::RunResult run;
  run.cases = cases([](const Values& v) { return is(v, 0, "2") && is(v, 1, "128"); });
  EXPECT_THAT(summary(run, {}), HasSubstr("ps3.8/E/pairwise fails whenever fragment=2 and maximum=128"));
  const auto root = nlohmann::json::parse(json(run));
  ASSERT_EQ(root["explanations"].size(), 1u);
  EXPECT_EQ(root["explanations"][0]["when"]["maximum"], "128");
  run.cases = cases([](const Values&) { return false; });
  EXPECT_THAT(summary(run, {}), Not(HasSubstr("fails whenever")));
}

}  // namespace
}  // namespace assay::reports
