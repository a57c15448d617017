#include "peers/devices/ris.hpp"

#include "harness/dataset/edit.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/verification.hpp"

namespace assay::peers {

Ris::Ris(RisOptions options) : options_(std::move(options)) {
  for (auto& [uid, step] : options_.steps) (void)steps_.put(uid, std::move(step));
  reschedule(std::move(options_.schedule));
  steps_.keep = options_.keep;
  steps_.on_change = [this](const service::StepChange& change) {
    if (options_.follow_steps) follow(change.after, *change.step);
    if (options_.on_step) options_.on_step(change);
  };
}

Ris::~Ris() = default;

std::expected<std::unique_ptr<Ris>, std::string> Ris::start(Loop& loop, RisOptions options) {
  std::unique_ptr<Ris> device(new Ris(std::move(options)));
  const auto& chosen = device->options_;
  auto acceptor = acceptor_of(chosen);
  auto& policy = acceptor.policy;
  const std::vector<std::string> syntaxes{std::string(uids::ExplicitVRLittleEndian),
                                          std::string(uids::ImplicitVRLittleEndian),
                                          std::string(uids::ExplicitVRBigEndian)};
  policy.supported.clear();
  policy.any_storage_transfer_syntaxes.clear();
  for (const auto uid : {uids::Verification, uids::ModalityWorklistInformationModelFind,
                         uids::ModalityPerformedProcedureStep, uids::ModalityPerformedProcedureStepRetrieve})
    policy.supported.push_back({std::string(uid), syntaxes});
  acceptor.services = {std::make_shared<service::VerificationService>(),
                       std::make_shared<service::WorklistService>(device->worklist_, chosen.worklist),
                       std::make_shared<service::MppsService>(device->steps_, chosen.mpps)};
  auto started = Acceptor::start(loop, std::move(acceptor));
  if (!started) return std::unexpected(started.error());
  device->acceptor_ = std::move(*started);
  return device;
}

void Ris::reschedule(std::vector<dataset::DataSet> items) {
  worklist_ = service::Worklist(std::move(items));
  if (!options_.follow_steps) return;
  for (const auto& [uid, step] : steps_.all())
    follow(service::step_state_from(step->text(tags::PerformedProcedureStepStatus))
               .value_or(service::StepState::in_progress),
           *step);
}

/// The scheduled steps that a performed one refers to change with it.
void Ris::follow(service::StepState state, const dataset::DataSet& step) {
  using service::StepState;
  for (const auto& scheduled : step.items(tags::ScheduledStepAttributesSequence)) {
    const auto item =
        worklist_.find(scheduled.text(tags::StudyInstanceUID), scheduled.text(tags::ScheduledProcedureStepID));
    if (!item) continue;
    if (state == StepState::completed) {
      worklist_.remove(item);
      continue;
    }
    auto edited = *item;
    dataset::Edit edit;
    edit.path.steps = {{tags::ScheduledProcedureStepSequence, {}, dataset::ItemChoice::number, 1},
                       {tags::ScheduledProcedureStepStatus, {}, dataset::ItemChoice::none, 0}};
    edit.text = state == StepState::in_progress ? "STARTED" : "SCHEDULED";
    if (dataset::apply(edited, edit)) worklist_.replace(item, std::move(edited));
  }
}

}  // namespace assay::peers
