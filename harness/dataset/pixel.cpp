#include "harness/dataset/pixel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "harness/dataset/value.hpp"

namespace assay::dataset {

std::optional<std::uint16_t> PixelAttributes::number(const Node* node) const {
  if (!node || node->kind != NodeKind::element || node->value.size() != 2 || is_text(node->vr)) return std::nullopt;
  return load<std::uint16_t>(node->value.data(), endian);
}

std::string_view PixelAttributes::photometric_interpretation() const {
  return photometric ? trimmed(without_padding(as_text(photometric->value))) : std::string_view{};
}

std::optional<std::uint64_t> PixelAttributes::frame_count() const {
  if (!frames) return 1;
  const auto text = without_padding(as_text(frames->value));
  if (text.empty()) return 1;
  const auto number = parse_integer_string(text);
  if (!number || *number < 1) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<std::uint64_t> PixelAttributes::frame_bits() const {
  const auto height = number(rows);
  const auto width = number(columns);
  if (!height || !width) return std::nullopt;
  std::uint64_t per_pixel = 0;
  if (!pixels && float_pixels) {
    per_pixel = 32;
  } else if (!pixels && double_pixels) {
    per_pixel = 64;
  } else {
    const auto bits = number(bits_allocated);
    if (!bits) return std::nullopt;
    const auto per_sample = number(samples).value_or(1);
    per_pixel = std::uint64_t{*bits} * per_sample;
    // Two luminance samples share the chrominance of a pair, four that of a square (PS3.3 C.7.6.3.1.2).
    const auto kind = photometric_interpretation();
    if (per_sample == 3 && (kind == "YBR_FULL_422" || kind == "YBR_PARTIAL_422")) per_pixel = std::uint64_t{*bits} * 2;
    if (per_sample == 3 && kind == "YBR_PARTIAL_420") return std::uint64_t{*height} * *width * *bits * 3 / 2;
  }
  // Four numbers of 16 bits: the product fits into 64.
  return std::uint64_t{*height} * *width * per_pixel;
}

std::optional<std::uint64_t> PixelAttributes::total_bytes() const {
  const auto bits = frame_bits();
  const auto count = frame_count();
  if (!bits || !count) return std::nullopt;
  if (*bits != 0 && *count > (std::numeric_limits<std::uint64_t>::max() - 7) / *bits) return std::nullopt;
  return (*bits * *count + 7) / 8;
}

PixelAttributes pixel_attributes(const DataSet& data_set, std::uint32_t first, std::uint32_t end, Endian endian) {
  struct Row {
    Tag tag;
    const Node* PixelAttributes::* place;
  };
  static constexpr Row rows[] = {
      {tags::SamplesPerPixel, &PixelAttributes::samples},
      {tags::PhotometricInterpretation, &PixelAttributes::photometric},
      {tags::PlanarConfiguration, &PixelAttributes::planar},
      {tags::NumberOfFrames, &PixelAttributes::frames},
      {tags::Rows, &PixelAttributes::rows},
      {tags::Columns, &PixelAttributes::columns},
      {tags::BitsAllocated, &PixelAttributes::bits_allocated},
      {tags::BitsStored, &PixelAttributes::bits_stored},
      {tags::HighBit, &PixelAttributes::high_bit},
      {tags::PixelRepresentation, &PixelAttributes::representation},
      {tags::LossyImageCompression, &PixelAttributes::lossy},
      {tags::ExtendedOffsetTable, &PixelAttributes::extended_offsets},
      {tags::ExtendedOffsetTableLengths, &PixelAttributes::extended_lengths},
      {tags::FloatPixelData, &PixelAttributes::float_pixels},
      {tags::DoubleFloatPixelData, &PixelAttributes::double_pixels},
      {tags::PixelData, &PixelAttributes::pixels},
  };
  PixelAttributes result;
  result.endian = endian;
  const auto& nodes = data_set.nodes();
  for (std::uint32_t i = first; i < end; i = nodes[i].end) {
    const Node& node = nodes[i];
    if ((node.tag.group != 0x0028 && node.tag.group != 0x7fe0) || node.vr == Vr::none) continue;
    for (const auto& row : rows)
      if (node.tag == row.tag && !(result.*row.place)) result.*row.place = &node;
  }
  return result;
}

PixelAttributes pixel_attributes(const DataSet& data_set) {
  return pixel_attributes(data_set, 0, static_cast<std::uint32_t>(data_set.nodes().size()), data_set.encoding().endian);
}

std::optional<std::size_t> Encapsulated::at(std::uint64_t position) const {
  const auto found = std::lower_bound(positions.begin(), positions.end(), position);
  if (found == positions.end() || *found != position) return std::nullopt;
  return static_cast<std::size_t>(found - positions.begin());
}

Encapsulated encapsulated(const DataSet& data_set, const Node& pixels) {
  Encapsulated result;
  const auto& nodes = data_set.nodes();
  const auto index = static_cast<std::uint32_t>(&pixels - nodes.data());
  std::uint64_t position = 0;
  for (std::uint32_t i = index + 1; i < pixels.end; i = nodes[i].end) {
    const Node& node = nodes[i];
    if (node.kind == NodeKind::fragment && !result.table) {
      result.table = &node;
      continue;
    }
    // Anything else that strayed in still takes its place.
    if (node.kind == NodeKind::fragment) {
      result.fragments.push_back(&node);
      result.positions.push_back(position);
    }
    const bool read = node.offset != no_offset;
    position += read ? node.end_offset - node.offset : 8 + node.value.size() + node.value.size() % 2;
  }
  return result;
}

/// Tells which fragments make a frame.
struct FrameFinder {
  const PixelAttributes& attributes;
  const Encapsulated& data;
  std::uint64_t count;
  PixelFrames& result;

  // Starts of frames from a list of offsets: ascending, each at a fragment, the first at the first.
  template <typename T>
  bool by_table(const Numbers<T>& offsets) {
    if (offsets.size() != count) return false;
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      const auto at = data.at(offsets[i]);
      if (!at || (i == 0 ? *at != 0 : *at <= starts.back())) return false;
      starts.push_back(*at);
    }
    return take(std::move(starts));
  }

  // The stated length of each frame leaves its padding out.
  void cut_to_lengths(const Numbers<std::uint64_t>& lengths) {
    if (lengths.size() != count || result.fragments_.size() != count) return;
    for (std::size_t i = 0; i < lengths.size(); ++i)
      if (lengths[i] < result.fragments_[i].size())
        result.fragments_[i] = result.fragments_[i].first(static_cast<std::size_t>(lengths[i]));
  }

  // Every frame of these codecs begins with a marker of its own.
  bool by_first_bytes() {
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < data.fragments.size(); ++i) {
      const auto bytes = data.fragments[i]->value;
      const bool begins = bytes.size() >= 3 && bytes[0] == 0xff &&
                          ((bytes[1] == 0xd8 && bytes[2] == 0xff) || (bytes[1] == 0x4f && bytes[2] == 0xff));
      if (begins) starts.push_back(i);
    }
    return starts.size() == count && starts.front() == 0 && take(std::move(starts));
  }

  bool take(std::vector<std::size_t> starts) {
    result.starts_ = std::move(starts);
    result.starts_.push_back(data.fragments.size());
    return true;
  }

  bool run() {
    if (const auto* extended = attributes.extended_offsets) {
      if (by_table(Numbers<std::uint64_t>(extended->value, Endian::little))) {
        if (const auto* lengths = attributes.extended_lengths)
          cut_to_lengths(Numbers<std::uint64_t>(lengths->value, Endian::little));
        return true;
      }
    }
    if (data.table && by_table(Numbers<std::uint32_t>(data.table->value, Endian::little))) return true;
    if (count == 1) return take({0});
    if (count == data.fragments.size()) {
      std::vector<std::size_t> starts(data.fragments.size());
      for (std::size_t i = 0; i < starts.size(); ++i) starts[i] = i;
      return take(std::move(starts));
    }
    return count <= data.fragments.size() && by_first_bytes();
  }
};

std::expected<PixelFrames, std::string> frames(const DataSet& data_set) {
  const auto attributes = pixel_attributes(data_set);
  const Node* pixels = attributes.pixels         ? attributes.pixels
                       : attributes.float_pixels ? attributes.float_pixels
                                                 : attributes.double_pixels;
  if (!pixels) return std::unexpected("there is no Pixel Data at the top level");
  const auto count = attributes.frame_count();
  if (!count) return std::unexpected("Number of Frames (0028,0008) is no number above 0");
  PixelFrames result;
  result.count_ = *count;
  if (pixels->kind == NodeKind::fragments) {
    result.encapsulated_ = true;
    const auto data = encapsulated(data_set, *pixels);
    if (data.fragments.empty()) return std::unexpected("the encapsulated Pixel Data has no fragment");
    for (const auto* fragment : data.fragments) result.fragments_.push_back(fragment->value);
    if (!FrameFinder{attributes, data, *count, result}.run())
      return std::unexpected(fmt::format("{} fragments cannot be told apart into {} frames: no offset table fits",
                                         data.fragments.size(), *count));
    return result;
  }
  const auto bits = attributes.frame_bits();
  const auto bytes = attributes.total_bytes();
  if (!bits || *bits == 0) return std::unexpected("the size of a frame is not stated: Rows, Columns, Bits Allocated");
  if (!bytes || *bytes > pixels->value.size())
    return std::unexpected(fmt::format("{} frames of {} bytes do not fit into {} bytes of Pixel Data", *count,
                                       (*bits + 7) / 8, pixels->value.size()));
  result.native_ = pixels->value;
  result.frame_bits_ = *bits;
  return result;
}

PixelFrame PixelFrames::frame(std::uint64_t i) const {
  PixelFrame result;
  if (encapsulated_) {
    const auto index = static_cast<std::size_t>(i);
    result.parts.assign(fragments_.begin() + static_cast<std::ptrdiff_t>(starts_[index]),
                        fragments_.begin() + static_cast<std::ptrdiff_t>(starts_[index + 1]));
    return result;
  }
  const std::uint64_t first = i * frame_bits_;
  const std::uint64_t last = first + frame_bits_;
  result.first_bit = static_cast<std::uint8_t>(first % 8);
  result.parts.push_back(
      native_.subspan(static_cast<std::size_t>(first / 8), static_cast<std::size_t>((last + 7) / 8 - first / 8)));
  return result;
}

}  // namespace assay::dataset
