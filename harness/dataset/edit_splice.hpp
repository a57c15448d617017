// Byte ranges of a decoded Data Set replaced by others, with the lengths around them corrected: the lower half of
// edit.cpp. Tests: tests/unit/dataset/edit_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

/// One range of bytes to replace. Offsets count as those of the nodes do.
struct Splice {
  std::vector<std::uint32_t> around;  // containers, from the outside in: sequence, item, sequence ...; not empty
  Tag tag;                            // of the element changed, for its group length
  std::uint64_t at = 0;
  std::uint64_t remove = 0;
  Bytes insert;
};

class Splicer {
 public:
  explicit Splicer(DataSet& data_set) : data_set_(data_set) {}

  /// The index as it is now, and back to it: bytes are only ever added.
  [[nodiscard]] const std::vector<Node>& nodes() const { return data_set_.nodes_; }
  void restore(std::vector<Node> nodes) { data_set_.nodes_ = std::move(nodes); }
  /// Gives what was set and not read its bytes, so that all nodes have offsets.
  void settle();
  /// Replaces the top-level elements with nodes [first, last) by encoded ones; empty ranges and empty bytes are fine.
  std::expected<void, std::string> replace_top(std::uint32_t first, std::uint32_t last, Bytes bytes);
  /// Carries out changes inside sequences.
  std::expected<void, std::string> inside(std::vector<Splice> splices);
  /// Adds to the group length of a group at the top level, when there is one.
  std::expected<void, std::string> grow_group(std::uint16_t group, std::int64_t delta);
  /// Offset of the first byte behind the header of a container.
  [[nodiscard]] std::uint64_t content_start(std::uint32_t container) const;
  /// Offset one past the content, where the delimiter stands if there is one.
  [[nodiscard]] std::uint64_t content_end(std::uint32_t container) const;

 private:
  using Growth = std::map<std::uint32_t, std::int64_t>;                                 // container -> bytes
  using GroupGrowth = std::map<std::pair<std::uint32_t, std::uint16_t>, std::int64_t>;  // level, group -> bytes

  std::expected<void, std::string> inside_one(std::vector<Splice> splices);
  std::expected<Splice, std::string> length_patch(std::uint32_t container, std::int64_t delta) const;
  [[nodiscard]] std::optional<Splice> group_patch(std::uint32_t level, std::uint16_t group, std::int64_t delta) const;
  [[nodiscard]] Endian endian_of(std::uint32_t node) const;

  DataSet& data_set_;
};

}  // namespace assay::dataset
