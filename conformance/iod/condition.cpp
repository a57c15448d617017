#include "conformance/iod/condition.hpp"

#include <algorithm>

#include "harness/dataset/value.hpp"

namespace assay::conformance::iod {

using dataset::DataSet;
using dataset::Node;
using dataset::NodeKind;

namespace {

Truth inverse(Truth truth) { return truth == Truth::unknown ? truth : truth == Truth::yes ? Truth::no : Truth::yes; }

}  // namespace

bool Condition::can_be_judged() const {
  return std::ranges::any_of(terms_, [](const Term& term) {
    return term.op != Op::unknown && term.op != Op::all && term.op != Op::some && term.op != Op::negated;
  });
}

Truth Condition::holds(const Scope& scope, std::uint32_t index) const {
  const Term& term = terms_[index];
  switch (term.op) {
    case Op::yes: return Truth::yes;
    case Op::no: return Truth::no;
    case Op::unknown: return Truth::unknown;
    case Op::negated: return inverse(holds(scope, term.first));
    case Op::all:
    case Op::some: {
      const Truth settles = term.op == Op::all ? Truth::no : Truth::yes;
      bool unknown = false;
      for (std::uint32_t child = term.first; child != 0; child = terms_[child].next) {
        const Truth one = holds(scope, child);
        if (one == settles) return settles;
        unknown = unknown || one == Truth::unknown;
      }
      return unknown ? Truth::unknown : inverse(settles);
    }
    default: return looked_up(scope, term);
  }
}

Truth Condition::looked_up(const Scope& scope, const Term& term) const {
  bool found = false;
  const Tag first = steps_[term.first].tag;
  const auto* meta = scope.meta();
  if (first.group == 2) {
    if (meta != nullptr)
      found = found_below(*meta, 0, static_cast<std::uint32_t>(meta->nodes().size()), Endian::little, term, 0);
  } else if (term.base == Base::here) {
    found = found_from(scope, term);
  } else if (term.base == Base::parent) {
    for (const Scope* around = scope.around(); around != nullptr && !found; around = around->around())
      found = found_from(*around, term);
  } else if (first == tags::SOPClassUID && scope.root().find(first) == Scope::none && meta != nullptr) {
    // A Data Set that does not name its class is what the File Meta Information says.
    for (std::uint32_t i = 0; i < meta->nodes().size() && !found; ++i)
      found = meta->nodes()[i].tag == tags::MediaStorageSOPClassUID && holds_of(*meta, i, Endian::little, term);
  } else {
    found = found_from(scope.root(), term);
  }
  // No items are a number of items, too.
  if (!found && term.op == Op::items && term.relation == Relation::equal && term.number == 0) return Truth::yes;
  return found ? Truth::yes : Truth::no;
}

bool Condition::found_from(const Scope& scope, const Term& term) const {
  const Step& step = steps_[term.first];
  const auto node = scope.find(step.tag);
  return node != Scope::none && found_at(scope.data_set(), node, scope.endian(), term, 0);
}

bool Condition::found_below(const DataSet& data_set, std::uint32_t first, std::uint32_t last, Endian endian,
                            const Term& term, std::uint32_t at) const {
  const auto& nodes = data_set.nodes();
  const Step& step = steps_[term.first + at];
  for (std::uint32_t node = first; node < last; node = step.deep ? node + 1 : nodes[node].end) {
    if (nodes[node].tag != step.tag || nodes[node].vr == Vr::none) continue;
    if (found_at(data_set, node, endian, term, at)) return true;
    if (!step.deep) return false;
  }
  return false;
}

bool Condition::found_at(const DataSet& data_set, std::uint32_t node, Endian endian, const Term& term,
                         std::uint32_t at) const {
  if (at + 1 == term.count) return holds_of(data_set, node, endian, term);
  const auto& nodes = data_set.nodes();
  if (nodes[node].kind != NodeKind::sequence) return false;
  const std::uint32_t wanted = steps_[term.first + at].number;
  std::uint32_t number = 0;
  for (std::uint32_t i = node + 1; i < nodes[node].end; i = nodes[i].end) {
    if (nodes[i].kind != NodeKind::item || (++number, wanted != 0 && wanted != number)) continue;
    if (found_below(data_set, i + 1, nodes[i].end, endian_inside(nodes[node], endian), term, at + 1)) return true;
    if (wanted == number) return false;
  }
  return false;
}

bool Condition::holds_of(const DataSet& data_set, std::uint32_t index, Endian endian, const Term& term) const {
  const Node& node = data_set.nodes()[index];
  const std::uint32_t wanted = steps_[term.first + term.count - 1].number;
  const auto compare = [&](auto left, auto right) {
    switch (term.relation) {
      case Relation::equal: return left == right;
      case Relation::unequal: return left != right;
      case Relation::less: return left < right;
      case Relation::at_most: return left <= right;
      case Relation::more: return left > right;
      case Relation::at_least: return left >= right;
    }
    return false;
  };
  switch (term.op) {
    case Op::present: return wanted <= 1 || value_count(data_set, index) >= wanted;
    case Op::filled:
      if (wanted == 0) return has_value(data_set, index);
      if (is_text(vr_of(node))) return !text_value(node, wanted - 1).empty();
      return value_count(data_set, index) >= wanted;
    case Op::items: return compare(static_cast<double>(item_count(data_set, index)), term.number);
    default: break;
  }
  const std::size_t count = value_count(data_set, index);
  const std::size_t from = wanted == 0 ? 0 : wanted - 1;
  const std::size_t to = wanted == 0 ? count : std::min<std::size_t>(count, wanted);
  // An empty value is one without characters.
  if (term.op == Op::text && to <= from && wanted <= 1 && node.kind == NodeKind::element)
    return compare(std::string_view(), std::string_view(term.text));
  for (std::size_t i = from; i < to; ++i) {
    if (term.op == Op::text && is_text(vr_of(node)) && compare(text_value(node, i), std::string_view(term.text)))
      return true;
    if (term.op == Op::number) {
      const auto number = number_value(node, endian, i);
      if (number && compare(*number, term.number)) return true;
    }
    if (term.op == Op::tag && vr_of(node) == Vr::AT &&
        compare(dataset::Numbers<Tag>(node.value, endian)[i].packed(), term.tag.packed()))
      return true;
  }
  return false;
}

const std::vector<Condition>& compiled_conditions() {
  static const auto all = [] {
    std::vector<Condition> compiled;
    compiled.reserve(named_conditions().size());
    for (const auto& named : named_conditions()) {
      auto parsed = Condition::parse(named.expression);
      compiled.push_back(parsed ? std::move(*parsed) : *Condition::parse("unspecified"));
    }
    return compiled;
  }();
  return all;
}

}  // namespace assay::conformance::iod
