// The same conversation with every trouble a network or a capture can make: same findings, or nobody accused.
#include <random>

#include "tests/unit/capture/support.hpp"

namespace assay::capture::test {
namespace {

/// A fault that is found again in every order: the reserved byte of the response.
const Turns& faulty() {
  static const Turns turns = echo_talk(true);
  return turns;
}

void same_findings(const Frames& frames, const std::string& what) {
  const auto reports = explained(frames);
  ASSERT_EQ(reports.size(), 1U) << what;
  EXPECT_EQ(reports[0].kind, ConversationReport::Kind::dicom) << what;
  EXPECT_TRUE(reports[0].whole()) << what << ": " << (reports[0].missing.empty() ? "" : reports[0].missing[0]);
  EXPECT_EQ(findings(reports[0]), findings(observed(faulty()))) << what;
}

TEST(Damage, The_conversation_in_order_gives_the_findings_of_the_live_observer) {
  ASSERT_EQ(findings(observed(faulty())).size(), 1U);
  for (const std::size_t segment : {1U, 2U, 7U, 100U, 65'000U}) same_findings(record(faulty(), segment), "in pieces");
}

TEST(Damage, Reordered_packets_give_the_same_findings) {
  const auto frames = record(faulty(), 50);
  // Every neighbouring pair after the SYN, every pair of distance two, blocks reversed.
  for (const std::size_t distance : {1U, 2U, 3U}) {
    for (std::size_t i = 1; i + distance < frames.size(); ++i) {
      auto other = frames;
      std::swap(other[i], other[i + distance]);
      same_findings(other, fmt::format("{} and {}", i, i + distance));
    }
  }
  auto reversed = frames;
  std::reverse(reversed.begin() + 3, reversed.end());
  same_findings(reversed, "backwards");
  Frames by_side(frames.begin(), frames.begin() + 3);
  for (const bool requestor : {false, true})
    for (std::size_t i = 3; i < frames.size(); ++i)
      if (from_requestor(frames[i]) == requestor) by_side.push_back(frames[i]);
  same_findings(by_side, "the acceptor's packets first");
}

TEST(Damage, Retransmission_and_overlap_give_the_same_findings) {
  const auto frames = record(faulty(), 50);
  Frames twice;
  for (const auto& frame : frames) {
    twice.push_back(frame);
    twice.push_back(frame);
  }
  same_findings(twice, "every packet twice");
  // Of two captures of the same conversation, cut differently: everything overlaps.
  auto merged = record(faulty(), 64);
  const auto others = record(faulty(), 37);
  for (std::size_t i = 3; i < others.size(); ++i)
    if (payload_size(others[i]) > 0) merged.insert(merged.begin() + static_cast<std::ptrdiff_t>(3 + i % 5), others[i]);
  same_findings(merged, "overlapping segments");
}

TEST(Damage, Keep_alives_are_no_data) {
  auto frames = record(faulty(), 65'000);
  Frames out;
  for (const auto& frame : frames) {
    out.push_back(frame);
    if (payload_size(frame) == 0) continue;
    // One byte back, once empty and once with a byte of rubbish.
    for (const std::size_t rubbish : {0U, 1U}) {
      Frame probe = frame;
      const auto at = 14 + 20 + 4;
      const auto sequence = load<std::uint32_t>(frame.bytes.data() + at, Endian::big) +
                            static_cast<std::uint32_t>(payload_size(frame)) - 1;
      Bytes number;
      store(number, sequence, Endian::big);
      std::ranges::copy(number, probe.bytes.begin() + at);
      probe.bytes.resize(payload_at(frame) + rubbish, 0xee);
      probe.bytes[payload_at(frame) - 1 + rubbish] = 0xee;
      probe.bytes[16] = 0;
      probe.bytes[17] = static_cast<std::uint8_t>(probe.bytes.size() - 14);
      probe.length = probe.bytes.size();
      out.push_back(std::move(probe));
    }
  }
  same_findings(out, "keep-alives");
}

TEST(Damage, Different_content_sent_again_is_told_and_the_first_is_judged) {
  auto frames = record(faulty(), 65'000);
  const auto rsp = std::ranges::find_if(
      frames, [](const Frame& f) { return !from_requestor(f) && payload_size(f) > 0 && f.bytes[payload_at(f)] == 4; });
  ASSERT_NE(rsp, frames.end());
  Frame again = *rsp;
  again.bytes[payload_at(again) + 1] = 0;  // the fault mended
  frames.insert(rsp + 1, again);
  const auto reports = explained(frames);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(findings(reports[0]).size(), 1U);
  ASSERT_EQ(reports[0].remarks.size(), 1U);
  EXPECT_NE(reports[0].remarks[0].find("10.0.0.2:104: byte"), std::string::npos) << reports[0].remarks[0];
  EXPECT_NE(reports[0].remarks[0].find("different content"), std::string::npos);
}

TEST(Damage, Sequence_numbers_wrap) {
  for (const std::uint32_t shift : {0x10000000U - 5, 0x10000000U - 300, 0x70000000U - 5, 0x80000000U}) {
    auto frames = record(faulty(), 40);
    for (auto& frame : frames) {
      for (const bool acknowledged : {false, true}) {
        const std::size_t at = 14 + 20 + (acknowledged ? 8U : 4U);
        if (acknowledged && (flags(frame) & 0x10U) == 0) continue;
        // Both streams move to just below the end of the number space.
        const bool of_requestor = from_requestor(frame) != acknowledged;
        const auto value =
            load<std::uint32_t>(frame.bytes.data() + at, Endian::big) - shift - (of_requestor ? 0U : 0x80000000U);
        Bytes number;
        store(number, value, Endian::big);
        std::ranges::copy(number, frame.bytes.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
    same_findings(frames, "wrapped");
  }
}

TEST(Damage, Any_single_lost_packet_accuses_nobody_and_is_told) {
  const auto healthy = store_talk();
  ASSERT_TRUE(findings(observed(healthy)).empty());
  for (const std::size_t segment : {700U, 1460U, 65'000U}) {
    const auto frames = record(healthy, segment);
    for (std::size_t lost = 0; lost < frames.size(); ++lost) {
      auto rest = frames;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(lost));
      const auto reports = explained(rest);
      ASSERT_EQ(reports.size(), 1U);
      if (!findings(reports[0]).empty()) {
        ADD_FAILURE() << "packet " << lost << ": " << findings(reports[0])[0];
      }
      if (payload_size(frames[lost]) > 0 && reports[0].whole()) {
        ADD_FAILURE() << "packet " << lost << " of " << payload_size(frames[lost]) << " bytes is lost, nothing is said";
      }
      if (payload_size(frames[lost]) == 0 && !reports[0].whole()) {
        ADD_FAILURE() << "packet " << lost << " carried nothing: " << reports[0].missing[0];
      }
    }
  }
}

TEST(Damage, Any_stretch_of_lost_packets_accuses_nobody) {
  const auto frames = record(store_talk(3000), 500);
  for (std::size_t from = 0; from < frames.size(); ++from) {
    for (const std::size_t count : {2U, 3U, 5U, 9U}) {
      auto rest = frames;
      const auto end = std::min(from + count, frames.size());
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(from), rest.begin() + static_cast<std::ptrdiff_t>(end));
      for (const auto& report : explained(rest)) {
        if (!findings(report).empty()) {
          ADD_FAILURE() << from << "+" << count << ": " << findings(report)[0];
        }
      }
    }
  }
}

TEST(Damage, A_start_in_the_middle_and_an_early_end_accuse_nobody) {
  const auto frames = record(store_talk(3000), 500);
  for (std::size_t cut = 1; cut < frames.size(); ++cut) {
    const Frames tail(frames.begin() + static_cast<std::ptrdiff_t>(cut), frames.end());
    const Frames head(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(cut));
    for (const auto& part : {tail, head}) {
      for (const auto& report : explained(part)) {
        if (!findings(report).empty()) {
          ADD_FAILURE() << cut << ": " << findings(report)[0];
        }
      }
    }
  }
}

TEST(Damage, Packets_cut_short_by_the_capture_accuse_nobody_and_are_told) {
  const auto frames = record(store_talk(), 1460);
  for (const std::size_t keep : {54U, 60U, 68U, 96U, 128U, 262U, 1000U}) {
    auto cut = frames;
    for (auto& frame : cut) frame.bytes.resize(std::min(frame.bytes.size(), keep));
    const auto reports = explained(cut);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_TRUE(findings(reports[0]).empty()) << keep;
    if (keep > 68) {
      EXPECT_EQ(reports[0].kind, ConversationReport::Kind::dicom) << keep;
    }
    if (reports[0].kind == ConversationReport::Kind::dicom) {
      EXPECT_FALSE(reports[0].whole());
    }
  }
}

TEST(Damage, A_hole_in_a_stored_data_set_leaves_everything_else_judged) {
  auto turns = store_talk();
  turns[7].bytes[1] = 9;  // the answer to the third object
  const auto wanted = findings(observed(turns));
  ASSERT_EQ(wanted.size(), 1U);
  auto frames = record(turns, 1460);
  frames.erase(frames.begin() + 9);  // inside the first object
  const auto reports = explained(frames);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(findings(reports[0]), wanted);
  ASSERT_EQ(reports[0].missing.size(), 1U);
  EXPECT_NE(reports[0].missing[0].find("1460 bytes of the requestor from byte"), std::string::npos);
  EXPECT_NE(reports[0].missing[0].find("Data Set of a C-STORE-RQ"), std::string::npos);
  EXPECT_EQ(reports[0].traces.size(), 1U);
}

TEST(Damage, After_a_hole_over_a_pdu_header_judging_begins_again_with_the_next_operation) {
  auto turns = store_talk();
  turns[7].bytes[1] = 9;  // the answer to the third object
  const auto wanted = findings(observed(turns));
  auto frames = record(turns, 1460);
  // All packets of the first object from its second on.
  std::size_t seen = 0;
  std::erase_if(frames, [&](const Frame& f) {
    if (!from_requestor(f) || payload_size(f) == 0) return false;
    ++seen;
    return seen >= 4 && seen <= 13;
  });
  const auto reports = explained(frames);
  ASSERT_EQ(reports.size(), 1U);
  const auto& r = reports[0];
  ASSERT_EQ(r.traces.size(), 2U) << r.missing[0];
  auto found = findings(r);
  ASSERT_EQ(found.size(), 1U) << found[0];
  EXPECT_EQ(r.traces[1].findings[0].offset, observed(turns).findings[0].offset) << "offsets count in the whole stream";
  EXPECT_NE(r.missing[0].find("judging stops there"), std::string::npos);
  EXPECT_NE(r.missing[1].find("judging goes on at byte"), std::string::npos);
}

TEST(Damage, The_order_of_the_capture_does_not_matter_to_who_asked_first) {
  // The answer stands before the request, as captures on several queues have it.
  auto frames = record(faulty());
  std::swap(frames[3], frames[4]);  // A-ASSOCIATE-RQ and -AC
  std::swap(frames[5], frames[6]);  // C-ECHO-RQ and -RSP
  same_findings(frames, "answers first");
}

TEST(Damage, In_whatever_order_the_packets_stand_nobody_is_accused) {
  const auto frames = record(store_talk(3000), 500);
  std::minstd_rand random(1);
  std::size_t unproven = 0;  // conversations whose beginning could not be judged, which is told
  for (int round = 0; round < 400; ++round) {
    auto shuffled = frames;
    for (std::size_t i = shuffled.size() - 1; i > 0; --i) std::swap(shuffled[i], shuffled[random() % (i + 1)]);
    shuffled.resize(shuffled.size() - random() % 4);
    for (const auto& report : explained(shuffled)) {
      for (const auto& text : report.missing) unproven += text.starts_with("nothing proves") ? 1 : 0;
      if (!findings(report).empty()) {
        ADD_FAILURE() << "round " << round << ": " << findings(report)[0];
      }
    }
  }
  EXPECT_GT(unproven, 0U);
}

}  // namespace
}  // namespace assay::capture::test
