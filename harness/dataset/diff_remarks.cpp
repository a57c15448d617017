#include "harness/dataset/diff_remarks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/dataset/pixel.hpp"
#include "harness/dataset/rle.hpp"
#include "harness/dataset/value_text.hpp"
#include "harness/dict/dict.hpp"

namespace assay::dataset {
namespace {

constexpr std::size_t tags_named = 6;

/// How samples stand in native Pixel Data.
struct Samples {
  Bytes decoded;  // owns `bytes` where they were compressed
  ByteView bytes;
  Endian endian = Endian::little;
  unsigned size = 0;    // bytes
  unsigned stored = 0;  // bits
  unsigned shift = 0;   // of the least significant stored bit
  bool has_sign = false;

  [[nodiscard]] std::uint64_t count() const { return bytes.size() / size; }
  [[nodiscard]] std::int64_t at(std::uint64_t i) const {
    const auto* place = bytes.data() + i * size;
    std::uint64_t raw = size == 1   ? *place
                        : size == 2 ? load<std::uint16_t>(place, endian)
                                    : load<std::uint32_t>(place, endian);
    raw = (raw >> shift) & ((std::uint64_t{1} << stored) - 1);
    const bool negative = has_sign && (raw >> (stored - 1)) != 0;
    return static_cast<std::int64_t>(raw) - (negative ? std::int64_t{1} << stored : 0);
  }
};

/// The frames of RLE Lossless one after the other.
std::expected<Bytes, std::string> decoded_frames(const DataSet& data_set, const PixelAttributes& about) {
  const auto all = frames(data_set);
  if (!all) return std::unexpected(all.error());
  const auto height = about.number(about.rows).value_or(0);
  const auto width = about.number(about.columns).value_or(0);
  const RleFrame frame{std::uint64_t{height} * width, about.number(about.samples).value_or(1),
                       about.number(about.bits_allocated).value_or(8) / 8U, about.number(about.planar).value_or(0) == 1,
                       about.endian};
  Bytes out;
  for (std::uint64_t i = 0; i < all->size(); ++i) {
    const auto parts = all->frame(i).parts;
    if (parts.size() != 1) return std::unexpected("a frame of RLE has one fragment");
    const auto one = decode_rle(parts.front(), frame);
    if (!one) return std::unexpected(one.error());
    append(out, *one);
  }
  return out;
}

std::expected<Samples, std::string> samples_of(const DataSet& data_set, std::string_view transfer_syntax) {
  const auto about = pixel_attributes(data_set);
  if (about.pixels == nullptr) return std::unexpected("there is no Pixel Data");
  Bytes decoded;
  const bool compressed = about.pixels->kind != NodeKind::element;
  if (compressed) {
    if (transfer_syntax != rle_lossless) return std::unexpected("they are compressed");
    auto all = decoded_frames(data_set, about);
    if (!all) return std::unexpected(all.error());
    decoded = std::move(*all);
  }
  const auto allocated = about.number(about.bits_allocated);
  const auto stored = about.number(about.bits_stored);
  const auto total = about.total_bytes();
  if (!allocated || !stored || !total) return std::unexpected("what describes them is missing");
  const auto high = about.number(about.high_bit).value_or(static_cast<std::uint16_t>(*stored - 1));
  if ((*allocated != 8 && *allocated != 16 && *allocated != 32) || *stored == 0 || *stored > *allocated ||
      high >= *allocated || high + 1 < *stored)
    return std::unexpected(fmt::format("{} bits allocated, {} stored", *allocated, *stored));
  const auto bytes = compressed ? ByteView(decoded) : about.pixels->value;
  if (*total > bytes.size()) return std::unexpected("there are fewer than described");
  return Samples{
      std::move(decoded),  bytes.first(static_cast<std::size_t>(*total)),      about.endian, *allocated / 8U, *stored,
      high + 1U - *stored, about.number(about.representation).value_or(0) == 1};
}

bool same_shape(const DataSet& first, const DataSet& second) {
  const auto a = pixel_attributes(first);
  const auto b = pixel_attributes(second);
  return a.number(a.rows) == b.number(b.rows) && a.number(a.columns) == b.number(b.columns) &&
         a.number(a.samples) == b.number(b.samples) && a.frame_count() == b.frame_count() &&
         a.number(a.planar) == b.number(b.planar);
}

bool is_lossy(const DataSet& data_set) { return data_set.text(tags::LossyImageCompression) == "01"; }

/// The bytes that count: text without padding.
ByteView content(const Node& node) {
  return is_text(node.vr) ? as_bytes(without_padding(as_text(node.value))) : node.value;
}

/// Sequences are not looked into, and numbers in another byte order only measured.
bool same_value(const DataSet& first, const DataSet& second, const Node& before, const Node& now) {
  if (before.kind != NodeKind::element || now.kind != NodeKind::element) return before.kind == now.kind;
  const auto was = content(before);
  const auto is = content(now);
  if (!is_text(before.vr) && first.encoding().endian != second.encoding().endian) return was.size() == is.size();
  return std::ranges::equal(was, is);
}

std::string named(const std::vector<Tag>& all) {
  std::string out;
  for (std::size_t i = 0; i < all.size() && i < tags_named; ++i) {
    const auto* entry = dict::find(all[i]);
    out += (i == 0 ? "" : ", ") + (entry == nullptr ? to_string(all[i]) : std::string(entry->keyword));
  }
  return all.size() > tags_named ? out + fmt::format(" and {} more", all.size() - tags_named) : out;
}

}  // namespace

std::expected<PixelDifference, std::string> pixel_difference(const DataSet& first, const DataSet& second,
                                                             const SyntaxPair& syntaxes) {
  const auto a = samples_of(first, syntaxes.first);
  if (!a) return std::unexpected(a.error());
  const auto b = samples_of(second, syntaxes.second);
  if (!b) return std::unexpected(b.error());
  if (!same_shape(first, second) || a->count() != b->count()) return std::unexpected("they are of another size");
  PixelDifference out;
  out.samples = a->count();
  double sum = 0;
  for (std::uint64_t i = 0; i < out.samples; ++i) {
    const auto gap = a->at(i) - b->at(i);
    const auto apart = static_cast<std::uint64_t>(gap < 0 ? -gap : gap);
    if (apart == 0) continue;
    ++out.differing;
    out.greatest = std::max(out.greatest, apart);
    sum += static_cast<double>(apart);
  }
  if (out.samples > 0) out.mean = sum / static_cast<double>(out.samples);
  return out;
}

std::size_t lossy_steps(const DataSet& data_set) {
  const auto values = [&](Tag tag) {
    const auto text = data_set.text(tag);
    return text.empty() ? std::size_t{0} : 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\\'));
  };
  return std::max({values(tags::LossyImageCompressionRatio), values(tags::LossyImageCompressionMethod),
                   is_lossy(data_set) ? std::size_t{1} : std::size_t{0}});
}

std::vector<Tag> values_not_kept(const DataSet& first, const DataSet& second) {
  std::vector<Level> kept;
  for (const auto& record : second.items(tags::OriginalAttributesSequence))
    for (const auto& before : record.items(tags::ModifiedAttributesSequence)) kept.push_back(before);
  std::vector<Tag> out;
  const auto& nodes = first.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); i = nodes[i].end) {
    const auto& before = nodes[i];
    if (first.find(before.tag) != &before) continue;  // of an element that stands there twice the one that is found
    if (before.tag.group == 0x7fe0 || before.tag.is_group_length() || before.vr == Vr::UI ||
        before.tag == tags::OriginalAttributesSequence || (before.kind == NodeKind::element && content(before).empty()))
      continue;
    const auto* now = second.find(before.tag);
    if (now != nullptr && same_value(first, second, before, *now)) continue;
    if (std::ranges::none_of(kept, [&](const Level& one) { return one.has(before.tag); })) out.push_back(before.tag);
  }
  return out;
}

std::vector<Remark> remarks(const DataSet& first, const DataSet& second, const SyntaxPair& syntaxes) {
  std::vector<Remark> out;
  const auto pixels = pixel_difference(first, second, syntaxes);
  const bool has_pixels = first.find(tags::PixelData) != nullptr && second.find(tags::PixelData) != nullptr;
  if (pixels && pixels->differing > 0) {
    out.push_back({"pixels", fmt::format("{} of {} samples differ, by {} at most and {:.4g} on average",
                                         pixels->differing, pixels->samples, pixels->greatest, pixels->mean)});
  } else if (!pixels && has_pixels) {
    out.push_back({"pixels", "the pixels cannot be compared: " + pixels.error()});
  }
  const auto before = lossy_steps(first);
  const auto after = lossy_steps(second);
  if (is_lossy(first) && !is_lossy(second))
    out.push_back(
        {"lossy-label", "the first is labelled as lossy and the second is not: (0028,2110) stays 01 for ever after"});
  if (before != after) {
    out.push_back(
        {"lossy-steps", fmt::format("lossy compressions recorded: {} in the first, {} in the second", before, after)});
  } else if (pixels && pixels->differing > 0) {
    out.push_back({"lossy-steps", fmt::format("the pixels changed, and no further lossy compression is recorded ({} in "
                                              "both)",
                                              before)});
  }
  // Objects with other UIDs are other objects, and owe nothing to the first.
  if (first.text(tags::SOPInstanceUID) != second.text(tags::SOPInstanceUID)) return out;
  if (const auto gone = values_not_kept(first, second); !gone.empty())
    out.push_back({"previous-values",
                   fmt::format("{} value{} changed or went, and no Original Attributes Sequence (0400,0561) of the "
                               "second keeps what {} before: {}",
                               gone.size(), gone.size() == 1 ? "" : "s", gone.size() == 1 ? "it was" : "they were",
                               named(gone))});
  return out;
}

}  // namespace assay::dataset
