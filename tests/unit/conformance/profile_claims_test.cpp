// Claims of a profile: ids, words, clauses, places; and profiles written and read again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "conformance/profile.hpp"

namespace assay::conformance {
namespace {

constexpr std::string_view text = R"(<profile product="P" version="1" manufacturer="M &amp; Sons" edition="2016c">
<note>read &lt;somewhere&gt; "else"</note>
<private uid="1.2.3" name="ours" kind="sop-class"/>
<ae title="A" maximum-length="16384">
<policy name="checks-called-ae-title" value="no"/>
<service sop-class="CTImageStorage" scp="yes" transfer="ExplicitVRLittleEndian ImplicitVRLittleEndian">
<status code="A700" when="the disk is full" then="aborts"/></service>
<service sop-class="StudyRootQueryRetrieveInformationModelFind" scp="yes" scu="yes" transfer="ImplicitVRLittleEndian"
 extended="relational-queries"/>
<keys level="study"><key tag="PatientID" type="R" matching="wildcard single"/>
<key tag="PatientAge" supported="no"/></keys>
<keys level="study" role="scu"><key tag="PatientID" matching="single" needed="yes"/></keys>
</ae>
<ae title="SECOND ONE"><service sop-class="1.2.3" scu="yes" transfer="ImplicitVRLittleEndian"/></ae>
<character-set term="ISO_IR 100"/>
<security plain="yes"><tls profile="bcp195-rfc8996" suites="TLS_AES_128_GCM_SHA256" mutual="required"/></security>
<media><application-profile id="STD-GEN-CD" roles="FSC FSR"/></media>
<de-identification options="retain-uids"/>
</profile>)";

TEST(ProfileClaims, Each_entry_is_a_claim_with_an_id_words_clause_and_place) {
  const auto profile = load_profile(text, "p.xml");
  ASSERT_TRUE(profile) << profile.error();
  std::vector<std::string> ids;
  for (const auto& one : claims(*profile)) {
    ids.push_back(one.id);
    EXPECT_FALSE(one.text.empty()) << one.id;
    EXPECT_TRUE(one.clause.starts_with("PS3.")) << one.id << " " << one.clause;
    EXPECT_EQ(one.at.file, "p.xml") << one.id;
    EXPECT_GE(one.at.line, 3) << one.id;
    EXPECT_EQ(one.text.find("{}"), std::string::npos) << one.text;
  }
  EXPECT_EQ(ids, (std::vector<std::string>{
                     "ae-title",
                     "policy/checks-called-ae-title",
                     "policy/maximum-length",
                     "sop-class/CTImageStorage/scp",
                     "sop-class/CTImageStorage/scp/ExplicitVRLittleEndian",
                     "sop-class/CTImageStorage/scp/ImplicitVRLittleEndian",
                     "status/CTImageStorage/scp/A700",
                     "sop-class/StudyRootQueryRetrieveInformationModelFind/scu",
                     "sop-class/StudyRootQueryRetrieveInformationModelFind/scu/ImplicitVRLittleEndian",
                     "extended/StudyRootQueryRetrieveInformationModelFind/scu/relational-queries",
                     "sop-class/StudyRootQueryRetrieveInformationModelFind/scp",
                     "sop-class/StudyRootQueryRetrieveInformationModelFind/scp/ImplicitVRLittleEndian",
                     "extended/StudyRootQueryRetrieveInformationModelFind/scp/relational-queries",
                     "key/study/PatientID/single",
                     "key/study/PatientID/wildcard",
                     "key/study/PatientID/returned",
                     "key/study/PatientID/type",
                     "key/study/PatientAge/unsupported",
                     "wanted-key/study/PatientID/single",
                     "wanted-key/study/PatientID/returned",
                     "wanted-key/study/PatientID/needed",
                     "ae/SECOND_ONE/ae-title",
                     "ae/SECOND_ONE/sop-class/1.2.3/scu",
                     "ae/SECOND_ONE/sop-class/1.2.3/scu/ImplicitVRLittleEndian",
                     "character-set/ISO_IR_100",
                     "security/plain",
                     "security/tls/bcp195-rfc8996",
                     "security/tls/bcp195-rfc8996/versions",
                     "security/tls/bcp195-rfc8996/mutual",
                     "security/tls/bcp195-rfc8996/suite/TLS_AES_128_GCM_SHA256",
                     "media/STD-GEN-CD/FSC",
                     "media/STD-GEN-CD/FSR",
                     "de-identification/basic",
                     "de-identification/retain-uids",
                 }));
}

TEST(ProfileClaims, The_words_say_what_is_claimed) {
  const auto profile = load_profile(text, "p.xml");
  ASSERT_TRUE(profile) << profile.error();
  const auto words = [all = claims(*profile)](std::string_view id) {
    for (const auto& one : all)
      if (one.id == id) return one.text + " [" + one.clause + "] " + to_string(one.at);
    return std::string("none");
  };
  EXPECT_EQ(words("policy/maximum-length"), "announces a maximum length of 16384 bytes [PS3.2 A.4.2.1.2.1] p.xml:4:31");
  EXPECT_EQ(words("policy/checks-called-ae-title"),
            "takes associations whatever AE title they call [PS3.2 A.4.2.1.4] p.xml:5:15");
  EXPECT_EQ(words("sop-class/CTImageStorage/scp/ExplicitVRLittleEndian"),
            "as SCP of CT Image Storage, accepts Explicit VR Little Endian [PS3.2 A.4.2.1.4] p.xml:6:1");
  EXPECT_EQ(words("status/CTImageStorage/scp/A700"),
            "as SCP of CT Image Storage, returns 0xA700 failure: Refused: Out of Resources when: the disk is full; "
            "then: aborts [PS3.2 A.4.2.1.3] p.xml:7:1");
  EXPECT_EQ(words("key/study/PatientID/wildcard"),
            "matches PatientID at the level study with wildcard matching [PS3.4 C.2.2.2.4] p.xml:10:21");
  EXPECT_EQ(words("key/study/PatientAge/unsupported"),
            "does not know the key PatientAge at the level study [PS3.4 C.6] p.xml:11:1");
  EXPECT_EQ(words("wanted-key/study/PatientID/needed"),
            "cannot do without PatientID at the level study [PS3.4 C.6] p.xml:12:32");
  EXPECT_EQ(words("security/tls/bcp195-rfc8996/versions"), "speaks TLS 1.2 to 1.3 [PS3.15 B.12] p.xml:16:23");
  EXPECT_EQ(words("de-identification/retain-uids"),
            "removes identities with the Retain UIDs Option (113110, DCM) [PS3.15 E.3] p.xml:18:1");
}

TEST(ProfileClaims, Each_claim_can_be_taken_out_by_its_id) {
  const auto profile = load_profile(text, "p.xml");
  ASSERT_TRUE(profile) << profile.error();
  const auto whole = to_xml(*profile);
  const ReadFile read = [&](const std::string&, const std::string&) -> std::expected<SourceFile, std::string> {
    return SourceFile{"base.xml", whole};
  };
  for (const auto& one : claims(*profile)) {
    // A title is no claim that a product can lack; versions and certificates are facts of a TLS profile.
    if (one.id.ends_with("ae-title") || one.id.ends_with("/versions") || one.id.ends_with("/mutual")) continue;
    const auto derived =
        load_profile("<profile base=\"b\"><remove claim=\"" + one.id + "\"/></profile>", "p.xml", read);
    if (!derived) {  // what is left contradicts itself: keys without their service
      EXPECT_TRUE(one.id.starts_with("sop-class/Study")) << one.id << ": " << derived.error();
      continue;
    }
    for (const auto& left : claims(*derived)) EXPECT_NE(left.id, one.id);
  }
}

TEST(ProfileWrite, A_profile_is_the_same_when_written_and_read_again) {
  const auto profile = load_profile(text, "p.xml");
  ASSERT_TRUE(profile) << profile.error();
  const auto written = to_xml(*profile);
  const auto again = load_profile(written, "again.xml");
  ASSERT_TRUE(again) << again.error();
  EXPECT_TRUE(*again == *profile) << written;
  EXPECT_EQ(to_xml(*again), written);
}

TEST(ProfileWrite, Profiles_that_differ_anywhere_are_not_equal) {
  const auto profile = load_profile(text, "p.xml");
  ASSERT_TRUE(profile) << profile.error();
  auto other = *profile;
  EXPECT_TRUE(other == *profile);
  other.aes.front().keys.front().matching.pop_back();
  EXPECT_FALSE(other == *profile);
}

}  // namespace
}  // namespace assay::conformance
