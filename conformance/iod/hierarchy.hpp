// Objects held against each other: one person to a patient ID, one patient in a study, one study and one modality in a
// series, the same description wherever it is repeated, a UID for one thing and a SOP Instance UID once (PS3.3 A.1.2,
// C.7.1.1, PS3.5 9). Nothing of the objects is kept but these values. Tests:
// tests/unit/conformance/iod_hierarchy_test.cpp, tests/interop/iod_test.py
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/problem.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::conformance::iod {

/// Two objects contradict each other. `problem.found` is the value of `file`, `problem.expected` that of `before`.
struct Contradiction {
  Problem problem;
  std::string file;
  std::string before;
  std::string_view joined = ", as in ";  // what stands between `expected` and `before`

  /// That a SOP Instance UID came twice: whoever has both objects can tell whether one is a copy of the other.
  [[nodiscard]] bool of_instance() const;
  /// They hold the same: nothing but a note.
  void are_copies();
};

class Hierarchy {
 public:
  /// An object that was not seen before; `file` names it for people. One without UIDs is left alone.
  void add(std::string_view file, const dataset::DataSet& data_set);
  /// After the last object: tells what only all of them show.
  void finish();
  /// The first of each kind for each patient, study or series, and every SOP Instance UID that was seen before, in the
  /// order of the objects.
  [[nodiscard]] const std::vector<Contradiction>& contradictions() const { return contradictions_; }
  /// Those that were only counted: of a kind that was told of the same study or series, or beyond limits::max_problems.
  [[nodiscard]] std::size_t more() const { return more_; }

 private:
  struct Value {
    std::string text;  // without padding, and for names without empty components at the end
    std::uint32_t file = 0;
    std::uint64_t offset = 0;
    bool told = false;
  };
  struct Entity {
    std::vector<Value> values;  // by the attributes of its level; those not seen yet are empty
  };
  struct Compared;
  /// A UID and the first element that had it.
  struct Kind {
    Tag tag;
    std::uint32_t file = 0;
  };
  /// Series that could be one: what their only image has in common.
  struct Lonely {
    std::string key;
    std::size_t objects = 0;
    std::uint32_t file = 0;
    std::uint64_t offset = 0;
  };

  void compare(std::string_view uid, std::map<std::string, Entity, std::less<>>& entities,
               std::span<const Compared> attributes, const dataset::DataSet& data_set, std::uint32_t file);
  void compare_uids(const dataset::DataSet& data_set, std::uint32_t file);
  void remember_series(std::string_view uid, const dataset::DataSet& data_set, std::uint32_t file);
  void tell(const Compared& rule, const Value& before, const Value& now);
  void put(Contradiction contradiction);

  static std::span<const Compared> of_patient();
  static std::span<const Compared> of_study();
  static std::span<const Compared> of_series();
  static std::span<const Compared> of_instance();

  std::vector<std::string> files_;
  std::vector<std::string> studies_of_files_;
  std::map<std::string, Entity, std::less<>> patients_;  // by ID and issuer
  std::map<std::string, Entity, std::less<>> studies_;
  std::map<std::string, Entity, std::less<>> series_;
  std::map<std::string, Entity, std::less<>> instances_;
  std::map<std::string, Kind, std::less<>> uids_;
  std::map<std::string, Lonely, std::less<>> lonely_;  // by Series Instance UID
  std::vector<Contradiction> contradictions_;
  std::size_t more_ = 0;
};

}  // namespace assay::conformance::iod
