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
  bool kept;  // also told when the derived image does not have it
};

constexpr std::string_view other_patient = "ps3.3/C.7.1.1/derived-of-other-patient";
constexpr std::string_view patient_changed = "ps3.3/C.7.1.1/patient-not-copied";
constexpr std::string_view study_changed = "ps3.3/C.7.2.1/study-not-copied";

constexpr Copied rows_of_patient[] = {
    {tags::PatientName, patient_changed, true},       {tags::PatientBirthDate, patient_changed, true},
    {tags::PatientBirthTime, patient_changed, false}, {tags::PatientSex, patient_changed, true},
    {tags::EthnicGroup, patient_changed, false},      {tags::PatientAge, patient_changed, false},
    {tags::PatientSize, patient_changed, false},      {tags::PatientWeight, patient_changed, false},
};
constexpr Copied rows_of_study[] = {
    {tags::StudyInstanceUID, study_changed, true},  {tags::StudyDate, study_changed, true},
    {tags::StudyTime, study_changed, true},         {tags::StudyID, study_changed, true},
    {tags::AccessionNumber, study_changed, true},   {tags::ReferringPhysicianName, study_changed, true},
    {tags::StudyDescription, study_changed, false},
};

bool is_plain(std::string_view text) {
  for (const char c : text)
    if (c < ' ' || c >= 0x7f) return false;
  return true;
}

void check_copied(const Derivation& of, const Copied& row) {
  const auto before = of.source.whole(row.tag);
  const auto now = of.derived.whole(row.tag);
  // Texts in other character sets have other bytes.
  if (before.empty() || same_text(of.source, of.derived, row.tag) || !is_plain(before) || !is_plain(now)) return;
  if (now.empty() && !row.kept) return;
  of.derived.at(row.tag, row.rule, now.empty() ? std::string("no value") : quoted(now),
                quoted(before) + " as in the source");
}

/// Another ID, or the same from another issuer, is another person; without an ID nobody knows.
void check_patient(const Derivation& of) {
  const bool known = !of.derived.text(tags::PatientID).empty();
  check_copied(of, {tags::PatientID, known ? other_patient : patient_changed, true});
  check_copied(of, {tags::IssuerOfPatientID, other_patient, false});
  for (const auto& row : rows_of_patient) check_copied(of, row);
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
    check_patient(of);
    for (const auto& row : rows_of_study) check_copied(of, row);
  }
  const auto series = of.derived.text(tags::SeriesInstanceUID);
  if (!series.empty() && series != of.source.text(tags::SeriesInstanceUID)) check_step(of);
}

}  // namespace assay::conformance::iod
