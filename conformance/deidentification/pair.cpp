#include "conformance/deidentification/pair.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/dataset/value_text.hpp"
#include "harness/dataset/value_time.hpp"

namespace assay::conformance::deidentification {

using dataset::DataSet;
using dataset::Node;
using dataset::NodeKind;

namespace {

/// What a de-identifier writes about itself, or may have to change beside the table (PS3.15 E.1.1 step 6, E.3).
bool is_mark(Tag tag, const Options& options) {
  switch (tag.packed()) {
    case tags::PatientIdentityRemoved.packed():
    case tags::DeidentificationMethod.packed():
    case tags::DeidentificationMethodCodeSequence.packed():
    case tags::BurnedInAnnotation.packed():
    case tags::RecognizableVisualFeatures.packed():
    case tags::LongitudinalTemporalInformationModified.packed():
    case tags::SpecificCharacterSet.packed():
    case tags::EncryptedAttributesSequence.packed():
    case tags::PrivateDataElementCharacteristicsSequence.packed(): return true;
    case tags::PixelData.packed():
      return options.has(Option::clean_pixel_data) || options.has(Option::clean_recognizable_visual_features);
    default: return false;
  }
}

bool is_date(Vr vr) { return vr == Vr::DA || vr == Vr::DT; }

/// VRs of text that somebody has typed, and no code or name of a code.
bool is_free_text(Vr vr) { return vr == Vr::UT || vr == Vr::ST || vr == Vr::LT; }

/// Attributes of the patient and the study that are one over all their objects.
bool is_of_an_entity(Tag tag) {
  static constexpr Tag some[] = {tags::StudyID, tags::AccessionNumber, tags::AdmissionID, tags::ClinicalTrialSubjectID,
                                 tags::ReferringPhysicianName};
  return tag.group == 0x0010 || std::ranges::find(some, tag) != std::end(some);
}

/// Days since 1970 of a date or of the date of a date and time.
std::optional<std::int64_t> days_of(const Node& node) {
  constexpr std::int64_t day = 86'400'000'000;
  const auto text = dataset::split(text_of(node), '\\').front();
  if (node.vr == Vr::DA) {
    const auto date = dataset::parse_date(dataset::trimmed(text), dataset::Spelling::historic);
    if (!date) return std::nullopt;
    return dataset::interval_of(*date, {}, 0).first / day;
  }
  const auto date_time = dataset::parse_date_time(dataset::trimmed(text));
  if (!date_time || date_time->date_components < 3) return std::nullopt;
  return dataset::interval_of(date_time->date, {}, 0).first / day;
}

}  // namespace

Pair::Pair(Comparison& set, std::string_view name, const DataSet& cleaned, const DataSet& original,
           const Problems& before, Findings& findings)
    : set_(set), name_(name), cleaned_(cleaned), original_(original), findings_(findings) {
  for (const auto& problem : before)
    if (problem.rule.starts_with("ps3.15/E.1.1/attribute-left") || problem.rule == "ps3.15/E.1.1/private-left")
      told_.push_back(problem.offset);
  std::ranges::sort(told_);
  patient_ = std::string(dataset::trimmed(original.text(tags::PatientID)));
  if (patient_.empty()) patient_ = std::string(dataset::trimmed(original.text(tags::PatientName)));
}

void Pair::run() {
  open_.push_back({0, static_cast<std::uint32_t>(cleaned_.nodes().size()), 0,
                   static_cast<std::uint32_t>(original_.nodes().size()), "", false});
  while (!open_.empty()) {
    const Level at = std::move(open_.back());
    open_.pop_back();
    level(at);
  }
}

Pair::Elements Pair::elements(const DataSet& data_set, std::uint32_t first, std::uint32_t last) {
  Elements list;
  for (std::uint32_t i = first; i < last; i = data_set.nodes()[i].end) list.emplace_back(data_set.nodes()[i].tag, i);
  std::ranges::sort(list);
  return list;
}

void Pair::level(const Level& at) {
  replaced_ = at.replaced;
  const auto now = elements(cleaned_, at.first, at.last);
  const auto then = elements(original_, at.original_first, at.original_last);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < now.size() || j < then.size()) {
    if (j == then.size() || (i < now.size() && now[i].first < then[j].first)) {
      added(at, now[i++].second);
    } else if (i == now.size() || then[j].first < now[i].first) {
      gone(at, then[j++].second);
    } else {
      if (!told(now[i].second)) both(at.path + to_string(now[i].first), now[i].second, then[j].second);
      ++i;
      ++j;
    }
  }
}

void Pair::both(const std::string& path, std::uint32_t index, std::uint32_t original) {
  const Tag tag = cleaned_.nodes()[index].tag;
  if (tag.is_private()) {
    creator(path, index, original);
    return;
  }
  if (tag.is_group_length()) return;
  const auto* row = protection_of(tag);
  if (row == nullptr)
    unlisted(path, index, original);
  else if (row->left(set_.options_))
    left(path, index, original, *row);
  else
    replaced(path, index, original);
}

void Pair::creator(const std::string& path, std::uint32_t index, std::uint32_t original) {
  const Tag tag = cleaned_.nodes()[index].tag;
  if (tag.element < 0x0010 || tag.element > 0x00ff || same(index, original)) return;
  put("ps3.15/E.3.10/creator-masked", index, path, "another Private Creator than in the original",
      "the Private Creator of the original, or none of its attributes");
}

void Pair::unlisted(const std::string& path, std::uint32_t index, std::uint32_t original) {
  const auto& node = cleaned_.nodes()[index];
  if (is_mark(node.tag, set_.options_) || node.tag.group == 0x0002) return;
  if (node.kind == NodeKind::sequence && original_.nodes()[original].kind == NodeKind::sequence) {
    items(path, index, original, replaced_);
    return;
  }
  if (same(index, original)) {
    if (replaced_ && is_free_text(node.vr) && !is_empty(node))
      put("ps3.15/E.1.1/value-kept", index, path, size_of_value(cleaned_, index) + ", as in the original",
          "another text: the profile replaces the sequence with all that is in it");
    return;
  }
  const bool registered = node.vr == Vr::UI && dict::find_uid(text_of(original_.nodes()[original])) != nullptr;
  if (registered)
    put("ps3.15/E.1.1/well-known-uid", index, path, "another UID", "the registered UID of the original");
  else if (!replaced_)
    put("ps3.15/E.1.1/changed-beyond", index, path, "another value than in the original",
        "the value of the original: the table does not list the attribute", Gravity::note);
}

void Pair::replaced(const std::string& path, std::uint32_t index, std::uint32_t original) {
  const auto& node = cleaned_.nodes()[index];
  const auto& before = original_.nodes()[original];
  const bool sequences = node.kind == NodeKind::sequence && before.kind == NodeKind::sequence;
  const bool has_items = node.kind == NodeKind::sequence && node.end > index + 1;
  const auto* row = protection_of(node.tag);
  const bool registered = node.vr == Vr::UI && dict::find_uid(text_of(before)) != nullptr;
  // X/Z/U* replaces the UIDs in the items, which are looked at one by one.
  const bool whole = !sequences || (has_items && row->basic != Action::X_Z_U);
  if (!is_empty(node) && !registered && whole && same(index, original)) {
    put("ps3.15/E.1.1/value-kept", index, path, size_of_value(cleaned_, index) + ", as in the original",
        fmt::format("another value, or none (action {})", name(row->basic)));
    return;
  }
  if (sequences) {
    items(path, index, original, row->basic != Action::X_Z_U);
  } else if (node.vr == Vr::UI) {
    uids(path, index, original);
  } else {
    text(path, index, original);
  }
}

void Pair::left(const std::string& path, std::uint32_t index, std::uint32_t original, const Protected& row) {
  const auto& node = cleaned_.nodes()[index];
  if (node.kind == NodeKind::sequence && original_.nodes()[original].kind == NodeKind::sequence) {
    items(path, index, original, false);
  } else if (row.kept(set_.options_)) {
    if (!same(index, original))
      put("ps3.15/E.3/retained-changed", index, path, "another value than in the original",
          "the value of the original, which an option retains");
  } else if (is_date(node.vr) && set_.options_.has(Option::retain_modified_dates)) {
    date(path, index, original);
  }
}

void Pair::gone(const Level& at, std::uint32_t original) {
  const auto& node = original_.nodes()[original];
  if (node.tag.is_private() || node.tag.is_group_length() || node.tag.group == 0x0002) return;
  const auto* row = protection_of(node.tag);
  if (row != nullptr && !row->kept(set_.options_)) return;
  if (is_mark(node.tag, set_.options_)) return;
  const auto& nodes = cleaned_.nodes();
  const std::uint64_t offset = at.first < nodes.size() ? place_of(nodes[at.first]) : 0;
  const auto path = at.path + to_string(node.tag);
  if (row != nullptr)
    findings_.put("ps3.15/E.3/retained-changed", offset, path, "no such attribute",
                  "the value of the original, which an option retains");
  else if (!replaced_)
    findings_.put("ps3.15/E.1.1/removed-beyond", offset, path, "no such attribute",
                  "the value of the original: the table does not list the attribute", Gravity::note);
}

void Pair::added(const Level& at, std::uint32_t index) {
  const Tag tag = cleaned_.nodes()[index].tag;
  if (tag.is_private() || tag.is_group_length() || tag.group == 0x0002 || is_mark(tag, set_.options_)) return;
  if (replaced_ || protection_of(tag) != nullptr) return;  // a dummy where the original had nothing
  put("ps3.15/E.1.1/added-beyond", index, at.path + to_string(tag), size_of_value(cleaned_, index),
      "no attribute that the original does not have", Gravity::note);
}

void Pair::items(const std::string& path, std::uint32_t index, std::uint32_t original, bool replaced) {
  const auto& now = cleaned_.nodes();
  const auto& then = original_.nodes();
  const auto next_item = [](const std::vector<Node>& nodes, std::uint32_t at, std::uint32_t end) {
    while (at < end && nodes[at].kind != NodeKind::item) at = nodes[at].end;
    return at;
  };
  std::uint32_t i = index + 1;
  std::uint32_t j = original + 1;
  for (std::size_t number = 1;; ++number) {
    i = next_item(now, i, now[index].end);
    j = next_item(then, j, then[original].end);
    if (i >= now[index].end || j >= then[original].end) return;
    open_.push_back({i + 1, now[i].end, j + 1, then[j].end, fmt::format("{}[{}]/", path, number), replaced});
    i = now[i].end;
    j = then[j].end;
  }
}

void Pair::uids(const std::string& path, std::uint32_t index, std::uint32_t original) {
  const auto now = dataset::split(text_of(cleaned_.nodes()[index]), '\\');
  const auto then = dataset::split(text_of(original_.nodes()[original]), '\\');
  if (now.size() != then.size()) return;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const std::string uid(dataset::trimmed(now[i]));
    const std::string before(dataset::trimmed(then[i]));
    if (uid.empty() || before.empty() || uid == before) continue;
    const auto& known = set_.uids_.try_emplace(before, uid, name_).first->second;
    if (known.value != uid)
      put("ps3.15/E.1.1/uid-inconsistent", index, path, uid,
          fmt::format("{}, which replaces the same UID in {}", known.value, known.file));
    const auto& back = set_.uids_back_.try_emplace(uid, before, name_).first->second;
    if (back.value != before)
      put("ps3.15/E.1.1/uids-merged", index, path, uid,
          fmt::format("a UID of its own: this one replaces another in {}", back.file));
  }
}

void Pair::text(const std::string& path, std::uint32_t index, std::uint32_t original) {
  const auto& node = cleaned_.nodes()[index];
  const auto before = text_of(original_.nodes()[original]);
  if (!is_text(node.vr) || is_date(node.vr) || before.empty() || !is_of_an_entity(node.tag)) return;
  const std::string now(text_of(node));
  const auto& known =
      set_.texts_.try_emplace(std::pair{node.tag.packed(), std::string(before)}, now, name_).first->second;
  if (known.value != now)
    put("ps3.15/E.1.1/replacement-differs", index, path, now.empty() ? "no value" : "another replacement",
        fmt::format("the replacement that the same value has in {}", known.file));
}

void Pair::date(const std::string& path, std::uint32_t index, std::uint32_t original) {
  const auto now = days_of(cleaned_.nodes()[index]);
  const auto then = days_of(original_.nodes()[original]);
  if (!now || !then) return;
  if (*now == *then) {
    put("ps3.15/E.3.6/date-not-modified", index, path, "the date of the original", "a modified date");
    return;
  }
  const auto days = *now - *then;
  const auto& known = set_.shifts_.try_emplace(patient_, days, name_).first->second;
  if (known.days != days)
    put("ps3.15/E.3.6/shifts-differ", index, path, fmt::format("{} days away from the original", days),
        fmt::format("{} days, as other dates of the patient (first in {})", known.days, known.file));
}

void Pair::patient() {
  const auto* node = cleaned_.find(tags::PatientID);
  if (node == nullptr || patient_.empty()) return;
  const std::string now(text_of(*node));
  const auto& known = set_.patients_back_.try_emplace(now, patient_, name_).first->second;
  if (known.value == patient_) return;
  put("ps3.15/E.1.1/patients-merged", static_cast<std::uint32_t>(node - cleaned_.nodes().data()),
      to_string(tags::PatientID), now.empty() ? "no value" : "the replacement of another patient",
      fmt::format("a replacement of its own for each patient; {} is of another one", known.file));
}

bool Pair::same(std::uint32_t index, std::uint32_t original) const {
  const auto& now = cleaned_.nodes();
  const auto& then = original_.nodes();
  if (now[index].end - index != then[original].end - original) return false;
  for (std::uint32_t i = 0; i < now[index].end - index; ++i) {
    const auto& a = now[index + i];
    const auto& b = then[original + i];
    if (a.tag != b.tag || a.kind != b.kind) return false;
    if (a.kind != NodeKind::element && a.kind != NodeKind::fragment) continue;
    if (is_text(a.vr) || is_text(b.vr)) {
      if (text_of(a) != text_of(b)) return false;
    } else if (cleaned_.encoding().endian != original_.encoding().endian) {
      if (a.value.size() != b.value.size()) return false;  // numbers in another order: only their size can differ
    } else if (!std::ranges::equal(a.value, b.value)) {
      return false;
    }
  }
  return true;
}

bool Pair::told(std::uint32_t index) const {
  return std::ranges::binary_search(told_, place_of(cleaned_.nodes()[index]));
}

void Pair::put(std::string_view rule, std::uint32_t index, const std::string& path, std::string found,
               std::string expected, Gravity gravity) {
  findings_.put(rule, place_of(cleaned_.nodes()[index]), path, std::move(found), std::move(expected), gravity);
}

}  // namespace assay::conformance::deidentification
