// The Basic Application Level Confidentiality Profile and its options (PS3.15 E.2, E.3) and what each does to the
// attributes of Table E.1-1. generate.py makes protected.inc. Tests:
// tests/unit/conformance/deidentification_profile_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "harness/dict/tag.hpp"

namespace assay::conformance::deidentification {

/// In the order of their codes in context group 7050.
enum class Option : std::uint8_t {
  basic,
  clean_pixel_data,
  clean_recognizable_visual_features,
  clean_graphics,
  clean_structured_content,
  clean_descriptors,
  retain_full_dates,
  retain_modified_dates,
  retain_patient_characteristics,
  retain_device,
  retain_uids,
  retain_safe_private,
  retain_institution
};

struct OptionInfo {
  Option option;
  std::string_view name;  // on the command line
  std::string_view clause;
  std::string_view code;  // of coding scheme DCM
  std::string_view meaning;
};

std::span<const OptionInfo> option_infos();
/// Null when there is none of this name, or code.
const OptionInfo* option_named(std::string_view name);
const OptionInfo* option_of_code(std::string_view code);
const OptionInfo& info_of(Option option);

/// The profile, always, and the options that were added.
class Options {
 public:
  [[nodiscard]] bool has(Option option) const { return (bits_ >> static_cast<unsigned>(option) & 1U) != 0; }
  [[nodiscard]] bool dates() const { return has(Option::retain_full_dates) || has(Option::retain_modified_dates); }
  void add(Option option) { bits_ |= 1U << static_cast<unsigned>(option); }
  [[nodiscard]] std::uint32_t bits() const { return bits_; }

 private:
  std::uint32_t bits_ = 1;  // basic
};

/// From "basic,retain-uids,clean-descriptors". The error is one sentence: a word that is no option, the profile
/// missing, or two options that contradict each other.
std::expected<Options, std::string> parse_options(std::string_view list);

/// The actions of PS3.15 E.1.1.
enum class Action : std::uint8_t { X, Z, D, U, Z_D, X_Z, X_D, X_Z_D, X_Z_U };
/// "X/Z/D"
std::string_view name(Action action);

struct Overrule {
  std::uint32_t kept = 0;     // options that keep the attribute: K
  std::uint32_t cleaned = 0;  // options that clean it: C
};

struct Protected {
  Tag tag;
  std::uint32_t mask = 0xFFFFFFFFU;  // bits of the tag that count
  Action basic = Action::X;
  Overrule overrule;

  [[nodiscard]] bool kept(const Options& options) const { return (overrule.kept & options.bits()) != 0; }
  [[nodiscard]] bool cleaned(const Options& options) const { return (overrule.cleaned & options.bits()) != 0; }
  /// An option leaves the value, as it is or cleaned.
  [[nodiscard]] bool left(const Options& options) const { return kept(options) || cleaned(options); }
  [[nodiscard]] bool cleaned_by(Option option) const {
    return (overrule.cleaned >> static_cast<unsigned>(option) & 1U) != 0;
  }
  [[nodiscard]] bool kept_by(Option option) const { return (overrule.kept >> static_cast<unsigned>(option) & 1U) != 0; }
};

std::span<const Protected> protected_attributes();
/// The row for an attribute, repeating groups and private ones included; null for those the table does not list.
const Protected* protection_of(Tag tag);

}  // namespace assay::conformance::deidentification
