#include "harness/dataset/form_tree.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace assay::dataset {

namespace {

constexpr Tag item_end_tag{0xfffe, 0xe00d};
constexpr Tag sequence_end_tag{0xfffe, 0xe0dd};
constexpr std::size_t longest_short_value = 0xfffe;

void put_tag(Bytes& out, Tag tag) {
  store(out, tag.group, Endian::little);
  store(out, tag.element, Endian::little);
}

void put_vr(Bytes& out, Vr vr) {
  out.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(vr) >> 8));
  out.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(vr) & 0xffU));
}

}  // namespace

std::uint32_t FormTree::open(NodeKind kind, Tag tag, Vr vr, std::uint64_t place) {
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({tag, vr, kind, index + 1, place, 0, 0});
  return index;
}

void FormTree::become(std::uint32_t index, NodeKind kind, Vr vr) {
  nodes_[index].kind = kind;
  nodes_[index].vr = vr;
}

void FormTree::set_value(std::uint32_t index, ByteView value) {
  nodes_[index].value_at = values_.size();
  nodes_[index].value_size = value.size();
  append(values_, value);
}

std::vector<std::uint32_t> FormTree::children(std::uint32_t first, std::uint32_t end, std::vector<Twice>& twice) const {
  std::vector<std::uint32_t> found;
  bool ascending = true;
  for (std::uint32_t i = first; i < end; i = nodes_[i].end) {
    if (!found.empty()) ascending = ascending && nodes_[found.back()].tag < nodes_[i].tag;
    found.push_back(i);
  }
  if (ascending || nodes_[first].kind == NodeKind::item || nodes_[first].kind == NodeKind::fragment) return found;
  std::sort(found.begin(), found.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(nodes_[a].tag, a) < std::pair(nodes_[b].tag, b);
  });
  const auto last = std::unique(found.begin(), found.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (nodes_[a].tag != nodes_[b].tag) return false;
    twice.push_back({nodes_[b].tag, nodes_[b].place});
    return true;
  });
  found.erase(last, found.end());
  return found;
}

DataSet FormTree::build() const {
  std::vector<Twice> ignored;
  return build(ignored);
}

DataSet FormTree::build(std::vector<Twice>& twice) const {
  struct OpenLevel {
    std::vector<std::uint32_t> children;
    std::size_t next = 0;
    std::size_t length_at = 0;  // of the container's length field, 0 for the root
    NodeKind kind = NodeKind::element;
    bool undefined = false;
  };
  Bytes out;
  out.reserve(values_.size() + nodes_.size() * 12);
  std::vector<OpenLevel> levels;
  levels.push_back({.children = children(0, static_cast<std::uint32_t>(nodes_.size()), twice)});
  const auto enter = [&](std::uint32_t index, std::size_t length_at, bool undefined) {
    levels.push_back({.children = children(index + 1, nodes_[index].end, twice),
                      .length_at = length_at,
                      .kind = nodes_[index].kind,
                      .undefined = undefined});
  };
  const auto value_of = [&](const Part& part) { return ByteView(values_).subspan(part.value_at, part.value_size); };
  const auto put_value = [&](const Part& part, std::uint8_t pad) {
    append(out, value_of(part));
    if (part.value_size % 2 != 0) out.push_back(pad);
  };
  while (!levels.empty()) {
    OpenLevel& level = levels.back();
    if (level.next == level.children.size()) {
      const std::size_t length = out.size() - level.length_at - 4;
      if (level.undefined) {
        put_tag(out, level.kind == NodeKind::item ? item_end_tag : sequence_end_tag);
        out.insert(out.end(), 4, 0);
      } else if (level.length_at != 0) {
        for (std::size_t i = 0; i < 4; ++i) out[level.length_at + i] = static_cast<std::uint8_t>(length >> (8 * i));
      }
      levels.pop_back();
      continue;
    }
    const std::uint32_t index = level.children[level.next++];
    const Part& part = nodes_[index];
    put_tag(out, part.tag);
    switch (part.kind) {
      case NodeKind::item:
        out.insert(out.end(), 4, 0);
        enter(index, out.size() - 4, false);
        break;
      case NodeKind::fragment:
        store(out, static_cast<std::uint32_t>(part.value_size + part.value_size % 2), Endian::little);
        put_value(part, 0);
        break;
      case NodeKind::sequence:
        put_vr(out, Vr::SQ);
        out.insert(out.end(), 6, 0);
        enter(index, out.size() - 4, false);
        break;
      case NodeKind::fragments:
        put_vr(out, part.vr == Vr::OW ? Vr::OW : Vr::OB);
        out.insert(out.end(), 2, 0);
        out.insert(out.end(), 4, 0xff);
        enter(index, out.size() - 4, true);
        break;
      case NodeKind::element: {
        const bool unknown = !is_known(part.vr) || part.vr == Vr::SQ ||
                             (!has_long_length(part.vr) && part.value_size > longest_short_value);
        const Vr vr = unknown ? Vr::UN : part.vr;
        const std::size_t length = part.value_size + part.value_size % 2;
        put_vr(out, vr);
        if (has_long_length(vr)) {
          out.insert(out.end(), 2, 0);
          store(out, static_cast<std::uint32_t>(length), Endian::little);
        } else {
          store(out, static_cast<std::uint16_t>(length), Endian::little);
        }
        put_value(part, padding(part.vr));
        break;
      }
    }
  }
  DecodeOptions options;
  options.max_depth = std::numeric_limits<std::uint32_t>::max();
  return std::move(decode_owned(std::move(out), explicit_le, options).data_set);
}

}  // namespace assay::dataset
