#include "harness/base/bytes.hpp"

#include <gtest/gtest.h>

#include "harness/base/digest.hpp"

namespace assay {
namespace {

TEST(Bytes, Load_reads_both_byte_orders) {
  const Bytes raw{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
  EXPECT_EQ(load<std::uint16_t>(raw.data(), Endian::big), 0x0102);
  EXPECT_EQ(load<std::uint16_t>(raw.data(), Endian::little), 0x0201);
  EXPECT_EQ(load<std::uint32_t>(raw.data(), Endian::big), 0x01020304U);
  EXPECT_EQ(load<std::uint32_t>(raw.data(), Endian::little), 0x04030201U);
  EXPECT_EQ(load<std::uint64_t>(raw.data(), Endian::big), 0x0102030405060708ULL);
  EXPECT_EQ(load<std::uint64_t>(raw.data(), Endian::little), 0x0807060504030201ULL);
}

TEST(Bytes, Store_appends_in_both_byte_orders) {
  Bytes out{0xee};
  store(out, std::uint16_t{0x0102}, Endian::big);
  store(out, std::uint32_t{0x03040506}, Endian::little);
  EXPECT_EQ(out, (Bytes{0xee, 0x01, 0x02, 0x06, 0x05, 0x04, 0x03}));
}

TEST(Bytes, Text_and_bytes_are_views_of_each_other) {
  const std::string text("a\0b", 3);
  EXPECT_EQ(as_text(as_bytes(text)), text);
  EXPECT_EQ(to_bytes(text), (Bytes{'a', 0, 'b'}));
  Bytes out;
  append(out, "xy");
  append(out, ByteView(Bytes{1}));
  EXPECT_EQ(out, (Bytes{'x', 'y', 1}));
}

TEST(ByteReader, Reads_numbers_and_counts_from_the_base_offset) {
  const Bytes raw{0xff, 0x01, 0x02, 0x04, 0x03, 0x02, 0x01};
  ByteReader reader(raw, 100);
  EXPECT_EQ(reader.u8(), 0xff);
  EXPECT_EQ(reader.u16(Endian::big), 0x0102);
  EXPECT_EQ(reader.offset(), 103U);
  EXPECT_EQ(reader.position(), 3U);
  EXPECT_EQ(reader.u32(Endian::little), 0x01020304U);
  EXPECT_TRUE(reader.empty());
}

TEST(ByteReader, Refuses_to_leave_its_bytes_and_does_not_move_then) {
  const Bytes raw{1, 2, 3};
  ByteReader reader(raw);
  EXPECT_FALSE(reader.u32(Endian::big));
  EXPECT_FALSE(reader.u64(Endian::big));
  EXPECT_FALSE(reader.take(4));
  EXPECT_FALSE(reader.skip(4));
  EXPECT_EQ(reader.position(), 0U);
  EXPECT_TRUE(reader.skip(2));
  EXPECT_FALSE(reader.u16(Endian::big));
  EXPECT_EQ(reader.remaining(), 1U);
  EXPECT_EQ(to_bytes(reader.take_at_most(9)), Bytes{3});
  EXPECT_TRUE(reader.rest().empty());
  EXPECT_FALSE(reader.u8());
}

TEST(Digest, Is_fnv_1a_and_does_not_depend_on_the_split) {
  Digest whole;
  whole.update(as_bytes("foobar"));
  EXPECT_EQ(whole.value(), 0x85944171f73967e8ULL);  // published FNV-1a test vector
  EXPECT_EQ(whole.count(), 6U);
  Digest parts;
  parts.update(as_bytes("foo"));
  parts.update(as_bytes("bar"));
  EXPECT_EQ(parts.value(), whole.value());
}

}  // namespace
}  // namespace assay
