// Values of all VRs: counted, taken apart in either byte order, written.
#include "harness/dataset/value.hpp"

#include <cmath>

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

std::string written(Vr vr, ByteView value, Endian endian = Endian::little, const CharacterSets& sets = {}) {
  std::string text;
  for (const auto& one : values(vr, value, endian, sets)) text += "[" + format(one) + "]";
  return text;
}

TEST(Value, Binary_numbers_follow_the_byte_order) {
  struct Case {
    Vr vr;
    std::string_view little;
    std::string_view big;
    std::string_view text;
  };
  const Case all[] = {
      {Vr::US, "7f00 ffff", "007f ffff", "[127][65535]"},
      {Vr::SS, "7f00 ffff", "007f ffff", "[127][-1]"},
      {Vr::UL, "01000000", "00000001", "[1]"},
      {Vr::SL, "feffffff", "fffffffe", "[-2]"},
      {Vr::UV, "ffffffffffffffff", "ffffffffffffffff", "[18446744073709551615]"},
      {Vr::SV, "feffffffffffffff", "fffffffffffffffe", "[-2]"},
      {Vr::FL, "0000c03f", "3fc00000", "[1.5]"},
      {Vr::FD, "000000000000f8bf", "bff8000000000000", "[-1.5]"},
      {Vr::AT, "08006000 10002000", "00080060 00100020", "[(0008,0060)][(0010,0020)]"},
  };
  for (const auto& one : all) {
    EXPECT_EQ(written(one.vr, hex(one.little)), one.text);
    EXPECT_EQ(written(one.vr, hex(one.big), Endian::big), one.text);
  }
}

TEST(Value, Numbers_are_views_of_the_type_that_the_VR_holds) {
  const Bytes bytes = hex("0100 0200 0300");
  const auto shorts = numbers<std::uint16_t>(Vr::US, bytes, Endian::little);
  ASSERT_TRUE(shorts);
  std::vector<int> read;
  for (const auto number : *shorts) read.push_back(number);
  EXPECT_EQ(read, (std::vector<int>{1, 2, 3}));
  EXPECT_TRUE(numbers<std::uint16_t>(Vr::OW, bytes, Endian::little));
  EXPECT_FALSE(numbers<std::uint32_t>(Vr::US, bytes, Endian::little));
  EXPECT_FALSE(numbers<float>(Vr::FD, bytes, Endian::little));
  EXPECT_FALSE(numbers<Tag>(Vr::UL, bytes, Endian::little));
  EXPECT_EQ(numbers<std::uint32_t>(Vr::UL, bytes, Endian::little)->size(), 1U);
  EXPECT_TRUE(numbers<double>(Vr::OD, {}, Endian::big)->empty());
}

TEST(Value, Multiplicity_is_by_backslash_or_by_size) {
  struct Case {
    Vr vr;
    std::string_view value;
    std::size_t count;
  };
  const Case all[] = {{Vr::CS, "A\\B\\C", 3},
                      {Vr::LO, "Dr\\Jekyll\\Mr\\Hyde", 4},
                      {Vr::CS, "A", 1},
                      {Vr::CS, "\\", 2},
                      {Vr::CS, "", 0},
                      {Vr::LT, "a\\b", 1},
                      {Vr::ST, "a\\b", 1},
                      {Vr::UT, "a\\b", 1},
                      {Vr::UR, "a\\b", 1},
                      {Vr::UC, "a\\b", 2},
                      {Vr::UI, "1\\2", 2},
                      {Vr::US, "abcd", 2},
                      {Vr::UL, "abcd", 1},
                      {Vr::FD, "abcdefgh", 1},
                      {Vr::AT, "abcdefgh", 2},
                      {Vr::OB, "abcd", 1},
                      {Vr::OW, "abcd", 1},
                      {Vr::UN, "abcd", 1},
                      {Vr::OV, "abcdefghabcdefgh", 1},
                      {Vr::UV, "abcdefghabcdefgh", 2}};
  for (const auto& one : all) EXPECT_EQ(multiplicity(one.vr, as_bytes(one.value)), one.count) << one.value;
  const CharacterSets gb("GB18030");
  const auto two = as_bytes("\x95\x5c\\A");  // the code of a backslash is the second half of a character
  EXPECT_EQ(multiplicity(Vr::LO, two, gb), 2U);
  EXPECT_EQ(multiplicity(Vr::CS, two, gb), 3U);
}

TEST(Value, Text_is_taken_apart_by_its_VR) {
  EXPECT_EQ(written(Vr::DA, as_bytes("19970131\\1997.02.01")), "[19970131][19970201]");
  EXPECT_EQ(written(Vr::TM, as_bytes("13:45:10 ")), "[134510]");
  EXPECT_EQ(written(Vr::DT, as_bytes("20050812183000.00 ")), "[20050812183000.00]");
  EXPECT_EQ(written(Vr::AS, as_bytes("018M")), "[018M]");
  EXPECT_EQ(written(Vr::IS, as_bytes("-1234567\\ 5 ")), "[-1234567][5]");
  EXPECT_EQ(written(Vr::DS, as_bytes("-5.0e3 ")), "[-5000]");
  EXPECT_EQ(written(Vr::DA, as_bytes("yesterday ")), "[yesterday]");
  EXPECT_EQ(written(Vr::CS, as_bytes(" ORIGINAL\\PRIMARY ")), "[ORIGINAL][PRIMARY]");
  EXPECT_EQ(written(Vr::LT, as_bytes("  two\\lines ")), "[  two\\lines]");
  EXPECT_EQ(written(Vr::UI, as_bytes(std::string_view("1.2\0", 4))), "[1.2]");
  EXPECT_EQ(written(Vr::LO, as_bytes("a\\\\b")), "[a][][b]");
  EXPECT_EQ(written(Vr::OB, hex("00ff")), "[00ff]");
  EXPECT_EQ(written(Vr::CS, {}), "");
}

TEST(Value, Names_keep_their_groups) {
  EXPECT_EQ(written(Vr::PN, as_bytes("Smith^Joe ")), "[Smith^Joe]");
  EXPECT_EQ(written(Vr::PN, as_bytes("Smith^Joe^^^ ")), "[Smith^Joe]");
  EXPECT_EQ(written(Vr::PN, as_bytes("Wang^XiaoDong=W^X=")), "[Wang^XiaoDong=W^X]");
  EXPECT_EQ(written(Vr::PN, as_bytes("A^B==C^D")), "[A^B==C^D]");
  EXPECT_EQ(written(Vr::PN, as_bytes("ABC Farms^Running on Water")), "[ABC Farms^Running on Water]");
  EXPECT_EQ(written(Vr::PN, as_bytes("==")), "[]");
}

TEST(Value, Text_does_not_depend_on_the_byte_order) {
  for (const Vr vr : {Vr::IS, Vr::DS, Vr::LO, Vr::UI, Vr::UN, Vr::OB})
    EXPECT_EQ(written(vr, as_bytes("1.5 "), Endian::little), written(vr, as_bytes("1.5 "), Endian::big));
}

}  // namespace
}  // namespace assay::dataset
