// The deflated Data Set (PS3.5 A.5): what is deflated comes back, and every departure is named at its byte.
#include "harness/dataset/deflate.hpp"

#include <zlib.h>

#include <random>

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

constexpr std::size_t bound = 1U << 20;

Bytes text_of(std::size_t size) {
  Bytes bytes;
  while (bytes.size() < size) append(bytes, "PatientName Doe^Jane " + std::to_string(bytes.size()));
  bytes.resize(size);
  return bytes;
}

Bytes wrapped(ByteView bytes, int window) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes out(bytes.size() + 200);
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  if (out.size() % 2 != 0) out.push_back(0);
  return out;
}

TEST(Deflate, Comes_back_at_every_level_and_size_and_is_even) {
  for (int level = 0; level <= 9; ++level) {
    for (const std::size_t size : {0U, 1U, 7U, 1000U, 70'000U, 300'001U}) {
      const auto bytes = text_of(size);
      const auto deflated = deflate(bytes, level);
      EXPECT_EQ(deflated.size() % 2, 0U);
      const auto back = inflate(deflated, bound);
      EXPECT_EQ(listed(back.problems), "") << level << " " << size;
      EXPECT_EQ(back.bytes, bytes);
      EXPECT_EQ(back.consumed, deflated.size());
    }
  }
}

TEST(Deflate, Stops_at_the_bound_whatever_the_stream_would_grow_to) {
  const Bytes zeros(50U << 20, 0);
  const auto bomb = deflate(zeros, 9);
  EXPECT_LT(bomb.size(), 100'000U);
  const auto cut = inflate(bomb, bound);
  ASSERT_EQ(cut.problems.size(), 1U);
  EXPECT_EQ(cut.problems[0].rule, "limits/inflated");
  EXPECT_EQ(cut.bytes.size(), bound);
  EXPECT_LE(cut.bytes.capacity(), bound);
  EXPECT_FALSE(cut.whole());
  const auto exact = inflate(deflate(text_of(1000)), 1000);
  EXPECT_EQ(listed(exact.problems), "");
  EXPECT_EQ(inflate(deflate(text_of(1000)), 999).problems.at(0).rule, "limits/inflated");
}

TEST(Deflate, A_stream_cut_anywhere_gives_what_came_before) {
  const auto bytes = text_of(5000);
  const auto deflated = deflate(bytes);
  std::size_t before = 0;
  for (std::size_t size = 0; size + 2 < deflated.size(); ++size) {
    const auto cut = inflate(ByteView(deflated).first(size), bound, 1000);
    ASSERT_EQ(cut.problems.size(), 1U) << size;
    EXPECT_EQ(cut.problems[0].rule, "ps3.5/A.5/deflate-truncated");
    EXPECT_EQ(cut.problems[0].offset, 1000 + size);
    EXPECT_GE(cut.bytes.size(), before);
    before = cut.bytes.size();
    EXPECT_TRUE(std::equal(cut.bytes.begin(), cut.bytes.end(), bytes.begin()));
  }
  EXPECT_GT(before, bytes.size() / 2);
}

TEST(Deflate, A_wrapper_is_named_and_read) {
  const auto bytes = text_of(5000);
  struct Case {
    int window;
    std::string_view found;
  };
  for (const auto& [window, found] : {Case{15, "a zlib header"}, Case{31, "a gzip header"}}) {
    const auto back = inflate(wrapped(bytes, window), bound, 7);
    ASSERT_EQ(back.problems.size(), 1U) << found << listed(back.problems);
    EXPECT_EQ(back.problems[0].rule, "ps3.5/A.5/deflate-wrapper");
    EXPECT_EQ(back.problems[0].offset, 7U);
    EXPECT_EQ(back.problems[0].found, found);
    EXPECT_EQ(back.bytes, bytes);
  }
  EXPECT_EQ(listed(inflate(wrapped(bytes, -15), bound).problems), "");
}

TEST(Deflate, Bytes_after_the_stream_are_named_and_one_padding_byte_is_not) {
  const Bytes even = deflate(as_bytes("abc"));  // 5 bytes and the padding
  ASSERT_EQ(to_hex(even), "4b4c4a060000");
  const Bytes odd(even.begin(), even.end() - 1);
  EXPECT_EQ(listed(inflate(even, bound).problems), "");
  const auto unpadded = inflate(odd, bound);
  ASSERT_EQ(unpadded.problems.size(), 1U);
  EXPECT_EQ(unpadded.problems[0].rule, "ps3.5/A.5/deflate-padding");
  EXPECT_EQ(unpadded.problems[0].offset, 5U);
  for (const std::string more : {"01", "0000", "00000000", "616263"}) {
    Bytes longer = odd;
    append(longer, hex(more));
    const auto back = inflate(longer, bound);
    ASSERT_EQ(back.problems.size(), 1U) << more;
    EXPECT_EQ(back.problems[0].rule, "ps3.5/A.5/deflate-trailing");
    EXPECT_EQ(back.problems[0].offset, 5U);
    EXPECT_EQ(back.consumed, 5U);
    EXPECT_EQ(as_text(back.bytes), "abc");
  }
}

TEST(Deflate, What_is_no_stream_is_an_error_at_once) {
  for (const auto& bytes :
       {Bytes(100, 0xff), to_bytes("this is no deflated Data Set at all"), hex("ffd8ffe000104a46")}) {
    const auto back = inflate(bytes, bound);
    ASSERT_EQ(back.problems.size(), 1U);
    EXPECT_EQ(back.problems[0].rule, "ps3.5/A.5/deflate-stream");
    EXPECT_FALSE(starts_deflated(bytes));
  }
  EXPECT_TRUE(starts_deflated(deflate(text_of(50'000))));
  EXPECT_TRUE(starts_deflated(deflate(Bytes(1U << 20, 0))));
  EXPECT_FALSE(starts_deflated({}));
}

}  // namespace
}  // namespace assay::dataset
