#include "harness/dict/dict.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "harness/dict/uid_registry.hpp"
#include "harness/dict/vr_table.hpp"

namespace assay::dict {

namespace {

constexpr Entry entries[] = {
#define ASSAY_ENTRY(group, element, vr, second, third, vm, keyword, name, retired) \
  {Tag{group, element}, Vr::vr, Vr::second, vm, keyword, name, retired, Vr::third},
#include "harness/dict/generated_entries.inc"
#undef ASSAY_ENTRY
};

constexpr std::uint16_t keyword_order[] = {
#include "harness/dict/generated_keyword_order.inc"
};

struct TagSlot {
  std::uint32_t tag;
  Vr vr;
  std::uint16_t index;  // 0xFFFF: empty
};

#include "harness/dict/generated_tag_hash.inc"

struct Repeating {
  std::uint32_t mask;
  std::uint32_t value;
  std::uint16_t index;
};

struct RepeatingGroup {
  std::uint16_t mask;
  std::uint16_t value;
  std::uint16_t first;
  std::uint16_t whole_end;
  std::uint16_t end;
};

#include "harness/dict/generated_repeating.inc"

constexpr std::uint16_t name_order[] = {
#include "harness/dict/generated_name_order.inc"
};

constexpr UidEntry uid_entries[] = {
#define ASSAY_UID(uid, keyword, name, kind, retired) {uid, keyword, name, UidKind::kind, retired},
#include "harness/dict/generated_uids.inc"
#undef ASSAY_UID
};

constexpr std::uint16_t uid_keyword_order[] = {
#include "harness/dict/generated_uid_keyword_order.inc"
};

// PS3.5 7.2: every group may have a length; it has no keyword of its own in PS3.6 outside groups 0000 and 0002.
constexpr Entry group_length{Tag{0x0008, 0x0000}, Vr::UL, Vr::none, "1", "", "Group Length", true, Vr::none};

const TagSlot* slot_of(Tag tag) {
  const std::uint32_t key = tag.packed();
  constexpr std::size_t mask = std::size(tag_slots) - 1;
  // The table is a third full, so a run of taken slots always ends.
  for (std::size_t at = (key * hash_multiplier) >> (32 - hash_bits);; at = (at + 1) & mask) {
    const TagSlot& slot = tag_slots[at];
    if (slot.index == 0xffff) return nullptr;
    if (slot.tag == key) return &slot;
  }
}

template <typename Range, typename Key>
auto* in_order(const Range& order, std::string_view wanted, Key key) {
  const auto* found = std::lower_bound(std::begin(order), std::end(order), wanted,
                                       [&](std::uint16_t index, std::string_view w) { return key(index).keyword < w; });
  using Row = std::remove_reference_t<decltype(key(0))>;
  if (found == std::end(order) || key(*found).keyword != wanted) return static_cast<Row*>(nullptr);
  return &key(*found);
}

/// Moves `at` to the next letter or digit and gives it in small, or 0 at the end.
char next_folded(std::string_view text, std::size_t& at) {
  while (at < text.size()) {
    const char c = text[at++];
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return c;
  }
  return 0;
}

int compare_folded(std::string_view left, std::string_view right) {
  for (std::size_t l = 0, r = 0;;) {
    const char a = next_folded(left, l);
    const char b = next_folded(right, r);
    if (a != b) return a < b ? -1 : 1;
    if (a == 0) return 0;
  }
}

bool is_uid_text(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string_view unpadded(std::string_view uid) {
  while (!uid.empty() && (uid.back() == '\0' || uid.back() == ' ')) uid.remove_suffix(1);
  return uid;
}

}  // namespace

const Entry* find(Tag tag) {
  if (const auto* slot = slot_of(tag)) return &entries[slot->index];
  if (tag.is_group_length()) return &group_length;
  if (tag.is_private()) return nullptr;
  const std::uint32_t key = tag.packed();
  for (const auto& groups : repeating_groups) {  // a handful: most unknown tags end here
    if ((tag.group & groups.mask) != groups.value) continue;
    const auto* whole_end = repeating + groups.whole_end;
    const auto* whole =
        std::lower_bound(repeating + groups.first, whole_end, tag.element,
                         [](const Repeating& row, std::uint16_t element) { return (row.value & 0xffffU) < element; });
    if (whole != whole_end && (whole->value & 0xffffU) == tag.element) return &entries[whole->index];
    for (std::size_t at = groups.whole_end; at < groups.end; ++at)
      if ((key & repeating[at].mask) == repeating[at].value) return &entries[repeating[at].index];
  }
  return nullptr;
}

Vr quick_vr(Tag tag) {
  const auto* slot = slot_of(tag);
  return slot ? slot->vr : Vr::none;
}

const Entry* find_keyword(std::string_view keyword) {
  if (keyword.empty()) return nullptr;
  return in_order(keyword_order, keyword, [](std::uint16_t index) -> const Entry& { return entries[index]; });
}

const Entry* find_name(std::string_view name) {
  if (compare_folded(name, "") == 0) return nullptr;
  const auto* found = std::lower_bound(
      std::begin(name_order), std::end(name_order), name,
      [](std::uint16_t index, std::string_view n) { return compare_folded(entries[index].name, n) < 0; });
  if (found != std::end(name_order) && compare_folded(entries[*found].name, name) == 0) return &entries[*found];
  for (const std::uint16_t index : keyword_order)  // "patient name" for PatientName, whose name is Patient's Name
    if (compare_folded(entries[index].keyword, name) == 0) return &entries[index];
  return nullptr;
}

std::optional<Tag> tag_of(std::string_view text_or_keyword) {
  if (const auto* entry = find_keyword(text_or_keyword)) return entry->tag;
  return tag_from(text_or_keyword);
}

Vr implicit_vr(Tag tag) {
  if (const auto* entry = find(tag)) {
    if (entry->other_vr == Vr::none) return entry->vr;
    return entry->allows(Vr::OW) ? Vr::OW : entry->vr;
  }
  if (tag.is_private() && tag.element >= 0x0010 && tag.element <= 0x00ff) return Vr::LO;
  return Vr::UN;
}

std::string_view keyword(Tag tag) {
  const auto* entry = find(tag);
  return entry ? entry->keyword : std::string_view{};
}

std::span<const UidEntry> all_uids() { return uid_entries; }

const UidEntry* find_uid(std::string_view uid) {
  uid = unpadded(uid);
  const auto* found =
      std::lower_bound(std::begin(uid_entries), std::end(uid_entries), uid,
                       [](const UidEntry& entry, std::string_view wanted) { return entry.uid < wanted; });
  return found != std::end(uid_entries) && found->uid == uid ? found : nullptr;
}

const UidEntry* find_uid_keyword(std::string_view keyword) {
  if (keyword.empty()) return nullptr;
  return in_order(uid_keyword_order, keyword,
                  [](std::uint16_t index) -> const UidEntry& { return uid_entries[index]; });
}

std::string_view uid_of(std::string_view uid_or_keyword) {
  if (const auto* entry = find_uid_keyword(uid_or_keyword)) return entry->uid;
  const auto uid = unpadded(uid_or_keyword);
  return is_uid_text(uid) ? uid : std::string_view{};
}

std::string_view uid_name(std::string_view uid) {
  // "Name (uid)" needs storage that outlives the call, so all of them are one text laid out at compile time.
  struct Names {
    static constexpr std::size_t size() {
      std::size_t total = 0;
      for (const auto& entry : uid_entries) total += entry.name.size() + entry.uid.size() + 3;
      return total;
    }
  };
  struct Laid {
    std::array<char, Names::size()> text{};
    std::array<std::uint32_t, std::size(uid_entries) + 1> starts{};
  };
  static constexpr Laid laid = [] {
    Laid made;
    std::size_t at = 0;
    const auto put = [&](std::string_view part) {
      for (const char c : part) made.text[at++] = c;
    };
    for (std::size_t i = 0; i < std::size(uid_entries); ++i) {
      made.starts[i] = static_cast<std::uint32_t>(at);
      put(uid_entries[i].name);
      put(" (");
      put(uid_entries[i].uid);
      put(")");
    }
    made.starts[std::size(uid_entries)] = static_cast<std::uint32_t>(at);
    return made;
  }();
  const auto* entry = find_uid(uid);
  if (!entry || entry->name.empty()) return unpadded(uid);
  const auto index = static_cast<std::size_t>(entry - uid_entries);
  return {laid.text.data() + laid.starts[index], laid.starts[index + 1] - laid.starts[index]};
}

}  // namespace assay::dict
