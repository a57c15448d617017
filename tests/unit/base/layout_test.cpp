#include "harness/base/layout.hpp"

#include <gtest/gtest.h>

#include "harness/base/hex.hpp"

namespace assay::layout {
namespace {

// type 07, 16-bit length of the rest, id 0001, two items with a length of their own, one little endian number
Node sample() {
  return block("message", {number8("type", 7), length_of_rest("length", 2), number16("id", 1),
                           block("item", {length_of_rest("length", 2), field("name", "AB")}),
                           block("item", {length_of_rest("length", 2), field("name", "CDE")}),
                           number32("size", 0x01020304, Endian::little)});
}

std::string hex(const Node& node) { return to_hex(serialise(node)); }

struct Change {
  Operation operation;
  std::string path;
  std::string hex;  // bytes
  std::optional<std::int64_t> number;
  std::size_t at;
  std::string expected;
};

std::string changed(const Change& change) {
  auto root = sample();
  const auto result = apply(root, {change.operation, change.path, *from_hex(change.hex), change.number, change.at});
  return result ? hex(root) : "error: " + result.error().message;
}

TEST(Layout, Serialises_with_every_length_counted) {
  EXPECT_EQ(hex(sample()),
            "07000f0001000241420003434445"
            "04030201");
}

TEST(Layout, A_length_of_the_next_sibling_counts_only_that) {
  const auto root = block("x", {length_of_next("uid-length", 2), field("uid", "1.2"), number8("role", 1)});
  EXPECT_EQ(hex(root), "0003312e3201");
}

TEST(Layout, A_length_too_large_for_its_width_is_written_modulo) {
  const auto root = block("x", {length_of_rest("length", 2, Endian::little), field("data", Bytes(65539))});
  const auto bytes = serialise(root);
  EXPECT_EQ(bytes[0], 3);
  EXPECT_EQ(bytes[1], 0);
}

TEST(Layout, Every_operation_does_what_it_says) {
  const std::vector<Change> changes{
      {Operation::set,
       "id",
       "beef00",
       {},
       0,
       "070010beef00"
       "00024142"
       "0003434445"
       "04030201"},
      {Operation::set, "id", "", 0x1234, 0,
       "07000f1234"
       "00024142"
       "0003434445"
       "04030201"},
      {Operation::set, "size", "", 5, 0,
       "07000f0001"
       "00024142"
       "0003434445"
       "05000000"},
      {Operation::set, "length", "", 0xffff, 0,
       "07ffff0001"
       "00024142"
       "0003434445"
       "04030201"},
      {Operation::set,
       "item[2]/length",
       "0102",
       {},
       0,
       "07000f0001"
       "00024142"
       "0102434445"
       "04030201"},
      {Operation::add, "id", "", -2, 0,
       "07000fffff"
       "00024142"
       "0003434445"
       "04030201"},
      {Operation::add, "size", "", 0x100, 0,
       "07000f0001"
       "00024142"
       "0003434445"
       "04040201"},
      {Operation::add, "item/length", "", 1, 0,
       "07000f0001"
       "00034142"
       "0003434445"
       "04030201"},
      {Operation::add, "length", "", -1, 0,
       "07000e0001"
       "00024142"
       "0003434445"
       "04030201"},
      {Operation::xor_bytes,
       "item[2]/name",
       "20",
       {},
       0,
       "07000f0001"
       "00024142"
       "0003636465"
       "04030201"},
      {Operation::insert,
       "item/name",
       "ff",
       {},
       1,
       "0700100001"
       "000341ff42"
       "0003434445"
       "04030201"},
      {Operation::insert,
       "item",
       "ee",
       {},
       0,
       "0700100001"
       "ee00024142"
       "0003434445"
       "04030201"},
      {Operation::insert,
       "",
       "ee",
       {},
       6,
       "0700100001"
       "00024142"
       "0003434445"
       "04030201"
       "ee"},
      {Operation::append,
       "item/name",
       "58",
       {},
       0,
       "0700100001"
       "0003414258"
       "0003434445"
       "04030201"},
      {Operation::append,
       "item[2]",
       "ee",
       {},
       0,
       "0700100001"
       "00024142"
       "0004434445ee"
       "04030201"},
      {Operation::erase,
       "item[1]",
       "",
       {},
       0,
       "07000b0001"
       "0003434445"
       "04030201"},
      {Operation::erase,
       "length",
       "",
       {},
       0,
       "070001"
       "00024142"
       "0003434445"
       "04030201"},
      {Operation::duplicate,
       "item",
       "",
       {},
       0,
       "0700130001"
       "00024142"
       "00024142"
       "0003434445"
       "04030201"},
      {Operation::move,
       "item[2]",
       "",
       {},
       0,
       "0003434445"
       "07000a0001"
       "00024142"
       "04030201"},
      {Operation::move,
       "type",
       "",
       {},
       99,
       "00100001"
       "00024142"
       "0003434445"
       "04030201"
       "07"},
      {Operation::truncate, "item/name", "", 1, 0,
       "07000e0001"
       "000141"
       "0003434445"
       "04030201"},
      {Operation::truncate, "item[2]", "", 3, 0,
       "07000d0001"
       "00024142"
       "000343"
       "04030201"},
      {Operation::truncate, "item", "", 100, 0,
       "07000f0001"
       "00024142"
       "0003434445"
       "04030201"},
      {Operation::truncate, "", "", 4, 0, "07000f00"},
  };
  for (const auto& change : changes) {
    EXPECT_EQ(changed(change), change.expected) << name(change.operation) << " " << change.path;
  }
}

TEST(Layout, Adding_to_a_forced_length_moves_the_forced_value) {
  auto root = sample();
  ASSERT_TRUE(apply(root, {Operation::set, "length", {}, 10, 0}));
  ASSERT_TRUE(apply(root, {Operation::add, "length", {}, 2, 0}));
  EXPECT_EQ(hex(root).substr(2, 4), "000c");
}

TEST(Layout, What_does_not_fit_is_a_local_error_that_says_why) {
  const std::vector<Change> changes{
      {Operation::set, "nobody", "", {}, 0, "no 'nobody' in the message; there are: type, length, id, item[2], size"},
      {Operation::set,
       "item[3]/name",
       "",
       {},
       0,
       "no 'item[3]' in the message; there are: type, length, id, item[2], size"},
      {Operation::set, "item/nobody", "", {}, 0, "no 'nobody' in 'item'; there are: length, name"},
      {Operation::set, "id/x", "", {}, 0, "no 'x' in 'id'; it has no parts"},
      {Operation::set, "item[0]", "", {}, 0, "bad address step 'item[0]'; write name or name[2], split by '/'"},
      {Operation::set, "item[x]", "", {}, 0, "bad address step 'item[x]'; write name or name[2], split by '/'"},
      {Operation::set, "item/", "", {}, 0, "bad address step 'item'; write name or name[2], split by '/'"},
      {Operation::set, "item//name", "", {}, 0, "bad address step ''; write name or name[2], split by '/'"},
      {Operation::set,
       "item",
       "00",
       {},
       0,
       "set on 'item': a block has no value; set one of its parts (there are: length, name)"},
      {Operation::set, "item[2]/name", "", 1, 0,
       "set on 'item[2]/name': a field of 3 bytes holds no number; give bytes"},
      {Operation::set, "length", "00", {}, 0, "set on 'length': the length has 2 bytes, not 1"},
      {Operation::add, "id", "", {}, 0, "add on 'id': a number is needed"},
      {Operation::add, "item", "", 1, 0, "add on 'item': a block is no number"},
      {Operation::add, "item[2]/name", "", 1, 0, "add on 'item[2]/name': a field of 3 bytes holds no number"},
      {Operation::xor_bytes, "id", "", {}, 0, "xor on 'id': bytes are needed"},
      {Operation::xor_bytes,
       "length",
       "ff",
       {},
       0,
       "xor on 'length': only the bytes of a field can be changed this way"},
      {Operation::insert, "id", "ff", {}, 3, "insert on 'id': position 3 is past the end (2 bytes)"},
      {Operation::insert, "item", "ff", {}, 3, "insert on 'item': position 3 is past the end (2 parts)"},
      {Operation::append,
       "length",
       "ff",
       {},
       0,
       "append on 'length': a length keeps its width; insert a sibling before or after it"},
      {Operation::truncate, "id", "", {}, 0, "truncate on 'id': the number of bytes to keep is needed"},
      {Operation::truncate, "id", "", -1, 0, "truncate on 'id': the number of bytes to keep is needed"},
      {Operation::truncate, "length", "", 1, 0,
       "truncate on 'length': a length keeps its width; truncate what follows it, or erase it"},
      {Operation::erase, "", "", {}, 0, "erase on the message: the whole message has no siblings"},
      {Operation::duplicate, "", "", {}, 0, "duplicate on the message: the whole message has no siblings"},
      {Operation::move, "", "", {}, 0, "move on the message: the whole message has no siblings"},
  };
  for (const auto& change : changes) {
    EXPECT_EQ(changed(change), "error: " + change.expected) << name(change.operation) << " " << change.path;
  }
}

TEST(Layout, An_error_leaves_the_tree_as_it_was) {
  auto root = sample();
  EXPECT_FALSE(apply(root, {Operation::truncate, "length", {}, 1, 0}));
  EXPECT_FALSE(apply(root, {Operation::insert, "id", {1}, {}, 9}));
  EXPECT_EQ(root, sample());
}

TEST(Layout, An_empty_block_says_that_it_is_empty) {
  auto root = block("x", {block("y")});
  const auto result = apply(root, {Operation::erase, "y/z", {}, {}, 0});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "no 'z' in 'y'; it is empty");
}

TEST(Layout, Find_follows_names_indices_and_tags) {
  const auto root = block("x", {block("(0040,0100)", {field("a", "1")}), block("(0040,0100)", {field("a", "2")})});
  ASSERT_NE(find(root, "(0040,0100)[2]/a"), nullptr);
  EXPECT_EQ(find(root, "(0040,0100)[2]/a")->bytes, to_bytes("2"));
  EXPECT_EQ(find(root, "(0040,0100)/a"), find(root, "(0040,0100)[1]/a"));
  EXPECT_EQ(find(root, "(0040,0100)[3]"), nullptr);
  EXPECT_EQ(find(root, ""), &root);
}

TEST(Layout, Operation_names_are_read_back) {
  for (const auto operation :
       {Operation::set, Operation::add, Operation::xor_bytes, Operation::insert, Operation::append, Operation::erase,
        Operation::duplicate, Operation::move, Operation::truncate}) {
    EXPECT_EQ(operation_from(name(operation)), operation);
  }
  EXPECT_EQ(name(Operation::xor_bytes), "xor");
  EXPECT_FALSE(operation_from("delete"));
}

}  // namespace
}  // namespace assay::layout
