// Attributes that a user's table adds to IODs, modules or SOP Classes: private ones, or standard ones of a Standard
// Extended or Specialized SOP Class (PS3.2 7.3). They are judged as the rows of the built-in tables are. The format is
// described in README.md beside this file.
// Tests: tests/unit/conformance/iod_extension_test.cpp, tests/interop/iod_test.py; fuzz target: fuzz_iod
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/tables.hpp"

namespace assay::conformance::iod {

/// One thing wrong with such a table.
struct ExtensionFault {
  std::size_t line = 0;    // from 1
  std::size_t column = 0;  // from 1, in bytes
  std::string message;
};

class Extension {
 public:
  static constexpr std::size_t max_size = std::size_t{1} << 20;  // bytes
  static constexpr std::size_t max_rows = 10'000;
  static constexpr std::size_t max_faults = 100;

  /// Where an attribute is added.
  struct Target {
    const Iod* iod = nullptr;          // null: every one
    std::string_view sop_class;        // of the dictionary; empty: every one of the IOD
    ModuleId module = ModuleId::None;  // judged where this module is
    friend auto operator<=>(const Target&, const Target&) = default;
  };

  struct Added {
    Target target;
    std::string creator;  // empty: a standard attribute
    Row row;              // the tag of a private one is (gggg,00EE)
    std::string words;    // "line 3 of the extension"
  };

  /// The table, or everything wrong with it, in the order of lines, up to max_faults.
  static std::expected<Extension, std::vector<ExtensionFault>> parse(std::string_view text);

  [[nodiscard]] const std::vector<Added>& rows() const { return rows_; }
  /// Of ids behind those of the built-in tables, counted from 0.
  [[nodiscard]] const Condition& condition(std::size_t number) const { return conditions_[number].compiled; }
  [[nodiscard]] std::string_view expression(std::size_t number) const { return conditions_[number].text; }
  [[nodiscard]] std::size_t conditions() const { return conditions_.size(); }
  /// The values as the VR of an attribute compares them: texts, numbers or tags.
  [[nodiscard]] Values values(std::size_t number, Vr vr) const;

 private:
  friend class ExtensionParser;

  struct OwnCondition {
    std::string text;
    Condition compiled;
  };
  struct OwnValues {
    std::string texts;    // between backslashes
    std::string numbers;  // those that are, written as the walk writes them
  };
  std::vector<Added> rows_;
  std::vector<OwnCondition> conditions_;
  std::vector<OwnValues> values_;
};

}  // namespace assay::conformance::iod
