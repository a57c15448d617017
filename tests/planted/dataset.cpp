// Elements, sequences and fragments (PS3.5 7.1, 7.5, A.4).
#include "dataset.hpp"

#include <utility>

namespace planted {
namespace {

constexpr std::uint32_t undefined_length = 0xFFFFFFFF;
constexpr std::uint32_t item_tag = 0xFFFEE000;
constexpr std::uint32_t item_delimitation = 0xFFFEE00D;
constexpr std::uint32_t sequence_delimitation = 0xFFFEE0DD;
constexpr std::uint32_t pixel_data = 0x7FE00010;

struct Header {
  std::uint32_t tag;
  std::uint16_t vr;
  std::uint32_t length;
};

bool is_one_of(std::uint16_t code, std::string_view letters) {
  for (std::size_t i = 0; i + 1 < letters.size(); i += 3) {
    if (code == (letters[i] << 8 | letters[i + 1])) return true;
  }
  return false;
}

bool has_short_length(std::uint16_t code) {
  return is_one_of(code, "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US");
}

bool has_long_length(std::uint16_t code) { return is_one_of(code, "OB OD OF OL OV OW SQ SV UC UN UR UT UV"); }

// The VR of implicit VR little endian, for the elements that this parser looks at.
std::uint16_t vr_of(std::uint32_t tag) {
  switch (tag) {
    case 0x00041220:
    case 0x00082112:
    case 0x00283000:
    case 0x00880200:
    case 0x00400100:
    case 0x52009230: return vr("SQ");
    case 0x00041200:
    case 0x00041202:
    case 0x00041400:
    case 0x00041420: return vr("UL");
    case 0x00041410:
    case 0x00280002:
    case 0x00280006:
    case 0x00280010:
    case 0x00280011:
    case 0x00280100:
    case 0x00280101:
    case 0x00280102:
    case 0x00280103:
    case 0x00281101:
    case 0x00281102:
    case 0x00281103: return vr("US");
    case 0x00080005:
    case 0x00080052:
    case 0x00280004:
    case 0x00041500: return vr("CS");
    case 0x00080016:
    case 0x00080018:
    case 0x0020000D: return vr("UI");
    case 0x00280008: return vr("IS");
    case 0x00100010: return vr("PN");
    case 0x00100020: return vr("LO");
    default: break;
  }
  const std::uint32_t low = tag & 0xFFFF;
  if ((tag >> 16) % 2 == 1 && low >= 0x10 && low <= 0xFF) return vr("LO");  // private creator
  if ((tag & 0xFF000000) == 0x60000000) return low == 0x3000 ? vr("OW") : low == 0x0050 ? vr("SS") : vr("US");
  if (tag == pixel_data || (tag >= 0x00281201 && tag <= 0x00281203)) return vr("OW");
  return vr("UN");
}

Header read_header(Reader& in, const Syntax& syntax) {
  const std::uint32_t tag = in.tag();
  if (tag >> 16 == 0xFFFE || !syntax.explicit_vr) return {tag, vr_of(tag), in.u32()};
  const int first = in.u8();
  const std::uint16_t code = static_cast<std::uint16_t>(first << 8 | in.u8());
  if (has_short_length(code)) return {tag, code, in.u16()};
  in.u16();  // reserved
  return {tag, code, in.u32()};
}

// Big endian words and long words become little endian ones.
void swap_words(Bytes& value, std::uint16_t code) {
  std::size_t width = 1;
  if (is_one_of(code, "US SS OW AT")) width = 2;
  if (is_one_of(code, "UL SL FL OF OL")) width = 4;
  if (!PLANT(14)) require(value.size() % width == 0);
  for (std::size_t at = 0; at < value.size(); at += width) {
    for (std::size_t i = 0; i < width / 2; ++i) std::swap(value[at + i], value[at + width - 1 - i]);
  }
}

Bytes read_value(Reader& in, const Header& header, const Syntax& syntax) {
  Bytes value;
  if (PLANT(08) && !has_short_length(header.vr) && !has_long_length(header.vr)) value.reserve(header.length);
  if (PLANT(09)) {
    const std::uint32_t end = static_cast<std::uint32_t>(in.at()) + header.length;
    require(end <= in.size());
  } else {
    require(header.length <= in.left());
  }
  const View read = in.take(header.length);
  value.assign(read.begin(), read.end());
  if (syntax.big_endian) swap_words(value, header.vr);
  return value;
}

void read_items(Reader& in, const Header& header, const Syntax& syntax, Element& sequence, int depth) {
  const bool delimited = header.length == undefined_length;
  require(delimited || header.length <= in.left());
  const std::size_t end = delimited ? in.size() : in.at() + header.length;
  while (in.at() < end) {
    const std::size_t offset = in.offset();
    const std::uint32_t tag = in.tag();
    const std::uint32_t length = in.u32();
    if (tag == sequence_delimitation && delimited) {
      if (PLANT(12)) in.skip(length);
      return;
    }
    require(tag == item_tag && in.at() <= end);
    DataSet& item = *sequence.items.emplace_back(std::make_unique<DataSet>());
    item.offset = offset;
    if (length == undefined_length) {
      read_data_set(in, syntax, item, depth + 1, true);
    } else {
      if (!PLANT(11)) require(length <= end - in.at());
      Reader inside = in.part(length);
      read_data_set(inside, syntax, item, depth + 1);
    }
  }
  require(!delimited && in.at() == end);
}

void read_fragments(Reader& in, Element& pixels) {
  while (in.left() >= 8) {
    const std::uint32_t next = in.peek_tag();
    if (next != item_tag && next != sequence_delimitation) {
      if (PLANT(13)) continue;
      throw Malformed{};
    }
    in.tag();
    const std::uint32_t length = in.u32();
    if (next == sequence_delimitation) return;
    require(length <= in.left());
    const View read = in.take(length);
    pixels.fragments.emplace_back(read.begin(), read.end());
  }
  throw Malformed{};
}

}  // namespace

void read_data_set(Reader& in, const Syntax& syntax, DataSet& set, int depth, bool delimited) {
  if (!PLANT(10)) require(depth <= max_depth);
  while (in.left() > 0) {
    const Header header = read_header(in, syntax);
    if (header.tag == item_delimitation) {
      require(delimited);
      return;
    }
    Element element;
    element.tag = header.tag;
    element.vr = header.vr;
    const bool undefined = header.length == undefined_length;
    if (undefined && header.tag == pixel_data && syntax.encapsulated) {
      read_fragments(in, element);
    } else if (header.vr == vr("SQ") || (undefined && header.vr == vr("UN"))) {
      element.vr = vr("SQ");
      read_items(in, header, syntax, element, depth);
    } else {
      require(!undefined);
      element.value = read_value(in, header, syntax);
    }
    set.elements.insert_or_assign(header.tag, std::move(element));
  }
  require(!delimited);
}

}  // namespace planted
