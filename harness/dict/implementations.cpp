#include "harness/dict/implementations.hpp"

namespace assay::dict {

std::string_view implementation_name(std::string_view uid) {
  struct Row {
    std::string_view root;
    std::string_view name;
  };
  static constexpr Row rows[] = {
#define ASSAY_IMPLEMENTATION(root, name) {root, name},
#include "harness/dict/implementations.inc"
#undef ASSAY_IMPLEMENTATION
  };
  const Row* best = nullptr;
  for (const auto& row : rows) {
    const bool below = uid.starts_with(row.root) && (uid.size() == row.root.size() || uid[row.root.size()] == '.');
    if (below && (best == nullptr || best->root.size() < row.root.size())) best = &row;
  }
  return best == nullptr ? std::string_view() : best->name;
}

}  // namespace assay::dict
