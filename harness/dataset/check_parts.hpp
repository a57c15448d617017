// The parts of check(): where problems go, and one class per family of rules. Private to check*.cpp and pixel*.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/charset.hpp"
#include "harness/dataset/check.hpp"
#include "harness/dataset/cursor.hpp"

namespace assay::dataset {

/// Where problems go, bounded.
class CheckReport {
 public:
  explicit CheckReport(const CheckOptions& options) : options_(options) {}

  [[nodiscard]] const CheckOptions& options() const { return options_; }
  /// `index` is that of the offending byte in the node's value; the value's length gives its end.
  void in_value(const Cursor& at, std::string_view rule, std::string_view clause, std::size_t index, std::string found,
                std::string expected, Gravity gravity = Gravity::deviation);
  /// At the tag of a node.
  void at_tag(const Cursor& at, std::string_view rule, std::string_view clause, std::string found, std::string expected,
              Gravity gravity = Gravity::deviation);
  void put(std::uint64_t offset, std::string field, std::string_view rule, std::string_view clause, std::string found,
           std::string expected, Gravity gravity);
  /// False when another problem would only be counted, so that nobody need word it.
  [[nodiscard]] bool wants(Gravity gravity);

  Problems problems;
  std::size_t more = 0;

 private:
  const CheckOptions& options_;
};

/// The offset of a byte of a value; 0 for what was set and not read.
std::uint64_t offset_in_value(const Node& node, std::size_t index);
/// Cursor::path(), shortened when the place is very deep: a thousand problems must not cost a thousand long paths.
std::string short_path(const Cursor& at);

/// A level of the walk: the Data Set itself or an item, and what was already looked at in it. Everything that needs the
/// neighbours of an element is judged when the first such element is met, so each level is scanned a few times at most.
struct CheckLevel {
  std::uint32_t first = 0;          // index of its first node
  std::uint32_t end = 0;            // one past its last
  std::uint32_t group_until = 0;    // group lengths before this index were judged
  std::uint32_t pairs_done = 0;     // bits of the table of retired elements and their successors
  std::uint32_t orphan_block = 0;   // the last block reported to have no creator, as its creator's tag
  std::uint32_t overlays_done = 0;  // bits of the groups 6000 to 601E, and one for those beyond
  bool pixels_done = false;
  bool creators_done = false;
  bool padded = false;  // Data Set Trailing Padding was seen
};

/// The character sets of the last text: hardly ever others than those of the one before.
class LastSets {
 public:
  const CharacterSets& in_force(std::string_view value) {
    if (value != value_) {
      value_ = value;
      sets_ = CharacterSets(value);
    }
    return sets_;
  }

 private:
  std::string_view value_;
  CharacterSets sets_;
};

/// Where check() stands. Passed by reference to the rules.
struct CheckPlace {
  const DataSet& data_set;
  const Cursor& at;
  CheckLevel& level;
  CheckReport& report;
  LastSets& sets;

  [[nodiscard]] const Node& node() const { return at.node(); }
  /// The first element with this tag among the neighbours.
  [[nodiscard]] const Node* neighbour(Tag tag) const;
};

// check_values.cpp: the values of an element, their number, its UIDs
void check_values(const CheckPlace& place);
// check_structure.cpp: private blocks, group lengths, retired and unknown elements
void check_structure(const CheckPlace& place);
// pixel_check.cpp, pixel_overlay.cpp: called at every element, each looks at its own
void check_pixels(const CheckPlace& place);

void check_overlay(const CheckPlace& place);

}  // namespace assay::dataset
