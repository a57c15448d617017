#include "harness/base/gather.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Gather, Own_and_lent_bytes_come_in_the_order_they_were_added) {
  const auto owner = std::make_shared<const Bytes>(Bytes{10, 11, 12, 13});
  Gather out;
  EXPECT_TRUE(out.empty());
  out.lend(owner, ByteView(*owner).first(1));
  append(out.own(), Bytes{1, 2});
  out.lend(owner, ByteView(*owner).subspan(1, 2));
  out.lend(owner, ByteView(*owner).subspan(3));
  append(out.own(), Bytes{3});
  EXPECT_FALSE(out.empty());
  EXPECT_EQ(out.size(), 7U);
  std::vector<std::pair<Bytes, bool>> seen;
  out.each([&](ByteView bytes, const Gather::Lent* lent) { seen.emplace_back(to_bytes(bytes), lent != nullptr); });
  const std::vector<std::pair<Bytes, bool>> expected{
      {{10}, true}, {{1, 2}, false}, {{11, 12}, true}, {{13}, true}, {{3}, false}};
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(out.take_whole(), (Bytes{10, 1, 2, 11, 12, 13, 3}));
  EXPECT_TRUE(out.empty());
}

TEST(Gather, What_is_lent_lives_as_long_as_it_is_needed) {
  Gather out;
  {
    const auto owner = std::make_shared<const Bytes>(Bytes{7, 8});
    out.lend(owner, *owner);
  }
  EXPECT_EQ(out.take_whole(), (Bytes{7, 8}));
}

TEST(Gather, A_lender_of_nothing_adds_nothing) {
  Gather out;
  out.lend(std::make_shared<const Bytes>(), {});
  EXPECT_EQ(out.size(), 0U);
  EXPECT_EQ(out.take_whole(), Bytes{});
}

}  // namespace
}  // namespace assay
