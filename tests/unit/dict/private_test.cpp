#include "harness/dict/private.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "harness/version.hpp"

namespace assay::dict {
namespace {

TEST(PrivateElements, Are_found_by_creator_in_whatever_block) {
  for (const unsigned element : {0x1001U, 0x1101U, 0xff01U}) {
    const auto entry = find_private("Philips Imaging DD 001", Tag(0x2001, static_cast<std::uint16_t>(element)));
    ASSERT_TRUE(entry) << element;
    EXPECT_EQ(entry->creator, "Philips Imaging DD 001");
    EXPECT_EQ(entry->group, 0x2001);
    EXPECT_EQ(entry->element, 0x01);
    EXPECT_EQ(entry->vr, Vr::FL);
    EXPECT_EQ(entry->vm, "1");
    EXPECT_EQ(entry->name, "Chemical Shift");
  }
  EXPECT_TRUE(find_private(std::string_view("Philips Imaging DD 001 \0", 24), Tag(0x2001, 0x1001)));
}

TEST(PrivateElements, Of_two_vendors_with_one_tag_are_told_apart_by_the_creator) {
  const auto fuji = find_private("FDMS 1.0", Tag(0x0009, 0x1010));
  const auto ge = find_private("GEIIS", Tag(0x0009, 0x1010));
  ASSERT_TRUE(fuji && ge);
  EXPECT_EQ(fuji->name, "Exposure Unit Type Code");
  EXPECT_EQ(fuji->vr, Vr::CS);
  EXPECT_EQ(ge->name, "GE IIS Thumbnail Sequence");
  EXPECT_EQ(ge->vr, Vr::SQ);
  EXPECT_FALSE(find_private("NOBODY", Tag(0x0009, 0x1010)));
}

TEST(PrivateElements, Need_a_creator_and_a_tag_in_a_block) {
  EXPECT_FALSE(find_private("", Tag(0x2001, 0x1001)));
  EXPECT_FALSE(find_private("philips imaging dd 001", Tag(0x2001, 0x1001)));
  EXPECT_FALSE(find_private("Philips Imaging DD 001", Tag(0x2001, 0x0001)));
  EXPECT_FALSE(find_private("Philips Imaging DD 001", Tag(0x2001, 0x0010)));
  EXPECT_FALSE(find_private("Philips Imaging DD 001", Tag(0x2000, 0x1001)));
  EXPECT_FALSE(find_private("Philips Imaging DD 001", Tag(0x2003, 0x1001)));
  EXPECT_FALSE(find_private("Philips Imaging DD 001", Tag(0x2001, 0x10fe)));
  EXPECT_FALSE(find_private("zzzz", Tag(0x2001, 0x1001)));
}

TEST(PrivateElements, Are_those_of_the_table_all_of_them) {
  std::ifstream file(std::filesystem::path(ASSAY_SOURCE_DIR) / "harness/dict/tables/private-elements.tsv");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto parsed = PrivateDictionary::parse(text);
  if (!parsed) FAIL() << parsed.error().front().line << ": " << parsed.error().front().message;
  EXPECT_EQ(parsed->size(), private_count());
  EXPECT_GT(private_count(), 8000U);
  std::size_t different = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#') || line.starts_with("creator\t")) continue;
    const auto creator = line.substr(0, line.find('\t'));
    const auto group = static_cast<std::uint16_t>(std::stoul(line.substr(creator.size() + 1, 4), nullptr, 16));
    const auto number = std::stoul(line.substr(creator.size() + 8, 2), nullptr, 16);
    const Tag tag(group, static_cast<std::uint16_t>(0x4200 + number));
    const auto built_in = find_private(creator, tag);
    const auto read = parsed->find(creator, tag);
    const bool same = built_in && read && built_in->vr == read->vr && built_in->vm == read->vm &&
                      built_in->name == read->name && built_in->creator == read->creator &&
                      built_in->group == read->group && built_in->element == read->element;
    different += same ? 0 : 1;
  }
  EXPECT_EQ(different, 0U);
}

TEST(PrivateDictionary, Is_read_from_a_table_of_six_cells) {
  const auto read = PrivateDictionary::parse(
      "# of our own\r\n"
      "creator\tgroup\telement\tvr\tvm\tname\n"
      "\n"
      "ACME 1.0\t0029\txx10\tLO\t1\tCoil Name\r\n"
      "ACME 1.0\t0029\t11\tUS\t1-n\t-\n"
      "ACME 1.0\t002B\t1012\tSQ\t1\n"
      "ACME 2.0\t0029\tXX10\tDS\t2-2n\tCoil Place");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->size(), 4U);
  const auto coil = read->find("ACME 1.0 ", Tag(0x0029, 0x3310));
  ASSERT_TRUE(coil);
  EXPECT_EQ(coil->name, "Coil Name");
  EXPECT_EQ(coil->vr, Vr::LO);
  EXPECT_EQ(coil->vm, "1");
  EXPECT_EQ(read->find("ACME 1.0", Tag(0x0029, 0x1011))->name, "");
  EXPECT_EQ(read->find("ACME 1.0", Tag(0x002b, 0x1012))->vr, Vr::SQ);
  EXPECT_EQ(read->find("ACME 2.0", Tag(0x0029, 0x1010))->vr, Vr::DS);
  EXPECT_FALSE(read->find("ACME 3.0", Tag(0x0029, 0x1010)));
  EXPECT_FALSE(read->find("ACME 1.0", Tag(0x0029, 0x0010)));
  EXPECT_EQ(PrivateDictionary::parse("")->size(), 0U);
}

struct Wrong {
  std::string text;
  std::size_t line;
  std::string part;
};

TEST(PrivateDictionary, Names_the_line_and_what_is_wrong_with_it) {
  const std::vector<Wrong> rows{
      {"A\t0029\txx10\tLO\n", 1, "4 cells"},
      {"A\t0029\txx10\tLO\t1\tname\tmore\n", 1, "7 cells"},
      {"# x\n\nA\t0028\txx10\tLO\t1\tname\n", 3, "group \"0028\""},
      {"A\t0007\txx10\tLO\t1\tname\n", 1, "group \"0007\""},
      {"A\tFFFF\txx10\tLO\t1\tname\n", 1, "group \"FFFF\""},
      {"A\t29\txx10\tLO\t1\tname\n", 1, "group \"29\""},
      {"A\t0029\txx1\tLO\t1\tname\n", 1, "element \"xx1\""},
      {"A\t0029\txxgg\tLO\t1\tname\n", 1, "element \"xxgg\""},
      {"A\t0077\t0014\tLO\t1\tname\n", 1, "below 1000H"},
      {"A\t0029\txx10\tZZ\t1\tname\n", 1, "\"ZZ\" is no VR"},
      {"A\t0029\txx10\tLO\t0\tname\n", 1, "no VM"},
      {"A\t0029\txx10\tLO\t1-\tname\n", 1, "no VM"},
      {"A\t0029\txx10\tLO\tn\tname\n", 1, "no VM"},
      {"\t0029\txx10\tLO\t1\tname\n", 1, "creator"},
      {"A\t0029\txx10\tLO\t1\tname\nB\t0029\txx10\tLO\t1\tname\nA\t0029\t2010\tUS\t1\tother\n", 3,
       "(0029,xx10) of \"A\" stands in line 1 already"},
  };
  for (const auto& row : rows) {
    const auto read = PrivateDictionary::parse(row.text);
    ASSERT_FALSE(read) << row.text;
    EXPECT_EQ(read.error().front().line, row.line) << row.text;
    EXPECT_NE(read.error().front().message.find(row.part), std::string::npos) << read.error().front().message;
  }
}

// A vendor's published table with elements below 1000H and one element twice: both kinds of fault are listed.
TEST(PrivateDictionary, Lists_all_faults_of_a_table_in_the_order_of_lines) {
  const auto read = PrivateDictionary::parse(
      "ACME PIXEL\t0077\t0010\tLO\t1\tFirst\n"
      "ACME PIXEL\t0077\txx14\tLO\t1\tSecond\n"
      "ACME PIXEL\t0077\txx14\tUS\t1\tThird\n"
      "ACME PIXEL\t0077\t0022\tLO\t1\tFourth\n");
  ASSERT_FALSE(read);
  std::vector<std::size_t> lines;
  for (const auto& fault : read.error()) lines.push_back(fault.line);
  EXPECT_EQ(lines, (std::vector<std::size_t>{1, 3, 4}));
}

TEST(PrivateDictionary, Stops_listing_at_a_hundred_faults) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "rubbish\n";
  const auto read = PrivateDictionary::parse(text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().size(), 100U);
}

}  // namespace
}  // namespace assay::dict
