// Nesting a million levels deep: read, walked, copied, compared, written and given up without recursion and with memory
// that follows the input (PS3.5 7.5 sets no limit; the limit is an option).
#include "harness/dataset/cursor.hpp"
#include "harness/dataset/scan.hpp"
#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

constexpr std::size_t levels = 1'000'000;

/// A sequence with one item with a sequence ... all of undefined length; closed properly or cut off at the deepest.
Bytes nested(bool closed) {
  const auto start = hex("40000001 5351 0000 ffffffff feff00e0 ffffffff");
  const auto end = hex("feff0de0 00000000 feffdde0 00000000");
  Bytes bytes;
  bytes.reserve(levels * (start.size() + end.size()));
  for (std::size_t i = 0; i < levels; ++i) append(bytes, start);
  if (closed)
    for (std::size_t i = 0; i < levels; ++i) append(bytes, end);
  return bytes;
}

DecodeOptions unlimited() {
  DecodeOptions options;
  options.max_depth = levels + 1;
  return options;
}

TEST(DeepNesting, Of_a_million_levels_is_read_walked_copied_compared_and_written) {
  const auto bytes = nested(true);
  const auto decoded = decode(bytes, explicit_le, unlimited());
  EXPECT_TRUE(decoded.problems.empty()) << listed(decoded.problems).substr(0, 1000);
  ASSERT_EQ(decoded.data_set.nodes().size(), 2 * levels);
  EXPECT_EQ(decoded.data_set.nodes().back().depth, levels);
  const DataSet copy(decoded.data_set);
  EXPECT_TRUE(copy.equal_in_value(decoded.data_set));
  EXPECT_EQ(rewrite(decoded.data_set), bytes);
  EXPECT_EQ(encode(copy, explicit_le), bytes);
  std::size_t seen = 0;
  std::size_t deepest = 0;
  for (Cursor cursor(copy); cursor.next();) {
    ++seen;
    deepest = std::max(deepest, cursor.levels());
  }
  EXPECT_EQ(seen, 2 * levels);
  EXPECT_EQ(deepest, 2 * levels - 1);
  std::size_t tokens = 0;
  scan(bytes, explicit_le, unlimited(), [&](const Token&) {
    ++tokens;
    return Next::go_on;
  });
  EXPECT_EQ(tokens, 4 * levels);
}

TEST(DeepNesting, Cut_off_at_the_deepest_level_is_one_error) {
  const auto decoded = decode(nested(false), explicit_le, unlimited());
  ASSERT_EQ(decoded.problems.size(), 1U) << listed(decoded.problems).substr(0, 1000);
  EXPECT_EQ(decoded.problems.front().rule, "ps3.5/7.5/delimiter-missing");
  EXPECT_LT(decoded.problems.front().field.size(), 4096U);
}

TEST(DeepNesting, Beyond_the_limit_is_an_error_at_the_place_where_it_is_passed) {
  const auto bytes = nested(true);
  const auto decoded = decode(bytes, explicit_le);
  ASSERT_EQ(decoded.problems.size(), 1U);
  EXPECT_EQ(decoded.problems.front().rule, "limits/nesting");
  EXPECT_EQ(decoded.problems.front().offset, limits::max_nesting_depth * 20);
  EXPECT_EQ(rewrite(decoded.data_set), Bytes(bytes.begin(), bytes.begin() + limits::max_nesting_depth * 20));
}

}  // namespace
}  // namespace assay::dataset
