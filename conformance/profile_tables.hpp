// The names that a profile may use: policies, items of extended negotiation, TLS profiles, media profiles, options of
// de-identification, character sets. Tables, each with its clause. Tests: tests/unit/conformance/profile_load_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assay::conformance {

enum class PolicyKind : std::uint8_t {
  yes_no,
  number,  // low to high
  time,    // 500ms, 30s, 1m
  uid,
  choice,  // one of words, which are split by |
  words,   // some of them, split by blanks; any when the table names none
  titles,  // AE titles split by backslashes
  text
};

/// A scalar fact that a product may state.
struct PolicySpec {
  std::string_view name;
  PolicyKind kind = PolicyKind::text;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  std::string_view words;
  std::string_view clause;
  std::string_view text;     // {} is the value
  std::string_view no_text;  // where the value is "no"
  std::string_view service;  // keyword of a SOP Class, "find", "retrieve", "storage": it is about; "" = associations
};
std::span<const PolicySpec> policies();
/// Null for an unknown name. Names that begin with "x-" are free and not in the table.
const PolicySpec* policy_spec(std::string_view name);
/// What is wrong with a value, or nothing.
std::optional<std::string> problem_with_policy(const PolicySpec& spec, std::string_view value);

/// An item of SOP Class Extended Negotiation that a service may agree to (PS3.4 B.3.1, C.5).
struct ExtendedItem {
  std::string_view name;
  std::string_view of;  // "find", "retrieve", "storage"
  std::string_view clause;
  std::string_view text;
};
std::span<const ExtendedItem> extended_items();
const ExtendedItem* extended_item(std::string_view name);

/// A profile of PS3.15 B.
struct TlsName {
  std::string_view name;
  std::string_view section;
  std::string_view minimum;
  std::string_view maximum;
};
std::span<const TlsName> tls_names();
const TlsName* tls_name(std::string_view name);

struct DeidentificationOption {
  std::string_view name;
  std::string_view code;  // of CID 7050, coding scheme DCM
  std::string_view meaning;
};
/// The first is the Basic Application Confidentiality Profile itself.
std::span<const DeidentificationOption> deidentification_options();
const DeidentificationOption* deidentification_option(std::string_view name);

/// Identifier of an Application Profile of PS3.11, with its annex; nothing for an unknown one.
std::optional<std::string_view> media_annex(std::string_view profile);
/// Defined Terms of Specific Character Set (PS3.3 C.12.1.1.2).
bool is_character_set(std::string_view term);

/// What kind of service a SOP Class is: "storage", "find", "retrieve" (GET and MOVE), or "".
std::string_view kind_of(std::string_view sop_class_uid);

}  // namespace assay::conformance
