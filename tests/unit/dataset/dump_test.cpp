// The dumps: for programs one line per node, for people readable and safe for a terminal at any depth.
#include "harness/dataset/dump_people.hpp"

#include <algorithm>

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

std::string elements(const DataSet& data_set) {
  std::string text;
  element_lines(data_set, "f", [&](std::string_view line) { text += line; });
  return text;
}

std::string people(const DataSet& data_set, const DumpStyle& style = {}) {
  std::string text;
  dump_lines(data_set, style, [&](std::string_view line) { text += line; });
  return text;
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(ElementLines, Tell_offset_path_kind_VR_lengths_and_digest_of_every_node) {
  const Bytes bytes =
      hex("40000001 5351 0000 ffffffff feff00e0 0a000000 08006000 4353 0200 4d52 feffdde0 00000000 "
          "e07f1000 4f42 0000 ffffffff feff00e0 00000000 feff00e0 02000000 ffd8 feffdde0 00000000");
  DecodeOptions options;
  options.base_offset = 100;
  const auto data_set = decode(bytes, {true, Endian::little, false, true}, options).data_set;
  EXPECT_EQ(elements(data_set),
            "f\t100\t(0040,0100)\tsequence\tSQ\tundefined\t-\t-\n"
            "f\t112\t(0040,0100)[1]\titem\t--\t10\t-\t-\n"
            "f\t120\t(0040,0100)[1]/(0008,0060)\telement\tCS\t2\t2\t09166c07b5ad389e\n"
            "f\t138\t(7FE0,0010)\tfragments\tOB\tundefined\t-\t-\n"
            "f\t150\t(7FE0,0010)[1]\tfragment\t--\t0\t0\tcbf29ce484222325\n"
            "f\t158\t(7FE0,0010)[2]\tfragment\t--\t2\t2\t0a99ee07b6f68642\n");
}

TEST(DumpLines, Show_offset_tag_VR_length_VM_name_and_value) {
  DataSet item(explicit_le);
  item.set_text(tags::Modality, "MR");
  DataSet data_set(explicit_le);
  data_set.set_text(tags::ImageType, "ORIGINAL\\PRIMARY");
  data_set.set_text(tags::SOPClassUID, uids::CTImageStorage);
  data_set.set_u16(tags::Rows, 512);
  data_set.set_sequence(tags::ScheduledProcedureStepSequence, {item});
  data_set.set_text(Tag(0x0029, 0x0010), Vr::LO, "ACME");
  data_set.set_bytes(Tag(0x0029, 0x1001), Vr::OB, Bytes(3, 7));
  const auto whole = decode_owned(encode(data_set, explicit_le), explicit_le).data_set;
  DumpStyle wide;
  wide.width = 160;
  const auto text = people(whole, wide);
  for (const std::string_view part :
       {"0  (0008,0008) CS        16   2  ImageType", "ORIGINAL\\PRIMARY\n", "CT Image Storage\n",
        "(0028,0010) US         2   1  Rows", "512\n", "(0029,0010) LO         4   1  PrivateCreator",
        "(0029,1001) OB         4   1  [ACME]", "07070700\n", "(0040,0100) SQ        18   -", "1 item\n",
        "  item 1  10 bytes\n", "    (0008,0060) CS"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  DumpStyle narrow;
  narrow.width = 90;
  for (const auto& line : split_lines(people(whole, narrow))) EXPECT_LE(line.size(), 100U) << line;
  DumpStyle colour;
  colour.colour = true;
  EXPECT_NE(people(whole, colour).find("\x1b[36m"), std::string::npos);
}

TEST(DumpLines, Nothing_that_moves_a_terminal_comes_out) {
  std::string evil = "a\x1b]0;x\x07\r\n\x7f\xc2\x9b\xe2\x80\xae\xff";
  for (char c = 1; c < 32; ++c) evil += c;
  for (const std::string_view set : {"", "ISO_IR 192"}) {
    DataSet data_set(explicit_le);
    if (!set.empty()) data_set.set_text(tags::SpecificCharacterSet, set);
    data_set.set_text(tags::PatientName, evil);
    data_set.set_text(Tag(0x0029, 0x0010), Vr::LO, evil);
    data_set.set_bytes(Tag(0x0029, 0x1001), Vr::OB, as_bytes(evil));
    data_set.set_text(tags::SOPInstanceUID, evil);
    for (const bool json : {false, true})
      for (const bool full : {false, true}) {
        DumpStyle style;
        style.json = json;
        style.full = full;
        const auto text = people(data_set, style);
        EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](char c) {
          return (static_cast<unsigned char>(c) < 32 && c != '\n') || c == 127;
        })) << text;
        EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
        EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
      }
  }
}

TEST(DumpLines, Text_is_decoded_by_the_character_set_in_force) {
  DataSet data_set(explicit_le);
  data_set.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  data_set.set_text(tags::PatientName, "M\xfcller");
  EXPECT_NE(people(data_set).find("M\xc3\xbcller"), std::string::npos);
  data_set.set_text(tags::SpecificCharacterSet, "\\ISO 2022 IR 87");
  data_set.set_text(tags::PatientName, "A\\\x1b$B;3\x1b(B");
  const auto text = people(data_set);
  EXPECT_NE(text.find("A\\\xe5\xb1\xb1"), std::string::npos) << text;
  EXPECT_NE(text.find("PN        10   2  "), std::string::npos) << "two values: " << text;
}

TEST(DumpLines, Cut_at_the_width_between_characters_and_whole_on_request) {
  DataSet data_set(explicit_le);
  data_set.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  std::string text;
  for (int i = 0; i < 200; ++i) text += "\xc3\xbc";
  data_set.set_text(tags::ImageComments, text);
  const auto cut = people(data_set);
  EXPECT_NE(cut.find("\xc3\xbc..."), std::string::npos) << cut;
  EXPECT_EQ(cut.find(text), std::string::npos);
  DumpStyle full;
  full.full = true;
  EXPECT_NE(people(data_set, full).find(text), std::string::npos);
}

TEST(DumpLines, Only_the_elements_asked_for_with_their_paths) {
  DataSet item(explicit_le);
  item.set_text(tags::Modality, "MR");
  item.set_text(tags::PatientID, "X");
  DataSet data_set(explicit_le);
  data_set.set_text(tags::Modality, "CT");
  data_set.set_sequence(tags::ScheduledProcedureStepSequence, {item, item});
  DumpStyle style;
  style.only.push_back(*parse_tag_path("Modality"));
  EXPECT_EQ(split_lines(people(data_set, style)).size(), 3U);
  style.only = {*parse_tag_path("ScheduledProcedureStepSequence[2]/PatientID")};
  const auto lines = split_lines(people(data_set, style));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("(0040,0100)[2]/(0010,0020)"), std::string::npos);
  style.only = {*parse_tag_path("ScheduledProcedureStepSequence")};
  EXPECT_EQ(split_lines(people(data_set, style)).size(), 7U) << "with all that is in it";
  DumpStyle shallow;
  shallow.depth = 0;
  EXPECT_EQ(split_lines(people(data_set, shallow)).size(), 2U);
}

TEST(DumpLines, Problems_stand_behind_the_element_they_are_about) {
  const auto decoded = decode_owned(hex("08006000 4353 0100 4d 10001000 504e 0200 4141"), explicit_le);
  ASSERT_FALSE(decoded.problems.empty());
  DumpStyle style;
  style.problems = &decoded.problems;
  const auto lines = split_lines(people(decoded.data_set, style));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_NE(lines[1].find("] (0008,0060): found length 1"), std::string::npos) << lines[1];
}

TEST(DumpLines, The_dictionary_of_the_user_comes_before_the_built_in_one) {
  const auto own =
      dict::PrivateDictionary::parse("GEMS_IDEN_01\t0009\txx01\tLO\t1\tOwn Name\nME\t0009\txx02\tLO\t1\tMine\n");
  ASSERT_TRUE(own);
  const Tag first(0x0009, 0x1001);
  EXPECT_EQ(element_name(first, "GEMS_IDEN_01", &*own), "[GEMS_IDEN_01] Own Name");
  EXPECT_NE(element_name(first, "GEMS_IDEN_01"), "[GEMS_IDEN_01] Own Name");
  EXPECT_EQ(element_name(Tag(0x0009, 0x1102), "ME", &*own), "[ME] Mine");
  EXPECT_EQ(element_name(Tag(0x0009, 0x1102), "ME"), "[ME]");
  EXPECT_EQ(element_name(Tag(0x0009, 0x0010), "", &*own), "PrivateCreator");
  EXPECT_EQ(element_name(tags::PatientName, "", &*own), "PatientName");
}

TEST(SafeJson, Has_no_control_character_and_the_same_meaning) {
  EXPECT_EQ(safe_json("\"a\x7f\xc2\x9b\xc2\xa0\xc3\x9b\""), "\"a\\u007f\\u009b\xc2\xa0\xc3\x9b\"");
  EXPECT_EQ(safe_json("{\"\xc2"), "{\"\xc2");
}

TEST(DumpLines, Fragments_and_bulk_data_are_counted_not_listed) {
  const Bytes table(8, 0);
  const Bytes frame(10, 1);
  DataSet data_set(explicit_le);
  data_set.set_fragments(tags::PixelData, {table, frame, frame});
  DumpStyle wide;
  wide.width = 160;
  EXPECT_NE(people(data_set, wide).find("2 fragments, 20 bytes, 2 offsets\n"), std::string::npos);
  EXPECT_EQ(split_lines(people(data_set)).size(), 1U);
  DumpStyle full;
  full.full = true;
  EXPECT_EQ(split_lines(people(data_set, full)).size(), 4U);
  data_set.set_bytes(tags::PixelData, Vr::OW, Bytes(10000, 1));
  EXPECT_NE(people(data_set).find("10000 bytes\n"), std::string::npos);
}

TEST(Dumps, Thirty_thousand_levels_take_linear_space_and_no_recursion) {
  constexpr std::size_t depth = 30'000;
  const Bytes level = hex("40000001 ffffffff feff00e0 ffffffff");
  Bytes bytes;
  for (std::size_t i = 0; i < depth; ++i) append(bytes, level);
  DecodeOptions options;
  options.max_depth = depth + 1;
  const auto data_set = decode(bytes, implicit_le, options).data_set;
  const auto nodes = data_set.nodes().size();
  ASSERT_GT(nodes, 100U);
  EXPECT_LT(elements(data_set).size(), nodes * 2000);
  EXPECT_LT(people(data_set).size(), nodes * 300);
  EXPECT_EQ(split_lines(elements(data_set)).size(), nodes);
}

}  // namespace
}  // namespace assay::dataset
