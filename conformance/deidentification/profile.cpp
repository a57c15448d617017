#include "conformance/deidentification/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace assay::conformance::deidentification {

namespace {

constexpr OptionInfo all_options[] = {
    {Option::basic, "basic", "PS3.15 E.2", "113100", "Basic Application Confidentiality Profile"},
    {Option::clean_pixel_data, "clean-pixel-data", "PS3.15 E.3.1", "113101", "Clean Pixel Data Option"},
    {Option::clean_recognizable_visual_features, "clean-recognizable-visual-features", "PS3.15 E.3.2", "113102",
     "Clean Recognizable Visual Features Option"},
    {Option::clean_graphics, "clean-graphics", "PS3.15 E.3.3", "113103", "Clean Graphics Option"},
    {Option::clean_structured_content, "clean-structured-content", "PS3.15 E.3.4", "113104",
     "Clean Structured Content Option"},
    {Option::clean_descriptors, "clean-descriptors", "PS3.15 E.3.5", "113105", "Clean Descriptors Option"},
    {Option::retain_full_dates, "retain-full-dates", "PS3.15 E.3.6", "113106",
     "Retain Longitudinal Temporal Information Full Dates Option"},
    {Option::retain_modified_dates, "retain-modified-dates", "PS3.15 E.3.6", "113107",
     "Retain Longitudinal Temporal Information Modified Dates Option"},
    {Option::retain_patient_characteristics, "retain-patient-characteristics", "PS3.15 E.3.7", "113108",
     "Retain Patient Characteristics Option"},
    {Option::retain_device, "retain-device", "PS3.15 E.3.8", "113109", "Retain Device Identity Option"},
    {Option::retain_uids, "retain-uids", "PS3.15 E.3.9", "113110", "Retain UIDs Option"},
    {Option::retain_safe_private, "retain-safe-private", "PS3.15 E.3.10", "113111", "Retain Safe Private Option"},
    {Option::retain_institution, "retain-institution", "PS3.15 E.3.11", "113112", "Retain Institution Identity Option"},
};

constexpr Overrule never;
constexpr Overrule kept(Option option) { return {1U << static_cast<unsigned>(option), 0}; }
constexpr Overrule cleaned(Option option) { return {0, 1U << static_cast<unsigned>(option)}; }
constexpr Overrule operator|(Overrule a, Overrule b) { return {a.kept | b.kept, a.cleaned | b.cleaned}; }

#define ASSAY_PROTECTED(tag, mask, action, overrule) Protected{Tag(std::uint32_t{tag}), mask, Action::action, overrule},
constexpr Protected all_protected[] = {
#include "conformance/deidentification/protected.inc"
};
#undef ASSAY_PROTECTED
static_assert(std::ranges::is_sorted(all_protected, {}, &Protected::tag));

}  // namespace

std::span<const OptionInfo> option_infos() { return all_options; }

const OptionInfo* option_named(std::string_view name) {
  const auto* found = std::ranges::find(all_options, name, &OptionInfo::name);
  return found == std::end(all_options) ? nullptr : found;
}

const OptionInfo* option_of_code(std::string_view code) {
  const auto* found = std::ranges::find(all_options, code, &OptionInfo::code);
  return found == std::end(all_options) ? nullptr : found;
}

const OptionInfo& info_of(Option option) { return all_options[static_cast<std::size_t>(option)]; }

std::expected<Options, std::string> parse_options(std::string_view list) {
  Options options;
  bool basic = false;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const auto word = list.substr(at, end - at);
    at = end + 1;
    const auto* info = option_named(word);
    if (info == nullptr) {
      std::string names;
      for (const auto& one : all_options) names += (names.empty() ? "" : ", ") + std::string(one.name);
      return std::unexpected(fmt::format("'{}' is no confidentiality profile or option; there are {}", word, names));
    }
    basic = basic || info->option == Option::basic;
    options.add(info->option);
  }
  if (!basic) return std::unexpected(std::string("options come on top of a profile: begin with 'basic,'"));
  if (options.has(Option::retain_full_dates) && options.has(Option::retain_modified_dates))
    return std::unexpected(std::string(
        "retain-full-dates and retain-modified-dates contradict each other: dates are either left or modified"));
  return options;
}

std::string_view name(Action action) {
  static constexpr std::array<std::string_view, 9> names{"X", "Z", "D", "U", "Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*"};
  return names[static_cast<std::size_t>(action)];
}

std::span<const Protected> protected_attributes() { return all_protected; }

const Protected* protection_of(Tag tag) {
  const auto* found = std::ranges::lower_bound(all_protected, tag, {}, &Protected::tag);
  if (found != std::end(all_protected) && found->tag == tag && found->mask == 0xFFFFFFFFU) return found;
  static const auto repeating = [] {
    std::array<const Protected*, 4> rows{};
    std::size_t count = 0;
    for (const auto& row : all_protected)
      if (row.mask != 0xFFFFFFFFU && count < rows.size()) rows[count++] = &row;
    return rows;
  }();
  for (const auto* row : repeating)
    if (row != nullptr && (tag.packed() & row->mask) == row->tag.packed()) return row;
  return nullptr;
}

}  // namespace assay::conformance::deidentification
