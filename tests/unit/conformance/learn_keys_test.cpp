// Query keys of archives in memory: the synthetic set behind service::Query, and archives that match less than that.
#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/learn.hpp"
#include "harness/service/query.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/synthetic.hpp"

namespace assay::conformance::learn {
namespace {

const std::string study_root(uids::StudyRootQueryRetrieveInformationModelFind);

const service::MemoryStore& archive() {
  static const service::MemoryStore store = [] {
    service::MemoryStore made;
    service::fill_with_synthetic(made);
    return made;
  }();
  return store;
}

struct Device {
  std::vector<Tag> ignored;  // keys that are returned and not matched
  std::vector<Tag> unknown;  // keys that are neither
  bool wild_cards = true;    // false: '*' stands for itself
  bool names_ignore_case = true;
  bool empty = false;
  bool unique_alone = false;  // looks at nothing else when there is a Study Instance UID
  std::uint16_t refuses = 0;  // every query, with this status
  std::size_t queries = 0;

  FindReply answer(service::Model model, const FindQuery& query) {
    ++queries;
    FindReply out;
    auto asked = query.identifier;
    for (const auto tag : ignored)
      if (asked.has(tag)) asked.set_empty(tag);
    for (const auto tag : unknown) asked.erase(tag);
    if (unique_alone && !asked.text(tags::StudyInstanceUID).empty())
      for (const auto& node : query.identifier.nodes())
        if (node.depth == 0 && node.tag != tags::StudyInstanceUID && node.tag != tags::QueryRetrieveLevel &&
            node.tag.group != 8)
          if (asked.has(node.tag)) asked.set_empty(node.tag);
    for (const auto& node : query.identifier.nodes()) {
      const auto value = query.identifier.text(node.tag);
      if (!wild_cards && value.find_first_of("*?") != std::string_view::npos) {
        out.status = 0;
        return out;
      }
    }
    if (refuses != 0) {
      out.status = refuses;
      return out;
    }
    out.status = 0;
    if (empty) return out;
    service::QueryOptions options;
    options.matching.names_ignore_case = names_ignore_case;
    const auto parsed = service::Query::parse(std::move(asked), model, options);
    if (!parsed) {
      out.status = parsed.error().status;
      return out;
    }
    const auto cursor = archive().candidates(parsed->level(), parsed->scope());
    while (const auto entity = cursor->next()) {
      if (!parsed->matches(*entity)) continue;
      if (query.enough != 0 && out.matches.size() >= query.enough) {
        out.cancelled = true;
        out.status = 0xfe00;
        break;
      }
      out.pending.insert(parsed->pending_status());
      out.matches.push_back(parsed->response(*entity));
    }
    return out;
  }

  Find find() {
    return [this](std::string_view sop_class, const std::vector<FindQuery>& asked, const std::string&) {
      std::vector<FindReply> out;
      for (const auto& one : asked) out.push_back(answer(*service::find_model(sop_class), one));
      return out;
    };
  }
};

Learned learned_of(Device& device, bool patient_root = false) {
  Learned out;
  out.classes.push_back({.uid = study_root, .as_scp = {std::string(uids::ImplicitVRLittleEndian)}});
  if (patient_root)
    out.classes.push_back({.uid = std::string(uids::PatientRootQueryRetrieveInformationModelFind),
                           .as_scp = {std::string(uids::ImplicitVRLittleEndian)}});
  learn_keys({}, device.find(), out);
  return out;
}

const KeyClaim* key(const Learned& learned, KeyLevel level, Tag tag) {
  const auto found =
      std::ranges::find_if(learned.keys, [&](const KeyClaim& one) { return one.level == level && one.tag == tag; });
  return found == learned.keys.end() ? nullptr : &*found;
}

using Kinds = std::vector<Matching>;

TEST(LearnKeys, Every_kind_of_matching_is_found_where_it_is) {
  Device device;
  const auto learned = learned_of(device);
  ASSERT_NE(key(learned, KeyLevel::study, tags::PatientName), nullptr);
  EXPECT_EQ(key(learned, KeyLevel::study, tags::PatientName)->matching, (Kinds{Matching::single, Matching::wildcard}));
  EXPECT_EQ(key(learned, KeyLevel::study, tags::PatientName)->case_sensitive, false);
  EXPECT_EQ(key(learned, KeyLevel::study, tags::PatientID)->case_sensitive, true);
  EXPECT_EQ(key(learned, KeyLevel::study, tags::StudyDate)->matching, (Kinds{Matching::single, Matching::range}));
  EXPECT_EQ(key(learned, KeyLevel::study, tags::StudyInstanceUID)->matching,
            (Kinds{Matching::single, Matching::uid_list}));
  EXPECT_EQ(key(learned, KeyLevel::series, tags::Modality)->matching, (Kinds{Matching::single, Matching::wildcard}));
  ASSERT_NE(key(learned, KeyLevel::image, tags::InstanceNumber), nullptr);
  EXPECT_TRUE(std::ranges::count(key(learned, KeyLevel::image, tags::InstanceNumber)->matching, Matching::single) == 1);
  EXPECT_EQ(key(learned, KeyLevel::patient, tags::PatientName), nullptr);
}

TEST(LearnKeys, Counts_are_returned_and_never_matched) {
  Device device;
  const auto learned = learned_of(device);
  const auto* count = key(learned, KeyLevel::study, tags::NumberOfStudyRelatedInstances);
  ASSERT_NE(count, nullptr);
  EXPECT_TRUE(count->returned);
  EXPECT_TRUE(count->matching.empty());
}

TEST(LearnKeys, A_key_that_is_ignored_is_not_matched_and_the_others_stay_as_they_are) {
  Device sound;
  const auto before = learned_of(sound);
  Device device;
  device.ignored = {tags::StudyDescription};
  auto learned = learned_of(device);
  ASSERT_NE(key(learned, KeyLevel::study, tags::StudyDescription), nullptr);
  EXPECT_TRUE(key(learned, KeyLevel::study, tags::StudyDescription)->matching.empty());
  EXPECT_TRUE(key(learned, KeyLevel::study, tags::StudyDescription)->returned);
  EXPECT_TRUE(learned.looked.contains("key/study/StudyDescription/single"));
  for (const auto& one : before.keys)
    if (one.tag != tags::StudyDescription) EXPECT_EQ(*key(learned, one.level, one.tag), one) << to_string(one.tag);
}

TEST(LearnKeys, A_key_that_is_in_no_response_and_changes_no_answer_is_not_supported) {
  Device device;
  device.unknown = {tags::AccessionNumber};
  const auto learned = learned_of(device);
  const auto* accession = key(learned, KeyLevel::study, tags::AccessionNumber);
  ASSERT_NE(accession, nullptr);
  EXPECT_FALSE(accession->supported);
}

TEST(LearnKeys, Wild_cards_that_stand_for_themselves_are_no_wild_cards) {
  Device device;
  device.wild_cards = false;
  const auto learned = learned_of(device);
  EXPECT_EQ(key(learned, KeyLevel::study, tags::PatientName)->matching, (Kinds{Matching::single}));
  EXPECT_TRUE(learned.looked.contains("key/study/PatientName/wildcard"));
}

TEST(LearnKeys, Case_that_matters_is_told_from_case_that_does_not) {
  Device device;
  device.names_ignore_case = false;
  EXPECT_EQ(key(learned_of(device), KeyLevel::study, tags::PatientName)->case_sensitive, true);
}

TEST(LearnKeys, What_is_ignored_beside_the_unique_key_alone_is_asked_without_it) {
  Device device;
  device.unique_alone = true;
  const auto learned = learned_of(device);
  const auto* name = key(learned, KeyLevel::study, tags::PatientName);
  ASSERT_NE(name, nullptr);
  EXPECT_EQ(name->matching.front(), Matching::single);
}

TEST(LearnKeys, An_empty_archive_leaves_its_keys_open_and_says_why) {
  Device device;
  device.empty = true;
  const auto learned = learned_of(device);
  EXPECT_TRUE(learned.keys.empty());
  EXPECT_TRUE(std::ranges::any_of(learned.unknown, [](const Unknown& u) {
    return u.claim == "key/study" && u.why.find("nothing to ask for") != std::string::npos;
  }));
}

TEST(LearnKeys, An_archive_that_refuses_every_query_leaves_its_keys_open_with_the_status) {
  Device device;
  device.refuses = 0xc001;
  const auto learned = learned_of(device);
  EXPECT_TRUE(learned.keys.empty());
  EXPECT_TRUE(std::ranges::any_of(learned.unknown, [](const Unknown& u) {
    return u.claim == "key/study" && u.why.find("C001H") != std::string::npos;
  }));
}

TEST(LearnKeys, Statuses_are_those_that_were_provoked) {
  Device device;
  const auto learned = learned_of(device);
  const auto has = [&](std::uint16_t status) {
    return std::ranges::any_of(learned.statuses, [&](const StatusClaim& one) { return one.from == status; });
  };
  EXPECT_TRUE(has(0x0000));
  EXPECT_TRUE(has(0xa900));  // a level that the model does not have, and a unique key that is missing
  EXPECT_TRUE(has(0xfe00));
  EXPECT_EQ(learned.policies.at("cancels-queries"), "yes");
  EXPECT_EQ(learned.policies.at("x-needs-unique-keys-above"), "yes");
}

TEST(LearnKeys, Patient_root_has_its_own_level) {
  Device device;
  const auto learned = learned_of(device, true);
  ASSERT_NE(key(learned, KeyLevel::patient, tags::PatientName), nullptr);
  EXPECT_EQ(key(learned, KeyLevel::patient, tags::PatientName)->matching,
            (Kinds{Matching::single, Matching::wildcard}));
}

TEST(LearnKeys, What_is_learned_is_a_profile) {
  Device device;
  auto learned = learned_of(device, true);
  const auto profile = profile_of(learned, {"p", "1", "AE", {"a note"}});
  const auto read = load_profile(to_xml(profile), "learned.xml");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, profile);
}

}  // namespace
}  // namespace assay::conformance::learn
