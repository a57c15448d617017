#include "conformance/iod/pixel_values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/base/bytes.hpp"

namespace assay::conformance::iod {

using dataset::Node;
using dataset::NodeKind;

std::optional<PixelValues> PixelValues::of(const dataset::DataSet& data_set) {
  const auto a = dataset::pixel_attributes(data_set);
  if (a.pixels == nullptr || a.pixels->kind != NodeKind::element || a.number(a.samples) != 1) return std::nullopt;
  const auto allocated = a.number(a.bits_allocated);
  const auto stored = a.number(a.bits_stored);
  const auto high = a.number(a.high_bit);
  const auto total = a.total_bytes();
  if (!allocated || !stored || !high || !total || (*allocated != 8 && *allocated != 16 && *allocated != 32) ||
      *stored == 0 || *stored > *allocated || *high >= *allocated || *high + 1 < *stored ||
      a.pixels->value.size() < *total || *total == 0)
    return std::nullopt;
  PixelValues values;
  values.bytes_ = a.pixels->value;
  values.width_ = *allocated / 8U;
  values.size_ = static_cast<std::size_t>(*total) / values.width_;
  values.stored_ = *stored;
  values.low_bit_ = *high + 1U - *stored;
  values.is_signed_ = a.number(a.representation) == 1;
  values.endian_ = a.endian;
  return values;
}

template <typename Visit>
void PixelValues::each(const Visit& visit) const {
  // One loop for each width and byte order: the compiler can unroll them.
  const auto loop = [&]<typename Word>(Word, Endian endian) {
    for (std::size_t i = 0; i < size_; ++i)
      if (!visit(value(load<Word>(bytes_.data() + i * sizeof(Word), endian)))) return;
  };
  if (width_ == 1) return loop(std::uint8_t{}, Endian::little);
  if (width_ == 4) return loop(std::uint32_t{}, endian_);
  if (endian_ == Endian::little) return loop(std::uint16_t{}, Endian::little);
  loop(std::uint16_t{}, Endian::big);
}

std::int64_t PixelValues::operator[](std::size_t i) const {
  const std::uint8_t* at = bytes_.data() + i * width_;
  if (width_ == 1) return value(*at);
  return width_ == 2 ? value(load<std::uint16_t>(at, endian_)) : value(load<std::uint32_t>(at, endian_));
}

PixelLimits PixelValues::possible() const {
  if (is_signed_) return {-(std::int64_t{1} << (stored_ - 1)), (std::int64_t{1} << (stored_ - 1)) - 1};
  return {0, (std::int64_t{1} << stored_) - 1};
}

std::optional<PixelLimits> PixelValues::limits(std::optional<PixelLimits> padding) const {
  PixelLimits found{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  const PixelLimits without = padding.value_or(PixelLimits{1, 0});
  each([&](std::int64_t value) {
    if (value >= without.low && value <= without.high) return true;
    found.low = std::min(found.low, value);
    found.high = std::max(found.high, value);
    return true;
  });
  if (found.low > found.high) return std::nullopt;
  return found;
}

bool PixelValues::meets(double low, double high) const {
  bool below = false;
  bool above = false;
  each([&](std::int64_t value) {
    below = below || static_cast<double>(value) <= high;
    above = above || static_cast<double>(value) >= low;
    return !below || !above;
  });
  return below && above;
}

std::optional<std::int64_t> PixelValues::number(const dataset::DataSet& data_set, Tag tag) const {
  const Node* node = data_set.find(tag);
  if (node == nullptr || node->kind != NodeKind::element || node->value.size() != 2) return std::nullopt;
  const auto word = load<std::uint16_t>(node->value.data(), endian_);
  return is_signed_ ? std::int64_t{static_cast<std::int16_t>(word)} : std::int64_t{word};
}

std::optional<PixelLimits> PixelValues::padding(const dataset::DataSet& data_set) const {
  const auto value = number(data_set, tags::PixelPaddingValue);
  if (!value) return std::nullopt;
  const auto limit = number(data_set, tags::PixelPaddingRangeLimit).value_or(*value);
  return PixelLimits{std::min(*value, limit), std::max(*value, limit)};
}

namespace {

/// The fragments behind the offset table, one after another.
bool same_fragments(const dataset::DataSet& source, const Node& one, const dataset::DataSet& derived,
                    const Node& other) {
  const auto a = dataset::encapsulated(source, one).fragments;
  const auto b = dataset::encapsulated(derived, other).fragments;
  return std::ranges::equal(a, b, [](const Node* x, const Node* y) { return std::ranges::equal(x->value, y->value); });
}

struct Size {
  std::size_t rows = 0;
  std::size_t columns = 0;
};

Size size_of(const dataset::DataSet& data_set) {
  return {data_set.u16(tags::Rows).value_or(0), data_set.u16(tags::Columns).value_or(0)};
}

/// The source stands at this row and column of the derived image, and around it is one value.
bool stands_at(const PixelValues& source, Size small, const PixelValues& derived, Size large, std::size_t row,
               std::size_t column) {
  const std::size_t frames = source.size() / (small.rows * small.columns);
  std::optional<std::int64_t> border;
  for (std::size_t frame = 0; frame < frames; ++frame)
    for (std::size_t y = 0; y < large.rows; ++y)
      for (std::size_t x = 0; x < large.columns; ++x) {
        const auto value = derived[(frame * large.rows + y) * large.columns + x];
        if (y >= row && y < row + small.rows && x >= column && x < column + small.columns) {
          if (value != source[(frame * small.rows + y - row) * small.columns + x - column]) return false;
        } else if (value != border.value_or(value)) {
          return false;
        } else {
          border = value;
        }
      }
  return true;
}

/// Rows and columns of padding at the end, at the beginning or on both sides.
bool is_padded(const PixelValues& source, Size small, const PixelValues& derived, Size large) {
  if (small.rows == 0 || small.columns == 0 || large.rows < small.rows || large.columns < small.columns ||
      source.size() / (small.rows * small.columns) != derived.size() / (large.rows * large.columns))
    return false;
  const std::size_t rows = large.rows - small.rows;
  const std::size_t columns = large.columns - small.columns;
  for (const auto row : {std::size_t{0}, rows / 2, rows})
    for (const auto column : {std::size_t{0}, columns / 2, columns})
      if (stands_at(source, small, derived, large, row, column)) return true;
  return false;
}

Sameness compare_values(const PixelValues& source, Size source_size, const PixelValues& derived, Size derived_size) {
  if (source_size.rows == derived_size.rows && source_size.columns == derived_size.columns &&
      source.size() == derived.size()) {
    for (std::size_t i = 0; i < source.size(); ++i)
      if (source[i] != derived[i]) return Sameness::changed;
    return Sameness::same;
  }
  return is_padded(source, source_size, derived, derived_size) ? Sameness::padded : Sameness::changed;
}

}  // namespace

Sameness compare_pixels(const dataset::DataSet& source, const dataset::DataSet& derived) {
  const auto a = dataset::pixel_attributes(source);
  const auto b = dataset::pixel_attributes(derived);
  if (a.pixels == nullptr || b.pixels == nullptr) return Sameness::unknown;
  const auto size_a = size_of(source);
  const auto size_b = size_of(derived);
  const bool same_size =
      size_a.rows == size_b.rows && size_a.columns == size_b.columns && a.frame_count() == b.frame_count();
  if (a.pixels->kind != NodeKind::element || b.pixels->kind != NodeKind::element) {
    if (!same_size) return Sameness::changed;
    const bool both = a.pixels->kind == b.pixels->kind;
    return both && same_fragments(source, *a.pixels, derived, *b.pixels) ? Sameness::same : Sameness::unknown;
  }
  const auto one = PixelValues::of(source);
  const auto other = PixelValues::of(derived);
  if (one && other) return compare_values(*one, size_a, *other, size_b);
  if (!same_size) return Sameness::changed;
  // Colour: bytes of the same arrangement can be compared. A palette applied is no other image.
  if (a.photometric_interpretation() != b.photometric_interpretation() || a.number(a.planar) != b.number(b.planar) ||
      a.number(a.samples) != b.number(b.samples) || a.number(a.bits_allocated) != b.number(b.bits_allocated) ||
      a.endian != b.endian)
    return Sameness::unknown;
  return std::ranges::equal(a.pixels->value, b.pixels->value) ? Sameness::same : Sameness::changed;
}

bool is_corner(const dataset::DataSet& source, const dataset::DataSet& derived) {
  const auto whole = PixelValues::of(source);
  const auto part = PixelValues::of(derived);
  const Size large = size_of(source);
  const Size small = size_of(derived);
  if (!whole || !part || small.rows == 0 || small.columns == 0 || small.rows > large.rows ||
      small.columns > large.columns ||
      part->size() / (small.rows * small.columns) != whole->size() / (large.rows * large.columns))
    return false;
  for (std::size_t i = 0; i < part->size(); ++i) {
    const std::size_t row = i / small.columns;
    const std::size_t frame = row / small.rows;
    if ((*part)[i] != (*whole)[(frame * large.rows + row % small.rows) * large.columns + i % small.columns])
      return false;
  }
  return true;
}

}  // namespace assay::conformance::iod
