#include "conformance/iod/sr_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/sr_relationships.hpp"
#include "conformance/iod/tables.hpp"

namespace assay::conformance::iod {

using dataset::Node;
using dataset::NodeKind;

namespace {

constexpr auto no_item = ~std::uint32_t{0};

/// A Content Item: the Data Set itself or an item of a Content Sequence.
struct ContentItem {
  std::uint32_t node;    // of the item; no_item for the Data Set
  std::uint32_t parent;  // among the Content Items
  Endian endian;
  std::uint32_t first_child = 0;  // among the Content Items, where they stand in a row
  std::uint32_t children = 0;
  // Nodes, Scope::none when absent.
  std::uint32_t relationship_type = Scope::none;
  std::uint32_t value_type = Scope::none;
  std::uint32_t content = Scope::none;
  std::uint32_t identifier = Scope::none;
  std::string_view type = {};  // the value type, unpadded
};

class Tree {
 public:
  Tree(ObjectReport& report, const ObjectOptions& options, std::string_view iod)
      : report_(report), options_(options), nodes_(report.root().nodes()), iod_(iod), rules_(sr_rules(iod)) {
    items_.push_back({no_item, no_item, report.root().endian()});
    for (std::uint32_t i = 0; i < items_.size(); ++i) {
      read(items_[i]);
      append_children(i);
    }
  }

  void judge() {
    judge_root();
    for (std::uint32_t i = 1; i < items_.size(); ++i) {
      const ContentItem& item = items_[i];
      if (item.value_type != Scope::none)
        judge_relation(item);
      else if (item.identifier != Scope::none)
        judge_reference(item);
      else if (!options_.cut)
        report_.missing(item.node, tags::ValueType, "ps3.3/C.17.3.2/content-item-without-value",
                        "neither Value Type nor Referenced Content Item Identifier",
                        "a value of its own, or a reference to another Content Item");
      judge_time_range(item);
    }
  }

 private:
  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> elements_of(const ContentItem& item) const {
    if (item.node == no_item) return {0, static_cast<std::uint32_t>(nodes_.size())};
    return {item.node + 1, nodes_[item.node].end};
  }

  [[nodiscard]] std::uint32_t find(const ContentItem& item, Tag tag) const {
    const auto [first, end] = elements_of(item);
    for (auto at = first; at < end; at = nodes_[at].end)
      if (nodes_[at].tag == tag) return at;
    return Scope::none;
  }

  void read(ContentItem& item) const {
    const std::pair<Tag, std::uint32_t ContentItem::*> looked_for[] = {
        {tags::RelationshipType, &ContentItem::relationship_type},
        {tags::ValueType, &ContentItem::value_type},
        {tags::ContentSequence, &ContentItem::content},
        {tags::ReferencedContentItemIdentifier, &ContentItem::identifier},
    };
    const auto [first, end] = elements_of(item);
    for (auto at = first; at < end; at = nodes_[at].end)
      for (const auto& [tag, member] : looked_for)
        if (nodes_[at].tag == tag && item.*member == Scope::none) item.*member = at;
    if (item.value_type != Scope::none) item.type = text_value(nodes_[item.value_type], 0);
  }

  /// The items of each Content Sequence stand in a row, so that the n-th is found at once.
  void append_children(std::uint32_t of) {
    const auto content = items_[of].content;
    if (content == Scope::none || nodes_[content].kind != NodeKind::sequence) return;
    const auto endian = endian_inside(nodes_[content], items_[of].endian);
    items_[of].first_child = static_cast<std::uint32_t>(items_.size());
    for (auto at = content + 1; at < nodes_[content].end; at = nodes_[at].end) {
      if (nodes_[at].kind != NodeKind::item) continue;
      items_.push_back({at, of, endian});
      ++items_[of].children;
    }
  }

  void judge_root() {
    const ContentItem& root = items_.front();
    if (root.value_type == Scope::none || root.type.empty() || root.type == "CONTAINER") return;
    report_.at(root.value_type, "ps3.3/C.17.3.1/root-not-a-container", quoted(root.type),
               "CONTAINER: the root of the tree holds all other Content Items");
  }

  [[nodiscard]] std::string_view relationship(const ContentItem& item) const {
    return item.relationship_type == Scope::none ? std::string_view() : text_value(nodes_[item.relationship_type], 0);
  }

  void judge_relation(const ContentItem& item) {
    const auto& source = items_[item.parent];
    const auto type = relationship(item);
    if (relation_of(iod_, source.type, type, item.type, Conveyed::by_value) == Relation::forbidden)
      report_.at(item.relationship_type, rules_.relationship, fmt::format("{} {} {}", source.type, type, item.type),
                 sr_allowed(iod_, source.type, type));
  }

  /// The Content Item that a Referenced Content Item Identifier names; no_item when there is none.
  [[nodiscard]] std::uint32_t target_of(const ContentItem& item) const {
    const auto numbers = value_count(report_.data_set(), item.identifier);
    const auto number = [&](std::size_t n) { return number_value(nodes_[item.identifier], item.endian, n); };
    if (numbers == 0 || number(0) != 1.0) return no_item;  // the root
    std::uint32_t at = 0;
    for (std::size_t n = 1; n < numbers; ++n) {
      const auto position = number(n);
      if (!position || *position < 1 || *position > items_[at].children) return no_item;
      at = items_[at].first_child + static_cast<std::uint32_t>(*position) - 1;
    }
    return at;
  }

  void judge_reference(const ContentItem& item) {
    const auto type = relationship(item);
    const auto target = target_of(item);
    if (target == no_item || items_[target].value_type == Scope::none) {
      if (!options_.cut && has_value(report_.data_set(), item.identifier))
        report_.at(item.identifier, "ps3.3/C.17.3.2.5/reference-without-target", position_text(item),
                   target == no_item ? "the position of a Content Item, from the root 1 downwards"
                                     : "the position of a Content Item that has a value, not of another reference");
      return;
    }
    const auto& source = items_[item.parent];
    for (auto above = item.parent; above != no_item; above = items_[above].parent)
      if (above == target)
        return report_.at(item.identifier, "ps3.3/C.17.3.2.5/reference-to-ancestor", position_text(item),
                          "a Content Item that the reference does not stand in: this one leads round in circles");
    if (type == "CONTAINS") return;  // by reference it is told in the walk
    const auto relation = relation_of(iod_, source.type, type, items_[target].type, Conveyed::by_reference);
    const auto words = fmt::format("{} {} {}, by reference", source.type, type, items_[target].type);
    if (relation == Relation::only_by_value)
      report_.at(item.identifier, rules_.by_reference, words, "the Content Item itself: this relationship is by value");
    else if (relation == Relation::forbidden)
      report_.at(item.identifier, rules_.relationship, words, sr_allowed(iod_, source.type, type));
  }

  /// "1.2.3"
  [[nodiscard]] std::string position_text(const ContentItem& item) const {
    std::string text;
    const auto numbers = std::min<std::size_t>(value_count(report_.data_set(), item.identifier), 16);
    for (std::size_t n = 0; n < numbers; ++n)
      text +=
          fmt::format("{}{:.0f}", n == 0 ? "" : ".", number_value(nodes_[item.identifier], item.endian, n).value_or(0));
    return text.empty() ? "no number" : text;
  }

  /// The tables that the walk goes by have no Temporal Coordinates Macro.
  void judge_time_range(const ContentItem& item) {
    if (item.type != "TCOORD" || options_.cut) return;
    static constexpr Tag places[] = {tags::ReferencedSamplePositions, tags::ReferencedTimeOffsets,
                                     tags::ReferencedDateTime};
    const auto filled = [&](Tag tag) {
      const auto at = find(item, tag);
      return at != Scope::none && has_value(report_.data_set(), at);
    };
    if (!filled(tags::TemporalRangeType))
      report_.missing(item.node, tags::TemporalRangeType, "ps3.3/C.18.7/temporal-range-type-missing",
                      "TCOORD without Temporal Range Type", "POINT, MULTIPOINT, SEGMENT, MULTISEGMENT, BEGIN or END");
    if (!std::ranges::any_of(places, filled))
      report_.missing(item.node, tags::ReferencedSamplePositions, "ps3.3/C.18.7/temporal-coordinates-missing",
                      "TCOORD without a point in time",
                      "Referenced Sample Positions, Referenced Time Offsets or Referenced DateTime");
  }

  ObjectReport& report_;
  const ObjectOptions& options_;
  const std::vector<Node>& nodes_;
  std::string_view iod_;
  SrRules rules_;
  std::vector<ContentItem> items_;  // breadth first, the root in front
};

}  // namespace

void check_sr_tree(ObjectReport& report, const ObjectOptions& options) {
  const Iod* iod = iod_of(report.text(tags::SOPClassUID));
  if (iod == nullptr ||
      !std::ranges::any_of(iod->modules, [](const IodModule& of) { return of.module == ModuleId::SRDocumentContent; }))
    return;
  Tree(report, options, iod->name).judge();
}

}  // namespace assay::conformance::iod
