// The framer: the same frames whatever the split, nothing collected beyond the limits.
#include <gtest/gtest.h>

#include "harness/base/limits.hpp"
#include "tests/unit/pdu/samples.hpp"

namespace assay::pdu {
namespace {

/// Every frame of `bytes`, pushed in the given pieces, as text.
std::vector<std::string> frames(ByteView bytes, const std::vector<std::size_t>& pieces,
                                std::uint64_t first_offset = 0) {
  Framer framer(first_offset);
  std::vector<std::string> out;
  const auto drain = [&] {
    for (auto frame = framer.next(); frame.status != Framer::Status::need_more; frame = framer.next()) {
      const bool whole = frame.status == Framer::Status::pdu;
      out.push_back((whole ? "pdu " : "unrecognized ") + std::to_string(frame.type) + " at " +
                    std::to_string(frame.offset) + (whole ? " " + to_hex(frame.bytes) : ""));
    }
  };
  for (const auto piece : pieces) {
    framer.push(bytes.first(piece));
    bytes = bytes.subspan(piece);
    drain();
  }
  framer.push(bytes);
  drain();
  return out;
}

Bytes stream() {
  Bytes out;
  for (const auto& pdu : samples::every_type()) append(out, ByteView(encode(pdu)));
  return out;
}

TEST(Framer, Cuts_a_stream_into_its_pdus_with_offsets) {
  std::vector<std::string> expected;
  std::uint64_t offset = 500;
  for (const auto& pdu : samples::every_type()) {
    const auto bytes = encode(pdu);
    expected.push_back("pdu " + std::to_string(bytes[0]) + " at " + std::to_string(offset) + " " + to_hex(bytes));
    offset += bytes.size();
  }
  EXPECT_EQ(frames(stream(), {}, 500), expected);
}

TEST(Framer, Split_at_every_offset_gives_the_same_frames) {
  auto bytes = stream();
  bytes.push_back(0x47);  // "G" of an HTTP request: the stream ends in noise
  const auto whole = frames(bytes, {});
  EXPECT_EQ(whole.back(), "unrecognized 71 at " + std::to_string(bytes.size() - 1));
  for (std::size_t at = 0; at <= bytes.size(); ++at) ASSERT_EQ(frames(bytes, {at}), whole) << at;
  EXPECT_EQ(frames(bytes, std::vector<std::size_t>(bytes.size(), 1)), whole);
}

TEST(Framer, Says_what_is_pending) {
  Framer framer;
  const Bytes first{5, 0, 0, 0};
  framer.push(first);
  EXPECT_EQ(framer.next().status, Framer::Status::need_more);
  EXPECT_EQ(framer.pending(), 4U);
  EXPECT_EQ(to_bytes(framer.pending_bytes()), (Bytes{5, 0, 0, 0}));
  const Bytes second{0, 4, 0, 0, 0, 0};
  framer.push(second);
  EXPECT_EQ(framer.pending(), 10U);
  EXPECT_EQ(framer.next().status, Framer::Status::pdu);
  EXPECT_EQ(framer.pending(), 0U);
}

TEST(Framer, An_unknown_type_is_told_with_its_first_byte_and_once) {
  for (const auto type : Bytes{0x00, 0x08, 0x16, 0x47, 0xff}) {
    Framer framer(7);
    const Bytes pushed{type};
    framer.push(pushed);
    const auto frame = framer.next();
    EXPECT_EQ(frame.status, Framer::Status::unrecognized);
    EXPECT_EQ(frame.type, type);
    EXPECT_EQ(frame.offset, 7U);
    EXPECT_EQ(frame.length, 0U);
    EXPECT_EQ(to_bytes(frame.bytes), Bytes{type});
    EXPECT_EQ(framer.next().status, Framer::Status::need_more);
    const auto more = encode(AReleaseRq{});
    framer.push(more);
    EXPECT_EQ(framer.next().status, Framer::Status::need_more);
    EXPECT_EQ(framer.pending(), 1U);  // nothing more is collected
  }
}

TEST(Framer, What_was_pushed_may_go_once_it_has_said_need_more_or_was_told_to_keep_it) {
  const auto release = encode(AReleaseRq{});
  Framer framer;
  const auto push_and_wipe = [&](Bytes bytes, std::size_t frames_wanted, bool to_the_end) {
    framer.push(bytes);
    for (std::size_t i = 0; i < frames_wanted; ++i) EXPECT_EQ(to_bytes(framer.next().bytes), release);
    if (to_the_end)
      EXPECT_EQ(framer.next().status, Framer::Status::need_more);
    else
      framer.keep();
    std::ranges::fill(bytes, std::uint8_t{0xff});
  };
  Bytes one_and_a_half = release;
  append(one_and_a_half, ByteView(release).first(5));
  push_and_wipe(one_and_a_half, 1, true);
  push_and_wipe(to_bytes(ByteView(release).subspan(5)), 0, false);
  EXPECT_EQ(to_bytes(framer.next().bytes), release);
  push_and_wipe(one_and_a_half, 0, false);
  EXPECT_EQ(framer.pending(), release.size() + 5);
  EXPECT_EQ(to_bytes(framer.next().bytes), release);
  EXPECT_EQ(to_bytes(framer.pending_bytes()), to_bytes(ByteView(release).first(5)));
}

TEST(Framer, A_length_beyond_the_limit_is_told_with_the_header_and_one_at_the_limit_is_awaited) {
  const auto status = [](std::uint8_t type, std::uint32_t length) {
    Bytes header{type, 0};
    store(header, length, Endian::big);
    Framer framer;
    framer.push(header);
    const auto frame = framer.next();
    EXPECT_EQ(frame.length, length);
    return frame.status;
  };
  using enum Framer::Status;
  for (const auto type : Bytes{1, 2, 3, 5, 6, 7}) {
    EXPECT_EQ(status(type, limits::max_association_pdu_length), need_more);
    EXPECT_EQ(status(type, limits::max_association_pdu_length + 1), unrecognized);
  }
  EXPECT_EQ(status(4, limits::max_p_data_length), need_more);
  EXPECT_EQ(status(4, limits::max_p_data_length + 1), unrecognized);
  EXPECT_EQ(status(4, 0xffffffff), unrecognized);
}

TEST(Framer, Handles_long_runs_of_small_pdus_pushed_together) {
  Bytes bytes;
  for (int i = 0; i < 5000; ++i) encode_p_data(bytes, 1, 0, Bytes{1, 2});
  EXPECT_EQ(frames(bytes, {1, 7, 30'000, 1}).size(), 5000U);
}

}  // namespace
}  // namespace assay::pdu
