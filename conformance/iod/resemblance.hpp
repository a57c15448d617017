// Objects that are suspiciously alike, or have no company that they should have: one patient under an ID with and
// without a note behind it, two series with the same pixels, images of one place that nothing but private elements
// tells apart, a dose that is a picture and no report (PS3.3 C.7.1.1, C.7.6.1, C.7.6.2, A.35.8). None of it is an
// error, so all are notes. What is kept of an object is a few values and a digest. Tests:
// tests/unit/conformance/iod_resemblance_test.cpp, tests/interop/iod_test.py
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/iod/hierarchy.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::conformance::iod {

class Resemblance {
 public:
  /// An object that was not seen before; `file` names it for people.
  void add(std::string_view file, const dataset::DataSet& data_set);
  /// What was found in all of them, at most limits::max_problems; `before` is empty where there is no other file.
  [[nodiscard]] std::vector<Contradiction> told() const;

 private:
  struct Image {
    std::uint32_t file = 0;
    std::string uid;  // of its series, or its own
  };
  struct Study {
    std::optional<std::pair<std::uint32_t, std::string>> dose_picture;  // file and series description of the first
    bool dose_report = false;
  };

  void compare_id(const dataset::DataSet& data_set, std::uint32_t file);
  void compare_pixels(const dataset::DataSet& data_set, std::uint32_t file);
  void compare_places(const dataset::DataSet& data_set, std::uint32_t file);
  void note_dose(const dataset::DataSet& data_set, std::uint32_t file);
  void tell(Contradiction found);

  std::vector<std::string> files_;
  std::map<std::string, std::vector<std::pair<std::string, std::uint32_t>>, std::less<>> people_;  // their IDs
  std::map<std::pair<std::uint64_t, std::uint64_t>, Image> pixels_;            // by digest and length
  std::set<std::pair<std::string, std::string>> pairs_;                        // of series already told
  std::map<std::string, std::map<std::uint64_t, Image>, std::less<>> places_;  // of a series, by digest
  std::set<std::string, std::less<>> crowded_;                                 // series already told
  std::map<std::string, Study, std::less<>> studies_;
  std::vector<Contradiction> found_;
};

}  // namespace assay::conformance::iod
