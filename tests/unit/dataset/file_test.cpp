// Whole files: what they are taken for, what is said of them, and that every byte comes back.
#include "tests/unit/dataset/file_support.hpp"

#include "harness/dataset/deflate.hpp"
#include "harness/dataset/part10_meta.hpp"

namespace assay::dataset {
namespace {

const std::vector<std::string_view>& syntaxes() {
  static const std::vector<std::string_view> all{uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian,
                                                 uids::ExplicitVRBigEndian, uids::DeflatedExplicitVRLittleEndian};
  return all;
}

DicomFile read(const Bytes& given, const FileOptions& options = {}) {
  const Bytes& bytes = kept(given);
  auto file = read_file(bytes, options);
  EXPECT_TRUE(file.has_value()) << (file ? "" : file.error().found);
  if (!file) return {};
  EXPECT_EQ(rewrite(*file), bytes);
  return std::move(*file);
}

TEST(File, A_right_one_is_read_without_a_word_in_every_syntax) {
  for (const auto syntax : syntaxes()) {
    const auto bytes = sample_file(syntax);
    const auto file = read(bytes);
    const bool retired = syntax == uids::ExplicitVRBigEndian;  // a note
    EXPECT_TRUE(clean(file.problems)) << listed(file.problems);
    EXPECT_EQ(file.problems.size(), retired ? 1U : 0U) << listed(file.problems);
    EXPECT_EQ(file.kind, FileKind::part10);
    EXPECT_EQ(file.guess, "");
    EXPECT_EQ(file.transfer_syntax_uid, syntax);
    EXPECT_EQ(file.encoding, encoding_of(syntax));
    EXPECT_TRUE(file.data_set.equal_in_value(sample()));
  }
}

TEST(File, What_is_changed_is_written_and_nothing_else) {
  for (const auto syntax : syntaxes()) {
    const auto bytes = sample_file(syntax);
    auto file = read(bytes);
    file.data_set.set_text(tags::PatientID, "P12345678");
    const auto changed = rewrite(file);
    const auto again = read(changed);
    EXPECT_EQ(again.data_set.text(tags::PatientID), "P12345678");
    EXPECT_TRUE(clean(again.problems)) << listed(again.problems);
    auto expected = sample();
    expected.set_text(tags::PatientID, "P12345678");
    EXPECT_TRUE(again.data_set.equal_in_value(expected));
    EXPECT_TRUE(
        std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(file.data_set_offset), changed.begin()));
  }
}

TEST(File, A_changed_group_2_is_counted_anew_on_request) {
  const auto bytes = sample_file();
  auto file = read(bytes);
  file.meta.set_text(tags::SourceApplicationEntityTitle, "STORER");
  update_group_length(file.meta);
  const auto again = read(rewrite(file));
  EXPECT_EQ(listed(again.problems), "");
  EXPECT_EQ(again.meta.text(tags::SourceApplicationEntityTitle), "STORER");
}

TEST(File, Bytes_behind_an_error_are_kept) {
  auto bytes = sample_file();
  for (const std::size_t cut : {bytes.size() - 1, bytes.size() - 10, bytes.size() - 20, bytes.size() - 60}) {
    const Bytes part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut));
    const auto file = read(part);
    EXPECT_TRUE(has_error(file.problems)) << cut;
  }
}

TEST(File, Every_truncation_is_read_or_named_and_comes_back) {
  for (const auto syntax : syntaxes()) {
    const auto bytes = sample_file(syntax);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto part = ByteView(bytes).first(size);
      const auto file = read_file(part);
      const bool right = file ? rewrite(*file) == to_bytes(part) : !file.error().found.empty();
      EXPECT_TRUE(right) << syntax << " cut to " << size;
    }
  }
}

TEST(File, Reading_can_stop_before_the_pixels_and_keeps_them) {
  const auto bytes = sample_file();
  FileOptions options;
  options.stop_before = tags::PixelData;
  const auto file = read(bytes, options);
  EXPECT_FALSE(file.data_set.has(tags::PixelData));
  EXPECT_TRUE(file.data_set.has(tags::Rows));
  // Pixels that are not all there do not matter then (the header is all that an index needs).
  const Bytes cut(bytes.begin(), bytes.end() - 7);
  EXPECT_TRUE(clean(read(cut, options).problems));
}

TEST(File, The_end_of_the_meta_information_is_where_another_group_begins) {
  // A Data Set that begins with another group than 0008, and a group length that is wrong or missing.
  DataSet data(explicit_le);
  for (const auto& [tag, vr] : {std::pair{Tag(0x0004, 0x1130), Vr::CS}, std::pair{Tag(0x0009, 0x0010), Vr::LO},
                                std::pair{Tag(0x0010, 0x0010), Vr::PN}, std::pair{Tag(0x0029, 0x0010), Vr::LO}}) {
    DataSet one(explicit_le);
    one.set_text(tag, vr, "ASSAY");
    auto bytes = labelled(uids::ExplicitVRLittleEndian, encode(one, explicit_le));
    EXPECT_TRUE(clean(read(bytes).problems)) << to_string(tag);
    for (const int wrong : {-2, 3, 100, -100}) {
      auto off = bytes;
      off[140] = static_cast<std::uint8_t>(off[140] + wrong);
      const auto file = read(off);
      ASSERT_NE(find_rule(file.problems, "ps3.10/7.1/group-length"), nullptr) << to_string(tag) << wrong;
      EXPECT_EQ(find_rule(file.problems, "ps3.10/7.1/group-length")->offset, 140U);
      EXPECT_TRUE(file.data_set.has(tag));
    }
  }
}

TEST(File, The_File_Meta_Information_is_built_with_everything_that_is_given) {
  auto meta = sample_meta(uids::DeflatedExplicitVRLittleEndian);
  meta.sending_ae_title = "SENDER";
  meta.receiving_ae_title = "RECEIVER";
  meta.private_information_creator_uid = "1.2.826.0.1.3680043.10.999.8";
  meta.private_information = hex("010203");
  const auto file = read(build_part10(meta, sample()));
  EXPECT_EQ(listed(file.problems), "");
  EXPECT_EQ(file.meta.text(tags::SendingApplicationEntityTitle), "SENDER");
  EXPECT_EQ(file.meta.text(tags::ReceivingApplicationEntityTitle), "RECEIVER");
  EXPECT_EQ(to_hex(file.meta.find(tags::PrivateInformation)->value), "01020300");
  EXPECT_TRUE(file.inflated);
}

// Data Set Trailing Padding and what else stands at the end (PS3.10 7.2).

TEST(File, Trailing_padding_is_right_and_nothing_may_follow_it) {
  for (const auto syntax : {uids::ExplicitVRLittleEndian, uids::ImplicitVRLittleEndian}) {
    auto data = sample();
    data.set_bytes(tags::DataSetTrailingPadding, Vr::OB, Bytes(20, 0xff));
    const auto padded = build_part10(sample_meta(syntax), data);
    EXPECT_TRUE(clean(read(padded).problems)) << listed(read(padded).problems);
    for (const std::string more : {"00", "08001800554900", "0000000000000000000000", "10001000504e0000"}) {
      auto bytes = padded;
      append(bytes, hex(more.size() % 2 == 0 ? more : more + "0"));
      const auto file = read(bytes);
      ASSERT_EQ(file.problems.size(), 1U) << more << listed(file.problems);
      EXPECT_EQ(file.problems[0].rule, "ps3.10/7.2/after-trailing-padding");
      EXPECT_EQ(file.problems[0].offset, padded.size());
    }
  }
}

TEST(File, Zeros_and_other_bytes_at_the_end_are_one_finding) {
  const auto right = sample_file();
  struct Case {
    Bytes more;
    std::string_view rule;
  };
  for (const auto& [more, rule] :
       {Case{Bytes(1, 0), "ps3.10/7.2/trailing-zeros"}, Case{Bytes(7, 0), "ps3.10/7.2/trailing-zeros"},
        Case{Bytes(8, 0), "ps3.10/7.2/trailing-zeros"}, Case{Bytes(4099, 0), "ps3.10/7.2/trailing-zeros"},
        Case{to_bytes("x"), "ps3.10/7.2/trailing-bytes"}, Case{to_bytes("\r\n"), "ps3.10/7.2/trailing-bytes"},
        Case{Bytes(100, 0xff), "ps3.10/7.2/trailing-bytes"}}) {
    auto bytes = right;
    append(bytes, more);
    const auto file = read(bytes);
    ASSERT_EQ(file.problems.size(), 1U) << listed(file.problems);
    EXPECT_EQ(file.problems[0].rule, rule);
    EXPECT_EQ(file.problems[0].offset, right.size());
    EXPECT_TRUE(file.data_set.has(tags::PixelData));
  }
}

TEST(File, A_deflated_Data_Set_stays_within_its_bound_and_comes_back) {
  auto data = sample();
  data.set_bytes(tags::PixelData, Vr::OW, Bytes(4U << 20, 0));
  const auto bytes = build_part10(sample_meta(uids::DeflatedExplicitVRLittleEndian), data);
  EXPECT_LT(bytes.size(), 10'000U);
  FileOptions options;
  options.max_inflated = 1U << 20;
  const auto file = read(bytes, options);
  ASSERT_NE(find_rule(file.problems, "limits/inflated"), nullptr);
  EXPECT_EQ(file.inflated->size(), options.max_inflated);
  EXPECT_TRUE(file.data_set.has(tags::PatientID));
}

TEST(File, A_damaged_deflated_stream_gives_what_came_before_it) {
  const auto whole = sample_file(uids::DeflatedExplicitVRLittleEndian);
  const Bytes cut(whole.begin(), whole.end() - 30);
  const auto file = read(cut);
  ASSERT_NE(find_rule(file.problems, "ps3.5/A.5/deflate-truncated"), nullptr) << listed(file.problems);
  EXPECT_TRUE(file.data_set.has(tags::SOPClassUID));
}

}  // namespace
}  // namespace assay::dataset
