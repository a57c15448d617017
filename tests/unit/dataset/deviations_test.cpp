// Each departure from the standard: reported with its rule, its byte and its place, and a twin without it that is not.
#include <algorithm>

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

enum class Reading { data_set, command_set, file_meta };

struct Case {
  std::string name;
  Encoding encoding;
  std::string broken;
  std::string rule;
  std::uint64_t offset;
  std::string field;
  Gravity gravity;
  std::string correct;
  Reading reading = Reading::data_set;
};

constexpr Encoding jpeg{true, Endian::little, false, true};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"order", explicit_le, "10002000 4c4f 0000 08006000 4353 0000", "ps3.5/7.1/order", 8, "(0008,0060)",
       Gravity::deviation, "08006000 4353 0000 10002000 4c4f 0000"},
      {"order_in_item", implicit_le, "40000001 18000000 feff00e0 10000000 40000100 00000000 08006000 00000000",
       "ps3.5/7.1/order", 24, "(0040,0100)[1]/(0008,0060)", Gravity::deviation,
       "40000001 18000000 feff00e0 10000000 08006000 00000000 40000100 00000000"},
      {"duplicate", explicit_be, "00080060 4353 0000 00080060 4353 0000", "ps3.5/7.1/duplicate", 8, "(0008,0060)",
       Gravity::deviation, "00080060 4353 0000 00080061 4353 0000"},
      {"odd_length", explicit_le, "08006000 4353 0300 4d5220", "ps3.5/7.1.1/odd-length", 6, "(0008,0060)",
       Gravity::deviation, "08006000 4353 0400 4d522020"},
      {"odd_length_implicit", implicit_le, "08006000 03000000 4d5220", "ps3.5/7.1.1/odd-length", 4, "(0008,0060)",
       Gravity::deviation, "08006000 04000000 4d522020"},
      {"odd_length_long", explicit_le, "e07f1000 4f42 0000 01000000 01", "ps3.5/7.1.1/odd-length", 8, "(7FE0,0010)",
       Gravity::deviation, "e07f1000 4f42 0000 02000000 0100"},
      {"unknown_vr", explicit_le, "08006000 5858 0000 02000000 4d52", "ps3.5/6.2/unknown-vr", 4, "(0008,0060)",
       Gravity::deviation, "08006000 4353 0200 4d52"},
      {"unknown_vr_short", explicit_le, "08006000 5858 0200 4d52", "ps3.5/6.2/unknown-vr", 4, "(0008,0060)",
       Gravity::deviation, "08006000 4353 0200 4d52"},
      {"unknown_vr_unreadable", explicit_le, "08006000 5858 ffff 4d52", "ps3.5/6.2/unknown-vr", 4, "(0008,0060)",
       Gravity::error, "08006000 4353 0200 4d52"},
      {"implicit_element_in_explicit", explicit_le, "08006000 02000000 4d52", "ps3.5/7.1.2/vr-missing", 4,
       "(0008,0060)", Gravity::deviation, "08006000 4353 0200 4d52"},
      {"vr_missing_unreadable", explicit_le, "08006000 3f3f 0800 4d52", "ps3.5/7.1.2/vr-missing", 4, "(0008,0060)",
       Gravity::error, "08006000 4353 0200 4d52"},
      {"vr_not_the_dictionarys", explicit_le, "08006000 4c4f 0200 4d52", "ps3.6/6/vr", 4, "(0008,0060)", Gravity::note,
       "08006000 4353 0200 4d52"},
      {"un_for_known", explicit_le, "08006000 554e 0000 02000000 4d52", "ps3.5/6.2.2/un-for-known", 4, "(0008,0060)",
       Gravity::note, "09000110 554e 0000 02000000 4d52"},
      {"private_creator_vr", explicit_le, "09001000 5348 0200 4142", "ps3.5/7.8.1/private-creator-vr", 4, "(0009,0010)",
       Gravity::deviation, "09001000 4c4f 0200 4142"},
      {"reserved", explicit_le, "e07f1000 4f57 0100 02000000 0000", "ps3.5/7.1.2/reserved", 6, "(7FE0,0010)",
       Gravity::deviation, "e07f1000 4f57 0000 02000000 0000"},
      {"length_past_end", explicit_le, "08006000 4353 0400 4d52", "ps3.5/7.1/length-past-end", 6, "(0008,0060)",
       Gravity::error, "08006000 4353 0200 4d52"},
      {"length_past_end_implicit", implicit_le, "08006000 04000000 4d52", "ps3.5/7.1/length-past-end", 4, "(0008,0060)",
       Gravity::error, "08006000 02000000 4d52"},
      {"length_past_end_long", explicit_be, "7fe00010 4f57 0000 00000004 0000", "ps3.5/7.1/length-past-end", 8,
       "(7FE0,0010)", Gravity::error, "7fe00010 4f57 0000 00000002 0000"},
      {"sequence_past_end", implicit_le, "40000001 0c000000 feff00e0 00000000", "ps3.5/7.1/length-past-end", 4,
       "(0040,0100)", Gravity::error, "40000001 08000000 feff00e0 00000000"},
      {"element_past_its_item", implicit_le, "40000001 12000000 feff00e0 0a000000 08006000 04000000 4d52 50000000",
       "ps3.5/7.1/length-past-end", 20, "(0040,0100)[1]/(0008,0060)", Gravity::error,
       "40000001 12000000 feff00e0 0a000000 08006000 02000000 4d52"},
      {"truncated_header", explicit_le, "08006000 4353 00", "ps3.5/7.1/truncated-element", 0, "", Gravity::error,
       "08006000 4353 0000"},
      {"truncated_long_header", explicit_le, "e07f1000 4f57 0000 0200", "ps3.5/7.1/truncated-element", 0, "(7FE0,0010)",
       Gravity::error, "e07f1000 4f57 0000 00000000"},
      {"undefined_length_ut", explicit_le, "40006001 5554 0000 ffffffff 41422020", "ps3.5/7.1.1/undefined-length", 8,
       "(0040,0160)", Gravity::error, "40006001 5554 0000 04000000 41422020"},
      {"undefined_length_lo", implicit_le, "10002000 ffffffff feffdde0 00000000", "ps3.5/7.1.1/undefined-length", 4,
       "(0010,0020)", Gravity::deviation, "10002000 00000000"},
      // The content of UN is little endian, whatever stands around it: only so it begins with an Item.
      {"un_of_big_items_as_pixels", explicit_be, "7fe00010 554e 0000 ffffffff fffee000 00000000 fffee0dd 00000000",
       "ps3.5/7.1.1/undefined-length", 8, "(7FE0,0010)", Gravity::error, "7fe00010 4f57 0000 00000000"},
      {"un_of_little_items_as_pixels", explicit_be, "7fe00010 554e 0000 ffffffff feff00e0 00000000 feffdde0 00000000",
       "ps3.5/7.1.1/undefined-length", 8, "(7FE0,0010)", Gravity::deviation, "7fe00010 4f57 0000 00000000"},
      {"fragments_in_another_element", jpeg, "66001600 4f46 0000 ffffffff feffdde0 00000000",
       "ps3.5/7.1.1/undefined-length", 8, "(0066,0016)", Gravity::deviation, "66001600 4f46 0000 00000000"},
      {"encapsulated_in_native", explicit_le, "e07f1000 4f42 0000 ffffffff feff00e0 00000000 feffdde0 00000000",
       "ps3.5/8.2/encapsulated-in-native", 8, "(7FE0,0010)", Gravity::deviation, "e07f1000 4f42 0000 00000000"},
      {"offset_table", jpeg, "e07f1000 4f42 0000 ffffffff feff00e0 02000000 0000 feffdde0 00000000",
       "ps3.5/A.4/offset-table", 16, "(7FE0,0010)[1]", Gravity::deviation,
       "e07f1000 4f42 0000 ffffffff feff00e0 04000000 00000000 feffdde0 00000000"},
      {"odd_fragment", jpeg, "e07f1000 4f42 0000 ffffffff feff00e0 00000000 feff00e0 01000000 ff feffdde0 00000000",
       "ps3.5/7.1.1/odd-length", 24, "(7FE0,0010)[2]", Gravity::deviation,
       "e07f1000 4f42 0000 ffffffff feff00e0 00000000 feff00e0 02000000 ffd9 feffdde0 00000000"},
      {"fragment_undefined", jpeg, "e07f1000 4f42 0000 ffffffff feff00e0 ffffffff feffdde0 00000000",
       "ps3.5/A.4/fragment-length", 16, "(7FE0,0010)[1]", Gravity::error,
       "e07f1000 4f42 0000 ffffffff feff00e0 00000000 feffdde0 00000000"},
      {"item_expected", implicit_le, "40000001 ffffffff 08006000 00000000 feffdde0 00000000", "ps3.5/7.5/item-expected",
       8, "(0040,0100)", Gravity::error, "40000001 ffffffff feff00e0 00000000 feffdde0 00000000"},
      {"item_expected_in_defined", implicit_le, "40000001 08000000 08006000 00000000 40000101 00000000",
       "ps3.5/7.5/item-expected", 8, "(0040,0100)", Gravity::deviation,
       "40000001 08000000 feff00e0 00000000 40000101 00000000"},
      {"unknown_delimiter", explicit_le, "feff01e0 00000000", "ps3.5/7.5/item-expected", 0, "(FFFE,E001)",
       Gravity::error, "08006000 4353 0000"},
      {"item_delimiter_length", implicit_le, "40000001 ffffffff feff00e0 ffffffff feff0de0 02000000 feffdde0 00000000",
       "ps3.5/7.5/delimiter-length", 20, "(0040,0100)[1]", Gravity::deviation,
       "40000001 ffffffff feff00e0 ffffffff feff0de0 00000000 feffdde0 00000000"},
      {"sequence_delimiter_length", implicit_le, "40000001 ffffffff feffdde0 01000000", "ps3.5/7.5/delimiter-length",
       12, "(0040,0100)", Gravity::deviation, "40000001 ffffffff feffdde0 00000000"},
      {"delimiter_at_top_level", explicit_le, "08006000 4353 0000 feffdde0 00000000", "ps3.5/7.5/delimiter-unexpected",
       8, "(FFFE,E0DD)", Gravity::deviation, "08006000 4353 0000"},
      {"delimiter_in_defined_sequence", implicit_le, "40000001 10000000 feff00e0 00000000 feffdde0 00000000",
       "ps3.5/7.5/delimiter-unexpected", 16, "(0040,0100)/(FFFE,E0DD)", Gravity::deviation,
       "40000001 08000000 feff00e0 00000000"},
      {"item_delimiter_after_defined_item", implicit_le,
       "40000001 ffffffff feff00e0 00000000 feff0de0 00000000 feffdde0 00000000", "ps3.5/7.5/delimiter-unexpected", 16,
       "(0040,0100)/(FFFE,E00D)", Gravity::deviation, "40000001 ffffffff feff00e0 00000000 feffdde0 00000000"},
      {"item_delimiter_missing_before_item", implicit_le,
       "40000001 ffffffff feff00e0 ffffffff feff00e0 00000000 feffdde0 00000000", "ps3.5/7.5/delimiter-missing", 16,
       "(0040,0100)[1]", Gravity::deviation, "40000001 ffffffff feff00e0 ffffffff feff0de0 00000000 feffdde0 00000000"},
      {"item_delimiter_missing_before_end", implicit_le, "40000001 ffffffff feff00e0 ffffffff feffdde0 00000000",
       "ps3.5/7.5/delimiter-missing", 16, "(0040,0100)[1]", Gravity::deviation,
       "40000001 ffffffff feff00e0 ffffffff feff0de0 00000000 feffdde0 00000000"},
      {"item_delimiter_missing_in_defined_sequence", implicit_le,
       "40000001 08000000 feff00e0 ffffffff 40000101 00000000", "ps3.5/7.5/delimiter-missing", 16, "(0040,0100)[1]",
       Gravity::deviation, "40000001 10000000 feff00e0 ffffffff feff0de0 00000000 40000101 00000000"},
      {"sequence_delimiter_missing_at_end", implicit_le, "40000001 ffffffff feff00e0 00000000",
       "ps3.5/7.5/delimiter-missing", 16, "(0040,0100)", Gravity::error,
       "40000001 ffffffff feff00e0 00000000 feffdde0 00000000"},
      {"sequence_length_too_short", implicit_le, "40000001 08000000 feff00e0 0a000000 08006000 02000000 4d52",
       "ps3.5/7.5/sequence-length", 12, "(0040,0100)[1]", Gravity::deviation,
       "40000001 12000000 feff00e0 0a000000 08006000 02000000 4d52"},
      {"item_past_everything", implicit_le, "40000001 08000000 feff00e0 0a000000", "ps3.5/7.1/length-past-end", 12,
       "(0040,0100)[1]", Gravity::error, "40000001 08000000 feff00e0 00000000"},
      {"truncated_item", implicit_le, "40000001 0c000000 feff00e0 00000000 feff00e0", "ps3.5/7.5/truncated-item", 16,
       "(0040,0100)", Gravity::error, "40000001 08000000 feff00e0 00000000"},
      {"odd_item", implicit_le, "40000001 ffffffff feff00e0 09000000 08006000 01000000 41 feffdde0 00000000",
       "ps3.5/7.1.1/odd-length", 12, "(0040,0100)[1]", Gravity::deviation,
       "40000001 12000000 feff00e0 0a000000 08006000 02000000 4120"},
      {"command_element", implicit_le, "00000001 02000000 3000", "ps3.5/7.1/command-group", 0, "(0000,0100)",
       Gravity::deviation, "08006000 02000000 4d52"},
      {"meta_element", explicit_le, "02001000 5549 0000", "ps3.5/7.1/meta-group", 0, "(0002,0010)", Gravity::deviation,
       "08001000 5348 0000"},
      {"illegal_group", explicit_le, "03001000 4c4f 0000", "ps3.5/7.8/illegal-group", 0, "(0003,0010)",
       Gravity::deviation, "09001000 4c4f 0000"},
      {"group_length", implicit_le, "08000000 04000000 0a000000 08006000 02000000 4d52", "ps3.5/7.2/group-length", 0,
       "(0008,0000)", Gravity::note, "08006000 02000000 4d52"},
      {"uid_padded_by_space", explicit_le, "08001600 5549 0400 312e3220", "ps3.5/6.2/uid-padding", 11, "(0008,0016)",
       Gravity::deviation, "08001600 5549 0400 312e3200"},
      {"uid_characters", explicit_le, "08001600 5549 0400 312e4132", "ps3.5/9.1/uid-characters", 10, "(0008,0016)",
       Gravity::deviation, "08001600 5549 0400 312e3132"},
      {"uid_two_nul", explicit_le, "08001600 5549 0400 31320000", "ps3.5/9.1/uid-characters", 10, "(0008,0016)",
       Gravity::deviation, "08001600 5549 0200 3132"},
      {"uid_leading_zero", explicit_le, "08001600 5549 0400 312e3031", "ps3.5/9.1/uid-component", 10, "(0008,0016)",
       Gravity::deviation, "08001600 5549 0400 312e3000"},
      {"uid_empty_component", explicit_le, "08001600 5549 0400 312e2e31", "ps3.5/9.1/uid-component", 10, "(0008,0016)",
       Gravity::deviation, "08001600 5549 0400 312e3131"},
      {"uid_ends_in_dot", explicit_le, "08001600 5549 0200 312e", "ps3.5/9.1/uid-component", 10, "(0008,0016)",
       Gravity::deviation, "08001600 5549 0200 3100"},
      {"second_uid", explicit_le, "08001a00 5549 0600 312e325c3131 08001b00 5549 0600 312e325c312e",
       "ps3.5/9.1/uid-component", 28, "(0008,001B)", Gravity::deviation, "08001a00 5549 0600 312e325c3131"},
      {"text_padded_by_nul", explicit_le, "08006000 4353 0400 4d520000", "ps3.5/6.2/text-padding", 11, "(0008,0060)",
       Gravity::deviation, "08006000 4353 0400 4d522020"},
      {"us_of_three_bytes", explicit_le, "28001000 5553 0300 010203", "ps3.5/6.2/number-size", 6, "(0028,0010)",
       Gravity::deviation, "28001000 5553 0400 01020304"},
      {"fd_of_six_bytes", explicit_be, "00189073 4644 0006 000000000000", "ps3.5/6.2/number-size", 6, "(0018,9073)",
       Gravity::deviation, "00189073 4644 0008 0000000000000000"},
      {"command_group_length_missing", implicit_le, "00000001 02000000 3000", "ps3.7/6.3.1/group-length-missing", 0,
       "(0000,0000)", Gravity::deviation, "00000000 04000000 0a000000 00000001 02000000 3000", Reading::command_set},
      {"command_group_length_wrong", implicit_le, "00000000 04000000 0b000000 00000001 02000000 3000",
       "ps3.7/6.3.1/group-length", 8, "(0000,0000)", Gravity::deviation,
       "00000000 04000000 0a000000 00000001 02000000 3000", Reading::command_set},
      {"command_group_length_later", implicit_le, "00000001 02000000 3000 00000000 04000000 0a000000",
       "ps3.7/6.3.1/group-length-first", 10, "(0000,0000)", Gravity::deviation,
       "00000000 04000000 0a000000 00000001 02000000 3000", Reading::command_set},
      {"command_group_length_short", implicit_le, "00000000 02000000 0a00 00000001 02000000 3000",
       "ps3.7/6.3.1/group-length", 8, "(0000,0000)", Gravity::deviation,
       "00000000 04000000 0a000000 00000001 02000000 3000", Reading::command_set},
      {"foreign_group_in_command", implicit_le, "00000000 04000000 00000000 08006000 02000000 4d52",
       "ps3.7/6.3.1/foreign-group", 12, "(0008,0060)", Gravity::deviation, "00000000 04000000 00000000",
       Reading::command_set},
      {"explicit_command_set", implicit_le, "00000000 554c 0400 0a000000 00000001 5553 0200 3000",
       "ps3.7/6.3.1/explicit-vr", 4, "(0000,0000)", Gravity::deviation,
       "00000000 04000000 0a000000 00000001 02000000 3000", Reading::command_set},
      {"foreign_group_in_meta", explicit_le, "02000000 554c 0400 00000000 08006000 4353 0200 4d52",
       "ps3.10/7.1/foreign-group", 12, "(0008,0060)", Gravity::deviation, "02000000 554c 0400 00000000",
       Reading::file_meta},
  };
  return all;
}

DataSetDecode read(const Case& example, ByteView bytes, bool strict = false) {
  DecodeOptions options;
  options.strict = strict;
  options.command_set = example.reading == Reading::command_set;
  options.file_meta = example.reading == Reading::file_meta;
  return decode(bytes, example.encoding, options);
}

class Deviation : public testing::TestWithParam<Case> {};

TEST_P(Deviation, Is_reported_at_its_byte_and_only_when_it_is_there) {
  const Case& example = GetParam();
  const Bytes broken = hex(example.broken);
  const auto decoded = read(example, broken);
  const auto found = std::find_if(decoded.problems.begin(), decoded.problems.end(),
                                  [&](const Problem& problem) { return problem.rule == example.rule; });
  ASSERT_NE(found, decoded.problems.end()) << listed(decoded.problems);
  EXPECT_EQ(found->offset, example.offset) << listed(decoded.problems);
  EXPECT_EQ(found->field, example.field);
  EXPECT_EQ(found->gravity, example.gravity);
  EXPECT_TRUE(found->clause.starts_with("PS3.")) << found->clause;
  EXPECT_FALSE(found->found.empty());
  EXPECT_FALSE(found->expected.empty());
  EXPECT_EQ(rewrite(decoded.data_set), to_bytes(ByteView(broken).first(decoded.consumed)));
  EXPECT_EQ(has_error(decoded.problems), example.gravity == Gravity::error);

  const auto strictly = read(example, broken, true);
  const auto objects = [](const Problem& problem) { return problem.gravity != Gravity::note; };
  EXPECT_LE(std::count_if(strictly.problems.begin(), strictly.problems.end(), objects), 1);
  const auto first = std::find_if(decoded.problems.begin(), decoded.problems.end(), objects);
  const auto first_strict = std::find_if(strictly.problems.begin(), strictly.problems.end(), objects);
  ASSERT_EQ(first == decoded.problems.end(), first_strict == strictly.problems.end());
  if (first != decoded.problems.end()) {
    EXPECT_EQ(*first, *first_strict);
  }

  const Bytes correct = hex(example.correct);
  const auto twin = read(example, correct);
  EXPECT_EQ(listed(twin.problems), "");
  EXPECT_EQ(encode(twin.data_set, example.encoding), correct);
}

INSTANTIATE_TEST_SUITE_P(Dataset, Deviation, testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.name; });

TEST(DatasetDeviation, A_UID_of_more_than_64_characters_is_named) {
  std::string uid = "1.2.";
  while (uid.size() < 64) uid += '3';
  for (const bool too_long : {false, true}) {
    DataSet data_set;
    data_set.set_text(tags::SOPInstanceUID, too_long ? uid + "4" : uid);
    const auto decoded = decode_owned(encode(data_set, explicit_le), explicit_le);
    EXPECT_EQ(listed(decoded.problems),
              too_long ? "ps3.5/9.1/uid-length @8 (0008,0018): more | at most 64 characters\n" : "");
  }
}

TEST(DatasetDeviation, A_command_set_in_explicit_VR_is_still_read) {
  const Bytes bytes = hex("00000000 554c 0400 0a000000 00000001 5553 0200 3000");
  DecodeOptions options;
  options.command_set = true;
  const auto decoded = decode(bytes, implicit_le, options);
  EXPECT_EQ(decoded.problems.size(), 1U) << listed(decoded.problems);
  EXPECT_EQ(decoded.data_set.u16(tags::CommandField), 0x30);
  EXPECT_TRUE(decoded.data_set.encoding().explicit_vr);
}

TEST(DatasetDeviation, Lenient_reading_goes_on_after_what_it_reports) {
  const Bytes bytes = hex("08006000 4353 0300 4d5220 08006000 4353 0000 10002000 4c4f 0200 4944");
  const auto decoded = decode(bytes, explicit_le);
  EXPECT_EQ(decoded.problems.size(), 2U);
  EXPECT_EQ(decoded.data_set.text(tags::PatientID), "ID");
  DecodeOptions strict;
  strict.strict = true;
  const auto strictly = decode(bytes, explicit_le, strict);
  EXPECT_EQ(strictly.problems.size(), 1U);
  EXPECT_EQ(strictly.consumed, 11U);
}

}  // namespace
}  // namespace assay::dataset
