// The store in memory: keys, tree, bounds, eviction; and the synthetic set that fills it.
#include "harness/service/store.hpp"

#include <gtest/gtest.h>

#include <set>

#include "harness/dataset/deflate.hpp"
#include "harness/service/forgetful_store.hpp"
#include "harness/service/synthetic.hpp"

namespace assay::service {
namespace {

Instance instance(int number, std::size_t padding = 0) {
  dataset::DataSet data(dataset::explicit_le);
  data.set_text(tags::SOPClassUID, uids::CTImageStorage);
  data.set_text(tags::SOPInstanceUID, "2.25.1" + std::to_string(number));
  data.set_text(tags::PatientID, "P");
  data.set_text(tags::StudyInstanceUID, "2.25.2");
  data.set_text(tags::SeriesInstanceUID, "2.25.3");
  data.set_text(tags::Modality, "CT");
  data.set_bytes(tags::PixelData, Vr::OW, Bytes(padding, 7));
  return *make_instance(data, uids::ExplicitVRLittleEndian);
}

std::size_t count(const MemoryStore& store, QueryLevel level, const Scope& scope = {}) {
  std::size_t n = 0;
  const auto cursor = store.candidates(level, scope);
  while (cursor->next()) ++n;
  return n;
}

TEST(Store, The_keys_of_a_deflated_Data_Set_are_read_and_its_bytes_kept) {
  const auto plain = instance(1);
  const auto deflated = dataset::deflate(plain.data_set);
  const auto made = make_instance(deflated, uids::DeflatedExplicitVRLittleEndian);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->sop_instance_uid, plain.sop_instance_uid);
  EXPECT_EQ(made->data_set, deflated);
  EXPECT_FALSE(make_instance(Bytes(deflated.begin(), deflated.begin() + 20), uids::DeflatedExplicitVRLittleEndian));
}

TEST(Store, An_instance_keeps_its_bytes_and_knows_its_keys) {
  const auto made = instance(4, 100);
  EXPECT_EQ(made.sop_instance_uid, "2.25.14");
  EXPECT_EQ(made.sop_class_uid, uids::CTImageStorage);
  EXPECT_EQ(made.study_uid, "2.25.2");
  EXPECT_FALSE(made.attributes.has(tags::PixelData));
  EXPECT_TRUE(dataset::decode(made.data_set, dataset::explicit_le).data_set.has(tags::PixelData));
}

TEST(Store, Garbage_and_a_data_set_without_instance_uid_make_no_instance) {
  EXPECT_FALSE(make_instance(Bytes{1, 2, 3}, uids::ExplicitVRLittleEndian));
  EXPECT_FALSE(make_instance(Bytes{}, uids::ExplicitVRLittleEndian));
  EXPECT_FALSE(make_instance(instance(1).data_set, uids::DeflatedExplicitVRLittleEndian)) << "not deflated at all";
}

TEST(Store, Duplicates_are_replaced_or_kept_as_asked) {
  MemoryStore store;
  EXPECT_EQ(store.put(instance(1), true), PutResult::stored);
  EXPECT_EQ(store.put(instance(1, 10), false), PutResult::duplicate);
  EXPECT_EQ(store.find("2.25.11")->data_set, instance(1).data_set);
  EXPECT_EQ(store.put(instance(1, 10), true), PutResult::replaced);
  EXPECT_EQ(store.find("2.25.11")->data_set, instance(1, 10).data_set);
  EXPECT_EQ(store.count(), 1U);
  EXPECT_EQ(store.bytes(), instance(1, 10).size());
}

TEST(Store, A_full_store_refuses) {
  MemoryStore by_count(MemoryStoreOptions{2, 1U << 20, false});
  EXPECT_EQ(by_count.put(instance(1), true), PutResult::stored);
  EXPECT_EQ(by_count.put(instance(2), true), PutResult::stored);
  EXPECT_EQ(by_count.put(instance(3), true), PutResult::full);
  EXPECT_EQ(by_count.put(instance(2), true), PutResult::replaced);
  MemoryStore by_size(MemoryStoreOptions{100, instance(1).size() + 10, false});
  EXPECT_EQ(by_size.put(instance(1), true), PutResult::stored);
  EXPECT_EQ(by_size.put(instance(2), true), PutResult::full);
  EXPECT_EQ(by_size.put(instance(1, 1000), true), PutResult::full);
  EXPECT_EQ(by_size.find("2.25.11")->data_set, instance(1).data_set);
}

TEST(Store, Eviction_makes_room_from_the_oldest) {
  MemoryStore store(MemoryStoreOptions{2, 1U << 20, true});
  for (int i = 1; i <= 4; ++i) EXPECT_EQ(store.put(instance(i), true), PutResult::stored);
  EXPECT_EQ(store.count(), 2U);
  EXPECT_EQ(store.find("2.25.11"), nullptr);
  EXPECT_EQ(store.find("2.25.12"), nullptr);
  EXPECT_NE(store.find("2.25.14"), nullptr);
  EXPECT_EQ(count(store, QueryLevel::image), 2U);
  MemoryStore tiny(MemoryStoreOptions{10, 100, true});
  EXPECT_EQ(tiny.put(instance(1, 1000), true), PutResult::full) << "no eviction makes room for this";
}

TEST(Store, Erasing_the_last_instance_removes_the_tree_above_it) {
  MemoryStore store;
  store.put(instance(1), true);
  EXPECT_EQ(count(store, QueryLevel::patient), 1U);
  EXPECT_TRUE(store.erase("2.25.11"));
  EXPECT_FALSE(store.erase("2.25.11"));
  for (const auto level : {QueryLevel::patient, QueryLevel::study, QueryLevel::series, QueryLevel::image})
    EXPECT_EQ(count(store, level), 0U);
  EXPECT_EQ(store.bytes(), 0U);
}

TEST(Store, A_cursor_passes_over_what_has_gone) {
  MemoryStore store;
  for (int i = 1; i <= 3; ++i) store.put(instance(i), true);
  const auto cursor = store.candidates(QueryLevel::image, {});
  EXPECT_TRUE(cursor->next());
  store.erase("2.25.12");
  EXPECT_TRUE(cursor->next());
  EXPECT_FALSE(cursor->next());
}

TEST(Synthetic, The_set_has_the_promised_size_and_shape) {
  MemoryStore store;
  EXPECT_EQ(fill_with_synthetic(store), 14U);
  EXPECT_EQ(count(store, QueryLevel::patient), 5U);
  EXPECT_EQ(count(store, QueryLevel::study), 7U);
  EXPECT_EQ(count(store, QueryLevel::series), 9U);
  EXPECT_EQ(count(store, QueryLevel::image), 14U);
  Scope scope;
  scope.patient_id = "ASY-0001";
  EXPECT_EQ(count(store, QueryLevel::series, scope), 3U);
}

TEST(Synthetic, Every_instance_decodes_clean_in_every_uncompressed_syntax) {
  for (const auto& made : synthetic_instances()) {
    for (const auto encoding : {dataset::implicit_le, dataset::explicit_le, dataset::explicit_be}) {
      const auto bytes = dataset::encode(made, encoding);
      const auto decoded = dataset::decode(bytes, encoding);
      EXPECT_TRUE(clean(decoded.problems)) << decoded.problems[0].rule << " " << decoded.problems[0].field;
      EXPECT_EQ(decoded.consumed, bytes.size());
    }
  }
}

TEST(Synthetic, UIDs_are_valid_and_unique_and_the_set_is_the_same_each_time) {
  std::set<std::string> seen;
  const auto one = synthetic_instances();
  const auto two = synthetic_instances();
  ASSERT_EQ(one.size(), two.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_TRUE(one[i].equal_in_value(two[i]));
    const auto uid = one[i].text(tags::SOPInstanceUID);
    EXPECT_TRUE(uid.starts_with("2.25."));
    EXPECT_LE(uid.size(), 44U);
    EXPECT_EQ(uid.find_first_not_of("0123456789."), std::string_view::npos);
    EXPECT_TRUE(seen.emplace(uid).second) << uid;
    EXPECT_EQ(one[i].find(tags::PixelData)->value.size(), 8U * 8 * 2);
  }
}

TEST(ForgetfulStore, Says_stored_and_has_nothing) {
  ForgetfulStore store;
  MemoryStore kept;
  for (const auto& data : synthetic_instances()) {
    const auto one = *make_instance(data, uids::ExplicitVRLittleEndian);
    EXPECT_EQ(store.put(one, false), PutResult::stored);
    EXPECT_EQ(kept.put(one, false), PutResult::stored);
    EXPECT_EQ(store.find(one.sop_instance_uid), nullptr);
    EXPECT_NE(kept.find(one.sop_instance_uid), nullptr);
  }
  EXPECT_FALSE(store.candidates(QueryLevel::image, {})->next().has_value());
  EXPECT_TRUE(kept.candidates(QueryLevel::image, {})->next().has_value());
}

}  // namespace
}  // namespace assay::service
