// conformance/iod/object_checks.hpp, pixel_values.hpp: what an object says of its pixels is true of them.
#include "conformance/iod/pixel_values.hpp"

#include <gtest/gtest.h>

#include "conformance/iod/object_checks.hpp"
#include "conformance/iod/validate.hpp"
#include "iod_object_samples.hpp"

namespace assay::conformance::iod {
namespace {

using namespace test;

void is_told(const Change& change, const std::vector<std::string>& lines) {
  auto data = image();
  change(data);
  const auto problems = check_object(data);
  EXPECT_EQ(told(problems), lines) << words(problems);
}

void is_silent(const Change& change) { is_told(change, {}); }

const Change no_window = drop(tags::WindowCenter);

TEST(IodObjectPixels, Padding_is_a_value_that_a_pixel_can_have) {
  is_told(number(tags::PixelPaddingValue, 4096), {"ps3.3/C.7.5.1.1.2/padding-out-of-range (0028,0120)"});
  is_told(number(tags::PixelPaddingValue, 63536), {"ps3.3/C.7.5.1.1.2/padding-out-of-range (0028,0120)"});
  is_silent(number(tags::PixelPaddingValue, 4095));
  const auto is_signed =
      all_of({number(tags::PixelRepresentation, 1), number(tags::BitsStored, 16), number(tags::HighBit, 15)});
  is_silent(all_of({is_signed, number(tags::PixelPaddingValue, 63536)}));  // -2000
  is_told(all_of({number(tags::PixelRepresentation, 1), number(tags::PixelPaddingValue, 63000)}),
          {"ps3.3/C.7.5.1.1.2/padding-out-of-range (0028,0120)"});
}

TEST(IodObjectPixels, A_padding_range_goes_towards_the_image) {
  const auto range = [](std::uint16_t value, std::uint16_t limit) {
    return all_of({number(tags::PixelPaddingValue, value), number(tags::PixelPaddingRangeLimit, limit)});
  };
  is_silent(range(0, 50));
  is_told(range(50, 0), {"ps3.3/C.7.5.1.1.2/padding-order (0028,0121)"});
  const auto inverse = text(tags::PhotometricInterpretation, "MONOCHROME1");
  is_silent(all_of({inverse, range(4095, 4000)}));
  is_told(all_of({inverse, range(4000, 4095)}), {"ps3.3/C.7.5.1.1.2/padding-order (0028,0121)"});
}

TEST(IodObjectPixels, Smallest_and_largest_are_those_of_the_pixels) {
  is_told(number(tags::SmallestImagePixelValue, 99), {"ps3.3/C.7.6.3/extreme-pixel-value (0028,0106)"});
  is_told(number(tags::LargestImagePixelValue, 4095), {"ps3.3/C.7.6.3/extreme-pixel-value (0028,0107)"});
  // With the padding and without it.
  const auto padded = [](DataSet& data) {
    data.set_u16(tags::PixelPaddingValue, 0);
    set_pixels(data, 2, 3, {0, 101, 102, 203, 204, 205});
  };
  is_silent(all_of({padded, number(tags::SmallestImagePixelValue, 0)}));
  is_silent(all_of({padded, number(tags::SmallestImagePixelValue, 101)}));
  is_told(all_of({padded, number(tags::SmallestImagePixelValue, 100)}),
          {"ps3.3/C.7.6.3/extreme-pixel-value (0028,0106)"});
}

TEST(IodObjectPixels, Bits_beside_the_stored_ones_do_not_count) {
  is_silent([](DataSet& data) { set_pixels(data, 2, 3, {0x8000 | 100, 101, 102, 203, 204, 0x1000 | 205}); });
  auto data = image();
  data.set_u16(tags::HighBit, 15);
  set_pixels(data, 1, 2, {0x0010, 0x0a0f});
  const auto values = PixelValues::of(data);
  ASSERT_TRUE(values);
  EXPECT_EQ((*values)[0], 1);
  EXPECT_EQ((*values)[1], 0xa0);
}

TEST(IodObjectPixels, Values_have_their_sign_and_byte_order) {
  auto data = image();
  data.set_u16(tags::PixelRepresentation, 1);
  set_pixels(data, 1, 2, {0x0fff, 0x0800});
  const auto values = PixelValues::of(data);
  ASSERT_TRUE(values);
  EXPECT_EQ((*values)[0], -1);
  EXPECT_EQ((*values)[1], -2048);
  EXPECT_EQ(values->possible().low, -2048);
  const auto bytes = dataset::encode(data, dataset::explicit_be);
  const auto big = dataset::decode(bytes, dataset::explicit_be);
  const auto other = PixelValues::of(big.data_set);
  ASSERT_TRUE(other);
  EXPECT_EQ((*other)[1], -2048);
  EXPECT_EQ(other->limits()->high, -1);
  EXPECT_EQ(compare_pixels(data, big.data_set), Sameness::same);
}

TEST(IodObjectPixels, Pixels_of_one_byte_and_of_four_are_read) {
  auto data = image();
  data.set_u16(tags::BitsAllocated, 8);
  data.set_u16(tags::BitsStored, 8);
  data.set_u16(tags::HighBit, 7);
  const std::uint8_t small[] = {3, 255, 0, 7};
  data.set_u16(tags::Rows, 2);
  data.set_u16(tags::Columns, 2);
  data.set_bytes(tags::PixelData, Vr::OB, small);
  auto values = PixelValues::of(data);
  ASSERT_TRUE(values);
  EXPECT_EQ(values->limits()->low, 0);
  EXPECT_EQ(values->limits()->high, 255);
  data.set_u16(tags::BitsAllocated, 32);
  data.set_u16(tags::BitsStored, 32);
  data.set_u16(tags::HighBit, 31);
  data.set_u16(tags::Rows, 1);
  data.set_u16(tags::Columns, 1);
  values = PixelValues::of(data);
  ASSERT_TRUE(values);
  EXPECT_EQ((*values)[0], 0x0700ff03);
  data.set_u16(tags::Rows, 2);  // more than is there
  EXPECT_FALSE(PixelValues::of(data));
}

TEST(IodObjectPixels, A_window_meets_the_rescaled_pixels) {
  is_told(text(tags::WindowCenter, "40"), {"ps3.3/C.11.2.1.2/window-beside-pixels (0028,1050)"});
  is_told(text(tags::RescaleIntercept, "0"), {"ps3.3/C.11.2.1.2/window-beside-pixels (0028,1050)"});
  // One of two is enough; between the two values is enough; blank images and sigmoids are left alone.
  is_silent(all_of({text(tags::WindowCenter, "40\\-900"), text(tags::WindowWidth, "80\\200")}));
  is_silent(all_of({text(tags::WindowCenter, "-860"), text(tags::WindowWidth, "2")}));
  is_silent(all_of({text(tags::WindowCenter, "40"), text(tags::VOILUTFunction, "SIGMOID")}));
  is_silent([](DataSet& data) {
    data.set_text(tags::WindowCenter, "40");
    data.set_u16(tags::SmallestImagePixelValue, 7);
    data.set_u16(tags::LargestImagePixelValue, 7);
    set_pixels(data, 2, 3, {7, 7, 7, 7, 7, 7});
  });
  is_silent(
      all_of({text(tags::WindowCenter, "900"), text(tags::RescaleSlope, "-1"), text(tags::RescaleIntercept, "1024")}));
}

TEST(IodObjectPixels, Slope_and_window_width_are_not_zero) {
  const auto judge = [](Tag tag, std::string_view value) {
    auto data = image();
    data.set_text(tag, value);
    std::string rules;
    for (const auto& problem : check_iod(data).problems)
      if (problem.field == to_string(tag)) rules += problem.rule + ' ';
    return rules;
  };
  EXPECT_EQ(judge(tags::RescaleSlope, "0"), "ps3.3/C/zero-value ");
  EXPECT_EQ(judge(tags::RescaleSlope, "0.5"), "");
  EXPECT_NE(judge(tags::WindowWidth, "0"), "");
  EXPECT_NE(judge(tags::WindowWidth, "0.5"), "");
  EXPECT_EQ(judge(tags::WindowWidth, "1"), "");
}

TEST(IodObjectPixels, Loss_is_labelled_step_by_step) {
  const auto lossy = [](std::string_view flag, std::string_view ratios, std::string_view methods) {
    return all_of({text(tags::LossyImageCompression, flag), text(tags::LossyImageCompressionRatio, ratios),
                   text(tags::LossyImageCompressionMethod, methods)});
  };
  is_silent(lossy("01", "10\\30", "ISO_10918_1\\ISO_15444_1"));
  is_silent(text(tags::LossyImageCompression, "00"));
  is_told(lossy("00", "10", "ISO_10918_1"), {"ps3.3/C.7.6.1.1.5/lossy-denied (0028,2110)"});
  is_told(lossy("01", "10", "ISO_10918_1\\ISO_15444_1"), {"ps3.3/C.7.6.1.1.5.2/lossy-steps (0028,2114)"});
  is_told(text(tags::LossyImageCompression, "01"), {"ps3.3/C.7.6.1.1.5.2/lossy-ratio-unknown (0028,2112)"});
}

TEST(IodObjectPixels, Palettes_are_as_long_as_they_say_and_alike) {
  const auto palette = [](std::uint16_t entries, std::uint16_t bits, std::size_t bytes, std::uint16_t blue_entries) {
    return [=](DataSet& data) {
      no_window(data);
      const auto set = [&](Tag descriptor, Tag table, std::uint16_t count) {
        const std::uint16_t told[] = {count, 0, bits};
        std::uint8_t raw[6];
        for (std::size_t i = 0; i < 3; ++i) {
          raw[2 * i] = static_cast<std::uint8_t>(told[i] & 0xff);
          raw[2 * i + 1] = static_cast<std::uint8_t>(told[i] >> 8);
        }
        data.set_bytes(descriptor, Vr::US, raw);
        data.set_bytes(table, Vr::OW, Bytes(bytes));
      };
      set(tags::RedPaletteColorLookupTableDescriptor, tags::RedPaletteColorLookupTableData, entries);
      set(tags::GreenPaletteColorLookupTableDescriptor, tags::GreenPaletteColorLookupTableData, entries);
      set(tags::BluePaletteColorLookupTableDescriptor, tags::BluePaletteColorLookupTableData, blue_entries);
    };
  };
  is_silent(palette(256, 16, 512, 256));
  is_silent(palette(256, 8, 256, 256));
  is_silent(palette(0, 16, 131072, 0));  // 65536 entries
  is_told(palette(256, 16, 510, 256),
          {"ps3.3/C.7.6.3.1.6/palette-length (0028,1201)", "ps3.3/C.7.6.3.1.6/palette-length (0028,1202)",
           "ps3.3/C.7.6.3.1.6/palette-length (0028,1203)"});
  is_told(palette(256, 16, 512, 255),
          {"ps3.3/C.7.6.3.1.5/palette-descriptors-differ (0028,1103)", "ps3.3/C.7.6.3.1.6/palette-length (0028,1203)"});
  auto data = image();
  palette(256, 8, 512, 256)(data);
  for (const auto& problem : check_object(data)) EXPECT_EQ(problem.gravity, Gravity::note) << problem.rule;
}

TEST(IodObjectPixels, Nothing_is_said_of_pixels_that_were_cut_off_or_compressed) {
  auto data = image();
  data.set_u16(tags::SmallestImagePixelValue, 0);
  ObjectOptions cut;
  cut.cut = true;
  EXPECT_TRUE(check_object(data, cut).empty());
  const std::uint8_t fragment[] = {1, 2};
  data.set_fragments(tags::PixelData, {ByteView(), ByteView(fragment)});
  EXPECT_TRUE(check_object(data).empty());
}

}  // namespace
}  // namespace assay::conformance::iod
