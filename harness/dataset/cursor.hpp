// A walk over every node of a Data Set in document order that knows what the place of each implies: byte order, tag
// path, private creator, Specific Character Set. Dump, checks and the other forms all walk with it.
// Tests: tests/unit/dataset/cursor_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

class Cursor {
 public:
  /// Stands before the first node. The Data Set must outlive the cursor and stay unchanged.
  explicit Cursor(const DataSet& data_set);

  /// To the next node; false when there is none. Takes constant time and no recursion at any depth.
  bool next();
  /// To the node behind the subtree of the present one.
  bool skip_subtree();

  [[nodiscard]] const Node& node() const { return (*nodes_)[index_]; }
  [[nodiscard]] std::uint32_t index() const { return index_; }
  /// Of the value: a UN of undefined length holds implicit VR little endian in every syntax (PS3.5 6.2.2).
  [[nodiscard]] Endian endian() const { return levels_.back().endian; }
  /// How many levels (sequence and item count as one each) stand around the node.
  [[nodiscard]] std::size_t levels() const { return levels_.size() - 1; }
  /// The node that is `up` levels around: 0 is the nearest container (item, sequence, fragments).
  [[nodiscard]] const Node& around(std::size_t up) const { return (*nodes_)[levels_[levels_.size() - 1 - up].node]; }
  /// "(0040,0100)[2]/(0008,0060)", items counted from 1; an item or fragment itself is "(0040,0100)[2]".
  [[nodiscard]] std::string path() const;
  /// Items or fragments that came before in the same container, and this one; 0 for other nodes.
  [[nodiscard]] std::uint32_t item_number() const { return item_number_; }
  /// Private Creator that reserved the block of a private element (PS3.5 7.8.1), unpadded; "" when none did.
  [[nodiscard]] std::string_view creator() const;
  /// The creator of any private tag at this level, as far as the walk has come.
  [[nodiscard]] std::string_view creator_of(Tag tag) const;
  /// Value of Specific Character Set (0008,0005) in force here, unpadded: the item's own, else of the level around it
  /// (PS3.5 6.1.2.3, PS3.3 C.12.1.1.2).
  [[nodiscard]] std::string_view character_set() const { return levels_.back().character_set; }
  /// Pixel Representation (0028,0103) in force here: 1 when this level or one around it says signed.
  [[nodiscard]] bool signed_pixels() const { return levels_.back().signed_pixels; }

 private:
  struct Creator {
    std::uint32_t block;     // group and block, packed
    std::uint32_t shadowed;  // index + 1 of the creator of the same block that was in force before, 0 for none
    std::string_view name;
  };
  struct LevelState {
    std::uint32_t node;   // index of the container, unused for the root
    std::uint32_t end;    // index one past its subtree
    std::uint32_t items;  // counted so far
    std::uint32_t first_creator;
    Endian endian;
    bool signed_pixels;
    std::string_view character_set;
  };

  void enter(std::uint32_t container);
  void leave();
  void look_ahead(std::uint32_t first, std::uint32_t end);
  bool arrive(std::uint32_t index);

  const std::vector<Node>* nodes_;
  std::vector<LevelState> levels_;
  std::vector<Creator> creators_;  // of all open levels, those of the innermost last
  std::unordered_map<std::uint32_t, std::uint32_t> creator_of_block_;  // index + 1 of the last one
  std::uint32_t index_ = 0;
  std::uint32_t item_number_ = 0;
  bool started_ = false;
};

}  // namespace assay::dataset
