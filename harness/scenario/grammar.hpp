// A small XML language as data: element types with their attributes, children, occurrence and one sentence each.
// The same tables check a file (checked_xml.hpp), print the XSD and say what is allowed where something is wrong, so
// the three cannot drift apart. The scenario language stands in language.cpp; profiles have tables of their own.
// Tests: tests/unit/scenario/loader_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::scenario {

/// What may stand in an attribute or a text. Every type also takes text with ${variables} in it.
enum class ValueType : std::uint8_t {
  text,
  name,     // letters, digits, . _ -
  names,    // several, split by blanks
  case_id,  // ps3.8/9.3.4/slug
  case_ids,
  part,           // PS3.8
  section,        // 9.3.4, C.4.1.3
  number,         // 16, 0x10
  signed_number,  // -1
  number_or_absent,
  port,      // 0 to 65535
  hex,       // blanks allowed
  duration,  // 100ms, 2s, 1m, or a named wait
  yes_no,
  role,
  level,
  combine,
  how,        // fin, rst
  side,       // us, peer
  packing,    // separate, together
  tolerated,  // warning, pass
  stray,      // fail, ignore
  present_absent,
  synthetic,  // CT, MR, SC, US, CR
  split,      // 1 or 5,7
  uid,        // UID or keyword
  uids,
  uid_or_absent,
  status,  // hex: 0000, 0xA700
  tag,     // (0010,0020) or keyword
  vr,
  path,        // address in a message
  address,     // claim, policy, rule: letters, digits, . _ - : / *
  assignment,  // name=value
  number_match,
  status_match,
  text_match,
  uid_match,
  status_class,
  acceptance,    // all, none
  answer_order,  // same, reversed
  tls_mode,      // yes, no, later
  tls_version,   // 1.0 to 1.3
  certificate,   // own, none, expired...
  context,       // id or abstract syntax
};

struct AttributeSpec {
  std::string name;
  ValueType type = ValueType::text;
  bool required = false;
  std::string doc;
  std::string choices = {};  // words split by |: one of them, or with `several` some split by blanks
  bool several = false;
};

inline constexpr unsigned unbounded = 0xffffffffU;

struct ChildSpec {
  std::string element;
  std::string type;  // name of its TypeSpec
  unsigned min = 0;
  unsigned max = unbounded;
  std::string other_namespace;  // it may stand in this namespace too
};

enum class TextUse : std::uint8_t { none, optional, required };

struct TypeSpec {
  std::string name;
  std::string doc;
  std::vector<AttributeSpec> attributes;
  std::vector<ChildSpec> children;
  std::size_t head = 0;  // the first so many of `children` stand before all others, in any order
  TextUse text = TextUse::none;
  ValueType text_type = ValueType::text;
  bool any_attribute = false;  // attributes beside the listed ones (parameter rows)
  bool native_model = false;   // content is a NativeDicomModel: read as bytes, kept in the attribute hex

  [[nodiscard]] const AttributeSpec* attribute(std::string_view wanted) const;
  [[nodiscard]] const ChildSpec* child(std::string_view wanted) const;
};

struct Grammar {
  std::map<std::string, TypeSpec, std::less<>> types;
  std::vector<ChildSpec> roots;
  std::string title;  // comment at the top of the XSD

  void add(TypeSpec type);
  [[nodiscard]] const TypeSpec* find(std::string_view type) const;
};

/// What is wrong with a value of this attribute, or nothing.
std::optional<std::string> problem_with(const AttributeSpec& attribute, std::string_view value);

/// The W3C XML Schema 1.0 of the language.
std::string to_xsd(const Grammar& grammar);

/// The types of modifications, and the elements that are one.
void add_modification_types(Grammar& grammar);
std::vector<ChildSpec> modification_children();

/// The scenario language (language.cpp).
const Grammar& language();

}  // namespace assay::scenario
