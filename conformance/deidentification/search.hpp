// Values of an original looked for in every byte of what was made of it: in names of other elements, in private ones,
// in pixels, before and behind the Data Set (PS3.15 E.1.1, note 1). What is short or common is not looked for. Tests:
// tests/unit/conformance/deidentification_search_test.cpp; fuzz target: fuzz_deidentification
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conformance/deidentification/profile.hpp"
#include "harness/base/bytes.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::conformance::deidentification {

/// A value of the original.
struct Sought {
  std::string bytes;
  Tag from;             // the attribute that had it
  bool certain = true;  // false: a part of a name, or words that may stand there for another reason
  bool uid = false;     // digits and dots around it make it another UID
};

/// Shorter values are found by chance: names and numbers of people, other text, single parts of names, text in pixels.
inline constexpr std::size_t shortest_identity = 4;
inline constexpr std::size_t shortest_text = 6;
inline constexpr std::size_t shortest_part = 5;
inline constexpr std::size_t shortest_number = 6;         // of digits alone
inline constexpr std::size_t shortest_among_numbers = 8;  // the same in dates, numbers and UIDs
inline constexpr std::size_t shortest_in_pixels = 7;
/// Values of one original that are looked for; an object of many frames refers to many others.
inline constexpr std::size_t max_sought = 50'000;

struct SoughtValues {
  std::vector<Sought> values;
  std::size_t left_out = 0;  // too short, too common, or too many
};

/// What must not be left of the original under these options: values of protected attributes, names in all orders of
/// their components, dates of birth as people write them, in the bytes of the original, in UTF-8 and in UTF-16.
SoughtValues values_of_original(const dataset::DataSet& original, const Options& options);

/// Finds many values in one pass, whatever the case of the letters A to Z.
class Searcher {
 public:
  explicit Searcher(const std::vector<Sought>& values);
  /// Calls `found` for each place in `bytes`, in order. Values within letters and digits, and UIDs within longer UIDs,
  /// do not count.
  void run(ByteView bytes, const std::function<void(std::size_t offset, const Sought&)>& found) const;

 private:
  void at(ByteView bytes, std::size_t offset, std::uint32_t key,
          const std::function<void(std::size_t, const Sought&)>& found) const;

  const std::vector<Sought>& values_;
  std::vector<std::uint64_t> begins_;                                   // a bit for each hash of four bytes
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> with_;  // first four bytes, folded: values
};

}  // namespace assay::conformance::deidentification
