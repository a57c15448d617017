// The guide with a device of nothing but a loop and conditions, so that what coverage is worth shows by seed and count.
#include "fuzz/device/guide.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "fuzz/device/coverage_map.hpp"
#include "fuzz/device/mutate.hpp"
#include "tests/unit/device_fuzz/talking.hpp"

namespace assay::fuzz::device {
namespace {

using namespace talking;

constexpr std::uint64_t state_one = std::uint64_t{1} << 40U;

Conversation echo() {
  auto c = echo_and_store();
  c.steps.erase(c.steps.begin() + 5, c.steps.begin() + 7);
  return c;
}

/// Requests of an association, until something else is said.
int requests_in(const Conversation& c) {
  const auto request = c.steps.empty() ? Bytes{} : message(1, dimse::c_echo_rq(1));
  int count = 0;
  bool associated = false;
  for (const auto& step : c.steps) {
    if (step.line != 0 || step.what == Do::await || step.what == Do::pause || step.what == Do::connect) continue;
    if (step.what != Do::send) break;
    if (!std::exchange(associated, true)) {
      if (step.bytes.empty() || step.bytes[0] != 1) break;
      continue;
    }
    if (step.bytes != request) break;
    ++count;
  }
  return count;
}

/// What the code of a device would count: a loop, conditions one within the other, and each kind of PDU.
std::set<std::uint64_t> code_of(const Conversation& c, int requests) {
  std::set<std::uint64_t> features;
  if (requests > 0)
    features.insert(coverage_feature(1, count_bucket(static_cast<std::uint8_t>(std::min(requests, 255)))));
  for (const auto& [least, edge] : {std::pair{10, 2U}, {40, 3U}, {70, 4U}})
    if (requests > least) features.insert(coverage_feature(edge, 0));
  for (const auto& step : c.steps)
    if (!step.bytes.empty()) features.insert(coverage_feature(10 + std::min<std::uint64_t>(step.bytes[0], 9), 0));
  return features;
}

/// How many conversations it took to come behind all conditions; `most` and one when it did not.
std::uint64_t conversations(std::uint64_t seed, bool coverage, std::uint64_t most) {
  Guide guide;
  const std::vector<std::uint64_t> usual{state_one};
  guide.note(usual);
  guide.add(echo(), usual, 0);
  for (std::uint64_t number = 1; number <= most; ++number) {
    Random choosing(seed ^ 0x5deece66dULL, number);
    const auto choice = guide.choose(choosing);
    Random random(seed, number);
    auto changed = mutated(guide.kept()[choice.parent].conversation, guide.kept()[choice.donor].conversation, random);
    const int requests = requests_in(changed);
    if (requests > 70) return number;
    std::vector<std::uint64_t> features;
    if (coverage) {
      const auto code = code_of(changed, requests);
      features.assign(code.begin(), code.end());
    }
    // Each tenth answers something that was never answered before.
    features.push_back(number % 10 == 0 ? state_one * (number + 1) : state_one);
    auto led_to = guide.worth(features);
    if (guide.note(features)) guide.add(std::move(changed), std::move(led_to), number);
  }
  return most + 1;
}

TEST(Guide, WhatIsBehindConditionsThatNoAnswerShowsIsFoundWithCoverageAndNotWithoutIt) {
  constexpr std::uint64_t most = 1500;
  int with = 0;
  int without = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    with += conversations(seed, true, most) <= most ? 1 : 0;
    without += conversations(seed, false, most) <= most ? 1 : 0;
  }
  EXPECT_GE(with, 5);
  EXPECT_LE(without, 1);
}

}  // namespace
}  // namespace assay::fuzz::device
