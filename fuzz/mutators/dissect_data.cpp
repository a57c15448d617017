// Data Sets (PS3.5 7) and files (PS3.10 7) laid open.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "fuzz/mutators/dissect.hpp"

namespace assay::fuzz {
namespace {

using layout::block;
using layout::field;
using layout::Node;

constexpr std::uint32_t undefined_length = 0xFFFFFFFF;
constexpr int deepest = 24;  // what lies deeper stays one field
constexpr std::size_t largest_inflated = 1U << 20U;
constexpr std::uint32_t item_tag = 0xFFFEE000;
constexpr std::uint32_t item_end = 0xFFFEE00D;
constexpr std::uint32_t sequence_end = 0xFFFEE0DD;

std::string tag_name(std::uint32_t tag) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out = "(0000,0000)";
  for (std::size_t i = 0; i < 8; ++i) {
    out[i < 4 ? 1 + i : 2 + i] = digits[(tag >> (28 - 4 * i)) & 15U];
  }
  return out;
}

bool is_vr(ByteView two) { return two[0] >= 'A' && two[0] <= 'Z' && two[1] >= 'A' && two[1] <= 'Z'; }

/// Reads elements and items of one Data Set; each level of nesting is one call, and there are at most `deepest`.
class Reader {
 public:
  Reader(ByteView bytes, Syntax syntax) : rest_(bytes), syntax_(syntax) {}

  [[nodiscard]] ByteView rest() const { return rest_; }

  /// Elements until the end, a delimiter of the level, or bytes that are none.
  void elements(Node& into, int depth, std::uint32_t end_tag) {
    while (rest_.size() >= 8) {
      const auto tag = tag_at();
      if (tag == end_tag) {
        into.children.push_back(bare("delimiter"));
        return;
      }
      if (!element(into, tag, depth)) break;
    }
  }

  /// What could not be read, as one field.
  void put_rest(Node& into) {
    if (!rest_.empty()) into.children.push_back(field("raw", to_bytes(rest_)));
    rest_ = {};
  }

 private:
  [[nodiscard]] std::uint32_t tag_at() const {
    return static_cast<std::uint32_t>(load<std::uint16_t>(rest_.data(), syntax_.endian)) << 16U |
           load<std::uint16_t>(rest_.data() + 2, syntax_.endian);
  }

  Bytes take(std::size_t count) {
    const auto out = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(out.size());
    return to_bytes(out);
  }

  void put(Node& into, const char* name, std::size_t count) {
    into.children.push_back(field(name, take(count), syntax_.endian));
  }

  /// A tag and a length with nothing behind them: the delimiters.
  Node bare(std::string name) {
    auto out = block(std::move(name));
    put(out, "tag", 4);
    put(out, "length", 4);
    return out;
  }

  std::uint32_t put_length(Node& into, std::uint8_t width) {
    const auto value = width == 2 ? load<std::uint16_t>(rest_.data(), syntax_.endian)
                                  : load<std::uint32_t>(rest_.data(), syntax_.endian);
    rest_ = rest_.subspan(width);
    auto length = layout::length_of_rest("length", width, syntax_.endian);
    if (value == undefined_length || value > rest_.size()) length.forced = value;
    into.children.push_back(std::move(length));
    return value;
  }

  /// False, and nothing taken, where no header can be.
  bool element(Node& into, std::uint32_t tag, int depth) {
    const bool item_like = (tag >> 16U) == 0xFFFEU;
    const bool with_vr = syntax_.explicit_vr && !item_like;
    if (with_vr && !is_vr(rest_.subspan(4, 2))) return false;
    const std::string vr = with_vr ? std::string(as_text(rest_.subspan(4, 2))) : std::string();
    const bool long_form = with_vr && has_long_length(vr);
    if (long_form && rest_.size() < 12) return false;
    auto out = block(item_like ? "item" : tag_name(tag));
    put(out, "tag", 4);
    if (with_vr) put(out, "vr", 2);
    if (long_form) put(out, "reserved", 2);
    const auto length = put_length(out, with_vr && !long_form ? 2 : 4);
    const bool undefined = length == undefined_length && !(with_vr && !long_form);
    const auto there = undefined ? rest_ : rest_.first(std::min<std::size_t>(length, rest_.size()));
    if (undefined) {
      if (depth < deepest) items(out, depth + 1, item_like);
    } else {
      Reader inner(there, syntax_);
      rest_ = rest_.subspan(there.size());
      inner.content(out, depth, vr, item_like);
    }
    into.children.push_back(std::move(out));
    return true;
  }

  /// What stands in a value of undefined length: elements in an item, items in a sequence or in Pixel Data.
  void items(Node& into, int depth, bool in_item) {
    if (in_item) {
      elements(into, depth, item_end);
      return;
    }
    while (rest_.size() >= 8) {
      const auto tag = tag_at();
      if (tag == sequence_end) {
        into.children.push_back(bare("delimiter"));
        return;
      }
      if (tag != item_tag || !element(into, tag, depth)) return;
    }
  }

  /// The value of a known length: items, an item's elements, or bytes.
  void content(Node& into, int depth, std::string_view vr, bool in_item) {
    const bool holds_items = (vr == "SQ" || vr.empty() || vr == "UN") && rest_.size() >= 8 && tag_at() == item_tag;
    if (depth < deepest && (in_item || (holds_items && !in_item))) {
      if (in_item) {
        const bool plausible =
            rest_.size() >= 8 && (!syntax_.explicit_vr || is_vr(rest_.subspan(4, 2)) || (tag_at() >> 16U) == 0xFFFEU);
        if (plausible) elements(into, depth + 1, 0);
      } else {
        items(into, depth + 1, false);
      }
      put_rest(into);
      return;
    }
    if (!rest_.empty() || !in_item) put(into, "value", rest_.size());
  }

  ByteView rest_;
  Syntax syntax_;
};

std::size_t end_of_meta(ByteView bytes) {
  std::size_t at = 0;
  while (at + 8 <= bytes.size() && load<std::uint16_t>(bytes.data() + at, Endian::little) == 2 &&
         is_vr(bytes.subspan(at + 4, 2))) {
    const bool long_form = has_long_length(as_text(bytes.subspan(at + 4, 2)));
    if (long_form && at + 12 > bytes.size()) break;
    const std::size_t length = long_form ? load<std::uint32_t>(bytes.data() + at + 8, Endian::little)
                                         : load<std::uint16_t>(bytes.data() + at + 6, Endian::little);
    const auto header = long_form ? 12U : 8U;
    if (length > bytes.size() - at - header) break;
    at += header + length;
  }
  return at;
}

/// The Transfer Syntax UID (0002,0010) of File Meta Information, without padding.
std::string transfer_syntax(const Node& meta) {
  const auto* value = layout::find(meta, "(0002,0010)/value");
  if (value == nullptr) return {};
  std::string out(as_text(value->bytes));
  while (!out.empty() && (out.back() == '\0' || out.back() == ' ')) out.pop_back();
  return out;
}

/// A PDU type and a reserved zero where a file has its preamble or a group (PS3.8 9.3.1).
bool looks_like_pdu(ByteView bytes) {
  if (bytes.size() >= 132 && as_text(bytes.subspan(128, 4)) == "DICM") return false;
  return bytes.size() >= 6 && bytes[0] >= 1 && bytes[0] <= 7 && bytes[1] == 0 && !looks_explicit(bytes) &&
         load<std::uint32_t>(bytes.data() + 2, Endian::big) < 0x01000000U;
}

}  // namespace

bool has_long_length(std::string_view vr) {
  constexpr std::array<std::string_view, 13> forms{"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                   "SV", "UC", "UN", "UR", "UT", "UV"};
  return std::ranges::find(forms, vr) != forms.end();
}

bool looks_explicit(ByteView bytes) { return bytes.size() >= 6 && is_vr(bytes.subspan(4, 2)); }

Node dissect_elements(std::string name, ByteView bytes, Syntax syntax) {
  auto out = block(std::move(name));
  Reader reader(bytes, syntax);
  reader.elements(out, 0, 0);
  reader.put_rest(out);
  return out;
}

Node dissect_group(std::string name, ByteView bytes, Syntax syntax) {
  const std::size_t header = 8;
  const bool counted = bytes.size() >= header + 4 && load<std::uint16_t>(bytes.data() + 2, Endian::little) == 0 &&
                       bytes[syntax.explicit_vr ? 6 : 4] == 4;
  if (!counted) return dissect_elements(std::move(name), bytes, syntax);
  const std::uint32_t group = load<std::uint16_t>(bytes.data(), Endian::little);
  const auto claimed = load<std::uint32_t>(bytes.data() + header, Endian::little);
  auto out = block(std::move(name));
  out.children.push_back(field("group-length-header", to_bytes(bytes.first(header))));
  auto length = layout::length_of_rest(tag_name(group << 16U), 4, Endian::little);
  const auto rest = bytes.subspan(header + 4);
  if (claimed != rest.size()) length.forced = claimed;
  out.children.push_back(std::move(length));
  auto elements = dissect_elements({}, rest, syntax);
  for (auto& child : elements.children) out.children.push_back(std::move(child));
  return out;
}

Node dissect_deflated(ByteView bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return field("raw", to_bytes(bytes));
  Bytes plain;
  std::array<std::uint8_t, 4096> piece{};
  stream.next_in = const_cast<Bytef*>(bytes.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): zlib reads only
  stream.avail_in = static_cast<uInt>(bytes.size());
  int state = Z_OK;
  while (state == Z_OK && plain.size() < largest_inflated) {
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    append(plain, ByteView(piece).first(piece.size() - stream.avail_out));
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END) return field("raw", to_bytes(bytes));
  return dissect_elements("deflated", plain, {});
}

Node dissect_file(ByteView bytes, bool open) {
  auto file = block("file");
  if (bytes.size() >= 132 && as_text(bytes.subspan(128, 4)) == "DICM") {
    file.children.push_back(field("preamble", to_bytes(bytes.first(128))));
    file.children.push_back(field("prefix", to_bytes(bytes.subspan(128, 4))));
    bytes = bytes.subspan(132);
  }
  Syntax syntax{looks_explicit(bytes), Endian::little};
  std::string uid;
  if (const auto end = end_of_meta(bytes); end > 0) {
    file.children.push_back(dissect_group("meta", bytes.first(end), {}));
    bytes = bytes.subspan(end);
    uid = transfer_syntax(file.children.back());
    syntax = {uid != "1.2.840.10008.1.2", uid == "1.2.840.10008.1.2.2" ? Endian::big : Endian::little};
  }
  if (uid == "1.2.840.10008.1.2.1.99") {
    file.children.push_back(open ? dissect_deflated(bytes) : field("raw", to_bytes(bytes)));
  } else {
    file.children.push_back(dissect_elements("data-set", bytes, syntax));
  }
  return file;
}

Node dissect(assay_format format, ByteView bytes, bool open) {
  switch (format) {
    case ASSAY_FORMAT_ANY: return looks_like_pdu(bytes) ? dissect_wire(bytes) : dissect_file(bytes, open);
    case ASSAY_FORMAT_WIRE: return dissect_wire(bytes);
    case ASSAY_FORMAT_IMPLICIT_LITTLE: return dissect_elements("data-set", bytes, {false, Endian::little});
    case ASSAY_FORMAT_EXPLICIT_LITTLE: return dissect_elements("data-set", bytes, {true, Endian::little});
    case ASSAY_FORMAT_EXPLICIT_BIG: return dissect_elements("data-set", bytes, {true, Endian::big});
    case ASSAY_FORMAT_DEFLATED: return open ? dissect_deflated(bytes) : block("file", {field("raw", to_bytes(bytes))});
    case ASSAY_FORMAT_FILE: break;
  }
  return dissect_file(bytes, open);
}

Bytes assemble(const Node& root) {
  if (root.name == "deflated") {
    auto plain = layout::serialise(root);
    Bytes out(compressBound(static_cast<uLong>(plain.size())) + 16);
    z_stream stream{};
    if (deflateInit2(&stream, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
    stream.next_in = plain.data();
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    if (out.size() % 2 != 0) out.push_back(0);  // PS3.5 A.5
    return out;
  }
  if (root.name != "file") return layout::serialise(root);
  Bytes out;
  for (const auto& child : root.children)
    append(out, child.name == "deflated" ? assemble(child) : layout::serialise(child));
  return out;
}

}  // namespace assay::fuzz
