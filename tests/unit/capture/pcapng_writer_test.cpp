#include "harness/capture/pcapng_writer.hpp"

#include "tests/unit/capture/support.hpp"

namespace assay::capture::test {
namespace {

std::uint16_t folded(ByteView bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); i += 2)
    sum += static_cast<std::uint32_t>(bytes[i] << 8) | (i + 1 < bytes.size() ? bytes[i + 1] : 0U);
  while ((sum >> 16) != 0) sum = (sum & 0xffffU) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

TEST(PcapngWriter, Checksums_of_ip_and_tcp_are_right_for_both_families) {
  for (const auto& [requestor, acceptor] :
       {std::pair{"10.0.0.1:40000", "10.0.0.2:104"}, {"[2001:db8::1]:40000", "10.0.0.2:104"}}) {
    const bool ipv6 = *requestor == '[';
    const auto frames = record(store_talk(), 1001, requestor, acceptor);
    EXPECT_GT(frames.size(), 60U);
    for (const auto& frame : frames) {
      const ByteView ip = ByteView(frame.bytes).subspan(14);
      if (!ipv6) {
        EXPECT_EQ(folded(ip.first(20)), 0xffff);
      }
      const auto tcp = ip.subspan(ipv6 ? 40 : 20);
      const auto addresses = ipv6 ? ip.subspan(8, 32) : ip.subspan(12, 8);
      EXPECT_EQ(folded(tcp, folded(addresses) + 6U + static_cast<std::uint32_t>(tcp.size())), 0xffff);
    }
  }
}

TEST(PcapngWriter, Sequence_numbers_and_acknowledgements_follow_the_bytes) {
  const auto frames = record(store_talk(), 5000);
  std::array<std::optional<std::uint32_t>, 2> next;  // by who sends
  std::size_t fins = 0;
  for (const auto& frame : frames) {
    const auto me = from_requestor(frame) ? 0U : 1U;
    const auto sequence = load<std::uint32_t>(frame.bytes.data() + 38, Endian::big);
    const auto acknowledged = load<std::uint32_t>(frame.bytes.data() + 42, Endian::big);
    if (next[me]) {
      EXPECT_EQ(sequence, *next[me]);
    }
    if ((flags(frame) & tcp_flag::ack) != 0) {
      ASSERT_TRUE(next[1 - me].has_value());
      EXPECT_EQ(acknowledged, *next[1 - me]);
    }
    const bool takes_one = (flags(frame) & (tcp_flag::syn | tcp_flag::fin)) != 0;
    fins += (flags(frame) & tcp_flag::fin) != 0 ? 1 : 0;
    next[me] = sequence + static_cast<std::uint32_t>(payload_size(frame)) + (takes_one ? 1 : 0);
  }
  EXPECT_EQ(fins, 2U);
}

TEST(PcapngWriter, Comments_stand_on_the_packet_they_are_about) {
  PcapngWriter writer;
  const auto c = writer.add_connection(*endpoint("10.0.0.1:40000"), *endpoint("10.0.0.2:104"));
  writer.comment(c, "before");
  writer.bytes(c, Side::requestor, Bytes{1}, {});
  writer.comment(c, "about the byte");
  const auto early = writer.take();
  EXPECT_EQ(as_text(early).find("about the byte"), std::string_view::npos) << "held back for more comments";
  writer.closed(c, Side::acceptor, trace::Closing::rst, {});
  writer.comment(c, std::string(5000, 'x') + "end");
  const auto late = writer.finish();
  const auto text = as_text(late);
  EXPECT_NE(text.find("about the byte"), std::string_view::npos);
  EXPECT_NE(as_text(early).find("before"), std::string_view::npos);
  EXPECT_EQ(text.find("xend"), std::string_view::npos) << "long comments are cut";
  Bytes all = early;
  append(all, late);
  EXPECT_EQ(frames_of(all).size(), 5U);
}

TEST(PcapngWriter, Beyond_its_bound_only_the_payload_is_left_out) {
  WriterOptions options;
  options.keep_bytes = 150;
  options.segment = 100;
  PcapngWriter writer(options);
  const auto c = writer.add_connection(*endpoint("10.0.0.1:40000"), *endpoint("10.0.0.2:104"));
  writer.bytes(c, Side::requestor, Bytes(300, 1), {});
  const auto frames = frames_of(writer.finish());
  ASSERT_EQ(frames.size(), 6U);
  EXPECT_EQ(frames[3].bytes.size(), 154U);
  EXPECT_EQ(frames[4].bytes.size(), 54U);
  EXPECT_EQ(frames[4].length, 154U);
}

TEST(PcapngWriter, Empty_bytes_second_closings_and_silent_connections_write_nothing) {
  PcapngWriter writer;
  const auto c = writer.add_connection(*endpoint("10.0.0.1:40000"), *endpoint("10.0.0.2:104"));
  writer.add_connection(*endpoint("10.0.0.1:40001"), *endpoint("10.0.0.2:104"));
  writer.bytes(c, Side::requestor, {}, {});
  EXPECT_TRUE(frames_of(writer.take()).empty());
  writer.closed(c, Side::requestor, trace::Closing::fin, {});
  writer.closed(c, Side::requestor, trace::Closing::rst, {});
  PcapngWriter other;
  auto file = other.take();
  append(file, writer.finish());
  EXPECT_EQ(frames_of(file).size(), 5U);
}

}  // namespace
}  // namespace assay::capture::test
