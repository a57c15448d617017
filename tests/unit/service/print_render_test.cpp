// Images as they are printed, and the sheet they are on.
#include "harness/service/print_render.hpp"

#include <gtest/gtest.h>

namespace assay::service {
namespace {

PrintImage gray(std::uint32_t columns, std::uint32_t rows, std::uint8_t first = 0, std::uint8_t step = 1) {
  PrintImage out;
  out.columns = columns;
  out.rows = rows;
  out.pixels.resize(std::size_t{columns} * rows);
  for (std::size_t i = 0; i < out.pixels.size(); ++i) out.pixels[i] = static_cast<std::uint8_t>(first + i * step);
  return out;
}

dataset::DataSet data_set(std::uint16_t allocated, std::uint16_t stored, const Bytes& pixels, std::uint16_t columns = 2,
                          std::uint16_t rows = 2) {
  dataset::DataSet out(dataset::explicit_le);
  out.set_u16(tags::SamplesPerPixel, 1);
  out.set_text(tags::PhotometricInterpretation, "MONOCHROME2");
  out.set_u16(tags::Rows, rows);
  out.set_u16(tags::Columns, columns);
  out.set_u16(tags::BitsAllocated, allocated);
  out.set_u16(tags::BitsStored, stored);
  out.set_u16(tags::HighBit, static_cast<std::uint16_t>(stored - 1));
  out.set_u16(tags::PixelRepresentation, 0);
  out.set_bytes(tags::PixelData, allocated == 8 ? Vr::OB : Vr::OW, pixels);
  return out;
}

std::uint16_t refused(const dataset::DataSet& item, bool color = false, std::size_t room = 1000) {
  const auto image = read_print_image(item.root(), color, room);
  return image ? 0 : image.error().status;
}

TEST(PrintImage, Preformatted_images_of_8_and_12_bits_are_read) {
  const auto eight = read_print_image(data_set(8, 8, {0, 1, 2, 255}).root(), false, 4);
  ASSERT_TRUE(eight) << eight.error().comment;
  EXPECT_EQ(eight->pixels, (Bytes{0, 1, 2, 255}));
  const auto twelve = read_print_image(data_set(16, 12, {0xff, 0x0f, 0, 0, 0x10, 0, 0, 0x08}).root(), false, 4);
  ASSERT_TRUE(twelve) << twelve.error().comment;
  EXPECT_EQ(twelve->pixels, (Bytes{255, 0, 1, 128}));
  auto inverted = data_set(8, 8, {0, 1, 2, 255});
  inverted.set_text(tags::PhotometricInterpretation, "MONOCHROME1");
  EXPECT_EQ(read_print_image(inverted.root(), false, 4)->pixels, (Bytes{255, 254, 253, 0}));
}

TEST(PrintImage, Colour_is_read_by_plane_and_by_pixel) {
  auto item = data_set(8, 8, {1, 2, 3, 4, 5, 6}, 2, 1);
  item.set_u16(tags::SamplesPerPixel, 3);
  item.set_text(tags::PhotometricInterpretation, "RGB");
  item.set_u16(tags::PlanarConfiguration, 1);
  EXPECT_EQ(read_print_image(item.root(), true, 6)->pixels, (Bytes{1, 3, 5, 2, 4, 6}));
  item.set_u16(tags::PlanarConfiguration, 0);
  EXPECT_EQ(read_print_image(item.root(), true, 6)->pixels, (Bytes{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(refused(item, false), 0x0106) << "colour in a grayscale box";
  item.set_u16(tags::PlanarConfiguration, 2);
  EXPECT_EQ(refused(item, true), 0x0106);
}

TEST(PrintImage, What_does_not_fit_together_is_refused) {
  const Bytes pixels{0, 1, 2, 3};
  const auto with = [&](Tag tag, std::uint16_t value) {
    auto item = data_set(8, 8, pixels);
    item.set_u16(tag, value);
    return refused(item);
  };
  EXPECT_EQ(refused(data_set(8, 8, pixels)), 0);
  EXPECT_EQ(with(tags::Rows, 0), 0x0106);
  EXPECT_EQ(with(tags::Columns, 0), 0x0106);
  EXPECT_EQ(with(tags::Rows, 65535), 0x0106) << "the size is claimed, the Pixel Data decides";
  EXPECT_EQ(with(tags::Columns, 3), 0x0106);
  EXPECT_EQ(with(tags::BitsAllocated, 16), 0x0106);
  EXPECT_EQ(with(tags::BitsAllocated, 0), 0x0106);
  EXPECT_EQ(with(tags::BitsStored, 7), 0x0106);
  EXPECT_EQ(with(tags::HighBit, 6), 0x0106);
  EXPECT_EQ(with(tags::PixelRepresentation, 1), 0x0106);
  EXPECT_EQ(with(tags::SamplesPerPixel, 3), 0x0106);
  EXPECT_EQ(refused(data_set(8, 8, pixels), false, 3), 0xc605) << "no room";
  auto missing = data_set(8, 8, pixels);
  missing.erase(tags::HighBit);
  EXPECT_EQ(refused(missing), 0x0120);
  auto fragments = data_set(8, 8, pixels);
  fragments.set_fragments(tags::PixelData, {ByteView{}, ByteView(pixels)});
  EXPECT_EQ(refused(fragments), 0x0106);
}

TEST(PrintImage, Data_sets_are_windowed_to_8_bits) {
  auto ct = data_set(16, 16, {0x18, 0xfc, 0, 0, 0xe8, 0x03, 0xd0, 0x07});  // -1000 0 1000 2000
  ct.set_u16(tags::PixelRepresentation, 1);
  const auto whole = printable(ct);
  ASSERT_TRUE(whole) << whole.error();
  EXPECT_EQ(whole->pixels, (Bytes{0, 85, 170, 255})) << "the whole range";
  ct.set_text(tags::RescaleSlope, "1");
  ct.set_text(tags::RescaleIntercept, "-24");
  ct.set_text(tags::WindowCenter, "40\\400");
  ct.set_text(tags::WindowWidth, "400\\2000");
  EXPECT_EQ(printable(ct)->pixels, (Bytes{0, 87, 255, 255}));
  ct.set_text(tags::PhotometricInterpretation, "MONOCHROME1");
  EXPECT_EQ(printable(ct)->pixels, (Bytes{255, 168, 0, 0}));
  ct.set_text(tags::WindowWidth, "nan");
  EXPECT_TRUE(printable(ct));
}

TEST(PrintImage, What_cannot_be_printed_says_why) {
  const Bytes pixels{0, 1, 2, 3};
  EXPECT_FALSE(printable(dataset::DataSet(dataset::explicit_le)));
  EXPECT_FALSE(printable(data_set(8, 8, pixels, 300, 300)));
  EXPECT_FALSE(printable(data_set(8, 8, pixels, 0, 1)));
  EXPECT_FALSE(printable(data_set(32, 32, pixels, 1, 1)));
  EXPECT_FALSE(printable(data_set(8, 0, pixels)));
  auto palette = data_set(8, 8, pixels);
  palette.set_text(tags::PhotometricInterpretation, "PALETTE COLOR");
  EXPECT_NE(printable(palette).error().find("PALETTE COLOR"), std::string::npos);
  auto compressed = data_set(8, 8, pixels);
  compressed.set_fragments(tags::PixelData, {ByteView{}, ByteView(pixels)});
  EXPECT_NE(printable(compressed).error().find("compressed"), std::string::npos);
}

TEST(PrintImage, The_item_for_an_image_reads_as_the_image) {
  auto image = gray(4, 2, 10, 20);
  image.aspect = 2;
  auto again = read_print_image(image_item(image).root(), false, 100);
  ASSERT_TRUE(again) << again.error().comment;
  EXPECT_EQ(again->pixels, image.pixels);
  EXPECT_DOUBLE_EQ(again->aspect, 2);
  const auto color = to_color(image);
  again = read_print_image(image_item(color).root(), true, 100);
  ASSERT_TRUE(again) << again.error().comment;
  EXPECT_EQ(again->pixels, color.pixels);
  EXPECT_EQ(to_gray(color).pixels, image.pixels);
}

Sheet sheet_of(PlacedImage placed) {
  Sheet out;
  out.width = 40;
  out.height = 40;
  out.border = 7;
  out.empty = 99;
  out.images = {std::move(placed)};
  return out;
}

TEST(PrintRender, Images_stand_in_their_boxes_with_polarity_and_lut) {
  PlacedImage placed;
  placed.image = std::make_shared<const PrintImage>(gray(2, 1, 0, 200));
  placed.smooth = false;
  auto raster = render(sheet_of(placed));
  ASSERT_EQ(raster.pixels.size(), 1600U);
  EXPECT_EQ(raster.pixels[0], 7) << "border";
  const auto at = [&](std::size_t x, std::size_t y) { return raster.pixels[y * 40 + x]; };
  EXPECT_EQ(at(10, 20), 0);
  EXPECT_EQ(at(30, 20), 200);
  EXPECT_EQ(at(20, 6), 7) << "above the image";
  placed.reverse = true;
  raster = render(sheet_of(placed));
  EXPECT_EQ(at(10, 20), 255);
  EXPECT_EQ(at(30, 20), 55);
  Bytes lut(256, 50);
  placed.lut = std::make_shared<const Bytes>(lut);
  placed.reverse = false;
  raster = render(sheet_of(placed));
  EXPECT_EQ(at(10, 20), 50);
}

TEST(PrintRender, Empty_boxes_trim_and_colour) {
  auto raster = render(sheet_of({}));
  EXPECT_EQ(raster.pixels[20 * 40 + 20], 99);
  EXPECT_EQ(raster.pixels[0], 7);
  PlacedImage placed;
  placed.image = std::make_shared<const PrintImage>(to_color(gray(4, 4, 100, 1)));
  auto sheet = sheet_of(placed);
  sheet.color = true;
  sheet.trim = true;
  raster = render(sheet);
  EXPECT_EQ(raster.samples, 3U);
  ASSERT_EQ(raster.pixels.size(), 4800U);
  EXPECT_EQ(raster.pixels[(4 * 40 + 4) * 3], 248) << "the trim is the opposite of the border";
}

TEST(PrintRender, A_film_of_many_small_boxes_stays_on_the_sheet) {
  Sheet sheet;
  sheet.width = 33;
  sheet.height = 17;
  const auto places = image_boxes("STANDARD\\16,16");
  const auto image = std::make_shared<const PrintImage>(gray(300, 200));
  for (const auto& place : *places) {
    PlacedImage placed;
    placed.box = place;
    placed.image = image;
    sheet.images.push_back(placed);
    const auto area = area_of(sheet, place);
    EXPECT_LE(area.x + area.width, sheet.width);
    EXPECT_LE(area.y + area.height, sheet.height);
  }
  sheet.trim = true;
  EXPECT_EQ(render(sheet).pixels.size(), 33U * 17U);
  sheet.width = 5;
  sheet.height = 1;
  EXPECT_EQ(render(sheet).pixels.size(), 5U) << "boxes thinner than a pixel";
}

}  // namespace
}  // namespace assay::service
