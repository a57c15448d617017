// What the checks of whole objects share: values of the top level by tag, points in time, and where findings go.
// Private to the room. Tests: tests/unit/conformance/iod_object_test.cpp, iod_derived_test.cpp
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conformance/iod/scope.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/value_time.hpp"

namespace assay::conformance::iod {

/// The clause that a rule's id names: "PS3.5 7.4.1" of "ps3.5/7.4.1/type-1-missing".
std::string clause_of(std::string_view rule);
/// Tag path of a node, "(0008,2112)[1]/(0008,1155)". Takes time linear in the neighbours of it and of what is around.
std::string path_of(const dataset::DataSet& data_set, std::uint32_t node);

/// The values of one object's top level, looked up by tag, and the problems found in it.
class ObjectReport {
 public:
  ObjectReport(const dataset::DataSet& data_set, std::size_t max_problems)
      : root_(data_set), max_problems_(max_problems) {}

  [[nodiscard]] const Scope& root() const { return root_; }
  [[nodiscard]] const dataset::DataSet& data_set() const { return root_.data_set(); }
  [[nodiscard]] const dataset::Node* node(Tag tag) const;
  /// One value, unpadded, the first from 0; nothing when it is absent.
  [[nodiscard]] std::string_view text(Tag tag, std::size_t number = 0) const;
  /// The whole value of a text element, unpadded, backslashes included.
  [[nodiscard]] std::string_view whole(Tag tag) const;
  [[nodiscard]] std::optional<double> number(Tag tag, std::size_t number = 0) const;
  [[nodiscard]] std::size_t count(Tag tag) const;
  /// From the first to the last microsecond that a DA and a TM mean; all of the day without a time.
  [[nodiscard]] std::optional<dataset::Interval> when(Tag date, Tag time) const;
  /// "20260105 101500", for messages.
  [[nodiscard]] std::string when_text(Tag date, Tag time) const;

  /// At an element of any level.
  void at(std::uint32_t index, std::string_view rule, std::string found, std::string expected,
          Gravity gravity = Gravity::deviation);
  /// At an element of the top level, or where it would stand.
  void at(Tag tag, std::string_view rule, std::string found, std::string expected,
          Gravity gravity = Gravity::deviation);
  /// Where an element would stand in an item.
  void missing(std::uint32_t item, Tag tag, std::string_view rule, std::string found, std::string expected);

  Problems problems;
  std::size_t more = 0;  // beyond the limit, only counted

 private:
  /// Counts what is beyond the limit, before a path is made for it.
  bool full();
  void put(std::uint64_t offset, std::string field, std::string_view rule, std::string found, std::string expected,
           Gravity gravity);

  Scope root_;
  std::size_t max_problems_;
};

/// Values as messages show them: quoted, printable, cut.
std::string quoted(std::string_view text);
/// True when some item of the sequence at the top level has this UID in this element.
bool cites(const ObjectReport& object, Tag sequence, Tag element, std::string_view uid);

}  // namespace assay::conformance::iod
