#include "harness/dataset/form_leaf.hpp"

namespace assay::dataset {

namespace {

std::expected<Bytes, LeafFault> bytes_of(const LeafText& leaf, const BulkSource& bulk) {
  using Kind = LeafFault::Kind;
  if (leaf.inline_binary) {
    auto bytes = from_base64(*leaf.inline_binary);
    if (!bytes) return std::unexpected(LeafFault{Kind::base64, leaf.inline_binary->substr(0, 40)});
    return std::move(*bytes);
  }
  if (leaf.bulk_uri) {
    if (!bulk) return std::unexpected(LeafFault{Kind::bulk_data, leaf.bulk_uri->substr(0, 200)});
    auto bytes = bulk(*leaf.bulk_uri);
    if (!bytes) return std::unexpected(LeafFault{Kind::bulk_data, bytes.error()});
    return std::move(*bytes);
  }
  if (leaf.values.empty()) return Bytes{};
  if (is_text(leaf.vr)) {
    if (leaf.values.size() > 1 && !holds_several_values(leaf.vr))
      return std::unexpected(LeafFault{Kind::several_values, std::to_string(leaf.values.size()) + " values"});
    Bytes bytes;
    for (std::size_t i = 0; i < leaf.values.size(); ++i) {
      if (i != 0) bytes.push_back('\\');
      append(bytes, leaf.values[i]);
    }
    return bytes;
  }
  if (unit_size(leaf.vr) == 1 || leaf.vr == Vr::OW || leaf.vr == Vr::OF || leaf.vr == Vr::OL || leaf.vr == Vr::OD ||
      leaf.vr == Vr::OV)
    return std::unexpected(LeafFault{Kind::binary_as_value, std::to_string(leaf.values.size()) + " values"});
  auto bytes = bytes_from_numbers(leaf.vr, leaf.values);
  if (!bytes) return std::unexpected(LeafFault{Kind::wrong_value, bytes.error()});
  return std::move(*bytes);
}

}  // namespace

std::expected<void, LeafFault> put_leaf(FormTree& tree, std::uint32_t index, const LeafText& leaf,
                                        const BulkSource& bulk) {
  auto bytes = bytes_of(leaf, bulk);
  if (!bytes) return std::unexpected(bytes.error());
  const bool may_be_encapsulated = leaf.tag == tags::PixelData && (leaf.vr == Vr::OB || leaf.vr == Vr::OW);
  const auto fragments = may_be_encapsulated ? fragments_in(*bytes) : std::nullopt;
  if (!fragments) {
    tree.become(index, NodeKind::element, leaf.vr);
    tree.set_value(index, *bytes);
    return {};
  }
  tree.become(index, NodeKind::fragments, leaf.vr);
  for (const auto fragment : *fragments) {
    const auto part = tree.open(NodeKind::fragment, Tag(0xfffe, 0xe000), Vr::none, 0);
    tree.set_value(part, fragment);
    tree.close(part);
  }
  return {};
}

}  // namespace assay::dataset
