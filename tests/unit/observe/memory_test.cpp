// The memory bounds of the Trace, and arbitrary bytes from both sides.
#include <gtest/gtest.h>

#include <random>

#include "harness/observe/keep.hpp"
#include "support.hpp"

namespace assay::observe {
namespace {

using test::associated;
using test::only;
using trace::Side;

std::size_t bytes_held(const trace::Trace& trace) {
  std::size_t total = 0;
  for (const auto& entry : trace.entries) {
    if (const auto* seen = std::get_if<trace::PduSeen>(&entry.what)) {
      total += seen->bytes.size();
      for (const auto& value : seen->values) total += sizeof(value) + value.fragment.size();
      for (const auto& problem : seen->problems) total += problem.found.size() + problem.expected.size();
    } else if (const auto* message = std::get_if<trace::MessageSeen>(&entry.what)) {
      total += message->message->data_set.size();
    } else if (const auto* leftover = std::get_if<trace::Leftover>(&entry.what)) {
      total += leftover->bytes.size();
    }
  }
  return total;
}

Bytes store(std::size_t data_length) {
  return test::message_bytes(dimse::c_store_rq(1, uids::CTImageStorage, "1.2.3"), 0, Bytes(data_length, 0x20));
}

TEST(Memory, Keeps_digests_of_bulk_data_beyond_the_bound_and_the_association_whole) {
  Options options;
  options.keep_bytes = 10'000;
  auto observer = associated(options);
  for (int i = 0; i < 50; ++i) observer.bytes(Side::requestor, store(10'000), {});
  const auto& trace = observer.trace();
  EXPECT_LT(bytes_held(trace), 10'000U + 100 * 4 * sizeof(pdu::PresentationDataValue) + 2000);
  const auto seen = only<trace::PduSeen>(trace);
  ASSERT_EQ(seen.size(), 102U);
  EXPECT_EQ(seen[0].bytes, test::associate_rq());
  EXPECT_EQ(seen[2].bytes.size(), seen[2].length + 6U);
  EXPECT_TRUE(seen.back().bytes.empty());
  EXPECT_NE(seen.back().digest, 0U);
  EXPECT_EQ(seen.back().digest, seen[seen.size() - 3].digest);
  ASSERT_EQ(seen.back().fragment_lengths.size(), 1U);
  EXPECT_EQ(seen.back().fragment_lengths[0], 10'000U);
  const auto messages = only<trace::MessageSeen>(trace);
  ASSERT_EQ(messages.size(), 50U);
  EXPECT_FALSE(messages.back().message->data_set_kept());
  EXPECT_EQ(messages.back().message->data_set_length, 10'000U);
  EXPECT_EQ(messages.back().message->command.name(), "C-STORE-RQ");
}

TEST(Memory, Connections_that_share_a_budget_keep_no_more_together_and_give_it_back) {
  constexpr std::size_t all = 30'000;
  Options options;
  options.common = std::make_shared<std::size_t>(all);
  {
    auto one = associated(options);
    auto other = associated(options);
    for (int i = 0; i < 3; ++i)
      for (auto* observer : {&one, &other}) observer->bytes(Side::requestor, store(8'000), {});
    EXPECT_LT(bytes_held(one.trace()) + bytes_held(other.trace()),
              all + 100 * sizeof(pdu::PresentationDataValue) + 4000);
    EXPECT_LT(*options.common, all);
    const auto messages = only<trace::MessageSeen>(other.trace());
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_FALSE(messages.back().message->data_set_kept());
    EXPECT_EQ(messages.back().message->data_set_length, 8'000U) << "counted all the same";
  }
  EXPECT_EQ(*options.common, all);
}

TEST(Memory, Counts_entries_beyond_the_bound) {
  Options options;
  options.keep_entries = 10;
  auto observer = associated(options);
  for (int i = 0; i < 100; ++i) observer.bytes(Side::requestor, test::echo_rq(), {});
  EXPECT_EQ(observer.trace().entries.size(), 10U);
  EXPECT_EQ(observer.trace().dropped_entries, 193U);  // opened, 2, and 200 of which 7 were kept
}

TEST(Memory, Counts_findings_beyond_the_bound) {
  auto observer = associated();
  for (int i = 0; i < 3000; ++i) observer.bytes(Side::requestor, Bytes{4, 0, 0, 0, 0, 0}, {});
  EXPECT_EQ(observer.trace().findings.size(), limits::max_problems);
  EXPECT_EQ(observer.trace().dropped_findings, 3000 - limits::max_problems);
}

TEST(Memory, Keeps_a_bounded_number_of_values_of_one_PDU) {
  auto observer = associated();
  Bytes body;
  for (int i = 0; i < 20'000; ++i) append(body, ByteView(std::array<std::uint8_t, 6>{0, 0, 0, 2, 1, 0}));
  Bytes pdu{4, 0};
  assay::store(pdu, static_cast<std::uint32_t>(body.size()), Endian::big);
  append(pdu, body);
  observer.bytes(Side::requestor, pdu, {});
  const auto seen = only<trace::PduSeen>(observer.trace());
  EXPECT_EQ(seen.back().values.size(), max_values_kept);
  EXPECT_EQ(seen.back().more_values, 20'000 - max_values_kept);
}

TEST(Memory, Does_not_allocate_what_a_length_claims) {
  Observer observer(nullptr, {});
  observer.opened({});
  observer.bytes(Side::requestor, Bytes{4, 0, 0x0f, 0xff, 0xff, 0xff, 1, 2, 3}, {});
  observer.finish({});
  const auto leftovers = only<trace::Leftover>(observer.trace());
  ASSERT_EQ(leftovers.size(), 1U);
  EXPECT_EQ(leftovers[0].bytes.size(), 9U);
}

TEST(Hostile, Bytes_of_any_kind_never_break_the_observer_nor_its_bounds) {
  std::mt19937 random(20240229);
  const std::vector<Bytes> seeds{test::associate_rq(),
                                 test::associate_ac(),
                                 test::echo_rq(),
                                 test::echo_rq(20),
                                 test::echo_rsp(),
                                 store(64),
                                 test::bytes_of(pdu::AReleaseRq{}),
                                 test::bytes_of(pdu::AReleaseRp{}),
                                 test::bytes_of(pdu::AAbort{})};
  for (int round = 0; round < 10'000; ++round) {
    Options options;
    options.keep_bytes = 1000;
    options.keep_entries = 50;
    Observer observer(nullptr, options);
    if (random() % 2 == 0) {
      observer.opened({});
      observer.bytes(Side::requestor, seeds[0], {});
      observer.bytes(Side::acceptor, seeds[1], {});
    }
    for (unsigned step = 0; step < random() % 12; ++step) {
      const auto side = random() % 2 == 0 ? Side::requestor : Side::acceptor;
      switch (random() % 8) {
        case 0: {
          Bytes noise(random() % 64);
          for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
          observer.bytes(side, noise, {});
          break;
        }
        case 1: observer.closed(side, random() % 2 == 0 ? trace::Closing::fin : trace::Closing::rst, {}); break;
        default: {
          auto bytes = seeds[random() % seeds.size()];
          for (unsigned i = 0; i < random() % 3; ++i)
            bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
          observer.bytes(side, bytes, {});
        }
      }
    }
    observer.finish({});
    const auto& trace = observer.trace();
    ASSERT_LE(trace.entries.size(), 50U);
    ASSERT_LE(trace.findings.size(), limits::max_problems);
    ASSERT_LE(bytes_held(trace), 200'000U);
  }
}

}  // namespace
}  // namespace assay::observe
