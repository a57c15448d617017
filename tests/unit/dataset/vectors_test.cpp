// Golden vectors written by hand: a whole C-FIND exchange, element layouts, sums of sequence lengths, UIDs and texts,
// each as bytes that no encoder of ours made (PS3.5 7.1, 7.5, 9.1; PS3.7 6.3.1). All content is made up.
#include "tests/unit/dataset/check_support.hpp"

namespace assay::dataset {
namespace {

// C-FIND-RQ, Study Root: 36 + 10 + 10 + 10 + 10 bytes after the group length.
constexpr std::string_view find_request = R"(
    00000000 04000000 4c000000
    00000200 1c000000 312e322e3834302e31303030382e352e312e342e312e322e322e3100
    00000001 02000000 2000
    00001001 02000000 0400
    00000007 02000000 0000
    00000008 02000000 0201)";
constexpr std::string_view pending_response = R"(
    00000000 04000000 4c000000
    00000200 1c000000 312e322e3834302e31303030382e352e312e342e312e322e322e3100
    00000001 02000000 2080
    00002001 02000000 0400
    00000008 02000000 0201
    00000009 02000000 00ff)";
constexpr std::string_view final_response = R"(
    00000000 04000000 4c000000
    00000200 1c000000 312e322e3834302e31303030382e352e312e342e312e322e322e3100
    00000001 02000000 2080
    00002001 02000000 0400
    00000008 02000000 0101
    00000009 02000000 0000)";

// Identifiers with the retired group lengths, implicit VR little endian. (0011,0015) is what a misprint of (0018,0015)
// makes of it: an odd group without a creator.
constexpr std::string_view request_keys = R"(
    08000000 04000000 58000000                        # @0 group length 88
    08002000 0a000000 32303037303430312d20            # @12 "20070401- "
    08003000 00000000                                 # @30
    08005000 00000000
    08005200 06000000 535455445920                    # @46 "STUDY "
    08005400 00000000
    08006100 00000000
    08009000 00000000
    08003010 00000000
    08006010 00000000
    10000000 04000000 3e000000                        # @100 group length 62
    10001000 06000000 524f45532a20                    # @112 "ROES* "
    10002000 00000000
    10003000 00000000
    10003200 00000000
    10004000 00000000
    10000010 00000000                                 # @158 (0010,1000), retired
    10000040 00000000
    11000000 04000000 08000000                        # @174 group length 8 of a private group
    11001500 00000000                                 # @186
    20000000 04000000 18000000                        # @194 24
    20000d00 00000000
    20001000 00000000
    20000812 00000000
    32000000 04000000 08000000                        # @230 8
    32000a00 00000000                                 # @242 (0032,000A), retired
    88000000 04000000 08000000                        # @250 8
    88003001 00000000)";

constexpr std::string_view response_keys = R"(
    08000000 04000000 94000000                        # @0 148
    08002000 08000000 3230303730343032                # "20070402"
    08003000 0a000000 3130313530302e303020            # "101500.00 "
    08005000 08000000 4130303030303120                # "A000001 "
    08005200 06000000 535455445920                    # "STUDY "
    08005400 08000000 4152434849564531                # "ARCHIVE1"
    08006100 02000000 4352                            # "CR"
    08009000 08000000 526f655e416e6e20                # "Roe^Ann "
    08003010 08000000 4348455354205041                # "CHEST PA"
    08006010 12000000 526f655e526963686172645e5175696e6379
    10000000 04000000 3e000000                        # @160 62
    10001000 0c000000 526f65732e4a616e655e5120        # 12 bytes of a name
    10002000 08000000 3132333435363738
    10003000 08000000 3139363030313331
    10004000 02000000 4620
    11000000 04000000 0e000000                        # @234 14
    11001500 06000000 434845535420                    # @246 "CHEST "
    20000000 04000000 54000000                        # @260 84
    20000d00 32000000 312e322e3832362e302e312e333638303034332e31302e3939392e32303037303430323130313530302e312e372e312e3131
    20001000 08000000 5354303030303120                # "ST00001 "
    20000812 02000000 3420
    88000000 04000000 10000000                        # @356 16
    88003001 08000000 4d45444941303120)";

Bytes with_body_part(std::string_view text) {
  Bytes bytes = hex(text);
  const Bytes misprint = hex("11001500");
  const auto at = std::search(bytes.begin(), bytes.end(), misprint.begin(), misprint.end());
  EXPECT_NE(at, bytes.end());
  *at = 0x18;
  *(at - 12) = 0x18;  // and its group length
  return bytes;
}

Problems of_rule(const Problems& problems, std::string_view rule) {
  Problems found;
  for (const auto& problem : problems)
    if (problem.rule == rule) found.push_back(problem);
  return found;
}

TEST(Vectors, The_C_FIND_command_sets_have_88_bytes_and_add_up) {
  DecodeOptions command;
  command.command_set = true;
  for (const auto text : {find_request, pending_response, final_response}) {
    const Bytes bytes = hex(text);
    ASSERT_EQ(bytes.size(), 88U);
    const auto decoded = decode(bytes, implicit_le, command);
    EXPECT_EQ(listed(decoded.problems), "");
    EXPECT_EQ(decoded.data_set.u32(tags::CommandGroupLength), 76U);
    EXPECT_EQ(decoded.data_set.text(tags::AffectedSOPClassUID), "1.2.840.10008.5.1.4.1.2.2.1");
    EXPECT_EQ(encode(decoded.data_set, implicit_le), bytes);
    for (const int off : {-2, -1, 1, 2}) {
      Bytes wrong = bytes;
      wrong[8] = static_cast<std::uint8_t>(wrong[8] + off);
      const auto problems = decode(wrong, implicit_le, command).problems;
      ASSERT_EQ(problems.size(), 1U) << off << listed(problems);
      EXPECT_EQ(problems[0].rule, "ps3.7/6.3.1/group-length");
      EXPECT_EQ(problems[0].offset, 8U);
    }
  }
  const auto pending = decode_owned(hex(pending_response), implicit_le, command);
  EXPECT_EQ(pending.data_set.u16(tags::Status), 0xff00);
  EXPECT_EQ(pending.data_set.u16(tags::CommandField), 0x8020);
  EXPECT_EQ(pending.data_set.u16(tags::CommandDataSetType), 0x0102);
}

TEST(Vectors, The_identifiers_of_the_C_FIND_exchange_are_read_to_the_last_byte) {
  const Bytes request = hex(request_keys);
  const Bytes response = hex(response_keys);
  ASSERT_EQ(request.size(), 270U);
  ASSERT_EQ(response.size(), 384U);
  CheckOptions query;
  query.query = true;
  for (const auto& bytes : {request, response}) {
    const auto decoded = decode(bytes, implicit_le);
    EXPECT_TRUE(clean(decoded.problems)) << listed(decoded.problems);  // group lengths are notes
    EXPECT_EQ(decoded.consumed, bytes.size());
    EXPECT_EQ(listed(of_rule(check(decoded.data_set, query), "ps3.5/7.2/group-length-wrong")), "");
    EXPECT_EQ(rewrite(decoded.data_set), bytes);
    EXPECT_EQ(encode(decoded.data_set, implicit_le), bytes);
  }
  const auto keys = decode(request, implicit_le).data_set;
  EXPECT_EQ(keys.text(tags::StudyDate), "20070401-");
  EXPECT_EQ(keys.text(tags::PatientName), "ROES*");
  const auto match = decode(response, implicit_le).data_set;
  EXPECT_EQ(match.text(tags::StudyInstanceUID).size(), 50U);
  EXPECT_EQ(match.text(tags::StorageMediaFileSetID), "MEDIA01");
}

TEST(Vectors, Group_lengths_of_the_C_FIND_identifiers_are_recounted) {
  struct Group {
    std::string_view text;
    std::size_t at;  // of the group length element
    std::uint32_t length;
  };
  CheckOptions query;
  query.query = true;
  for (const auto& [text, at, length] :
       {Group{request_keys, 0, 88}, Group{request_keys, 100, 62}, Group{request_keys, 174, 8},
        Group{request_keys, 194, 24}, Group{request_keys, 230, 8}, Group{request_keys, 250, 8},
        Group{response_keys, 0, 148}, Group{response_keys, 160, 62}, Group{response_keys, 234, 14},
        Group{response_keys, 260, 84}, Group{response_keys, 356, 16}}) {
    Bytes bytes = hex(text);
    ASSERT_EQ(load<std::uint32_t>(bytes.data() + at + 8, Endian::little), length);
    bytes[at + 8] = static_cast<std::uint8_t>(bytes[at + 8] + 2);
    const auto found = of_rule(check(decode(bytes, implicit_le).data_set, query), "ps3.5/7.2/group-length-wrong");
    ASSERT_EQ(found.size(), 1U) << at;
    EXPECT_EQ(found[0].offset, at + 8);
    EXPECT_EQ(found[0].found, std::to_string(length + 2));
    EXPECT_TRUE(found[0].expected.starts_with(std::to_string(length) + ",")) << found[0].expected;
  }
}

TEST(Vectors, The_misprinted_tag_is_a_creator_and_the_right_one_a_body_part) {
  CheckOptions query;
  query.query = true;
  const auto printed = decode_owned(hex(request_keys), implicit_le).data_set;
  const auto problems = check(printed, query);
  EXPECT_EQ(listed(of_rule(problems, "ps3.5/7.8.1/creator-empty")).substr(0, 40),
            "ps3.5/7.8.1/creator-empty @186 (0011,001");
  EXPECT_EQ(of_rule(problems, "ps3.6/6/retired").size(), 2U) << listed(problems);
  const auto answer = decode_owned(hex(response_keys), implicit_le).data_set;
  EXPECT_EQ(answer.find(Tag(0x0011, 0x0015))->vr, Vr::LO);
  EXPECT_EQ(answer.text(Tag(0x0011, 0x0015)), "CHEST");
  for (const auto text : {request_keys, response_keys}) {
    const Bytes bytes = with_body_part(text);
    const auto corrected = decode(bytes, implicit_le);
    EXPECT_TRUE(clean(corrected.problems)) << listed(corrected.problems);
    EXPECT_TRUE(clean(check(corrected.data_set, query))) << listed(check(corrected.data_set, query));
    EXPECT_EQ(corrected.data_set.find(tags::BodyPartExamined)->vr, Vr::CS);
  }
}

TEST(Vectors, A_name_takes_18_bytes_with_and_without_its_VR) {
  const Bytes implicit = hex("10001000 0a000000 536d6974685e4a6f6520");
  const Bytes explicit_vr = hex("10001000 504e 0a00 536d6974685e4a6f6520");
  ASSERT_EQ(implicit.size(), 18U);
  ASSERT_EQ(explicit_vr.size(), 18U);
  const auto one = decode(implicit, implicit_le);
  const auto two = decode(explicit_vr, explicit_le);
  EXPECT_EQ(listed(one.problems) + listed(two.problems), "");
  EXPECT_EQ(one.data_set.text(tags::PatientName), "Smith^Joe");
  EXPECT_EQ(encode(one.data_set, explicit_le), explicit_vr);
  EXPECT_EQ(encode(two.data_set, implicit_le), implicit);
}

TEST(Vectors, A_long_explicit_element_has_a_header_of_12_bytes) {
  Bytes bytes = hex("e07f1000 4f42 0000 00000100");
  ASSERT_EQ(bytes.size(), 12U);
  bytes.resize(12 + 65536, 0x5a);
  const auto decoded = decode(bytes, explicit_le);
  EXPECT_EQ(listed(decoded.problems), "");
  const Node* pixels = decoded.data_set.find(tags::PixelData);
  EXPECT_EQ(pixels->value.size(), 65536U);
  EXPECT_EQ(pixels->value.data(), bytes.data() + 12);
  EXPECT_EQ(encode(decoded.data_set, explicit_le), bytes);
  // Two bytes less: implicit VR has no VR, no reserved bytes and the same 32-bit length.
  EXPECT_EQ(encode(decoded.data_set, implicit_le).size(), 8 + 65536U);
}

// Sequences of items that hold one text, so that an item has the length 4F8H.

constexpr std::uint32_t item_length = 0x4f8;

void add_number(Bytes& bytes, std::uint32_t number) { store(bytes, number, Endian::little); }

Bytes item() {
  Bytes bytes = hex("feff00e0");
  add_number(bytes, item_length);
  append(bytes, hex("10000040"));
  add_number(bytes, item_length - 8);
  bytes.resize(bytes.size() + item_length - 8, 'c');
  return bytes;
}

Bytes sequence(std::uint32_t length, int items) {
  Bytes bytes = hex("40000001");
  add_number(bytes, length);
  for (int i = 0; i < items; ++i) append(bytes, item());
  return bytes;
}

TEST(Vectors, Two_items_of_4F8H_make_A00H_and_three_F00H) {
  ASSERT_EQ(item().size(), 0x500U);
  for (const auto& [length, items] : {std::pair{0x500U, 1}, std::pair{0xa00U, 2}, std::pair{0xf00U, 3}}) {
    const Bytes bytes = sequence(length, items);
    const auto decoded = decode(bytes, implicit_le);
    EXPECT_EQ(listed(decoded.problems), "") << length;
    EXPECT_EQ(decoded.data_set.items(tags::ScheduledProcedureStepSequence).size(), static_cast<std::size_t>(items));
    EXPECT_EQ(encode(decoded.data_set, implicit_le), bytes);
  }
  // A00H with three items: the third stands outside the sequence.
  const auto decoded = decode_owned(sequence(0xa00, 3), implicit_le);
  ASSERT_FALSE(decoded.problems.empty());
  EXPECT_EQ(decoded.problems[0].offset, 8 + 0xa00U) << listed(decoded.problems);
  EXPECT_EQ(decoded.data_set.items(tags::ScheduledProcedureStepSequence).size(), 2U);
}

TEST(Vectors, A_sequence_length_off_by_1_2_or_8_is_found_where_it_begins_to_hurt) {
  // Too short: the second item says more than is left. Too long: something else stands behind the last item.
  struct Row {
    int off;
    std::string_view rule;
    std::uint64_t offset;
    std::string_view field;
  };
  for (const auto& [off, rule, offset, field] : {Row{-8, "ps3.5/7.5/sequence-length", 0x50c, "(0040,0100)[2]"},
                                                 Row{-2, "ps3.5/7.5/sequence-length", 0x50c, "(0040,0100)[2]"},
                                                 Row{-1, "ps3.5/7.5/sequence-length", 0x50c, "(0040,0100)[2]"},
                                                 Row{1, "ps3.5/7.5/truncated-item", 0xa08, "(0040,0100)"},
                                                 Row{2, "ps3.5/7.5/truncated-item", 0xa08, "(0040,0100)"},
                                                 Row{8, "ps3.5/7.5/item-expected", 0xa08, "(0040,0100)"}}) {
    Bytes bytes = sequence(static_cast<std::uint32_t>(0xa00 + off), 2);
    append(bytes, hex("50002000 04000000 41424344"));
    const auto decoded = decode(bytes, implicit_le);
    const auto found = of_rule(decoded.problems, rule);
    ASSERT_EQ(found.size(), 1U) << off << listed(decoded.problems);
    EXPECT_EQ(found[0].offset, offset) << off;
    EXPECT_EQ(found[0].field, field) << off;
    EXPECT_EQ(of_rule(decoded.problems, "ps3.5/7.1.1/odd-length").size(), off % 2 == 0 ? 0U : 1U) << off;
    EXPECT_EQ(rewrite(decoded.data_set), Bytes(bytes.begin(), bytes.begin() + static_cast<long>(decoded.consumed)));
  }
}

TEST(Vectors, An_item_of_17B6H_stands_beside_one_of_undefined_length) {
  Bytes bytes = hex("40000001 ffffffff feff00e0 ffffffff 08006000 02000000 4d52 feff0de0 00000000 feff00e0 b6170000");
  append(bytes, hex("10000040 ae170000"));
  bytes.resize(bytes.size() + 0x17ae, 'c');
  append(bytes, hex("feffdde0 00000000 50002000 04000000 41424344"));
  const auto decoded = decode(bytes, implicit_le);
  EXPECT_EQ(listed(decoded.problems), "");
  const auto items = decoded.data_set.items(tags::ScheduledProcedureStepSequence);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[1].text(tags::PatientComments).size(), 0x17aeU);
  EXPECT_TRUE(decoded.data_set.has(tags::DeviceDescription));
  EXPECT_EQ(rewrite(decoded.data_set), bytes);
}

TEST(Vectors, A_component_may_be_0_but_not_begin_with_it) {
  const auto problems = [](std::string_view uid) {
    return listed(decode_owned(bytes_of({{tags::SOPInstanceUID, Vr::UI, std::string(uid)}}), explicit_le).problems);
  };
  EXPECT_EQ(problems("1.2.804.114118.2.0909").substr(0, 37), "ps3.5/9.1/uid-component @25 (0008,001");
  EXPECT_EQ(problems("1.2.804.114118.2.0"), "");
  constexpr std::string_view sample = "1.2.804.114118.2.20040909.125423.3692976692.1.1.1";
  ASSERT_EQ(sample.size(), 49U);
  EXPECT_EQ(problems(sample), "");
}

TEST(Vectors, Texts_of_each_kind_are_silent) {
  const Elements texts{
      {tags::SpecificCharacterSet, Vr::CS, "ISO_IR 192"},
      {tags::AcquisitionDateTime, Vr::DT, "20050812183000.00"},
      {tags::PatientName, Vr::PN, "Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1"},
      {tags::OtherPatientNames, Vr::PN, "ABC Farms^Running on Water\\Smith^Joe\\Wang^XiaoDong==W^X"},
      {tags::PatientAge, Vr::AS, "018M"},
      {tags::SliceThickness, Vr::DS, "-5.0e3"},
      {tags::SeriesNumber, Vr::IS, "-1234567"},
  };
  const Bytes bytes = bytes_of(texts);
  const auto decoded = decode(bytes, explicit_le);
  EXPECT_EQ(listed(decoded.problems), "");
  EXPECT_TRUE(clean(check(decoded.data_set))) << listed(check(decoded.data_set));
  EXPECT_EQ(decoded.data_set.find(tags::PatientAge)->value.size(), 4U);
}

TEST(Vectors, Twelve_bits_end_at_bit_11_and_ten_did_so_long_ago) {
  const auto judged = [](std::uint16_t allocated, std::uint16_t stored, std::uint16_t high) {
    const Bytes bytes = bytes_of({{tags::SamplesPerPixel, Vr::US, us(1)},
                                  {tags::PhotometricInterpretation, Vr::CS, "MONOCHROME2"},
                                  {tags::Rows, Vr::US, us(2)},
                                  {tags::Columns, Vr::US, us(2)},
                                  {tags::BitsAllocated, Vr::US, us(allocated)},
                                  {tags::BitsStored, Vr::US, us(stored)},
                                  {tags::HighBit, Vr::US, us(high)},
                                  {tags::PixelRepresentation, Vr::US, us(0)},
                                  {tags::PixelData, Vr::OW, std::string(8, '\0')}});
    std::string rules;
    for (const auto& problem : check(decode(bytes, explicit_le).data_set)) rules += problem.rule;
    return rules;
  };
  EXPECT_EQ(judged(16, 12, 11), "");
  EXPECT_EQ(judged(16, 10, 11), "ps3.5/8.1.1/high-bit");
}

}  // namespace
}  // namespace assay::dataset
