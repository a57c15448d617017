// harness/app/played_profile.hpp: what an acceptor is told by a profile, and what it cannot be told.
#include "harness/app/played_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/profile_tables.hpp"
#include "harness/service/sop_classes.hpp"
#include "peers/tls/tls.hpp"

namespace assay::app {
namespace {

using testing::Contains;
using testing::HasSubstr;

conformance::Profile load(std::string_view inside) {
  auto out = conformance::load_profile(
      "<profile product=\"P\" version=\"1\"><ae title=\"A\">" + std::string(inside) + "</ae></profile>", "p.xml");
  EXPECT_TRUE(out) << (out ? "" : out.error());
  return out ? std::move(*out) : conformance::Profile();
}

TEST(PlayedProfile, Policies_services_and_keys_become_those_of_an_acceptor) {
  const auto profile = load(
      R"(<policy name="maximum-length" value="4096"/><policy name="maximum-associations" value="3"/>
      <policy name="checks-called-ae-title" value="yes"/><policy name="calling-ae-titles" value="B\C D"/>
      <policy name="transfer-syntax-choice" value="requestor-order"/><policy name="operations-performed" value="4"/>
      <policy name="implementation-class-uid" value="1.2.3"/><policy name="artim" value="5s"/>
      <policy name="duplicate-instances" value="refuse"/><policy name="query-limit" value="7"/>
      <policy name="commitment-reports" value="new"/><policy name="relational-queries" value="yes"/>
      <service storage="yes" scp="yes" transfer="ImplicitVRLittleEndian"/>
      <service storage="yes" scu="yes" transfer="ExplicitVRLittleEndian"/>
      <service sop-class="StorageCommitmentPushModel" scp="yes" transfer="ImplicitVRLittleEndian"/>
      <service sop-class="CTImageStorage" scu="yes" transfer="RLELossless"/>
      <service sop-class="StudyRootQueryRetrieveInformationModelFind" scp="yes" transfer="ImplicitVRLittleEndian"/>
      <keys level="study"><key tag="PatientID" matching="single wildcard"/><key tag="StudyID" supported="no"/></keys>)");
  const auto played = play_profile(profile, "", false);
  ASSERT_TRUE(played) << played.error();
  const auto& policy = played->policy;
  EXPECT_EQ(policy.maximum_length, 4096u);
  EXPECT_EQ(policy.max_associations, 3u);
  EXPECT_EQ(policy.called_ae_titles, std::vector<std::string>{"A"});
  EXPECT_EQ(policy.calling_ae_titles, (std::vector<std::string>{"B", "C D"}));
  EXPECT_TRUE(policy.requestor_order);
  EXPECT_TRUE(policy.strict_roles);
  EXPECT_EQ(policy.window.invoked, 4u);
  EXPECT_EQ(policy.implementation_class_uid, "1.2.3");
  EXPECT_EQ(policy.implementation_version_name, "");
  EXPECT_EQ(policy.any_storage_transfer_syntaxes, std::vector<std::string>{"1.2.840.10008.1.2"});
  EXPECT_TRUE(policy.any_storage_scp);
  EXPECT_TRUE(policy.any_storage_scu);
  const auto ct = std::ranges::find(policy.supported, uids::CTImageStorage, &service::SupportedSyntax::abstract_syntax);
  ASSERT_NE(ct, policy.supported.end());
  EXPECT_TRUE(ct->scu);
  EXPECT_FALSE(ct->scp);
  EXPECT_EQ(played->storage.duplicates, service::DuplicatePolicy::refuse);
  EXPECT_EQ(played->max_matches, 7u);
  EXPECT_EQ(played->commitment, service::ReportWay::new_association);
  EXPECT_TRUE(played->extensions.relational);
  EXPECT_FALSE(played->extensions.date_time);
  ASSERT_TRUE(played->keys);
  EXPECT_EQ(played->keys->keys.size(), 1u);
  EXPECT_EQ(played->keys->stated.size(), 1u);
  EXPECT_EQ(played->artim, std::chrono::seconds(5));
}

TEST(PlayedProfile, What_cannot_be_played_is_told_and_nothing_else) {
  const auto odd = play_profile(
      load(R"(<policy name="cancels-queries" value="no"/><policy name="user-identity-required" value="saml"/>
      <service sop-class="StudyRootQueryRetrieveInformationModelFind" scp="yes" transfer="ImplicitVRLittleEndian"
       extended="fuzzy-person-names"/>
      <service sop-class="InstanceAvailabilityNotification" scp="yes" transfer="ImplicitVRLittleEndian"/>
      <keys level="study"><key tag="PatientID" matching="multiple"/></keys>)"),
      "", false);
  ASSERT_TRUE(odd) << odd.error();
  EXPECT_THAT(odd->not_played, Contains(HasSubstr("cancels-queries=no, user-identity-required=saml")));
  EXPECT_THAT(odd->not_played, Contains(HasSubstr("no service behind it (operations are refused): InstanceAvail")));
  EXPECT_THAT(odd->not_played, Contains("extended negotiation of fuzzy-person-names"));
  EXPECT_THAT(odd->not_played, Contains("matching of the kind multiple"));
  const auto plain = play_profile(
      load(R"(<policy name="checks-called-ae-title" value="no"/><policy name="cancels-queries" value="yes"/>
      <service sop-class="StudyRootQueryRetrieveInformationModelFind" scp="yes" transfer="ImplicitVRLittleEndian"/>)"),
      "", false);
  ASSERT_TRUE(plain) << plain.error();
  EXPECT_EQ(plain->not_played, std::vector<std::string>{});
}

TEST(PlayedProfile, Who_serves_nothing_cannot_be_played) {
  const auto none = play_profile(
      load(R"(<service sop-class="Verification" scu="yes" transfer="ImplicitVRLittleEndian"/>)"), "", false);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error(), HasSubstr("serves nothing as SCP"));
}

TEST(PlayedProfile, Profiles_know_the_tls_profiles_that_we_speak) {
  const auto names = conformance::tls_names();
  const auto spoken = peers::tls_profiles();
  ASSERT_EQ(names.size(), spoken.size());
  for (const auto& one : spoken) {
    const auto* known = conformance::tls_name(one.name);
    ASSERT_NE(known, nullptr) << one.name;
    EXPECT_EQ(known->section, one.section);
    EXPECT_EQ(known->minimum, one.minimum);
    EXPECT_EQ(known->maximum, one.maximum);
  }
}

}  // namespace
}  // namespace assay::app
