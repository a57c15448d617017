#include "reports/reports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "reports/detail.hpp"

namespace assay::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using trace::Verdict;

trace::RunResult sample() {
  trace::RunResult run;
  run.assay_version = "0.1.0";
  run.target = "127.0.0.1:104";
  for (const auto verdict :
       {Verdict::pass, Verdict::warning, Verdict::fail, Verdict::skipped, Verdict::inconclusive, Verdict::error}) {
    trace::CaseResult c;
    c.id = "ps3.8/9.3.4/" + std::string(trace::name(verdict));
    c.title = "A title with <angle> & \"quotes\"";
    c.clauses.push_back({"PS3.8", "9.3.4", trace::Level::shall, "A rejection names its source"});
    c.verdict = verdict;
    c.reason = std::string("bytes \x01\xff here");
    c.advice = "Ask the vendor.";
    trace::Trace t;
    t.connection = "c1";
    trace::Finding f;
    f.rule = "ps3.8/9.3.4/reason";
    f.clause = "PS3.8 9.3.4";
    f.found = "reason 9";
    f.expected = "1, 2, 3 or 7";
    t.findings.push_back(f);
    t.entries.push_back({Instant{}, trace::TransportOpened{}});
    c.traces.push_back(t);
    run.cases.push_back(std::move(c));
  }
  run.cases.push_back(run.cases[2]);
  run.cases.back().id = "ps3.8/9.3.4/known";
  run.cases.back().expected_deviation = true;
  run.cases.back().expectation_note = "by design";
  return run;
}

TEST(JUnit, Is_well_formed_and_counts_each_verdict_once) {
  pugi::xml_document document;
  const auto xml = junit_xml(sample());
  ASSERT_TRUE(document.load_string(xml.c_str())) << xml;
  const auto suites = document.child("testsuites");
  EXPECT_EQ(suites.attribute("tests").as_int(), 7);
  EXPECT_EQ(suites.attribute("failures").as_int(), 1);
  EXPECT_EQ(suites.attribute("errors").as_int(), 1);
  EXPECT_EQ(suites.attribute("skipped").as_int(), 3);
  int failures = 0;
  for (const auto c : suites.child("testsuite").children("testcase")) {
    EXPECT_STRNE(c.attribute("name").value(), "");
    EXPECT_STRNE(c.attribute("time").value(), "");
    failures += c.child("failure") ? 1 : 0;
  }
  EXPECT_EQ(failures, 1);
}

TEST(Json, Parses_back_and_holds_every_case_with_its_findings) {
  const auto parsed = nlohmann::json::parse(json(sample()));
  ASSERT_EQ(parsed["cases"].size(), 7U);
  EXPECT_EQ(parsed["counts"]["fail"], 2);
  EXPECT_EQ(parsed["cases"][2]["verdict"], "fail");
  EXPECT_EQ(parsed["cases"][2]["traces"][0]["findings"][0]["rule"], "ps3.8/9.3.4/reason");
}

TEST(Html, Is_self_contained_and_escapes_what_devices_send) {
  const auto page = html(sample());
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
  EXPECT_THAT(page, Not(HasSubstr("<angle>")));
  EXPECT_THAT(page, HasSubstr("&lt;angle&gt;"));
  EXPECT_THAT(page, HasSubstr("bytes \\x01\\xff here"));
}

TEST(Console, A_failing_case_says_why_what_clause_and_what_to_do) {
  const auto run = sample();
  const auto text = case_lines(run.cases[2], {});
  EXPECT_THAT(text, HasSubstr("FAIL"));
  EXPECT_THAT(text, HasSubstr("PS3.8 9.3.4 (shall)"));
  EXPECT_THAT(text, HasSubstr("ps3.8/9.3.4/reason"));
  EXPECT_THAT(text, HasSubstr("Ask the vendor."));
  EXPECT_THAT(case_lines(run.cases[0], {}), Not(HasSubstr("clause")));
  EXPECT_THAT(case_lines(run.cases[6], {}), HasSubstr("EXPECTED"));
}

TEST(Console, Colour_appears_only_when_asked_for) {
  const auto run = sample();
  EXPECT_THAT(case_lines(run.cases[2], {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(case_lines(run.cases[2], {.colour = true}), HasSubstr("\x1b["));
  EXPECT_THAT(summary(run, {}), Not(HasSubstr("\x1b")));
}

TEST(Console, The_summary_counts_verdicts_and_names_red_ones) {
  const auto text = summary(sample(), {});
  EXPECT_THAT(text, HasSubstr("1 pass, 1 warning, 1 fail, 1 error, 1 inconclusive, 1 skipped, 1 expected deviation"));
  EXPECT_THAT(text, HasSubstr("FAIL ps3.8/9.3.4/fail"));
  EXPECT_THAT(text, Not(HasSubstr("FAIL ps3.8/9.3.4/known")));
}

TEST(Escape, Keeps_valid_UTF_8_and_spells_out_the_rest) {
  EXPECT_EQ(detail::escape("M\xc3\xbcller <b>"), "M\xc3\xbcller &lt;b&gt;");
  EXPECT_EQ(detail::escape("\xc3"), "\\xc3");
  EXPECT_EQ(detail::escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(detail::escape(std::string_view("\0", 1)), "\\x00");
}

}  // namespace
}  // namespace assay::reports
