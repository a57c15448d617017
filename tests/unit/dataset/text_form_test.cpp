// The text form: readable, and back to the very same bytes however wrong they were.
#include "harness/dataset/text_form.hpp"

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

struct Row {
  std::string_view what;
  Encoding encoding;
  std::string_view bytes;
  std::string_view text;
};

const Row rows[] = {
    {"nothing", explicit_le, "", ""},
    {"text is padded again", explicit_le, "10001000 504e 0400 446f6520", "(0010,0010) PN \"Doe\"  # PatientName\n"},
    {"text of even length", explicit_le, "10001000 504e 0400 446f6541", "(0010,0010) PN \"DoeA\"  # PatientName\n"},
    {"one blank too much", explicit_le, "10001000 504e 0400 446f2020", "(0010,0010) PN \"Do \"  # PatientName\n"},
    {"odd length", explicit_le, "10001000 504e 0300 446f65", "(0010,0010) PN nopad \"Doe\"  # PatientName\n"},
    {"padded by NUL", explicit_le, "10001000 504e 0400 446f6500", "(0010,0010) PN \"Doe\\x00\"  # PatientName\n"},
    {"UI", explicit_le, "08001800 5549 0400 312e3200", "(0008,0018) UI \"1.2\"  # SOPInstanceUID\n"},
    {"UI padded by a space", explicit_le, "08001800 5549 0400 312e3220", "(0008,0018) UI \"1.2 \"  # SOPInstanceUID\n"},
    {"quotes, backslashes, control characters, UTF-8 and what is none", explicit_le,
     "10001000 504e 0a00 225c 0a1b c3bc fcc2 85ff",
     "(0010,0010) PN \"\\\"\\\\\\x0a\\x1b\xc3\xbc\\xfc\\xc2\\x85\\xff\"  "
     "# PatientName\n"},
    {"no value", explicit_le, "10001000 504e 0000", "(0010,0010) PN  # PatientName\n"},
    {"numbers", explicit_le, "28001000 5553 0400 0002ffff", "(0028,0010) US 512\\65535  # Rows\n"},
    {"numbers, big endian", explicit_be, "00280010 5553 0002 0200", "(0028,0010) US 512  # Rows\n"},
    {"half a number", explicit_le, "28001000 5553 0300 000201", "(0028,0010) US hex 000201  # Rows\n"},
    {"reals", explicit_le, "18008960 4644 1000 9a9999999999b93f 000000000000f07f", "(0018,6089) FD 0.1\\inf\n"},
    {"a NaN with a message", explicit_le, "18008960 4644 0800 010000000000f87f",
     "(0018,6089) FD hex 010000000000f87f\n"},
    {"tags", explicit_le, "28000900 4154 0400 18006310", "(0028,0009) AT (0018,1063)  # FrameIncrementPointer\n"},
    {"bytes", explicit_le, "09001010 4f42 0000 02000000 0102", "(0009,1010) OB hex 0102\n"},
    {"non-zero reserved bytes", explicit_le, "09001010 4f42 abcd 02000000 0102",
     "(0009,1010) OB header=090010104f42abcd02000000 hex 0102\n"},
    {"order and duplicates", implicit_le, "10001000 02000000 4141 08006000 02000000 4354 08006000 02000000 4d52",
     "(0010,0010) PN \"AA\"  # PatientName\n(0008,0060) CS \"CT\"  # Modality\n(0008,0060) CS \"MR\"  # Modality\n"},
    {"a sequence of defined lengths", explicit_le,
     "40000001 5351 0000 12000000 feff00e0 0a000000 08006000 4353 0200 4d52",
     "(0040,0100) SQ {  # ScheduledProcedureStepSequence\n  item {\n    (0008,0060) CS \"MR\"  # Modality\n  }\n}\n"},
    {"undefined lengths", explicit_le,
     "40000001 5351 0000 ffffffff feff00e0 ffffffff feff0de0 00000000 feffdde0 00000000",
     "(0040,0100) SQ undefined {  # ScheduledProcedureStepSequence\n  item undefined {\n  }\n}\n"},
    {"delimiters missing and with a length", explicit_le,
     "40000001 5351 0000 ffffffff feff00e0 ffffffff feffdde0 04000000",
     "(0040,0100) SQ undefined end=feffdde004000000 {  # ScheduledProcedureStepSequence\n  item undefined end=none "
     "{\n  }\n}\n"},
    {"a sequence shorter than its item", explicit_le,
     "40000001 5351 0000 10000000 feff00e0 0a000000 08006000 4353 0200 4d52",
     "(0040,0100) SQ length=16 {  # ScheduledProcedureStepSequence\n  item {\n    (0008,0060) CS \"MR\"  # Modality\n "
     " }\n}\n"},
    {"a stray delimiter", explicit_le, "feff0de0 00000000 08006000 4353 0200 4d52",
     "bytes feff0de000000000\n(0008,0060) CS \"MR\"  # Modality\n"},
    {"UN of undefined length", explicit_be,
     "00091000 554e 0000 ffffffff feff00e0 0a000000 28001000 02000000 0100 feffdde0 00000000",
     "(0009,1000) UN undefined {\n  item {\n    (0028,0010) US 1  # Rows\n  }\n}\n"},
    {"fragments",
     {true, Endian::little, false, true},
     "e07f1000 4f42 0000 ffffffff feff00e0 00000000 feff00e0 02000000 ffd8 feffdde0 00000000",
     "(7FE0,0010) OB undefined fragments {  # PixelData\n  fragment\n  fragment hex ffd8\n}\n"},
};

TEST(TextForm, Is_readable_and_leads_back_to_the_same_bytes) {
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    const Bytes bytes = hex(row.bytes);
    const auto data_set = decode(bytes, row.encoding).data_set;
    ASSERT_EQ(to_hex(rewrite(data_set)), to_hex(bytes));
    const auto text = to_text_form(data_set);
    EXPECT_EQ(text, row.text);
    const auto back = from_text_form(text, row.encoding);
    ASSERT_TRUE(back.has_value()) << back.error().line << ":" << back.error().column << ": " << back.error().message;
    EXPECT_EQ(to_hex(*back), to_hex(bytes));
    const auto from_row = from_text_form(row.text, row.encoding);
    ASSERT_TRUE(from_row.has_value()) << from_row.error().line << ":" << from_row.error().column << ": "
                                      << from_row.error().message;
    EXPECT_EQ(to_hex(*from_row), to_hex(bytes));
  }
}

TEST(TextForm, Lengths_and_padding_follow_what_people_change) {
  const auto bytes = from_text_form(
      "# made by hand\r\n(0040,0100) SQ {\n  item {\n\t(0008,0060) CS \"CT\\\\OT\"\n  }\n}\n(0010,0010) PN \"Do\"",
      explicit_le);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(to_hex(*bytes), to_hex(hex("40000001 5351 0000 16000000 feff00e0 0e000000 08006000 4353 0600 43545c4f5420 "
                                       "10001000 504e 0200 446f")));
}

TEST(TextForm, What_was_set_and_never_read_has_a_text_too) {
  DataSet item(explicit_le);
  item.set_text(tags::Modality, "MR");
  DataSet data_set(explicit_le);
  data_set.set_sequence(tags::ScheduledProcedureStepSequence, {item});
  const auto back = from_text_form(to_text_form(data_set), explicit_le);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(to_hex(*back), to_hex(encode(data_set, explicit_le)));
}

TEST(TextForm, Mistakes_are_named_with_line_and_column) {
  const struct {
    std::string_view text;
    std::size_t line;
    std::size_t column;
    std::string_view word;
  } wrong[] = {
      {"nonsense", 1, 1, "begins no line"},
      {"\n  (0010,0010 PN \"A\"", 2, 3, "tag"},
      {"(0010,0010) XX \"A\"", 1, 13, "VR"},
      {"(0010,0010) PN A", 1, 16, "quotes"},
      {"(0010,0010) PN \"A", 1, 16, "never closed"},
      {"(0010,0010) PN \"A\\q\"", 1, 18, "backslash"},
      {"(0010,0010) PN \"A\" B", 1, 20, "too much"},
      {"(0028,0010) US 70000", 1, 16, "65535"},
      {"(0028,0010) US \"A\"", 1, 16, "no text"},
      {"(0009,1010) OB 01", 1, 16, "hex"},
      {"(0009,1010) OB hex 012", 1, 20, "pairs"},
      {"(0009,1010) OB header=1", 1, 16, "pairs"},
      {"(0009,1010) OB length=x hex 00", 1, 16, "length"},
      {"(0040,0100) SQ {", 1, 1, "never closed"},
      {"}", 1, 1, "without '{'"},
      {"item {\n}", 1, 1, "sequence"},
      {"fragment hex 00", 1, 1, "fragments"},
      {"(0040,0100) SQ {\n(0010,0010) PN \"A\"\n}", 2, 1, "item"},
      {"(0040,0100) SQ {\nitem\n}", 2, 5, "'{'"},
      {"(0040,0100) LO {\n}", 1, 1, "holds no items"},
      {"(0040,0100) SQ undefined\n", 1, 25, "'{'"},
      {"(0040,0100) SQ undefined end=x {\n}", 1, 26, "end="},
      {"(0040,0100) SQ {\n  item {\n    encoding explicit-be\n  }\n}", 3, 14, "inside a sequence"},
      {"encoding latin", 1, 10, "explicit-le"},
      {"preamble 00", 1, 10, "128 bytes"},
      {"bytes 0", 1, 7, "pairs"},
      {"assay-text-form 2", 1, 17, "version 1"},
  };
  for (const auto& row : wrong) {
    const auto bytes = from_text_form(row.text, explicit_le);
    ASSERT_FALSE(bytes.has_value()) << row.text;
    EXPECT_EQ(bytes.error().line, row.line) << row.text << ": " << bytes.error().message;
    EXPECT_EQ(bytes.error().column, row.column) << row.text << ": " << bytes.error().message;
    EXPECT_NE(bytes.error().message.find(row.word), std::string::npos) << row.text << ": " << bytes.error().message;
  }
  EXPECT_FALSE(file_from_text_form("(0010,0010) PN \"A\"").has_value());
  EXPECT_FALSE(file_from_text_form("").has_value());
}

TEST(TextForm, Holds_a_whole_file_with_preamble_meta_and_what_follows_a_broken_element) {
  DataSet data_set(explicit_le);
  data_set.set_text(tags::PatientName, "Doe");
  Bytes bytes = build_part10({.sop_class_uid = "1.2.840.10008.1.1",
                              .sop_instance_uid = "1.2.3",
                              .transfer_syntax_uid = std::string(uids::ExplicitVRLittleEndian),
                              .implementation_class_uid = "1.2.4",
                              .implementation_version_name = "",
                              .source_ae_title = ""},
                             data_set);
  for (const bool marked : {false, true}) {
    if (marked) {
      bytes[5] = 7;
      append(bytes, hex("20000d00 5549 ff00 31"));
    }
    const auto file = read_file(bytes);
    ASSERT_TRUE(file.has_value());
    std::string text;
    file_text_form(*file, [&](std::string_view line) { text += line; });
    const auto back = file_from_text_form(text);
    ASSERT_TRUE(back.has_value()) << back.error().line << ": " << back.error().message << "\n" << text;
    EXPECT_EQ(to_hex(*back), to_hex(bytes));
  }
}

TEST(TextForm, Holds_meta_information_in_implicit_big_endian_which_is_no_transfer_syntax) {
  Bytes bytes(128);
  append(bytes, hex("44 49 43 4d 00020000 00000000 00020001 00000002 0001 00020010 00000014"));
  append(bytes, std::string_view("1.2.840.10008.1.2.1\0", 20));
  append(bytes, hex("08006000 4353 0200 4d52"));
  const auto file = read_file(bytes);
  ASSERT_TRUE(file.has_value());
  ASSERT_EQ(file->meta.encoding().endian, Endian::big);
  ASSERT_FALSE(file->meta.encoding().explicit_vr);
  std::string text;
  file_text_form(*file, [&](std::string_view line) { text += line; });
  const auto back = file_from_text_form(text);
  ASSERT_TRUE(back.has_value()) << back.error().message << "\n" << text;
  EXPECT_EQ(to_hex(*back), to_hex(bytes)) << text;
}

}  // namespace
}  // namespace assay::dataset
