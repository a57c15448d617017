// Which values of an original identify somebody, and how they may be written elsewhere. The search is in search.cpp.
#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>

#include "conformance/deidentification/findings.hpp"
#include "conformance/deidentification/search.hpp"
#include "harness/dataset/charset.hpp"
#include "harness/dataset/value.hpp"

namespace assay::conformance::deidentification {

using dataset::CharacterSets;
using dataset::Cursor;
using dataset::NodeKind;

namespace {

/// Numbers that stand for one person or one visit and are no attributes of the patient.
constexpr Tag numbers_of_people[] = {tags::AccessionNumber,
                                     tags::AdmissionID,
                                     tags::PlacerOrderNumberImagingServiceRequest,
                                     tags::FillerOrderNumberImagingServiceRequest,
                                     tags::ServiceEpisodeID,
                                     tags::ClinicalTrialSubjectID};

/// Text that is about one person, and not a description that many objects share.
bool is_identity(Tag tag, const Protected& row) {
  if (std::ranges::find(numbers_of_people, tag) != std::end(numbers_of_people)) return true;
  const bool content = row.cleaned_by(Option::clean_descriptors) ||
                       (row.overrule.kept >> static_cast<unsigned>(Option::retain_patient_characteristics) & 1U) != 0;
  return tag.group == 0x0010 && !content;
}

/// Of an object of many frames the first words say enough.
constexpr std::size_t most_words = 1U << 16;

std::string lower(std::string_view text) {
  std::string small(text);
  for (auto& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return small;
}

bool is_number(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string utf_16(std::string_view utf_8, bool big) {
  std::string out;
  for (const char c : utf_8) {
    if (static_cast<unsigned char>(c) >= 0x80) return {};  // of names in other scripts the UTF-8 is looked for
    if (big) out += '\0';
    out += c;
    if (!big) out += '\0';
  }
  return out;
}

class Collector {
 public:
  Collector(const dataset::DataSet& original, const Options& options) : original_(original), options_(options) {}

  SoughtValues run() {
    common();
    for (Cursor at(original_); at.next();) {
      const auto& node = at.node();
      if (node.kind != NodeKind::element || node.value.empty() || node.tag.is_private()) continue;
      const auto* row = protection_of(node.tag);
      if (row == nullptr || row->left(options_)) continue;
      const auto known = CharacterSets(at.character_set());
      if (node.vr == Vr::UI)
        uids(node);
      else if (node.vr == Vr::PN)
        names(node, known);
      else if (node.tag == tags::PatientBirthDate)
        birth(node);
      else if (is_text(node.vr) && dataset::uses_character_set(node.vr))
        text(node, known, is_identity(node.tag, *row));
    }
    return std::move(out_);
  }

 private:
  /// Values that the options keep may stand anywhere; what attributes hold that the table does not list says nothing,
  /// unless it is a name or number of a person.
  void common() {
    for (Cursor at(original_); at.next();) {
      const auto& node = at.node();
      if (node.kind != NodeKind::element || !is_text(node.vr) || node.value.size() > 1024) continue;
      const auto* row = protection_of(node.tag);
      if (row != nullptr && !row->left(options_)) continue;
      for (const auto value : dataset::split(text_of(node), '\\'))
        if (row != nullptr) kept_.emplace(dataset::trimmed(value));
      if (row == nullptr && words_.size() < most_words) words_ += '\n' + lower(text_of(node));
    }
  }

  void add(std::string_view bytes, Tag from, std::size_t shortest, bool certain, bool uid = false) {
    if (bytes.empty()) return;
    const std::string value(bytes);
    const bool known = kept_.contains(value) || (!certain && words_.find(lower(value)) != std::string::npos);
    if (!uid && is_number(bytes)) shortest = std::max(shortest, shortest_number);
    if (bytes.size() < shortest || known || out_.values.size() >= max_sought) {
      ++out_.left_out;
      return;
    }
    if (!told_.emplace(bytes).second) return;
    out_.values.push_back({value, from, certain, uid});
  }

  void in_utf_16(std::string_view text, Tag from) {
    if (text.size() < shortest_identity) return;
    for (const bool big : {false, true})
      if (const auto wide = utf_16(text, big); !wide.empty()) add(wide, from, 2 * shortest_identity, true);
  }

  void uids(const dataset::Node& node) {
    for (const auto uid : dataset::split(text_of(node), '\\')) {
      const auto one = dataset::trimmed(uid);
      if (dict::find_uid(one) == nullptr) add(one, node.tag, shortest_part, true, true);
    }
  }

  void birth(const dataset::Node& node) {
    const auto date = dataset::parse_date(text_of(node), dataset::Spelling::historic);
    if (!date) return;
    const auto plain = format(*date);
    const std::string year = plain.substr(0, 4);
    const std::string month = plain.substr(4, 2);
    const std::string day = plain.substr(6, 2);
    add(plain, node.tag, 8, true);
    for (const auto& form :
         {year + "-" + month + "-" + day, year + "." + month + "." + day, day + "." + month + "." + year,
          day + "/" + month + "/" + year, month + "/" + day + "/" + year})
      add(form, node.tag, 8, true);
  }

  void text(const dataset::Node& node, const CharacterSets& sets, bool identity) {
    const std::size_t shortest = identity ? shortest_identity : shortest_text;
    for (const auto value : sets.split_values(node.value, node.vr)) {
      const auto raw = dataset::trimmed(dataset::without_padding(as_text(value)));
      add(raw, node.tag, shortest, identity);
      const auto utf_8 = sets.text(value, node.vr);
      const auto plain = dataset::trimmed(dataset::without_padding(utf_8));
      if (plain != raw) add(plain, node.tag, shortest, identity);
      if (identity) in_utf_16(plain, node.tag);
    }
  }

  /// Family and given name in the orders in which people and programs write them.
  void components(Tag tag, std::string_view family, std::string_view given) {
    const std::string a(family);
    const std::string b(given);
    add(a, tag, shortest_part, false);
    add(b, tag, shortest_part, false);
    if (a.empty() || b.empty()) return;
    for (const auto& form :
         {a + "^" + b, a + " " + b, a + ", " + b, a + "," + b, b + " " + a, b + "^" + a, a + "_" + b})
      add(form, tag, shortest_identity, true);
    in_utf_16(a + "^" + b, tag);
    in_utf_16(b + " " + a, tag);
  }

  void names(const dataset::Node& node, const CharacterSets& sets) {
    for (const auto value : sets.split_values(node.value, Vr::PN)) {
      const auto name = sets.split_person_name(value);
      std::string groups = sets.text(value, Vr::PN);
      for (const auto& group : name.groups) {
        std::array<std::string, 2> parts;
        for (std::size_t i = 0; i < parts.size(); ++i) {
          parts[i] = std::string(dataset::trimmed(dataset::without_padding(as_text(group.components[i]))));
        }
        add(dataset::trimmed(dataset::without_padding(as_text(group.bytes))), node.tag, shortest_identity, true);
        components(node.tag, parts[0], parts[1]);
      }
      // The same in UTF-8, where the original is in another character set.
      for (const auto group : dataset::split(groups, '=')) {
        const auto parts = dataset::split(group, '^');
        add(dataset::trimmed(dataset::without_padding(group)), node.tag, shortest_identity, true);
        components(node.tag, dataset::trimmed(dataset::without_padding(parts[0])),
                   parts.size() > 1 ? dataset::trimmed(dataset::without_padding(parts[1])) : std::string_view());
      }
    }
  }

  const dataset::DataSet& original_;
  const Options& options_;
  SoughtValues out_;
  std::unordered_set<std::string> kept_;
  std::string words_;  // all that stands in attributes which the table does not list, in small letters
  std::unordered_set<std::string> told_;
};

}  // namespace

SoughtValues values_of_original(const dataset::DataSet& original, const Options& options) {
  return Collector(original, options).run();
}

}  // namespace assay::conformance::deidentification
