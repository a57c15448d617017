// Tag paths: the words by which people and scenarios name an element at any depth of a Data Set.
//   (0040,0100)[2]/(0008,0060)   00400100[2]/00080060   ScheduledProcedureStepSequence[2]/Modality
//   (0029,xx10,SIEMENS CSA HEADER)   in whatever block the Private Creator reserved (PS3.5 7.8.1)
// Items count from 1; [*] is every item, [+] one behind the last. Tests: tests/unit/dataset/tag_path_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/dataset.hpp"

namespace assay::dataset {

enum class ItemChoice : std::uint8_t { none, number, all, behind };

struct TagStep {
  Tag tag;              // with a creator only the low byte of the element number counts
  std::string creator;  // of a private element whose block is to be looked up; else empty
  ItemChoice items = ItemChoice::none;
  std::uint32_t number = 0;  // from 1
};

struct TagPath {
  std::vector<TagStep> steps;  // never empty
};

struct PathError {
  std::size_t position = 0;  // of the character in the text, from 0
  std::string message;       // one sentence, with a suggestion where there is one
};

/// Reads a path. Every step but the last must choose an item.
std::expected<TagPath, PathError> parse_tag_path(std::string_view text);
std::string to_string(const TagPath& path);
std::string to_string(const TagStep& step);

/// One level of the tree with what its place implies: where the last step of a path is looked up.
struct Place {
  std::vector<std::uint32_t> around;  // nodes around the level, from the outside: sequence, item, sequence, item ...
  std::uint32_t first = 0;            // nodes of the level
  std::uint32_t last = 0;
  bool explicit_vr = true;
  Endian endian = Endian::little;
  std::string_view character_set;  // Specific Character Set in force
};

/// The levels that all steps but the last lead to: one, or with [*] any number. The error says which step leads
/// nowhere; `missing` gets its number.
std::expected<std::vector<Place>, std::string> places_of(const DataSet& data_set, const TagPath& path,
                                                         std::size_t* missing = nullptr);

/// The tag of a step at this place: private blocks looked up. Nothing when the creator has no block here.
std::optional<Tag> tag_at(const DataSet& data_set, const Place& place, const TagStep& step);

/// Index of the first element with this tag at a place.
std::optional<std::uint32_t> find_at(const DataSet& data_set, const Place& place, Tag tag);

/// Every node the path names, in document order; empty when there is none.
std::vector<std::uint32_t> find_all(const DataSet& data_set, const TagPath& path);

/// The keyword of PS3.6 that is written most like this one, when one comes near.
std::string_view similar_keyword(std::string_view word);

}  // namespace assay::dataset
