// Rules about compressed Pixel Data (PS3.5 A.4, G; PS3.3 C.7.6.3.1.8): offset tables, fragments, frames. No codec.
#include <fmt/format.h>

#include <algorithm>

#include "harness/dataset/pixel_parts.hpp"
#include "harness/dataset/rle.hpp"
#include "harness/dataset/value.hpp"

namespace assay::dataset {

namespace {

constexpr std::string_view rle = "1.2.840.10008.1.2.5";

class Encapsulation : public PixelRules {
 public:
  Encapsulation(const PixelRules& rules) : PixelRules(rules), data_(encapsulated(rules.place.data_set, rules.pixels)) {}

  void run() {
    // What is read as implicit shows no VR: there is nothing to blame (the transfer syntax is blamed elsewhere).
    if (pixels.vr != Vr::OB && place.data_set.encoding().explicit_vr)
      at(pixels, "ps3.5/A.4/encapsulated-vr", "PS3.5 A.4", 0, fmt::format("{} with fragments", name(pixels.vr)), "OB",
         Gravity::deviation);
    if (!data_.table || begins_with_image(*data_.table)) {
      item(data_.table ? *data_.table : pixels, 1, "ps3.5/A.4/offset-table-missing", 0,
           data_.table ? "the first item holds an image" : "no item",
           "the Basic Offset Table as the first item, empty or not", Gravity::deviation);
      return;
    }
    if (data_.fragments.empty()) {
      at(pixels, "ps3.5/A.4/no-fragment", "PS3.5 A.4", 0, "no fragment", "at least one", Gravity::deviation);
      return;
    }
    for (std::size_t i = 0; i < data_.fragments.size(); ++i) {
      if (!data_.fragments[i]->value.empty()) continue;
      item(*data_.fragments[i], i + 2, "ps3.5/A.4/empty-fragment", 0, "an empty fragment", "bytes of a frame",
           Gravity::note);
      break;
    }
    basic_table();
    extended_table();
    numbers_agree();
    if (place.report.options().transfer_syntax_uid == rle) run_lengths();
  }

 private:
  static bool begins_with_image(const Node& item) {
    const auto bytes = item.value;
    return bytes.size() > 4 && bytes[0] == 0xff && (bytes[1] == 0xd8 || bytes[1] == 0x4f) && bytes[2] == 0xff;
  }

  // A problem in an item: number counted from 1, the table first.
  void item(const Node& node, std::size_t number, std::string_view rule, std::size_t index, std::string found,
            std::string expected, Gravity gravity) const {
    if (!place.report.wants(gravity)) return;
    const auto offset = node.kind == NodeKind::fragment ? offset_in_value(node, index)
                        : node.offset == no_offset      ? 0
                                                        : node.offset;
    place.report.put(offset,
                     short_path(place.at) + (node.kind == NodeKind::fragment ? fmt::format("[{}]", number) : ""), rule,
                     clause_of(rule), std::move(found), std::move(expected), gravity);
  }

  static std::string_view clause_of(std::string_view rule) {
    if (rule.starts_with("ps3.5/A.4.2/")) return "PS3.5 A.4.2";
    if (rule.starts_with("ps3.5/G.3.2/")) return "PS3.5 G.3.2";
    return rule.starts_with("ps3.5/G.") ? "PS3.5 G.5" : "PS3.5 A.4";
  }

  void basic_table() {
    const Numbers<std::uint32_t> offsets(data_.table->value, Endian::little);
    if (offsets.empty()) return;
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      const std::uint32_t offset = offsets[i];
      // Frames beyond 4 GiB cannot be told by this table, and a zero stands in it (A.4 demands the empty table then).
      const bool fits = data_.at(offset) && (i == 0 ? offset == 0 : offset > before);
      before = offset;
      if (fits) continue;
      item(*data_.table, 1, "ps3.5/A.4/offset-table-entry", i * 4, fmt::format("offset {} for frame {}", offset, i + 1),
           i == 0 ? "0, the first fragment" : "the item tag of a later fragment", Gravity::deviation);
      return;
    }
    const auto count = a.frame_count();
    if (count && offsets.size() != *count)
      item(*data_.table, 1, "ps3.5/A.4/offset-table-count", 0, fmt::format("{} offsets", offsets.size()),
           fmt::format("one for each of {} frames, or an empty table", *count), Gravity::deviation);
  }

  void extended_table() {
    constexpr std::string_view rule = "ps3.3/C.7.6.3.1.8/extended-offset-table";
    constexpr std::string_view clause = "PS3.3 C.7.6.3.1.8";
    if (!a.extended_offsets) {
      if (a.extended_lengths)
        at(*a.extended_lengths, rule, clause, 0, "lengths without offsets", "Extended Offset Table (7FE0,0001) as well",
           Gravity::deviation);
      return;
    }
    const Numbers<std::uint64_t> offsets(a.extended_offsets->value, Endian::little);
    const auto count = a.frame_count();
    if (!data_.table->value.empty())
      at(*a.extended_offsets, rule, clause, 0, "an Extended and a Basic Offset Table", "an empty Basic Offset Table",
         Gravity::deviation);
    if (count && offsets.size() != *count)
      return at(*a.extended_offsets, rule, clause, 0, fmt::format("{} offsets", offsets.size()),
                fmt::format("one for each of {} frames", *count), Gravity::deviation);
    for (std::size_t i = 0; i < offsets.size(); ++i)
      if (i >= data_.positions.size() || offsets[i] != data_.positions[i])
        return at(*a.extended_offsets, rule, clause, i * 8, fmt::format("offset {} for frame {}", offsets[i], i + 1),
                  i < data_.positions.size() ? fmt::format("{}: one fragment for each frame", data_.positions[i])
                                             : std::string("one fragment for each frame"),
                  Gravity::deviation);
    if (!a.extended_lengths)
      return at(*a.extended_offsets, rule, clause, 0, "offsets without lengths",
                "Extended Offset Table Lengths (7FE0,0002) as well", Gravity::deviation);
    const Numbers<std::uint64_t> lengths(a.extended_lengths->value, Endian::little);
    if (lengths.size() != offsets.size())
      return at(*a.extended_lengths, rule, clause, 0, fmt::format("{} lengths", lengths.size()),
                fmt::format("{}, as many as offsets", offsets.size()), Gravity::deviation);
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      const std::uint64_t size = data_.fragments[i]->value.size();
      if (lengths[i] != size && lengths[i] + 1 != size)
        return at(*a.extended_lengths, rule, clause, i * 8, fmt::format("length {} for frame {}", lengths[i], i + 1),
                  fmt::format("{}, less a byte of padding", size), Gravity::deviation);
    }
  }

  void numbers_agree() {
    const auto count = a.frame_count();
    if (!count || is_video_syntax(place.report.options().transfer_syntax_uid)) return;
    const auto fragments = data_.fragments.size();
    const bool one_each = place.report.options().transfer_syntax_uid == rle;
    if (one_each ? fragments != *count : fragments < *count)
      at(pixels, one_each ? "ps3.5/A.4.2/rle-fragments" : "ps3.5/A.4/fewer-fragments",
         one_each ? "PS3.5 A.4.2" : "PS3.5 A.4", 0, fmt::format("{} fragments for {} frames", fragments, *count),
         one_each ? "one fragment for each frame" : "at least one fragment for each frame", Gravity::deviation);
  }

  // 64 bytes in front of each frame: the number of segments and where each begins (PS3.5 G.5).
  void run_lengths() {
    const auto bits = a.number(a.bits_allocated);
    const auto samples = a.number(a.samples);
    for (std::size_t i = 0; i < data_.fragments.size(); ++i) {
      const auto bytes = data_.fragments[i]->value;
      const auto bad = [&](std::size_t index, std::string found, std::string expected) {
        item(*data_.fragments[i], i + 2, "ps3.5/G.5/rle-header", index, std::move(found), std::move(expected),
             Gravity::deviation);
      };
      if (bytes.size() < 64) return bad(0, fmt::format("{} bytes", bytes.size()), "a header of 64 bytes");
      const Numbers<std::uint32_t> header(bytes.first(64), Endian::little);
      if (header[0] == 0 || header[0] > 15) return bad(0, fmt::format("{} segments", header[0]), "1 to 15 segments");
      if (bits && samples && *bits % 8 == 0 && header[0] != std::uint32_t{*bits} / 8 * *samples)
        return bad(0, fmt::format("{} segments", header[0]),
                   fmt::format("{}: one for each byte of each sample", std::uint32_t{*bits} / 8 * *samples));
      for (std::size_t s = 1; s <= header[0]; ++s) {
        const std::uint32_t least = s == 1 ? 64 : header[s - 1] + 1;
        if (header[s] < least || header[s] >= bytes.size() || (s == 1 && header[s] != 64))
          return bad(s * 4, fmt::format("segment {} at {}", s, header[s]),
                     s == 1 ? std::string("64, behind the header") : fmt::format("{} to {}", least, bytes.size() - 1));
      }
      if (!segments_fill(i, header)) return;
    }
  }

  /// Each segment decodes to a byte for each pixel (PS3.5 G.3.2); false when one does not.
  bool segments_fill(std::size_t fragment, const Numbers<std::uint32_t>& header) {
    const auto height = a.number(a.rows);
    const auto width = a.number(a.columns);
    if (!height || !width) return true;
    const auto bytes = data_.fragments[fragment]->value;
    const auto wanted = std::uint64_t{*height} * *width;
    for (std::size_t s = 1; s <= header[0]; ++s) {
      const std::size_t end = s < header[0] ? header[s + 1] : bytes.size();
      const auto length = rle_length(bytes.subspan(header[s], end - header[s]), wanted);
      if (length == wanted) continue;
      item(*data_.fragments[fragment], fragment + 2, "ps3.5/G.3.2/rle-length", header[s],
           fmt::format("segment {} of {}{} bytes", s, length > wanted ? "at least " : "", length),
           fmt::format("{}, one for each pixel", wanted), Gravity::deviation);
      return false;
    }
    return true;
  }

  Encapsulated data_;
};

}  // namespace

void check_encapsulation(const PixelRules& rules) { Encapsulation(rules).run(); }

}  // namespace assay::dataset
