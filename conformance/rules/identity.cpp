// What the objects of one connection say of each other: a series is of one study and one modality, a study of one
// patient, images belong to the procedure step they name (PS3.3 A.1.2, C.7.2.1, C.7.3.1; PS3.4 F.7.2).
// Tests: tests/unit/conformance/planted_faults_test.cpp
#include <fmt/format.h>

#include <map>
#include <set>

#include "conformance/rules/exchange.hpp"

namespace assay::conformance {
namespace {

using dimse::CommandField;
using trace::Severity;

constexpr trace::RuleInfo series_of_two_studies{
    "ps3.3/A.1.2/series-of-two-studies", "PS3.3 A.1.2.3", Severity::error, "A series belongs to one study.",
    "Ask the vendor of the sending device which study is meant; archives file the series once or refuse."};
constexpr trace::RuleInfo series_of_two_modalities{
    "ps3.3/A.1.2/series-of-two-modalities", "PS3.3 C.7.3.1", Severity::error,
    "All objects of a series have one Modality.",
    "Ask the vendor of the sending device to begin a new series for each kind of object."};
constexpr trace::RuleInfo study_of_two_patients{
    "ps3.3/A.1.2/study-of-two-patients", "PS3.3 A.1.2.1", Severity::error,
    "All objects of a study have one Patient ID.",
    "Stop using the study until it is clear whose it is: objects of two patients share one Study Instance UID."};
constexpr trace::RuleInfo step_of_other_study{
    "ps3.4/F.7.2/image-of-other-study", "PS3.4 F.7.2, PS3.3 C.4.15", Severity::error,
    "An object that refers to a performed procedure step belongs to a study of that step.",
    "Check the Study Instance UID at the modality: the information system will not find the images of the step."};

constexpr std::size_t max_remembered = 20'000;
constexpr std::size_t max_steps = 256;
constexpr std::size_t max_studies = 16;  // of one step

class Identity final : public Judge {
 public:
  void request(const Heard& heard, trace::Reporter& reporter) override {
    if (heard.data == nullptr) return;
    if (heard.operation.command == CommandField::c_store_rq) {
      const auto root = heard.data->root();
      same(heard, series_of_two_studies, studies_, tags::SeriesInstanceUID, tags::StudyInstanceUID, reporter);
      same(heard, series_of_two_modalities, modalities_, tags::SeriesInstanceUID, tags::Modality, reporter);
      same(heard, study_of_two_patients, patients_, tags::StudyInstanceUID, tags::PatientID, reporter);
      step(heard, root, reporter);
    } else if (heard.operation.command == CommandField::n_create_rq) {
      const auto& uid = heard.operation.sop_instance;
      if (steps_.size() >= max_steps || uid.empty() || uid.size() > max_identity) return;
      std::set<std::string, std::less<>> studies;
      for (const auto& item : heard.data->items(tags::ScheduledStepAttributesSequence)) {
        const auto study = trimmed_uid(item.text(tags::StudyInstanceUID));
        if (studies.size() >= max_studies || study.size() > max_identity) return;  // not known as a whole: not judged
        studies.emplace(study);
      }
      steps_.insert_or_assign(uid, std::move(studies));
    }
  }

 private:
  using Known = std::map<std::string, std::string, std::less<>>;

  /// Objects with the same value of `of` have the same value of `what`.
  static void same(const Heard& heard, const trace::RuleInfo& info, Known& known, Tag of, Tag what,
                   trace::Reporter& reporter) {
    const auto root = heard.data->root();
    const auto key = trimmed_uid(root.text(of));
    const auto value = trimmed_uid(root.text(what));
    if (key.empty() || value.empty() || key.size() > max_identity || value.size() > max_identity) return;
    const auto found = known.find(key);
    if (found == known.end()) {
      if (known.size() < max_remembered) known.emplace(key, value);
      return;
    }
    if (found->second == value) return;
    reporter.report(finding(info, place_of_element(heard.seen, root, what), label(what), quoted(value),
                            fmt::format("{}, as before with {} {}", quoted(found->second), dict::keyword(of), key)));
  }

  void step(const Heard& heard, const dataset::Level& root, trace::Reporter& reporter) const {
    for (const auto& item : root.items(tags::ReferencedPerformedProcedureStepSequence)) {
      const auto found = steps_.find(trimmed_uid(item.text(tags::ReferencedSOPInstanceUID)));
      if (found == steps_.end()) continue;
      const auto study = trimmed_uid(root.text(tags::StudyInstanceUID));
      if (study.empty() || found->second.empty() || found->second.contains(study)) continue;
      reporter.report(finding(step_of_other_study, place_of_element(heard.seen, root, tags::StudyInstanceUID),
                              label(tags::StudyInstanceUID), quoted(study),
                              fmt::format("{}, as the step tells", quoted(*found->second.begin()))));
    }
  }

  Known studies_;                                                                 // by series
  Known modalities_;                                                              // by series
  Known patients_;                                                                // by study
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> steps_;  // their studies
};

}  // namespace

JudgeKind identity_judge() {
  return {{series_of_two_studies, series_of_two_modalities, study_of_two_patients, step_of_other_study},
          []() -> std::unique_ptr<Judge> { return std::make_unique<Identity>(); }};
}

}  // namespace assay::conformance
