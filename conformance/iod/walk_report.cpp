// What the walk has found, told: place, words, once each; and what no row of the IOD knows.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "conformance/iod/object_report.hpp"
#include "conformance/iod/walk.hpp"

namespace assay::conformance::iod {

using dataset::Node;
using dataset::NodeKind;

namespace {

/// Rules that say the same of an attribute, by different modules, are told once.
std::string_view kind_of(std::string_view rule) {
  if (rule.ends_with("-missing")) return "missing";
  if (rule.ends_with("-empty")) return "empty";
  return rule;
}

}  // namespace

std::string Walk::path(Tag tag) const {
  std::string text;
  for (const auto& around : around_) text += fmt::format("{}[{}]/", to_string(around.sequence), around.item);
  return text + to_string(tag);
}

std::uint64_t Walk::offset(const Scope& scope, Tag tag) const {
  const auto& nodes = scope.nodes();
  const auto present = scope.find(tag);
  const auto told = [&](std::uint64_t at) { return at == dataset::no_offset ? 0 : at; };
  if (present != Scope::none) return told(nodes[present].offset);
  // Where it would stand: before the first greater tag, else behind the last.
  std::uint64_t behind = scope.first() > 0 ? nodes[scope.first() - 1].offset : 0;
  for (std::uint32_t i = scope.first(); i < scope.last(); i = nodes[i].end) {
    if (nodes[i].tag > tag) return told(nodes[i].offset);
    behind = nodes[i].offset == dataset::no_offset ? nodes[i].offset : nodes[i].end_offset;
  }
  return told(behind);
}

std::string Walk::where(const Place& place, const Row& row) {
  std::string text = row.type == Type::t ? std::string("of ") : fmt::format("Type {} in ", name(row.type));
  // Modules have names in one word, lines of an extension are named in words.
  const auto name_of = place.module.name;
  text += name_of.find(' ') == std::string_view::npos ? spaced(name_of) : std::string(name_of);
  if (!place.module.section.empty()) text += fmt::format(" (PS3.3 {})", place.module.section);
  return text;
}

void Walk::report(const Place& place, std::string_view rule, Tag tag, std::string found, std::string expected,
                  Gravity gravity) {
  put(rule, offset(place.scope, tag), path(tag), std::move(found), std::move(expected), gravity);
}

void Walk::put(std::string_view rule, std::uint64_t offset, std::string field, std::string found, std::string expected,
               Gravity gravity) {
  if (gravity == Gravity::note && !options_.notes) return;
  if (told_.size() < options_.max_problems) {
    std::string kind(kind_of(rule));
    if (kind == rule) kind += found;
    if (!told_.emplace(field, std::move(kind)).second) return;
  }
  // Notes leave half of the room to what is worse.
  const std::size_t room = gravity == Gravity::note ? options_.max_problems / 2 : options_.max_problems;
  if (problems_.size() >= room) {
    ++more_;
    return;
  }
  problems_.push_back({.rule = std::string(rule),
                       .clause = clause_of(rule),
                       .offset = offset,
                       .field = std::move(field),
                       .found = std::move(found),
                       .expected = std::move(expected),
                       .gravity = gravity});
}

void Walk::unknown_attributes() {
  const auto& nodes = root_.nodes();
  // Levels that the rows describe: the whole Data Set and the items of known sequences.
  struct Level {
    std::uint32_t first;
    std::uint32_t last;
    std::vector<Around> around;
  };
  std::vector<Level> open{{0, static_cast<std::uint32_t>(nodes.size()), {}}};
  while (!open.empty()) {
    Level level = std::move(open.back());
    open.pop_back();
    around_ = std::move(level.around);
    for (std::uint32_t i = level.first; i < level.last; i = nodes[i].end) {
      const Node& node = nodes[i];
      if (node.vr == Vr::none || node.tag.is_private() || node.tag.is_group_length() ||
          node.tag == tags::DataSetTrailingPadding)
        continue;
      if (known_[i] == 0) {
        const auto* entry = dict::find(node.tag);
        if (entry == nullptr) continue;  // told by the dictionary's own rule
        put(entry->retired ? "ps3.6/6/retired-attribute" : "ps3.2/7.3/not-in-iod",
            node.offset == dataset::no_offset ? 0 : node.offset, path(node.tag),
            entry->retired ? "a retired attribute" : "an attribute that no module of the IOD has",
            "attributes of the IOD", Gravity::note);
        continue;
      }
      if (node.kind != NodeKind::sequence || around_.size() >= options_.max_depth) continue;
      std::uint32_t number = 0;
      for (std::uint32_t item = i + 1; item < node.end; item = nodes[item].end) {
        if (nodes[item].kind != NodeKind::item) continue;
        auto around = around_;
        around.push_back({node.tag, ++number});
        open.push_back({item + 1, nodes[item].end, std::move(around)});
      }
    }
  }
  around_.clear();
}

Problems Walk::take_problems() {
  std::ranges::sort(problems_, [](const Problem& a, const Problem& b) {
    return std::tie(a.offset, a.field, a.rule) < std::tie(b.offset, b.field, b.rule);
  });
  return std::move(problems_);
}

}  // namespace assay::conformance::iod
