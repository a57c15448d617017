// Attribute matching of C-FIND (PS3.4 C.2.2.2): single value, list of UID, universal, wild card, range, sequence.
// Tests: tests/unit/service/matching_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/dataset/dataset.hpp"
#include "harness/dict/dict.hpp"

namespace assay::service {

enum class MatchType : std::uint8_t { single, uid_list, universal, wildcard, range, sequence };

struct MatchOptions {
  /// Names may be matched without regard to case (PS3.4 C.2.2.2.1); everything else never is.
  bool names_ignore_case = true;
  /// PS3.4 C.2.2.1.2 read so that an attribute without a value is unknown and matches every key. The other reading,
  /// that the zero length key of the request is meant, is the editor's (dcm4chee-arc-light issue 100), that of DCMTK,
  /// Orthanc and dcm4chee, and that of worklists (K.2.2.1.1.1): what is not there matches no key that asks for a value.
  bool unknown_matches = false;
};

/// How a key of this VR and (unpadded) value is matched (PS3.4 C.2.2.2.1-6).
MatchType match_type(Vr vr, std::string_view key);

/// One key against all values of an attribute, backslashes included; an absent attribute is an empty value.
/// It matches when one of the values does (PS3.4 C.2.2.3), or the key is universal, or see MatchOptions.
bool match_value(Vr vr, std::string_view key, std::string_view value, const MatchOptions& options = {});

/// Character sets of both sides, the values of (0008,0005); texts are compared as Unicode.
struct CharacterSets {
  std::string_view identifier;
  std::string_view attributes;
};

/// One key of an Identifier against a level of stored attributes; sequences match when one item of the attribute
/// matches every key of the item in the Identifier (PS3.4 C.2.2.2.6).
bool match_key(const dataset::Level& identifier, const dataset::Node& key, const dataset::Level& attributes,
               const CharacterSets& sets, const MatchOptions& options = {});

/// True when every key of the Identifier's item matches this item: an item to be returned (PS3.4 C.2.2.2.6).
bool match_item(const dataset::Level& keys, const dataset::Level& item, const CharacterSets& sets,
                const MatchOptions& options = {});

/// The VR that counts for matching: the dictionary's, else the one that stands in the Data Set.
Vr matching_vr(const dataset::Node& node);

/// Text of a value of this VR as UTF-8; unchanged when no character set is named, whatever its bytes are.
std::string to_utf8(std::string_view text, std::string_view specific_character_set, Vr vr = Vr::LO);

/// A moment as the interval it covers, both ends included; PS3.5 6.2 DA, TM, DT. Digits only, missing parts filled
/// with the lowest and the highest value. A DT with an offset is moved to UTC; one without is taken for UTC, as in the
/// example of PS3.4 C.2.2.2.1.3.
struct Interval {
  std::string low;  // YYYYMMDDHHMMSSFFFFFF, HHMMSSFFFFFF or YYYYMMDD
  std::string high;
};
/// Nothing when the text is no single value of this VR.
std::optional<Interval> interval_of(Vr vr, std::string_view text);

/// A date and a time that belong together, where both are asked for by ranges: one range of moments, as in PS3.4 Table
/// K.6-1 and where combined date-time matching was agreed on (C.5.1.1).
struct MomentKey {
  Tag date;
  Tag time;
  std::string range;  // of DT
};
/// Nothing when one of them is no range.
std::optional<MomentKey> moment_key(const dataset::Level& identifier, Tag date, Tag time);
/// An attribute without a date matches none.
bool match_moment(const MomentKey& key, const dataset::Level& attributes, const MatchOptions& options = {});

/// True when `text` matches the pattern: '*' any run of characters, '?' exactly one (of UTF-8 and Latin-1 alike
/// one code point), linear in the product of their lengths at worst, without recursion.
bool wildcard_match(std::string_view pattern, std::string_view text, bool ignore_case = false);

}  // namespace assay::service
