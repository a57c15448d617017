#include "harness/dict/dict.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "harness/version.hpp"

namespace assay {
namespace {

TEST(Tag, Prints_as_the_standard_does) {
  EXPECT_EQ(to_string(Tag(0x0008, 0x0018)), "(0008,0018)");
  EXPECT_EQ(to_string(Tag(0x7fe0, 0x00ab)), "(7FE0,00AB)");
}

TEST(Tag, Is_read_from_its_three_forms_and_nothing_else) {
  for (const std::string text : {"(0008,0018)", "0008,0018", "00080018"})
    EXPECT_EQ(tag_from(text), Tag(8, 0x18)) << text;
  EXPECT_EQ(tag_from("7fE00010"), Tag(0x7fe0, 0x10));
  for (const std::string text : {"", "8,18", "(0008,0018", "0008,0018)", "(00080018)", "0008 0018", "0008001g",
                                 "+0080018", "000800180", "-008,0018"})
    EXPECT_EQ(tag_from(text), std::nullopt) << text;
}

TEST(Tag, Orders_by_group_then_element) {
  EXPECT_LT(Tag(0x0008, 0xffff), Tag(0x0010, 0x0000));
  EXPECT_EQ(Tag(0x00100020U), Tag(0x0010, 0x0020));
  EXPECT_EQ(Tag(0x0010, 0x0020).packed(), 0x00100020U);
  EXPECT_EQ(Tag(0xfffe, 0xe0dd).packed(), 0xfffee0ddU);
  EXPECT_TRUE(Tag(9, 0).is_private());
  EXPECT_TRUE(Tag(8, 0).is_group_length());
}

// PS3.5 Table 6.2-1 and Tables 7.1-1, 7.1-2, written out by hand.
TEST(Vr, Knows_the_34_VRs_and_their_properties) {
  struct Row {
    std::string_view letters;
    bool long_length;
    bool text;
    int padding;
    int unit;
    int swap;
  };
  const std::vector<Row> rows{
      {"AE", false, true, ' ', 1, 1}, {"AS", false, true, ' ', 1, 1}, {"AT", false, false, 0, 4, 2},
      {"CS", false, true, ' ', 1, 1}, {"DA", false, true, ' ', 1, 1}, {"DS", false, true, ' ', 1, 1},
      {"DT", false, true, ' ', 1, 1}, {"FD", false, false, 0, 8, 8},  {"FL", false, false, 0, 4, 4},
      {"IS", false, true, ' ', 1, 1}, {"LO", false, true, ' ', 1, 1}, {"LT", false, true, ' ', 1, 1},
      {"OB", true, false, 0, 1, 1},   {"OD", true, false, 0, 8, 8},   {"OF", true, false, 0, 4, 4},
      {"OL", true, false, 0, 4, 4},   {"OV", true, false, 0, 8, 8},   {"OW", true, false, 0, 2, 2},
      {"PN", false, true, ' ', 1, 1}, {"SH", false, true, ' ', 1, 1}, {"SL", false, false, 0, 4, 4},
      {"SQ", true, false, 0, 1, 1},   {"SS", false, false, 0, 2, 2},  {"ST", false, true, ' ', 1, 1},
      {"SV", true, false, 0, 8, 8},   {"TM", false, true, ' ', 1, 1}, {"UC", true, true, ' ', 1, 1},
      {"UI", false, true, 0, 1, 1},   {"UL", false, false, 0, 4, 4},  {"UN", true, false, 0, 1, 1},
      {"UR", true, true, ' ', 1, 1},  {"US", false, false, 0, 2, 2},  {"UT", true, true, ' ', 1, 1},
      {"UV", true, false, 0, 8, 8},
  };
  EXPECT_EQ(rows.size(), 34U);
  for (const auto& row : rows) {
    const Vr vr = vr_from(row.letters);
    ASSERT_NE(vr, Vr::none) << row.letters;
    EXPECT_TRUE(is_known(vr));
    EXPECT_EQ(name(vr), row.letters);
    EXPECT_EQ(has_long_length(vr), row.long_length) << row.letters;
    EXPECT_EQ(is_text(vr), row.text) << row.letters;
    EXPECT_EQ(padding(vr), row.padding) << row.letters;
    EXPECT_EQ(unit_size(vr), row.unit) << row.letters;
    EXPECT_EQ(swap_size(vr), row.swap) << row.letters;
  }
  int known = 0;
  for (unsigned key = 0; key <= 0xffff; ++key) known += is_known(static_cast<Vr>(key)) ? 1 : 0;
  EXPECT_EQ(known, 34);
}

TEST(Vr, Refuses_letters_that_are_none) {
  for (const std::string_view text : {"", "U", "USS", "XX", "us", "U ", "[A", "AZ"}) EXPECT_EQ(vr_from(text), Vr::none);
  EXPECT_EQ(name(Vr::none), "--");
  EXPECT_EQ(name(static_cast<Vr>('X' << 8 | 'X')), "--");
}

TEST(Dict, Finds_standard_elements_with_what_PS3_6_says) {
  const auto* entry = dict::find(Tag(0x0008, 0x0018));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->keyword, "SOPInstanceUID");
  EXPECT_EQ(entry->name, "SOP Instance UID");
  EXPECT_EQ(entry->vr, Vr::UI);
  EXPECT_EQ(entry->vm, "1");
  EXPECT_FALSE(entry->retired);
  EXPECT_EQ(dict::find(tags::MessageID)->vr, Vr::US);
  EXPECT_EQ(dict::find(tags::OtherPatientIDs)->vm, "1-n");
  EXPECT_TRUE(dict::find(tags::RecognitionCode)->retired);
  EXPECT_EQ(dict::quick_vr(tags::PatientName), Vr::PN);
  EXPECT_EQ(dict::quick_vr(tags::SmallestImagePixelValue), Vr::none) << "US or SS: not decided so quickly";
}

TEST(Dict, Knows_no_private_and_no_made_up_tags) {
  for (const Tag tag : {Tag(0x0009, 0x0010), Tag(0x0008, 0x0019 + 0x4000), Tag(0x0011, 0x1001), Tag(0x5021, 0x0010)})
    EXPECT_EQ(dict::find(tag), nullptr) << to_string(tag);
  EXPECT_EQ(dict::quick_vr(Tag(0x0009, 0x0010)), Vr::none);
  EXPECT_EQ(dict::keyword(Tag(0x0009, 0x0010)), "");
}

struct NamedTag {
  const char* keyword;
  unsigned short group;
  unsigned short element;
};

// Data and a loop: thousands of assertions in one function take a sanitizing compiler all the memory there is.
constexpr NamedTag named_tags[] = {
#define ASSAY_TAG(word, group, number) {#word, group, number},
#include "harness/dict/generated_tags.inc"
#undef ASSAY_TAG
};

TEST(Dict, Every_keyword_leads_to_its_tag_and_back) {
  for (const auto& named : named_tags) {
    const Tag tag(named.group, named.element);
    EXPECT_EQ(dict::tag_of(named.keyword), tag) << named.keyword;
    EXPECT_EQ(dict::keyword(tag), named.keyword) << named.keyword;
    EXPECT_EQ(dict::find_keyword(named.keyword), dict::find(tag)) << named.keyword;
  }
  EXPECT_GT(std::size(named_tags), 5200U);
  EXPECT_EQ(dict::find_keyword("NoSuchKeyword"), nullptr);
  EXPECT_EQ(dict::find_keyword(""), nullptr);
  EXPECT_EQ(dict::tag_of("(0010,0010)"), tags::PatientName);
  EXPECT_EQ(dict::tag_of("patientname"), std::nullopt);
}

TEST(Dict, Finds_repeating_groups_by_their_pattern) {
  EXPECT_EQ(dict::keyword(Tag(0x6000, 0x3000)), "OverlayData");
  EXPECT_EQ(dict::keyword(Tag(0x601e, 0x0010)), "OverlayRows");
  EXPECT_EQ(dict::keyword(Tag(0x6020, 0x0010)), "");  // PS3.5 7.6: 6000 to 601E
  EXPECT_EQ(dict::keyword(Tag(0x6001, 0x0010)), "");
  EXPECT_EQ(dict::keyword(Tag(0x5004, 0x3000)), "CurveData");
  EXPECT_EQ(dict::keyword(Tag(0x0020, 0x3107)), "SourceImageIDs");
  EXPECT_EQ(dict::keyword(Tag(0x7fe0, 0x0010)), "PixelData");
  EXPECT_EQ(dict::keyword(Tag(0x7f02, 0x0010)), "VariablePixelData");
  EXPECT_EQ(dict::find(Tag(0x601e, 0x0010))->tag, Tag(0x6000, 0x0010));
}

TEST(Dict, Leads_from_every_tag_of_a_repeating_group_to_its_pattern) {
  // Every even group that repeats, every element that PS3.6 has there, and elements beside them.
  for (unsigned group = 0x6000; group <= 0x60ff; ++group) {
    const bool repeats = group % 2 == 0 && group <= 0x601e;
    const auto tag = [&](unsigned element) {
      return Tag(static_cast<std::uint16_t>(group), static_cast<std::uint16_t>(element));
    };
    EXPECT_EQ(dict::keyword(tag(0x0010)), repeats ? "OverlayRows" : "") << group;
    EXPECT_EQ(dict::keyword(tag(0x4000)), repeats ? "OverlayComments" : "") << group;
    EXPECT_EQ(dict::find(tag(0x7777)), nullptr) << group;
  }
  EXPECT_EQ(dict::keyword(Tag(0x0028, 0x0412)), "CoefficientCoding");
  EXPECT_EQ(dict::keyword(Tag(0x0028, 0x08a0)), "CodeLabel");
  EXPECT_EQ(dict::find(Tag(0x0028, 0x04f7)), nullptr);
  EXPECT_EQ(dict::keyword(Tag(0x1000, 0x0124)), "ShiftTableSize");
  EXPECT_EQ(dict::keyword(Tag(0x1010, 0x0123)), "ZonalMap");
  EXPECT_EQ(dict::find(Tag(0x0018, 0x4567)), nullptr);
}

TEST(Dict, Finds_elements_by_name_however_it_is_written) {
  for (const std::string name : {"Patient's Name", "patient's name", "Patients Name", "PATIENTSNAME", "PatientName",
                                 "patient name", " Patient\xe2\x80\x99s  Name "}) {
    const auto* entry = dict::find_name(name);
    ASSERT_NE(entry, nullptr) << name;
    EXPECT_EQ(entry->tag, tags::PatientName) << name;
  }
  EXPECT_EQ(dict::find_name("pixel data")->tag, tags::PixelData);
  EXPECT_EQ(dict::find_name("Overlay Rows")->keyword, "OverlayRows");
  for (const std::string name : {"", " ", "'", "Patient's Names", "Patient", "zzz", "\xff"})
    EXPECT_EQ(dict::find_name(name), nullptr) << name;
  std::size_t wrong = 0;
  for (const auto& named : named_tags) {
    const auto* entry = dict::find(Tag(named.group, named.element));
    const auto* found = dict::find_name(entry->name);
    // Two elements may have one name; then the one in force is found.
    if (found != entry && (found == nullptr || found->name != entry->name || (found->retired && !entry->retired)))
      ++wrong;
  }
  EXPECT_EQ(wrong, 0U);
}

TEST(Dict, Has_all_rows_of_its_table_and_the_groups_of_the_other_parts) {
  std::ifstream table(std::filesystem::path(ASSAY_SOURCE_DIR) / "harness/dict/tables/data-elements.tsv");
  std::size_t elements = 0;
  std::map<std::string, int> groups;
  std::size_t missing = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.empty() || line[0] == '#' || line.starts_with("tag\t")) continue;
    ++elements;
    ++groups[line.substr(0, 4)];
    auto text = line.substr(0, 8);
    if (text.find('x') != std::string::npos) continue;
    const auto tag = tag_from(text);
    if (!tag || dict::find(*tag) == nullptr || dict::find(*tag)->tag != *tag) ++missing;
  }
  EXPECT_EQ(missing, 0U);
  EXPECT_GE(elements, 5277U);
  EXPECT_EQ(groups["0000"], 46);  // PS3.7 E.1 (25) and E.2, retired (21)
  EXPECT_EQ(groups["0002"], 22);  // PS3.6 7
  EXPECT_EQ(groups["0004"], 19);  // PS3.6 8
  for (const Tag tag :
       {tags::MessageIDBeingRespondedTo, tags::MoveOriginatorMessageID, tags::AttributeIdentifierList,
        tags::TransferSyntaxUID, tags::PrivateInformation, tags::FileSetID, tags::ReferencedTransferSyntaxUIDInFile})
    EXPECT_FALSE(dict::find(tag)->retired) << to_string(tag);
}

TEST(Dict, Gives_the_VR_for_reading_implicit_VR) {
  EXPECT_EQ(dict::implicit_vr(tags::PatientName), Vr::PN);
  EXPECT_EQ(dict::implicit_vr(tags::PixelData), Vr::OW);  // PS3.5 A.1
  EXPECT_EQ(dict::implicit_vr(Tag(0x6002, 0x3000)), Vr::OW);
  EXPECT_EQ(dict::implicit_vr(tags::LUTData), Vr::OW);
  EXPECT_EQ(dict::implicit_vr(tags::SmallestImagePixelValue), Vr::US);
  EXPECT_EQ(dict::implicit_vr(Tag(0x0008, 0x0000)), Vr::UL);
  EXPECT_EQ(dict::implicit_vr(Tag(0x0009, 0x0000)), Vr::UL);
  EXPECT_EQ(dict::implicit_vr(Tag(0x0009, 0x0010)), Vr::LO);
  EXPECT_EQ(dict::implicit_vr(Tag(0x0009, 0x1010)), Vr::UN);
  EXPECT_EQ(dict::implicit_vr(Tag(0x0008, 0x4019)), Vr::UN);
}

TEST(Dict, Allows_each_VR_of_an_element_with_several) {
  const auto* several = dict::find(tags::GrayLookupTableData);
  EXPECT_TRUE(several->allows(Vr::US) && several->allows(Vr::SS) && several->allows(Vr::OW));
  EXPECT_FALSE(several->allows(Vr::OB));
  EXPECT_FALSE(dict::find(tags::PatientName)->allows(Vr::LO));
  EXPECT_FALSE(dict::find(tags::PatientName)->allows(Vr::none));
}

TEST(Uid, Is_found_by_value_and_by_keyword) {
  const auto* verification = dict::find_uid("1.2.840.10008.1.1");
  ASSERT_NE(verification, nullptr);
  EXPECT_EQ(verification->keyword, "Verification");
  EXPECT_EQ(verification->kind, dict::UidKind::sop_class);
  EXPECT_EQ(dict::find_uid(std::string_view("1.2.840.10008.1.1\0", 18)), verification);
  EXPECT_EQ(dict::find_uid_keyword("Verification"), verification);
  EXPECT_EQ(dict::find_uid("1.2.840.10008.3.1.1.1")->kind, dict::UidKind::application_context);
  EXPECT_EQ(dict::find_uid(uids::ExplicitVRBigEndian)->kind, dict::UidKind::transfer_syntax);
  EXPECT_TRUE(dict::find_uid(uids::ExplicitVRBigEndian)->retired);
  EXPECT_EQ(dict::find_uid("1.2.3"), nullptr);
  EXPECT_EQ(dict::find_uid(""), nullptr);
  EXPECT_EQ(dict::find_uid_keyword("NoSuchKeyword"), nullptr);
  EXPECT_EQ(dict::find_uid_keyword(""), nullptr);
}

// What books get wrong: names of the compressed syntaxes, syntaxes that are retired or newer, NM beside US.
TEST(Uid, Registry_has_the_syntaxes_and_classes_as_PS3_6_names_them) {
  struct Row {
    std::string_view uid;
    std::string_view keyword;
    bool retired;
  };
  const std::vector<Row> rows{
      {"1.2.840.10008.1.2.2", "ExplicitVRBigEndian", true},
      {"1.2.840.10008.1.2.6.1", "RFC2557MIMEEncapsulation", true},
      {"1.2.840.10008.1.2.6.2", "XMLEncoding", true},
      {"1.2.840.10008.1.2.1.98", "EncapsulatedUncompressedExplicitVRLittleEndian", false},
      {"1.2.840.10008.1.2.4.50", "JPEGBaseline8Bit", false},
      {"1.2.840.10008.1.2.4.51", "JPEGExtended12Bit", false},
      {"1.2.840.10008.1.2.4.57", "JPEGLossless", false},
      {"1.2.840.10008.1.2.4.70", "JPEGLosslessSV1", false},
      {"1.2.840.10008.1.2.4.91", "JPEG2000", false},
      {"1.2.840.10008.1.2.4.100", "MPEG2MPML", false},
      {"1.2.840.10008.1.2.4.101", "MPEG2MPHL", false},
      {"1.2.840.10008.1.2.4.110", "JPEGXLLossless", false},
      {"1.2.840.10008.1.2.4.111", "JPEGXLJPEGRecompression", false},
      {"1.2.840.10008.1.2.4.112", "JPEGXL", false},
      {"1.2.840.10008.1.2.4.201", "HTJ2KLossless", false},
      {"1.2.840.10008.1.2.4.203", "HTJ2K", false},
      {"1.2.840.10008.1.2.5", "RLELossless", false},
      {"1.2.840.10008.1.2.7.1", "SMPTEST211020UncompressedProgressiveActiveVideo", false},
      {"1.2.840.10008.1.2.7.3", "SMPTEST211030PCMDigitalAudio", false},
      {"1.2.840.10008.1.2.8.1", "DeflatedImageFrameCompression", false},
      {"1.2.840.10008.5.1.4.1.1.20", "NuclearMedicineImageStorage", false},
      {"1.2.840.10008.5.1.4.1.1.6.1", "UltrasoundImageStorage", false},
      {"1.2.840.10008.5.1.4.1.1.5", "NuclearMedicineImageStorageRetired", true},
      {"1.2.840.10008.5.1.4.1.1.1", "ComputedRadiographyImageStorage", false},
      {"1.2.840.10008.5.1.4.1.1.2", "CTImageStorage", false},
      {"1.2.840.10008.5.1.4.39.1", "ColorPaletteStorage", false},
      {"1.2.840.10008.5.1.4.39.2", "ColorPaletteQueryRetrieveInformationModelFind", false},
      {"1.2.840.10008.5.1.4.39.3", "ColorPaletteQueryRetrieveInformationModelMove", false},
      {"1.2.840.10008.5.1.4.39.4", "ColorPaletteQueryRetrieveInformationModelGet", false},
  };
  for (const auto& row : rows) {
    const auto* entry = dict::find_uid(row.uid);
    ASSERT_NE(entry, nullptr) << row.uid;
    EXPECT_EQ(entry->keyword, row.keyword);
    EXPECT_EQ(entry->retired, row.retired) << row.uid;
  }
}

TEST(Dictionary, Group_0006_is_known) {  // found by holding DCMTK's reading of implicit VR against ours
  const auto* entry = dict::find(Tag{0x0006, 0x0001});
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->keyword, "CurrentFrameFunctionalGroupsSequence");
  EXPECT_EQ(dict::implicit_vr(entry->tag), Vr::SQ);
  EXPECT_FALSE(entry->retired);
}

TEST(Uid, Constants_are_those_of_the_registry) {
  EXPECT_EQ(dict::find_uid_keyword("CTImageStorage")->uid, uids::CTImageStorage);
  EXPECT_EQ(dict::find_uid_keyword("MRImageStorage")->uid, uids::MRImageStorage);
  EXPECT_EQ(dict::find_uid_keyword("SecondaryCaptureImageStorage")->uid, uids::SecondaryCaptureImageStorage);
  EXPECT_EQ(dict::find_uid_keyword("ImplicitVRLittleEndian")->uid, uids::ImplicitVRLittleEndian);
  EXPECT_EQ(dict::find_uid_keyword("ExplicitVRLittleEndian")->uid, uids::ExplicitVRLittleEndian);
  EXPECT_EQ(dict::find_uid_keyword("DeflatedExplicitVRLittleEndian")->uid, uids::DeflatedExplicitVRLittleEndian);
  EXPECT_EQ(dict::find_uid_keyword("StudyRootQueryRetrieveInformationModelFind")->uid,
            uids::StudyRootQueryRetrieveInformationModelFind);
  EXPECT_EQ(dict::find_uid_keyword("StudyRootQueryRetrieveInformationModelMove")->uid,
            uids::StudyRootQueryRetrieveInformationModelMove);
  EXPECT_EQ(dict::find_uid_keyword("PatientRootQueryRetrieveInformationModelFind")->uid,
            uids::PatientRootQueryRetrieveInformationModelFind);
}

TEST(Uid, Text_or_keyword_becomes_a_UID) {
  EXPECT_EQ(dict::uid_of("Verification"), uids::Verification);
  EXPECT_EQ(dict::uid_of("1.2.3.4"), "1.2.3.4");
  EXPECT_EQ(dict::uid_of("NoSuchKeyword"), "");
  EXPECT_EQ(dict::uid_of(""), "");
  EXPECT_EQ(dict::uid_of("1.2.x"), "");
}

TEST(Uid, Name_carries_the_UID) {
  EXPECT_EQ(dict::uid_name("1.2.840.10008.1.1"), "Verification SOP Class (1.2.840.10008.1.1)");
  EXPECT_EQ(dict::uid_name("1.2.3"), "1.2.3");
}

}  // namespace
}  // namespace assay
