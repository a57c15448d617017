// harness/scenario/parameters.hpp: combinations cover every pair, are few, are the same every time, and follow a
// profile.
#include "harness/scenario/parameters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "tests/unit/scenario/memory_host.hpp"

namespace assay::scenario::test {
namespace {

std::string table(const std::vector<std::size_t>& sizes, std::string_view combine = "pairwise") {
  std::string xml = "<parameters combine=\"" + std::string(combine) + "\">";
  for (std::size_t p = 0; p < sizes.size(); ++p) {
    xml += "<parameter name=\"p" + std::to_string(p) + "\" values=\"";
    for (std::size_t v = 0; v < sizes[p]; ++v) xml += "v" + std::to_string(v) + " ";
    xml += "\"/>";
  }
  return xml + "</parameters>";
}

std::vector<Case> cases_with(const std::string& parameters, std::size_t count) {
  std::string note = "<note>";
  for (std::size_t p = 0; p < count; ++p) note += "${p" + std::to_string(p) + "}";
  return cases(note + "</note><close/>", R"(role="requestor")", parameters);
}

TEST(Parameters, Pairwise_covers_every_pair_with_few_rows) {
  const std::vector<std::vector<std::size_t>> shapes{
      {4, 3, 2, 3, 2, 2}, {2, 2, 2, 2, 2, 2, 2, 2}, {5, 5, 5, 5}, {1, 3, 2}, {7, 2, 2}, {3, 3}};
  for (const auto& sizes : shapes) {
    const auto all = cases_with(table(sizes), sizes.size());
    std::set<std::string> pairs;
    std::set<std::string> ids;
    std::size_t wanted = 0;
    std::size_t product = 1;
    for (std::size_t a = 0; a < sizes.size(); ++a) {
      product *= sizes[a];
      for (std::size_t b = a + 1; b < sizes.size(); ++b) wanted += sizes[a] * sizes[b];
    }
    for (const auto& one : all) {
      ids.insert(one.id());
      const auto& row = one.parameters();
      ASSERT_EQ(row.size(), sizes.size());
      for (std::size_t a = 0; a < row.size(); ++a)
        for (std::size_t b = a + 1; b < row.size(); ++b)
          pairs.insert(row[a].first + row[a].second + row[b].first + row[b].second);
    }
    EXPECT_EQ(pairs.size(), wanted);
    EXPECT_EQ(ids.size(), all.size());
    auto longest = sizes;
    std::ranges::sort(longest, std::greater<>());
    EXPECT_GE(all.size(), longest[0] * longest[1]);
    EXPECT_LE(all.size(), std::min(product, longest[0] * longest[1] * 3));
  }
}

TEST(Parameters, Pairwise_gives_the_same_rows_every_time) {
  const auto ids = [] {
    std::vector<std::string> out;
    for (const auto& one : cases_with(table({4, 3, 2, 3, 2, 2}), 6)) out.push_back(one.id());
    return out;
  };
  EXPECT_EQ(ids(), ids());
}

constexpr std::string_view with_needs = R"(<parameters combine="pairwise">
  <parameter name="p0"><value>plain</value><value name="packed" needs="transfer-syntax:RLELossless">rle</value></parameter>
  <parameter name="p1" values="1 2 3"/><parameter name="p2" values="a b"/></parameters>)";

std::map<std::string, int> rows_by_first_value(const std::vector<Case>& all) {
  std::map<std::string, int> out;
  for (const auto& one : all) ++out[one.parameters().front().second];
  return out;
}

std::vector<Case> pruned(std::optional<bool> claimed) {
  const auto all = cases_with(std::string(with_needs), 3);
  auto scenario = *all.front().scenario;
  prune_rows(scenario, [&](std::string_view claim) {
    EXPECT_EQ(claim, "transfer-syntax:RLELossless");
    return claimed;
  });
  return cases_of(std::make_shared<const Scenario>(std::move(scenario)));
}

TEST(Parameters, A_value_whose_claim_is_denied_stands_in_one_row_alone_and_the_rest_still_covers_every_pair) {
  const auto all = pruned(false);
  EXPECT_EQ(rows_by_first_value(all), (std::map<std::string, int>{{"plain", 6}, {"rle", 1}}));
  const auto& alone = all.back();
  EXPECT_EQ(alone.parameters().front().second, "rle");
  EXPECT_EQ(alone.scenario->rows[alone.row].needs, "transfer-syntax:RLELossless");
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    EXPECT_EQ(all[i].scenario->rows[i].needs, "");
  }
}

TEST(Parameters, A_value_that_is_claimed_or_not_spoken_of_is_combined) {
  EXPECT_EQ(rows_by_first_value(pruned(true)), rows_by_first_value(cases_with(std::string(with_needs), 3)));
  EXPECT_EQ(rows_by_first_value(pruned(std::nullopt)), rows_by_first_value(pruned(true)));
}

TEST(Parameters, The_row_of_a_denied_value_is_skipped_and_says_why) {
  const auto all = pruned(false);
  service::MemoryStore store;
  MemoryHost host([&] { return std::make_unique<Archive>(store); });
  auto env = environment();
  env.claims = [](std::string_view) { return std::optional(false); };
  Interpreter interpreter(all.back(), std::move(env));
  const auto result = host.run(interpreter);
  EXPECT_EQ(result.verdict, trace::Verdict::skipped);
  EXPECT_EQ(result.reason, "the profile does not claim transfer-syntax:RLELossless");
}

}  // namespace
}  // namespace assay::scenario::test
