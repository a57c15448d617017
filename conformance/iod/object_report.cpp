#include "conformance/iod/object_report.hpp"

#include <fmt/format.h>

#include "conformance/iod/condition.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::conformance::iod {

using dataset::Node;
using dataset::NodeKind;

namespace {

std::uint64_t place(std::uint64_t offset) { return offset == dataset::no_offset ? 0 : offset; }

}  // namespace

std::string clause_of(std::string_view rule) {
  const auto first = rule.find('/');
  const auto second = rule.find('/', first + 1);
  return fmt::format("PS{} {}", rule.substr(2, first - 2), rule.substr(first + 1, second - first - 1));
}

std::string path_of(const dataset::DataSet& data_set, std::uint32_t node) {
  const auto& nodes = data_set.nodes();
  std::string path;
  std::uint32_t at = 0;
  std::uint32_t item = 0;
  while (at < nodes.size() && at <= node) {
    const Node& here = nodes[at];
    if (here.kind == NodeKind::item) ++item;
    if (node >= here.end) {
      at = here.end;
      continue;
    }
    if (here.kind == NodeKind::item)
      path += fmt::format("[{}]/", item);
    else
      path += to_string(here.tag);
    if (at == node) break;
    if (here.kind != NodeKind::item) item = 0;
    ++at;
  }
  return path;
}

const Node* ObjectReport::node(Tag tag) const {
  const auto index = root_.find(tag);
  return index == Scope::none ? nullptr : &root_.nodes()[index];
}

std::string_view ObjectReport::text(Tag tag, std::size_t number) const {
  const Node* found = node(tag);
  return found == nullptr ? std::string_view() : text_value(*found, number);
}

std::string_view ObjectReport::whole(Tag tag) const {
  const Node* found = node(tag);
  if (found == nullptr || found->kind != NodeKind::element || !is_text(vr_of(*found))) return {};
  return dataset::trimmed(dataset::without_padding(as_text(found->value)));
}

std::optional<double> ObjectReport::number(Tag tag, std::size_t number) const {
  const Node* found = node(tag);
  return found == nullptr ? std::nullopt : number_value(*found, root_.endian(), number);
}

std::size_t ObjectReport::count(Tag tag) const {
  const auto index = root_.find(tag);
  return index == Scope::none ? 0 : value_count(root_.data_set(), index);
}

std::optional<dataset::Interval> ObjectReport::when(Tag date, Tag time) const {
  const auto day = dataset::parse_date(text(date), dataset::Spelling::historic);
  if (!day) return std::nullopt;
  dataset::DateTime value;
  value.date = *day;
  value.time.components = 0;
  if (const auto clock = dataset::parse_time(text(time), dataset::Spelling::historic); clock) value.time = *clock;
  return dataset::interval_of(value);
}

std::string ObjectReport::when_text(Tag date, Tag time) const {
  std::string told(printable(text(date).substr(0, 16)));
  if (!text(time).empty()) told += ' ' + printable(text(time).substr(0, 16));
  return told;
}

void ObjectReport::at(std::uint32_t index, std::string_view rule, std::string found, std::string expected,
                      Gravity gravity) {
  if (full()) return;
  put(place(root_.nodes()[index].offset), path_of(root_.data_set(), index), rule, std::move(found), std::move(expected),
      gravity);
}

void ObjectReport::at(Tag tag, std::string_view rule, std::string found, std::string expected, Gravity gravity) {
  const auto index = root_.find(tag);
  if (index != Scope::none) return at(index, rule, std::move(found), std::move(expected), gravity);
  // Where it would stand: before the first greater tag, else behind the last.
  const auto& nodes = root_.nodes();
  std::uint64_t offset = 0;
  for (std::uint32_t i = 0; i < nodes.size(); i = nodes[i].end) {
    offset = nodes[i].tag > tag ? nodes[i].offset : nodes[i].end_offset;
    if (nodes[i].offset == dataset::no_offset) offset = 0;
    if (nodes[i].tag > tag) break;
  }
  put(place(offset), to_string(tag), rule, std::move(found), std::move(expected), gravity);
}

void ObjectReport::missing(std::uint32_t item, Tag tag, std::string_view rule, std::string found,
                           std::string expected) {
  if (full()) return;
  const auto& nodes = root_.nodes();
  // Before the first greater tag, else behind the last element.
  auto offset = nodes[item].offset;
  for (auto i = item + 1; i < nodes[item].end; i = nodes[i].end) {
    offset = nodes[i].tag > tag ? nodes[i].offset : nodes[i].end_offset;
    if (nodes[i].offset == dataset::no_offset) offset = 0;
    if (nodes[i].tag > tag) break;
  }
  put(place(offset), path_of(root_.data_set(), item) + to_string(tag), rule, std::move(found), std::move(expected),
      Gravity::deviation);
}

bool ObjectReport::full() {
  if (problems.size() < max_problems_) return false;
  ++more;
  return true;
}

void ObjectReport::put(std::uint64_t offset, std::string field, std::string_view rule, std::string found,
                       std::string expected, Gravity gravity) {
  if (full()) return;
  problems.push_back({.rule = std::string(rule),
                      .clause = clause_of(rule),
                      .offset = offset,
                      .field = std::move(field),
                      .found = std::move(found),
                      .expected = std::move(expected),
                      .gravity = gravity});
}

std::string quoted(std::string_view text) { return "'" + printable(text.substr(0, 64)) + "'"; }

bool cites(const ObjectReport& object, Tag sequence, Tag element, std::string_view uid) {
  const auto index = object.root().find(sequence);
  if (index == Scope::none || uid.empty()) return false;
  const auto& nodes = object.root().nodes();
  for (std::uint32_t i = index + 1; i < nodes[index].end; ++i)
    if (nodes[i].tag == element && nodes[i].kind == NodeKind::element && text_value(nodes[i], 0) == uid) return true;
  return false;
}

}  // namespace assay::conformance::iod
