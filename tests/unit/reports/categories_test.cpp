// reports/categories.hpp: each verdict counts once, in the layer of its scenario.
#include "reports/categories.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/reports.hpp"

namespace assay::reports {
namespace {

using testing::HasSubstr;
using testing::Not;
using trace::Verdict;

trace::CaseResult of(std::string file, Verdict verdict) {
  trace::CaseResult out;
  out.id = "ps3.8/9.3.4/x";
  out.file = std::move(file);
  out.verdict = verdict;
  return out;
}

trace::RunResult run() {
  trace::RunResult out;
  out.cases = {of("/a/scenarios/b/scenarios/tls/x.xml", Verdict::pass),
               of("scenarios/association/x.xml", Verdict::fail),
               of("scenarios/association/y.xml", Verdict::warning),
               of("scenarios/association/y.xml", Verdict::pass),
               of("scenarios/association/z.xml", Verdict::skipped),
               of("scenarios/print/z.xml", Verdict::inconclusive),
               of("mine.xml", Verdict::error)};
  out.cases[1].expected_deviation = true;
  return out;
}

TEST(Categories, Each_verdict_counts_once_in_the_layer_of_its_scenario) {
  const auto found = categories(run().cases);
  EXPECT_EQ(found,
            (std::vector<Category>{
                {"tls", 1, 0, 0, 0}, {"association", 2, 1, 1, 1}, {"print", 0, 0, 0, 1}, {"other", 0, 0, 0, 1}}));
  std::size_t all = 0;
  for (const auto& one : found) all += one.judged() + one.not_judged;
  EXPECT_EQ(all, run().cases.size());
}

TEST(Categories, Stand_in_the_reports_when_there_are_several) {
  EXPECT_EQ(to_text(categories(run().cases)), "tls 1 of 1, association 2 of 3 (1 warning)");
  EXPECT_THAT(summary(run(), {}), HasSubstr("\nby layer: tls 1 of 1, association 2 of 3 (1 warning)\n"));
  const auto parsed = nlohmann::json::parse(json(run()));
  EXPECT_EQ(parsed["categories"][1]["name"], "association");
  EXPECT_EQ(parsed["categories"][1]["passed"], 2);
  EXPECT_EQ(parsed["categories"][1]["failed"], 1);
  EXPECT_THAT(html(run()), HasSubstr("<td>association</td><td>2 of 3</td><td>1</td><td>1</td><td>1</td>"));
  trace::RunResult one;
  one.cases = {of("scenarios/tls/x.xml", Verdict::pass)};
  EXPECT_THAT(summary(one, {}), Not(HasSubstr("by layer")));
  EXPECT_EQ(to_text({}), "");
}

}  // namespace
}  // namespace assay::reports
