// Queries about keys: what may be asked about, the Identifier of one query, values that are there and values that are
// not. Private to learn_keys.cpp. Tests: tests/unit/conformance/learn_keys_test.cpp
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/profile.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/dict/dict.hpp"

namespace assay::conformance::learn {

/// UIDs that nothing has.
inline constexpr std::string_view no_such_uid = "2.25.301592653589793238462643383279502884197";
inline constexpr std::string_view no_such_uid_either = "2.25.301592653589793238462643383279502884199";

/// A key that a level of an information model may have.
struct Candidate {
  KeyLevel level;
  Tag tag;
  bool in_step;  // inside the Scheduled Procedure Step Sequence
};
/// All of them.
std::span<const Candidate> candidates();

using Unique = std::pair<Tag, std::string>;

/// A level of an information model, and how it is asked.
struct Place {
  KeyLevel level;
  std::string sop_class;
  std::string query_level;  // (0008,0052); "" for the worklist
  Tag unique;
  std::vector<Candidate> keys;
};

/// Something that the device has.
struct Entity {
  dataset::DataSet match;
  std::vector<Unique> above;  // unique keys of its parents
  std::string identity;
};

/// A key and the value that it is asked with.
struct Value {
  Candidate key;
  std::string value;
};

/// Whether the attribute stands inside the Scheduled Procedure Step Sequence.
bool step_key(Tag tag);
/// The dictionary's; UN of what it does not know.
Vr vr_of(Tag tag);

/// The Identifier of a query (PS3.4 C.4.1.1.3, K.4.1.1.3): unique keys of the parents, these keys, the rest universal.
dataset::DataSet identifier(const Place& place, const std::vector<Unique>& above, const std::vector<Value>& values);

/// The first value; "" when it has none, nothing when the element is not there.
std::optional<std::string> value_of(const dataset::DataSet& match, const Candidate& key);
/// What tells a match from the others of its level.
std::string identity_of(const Place& place, const dataset::DataSet& match);

/// Printable, and no wild cards in it.
bool plain(std::string_view value);
bool takes_wild_cards(Vr vr);
bool takes_case(Vr vr);
bool takes_ranges(Vr vr);
/// Never matched, by their definition (PS3.4 C.3.4): counts.
bool only_returned(Tag tag);

/// A value and a range that nothing has, other than the right value; and the text with its case turned over.
std::string wrong_value(Vr vr, const std::string& right);
std::string wrong_range(Vr vr, const std::string& right);
std::string other_case(std::string text);

}  // namespace assay::conformance::learn
