#include "conformance/profile_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "conformance/profile.hpp"
#include "harness/dict/dict.hpp"
#include "harness/scenario/values.hpp"

namespace assay::conformance {
namespace {

#define ASSAY_POLICY(...)
#define ASSAY_EXTENDED(...)
#define ASSAY_TLS(...)
#define ASSAY_DEIDENTIFICATION(...)
#define ASSAY_MEDIA(...)

#undef ASSAY_POLICY
#define ASSAY_POLICY(name, kind, low, high, words, clause, text, no_text, service) \
  PolicySpec{name, PolicyKind::kind, low, high, words, clause, text, no_text, service},
constexpr PolicySpec policy_table[] = {
#include "conformance/profile_tables.inc"
};
#undef ASSAY_POLICY
#define ASSAY_POLICY(...)

#undef ASSAY_EXTENDED
#define ASSAY_EXTENDED(name, of, clause, text) ExtendedItem{name, of, clause, text},
constexpr ExtendedItem extended_table[] = {
#include "conformance/profile_tables.inc"
};
#undef ASSAY_EXTENDED
#define ASSAY_EXTENDED(...)

#undef ASSAY_TLS
#define ASSAY_TLS(name, section, minimum, maximum) TlsName{name, section, minimum, maximum},
constexpr TlsName tls_table[] = {
#include "conformance/profile_tables.inc"
};
#undef ASSAY_TLS
#define ASSAY_TLS(...)

#undef ASSAY_DEIDENTIFICATION
#define ASSAY_DEIDENTIFICATION(name, code, meaning) DeidentificationOption{name, code, meaning},
constexpr DeidentificationOption deidentification_table[] = {
#include "conformance/profile_tables.inc"
};
#undef ASSAY_DEIDENTIFICATION
#define ASSAY_DEIDENTIFICATION(...)

struct Media {
  std::string_view prefix;
  std::string_view where;
};
#undef ASSAY_MEDIA
#define ASSAY_MEDIA(prefix, where) Media{prefix, where},
constexpr Media media_table[] = {
#include "conformance/profile_tables.inc"
};
#undef ASSAY_MEDIA
#undef ASSAY_POLICY
#undef ASSAY_EXTENDED
#undef ASSAY_TLS
#undef ASSAY_DEIDENTIFICATION

/// PS3.3 C.12.1.1.2: without code extensions, with them, and for multi-byte character sets.
constexpr std::string_view single_byte[] = {"6",   "13",  "100", "101", "109", "110", "126",
                                            "127", "138", "144", "148", "166", "203"};
constexpr std::string_view multi_byte[] = {
    "ISO 2022 IR 58", "ISO 2022 IR 87", "ISO 2022 IR 149", "ISO 2022 IR 159", "ISO_IR 192", "GB18030", "GBK"};

template <typename Table>
const auto* row_of(const Table& table, std::string_view name) {
  const auto found = std::ranges::find_if(table, [&](const auto& row) { return row.name == name; });
  return found == std::end(table) ? nullptr : &*found;
}

bool one_of(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const auto bar = words.find('|');
    if (words.substr(0, bar) == wanted) return true;
    words = bar == std::string_view::npos ? std::string_view{} : words.substr(bar + 1);
  }
  return false;
}

std::string listed(std::string_view words) {
  std::string out(words);
  for (std::size_t at = 0; (at = out.find('|', at)) != std::string::npos; at += 2) out.replace(at, 1, ", ");
  return out;
}

std::optional<std::string> problem_with_titles(std::string_view value) {
  if (value.empty()) return "name at least one AE title";
  for (std::string_view rest = value;;) {
    const auto end = rest.find('\\');
    const auto one = rest.substr(0, end);
    if (one.empty() || one.size() > 16) return "an AE title has 1 to 16 characters; several are split by backslashes";
    if (end == std::string_view::npos) return std::nullopt;
    rest = rest.substr(end + 1);
  }
}

}  // namespace

std::span<const PolicySpec> policies() { return policy_table; }
const PolicySpec* policy_spec(std::string_view name) { return row_of(policy_table, name); }

std::optional<std::string> problem_with_policy(const PolicySpec& spec, std::string_view value) {
  switch (spec.kind) {
    case PolicyKind::yes_no:
      if (value != "yes" && value != "no") return "write yes or no";
      break;
    case PolicyKind::number: {
      const auto number = scenario::number_from(value);
      if (!number || *number < 0 || static_cast<std::uint64_t>(*number) < spec.low ||
          static_cast<std::uint64_t>(*number) > spec.high)
        return fmt::format("write a number from {} to {}", spec.low, spec.high);
      break;
    }
    case PolicyKind::time:
      if (!scenario::duration_from(value)) return "write a time such as 500ms, 30s or 1m";
      break;
    case PolicyKind::uid:
      if (value.empty() || value.size() > 64 || value.find_first_not_of("0123456789.") != std::string_view::npos)
        return "write a UID of at most 64 digits and dots";
      break;
    case PolicyKind::choice:
      if (!one_of(spec.words, value)) return "write one of " + listed(spec.words);
      break;
    case PolicyKind::words: {
      const auto words = scenario::words_of(value);
      if (words.empty()) return std::string("write at least one word");
      for (const auto word : words)
        if (!spec.words.empty() && !one_of(spec.words, word)) return "write some of " + listed(spec.words);
      break;
    }
    case PolicyKind::titles: return problem_with_titles(value);
    case PolicyKind::text:
      if (value.empty() || (spec.high != 0 && value.size() > spec.high))
        return fmt::format("write {} to {} characters", spec.low, spec.high);
      break;
  }
  return std::nullopt;
}

std::span<const ExtendedItem> extended_items() { return extended_table; }
const ExtendedItem* extended_item(std::string_view name) { return row_of(extended_table, name); }
std::span<const TlsName> tls_names() { return tls_table; }
const TlsName* tls_name(std::string_view name) { return row_of(tls_table, name); }
std::span<const DeidentificationOption> deidentification_options() { return deidentification_table; }
const DeidentificationOption* deidentification_option(std::string_view name) {
  return row_of(deidentification_table, name);
}

std::optional<std::string_view> media_annex(std::string_view profile) {
  for (const auto& row : media_table)
    if (profile.starts_with(row.prefix) && (profile.size() > row.prefix.size() || !row.prefix.ends_with('-')))
      return row.where;
  return std::nullopt;
}

bool is_character_set(std::string_view term) {
  if (std::ranges::find(multi_byte, term) != std::end(multi_byte)) return true;
  for (const std::string_view prefix : {"ISO_IR ", "ISO 2022 IR "})
    if (term.starts_with(prefix) && std::ranges::find(single_byte, term.substr(prefix.size())) != std::end(single_byte))
      return true;
  return false;
}

std::string_view kind_of(std::string_view sop_class_uid) {
  if (is_storage(sop_class_uid)) return "storage";
  const auto* entry = dict::find_uid(sop_class_uid);
  if (entry == nullptr) return {};
  if (entry->keyword.find("InformationModel") == std::string_view::npos) {
    return entry->keyword.find("PrintManagementMeta") != std::string_view::npos ? "print" : "";
  }
  if (entry->keyword.ends_with("Find")) return "find";
  if (entry->keyword.ends_with("Move") || entry->keyword.ends_with("Get")) return "retrieve";
  return {};
}

}  // namespace assay::conformance
