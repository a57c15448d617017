// Each rule about values and elements: broken input reported at its byte, its correct twin silent.
#include "tests/unit/dataset/check_support.hpp"

#include "harness/dataset/part10.hpp"

namespace assay::dataset {
namespace {

constexpr auto deviation = Gravity::deviation;
constexpr auto note = Gravity::note;

Elements one(Tag tag, Vr vr, std::string value) { return {{tag, vr, std::move(value)}}; }

/// One element, broken and right.
CheckCase value(std::string name, Tag tag, Vr vr, std::string broken, std::string rule, std::size_t index,
                std::string correct, Gravity gravity = deviation) {
  return {std::move(name), one(tag, vr, std::move(broken)), std::move(rule), tag, index,
          gravity,         one(tag, vr, std::move(correct))};
}

const std::vector<CheckCase>& value_cases() {
  using namespace tags;
  const std::string v = "ps3.5/6.2/";
  static const std::vector<CheckCase> all{
      value("cs_lower_case", Modality, Vr::CS, "Mr", v + "code-string", 1, "MR"),
      value("cs_second_value", ImageType, Vr::CS, "ORIGINAL\\PRI-MARY", v + "code-string", 12, "ORIGINAL\\PRI_MARY"),
      value("cs_17", Modality, Vr::CS, std::string(17, 'A'), v + "value-length", 16, std::string(16, 'A')),
      value("cs_padding", Modality, Vr::CS, "MR" + std::string(16, ' '), v + "too-much-padding", 16,
            "MR" + std::string(14, ' ')),
      value("sh_17", AccessionNumber, Vr::SH, std::string(17, 'a'), v + "value-length", 16, std::string(16, 'a')),
      value("lo_65", PatientID, Vr::LO, std::string(65, 'a'), v + "value-length", 64, std::string(64, 'a')),
      value("st_1025", InstitutionAddress, Vr::ST, std::string(1025, 'a'), v + "value-length", 1024,
            std::string(1024, 'a')),
      value("lt_10241", PatientComments, Vr::LT, std::string(10241, 'a'), v + "value-length", 10240,
            std::string(10240, 'a')),
      value("lt_leading_blanks_count", PatientComments, Vr::LT, "  " + std::string(10239, 'a'), v + "value-length",
            10240, "  " + std::string(10238, 'a')),
      value("ae_17", RetrieveAETitle, Vr::AE, std::string(17, 'a'), v + "value-length", 16,
            "  " + std::string(14, 'a')),
      value("ae_blank", RetrieveAETitle, Vr::AE, "    ", v + "ae-blank", 0, ""),
      value("as_short", PatientAge, Vr::AS, "18Y", v + "age-historic", 0, "018Y"),
      value("as_small", PatientAge, Vr::AS, "018y", v + "age-historic", 0, "018M"),
      value("as_unit", PatientAge, Vr::AS, "018H", v + "age", 3, "018W"),
      value("as_no_unit", PatientAge, Vr::AS, "18", v + "age", 2, "000D"),
      value("da_month_13", StudyDate, Vr::DA, "20261305", v + "date", 4, "20261205"),
      value("da_leap_year", StudyDate, Vr::DA, "20260229", v + "date", 6, "20240229"),
      value("da_historic", StudyDate, Vr::DA, "1997.01.31", v + "date-historic", 0, "19970131"),
      value("da_range", StudyDate, Vr::DA, "20260101-20260102", v + "date", 8, "20260101"),
      value("tm_hour", StudyTime, Vr::TM, "240000", v + "time", 0, "235960"),
      value("tm_five_digits", StudyTime, Vr::TM, "13451", v + "time", 5, "1345"),
      value("tm_seven_digits", StudyTime, Vr::TM, "134510.1234567", v + "time", 13, "134510.123456"),
      value("tm_historic", StudyTime, Vr::TM, "13:45:10.123", v + "time-historic", 0, "134510.123"),
      value("dt_offset_of_three_digits", AcquisitionDateTime, Vr::DT, "20260101120000+010", v + "date-time", 14,
            "20260101120000+0100"),
      value("dt_offset_too_far", AcquisitionDateTime, Vr::DT, "20260101+1500", v + "date-time", 8, "20260101-1200"),
      value("dt_text", AcquisitionDateTime, Vr::DT, "2026-01-01T12:00", v + "date-time", 4, "2026"),
      value("is_exponent", SeriesNumber, Vr::IS, "1e3", v + "integer-string", 1, "-1234567"),
      value("is_two_signs", SeriesNumber, Vr::IS, "+-1", v + "integer-string", 1, "+1"),
      value("is_embedded_blank", SeriesNumber, Vr::IS, "1 2", v + "integer-string", 1, " 12"),
      value("is_range", SeriesNumber, Vr::IS, "2147483648", v + "integer-range", 0, "-2147483648"),
      value("is_13", SeriesNumber, Vr::IS, "0000000000123", v + "value-length", 12, "000000000123"),
      value("ds_exponent", SliceThickness, Vr::DS, "1e", v + "decimal-string", 2, "-5.0e3"),
      value("ds_comma", SliceThickness, Vr::DS, "1,5", v + "decimal-string", 1, "1.5"),
      value("ds_17", SliceThickness, Vr::DS, "1.234567890123456", v + "value-length", 16, "1.23456789012345"),
      value("ds_second_value", WindowCenter, Vr::DS, "1.5\\x", v + "decimal-string", 4, "1.5\\2"),
      value("ur_blank", RetrieveURL, Vr::UR, "http://a/b c", v + "uri", 10, "http://a/b%20c "),
      value("pn_six_components", PatientName, Vr::PN, "a^b^c^d^e^f", "ps3.5/6.2.1/name-components", 0, "a^b^c^d^e"),
      value("pn_four_groups", PatientName, Vr::PN, "a^b=c=d=e", "ps3.5/6.2.1/name-groups", 5, "a^b==d"),
      value("pn_group_of_65", PatientName, Vr::PN, "a^b=" + std::string(65, 'c'), v + "value-length", 4,
            std::string(62, 'a') + "^b=" + std::string(64, 'c')),
      value("pn_comma", PatientName, Vr::PN, "SMITH,JOE", "ps3.5/6.2.1/name-shape", 5, "SMITH^JOE", note),
      value("pn_blank", PatientName, Vr::PN, "Joe Smith", "ps3.5/6.2.1/name-shape", 3, "ABC Farms^Running on Water",
            note),
      value("lo_control", PatientID, Vr::LO, "a\nb", "ps3.5/6.1.3/control-character", 1, "a b"),
      value("lt_vertical_tab", PatientComments, Vr::LT, "a\vb", "ps3.5/6.1.3/control-character", 1, "a\r\n\tb\f"),
      value("undeclared", PatientID, Vr::LO, "M\xfcller", "ps3.5/6.1.2.3/undeclared-character", 1, "Mueller"),
      value("high_byte_in_cs", Modality, Vr::CS, "M\xdc", v + "repertoire", 1, "MU"),
      value("high_byte_in_da", StudyDate, Vr::DA, "2026010\xb2", v + "repertoire", 7, "20260102"),
      value("vm_too_many", Rows, Vr::US, us(1) + us(2), "ps3.6/6/vm", 2, us(1)),
      value("vm_too_few", PixelSpacing, Vr::DS, "1.5", "ps3.6/6/vm", 0, "1.5\\1.5"),
      value("vm_of_six", ImagePositionPatient, Vr::DS, "1\\2\\3\\4", "ps3.6/6/vm", 5, "1\\2\\3"),
      value("vm_of_pairs", ContourData, Vr::DS, "1\\2\\3\\4", "ps3.6/6/vm", 0, "1\\2\\3\\4\\5\\6"),
      value("backslash_in_lo", PatientID, Vr::LO, "C:\\data", "ps3.5/6.4/backslash-split", 2, "C:/data"),
      value("backslash_in_pn", PatientName, Vr::PN, "Dr\\Jekyll^x", "ps3.5/6.4/backslash-split", 2, "Dr Jekyll^x"),
      value("standard_root_instance", SOPInstanceUID, Vr::UI, "1.2.840.10008.99.1", "ps3.5/9.2.1/reserved-root", 0,
            "1.2.826.0.1.3680043.10.999.1"),
      value("unregistered", SOPClassUID, Vr::UI, "1.2.840.10008.5.1.4.1.1.9999", "ps3.5/9.2.1/unregistered-uid", 0,
            "1.2.840.10008.5.1.4.1.1.2"),
      value("size_in_centimetres", PatientSize, Vr::DS, "180", "ps3.3/C.7.2.2/implausible-unit", 0, "1.80", note),
      value("orientation_length", ImageOrientationPatient, Vr::DS, "1\\0\\0\\0\\2\\0", "ps3.3/C.7.6.2.1.1/orientation",
            6, "1\\0\\0\\0\\1\\0"),
      value("orientation_angle", ImageOrientationPatient, Vr::DS, "1\\0\\0\\0.6\\0.8\\0",
            "ps3.3/C.7.6.2.1.1/orientation", 0, "0.6\\0.8\\0\\-0.8\\0.6\\0"),
      value("spacing", PixelSpacing, Vr::DS, "0.5\\0", "ps3.3/10.7.1.3/pixel-spacing", 4, "0.5\\0.5"),
  };
  return all;
}

const std::vector<CheckCase>& element_cases() {
  using namespace tags;
  const Written creator{{0x0009, 0x0010}, Vr::LO, "ASSAY TEST"};
  const Written block{{0x0009, 0x1001}, Vr::LO, "x"};
  static const std::vector<CheckCase> all{
      {"no_creator", {block}, "ps3.5/7.8.1/no-creator", {0x0009, 0x1001}, at_tag, deviation, {creator, block}},
      {"creator_of_another_block",
       {{{0x0009, 0x0011}, Vr::LO, "ASSAY TEST"}, block},
       "ps3.5/7.8.1/no-creator",
       {0x0009, 0x1001},
       at_tag,
       deviation,
       {{{0x0009, 0x0011}, Vr::LO, "ASSAY TEST"}, {{0x0009, 0x1101}, Vr::LO, "x"}}},
      {"creator_empty",
       {{{0x0009, 0x0010}, Vr::LO, ""}, block},
       "ps3.5/7.8.1/creator-empty",
       {0x0009, 0x0010},
       at_tag,
       deviation,
       {creator, block}},
      {"creator_of_two_values",
       {{{0x0009, 0x0010}, Vr::LO, "A\\B"}, block},
       "ps3.5/7.8.1/creator-value",
       {0x0009, 0x0010},
       1,
       deviation,
       {creator, block}},
      {"creator_in_another_repertoire",
       {{SpecificCharacterSet, Vr::CS, "ISO_IR 100"}, {{0x0009, 0x0010}, Vr::LO, "M\xfcller"}, block},
       "ps3.5/7.8.1/creator-value",
       {0x0009, 0x0010},
       1,
       deviation,
       {{SpecificCharacterSet, Vr::CS, "ISO_IR 100"}, {{0x0009, 0x0010}, Vr::LO, "Mueller"}, block}},
      {"creator_twice",
       {creator, {{0x0009, 0x0011}, Vr::LO, "ASSAY TEST"}},
       "ps3.5/7.8.1/creator-twice",
       {0x0009, 0x0011},
       0,
       note,
       {creator, {{0x0009, 0x0011}, Vr::LO, "ANOTHER"}, {{0x000b, 0x0010}, Vr::LO, "ASSAY TEST"}}},
      {"private_element_0014_as_data",
       {{{0x0077, 0x0001}, Vr::LO, "x"}},
       "ps3.5/7.8.1/private-element-number",
       {0x0077, 0x0001},
       at_tag,
       deviation,
       {{{0x0077, 0x0010}, Vr::LO, "x"}}},
      {"private_element_0100",
       {creator, {{0x0009, 0x0fff}, Vr::LO, "x"}},
       "ps3.5/7.8.1/private-element-number",
       {0x0009, 0x0fff},
       at_tag,
       deviation,
       {creator, {{0x0009, 0x10ff}, Vr::LO, "x"}}},
      {"unknown_element",
       {{{0x0008, 0xfff0}, Vr::LO, "x"}},
       "ps3.6/6/unknown-element",
       {0x0008, 0xfff0},
       at_tag,
       note,
       {{Modality, Vr::CS, "MR"}}},
      {"retired",
       {{{0x0008, 0x0040}, Vr::US, us(0)}},
       "ps3.6/6/retired",
       {0x0008, 0x0040},
       at_tag,
       note,
       {{Modality, Vr::CS, "MR"}}},
      {"group_length_wrong",
       {{{0x0008, 0x0000}, Vr::UL, ul(12)}, {Modality, Vr::CS, "MR"}, {PatientID, Vr::LO, "1"}},
       "ps3.5/7.2/group-length-wrong",
       {0x0008, 0x0000},
       0,
       deviation,
       {{{0x0008, 0x0000}, Vr::UL, ul(10)}, {Modality, Vr::CS, "MR"}, {PatientID, Vr::LO, "1"}}},
      {"last_group_length_wrong",
       {{{0x0010, 0x0000}, Vr::UL, ul(0)}, {PatientID, Vr::LO, "1"}},
       "ps3.5/7.2/group-length-wrong",
       {0x0010, 0x0000},
       0,
       deviation,
       {{{0x0010, 0x0000}, Vr::UL, ul(10)}, {PatientID, Vr::LO, "1"}}},
      {"private_group_length_wrong",
       {{{0x0009, 0x0000}, Vr::UL, ul(1)}, creator},
       "ps3.5/7.2/group-length-wrong",
       {0x0009, 0x0000},
       0,
       deviation,
       {{{0x0009, 0x0000}, Vr::UL, ul(18)}, creator}},
      {"after_trailing_padding",
       {{DataSetTrailingPadding, Vr::OB, "00"}, {{0xfffd, 0x0010}, Vr::LO, "x"}},
       "ps3.10/7.2/after-padding",
       {0xfffd, 0x0010},
       at_tag,
       deviation,
       {{{0xfffb, 0x0010}, Vr::LO, "x"}, {DataSetTrailingPadding, Vr::OB, "00"}}},
      {"unknown_term",
       {{SpecificCharacterSet, Vr::CS, "UNHEARD OF"}},
       "ps3.3/C.12.1.1.2/unknown-term",
       SpecificCharacterSet,
       0,
       deviation,
       {{SpecificCharacterSet, Vr::CS, "ISO_IR 100"}}},
      {"undeclared_only_where_undeclared",
       {{PatientName, Vr::PN, "M\xfcller^A"}},
       "ps3.5/6.1.2.3/undeclared-character",
       PatientName,
       1,
       deviation,
       {{SpecificCharacterSet, Vr::CS, "ISO_IR 100"}, {PatientName, Vr::PN, "M\xfcller^A"}}},
      {"utf_8_is_counted_in_characters",
       {{SpecificCharacterSet, Vr::CS, "ISO_IR 192"},
        {AccessionNumber, Vr::SH, std::string(15, 'a') + "\xc3\xbc\xc3\xbc"}},
       "ps3.5/6.2/value-length",
       AccessionNumber,
       16,
       deviation,
       {{SpecificCharacterSet, Vr::CS, "ISO_IR 192"},
        {AccessionNumber, Vr::SH, std::string(14, 'a') + "\xc3\xbc\xc3\xbc"}}},
  };
  return all;
}

class Check : public testing::TestWithParam<CheckCase> {};

TEST_P(Check, Is_reported_at_its_byte_and_only_when_it_is_there) { expect_reported(GetParam(), explicit_le); }

const auto case_name = [](const auto& one_case) { return one_case.param.name; };
INSTANTIATE_TEST_SUITE_P(Values, Check, testing::ValuesIn(value_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Elements, Check, testing::ValuesIn(element_cases()), case_name);

TEST(CheckDataSet, A_retired_element_that_contradicts_its_successor_is_named) {
  const Elements agreeing{{tags::SliceLocation, Vr::DS, "-12.50"}};
  for (const bool conflict : {false, true}) {
    Elements elements{{tags::Location, Vr::DS, conflict ? "12.5" : "-12.5"}};
    elements.insert(elements.end(), agreeing.begin(), agreeing.end());
    const Bytes bytes = bytes_of(elements);
    CheckOptions options;
    options.notes = false;
    EXPECT_EQ(listed(check(decode(bytes, explicit_le).data_set, options)),
              conflict ? "ps3.6/6/retired-conflict @8 (0020,0050): '12.5' | what (0020,1041) says: '-12.50'\n" : "");
  }
}

TEST(CheckDataSet, Other_patient_ids_must_be_those_of_the_sequence) {
  for (const bool conflict : {false, true}) {
    DataSet item;
    item.set_text(tags::PatientID, "B");
    DataSet second;
    second.set_text(tags::PatientID, "A");
    DataSet data_set;
    data_set.set_text(tags::OtherPatientIDs, Vr::LO, conflict ? "A\\C" : "A\\B");
    data_set.set_sequence(tags::OtherPatientIDsSequence, {item, second});
    const auto problems = check(data_set);
    EXPECT_EQ(std::count_if(problems.begin(), problems.end(),
                            [](const Problem& problem) { return problem.rule == "ps3.6/6/retired-conflict"; }),
              conflict ? 1 : 0);
  }
}

TEST(CheckDataSet, Nested_elements_are_found_with_their_path_and_offset) {
  const Bytes bytes =
      hex("40000001 ffffffff feff00e0 ffffffff 08006000 02000000 6d72 feff0de0 00000000"
          "feff00e0 0a000000 08006000 02000000 4d5a feffdde0 00000000");
  const auto decoded = decode(bytes, implicit_le);
  EXPECT_EQ(listed(check(decoded.data_set)),
            "ps3.5/6.2/code-string @24 (0040,0100)[1]/(0008,0060): 6DH in 'mr' | capital letters, digits, blanks and "
            "underscores\n");
}

TEST(CheckDataSet, Private_blocks_belong_to_their_own_item) {
  // The creator outside reserves nothing inside.
  const Bytes bytes =
      hex("09001000 4c4f 0200 4142 40000001 5351 0000 12000000 feff00e0 0a000000 09000110 4c4f 0200 7820");
  EXPECT_EQ(listed(check(decode(bytes, explicit_le).data_set)).substr(0, 42),
            "ps3.5/7.8.1/no-creator @30 (0040,0100)[1]/");
}

TEST(CheckDataSet, A_creator_is_missed_once_for_its_block) {
  Elements elements;
  for (std::uint16_t i = 0x1001; i < 0x1010; ++i) elements.push_back({{0x0009, i}, Vr::LO, "x"});
  elements.push_back({{0x0009, 0x1101}, Vr::LO, "x"});
  const Bytes bytes = bytes_of(elements);
  EXPECT_EQ(check(decode(bytes, explicit_le).data_set).size(), 2U);
}

TEST(CheckDataSet, Queries_may_hold_ranges_wild_cards_and_lists) {
  const Bytes bytes = bytes_of({{tags::StudyDate, Vr::DA, "20260101-20260131"},
                                {tags::StudyTime, Vr::TM, "10-12"},
                                {tags::Modality, Vr::CS, "C?"},
                                {tags::PatientName, Vr::PN, "Smith, J*"},
                                {tags::StudyInstanceUID, Vr::UI, "1.2\\1.3"}});
  const auto data_set = decode(bytes, explicit_le).data_set;
  CheckOptions query;
  query.query = true;
  EXPECT_EQ(listed(check(data_set, query)), "");
  EXPECT_EQ(check(data_set).size(), 5U) << listed(check(data_set));
}

TEST(CheckDataSet, Old_spellings_in_ACR_NEMA_are_only_notes) {
  const Bytes bytes = bytes_of({{tags::StudyDate, Vr::DA, "1985.01.31"}, {tags::StudyTime, Vr::TM, "10:11:12"}});
  const auto data_set = decode(bytes, explicit_le).data_set;
  CheckOptions old;
  old.acr_nema = true;
  EXPECT_TRUE(clean(check(data_set, old)));
  EXPECT_EQ(check(data_set, old).size(), 2U);
  EXPECT_FALSE(clean(check(data_set)));
}

TEST(CheckDataSet, What_was_set_and_not_read_has_no_offset) {
  DataSet data_set;
  data_set.set_text(tags::StudyDate, Vr::DA, "20261301");
  EXPECT_EQ(listed(check(data_set)), "ps3.5/6.2/date @0 (0008,0020): 31H in '20261301' | a month from 01 to 12\n");
}

TEST(CheckDataSet, Problems_are_bounded_and_notes_leave_room) {
  Elements elements;
  for (std::uint16_t i = 0; i < 3000; ++i)
    elements.push_back({{0x0008, static_cast<std::uint16_t>(0xe000 + i)}, Vr::LO, "x"});
  for (std::uint16_t i = 0; i < 3000; ++i)
    elements.push_back({{0x000a, static_cast<std::uint16_t>(0xe000 + i)}, Vr::CS, "x"});
  const Bytes bytes = bytes_of(elements);
  std::size_t more = 0;
  const auto problems = check(decode(bytes, explicit_le).data_set, {}, &more);
  EXPECT_EQ(problems.size(), limits::max_problems);
  EXPECT_EQ(problems.size() + more, 9000U);
  EXPECT_FALSE(clean(problems));
}

TEST(CheckDataSet, A_whole_file_is_judged_with_its_meta_information) {
  FileMeta meta;
  meta.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
  meta.sop_instance_uid = "1.2.826.0.1.3680043.10.999.1";
  meta.implementation_class_uid = "1.2.826.0.1.3680043.10.999";
  meta.implementation_version_name = "ASSAY";
  DataSet data_set;
  data_set.set_text(tags::Modality, "CT");
  for (const bool is_private : {false, true}) {
    meta.transfer_syntax_uid = is_private ? "1.2.826.0.1.3680043.10.999.7" : "1.2.840.10008.1.2.1";
    const Bytes bytes = build_part10(meta, encode(data_set, explicit_le));
    const auto file = read_file(bytes);
    ASSERT_TRUE(file);
    const auto problems = check(*file);
    EXPECT_EQ(problems.size(), is_private ? 1U : 0U) << listed(problems);
    if (is_private) {
      EXPECT_EQ(problems[0].rule, "ps3.5/10/private-transfer-syntax");
      EXPECT_EQ(as_text(ByteView(bytes).subspan(static_cast<std::size_t>(problems[0].offset), 9)), "1.2.826.0");
    }
  }
  meta.transfer_syntax_uid = "1.2.840.10008.1.2.2";
  const Bytes retired = build_part10(meta, data_set);
  const auto file = read_file(retired);
  ASSERT_TRUE(file);
  EXPECT_EQ(check(*file).size(), 1U);
  EXPECT_EQ(check(*file).at(0).rule, "ps3.5/10/retired-transfer-syntax");
  EXPECT_TRUE(clean(check(*file)));
}

TEST(CheckDataSet, Deep_nesting_is_walked_without_recursion) {
  Bytes bytes;
  constexpr int depth = 60;
  for (int i = 0; i < depth; ++i) append(bytes, hex("40000001 ffffffff feff00e0 ffffffff"));
  append(bytes, hex("08006000 02000000 6d72"));
  for (int i = 0; i < depth; ++i) append(bytes, hex("feff0de0 00000000 feffdde0 00000000"));
  const auto decoded = decode(bytes, implicit_le);
  const auto problems = check(decoded.data_set);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_LT(problems[0].field.size(), 200U);
  EXPECT_EQ(problems[0].offset, 16U * depth + 8U);
}

}  // namespace
}  // namespace assay::dataset
