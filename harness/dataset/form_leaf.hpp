// What a reader of JSON or XML has collected about one attribute, turned into an element of a FormTree.
// Tests: tests/unit/dataset/json_test.cpp, native_xml_test.cpp
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "harness/dataset/form_tree.hpp"
#include "harness/dataset/form_value.hpp"

namespace assay::dataset {

struct LeafText {
  Tag tag;
  Vr vr = Vr::UN;
  std::vector<std::string> values;  // "" for an empty one
  std::optional<std::string> inline_binary;
  std::optional<std::string> bulk_uri;
};

/// Why an attribute could not be taken over.
struct LeafFault {
  enum class Kind : std::uint8_t { wrong_value, several_values, base64, bulk_data, binary_as_value };
  Kind kind;
  std::string found;
};

/// Sets the value of the open element `index`; encapsulated Pixel Data becomes fragments again.
std::expected<void, LeafFault> put_leaf(FormTree& tree, std::uint32_t index, const LeafText& leaf,
                                        const BulkSource& bulk);

}  // namespace assay::dataset
