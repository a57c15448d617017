// The Identifier of a C-FIND response. Tests: tests/unit/service/query_test.cpp
#include "harness/service/returned.hpp"

#include <algorithm>

#include "harness/service/matching.hpp"

namespace assay::service {

namespace {

void copy_element(dataset::DataSet& out, const dataset::DataSet& whole, const dataset::Level& attributes,
                  const dataset::Node& node, const std::vector<dataset::Level>& keys, const ReturnedItem& returned);

/// Copies of the items to return, with the elements that `keys` asks for; no keys means all of both.
std::vector<dataset::DataSet> copy_items(const dataset::DataSet& whole, const dataset::Level& attributes, Tag tag,
                                         const std::vector<dataset::Level>& keys, const ReturnedItem& returned) {
  std::vector<dataset::DataSet> out;
  for (const auto& item : attributes.items(tag)) {
    if (!keys.empty() && returned && !returned(keys.front(), item)) continue;
    auto& copy = out.emplace_back(whole.encoding());
    const auto wanted = keys.empty() ? std::vector<const dataset::Node*>{} : keys.front().elements();
    if (wanted.empty()) {
      for (const auto* node : item.elements()) copy_element(copy, whole, item, *node, {}, returned);
      continue;
    }
    for (const auto* key : wanted) return_key(copy, keys.front(), *key, whole, item, returned);
  }
  return out;
}

void copy_element(dataset::DataSet& out, const dataset::DataSet& whole, const dataset::Level& attributes,
                  const dataset::Node& node, const std::vector<dataset::Level>& keys, const ReturnedItem& returned) {
  if (node.kind == dataset::NodeKind::sequence)
    out.set_sequence(node.tag, copy_items(whole, attributes, node.tag, keys, returned));
  else if (node.kind == dataset::NodeKind::element)
    out.set_bytes(node.tag, node.vr, node.value);
}

}  // namespace

void return_key(dataset::DataSet& out, const dataset::Level& identifier, const dataset::Node& key,
                const dataset::DataSet& whole, const dataset::Level& attributes, const ReturnedItem& returned) {
  if (const auto* node = attributes.find(key.tag))
    copy_element(out, whole, attributes, *node, identifier.items(key.tag), returned);
  else if (matching_vr(key) == Vr::SQ)
    out.set_sequence(key.tag, {});
  else
    out.set_bytes(key.tag, matching_vr(key), {});
}

void copy_attribute(dataset::DataSet& out, const dataset::DataSet& whole, const dataset::Level& attributes,
                    const dataset::Node& node) {
  copy_element(out, whole, attributes, node, {}, {});
}

bool needs_character_set(const dataset::DataSet& data_set) {
  return std::ranges::any_of(data_set.nodes(), [](const dataset::Node& node) {
    return node.kind == dataset::NodeKind::element && is_text(node.vr) &&
           std::ranges::any_of(node.value, [](std::uint8_t b) { return b >= 0x80 || b == 0x1b; });
  });
}

}  // namespace assay::service
