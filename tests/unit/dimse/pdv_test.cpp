// Fragmentation: every packing is legal, within the receiver's limit, and puts the same message together again.
#include "harness/dimse/pdv.hpp"

#include <gtest/gtest.h>

namespace assay::dimse {
namespace {

Message store_message(std::size_t data_length) {
  Message message;
  message.context_id = 5;
  message.command = c_store_rq(9, uids::CTImageStorage, "2.25.99");
  for (std::size_t i = 0; i < data_length; ++i) message.data_set.push_back(static_cast<std::uint8_t>(i * 7));
  message.data_set_length = data_length;
  return message;
}

std::vector<pdu::PdvView> values_of(ByteView bytes, std::uint32_t maximum_length, std::size_t* pdus = nullptr) {
  std::vector<pdu::PdvView> values;
  Problems problems;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto length = load<std::uint32_t>(bytes.data() + at + 2, Endian::big);
    if (maximum_length != 0) {
      EXPECT_LE(length, maximum_length);
    }
    EXPECT_TRUE(pdu::decode_p_data(bytes.subspan(at, length + 6), at, values, problems));
    at += length + 6;
    if (pdus != nullptr) ++*pdus;
  }
  EXPECT_TRUE(problems.empty());
  return values;
}

void expect_same(const Message& left, const Message& right) {
  EXPECT_EQ(left.context_id, right.context_id);
  EXPECT_EQ(encode(left.command), encode(right.command));
  EXPECT_EQ(left.data_set, right.data_set);
  EXPECT_EQ(left.data_set_length, right.data_set_length);
}

void round_trip(const Message& message, const Packing& packing) {
  SCOPED_TRACE("max " + std::to_string(packing.maximum_length) + " fragment " +
               std::to_string(packing.fragment_length) + " per pdu " + std::to_string(packing.values_per_pdu) +
               (packing.command_and_data_together ? " together" : ""));
  Bytes bytes;
  ASSERT_TRUE(fragment(bytes, message, packing));
  auto lending = message;
  lending.lent_data_set = std::make_shared<const Bytes>(std::move(lending.data_set));
  lending.data_set = {};
  Gather gathered;
  append(gathered.own(), Bytes{1});
  ASSERT_TRUE(fragment(gathered, lending, packing));
  for (const auto& lent : gathered.lent()) EXPECT_EQ(lent.owner, lending.lent_data_set);
  const auto whole = gathered.take_whole();
  ASSERT_EQ(whole[0], 1);
  EXPECT_EQ(Bytes(whole.begin() + 1, whole.end()), bytes) << "a lent Data Set gives the same bytes";
  const auto values = values_of(bytes, packing.maximum_length);
  Assembler assembler;
  std::optional<Message> got;
  for (const auto& value : values) {
    EXPECT_EQ(value.fragment.size() % 2, 0U);
    if (packing.fragment_length >= 2) {
      EXPECT_LE(value.fragment.size(), packing.fragment_length);
    }
    auto out = assembler.push(value);
    EXPECT_TRUE(out.problems.empty()) << out.problems[0].rule;
    EXPECT_TRUE(out.command_problems.empty());
    ASSERT_FALSE(got) << "a message before the last PDV";
    if (out.message) got = std::move(out.message);
  }
  ASSERT_TRUE(got);
  expect_same(*got, message);
  EXPECT_TRUE(assembler.idle());

  // The model values say the same bytes.
  Bytes again;
  for (const auto& pdu : fragment_to_pdus(message, packing)) append(again, pdu::encode(pdu::Pdu(pdu)));
  EXPECT_EQ(again, bytes);
}

TEST(Pdv, Every_packing_round_trips) {
  const auto message = store_message(150);
  for (const std::uint32_t maximum : {0U, 8U, 9U, 15U, 64U, 128U, 16384U})
    for (const std::uint32_t size : {0U, 1U, 2U, 3U, 14U, 50U, 102U, 151U, 5000U})
      for (const std::uint32_t per_pdu : {0U, 1U, 2U, 7U, 1000U})
        for (const bool together : {false, true}) round_trip(message, {maximum, size, per_pdu, together});
}

TEST(Pdv, Every_fragment_size_round_trips) {
  const auto message = store_message(100);
  for (std::uint32_t size = 2; size <= 204; ++size)
    for (const bool together : {false, true}) round_trip(message, {16384, size, 2, together});
}

TEST(Pdv, A_message_without_data_round_trips) {
  Message message;
  message.command = c_echo_rq(3);
  for (const std::uint32_t size : {0U, 2U, 4U, 30U, 68U}) round_trip(message, {16384, size, 1, true});
}

TEST(Pdv, A_promised_but_empty_data_set_is_one_empty_last_fragment) {
  const auto message = store_message(0);
  round_trip(message, {});
  const auto pdus = fragment_to_pdus(message, {});
  ASSERT_EQ(pdus.size(), 2U);
  EXPECT_EQ(pdus[1].values[0].control_header, 2);
  EXPECT_TRUE(pdus[1].values[0].fragment.empty());
}

TEST(Pdv, Usual_packing_is_one_pdu_for_the_command_and_full_ones_for_data) {
  const auto pdus = fragment_to_pdus(store_message(40'000), {16384, 0, 1, false});
  ASSERT_EQ(pdus.size(), 4U);
  EXPECT_EQ(pdus[0].values[0].control_header, 3);
  EXPECT_EQ(pdus[1].values[0].control_header, 0);
  EXPECT_EQ(pdus[1].values[0].fragment.size(), 16384U - 6);
  EXPECT_EQ(pdus[3].values[0].control_header, 2);
}

TEST(Pdv, Together_means_the_first_data_fragment_shares_the_pdu_of_the_command) {
  const auto small = fragment_to_pdus(store_message(100), {16384, 0, 1, true});
  ASSERT_EQ(small.size(), 1U);
  ASSERT_EQ(small[0].values.size(), 2U);
  const auto large = fragment_to_pdus(store_message(40'000), {16384, 0, 1, true});
  ASSERT_EQ(large.size(), 3U);
  EXPECT_EQ(large[0].values.size(), 2U);
  EXPECT_EQ(large[1].values.size(), 1U);
  EXPECT_EQ(fragment_to_pdus(store_message(100), {16384, 0, 8, false}).size(), 2U);
}

TEST(Pdv, Several_values_share_a_pdu_while_they_fit) {
  const auto pdus = fragment_to_pdus(store_message(100), {16384, 10, 4, false});
  for (const auto& pdu : pdus) EXPECT_LE(pdu.values.size(), 4U);
  EXPECT_EQ(pdus[0].values.size(), 4U);
  const auto tight = fragment_to_pdus(store_message(100), {40, 10, 4, false});
  EXPECT_EQ(tight[0].values.size(), 2U);
}

TEST(Pdv, A_maximum_length_without_room_for_two_bytes_is_refused) {
  const auto message = store_message(10);
  for (std::uint32_t maximum = 1; maximum < 8; ++maximum) {
    Bytes out{1, 2, 3};
    EXPECT_FALSE(fragment(out, message, {maximum, 0, 1, false})) << maximum;
    EXPECT_EQ(out, (Bytes{1, 2, 3}));
    EXPECT_TRUE(fragment_to_pdus(message, {maximum, 0, 1, false}).empty());
  }
  round_trip(message, {8, 0, 1, false});
}

TEST(Pdv, A_lent_data_set_stays_where_it_is) {
  auto message = store_message(2 * 16378 + 100);  // the last fragment is short
  message.lent_data_set = std::make_shared<const Bytes>(std::move(message.data_set));
  message.data_set = {};
  Gather out;
  ASSERT_TRUE(fragment(out, message, {.maximum_length = 16384}));
  ASSERT_EQ(out.lent().size(), 3U);
  EXPECT_EQ(out.lent()[0].bytes.data(), message.lent_data_set->data());
  EXPECT_LT(out.own().size(), 300U) << "headers and the Command Set";
  EXPECT_FALSE(fragment(out, message, {.maximum_length = 7}));
  EXPECT_EQ(out.lent().size(), 3U);
}

TEST(Pdv, No_limit_sends_large_but_not_endless_pdus) {
  std::size_t pdus = 0;
  Bytes bytes;
  ASSERT_TRUE(fragment(bytes, store_message(200'000), {0, 0, 1, false}));
  (void)values_of(bytes, 65536, &pdus);
  EXPECT_EQ(pdus, 5U);
}

}  // namespace
}  // namespace assay::dimse
