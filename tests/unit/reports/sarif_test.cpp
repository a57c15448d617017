#include "reports/sarif.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace assay::reports {
namespace {

using Json = nlohmann::json;

SarifResult overflow() {
  SarifResult r;
  r.rule = "fuzz/sanitizer/heap-buffer-overflow-write";
  r.rule_title = "heap-buffer-overflow write";
  r.help = "Compare each length.";
  r.level = "error";
  r.severity = 9.5;
  r.message = "heap-buffer-overflow write in parse";
  r.fingerprint = "0123456789ab";
  r.artifact = "/out/findings/a b/input";
  r.functions = {"parse", "main"};
  r.properties = {{"subject", "fuzz_pdu"}, {"state", ""}};
  return r;
}

TEST(Sarif, HasWhatTheSchemaOf210Requires) {
  const auto log = Json::parse(sarif({overflow()}, "assay fuzz triage"));
  EXPECT_EQ(log.at("version"), "2.1.0");
  EXPECT_TRUE(log.at("$schema").get<std::string>().contains("sarif-2.1.0"));
  const auto& run = log.at("runs").at(0);
  const auto& driver = run.at("tool").at("driver");
  EXPECT_EQ(driver.at("name"), "Assay");
  EXPECT_TRUE(run.at("invocations").at(0).at("executionSuccessful").is_boolean());
  const auto& result = run.at("results").at(0);
  EXPECT_TRUE(result.at("message").at("text").is_string());
  EXPECT_EQ(result.at("level"), "error");
  EXPECT_EQ(result.at("baselineState"), "new");
  EXPECT_EQ(result.at("partialFingerprints").at("assayFinding/v1"), "0123456789ab");
  const auto& location = result.at("locations").at(0);
  EXPECT_EQ(location.at("physicalLocation").at("artifactLocation").at("uri"), "file:///out/findings/a%20b/input");
  EXPECT_EQ(location.at("logicalLocations").at(0).at("fullyQualifiedName"), "parse");
  const auto& frames = result.at("stacks").at(0).at("frames");
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames.at(1).at("location").at("logicalLocations").at(0).at("fullyQualifiedName"), "main");
  EXPECT_EQ(result.at("properties").at("subject"), "fuzz_pdu");
  EXPECT_FALSE(result.at("properties").contains("state"));
}

TEST(Sarif, ResultsOfOneRuleShareIt) {
  auto known = overflow();
  known.fresh = false;
  auto other = overflow();
  other.rule = "fuzz/hang/timeout";
  const auto log = Json::parse(sarif({overflow(), known, other}, ""));
  const auto& run = log.at("runs").at(0);
  const auto& rules = run.at("tool").at("driver").at("rules");
  ASSERT_EQ(rules.size(), 2U);
  for (const auto& result : run.at("results")) {
    EXPECT_EQ(rules.at(result.at("ruleIndex").get<std::size_t>()).at("id"), result.at("ruleId"));
  }
  EXPECT_EQ(run.at("results").at(1).at("baselineState"), "unchanged");
  EXPECT_FALSE(run.at("invocations").at(0).contains("commandLine"));
  EXPECT_EQ(rules.at(0).at("properties").at("security-severity"), "9.5");
}

TEST(Sarif, WithoutResultsIsALogAllTheSame) {
  const auto log = Json::parse(sarif({}, ""));
  EXPECT_TRUE(log.at("runs").at(0).at("results").is_array());
  EXPECT_TRUE(log.at("runs").at(0).at("results").empty());
}

TEST(Sarif, WhatIsNoUtf8IsReplaced) {
  auto bad = overflow();
  bad.message = "\xff\xfe";
  EXPECT_TRUE(Json::accept(sarif({bad}, "")));
}

}  // namespace
}  // namespace assay::reports
