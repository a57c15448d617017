// The walk of check_iod() through the rows of the modules and, beside it, through the Data Set. Private to the room.
// Tests: tests/unit/conformance/iod_validate_test.cpp
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/validate.hpp"

namespace assay::conformance::iod {

class Walk {
 public:
  Walk(const dataset::DataSet& data_set, const IodOptions& options);

  void judge(const Iod& iod, std::string_view sop_class_uid);
  Problems take_problems();
  [[nodiscard]] std::size_t more_problems() const { return more_; }
  /// False when the object is so large or so entangled that the walk was ended early.
  [[nodiscard]] bool whole() const { return steps_ < max_steps; }

 private:
  /// What is done with rows: their demands are held against the Data Set, or they only say what is known.
  enum class Mode : std::uint8_t { judge, know };

  /// Where the walk stands: an item, and the modules and macros it came through.
  struct Place {
    const Scope& scope;
    const Module& module;  // the innermost module or macro
    Mode mode;
    std::size_t sequences = 0;  // around
    std::size_t macros = 0;     // in each other
  };

  void module(const IodModule& of, Mode mode);
  [[nodiscard]] bool has_attribute_of_its_own(ModuleId id) const;
  void rows(const Place& place, std::span<const Row> rows);
  void include(const Place& place, const Row& row);
  void attribute(const Place& place, std::span<const Row> all, std::size_t number);
  [[nodiscard]] static bool beyond_the_end(const Scope& scope, Tag tag);
  void absent(const Place& place, const Row& row, Truth needed);
  void inside(const Place& place, std::span<const Row> rows, std::uint32_t sequence);
  void verify(const Place& place, const Row& row);
  void count(const Place& place, const Row& row, std::uint32_t node);
  void values(const Place& place, const Row& row, std::uint32_t node);
  void one_value(const Place& place, const Row& row, std::uint32_t node, std::size_t number);
  void added(const Iod& iod, std::string_view sop_class_uid);
  void frames();
  void uids();
  void evidence(const Iod& iod);
  void unknown_attributes();

  /// Of the built-in tables, or of the user's.
  [[nodiscard]] const Condition& condition_of(ConditionId id) const;
  [[nodiscard]] std::string_view expression_of(ConditionId id) const;
  [[nodiscard]] Values list_of(ListId id, Vr vr) const;
  [[nodiscard]] static bool is_added(ListId id);

  [[nodiscard]] Truth holds(const Place& place, ConditionId condition);
  /// The same of a row: types 1 and 2 ask always, whatever is said of a condition that nobody can judge.
  [[nodiscard]] Truth needed_at(const Place& place, const Row& row);
  /// The functional group of the other place, shared or of a frame (PS3.3 C.7.6.16).
  [[nodiscard]] std::optional<std::uint32_t> other_functional_group(const Place& place, Tag tag) const;

  void report(const Place& place, std::string_view rule, Tag tag, std::string found, std::string expected,
              Gravity gravity = Gravity::deviation);
  void put(std::string_view rule, std::uint64_t offset, std::string field, std::string found, std::string expected,
           Gravity gravity);
  [[nodiscard]] std::string path(Tag tag) const;
  [[nodiscard]] std::uint64_t offset(const Scope& scope, Tag tag) const;
  [[nodiscard]] static std::string where(const Place& place, const Row& row);

  struct Around {
    Tag sequence;
    std::uint32_t item;  // from 1
  };

  /// Rows held against the object: a multi-frame image with 10 000 frames takes 3 million.
  static constexpr std::size_t max_steps = 50'000'000;

  const IodOptions& options_;
  Scope root_;
  std::vector<Around> around_;
  std::vector<std::uint8_t> known_;    // by node: a row of the IOD names it
  std::vector<std::uint8_t> allowed_;  // by node: a row of the IOD allows it here
  struct Unwanted {
    std::uint32_t node;
    Problem problem;
  };
  std::vector<Unwanted> unwanted_;
  std::set<ModuleId> judged_;
  std::vector<std::int8_t> of_root_;  // by condition that looks in the whole Data Set only: what came out, -1 not yet
  Problems problems_;
  std::set<std::pair<std::string, std::string>> told_;  // path, kind of rule
  std::size_t more_ = 0;
  std::size_t steps_ = 0;
};

}  // namespace assay::conformance::iod
