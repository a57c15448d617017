// Arbitrary changes of whole conversations, all rules running: nothing breaks, bounds hold, and a fault of one side's
// bytes in another split is the same fault.
#include <gtest/gtest.h>

#include <random>

#include "planted_faults.hpp"

namespace assay::test {
namespace {

TEST(Hostile, Conversations_never_break_a_rule_run_nor_the_bounds) {
  std::mt19937 random(19930917);
  const auto& faults = planted_faults();
  const auto book = conformance::standard_rules();
  for (int round = 0; round < 1'000; ++round) {
    Conversation original;
    faults[random() % faults.size()].script(original, random() % 2 == 0);
    Conversation changed;
    for (const auto& step : original.steps()) {
      if (random() % 16 == 0) continue;
      if (step.kind == Conversation::Step::Kind::close) {
        changed.close(step.side, step.how);
        continue;
      }
      auto bytes = step.bytes;
      for (unsigned i = 0; i < random() % 3 && !bytes.empty(); ++i) {
        bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
      }
      for (unsigned i = 0; i <= random() % 2; ++i) changed.send(step.side, bytes);
    }
    observe::Options options;
    options.keep_bytes = 2000;
    options.keep_entries = 20;
    const auto trace = changed.observe(options);
    ASSERT_LE(trace.entries.size(), 20U);
    ASSERT_LE(trace.findings.size(), limits::max_problems);
    for (const auto& finding : trace.findings) ASSERT_NE(book->find(finding.rule), nullptr) << to_line(finding);
    ASSERT_EQ(changed.observe(options, 1 + random() % 9).findings, trace.findings) << to_text(trace);
  }
}

}  // namespace
}  // namespace assay::test
