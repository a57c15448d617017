// The dump for people: one line per element with offset, tag, VR, length, VM, keyword and value, nested by indentation.
// Control characters never come out; bulk data is not read. Tests: tests/unit/dataset/dump_test.cpp
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/dump.hpp"
#include "harness/dataset/tag_path.hpp"
#include "harness/dict/private.hpp"

namespace assay::dataset {

struct DumpStyle {
  bool colour = false;
  bool full = false;                    // whole values, every fragment
  std::size_t width = 100;              // columns, unless full
  std::size_t depth = ~std::size_t{0};  // sequences deeper than this are only counted
  std::vector<TagPath> only;            // these elements alone; a single tag is looked for at every depth
  const Problems* problems = nullptr;   // to be shown behind the element they are about, by ascending offset
  bool json = false;                    // one JSON object per line
  std::string file;                     // named in JSON
  const dict::PrivateDictionary* private_names = nullptr;  // asked before the built-in table
};

void dump_lines(const DataSet& data_set, const DumpStyle& style, const LineSink& sink);

/// Number of values (PS3.5 6.4): by backslashes that are no halves of characters, or by size. 0 when empty.
std::size_t value_multiplicity(const Node& node, std::string_view character_set);

/// Name of an element: keyword of PS3.6, "PrivateCreator", or "[CREATOR] name" as a private dictionary calls it, `own`
/// before the built-in one; "" when unknown. May hold what a terminal must not get: see safe_text().
std::string element_name(Tag tag, std::string_view creator, const dict::PrivateDictionary* own = nullptr);
inline std::string element_name(const Cursor& cursor, const dict::PrivateDictionary* own = nullptr) {
  return element_name(cursor.node().tag, cursor.creator(), own);
}

/// The value as people read it, at most about `limit` bytes of it: text decoded and made safe for terminals, numbers,
/// UIDs with their names, bytes as hex, bulk data as its size.
std::string value_for_people(const Node& node, Endian endian, std::string_view character_set, std::size_t limit);
inline std::string value_for_people(const Cursor& cursor, std::size_t limit) {
  return value_for_people(cursor.node(), cursor.endian(), cursor.character_set(), limit);
}

/// True for bulk bytes that a dump only counts.
bool is_bulk(const Node& node);

/// Text in the character set in force as UTF-8 that a terminal can show; bytes that have no meaning as \xNN.
std::string displayed(std::string_view text, Vr vr, std::string_view character_set);
/// UTF-8 as it is, what a terminal must not get as \xNN.
std::string safe_text(std::string_view utf8);
/// JSON with the control characters that JSON allows (U+007F to U+009F) as \u00NN.
std::string safe_json(std::string_view json);

}  // namespace assay::dataset
