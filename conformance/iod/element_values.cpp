// Values as conditions and rules of the tables need them: by number, as text, as a number.
#include <charconv>
#include <cmath>

#include "conformance/iod/condition.hpp"
#include "harness/dataset/value.hpp"

namespace assay::conformance::iod {

using dataset::Node;
using dataset::NodeKind;

namespace {

/// The values of texts that hold one are not split.
std::string_view nth_part(std::string_view text, std::size_t number) {
  std::size_t from = 0;
  for (; number > 0; --number) {
    const auto mark = text.find('\\', from);
    if (mark == std::string_view::npos) return {};
    from = mark + 1;
  }
  const auto end = text.find('\\', from);
  return text.substr(from, end == std::string_view::npos ? end : end - from);
}

template <typename T>
std::optional<double> nth_number(const Node& node, Endian endian, std::size_t number) {
  const dataset::Numbers<T> all(node.value, endian);
  if (number >= all.size()) return std::nullopt;
  return static_cast<double>(all[number]);
}

}  // namespace

Vr vr_of(const Node& node) {
  if (node.vr != Vr::UN || node.kind != NodeKind::element) return node.vr;
  const Vr known = dict::implicit_vr(node.tag);
  return known == Vr::SQ || node.value.size() % unit_size(known) != 0 ? Vr::UN : known;
}

std::string_view text_value(const Node& node, std::size_t number) {
  const Vr vr = vr_of(node);
  if (node.kind != NodeKind::element || !is_text(vr)) return {};
  const auto text = as_text(node.value);
  if (!dataset::splits_at_backslash(vr)) return number == 0 ? dataset::without_padding(text) : std::string_view();
  return dataset::trimmed(dataset::without_padding(nth_part(text, number)));
}

std::uint32_t item_count(const dataset::DataSet& data_set, std::uint32_t sequence) {
  const auto& nodes = data_set.nodes();
  if (nodes[sequence].kind != NodeKind::sequence) return 0;
  std::uint32_t count = 0;
  for (std::uint32_t i = sequence + 1; i < nodes[sequence].end; i = nodes[i].end)
    if (nodes[i].kind == NodeKind::item) ++count;
  return count;
}

bool has_value(const dataset::DataSet& data_set, std::uint32_t node) {
  const Node& of = data_set.nodes()[node];
  if (of.kind == NodeKind::sequence) return item_count(data_set, node) > 0;
  if (of.kind == NodeKind::fragments) return of.end > node + 1;
  if (!is_text(vr_of(of))) return !of.value.empty();
  return !dataset::trimmed(dataset::without_padding(as_text(of.value))).empty();
}

std::size_t value_count(const dataset::DataSet& data_set, std::uint32_t node) {
  const Node& of = data_set.nodes()[node];
  if (of.kind == NodeKind::sequence) return item_count(data_set, node);
  if (of.kind != NodeKind::element) return 1;
  return has_value(data_set, node) ? dataset::multiplicity(vr_of(of), of.value) : 0;
}

std::optional<double> number_value(const Node& node, Endian endian, std::size_t number) {
  if (node.kind != NodeKind::element) return std::nullopt;
  if (node.vr == Vr::UN) endian = Endian::little;
  switch (vr_of(node)) {
    case Vr::US:
    case Vr::OW: return nth_number<std::uint16_t>(node, endian, number);
    case Vr::SS: return nth_number<std::int16_t>(node, endian, number);
    case Vr::UL: return nth_number<std::uint32_t>(node, endian, number);
    case Vr::SL: return nth_number<std::int32_t>(node, endian, number);
    case Vr::UV: return nth_number<std::uint64_t>(node, endian, number);
    case Vr::SV: return nth_number<std::int64_t>(node, endian, number);
    case Vr::FL: return nth_number<float>(node, endian, number);
    case Vr::FD: return nth_number<double>(node, endian, number);
    default: break;
  }
  const auto text = text_value(node, number);
  return text.empty() ? std::nullopt : dataset::parse_decimal_string(text);
}

}  // namespace assay::conformance::iod
