#include "conformance/deidentification/findings.hpp"

#include <fmt/format.h>

#include "conformance/iod/object_report.hpp"
#include "harness/dataset/value_text.hpp"

namespace assay::conformance::deidentification {

using dataset::Node;
using dataset::NodeKind;

void Findings::put(std::string_view rule, std::uint64_t offset, std::string path, std::string found,
                   std::string expected, Gravity gravity) {
  // Notes leave half of the room to what is worse.
  const std::size_t room = gravity == Gravity::note ? limits::max_problems / 2 : limits::max_problems;
  if (problems.size() >= room) {
    ++more;
    return;
  }
  problems.push_back({.rule = std::string(rule),
                      .clause = iod::clause_of(rule),
                      .offset = offset,
                      .field = std::move(path),
                      .found = std::move(found),
                      .expected = std::move(expected),
                      .gravity = gravity});
}

void Findings::at(const dataset::Cursor& cursor, std::string_view rule, std::string found, std::string expected,
                  Gravity gravity) {
  if (problems.size() >= limits::max_problems) {
    ++more;  // without the work of a path
    return;
  }
  put(rule, place_of(cursor.node()), cursor.path(), std::move(found), std::move(expected), gravity);
}

std::string size_of_value(const dataset::DataSet& data_set, std::uint32_t node) {
  const auto& nodes = data_set.nodes();
  const auto& of = nodes[node];
  if (of.kind == NodeKind::element) return fmt::format("a value of {} bytes", of.value.size());
  std::size_t count = 0;
  for (std::uint32_t i = node + 1; i < of.end; i = nodes[i].end) ++count;
  return fmt::format("{} item{}", count, count == 1 ? "" : "s");
}

bool is_empty(const Node& node) {
  if (node.kind != NodeKind::element) return false;
  return is_text(node.vr) ? text_of(node).empty() : node.value.empty();
}

std::string_view text_of(const Node& node) { return dataset::trimmed(dataset::without_padding(as_text(node.value))); }

std::uint64_t place_of(const Node& node) { return node.offset == dataset::no_offset ? 0 : node.offset; }

}  // namespace assay::conformance::deidentification
