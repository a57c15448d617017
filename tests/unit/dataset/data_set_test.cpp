// Setting, copying, comparing, encoding and the other forms of a Data Set.
#include <optional>

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

constexpr Encoding all_encodings[] = {implicit_le, explicit_le, explicit_be};

DataSet sample(Encoding encoding) {
  DataSet inner(encoding);
  inner.set_text(tags::Modality, "US");
  DataSet item(encoding);
  item.set_text(tags::ScheduledStationAETitle, "STATION");
  item.set_sequence(tags::ScheduledProtocolCodeSequence, {inner, DataSet(encoding)}, true);
  DataSet data_set(encoding);
  data_set.set_u16(tags::Rows, 512);
  data_set.set_text(tags::PatientName, "Doe^Jane^Q");
  data_set.set_text(tags::SOPInstanceUID, "1.2.3");
  data_set.set_u32(tags::RegionFlags, 70000);
  data_set.set_u32(tags::FrameIncrementPointer, 0x00181063);
  data_set.set_sequence(tags::ScheduledProcedureStepSequence, {item});
  return data_set;
}

TEST(DataSetSet, Keeps_ascending_order_pads_and_replaces) {
  DataSet data_set;
  data_set.set_text(tags::PatientName, "Doe");
  data_set.set_text(tags::SOPClassUID, "1.2");
  data_set.set_text(tags::PatientID, "A");
  data_set.set_text(tags::PatientID, "BC");
  data_set.set_empty(tags::StudyInstanceUID);
  EXPECT_EQ(to_hex(encode(data_set, explicit_le)),
            to_hex(hex(
                "08001600 5549 0400 312e3200 10001000 504e 0400 446f6520 10002000 4c4f 0200 4243 20000d00 5549 0000")));
  EXPECT_EQ(data_set.text(tags::PatientName), "Doe");
  EXPECT_TRUE(data_set.erase(tags::PatientName));
  EXPECT_FALSE(data_set.erase(tags::PatientName));
  EXPECT_FALSE(data_set.has(tags::PatientName));
  EXPECT_EQ(data_set.text(tags::PatientID), "BC");
}

TEST(DataSetSet, Numbers_stand_in_the_data_sets_byte_order) {
  for (const auto encoding : all_encodings) {
    const DataSet data_set = sample(encoding);
    EXPECT_EQ(data_set.u16(tags::Rows), 512);
    EXPECT_EQ(data_set.u32(tags::RegionFlags), 70000U);
    EXPECT_EQ(data_set.u32(tags::FrameIncrementPointer), 0x00181063U);
    EXPECT_EQ(data_set.u16(tags::Columns), std::nullopt);
    EXPECT_EQ(data_set.u32(tags::Rows), std::nullopt) << "two bytes are no 32-bit number";
    EXPECT_EQ(data_set.u16(tags::PatientName), std::nullopt) << "text is no number";
  }
  DataSet data_set(explicit_be);
  data_set.set_u16(tags::Rows, 0x0102);
  data_set.set_u32(tags::FrameIncrementPointer, 0x00181063);
  EXPECT_EQ(to_hex(encode(data_set, explicit_be)), to_hex(hex("00280009 4154 0004 00181063 00280010 5553 0002 0102")));
  EXPECT_EQ(to_hex(encode(data_set, implicit_le)), to_hex(hex("28000900 04000000 18006310 28001000 02000000 0201")));
}

TEST(DataSetSet, Replacing_a_sequence_keeps_the_index_whole) {
  DataSet data_set = sample(explicit_le);
  data_set.set_sequence(tags::ScheduledProcedureStepSequence, {});
  data_set.set_text(Tag(0x0040, 0xa000), Vr::LO, "behind");
  data_set.set_sequence(tags::ScheduledProcedureStepSequence, {sample(explicit_be), DataSet()});
  const auto decoded = decode_owned(encode(data_set, explicit_le), explicit_le);
  EXPECT_EQ(listed(decoded.problems), "");
  EXPECT_TRUE(decoded.data_set.equal_in_value(data_set));
  const auto items = data_set.items(tags::ScheduledProcedureStepSequence);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].u16(tags::Rows), 512) << "an item of another byte order is turned";
  EXPECT_EQ(items[0].items(tags::ScheduledProcedureStepSequence).size(), 1U);
  EXPECT_TRUE(items[1].elements().empty());
  EXPECT_EQ(data_set.text(Tag(0x0040, 0xa000)), "behind");
  EXPECT_TRUE(data_set.erase(tags::ScheduledProcedureStepSequence));
  EXPECT_EQ(data_set.text(Tag(0x0040, 0xa000)), "behind");
}

TEST(DataSetText, Values_are_split_at_backslashes_where_the_VR_has_several) {
  DataSet data_set;
  data_set.set_text(tags::ImageType, "ORIGINAL\\PRIMARY \\");
  data_set.set_text(tags::ImageComments, Vr::LT, "one\\text");
  EXPECT_EQ(data_set.texts(tags::ImageType), (std::vector<std::string_view>{"ORIGINAL", "PRIMARY", ""}));
  EXPECT_EQ(data_set.texts(tags::ImageComments), (std::vector<std::string_view>{"one\\text"}));
  EXPECT_TRUE(data_set.texts(tags::PatientName).empty());
  EXPECT_EQ(data_set.text(tags::PatientName), "");
}

TEST(DataSetCopy, Outlives_what_it_was_copied_from) {
  std::optional<DataSet> copy;
  {
    const Bytes bytes = encode(sample(explicit_le), explicit_le);
    auto decoded = decode(bytes, explicit_le);
    decoded.data_set.set_text(tags::PatientID, "later");
    copy = decoded.data_set;
  }
  EXPECT_EQ(copy->text(tags::PatientName), "Doe^Jane^Q");
  EXPECT_EQ(copy->text(tags::PatientID), "later");
  EXPECT_EQ(copy->items(tags::ScheduledProcedureStepSequence)[0].text(tags::ScheduledStationAETitle), "STATION");
  copy->set_text(tags::PatientID, "own");
  const DataSet moved = std::move(*copy);
  EXPECT_EQ(moved.text(tags::PatientID), "own");
  EXPECT_EQ(decode_owned(rewrite(moved), explicit_le).data_set.text(tags::PatientID), "own");
}

TEST(DataSetEncode, Conversions_between_the_three_encodings_keep_the_values) {
  for (const auto from : all_encodings) {
    const DataSet original = sample(from);
    for (const auto to : all_encodings) {
      const auto converted = decode_owned(encode(original, to), to);
      EXPECT_EQ(listed(converted.problems), "");
      EXPECT_TRUE(converted.data_set.equal_in_value(original));
      EXPECT_EQ(encode(converted.data_set, from), encode(original, from));
    }
  }
}

TEST(DataSetEncode, Swaps_each_VR_by_its_unit) {
  const Bytes bytes = hex(R"(
    09001010 4154 0400 01020304
    09001110 4f57 0000 04000000 01020304
    09001210 554c 0400 01020304
    09001310 4644 0800 0102030405060708
    09001410 4f42 0000 04000000 01020304
    09001510 554e 0000 04000000 01020304
    09001610 4f56 0000 08000000 0102030405060708)");
  const auto decoded = decode(bytes, explicit_le);
  EXPECT_EQ(to_hex(encode(decoded.data_set, explicit_be)), to_hex(hex(R"(
    00091010 4154 0004 02010403
    00091011 4f57 0000 00000004 02010403
    00091012 554c 0004 04030201
    00091013 4644 0008 0807060504030201
    00091014 4f42 0000 00000004 01020304
    00091015 554e 0000 00000004 01020304
    00091016 4f56 0000 00000008 0807060504030201)")));
}

TEST(DataSetEncode, A_value_too_long_for_a_16_bit_length_becomes_UN) {
  DataSet data_set(implicit_le);
  const std::string fits(65534, 'x');
  data_set.set_text(tags::PatientComments, fits);
  EXPECT_EQ(to_hex(ByteView(encode(data_set, explicit_le)).first(8)), "100000404c54feff");
  data_set.set_text(tags::PatientComments, fits + "xx");
  EXPECT_EQ(to_hex(ByteView(encode(data_set, explicit_le)).first(12)), "10000040554e000000000100");
  const auto back = decode_owned(encode(data_set, explicit_le), explicit_le);
  EXPECT_TRUE(back.data_set.equal_in_value(data_set));
  EXPECT_EQ(layout::serialise(to_layout(data_set, explicit_le)), encode(data_set, explicit_le));
}

TEST(DataSetEncode, Odd_values_are_padded_and_strays_left_out) {
  const Bytes bytes = hex("08006000 4353 0300 4d5220 feffdde0 00000000 10002000 4c4f 0100 41");
  const auto decoded = decode(bytes, explicit_le);
  EXPECT_EQ(decoded.problems.size(), 3U);
  EXPECT_EQ(to_hex(encode(decoded.data_set, explicit_le)),
            to_hex(hex("08006000 4353 0400 4d522020 10002000 4c4f 0200 4120")));
  EXPECT_EQ(rewrite(decoded.data_set), bytes);
}

TEST(DataSetEncode, Appends_to_what_is_there) {
  Bytes out{1, 2, 3};
  const DataSet data_set = sample(explicit_le);
  encode_to(out, data_set, implicit_le);
  Bytes expected{1, 2, 3};
  append(expected, encode(data_set, implicit_le));
  EXPECT_EQ(out, expected);
}

TEST(DataSetEncode, Fragments_are_written_as_PS3_5_A_4_says) {
  DataSet data_set;
  const Bytes frame{0xff, 0xd8, 0xff};
  data_set.set_fragments(tags::PixelData, {ByteView{}, frame});
  EXPECT_EQ(to_hex(encode(data_set, explicit_le)),
            to_hex(hex("e07f1000 4f42 0000 ffffffff feff00e0 00000000 feff00e0 04000000 ffd8ff00 feffdde0 00000000")));
}

TEST(DataSetRewrite, Changes_only_what_was_set) {
  const Bytes bytes = hex("08006000 4353 0300 4d5220 10001000 504e 0400 446f6500 10002000 5858 0000 02000000 4142");
  auto decoded = decode(bytes, explicit_le);
  decoded.data_set.set_text(tags::PatientName, "Roe^Ann");
  EXPECT_EQ(
      to_hex(rewrite(decoded.data_set)),
      to_hex(hex("08006000 4353 0300 4d5220 10001000 504e 0800 526f655e416e6e20 10002000 5858 0000 02000000 4142")));
  decoded.data_set.erase(tags::Modality);
  EXPECT_EQ(to_hex(rewrite(decoded.data_set)),
            to_hex(hex("10001000 504e 0800 526f655e416e6e20 10002000 5858 0000 02000000 4142")));
}

TEST(DataSetEqual, Sees_each_difference_and_no_difference_of_form) {
  const DataSet one = sample(explicit_le);
  EXPECT_TRUE(one.equal_in_value(sample(explicit_be)));
  EXPECT_TRUE(one.equal_in_value(sample(implicit_le)));
  DataSet other = one;
  other.set_u16(tags::Rows, 513);
  EXPECT_FALSE(one.equal_in_value(other));
  other = one;
  other.set_text(tags::PatientName, "Doe^Jane");
  EXPECT_FALSE(one.equal_in_value(other));
  other = one;
  other.set_empty(tags::PatientID);
  EXPECT_FALSE(one.equal_in_value(other));
  EXPECT_FALSE(other.equal_in_value(one));
  other = one;
  other.set_bytes(tags::PatientName, Vr::LO, as_bytes("Doe^Jane^Q"));
  EXPECT_FALSE(one.equal_in_value(other)) << "another VR";
  other.set_bytes(tags::PatientName, Vr::UN, as_bytes("Doe^Jane^Q"));
  EXPECT_TRUE(one.equal_in_value(other));
  DataSet undefined = one;
  DataSet item;
  item.set_text(tags::Modality, "CT");
  undefined.set_sequence(tags::ScheduledProcedureStepSequence, {item}, true);
  DataSet defined = one;
  defined.set_sequence(tags::ScheduledProcedureStepSequence, {item}, false);
  EXPECT_TRUE(undefined.equal_in_value(defined));
  defined.set_sequence(tags::ScheduledProcedureStepSequence, {item, item}, false);
  EXPECT_FALSE(undefined.equal_in_value(defined));
}

TEST(DataSetLayout, Serialises_to_the_encoding_and_can_be_changed) {
  for (const auto from : all_encodings)
    for (const auto to : all_encodings)
      EXPECT_EQ(layout::serialise(to_layout(sample(from), to)), encode(sample(from), to));

  auto tree = to_layout(sample(explicit_le), explicit_le);
  layout::Modification change;
  change.path = "(0040,0100)/item/(0040,0001)/value";
  change.bytes = to_bytes("X");
  ASSERT_TRUE(layout::apply(tree, change).has_value());
  const auto decoded = decode_owned(layout::serialise(tree), explicit_le);
  ASSERT_EQ(decoded.problems.size(), 3U) << listed(decoded.problems) << "the element and both levels around it are odd";
  EXPECT_EQ(decoded.problems[2].field, "(0040,0100)[1]/(0040,0001)");
  EXPECT_EQ(decoded.data_set.items(tags::ScheduledProcedureStepSequence)[0].text(tags::ScheduledStationAETitle), "X")
      << "lengths nobody forced follow the change";

  tree = to_layout(sample(explicit_le), explicit_le);
  change = {};
  change.path = "(0040,0100)/length";
  change.number = 2;
  ASSERT_TRUE(layout::apply(tree, change).has_value());
  EXPECT_FALSE(clean(decode_owned(layout::serialise(tree), explicit_le).problems));
}

TEST(DataSetToText, Names_each_element) {
  const auto decoded = decode_owned(encode(sample(explicit_be), explicit_be), explicit_be);
  const auto text = to_text(decoded.data_set);
  EXPECT_NE(text.find("(0010,0010) PN 10 [Doe^Jane^Q]  # PatientName\n"), std::string::npos) << text;
  EXPECT_NE(text.find("(0028,0010) US 2 512  # Rows\n"), std::string::npos) << text;
  EXPECT_NE(text.find("(0028,0009) AT 4 (0018,1063)  # FrameIncrementPointer\n"), std::string::npos) << text;
  EXPECT_NE(text.find("SQ undefined  # ScheduledProtocolCodeSequence\n"), std::string::npos) << text;
  EXPECT_EQ(text.substr(0, 28), "       0  (0008,0018) UI 6 [");
  DataSet lengthy;
  lengthy.set_text(tags::PatientComments, std::string(100, 'a'));
  EXPECT_NE(to_text(lengthy, 8).find("[aaaaaaaa]..."), std::string::npos);
  DataSet control;
  control.set_text(tags::PatientComments, "a\nb");
  EXPECT_EQ(to_text(control).find("a\nb"), std::string::npos);
}

}  // namespace
}  // namespace assay::dataset
