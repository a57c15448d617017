// Repacking says the same in other fragments and other PDUs, and nothing that PS3.8 forbids.
#include <gtest/gtest.h>

#include <set>

#include "fuzz/device/mutate_parts.hpp"
#include "talking.hpp"

namespace assay::fuzz::device {
namespace {

struct Said {
  std::vector<Bytes> messages;  // Command Set and Data Set of each
  Problems problems;
  std::size_t largest_pdu = 0;  // without its header, which Maximum Length does not count
  std::size_t pdus = 0;
  bool mixed = false;  // one PDU held several fragments of a Command Set and several of its Data Set
};

/// What a device gets of all sends, by our own decoder.
Said said_by(const Conversation& conversation) {
  Said out;
  pdu::Framer framer;
  dimse::Assembler assembler;
  for (const auto& step : conversation.steps) {
    if (step.what != Do::send) continue;
    framer.push(step.bytes);
    for (auto frame = framer.next(); frame.status == pdu::Framer::Status::pdu; frame = framer.next()) {
      ++out.pdus;
      out.largest_pdu = std::max(out.largest_pdu, frame.bytes.size() - pdu::pdu_header_length);
      if (frame.type != 4) continue;
      std::vector<pdu::PdvView> values;
      EXPECT_TRUE(pdu::decode_p_data(frame.bytes, frame.offset, values, out.problems));
      const auto commands = std::ranges::count_if(values, &pdu::PdvView::is_command);
      out.mixed = out.mixed || (commands > 1 && std::ssize(values) - commands > 1);
      for (const auto& value : values) {
        auto taken = assembler.push(value);
        out.problems.insert(out.problems.end(), taken.problems.begin(), taken.problems.end());
        if (!taken.message) continue;
        auto whole = dimse::encode(taken.message->command);
        append(whole, taken.message->data());
        out.messages.push_back(std::move(whole));
      }
    }
    framer.keep();
  }
  EXPECT_TRUE(assembler.idle()) << "every message is whole";
  return out;
}

Conversation with_a_data_set_of(std::size_t size) {
  auto c = talking::echo_and_store();
  for (auto& step : c.steps)
    if (step.bytes == talking::message(3, dimse::c_store_rq(2, talking::ct_storage, "2.25.2"), Bytes(8)))
      step.bytes = talking::message(3, dimse::c_store_rq(2, talking::ct_storage, "2.25.2"), Bytes(size, 7));
  return c;
}

TEST(Repack, SaysTheSameMessagesInPdusThatAreInOrder) {
  for (const std::size_t size : {std::size_t{8}, std::size_t{1000}, std::size_t{40000}}) {
    const auto before = with_a_data_set_of(size);
    const auto wanted = said_by(before);
    ASSERT_EQ(wanted.messages.size(), 2U);
    std::set<std::size_t> pdus;
    bool mixed = false;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      auto c = before;
      Random random(seed);
      if (!parts::repack(c, before, random)) continue;
      const auto found = said_by(c);
      EXPECT_EQ(found.messages, wanted.messages) << seed;
      EXPECT_TRUE(found.problems.empty()) << seed << " " << found.problems.front().rule;
      EXPECT_LE(found.largest_pdu, 16384U) << seed;
      EXPECT_LE(c.steps.size(), before.steps.size() + 8) << seed;
      pdus.insert(found.pdus);
      mixed = mixed || found.mixed;
    }
    EXPECT_GT(pdus.size(), 2U) << "in more PDUs and in fewer";
    EXPECT_TRUE(mixed || size > 1000) << "several fragments of both in one PDU";
  }
}

TEST(Repack, JoinsWhatIsSentWithoutAWaitBetweenAndNothingElse) {
  auto c = with_a_data_set_of(100);
  const auto sends = std::ranges::count(c.steps, Do::send, &Step::what);
  bool fewer = false;
  // The Command Set and the Data Set as two sends, as recorded conversations have them.
  const auto at = std::ranges::find_if(c.steps, [](const Step& s) { return s.bytes.size() > 200 && s.bytes[0] == 4; });
  ASSERT_NE(at, c.steps.end());
  const auto first = 6 + load<std::uint32_t>(&at->bytes[2], Endian::big);
  auto second = *at;
  second.bytes.erase(second.bytes.begin(), second.bytes.begin() + first);
  ASSERT_FALSE(second.bytes.empty());
  at->bytes.resize(first);
  c.steps.insert(at + 1, std::move(second));
  const auto wanted = said_by(c);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    auto made = c;
    Random random(seed);
    if (!parts::repack(made, c, random)) continue;
    EXPECT_EQ(said_by(made).messages, wanted.messages) << seed;
    fewer = fewer || std::ranges::count(made.steps, Do::send, &Step::what) == sends;
  }
  EXPECT_TRUE(fewer) << "both in one send again";
}

TEST(Repack, LeavesAloneWhatIsNoWellFormedPData) {
  Conversation c{"a", "b", {}};
  c.steps.push_back({.what = Do::connect});
  c.steps.push_back(talking::sending(talking::request()));
  c.steps.push_back(talking::sending({4, 0, 0, 0, 0, 0}));
  c.steps.push_back(talking::sending({4, 0, 0, 0, 0, 6, 0, 0, 0, 3, 1, 3}));
  c.steps.push_back(talking::sending({4, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2, 1, 3}));
  const auto before = c;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    EXPECT_FALSE(parts::repack(c, before, random));
    EXPECT_EQ(c, before);
  }
}

}  // namespace
}  // namespace assay::fuzz::device
