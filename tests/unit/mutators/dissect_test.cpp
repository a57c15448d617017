#include "fuzz/mutators/dissect.hpp"

#include <gtest/gtest.h>

#include <zlib.h>

#include "harness/base/hex.hpp"

namespace assay::fuzz {
namespace {

using layout::find;

Bytes bytes(std::string_view hex) { return *from_hex(hex); }

std::string hex_at(const layout::Node& root, std::string_view path) {
  const auto* node = find(root, path);
  return node == nullptr ? "(none)" : to_hex(node->bytes);
}

Bytes joined(std::initializer_list<std::string_view> parts) {
  Bytes out;
  for (const auto part : parts) append(out, ByteView(bytes(part)));
  return out;
}

/// A-ASSOCIATE-RQ with one context and a maximum length.
Bytes request() {
  return joined({"01000000007b0001", "0000", "414e592d534350202020202020202020", "46555a5a202020202020202020202020",
                 "0000000000000000000000000000000000000000000000000000000000000000", "2000001f01000000",
                 "30000009312e322e38342e3131", "4000000a312e322e3834302e3130", "5000000851000004", "00004000"});
}

TEST(Dissect, Every_part_of_a_conversation_has_its_name) {
  const auto input = request();
  const auto tree = dissect_wire(input);
  EXPECT_EQ(layout::serialise(tree), input);
  EXPECT_EQ(hex_at(tree, "a-associate-rq/called-ae-title"), "414e592d534350202020202020202020");
  EXPECT_EQ(hex_at(tree, "a-associate-rq/presentation-context/abstract-syntax/name"), "312e322e38342e3131");
  EXPECT_EQ(hex_at(tree, "a-associate-rq/user-information/maximum-length/value"), "00004000");
}

TEST(Dissect, Elements_of_a_command_set_lie_in_their_fragment) {
  const auto input = bytes(
      "04000000001c"
      "00000018"
      "01"
      "03"
      "0000000004000000"
      "0a000000"
      "0000000102000000"
      "3000");
  const auto tree = dissect_wire(input);
  EXPECT_EQ(layout::serialise(tree), input);
  EXPECT_EQ(hex_at(tree, "p-data-tf/pdv/context-id"), "01");
  EXPECT_EQ(hex_at(tree, "p-data-tf/pdv/fragment/(0000,0100)/value"), "3000");
  const auto* length = find(tree, "p-data-tf/pdv/fragment/(0000,0000)");
  ASSERT_NE(length, nullptr);
  EXPECT_EQ(length->part, layout::Part::length);
  EXPECT_FALSE(length->forced.has_value());
}

TEST(Dissect, A_length_that_is_not_true_stays_as_it_was) {
  const auto input = bytes("0500ffffffff00000000");
  const auto tree = dissect_wire(input);
  EXPECT_EQ(layout::serialise(tree), input);
  EXPECT_EQ(find(tree, "a-release-rq/length")->forced, 0xFFFFFFFFU);
}

TEST(Dissect, Sequences_and_fragments_are_opened) {
  const auto input = bytes(
      "0800401153510000"
      "ffffffff"
      "feff00e010000000"
      "0800501155490800"
      "312e322e33000000"
      "feffdde000000000"
      "e07f10004f420000ffffffff"
      "feff00e000000000"
      "feff00e00200000001ff"
      "feffdde000000000");
  const auto tree = dissect_elements("data-set", input, {});
  EXPECT_EQ(layout::serialise(tree), input);
  EXPECT_EQ(hex_at(tree, "(0008,1140)/item/(0008,1150)/value"), "312e322e33000000");
  EXPECT_EQ(hex_at(tree, "(7FE0,0010)/item[2]/raw"), "01ff");
  EXPECT_NE(find(tree, "(7FE0,0010)/delimiter"), nullptr);
}

TEST(Dissect, Big_endian_and_implicit_elements_are_read_in_their_order) {
  const auto big = bytes(
      "0028001055530002"
      "0100");
  EXPECT_EQ(hex_at(dissect_elements("x", big, {true, Endian::big}), "(0028,0010)/value"), "0100");
  const auto implicit = bytes(
      "2800100002000000"
      "0001");
  EXPECT_EQ(hex_at(dissect_elements("x", implicit, {false, Endian::little}), "(0028,0010)/value"), "0001");
}

TEST(Dissect, A_file_is_opened_in_the_transfer_syntax_that_it_names) {
  auto file = Bytes(128);
  append(file, "DICM");
  append(file, ByteView(bytes("0200100055491400"
                              "312e322e3834302e31303030382e312e322e3200")));
  append(file, ByteView(bytes("0028001055530002"
                              "0007")));
  const auto tree = dissect_file(file, true);
  EXPECT_EQ(assemble(tree), file);
  EXPECT_EQ(hex_at(tree, "data-set/(0028,0010)/value"), "0007");
}

TEST(Dissect, A_deflated_data_set_is_opened_and_closed_again) {
  const auto plain = bytes(
      "0800600043530200"
      "4354");
  const auto closed = assemble(layout::block("deflated", {layout::field("raw", plain)}));
  const auto open = dissect(ASSAY_FORMAT_DEFLATED, closed, true);
  EXPECT_EQ(hex_at(open, "(0008,0060)/value"), "4354");
  EXPECT_EQ(layout::serialise(dissect_deflated(assemble(open))), plain);
  EXPECT_EQ(assemble(dissect(ASSAY_FORMAT_DEFLATED, closed, false)), closed);
}

TEST(Dissect, Nothing_and_rubbish_come_back_as_they_were) {
  for (const std::string_view hex :
       {"", "01", "0100", "ffffffffffffffffffff", "0400000000060000000101", "feff0de000000000feff"}) {
    for (int format = ASSAY_FORMAT_ANY; format <= ASSAY_FORMAT_DEFLATED; ++format) {
      const auto input = bytes(hex);
      EXPECT_EQ(assemble(dissect(static_cast<assay_format>(format), input, false)), input) << hex << " as " << format;
    }
  }
}

}  // namespace
}  // namespace assay::fuzz
