#include "harness/dataset/guess.hpp"

#include <algorithm>
#include <array>

#include "harness/dict/vr_table.hpp"

namespace assay::dataset {

namespace {

constexpr unsigned most_elements = 12;

std::uint16_t u16(ByteView bytes, std::size_t at, Endian endian) {
  return load<std::uint16_t>(bytes.data() + at, endian);
}
std::uint32_t u32(ByteView bytes, std::size_t at, Endian endian) {
  return load<std::uint32_t>(bytes.data() + at, endian);
}

Vr letters_at(ByteView bytes, std::size_t at) { return static_cast<Vr>(bytes[at] << 8 | bytes[at + 1]); }

struct Header {
  std::size_t size = 8;
  std::uint32_t length = 0;
  bool fits = false;
};

Header explicit_header(ByteView bytes, std::size_t at, Endian endian, const dict::Entry* entry) {
  const Vr vr = letters_at(bytes, at + 4);
  const VrRow& row = vr_row(vr);
  Header header;
  if (!row.known) return header;
  if (row.long_length) {
    if (bytes.size() - at < 12 || bytes[at + 6] != 0 || bytes[at + 7] != 0) return header;
    header.size = 12;
    header.length = u32(bytes, at + 8, endian);
  } else {
    header.length = u16(bytes, at + 6, endian);
  }
  // A VR that the dictionary does not know for the element happens; one of another sort means other bytes.
  header.fits = entry == nullptr || entry->allows(vr) || vr == Vr::UN || vr_row(entry->vr).text == row.text;
  return header;
}

Header implicit_header(ByteView bytes, std::size_t at, Endian endian, const dict::Entry* entry) {
  Header header{.size = 8, .length = u32(bytes, at + 4, endian), .fits = true};
  // Two letters of the element's own VR are no length.
  const Vr letters = letters_at(bytes, at + 4);
  if (entry != nullptr && entry->allows(letters)) header.fits = false;
  if (entry == nullptr && is_known(letters)) header.fits = false;
  return header;
}

}  // namespace

Look look_at(ByteView bytes, Encoding encoding) {
  Look look;
  std::size_t at = 0;
  std::uint64_t next_tag = 0;
  while (at < bytes.size() && look.good < most_elements) {
    if (bytes.size() - at < 8) {
      look.bad = true;
      break;
    }
    const Tag tag(u16(bytes, at, encoding.endian), u16(bytes, at + 2, encoding.endian));
    const auto* entry = dict::find(tag);
    const bool is_private = (tag.group & 1) != 0 && tag.group > 8 && tag.group != 0xffff && tag.element >= 0x10;
    if (tag.packed() < next_tag || tag.group < 4 || tag.group == 0xfffe || (entry == nullptr && !is_private)) {
      look.bad = true;
      break;
    }
    const auto header = encoding.explicit_vr ? explicit_header(bytes, at, encoding.endian, entry)
                                             : implicit_header(bytes, at, encoding.endian, entry);
    const std::size_t left = bytes.size() - at - std::min(header.size, bytes.size() - at);
    if (!header.fits) {
      look.bad = true;
      break;
    }
    if (header.length == undefined_length) {
      const std::size_t item = at + header.size;
      if (left < 8 || u16(bytes, item, encoding.endian) != 0xfffe) {
        look.bad = true;
        break;
      }
      ++look.good;
      if (entry != nullptr) ++look.known;
      look.seen = bytes.size();
      return look;
    }
    if (header.length > left) {
      look.bad = true;
      break;
    }
    ++look.good;
    if (entry != nullptr) ++look.known;
    next_tag = std::uint64_t{tag.packed()} + 1;
    at += header.size + header.length;
  }
  look.seen = at;
  return look;
}

std::optional<Encoding> sniff(ByteView bytes) {
  constexpr Encoding implicit_be{false, Endian::big, false, false};
  std::optional<Encoding> best;
  unsigned score = 0;
  for (const auto& encoding : {explicit_le, implicit_le, explicit_be, implicit_be}) {
    const auto look = look_at(bytes, encoding);
    if (!look.convincing() || look.known <= score) continue;
    best = encoding;
    score = look.known;
  }
  return best;
}

bool looks_like_meta(ByteView bytes) {
  if (bytes.size() < 8) return false;
  for (const auto endian : {Endian::little, Endian::big}) {
    if (u16(bytes, 0, endian) != 2) continue;
    const Tag tag(2, u16(bytes, 2, endian));
    if (tag.element != 0 && dict::find(tag) == nullptr) continue;
    if (is_known(letters_at(bytes, 4)) || u32(bytes, 4, endian) <= bytes.size() - 8) return true;
  }
  return false;
}

Encoding meta_encoding(ByteView bytes) {
  Encoding encoding = explicit_le;
  if (bytes.size() < 8) return encoding;
  if (u16(bytes, 0, Endian::little) != 2 && u16(bytes, 0, Endian::big) == 2) encoding.endian = Endian::big;
  if (u16(bytes, 0, encoding.endian) != 2) return explicit_le;
  // A length of some hundred bytes has a zero where a VR has its second letter.
  const bool letters = is_known(letters_at(bytes, 4));
  if (!letters && u32(bytes, 4, encoding.endian) <= bytes.size() - 8) encoding.explicit_vr = false;
  return encoding;
}

std::optional<Problem> swapped_numbers(const DataSet& data_set) {
  const Node* node = data_set.find(tags::BitsAllocated);
  if (node == nullptr || node->value.size() != 2 || node->offset == no_offset) return std::nullopt;
  const auto turned = [&](Tag tag) -> unsigned {
    const auto value = data_set.u16(tag);
    return value ? ((*value & 0xffU) << 8 | *value >> 8) : 0U;
  };
  const auto one_of = [](unsigned value, std::initializer_list<unsigned> list) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  const unsigned allocated = turned(tags::BitsAllocated);
  const unsigned stored = turned(tags::BitsStored);
  const unsigned samples = turned(tags::SamplesPerPixel);
  if (!one_of(allocated, {1, 8, 12, 16, 24, 32, 64})) return std::nullopt;
  if (stored == 0 || stored > allocated) return std::nullopt;
  if (samples != 0 && !one_of(samples, {1, 3, 4})) return std::nullopt;
  const auto as_read = data_set.u16(tags::BitsAllocated).value_or(0);
  return Problem{.rule = "ps3.5/7.3/byte-swapped",
                 .clause = "PS3.5 7.3",
                 .offset = node->end_offset - 2,
                 .field = to_string(node->tag),
                 .found = std::to_string(as_read) + " bits allocated",
                 .expected = std::to_string(allocated) + ", the same bytes swapped; Rows, Columns and others likewise",
                 .gravity = Gravity::deviation};
}

}  // namespace assay::dataset
