#include "tests/unit/capture/support.hpp"

namespace assay::capture::test {
namespace {

/// Blocks of pcapng in either byte order.
struct Ng {
  Endian endian;
  Bytes out;

  void block(std::uint32_t type, const Bytes& body) {
    Bytes padded = body;
    while (padded.size() % 4 != 0) padded.push_back(0);
    store(out, type, endian);
    store(out, static_cast<std::uint32_t>(padded.size() + 12), endian);
    append(out, padded);
    store(out, static_cast<std::uint32_t>(padded.size() + 12), endian);
  }
  void section(std::string_view application = {}) {
    Bytes body;
    store<std::uint32_t>(body, 0x1a2b3c4d, endian);
    store<std::uint16_t>(body, 1, endian);
    store<std::uint16_t>(body, 0, endian);
    store<std::uint64_t>(body, UINT64_MAX, endian);
    if (!application.empty()) {
      store<std::uint16_t>(body, 4, endian);
      store(body, static_cast<std::uint16_t>(application.size()), endian);
      append(body, application);
      while (body.size() % 4 != 0) body.push_back(0);
      store<std::uint32_t>(body, 0, endian);
    }
    block(0x0a0d0d0a, body);
  }
  void interface(std::uint16_t link, std::uint32_t snap, std::optional<std::uint8_t> resolution) {
    Bytes body;
    store(body, link, endian);
    store<std::uint16_t>(body, 0, endian);
    store(body, snap, endian);
    if (resolution) {
      store<std::uint16_t>(body, 9, endian);
      store<std::uint16_t>(body, 1, endian);
      append(body, Bytes{*resolution, 0, 0, 0});
      store<std::uint32_t>(body, 0, endian);
    }
    block(1, body);
  }
  void enhanced(std::uint32_t interface, std::uint64_t ticks, const Bytes& bytes, std::uint32_t length) {
    Bytes body;
    store(body, interface, endian);
    store(body, static_cast<std::uint32_t>(ticks >> 32), endian);
    store(body, static_cast<std::uint32_t>(ticks), endian);
    store(body, static_cast<std::uint32_t>(bytes.size()), endian);
    store(body, length, endian);
    append(body, bytes);
    block(6, body);
  }
};

std::vector<Packet> packets(ByteView file, std::string* trouble = nullptr) {
  std::vector<Packet> out;
  auto reader = CaptureFile::open(file);
  EXPECT_TRUE(reader.has_value());
  if (!reader) return out;
  while (auto packet = reader->next()) out.push_back(*packet);
  if (trouble != nullptr) *trouble = reader->trouble();
  return out;
}

TEST(CaptureFile, Reads_all_four_kinds_of_pcap) {
  const Frames frames{{Duration(1'234'567'891'000), Bytes{1, 2, 3}, 3}, {Duration(2'000'000'000'000), Bytes{4}, 9}};
  for (const auto endian : {Endian::little, Endian::big}) {
    for (const bool nanoseconds : {false, true}) {
      const auto file = pcap(frames, {endian, nanoseconds, 101});
      const auto read = packets(file);
      ASSERT_EQ(read.size(), 2U);
      EXPECT_EQ(read[0].unix_time, frames[0].time);
      EXPECT_EQ(to_bytes(read[0].bytes), frames[0].bytes);
      EXPECT_EQ(read[0].link_type, 101U);
      EXPECT_EQ(read[1].length, 9U);
      EXPECT_EQ(read[1].number, 2U);
    }
  }
}

TEST(CaptureFile, Reads_sections_interfaces_and_packet_blocks_of_pcapng_in_both_byte_orders) {
  Bytes file;
  for (const auto endian : {Endian::big, Endian::little}) {
    Ng ng{endian, {}};
    ng.section();
    ng.interface(1, 0, std::nullopt);
    ng.interface(101, 0, 9);
    ng.interface(113, 2, 0x80 | 10);
    ng.block(0x0bad, Bytes{1, 2, 3, 4});  // nobody knows this block
    ng.enhanced(0, 5'000'001, Bytes{1, 2, 3}, 3);
    ng.enhanced(1, 7'000'000'002, Bytes{4, 5}, 5);
    ng.enhanced(2, 3 * 1024 + 512, Bytes{6}, 1);
    Bytes simple;
    store<std::uint32_t>(simple, 3, endian);
    append(simple, Bytes{7, 8, 9});
    ng.block(3, simple);
    Bytes obsolete;
    store<std::uint16_t>(obsolete, 1, endian);
    store<std::uint16_t>(obsolete, 2, endian);  // drops
    store<std::uint32_t>(obsolete, 0, endian);
    store<std::uint32_t>(obsolete, 4, endian);
    store<std::uint32_t>(obsolete, 1, endian);
    store<std::uint32_t>(obsolete, 1, endian);
    obsolete.push_back(10);
    ng.block(2, obsolete);
    append(file, ng.out);
  }
  std::string trouble;
  const auto read = packets(file, &trouble);
  EXPECT_EQ(trouble, "");
  ASSERT_EQ(read.size(), 10U);
  for (const std::size_t at : {0U, 5U}) {
    EXPECT_EQ(read[at].unix_time, Duration(5'000'001'000));
    EXPECT_EQ(read[at].link_type, 1U);
    EXPECT_EQ(read[at + 1].unix_time, Duration(7'000'000'002));
    EXPECT_EQ(read[at + 1].link_type, 101U);
    EXPECT_EQ(read[at + 1].length, 5U);
    EXPECT_EQ(read[at + 2].unix_time, Duration(3'500'000'000));
    EXPECT_EQ(to_bytes(read[at + 3].bytes), (Bytes{7, 8, 9}));
    EXPECT_EQ(read[at + 4].unix_time, Duration(4));
    EXPECT_EQ(to_bytes(read[at + 4].bytes), Bytes{10});
  }
  auto reader = CaptureFile::open(file);
  while (reader->next()) {
  }
  EXPECT_EQ(reader->dropped(), 4U);
}

TEST(CaptureFile, Names_the_program_that_wrote_a_section) {
  for (const auto endian : {Endian::little, Endian::big}) {
    Ng ng{endian, {}};
    ng.section("Some Tool 1");
    ng.interface(1, 0, 6);
    ng.enhanced(0, 1, Bytes(4, 7), 4);
    ng.section();
    ng.interface(1, 0, 6);
    ng.enhanced(0, 2, Bytes(4, 7), 4);
    auto reader = CaptureFile::open(ng.out);
    ASSERT_TRUE(reader.has_value());
    EXPECT_EQ(reader->application(), "Some Tool 1");
    ASSERT_TRUE(reader->next().has_value());
    EXPECT_EQ(reader->application(), "Some Tool 1");
    ASSERT_TRUE(reader->next().has_value());
    EXPECT_EQ(reader->application(), "") << "the second section does not say";
  }
  const auto recorded = PcapngWriter().finish();
  EXPECT_EQ(CaptureFile::open(recorded)->application(), WriterOptions{}.application);
}

TEST(CaptureFile, Reads_the_drop_count_of_interface_statistics) {
  Ng ng{Endian::little, {}};
  ng.section();
  Bytes body;
  store<std::uint32_t>(body, 0, Endian::little);
  store<std::uint64_t>(body, 0, Endian::little);
  store<std::uint16_t>(body, 5, Endian::little);
  store<std::uint16_t>(body, 8, Endian::little);
  store<std::uint64_t>(body, 77, Endian::little);
  ng.block(5, body);
  auto reader = CaptureFile::open(ng.out);
  EXPECT_FALSE(reader->next().has_value());
  EXPECT_EQ(reader->dropped(), 77U);
}

TEST(CaptureFile, Says_what_a_file_is_that_is_no_capture) {
  const std::pair<Bytes, const char*> files[] = {{to_bytes("hello world, this is text"), "neither pcap nor pcapng"},
                                                 {Bytes{0x1f, 0x8b, 8, 0}, "gzip"},
                                                 {Bytes{0x28, 0xb5, 0x2f, 0xfd}, "zstd"},
                                                 {Bytes{0xd4, 0xc3, 0xb2, 0xa1, 2, 0}, "inside its header"},
                                                 {Bytes{0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28}, "inside a block"},
                                                 {Bytes{}, "neither"}};
  for (const auto& [file, words] : files) {
    const auto opened = CaptureFile::open(file);
    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().find(words), std::string::npos) << opened.error();
  }
}

TEST(CaptureFile, Reads_up_to_the_place_where_the_file_is_cut_and_names_it) {
  const auto frames = record(echo_talk());
  const auto classic = pcap(frames);
  PcapngWriter writer;
  const auto c = writer.add_connection(*endpoint("10.0.0.1:1"), *endpoint("10.0.0.2:2"));
  writer.bytes(c, Side::requestor, Bytes(100, 1), {});
  const auto ng = writer.finish();
  for (const auto& file : {classic, ng}) {
    const auto whole = packets(file).size();
    for (std::size_t cut = 28; cut < file.size(); ++cut) {
      auto reader = CaptureFile::open(ByteView(file).first(cut));
      if (!reader) continue;  // inside the first block
      std::size_t count = 0;
      while (reader->next()) ++count;
      const bool at_an_end = reader->trouble().empty();
      if (count > whole || (!at_an_end && reader->trouble().find("byte ") == std::string::npos)) {
        ADD_FAILURE() << "cut at " << cut << ": " << reader->trouble();
      }
    }
  }
}

TEST(CaptureFile, Refuses_impossible_blocks) {
  const auto broken = [](std::function<void(Ng&)> add, const char* words) {
    Ng ng{Endian::little, {}};
    ng.section();
    add(ng);
    std::string trouble;
    packets(ng.out, &trouble);
    EXPECT_NE(trouble.find(words), std::string::npos) << trouble;
  };
  broken([](Ng& ng) { ng.enhanced(0, 0, Bytes{1}, 1); }, "interface 0, which is not described");
  broken([](Ng& ng) { append(ng.out, Bytes{6, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0}); }, "impossible length 13");
  broken([](Ng& ng) { append(ng.out, Bytes{6, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0}); }, "claims 4294967292");
  broken(
      [](Ng& ng) {
        ng.block(0x77, {});
        ng.out.back() = 1;
      },
      "two different lengths");
  broken(
      [](Ng& ng) {
        ng.interface(1, 0, {});
        Bytes body(20, 0);
        body[12] = 200;  // captured length
        ng.block(6, body);
      },
      "claims 200 bytes, its block has 0");
  broken([](Ng& ng) { ng.block(3, Bytes(8, 1)); }, "before any interface");
}

TEST(CaptureFile, Survives_every_clock_resolution) {
  for (unsigned resolution = 0; resolution < 256; ++resolution) {
    Ng ng{Endian::little, {}};
    ng.section();
    ng.interface(1, 0, static_cast<std::uint8_t>(resolution));
    ng.enhanced(0, UINT64_MAX, Bytes{1}, 1);
    ng.enhanced(0, 1, Bytes{1}, 1);
    const auto read = packets(ng.out);
    ASSERT_EQ(read.size(), 2U);
    EXPECT_GE(read[0].unix_time.count(), 0) << resolution;
    EXPECT_LE(read[1].unix_time, read[0].unix_time + std::chrono::seconds(1)) << resolution;
  }
}

}  // namespace
}  // namespace assay::capture::test
