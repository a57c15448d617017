#include "harness/dataset/part10.hpp"

#include <algorithm>

#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

// Preamble, prefix and a File Meta Information written by hand; `length` is what its group length says.
Bytes file_with(const std::string& length, const std::string& more = "") {
  Bytes file(128, 0);
  append(file, "DICM");
  append(file, hex("02000000 554c 0400 " + length + R"(
    02000100 4f42 0000 02000000 0001
    02000200 5549 0200 3100
    02000300 5549 0200 3200
    02001000 5549 1400 312e322e3834302e31303030382e312e322e3100
    02001200 5549 0200 3300
  )"));
  append(file, hex(more));
  return file;
}

const std::string true_length = "48000000";  // 14 + 10 + 10 + 28 + 10 = 72

bool has(const Problems& problems, std::string_view rule) {
  return std::any_of(problems.begin(), problems.end(), [&](const Problem& p) { return p.rule == rule; });
}

TEST(Part10, Is_taken_apart) {
  const Bytes file = file_with(true_length, "08006000 4353 0200 4d52");
  const auto parsed = parse_part10(file);
  EXPECT_EQ(listed(parsed.problems), "");
  EXPECT_EQ(parsed.transfer_syntax_uid, uids::ExplicitVRLittleEndian);
  EXPECT_EQ(parsed.encoding(), explicit_le);
  EXPECT_EQ(parsed.meta.text(tags::MediaStorageSOPClassUID), "1");
  EXPECT_EQ(parsed.data_set_offset, 132U + 12U + 72U);
  EXPECT_EQ(to_hex(parsed.data_set), "08006000435302004d52");
}

TEST(Part10, A_wrong_group_length_is_named_and_the_meta_information_still_found) {
  for (const std::string length : {"47000000", "49000000", "00000000", "52000000", "ffffffff", "3e000000"}) {
    const Bytes file = file_with(length, "08006000 4353 0200 4d52");
    const auto parsed = parse_part10(file);
    ASSERT_EQ(parsed.problems.size(), 1U) << length << "\n" << listed(parsed.problems);
    EXPECT_EQ(parsed.problems[0].rule, "ps3.10/7.1/group-length");
    EXPECT_EQ(parsed.problems[0].offset, 140U);
    EXPECT_EQ(to_hex(parsed.data_set), "08006000435302004d52");
  }
}

TEST(Part10, The_group_length_ends_the_meta_information_before_deflated_bytes) {
  const Bytes file = file_with(true_length, "0000 ffff 0102 0304 0506");
  const auto parsed = parse_part10(file);
  EXPECT_EQ(listed(parsed.problems), "");
  EXPECT_EQ(to_hex(parsed.data_set), "0000ffff010203040506");
}

TEST(Part10, What_is_no_DICOM_file_is_an_error) {
  for (const std::size_t size : {0U, 100U, 131U, 132U, 500U}) {
    const Bytes file(size, 'x');
    const auto parsed = parse_part10(file);
    ASSERT_EQ(parsed.problems.size(), 1U);
    EXPECT_EQ(parsed.problems[0].rule, "ps3.10/7.1/prefix");
    EXPECT_EQ(parsed.problems[0].gravity, Gravity::error);
    EXPECT_EQ(parsed.problems[0].offset, 128U);
    EXPECT_TRUE(parsed.data_set.empty());
  }
}

TEST(Part10, Missing_and_empty_elements_are_named) {
  Bytes file(128, 0);
  append(file, "DICM");
  append(file, hex("02000000 554c 0400 16000000 02000100 4f42 0000 02000000 0001 02001000 5549 0000"));
  const auto parsed = parse_part10(file);
  EXPECT_EQ(parsed.problems.size(), 4U) << listed(parsed.problems);
  EXPECT_TRUE(has(parsed.problems, "ps3.10/7.1/required-element"));
  EXPECT_EQ(parsed.problems[0].field, "(0002,0002)");
  EXPECT_EQ(parsed.problems[2].field, "(0002,0010)");
  EXPECT_EQ(parsed.problems[2].offset, 158U);
  EXPECT_EQ(parsed.transfer_syntax_uid, "");
}

TEST(Part10, Another_version_is_named) {
  Bytes file = file_with(true_length);
  EXPECT_EQ(listed(parse_part10(file).problems), "");
  file[132 + 12 + 13] = 2;
  EXPECT_TRUE(has(parse_part10(file).problems, "ps3.10/7.1/version"));
}

TEST(Part10, A_cut_file_is_an_error_with_its_offset) {
  const Bytes file = file_with(true_length);
  const auto parsed = parse_part10(ByteView(file).first(160));
  ASSERT_TRUE(has_error(parsed.problems));
  EXPECT_EQ(parsed.problems[0].offset, 158U);
}

TEST(Part10, What_is_built_is_read_back) {
  DataSet data_set(implicit_le);
  data_set.set_text(tags::PatientName, "Doe^Jane");
  data_set.set_u16(tags::Rows, 512);
  for (const auto syntax : {uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian, uids::ExplicitVRBigEndian}) {
    const FileMeta meta{.sop_class_uid = std::string(uids::SecondaryCaptureImageStorage),
                        .sop_instance_uid = "1.2.3",
                        .transfer_syntax_uid = std::string(syntax),
                        .implementation_class_uid = "1.2.3.4",
                        .implementation_version_name = "ASSAY",
                        .source_ae_title = "STORER"};
    const Bytes file = build_part10(meta, data_set);
    const auto parsed = parse_part10(file);
    EXPECT_EQ(listed(parsed.problems), "");
    EXPECT_EQ(parsed.transfer_syntax_uid, syntax);
    EXPECT_EQ(parsed.meta.text(tags::MediaStorageSOPInstanceUID), "1.2.3");
    EXPECT_EQ(parsed.meta.text(tags::ImplementationVersionName), "ASSAY");
    EXPECT_EQ(parsed.meta.text(tags::SourceApplicationEntityTitle), "STORER");
    const auto decoded = decode(parsed.data_set, parsed.encoding());
    EXPECT_TRUE(decoded.data_set.equal_in_value(data_set));
  }
}

}  // namespace
}  // namespace assay::dataset
