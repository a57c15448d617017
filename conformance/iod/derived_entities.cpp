// What a derived image shares with its source (PS3.3 A.1.2.1, A.1.2.2, C.7.1.1, C.7.2.1): patient and study, unchanged;
// and what it does not: the procedure step that made the source.
#include <fmt/format.h>

#include "conformance/iod/condition.hpp"
#include "conformance/iod/derived_parts.hpp"

namespace assay::conformance::iod {

using dataset::NodeKind;

namespace {

struct Copied {
  Tag tag;
  std::string_view rule;
};

constexpr std::string_view other_patient = "ps3.3/C.7.1.1/derived-of-other-patient";
constexpr std::string_view patient_changed = "ps3.3/C.7.1.1/patient-not-copied";
constexpr std::string_view study_changed = "ps3.3/C.7.2.1/study-not-copied";

constexpr Copied patient[] = {
    {tags::PatientID, other_patient},          {tags::IssuerOfPatientID, other_patient},
    {tags::PatientName, patient_changed},      {tags::PatientBirthDate, patient_changed},
    {tags::PatientBirthTime, patient_changed}, {tags::PatientSex, patient_changed},
    {tags::EthnicGroup, patient_changed},      {tags::PatientAge, patient_changed},
    {tags::PatientSize, patient_changed},      {tags::PatientWeight, patient_changed},
};
constexpr Copied study[] = {
    {tags::StudyInstanceUID, study_changed}, {tags::StudyDate, study_changed},
    {tags::StudyTime, study_changed},        {tags::StudyID, study_changed},
    {tags::AccessionNumber, study_changed},  {tags::ReferringPhysicianName, study_changed},
    {tags::StudyDescription, study_changed},
};

bool is_plain(std::string_view text) {
  for (const char c : text)
    if (c < ' ' || c >= 0x7f) return false;
  return true;
}

void check_copied(const Derivation& of, std::span<const Copied> rows) {
  for (const auto& row : rows) {
    const auto before = of.source.whole(row.tag);
    const auto now = of.derived.whole(row.tag);
    // Texts in other character sets have other bytes.
    if (before.empty() || same_text(of.source, of.derived, row.tag) || !is_plain(before) || !is_plain(now)) continue;
    of.derived.at(row.tag, row.rule, now.empty() ? std::string("no value") : quoted(now),
                  quoted(before) + " as in the source");
  }
}

/// The step that made the source did not make the derived image.
void check_step(const Derivation& of) {
  const auto index = of.derived.root().find(tags::ReferencedPerformedProcedureStepSequence);
  const auto& nodes = of.derived.root().nodes();
  if (index != Scope::none && nodes[index].kind == NodeKind::sequence)
    for (auto i = index + 1; i < nodes[index].end; ++i)
      if (nodes[i].tag == tags::ReferencedSOPInstanceUID &&
          cites(of.source, tags::ReferencedPerformedProcedureStepSequence, tags::ReferencedSOPInstanceUID,
                text_value(nodes[i], 0)))
        return of.derived.at(i, "ps3.3/C.7.3.1/procedure-step-kept", std::string(text_value(nodes[i], 0).substr(0, 64)),
                             "the procedure step that made this series, or none");
  const auto step = of.derived.text(tags::PerformedProcedureStepID);
  if (!step.empty() && step == of.source.text(tags::PerformedProcedureStepID) &&
      same_text(of.source, of.derived, tags::PerformedProcedureStepStartTime))
    of.derived.at(tags::PerformedProcedureStepID, "ps3.3/C.7.3.1/procedure-step-kept", quoted(step),
                  "the procedure step that made this series, or none");
}

}  // namespace

void check_derived_entities(const Derivation& of) {
  // A copy without identity is another patient's by intent.
  const bool anonymous = of.derived.text(tags::PatientIdentityRemoved) == "YES";
  if (!anonymous) {
    check_copied(of, patient);
    check_copied(of, study);
  }
  const auto series = of.derived.text(tags::SeriesInstanceUID);
  if (!series.empty() && series != of.source.text(tags::SeriesInstanceUID)) check_step(of);
}

}  // namespace assay::conformance::iod
