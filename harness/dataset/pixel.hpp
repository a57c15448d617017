// Pixel Data as the Data Set describes it (PS3.5 8, A.4; PS3.3 C.7.6.3): attributes, size by arithmetic, and the bytes
// of each frame without copying or decompressing any. Claimed sizes are never allocated or multiplied into overflow.
// Tests: tests/unit/dataset/pixel_test.cpp; fuzz target: fuzz_check
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

/// The elements of one level that describe its pixels; null where there are none, the first where there are several.
struct PixelAttributes {
  const Node* samples = nullptr;
  const Node* photometric = nullptr;
  const Node* planar = nullptr;
  const Node* frames = nullptr;
  const Node* rows = nullptr;
  const Node* columns = nullptr;
  const Node* bits_allocated = nullptr;
  const Node* bits_stored = nullptr;
  const Node* high_bit = nullptr;
  const Node* representation = nullptr;
  const Node* lossy = nullptr;
  const Node* extended_offsets = nullptr;
  const Node* extended_lengths = nullptr;
  const Node* float_pixels = nullptr;
  const Node* double_pixels = nullptr;
  const Node* pixels = nullptr;
  Endian endian = Endian::little;

  /// Of a US element; nothing when it is absent or has another size.
  [[nodiscard]] std::optional<std::uint16_t> number(const Node* node) const;
  /// Photometric Interpretation without padding.
  [[nodiscard]] std::string_view photometric_interpretation() const;
  /// Number of Frames (0028,0008): 1 when absent or empty; nothing when it is no number above 0.
  [[nodiscard]] std::optional<std::uint64_t> frame_count() const;
  /// Bits of one frame before compression, chroma subsampling counted in; nothing when something is missing. Float
  /// Pixel Data has 32 bits a sample, Double Float 64.
  [[nodiscard]] std::optional<std::uint64_t> frame_bits() const;
  /// Bytes of all frames, packed without gaps, not yet padded; nothing when something is missing or it has no 64-bit
  /// form.
  [[nodiscard]] std::optional<std::uint64_t> total_bytes() const;
};

/// Of the nodes from `first` to `end` that stand in one level.
PixelAttributes pixel_attributes(const DataSet& data_set, std::uint32_t first, std::uint32_t end, Endian endian);
/// Of the top level.
PixelAttributes pixel_attributes(const DataSet& data_set);

/// The fragments of encapsulated Pixel Data (PS3.5 A.4).
struct Encapsulated {
  const Node* table = nullptr;           // the first item: the Basic Offset Table
  std::vector<const Node*> fragments;    // the others
  std::vector<std::uint64_t> positions;  // of their item tags, from the first one's, as offset tables count
  /// The fragment that begins at this position.
  [[nodiscard]] std::optional<std::size_t> at(std::uint64_t position) const;
};
Encapsulated encapsulated(const DataSet& data_set, const Node& pixels);

/// One frame: its bytes in order. Native one-bit frames may begin inside a byte.
struct PixelFrame {
  std::vector<ByteView> parts;
  std::uint8_t first_bit = 0;  // of the first part, from its least significant bit
};

/// The frames of a Data Set. Views stay valid as long as the Data Set's values do.
class PixelFrames {
 public:
  [[nodiscard]] std::uint64_t size() const { return count_; }
  [[nodiscard]] bool is_encapsulated() const { return encapsulated_; }
  /// `i` below size().
  [[nodiscard]] PixelFrame frame(std::uint64_t i) const;

 private:
  friend std::expected<PixelFrames, std::string> frames(const DataSet& data_set);
  friend struct FrameFinder;

  std::uint64_t count_ = 0;
  bool encapsulated_ = false;
  ByteView native_;
  std::uint64_t frame_bits_ = 0;
  std::vector<ByteView> fragments_;
  std::vector<std::size_t> starts_;  // of frames in fragments_, and their end
};

/// The frames of the top level: native ones by arithmetic, encapsulated ones by the Extended or Basic Offset Table, or
/// by what their number or first bytes say. The error says in one sentence why they cannot be told apart.
std::expected<PixelFrames, std::string> frames(const DataSet& data_set);

}  // namespace assay::dataset
