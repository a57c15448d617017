// One protocol fault each, planted in a conversation that is clean without it: the expected rule, the guilty side, the
// PDU and the byte. The same conversation without the fault gives no finding at all, and neither changes when the
// bytes come one by one.
#include <gtest/gtest.h>

#include <set>

#include "planted_faults.hpp"

namespace assay::test {
namespace {

std::string lines(const trace::Trace& trace) {
  std::string text;
  for (const auto& finding : trace.findings) text += to_line(finding) + '\n';
  return text;
}

class PlantedFault : public testing::TestWithParam<Planted> {};

TEST_P(PlantedFault, Is_found_once_and_blamed_on_the_right_side_and_byte) {
  const auto& fault = GetParam();
  Conversation conversation;
  fault.script(conversation, true);
  const auto trace = conversation.observe();
  ASSERT_EQ(trace.findings.size(), 1U) << lines(trace) << to_text(trace, true);
  const auto& finding = trace.findings.front();
  EXPECT_EQ(finding.rule, fault.rule) << lines(trace);
  EXPECT_EQ(finding.side, fault.side) << lines(trace);
  EXPECT_EQ(finding.pdu_number, fault.pdu) << lines(trace);
  EXPECT_FALSE(finding.provoked);
  EXPECT_FALSE(finding.found.empty());
  EXPECT_FALSE(finding.expected.empty());
  EXPECT_FALSE(finding.advice.empty()) << lines(trace);
  const auto* info = conformance::standard_rules()->find(finding.rule);
  ASSERT_NE(info, nullptr) << "not in the book: " << finding.rule;
  // The id may name the wider clause; the part of the standard is the same.
  EXPECT_EQ(finding.clause.substr(0, 5), info->clause.substr(0, 5)) << lines(trace);
  if (!fault.at) return;
  std::uint64_t begin = 0;
  for (const auto& entry : trace.entries) {
    const auto* seen = std::get_if<trace::PduSeen>(&entry.what);
    if (seen != nullptr && seen->number == fault.pdu) begin = seen->offset;
  }
  EXPECT_EQ(finding.offset, begin + *fault.at) << lines(trace);
}

TEST_P(PlantedFault, Leaves_nothing_to_find_when_it_is_not_planted) {
  Conversation conversation;
  GetParam().script(conversation, false);
  const auto trace = conversation.observe();
  EXPECT_TRUE(trace.findings.empty()) << lines(trace);
  EXPECT_FALSE(trace.entries.empty());
}

TEST_P(PlantedFault, Is_found_alike_when_the_bytes_come_one_by_one) {
  Conversation conversation;
  GetParam().script(conversation, true);
  EXPECT_EQ(conversation.observe({}, 1).findings, conversation.observe().findings);
}

TEST_P(PlantedFault, Is_marked_provoked_when_the_scenario_planted_it) {
  const auto& fault = GetParam();
  Conversation conversation;
  fault.script(conversation, true);
  observe::Options options;
  options.ours = fault.side;
  observe::Observer observer(conformance::standard_rules(), options);
  observer.opened({});
  observer.provoke(true);
  Instant now;
  for (const auto& step : conversation.steps()) {
    now = now + std::chrono::milliseconds(1) + step.wait;
    if (step.kind == Conversation::Step::Kind::bytes) observer.bytes(step.side, step.bytes, now);
    if (step.kind == Conversation::Step::Kind::close) observer.closed(step.side, step.how, now);
  }
  observer.finish(now);
  ASSERT_EQ(observer.trace().findings.size(), 1U);
  EXPECT_TRUE(observer.trace().findings.front().provoked);
}

INSTANTIATE_TEST_SUITE_P(Rules, PlantedFault, testing::ValuesIn(planted_faults()),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(PlantedFaults, Cover_more_than_forty_rules) {
  std::set<std::string_view> rules;
  for (const auto& fault : planted_faults()) rules.insert(fault.rule);
  EXPECT_GE(rules.size(), 40U);
}

}  // namespace
}  // namespace assay::test
