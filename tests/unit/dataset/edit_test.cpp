// Edits change the element and the lengths that follow from it, and not one byte else.
#include "harness/dataset/edit.hpp"

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

struct Asked {
  EditKind kind = EditKind::set;
  std::string_view path;
  std::optional<std::string> text;
  std::string_view bytes;  // hex
  Vr vr = Vr::none;
  EditOptions options;
};

std::expected<std::vector<Change>, std::string> edit(DataSet& data_set, const Asked& asked) {
  const auto path = parse_tag_path(asked.path);
  EXPECT_TRUE(path.has_value()) << asked.path;
  Edit what{.kind = asked.kind, .path = *path, .vr = asked.vr, .text = asked.text, .bytes = {}};
  if (!asked.bytes.empty()) what.bytes = hex(asked.bytes);
  return apply(data_set, what, asked.options);
}

struct Row {
  std::string_view what;
  Encoding encoding;
  std::string_view before;
  Asked asked;
  std::string_view after;
};

constexpr EditOptions none{};
constexpr EditOptions create{.create_missing = true, .force = false};
constexpr EditOptions forced{.create_missing = false, .force = true};

const Row rows[] = {
    {"a longer text, odd siblings and wrong padding kept",
     explicit_le,
     "08001600 5549 0300 312e32  10001000 504e 0400 446f6500  10002000 4c4f 0100 41",
     {EditKind::set, "PatientName", "Smith", "", Vr::none, none},
     "08001600 5549 0300 312e32  10001000 504e 0600 536d69746820  10002000 4c4f 0100 41"},
    {"an element that is not there goes in by order",
     explicit_le,
     "08001600 5549 0400 312e3200  10002000 4c4f 0200 4141",
     {EditKind::set, "PatientName", "Doe", "", Vr::none, none},
     "08001600 5549 0400 312e3200  10001000 504e 0400 446f6520  10002000 4c4f 0200 4141"},
    {"a UI is padded by NUL",
     explicit_le,
     "",
     {EditKind::insert, "SOPInstanceUID", "1.2", "", Vr::none, none},
     "08001800 5549 0400 312e3200"},
    {"numbers stand in the byte order of the file",
     explicit_be,
     "00280010 5553 0002 0001",
     {EditKind::set, "Rows", "512", "", Vr::none, none},
     "00280010 5553 0002 0200"},
    {"implicit VR",
     implicit_le,
     "28001000 02000000 0100",
     {EditKind::set, "Rows", "0x102", "", Vr::none, none},
     "28001000 02000000 0201"},
    {"the group length of the group follows, that of another does not",
     explicit_le,
     "08000000 554c 0400 0c000000  08001600 5549 0400 312e3200  10000000 554c 0400 0a000000  10001000 504e 0200 4141",
     {EditKind::set, "PatientName", "Smith^A", "", Vr::none, none},
     "08000000 554c 0400 0c000000  08001600 5549 0400 312e3200  10000000 554c 0400 10000000  10001000 504e 0800 "
     "536d6974685e4120"},
    {"a group length that is set by hand stays as set",
     explicit_le,
     "08000000 554c 0400 0c000000  08001600 5549 0400 312e3200",
     {EditKind::set, "(0008,0000)", "7", "", Vr::none, none},
     "08000000 554c 0400 07000000  08001600 5549 0400 312e3200"},
    {"lengths around: defined sequence and item, and the group length outside",
     explicit_le,
     "40000000 554c 0400 1e000000  40000001 5351 0000 12000000 feff00e0 0a000000 08006000 4353 0200 4d52",
     {EditKind::set, "ScheduledProcedureStepSequence[1]/Modality", "RTIM", "", Vr::none, none},
     "40000000 554c 0400 20000000  40000001 5351 0000 14000000 feff00e0 0c000000 08006000 4353 0400 5254494d"},
    {"undefined lengths stay undefined, and the wrong length of a sibling item stays",
     explicit_le,
     "40000001 5351 0000 ffffffff feff00e0 ffffffff 08006000 4353 0200 4d52 feff0de0 00000000 feff00e0 00000000 "
     "feffdde0 00000000",
     {EditKind::set, "ScheduledProcedureStepSequence[1]/PatientID", "AB", "", Vr::none, none},
     "40000001 5351 0000 ffffffff feff00e0 ffffffff 08006000 4353 0200 4d52 10002000 4c4f 0200 4142 feff0de0 00000000 "
     "feff00e0 00000000 feffdde0 00000000"},
    {"an item that says more than its sequence stays that much too long",
     explicit_le,
     "40000001 5351 0000 10000000 feff00e0 0a000000 08006000 4353 0200 4d52 40000010 5348 0200 4142",
     {EditKind::set, "ScheduledProcedureStepSequence[1]/Modality", "RTIM", "", Vr::none, none},
     "40000001 5351 0000 12000000 feff00e0 0c000000 08006000 4353 0400 5254494d 40000010 5348 0200 4142"},
    {"clear keeps the header",
     explicit_le,
     "10001000 504e 0400 446f6520",
     {EditKind::clear, "PatientName", {}, "", Vr::none, none},
     "10001000 504e 0000"},
    {"clear a sequence of defined length",
     explicit_le,
     "40000001 5351 0000 12000000 feff00e0 0a000000 08006000 4353 0200 4d52",
     {EditKind::clear, "(0040,0100)", {}, "", Vr::none, none},
     "40000001 5351 0000 00000000"},
    {"clear a sequence of undefined length",
     implicit_le,
     "40000001 ffffffff feff00e0 00000000 feffdde0 00000000",
     {EditKind::clear, "(0040,0100)", {}, "", Vr::none, none},
     "40000001 ffffffff feffdde0 00000000"},
    {"delete an element and correct the group length",
     explicit_le,
     "10000000 554c 0400 14000000  10001000 504e 0200 4141  10002000 4c4f 0200 4141",
     {EditKind::erase, "PatientName", {}, "", Vr::none, none},
     "10000000 554c 0400 0a000000  10002000 4c4f 0200 4141"},
    {"delete an item",
     explicit_le,
     "40000001 5351 0000 1a000000 feff00e0 0a000000 08006000 4353 0200 4d52 feff00e0 00000000",
     {EditKind::erase, "(0040,0100)[1]", {}, "", Vr::none, none},
     "40000001 5351 0000 08000000 feff00e0 00000000"},
    {"delete in every item",
     explicit_le,
     "40000001 5351 0000 24000000 feff00e0 0a000000 08006000 4353 0200 4d52 feff00e0 0a000000 08006000 4353 0200 4354",
     {EditKind::erase, "(0040,0100)[*]/Modality", {}, "", Vr::none, none},
     "40000001 5351 0000 10000000 feff00e0 00000000 feff00e0 00000000"},
    {"insert an item behind the last",
     explicit_le,
     "40000001 5351 0000 08000000 feff00e0 00000000",
     {EditKind::insert, "(0040,0100)[+]", {}, "", Vr::none, none},
     "40000001 5351 0000 10000000 feff00e0 00000000 feff00e0 00000000"},
    {"insert an item before the first of a sequence of undefined length",
     explicit_le,
     "40000001 5351 0000 ffffffff feff00e0 00000000 feffdde0 00000000",
     {EditKind::insert, "(0040,0100)[1]", {}, "", Vr::none, none},
     "40000001 5351 0000 ffffffff feff00e0 ffffffff feff0de0 00000000 feff00e0 00000000 feffdde0 00000000"},
    {"make the sequence and the item on the way",
     explicit_le,
     "",
     {EditKind::set, "(0040,0100)[1]/(0040,0008)[1]/CodeValue", "X1", "", Vr::none, create},
     "40000001 5351 0000 26000000 feff00e0 1e000000 40000800 5351 0000 12000000 feff00e0 0a000000 08000001 5348 0200 "
     "5831"},
    {"bytes as given",
     explicit_le,
     "10001000 504e 0200 4141",
     {EditKind::set, "PatientName", {}, "00ff10", Vr::none, forced},
     "10001000 504e 0300 00ff10"},
    {"an illegal value when it is wanted",
     explicit_le,
     "08006000 4353 0200 4d52",
     {EditKind::set, "Modality", "lower case and long!", "", Vr::none, forced},
     "08006000 4353 1400 6c6f77657220636173652061 6e64206c6f6e6721"},
    {"another VR, and a header with a short length becomes a long one",
     explicit_le,
     "09001000 4c4f 0200 4141",
     {EditKind::set, "(0009,0010)", "B", "", Vr::UT, none},
     "09001000 5554 0000 02000000 4220"},
    {"inside a UN of undefined length everything is implicit little endian",
     explicit_be,
     "00091000 554e 0000 ffffffff feff00e0 0a000000 28001000 02000000 0100 feffdde0 00000000",
     {EditKind::set, "(0009,1000)[1]/Columns", "258", "", Vr::none, none},
     "00091000 554e 0000 ffffffff feff00e0 14000000 28001000 02000000 0100 28001100 02000000 0201 feffdde0 00000000"},
    {"non-zero reserved bytes of the header stay",
     explicit_le,
     "09001010 4f42 abcd 02000000 0102",
     {EditKind::set, "(0009,1010)", {}, "01020304", Vr::none, none},
     "09001010 4f42 abcd 04000000 01020304"},
    {"UTF-8 where the character set says so",
     explicit_le,
     "08000500 4353 0a00 49534f5f495220313932  10001000 504e 0200 4141",
     {EditKind::set, "PatientName", "M\xc3\xbcller", "", Vr::none, none},
     "08000500 4353 0a00 49534f5f495220313932  10001000 504e 0800 4dc3bc6c6c657220"},
};

TEST(Edit, Changes_the_element_and_the_lengths_around_it_and_nothing_else) {
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    const Bytes before = hex(row.before);
    auto data_set = decode(before, row.encoding).data_set;
    const auto changes = edit(data_set, row.asked);
    ASSERT_TRUE(changes.has_value()) << changes.error();
    EXPECT_FALSE(changes->empty());
    const Bytes after = rewrite(data_set);
    EXPECT_EQ(to_hex(after), to_hex(hex(row.after)));
    // What was edited can be read from the same object, and the index is that of the bytes.
    const auto again = decode(after, row.encoding).data_set;
    EXPECT_TRUE(again.equal_in_value(data_set));
    EXPECT_EQ(rewrite(DataSet(data_set)), after) << "a copy";
  }
}

TEST(Edit, Refuses_with_a_reason_and_changes_nothing) {
  const std::string_view item = "40000001 5351 0000 12000000 feff00e0 0a000000 08006000 4353 0200 4d52";
  const struct {
    std::string_view before;
    Asked asked;
    std::string_view word;
  } refused[] = {
      {item, {EditKind::set, "(0040,0100)[2]/Modality", "CT", "", Vr::none, none}, "has 1 item, not 2"},
      {item, {EditKind::set, "(0040,0100)", "CT", "", Vr::none, none}, "sequence"},
      {item, {EditKind::set, "(0040,0100)[1]", "CT", "", Vr::none, none}, "item"},
      {item, {EditKind::set, "(0040,0100)[1]/Modality", "ct", "", Vr::none, none}, "capital letters"},
      {item, {EditKind::insert, "(0040,0100)[1]/Modality", "CT", "", Vr::none, none}, "there already"},
      {item, {EditKind::insert, "(0040,0100)[4]", {}, "", Vr::none, none}, "[1] to [2]"},
      {item, {EditKind::erase, "(0040,0100)[2]", {}, "", Vr::none, none}, "has 1 item"},
      {item, {EditKind::erase, "PatientName", {}, "", Vr::none, none}, "there is no"},
      {item, {EditKind::clear, "(0029,xx10,ACME)", {}, "", Vr::none, none}, "no Private Creator"},
      {item, {EditKind::set, "(0029,1010)", "x", "", Vr::none, none}, "VR"},
      {item, {EditKind::set, "Rows", "70000", "", Vr::none, none}, "0 to 65535"},
      {item, {EditKind::set, "Rows", "-1", "", Vr::none, none}, "0 to 65535"},
      {item, {EditKind::set, "Rows", "many", "", Vr::none, none}, "no integer"},
      {item, {EditKind::set, "PatientName", "M\xc3\xbcller", "", Vr::none, none}, "ASCII"},
      {item, {EditKind::set, "PatientBirthDate", "20230229", "", Vr::none, none}, "date"},
      {item, {EditKind::set, "StudyTime", "2460", "", Vr::none, none}, "time"},
      {item, {EditKind::set, "SOPInstanceUID", "1.02", "", Vr::none, none}, "UI"},
      {item, {EditKind::set, "PatientAge", "12", "", Vr::none, none}, "nnnY"},
      {item, {EditKind::set, "SeriesNumber", "1.5", "", Vr::none, none}, "integer"},
      {item, {EditKind::set, "SliceThickness", "1,5", "", Vr::none, none}, "decimal"},
      {item, {EditKind::set, "StationName", "seventeen letters", "", Vr::none, none}, "16 characters"},
      {item, {EditKind::set, "PixelData", "1", "", Vr::none, none}, "hexadecimal"},
      {item, {EditKind::set, "Rows", {}, "010203", Vr::none, none}, "even"},
      {item, {EditKind::set, "(0040,0100)[1]/(0040,0008)[2]/CodeValue", "X", "", Vr::none, create}, "1"},
      {item, {EditKind::set, "(0040,0100)[1]/(0040,0008)[1]/Modality", "x y z!", "", Vr::none, create}, "CS"},
  };
  for (const auto& row : refused) {
    SCOPED_TRACE(row.asked.path);
    const Bytes before = hex(row.before);
    auto data_set = decode(before, explicit_le).data_set;
    const auto changes = edit(data_set, row.asked);
    ASSERT_FALSE(changes.has_value());
    EXPECT_NE(changes.error().find(row.word), std::string::npos) << changes.error();
    EXPECT_EQ(to_hex(rewrite(data_set)), to_hex(before));
  }
}

TEST(Edit, Several_edits_in_order_build_on_each_other) {
  DataSet data_set(explicit_le);
  data_set.set_text(tags::PatientID, "1");
  const Asked steps[] = {
      {EditKind::insert, "ScheduledProcedureStepSequence[1]", {}, "", Vr::none, create},
      {EditKind::insert, "ScheduledProcedureStepSequence[+]", {}, "", Vr::none, none},
      {EditKind::set, "ScheduledProcedureStepSequence[*]/Modality", "CT", "", Vr::none, none},
      {EditKind::set, "ScheduledProcedureStepSequence[2]/Modality", "MR", "", Vr::none, none},
      {EditKind::set, "(0029,0010)", "ACME", "", Vr::none, none},
      {EditKind::set, "(0029,xx01,ACME)", "v", "", Vr::LO, none},
      {EditKind::erase, "PatientID", {}, "", Vr::none, none},
  };
  for (const auto& step : steps) {
    const auto changes = edit(data_set, step);
    ASSERT_TRUE(changes.has_value()) << step.path << ": " << changes.error();
  }
  DataSet ct(explicit_le);
  ct.set_text(tags::Modality, "CT");
  DataSet mr(explicit_le);
  mr.set_text(tags::Modality, "MR");
  DataSet expected(explicit_le);
  expected.set_text(Tag(0x0029, 0x0010), Vr::LO, "ACME");
  expected.set_text(Tag(0x0029, 0x1001), Vr::LO, "v");
  expected.set_sequence(tags::ScheduledProcedureStepSequence, {ct, mr});
  EXPECT_EQ(to_hex(rewrite(data_set)), to_hex(encode(expected, explicit_le)));
}

TEST(Edit, Tells_what_changed) {
  DataSet item(explicit_le);
  item.set_text(tags::Modality, "MR");
  DataSet data_set(explicit_le);
  data_set.set_sequence(tags::ScheduledProcedureStepSequence, {item, item});
  const auto changes =
      edit(data_set, {EditKind::set, "ScheduledProcedureStepSequence[*]/Modality", "CT", "", Vr::none, none});
  ASSERT_TRUE(changes.has_value());
  ASSERT_EQ(changes->size(), 2U);
  EXPECT_EQ((*changes)[1].path, "(0040,0100)[2]/(0008,0060)");
  EXPECT_EQ((*changes)[1].before, "'MR'");
  EXPECT_EQ((*changes)[1].after, "'CT'");
}

TEST(Edit, Taking_a_private_block_out_leaves_the_rest_as_it_was) {
  const Bytes before =
      hex("29001000 4c4f 0400 41434d45  29001100 4c4f 0200 4f4b  29000110 4c4f 0200 6161  29000111 4c4f 0200 6262");
  auto data_set = decode(before, explicit_le).data_set;
  ASSERT_TRUE(edit(data_set, {EditKind::erase, "(0029,xx01,ACME)", {}, "", Vr::none, none}).has_value());
  ASSERT_TRUE(edit(data_set, {EditKind::erase, "(0029,0010)", {}, "", Vr::none, none}).has_value());
  EXPECT_EQ(to_hex(rewrite(data_set)), to_hex(hex("29001100 4c4f 0200 4f4b  29000111 4c4f 0200 6262")));
}

TEST(Edit, A_set_by_hand_after_an_edit_and_an_edit_after_it_are_both_written) {
  const Bytes before = hex("10001000 504e 0200 4141  10002000 4c4f 0200 4141");
  auto data_set = decode(before, explicit_le).data_set;
  ASSERT_TRUE(edit(data_set, {EditKind::set, "PatientName", "BB", "", Vr::none, none}).has_value());
  data_set.set_text(tags::PatientID, "CC");
  ASSERT_TRUE(edit(data_set, {EditKind::set, "PatientSex", "M", "", Vr::none, none}).has_value());
  EXPECT_EQ(to_hex(rewrite(data_set)),
            to_hex(hex("10001000 504e 0200 4242  10002000 4c4f 0200 4343  10004000 4353 0200 4d20")));
}

}  // namespace
}  // namespace assay::dataset
