#include "harness/dataset/dump.hpp"

#include <fmt/format.h>

#include "harness/base/digest.hpp"

namespace assay::dataset {

std::string_view kind_name(const Node& node) {
  switch (node.kind) {
    case NodeKind::element: return node.vr == Vr::none ? "stray" : "element";
    case NodeKind::sequence: return "sequence";
    case NodeKind::item: return "item";
    case NodeKind::fragments: return "fragments";
    case NodeKind::fragment: break;
  }
  return "fragment";
}

std::string bounded_path(const Cursor& cursor, std::size_t deepest) {
  if (cursor.levels() <= deepest) return cursor.path();
  if (cursor.item_number() != 0) return fmt::format("...depth={}[{}]", cursor.levels(), cursor.item_number());
  return fmt::format("...depth={}/{}", cursor.levels(), to_string(cursor.node().tag));
}

void element_lines(const DataSet& data_set, std::string_view prefix, const LineSink& sink) {
  fmt::memory_buffer line;
  for (Cursor cursor(data_set); cursor.next();) {
    const Node& node = cursor.node();
    line.clear();
    fmt::format_to(std::back_inserter(line), "{}\t{}\t{}\t{}\t{}\t", prefix, node.offset, bounded_path(cursor),
                   kind_name(node), name(node.vr));
    if (node.length == undefined_length)
      fmt::format_to(std::back_inserter(line), "undefined\t");
    else
      fmt::format_to(std::back_inserter(line), "{}\t", node.length);
    if (node.kind == NodeKind::element || node.kind == NodeKind::fragment) {
      Digest digest;
      digest.update(node.value);
      fmt::format_to(std::back_inserter(line), "{}\t{:016x}\n", node.value.size(), digest.value());
    } else {
      fmt::format_to(std::back_inserter(line), "-\t-\n");
    }
    sink({line.data(), line.size()});
  }
}

}  // namespace assay::dataset
