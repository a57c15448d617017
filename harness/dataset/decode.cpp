#include <algorithm>

#include "harness/dataset/decoder.hpp"

namespace assay::dataset {

namespace {

constexpr Tag item_tag{0xfffe, 0xe000};
constexpr Tag item_end_tag{0xfffe, 0xe00d};
constexpr Tag sequence_end_tag{0xfffe, 0xe0dd};

constexpr bool is_letter(std::uint8_t c) { return c >= 'A' && c <= 'Z'; }

constexpr bool holds_fragments(Vr vr) {
  return vr == Vr::OB || vr == Vr::OW || vr == Vr::OF || vr == Vr::OD || vr == Vr::OL || vr == Vr::OV;
}

}  // namespace

void TreeSink::start(ByteView bytes, const DecodeOptions& options) {
  data_set.source_ = bytes;
  data_set.source_base_ = options.base_offset;
  // Usual elements take 16 bytes or more; what is denser makes the vector grow. Never more than the input can hold.
  data_set.nodes_.reserve(std::min<std::size_t>(bytes.size() / 14 + 1, 160));
}

template <typename Sink>
Decoder<Sink>::Decoder(ByteView bytes, Encoding encoding, const DecodeOptions& options, Sink wanted)
    : sink(std::move(wanted)),
      options_(options),
      data_(bytes.data()),
      size_(bytes.size()),
      max_depth_(options.max_depth),
      stop_before_(options.stop_before ? options.stop_before->packed() : std::uint64_t{1} << 32),
      encapsulated_(encoding.encapsulated),
      counts_group_(options.command_set || options.file_meta) {
  sink.start(bytes, options);
  frames_[0] = Frame{.end = size_,
                     .next_tag = 0,
                     .offset = 0,
                     .tag = {},
                     .node = 0,
                     .items = 0,
                     .depth = 0,
                     .length = 0,
                     .vr = Vr::none,
                     .kind = FrameKind::root,
                     .undefined = false,
                     .explicit_vr = encoding.explicit_vr,
                     .big = encoding.endian == Endian::big,
                     .signed_pixels = false};
}

template <typename Sink>
void Decoder<Sink>::run() {
  if (options_.command_set) look_for_explicit_command();
  while (!stopped_) {
    Frame& frame = frames_[top_];
    if (at_ >= frame.end) {
      if (top_ == 0) break;
      close_at_end(frame);
    } else if (frame.kind == FrameKind::root || frame.kind == FrameKind::item) {
      element(frame);
    } else {
      item(frame);
    }
    if (sink.stopped()) break;
  }
  while (top_ > 0) close();
  consumed = at_;
  sink.finish(at_);
  if (!failed_ && counts_group_) check_group_length();
}

template <typename Sink>
void Decoder<Sink>::element(Frame& frame) {
  const std::size_t left = frame.end - at_;
  if (left < 8) {
    error("ps3.5/7.1/truncated-element", "PS3.5 7.1", at_, nullptr, std::to_string(left) + " bytes left",
          "at least 8 bytes of Data Element");
    return;
  }
  const Tag tag{u16(at_, frame.big), u16(at_ + 2, frame.big)};
  if (tag.group == 0xfffe) return delimiter(frame, tag);
  if (top_ == 0 && tag.packed() >= stop_before_) {
    stopped_ = true;
    return;
  }

  Vr vr;
  std::size_t header = 8;
  std::uint32_t length;
  const VrRow* row;
  if (frame.explicit_vr) {
    vr = static_cast<Vr>(data_[at_ + 4] << 8 | data_[at_ + 5]);
    row = &vr_row(vr);
    if (row->known) [[likely]] {
      if (!row->long_length) {
        length = u16(at_ + 6, frame.big);
      } else {
        header = 12;
        if (left < 12) {
          error("ps3.5/7.1/truncated-element", "PS3.5 7.1", at_, &tag, std::to_string(left) + " bytes left",
                "at least 12 bytes of Data Element");
          return;
        }
        length = u32(at_ + 8, frame.big);
        if ((data_[at_ + 6] | data_[at_ + 7]) != 0)
          deviation("ps3.5/7.1.2/reserved", "PS3.5 7.1.2", at_ + 6, tag, "non-zero reserved bytes", "0000H");
      }
      if (dict::quick_vr(tag) != vr) check_vr(tag, vr);
    } else {
      if (!unknown_vr(frame, tag, vr, header, length)) return;
      row = &vr_row(vr);
    }
  } else {
    length = u32(at_ + 4, frame.big);
    vr = vr_of_implicit(frame, tag, left);
    row = &vr_row(vr);
  }

  if (tag.packed() < frame.next_tag) check_order(frame, tag);
  frame.next_tag = std::uint64_t{tag.packed()} + 1;
  if (tag.element == 0 || tag.group < 8 || tag.group == 0xffff || options_.command_set || options_.file_meta)
    check_group(tag);

  if (vr == Vr::SQ || length == undefined_length) return container(frame, tag, vr, header, length);

  if (length > left - header) {
    error("ps3.5/7.1/length-past-end", "PS3.5 7.1.1",
          at_ + (header == 12        ? 8
                 : frame.explicit_vr ? 6
                                     : 4),
          &tag, "length " + std::to_string(length), "at most " + std::to_string(left - header));
    return;
  }
  const std::size_t value_at = at_ + header;
  if ((length & 1) != 0)
    deviation("ps3.5/7.1.1/odd-length", "PS3.5 7.1.1",
              at_ + (header == 12        ? 8
                     : frame.explicit_vr ? 6
                                         : 4),
              tag, "length " + std::to_string(length), "an even length");
  if (row->text) {
    if (length != 0) {
      if (vr == Vr::UI) {
        check_uid(tag, value_at, length);
      } else if (data_[value_at + length - 1] == 0) {
        deviation("ps3.5/6.2/text-padding", "PS3.5 6.2", value_at + length - 1, tag, "trailing NUL",
                  "padding by space (20H)");
      }
    }
  } else if ((length & (row->unit - 1U)) != 0) {
    check_number_size(tag, vr, at_ + (header == 12 ? 8 : frame.explicit_vr ? 6 : 4), length);
  }
  if (sink.count() >= limits::max_elements) {
    error("limits/elements", "PS3.5 7.1", at_, &tag, "more Data Elements", std::to_string(limits::max_elements));
    return;
  }
  at_ = value_at + length;
  const Node node{.tag = tag,
                  .vr = vr,
                  .kind = NodeKind::element,
                  .depth = frame.depth,
                  .length = length,
                  .end = sink.count() + 1,
                  .offset = options_.base_offset + value_at - header,
                  .end_offset = options_.base_offset + at_,
                  .value = {data_ + value_at, length}};
  if (counts_group_) see_group_length(node);
  sink.leaf(node, frame.big);
}

// The VR of an implicit element: the dictionary's; "US or SS" by the Pixel Representation read before (PS3.3 C.7.6.3).
template <typename Sink>
Vr Decoder<Sink>::vr_of_implicit(Frame& frame, Tag tag, std::size_t left) const {
  const Vr quick = dict::quick_vr(tag);
  if (quick != Vr::none) [[likely]] {
    if (tag == tags::PixelRepresentation && left >= 9) {
      const auto length = u32(at_ + 4, frame.big);
      if (length == 2 && left >= 10) frame.signed_pixels = u16(at_ + 8, frame.big) == 1;
      // An encoder makes it even by a zero behind it.
      if (length == 1 && !frame.big) frame.signed_pixels = data_[at_ + 8] == 1;
    }
    return quick;
  }
  if (frame.signed_pixels) {
    const auto* entry = dict::find(tag);
    if (entry && entry->vr == Vr::US && entry->other_vr == Vr::SS && entry->third_vr == Vr::none) return Vr::SS;
  }
  return dict::implicit_vr(tag);
}

// Whether an element with a known VR, a delimiter or the end of the level is at `at`; an item is the value of a
// sequence.
template <typename Sink>
bool Decoder<Sink>::starts_element(const Frame& frame, std::size_t at) const {
  if (at == frame.end) return true;
  if (at > frame.end || frame.end - at < 8) return false;
  if (u16(at, frame.big) == 0xfffe) return u16(at + 2, frame.big) != item_tag.element;
  return vr_row(static_cast<Vr>(data_[at + 4] << 8 | data_[at + 5])).known;
}

// Letters that are no VR. Two capitals are taken for a VR of a later edition, all of which have the 32-bit length;
// anything else for an implicit element that strayed in, else for a short one. False when neither fits.
template <typename Sink>
bool Decoder<Sink>::unknown_vr(Frame& frame, Tag tag, Vr& vr, std::size_t& header, std::uint32_t& length) {
  const std::size_t left = frame.end - at_;
  const std::string found = letters(data_ + at_ + 4);
  const bool two_letters = is_letter(data_[at_ + 4]) && is_letter(data_[at_ + 5]);
  // The form that brings us to another element is right; when neither or both do, the first that fits.
  const std::size_t long_header = two_letters ? 12 : 8;
  const std::uint32_t long_length = left < long_header ? 0 : u32(at_ + long_header - 4, frame.big);
  const std::uint32_t short_length = u16(at_ + 6, frame.big);
  const bool long_fits = left >= long_header && long_length <= left - long_header;
  const bool short_fits = short_length <= left - 8;
  const bool take_short = short_fits && (!long_fits || (!starts_element(frame, at_ + long_header + long_length) &&
                                                        starts_element(frame, at_ + 8 + short_length)));
  vr = Vr::UN;
  header = take_short ? 8 : long_header;
  length = take_short ? short_length : long_length;
  const bool fits = long_fits || short_fits;
  if (fits && !two_letters && !take_short) vr = vr_of_implicit(frame, tag, left);
  if (two_letters && fits)
    deviation("ps3.5/6.2/unknown-vr", "PS3.5 6.2", at_ + 4, tag, found, "a VR of Table 6.2-1");
  else if (two_letters)
    error("ps3.5/6.2/unknown-vr", "PS3.5 6.2", at_ + 4, &tag, found, "a VR of Table 6.2-1");
  else if (fits)
    deviation("ps3.5/7.1.2/vr-missing", "PS3.5 7.1.2", at_ + 4, tag, found, "two letters of a VR");
  else
    error("ps3.5/7.1.2/vr-missing", "PS3.5 7.1.2", at_ + 4, &tag, found, "two letters of a VR");
  return fits;
}

// A sequence, or encapsulated Pixel Data, or another VR with an undefined length.
template <typename Sink>
void Decoder<Sink>::container(Frame& frame, Tag tag, Vr vr, std::size_t header, std::uint32_t length) {
  const std::size_t left = frame.end - at_ - header;
  const std::size_t length_at = at_ + (header == 12 ? 8 : frame.explicit_vr ? 6 : 4);
  const bool undefined = length == undefined_length;
  if (!undefined && length > left) {
    error("ps3.5/7.1/length-past-end", "PS3.5 7.1.1", length_at, &tag, "length " + std::to_string(length),
          "at most " + std::to_string(left));
    return;
  }
  if (!undefined && (length & 1) != 0)
    deviation("ps3.5/7.1.1/odd-length", "PS3.5 7.1.1", length_at, tag, "length " + std::to_string(length),
              "an even length");
  bool fragments = undefined && holds_fragments(vr);
  bool implicit_inside = !frame.explicit_vr;
  if (undefined && vr != Vr::SQ) {
    const bool allowed = tag == tags::PixelData ? fragments && (vr == Vr::OB || vr == Vr::OW) : vr == Vr::UN;
    if (vr == Vr::UN) {
      // Explicit: content in implicit VR (PS3.5 6.2.2). Implicit: only a sequence may have this length.
      if (frame.explicit_vr)
        implicit_inside = true;
      else
        vr = Vr::SQ;
    }
    if (!allowed) {
      const std::size_t next = at_ + header;
      const bool big = frame.big && vr != Vr::UN;  // what such a UN holds is little endian everywhere
      const Tag inside = left >= 4 ? Tag{u16(next, big), u16(next + 2, big)} : Tag{};
      const std::string expected = "a defined length: only SQ, UN and Pixel Data may have an undefined one";
      if (inside != item_tag && inside != sequence_end_tag) {
        error("ps3.5/7.1.1/undefined-length", "PS3.5 7.1.1", length_at, &tag,
              "undefined length with VR " + std::string(name(vr)), expected);
        return;
      }
      deviation("ps3.5/7.1.1/undefined-length", "PS3.5 7.1.1", length_at, tag,
                "undefined length with VR " + std::string(name(vr)), expected);
      if (!fragments && vr != Vr::UN) vr = Vr::SQ;
    } else if (fragments && !encapsulated_) {
      deviation("ps3.5/8.2/encapsulated-in-native", "PS3.5 8.2", length_at, tag, "encapsulated Pixel Data",
                "a defined length: the Transfer Syntax is not an encapsulating one");
    }
  }
  if (std::size_t{frame.depth} + 1 > max_depth_) {
    error("limits/nesting", "PS3.5 7.5", at_, &tag, "a sequence inside " + std::to_string(frame.depth) + " others",
          "at most " + std::to_string(max_depth_));
    return;
  }
  const bool was_big = frame.big;
  open(fragments ? FrameKind::fragments : FrameKind::sequence, tag, vr, header, length,
       undefined ? frame.end : at_ + header + length);
  Frame& inner = frames_[top_];
  inner.explicit_vr = !implicit_inside;
  inner.big = was_big && !(vr == Vr::UN);
}

template <typename Sink>
void Decoder<Sink>::open(FrameKind kind, Tag tag, Vr vr, std::size_t header, std::uint32_t length, std::size_t end) {
  if (top_ + 1 == room_) more_levels();
  const Frame& outer = frames_[top_];
  const std::uint32_t index = sink.count();
  const std::uint64_t offset = options_.base_offset + at_;
  at_ += header;
  Frame& inner = frames_[++top_];
  inner = outer;
  inner.end = end;
  inner.next_tag = 0;
  inner.offset = offset;
  inner.tag = tag;
  inner.node = index;
  inner.items = 0;
  inner.depth = outer.depth + (kind == FrameKind::item ? 0 : 1);
  inner.length = length;
  inner.vr = vr;
  inner.kind = kind;
  inner.undefined = length == undefined_length;
  sink.open(node_of(inner, outer.depth), outer.big);
}

// The container that a level stands for.
template <typename Sink>
Node Decoder<Sink>::node_of(const Frame& level, std::uint32_t depth) const {
  return Node{.tag = level.tag,
              .vr = level.vr,
              .kind = level.kind == FrameKind::item        ? NodeKind::item
                      : level.kind == FrameKind::fragments ? NodeKind::fragments
                                                           : NodeKind::sequence,
              .depth = depth,
              .length = level.length,
              .end = level.node + 1,
              .offset = level.offset,
              .end_offset = 0,
              .value = {}};
}

template <typename Sink>
void Decoder<Sink>::close() {
  const Frame& level = frames_[top_--];
  if (counts_group_ && top_ == 0 && level.tag.group == (options_.command_set ? 0x0000 : 0x0002))
    group_length_.group_end = options_.base_offset + at_;
  sink.close(level.node, options_.base_offset + at_, node_of(level, frames_[top_].depth));
}

// Deep nesting: all levels move to the heap. Input of 16 bytes opens two of them, so growth follows the input.
template <typename Sink>
void Decoder<Sink>::more_levels() {
  if (more_frames_.empty()) more_frames_.assign(usual_frames_.begin(), usual_frames_.end());
  room_ *= 2;
  more_frames_.resize(room_);
  frames_ = more_frames_.data();
}

// The bytes of a level are used up.
template <typename Sink>
void Decoder<Sink>::close_at_end(const Frame& frame) {
  at_item_ = false;
  if (frame.undefined) {
    const std::string expected =
        frame.kind == FrameKind::item ? "an Item Delimitation Item" : "a Sequence Delimitation Item";
    if (frame.end >= size_)
      error("ps3.5/7.5/delimiter-missing", "PS3.5 7.5.2", at_, nullptr, "the end of the Data Set", expected);
    else
      report(Gravity::deviation, "ps3.5/7.5/delimiter-missing", "PS3.5 7.5.2", at_, nullptr,
             "the end of the enclosing level", expected);
    if (stopped_) return;
  }
  close();
}

// FFFE,xxxx where a Data Element is expected.
template <typename Sink>
void Decoder<Sink>::delimiter(Frame& frame, Tag tag) {
  const std::uint32_t length = u32(at_ + 4, frame.big);
  if (frame.kind == FrameKind::item && frame.undefined) {
    if (tag == item_end_tag) {
      if (length != 0)
        report(Gravity::deviation, "ps3.5/7.5/delimiter-length", "PS3.5 7.5", at_ + 4, nullptr,
               "length " + std::to_string(length), "length 0");
      at_ += 8;
      close();
      return;
    }
    // The next item, or the end of a sequence that can only end so: the item's own end was left out.
    if (tag == item_tag || (tag == sequence_end_tag && frames_[top_ - 1].undefined)) {
      report(Gravity::deviation, "ps3.5/7.5/delimiter-missing", "PS3.5 7.5.2", at_, nullptr, to_string(tag),
             "an Item Delimitation Item");
      if (!stopped_) close();
      return;
    }
  }
  if (tag != item_tag && tag != item_end_tag && tag != sequence_end_tag) {
    error("ps3.5/7.5/item-expected", "PS3.5 7.5", at_, &tag, to_string(tag), "a Data Element");
    return;
  }
  deviation("ps3.5/7.5/delimiter-unexpected", "PS3.5 7.5", at_, tag, to_string(tag), "a Data Element");
  stray(frame, tag, 8);
}

// Keeps `size` bytes that have no place in the structure.
template <typename Sink>
void Decoder<Sink>::stray(Frame& frame, Tag tag, std::size_t size) {
  const std::uint32_t index = sink.count();
  sink.leaf(Node{.tag = tag,
                 .vr = Vr::none,
                 .kind = NodeKind::element,
                 .depth = frame.depth,
                 .length = u32(at_ + 4, frame.big),
                 .end = index + 1,
                 .offset = options_.base_offset + at_,
                 .end_offset = options_.base_offset + at_ + size,
                 .value = {data_ + at_, size}},
            frame.big);
  at_ += size;
}

// Inside a sequence or encapsulated Pixel Data: an item or the end.
template <typename Sink>
void Decoder<Sink>::item(Frame& frame) {
  at_item_ = false;
  const std::size_t left = frame.end - at_;
  if (left < 8) {
    error("ps3.5/7.5/truncated-item", "PS3.5 7.5", at_, nullptr, std::to_string(left) + " bytes left",
          "at least 8 bytes of item");
    return;
  }
  const Tag tag{u16(at_, frame.big), u16(at_ + 2, frame.big)};
  const std::uint32_t length = u32(at_ + 4, frame.big);
  if (tag == sequence_end_tag && frame.undefined) {
    if (length != 0)
      report(Gravity::deviation, "ps3.5/7.5/delimiter-length", "PS3.5 7.5", at_ + 4, nullptr,
             "length " + std::to_string(length), "length 0");
    at_ += 8;
    close();
    return;
  }
  if (tag == sequence_end_tag || tag == item_end_tag) {
    deviation("ps3.5/7.5/delimiter-unexpected", "PS3.5 7.5", at_, tag, to_string(tag),
              frame.undefined ? "an Item or a Sequence Delimitation Item" : "an Item");
    stray(frame, tag, 8);
    return;
  }
  if (tag != item_tag) {
    if (frame.undefined) {
      error("ps3.5/7.5/item-expected", "PS3.5 7.5", at_, nullptr, to_string(tag), "an Item (FFFE,E000)");
      return;
    }
    // The sequence's own length says where to carry on.
    report(Gravity::deviation, "ps3.5/7.5/item-expected", "PS3.5 7.5", at_, nullptr, to_string(tag),
           "an Item (FFFE,E000)");
    stray(frame, tag, left);
    return;
  }
  ++frame.items;
  at_item_ = true;
  const bool undefined = length == undefined_length;
  std::size_t end = frame.end;
  if (frame.kind == FrameKind::fragments && undefined) {
    error("ps3.5/A.4/fragment-length", "PS3.5 A.4", at_ + 4, nullptr, "undefined length", "a defined length");
    return;
  }
  if (!undefined) {
    if (length > left - 8) {
      // Longer than what the sequence said of itself, but inside the level around it: the item is believed.
      const std::size_t room = frames_[top_ - 1].end - at_ - 8;
      if (length > room) {
        error("ps3.5/7.1/length-past-end", "PS3.5 7.5", at_ + 4, nullptr, "length " + std::to_string(length),
              "at most " + std::to_string(left - 8));
        return;
      }
      report(Gravity::deviation, "ps3.5/7.5/sequence-length", "PS3.5 7.5", at_ + 4, nullptr,
             "an item of " + std::to_string(length) + " bytes",
             "at most " + std::to_string(left - 8) + ", by the length of the sequence");
    }
    if ((length & 1) != 0)
      report(Gravity::deviation, "ps3.5/7.1.1/odd-length", "PS3.5 7.1.1", at_ + 4, nullptr,
             "length " + std::to_string(length), "an even length");
    end = at_ + 8 + length;
  }
  if (sink.count() >= limits::max_elements) {
    error("limits/elements", "PS3.5 7.1", at_, nullptr, "more items", std::to_string(limits::max_elements));
    return;
  }
  if (frame.kind == FrameKind::sequence) return open(FrameKind::item, tag, Vr::none, 8, length, end);

  if (frame.items == 1 && length % 4 != 0) check_offset_table(frame, length);
  const std::uint32_t index = sink.count();
  sink.leaf(Node{.tag = tag,
                 .vr = Vr::none,
                 .kind = NodeKind::fragment,
                 .depth = frame.depth,
                 .length = length,
                 .end = index + 1,
                 .offset = options_.base_offset + at_,
                 .end_offset = options_.base_offset + end,
                 .value = {data_ + at_ + 8, length}},
            frame.big);
  at_ = end;
}

template class Decoder<TreeSink>;
template class Decoder<TokenSink>;

DataSetDecode decode(ByteView bytes, Encoding encoding, const DecodeOptions& options) {
  Decoder<TreeSink> decoder(bytes, encoding, options, TreeSink(encoding));
  decoder.run();
  return {std::move(decoder.sink.data_set), decoder.consumed, std::move(decoder.problems), decoder.more_problems};
}

ScanResult scan(ByteView bytes, Encoding encoding, const DecodeOptions& options, Visitor visitor) {
  Decoder<TokenSink> decoder(bytes, encoding, options, TokenSink(visitor));
  decoder.run();
  return {decoder.consumed, std::move(decoder.problems), decoder.more_problems};
}

DataSetDecode decode_owned(Bytes bytes, Encoding encoding, const DecodeOptions& options) {
  const auto owner = std::make_shared<const Bytes>(std::move(bytes));
  auto result = decode(*owner, encoding, options);
  result.data_set.input_ = owner;
  return result;
}

}  // namespace assay::dataset
