// Conditions of modules and attributes, as people read them (PS3.3 A.1.3, PS3.5 7.4):
//
//   Modality == 'CT' and present(PixelData)
//   ImageType[1] == 'ORIGINAL' or (RescaleSlope != 1 and not filled(RescaleType))
//   items(ViewCodeSequence) > 0 and not present(root.SharedFunctionalGroupsSequence.PlanePositionSequence)
//
// An attribute is looked up in the item where the condition stands; root. looks in the whole Data Set, parent. in the
// items around. Steps before the last are sequences: without a number every item counts, S[2] is the second; S..X looks
// for X in the items of S and in all sequences in them. At the end X[n] is the n-th value, without it any value may be
// the one. present: is there, filled: has a value, items(S): how many items it has. Compared are texts ('CT'), numbers
// (1.5) and tags (tag(FrameTime)) by == != < <= > >=. What is absent compares as false. `and` and `or` need parentheses
// between each other. true, false, and `unspecified` for what nobody can tell from the Data Set alone; it makes unknown
// what depends on it. Tests: tests/unit/conformance/iod_condition_test.cpp; fuzz target: fuzz_iod
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/iod/scope.hpp"
#include "conformance/iod/tables.hpp"

namespace assay::conformance::iod {

enum class Truth : std::uint8_t { no, yes, unknown };

/// "17: what is wrong and what is allowed"; the position counts bytes from 0.
struct ConditionError {
  std::size_t position = 0;
  std::string message;
};

class Condition {
 public:
  static std::expected<Condition, ConditionError> parse(std::string_view text);

  [[nodiscard]] Truth holds(const Scope& scope) const { return holds(scope, 0); }
  /// True when nothing is looked up but in the whole Data Set: it holds everywhere or nowhere.
  [[nodiscard]] bool root_only() const { return root_only_; }
  /// False when it is `unspecified`, or depends on nothing else.
  [[nodiscard]] bool can_be_judged() const;

 private:
  friend class ConditionParser;

  enum class Op : std::uint8_t { yes, no, unknown, all, some, negated, present, filled, text, number, tag, items };
  enum class Relation : std::uint8_t { equal, unequal, less, at_most, more, at_least };
  enum class Base : std::uint8_t { here, root, parent };
  struct Step {
    Tag tag;
    std::uint32_t number = 0;  // 0: any
    bool deep = false;         // at any depth below the step before
  };
  struct Term {
    Op op = Op::yes;
    Relation relation = Relation::equal;
    Base base = Base::here;
    std::uint32_t first = 0;  // child, or step of the path
    std::uint32_t count = 0;  // steps of the path
    std::uint32_t next = 0;   // sibling, 0 for none
    double number = 0;
    Tag tag;
    std::string text;
  };

  [[nodiscard]] Truth holds(const Scope& scope, std::uint32_t term) const;
  [[nodiscard]] Truth looked_up(const Scope& scope, const Term& term) const;
  [[nodiscard]] bool found_from(const Scope& scope, const Term& term) const;
  [[nodiscard]] bool found_below(const dataset::DataSet& data_set, std::uint32_t first, std::uint32_t last,
                                 Endian endian, const Term& term, std::uint32_t step) const;
  [[nodiscard]] bool found_at(const dataset::DataSet& data_set, std::uint32_t node, Endian endian, const Term& term,
                              std::uint32_t step) const;
  [[nodiscard]] bool holds_of(const dataset::DataSet& data_set, std::uint32_t node, Endian endian,
                              const Term& term) const;

  std::vector<Term> terms_;  // the first is the whole
  std::vector<Step> steps_;
  bool root_only_ = true;
};

/// A condition as messages say it: "PlanePositionSequence in SharedFunctionalGroupsSequence is absent". Any text is
/// fine.
std::string in_words(std::string_view expression);

/// The named conditions of the tables, compiled. What cannot be parsed holds for nobody; a test shows there is none.
const std::vector<Condition>& compiled_conditions();

/// The VR that a value is read with: where implicit VR was turned into explicit UN it is the dictionary's.
Vr vr_of(const dataset::Node& node);
/// One unpadded value of a text element; nothing behind the last.
std::string_view text_value(const dataset::Node& node, std::size_t number);
/// How many values an element has, items a sequence, and whether there is any.
std::size_t value_count(const dataset::DataSet& data_set, std::uint32_t node);
bool has_value(const dataset::DataSet& data_set, std::uint32_t node);
std::uint32_t item_count(const dataset::DataSet& data_set, std::uint32_t sequence);
/// A value as a number, whether written in characters or binary.
std::optional<double> number_value(const dataset::Node& node, Endian endian, std::size_t number);

}  // namespace assay::conformance::iod
