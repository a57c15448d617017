// conformance/file_identity.hpp: a file of another implementation than the statement's is told, its own is not.
#include "conformance/file_identity.hpp"

#include <gtest/gtest.h>

#include "harness/dict/dict.hpp"

namespace assay::conformance {
namespace {

Profile statement() {
  auto profile = load_profile(
      "<profile product=\"P\" version=\"2\"><ae title=\"A\">"
      "<policy name=\"implementation-class-uid\" value=\"1.2.3\"/>"
      "<policy name=\"implementation-version-name\" value=\"P_2\"/></ae></profile>",
      "p.xml");
  EXPECT_TRUE(profile) << profile.error();
  return *profile;
}

dataset::DataSet meta(std::string_view uid, std::string_view name) {
  dataset::DataSet out;
  out.set_text(tags::ImplementationClassUID, uid);
  if (!name.empty()) out.set_text(tags::ImplementationVersionName, name);
  return out;
}

TEST(FileIdentity, A_file_of_another_version_is_told_and_its_own_is_not) {
  EXPECT_TRUE(check_file_identity(meta("1.2.3", "P_2"), statement()).empty());
  EXPECT_TRUE(check_file_identity(meta("1.2.3", ""), statement()).empty());
  const auto older = check_file_identity(meta("1.2.3", "P_1"), statement());
  ASSERT_EQ(older.size(), 1U);
  EXPECT_EQ(older[0].rule, "ps3.10/7.1/other-implementation");
  EXPECT_EQ(older[0].field, "(0002,0013)");
  EXPECT_EQ(older[0].found, "P_1");
  EXPECT_EQ(older[0].expected, "P_2, as the profile of P 2 says");
  const auto other = check_file_identity(meta("1.2.4", "Q"), statement());
  ASSERT_EQ(other.size(), 2U);
  EXPECT_EQ(other[0].field, "(0002,0012)");
}

TEST(FileIdentity, Nothing_is_held_against_a_statement_that_names_no_implementation) {
  const auto silent = load_profile("<profile product=\"P\" version=\"2\"><ae title=\"A\"/></profile>", "p.xml");
  ASSERT_TRUE(silent);
  EXPECT_TRUE(check_file_identity(meta("1.2.4", "Q"), *silent).empty());
}

}  // namespace
}  // namespace assay::conformance
