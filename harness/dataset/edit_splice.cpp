#include "harness/dataset/edit_splice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace assay::dataset {

namespace {

// The level of the top, in the maps keyed by the container of a level.
constexpr std::uint32_t top_level = ~std::uint32_t{0};

Bytes stored32(std::uint32_t value, Endian endian) {
  Bytes bytes;
  store(bytes, value, endian);
  return bytes;
}

}  // namespace

// Inside a UN of undefined length everything is little endian (PS3.5 6.2.2); its own header is not.
Endian Splicer::endian_of(std::uint32_t node) const {
  const auto& nodes = data_set_.nodes_;
  if (data_set_.encoding_.endian == Endian::little) return Endian::little;
  std::uint32_t i = 0;
  while (i < node) {
    if (nodes[i].end <= node) {
      i = nodes[i].end;
      continue;
    }
    if (nodes[i].kind == NodeKind::sequence && nodes[i].vr == Vr::UN) return Endian::little;
    ++i;
  }
  return Endian::big;
}

std::uint64_t Splicer::content_start(std::uint32_t container) const {
  const Node& node = data_set_.nodes_[container];
  if (node.end > container + 1) return data_set_.nodes_[container + 1].offset;
  // Without content there is a header of 8 or 12 bytes and perhaps a delimiter of 8.
  const std::uint64_t size = node.end_offset - node.offset;
  return node.offset + (size >= 16 ? size - 8 : size);
}

std::uint64_t Splicer::content_end(std::uint32_t container) const {
  const auto& nodes = data_set_.nodes_;
  std::uint64_t end = content_start(container);
  for (std::uint32_t i = container + 1; i < nodes[container].end; i = nodes[i].end) end = nodes[i].end_offset;
  return end;
}

void Splicer::settle() {
  auto& nodes = data_set_.nodes_;
  for (std::uint32_t i = 0; i < nodes.size();) {
    if (nodes[i].offset != no_offset) {
      i = nodes[i].end;
      continue;
    }
    DataSet one(data_set_.encoding_);
    one.nodes_.assign(nodes.begin() + i, nodes.begin() + nodes[i].end);
    for (auto& node : one.nodes_) node.end -= i;
    const auto before = nodes.size();
    const auto size = nodes[i].end - i;
    // What the encoder wrote can be read, so this cannot fail.
    if (!replace_top(i, nodes[i].end, encode(one, data_set_.encoding_))) return;
    i += static_cast<std::uint32_t>(size + nodes.size() - before);
  }
}

std::expected<void, std::string> Splicer::replace_top(std::uint32_t first, std::uint32_t last, Bytes bytes) {
  auto& nodes = data_set_.nodes_;
  std::vector<Node> fresh;
  if (!bytes.empty()) {
    auto& added = data_set_.added_;
    const std::uint64_t base = added.empty() ? first_added_offset : added.back().base + added.back().bytes->size();
    auto owner = std::make_shared<const Bytes>(std::move(bytes));
    DecodeOptions options;
    options.base_offset = base;
    options.max_depth = std::size_t{1} << 24;
    auto decoded = decode(*owner, data_set_.encoding_, options);
    fresh = std::move(decoded.data_set.nodes_);
    if (decoded.consumed != owner->size() || fresh.empty() || fresh.front().end != fresh.size())
      return std::unexpected(fmt::format("{} is damaged and cannot be changed inside",
                                         first < nodes.size() ? to_string(nodes[first].tag) : std::string("it")));
    added.push_back({base, std::move(owner)});
  }
  const auto grown = static_cast<std::int64_t>(fresh.size()) - (std::int64_t{last} - first);
  for (auto& node : fresh) node.end += first;
  nodes.erase(nodes.begin() + first, nodes.begin() + last);
  nodes.insert(nodes.begin() + first, fresh.begin(), fresh.end());
  for (std::size_t i = first + fresh.size(); i < nodes.size(); ++i)
    nodes[i].end = static_cast<std::uint32_t>(nodes[i].end + grown);
  return {};
}

std::expected<Splice, std::string> Splicer::length_patch(std::uint32_t container, std::int64_t delta) const {
  const Node& node = data_set_.nodes_[container];
  const std::int64_t length = std::int64_t{node.length} + delta;
  if (length < 0 || length >= std::int64_t{undefined_length})
    return std::unexpected(
        fmt::format("the length of {} would become {}, which 32 bits do not hold", to_string(node.tag), length));
  return Splice{.around = {},
                .tag = node.tag,
                .at = content_start(container) - 4,
                .remove = 4,
                .insert = stored32(static_cast<std::uint32_t>(length), endian_of(container))};
}

// Group Length (gggg,0000) counts the bytes of its group behind itself (PS3.5 7.2).
std::optional<Splice> Splicer::group_patch(std::uint32_t level, std::uint16_t group, std::int64_t delta) const {
  const auto& nodes = data_set_.nodes_;
  const std::uint32_t first = level == top_level ? 0 : level + 1;
  const auto last = level == top_level ? static_cast<std::uint32_t>(nodes.size()) : nodes[level].end;
  for (std::uint32_t i = first; i < last; i = nodes[i].end) {
    const Node& node = nodes[i];
    if (node.tag != Tag(group, 0) || node.kind != NodeKind::element || node.value.size() != 4) continue;
    const Endian endian = endian_of(i);
    const auto length = static_cast<std::uint32_t>(load<std::uint32_t>(node.value.data(), endian) + delta);
    return Splice{
        .around = {}, .tag = node.tag, .at = node.end_offset - 4, .remove = 4, .insert = stored32(length, endian)};
  }
  return std::nullopt;
}

std::expected<void, std::string> Splicer::grow_group(std::uint16_t group, std::int64_t delta) {
  if (delta == 0) return {};
  const auto patch = group_patch(top_level, group, delta);
  if (!patch) return {};
  const auto& nodes = data_set_.nodes_;
  for (std::uint32_t i = 0; i < nodes.size(); i = nodes[i].end) {
    if (nodes[i].end_offset - 4 != patch->at || nodes[i].tag != patch->tag) continue;
    Bytes bytes = to_bytes(data_set_.raw(nodes[i]));
    std::copy(patch->insert.begin(), patch->insert.end(), bytes.end() - 4);
    return replace_top(i, nodes[i].end, std::move(bytes));
  }
  return {};
}

std::expected<void, std::string> Splicer::inside(std::vector<Splice> splices) {
  // The last top-level sequence first: what stands in front of it keeps its place in the index.
  std::sort(splices.begin(), splices.end(), [](const Splice& a, const Splice& b) {
    return a.around.front() != b.around.front() ? a.around.front() > b.around.front() : a.at < b.at;
  });
  // All or nothing: moving back is a matter of the index alone.
  const auto nodes_before = data_set_.nodes_;
  for (std::size_t from = 0; from < splices.size();) {
    std::size_t to = from;
    while (to < splices.size() && splices[to].around.front() == splices[from].around.front()) ++to;
    auto done = inside_one({std::make_move_iterator(splices.begin() + static_cast<std::ptrdiff_t>(from)),
                            std::make_move_iterator(splices.begin() + static_cast<std::ptrdiff_t>(to))});
    if (!done) {
      data_set_.nodes_ = nodes_before;
      return done;
    }
    from = to;
  }
  return {};
}

std::expected<void, std::string> Splicer::inside_one(std::vector<Splice> splices) {
  const std::uint32_t top = splices.front().around.front();
  const Node top_node = data_set_.nodes_[top];
  Growth growth;
  GroupGrowth groups;
  for (const auto& splice : splices) {
    const auto delta = static_cast<std::int64_t>(splice.insert.size()) - static_cast<std::int64_t>(splice.remove);
    std::uint32_t level = top_level;
    for (const std::uint32_t container : splice.around) {
      const Node& node = data_set_.nodes_[container];
      growth[container] += delta;
      if (node.kind == NodeKind::item)
        level = container;
      else
        groups[{level, node.tag.group}] += delta;
    }
    // An item taken out of its sequence is no element of a level.
    if (data_set_.nodes_[splice.around.back()].kind == NodeKind::item && !splice.tag.is_group_length())
      groups[{level, splice.tag.group}] += delta;
  }
  for (const auto& [container, delta] : growth) {
    if (delta == 0 || data_set_.nodes_[container].length == undefined_length) continue;
    auto patch = length_patch(container, delta);
    if (!patch) return std::unexpected(patch.error());
    splices.push_back(std::move(*patch));
  }
  for (const auto& [where, delta] : groups) {
    if (where.first == top_level || delta == 0) continue;
    auto patch = group_patch(where.first, where.second, delta);
    if (!patch) continue;
    // Not when the group length itself is taken out.
    const bool gone = std::any_of(splices.begin(), splices.end(),
                                  [&](const Splice& s) { return s.at <= patch->at && patch->at < s.at + s.remove; });
    if (!gone) splices.push_back(std::move(*patch));
  }
  std::sort(splices.begin(), splices.end(),
            [](const Splice& a, const Splice& b) { return a.at != b.at ? a.at < b.at : a.remove < b.remove; });
  const ByteView old = data_set_.raw(top_node);
  Bytes bytes;
  bytes.reserve(old.size() + splices.size() * 16);
  std::size_t at = 0;
  for (const auto& splice : splices) {
    const auto from = static_cast<std::size_t>(splice.at - top_node.offset);
    append(bytes, old.subspan(at, from - at));
    append(bytes, splice.insert);
    at = from + static_cast<std::size_t>(splice.remove);
  }
  append(bytes, old.subspan(at));
  const auto delta = static_cast<std::int64_t>(bytes.size()) - static_cast<std::int64_t>(old.size());
  if (auto done = replace_top(top, top_node.end, std::move(bytes)); !done) return done;
  return grow_group(top_node.tag.group, delta);
}

}  // namespace assay::dataset
