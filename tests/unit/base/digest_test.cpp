// The digest of bulk bytes: its known answers, and the same in any split.
#include <gtest/gtest.h>

#include "harness/base/bulk_digest.hpp"

namespace assay {
namespace {

std::uint64_t digest_of(ByteView bytes) {
  BulkDigest digest;
  digest.update(bytes);
  return digest.value();
}

TEST(BulkDigest, Known_answers_of_XXH64) {
  EXPECT_EQ(digest_of({}), 0xef46db3751d8e999ULL);
  EXPECT_EQ(digest_of(as_bytes("a")), 0xd24ec4f1a98c6e5bULL);
  EXPECT_EQ(digest_of(as_bytes("abc")), 0x44bc2cf5ad770999ULL);
  EXPECT_EQ(digest_of(as_bytes("Nobody inspects the spammish repetition")), 0xfbcea83c8a378bf1ULL);
}

TEST(BulkDigest, Any_split_gives_the_same_and_every_byte_counts) {
  Bytes bytes;
  for (std::size_t i = 0; i < 300; ++i) {
    const auto whole = digest_of(bytes);
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
      BulkDigest digest;
      digest.update(ByteView(bytes).first(at));
      digest.update(ByteView(bytes).subspan(at).first((bytes.size() - at) / 2));
      digest.update(ByteView(bytes).subspan(at + (bytes.size() - at) / 2));
      ASSERT_EQ(digest.value(), whole) << i << " " << at;
      ASSERT_EQ(digest.count(), bytes.size());
    }
    for (auto& byte : bytes) {
      byte ^= 0x10;
      ASSERT_NE(digest_of(bytes), whole);
      byte ^= 0x10;
    }
    bytes.push_back(static_cast<std::uint8_t>(i * 7));
  }
}

}  // namespace
}  // namespace assay
