#include "fuzz/mutators/dissect.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "harness/base/hex.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::fuzz {
namespace {

Bytes bytes(std::string_view hex) { return *from_hex(hex); }

Parts dissected(assay_format format, ByteView input) {
  Parts parts;
  dissect(format, input, parts);
  return parts;
}

/// The part of an address, for scenarios name parts so.
const Part* find(const Parts& parts, std::string_view address) {
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (path(parts, i) == address) return &parts[i];
  }
  return nullptr;
}

std::string hex_at(assay_format format, ByteView input, std::string_view address) {
  const auto parts = dissected(format, input);
  const auto* part = find(parts, address);
  return part == nullptr ? "(none)" : to_hex(input.subspan(part->begin, part->end - part->begin));
}

Bytes joined(std::initializer_list<std::string_view> parts) {
  Bytes out;
  for (const auto part : parts) append(out, ByteView(bytes(part)));
  return out;
}

/// A-ASSOCIATE-RQ with one context, a maximum length and a role.
Bytes request() {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "FUZZ";
  rq.items.emplace_back(pdu::ApplicationContextItem{"1.2.840.10008.3.1.1.1"});
  pdu::PresentationContextItemRq context;
  context.id = 1;
  context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{"1.2.84.11"});
  context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{"1.2.840.10008.1.2"});
  rq.items.emplace_back(std::move(context));
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{16384});
  user.sub_items.emplace_back(pdu::RoleSelectionSubItem{"1.2.84.11", 1, 1});
  rq.items.emplace_back(std::move(user));
  return pdu::encode(rq);
}

TEST(Dissect, Every_part_of_a_conversation_has_its_name) {
  const auto input = request();
  EXPECT_EQ(hex_at(ASSAY_FORMAT_WIRE, input, "a-associate-rq/called-ae-title"), "414e592d534350202020202020202020");
  EXPECT_EQ(hex_at(ASSAY_FORMAT_WIRE, input, "a-associate-rq/presentation-context/abstract-syntax/name"),
            "312e322e38342e3131");
  EXPECT_EQ(hex_at(ASSAY_FORMAT_WIRE, input, "a-associate-rq/user-information/maximum-length/value"), "00004000");
}

TEST(Dissect, Names_are_those_of_the_scenario_language) {
  const auto decoded = pdu::decode(request());
  ASSERT_TRUE(decoded.pdu.has_value());
  const auto tree = pdu::to_layout(*decoded.pdu);
  const auto parts = dissected(ASSAY_FORMAT_WIRE, request());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto address = path(parts, i);
    if (address == "a-associate-rq") continue;
    ASSERT_TRUE(address.starts_with("a-associate-rq/"));
    EXPECT_NE(layout::find(tree, address.substr(15)), nullptr) << address;
  }
}

TEST(Dissect, Elements_of_a_command_set_lie_in_their_fragment) {
  const auto input =
      joined({"04000000001c", "00000018", "01", "03", "0000000004000000", "0a000000", "0000000102000000", "3000"});
  EXPECT_EQ(hex_at(ASSAY_FORMAT_WIRE, input, "p-data-tf/pdv/context-id"), "01");
  EXPECT_EQ(hex_at(ASSAY_FORMAT_WIRE, input, "p-data-tf/pdv/fragment/(0000,0100)/value"), "3000");
  const auto parts = dissected(ASSAY_FORMAT_WIRE, input);
  const auto* length = find(parts, "p-data-tf/pdv/fragment/group-length");
  ASSERT_NE(length, nullptr);
  EXPECT_EQ(length->kind, layout::Part::length);
  EXPECT_FALSE(length->lies);
}

TEST(Dissect, A_length_that_is_not_true_is_known_as_a_lie) {
  const auto lying = dissected(ASSAY_FORMAT_WIRE, bytes("0500ffffffff00000000"));
  EXPECT_TRUE(find(lying, "a-release-rq/length")->lies);
  const auto right = dissected(ASSAY_FORMAT_WIRE, bytes("05000000000400000000"));
  EXPECT_FALSE(find(right, "a-release-rq/length")->lies);
}

TEST(Dissect, Sequences_and_fragments_are_opened) {
  const auto input = joined({"0800401153510000", "ffffffff", "feff00e010000000", "0800501155490800", "312e322e33000000",
                             "feffdde000000000", "e07f10004f420000ffffffff", "feff00e000000000", "feff00e00200000001ff",
                             "feffdde000000000"});
  const auto format = ASSAY_FORMAT_EXPLICIT_LITTLE;
  EXPECT_EQ(hex_at(format, input, "data-set/(0008,1140)/item/(0008,1150)/value"), "312e322e33000000");
  EXPECT_EQ(hex_at(format, input, "data-set/(7FE0,0010)/item[2]/raw"), "01ff");
  EXPECT_EQ(hex_at(format, input, "data-set/(7FE0,0010)/delimiter"), "feffdde000000000");
}

TEST(Dissect, Big_endian_and_implicit_elements_are_read_in_their_order) {
  EXPECT_EQ(hex_at(ASSAY_FORMAT_EXPLICIT_BIG, bytes("00280010555300020100"), "data-set/(0028,0010)/value"), "0100");
  EXPECT_EQ(hex_at(ASSAY_FORMAT_IMPLICIT_LITTLE, bytes("28001000020000000001"), "data-set/(0028,0010)/value"), "0001");
}

Bytes file_in(std::string_view transfer_syntax_hex, ByteView data_set) {
  auto file = Bytes(128);
  append(file, "DICM");
  append(file, ByteView(bytes("0200100055491400")));
  append(file, ByteView(bytes(transfer_syntax_hex)));
  append(file, data_set);
  return file;
}

TEST(Dissect, A_file_is_opened_in_the_transfer_syntax_that_it_names) {
  const auto file = file_in("312e322e3834302e31303030382e312e322e3200", bytes("00280010555300020007"));
  EXPECT_EQ(hex_at(ASSAY_FORMAT_FILE, file, "data-set/(0028,0010)/value"), "0007");
  EXPECT_EQ(hex_at(ASSAY_FORMAT_ANY, file, "prefix"), "4449434d");
}

TEST(Dissect, What_an_input_is_can_be_seen) {
  EXPECT_EQ(dissected(ASSAY_FORMAT_ANY, request())[0].name, "stream");
  EXPECT_EQ(hex_at(ASSAY_FORMAT_ANY, bytes("08006000435302004354"), "data-set/(0008,0060)/value"), "4354");
  EXPECT_EQ(hex_at(ASSAY_FORMAT_ANY, bytes("08006000020000004354"), "data-set/(0008,0060)/value"), "4354");
}

TEST(Dissect, A_deflate_stream_is_found_opened_and_closed_again) {
  const auto plain = bytes("08006000435302004354");
  EXPECT_EQ(inflated(deflated(plain)), plain);
  EXPECT_EQ(inflated(bytes("ffffff")), std::nullopt);
  EXPECT_EQ(deflated_from(ASSAY_FORMAT_DEFLATED, plain), 0U);
  EXPECT_EQ(deflated_from(ASSAY_FORMAT_EXPLICIT_LITTLE, plain), std::nullopt);
  auto file = Bytes(128);
  append(file, "DICM");
  append(file, ByteView(bytes("0200100055491600312e322e3834302e31303030382e312e322e312e3939")));
  EXPECT_EQ(deflated_from(ASSAY_FORMAT_FILE, file), file.size());
}

TEST(Dissect, Every_byte_lies_in_one_field_whatever_the_input) {
  for (const std::string_view hex :
       {"", "01", "0100", "ffffffffffffffffffff", "0400000000060000000101", "feff0de000000000feff"}) {
    for (int format = ASSAY_FORMAT_ANY; format <= ASSAY_FORMAT_DEFLATED; ++format) {
      const auto input = bytes(hex);
      std::size_t at = 0;
      for (const auto& part : dissected(static_cast<assay_format>(format), input)) {
        if (part.kind == layout::Part::block) continue;
        EXPECT_EQ(part.begin, at) << hex << " as " << format;
        at = part.end;
      }
      EXPECT_EQ(at, input.size()) << hex << " as " << format;
    }
  }
}

}  // namespace
}  // namespace assay::fuzz
