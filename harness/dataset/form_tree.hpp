// A Data Set under construction, element by element in any order, as the readers of JSON and XML find it: kept flat,
// put in ascending order at every level, and encoded and decoded once at the end. No recursion at any depth.
// Tests: tests/unit/dataset/json_test.cpp, native_xml_test.cpp
#pragma once

#include <cstdint>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

class FormTree {
 public:
  /// Opens an element, item, ... inside the innermost open one; `place` is its offset in the text. Returns its index.
  std::uint32_t open(NodeKind kind, Tag tag, Vr vr, std::uint64_t place);
  /// What is known only at its end.
  void become(std::uint32_t index, NodeKind kind, Vr vr);
  /// Little endian; padded when it is encoded.
  void set_value(std::uint32_t index, ByteView value);
  void close(std::uint32_t index) { nodes_[index].end = static_cast<std::uint32_t>(nodes_.size()); }
  /// Takes back everything from this one on.
  void drop_from(std::uint32_t index) { nodes_.resize(index); }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

  struct Twice {
    Tag tag;
    std::uint64_t place;
  };
  /// The Data Set in explicit VR little endian, lengths defined. Of elements that stand twice in one level the first
  /// counts; the others are listed.
  [[nodiscard]] DataSet build(std::vector<Twice>& twice) const;
  [[nodiscard]] DataSet build() const;

 private:
  struct Part {
    Tag tag;
    Vr vr;
    NodeKind kind;
    std::uint32_t end;
    std::uint64_t place;
    std::size_t value_at;
    std::size_t value_size;
  };

  [[nodiscard]] std::vector<std::uint32_t> children(std::uint32_t first, std::uint32_t end,
                                                    std::vector<Twice>& twice) const;

  std::vector<Part> nodes_;
  Bytes values_;
};

}  // namespace assay::dataset
