// C-STORE decisions (PS3.4 B.2.3): each disagreement has its status and leaves nothing behind; the clean twin is kept.
#include "harness/service/storage.hpp"

#include <gtest/gtest.h>

#include "harness/service/synthetic.hpp"

namespace assay::service {
namespace {

session::AcceptedContext context(std::string_view abstract_syntax, std::string_view transfer_syntax) {
  return {5, std::string(abstract_syntax), std::string(transfer_syntax), true, false};
}

dimse::Message store_request(const dataset::DataSet& data, std::string_view transfer_syntax) {
  dimse::Message out;
  out.context_id = 5;
  out.command = dimse::c_store_rq(3, data.text(tags::SOPClassUID), data.text(tags::SOPInstanceUID));
  out.data_set = dataset::encode(data, dataset::encoding_of(transfer_syntax));
  out.data_set_length = out.data_set.size();
  return out;
}

dataset::DataSet ct() { return synthetic_instances()[0]; }
constexpr auto ele = uids::ExplicitVRLittleEndian;

TEST(Storage, Every_synthetic_instance_is_stored_in_every_uncompressed_syntax) {
  for (const auto syntax : {uids::ImplicitVRLittleEndian, ele, uids::ExplicitVRBigEndian}) {
    MemoryStore store;
    for (const auto& data : synthetic_instances()) {
      const auto request = store_request(data, syntax);
      const auto response = answer_store(request, context(data.text(tags::SOPClassUID), syntax), store);
      EXPECT_EQ(response.command.status(), 0x0000);
      EXPECT_EQ(response.command.field(), 0x8001);
      EXPECT_EQ(response.command.responded_to(), 3);
      EXPECT_EQ(response.command.sop_class_uid(), data.text(tags::SOPClassUID));
      EXPECT_EQ(response.command.sop_instance_uid(), data.text(tags::SOPInstanceUID));
      EXPECT_EQ(response.context_id, 5);
      EXPECT_FALSE(response.command.has_data_set());
      EXPECT_TRUE(dimse::decode_command(encode(response.command)).problems.empty());
      ASSERT_NE(store.find(data.text(tags::SOPInstanceUID)), nullptr);
      EXPECT_EQ(store.find(data.text(tags::SOPInstanceUID))->data_set, request.data_set);
    }
    EXPECT_EQ(store.count(), 14U);
  }
}

struct Case {
  std::string name;
  dimse::Message request;
  session::AcceptedContext context;
  std::uint16_t status;
  std::optional<Tag> offending;
};

std::vector<Case> refused() {
  const auto good = context(uids::CTImageStorage, ele);
  std::vector<Case> out;
  const auto add = [&](std::string name, dimse::Message request, std::uint16_t status, std::optional<Tag> offending) {
    out.push_back({std::move(name), std::move(request), good, status, offending});
  };
  add("context of another class", store_request(ct(), ele), 0x0122, tags::AffectedSOPClassUID);
  out.back().context = context(uids::MRImageStorage, ele);
  auto other_class = ct();
  other_class.set_text(tags::SOPClassUID, uids::MRImageStorage);
  auto request = store_request(other_class, ele);
  request.command.elements().set_text(tags::AffectedSOPClassUID, uids::CTImageStorage);
  add("class in command and data differ", request, 0xa900, tags::SOPClassUID);
  request = store_request(ct(), ele);
  request.command.elements().set_text(tags::AffectedSOPInstanceUID, "2.25.1");
  add("instance in command and data differ", request, 0xa900, tags::SOPInstanceUID);
  request = store_request(ct(), ele);
  request.command.elements().erase(tags::AffectedSOPInstanceUID);
  add("no instance in command", request, 0x0212, tags::AffectedSOPInstanceUID);
  request = store_request(ct(), ele);
  request.command.elements().set_u16(tags::CommandDataSetType, 0x0101);
  request.data_set.clear();
  request.data_set_length = 0;
  add("no data set", request, 0x0212, tags::CommandDataSetType);
  request = store_request(ct(), ele);
  request.data_set.resize(40);
  request.data_set_length = 40;
  add("data set cut short", request, 0xc000, std::nullopt);
  add("data set in another syntax", store_request(ct(), uids::ExplicitVRBigEndian), 0xc000, std::nullopt);
  request = store_request(ct(), ele);
  request.data_set.clear();
  add("data set not kept", request, 0xa700, std::nullopt);
  auto no_study = ct();
  no_study.erase(tags::StudyInstanceUID);
  add("no study", store_request(no_study, ele), 0xa900, tags::StudyInstanceUID);
  auto no_series = ct();
  no_series.set_empty(tags::SeriesInstanceUID);
  add("no series", store_request(no_series, ele), 0xa900, tags::SeriesInstanceUID);
  return out;
}

TEST(Storage, What_does_not_agree_is_refused_with_its_status_and_not_kept) {
  for (const auto& c : refused()) {
    MemoryStore store;
    const auto response = answer_store(c.request, c.context, store);
    EXPECT_EQ(response.command.status(), c.status) << c.name;
    EXPECT_EQ(store.count(), 0U) << c.name;
    EXPECT_EQ(response.command.elements().has(tags::OffendingElement), c.offending.has_value()) << c.name;
    if (c.offending) {
      const auto value = response.command.elements().find(tags::OffendingElement)->value;
      EXPECT_EQ(
          Tag(load<std::uint16_t>(value.data(), Endian::little), load<std::uint16_t>(value.data() + 2, Endian::little)),
          *c.offending)
          << c.name;
    }
    const auto comment = response.command.elements().text(tags::ErrorComment);
    EXPECT_FALSE(comment.empty()) << c.name;
    EXPECT_LE(comment.size(), 64U) << c.name;
    EXPECT_TRUE(dimse::decode_command(encode(response.command)).problems.empty()) << c.name;
  }
}

TEST(Storage, A_mismatch_may_be_a_warning_instead) {
  StorageOptions options;
  options.mismatch_is_warning = true;
  MemoryStore store;
  auto request = store_request(ct(), ele);
  request.command.elements().set_text(tags::AffectedSOPInstanceUID, "2.25.1");
  EXPECT_EQ(answer_store(request, context(uids::CTImageStorage, ele), store, options).command.status(), 0xb007);
  EXPECT_EQ(store.count(), 1U);
}

TEST(Storage, Duplicates_follow_the_policy) {
  const auto request = store_request(ct(), ele);
  const auto accepted = context(uids::CTImageStorage, ele);
  const std::pair<DuplicatePolicy, std::uint16_t> rows[] = {
      {DuplicatePolicy::replace, 0x0000}, {DuplicatePolicy::keep, 0x0000}, {DuplicatePolicy::refuse, 0xc001}};
  for (const auto& [policy, second] : rows) {
    MemoryStore store;
    StorageOptions options;
    options.duplicates = policy;
    EXPECT_EQ(answer_store(request, accepted, store, options).command.status(), 0x0000);
    EXPECT_EQ(answer_store(request, accepted, store, options).command.status(), second);
    EXPECT_EQ(store.count(), 1U);
  }
}

TEST(Storage, A_full_store_says_out_of_resources) {
  MemoryStore store(MemoryStoreOptions{0, 1U << 20, false});
  EXPECT_EQ(answer_store(store_request(ct(), ele), context(uids::CTImageStorage, ele), store).command.status(), 0xa700);
}

TEST(Storage, A_blank_patient_id_is_no_reason_to_refuse) {
  MemoryStore store;
  auto data = ct();
  data.set_empty(tags::PatientID);
  EXPECT_EQ(answer_store(store_request(data, ele), context(uids::CTImageStorage, ele), store).command.status(), 0x0000);
}

}  // namespace
}  // namespace assay::service
