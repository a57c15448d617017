#include "conformance/iod/hierarchy.hpp"

#include <algorithm>

#include "harness/dataset/value_text.hpp"

namespace assay::conformance::iod {

struct Hierarchy::Compared {
  Tag tag;
  std::string_view rule;
  std::string_view clause;
};

namespace {

constexpr std::string_view patient_rule = "ps3.3/A.1.2.1/patient-attributes-differ";
constexpr std::string_view study_rule = "ps3.3/A.1.2.2/study-attributes-differ";
constexpr std::string_view series_rule = "ps3.3/A.1.2.3/series-attributes-differ";

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

std::string comparable(const dataset::Node& node) {
  auto text = dataset::trimmed(dataset::without_padding(as_text(node.value)));
  if (node.vr == Vr::PN)
    while (text.ends_with('^') || text.ends_with('=') || text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text.substr(0, 256));
}

}  // namespace

std::span<const Hierarchy::Compared> Hierarchy::of_study() {
  static constexpr Compared all[] = {
      {tags::PatientID, "ps3.3/A.1.2.1/patient-differs", "PS3.3 A.1.2.1"},
      {tags::PatientName, patient_rule, "PS3.3 A.1.2.1"},
      {tags::PatientBirthDate, patient_rule, "PS3.3 A.1.2.1"},
      {tags::PatientSex, patient_rule, "PS3.3 A.1.2.1"},
      {tags::StudyDate, study_rule, "PS3.3 A.1.2.2"},
      {tags::StudyTime, study_rule, "PS3.3 A.1.2.2"},
      {tags::AccessionNumber, study_rule, "PS3.3 A.1.2.2"},
      {tags::ReferringPhysicianName, study_rule, "PS3.3 A.1.2.2"},
      {tags::StudyID, study_rule, "PS3.3 A.1.2.2"},
      {tags::StudyDescription, study_rule, "PS3.3 A.1.2.2"},
  };
  return all;
}

std::span<const Hierarchy::Compared> Hierarchy::of_series() {
  static constexpr Compared all[] = {
      {tags::StudyInstanceUID, "ps3.3/A.1.2.3/series-in-two-studies", "PS3.3 A.1.2.3"},
      {tags::Modality, "ps3.3/A.1.2.3/modality-differs", "PS3.3 A.1.2.3"},
      {tags::SeriesNumber, series_rule, "PS3.3 A.1.2.3"},
      {tags::Laterality, series_rule, "PS3.3 A.1.2.3"},
      {tags::SeriesDate, series_rule, "PS3.3 A.1.2.3"},
      {tags::SeriesTime, series_rule, "PS3.3 A.1.2.3"},
      {tags::SeriesDescription, series_rule, "PS3.3 A.1.2.3"},
      {tags::BodyPartExamined, series_rule, "PS3.3 A.1.2.3"},
      {tags::PatientPosition, series_rule, "PS3.3 A.1.2.3"},
      {tags::ProtocolName, series_rule, "PS3.3 A.1.2.3"},
      {tags::FrameOfReferenceUID, "ps3.3/A.1.2.5/frame-of-reference-differs", "PS3.3 A.1.2.5"},
  };
  return all;
}

std::span<const Hierarchy::Compared> Hierarchy::of_instance() {
  static constexpr Compared all[] = {{tags::SOPInstanceUID, "ps3.5/9/instance-uid-twice", "PS3.5 9"}};
  return all;
}

void Hierarchy::add(std::string_view file, const dataset::DataSet& data_set) {
  const auto uid = [&](Tag tag) { return dataset::without_padding(data_set.text(tag)); };
  const auto number = static_cast<std::uint32_t>(files_.size());
  files_.emplace_back(file);
  compare(uid(tags::StudyInstanceUID), studies_, of_study(), data_set, number);
  compare(uid(tags::SeriesInstanceUID), series_, of_series(), data_set, number);
  compare(uid(tags::SOPInstanceUID), instances_, of_instance(), data_set, number);
}

void Hierarchy::compare(std::string_view uid, std::map<std::string, Entity, std::less<>>& entities,
                        std::span<const Compared> attributes, const dataset::DataSet& data_set, std::uint32_t file) {
  if (uid.empty() || uid.size() > 64) return;
  auto at = entities.find(uid);
  const bool seen = at != entities.end();
  if (!seen) at = entities.emplace(std::string(uid), Entity{std::vector<Value>(attributes.size())}).first;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const auto* node = data_set.find(attributes[i].tag);
    if (node == nullptr || node->kind != dataset::NodeKind::element) continue;
    Value now{comparable(*node), file, node->offset == dataset::no_offset ? 0 : node->offset, false};
    if (now.text.empty()) continue;
    auto& before = at->second.values[i];
    if (before.text.empty()) {
      before = std::move(now);
      continue;
    }
    // Names in other character sets have other bytes.
    const bool instance = attributes[i].tag == tags::SOPInstanceUID;
    if (!instance && (before.text == now.text || !is_plain(before.text) || !is_plain(now.text))) continue;
    if (before.told || contradictions_.size() >= limits::max_problems) {
      ++more_;
      continue;
    }
    before.told = true;
    tell(attributes[i], before, now);
  }
}

void Hierarchy::tell(const Compared& rule, const Value& before, const Value& now) {
  Problem problem{.rule = std::string(rule.rule),
                  .clause = std::string(rule.clause),
                  .offset = now.offset,
                  .field = to_string(rule.tag),
                  .found = now.text,
                  .expected = rule.tag == tags::SOPInstanceUID ? "another UID" : before.text,
                  .gravity = Gravity::deviation};
  contradictions_.push_back({std::move(problem), files_[now.file], files_[before.file]});
}

}  // namespace assay::conformance::iod
