// C-FIND: checking, matching and answering an Identifier. Tests: tests/unit/service/query_test.cpp
#include "harness/service/query.hpp"

#include <algorithm>

#include "harness/service/returned.hpp"
#include "harness/service/sop_classes.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t identifier_does_not_match = 0xa900;
constexpr std::uint16_t unable_to_process = 0xc000;

struct Key {
  QueryLevel level;
  Tag tag;
};
constexpr Key known_keys[] = {
#define ASSAY_KEY(level, keyword) {QueryLevel::level, tags::keyword},
#include "harness/service/keys.inc"
#undef ASSAY_KEY
};

/// Elements that steer the query and are neither matched nor returned as keys.
bool is_control(Tag tag) {
  return tag.is_group_length() || tag == tags::SpecificCharacterSet || tag == tags::QueryRetrieveLevel ||
         tag == tags::QueryRetrieveView || tag == tags::TimezoneOffsetFromUTC;
}

/// Response-only keys of which the store knows nothing: answered, never matched (PS3.4 C.4.1.1.3).
bool is_answer_only(Tag tag) { return tag == tags::RetrieveAETitle || tag == tags::InstanceAvailability; }

std::optional<std::uint32_t> counted(const Entity& entity, Tag tag) {
  if (tag == tags::NumberOfPatientRelatedStudies && entity.level == QueryLevel::patient) return entity.studies;
  if (tag == tags::NumberOfPatientRelatedSeries && entity.level == QueryLevel::patient) return entity.series;
  if (tag == tags::NumberOfPatientRelatedInstances && entity.level == QueryLevel::patient) return entity.instances;
  if (tag == tags::NumberOfStudyRelatedSeries && entity.level == QueryLevel::study) return entity.series;
  if (tag == tags::NumberOfStudyRelatedInstances && entity.level == QueryLevel::study) return entity.instances;
  if (tag == tags::NumberOfSeriesRelatedInstances && entity.level == QueryLevel::series) return entity.instances;
  return std::nullopt;
}

bool is_counted(Tag tag) {
  return tag == tags::NumberOfPatientRelatedStudies || tag == tags::NumberOfPatientRelatedSeries ||
         tag == tags::NumberOfPatientRelatedInstances || tag == tags::NumberOfStudyRelatedSeries ||
         tag == tags::NumberOfStudyRelatedInstances || tag == tags::NumberOfSeriesRelatedInstances;
}

std::string joined(const std::vector<std::string>& values) {
  std::string out;
  for (const auto& value : values) {
    if (!out.empty()) out += '\\';
    out += value;
  }
  return out;
}

/// Dates and the times that belong to them.
constexpr std::pair<Tag, Tag> moments_of_entities[] = {
    {tags::StudyDate, tags::StudyTime},
    {tags::SeriesDate, tags::SeriesTime},
    {tags::AcquisitionDate, tags::AcquisitionTime},
    {tags::ContentDate, tags::ContentTime},
    {tags::InstanceCreationDate, tags::InstanceCreationTime},
    {tags::PerformedProcedureStepStartDate, tags::PerformedProcedureStepStartTime},
};

std::unexpected<QueryError> refuse(std::uint16_t status, std::optional<Tag> offending, std::string comment) {
  return std::unexpected(QueryError{status, offending, std::move(comment)});
}

/// The level at which a key stands in this model.
std::optional<QueryLevel> level_in(Model model, Tag tag) {
  const auto level = level_of_key(tag);
  if (level == QueryLevel::patient && model == Model::study_root) return QueryLevel::study;
  return level;
}

}  // namespace

std::optional<Model> find_model(std::string_view sop_class_uid) {
  if (sop_class_uid == uids::PatientRootQueryRetrieveInformationModelFind) return Model::patient_root;
  if (sop_class_uid == uids::StudyRootQueryRetrieveInformationModelFind) return Model::study_root;
  if (sop_class_uid == uids::PatientStudyOnlyQueryRetrieveInformationModelFind) return Model::patient_study_only;
  return std::nullopt;
}

bool has_level(Model model, QueryLevel level) {
  switch (model) {
    case Model::patient_root: return true;
    case Model::study_root: return level != QueryLevel::patient;
    case Model::patient_study_only: return level == QueryLevel::patient || level == QueryLevel::study;
  }
  return false;
}

Tag unique_key(QueryLevel level) {
  switch (level) {
    case QueryLevel::patient: return tags::PatientID;
    case QueryLevel::study: return tags::StudyInstanceUID;
    case QueryLevel::series: return tags::SeriesInstanceUID;
    case QueryLevel::image: break;
  }
  return tags::SOPInstanceUID;
}

std::optional<QueryLevel> level_of_key(Tag tag) {
  for (const auto& key : known_keys)
    if (key.tag == tag) return key.level;
  return std::nullopt;
}

std::expected<Query, QueryError> Query::parse(ByteView identifier, std::string_view transfer_syntax, Model model,
                                              QueryOptions options) {
  const auto encoding = dataset::encoding_of(transfer_syntax);
  if (encoding.deflated) return refuse(unable_to_process, std::nullopt, "deflated Identifiers are not read");
  auto decoded = dataset::decode_owned(to_bytes(identifier), encoding);
  if (has_error(decoded.problems)) return refuse(unable_to_process, std::nullopt, "Identifier cannot be read");
  return parse(std::move(decoded.data_set), model, std::move(options));
}

std::expected<Query, QueryError> Query::parse(dataset::DataSet identifier, Model model, QueryOptions options) {
  Query query;
  query.options_ = std::move(options);
  query.model_ = model;
  query.identifier_ = std::move(identifier);
  const auto& keys = query.identifier_;

  const auto level_text = keys.text(tags::QueryRetrieveLevel);
  if (level_text.empty())
    return refuse(identifier_does_not_match, tags::QueryRetrieveLevel, "Query/Retrieve Level is missing");
  const auto level = level_from(level_text);
  if (!level) return refuse(identifier_does_not_match, tags::QueryRetrieveLevel, "unknown Query/Retrieve Level");
  if (!has_level(model, *level))
    return refuse(identifier_does_not_match, tags::QueryRetrieveLevel,
                  std::string("this information model has no level ") + std::string(name(*level)));
  query.level_ = *level;

  // Baseline behaviour is hierarchical: one entity named at each level above (PS3.4 C.4.1.2.1).
  const auto top = model == Model::study_root ? QueryLevel::study : QueryLevel::patient;
  const bool relational = query.options_.agreed.relational;
  for (auto above = top; above < *level && !relational; above = static_cast<QueryLevel>(static_cast<int>(above) + 1)) {
    const auto tag = unique_key(above);
    const auto value = keys.text(tag);
    if (value.empty())
      return refuse(identifier_does_not_match, tag,
                    std::string("unique key of the level ") + std::string(name(above)) + " is missing");
    if (value.find_first_of("\\*?") != std::string_view::npos)
      return refuse(identifier_does_not_match, tag,
                    std::string("unique key of the level ") + std::string(name(above)) + " must be one value");
  }

  if (query.options_.keys) {
    std::set<Tag> unique;
    for (auto above = top; above < *level; above = static_cast<QueryLevel>(static_cast<int>(above) + 1))
      unique.insert(unique_key(above));
    query.limited_ = limit_keys(query.identifier_, *query.options_.keys, *level, unique);
  }

  const auto uids_of = [&](Tag tag) {
    std::vector<std::string> out;
    for (const auto one : keys.texts(tag))
      if (!one.empty()) out.emplace_back(one);
    return out;
  };
  // A relational query may want several patients: then all are candidates.
  if (const auto patient = keys.text(tags::PatientID); model != Model::study_root && *level > QueryLevel::patient &&
                                                       patient.find_first_of("\\*?") == std::string_view::npos)
    query.scope_.patient_id = unpadded_id(patient);
  query.scope_.study_uids = uids_of(tags::StudyInstanceUID);
  if (*level >= QueryLevel::series) query.scope_.series_uids = uids_of(tags::SeriesInstanceUID);
  if (*level >= QueryLevel::image) query.scope_.instance_uids = uids_of(tags::SOPInstanceUID);
  if (*level == QueryLevel::patient) query.scope_.study_uids.clear();

  for (const auto* node : keys.root().elements()) {
    const auto tag = node->tag;
    if (is_control(tag) || is_answer_only(tag)) continue;
    if (node->kind == dataset::NodeKind::sequence && keys.items(tag).size() > 1)
      return refuse(identifier_does_not_match, tag, "a sequence key has more than one item");
    if (tag.is_private() || tag.group == 0) {
      query.unsupported_.push_back(tag);
      continue;
    }
    const auto key_level = level_in(model, tag);
    // What is counted of a patient is optional at the study level of Study Root, and the store has not counted it.
    const bool here = is_counted(tag) ? level_of_key(tag) == *level
                      : key_level     ? key_level == *level
                                      : *level == QueryLevel::image;
    const bool upper = key_level && key_level < *level;
    const bool unique_above = upper && tag == unique_key(*key_level);
    // A key of a level above is answered, but not matched: only a wish for all values is fully met. What is counted or
    // gathered of a study or patient stands with its own level alone.
    const bool gathered = is_counted(tag) || tag == tags::ModalitiesInStudy || tag == tags::SOPClassesInStudy;
    if (here || unique_above || (relational && upper && !gathered)) continue;
    if (upper && node->kind == dataset::NodeKind::element && keys.text(tag).empty() && !gathered) continue;
    query.unsupported_.push_back(tag);
  }
  if (query.options_.agreed.date_time) {
    const auto supported = [&](Tag tag) {
      return std::ranges::find(query.unsupported_, tag) == query.unsupported_.end();
    };
    for (const auto& [date, time] : moments_of_entities)
      if (supported(date) && supported(time))
        if (auto key = moment_key(keys.root(), date, time)) query.moments_.push_back(std::move(*key));
  }
  return query;
}

bool Query::matches(const Entity& entity) const {
  if (entity.level != level_ || !entity.representative) return false;
  const auto& attributes = entity.representative->attributes;
  const CharacterSets sets{identifier_.text(tags::SpecificCharacterSet), attributes.text(tags::SpecificCharacterSet)};
  const auto root = identifier_.root();
  if (!std::ranges::all_of(
          moments_, [&](const MomentKey& key) { return match_moment(key, attributes.root(), options_.matching); }))
    return false;
  for (const auto* key : root.elements()) {
    const auto tag = key->tag;
    if (is_control(tag) || is_answer_only(tag)) continue;
    if (std::ranges::any_of(moments_, [&](const MomentKey& one) { return tag == one.date || tag == one.time; }))
      continue;
    if (std::ranges::find(unsupported_, tag) != unsupported_.end()) continue;
    if (const auto count = counted(entity, tag)) {
      if (!match_value(Vr::IS, identifier_.text(tag), std::to_string(*count))) return false;
    } else if (tag == tags::ModalitiesInStudy && level_ == QueryLevel::study) {
      if (!match_value(Vr::CS, identifier_.text(tag), joined(entity.modalities_in_study))) return false;
    } else if (tag == tags::SOPClassesInStudy && level_ == QueryLevel::study) {
      if (!match_value(Vr::UI, identifier_.text(tag), joined(entity.sop_classes_in_study))) return false;
    } else if (!match_key(root, *key, attributes.root(), sets, options_.matching)) {
      return false;
    }
  }
  return true;
}

dataset::DataSet Query::response(const Entity& entity) const {
  const auto& attributes = entity.representative->attributes;
  const CharacterSets sets{identifier_.text(tags::SpecificCharacterSet), attributes.text(tags::SpecificCharacterSet)};
  dataset::DataSet out(dataset::Encoding{true, attributes.encoding().endian, false, false});
  for (const auto* key : identifier_.root().elements()) {
    const auto tag = key->tag;
    if (is_control(tag) || is_answer_only(tag)) continue;
    // What we do not support for existence is not returned at all; a key of a level above is (PS3.4 C.2.2.1.3).
    const bool unsupported = std::ranges::find(unsupported_, tag) != unsupported_.end();
    const auto key_level = level_in(model_, tag);
    if (unsupported && (!key_level || key_level > level_)) continue;
    if (const auto count = counted(entity, tag)) {
      out.set_text(tag, std::to_string(*count));
    } else if (is_counted(tag)) {
      continue;  // of another level: we have not counted it
    } else if (tag == tags::ModalitiesInStudy || tag == tags::SOPClassesInStudy) {
      if (level_ == QueryLevel::study)
        out.set_text(tag,
                     joined(tag == tags::ModalitiesInStudy ? entity.modalities_in_study : entity.sop_classes_in_study));
    } else {
      return_key(out, identifier_.root(), *key, attributes, attributes.root(),
                 [&](const dataset::Level& keys, const dataset::Level& item) {
                   return unsupported || match_item(keys, item, sets, options_.matching);
                 });
    }
  }
  out.set_text(tags::QueryRetrieveLevel, name(level_));
  const auto top = model_ == Model::study_root ? QueryLevel::study : QueryLevel::patient;
  for (auto level = top; level <= level_; level = static_cast<QueryLevel>(static_cast<int>(level) + 1)) {
    const auto tag = unique_key(level);
    if (!out.has(tag)) out.set_text(tag, attributes.text(tag));
  }
  if (!options_.retrieve_ae_title.empty())
    out.set_text(tags::RetrieveAETitle, options_.retrieve_ae_title);
  else if (identifier_.has(tags::RetrieveAETitle))
    out.set_empty(tags::RetrieveAETitle);
  if (identifier_.has(tags::InstanceAvailability)) out.set_text(tags::InstanceAvailability, "ONLINE");
  if (const auto set = attributes.text(tags::SpecificCharacterSet);
      !set.empty() && (identifier_.has(tags::SpecificCharacterSet) || needs_character_set(out)))
    out.set_text(tags::SpecificCharacterSet, set);
  return out;
}

}  // namespace assay::service
