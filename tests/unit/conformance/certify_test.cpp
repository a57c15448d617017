// Judgements from records made by hand: what was asked, what cases showed, what the device proposed.
#include "conformance/certify.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace assay::conformance::certify {
namespace {

constexpr std::string_view statement_xml = R"(<profile product="Archive" version="2">
  <ae title="ARCHIVE" maximum-length="16384">
    <policy name="checks-called-ae-title" value="yes"/>
    <service sop-class="Verification" scu="yes" scp="yes" transfer="ImplicitVRLittleEndian"/>
    <service sop-class="CTImageStorage" scu="yes" transfer="ImplicitVRLittleEndian ExplicitVRLittleEndian"/>
  </ae>
</profile>)";

Profile statement() {
  auto loaded = load_profile(statement_xml, "archive.xml");
  EXPECT_TRUE(loaded) << loaded.error();
  return loaded ? *loaded : Profile{};
}

/// Verification is served, the maximum length is another one, and titles were not tried.
Record record() {
  Record out;
  auto& seen = out.learned.classes.emplace_back();
  seen.uid = uids::Verification;
  seen.together = 0;
  seen.results = {{std::string(uids::ImplicitVRLittleEndian), 0}};
  seen.as_scp = {std::string(uids::ImplicitVRLittleEndian)};
  out.learned.found("maximum-length", "32768", "its A-ASSOCIATE-AC says so");
  out.learned.open_question("policy/checks-called-ae-title", "only one title was tried");
  out.learned.looked.insert("sop-class/");
  out.reality = learn::profile_of(out.learned, {"x", "1", "ARCHIVE", {}});
  return out;
}

const Judgement& of(const std::vector<Judgement>& all, std::string_view id) {
  const auto found = std::ranges::find(all, id, [](const Judgement& one) { return one.claim.id; });
  static const Judgement none;
  EXPECT_NE(found, all.end()) << id;
  return found == all.end() ? none : *found;
}

CaseSeen seen(std::string id, trace::Verdict verdict, bool about_statement, std::vector<std::string> needs) {
  CaseSeen out;
  out.id = std::move(id);
  out.title = "what it shows";
  out.verdict = verdict;
  out.statement = about_statement;
  out.needs = std::move(needs);
  out.reason = "what happened";
  return out;
}

TEST(Certify, What_was_asked_confirms_contradicts_or_leaves_open) {
  const auto all = judge(statement(), "ARCHIVE", record());
  EXPECT_EQ(of(all, "sop-class/Verification/scp").standing, Standing::confirmed);
  const auto& length = of(all, "policy/maximum-length");
  EXPECT_EQ(length.standing, Standing::contradicted);
  EXPECT_EQ(length.claim.at.line, 2);
  EXPECT_NE(length.why.find("32768"), std::string::npos) << length.why;
  const auto& titles = of(all, "policy/checks-called-ae-title");
  EXPECT_EQ(titles.standing, Standing::not_tested);
  EXPECT_EQ(titles.why, "only one title was tried");
}

TEST(Certify, A_case_on_a_claim_decides_it_and_one_on_the_standard_does_not) {
  auto what = record();
  what.cases = {seen("a/title", trace::Verdict::pass, true, {"checks-called-ae-title"})};
  EXPECT_EQ(of(judge(statement(), "ARCHIVE", what), "policy/checks-called-ae-title").standing, Standing::confirmed);
  what.cases = {seen("a/title", trace::Verdict::pass, true, {"checks-called-ae-title"}),
                seen("a/other", trace::Verdict::fail, true, {"checks-called-ae-title"})};
  const auto all = judge(statement(), "ARCHIVE", what);
  const auto& contradicted = of(all, "policy/checks-called-ae-title");
  EXPECT_EQ(contradicted.standing, Standing::contradicted);
  EXPECT_EQ(contradicted.why, "a/other: what happened");
  EXPECT_EQ(contradicted.evidence.size(), 2U);
  EXPECT_TRUE(broken_rules(what).empty());
  what.cases = {seen("a/rule", trace::Verdict::fail, false, {"checks-called-ae-title", "verification-scp"})};
  const auto rule = judge(statement(), "ARCHIVE", what);
  EXPECT_EQ(of(rule, "policy/checks-called-ae-title").standing, Standing::not_tested);
  EXPECT_EQ(of(rule, "sop-class/Verification/scp").standing, Standing::confirmed) << "it breaks a rule, and is there";
  ASSERT_EQ(broken_rules(what).size(), 1U);
  EXPECT_EQ(broken_rules(what)[0].id, "a/rule");
}

TEST(Certify, A_case_that_shows_what_the_statement_denies_contradicts_it) {
  auto said = statement();
  said.aes.front().policies["checks-called-ae-title"].value = "no";
  auto what = record();
  what.cases = {seen("a/title", trace::Verdict::fail, true, {"checks-called-ae-title"})};
  EXPECT_EQ(of(judge(said, "ARCHIVE", what), "policy/checks-called-ae-title").standing, Standing::not_tested);
  what.cases = {seen("a/title", trace::Verdict::pass, true, {"checks-called-ae-title"})};
  const auto all = judge(said, "ARCHIVE", what);
  const auto& denied = of(all, "policy/checks-called-ae-title");
  EXPECT_EQ(denied.standing, Standing::contradicted);
  EXPECT_EQ(denied.why, "a/title passed: what it shows");
}

TEST(Certify, A_case_counts_for_the_claims_it_needs_and_for_no_others) {
  auto what = record();
  what.cases = {seen("echo", trace::Verdict::pass, false, {"verification-scu"}),
                seen("skipped", trace::Verdict::skipped, false, {"sop-class:CTImageStorage:scu"}),
                seen("broken off", trace::Verdict::inconclusive, false, {"sop-class:CTImageStorage:scu"})};
  const auto all = judge(statement(), "ARCHIVE", what);
  EXPECT_EQ(of(all, "sop-class/Verification/scu").standing, Standing::confirmed);
  EXPECT_EQ(of(all, "sop-class/CTImageStorage/scu").standing, Standing::not_tested);
  EXPECT_EQ(of(all, "sop-class/Verification/scu/ImplicitVRLittleEndian").standing, Standing::not_tested);
}

TEST(Certify, What_it_proposes_when_it_calls_confirms_what_it_does_as_SCU) {
  auto what = record();
  const auto open = judge(statement(), "ARCHIVE", what);
  EXPECT_NE(of(open, "sop-class/CTImageStorage/scu").why.find("--dut-act"), std::string::npos);
  what.called_us = true;
  EXPECT_EQ(of(judge(statement(), "ARCHIVE", what), "sop-class/CTImageStorage/scu").why,
            "it called us, and did not propose this");
  what.proposals = {{std::string(uids::CTImageStorage),
                     {std::string(uids::ExplicitVRLittleEndian), std::string(uids::ExplicitVRBigEndian)},
                     {"stores"}},
                    {std::string(uids::MRImageStorage), {std::string(uids::ImplicitVRLittleEndian)}, {"stores"}}};
  const auto all = judge(statement(), "ARCHIVE", what);
  EXPECT_EQ(of(all, "sop-class/CTImageStorage/scu").standing, Standing::confirmed);
  EXPECT_EQ(of(all, "sop-class/CTImageStorage/scu/ExplicitVRLittleEndian").standing, Standing::confirmed);
  EXPECT_EQ(of(all, "sop-class/CTImageStorage/scu/ImplicitVRLittleEndian").standing, Standing::not_tested);
  EXPECT_EQ(of(all, "sop-class/CTImageStorage/scu/ExplicitVRBigEndian").standing, Standing::undeclared);
  EXPECT_EQ(of(all, "sop-class/MRImageStorage/scu").standing, Standing::undeclared);
  EXPECT_EQ(of(all, "sop-class/MRImageStorage/scu").evidence[0].source, "stores");
}

TEST(Certify, Every_claim_has_one_judgement_and_every_open_one_a_reason) {
  for (const auto& one : judge(statement(), "ARCHIVE", record())) {
    if (one.standing == Standing::confirmed) {
      EXPECT_FALSE(one.evidence.empty()) << one.claim.id;
    } else {
      EXPECT_FALSE(one.why.empty()) << one.claim.id;
    }
  }
  const auto said = claims(statement());
  const auto judged = judge(statement(), "ARCHIVE", record());
  for (const auto& claim : said)
    EXPECT_EQ(std::ranges::count(judged, claim.id, [](const Judgement& one) { return one.claim.id; }), 1) << claim.id;
}

}  // namespace
}  // namespace assay::conformance::certify
