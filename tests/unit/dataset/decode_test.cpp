// Hand-annotated vectors, independent of our encoder (PS3.5 7.1-7.5).
#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

TEST(DatasetDecode, Reads_a_C_ECHO_RQ_command_set) {
  const Bytes bytes = hex(R"(
    00000000 04000000 38000000                                # (0000,0000) UL 56
    00000200 12000000 312e322e3834302e31303030382e312e3100    # (0000,0002) UI 1.2.840.10008.1.1 and NUL
    00000001 02000000 3000                                    # (0000,0100) US 0030H
    00001001 02000000 0200                                    # (0000,0110) US 2
    00000008 02000000 0101                                    # (0000,0800) US 0101H
  )");
  ASSERT_EQ(bytes.size(), 68U);
  DecodeOptions options;
  options.command_set = true;
  const auto decoded = decode(bytes, implicit_le, options);
  EXPECT_EQ(listed(decoded.problems), "");
  EXPECT_EQ(decoded.consumed, 68U);
  ASSERT_EQ(decoded.data_set.nodes().size(), 5U);
  EXPECT_EQ(decoded.data_set.u32(tags::CommandGroupLength), 56U);
  EXPECT_EQ(decoded.data_set.text(tags::AffectedSOPClassUID), uids::Verification);
  EXPECT_EQ(decoded.data_set.u16(tags::CommandField), 0x0030);
  EXPECT_EQ(decoded.data_set.u16(tags::MessageID), 2);
  EXPECT_EQ(decoded.data_set.u16(tags::CommandDataSetType), 0x0101);
  EXPECT_EQ(decoded.data_set.nodes()[1].offset, 12U);
  EXPECT_EQ(decoded.data_set.nodes()[1].end_offset, 38U);
  EXPECT_EQ(decoded.data_set.nodes()[1].length, 18U);
}

TEST(DatasetDecode, Reads_a_C_ECHO_RSP_command_set) {
  const Bytes bytes =
      hex("0000000004000000420000000000020012000000312e322e3834302e31303030382e312e310000000001020000003080000020010200"
          "000002"
          "000000000802000000010100000009020000000000");
  ASSERT_EQ(bytes.size(), 78U);
  DecodeOptions options;
  options.command_set = true;
  const auto decoded = decode(bytes, implicit_le, options);
  EXPECT_EQ(listed(decoded.problems), "");
  EXPECT_EQ(decoded.data_set.u16(tags::CommandField), 0x8030);
  EXPECT_EQ(decoded.data_set.u16(tags::MessageIDBeingRespondedTo), 2);
  EXPECT_EQ(decoded.data_set.u16(tags::Status), 0x0000);
}

TEST(DatasetDecode, Reads_a_C_FIND_RQ_command_set_and_its_identifier) {
  const Bytes command = hex(R"(
    00000000 04000000 4c000000
    00000200 1c000000 312e322e3834302e31303030382e352e312e342e312e322e322e3100
    00000001 02000000 2000
    00001001 02000000 0400
    00000007 02000000 0000
    00000008 02000000 0201
  )");
  DecodeOptions options;
  options.command_set = true;
  const auto request = decode(command, implicit_le, options);
  EXPECT_EQ(listed(request.problems), "");
  EXPECT_EQ(request.data_set.text(tags::AffectedSOPClassUID), uids::StudyRootQueryRetrieveInformationModelFind);
  EXPECT_EQ(request.data_set.u16(tags::CommandField), 0x0020);

  const Bytes identifier = hex(R"(
    08002000 12000000 32303038303130312d323030383132333120    # (0008,0020) DA 20080101-20081231 is 17 characters
    08005200 06000000 535455445920                            # (0008,0052) CS "STUDY "
    10001000 06000000 446f652a2020                            # (0010,0010) PN "Doe*  "
    20000d00 00000000                                         # (0020,000D) UI, empty
  )");
  const auto keys = decode(identifier, implicit_le);
  EXPECT_EQ(listed(keys.problems), "");
  EXPECT_EQ(keys.data_set.text(tags::StudyDate), "20080101-20081231");
  EXPECT_EQ(keys.data_set.text(tags::QueryRetrieveLevel), "STUDY");
  EXPECT_EQ(keys.data_set.text(tags::PatientName), "Doe*");
  ASSERT_TRUE(keys.data_set.has(tags::StudyInstanceUID));
  EXPECT_EQ(keys.data_set.find(tags::StudyInstanceUID)->value.size(), 0U);
}

TEST(DatasetDecode, Reads_short_and_long_lengths_of_explicit_little_endian) {
  const Bytes bytes = hex(R"(
    08006000 4353 0200 4d52                    # (0008,0060) CS 2 "MR"
    10001000 504e 0800 446f655e4a616e65        # (0010,0010) PN 8 "Doe^Jane"
    28001000 5553 0200 0002                    # (0028,0010) US 2 512
    e07f1000 4f57 0000 04000000 01020304       # (7FE0,0010) OW reserved 4
  )");
  const auto decoded = decode(bytes, explicit_le);
  EXPECT_EQ(listed(decoded.problems), "");
  const auto& nodes = decoded.data_set.nodes();
  ASSERT_EQ(nodes.size(), 4U);
  EXPECT_EQ(decoded.data_set.text(tags::PatientName), "Doe^Jane");
  EXPECT_EQ(decoded.data_set.u16(tags::Rows), 512);
  EXPECT_EQ(nodes[3].vr, Vr::OW);
  EXPECT_EQ(nodes[3].offset, 36U);
  EXPECT_EQ(to_hex(nodes[3].value), "01020304");
  EXPECT_EQ(nodes[3].value.data(), bytes.data() + 48) << "values are views of the input";
}

TEST(DatasetDecode, Reads_explicit_big_endian) {
  const Bytes bytes = hex(R"(
    00080060 4353 0002 4d52                    # (0008,0060) CS 2 "MR"
    00186016 554c 0004 00011170                # (0018,6016) UL 4 70000
    00280009 4154 0004 00181063                # (0028,0009) AT (0018,1063)
    00280010 5553 0002 0200                    # (0028,0010) US 2 512
    7fe00010 4f57 0000 00000004 01020304
  )");
  const auto decoded = decode(bytes, explicit_be);
  EXPECT_EQ(listed(decoded.problems), "");
  EXPECT_EQ(decoded.data_set.u16(tags::Rows), 512);
  EXPECT_EQ(decoded.data_set.u32(tags::RegionFlags), 70000U);
  EXPECT_EQ(decoded.data_set.u32(tags::FrameIncrementPointer), 0x00181063U);
}

TEST(DatasetDecode, Reads_items_of_defined_and_undefined_length) {
  const Bytes bytes = hex(R"(
    40000001 5351 0000 36000000                # @0 (0040,0100) SQ 54
      feff00e0 14000000                        # @12 item 20
        08006000 4353 0200 5553                # @20 CS "US"
        40000100 4145 0200 4131                # @30 AE "A1"
      feff00e0 ffffffff                        # @40 item, undefined
        08006000 4353 0200 4d52                # @48 CS "MR"
      feff0de0 00000000                        # @58
    10002000 4c4f 0200 4944                    # @66 (0010,0020): out of order on purpose
  )");
  const auto decoded = decode(bytes, explicit_le);
  EXPECT_EQ(listed(decoded.problems),
            "ps3.5/7.1/order @66 (0010,0020): (0010,0020) after (0040,0100) | ascending tags\n");
  const auto& nodes = decoded.data_set.nodes();
  ASSERT_EQ(nodes.size(), 7U);
  EXPECT_EQ(nodes[0].kind, NodeKind::sequence);
  EXPECT_EQ(nodes[0].end, 6U);
  EXPECT_EQ(nodes[0].end_offset, 66U);
  EXPECT_EQ(nodes[1].kind, NodeKind::item);
  EXPECT_EQ(nodes[1].depth, 1);
  EXPECT_EQ(nodes[1].end, 4U);
  EXPECT_EQ(nodes[4].length, undefined_length);
  EXPECT_EQ(nodes[4].end_offset, 66U);
  EXPECT_EQ(nodes[5].depth, 1);
  const auto items = decoded.data_set.items(tags::ScheduledProcedureStepSequence);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].text(tags::Modality), "US");
  EXPECT_EQ(items[0].text(tags::ScheduledStationAETitle), "A1");
  EXPECT_EQ(items[1].text(tags::Modality), "MR");
  EXPECT_FALSE(items[1].has(tags::ScheduledStationAETitle));
  EXPECT_EQ(items[0].elements().size(), 2U);
  EXPECT_FALSE(decoded.data_set.has(tags::Modality)) << "an element of an item is not of the top level";
  EXPECT_EQ(decoded.data_set.text(tags::PatientID), "ID");
}

TEST(DatasetDecode, Reads_a_sequence_of_undefined_length_in_implicit_VR) {
  const Bytes bytes = hex(R"(
    40000001 ffffffff                          # (0040,0100) SQ by the dictionary
      feff00e0 0a000000
        08006000 02000000 5553
    feffdde0 00000000
    50000000 04000000 00000000                 # (0050,0000) group length: retired, a note
  )");
  const auto decoded = decode(bytes, implicit_le);
  EXPECT_TRUE(clean(decoded.problems)) << listed(decoded.problems);
  EXPECT_EQ(decoded.data_set.items(tags::ScheduledProcedureStepSequence).size(), 1U);
}

TEST(DatasetDecode, Reads_UN_of_undefined_length_as_implicit_little_endian_in_any_encoding) {
  const std::string inside = R"(
      feff00e0 ffffffff
        28001000 02000000 0300                 # (0028,0010) implicit little endian 3
      feff0de0 00000000
    feffdde0 00000000)";
  for (const bool big : {false, true}) {
    const Bytes bytes = hex((big ? "00091001 554e 0000 ffffffff" : "09000110 554e 0000 ffffffff") + inside +
                            (big ? "00280010 5553 0002 0004" : "28001000 5553 0200 0400"));
    const auto decoded = decode(bytes, big ? explicit_be : explicit_le);
    EXPECT_EQ(listed(decoded.problems), "");
    const auto items = decoded.data_set.items(Tag(9, 0x1001));
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].u16(tags::Rows), 3);
    EXPECT_EQ(decoded.data_set.u16(tags::Rows), 4);
    EXPECT_EQ(decoded.data_set.nodes()[0].vr, Vr::UN);
  }
}

TEST(DatasetDecode, Reads_encapsulated_pixel_data_as_fragments) {
  const Bytes bytes = hex(R"(
    e07f1000 4f42 0000 ffffffff
      feff00e0 04000000 00000000               # Basic Offset Table
      feff00e0 06000000 ffd80102ffd9
    feffdde0 00000000
  )");
  Encoding jpeg = explicit_le;
  jpeg.encapsulated = true;
  const auto decoded = decode(bytes, jpeg);
  EXPECT_EQ(listed(decoded.problems), "");
  const auto& nodes = decoded.data_set.nodes();
  ASSERT_EQ(nodes.size(), 3U);
  EXPECT_EQ(nodes[0].kind, NodeKind::fragments);
  EXPECT_EQ(nodes[2].kind, NodeKind::fragment);
  EXPECT_EQ(to_hex(nodes[2].value), "ffd80102ffd9");
  EXPECT_TRUE(decoded.data_set.items(tags::PixelData).empty());
}

TEST(DatasetDecode, Reads_US_or_SS_by_the_pixel_representation) {
  for (const bool is_signed : {false, true}) {
    const Bytes bytes = hex(std::string("28000301 02000000 0") + (is_signed ? "1" : "0") + "00 28000601 02000000 00f8");
    const auto decoded = decode(bytes, implicit_le);
    EXPECT_EQ(listed(decoded.problems), "");
    EXPECT_EQ(decoded.data_set.find(tags::SmallestImagePixelValue)->vr, is_signed ? Vr::SS : Vr::US);
  }
}

TEST(DatasetDecode, Reads_a_pixel_representation_of_one_byte_as_the_one_that_encoding_makes_of_it) {
  for (const bool is_signed : {false, true}) {
    const Bytes bytes = hex(std::string("28000301 01000000 0") + (is_signed ? "1" : "0") + " 28000601 02000000 00f8");
    const auto decoded = decode(bytes, implicit_le);
    EXPECT_EQ(decoded.data_set.find(tags::SmallestImagePixelValue)->vr, is_signed ? Vr::SS : Vr::US);
    const auto encoded = encode(decoded.data_set, implicit_le);
    EXPECT_TRUE(decoded.data_set.equal_in_value(decode(encoded, implicit_le).data_set));
  }
}

TEST(DatasetDecode, Stops_before_a_tag) {
  const Bytes bytes = hex("08006000 4353 0200 4d52 10001000 504e 0200 4142 e07f1000 4f57 0000 ffffff00");
  DecodeOptions options;
  options.stop_before = tags::PixelData;
  const auto decoded = decode(bytes, explicit_le, options);
  EXPECT_EQ(listed(decoded.problems), "");
  EXPECT_EQ(decoded.consumed, 20U);
  EXPECT_EQ(decoded.data_set.nodes().size(), 2U);
}

TEST(DatasetDecode, Counts_offsets_from_the_base) {
  DecodeOptions options;
  options.base_offset = 1000;
  const Bytes bytes = hex("08006000 4353 0200 4d52 08006000 4353 0200 4d52");
  const auto decoded = decode(bytes, explicit_le, options);
  ASSERT_EQ(decoded.problems.size(), 1U);
  EXPECT_EQ(decoded.problems[0].offset, 1010U);
  EXPECT_EQ(decoded.data_set.nodes()[1].offset, 1010U);
  EXPECT_EQ(rewrite(decoded.data_set), bytes);
}

TEST(DatasetDecode, Nothing_is_an_empty_data_set) {
  const auto decoded = decode({}, explicit_le);
  EXPECT_TRUE(decoded.data_set.empty());
  EXPECT_TRUE(decoded.problems.empty());
}

TEST(DatasetDecode, Nesting_is_limited_without_recursion) {
  Bytes bytes;
  for (int i = 0; i < 100'000; ++i) append(bytes, hex("40000001 5351 0000 ffffffff feff00e0 ffffffff"));
  const auto decoded = decode(bytes, explicit_le);
  ASSERT_FALSE(decoded.problems.empty());
  EXPECT_EQ(decoded.problems.back().rule, "limits/nesting");
  EXPECT_EQ(decoded.consumed, limits::max_nesting_depth * 20);
  EXPECT_EQ(decoded.data_set.nodes().size(), limits::max_nesting_depth * 2);
  DecodeOptions deep;
  deep.max_depth = 1'000'000;  // is capped
  EXPECT_TRUE(has_error(decode(bytes, explicit_le, deep).problems));
}

TEST(DatasetDecode, Problems_are_limited_and_the_rest_counted) {
  Bytes bytes;
  for (std::size_t i = 0; i < limits::max_problems + 11; ++i) append(bytes, hex("08006000 4353 0200 4d52"));
  const auto decoded = decode(bytes, explicit_le);
  EXPECT_EQ(decoded.problems.size(), limits::max_problems);
  EXPECT_EQ(decoded.more_problems, 10U);
}

TEST(DatasetDecode, The_limit_of_problems_is_an_option_and_an_error_is_always_told) {
  Bytes bytes;
  for (int i = 0; i < 6; ++i) append(bytes, hex("08006000 4353 0200 4d52"));
  append(bytes, hex("08006000"));  // cut
  DecodeOptions options;
  options.max_problems = 2;
  const auto decoded = decode(bytes, explicit_le, options);
  ASSERT_EQ(decoded.problems.size(), 3U);
  EXPECT_EQ(decoded.problems[1].rule, "ps3.5/7.1/duplicate");
  EXPECT_EQ(decoded.problems[2].rule, "ps3.5/7.1/truncated-element");
  EXPECT_EQ(decoded.more_problems, 3U);
}

TEST(DatasetDecode, Every_cut_of_a_data_set_is_reported_and_rewritten) {
  const Bytes bytes = hex(R"(
    08006000 4353 0200 4d52
    40000001 5351 0000 ffffffff feff00e0 ffffffff 08006000 4353 0200 5553 feff0de0 00000000 feffdde0 00000000
    e07f1000 4f57 0000 04000000 01020304)");
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto decoded = decode(ByteView(bytes).first(size), explicit_le);
    const bool whole = size == 0 || size == 10 || size == 56 || size == bytes.size();
    EXPECT_EQ(decoded.problems.empty(), whole) << size;
    EXPECT_EQ(has_error(decoded.problems), !whole) << size;
    EXPECT_EQ(rewrite(decoded.data_set), to_bytes(ByteView(bytes).first(decoded.consumed))) << size;
  }
}

TEST(TransferSyntax, Encodings_are_those_of_PS3_5_annex_A) {
  EXPECT_EQ(encoding_of(uids::ImplicitVRLittleEndian), implicit_le);
  EXPECT_EQ(encoding_of(uids::ExplicitVRLittleEndian), explicit_le);
  EXPECT_EQ(encoding_of(uids::ExplicitVRBigEndian), explicit_be);
  EXPECT_TRUE(encoding_of(uids::DeflatedExplicitVRLittleEndian).deflated);
  EXPECT_TRUE(encoding_of("1.2.840.10008.1.2.4.50").encapsulated);
  EXPECT_TRUE(encoding_of("1.2.3.4").explicit_vr);
  EXPECT_TRUE(encoding_of("1.2.3.4").encapsulated);
  EXPECT_EQ(encoding_of(std::string_view("1.2.840.10008.1.2\0", 18)), implicit_le);
}

TEST(DatasetDecode, A_damaged_vr_is_read_in_the_form_that_leads_to_another_element) {
  // "D\1" with a 16-bit length of 0; as a 32-bit length these four bytes would be 324, which is there as well.
  Bytes bytes = hex("10003000 4401 0000 10004000 4353 0200 4d20 e07f1000 4f42 0000 40010000");
  bytes.resize(bytes.size() + 320);
  const auto damaged = decode(bytes, explicit_le);
  ASSERT_EQ(damaged.problems.size(), 1U);
  EXPECT_EQ(damaged.problems[0].rule, "ps3.5/7.1.2/vr-missing");
  EXPECT_EQ(damaged.problems[0].offset, 4U);
  EXPECT_EQ(damaged.data_set.text(Tag(0x0010, 0x0040)), "M");
  // An implicit sequence that strayed in: its item is its value and not the next element.
  bytes = hex("40007502 08000000 feff00e0 00000000 40004002 4c4f 0000");
  const auto strayed = decode(bytes, explicit_le);
  EXPECT_EQ(strayed.data_set.items(Tag(0x0040, 0x0275)).size(), 1U);
}

TEST(DatasetDecode, What_a_UN_of_undefined_length_holds_is_little_endian_as_pixel_data_too) {
  const auto little = hex("7fe00010 554e 0000 ffffffff feff00e0 00000000 feffdde0 00000000");
  const auto read = decode(little, explicit_be);
  EXPECT_FALSE(has_error(read.problems)) << listed(read.problems);
  EXPECT_EQ(encode(read.data_set, explicit_be), little);
  EXPECT_EQ(encode(decode(encode(read.data_set, explicit_be), explicit_be).data_set, explicit_be), little);
  // Items in big endian are none there: nothing is kept that would be written as something else.
  const auto big = decode(hex("7fe00010 554e 0000 ffffffff fffee000 00000000 fffee0dd 00000000"), explicit_be);
  EXPECT_TRUE(has_error(big.problems));
  EXPECT_TRUE(big.data_set.nodes().empty());
}

}  // namespace
}  // namespace assay::dataset
