// Other forms of a Data Set: the layout tree for modifications, and text for people.
// Tests: tests/unit/dataset/json_test.cpp
#include <fmt/format.h>

#include <cstring>

#include "harness/base/hex.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/dataset/swap.hpp"
#include "harness/dict/vr_table.hpp"

namespace assay::dataset {

namespace {

layout::Node tag_field(Tag tag, Endian endian) {
  Bytes bytes;
  store(bytes, tag.group, endian);
  store(bytes, tag.element, endian);
  return layout::field("tag", std::move(bytes), endian);
}

layout::Node length_field(const Node& node, std::uint8_t width, Endian endian) {
  auto length = layout::length_of_rest("length", width, endian);
  const bool container = node.kind != NodeKind::element && node.kind != NodeKind::fragment;
  if (container && node.length == undefined_length) length.forced = undefined_length;
  return length;
}

layout::Node delimiter(Tag tag, Endian endian) {
  auto block = layout::block("delimiter");
  block.children.push_back(tag_field(tag, endian));
  block.children.push_back(layout::number32("length", 0, endian));
  return block;
}

Bytes value_bytes(const Node& node, std::size_t swap) {
  Bytes bytes(node.value.size());
  copy_swapped(bytes.data(), node.value.data(), bytes.size(), swap);
  if (bytes.size() % 2 != 0) bytes.push_back(padding(node.vr));
  return bytes;
}

std::string value_text(const Node& node, Endian endian, std::size_t limit) {
  const auto value = node.value;
  if (value.empty()) return "";
  if (is_text(node.vr)) {
    auto text = as_text(value);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
    const bool cut = text.size() > limit;
    return '[' + printable(text.substr(0, limit)) + ']' + (cut ? "..." : "");
  }
  const std::size_t unit = unit_size(node.vr);
  const bool number = node.vr == Vr::US || node.vr == Vr::SS || node.vr == Vr::UL || node.vr == Vr::SL ||
                      node.vr == Vr::AT || node.vr == Vr::UV || node.vr == Vr::SV || node.vr == Vr::FL ||
                      node.vr == Vr::FD;
  if (!number || value.size() % unit != 0) return to_hex_short(value, limit / 2);
  std::string text;
  for (std::size_t at = 0; at < value.size(); at += unit) {
    if (!text.empty()) text += '\\';
    if (text.size() > limit) return text + "...";
    const auto* from = value.data() + at;
    switch (node.vr) {
      case Vr::US: text += std::to_string(load<std::uint16_t>(from, endian)); break;
      case Vr::SS: text += std::to_string(static_cast<std::int16_t>(load<std::uint16_t>(from, endian))); break;
      case Vr::UL: text += std::to_string(load<std::uint32_t>(from, endian)); break;
      case Vr::SL: text += std::to_string(static_cast<std::int32_t>(load<std::uint32_t>(from, endian))); break;
      case Vr::UV: text += std::to_string(load<std::uint64_t>(from, endian)); break;
      case Vr::SV: text += std::to_string(static_cast<std::int64_t>(load<std::uint64_t>(from, endian))); break;
      case Vr::AT:
        text += to_string(Tag(load<std::uint16_t>(from, endian), load<std::uint16_t>(from + 2, endian)));
        break;
      case Vr::FL: {
        const auto raw = load<std::uint32_t>(from, endian);
        float real = 0;
        std::memcpy(&real, &raw, sizeof real);
        text += fmt::format("{}", real);
        break;
      }
      default: {
        const auto raw = load<std::uint64_t>(from, endian);
        double real = 0;
        std::memcpy(&real, &raw, sizeof real);
        text += fmt::format("{}", real);
      }
    }
  }
  return text;
}

}  // namespace

layout::Node to_layout(const DataSet& data_set, Encoding encoding) {
  struct Open {
    layout::Node block;
    std::uint32_t end;
    bool undefined;
    bool is_item;
    bool little_before;
  };
  const auto& nodes = data_set.nodes();
  std::vector<Open> open;
  open.push_back({layout::block("data-set"), static_cast<std::uint32_t>(nodes.size()), false, false, false});
  bool little = false;  // inside a UN of undefined length
  const auto close = [&] {
    Open done = std::move(open.back());
    open.pop_back();
    if (done.undefined)
      done.block.children.push_back(
          delimiter(Tag(0xfffe, done.is_item ? 0xe00d : 0xe0dd), little ? Endian::little : encoding.endian));
    little = done.little_before;
    open.back().block.children.push_back(std::move(done.block));
  };
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    while (open.back().end <= i) close();
    const Node& node = nodes[i];
    if (node.kind == NodeKind::element && node.vr == Vr::none) continue;
    const bool explicit_vr = encoding.explicit_vr && !little;
    const Endian endian = little ? Endian::little : encoding.endian;
    const bool leaf = node.kind == NodeKind::element || node.kind == NodeKind::fragment;
    const bool is_item = node.kind == NodeKind::item || node.kind == NodeKind::fragment;
    auto block = layout::block(is_item ? "item" : to_string(node.tag));
    block.children.push_back(tag_field(node.tag, endian));
    std::uint8_t width = 4;
    std::size_t swap = !little && data_set.encoding().endian != encoding.endian ? swap_size(node.vr) : 1;
    if (explicit_vr && !is_item) {
      Vr vr = node.vr;
      if (leaf && !has_long_length(vr) && node.value.size() > 0xfffe) {
        vr = Vr::UN;
        swap = data_set.encoding().endian == Endian::big ? swap_size(node.vr) : 1;
      }
      block.children.push_back(layout::field("vr", name(vr)));
      if (has_long_length(vr))
        block.children.push_back(layout::number16("reserved", 0, endian));
      else
        width = 2;
    }
    block.children.push_back(length_field(node, width, endian));
    if (leaf) {
      block.children.push_back(layout::field("value", value_bytes(node, swap), endian));
      open.back().block.children.push_back(std::move(block));
      continue;
    }
    open.push_back({std::move(block), node.end, node.length == undefined_length, is_item, little});
    if (node.kind == NodeKind::sequence && node.vr == Vr::UN) little = true;
  }
  while (open.size() > 1) close();
  return std::move(open.front().block);
}

std::string to_text(const DataSet& data_set, std::size_t max_value_length) {
  std::string text;
  std::uint32_t little_until = 0;
  const auto& nodes = data_set.nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    if (node.kind == NodeKind::sequence && node.vr == Vr::UN && i >= little_until) little_until = node.end;
    const Endian endian = i < little_until ? Endian::little : data_set.encoding().endian;
    // An item stands between its sequence and its elements.
    const std::size_t indent =
        node.depth * 4U - (node.kind == NodeKind::item || node.kind == NodeKind::fragment ? 2U : 0U);
    text += node.offset == no_offset ? std::string("       -") : fmt::format("{:8}", node.offset);
    text += fmt::format("  {:{}}{} ", "", indent, to_string(node.tag));
    if (node.kind == NodeKind::item || node.kind == NodeKind::fragment)
      text += node.kind == NodeKind::item ? "item" : "fragment";
    else
      text += name(node.vr);
    const bool container = node.kind != NodeKind::element && node.kind != NodeKind::fragment;
    if (container && node.length == undefined_length)
      text += " undefined";
    else if (!container || node.offset != no_offset)
      text += fmt::format(" {}", node.length);
    if (!container) {
      const auto value = value_text(node, endian, max_value_length);
      if (!value.empty()) text += ' ' + value;
    }
    if (const auto keyword = dict::keyword(node.tag); !keyword.empty() && node.tag.group != 0xfffe)
      text += fmt::format("  # {}", keyword);
    text += '\n';
  }
  return text;
}

}  // namespace assay::dataset
