#include "harness/capture/segment.hpp"

#include "tests/unit/capture/support.hpp"

namespace assay::capture::test {
namespace {

std::vector<std::string> segments(const Frames& frames, std::uint32_t link, PacketCounts* counts = nullptr) {
  std::vector<std::string> out;
  SegmentReader reader;
  std::uint64_t number = 0;
  for (const auto& frame : frames) {
    Packet packet;
    packet.number = ++number;
    packet.unix_time = frame.time;
    packet.link_type = link;
    packet.bytes = frame.bytes;
    packet.length = frame.length;
    if (const auto s = reader.read(packet))
      out.push_back(to_text(s->from) + ">" + to_text(s->to) + " " + std::to_string(s->sequence) + " " +
                    std::to_string(s->flags) + " " + std::to_string(s->length) + " " +
                    std::to_string(s->payload.size()));
  }
  reader.finish();
  if (counts != nullptr) *counts = reader.counts();
  return out;
}

/// Every frame without its Ethernet header, behind `header` instead.
Frames relinked(const Frames& frames, const Bytes& header) {
  Frames out;
  for (const auto& frame : frames) {
    Frame f = frame;
    f.bytes = header;
    append(f.bytes, ByteView(frame.bytes).subspan(14));
    f.length = frame.length - 14 + header.size();
    out.push_back(std::move(f));
  }
  return out;
}

TEST(Segment, Every_link_type_gives_the_same_segments) {
  for (const auto* family : {"10.0.0.1:4000", "[2001:db8::1]:4000"}) {
    const bool ipv6 = *family == '[';
    const auto frames = record(echo_talk(), 1000, family, ipv6 ? "[2001:db8::2]:104" : "10.0.0.2:104");
    const auto wanted = segments(frames, 1);
    ASSERT_GE(wanted.size(), 9U);
    const Bytes type = ipv6 ? Bytes{0x86, 0xdd} : Bytes{0x08, 0x00};
    const auto with = [&](Bytes before) {
      append(before, type);
      return before;
    };
    const Bytes mac(12, 2);
    Bytes sll2 = type;
    append(sll2, Bytes(18, 0));
    const std::uint8_t bsd = ipv6 ? 30 : 2;
    auto tagged = mac;
    append(tagged, Bytes{0x81, 0, 0, 5});
    auto twice = mac;
    append(twice, Bytes{0x88, 0xa8, 0, 5, 0x81, 0, 0, 6});
    auto pppoe = mac;
    append(pppoe, Bytes{0x88, 0x64, 0x11, 0, 0, 1, 0, 9, 0, static_cast<std::uint8_t>(ipv6 ? 0x57 : 0x21)});
    const std::pair<std::uint32_t, Bytes> links[] = {
        {1, with(mac)},      {1, with(tagged)},         {1, with(twice)},
        {1, pppoe},          {113, with(Bytes(14, 0))}, {276, sll2},
        {101, {}},           {ipv6 ? 229U : 228U, {}},  {0, {bsd, 0, 0, 0}},
        {0, {0, 0, 0, bsd}}, {108, {0, 0, 0, bsd}},     {12, {}}};
    for (const auto& [link, header] : links) {
      EXPECT_EQ(segments(relinked(frames, header), link), wanted) << link << " " << header.size();
    }
  }
}

TEST(Segment, Other_links_and_protocols_are_counted_and_left_out) {
  PacketCounts counts;
  EXPECT_TRUE(segments({{Duration(0), Bytes(60, 0), 60}}, 147, &counts).empty());
  EXPECT_TRUE(counts.unknown_links.contains(147));
  auto frames = record(echo_talk());
  for (auto& frame : frames) frame.bytes[14 + 9] = 17;  // UDP
  EXPECT_TRUE(segments(frames, 1, &counts).empty());
  EXPECT_EQ(counts.other, frames.size());
  frames = record(echo_talk());
  for (auto& frame : frames) frame.bytes[14] = 0x44;  // an IP header of 16 bytes
  EXPECT_TRUE(segments(frames, 1, &counts).empty());
  EXPECT_EQ(counts.broken, frames.size());
}

TEST(Segment, Options_padding_offload_and_cut_packets_are_understood) {
  const auto frames = record(echo_talk());
  const auto wanted = segments(frames, 1);
  auto padded = frames;
  for (auto& frame : padded) {
    append(frame.bytes, Bytes(10, 0));  // a minimal Ethernet frame
    frame.length += 10;
  }
  EXPECT_EQ(segments(padded, 1), wanted);
  auto offload = frames;
  for (auto& frame : offload) frame.bytes[16] = frame.bytes[17] = 0;
  EXPECT_EQ(segments(offload, 1), wanted);
  auto options = frames;
  for (auto& frame : options) {
    frame.bytes[14] = 0x46;
    frame.bytes.insert(frame.bytes.begin() + 34, {1, 1, 1, 0});
    frame.bytes[17] = static_cast<std::uint8_t>(frame.bytes[17] + 4);
    if (frame.bytes[17] < 4) ++frame.bytes[16];
    frame.length += 4;
  }
  EXPECT_EQ(segments(options, 1), wanted);
  auto cut = frames;
  for (auto& frame : cut) frame.bytes.resize(std::min<std::size_t>(frame.bytes.size(), 60));
  PacketCounts counts;
  EXPECT_EQ(segments(cut, 1, &counts).size(), wanted.size());
  EXPECT_EQ(counts.cut, 6U);
}

/// One IPv4 packet in pieces of at most `size` bytes of payload.
Frames fragmented(const Frame& frame, std::size_t size) {
  Frames out;
  const auto payload = ByteView(frame.bytes).subspan(34);
  for (std::size_t at = 0; at < payload.size(); at += size) {
    const auto part = payload.subspan(at, std::min(size, payload.size() - at));
    Frame f = frame;
    f.bytes.resize(34);
    append(f.bytes, part);
    const bool more = at + part.size() < payload.size();
    const auto field = static_cast<std::uint16_t>(at / 8 | (more ? 0x2000U : 0U));
    f.bytes[16] = static_cast<std::uint8_t>((part.size() + 20) >> 8);
    f.bytes[17] = static_cast<std::uint8_t>(part.size() + 20);
    f.bytes[20] = static_cast<std::uint8_t>(field >> 8);
    f.bytes[21] = static_cast<std::uint8_t>(field);
    f.length = f.bytes.size();
    out.push_back(std::move(f));
  }
  return out;
}

TEST(Segment, Fragments_come_together_in_any_order) {
  const auto frames = record(echo_talk());
  const auto wanted = segments(frames, 1);
  for (const int order : {0, 1, 2}) {
    Frames all;
    for (const auto& frame : frames) {
      auto parts = fragmented(frame, 24);
      if (order == 1) std::ranges::reverse(parts);
      if (order == 2 && parts.size() > 1) parts.insert(parts.begin(), parts.back());  // one of them twice
      for (auto& part : parts) all.push_back(std::move(part));
    }
    PacketCounts counts;
    EXPECT_EQ(segments(all, 1, &counts), wanted) << order;
    EXPECT_GT(counts.fragments, frames.size());
  }
}

TEST(Segment, A_lost_fragment_is_counted) {
  const auto frames = record(echo_talk());
  Frames all;
  for (const auto& frame : frames) {
    auto parts = fragmented(frame, 24);
    if (parts.size() > 2) parts.erase(parts.begin() + 1);
    for (auto& part : parts) all.push_back(std::move(part));
  }
  PacketCounts counts;
  segments(all, 1, &counts);
  EXPECT_EQ(counts.fragments_lost, 4U);
}

TEST(Segment, Ipv6_extension_headers_and_fragments_are_walked) {
  const auto frames = record(echo_talk(), 1000, "[2001:db8::1]:4000", "[2001:db8::2]:104");
  const auto wanted = segments(frames, 1);
  const auto with = [&](const Bytes& headers, std::uint8_t first) {
    auto out = frames;
    for (auto& f : out) {
      f.bytes[14 + 6] = first;
      f.bytes.insert(f.bytes.begin() + 54, headers.begin(), headers.end());
      const auto length = f.bytes.size() - 54;
      f.bytes[18] = static_cast<std::uint8_t>(length >> 8);
      f.bytes[19] = static_cast<std::uint8_t>(length);
      f.length = f.bytes.size();
    }
    return out;
  };
  // Hop by hop, destination, authentication, an atomic fragment.
  EXPECT_EQ(segments(with({60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0}, 0), 1), wanted);
  EXPECT_EQ(segments(with({6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 51), 1), wanted);
  EXPECT_EQ(segments(with({6, 0, 0, 0, 0, 0, 0, 9}, 44), 1), wanted);
  EXPECT_TRUE(segments(with({17, 0, 0, 0, 0, 0, 0, 0}, 0), 1).empty()) << "UDP behind a header";

  Frames all;
  for (const auto& frame : frames) {
    const auto payload = ByteView(frame.bytes).subspan(54);
    for (std::size_t at = 0; at < payload.size(); at += 24) {
      const auto part = payload.subspan(at, std::min<std::size_t>(24, payload.size() - at));
      const auto field = static_cast<std::uint16_t>(at | (at + part.size() < payload.size() ? 1U : 0U));
      Frame f = frame;
      f.bytes.resize(54);
      f.bytes[20] = 44;
      append(f.bytes, Bytes{6, 0, static_cast<std::uint8_t>(field >> 8), static_cast<std::uint8_t>(field), 0, 0, 0,
                            static_cast<std::uint8_t>(&frame - frames.data())});
      append(f.bytes, part);
      f.bytes[18] = 0;
      f.bytes[19] = static_cast<std::uint8_t>(f.bytes.size() - 54);
      f.length = f.bytes.size();
      all.push_back(std::move(f));
    }
  }
  EXPECT_EQ(segments(all, 1), wanted);
}

TEST(Segment, Any_header_byte_may_be_wrong) {
  for (const auto* family : {"10.0.0.1:4000", "[2001:db8::1]:4000"}) {
    const auto frames = record(echo_talk(), 1000, family, *family == '[' ? "[2001:db8::2]:104" : "10.0.0.2:104");
    std::uint64_t read = 0;
    for (std::size_t at = 12; at < 80; ++at) {
      for (unsigned value = 0; value < 256; ++value) {
        auto frame = frames[3];
        frame.bytes[at] = static_cast<std::uint8_t>(value);
        read += segments({frame}, 1).size();
      }
    }
    EXPECT_GT(read, 0U);
    for (std::size_t size = 0; size < frames[3].bytes.size(); ++size) {
      auto frame = frames[3];
      frame.bytes.resize(size);
      segments({frame}, 1);
      frame.length = size;
      segments({frame}, 1);
    }
  }
}

}  // namespace
}  // namespace assay::capture::test
