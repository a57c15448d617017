// conformance/deidentification/profile.hpp: Table E.1-1 as data, and the options as words.
#include "conformance/deidentification/profile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "harness/dict/dict.hpp"

namespace assay::conformance::deidentification {
namespace {

TEST(DeidentificationTable, Has_the_621_rows_of_the_edition_each_once_and_all_known_to_the_dictionary) {
  const auto rows = protected_attributes();
  EXPECT_EQ(rows.size(), 621U);
  std::set<std::uint32_t> tags;
  std::size_t patterns = 0;
  for (const auto& row : rows) {
    EXPECT_TRUE(tags.insert(row.tag.packed()).second) << to_string(row.tag);
    if (row.mask != 0xFFFFFFFFU) {
      ++patterns;
    } else {
      EXPECT_NE(dict::find(row.tag), nullptr) << to_string(row.tag);
    }
  }
  EXPECT_EQ(patterns, 4U);
}

TEST(DeidentificationTable, Says_of_each_attribute_what_the_profile_does_to_it) {
  const std::pair<Tag, std::string_view> known[] = {
      {tags::PatientName, "Z"},
      {tags::PatientID, "Z/D"},
      {tags::PatientSex, "Z"},
      {tags::PatientAge, "X"},
      {tags::StudyDate, "Z"},
      {tags::SeriesDate, "X/D"},
      {tags::AcquisitionDate, "X/Z"},
      {tags::InstitutionName, "X/Z/D"},
      {tags::SOPInstanceUID, "U"},
      {tags::ReferencedSOPInstanceUID, "U"},
      {tags::SourceImageSequence, "X/Z/U*"},
      {tags::ContentSequence, "D"},
      {tags::ModifiedAttributesSequence, "X"},
      {tags::OriginalAttributesSequence, "X"},
      {tags::DataSetTrailingPadding, "X"},
      {tags::PersonName, "D"},
  };
  for (const auto& [tag, action] : known) {
    const auto* row = protection_of(tag);
    ASSERT_NE(row, nullptr) << to_string(tag);
    EXPECT_EQ(name(row->basic), action) << to_string(tag);
  }
  for (const Tag kept : {tags::Modality, tags::SOPClassUID, tags::Manufacturer, tags::PixelData, tags::SliceThickness,
                         tags::EncryptedAttributesSequence, tags::PatientIdentityRemoved})
    EXPECT_EQ(protection_of(kept), nullptr) << to_string(kept);
}

TEST(DeidentificationTable, Knows_groups_that_repeat_and_private_ones) {
  for (const Tag tag : {Tag(0x5000, 0x3000), Tag(0x501e, 0x0010), Tag(0x6000, 0x3000), Tag(0x601e, 0x4000),
                        Tag(0x0009, 0x0010), Tag(0x0029, 0x1010), Tag(0x6001, 0x3000), Tag(0x5001, 0x0010)}) {
    const auto* row = protection_of(tag);
    ASSERT_NE(row, nullptr) << to_string(tag);
    EXPECT_EQ(row->basic, Action::X) << to_string(tag);
    EXPECT_EQ(row->tag.packed() == 0x00010000U, tag.is_private()) << to_string(tag);
  }
  for (const Tag tag : {Tag(0x6000, 0x0010), Tag(0x4000, 0x0020), Tag(0x7fe0, 0x0010)})
    EXPECT_EQ(protection_of(tag), nullptr) << to_string(tag);
}

TEST(DeidentificationTable, Options_overrule_the_profile_where_they_have_a_code) {
  const auto with = [](std::string_view words) { return parse_options(words).value(); };
  const auto* date = protection_of(tags::StudyDate);
  EXPECT_FALSE(date->left(with("basic")));
  EXPECT_TRUE(date->kept(with("basic,retain-full-dates")));
  EXPECT_TRUE(date->cleaned(with("basic,retain-modified-dates")));
  EXPECT_FALSE(date->left(with("basic,retain-uids,retain-device")));
  EXPECT_TRUE(protection_of(tags::SOPInstanceUID)->kept(with("basic,retain-uids")));
  EXPECT_TRUE(protection_of(tags::StationName)->kept(with("basic,retain-device")));
  EXPECT_TRUE(protection_of(tags::InstitutionName)->kept(with("basic,retain-institution")));
  EXPECT_TRUE(protection_of(tags::PatientAge)->kept(with("basic,retain-patient-characteristics")));
  EXPECT_TRUE(protection_of(tags::StudyDescription)->cleaned(with("basic,clean-descriptors")));
  EXPECT_TRUE(protection_of(tags::ContentSequence)->cleaned(with("basic,clean-structured-content")));
  EXPECT_TRUE(protection_of(Tag(0x6000, 0x3000))->cleaned(with("basic,clean-graphics")));
  EXPECT_TRUE(protection_of(Tag(0x0029, 0x1010))->cleaned(with("basic,retain-safe-private")));
  EXPECT_FALSE(protection_of(tags::PatientName)
                   ->left(with("basic,retain-uids,retain-device,retain-institution,"
                               "retain-patient-characteristics,retain-full-dates")));
}

TEST(DeidentificationOptions, Each_has_its_code_and_clause) {
  std::set<std::string_view> codes;
  for (const auto& info : option_infos()) {
    EXPECT_TRUE(codes.insert(info.code).second) << info.name;
    EXPECT_TRUE(info.clause.starts_with("PS3.15 E.")) << info.name;
    EXPECT_EQ(option_named(info.name), &info);
    EXPECT_EQ(option_of_code(info.code), &info);
    EXPECT_EQ(&info_of(info.option), &info);
  }
  EXPECT_EQ(codes.size(), 13U);
  EXPECT_EQ(option_of_code("113100")->option, Option::basic);
  EXPECT_EQ(option_of_code("113112")->option, Option::retain_institution);
  EXPECT_EQ(option_of_code("113113"), nullptr);
}

TEST(DeidentificationOptions, Mistakes_are_told_in_one_sentence) {
  const std::pair<std::string_view, std::string_view> wrong[] = {
      {"", "is no confidentiality profile"},
      {"basic,", "is no confidentiality profile"},
      {"basic,retain-dates", "'retain-dates' is no"},
      {"retain-uids", "begin with 'basic,'"},
      {"basic,retain-full-dates,retain-modified-dates", "contradict each other"},
  };
  for (const auto& [words, message] : wrong) {
    const auto parsed = parse_options(words);
    ASSERT_FALSE(parsed) << words;
    EXPECT_NE(parsed.error().find(message), std::string::npos) << parsed.error();
  }
  EXPECT_TRUE(parse_options("retain-uids,basic"));
}

}  // namespace
}  // namespace assay::conformance::deidentification
