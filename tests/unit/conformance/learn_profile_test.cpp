// A statement held against what was found, and two statements held against each other.
#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/learn.hpp"
#include "conformance/profile_parts.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::conformance::learn {
namespace {

const std::string implicit(uids::ImplicitVRLittleEndian);
const std::string explicit_le(uids::ExplicitVRLittleEndian);

Learned found() {
  Learned out;
  out.classes = {
      {.uid = std::string(uids::Verification), .together = 0, .as_scp = {implicit}},
      {.uid = std::string(uids::CTImageStorage), .together = 0, .as_scp = {explicit_le, implicit}},
      {.uid = std::string(uids::MRImageStorage), .together = 3},
      {.uid = std::string(uids::StudyRootQueryRetrieveInformationModelFind), .together = 0, .as_scp = {implicit}}};
  for (const auto& one : out.classes) out.looked.insert(service_id(one.uid, Role::scp) + "/");
  out.found("maximum-length", "16384", "in its A-ASSOCIATE-AC");
  out.found("checks-called-ae-title", "yes", "another is refused");
  KeyClaim name;
  name.tag = tags::PatientName;
  name.matching = {Matching::single};
  name.case_sensitive = true;
  out.keys.push_back(name);
  out.looked.insert("key/study/PatientName/single");
  out.looked.insert("key/study/PatientName/wildcard");
  out.parallel = 8;
  out.open_question("policy/maximum-associations", "8 were open, and more were not tried");
  return out;
}

Profile reality() { return profile_of(found(), {"product", "1", "THEM", {}}); }

/// The statement as XML with what differs.
Profile statement(const std::string& inner) {
  auto read =
      load_profile("<profile product=\"p\" version=\"1\"><ae title=\"THEM\">" + inner + "</ae></profile>", "p.xml");
  EXPECT_TRUE(read) << read.error();
  return read ? *read : Profile{};
}

const Compared* claim(const std::vector<Compared>& all, std::string_view id) {
  const auto at = std::ranges::find(all, id, &Compared::id);
  return at == all.end() ? nullptr : &*at;
}

Standing standing(const std::string& inner, std::string_view id) {
  const auto all = compare(statement(inner), found(), reality(), "THEM");
  const auto* one = claim(all, id);
  EXPECT_NE(one, nullptr) << id;
  return one == nullptr ? Standing::not_seen : one->standing;
}

TEST(LearnCompare, What_was_learned_agrees_with_itself) {
  const auto all = compare(reality(), found(), reality(), "THEM");
  ASSERT_FALSE(all.empty());
  for (const auto& one : all) EXPECT_EQ(one.standing, Standing::confirmed) << one.id;
}

TEST(LearnCompare, A_transfer_syntax_that_nobody_asked_for_contradicts_nothing) {
  auto learned = found();
  auto& ct = learned.classes[1];
  ct.results = {{explicit_le, 0}, {implicit, 0}, {"1.2.840.10008.1.2.4.50", 4}};
  const auto said = statement(
      "<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian JPEGBaseline8Bit "
      "RLELossless\"/>"
      "<service sop-class=\"MRImageStorage\" scp=\"yes\" transfer=\"RLELossless\"/>");
  const auto all = compare(said, learned, profile_of(learned, {"product", "1", "THEM", {}}), "THEM");
  const auto is = [&](std::string_view id) {
    const auto* one = claim(all, id);
    return one == nullptr ? Standing::undeclared : one->standing;
  };
  EXPECT_EQ(is("sop-class/CTImageStorage/scp/ImplicitVRLittleEndian"), Standing::confirmed);
  EXPECT_EQ(is("sop-class/CTImageStorage/scp/JPEGBaseline8Bit"), Standing::contradicted);
  EXPECT_EQ(is("sop-class/CTImageStorage/scp/RLELossless"), Standing::not_seen);
  // A SOP Class that is not taken is not taken in any.
  EXPECT_EQ(is("sop-class/MRImageStorage/scp/RLELossless"), Standing::contradicted);
}

TEST(LearnCompare, A_class_that_was_refused_contradicts_and_one_that_was_taken_confirms) {
  const std::string both =
      "<service sop-class=\"MRImageStorage\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\"/>"
      "<service sop-class=\"CTImageStorage\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian RLELossless\"/>";
  EXPECT_EQ(standing(both, "sop-class/MRImageStorage/scp"), Standing::contradicted);
  EXPECT_EQ(standing(both, "sop-class/CTImageStorage/scp"), Standing::confirmed);
  EXPECT_EQ(standing(both, "sop-class/CTImageStorage/scp/ImplicitVRLittleEndian"), Standing::confirmed);
  EXPECT_EQ(standing(both, "sop-class/CTImageStorage/scp/RLELossless"), Standing::contradicted);
}

TEST(LearnCompare, What_is_there_and_not_stated_is_undeclared) {
  const auto all = compare(statement("<service sop-class=\"CTImageStorage\" scp=\"yes\" "
                                     "transfer=\"ImplicitVRLittleEndian\"/>"),
                           found(), reality(), "THEM");
  EXPECT_EQ(claim(all, "sop-class/Verification/scp")->standing, Standing::undeclared);
  EXPECT_EQ(claim(all, "sop-class/CTImageStorage/scp/ExplicitVRLittleEndian")->standing, Standing::undeclared);
}

TEST(LearnCompare, What_a_device_lacks_is_not_undeclared_but_present) {
  auto learned = found();
  KeyClaim unknown;
  unknown.tag = tags::StudyDescription;
  unknown.supported = unknown.returned = false;
  learned.keys.push_back(unknown);
  learned.found("fuzzy-person-names", "no", "extended negotiation");
  learned.found("x-user-identity", "ignored", "it says nothing");
  const auto real = profile_of(learned, {"product", "1", "THEM", {}});
  const auto all = compare(statement(""), learned, real, "THEM");
  for (const auto* id :
       {"key/study/StudyDescription/unsupported", "policy/fuzzy-person-names", "policy/x-user-identity"})
    EXPECT_EQ(claim(all, id), nullptr) << id;
  ASSERT_NE(claim(all, "policy/maximum-length"), nullptr);
  EXPECT_EQ(claim(all, "policy/maximum-length")->standing, Standing::undeclared);
}

TEST(LearnCompare, Every_storage_class_is_contradicted_by_one_that_is_refused) {
  EXPECT_EQ(
      standing("<service storage=\"yes\" scp=\"yes\" transfer=\"ImplicitVRLittleEndian\"/>", "sop-class/storage/scp"),
      Standing::contradicted);
}

TEST(LearnCompare, A_policy_of_another_value_contradicts_and_one_that_was_not_measured_is_not_seen) {
  EXPECT_EQ(standing("<policy name=\"maximum-length\" value=\"16384\"/>", "policy/maximum-length"),
            Standing::confirmed);
  EXPECT_EQ(standing("<policy name=\"maximum-length\" value=\"32768\"/>", "policy/maximum-length"),
            Standing::contradicted);
  EXPECT_EQ(standing("<policy name=\"artim\" value=\"30s\"/>", "policy/artim"), Standing::not_seen);
}

TEST(LearnCompare, More_associations_than_stated_contradict_and_a_limit_that_was_not_reached_does_not) {
  EXPECT_EQ(standing("<policy name=\"maximum-associations\" value=\"4\"/>", "policy/maximum-associations"),
            Standing::contradicted);
  EXPECT_EQ(standing("<policy name=\"maximum-associations\" value=\"20\"/>", "policy/maximum-associations"),
            Standing::not_seen);
}

TEST(LearnCompare, Keys_are_compared_kind_by_kind) {
  const std::string find =
      "<service sop-class=\"StudyRootQueryRetrieveInformationModelFind\" scp=\"yes\" "
      "transfer=\"ImplicitVRLittleEndian\"/><keys level=\"study\">";
  const auto keys = find +
                    "<key tag=\"PatientName\" matching=\"single wildcard\"/>"
                    "<key tag=\"StudyDate\" matching=\"single range\"/></keys>";
  EXPECT_EQ(standing(keys, "key/study/PatientName/single"), Standing::confirmed);
  EXPECT_EQ(standing(keys, "key/study/PatientName/wildcard"), Standing::contradicted);
  EXPECT_EQ(standing(keys, "key/study/StudyDate/range"), Standing::not_seen);
  const auto sensitive = find + "<key tag=\"PatientName\" matching=\"single\" case=\"ignored\"/></keys>";
  EXPECT_EQ(standing(sensitive, "key/study/PatientName/single"), Standing::contradicted);
}

TEST(LearnCompare, What_a_device_does_as_SCU_does_not_show) {
  EXPECT_EQ(standing("<service sop-class=\"CTImageStorage\" scu=\"yes\" transfer=\"ImplicitVRLittleEndian\"/>",
                     "sop-class/CTImageStorage/scu"),
            Standing::not_seen);
}

TEST(LearnCompare, Two_versions_of_a_statement_differ_in_what_was_changed_alone) {
  const auto before =
      statement("<policy name=\"maximum-length\" value=\"16384\"/><policy name=\"artim\" value=\"30s\"/>");
  const auto after =
      statement("<policy name=\"maximum-length\" value=\"32768\"/><policy name=\"idle-timeout\" value=\"60s\"/>");
  const auto changes = compare(before, after);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].id, "policy/artim");
  EXPECT_EQ(changes[0].change, Change::gone);
  EXPECT_EQ(changes[1].id, "policy/maximum-length");
  EXPECT_EQ(changes[1].change, Change::changed);
  EXPECT_EQ(changes[2].id, "policy/idle-timeout");
  EXPECT_EQ(changes[2].change, Change::added);
  EXPECT_TRUE(compare(before, before).empty());
}

}  // namespace
}  // namespace assay::conformance::learn
