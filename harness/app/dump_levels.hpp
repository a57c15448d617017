// Many files in one view: patient, study, series, and at each level the elements that have one value throughout; where
// a value varies inside a series, how many there are. Tests: tests/interop/dump_command_test.py
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "harness/dataset/dump.hpp"

namespace assay::app {

class DumpLevels {
 public:
  /// Takes in one instance; keeps short values only.
  void add(const dataset::DataSet& data_set);
  void print(const dataset::LineSink& sink) const;

 private:
  static constexpr std::size_t levels = 3;  // patient, study, series

  struct Values {
    std::size_t instances = 0;        // that have the element
    std::set<std::uint64_t> digests;  // of different values
    std::string first;
  };
  using Elements = std::map<Tag, Values>;
  struct Group {
    std::size_t instances = 0;
    Elements elements;
    std::map<std::string, Group> below;
  };

  static void take(Group& group, const std::map<Tag, std::pair<std::uint64_t, std::string>>& values);
  static void print(const Group& group, const std::string& name, std::size_t level, std::set<Tag> told,
                    const dataset::LineSink& sink);

  Group all_;
};

}  // namespace assay::app
