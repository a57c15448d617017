#include "harness/dataset/dataset.hpp"

#include <algorithm>
#include <array>

#include "harness/dataset/swap.hpp"
#include "harness/dict/vr_table.hpp"

namespace assay::dataset {

namespace {

std::string_view unpadded(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

// Backslashes separate values except in the VRs that are one text (PS3.5 6.2).
bool has_one_value(Vr vr) { return vr == Vr::ST || vr == Vr::LT || vr == Vr::UT || vr == Vr::UR; }

void store_number(Bytes& out, Vr vr, std::uint32_t value, Endian endian) {
  if (vr == Vr::AT) {  // two 16-bit numbers, the group first in either byte order
    store(out, static_cast<std::uint16_t>(value >> 16), endian);
    store(out, static_cast<std::uint16_t>(value & 0xffffU), endian);
  } else {
    store(out, value, endian);
  }
}

}  // namespace

// Level

Endian Level::endian() const { return always_little_ ? Endian::little : data_set_->encoding_.endian; }

const Node* Level::find(Tag tag) const {
  const auto& nodes = data_set_->nodes_;
  for (std::uint32_t i = first_; i < last_; i = nodes[i].end)
    if (nodes[i].tag == tag) return &nodes[i];
  return nullptr;
}

std::string_view Level::text(Tag tag) const {
  const Node* node = find(tag);
  return node ? unpadded(as_text(node->value)) : std::string_view{};
}

std::vector<std::string_view> Level::texts(Tag tag) const {
  std::vector<std::string_view> values;
  const Node* node = find(tag);
  if (!node || node->value.empty()) return values;
  std::string_view rest = as_text(node->value);
  while (!has_one_value(node->vr)) {
    const auto end = rest.find('\\');
    if (end == std::string_view::npos) break;
    values.push_back(unpadded(rest.substr(0, end)));
    rest.remove_prefix(end + 1);
  }
  values.push_back(unpadded(rest));
  return values;
}

std::optional<std::uint16_t> Level::u16(Tag tag) const {
  const Node* node = find(tag);
  if (!node || is_text(node->vr) || node->value.size() < 2) return std::nullopt;
  return load<std::uint16_t>(node->value.data(), endian());
}

std::optional<std::uint32_t> Level::u32(Tag tag) const {
  const Node* node = find(tag);
  if (!node || is_text(node->vr) || node->value.size() < 4) return std::nullopt;
  const auto* at = node->value.data();
  if (node->vr == Vr::AT) return Tag(load<std::uint16_t>(at, endian()), load<std::uint16_t>(at + 2, endian())).packed();
  return load<std::uint32_t>(at, endian());
}

std::vector<Level> Level::items(Tag tag) const {
  std::vector<Level> found;
  const Node* node = find(tag);
  if (!node || node->kind != NodeKind::sequence) return found;
  const auto& nodes = data_set_->nodes_;
  const auto index = static_cast<std::uint32_t>(node - nodes.data());
  for (std::uint32_t i = index + 1; i < node->end; i = nodes[i].end)
    if (nodes[i].kind == NodeKind::item)
      found.emplace_back(*data_set_, i + 1, nodes[i].end, always_little_ || node->vr == Vr::UN);
  return found;
}

std::vector<const Node*> Level::elements() const {
  std::vector<const Node*> found;
  const auto& nodes = data_set_->nodes_;
  for (std::uint32_t i = first_; i < last_; i = nodes[i].end) found.push_back(&nodes[i]);
  return found;
}

// Copies

DataSet::DataSet(const DataSet& other)
    : encoding_(other.encoding_),
      nodes_(other.nodes_),
      source_(other.source_),
      source_base_(other.source_base_),
      input_(other.input_),
      storage_(other.storage_),
      added_(other.added_) {
  // Owned input and values set later never change, so they are shared; borrowed input is copied.
  if (nodes_.empty()) source_ = {};
  if (input_ || source_.empty()) return;
  const auto owner = std::make_shared<const Bytes>(source_.begin(), source_.end());
  for (auto& node : nodes_)
    if (node.offset < first_added_offset && !node.value.empty())
      node.value =
          ByteView(*owner).subspan(static_cast<std::size_t>(node.value.data() - source_.data()), node.value.size());
  source_ = *owner;
  input_ = owner;
}

DataSet& DataSet::operator=(const DataSet& other) {
  if (this != &other) *this = DataSet(other);
  return *this;
}

ByteView DataSet::raw(const Node& node) const {
  if (node.offset == no_offset) return {};
  ByteView bytes = source_;
  std::uint64_t base = source_base_;
  if (node.offset >= first_added_offset) {
    const auto behind = std::upper_bound(added_.begin(), added_.end(), node.offset,
                                         [](std::uint64_t offset, const Added& added) { return offset < added.base; });
    bytes = *std::prev(behind)->bytes;
    base = std::prev(behind)->base;
  }
  return bytes.subspan(static_cast<std::size_t>(node.offset - base),
                       static_cast<std::size_t>(node.end_offset - node.offset));
}

// Setting

ByteView DataSet::keep(Bytes bytes) {
  if (bytes.empty()) return {};
  storage_.push_back(std::make_shared<const Bytes>(std::move(bytes)));
  return *storage_.back();
}

// Puts a top-level subtree (whose `end`s count from its own start) in its place, over one with the same tag.
void DataSet::put(std::vector<Node> subtree) {
  const Tag tag = subtree.front().tag;
  std::uint32_t at = 0;
  std::uint32_t old_end = 0;
  const auto count = static_cast<std::uint32_t>(nodes_.size());
  // The usual case is one after another in ascending order.
  bool found = false;
  std::uint32_t place = count;
  for (std::uint32_t i = 0; i < count; i = nodes_[i].end) {
    if (nodes_[i].tag == tag) {
      at = i;
      old_end = nodes_[i].end;
      found = true;
      break;
    }
    if (place == count && tag < nodes_[i].tag) place = i;
  }
  if (!found) at = old_end = place;
  for (auto& node : subtree) node.end += at;
  const auto grown = static_cast<std::int64_t>(subtree.size()) - (old_end - at);
  nodes_.erase(nodes_.begin() + at, nodes_.begin() + old_end);
  nodes_.insert(nodes_.begin() + at, subtree.begin(), subtree.end());
  for (std::size_t i = at + subtree.size(); i < nodes_.size(); ++i)
    nodes_[i].end = static_cast<std::uint32_t>(nodes_[i].end + grown);
}

void DataSet::set_bytes(Tag tag, Vr vr, ByteView value) {
  if (vr == Vr::SQ && value.empty()) return set_sequence(tag, {});
  if (vr == Vr::SQ || !is_known(vr)) vr = Vr::UN;
  Bytes bytes = to_bytes(value);
  if (bytes.size() % 2 != 0) bytes.push_back(padding(vr));
  Node node{.tag = tag, .vr = vr, .length = static_cast<std::uint32_t>(bytes.size()), .end = 1, .offset = no_offset};
  node.value = keep(std::move(bytes));
  put({node});
}

void DataSet::set_text(Tag tag, Vr vr, std::string_view value) { set_bytes(tag, vr, as_bytes(value)); }

void DataSet::set_text(Tag tag, std::string_view value) { set_bytes(tag, dict::implicit_vr(tag), as_bytes(value)); }

void DataSet::set_u16(Tag tag, std::uint16_t value) {
  const auto* entry = dict::find(tag);
  Vr vr = Vr::US;
  if (entry && !entry->allows(Vr::US) && unit_size(entry->vr) == 2) vr = entry->vr;
  Bytes bytes;
  store(bytes, value, encoding_.endian);
  set_bytes(tag, vr, bytes);
}

void DataSet::set_u32(Tag tag, std::uint32_t value) {
  const auto* entry = dict::find(tag);
  Vr vr = Vr::UL;
  if (entry && !entry->allows(Vr::UL) && unit_size(entry->vr) == 4) vr = entry->vr;
  Bytes bytes;
  store_number(bytes, vr, value, encoding_.endian);
  set_bytes(tag, vr, bytes);
}

void DataSet::set_empty(Tag tag) { set_bytes(tag, dict::implicit_vr(tag), {}); }

void DataSet::set_sequence(Tag tag, const std::vector<DataSet>& items, bool undefined_lengths) {
  const std::uint32_t length = undefined_lengths ? undefined_length : 0;
  std::vector<Node> subtree{
      {.tag = tag, .vr = Vr::SQ, .kind = NodeKind::sequence, .length = length, .offset = no_offset}};
  for (const auto& item : items) {
    DataSet owned(item);
    if (item.encoding_.endian != encoding_.endian) {
      const Encoding same_order{true, encoding_.endian, false, false};
      DecodeOptions any_depth;
      any_depth.max_depth = ~std::size_t{0};
      owned = DataSet(decode_owned(encode(item, same_order), same_order, any_depth).data_set);
    }
    const auto start = static_cast<std::uint32_t>(subtree.size());
    subtree.push_back({.tag = Tag(0xfffe, 0xe000),
                       .kind = NodeKind::item,
                       .depth = 1,
                       .length = length,
                       .end = start + 1 + static_cast<std::uint32_t>(owned.nodes_.size()),
                       .offset = no_offset});
    for (Node node : owned.nodes_) {
      ++node.depth;
      node.end += start + 1;
      node.offset = no_offset;
      subtree.push_back(node);
    }
    if (owned.input_) storage_.push_back(owned.input_);
    storage_.insert(storage_.end(), owned.storage_.begin(), owned.storage_.end());
    for (const auto& added : owned.added_) storage_.push_back(added.bytes);
  }
  subtree.front().end = static_cast<std::uint32_t>(subtree.size());
  put(std::move(subtree));
}

void DataSet::set_fragments(Tag tag, const std::vector<ByteView>& fragments) {
  std::vector<Node> subtree{{.tag = tag,
                             .vr = Vr::OB,
                             .kind = NodeKind::fragments,
                             .length = undefined_length,
                             .end = static_cast<std::uint32_t>(fragments.size()) + 1,
                             .offset = no_offset}};
  for (const auto fragment : fragments) {
    Bytes bytes = to_bytes(fragment);
    if (bytes.size() % 2 != 0) bytes.push_back(0);
    Node node{.tag = Tag(0xfffe, 0xe000),
              .kind = NodeKind::fragment,
              .depth = 1,
              .length = static_cast<std::uint32_t>(bytes.size()),
              .end = static_cast<std::uint32_t>(subtree.size()) + 1,
              .offset = no_offset};
    node.value = keep(std::move(bytes));
    subtree.push_back(node);
  }
  put(std::move(subtree));
}

bool DataSet::erase(Tag tag) {
  const Node* node = find(tag);
  if (!node) return false;
  const auto at = static_cast<std::uint32_t>(node - nodes_.data());
  const auto size = node->end - at;
  nodes_.erase(nodes_.begin() + at, nodes_.begin() + at + size);
  for (std::size_t i = at; i < nodes_.size(); ++i) nodes_[i].end -= size;
  return true;
}

// Comparing

namespace {

// Byte by byte, the numbers of `b` turned when the byte orders differ.
bool same_value(const Node& a, const Node& b, bool swap) {
  const auto strip = [](const Node& node) { return unpadded(as_text(node.value)); };
  if (is_text(a.vr) || is_text(b.vr)) return strip(a) == strip(b);
  const Vr vr = a.vr == Vr::UN ? b.vr : a.vr;
  ByteView left = a.value;
  ByteView right = b.value;
  if (left.size() != right.size()) {
    // One was odd, and the other is it after padding.
    if (left.size() > right.size()) std::swap(left, right);
    if (left.size() + 1 != right.size() || left.size() % 2 == 0 || right.back() != 0) return false;
    right = right.first(left.size());
  }
  const std::size_t unit = swap ? swap_size(vr) : 1;
  if (unit == 1) return std::equal(left.begin(), left.end(), right.begin());
  const std::size_t whole = left.size() / unit * unit;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const std::size_t other = i < whole ? i / unit * unit + (unit - 1 - i % unit) : i;
    if (left[i] != right[other]) return false;
  }
  return true;
}

bool is_stray(const Node& node) { return node.kind == NodeKind::element && node.vr == Vr::none; }

}  // namespace

bool DataSet::equal_in_value(const DataSet& other) const {
  // Items inside a UN are little endian in every encoding.
  struct Walk {
    const DataSet& set;
    std::uint32_t at = 0;
    std::uint32_t little_until = 0;
    void skip_stray() {
      while (at < set.nodes_.size() && is_stray(set.nodes_[at])) ++at;
    }
    const Node* node() {
      skip_stray();
      if (at == set.nodes_.size()) return nullptr;
      const Node& current = set.nodes_[at];
      if (current.kind == NodeKind::sequence && current.vr == Vr::UN && at >= little_until) little_until = current.end;
      return &current;
    }
    [[nodiscard]] Endian endian() const { return at < little_until ? Endian::little : set.encoding_.endian; }
  };
  Walk mine{*this};
  Walk its{other};
  for (;; ++mine.at, ++its.at) {
    const Node* a = mine.node();
    const Node* b = its.node();
    if (!a || !b) return a == b;
    const bool vr_fits = a->vr == b->vr || a->vr == Vr::UN || b->vr == Vr::UN;
    if (a->tag != b->tag || a->kind != b->kind || a->depth != b->depth || !vr_fits) return false;
    const bool leaf = a->kind == NodeKind::element || a->kind == NodeKind::fragment;
    if (leaf && !same_value(*a, *b, mine.endian() != its.endian())) return false;
  }
}

}  // namespace assay::dataset
