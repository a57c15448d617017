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

/// Names are typed in capitals in one place and not in another.
bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string comparable(const dataset::Node& node) {
  auto text = dataset::trimmed(dataset::without_padding(as_text(node.value)));
  if (node.vr == Vr::PN)
    while (text.ends_with('^') || text.ends_with('=') || text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text.substr(0, 256));
}

}  // namespace

bool Contradiction::of_instance() const { return problem.rule == "ps3.5/9/instance-uid-twice"; }

void Contradiction::are_copies() {
  problem.rule = "ps3.5/9/same-object-twice";
  problem.gravity = Gravity::note;
}

std::span<const Hierarchy::Compared> Hierarchy::of_patient() {
  static constexpr std::string_view rule = "ps3.3/C.7.1.1/patient-id-collision";
  static constexpr Compared all[] = {
      {tags::PatientName, rule, "PS3.3 C.7.1.1"},
      {tags::PatientBirthDate, rule, "PS3.3 C.7.1.1"},
      {tags::PatientSex, rule, "PS3.3 C.7.1.1"},
  };
  return all;
}

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
  studies_of_files_.emplace_back(uid(tags::StudyInstanceUID));
  const auto id = dataset::trimmed(uid(tags::PatientID));
  if (!id.empty())
    compare(std::string(id) + '\n' + std::string(dataset::trimmed(uid(tags::IssuerOfPatientID))), patients_,
            of_patient(), data_set, number);
  compare(uid(tags::StudyInstanceUID), studies_, of_study(), data_set, number);
  compare(uid(tags::SeriesInstanceUID), series_, of_series(), data_set, number);
  compare(uid(tags::SOPInstanceUID), instances_, of_instance(), data_set, number);
  compare_uids(data_set, number);
  remember_series(uid(tags::SeriesInstanceUID), data_set, number);
}

void Hierarchy::compare_uids(const dataset::DataSet& data_set, std::uint32_t file) {
  constexpr Tag kinds[] = {tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID,
                           tags::FrameOfReferenceUID};
  for (const Tag tag : kinds) {
    const auto* node = data_set.find(tag);
    if (node == nullptr || node->kind != dataset::NodeKind::element) continue;
    const auto uid = dataset::without_padding(as_text(node->value));
    // What one object does wrong in itself is told of the object.
    const auto twice =
        std::ranges::count_if(kinds, [&](Tag other) { return dataset::without_padding(data_set.text(other)) == uid; });
    if (uid.empty() || uid.size() > 64 || twice > 1) continue;
    const auto [at, fresh] = uids_.try_emplace(std::string(uid), Kind{tag, file});
    if (fresh || at->second.tag == tag) continue;
    put({{.rule = "ps3.5/9/uid-of-two-kinds",
          .clause = "PS3.5 9",
          .offset = node->offset == dataset::no_offset ? 0 : node->offset,
          .field = to_string(tag),
          .found = std::string(uid),
          .expected = "another UID: this one is the " + std::string(dict::keyword(at->second.tag)),
          .gravity = Gravity::deviation},
         files_[file],
         files_[at->second.file]});
  }
}

void Hierarchy::remember_series(std::string_view uid, const dataset::DataSet& data_set, std::uint32_t file) {
  if (uid.empty() || uid.size() > 64) return;
  const auto found = lonely_.find(uid);
  auto& series = found != lonely_.end() ? found->second : lonely_[std::string(uid)];
  if (++series.objects > 1) return;
  // Without a number and a Frame of Reference nothing says that images belong together.
  for (const Tag tag : {tags::SeriesNumber, tags::FrameOfReferenceUID})
    if (dataset::trimmed(dataset::without_padding(data_set.text(tag))).empty()) return;
  constexpr Tag common[] = {tags::StudyInstanceUID,    tags::SOPClassUID,       tags::Modality,
                            tags::SeriesNumber,        tags::SeriesDescription, tags::SeriesTime,
                            tags::FrameOfReferenceUID, tags::AcquisitionNumber, tags::ImageOrientationPatient,
                            tags::ProtocolName};
  for (const Tag tag : common) {
    const auto* node = data_set.find(tag);
    if (node != nullptr && node->kind == dataset::NodeKind::element) series.key += comparable(*node);
    series.key += '\n';
  }
  const auto* node = data_set.find(tags::SeriesInstanceUID);
  series.file = file;
  series.offset = node == nullptr || node->offset == dataset::no_offset ? 0 : node->offset;
}

void Hierarchy::finish() {
  constexpr std::size_t suspicious = 3;  // series of one image each that agree in everything
  std::map<std::string_view, std::vector<const Lonely*>> alike;
  for (const auto& [uid, series] : lonely_)
    if (series.objects == 1 && !series.key.empty()) alike[series.key].push_back(&series);
  for (auto& [key, all] : alike) {
    if (all.size() < suspicious) continue;
    std::ranges::sort(all, {}, [](const Lonely* one) { return one->file; });
    put({{.rule = "ps3.3/A.1.2.3/series-fragmented",
          .clause = "PS3.3 A.1.2.3",
          .offset = all.back()->offset,
          .field = to_string(tags::SeriesInstanceUID),
          .found = std::to_string(all.size()) + " series of one image each",
          .expected = "one series: number, description, acquisition and Frame of Reference are the same",
          .gravity = Gravity::deviation},
         files_[all.back()->file],
         files_[all.front()->file]});
  }
  lonely_.clear();
}

void Hierarchy::compare(std::string_view uid, std::map<std::string, Entity, std::less<>>& entities,
                        std::span<const Compared> attributes, const dataset::DataSet& data_set, std::uint32_t file) {
  if (uid.empty() || uid.size() > 256) return;
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
    // Of a patient's studies: what differs within one is told of the study.
    if (&entities == &patients_ &&
        (studies_of_files_[before.file] == studies_of_files_[now.file] || same_letters(before.text, now.text)))
      continue;
    if (before.told && !instance) {
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
  put({std::move(problem), files_[now.file], files_[before.file]});
}

void Hierarchy::put(Contradiction contradiction) {
  if (contradictions_.size() >= limits::max_problems)
    ++more_;
  else
    contradictions_.push_back(std::move(contradiction));
}

}  // namespace assay::conformance::iod
