// Two Data Sets compared element by element: what changed, what only one of them has, and on request what is encoded
// differently although it means the same. Items pair by number, repeated tags by order. No recursion.
// Tests: tests/unit/dataset/diff_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/glob.hpp"
#include "harness/dataset/tag_path.hpp"
#include "harness/dict/private.hpp"

namespace assay::dataset {

enum class DifferenceKind : std::uint8_t { same, changed, only_first, only_second, encoding };
/// "same", "changed", "only-first", "only-second", "encoding".
std::string_view name(DifferenceKind kind);

struct Difference {
  DifferenceKind kind = DifferenceKind::same;
  std::string path;
  Tag tag;
  std::string name;        // as element_name() in dump_people.hpp, safe for terminals; "" for items and when unknown
  Vr first_vr = Vr::none;  // none where there is no element
  Vr second_vr = Vr::none;
  std::string first;  // values for people
  std::string second;
  std::string what;  // of an encoding difference: "VR", "length form", "padding", "order", "header"
};

/// Elements to leave out: a tag or keyword at any depth, a tag path, or either with * and ? in it.
class IgnoreList {
 public:
  /// The error is one sentence.
  std::expected<void, std::string> add(std::string_view text);
  void all_uids() { uids_ = true; }
  [[nodiscard]] bool matches(const std::string& path, const Node& node) const;

 private:
  std::vector<Tag> tags_;
  std::vector<std::string> tag_globs_;
  std::vector<std::string> path_globs_;
  bool uids_ = false;
};

struct DiffOptions {
  bool same = false;          // report equal elements too
  bool encoding = false;      // report differences of encoding, and group lengths
  bool digest_bulk = false;   // name bulk values by a digest of their bytes
  std::size_t longest = 200;  // bytes of a value shown
  const IgnoreList* ignore = nullptr;
  const dict::PrivateDictionary* private_names = nullptr;  // asked before the built-in table
};

/// Hands over the differences in the order of tags; returns how many elements differ in value or presence.
std::size_t diff(const DataSet& first, const DataSet& second, const DiffOptions& options,
                 const std::function<void(const Difference&)>& take);

}  // namespace assay::dataset
