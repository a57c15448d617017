#include "fuzz/findings/finding.hpp"

#include <gtest/gtest.h>

namespace assay::fuzz {
namespace {

Finding overflow() {
  Finding f;
  f.kind = Kind::sanitizer;
  f.severity = Severity::high;
  f.subject = "fuzz_pdu";
  f.detail = "heap-buffer-overflow read";
  f.place = "parse_item";
  f.stack = {"parse_item", "parse_items", "decode", "main"};
  f.report = "==1==ERROR";
  f.first_seen = f.last_seen = "2026-11-23T12:00:00Z";
  return f;
}

TEST(Finding, TheSameBreakageOnAnotherDayWithAnotherOuterFrameIsTheSame) {
  auto other = overflow();
  other.stack.back() = "start";
  other.report = "==2==ERROR";
  other.first_seen = "2026-11-24T12:00:00Z";
  EXPECT_EQ(other.id(), overflow().id());
  EXPECT_EQ(other.slug(), overflow().slug());
}

TEST(Finding, AnotherInnerFrameOrKindIsAnotherFinding) {
  auto frame = overflow();
  frame.stack[1] = "parse_user_information";
  auto kind = overflow();
  kind.detail = "heap-buffer-overflow write";
  EXPECT_NE(frame.id(), overflow().id());
  EXPECT_NE(kind.id(), overflow().id());
}

TEST(Finding, AnotherStateIsAnotherFindingWhereNoStackSaysWhereItBroke) {
  auto known = overflow();
  known.state = "Sta6";
  EXPECT_EQ(known.id(), overflow().id());
  auto one = overflow();
  one.stack.clear();
  auto other = one;
  other.state = "Sta6";
  EXPECT_NE(one.id(), other.id());
}

TEST(Finding, WithoutAStackThePlaceTellsFindingsApart) {
  auto one = overflow();
  auto two = overflow();
  one.stack.clear();
  two.stack.clear();
  two.place = "elsewhere";
  EXPECT_NE(one.id(), two.id());
}

TEST(Finding, ComesBackFromJsonAsItWas) {
  const auto again = finding_from_json(to_json(overflow()).dump());
  ASSERT_TRUE(again.has_value()) << again.error();
  EXPECT_EQ(*again, overflow());
}

TEST(Finding, EveryKindHasANameThatLeadsBackToIt) {
  for (int i = 0; i <= static_cast<int>(Kind::lost_data); ++i) {
    const auto kind = static_cast<Kind>(i);
    EXPECT_EQ(kind_named(name(kind)).value_or(Kind::crash), kind) << name(kind);
  }
  EXPECT_FALSE(kind_named("earthquake").has_value());
}

TEST(Finding, DamagedJsonIsRefusedWithTheFieldsName) {
  const auto error_of = [](auto change) {
    auto json = to_json(overflow());
    change(json);
    const auto read = finding_from_json(json.dump());
    return read ? std::string("accepted") : read.error();
  };
  EXPECT_NE(error_of([](auto& j) { j["kind"] = "earthquake"; }).find("kind"), std::string::npos);
  EXPECT_NE(error_of([](auto& j) { j["severity"] = 3; }).find("severity"), std::string::npos);
  EXPECT_NE(error_of([](auto& j) { j.erase("happened"); }).find("happened"), std::string::npos);
  EXPECT_NE(error_of([](auto& j) { j["stack"][0] = 1; }).find("stack"), std::string::npos);
  EXPECT_NE(error_of([](auto& j) { j["times"] = -1; }).find("times"), std::string::npos);
  EXPECT_NE(error_of([](auto& j) { j["reproducible"] = "yes"; }).find("reproducible"), std::string::npos);
  EXPECT_FALSE(finding_from_json("[").has_value());
  EXPECT_FALSE(finding_from_json("[]").has_value());
}

TEST(Finding, AFolderNameIsMadeOfHarmlessCharacters) {
  auto f = overflow();
  f.place = "../../etc/\x1b[31m operator<<";
  for (const char c : f.slug()) {
    EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') << f.slug();
  }
}

TEST(Finding, ComingUpAgainCountsAndKeepsTheFirstDay) {
  auto known = overflow();
  auto again = overflow();
  again.first_seen = again.last_seen = "2026-11-25T00:00:00Z";
  merge(known, again);
  EXPECT_EQ(known.times, 2U);
  EXPECT_EQ(known.first_seen, "2026-11-23T12:00:00Z");
  EXPECT_EQ(known.last_seen, "2026-11-25T00:00:00Z");
}

TEST(Finding, WritesOutOfBoundsAreWorseThanReads) {
  EXPECT_EQ(usual_severity(Kind::sanitizer, "heap-buffer-overflow write"), Severity::critical);
  EXPECT_EQ(usual_severity(Kind::sanitizer, "heap-buffer-overflow read"), Severity::high);
  EXPECT_EQ(usual_severity(Kind::sanitizer, "signed integer overflow"), Severity::high);
  EXPECT_EQ(usual_severity(Kind::forbidden_answer, ""), Severity::low);
}

}  // namespace
}  // namespace assay::fuzz
