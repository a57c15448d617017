#include "harness/app/finding_folder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/app/home.hpp"

namespace assay::app {
namespace {
namespace fs = std::filesystem;

class FindingFolder : public testing::Test {
 protected:
  fs::path folder_ = fs::temp_directory_path() / ("assay-findings-" + std::to_string(::getpid()) + "-" +
                                                  testing::UnitTest::GetInstance()->current_test_info()->name());
  void TearDown() override { fs::remove_all(folder_); }

  static fuzz::Finding crash() {
    fuzz::Finding f;
    f.kind = fuzz::Kind::crash;
    f.detail = "signal 11";
    f.subject = "fuzz_pdu";
    f.place = "decode";
    f.first_seen = f.last_seen = "2026-11-23T12:00:00Z";
    return f;
  }
};

TEST_F(FindingFolder, KeepsOneOfWhatComesTwiceAndCountsIt) {
  const auto first = keep_finding(folder_, crash(), {{finding_input, "four"}});
  ASSERT_TRUE(first.has_value()) << first.error();
  EXPECT_TRUE(first->fresh);
  const auto second = keep_finding(folder_, crash(), {{finding_input, "longer than four"}});
  ASSERT_TRUE(second.has_value()) << second.error();
  EXPECT_FALSE(second->fresh);
  EXPECT_EQ(second->folder, first->folder);
  const auto read = read_findings(folder_);
  ASSERT_EQ(read.findings.size(), 1U);
  EXPECT_EQ(read.findings[0].finding.times, 2U);
  EXPECT_EQ(read_text(first->folder / finding_input).value_or(""), "four");
}

TEST_F(FindingFolder, ASmallerInputTakesThePlaceOfALargerOne) {
  (void)keep_finding(folder_, crash(), {{finding_input, "longer than four"}});
  const auto kept = keep_finding(folder_, crash(), {{finding_input, "four"}});
  ASSERT_TRUE(kept.has_value()) << kept.error();
  EXPECT_EQ(read_text(kept->folder / finding_input).value_or(""), "four");
}

TEST_F(FindingFolder, AnInputThatShowsItAgainTakesThePlaceOfASmallerOneThatDoesNot) {
  auto unsure = crash();
  unsure.reproducible = false;
  (void)keep_finding(folder_, unsure, {{finding_input, "four"}});
  const auto kept = keep_finding(folder_, crash(), {{finding_input, "longer than four"}});
  ASSERT_TRUE(kept.has_value()) << kept.error();
  EXPECT_EQ(read_text(kept->folder / finding_input).value_or(""), "longer than four");
  (void)keep_finding(folder_, unsure, {{finding_input, "4"}});
  EXPECT_EQ(read_text(kept->folder / finding_input).value_or(""), "longer than four");
  EXPECT_TRUE(read_findings(folder_).findings.at(0).finding.reproducible);
}

TEST_F(FindingFolder, ADamagedOneIsToldAndTheOthersAreRead) {
  (void)keep_finding(folder_, crash(), {});
  fs::create_directories(folder_ / "broken");
  (void)write_text(folder_ / "broken/finding.json", "{");
  const auto read = read_findings(folder_);
  EXPECT_EQ(read.findings.size(), 1U);
  ASSERT_EQ(read.complaints.size(), 1U);
  EXPECT_NE(read.complaints[0].find("broken"), std::string::npos);
}

TEST_F(FindingFolder, ThatDoesNotExistHoldsNone) { EXPECT_TRUE(read_findings(folder_ / "none").findings.empty()); }

TEST_F(FindingFolder, ThatCannotBeMadeIsAnError) {
  fs::create_directories(folder_);
  (void)write_text(folder_ / "file", "");
  const auto kept = keep_finding(folder_ / "file", crash(), {});
  ASSERT_FALSE(kept.has_value());
  EXPECT_NE(kept.error().find("cannot be made"), std::string::npos);
}

}  // namespace
}  // namespace assay::app
