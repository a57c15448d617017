// Values as people write them: every VR there and back, and refused when they break PS3.5 Table 6.2-1.
#include "harness/dataset/edit_value.hpp"

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

TEST(EditValue, Numbers_lead_to_bytes_and_back) {
  const struct {
    Vr vr;
    std::string_view text;
    std::string_view little;
    std::string_view big;
    std::string_view again;
  } rows[] = {
      {Vr::US, "512\\0x1", "00020100", "02000001", "512\\1"},
      {Vr::SS, "-1", "ffff", "ffff", "-1"},
      {Vr::UL, "4294967295", "ffffffff", "ffffffff", "4294967295"},
      {Vr::SL, "-2", "feffffff", "fffffffe", "-2"},
      {Vr::UV, "18446744073709551615", "ffffffffffffffff", "ffffffffffffffff", "18446744073709551615"},
      {Vr::SV, "-9223372036854775808", "0000000000000080", "8000000000000000", "-9223372036854775808"},
      {Vr::FL, "0.5", "0000003f", "3f000000", "0.5"},
      {Vr::FD, "+1e3", "0000000000408f40", "408f400000000000", "1000"},
      {Vr::AT, "(0018,1063)\\PatientName", "1800631010001000", "0018106300100010", "(0018,1063)\\(0010,0010)"},
  };
  for (const auto& row : rows)
    for (const auto endian : {Endian::little, Endian::big}) {
      const auto bytes = value_from_text(row.vr, row.text, {.endian = endian, .character_set = {}, .force = false});
      ASSERT_TRUE(bytes.has_value()) << row.text << ": " << bytes.error();
      EXPECT_EQ(to_hex(*bytes), endian == Endian::little ? row.little : row.big) << row.text;
      EXPECT_EQ(number_text(row.vr, *bytes, endian), row.again);
    }
  EXPECT_EQ(number_text(Vr::US, hex("010203"), Endian::little), std::nullopt);
  EXPECT_EQ(number_text(Vr::LO, hex("4142"), Endian::little), std::nullopt);
  EXPECT_EQ(number_text(Vr::US, hex("010001000100"), Endian::little, 0), "1\\...");
}

TEST(EditValue, Text_is_held_to_its_VR) {
  const struct {
    Vr vr;
    std::string_view right;
    std::string_view wrong;
  } rows[] = {
      {Vr::AE, "ARCHIVE", "SEVENTEEN-LETTERS"},
      {Vr::AS, "012Y", "12Y"},
      {Vr::AS, "012M", "YYYY"},
      {Vr::CS, "CT_1 A\\B", "ct"},
      {Vr::CS, "", "CT-1"},
      {Vr::DA, "20240229", "20230229"},
      {Vr::DA, "20001231", "2000.12.31"},
      {Vr::DA, "19991130", "19991131"},
      {Vr::DS, "-1.5E3\\2", "1,5"},
      {Vr::DS, "+0.1", "1e"},
      {Vr::DT, "20240229101500.123456+0100", "24"},
      {Vr::IS, "-2147483648", "2147483648"},
      {Vr::IS, "+7", "7.0"},
      {Vr::LO, "any text", "control \x01"},
      {Vr::PN, "Doe^Jane", "0123456789012345678901234567890123456789012345678901234567890123456789"},
      {Vr::SH, "sixteen letters!", "seventeen letters"},
      {Vr::TM, "235960", "246060"},
      {Vr::TM, "10", "1015.5"},
      {Vr::UI, "1.2.0.3", "1.02"},
      {Vr::UI, "2.25.1", "1..2"},
      {Vr::UI, "1.2", "1.2."},
      {Vr::LT, "two\r\nlines\twith a tab", "bell \x07"},
      {Vr::UT, "a\\b", "\x7f"},
  };
  for (const auto& row : rows) {
    const auto right = value_from_text(row.vr, row.right, {});
    EXPECT_TRUE(right.has_value()) << name(row.vr) << " " << row.right << ": " << (right ? "" : right.error());
    EXPECT_FALSE(value_from_text(row.vr, row.wrong, {}).has_value()) << name(row.vr) << " " << row.wrong;
    const auto forced =
        value_from_text(row.vr, row.wrong, {.endian = Endian::little, .character_set = {}, .force = true});
    ASSERT_TRUE(forced.has_value());
    EXPECT_EQ(as_text(*forced), row.wrong);
  }
}

TEST(EditValue, Text_is_written_in_the_character_set_in_force) {
  const ValueSetting latin{.endian = Endian::little, .character_set = "ISO_IR 100", .force = false};
  const auto bytes = value_from_text(Vr::PN, "M\xc3\xbcller", latin);
  ASSERT_TRUE(bytes.has_value()) << bytes.error();
  EXPECT_EQ(to_hex(*bytes), "4dfc6c6c6572");
  EXPECT_FALSE(value_from_text(Vr::PN, "M\xc3\xbcller", {}).has_value());
  EXPECT_FALSE(value_from_text(Vr::PN, "\xe5\xb1\xb1", latin).has_value());
  EXPECT_FALSE(value_from_text(Vr::CS, "\xc3\x9c", latin).has_value()) << "CS knows no character set";
}

TEST(EditValue, Knows_text_that_is_safe_to_show) {
  EXPECT_TRUE(is_plain_utf8("M\xc3\xbcller \xe5\xb1\xb1 \xf0\x9f\x98\x80"));
  for (const std::string_view unsafe : {"\x1b", "\x7f", "\xc2\x85", "\xe2\x80\xae", "\xff", "\xc3", "\xed\xa0\x80",
                                        "\xc0\x80", "\xf4\x90\x80\x80", "\xe2\x81\xa6", "\xef\xbb\xbf"})
    EXPECT_FALSE(is_plain_utf8(unsafe)) << to_hex(as_bytes(unsafe));
}

}  // namespace
}  // namespace assay::dataset
