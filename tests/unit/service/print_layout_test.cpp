// Where images stand on film, and how they are fitted into their boxes.
#include "harness/service/print_layout.hpp"

#include <gtest/gtest.h>

namespace assay::service {
namespace {

TEST(PrintLayout, Formats_have_their_boxes_in_the_order_of_positions) {
  const auto standard = image_boxes("STANDARD\\2,3");
  ASSERT_TRUE(standard);
  ASSERT_EQ(standard->size(), 6U) << "2 columns, 3 rows";
  EXPECT_DOUBLE_EQ((*standard)[1].x, 0.5) << "from left to right first";
  EXPECT_DOUBLE_EQ((*standard)[1].y, 0);
  EXPECT_NEAR((*standard)[2].y, 1.0 / 3, 1e-9);
  const auto row = image_boxes("ROW\\1,2");
  ASSERT_TRUE(row);
  ASSERT_EQ(row->size(), 3U);
  EXPECT_DOUBLE_EQ((*row)[0].width, 1);
  EXPECT_DOUBLE_EQ((*row)[2].x, 0.5);
  EXPECT_DOUBLE_EQ((*row)[2].y, 0.5);
  const auto column = image_boxes("COL\\1,2");
  ASSERT_TRUE(column);
  EXPECT_DOUBLE_EQ((*column)[0].height, 1);
  EXPECT_DOUBLE_EQ((*column)[2].x, 0.5);
  EXPECT_DOUBLE_EQ((*column)[2].y, 0.5);
  EXPECT_EQ(image_boxes("SLIDE")->size(), 20U);
  EXPECT_EQ(image_boxes("SUPERSLIDE")->size(), 12U);
}

TEST(PrintLayout, What_is_no_format_has_no_boxes) {
  for (const auto* text :
       {"", "STANDARD", "STANDARD\\", "STANDARD\\1", "STANDARD\\0,1", "STANDARD\\1,2,3", "STANDARD\\-1,1",
        "STANDARD\\1,x", "STANDARD\\1,1 ", "STANDARD\\17,16", "STANDARD\\4294967297,1",
        "STANDARD\\99999999999999999999,1", "ROW\\", "ROW\\256,1", "ROW\\1,,1", "COL\\0", "CUSTOM\\1", "standard\\1,1"})
    EXPECT_FALSE(image_boxes(text)) << text;
  EXPECT_TRUE(image_boxes("STANDARD\\16,16"));
  EXPECT_TRUE(image_boxes("ROW\\256"));
}

TEST(PrintLayout, Film_sizes_are_those_of_the_standard) {
  EXPECT_DOUBLE_EQ(film_size("14INX17IN")->height_mm, 431.8);
  EXPECT_DOUBLE_EQ(film_size("24CMX30CM")->width_mm, 240);
  EXPECT_FALSE(film_size("17INX14IN"));
  EXPECT_FALSE(film_size(""));
}

TEST(PrintLayout, A_small_image_is_magnified_to_its_box_and_keeps_its_shape) {
  const auto how = fit({10, 20}, {100, 100, 400, 400});
  EXPECT_EQ(how.status, 0);
  EXPECT_EQ(how.target, (Area{200, 100, 200, 400}));
  EXPECT_EQ(how.source, (Area{0, 0, 10, 20}));
  FitRequest as_it_stands{10, 20};
  as_it_stands.magnify = false;
  EXPECT_EQ(fit(as_it_stands, {0, 0, 100, 100}).target, (Area{45, 40, 10, 20}));
  FitRequest flat{10, 10, 2};
  EXPECT_EQ(fit(flat, {0, 0, 100, 100}).target, (Area{25, 0, 50, 100})) << "pixels twice as high as wide";
}

TEST(PrintLayout, A_large_image_is_demagnified_decimated_cropped_or_refused) {
  FitRequest request{200, 100};
  const Area box{0, 0, 100, 100};
  EXPECT_EQ(fit(request, box).status, 0xb604);
  EXPECT_EQ(fit(request, box).target, (Area{0, 25, 100, 50}));
  request.oversize = Oversize::decimate;
  EXPECT_EQ(fit(request, box).status, 0xb60a);
  request.oversize = Oversize::crop;
  const auto cropped = fit(request, box);
  EXPECT_EQ(cropped.status, 0xb609);
  EXPECT_EQ(cropped.source, (Area{50, 0, 100, 100}));
  EXPECT_EQ(cropped.target, (Area{0, 0, 100, 100}));
  request.oversize = Oversize::fail;
  EXPECT_EQ(fit(request, box).status, 0xc603);
  EXPECT_EQ(fit({100, 100, 1, true, 0, Oversize::fail}, box).status, 0) << "just as large as the box";
}

TEST(PrintLayout, A_requested_size_is_kept_where_it_fits) {
  FitRequest request{10, 10};
  request.wide_as = 50;
  EXPECT_EQ(fit(request, {0, 0, 100, 100}).target, (Area{25, 25, 50, 50}));
  request.wide_as = 200;
  EXPECT_EQ(fit(request, {0, 0, 100, 100}).status, 0xb604);
  request.oversize = Oversize::crop;
  const auto cropped = fit(request, {0, 0, 100, 100});
  EXPECT_EQ(cropped.source.width, 5U);
  EXPECT_EQ(cropped.target, (Area{0, 0, 100, 100}));
}

TEST(PrintLayout, Whatever_fits_stays_within_its_box) {
  for (const std::uint32_t columns : {1U, 7U, 300U, 65535U})
    for (const std::uint32_t rows : {1U, 11U, 299U, 65535U})
      for (const double aspect : {0.01, 0.7, 1.0, 100.0})
        for (const auto oversize : {Oversize::unspecified, Oversize::decimate, Oversize::crop})
          for (const std::uint32_t wide : {0U, 1U, 77U, 100'000U})
            for (const bool magnify : {true, false}) {
              const Area box{5, 6, 120, 1};
              const auto how = fit({columns, rows, aspect, magnify, wide, oversize}, box);
              ASSERT_GE(how.target.width, 1U);
              ASSERT_GE(how.target.height, 1U);
              ASSERT_LE(how.target.x + how.target.width, box.x + box.width);
              ASSERT_LE(how.target.y + how.target.height, box.y + box.height);
              ASSERT_GE(how.source.width, 1U);
              ASSERT_LE(how.source.x + how.source.width, columns);
              ASSERT_LE(how.source.y + how.source.height, rows);
            }
}

}  // namespace
}  // namespace assay::service
