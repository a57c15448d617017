#include "fuzz/bring_your_own/library/describe.hpp"

#include <algorithm>
#include <array>

#include "harness/dict/dict.hpp"

namespace assay::fuzz {
namespace {

std::string letters(Vr vr) {
  const auto key = static_cast<unsigned>(vr);
  std::string out{static_cast<char>(key >> 8), static_cast<char>(key & 0xffU)};
  for (auto& c : out)
    if (c < 0x21 || c > 0x7e) c = '?';
  return out;
}

std::string vrs_of(const Entry& entry) {
  std::string out;
  for (const Vr vr : entry.vrs)
    if (vr != Vr::none) out += (out.empty() ? "" : "/") + letters(vr);
  return out.empty() ? "-" : out;
}

constexpr std::uint64_t everything = ~std::uint64_t{0};

// Where the next entry that has a place starts.
std::uint64_t after(const View& ours, std::size_t from, std::uint64_t offset) {
  for (auto i = from; i < ours.entries.size(); ++i)
    if (ours.entries[i].offset > offset) return ours.entries[i].offset;
  return everything;
}

bool is_order(std::string_view rule) { return rule.ends_with("/duplicate") || rule.ends_with("/order"); }

}  // namespace

std::string in_words(const Entry& entry) {
  std::string out(name(entry.kind));
  if (entry.kind != EntryKind::item && entry.kind != EntryKind::fragment)
    out += " " + to_string(entry.tag) + " VR " + vrs_of(entry);
  if (entry.kind == EntryKind::element || entry.kind == EntryKind::fragment) {
    out += entry.size == Entry::unknown ? ", length not told" : ", " + std::to_string(entry.size) + " bytes";
    if (entry.digest != 0) {
      static constexpr std::string_view digits = "0123456789abcdef";
      out += ", digest ";
      for (int shift = 60; shift >= 0; shift -= 4) out += digits[entry.digest >> shift & 15U];
    }
  }
  if (entry.undefined) out += ", of undefined length";
  return out;
}

std::string in_words(const Problem& problem) {
  return problem.rule + " at byte " + std::to_string(problem.offset) + ": " + problem.found + " instead of " +
         problem.expected;
}

bool leads_apart(std::string_view rule) {
  // The others leave no doubt where the next element is.
  return about_encoding(rule) && !rule.ends_with("odd-length") && !rule.ends_with("delimiter-length") &&
         !rule.starts_with("ps3.5/8.2/") && !rule.starts_with("ps3.5/A.4/offset") && !rule.starts_with("ps3.5/A.5/");
}

bool about_encoding(std::string_view rule) {
  constexpr std::array<std::string_view, 12> rules{"limits/",
                                                   "ps3.10/7.2/",
                                                   "ps3.5/6.2/unknown-vr",
                                                   "ps3.5/7.1.1/odd-length",
                                                   "ps3.5/7.1.1/undefined-length",
                                                   "ps3.5/7.1.2/vr",
                                                   "ps3.5/7.1/length-past",
                                                   "ps3.5/7.1/truncated",
                                                   "ps3.5/7.5/",
                                                   "ps3.5/8.2/",
                                                   "ps3.5/A.4/",
                                                   "ps3.5/A.5/"};
  return std::ranges::any_of(rules, [&](std::string_view start) { return rule.starts_with(start); });
}

std::string tag_class(const Entry& entry) {
  const Tag tag = entry.tag;
  if (tag.group == 0xfffe) return "item";
  if (tag.group == 2) return "meta";
  if (tag.group == 0) return "command";
  if (tag.group < 8) return "illegal-group";
  if (tag.is_group_length()) return "group-length";
  if (tag.is_private()) return tag.element >= 0x10 && tag.element <= 0xff ? "private-creator" : "private";
  if (tag == tags::PixelData) return "pixel-data";
  return dict::find(tag) != nullptr ? "standard" : "unknown";
}

std::string vr_field(std::string_view what, const Entry* ours, const Entry* theirs) {
  if (what == "order" || what == "duplicate" || what == "stray") return "-";
  if (what == "vr") return vrs_of(*ours) + ">" + vrs_of(*theirs);
  if (what == "kind")
    return vrs_of(*ours) + " " + std::string(name(ours->kind)) + ">" + vrs_of(*theirs) + " " +
           std::string(name(theirs->kind));
  if (what == "only-theirs" || ours == nullptr) return vrs_of(*theirs);
  return vrs_of(*ours);
}

std::string feature_at(const View& ours, std::string_view what, const Entry* entry) {
  const bool by_order = what == "duplicate" || what == "order";
  // Where the other put what only it has tells little, since many sort, and some read all again in another way after a
  // fault: then it is the first fault that can lead two readers apart.
  const auto fault = std::ranges::find_if(ours.problems, [](const Problem& one) { return leads_apart(one.rule); });
  if (entry == nullptr || what == "only-theirs") return fault == ours.problems.end() ? "-" : fault->rule;
  const auto from = entry->offset;
  // The element's own bytes; where it is about what a sequence holds, all of that too.
  const auto next =
      what == "kind" || what == "items" ? entry->end : static_cast<std::size_t>(entry - ours.entries.data());
  const auto to = after(ours, next, from);
  const Problem* here = nullptr;
  for (const auto& problem : ours.problems) {
    if (problem.offset < from || problem.offset >= to || problem.rule.starts_with("ps3.5/A.5/")) continue;
    const auto wanted = [&](const Problem& one) { return by_order ? is_order(one.rule) : leads_apart(one.rule); };
    if (here == nullptr || (wanted(problem) && !wanted(*here))) here = &problem;
  }
  if (here != nullptr && (what == "vr" || by_order || leads_apart(here->rule))) return here->rule;
  if (fault != ours.problems.end() && what != "vr") return fault->rule;
  if (here != nullptr) return here->rule;
  if (entry->in_un) return "in-un";
  return entry->undefined ? "undefined-length" : "-";
}

std::string to_string(const Cluster& cluster) {
  return cluster.what + "|" + cluster.feature + "|" + cluster.vr + "|" + cluster.tag + "|" + cluster.syntax;
}

}  // namespace assay::fuzz
