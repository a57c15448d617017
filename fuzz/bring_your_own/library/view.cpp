// The C interface by which a parser tells what it sees.
#include "fuzz/bring_your_own/library/view.hpp"

#include <algorithm>

namespace assay::fuzz {

std::string_view name(EntryKind kind) {
  constexpr std::array<std::string_view, 6> names{"element", "sequence", "item", "fragments", "fragment", "stray"};
  return names.at(static_cast<std::size_t>(kind));
}

std::uint64_t digest_of(ByteView bytes) {
  std::uint64_t digest = 0xcbf29ce484222325ULL;
  for (const auto byte : bytes) digest = (digest ^ byte) * 0x100000001b3ULL;
  return digest == 0 ? 1 : digest;
}

namespace {

constexpr std::size_t longest_reason = 60;

// "OB" or "OB/OW"; letters that are no VR are kept, to be told apart from ours.
std::array<Vr, 3> vrs_from(const char* text) {
  std::array<Vr, 3> out{};
  if (text == nullptr) return out;
  std::string_view left(text);
  for (auto& vr : out) {
    if (left.size() < 2) break;
    vr = static_cast<Vr>(static_cast<unsigned char>(left[0]) << 8 | static_cast<unsigned char>(left[1]));
    left.remove_prefix(std::min<std::size_t>(left.size(), 3));
  }
  return out;
}

ByteView trimmed(ByteView bytes) {
  while (!bytes.empty() && (bytes.back() == ' ' || bytes.back() == 0)) bytes = bytes.first(bytes.size() - 1);
  return bytes;
}

void measure(Entry& entry, const assay_view& view, const void* value, std::size_t length) {
  entry.size = length;
  if (length == ASSAY_UNKNOWN_LENGTH || (value == nullptr && length > 0)) return;
  ByteView bytes(static_cast<const std::uint8_t*>(value), length);
  if ((view.flags & ASSAY_WITHOUT_PADDING) != 0) bytes = trimmed(bytes);
  entry.size = bytes.size();
  entry.digest = digest_of(bytes);
}

constexpr Tag item_tag{0xfffe, 0xe000};

// The kind of what is open; `stray` for the Data Set itself.
EntryKind inside(const assay_view& view) {
  return view.open.empty() ? EntryKind::stray : view.view.entries[view.open.back()].kind;
}

bool usable(const assay_view* view) { return !view->rejected && view->mistake.empty(); }

Entry* add(assay_view* view, EntryKind kind, Tag tag) {
  if (!usable(view)) return nullptr;
  const auto where = inside(*view);
  const bool fits = kind == EntryKind::item       ? where == EntryKind::sequence
                    : kind == EntryKind::fragment ? where == EntryKind::fragments
                                                  : where == EntryKind::stray || where == EntryKind::item;
  if (!fits) {
    view->mistake = std::string("a ") + std::string(name(kind)) + " " + to_string(tag) + " was told inside a " +
                    std::string(name(where));
    return nullptr;
  }
  auto& entries = view->view.entries;
  entries.push_back({});
  entries.back().kind = kind;
  entries.back().tag = tag;
  entries.back().end = static_cast<std::uint32_t>(entries.size());
  return &entries.back();
}

void begin(assay_view* view, EntryKind kind, Tag tag, const char* vr) {
  Entry* entry = add(view, kind, tag);
  if (entry == nullptr) return;
  entry->vrs = vrs_from(vr);
  view->open.push_back(static_cast<std::uint32_t>(view->view.entries.size() - 1));
}

}  // namespace
}  // namespace assay::fuzz

extern "C" {

using assay::Tag;
using assay::fuzz::EntryKind;

void assay_view_element(assay_view* view, uint16_t group, uint16_t element, const char* vr, const void* value,
                        size_t length) {
  auto* entry = assay::fuzz::add(view, EntryKind::element, Tag{group, element});
  if (entry == nullptr) return;
  entry->vrs = assay::fuzz::vrs_from(vr);
  assay::fuzz::measure(*entry, *view, value, length);
}

void assay_view_begin_sequence(assay_view* view, uint16_t group, uint16_t element, const char* vr) {
  assay::fuzz::begin(view, EntryKind::sequence, Tag{group, element}, vr);
}

void assay_view_begin_item(assay_view* view) {
  assay::fuzz::begin(view, EntryKind::item, assay::fuzz::item_tag, nullptr);
}

void assay_view_begin_fragments(assay_view* view, uint16_t group, uint16_t element, const char* vr) {
  assay::fuzz::begin(view, EntryKind::fragments, Tag{group, element}, vr);
}

void assay_view_fragment(assay_view* view, const void* value, size_t length) {
  auto* entry = assay::fuzz::add(view, EntryKind::fragment, assay::fuzz::item_tag);
  if (entry != nullptr) assay::fuzz::measure(*entry, *view, value, length);
}

void assay_view_end(assay_view* view) {
  if (!assay::fuzz::usable(view)) return;
  if (view->open.empty()) {
    view->mistake = "an end was told with nothing open";
    return;
  }
  view->view.entries[view->open.back()].end = static_cast<std::uint32_t>(view->view.entries.size());
  view->open.pop_back();
}

void assay_view_reject(assay_view* view, const char* why) {
  if (view->rejected) return;
  view->rejected = true;
  std::string text(why == nullptr || *why == 0 ? "refused" : why);
  if (text.size() > assay::fuzz::longest_reason) text.resize(assay::fuzz::longest_reason);
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  view->view.refused = std::move(text);
}
}
