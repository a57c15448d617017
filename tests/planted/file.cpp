// Part 10 files (PS3.10 7.1), the deflated transfer syntax (PS3.5 A.5).
#include "file.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>

namespace planted {
namespace {

constexpr std::size_t max_inflated = 1 << 20;  // bytes: sixteen times what the fuzzer may give

// Elements of group 0002, owned here; a second element with the same tag takes the place of the first.
class MetaInformation {
 public:
  void add(std::uint32_t tag, View value) {
    const auto known = std::find_if(elements_.begin(), elements_.end(), [tag](const auto& e) { return e->tag == tag; });
    auto element = std::make_unique<Element>();
    element->tag = tag;
    element->value.assign(value.begin(), value.end());
    if (known != elements_.end()) elements_.erase(known);
    elements_.push_back(std::move(element));
    if (PLANT(03)) {
      if (tag == 0x00020010 && transfer_syntax_ == nullptr) transfer_syntax_ = elements_.back().get();
    } else if (tag == 0x00020010) {
      transfer_syntax_ = elements_.back().get();
    }
  }
  const Element* transfer_syntax() const { return transfer_syntax_; }

 private:
  std::vector<std::unique_ptr<Element>> elements_;
  const Element* transfer_syntax_ = nullptr;
};

// Reads group 0002 (explicit VR little endian), as long as its group length says.
MetaInformation read_meta(Reader& in) {
  require(in.tag() == 0x00020000);
  require(in.u16() == 0x4C55 && in.u16() == 4);  // UL
  const std::uint32_t length = in.u32();
  if (!PLANT(02)) require(length <= in.left());
  Reader inside = in.part(length);
  MetaInformation information;
  while (inside.left() > 0) {
    const std::uint32_t tag = inside.peek_tag();
    require(tag >> 16 == 2);
    // One element at a time, so that elements that come twice are seen twice.
    inside.skip(4);
    const bool wide = inside.u16() == 0x424F;  // OB
    if (wide) inside.u16();                    // reserved
    const std::size_t size = wide ? inside.u32() : inside.u16();
    require(size <= inside.left());
    information.add(tag, inside.take(size));
  }
  return information;
}

Syntax syntax_of(const Element* uid) {
  if (!PLANT(04)) require(uid != nullptr);
  char name[65] = {};  // 64 characters at most (PS3.5 9.1)
  if (!PLANT(05)) require(uid->value.size() <= 64);
  if (!uid->value.empty()) std::memcpy(name, uid->value.data(), uid->value.size());
  const std::string_view known(name);
  if (known == "1.2.840.10008.1.2") return {.explicit_vr = false};
  if (known == "1.2.840.10008.1.2.1") return {};
  if (known == "1.2.840.10008.1.2.2") return {.big_endian = true};
  if (known == "1.2.840.10008.1.2.1.99") return {.deflated = true};
  if (known == "1.2.840.10008.1.2.5") return {.encapsulated = true, .rle = true};
  require(known.starts_with("1.2.840.10008.1.2.4."));
  return {.encapsulated = true};
}

Bytes inflated(View deflated) {
  z_stream stream = {};
  require(inflateInit2(&stream, -MAX_WBITS) == Z_OK);
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = const_cast<Bytef*>(deflated.data());
  stream.avail_in = static_cast<uInt>(deflated.size());
  Bytes all;
  std::uint8_t piece[4096];
  for (int result = Z_OK; result != Z_STREAM_END;) {
    stream.next_out = piece;
    stream.avail_out = sizeof piece;
    result = inflate(&stream, Z_NO_FLUSH);
    if (PLANT(07)) {
      require(result != Z_DATA_ERROR && result != Z_NEED_DICT && result != Z_MEM_ERROR);
    } else {
      require(result == Z_OK || result == Z_STREAM_END);
    }
    all.insert(all.end(), piece, piece + (sizeof piece - stream.avail_out));
    if (!PLANT(06)) require(all.size() <= max_inflated);
    invariant(all.size() <= max_inflated + sizeof piece, "a data set inflates without bound");
  }
  return all;
}

// Texts and private elements of a data set and of the items in it.
void look_at_elements(const DataSet& set) {
  decode_texts(set);
  private_elements(set);
  for (const auto& [tag, element] : set.elements) {
    for (const auto& item : element.items) look_at_elements(*item);
  }
}

}  // namespace

void read_file(View file) {
  if (!PLANT(01)) require(file.size() >= 132);
  require(std::memcmp(file.data() + 128, "DICM", 4) == 0);
  Reader in(file);
  in.skip(132);
  const MetaInformation meta = read_meta(in);
  const Syntax syntax = syntax_of(meta.transfer_syntax());
  Bytes plain;
  Reader body(file.subspan(in.at()), syntax.big_endian, in.at());
  if (syntax.deflated) {
    plain = inflated(file.subspan(in.at()));
    body = Reader(plain);
  }
  DataSet set;
  read_data_set(body, syntax, set);
  look_at_elements(set);
  look_at_pixels(set, syntax);
  look_at_directory(set);
}

}  // namespace planted
