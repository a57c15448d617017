// One object and its original, level by level. Private to the room; compare.hpp is the way in.
// Tests: tests/unit/conformance/deidentification_compare_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conformance/deidentification/compare.hpp"

namespace assay::conformance::deidentification {

class Pair {
 public:
  Pair(Comparison& set, std::string_view name, const dataset::DataSet& cleaned, const dataset::DataSet& original,
       const Problems& before, Findings& findings);

  /// Every level of the one with the same level of the other.
  void run();
  /// The set's Patient IDs: one replacement for each patient.
  void patient();

 private:
  /// Nodes of the same level in both.
  struct Level {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::uint32_t original_first = 0;
    std::uint32_t original_last = 0;
    std::string path;
    bool replaced = false;  // the profile replaces a sequence around it with all of its contents (PS3.15 E.1.1)
  };
  using Elements = std::vector<std::pair<Tag, std::uint32_t>>;

  [[nodiscard]] static Elements elements(const dataset::DataSet& data_set, std::uint32_t first, std::uint32_t last);
  void level(const Level& at);
  void both(const std::string& path, std::uint32_t index, std::uint32_t original);
  void creator(const std::string& path, std::uint32_t index, std::uint32_t original);
  void unlisted(const std::string& path, std::uint32_t index, std::uint32_t original);
  void replaced(const std::string& path, std::uint32_t index, std::uint32_t original);
  void left(const std::string& path, std::uint32_t index, std::uint32_t original, const Protected& row);
  void gone(const Level& at, std::uint32_t original);
  void added(const Level& at, std::uint32_t index);
  void items(const std::string& path, std::uint32_t index, std::uint32_t original, bool replaced);
  void uids(const std::string& path, std::uint32_t index, std::uint32_t original);
  void text(const std::string& path, std::uint32_t index, std::uint32_t original);
  void date(const std::string& path, std::uint32_t index, std::uint32_t original);
  [[nodiscard]] bool same(std::uint32_t index, std::uint32_t original) const;
  [[nodiscard]] bool told(std::uint32_t index) const;
  void put(std::string_view rule, std::uint32_t index, const std::string& path, std::string found, std::string expected,
           Gravity gravity = Gravity::deviation);

  Comparison& set_;
  std::string name_;
  const dataset::DataSet& cleaned_;
  const dataset::DataSet& original_;
  Findings& findings_;
  std::vector<std::uint64_t> told_;  // offsets of what was found wanting before, ascending
  std::vector<Level> open_;
  std::string patient_;    // of the original
  bool replaced_ = false;  // Level::replaced of the present level
};

}  // namespace assay::conformance::deidentification
