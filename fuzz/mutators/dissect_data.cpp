// Data Sets (PS3.5 7) laid open.
#include <array>

#include "fuzz/mutators/part_writer.hpp"

namespace assay::fuzz {
namespace {

constexpr std::uint32_t undefined_length = 0xFFFFFFFF;
constexpr int deepest = 60;  // what lies deeper stays one field
constexpr std::uint32_t item_tag = 0xFFFEE000;
constexpr std::uint32_t item_end = 0xFFFEE00D;
constexpr std::uint32_t sequence_end = 0xFFFEE0DD;

bool is_vr(const std::uint8_t* two) { return two[0] >= 'A' && two[0] <= 'Z' && two[1] >= 'A' && two[1] <= 'Z'; }

/// Reads elements and items of one Data Set; each level of nesting is one call, and there are at most `deepest`.
class Reader {
 public:
  Reader(PartWriter& in, Syntax syntax) : in_(in), syntax_(syntax) {}

  /// Elements until the end, a delimiter of the level, or bytes that are none.
  void elements(std::uint32_t end_tag) {
    while (in_.left() >= 8) {
      const auto tag = tag_here();
      if (tag == end_tag) {
        delimiter();
        return;
      }
      if (!element(tag)) return;
    }
  }

 private:
  [[nodiscard]] std::uint32_t tag_here() const {
    return static_cast<std::uint32_t>(load<std::uint16_t>(in_.here(), syntax_.endian)) << 16U |
           load<std::uint16_t>(in_.here() + 2, syntax_.endian);
  }

  void delimiter() {
    const auto opened = in_.open("delimiter");
    in_.field("tag", 4, syntax_.endian);
    in_.field("length", 4, syntax_.endian);
    in_.close(opened);
  }

  /// False, and nothing taken, where no header can be.
  bool element(std::uint32_t tag) {
    const bool item_like = (tag >> 16U) == 0xFFFEU;
    const bool with_vr = syntax_.explicit_vr && !item_like;
    if (with_vr && !is_vr(in_.here() + 4)) return false;
    const auto vr = with_vr ? as_text({in_.here() + 4, 2}) : std::string_view();
    const bool long_form = with_vr && has_long_length(vr);
    if (long_form && in_.left() < 12) return false;
    const auto opened = item_like ? in_.open("item") : in_.open(element_name, tag);
    in_.field("tag", 4, syntax_.endian);
    if (with_vr) in_.field("vr", 2);
    if (long_form) in_.field("reserved", 2);
    const std::uint8_t width = with_vr && !long_form ? 2 : 4;
    const auto value = in_.length("length", width, syntax_.endian, PartWriter::Counts::all_or_undefined);
    if (width == 4 && value == undefined_length) {
      if (in_.depth() < deepest) items(item_like);
    } else {
      content(vr, item_like);
    }
    in_.close(opened);
    return true;
  }

  /// What stands in a value of undefined length: elements in an item, items in a sequence or in Pixel Data.
  void items(bool in_item) {
    if (in_item) {
      elements(item_end);
      return;
    }
    while (in_.left() >= 8) {
      const auto tag = tag_here();
      if (tag == sequence_end) {
        delimiter();
        return;
      }
      if (tag != item_tag || !element(tag)) return;
    }
  }

  /// The value of a known length: items, an item's elements, or bytes.
  void content(std::string_view vr, bool in_item) {
    const bool can_hold = in_.left() >= 8 && in_.depth() < deepest;
    if (in_item) {
      if (can_hold && (!syntax_.explicit_vr || is_vr(in_.here() + 4) || (tag_here() >> 16U) == 0xFFFEU)) elements(0);
    } else if (can_hold && (vr == "SQ" || vr.empty() || vr == "UN") && tag_here() == item_tag) {
      items(false);
    } else {
      in_.field("value", in_.left(), syntax_.endian);
    }
    in_.leftover();
  }

  PartWriter& in_;
  Syntax syntax_;
};

}  // namespace

bool has_long_length(std::string_view vr) {
  if (vr.size() != 2) return false;
  const auto letters = static_cast<unsigned>(static_cast<std::uint8_t>(vr[0])) << 8U | static_cast<std::uint8_t>(vr[1]);
  switch (letters) {
    case 'O' << 8 | 'B':
    case 'O' << 8 | 'D':
    case 'O' << 8 | 'F':
    case 'O' << 8 | 'L':
    case 'O' << 8 | 'V':
    case 'O' << 8 | 'W':
    case 'S' << 8 | 'Q':
    case 'S' << 8 | 'V':
    case 'U' << 8 | 'C':
    case 'U' << 8 | 'N':
    case 'U' << 8 | 'R':
    case 'U' << 8 | 'T':
    case 'U' << 8 | 'V': return true;
    default: return false;
  }
}

bool looks_explicit(ByteView bytes) { return bytes.size() >= 6 && is_vr(bytes.data() + 4); }

void read_data_set(PartWriter& in, std::string_view name, Syntax syntax) {
  const auto opened = in.open(name);
  Reader(in, syntax).elements(0);
  in.leftover();
  in.close(opened);
}

void read_group(PartWriter& in, std::string_view name, Syntax syntax) {
  constexpr std::size_t header = 8;
  const bool counted = in.left() >= header + 4 && load<std::uint16_t>(in.here() + 2, Endian::little) == 0 &&
                       in.here()[syntax.explicit_vr ? 6 : 4] == 4;
  const auto opened = in.open(name);
  if (counted) {
    in.field("group-length-header", header);
    const auto value = in.length("group-length", 4, Endian::little, PartWriter::Counts::something);
    in.last().lies = value != in.left();
  }
  Reader(in, syntax).elements(0);
  in.leftover();
  in.close(opened);
}

}  // namespace assay::fuzz
