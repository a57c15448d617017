// Files that are not what they should be or say: each is named, read as what it is, and its right twin is silent.
#include "tests/unit/dataset/file_support.hpp"

#include "harness/dataset/deflate.hpp"
#include "harness/dataset/guess.hpp"

namespace assay::dataset {
namespace {

constexpr Encoding implicit_be{false, Endian::big, false, false};

struct Form {
  std::string_view uid;
  Encoding encoding;
};

const std::vector<Form>& forms() {
  static const std::vector<Form> all{{uids::ImplicitVRLittleEndian, implicit_le},
                                     {uids::ExplicitVRLittleEndian, explicit_le},
                                     {uids::ExplicitVRBigEndian, explicit_be},
                                     {uids::DeflatedExplicitVRLittleEndian, {true, Endian::little, true, false}}};
  return all;
}

Bytes encoded(const DataSet& data, Encoding encoding) {
  const auto plain = encode(data, encoding);
  return encoding.deflated ? deflate(plain) : plain;
}

TEST(Guess, Every_label_with_every_encoding_is_read_right_and_named_once) {
  for (const auto& declared : forms()) {
    for (const auto& real : forms()) {
      const auto bytes = labelled(declared.uid, encoded(sample(), real.encoding));
      const auto file = read_file(bytes);
      ASSERT_TRUE(file.has_value());
      const auto* found = find_rule(file->problems, "ps3.10/7.1/transfer-syntax-mismatch");
      const std::string which = std::string(declared.uid) + " holding " + std::string(real.uid);
      EXPECT_EQ(found != nullptr, declared.uid != real.uid) << which << listed(file->problems);
      EXPECT_EQ(file->guess.empty(), declared.uid == real.uid) << which;
      EXPECT_EQ(file->encoding, real.encoding) << which;
      EXPECT_TRUE(file->data_set.equal_in_value(sample())) << which;
      EXPECT_EQ(rewrite(*file), bytes) << which;
      if (found != nullptr) {
        EXPECT_EQ(found->offset, file->data_set_offset);
        EXPECT_EQ(found->field, "(0002,0010)");
        EXPECT_FALSE(has_error(file->problems)) << which << listed(file->problems);
      }
    }
  }
}

TEST(Guess, Can_be_switched_off_and_overruled) {
  const auto bytes = labelled(uids::ImplicitVRLittleEndian, encoded(sample(), explicit_le));
  FileOptions options;
  options.guess = false;
  const auto believed = read_file(bytes, options);
  ASSERT_TRUE(believed.has_value());
  EXPECT_TRUE(has_error(believed->problems));
  EXPECT_EQ(rewrite(*believed), bytes);
  options.as = explicit_le;
  const auto told = read_file(bytes, options);
  ASSERT_TRUE(told.has_value());
  EXPECT_TRUE(told->data_set.equal_in_value(sample()));
}

TEST(Guess, Without_a_Transfer_Syntax_and_without_a_known_tag_what_can_be_read_is_believed) {
  DataSet unknown(explicit_le);
  unknown.set_text(Tag(0x0019, 0x0010), Vr::LO, "ASSAY");
  unknown.set_bytes(Tag(0x0019, 0x1001), Vr::UN, Bytes{1, 2, 3, 4});
  unknown.set_bytes(Tag(0x0019, 0x1002), Vr::UN, Bytes{5, 6});
  for (const auto encoding : {implicit_le, explicit_le, explicit_be}) {
    const auto bytes = labelled("", encode(unknown, encoding));
    const auto file = read_file(bytes);
    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(file->encoding.explicit_vr, encoding.explicit_vr);
    EXPECT_EQ(file->encoding.endian, encoding.endian);
    EXPECT_TRUE(file->data_set.equal_in_value(unknown)) << listed(file->problems);
  }
}

TEST(Guess, A_compressed_label_over_implicit_elements_keeps_the_fragments) {
  auto data = sample(implicit_le);
  const Bytes fragment(8, 1);
  data.set_fragments(tags::PixelData, {ByteView(), fragment});
  const auto bytes = labelled("1.2.840.10008.1.2.4.50", encode(data, implicit_le));
  const auto file = read_file(bytes);
  ASSERT_TRUE(file.has_value());
  EXPECT_NE(find_rule(file->problems, "ps3.10/7.1/transfer-syntax-mismatch"), nullptr);
  EXPECT_EQ(rewrite(*file), bytes);
  EXPECT_TRUE(file->data_set.has(tags::PixelData));
}

TEST(Guess, A_bare_Data_Set_is_read_in_the_encoding_that_fits) {
  for (const auto& encoding : {implicit_le, explicit_le, explicit_be, implicit_be}) {
    const auto bytes = encode(sample(), encoding);
    const auto file = read_file(bytes);
    ASSERT_TRUE(file.has_value()) << file.error().found;
    EXPECT_EQ(file->kind, FileKind::bare_data_set);
    EXPECT_EQ(file->encoding, encoding) << file->guess;
    EXPECT_NE(file->guess, "");
    EXPECT_TRUE(file->data_set.equal_in_value(sample()));
    const auto* missing = find_rule(file->problems, "ps3.10/7.1/meta-missing");
    ASSERT_NE(missing, nullptr) << listed(file->problems);
    EXPECT_EQ(missing->offset, 0U);
    EXPECT_EQ(rewrite(*file), bytes);
  }
  const auto deflated = encoded(sample(), forms()[3].encoding);
  const auto file = read_file(deflated);
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE(file->encoding.deflated);
  EXPECT_TRUE(file->data_set.equal_in_value(sample()));
  EXPECT_EQ(rewrite(*file), deflated);
}

TEST(Guess, ACR_NEMA_is_named_with_what_had_to_be_tolerated) {
  DataSet data(implicit_le);
  data.set_u32(Tag(0x0008, 0x0000), 60);
  data.set_u32(tags::LengthToEnd, 200);
  data.set_text(tags::RecognitionCode, "ACR-NEMA 2.0");
  data.set_text(tags::StudyDate, Vr::DA, "1989.01.30");
  data.set_text(tags::StudyTime, Vr::TM, "10:15:00");
  data.set_text(tags::Modality, "CT");
  data.set_text(tags::PatientName, "DOE JANE");
  data.set_u16(tags::Rows, 4);
  const auto bytes = encode(data, implicit_le);
  const auto file = read_file(bytes);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->kind, FileKind::acr_nema);
  ASSERT_NE(find_rule(file->problems, "ps3.10/7.1/acr-nema"), nullptr);
  EXPECT_EQ(find_rule(file->problems, "ps3.10/7.1/acr-nema")->found, "ACR-NEMA 2.0");
  EXPECT_EQ(file->data_set.text(tags::Modality), "CT");
  EXPECT_EQ(rewrite(*file), bytes);
  // The first version had no recognition code.
  data.erase(tags::RecognitionCode);
  const auto first = encode(data, implicit_le);
  EXPECT_EQ(read_file(first)->kind, FileKind::acr_nema);
}

TEST(Guess, Meta_information_in_another_encoding_is_named_at_its_first_element) {
  const auto right = sample_file();
  const auto parts = parse_part10(right);
  for (const auto& encoding : {implicit_le, explicit_be, implicit_be}) {
    Bytes bytes(128, 0);
    append(bytes, "DICM");
    append(bytes, encode(parts.meta, encoding));
    append(bytes, parts.data_set);
    const auto file = read_file(bytes);
    ASSERT_TRUE(file.has_value());
    const auto* found = find_rule(file->problems, "ps3.10/7.1/meta-encoding");
    ASSERT_NE(found, nullptr) << encoding_name(encoding) << listed(file->problems);
    EXPECT_EQ(found->offset, encoding.endian == Endian::big ? 132U : 136U);
    EXPECT_EQ(found->field, "(0002,0000)");
    EXPECT_EQ(file->transfer_syntax_uid, uids::ExplicitVRLittleEndian);
    EXPECT_TRUE(file->data_set.equal_in_value(sample())) << encoding_name(encoding);
    EXPECT_EQ(rewrite(*file), bytes);
  }
  EXPECT_EQ(listed(read_file(right)->problems), "");
}

TEST(Guess, Prefixes_in_wrong_places_and_letters_are_found) {
  const auto right = sample_file();
  struct Case {
    std::string name;
    Bytes bytes;
    std::string_view rule;
    std::uint64_t offset;
    FileKind kind;
  };
  const auto without = [&](std::size_t count) {
    return Bytes(right.begin() + static_cast<std::ptrdiff_t>(count), right.end());
  };
  const auto with = [&](std::size_t count) {
    Bytes bytes(count, 0x11);
    append(bytes, right);
    return bytes;
  };
  auto lower = right;
  std::copy_n("dicm", 4, lower.begin() + 128);
  auto other = right;
  std::copy_n("\x01\x02XY", 4, other.begin() + 128);
  auto no_letters = right;
  no_letters.erase(no_letters.begin() + 128, no_letters.begin() + 132);
  const std::vector<Case> cases{
      {"one byte short", without(1), "ps3.10/7.1/prefix-shifted", 127, FileKind::part10},
      {"one byte more", with(1), "ps3.10/7.1/prefix-shifted", 129, FileKind::part10},
      {"behind a header of 128 bytes", with(128), "ps3.10/7.1/prefix-shifted", 256, FileKind::part10},
      {"lower case", lower, "ps3.10/7.1/prefix-letters", 128, FileKind::part10},
      {"other letters", other, "ps3.10/7.1/prefix-letters", 128, FileKind::part10},
      {"no letters", no_letters, "ps3.10/7.1/prefix-letters", 128, FileKind::part10},
      {"no preamble", without(128), "ps3.10/7.1/preamble-missing", 0, FileKind::no_preamble},
      {"no prefix either", without(132), "ps3.10/7.1/preamble-missing", 0, FileKind::no_preamble},
  };
  for (const auto& c : cases) {
    const auto file = read_file(c.bytes);
    ASSERT_TRUE(file.has_value()) << c.name << file.error().found;
    EXPECT_EQ(file->kind, c.kind) << c.name;
    ASSERT_EQ(file->problems.size(), 1U) << c.name << listed(file->problems);
    EXPECT_EQ(file->problems[0].rule, c.rule) << c.name;
    EXPECT_EQ(file->problems[0].offset, c.offset) << c.name;
    EXPECT_TRUE(file->data_set.equal_in_value(sample())) << c.name;
    EXPECT_EQ(rewrite(*file), c.bytes) << c.name;
  }
}

TEST(Guess, A_prefix_with_a_Data_Set_and_no_meta_information_is_read) {
  Bytes bytes(128, 0);
  append(bytes, "DICM");
  append(bytes, encode(sample(), implicit_le));
  const auto file = read_file(bytes);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->kind, FileKind::part10);
  ASSERT_NE(find_rule(file->problems, "ps3.10/7.1/meta-missing"), nullptr);
  EXPECT_EQ(find_rule(file->problems, "ps3.10/7.1/meta-missing")->offset, 132U);
  EXPECT_EQ(file->encoding, implicit_le);
  EXPECT_TRUE(file->data_set.equal_in_value(sample()));
  EXPECT_EQ(rewrite(*file), bytes);
}

TEST(Guess, Swapped_numbers_are_named_and_right_ones_are_not) {
  for (const auto& encoding : {explicit_le, explicit_be, implicit_le}) {
    auto swapped = sample(encoding);
    for (const Tag tag : {tags::SamplesPerPixel, tags::Rows, tags::Columns, tags::BitsAllocated, tags::BitsStored,
                          tags::HighBit, tags::PixelRepresentation}) {
      const auto value = swapped.u16(tag).value_or(0);
      swapped.set_u16(tag, static_cast<std::uint16_t>(value << 8 | value >> 8));
    }
    const auto read_back = [&](const DataSet& data) { return decode_owned(encode(data, encoding), encoding).data_set; };
    const auto found = swapped_numbers(read_back(swapped));
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->rule, "ps3.5/7.3/byte-swapped");
    EXPECT_EQ(found->field, "(0028,0100)");
    EXPECT_EQ(found->found, "2048 bits allocated");
    EXPECT_FALSE(swapped_numbers(read_back(sample())).has_value());
  }
}

TEST(Guess, Healthy_beginnings_of_all_sorts_look_like_what_they_are) {
  // One element, a sequence first, private elements only, an empty first value, a huge last value that is cut.
  for (const auto& encoding : {explicit_le, implicit_le, explicit_be}) {
    DataSet one(encoding);
    one.set_text(tags::PatientName, "A");
    EXPECT_TRUE(look_at(encode(one, encoding), encoding).plausible());
    DataSet sequence(encoding);
    sequence.set_sequence(tags::ReferencedStudySequence, {one}, true);
    EXPECT_TRUE(look_at(encode(sequence, encoding), encoding).plausible());
    DataSet empty(encoding);
    empty.set_text(tags::SpecificCharacterSet, "");
    empty.set_text(tags::Modality, "");
    EXPECT_TRUE(look_at(encode(empty, encoding), encoding).plausible());
    DataSet own(encoding);
    own.set_text(Tag(0x0009, 0x0010), Vr::LO, "ASSAY");
    own.set_text(Tag(0x0009, 0x1001), Vr::LO, "X");
    EXPECT_TRUE(look_at(encode(own, encoding), encoding).plausible());
    const auto cut = encode(sample(), encoding);
    EXPECT_TRUE(look_at(ByteView(cut).first(cut.size() - 5), encoding).plausible());
    for (const auto& other : {explicit_le, implicit_le, explicit_be, implicit_be}) {
      if (other == encoding) continue;
      EXPECT_FALSE(look_at(cut, other).plausible()) << encoding_name(encoding) << " as " << encoding_name(other);
    }
  }
}

}  // namespace
}  // namespace assay::dataset
