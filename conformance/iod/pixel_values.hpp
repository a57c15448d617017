// Stored pixel values of native images with one sample per pixel, as numbers (PS3.5 8.1.1), and whether two images hold
// the same. Takes time linear in the pixels and no memory. Private to the room.
// Tests: tests/unit/conformance/iod_object_pixels_test.cpp, iod_derived_test.cpp
#pragma once

#include <cstdint>
#include <optional>

#include "harness/dataset/dataset.hpp"
#include "harness/dataset/pixel.hpp"

namespace assay::conformance::iod {

struct PixelLimits {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// The samples of Pixel Data: 8, 16 or 32 bits allocated, native, all that the attributes count is there.
class PixelValues {
 public:
  /// Nothing when the pixels have another form or the attributes do not fit them.
  static std::optional<PixelValues> of(const dataset::DataSet& data_set);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::int64_t operator[](std::size_t i) const;
  /// What the bits stored can hold.
  [[nodiscard]] PixelLimits possible() const;
  /// The smallest and the largest value, without those from `padding.low` to `padding.high`; nothing when none is left.
  [[nodiscard]] std::optional<PixelLimits> limits(std::optional<PixelLimits> padding = std::nullopt) const;
  /// False when no value lies from `low` to `high` nor values on both sides. Ends at the first that decides.
  [[nodiscard]] bool meets(double low, double high) const;
  /// Pixel Padding Value and Range Limit in the order of their size; nothing without a Pixel Padding Value.
  [[nodiscard]] std::optional<PixelLimits> padding(const dataset::DataSet& data_set) const;
  /// A number of a US or SS element, read as Pixel Representation says, whatever its VR.
  [[nodiscard]] std::optional<std::int64_t> number(const dataset::DataSet& data_set, Tag tag) const;

 private:
  /// Calls visit(value) until it returns false.
  template <typename Visit>
  void each(const Visit& visit) const;
  /// The bits stored of a sample's word.
  [[nodiscard]] std::int64_t value(std::uint64_t word) const {
    const std::uint64_t top = word << (64 - low_bit_ - stored_);
    return is_signed_ ? static_cast<std::int64_t>(top) >> (64 - stored_)
                      : static_cast<std::int64_t>(top >> (64 - stored_));
  }

  ByteView bytes_;
  std::size_t size_ = 0;
  unsigned width_ = 2;    // bytes
  unsigned stored_ = 16;  // bits
  unsigned low_bit_ = 0;
  bool is_signed_ = false;
  Endian endian_ = Endian::little;
};

enum class Sameness : std::uint8_t {
  same,     // the same pixels, perhaps in another transfer syntax
  padded,   // the same within a frame of rows and columns of one value (PS3.3 C.7.6.1.1.2: no other image)
  changed,  // other values
  unknown,  // one is compressed and the other not, or in another way
};

/// Native pixels by value, compressed ones by their bytes.
Sameness compare_pixels(const dataset::DataSet& source, const dataset::DataSet& derived);
/// The derived image is what is left of the source when rows at the bottom and columns at the right are cut off.
bool is_corner(const dataset::DataSet& source, const dataset::DataSet& derived);

}  // namespace assay::conformance::iod
