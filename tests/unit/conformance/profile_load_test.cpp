// Loading profiles: what is wrong with one is said with its place, with both places where two claims exclude each
// other; bases and includes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "conformance/profile.hpp"
#include "conformance/profile_tables.hpp"
#include "harness/dict/dict.hpp"

namespace assay::conformance {
namespace {

using testing::HasSubstr;

/// Files in memory, named by what href says.
struct Files {
  std::map<std::string, std::string> texts;
  mutable int opened = 0;

  [[nodiscard]] ReadFile reader() const {
    return [this](const std::string&, const std::string& href) -> std::expected<SourceFile, std::string> {
      ++opened;
      const auto found = texts.find(href);
      if (found == texts.end()) return std::unexpected("there is no file " + href);
      return SourceFile{href, found->second};
    };
  }
};

std::string with(std::string_view inside_ae, std::string_view behind_ae = "") {
  return "<profile product=\"P\" version=\"1\"><ae title=\"A\">\n" + std::string(inside_ae) + "\n</ae>" +
         std::string(behind_ae) + "</profile>";
}

struct Mistake {
  std::string text;
  std::string error;  // its beginning, place included
  std::string also = {};
};

void expect_mistakes(const std::vector<Mistake>& mistakes) {
  for (const auto& [text, error, also] : mistakes) {
    const auto profile = load_profile(text, "p.xml");
    ASSERT_FALSE(profile) << text;
    EXPECT_THAT(profile.error(), HasSubstr(error)) << text;
    EXPECT_THAT(profile.error(), HasSubstr(also)) << text;
  }
}

const std::string ct = "<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\"/>";
const std::string find =
    "<service sop-class=\"StudyRootQueryRetrieveInformationModelFind\" scu=\"yes\" scp=\"yes\" "
    "transfer=\"ImplicitVRLittleEndian\"/>";

TEST(ProfileLoad, A_service_may_name_several_SOP_Classes_that_are_alike) {
  const auto read = load_profile(with("<service sop-class=\"CTImageStorage\n  MRImageStorage\" scp=\"yes\" scu=\"yes\" "
                                      "transfer=\"ImplicitVRLittleEndian\"/>"),
                                 "p.xml");
  ASSERT_TRUE(read) << read.error();
  const auto& ae = read->aes.front();
  EXPECT_EQ(ae.services.size(), 4u);
  for (const auto uid : {uids::CTImageStorage, uids::MRImageStorage})
    for (const auto role : {Role::scu, Role::scp}) {
      const auto* one = ae.service(uid, role);
      ASSERT_NE(one, nullptr);
      EXPECT_EQ(one->transfer_syntaxes.size(), 1u);
    }
  expect_mistakes({
      {with("<service sop-class=\"CTImageStorage 1.2.3\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\"/>"),
       "p.xml:2:21: '1.2.3' is no SOP Class"},
      {with("<service sop-class=\"CTImageStorage CTImageStorage\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\"/>"),
       "CTImageStorage as scp is claimed already"},
  });
}

TEST(ProfileLoad, Unknown_names_are_reported_at_their_place) {
  expect_mistakes({
      {with("<service sop-class=\"CTImageStorrage\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\"/>"),
       "p.xml:2:21: sop-class: 'CTImageStorrage' is not UIDs or keywords"},
      {with("<service sop-class=\"1.2.3\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\"/>"),
       "p.xml:2:21: '1.2.3' is no SOP Class", "<private kind=\"sop-class\">"},
      {with("<service sop-class=\"ImplicitVRLittleEndian\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\"/>"),
       "p.xml:2:21: 'ImplicitVRLittleEndian' is no SOP Class"},
      {with("<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"1.2.3\"/>"),
       "p.xml:2:57: '1.2.3' is no transfer syntax"},
      {with("<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"CTImageStorage\"/>"),
       "p.xml:2:57: 'CTImageStorage' is no transfer syntax"},
      {with(find + "<keys level=\"study\">\n<key tag=\"PatientsName\"/></keys>"),
       "p.xml:3:11: tag: 'PatientsName' is not a tag"},
      {with(find + "<keys level=\"studies\"/>"), "'studies' is not one of patient, study, series, image, worklist"},
      {with(find + "<keys level=\"study\">\n<key tag=\"PatientName\" matching=\"fuzzy\"/></keys>"),
       "p.xml:3:34: matching: 'fuzzy' is not made of single, uid-list"},
      {with("<policy name=\"checks-everything\" value=\"yes\"/>"), "p.xml:2:15: there is no policy checks-everything"},
      {with("<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\">\n"
            "<status code=\"B00Z\"/></service>"),
       "p.xml:3:15: 'B00Z' is no status"},
      {with("<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\">\n"
            "<status code=\"FF00\"/></service>"),
       "p.xml:3:15: CTImageStorage has no status FF00"},
      {with(ct, "\n<character-set term=\"ISO_IR 99\"/>"), "p.xml:4:22: 'ISO_IR 99' is no Defined Term"},
      {with(ct, "<security>\n<tls profile=\"tls-2000\"/></security>"), "profile: 'tls-2000' is not one of"},
      {with(ct, "<security>\n<tls profile=\"bcp195\" suites=\"AES128-SHA\"/></security>"),
       "p.xml:4:31: 'AES128-SHA' is no name of the IANA"},
      {with(ct, "<media>\n<application-profile id=\"STD-CD\" roles=\"FSR\"/></media>"),
       "p.xml:4:26: 'STD-CD' is no Application Profile of PS3.11"},
      {with(ct, "<de-identification options=\"retain-everything\"/>"), "options: 'retain-everything' is not made of"},
  });
}

TEST(ProfileLoad, What_is_out_of_bounds_is_reported_at_its_place) {
  expect_mistakes({
      {"<profile product=\"P\" version=\"1\"><ae title=\"A\" maximum-associations=\"0\"/></profile>",
       "p.xml:1:70: maximum-associations '0': write a number from 1"},
      {with("<policy name=\"maximum-associations\" value=\"0\"/>"),
       "p.xml:2:44: maximum-associations '0': write a number from 1 to 100000"},
      {with("<policy name=\"checks-called-ae-title\" value=\"perhaps\"/>"), "write yes or no"},
      {with("<policy name=\"artim\" value=\"soon\"/>"), "write a time such as"},
      {with("<policy name=\"artim\" value=\"30s\"/><policy name=\"transfer-syntax-choice\" value=\"best\"/>"),
       "write one of own-order, requestor-order"},
      {with("<policy name=\"implementation-class-uid\" value=\"1.2.x\"/>"), "write a UID"},
      {with("<policy name=\"implementation-version-name\" value=\"12345678901234567\"/>"), "write 1 to 16 characters"},
      {with("<policy name=\"calling-ae-titles\" value=\"A\\\\B\"/>"), "an AE title has 1 to 16 characters"},
      {with("<policy name=\"user-identity-sent\" value=\"username badge\"/>"), "write some of username, passcode"},
      {"<profile product=\"P\" version=\"1\"><ae title=\"12345678901234567\"/></profile>",
       "p.xml:1:45: an AE title has 1 to 16"},
      {"<profile version=\"1\"><ae title=\"A\"/></profile>", "p.xml:1:1: <profile> needs the attribute product"},
      {with("<policy name=\"artim\" value=\"${x}\"/>"), "p.xml:2:29: profiles have no ${variables}"},
      {with("<policy name=\"x-mine\" value=\"&#1;\"/>"), "p.xml:2:30: there is a control character"},
      {"<fragment/>", "p.xml:1:1: here stands <fragment>, but this file is used as a <profile>"},
  });
}

TEST(ProfileLoad, Contradictions_inside_one_profile_are_reported_with_both_places) {
  const std::string other = "<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"ExplicitVRLittleEndian\"/>";
  expect_mistakes({
      {with(ct + "\n" + other), "p.xml:3:1: CTImageStorage as scp is claimed with other transfer syntaxes, too",
       "the other place is p.xml:2:1"},
      {with(ct + "\n" + ct), "p.xml:3:1: CTImageStorage as scp is claimed already", "p.xml:2:1)"},
      {with("<service sop-class=\"CTImageStorage\" transfer=\"ImplicitVRLittleEndian\"/>"),
       "p.xml:2:1: <service> needs scu=\"yes\" or scp=\"yes\""},
      {with("<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"RLELossless RLELossless\"/>"),
       "'RLELossless' stands there twice"},
      {with(find + "<keys level=\"study\">\n<key tag=\"PatientID\" matching=\"single\"/>\n"
                   "<key tag=\"PatientID\" supported=\"no\"/></keys>"),
       "p.xml:4:1: key/study/PatientID is claimed both as supported and as not supported", "p.xml:3:1)"},
      {with(find + "<keys level=\"study\">\n<key tag=\"PatientID\" matching=\"single\"/>\n"
                   "<key tag=\"PatientID\" matching=\"single\"/></keys>"),
       "p.xml:4:1: key/study/PatientID stands above already", "p.xml:3:1)"},
      {with(find + "<keys level=\"study\">\n<key tag=\"PatientID\" supported=\"no\" matching=\"single\"/></keys>"),
       "p.xml:3:1: a key that is not supported is neither matched nor returned"},
      {with(find + "<keys level=\"study\">\n<key tag=\"PatientID\" returned=\"no\"/></keys>"),
       "p.xml:3:1: a key that is neither matched nor returned is not supported"},
      {with(find + "<keys level=\"study\">\n<key tag=\"PatientID\" needed=\"yes\"/></keys>"),
       "p.xml:3:30: needed is of role=\"scu\""},
      {with(find + "<keys level=\"study\">\n<key tag=\"StudyDate\" matching=\"wildcard\"/></keys>"),
       "p.xml:3:32: StudyDate: wild card matching is for texts"},
      {with(find + "<keys level=\"study\">\n<key tag=\"PatientName\" matching=\"range\"/></keys>"),
       "PatientName: range matching is for dates and times"},
      {with(find + "<keys level=\"study\">\n<key tag=\"PatientName\" matching=\"uid-list\"/></keys>"),
       "list of UID matching is for UIDs"},
      {with(find + "<keys level=\"study\">\n<key tag=\"PatientName\" matching=\"sequence\"/></keys>"),
       "sequence matching is for sequences"},
      {with(find + "<keys level=\"study\">\n<key tag=\"ProcedureCodeSequence\" matching=\"single\"/></keys>"),
       "a sequence has sequence matching"},
      {with(ct + "<keys level=\"study\">\n<key tag=\"PatientID\" matching=\"single\"/></keys>"),
       "p.xml:3:1: the AE A claims no FIND service as scp that has the level study", "p.xml:1:34)"},
      {with(find + "<keys level=\"patient\">\n<key tag=\"PatientID\" matching=\"single\"/></keys>"),
       "p.xml:3:1: the AE A claims no FIND service as scp that has the level patient", "PS3.4 C.6.2.1"},
      {with(find + "<keys level=\"worklist\">\n<key tag=\"PatientID\" matching=\"single\"/></keys>"),
       "that has the level worklist"},
      {"<profile product=\"P\" version=\"1\"><ae title=\"A\" maximum-length=\"1\">\n"
       "<policy name=\"maximum-length\" value=\"2\"/></ae></profile>",
       "p.xml:2:15: the policy maximum-length stands above already", "p.xml:1:64)"},
      {with(
           "<policy name=\"checks-calling-ae-title\" value=\"no\"/>\n<policy name=\"calling-ae-titles\" value=\"B\"/>"),
       "p.xml:3:15: calling-ae-titles are listed, but checks-calling-ae-title is no", "p.xml:2:15)"},
      {with(ct + "\n<policy name=\"relational-queries\" value=\"yes\"/>"),
       "p.xml:3:15: relational-queries is about a service (find) that the AE A does not claim"},
      {with("<policy name=\"opens-associations\" value=\"2\"/>\n<policy name=\"needs-associations\" value=\"3\"/>"),
       "p.xml:3:15: it needs 3 associations but opens at most 2", "p.xml:2:15)"},
      {with("<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"RLELossless\" "
            "extended=\"relational-queries\"/>"),
       "relational-queries is of the find services (PS3.4 C.5.1.1)"},
      {with("<policy name=\"relational-queries\" value=\"no\"/>\n<service "
            "sop-class=\"StudyRootQueryRetrieveInformationModelFind\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\" "
            "extended=\"relational-queries\"/>"),
       "p.xml:3:1: StudyRootQueryRetrieveInformationModelFind agrees to relational-queries, but that policy is no",
       "p.xml:2:15)"},
      {with("<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\">\n"
            "<status code=\"A700\"/>\n<status code=\"A700\"/></service>"),
       "p.xml:4:1: the status A700 stands above already", "p.xml:3:1)"},
      {with("<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\">\n"
            "<status code=\"A700\" role=\"scu\"/></service>"),
       "p.xml:3:27: the service is claimed as scp only"},
      {with(ct, "<ae title=\"A\"/>"), "the AE A stands above already", "p.xml:1:45)"},
      {with(ct, "\n<character-set term=\"ISO_IR 100\"/>\n<character-set term=\"ISO_IR 100\"/>"),
       "p.xml:5:1: the character set ISO_IR 100 stands above already", "p.xml:4:1)"},
      {with(ct, "<security>\n<tls profile=\"bcp195\" minimum=\"1.3\" maximum=\"1.2\"/></security>"),
       "p.xml:4:46: no version of TLS is from 1.3 to 1.2", "p.xml:4:32)"},
      {with(ct, "<security>\n<tls profile=\"bcp195-rfc8996\" minimum=\"1.0\"/></security>"),
       "p.xml:4:40: bcp195-rfc8996 has TLS 1.2 to 1.3 (PS3.15 B.12)"},
      {with(ct, "\n<security plain=\"no\"/>"), "p.xml:4:18: plain=\"no\" without <tls>"},
      {with(ct, "<de-identification options=\"retain-full-dates retain-modified-dates\"/>"),
       "dates are either retained or modified"},
      {with(ct, "<private uid=\"1.2.840.10008.1.1\" name=\"V\" kind=\"sop-class\"/>"), "is a UID of the standard"},
  });
}

TEST(ProfileLoad, The_correct_twins_load) {
  const auto profile = load_profile(
      with("<policy name=\"checks-calling-ae-title\" value=\"yes\"/><policy name=\"calling-ae-titles\" value=\"B\\C "
           "D\"/>"
           "<policy name=\"x-mine\" value=\"anything\"/><policy name=\"relational-queries\" value=\"yes\"/>"
           "<service sop-class=\"1.2.3\" scu=\"yes\" transfer=\"1.2.4 ImplicitVRLittleEndian\"/>"
           "<service sop-class=\"CTImageStorage\" scu=\"yes\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\">"
           "<note>of  CT</note><status code=\"A700-A7FF\" role=\"scp\" when=\"no room\" then=\"refuses\"/>"
           "<status code=\"B000\" role=\"scu\" then=\"goes on\"/><status code=\"C000\"/></service>" +
               find +
               "<keys level=\"study\"><key tag=\"PatientID\" type=\"R\" matching=\"wildcard single\" case=\"ignored\"/>"
               "<key tag=\"StudyDate\" matching=\"range\" returned=\"no\"/><key tag=\"PatientAge\" "
               "supported=\"no\"/></keys>"
               "<keys level=\"study\" role=\"scu\"><key tag=\"(0010,0020)\" needed=\"yes\"/></keys>",
           "<private uid=\"1.2.3\" name=\"ours\" kind=\"sop-class\"/>"
           "<private uid=\"1.2.4\" name=\"packed\" kind=\"transfer-syntax\"/><character-set term=\"ISO 2022 IR 87\"/>"
           "<security plain=\"no\"><tls profile=\"bcp195\" minimum=\"1.2\" suites=\"TLS_AES_128_GCM_SHA256\" "
           "mutual=\"required\"/></security><media><application-profile id=\"STD-GEN-CD\" roles=\"FSR FSC\"/></media>"
           "<de-identification options=\"retain-uids\"/>"),
      "p.xml");
  ASSERT_TRUE(profile) << profile.error();
  const auto& ae = profile->aes.front();
  ASSERT_EQ(ae.services.size(), 5u);
  EXPECT_EQ(ae.statuses.size(), 3u);  // one without a role is of the SCP
  const auto* id = ae.key(Role::scp, KeyLevel::study, tags::PatientID);
  ASSERT_NE(id, nullptr);
  EXPECT_EQ(id->matching, (std::vector{Matching::single, Matching::wildcard}));
  EXPECT_EQ(id->case_sensitive, false);
  EXPECT_EQ(ae.service("1.2.840.10008.5.1.4.1.1.2", Role::scu)->notes, std::vector<std::string>{"of CT"});
  EXPECT_EQ(profile->media.front().roles, (std::vector<std::string>{"FSC", "FSR"}));
  EXPECT_EQ(profile->tls.front().maximum, "1.3");
}

TEST(ProfileLoad, A_derived_profile_says_what_differs_from_its_base) {
  const Files files{{{"base.xml", with(ct + find +
                                           "<service storage=\"yes\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian "
                                           "RLELossless\"><status code=\"A700\"/></service>"
                                           "<policy name=\"artim\" value=\"30s\"/>"
                                           "<keys level=\"study\"><key tag=\"PatientID\" matching=\"single wildcard\"/>"
                                           "<key tag=\"StudyID\" matching=\"single\"/></keys>",
                                       "<character-set term=\"ISO_IR 100\"/>")}}};
  const auto derived = load_profile(
      "<profile version=\"2\" base=\"base.xml\"><remove claim=\"key/study/StudyID\"/>"
      "<remove claim=\"key/study/PatientID/wildcard\"/><remove claim=\"sop-class/storage/scp/RLELossless\"/>"
      "<remove claim=\"character-set/ISO_IR_100\"/><remove claim=\"status/storage/scp/A700\"/>"
      "<ae title=\"B\" instead-of=\"A\"><policy name=\"artim\" value=\"5s\"/>"
      "<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"ExplicitVRLittleEndian\"/></ae></profile>",
      "p.xml", files.reader());
  ASSERT_TRUE(derived) << derived.error();
  EXPECT_EQ(derived->product, "P");
  EXPECT_EQ(derived->version, "2");
  ASSERT_EQ(derived->aes.size(), 1u);
  const auto& ae = derived->aes.front();
  EXPECT_EQ(ae.title, "B");
  EXPECT_EQ(ae.policy("artim"), "5s");
  EXPECT_EQ(ae.service("1.2.840.10008.5.1.4.1.1.2", Role::scp)->transfer_syntaxes,
            std::vector<std::string>{"1.2.840.10008.1.2.1"});
  EXPECT_EQ(ae.service("1.2.840.10008.5.1.4.1.1.4", Role::scp)->transfer_syntaxes,
            std::vector<std::string>{"1.2.840.10008.1.2"});
  ASSERT_EQ(ae.keys.size(), 1u);
  EXPECT_EQ(ae.keys.front().matching, std::vector{Matching::single});
  EXPECT_TRUE(ae.statuses.empty());
  EXPECT_TRUE(derived->character_sets.empty());
}

TEST(ProfileLoad, Removing_what_the_base_does_not_claim_is_a_mistake) {
  const Files files{{{"base.xml", with(ct)}}};
  for (const auto* id :
       {"sop-class/MRImageStorage/scp", "key/study", "policy/artim", "de-identification", "sop-clas"}) {
    const auto text = "<profile base=\"base.xml\">\n<remove claim=\"" + std::string(id) + "\"/></profile>";
    const auto profile = load_profile(text, "p.xml", files.reader());
    ASSERT_FALSE(profile) << id;
    EXPECT_EQ(profile.error(), "p.xml:2:16: the base claims nothing with the id " + std::string(id));
  }
}

TEST(ProfileLoad, A_contradiction_between_base_and_derived_profile_names_both_files) {
  const Files files{{{"base.xml", with(find + "\n<keys level=\"study\"><key tag=\"PatientID\"/></keys>")}}};
  const auto profile = load_profile(
      "<profile base=\"base.xml\">\n<remove "
      "claim=\"sop-class/StudyRootQueryRetrieveInformationModelFind/scp\"/></profile>",
      "p.xml", files.reader());
  ASSERT_FALSE(profile);
  EXPECT_THAT(profile.error(), HasSubstr("base.xml:3:21: the AE A claims no FIND service"));
}

TEST(ProfileLoad, Fragments_are_included_where_they_may_stand) {
  const Files files{
      {{"keys.xml", "<fragment><key tag=\"PatientID\" matching=\"single\"/><include href=\"more.xml\"/></fragment>"},
       {"more.xml", "<fragment><key tag=\"StudyID\" matching=\"single\"/></fragment>"},
       {"wrong.xml", "<fragment>\n<character-set term=\"ISO_IR 100\"/></fragment>"},
       {"broken.xml", "<fragment>\n<kay/></fragment>"}}};
  const auto profile =
      load_profile(with(find + "<keys level=\"study\"><include href=\"keys.xml\"/></keys>"), "p.xml", files.reader());
  ASSERT_TRUE(profile) << profile.error();
  EXPECT_EQ(profile->aes.front().keys.size(), 2u);
  const auto error_of = [&](std::string_view href) {
    const auto text = with(find + "<keys level=\"study\">\n<include href=\"" + std::string(href) + "\"/></keys>");
    const auto loaded = load_profile(text, "p.xml", files.reader());
    return loaded ? std::string() : loaded.error();
  };
  EXPECT_EQ(
      error_of("wrong.xml"),
      "wrong.xml:2:1: <character-set> is not allowed in <keys>, which includes it (the other place is p.xml:3:1)");
  EXPECT_THAT(error_of("broken.xml"), HasSubstr("broken.xml:2:1: <kay> is not allowed in <fragment>"));
  EXPECT_EQ(error_of("gone.xml"), "p.xml:3:16: there is no file gone.xml");
}

TEST(ProfileLoad, Circles_and_depth_of_includes_and_bases_are_reported) {
  Files files{{{"a.xml", "<fragment><include href=\"b.xml\"/></fragment>"},
               {"b.xml", "<fragment>\n<include href=\"a.xml\"/></fragment>"},
               {"p.xml", "<profile base=\"me.xml\"/>"},
               {"me.xml", "<profile base=\"p.xml\"/>"},
               {"twice.xml", "<fragment><include href=\"leaf.xml\"/><include href=\"leaf.xml\"/></fragment>"},
               {"leaf.xml", "<fragment><note>n</note></fragment>"}}};
  for (int i = 0; i < 40; ++i)
    files.texts["d" + std::to_string(i)] = "<fragment><include href=\"d" + std::to_string(i + 1) + "\"/></fragment>";
  for (int i = 0; i < 12; ++i) {
    const auto next = "<include href=\"w" + std::to_string(i + 1) + "\"/>";
    files.texts["w" + std::to_string(i)] = "<fragment>" + next + next + next + "</fragment>";
  }
  files.texts["w12"] = files.texts["leaf.xml"];
  const auto error_of = [&](std::string_view href) {
    files.opened = 0;
    const auto text = with("<include href=\"" + std::string(href) + "\"/>");
    const auto loaded = load_profile(text, "p.xml", files.reader());
    return loaded ? std::string() : loaded.error();
  };
  EXPECT_EQ(error_of("a.xml"), "b.xml:2:16: include goes in a circle: a.xml -> b.xml -> a.xml");
  EXPECT_THAT(error_of("d0"), HasSubstr("bases and includes go deeper than 16"));
  EXPECT_THAT(error_of("w0"), HasSubstr("a profile may pull in at most 200 files"));
  EXPECT_LE(files.opened, 200);
  EXPECT_EQ(error_of("twice.xml"), "");  // the same file twice is no circle
  const auto self = load_profile("<profile\n base=\"me.xml\"/>", "p.xml", files.reader());
  ASSERT_FALSE(self);
  EXPECT_EQ(self.error(), "me.xml:1:16: base goes in a circle: p.xml -> me.xml -> p.xml");
  const auto alone = load_profile("<profile\n base=\"me.xml\"/>", "p.xml");
  ASSERT_FALSE(alone);
  EXPECT_THAT(alone.error(), HasSubstr("p.xml:2:8: base=\"me.xml\": other files cannot be read here"));
}

TEST(ProfileLoad, The_tables_are_consistent) {
  for (const auto& one : policies()) {
    EXPECT_EQ(policy_spec(one.name), &one) << one.name << " stands twice";
    EXPECT_NE(one.text.find("{}") == std::string_view::npos, one.kind != PolicyKind::yes_no) << one.name;
    EXPECT_EQ(one.no_text.empty(), one.kind != PolicyKind::yes_no) << one.name;
    EXPECT_TRUE(one.clause.starts_with("PS3.")) << one.name;
  }
  for (const auto& one : extended_items()) EXPECT_NE(policy_spec(one.name), nullptr) << one.name;
  for (const auto& one : tls_names()) EXPECT_LE(one.minimum, one.maximum) << one.name;
  EXPECT_FALSE(media_annex("STD-US-"));
  EXPECT_TRUE(media_annex("STD-US-SC-SF-CDR"));
}

}  // namespace
}  // namespace assay::conformance
