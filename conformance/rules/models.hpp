// The Query/Retrieve Information Models as the rules need them: levels, unique and required keys (PS3.4 C.3, C.6), and
// what extended negotiation allows (C.5). Internal to the room.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "conformance/rules/support.hpp"
#include "harness/service/query.hpp"

namespace assay::conformance {

using service::Model;
using service::QueryLevel;

/// The model of a FIND, MOVE or GET SOP Class; nothing for any other UID.
inline std::optional<Model> model_of(std::string_view sop_class) {
  constexpr std::string_view root = "1.2.840.10008.5.1.4.1.2.";
  if (sop_class.size() != root.size() + 3 || !sop_class.starts_with(root)) return std::nullopt;
  switch (sop_class[root.size()]) {
    case '1': return Model::patient_root;
    case '2': return Model::study_root;
    case '3': return Model::patient_study_only;
    default: return std::nullopt;
  }
}

/// The level by its name, when the model has it.
inline std::optional<QueryLevel> level_in(Model model, std::string_view name) {
  if (name == "PATIENT" && model != Model::study_root) return QueryLevel::patient;
  if (name == "STUDY") return QueryLevel::study;
  if (name == "SERIES" && model != Model::patient_study_only) return QueryLevel::series;
  if (name == "IMAGE" && model != Model::patient_study_only) return QueryLevel::image;
  return std::nullopt;
}

inline QueryLevel top_of(Model model) { return model == Model::study_root ? QueryLevel::study : QueryLevel::patient; }
inline bool above(QueryLevel level, QueryLevel other) {
  return static_cast<unsigned>(level) < static_cast<unsigned>(other);
}

struct LevelKey {
  QueryLevel level;
  Tag tag;
};
/// Keys of type U and R (PS3.4 Tables C.6-1 to C.6-4); in Study Root those of the patient stand at the study (C.6-5).
inline constexpr std::array<LevelKey, 13> standard_keys{{{QueryLevel::patient, tags::PatientName},
                                                         {QueryLevel::patient, tags::PatientID},
                                                         {QueryLevel::study, tags::StudyDate},
                                                         {QueryLevel::study, tags::StudyTime},
                                                         {QueryLevel::study, tags::AccessionNumber},
                                                         {QueryLevel::study, tags::StudyID},
                                                         {QueryLevel::study, tags::StudyInstanceUID},
                                                         {QueryLevel::series, tags::Modality},
                                                         {QueryLevel::series, tags::SeriesNumber},
                                                         {QueryLevel::series, tags::SeriesInstanceUID},
                                                         {QueryLevel::image, tags::InstanceNumber},
                                                         {QueryLevel::image, tags::SOPInstanceUID},
                                                         {QueryLevel::image, tags::SOPClassUID}}};

/// The level at which a key of type U or R stands in this model; SOP Class UID is optional but stands nowhere else.
inline std::optional<QueryLevel> level_of_standard_key(Model model, Tag tag) {
  for (const auto& key : standard_keys) {
    if (key.tag != tag) continue;
    return above(key.level, top_of(model)) ? top_of(model) : key.level;
  }
  return std::nullopt;
}

/// Extended negotiation that both sides agreed on, byte by byte (PS3.4 C.5.1.1, Table C.5-1).
struct Extended {
  bool relational = false;
  bool combined_date_time = false;
};
inline Extended extended_of(const trace::Negotiated& negotiated, std::string_view sop_class) {
  const auto information = [&](const pdu::AssociateBody* body) -> const Bytes* {
    const auto* user = body == nullptr ? nullptr : body->user_information();
    if (user == nullptr) return nullptr;
    for (const auto& item : user->sub_items) {
      const auto* extended = std::get_if<pdu::SopClassExtendedNegotiationSubItem>(&item);
      if (extended != nullptr && trimmed_uid(extended->sop_class_uid) == sop_class)
        return &extended->service_class_application_information;
    }
    return nullptr;
  };
  const auto* asked = information(negotiated.rq.get());
  const auto* granted = information(negotiated.ac.get());
  const auto both = [&](std::size_t at) {
    return asked != nullptr && granted != nullptr && at < asked->size() && at < granted->size() && (*asked)[at] == 1 &&
           (*granted)[at] == 1;
  };
  return {both(0), both(1)};
}

}  // namespace assay::conformance
