// harness/dataset/rle.hpp: PackBits as PS3.5 G.3 has it, there and back, and every way in which a frame can be wrong.
#include "harness/dataset/rle.hpp"

#include <random>

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

std::string decoded(std::string_view segment, std::uint64_t pixels) {
  auto frame = hex("01000000 40000000");
  frame.resize(64);
  append(frame, hex(segment));
  const auto out =
      decode_rle(frame, {.pixels = pixels, .samples = 1, .bytes = 1, .by_plane = false, .endian = Endian::little});
  return out ? to_hex(*out) : out.error();
}

TEST(Rle, Literal_runs_repeated_bytes_and_the_code_that_says_nothing) {
  EXPECT_EQ(decoded("02 0a0b0c", 3), "0a0b0c");
  EXPECT_EQ(decoded("fe 07", 3), "070707");
  EXPECT_EQ(decoded("00 01 80 ff 02", 3), "010202");
  EXPECT_EQ(decoded("fe 07 00", 3), "070707");  // padded to even length
  EXPECT_EQ(decoded("fe 07", 4), "segment 1 has 3 bytes for 4 pixels");
  EXPECT_EQ(decoded("fe 07", 2), "segment 1 has 3 bytes for 2 pixels");
  EXPECT_EQ(decoded("05 0a0b", 2), "0a0b");
  EXPECT_EQ(decoded("ff", 1), "segment 1 has 0 bytes for 1 pixels");
}

TEST(Rle, The_most_significant_bytes_come_first_and_samples_in_their_order) {
  const auto native = hex("0102 0304 0506  1112 1314 1516");  // two pixels of three samples of two bytes
  RleFrame frame{.pixels = 2, .samples = 3, .bytes = 2, .by_plane = false, .endian = Endian::little};
  const auto coded = encode_rle(native, frame, 2);
  EXPECT_EQ(to_hex(ByteView(coded).first(8)), "0600000040000000");
  EXPECT_EQ(to_hex(ByteView(coded).subspan(64, 4)), "01021200");  // literal 02 12: the high bytes of the first sample
  EXPECT_EQ(*decode_rle(coded, frame), native);
  frame.by_plane = true;
  EXPECT_EQ(*decode_rle(coded, frame), hex("0102 1112  0304 1314  0506 1516"));
  frame.by_plane = false;
  frame.endian = Endian::big;
  EXPECT_EQ(*decode_rle(coded, frame), hex("0201 0403 0605  1211 1413 1615"));
}

TEST(Rle, Whatever_is_encoded_comes_back) {
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    const RleFrame frame{.pixels = random() % 400 + 1,
                         .samples = random() % 2 == 0 ? 1U : 3U,
                         .bytes = 1U << random() % 3,
                         .by_plane = random() % 2 == 0,
                         .endian = random() % 2 == 0 ? Endian::little : Endian::big};
    Bytes native(frame.pixels * frame.samples * frame.bytes);
    const auto kinds = random() % 4 + 1;
    for (auto& one : native) one = static_cast<std::uint8_t>(random() % (1U << 2 * kinds) == 0 ? random() : kinds);
    const auto coded = encode_rle(native, frame, random() % 50 + 1);
    EXPECT_EQ(coded.size() % 2, 0U);
    const auto back = decode_rle(coded, frame);
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(*back, native);
    // Cut anywhere it is an error or, where only padding went, the same.
    const auto cut = decode_rle(ByteView(coded).first(random() % coded.size()), frame);
    EXPECT_TRUE(!cut || *cut == native);
  }
}

TEST(Rle, A_header_that_lies_is_an_error) {
  const RleFrame frame{.pixels = 2, .samples = 1, .bytes = 2, .by_plane = false, .endian = Endian::little};
  const auto right = encode_rle(hex("0102 0304"), frame, 2);
  EXPECT_TRUE(decode_rle(right, frame));
  EXPECT_EQ(decode_rle(ByteView(right).first(63), frame).error(), "the header is cut off");
  for (const auto& [at, value] : {std::pair{0, 0}, {0, 1}, {0, 16}, {4, 63}, {4, 255}, {8, 255}}) {
    auto wrong = right;
    wrong[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(value);
    EXPECT_FALSE(decode_rle(wrong, frame)) << at << ' ' << value;
  }
}

TEST(Rle, A_claim_of_many_pixels_costs_what_the_segment_has) {
  Bytes segment;
  for (int i = 0; i < 1000; ++i) append(segment, hex("8100"));
  EXPECT_EQ(rle_length(segment, ~std::uint64_t{0}), 128'000U);
  EXPECT_EQ(rle_length(segment, 100), 128U);
  auto frame = hex("01000000 40000000");
  frame.resize(64);
  append(frame, segment);
  EXPECT_FALSE(decode_rle(
      frame,
      {.pixels = std::uint64_t{65535} * 65535, .samples = 1, .bytes = 1, .by_plane = false, .endian = Endian::little}));
}

}  // namespace
}  // namespace assay::dataset
