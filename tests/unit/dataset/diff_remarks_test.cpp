// harness/dataset/diff_remarks.hpp: each change that means something is told, and its harmless twin is not.
#include "harness/dataset/diff_remarks.hpp"

#include "harness/dict/dict.hpp"
#include "tests/unit/dataset/support.hpp"

namespace assay::dataset {
namespace {

using List = std::vector<std::string>;

/// Four samples of 12 bits in 16, with a sign when asked for.
DataSet image(std::string_view pixels = "0100 0200 ff07 0008", bool with_sign = false) {
  DataSet data(explicit_le);
  data.set_text(tags::SOPInstanceUID, "1.2.3");
  data.set_text(tags::PatientName, "DOE^JANE");
  data.set_text(tags::StudyDate, "20260105");
  data.set_u16(tags::SamplesPerPixel, 1);
  data.set_u16(tags::Rows, 2);
  data.set_u16(tags::Columns, 2);
  data.set_u16(tags::BitsAllocated, 16);
  data.set_u16(tags::BitsStored, 12);
  data.set_u16(tags::HighBit, 11);
  data.set_u16(tags::PixelRepresentation, with_sign ? 1 : 0);
  data.set_bytes(tags::PixelData, Vr::OW, hex(pixels));
  return data;
}

List about(const DataSet& first, const DataSet& second) {
  List out;
  for (const auto& remark : remarks(first, second)) out.push_back(remark.about);
  return out;
}

TEST(DiffRemarks, Equal_objects_and_equal_pixels_have_none) {
  EXPECT_EQ(about(image(), image()), List{});
  const auto turned = decode_owned(encode(image(), explicit_be), explicit_be).data_set;
  EXPECT_EQ(about(image(), turned), List{});
  // What lies outside of the stored bits is no pixel.
  const auto found = pixel_difference(image(), image("01f0 0200 ff07 0008"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->differing, 0U);
}

TEST(DiffRemarks, Pixels_are_measured_by_the_values_of_their_stored_bits) {
  const auto found = pixel_difference(image(), image("0100 0500 ff07 0608"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->samples, 4U);
  EXPECT_EQ(found->differing, 2U);
  EXPECT_EQ(found->greatest, 6U);
  EXPECT_DOUBLE_EQ(found->mean, 9.0 / 4);
  // 7FFH is 2047; 800H is 2048, or -2048 with a sign.
  EXPECT_EQ(pixel_difference(image("ff07 0000 0000 0000"), image("0008 0000 0000 0000"))->greatest, 1U);
  EXPECT_EQ(pixel_difference(image("ff07 0000 0000 0000", true), image("0008 0000 0000 0000", true))->greatest, 4095U);
}

TEST(DiffRemarks, Why_pixels_cannot_be_compared_is_told) {
  auto smaller = image("0100 0200");
  smaller.set_u16(tags::Rows, 1);
  EXPECT_EQ(pixel_difference(image(), smaller).error(), "they are of another size");
  EXPECT_EQ(pixel_difference(image(), image("0100")).error(), "there are fewer than described");
  auto odd = image();
  odd.set_u16(tags::BitsStored, 17);
  EXPECT_EQ(pixel_difference(odd, image()).error(), "16 bits allocated, 17 stored");
  EXPECT_EQ(pixel_difference(DataSet(explicit_le), image()).error(), "there is no Pixel Data");
}

TEST(DiffRemarks, Lossy_steps_are_counted_and_a_label_that_went_is_told) {
  auto once = image();
  once.set_text(tags::LossyImageCompression, "01");
  once.set_text(tags::LossyImageCompressionRatio, "10");
  auto twice = image("0100 0300 ff07 0008");
  twice.set_text(tags::LossyImageCompression, "01");
  twice.set_text(tags::LossyImageCompressionRatio, "10\\8");
  EXPECT_EQ(lossy_steps(image()), 0U);
  EXPECT_EQ(lossy_steps(once), 1U);
  EXPECT_EQ(lossy_steps(twice), 2U);
  EXPECT_EQ(about(image(), once), (List{"lossy-steps"}));
  EXPECT_EQ(about(once, once), List{});
  EXPECT_EQ(remarks(once, twice)[1].text, "lossy compressions recorded: 1 in the first, 2 in the second");
  // Another loss that nobody wrote down.
  auto silent = twice;
  silent.set_text(tags::LossyImageCompressionRatio, "10");
  EXPECT_EQ(remarks(once, silent)[1].text,
            "the pixels changed, and no further lossy compression is recorded (1 in both)");
  auto unlabelled = once;
  unlabelled.set_text(tags::LossyImageCompression, "00");
  EXPECT_EQ(about(once, unlabelled).front(), "lossy-label");
  EXPECT_EQ(about(unlabelled, unlabelled), List{});
}

TEST(DiffRemarks, Values_that_changed_are_missed_unless_the_object_keeps_what_they_were) {
  auto edited = image();
  edited.set_text(tags::PatientName, "ROE^JANE");
  edited.erase(tags::StudyDate);
  ASSERT_EQ(about(image(), edited), List{"previous-values"});
  EXPECT_EQ(remarks(image(), edited)[0].text,
            "2 values changed or went, and no Original Attributes Sequence (0400,0561) of the second keeps what they "
            "were before: StudyDate, PatientName");
  const auto keeping = [&](const List& names) {
    DataSet before(explicit_le);
    for (const auto& name : names) before.set_text(dict::find_keyword(name)->tag, "20260105");
    DataSet record(explicit_le);
    record.set_sequence(tags::ModifiedAttributesSequence, {before});
    auto out = edited;
    out.set_sequence(tags::OriginalAttributesSequence, {record});
    return out;
  };
  EXPECT_EQ(values_not_kept(image(), keeping({"StudyDate"})), std::vector<Tag>{tags::PatientName});
  EXPECT_EQ(about(image(), keeping({"StudyDate", "PatientName"})), List{});
  // Another instance is another object.
  edited.set_text(tags::SOPInstanceUID, "1.2.4");
  EXPECT_EQ(about(image(), edited), List{});
  // What was empty before held nothing that could be lost.
  auto filled = image();
  filled.set_text(tags::AccessionNumber, "A1");
  auto empty = image();
  empty.set_empty(tags::AccessionNumber);
  EXPECT_EQ(about(empty, filled), List{});
}

}  // namespace
}  // namespace assay::dataset
