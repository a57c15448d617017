#include "harness/service/query_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "harness/base/hex.hpp"
#include "harness/dataset/charset.hpp"
#include "harness/dataset/check.hpp"
#include "harness/dataset/edit.hpp"

namespace assay::service {

namespace {

using dataset::ItemChoice;
using dataset::TagPath;

/// One step as typed: element, item between brackets, and the separator behind it.
struct TypedStep {
  std::string_view element;
  std::optional<std::string_view> item;
  char behind = '\0';
  std::size_t at = 0;  // in the words
};

std::vector<TypedStep> steps_of(std::string_view path) {
  std::vector<TypedStep> steps;
  for (std::size_t at = 0;;) {
    TypedStep step;
    step.at = at;
    bool tag = false;
    std::size_t end = at;
    for (; end < path.size(); ++end) {
      if (path[end] == '(') tag = true;
      if (path[end] == ')') tag = false;
      if (!tag && (path[end] == '.' || path[end] == '/' || path[end] == '[')) break;
    }
    step.element = path.substr(at, end - at);
    if (end < path.size() && path[end] == '[') {
      const auto close = path.find(']', end);
      step.item = path.substr(end + 1, close == std::string_view::npos ? close : close - end - 1);
      end = close == std::string_view::npos ? path.size() : close + 1;
    }
    if (end < path.size()) step.behind = path[end];
    steps.push_back(step);
    if (end >= path.size()) return steps;
    at = end + 1;
  }
}

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The '=' that ends the path: not one inside the parentheses of a private creator.
std::size_t end_of_path(std::string_view words) {
  bool tag = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == '(') tag = true;
    if (words[i] == ')') tag = false;
    if (words[i] == '=' && !tag) return i;
  }
  return words.size();
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

QueryKey key_for(std::initializer_list<Tag> tags) {
  QueryKey key;
  for (const Tag tag : tags) key.path.steps.push_back({tag, {}, ItemChoice::number, 1});
  key.path.steps.back() = {key.path.steps.back().tag, {}, ItemChoice::none, 0};
  return key;
}

std::expected<void, std::string> settle_character_set(dataset::DataSet& identifier, std::string_view text,
                                                      const TagPath& path) {
  if (is_ascii(text)) return {};
  if (identifier.text(tags::SpecificCharacterSet).empty())
    identifier.set_text(tags::SpecificCharacterSet, Vr::CS, "ISO_IR 192");
  const auto declared = identifier.text(tags::SpecificCharacterSet);
  const auto encoded = dataset::CharacterSets(declared).encode(text, Vr::LO);
  if (encoded) return {};
  return std::unexpected(fmt::format("{}: '{}' cannot be written in the Specific Character Set {}: {}",
                                     dataset::to_string(path), printable(text), printable(declared),
                                     encoded.error().message));
}

std::expected<void, std::string> add_key(dataset::DataSet& identifier, const QueryKey& key) {
  if (!key.value && !dataset::find_all(identifier, key.path).empty()) return {};
  if (key.value)
    if (auto done = settle_character_set(identifier, *key.value, key.path); !done) return done;
  dataset::Edit edit{.kind = dataset::EditKind::set, .path = key.path, .vr = key.vr, .text = {}, .bytes = {}};
  if (key.value)
    edit.text = *key.value;
  else
    edit.bytes = Bytes{};
  // By force: wild cards and ranges are illegal values anywhere but here; judge_identifier() looks at them.
  auto changed = dataset::apply(identifier, edit, {.create_missing = true, .force = true});
  if (!changed) return std::unexpected(std::move(changed.error()));
  return {};
}

}  // namespace

std::expected<QueryKey, std::string> parse_query_key(std::string_view words) {
  const auto wrong = [&](std::size_t at, std::string_view why) {
    return std::unexpected(fmt::format("-k '{}': at character {}: {}", printable(words), at + 1, why));
  };
  QueryKey key;
  const auto end = end_of_path(words);
  auto path = words.substr(0, end);
  if (end < words.size()) key.value = std::string(words.substr(end + 1));
  if (const auto colon = path.rfind(':'); colon != std::string_view::npos && path.size() - colon == 3) {
    key.vr = vr_from(path.substr(colon + 1));
    if (key.vr == Vr::none) return wrong(colon + 1, fmt::format("{} is no VR of PS3.5 6.2", path.substr(colon + 1)));
    path = path.substr(0, colon);
  }
  const auto typed = steps_of(path);
  const bool dots = std::ranges::any_of(typed, [](const TypedStep& step) { return step.behind == '.'; });
  const bool slashes = std::ranges::any_of(typed, [](const TypedStep& step) { return step.behind == '/'; });
  if (dots && slashes) return wrong(0, "write '.' between all steps (items from 0) or '/' between all (items from 1)");
  for (const auto& step : typed) {
    const bool last = step.behind == '\0';
    auto parsed = dataset::parse_tag_path(step.element);
    if (!parsed) return wrong(step.at + parsed.error().position, parsed.error().message);
    auto& made = key.path.steps.emplace_back(std::move(parsed->steps.front()));
    const auto group = made.tag.group;
    if (group < 0x0008 || group == 0xfffe)
      return wrong(step.at, fmt::format("elements of group {:04X} have no place in an Identifier", group));
    if (last) {
      if (step.item) return wrong(step.at, "a key ends in an element, not in an item: SEQUENCE[0].KEYWORD");
      break;
    }
    made.items = ItemChoice::number;
    made.number = 1;
    if (!step.item) continue;
    const auto number = number_in(*step.item);
    const std::uint32_t first = dots ? 0 : 1;
    if (!number || *number < first || *number - first > 1000)
      return wrong(step.at + step.element.size() + 1,
                   dots ? "the number of an item is expected between [ and ], the first is 0 (1 with '/' behind it)"
                        : "the number of an item is expected between [ and ], the first is 1 (0 with '.' behind it)");
    made.number = *number - first + 1;
  }
  return key;
}

std::expected<void, std::string> add_keys(dataset::DataSet& identifier, std::span<const QueryKey> keys) {
  const auto is_character_set = [](const QueryKey& key) {
    return key.path.steps.size() == 1 && key.path.steps.front().tag == tags::SpecificCharacterSet;
  };
  // It decides how all others are written.
  for (const bool character_set : {true, false})
    for (const auto& key : keys)
      if (is_character_set(key) == character_set)
        if (auto done = add_key(identifier, key); !done) return done;
  return {};
}

Problems judge_identifier(const dataset::DataSet& identifier) {
  // The decoder looks at lengths and UIDs, the check at everything else.
  const auto bytes = dataset::encode(identifier, dataset::explicit_le);
  auto decoded = dataset::decode(bytes, dataset::explicit_le);
  auto problems = std::move(decoded.problems);
  auto values = dataset::check(decoded.data_set, {.transfer_syntax_uid = {}, .query = true, .notes = false});
  problems.insert(problems.end(), values.begin(), values.end());
  std::erase_if(problems, [](const Problem& problem) { return problem.gravity == Gravity::note; });
  return problems;
}

std::vector<QueryKey> usual_keys(QueryLevel level, Model model) {
  std::vector<Tag> tags;
  const auto patient = {tags::PatientName, tags::PatientID, tags::PatientBirthDate, tags::PatientSex};
  switch (level) {
    case QueryLevel::patient:
      tags = patient;
      tags.insert(tags.end(), {tags::NumberOfPatientRelatedStudies});
      break;
    case QueryLevel::study:
      if (model == Model::study_root) tags = patient;
      tags.insert(tags.end(), {tags::StudyDate, tags::StudyTime, tags::AccessionNumber, tags::ModalitiesInStudy,
                               tags::StudyDescription, tags::StudyID, tags::StudyInstanceUID,
                               tags::NumberOfStudyRelatedSeries, tags::NumberOfStudyRelatedInstances});
      break;
    case QueryLevel::series:
      tags = {tags::Modality,
              tags::SeriesNumber,
              tags::SeriesDescription,
              tags::SeriesDate,
              tags::BodyPartExamined,
              tags::SeriesInstanceUID,
              tags::NumberOfSeriesRelatedInstances};
      break;
    case QueryLevel::image:
      tags = {tags::InstanceNumber, tags::SOPClassUID, tags::SOPInstanceUID, tags::NumberOfFrames};
      break;
  }
  std::vector<QueryKey> keys;
  keys.reserve(tags.size());
  for (const Tag tag : tags) keys.push_back(key_for({tag}));
  return keys;
}

std::vector<QueryKey> usual_worklist_keys() {
  std::vector<QueryKey> keys;
  for (const Tag tag :
       {tags::AccessionNumber, tags::ReferringPhysicianName, tags::PatientName, tags::PatientID, tags::PatientBirthDate,
        tags::PatientSex, tags::StudyInstanceUID, tags::RequestedProcedureID, tags::RequestedProcedureDescription})
    keys.push_back(key_for({tag}));
  for (const Tag tag : {tags::Modality, tags::ScheduledStationAETitle, tags::ScheduledProcedureStepStartDate,
                        tags::ScheduledProcedureStepStartTime, tags::ScheduledPerformingPhysicianName,
                        tags::ScheduledProcedureStepDescription, tags::ScheduledProcedureStepID})
    keys.push_back(key_for({tags::ScheduledProcedureStepSequence, tag}));
  return keys;
}

std::vector<Tag> missing_unique_keys(const dataset::DataSet& identifier, QueryLevel level, Model model) {
  std::vector<Tag> missing;
  for (const auto above : {QueryLevel::patient, QueryLevel::study, QueryLevel::series}) {
    if (above >= level) break;
    if (above == QueryLevel::patient && model == Model::study_root) continue;
    const auto value = identifier.text(unique_key(above));
    if (value.empty() || value.find_first_of("*?\\") != std::string_view::npos) missing.push_back(unique_key(above));
  }
  return missing;
}

}  // namespace assay::service
