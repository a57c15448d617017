// The Data Set writer (PS3.5 7.1-7.5, 6.2.2, A.4): one pass over the flat index; the lengths of sequences and items
// are filled in when they end. Tests: tests/unit/dataset/data_set_test.cpp
#include <algorithm>
#include <array>
#include <cstring>

#include "harness/dataset/dataset.hpp"
#include "harness/dataset/swap.hpp"
#include "harness/dict/vr_table.hpp"

namespace assay::dataset {

namespace {

// The longest value a 16-bit length counts, even.
constexpr std::size_t max_short_value = 0xfffe;

// From this size on a value is not worth copying when the output may be in pieces.
constexpr std::size_t long_value = 4096;

// A value that stays where it is: it belongs before byte `at` of the collected output.
struct Aside {
  std::size_t at;
  ByteView value;
};

// Collects small pieces, so that the output grows in few steps and is never filled twice.
class Out {
 public:
  explicit Out(Bytes& out, std::vector<Aside>* asides = nullptr) : out_(out), asides_(asides) {}

  /// Room for `size` bytes (at most 64) at the end.
  std::uint8_t* room(std::size_t size) {
    if (used_ + size > buffer_.size()) flush();
    return buffer_.data() + used_;
  }
  void used(std::size_t size) { used_ += size; }

  void put(const std::uint8_t* from, std::size_t size, std::size_t swap) {
    if (size == 0) return;
    if (asides_ && swap == 1 && size >= long_value) {
      asides_->push_back({place(), {from, size}});
      aside_ += size;
      return;
    }
    if (size > buffer_.size() / 4) {
      flush();
      if (swap == 1) {
        out_.insert(out_.end(), from, from + size);
      } else {
        const std::size_t start = out_.size();
        out_.resize(start + size);
        copy_swapped(out_.data() + start, from, size, swap);
      }
      return;
    }
    if (used_ + size > buffer_.size()) flush();
    if (swap == 1)
      std::memcpy(buffer_.data() + used_, from, size);
    else
      copy_swapped(buffer_.data() + used_, from, size, swap);
    used_ += size;
  }

  void flush() {
    out_.insert(out_.end(), buffer_.data(), buffer_.data() + used_);
    used_ = 0;
  }

  /// Bytes written, those left aside included.
  [[nodiscard]] std::size_t size() const { return place() + aside_; }
  /// Where the next byte goes in the collected output.
  [[nodiscard]] std::size_t place() const { return out_.size() + used_; }

  /// A byte that was written before.
  void patch(std::size_t at, std::uint8_t byte) {
    if (at >= out_.size())
      buffer_[at - out_.size()] = byte;
    else
      out_[at] = byte;
  }

 private:
  Bytes& out_;
  std::vector<Aside>* asides_;
  std::size_t aside_ = 0;
  std::size_t used_ = 0;
  std::array<std::uint8_t, 4096> buffer_;
};

class Encoder {
 public:
  Encoder(Bytes& out, Encoding from, Encoding to, std::vector<Aside>* asides = nullptr)
      : out_(out, asides), from_(from), to_(to) {}

  void run(const std::vector<Node>& nodes, std::uint32_t first, std::uint32_t last) {
    for (std::uint32_t i = first; i < last; ++i) {
      while (!open_.empty() && open_.back().end <= i) close();
      const Node& node = nodes[i];
      switch (node.kind) {
        case NodeKind::element:
          if (node.vr != Vr::none) element(node);
          break;
        case NodeKind::fragment: fragment(node); break;
        default: container(node, i); break;
      }
    }
    while (!open_.empty()) close();
    out_.flush();
  }

 private:
  struct Open {
    std::uint32_t end;
    std::size_t length_at;  // place of its length
    std::size_t start;      // size of the output where its content begins
    bool undefined;
    bool is_item;
    bool restores;  // ends a UN of undefined length: the encodings around it hold again
  };

  static void put16(std::uint8_t* at, std::uint16_t value, bool big) {
    at[big ? 0 : 1] = static_cast<std::uint8_t>(value >> 8);
    at[big ? 1 : 0] = static_cast<std::uint8_t>(value);
  }
  static void put32(std::uint8_t* at, std::uint32_t value, bool big) {
    put16(at + (big ? 0 : 2), static_cast<std::uint16_t>(value >> 16), big);
    put16(at + (big ? 2 : 0), static_cast<std::uint16_t>(value), big);
  }

  [[nodiscard]] bool explicit_now() const { return to_.explicit_vr && little_depth_ == 0; }
  [[nodiscard]] bool big_now() const { return to_.endian == Endian::big && little_depth_ == 0; }
  [[nodiscard]] bool swap_now() const { return from_.endian != to_.endian && little_depth_ == 0; }

  // Tag, VR and length as the encoding wants them; the length is the last field in all of them.
  void header(Tag tag, Vr vr, bool long_length, std::uint32_t length) {
    std::uint8_t* at = out_.room(12);
    const bool big = big_now();
    put16(at, tag.group, big);
    put16(at + 2, tag.element, big);
    if (!explicit_now() || vr == Vr::none) {
      put32(at + 4, length, big);
      out_.used(8);
      return;
    }
    at[4] = static_cast<std::uint8_t>(static_cast<unsigned>(vr) >> 8);
    at[5] = static_cast<std::uint8_t>(vr);
    if (!long_length) {
      put16(at + 6, static_cast<std::uint16_t>(length), big);
      out_.used(8);
      return;
    }
    at[6] = at[7] = 0;
    put32(at + 8, length, big);
    out_.used(12);
  }

  void element(const Node& node) {
    const VrRow& row = vr_row(node.vr);
    const std::size_t size = node.value.size();
    const std::size_t padded = size + (size & 1);
    Vr vr = node.vr;
    bool long_length = row.long_length;
    std::size_t swap = swap_now() ? row.swap : 1;
    if (!long_length && padded > max_short_value && explicit_now()) {
      vr = Vr::UN;  // whose value is little endian (PS3.5 6.2.2)
      long_length = true;
      swap = from_.endian == Endian::big && little_depth_ == 0 ? row.swap : 1;
    }
    header(node.tag, vr, long_length, static_cast<std::uint32_t>(padded));
    out_.put(node.value.data(), size, swap);
    if (padded != size) {
      *out_.room(1) = row.padding;
      out_.used(1);
    }
  }

  void fragment(const Node& node) {
    const std::size_t size = node.value.size();
    header(node.tag, Vr::none, false, static_cast<std::uint32_t>(size + (size & 1)));
    out_.put(node.value.data(), size, 1);
    if ((size & 1) != 0) {
      *out_.room(1) = 0;
      out_.used(1);
    }
  }

  void container(const Node& node, std::uint32_t) {
    const bool undefined = node.length == undefined_length;
    const bool is_item = node.kind == NodeKind::item;
    header(node.tag, is_item ? Vr::none : node.vr, true, undefined ? undefined_length : 0);
    const bool little = node.kind == NodeKind::sequence && node.vr == Vr::UN;
    open_.push_back({node.end, out_.place() - 4, out_.size(), undefined, is_item, little});
    if (little) ++little_depth_;
  }

  void close() {
    const Open done = open_.back();
    open_.pop_back();
    if (done.undefined) {
      header(Tag(0xfffe, done.is_item ? 0xe00d : 0xe0dd), Vr::none, false, 0);
    } else {
      std::array<std::uint8_t, 4> length{};
      put32(length.data(), static_cast<std::uint32_t>(out_.size() - done.start), big_now());
      for (std::size_t i = 0; i < 4; ++i) out_.patch(done.length_at + i, length[i]);
    }
    if (done.restores) --little_depth_;
  }

  Out out_;
  Encoding from_;
  Encoding to_;
  std::vector<Open> open_;
  std::uint32_t little_depth_ = 0;
};

std::size_t encoded_size_at_most(const std::vector<Node>& nodes) {
  std::size_t total = 0;
  for (const auto& node : nodes) total += 20 + node.value.size() + 1;
  return total;
}

}  // namespace

void encode_to(Bytes& out, const DataSet& data_set, Encoding encoding) {
  const auto& nodes = data_set.nodes();
  const std::size_t wanted = out.size() + encoded_size_at_most(nodes);
  if (out.capacity() < wanted) out.reserve(std::max(wanted, out.size() * 2));
  Encoder(out, data_set.encoding(), encoding).run(nodes, 0, static_cast<std::uint32_t>(nodes.size()));
}

Bytes encode(const DataSet& data_set, Encoding encoding) {
  Bytes out;
  encode_to(out, data_set, encoding);
  return out;
}

void encode_gather(Gather& out, const DataSet& data_set, Encoding encoding) {
  const auto& nodes = data_set.nodes();
  std::vector<Aside> asides;
  out.own.clear();
  out.pieces.clear();
  Encoder(out.own, data_set.encoding(), encoding, &asides).run(nodes, 0, static_cast<std::uint32_t>(nodes.size()));
  std::size_t at = 0;
  const auto own_until = [&](std::size_t end) {
    if (end > at) out.pieces.push_back(ByteView(out.own).subspan(at, end - at));
    at = end;
  };
  for (const auto& aside : asides) {
    own_until(aside.at);
    out.pieces.push_back(aside.value);
  }
  own_until(out.own.size());
}

Bytes rewrite(const DataSet& data_set) {
  const auto& nodes = data_set.nodes();
  Bytes out;
  std::size_t size = 0;
  for (std::uint32_t i = 0; i < nodes.size(); i = nodes[i].end)
    if (nodes[i].offset != no_offset) size += static_cast<std::size_t>(nodes[i].end_offset - nodes[i].offset);
  out.reserve(size);
  for (std::uint32_t i = 0; i < nodes.size(); i = nodes[i].end) {
    const Node& node = nodes[i];
    if (node.offset == no_offset)
      Encoder(out, data_set.encoding(), data_set.encoding()).run(nodes, i, node.end);
    else
      append(out, data_set.raw(node));
  }
  return out;
}

}  // namespace assay::dataset
