// Codes that say how an image was derived, why a source is named and what equipment did (PS3.3 8; PS3.16 CID 7202,
// 7203, 7005): scheme, code and meaning belong together.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/object_checks.hpp"

namespace assay::conformance::iod {

using dataset::Node;
using dataset::NodeKind;

namespace {

enum class Group : std::uint8_t { purpose, derivation, equipment };

struct Code {
  Group group;
  std::string_view value;
  std::string_view meaning;
};

constexpr auto codes = std::to_array<Code>({
#define ASSAY_IMAGE_CODE(group, value, meaning) {Group::group, value, meaning},
#include "conformance/iod/image_codes.inc"
#undef ASSAY_IMAGE_CODE
});

std::string_view name_of(Group group) {
  switch (group) {
    case Group::purpose: return "CID 7202, Source Image Purposes of Reference";
    case Group::derivation: return "CID 7203, Image Derivation";
    case Group::equipment: break;
  }
  return "CID 7005, Contributing Equipment Purposes of Reference";
}

/// The same words, whatever the case and the signs between them.
bool same_words(std::string_view a, std::string_view b) {
  const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  std::size_t i = 0;
  std::size_t j = 0;
  while (true) {
    while (i < a.size() && !letter(a[i])) ++i;
    while (j < b.size() && !letter(b[j])) ++j;
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    if (std::tolower(static_cast<unsigned char>(a[i++])) != std::tolower(static_cast<unsigned char>(b[j++])))
      return false;
  }
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

class Codes {
 public:
  explicit Codes(ObjectReport& report) : report_(report), nodes_(report.root().nodes()) {}

  void run() {
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].kind != NodeKind::sequence) continue;
      const Tag tag = nodes_[i].tag;
      if (tag == tags::DerivationCodeSequence) sequence(i, Group::derivation);
      if (tag == tags::SourceImageSequence) purposes(i, Group::purpose);
      if (tag == tags::ContributingEquipmentSequence) purposes(i, Group::equipment);
    }
  }

 private:
  /// The purpose of reference of each item.
  void purposes(std::uint32_t around, Group group) {
    for (auto item = around + 1; item < nodes_[around].end; item = nodes_[item].end)
      if (const auto found = child(item, tags::PurposeOfReferenceCodeSequence); found != Scope::none)
        sequence(found, group);
  }

  void sequence(std::uint32_t index, Group group) {
    if (nodes_[index].kind != NodeKind::sequence) return;
    for (auto item = index + 1; item < nodes_[index].end; item = nodes_[item].end) code(item, group);
  }

  [[nodiscard]] std::uint32_t child(std::uint32_t item, Tag tag) const {
    if (nodes_[item].kind != NodeKind::item) return Scope::none;
    for (auto i = item + 1; i < nodes_[item].end; i = nodes_[i].end)
      if (nodes_[i].tag == tag) return i;
    return Scope::none;
  }

  void code(std::uint32_t item, Group group) {
    const auto value = child(item, tags::CodeValue);
    const auto scheme = child(item, tags::CodingSchemeDesignator);
    const auto meaning = child(item, tags::CodeMeaning);
    if (value == Scope::none || scheme == Scope::none || text_value(nodes_[scheme], 0) != "DCM") return;
    const auto given = text_value(nodes_[value], 0);
    const auto* row = std::ranges::find_if(codes, [&](const Code& one) { return one.value == given; });
    if (given.empty()) return;
    // What equipment may have done is a wide field.
    if (group != Group::equipment && (row == codes.end() || row->group != group))
      report_.at(
          value, "ps3.3/8.1/code-unknown", quoted(given),
          fmt::format("a DCM code of {}{}", name_of(group),
                      row == codes.end() ? std::string() : fmt::format(": this one is of {}", name_of(row->group))));
    if (row == codes.end()) return;
    const auto words = meaning == Scope::none ? std::string_view() : text_value(nodes_[meaning], 0);
    if (words.empty() || !is_plain(words) || same_words(words, row->meaning)) return;
    const auto* other = std::ranges::find_if(codes, [&](const Code& one) { return same_words(one.meaning, words); });
    if (other != codes.end())
      report_.at(meaning, "ps3.3/8.3/meaning-of-another-code", quoted(words),
                 fmt::format("'{}', or the code {}", row->meaning, other->value));
    else
      report_.at(meaning, "ps3.3/8.3/code-meaning", quoted(words),
                 fmt::format("'{}' or a translation of it", row->meaning));
  }

  ObjectReport& report_;
  const std::vector<Node>& nodes_;
};

}  // namespace

void check_codes(ObjectReport& report) { Codes(report).run(); }

}  // namespace assay::conformance::iod
