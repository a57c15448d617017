// Elements in their level: private blocks (PS3.5 7.8), group lengths (7.2), retired and unknown elements (PS3.6), what
// stands behind the trailing padding (PS3.10 7.2).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/base/hex.hpp"
#include "harness/dataset/check_parts.hpp"
#include "harness/dataset/value.hpp"

namespace assay::dataset {

namespace {

std::string_view bare(const Node& node) { return trimmed(without_padding(as_text(node.value))); }

/// A group length element: the bytes behind it that belong to its group (PS3.5 7.2).
void check_group_length(const CheckPlace& place) {
  const Node& node = place.node();
  CheckLevel& level = place.level;
  // In File Meta Information and Command Sets the decoder judges it.
  if (node.tag.group <= 2 || node.offset == no_offset || node.value.size() != 4 || place.at.index() < level.group_until)
    return;
  const auto& nodes = place.data_set.nodes();
  std::uint64_t end = node.end_offset;
  std::uint32_t i = node.end;
  for (; i < level.end && nodes[i].tag.group == node.tag.group; i = nodes[i].end) {
    if (nodes[i].offset == no_offset) return;  // something was set since: nothing to compare with
    end = nodes[i].end_offset;
  }
  level.group_until = i;
  const auto stated = load<std::uint32_t>(node.value.data(), place.at.endian());
  const std::uint64_t counted = end - node.end_offset;
  if (stated != counted)
    place.report.in_value(place.at, "ps3.5/7.2/group-length-wrong", "PS3.5 7.2", 0, std::to_string(stated),
                          fmt::format("{}, or no group length: it is retired", counted));
}

/// Creators of one level: each must be alone with its name in its group (PS3.5 7.8.1, since 2025).
void check_creators(const CheckPlace& place) {
  if (place.level.creators_done) return;
  place.level.creators_done = true;
  struct Creator {
    std::uint16_t group;
    std::string_view name;
    const Node* node;
  };
  std::vector<Creator> creators;
  const auto& nodes = place.data_set.nodes();
  for (std::uint32_t i = place.level.first; i < place.level.end; i = nodes[i].end) {
    const Node& node = nodes[i];
    if (node.kind == NodeKind::element && node.tag.is_private() && node.tag.element >= 0x10 &&
        node.tag.element <= 0xff && !bare(node).empty())
      creators.push_back({node.tag.group, bare(node), &node});
  }
  std::sort(creators.begin(), creators.end(), [](const Creator& a, const Creator& b) {
    if (a.group != b.group) return a.group < b.group;
    if (a.name != b.name) return a.name < b.name;
    return a.node < b.node;
  });
  for (std::size_t i = 1; i < creators.size(); ++i) {
    const auto& one = creators[i];
    if (one.group != creators[i - 1].group || one.name != creators[i - 1].name) continue;
    if (!place.report.wants(Gravity::note)) return;
    auto field = short_path(place.at);
    field.resize(field.rfind('/') == std::string::npos ? 0 : field.rfind('/') + 1);
    place.report.put(offset_in_value(*one.node, 0), field + to_string(one.node->tag), "ps3.5/7.8.1/creator-twice",
                     "PS3.5 7.8.1", "'" + printable(one.name.substr(0, 64)) + "' again",
                     "one block for each creator in a group", Gravity::note);
  }
}

void check_private(const CheckPlace& place) {
  const Node& node = place.node();
  const std::uint16_t element = node.tag.element;
  if (node.tag.group < 9 || node.tag.group == 0xffff) return;  // the decoder has reported the group
  const auto gravity = place.report.options().acr_nema ? Gravity::note : Gravity::deviation;
  if (element == 0) return;
  if (element < 0x10 || (element > 0xff && element < 0x1000)) {
    place.report.at_tag(place.at, "ps3.5/7.8.1/private-element-number", "PS3.5 7.8.1",
                        fmt::format("element {:04X} in an odd group", element),
                        "private creators at 0010-00FF, private elements at 1000-FFFF", gravity);
    return;
  }
  if (element <= 0xff) {
    check_creators(place);
    if (node.kind != NodeKind::element) return;
    const auto name = bare(node);
    const auto high =
        std::find_if(name.begin(), name.end(), [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
    if (name.empty()) {
      place.level.orphan_block = node.tag.packed();
      place.report.at_tag(place.at, "ps3.5/7.8.1/creator-empty", "PS3.5 7.8.1", "an empty Private Creator",
                          "the name of who defines the block", gravity);
    } else if (name.find('\\') != std::string_view::npos)
      place.report.in_value(place.at, "ps3.5/7.8.1/creator-value", "PS3.5 7.8.1",
                            static_cast<std::size_t>(name.data() - as_text(node.value).data()) + name.find('\\'),
                            "several values", "one value", gravity);
    else if (high != name.end() && !place.at.character_set().empty())
      place.report.in_value(place.at, "ps3.5/7.8.1/creator-value", "PS3.5 7.8.1",
                            static_cast<std::size_t>(&*high - as_text(node.value).data()), "a byte above 7FH",
                            "the default character repertoire", gravity);
    return;
  }
  const Tag creator{node.tag.group, static_cast<std::uint16_t>(element >> 8)};
  if (place.at.creator().empty() && !place.report.options().query) {
    // Once for each block, and not when its creator was reported as empty.
    if (place.level.orphan_block == creator.packed()) return;
    place.level.orphan_block = creator.packed();
    place.report.at_tag(place.at, "ps3.5/7.8.1/no-creator", "PS3.5 7.8.1", "no Private Creator " + to_string(creator),
                        "a Private Creator that reserves the block", gravity);
  }
}

/// Retired elements whose content moved to another one: both present must agree (same VR, compared as text).
struct RetiredPair {
  Tag retired;
  Tag successor;
};
constexpr RetiredPair retired_pairs[] = {
    {tags::Location, tags::SliceLocation},
    {tags::LossyImageCompressionRetired, tags::LossyImageCompression},
    {tags::ParallelReductionFactorInPlaneRetired, tags::ParallelReductionFactorInPlane},
    {tags::OtherPatientIDs, tags::OtherPatientIDsSequence},
};

bool agrees(const CheckPlace& place, const Node& retired, const Node& successor) {
  if (successor.kind == NodeKind::element) {
    if (retired.value.empty() || successor.value.empty()) return true;
    if (!is_text(retired.vr)) return std::ranges::equal(retired.value, successor.value);
    const auto a = parse_decimal_string(without_padding(as_text(retired.value)));
    const auto b = parse_decimal_string(without_padding(as_text(successor.value)));
    return a && b ? std::abs(*a - *b) <= 1e-3 * std::max(1.0, std::abs(*a)) : bare(retired) == bare(successor);
  }
  // Other Patient IDs: each stands as Patient ID in an item of the sequence, where that has any.
  const auto& nodes = place.data_set.nodes();
  std::vector<std::string_view> ids;
  const auto first = static_cast<std::uint32_t>(&successor - nodes.data()) + 1;
  for (std::uint32_t item = first; item < successor.end; item = nodes[item].end)
    for (std::uint32_t i = item + 1; i < nodes[item].end; i = nodes[i].end)
      if (nodes[i].tag == tags::PatientID) ids.push_back(bare(nodes[i]));
  if (ids.empty()) return true;
  std::sort(ids.begin(), ids.end());
  const auto old = place.sets.in_force(place.at.character_set()).split_values(retired.value, retired.vr);
  return std::ranges::all_of(old, [&](ByteView id) {
    const auto text = trimmed(without_padding(as_text(id)));
    return text.empty() || std::ranges::binary_search(ids, text);
  });
}

void check_retired_pairs(const CheckPlace& place) {
  const Node& node = place.node();
  for (std::size_t i = 0; i < std::size(retired_pairs); ++i) {
    const auto bit = std::uint32_t{1} << i;
    if (node.tag != retired_pairs[i].retired || node.kind != NodeKind::element || (place.level.pairs_done & bit) != 0)
      continue;
    place.level.pairs_done |= bit;
    const Node* successor = place.neighbour(retired_pairs[i].successor);
    if (successor && !agrees(place, node, *successor))
      place.report.in_value(place.at, "ps3.6/6/retired-conflict", "PS3.6 6", 0,
                            "'" + printable(bare(node).substr(0, 40)) + "'",
                            fmt::format("what {} says: {}", to_string(successor->tag),
                                        successor->kind == NodeKind::element && is_text(successor->vr)
                                            ? "'" + printable(bare(*successor).substr(0, 40)) + "'"
                                            : std::string("other values")));
  }
}

void check_dictionary(const CheckPlace& place) {
  const Node& node = place.node();
  const auto* entry = dict::find(node.tag);
  if (!entry) {
    place.report.at_tag(place.at, "ps3.6/6/unknown-element", "PS3.6 6", "an element that PS3.6 does not have",
                        "elements of the standard in even groups", Gravity::note);
    return;
  }
  if (entry->retired && node.tag.element != 0) {
    place.report.at_tag(place.at, "ps3.6/6/retired", "PS3.6 6", std::string(entry->keyword) + ", which is retired",
                        "elements in use", Gravity::note);
    check_retired_pairs(place);
  }
}

}  // namespace

void check_structure(const CheckPlace& place) {
  const Node& node = place.node();
  if (place.at.levels() == 0) {
    if (place.level.padded && node.tag != tags::DataSetTrailingPadding)
      place.report.at_tag(place.at, "ps3.10/7.2/after-padding", "PS3.10 7.2", to_string(node.tag),
                          "nothing after Data Set Trailing Padding (FFFC,FFFC)");
    if (node.tag == tags::DataSetTrailingPadding) place.level.padded = true;
  }
  if (node.tag.element == 0) return check_group_length(place);
  if (node.tag.is_private())
    check_private(place);
  else
    check_dictionary(place);
}

}  // namespace assay::dataset
