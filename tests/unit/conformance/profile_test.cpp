// conformance/profile.hpp: loading, claims, the schema, and the profiles that come with Assay.
#include "conformance/profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/version.hpp"

namespace assay::conformance {
namespace {

using testing::HasSubstr;

const std::filesystem::path folder = std::filesystem::path(ASSAY_SOURCE_DIR) / "conformance";

/// As the program does for the files that profiles name.
std::expected<SourceFile, std::string> read_named(const std::string& from, const std::string& href);

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::expected<SourceFile, std::string> read_named(const std::string& from, const std::string& href) {
  auto file = (std::filesystem::path(from).parent_path() / href).lexically_normal();
  if (!std::filesystem::exists(file)) file = folder / "profiles" / (href + ".xml");
  if (!std::filesystem::exists(file)) return std::unexpected("there is no file " + file.string());
  return SourceFile{file.string(), read(file)};
}

constexpr std::string_view example = R"(<profile product="P" version="1">
<ae title="A" maximum-length="4096" maximum-associations="2">
<policy name="checks-called-ae-title" value="no"/><policy name="artim" value="30s"/>
<service sop-class="Verification" scp="yes" transfer="ImplicitVRLittleEndian"/>
<service sop-class="CTImageStorage" scu="yes" transfer="1.2.840.10008.1.2.1"/>
</ae></profile>)";

TEST(Profile, Claims_follow_services_roles_syntaxes_and_policies) {
  const auto profile = load_profile(example, "p.xml");
  ASSERT_TRUE(profile) << profile.error();
  EXPECT_EQ(profile->aes.front().number("maximum-length"), 4096u);
  EXPECT_EQ(profile->aes.front().number("maximum-associations"), 2u);
  const std::pair<const char*, std::optional<bool>> expected[] = {
      {"verification-scp", true},
      {"verification-scu", false},
      {"storage-scu", true},
      {"storage-scp", false},
      {"study-root-find-scp", false},
      {"sop-class:CTImageStorage:scu", true},
      {"sop-class:1.2.840.10008.5.1.4.1.1.2:scu", true},
      {"sop-class:CTImageStorage:scp", false},
      {"sop-class:MRImageStorage:scu", false},
      {"transfer-syntax:ExplicitVRLittleEndian", true},
      {"transfer-syntax:JPEG2000", false},
      {"checks-called-ae-title", false},
      {"artim", true},
      {"checks-calling-ae-title", std::nullopt},
      {"colour-scp", std::nullopt},
      {"sop-class:scp", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [claim, value] : expected) EXPECT_EQ(profile->claims(claim), value) << claim;
}

TEST(Profile, Every_storage_class_is_claimed_at_once) {
  const auto profile = load_profile(R"(<profile product="P" version="1"><ae title="A">
    <service storage="yes" scp="yes" transfer="ImplicitVRLittleEndian"/></ae></profile>)",
                                    "p.xml");
  ASSERT_TRUE(profile) << profile.error();
  EXPECT_EQ(profile->claims("storage-scp"), true);
  EXPECT_EQ(profile->claims("sop-class:MRImageStorage:scp"), true);
  EXPECT_EQ(profile->claims("sop-class:Verification:scp"), false);
}

TEST(Profile, One_that_names_no_service_is_silent_about_services) {
  const auto profile = load_profile(R"(<profile product="P" version="1"><ae title="A"/></profile>)", "p.xml");
  ASSERT_TRUE(profile) << profile.error();
  EXPECT_EQ(profile->claims("verification-scp"), std::nullopt);
}

TEST(Profile, Mistakes_are_reported_at_their_place) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"<profile product=\"P\" version=\"1\">\n<aet/></profile>", "p.xml:2:1: <aet> is not allowed in <profile>"},
      {"<profile product=\"P\" version=\"1\"/>", "p.xml:1:1: <profile> needs a <ae>"},
      {"<profile product=\"P\" version=\"1\"><ae title=\"\"/></profile>", "p.xml:1:45: an AE title has 1 to 16"},
      {"<profile product=\"P\" version=\"1\"><ae title=\"A\">\n<service sop-class=\"Verifikation\" scp=\"yes\" "
       "transfer=\"1.2\"/></ae></profile>",
       "p.xml:2:21: sop-class: 'Verifikation' is not UIDs or keywords"},
      {"<profile product=\"P\" version=\"1\"><ae title=\"A\">\n<service sop-class=\"Verification\" "
       "transfer=\"1.2\"/></ae></profile>",
       "p.xml:2:1: <service> needs scu=\"yes\" or scp=\"yes\""},
      {"<profile", "p.xml:1:"},
  };
  for (const auto& [text, message] : mistakes) {
    const auto profile = load_profile(text, "p.xml");
    ASSERT_FALSE(profile) << text;
    EXPECT_THAT(profile.error(), HasSubstr(message));
  }
}

std::vector<std::filesystem::path> shipped() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "profiles"))
    if (entry.path().extension() == ".xml") out.push_back(entry.path());
  return out;
}

TEST(Profile, Those_that_come_with_assay_load_and_claim_something_on_either_side) {
  EXPECT_GE(shipped().size(), 10u);
  for (const auto& path : shipped()) {
    const auto profile = load_profile(read(path), path.string(), read_named);
    ASSERT_TRUE(profile) << profile.error();
    const bool says_its_side =
        profile->claims("verification-scp") == true || profile->claims("verification-scu") == true;
    EXPECT_TRUE(says_its_side) << path;
    EXPECT_GE(claims(*profile).size(), 5u) << path;
  }
}

TEST(Profile, Those_that_come_with_assay_are_the_same_when_written_and_read_again) {
  for (const auto& path : shipped()) {
    const auto profile = load_profile(read(path), path.string(), read_named);
    ASSERT_TRUE(profile) << profile.error();
    const auto again = load_profile(to_xml(*profile), "again.xml");
    ASSERT_TRUE(again) << again.error();
    EXPECT_TRUE(*again == *profile) << path << "\n" << to_xml(*profile);
    EXPECT_EQ(to_xml(*again), to_xml(*profile));
  }
}

TEST(Profile, The_committed_schema_is_the_generated_one) {
  if (std::getenv("ASSAY_WRITE_XSD") != nullptr)
    std::ofstream(folder / "profile.xsd", std::ios::binary) << profile_xsd();
  EXPECT_TRUE(read(folder / "profile.xsd") == profile_xsd())
      << "run this test once with ASSAY_WRITE_XSD=1 in the environment";
}

}  // namespace
}  // namespace assay::conformance
