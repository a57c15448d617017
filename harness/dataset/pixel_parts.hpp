// What the rules about Pixel Data share. Private to pixel*.cpp.
#pragma once

#include "harness/dataset/check_parts.hpp"
#include "harness/dataset/pixel.hpp"

namespace assay::dataset {

/// The pixels of one level and where they stand; the base of each family of rules.
struct PixelRules {
  const CheckPlace& place;
  const PixelAttributes& a;
  const Node& pixels;

  /// A problem at a byte of a neighbour's value, or at its tag when it holds fragments.
  void at(const Node& node, std::string_view rule, std::string_view clause, std::size_t index, std::string found,
          std::string expected, Gravity gravity) const;
};

/// MPEG-2, H.264, HEVC: one stream for all frames, possibly in several fragments.
bool is_video_syntax(std::string_view uid);
/// pixel_encapsulation.cpp
void check_encapsulation(const PixelRules& rules);

}  // namespace assay::dataset
