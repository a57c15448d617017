#include "peers/devices/modality.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/hex.hpp"
#include "harness/dimse/status.hpp"
#include "harness/service/worklist.hpp"
#include "peers/asio.hpp"
#include "peers/local_time.hpp"
#include "peers/uid.hpp"

namespace assay::peers {

namespace {

std::string key_of(const dataset::DataSet& item) {
  const auto steps = item.items(tags::ScheduledProcedureStepSequence);
  return std::string(item.text(tags::StudyInstanceUID)) + "\\" +
         (steps.empty() ? std::string() : std::string(steps.front().text(tags::ScheduledProcedureStepID)));
}

}  // namespace

/// What is performed now.
struct Modality::Step {
  dataset::DataSet item;
  std::string id;
  std::string uid;  // of the MPPS; empty: it was not created
  std::vector<service::MadeSeries> series;
  std::vector<service::InstanceReference> stored;
  std::string what;  // for lines
};

struct Modality::Timer {
  explicit Timer(Loop& loop) : timer(loop.impl().context) {}
  asio::steady_timer timer;
};

Modality::Modality(Loop& loop, ModalityOptions options) : loop_(loop), options_(std::move(options)) {}
Modality::~Modality() { stop(); }

void Modality::say(const std::string& line) const {
  if (options_.log) options_.log(line);
}

void Modality::failed(const std::string& what, const RequestorResult& result) {
  ++report_.failures;
  if (report_.worst == Failure::none) report_.worst = result.failure;
  say(fmt::format("{}: {}", what, result.message));
}

void Modality::poll(std::function<void(ModalityReport)> done) {
  report_ = {};
  polling_ = true;
  stopped_ = false;
  finished_ = std::move(done);
  async_worklist(loop_, options_.worklist, service::worklist_identifier(options_.wanted),
                 [this](RequestorResult result) {
                   if (result.failure != Failure::none) {
                     failed("worklist", result);
                     finish();
                     return;
                   }
                   report_.items = result.identifiers.size();
                   waiting_.clear();
                   for (auto& item : result.identifiers) {
                     if (item.text(tags::StudyInstanceUID).empty()) {
                       ++report_.failures;
                       if (report_.worst == Failure::none) report_.worst = Failure::bad_response;
                       say(fmt::format("worklist: the item of {} has no Study Instance UID, and cannot be performed",
                                       printable(item.text(tags::PatientID))));
                       continue;
                     }
                     if (!done_.contains(key_of(item))) waiting_.push_back(std::move(item));
                   }
                   std::ranges::reverse(waiting_);
                   say(fmt::format("worklist: {} items, {} to be performed", report_.items, waiting_.size()));
                   perform_next();
                 });
}

void Modality::poll_every(Duration pause, std::function<void(ModalityReport)> polled) {
  if (!timer_) timer_ = std::make_unique<Timer>(loop_);
  poll([this, pause, polled](const ModalityReport& report) {
    polled(report);
    if (!timer_) return;
    timer_->timer.expires_after(pause);
    timer_->timer.async_wait([this, pause, polled](const error_code& cancelled) {
      if (!cancelled) poll_every(pause, polled);
    });
  });
}

void Modality::stop() {
  timer_.reset();
  stopped_ = true;
}

void Modality::finish() {
  step_.reset();
  // From the loop and not from here: whoever is told may begin the next poll.
  loop_.post([this, finished = std::move(finished_), report = report_] {
    polling_ = false;
    finished(report);
  });
}

void Modality::perform_next() {
  if (waiting_.empty() || stopped_) {
    finish();
    return;
  }
  step_ = std::make_unique<Step>();
  auto& step = *step_;
  step.item = std::move(waiting_.back());
  waiting_.pop_back();
  const auto [date, time] = local_time();
  step.id = fmt::format("PPS{}{}", time, ++number_);
  const auto steps = step.item.items(tags::ScheduledProcedureStepSequence);
  step.what = fmt::format("{} of {}", steps.empty() ? "?" : printable(steps.front().text(tags::Modality)),
                          printable(step.item.text(tags::PatientID)));
  if (!options_.mpps) {
    make(step);
    return;
  }
  MppsRequest request;
  request.sop_instance_uid = new_uid();
  service::StepStart start;
  start.id = step.id;
  start.station_ae_title = options_.station_ae_title;
  start.station_name = options_.station_name;
  start.date = date;
  start.time = time;
  if (steps.empty() || steps.front().text(tags::Modality).empty()) start.modality = "OT";
  request.create = service::start_of_step(step.item, start);
  async_mpps(loop_, *options_.mpps, std::move(request), [this](const RequestorResult& result) {
    // The patient lies there: what cannot be reported is performed all the same.
    if (result.failure == Failure::none)
      step_->uid = result.sop_instances.front();
    else
      failed(step_->what + ": the step cannot be reported", result);
    make(*step_);
  });
}

void Modality::make(Step& step) {
  service::ObjectSource source;
  source.item = &step.item;
  source.station_name = options_.station_name;
  const auto [date, time] = local_time();
  source.date = date;
  source.time = time;
  source.step_id = step.id;
  source.step_uid = step.uid;
  source.instances = options_.instances;
  source.new_uid = new_uid;
  step.series = service::make_objects(source);
  for (const auto& series : step.series) {
    report_.made += series.instances.size();
    for (const auto& object : series.instances)
      if (options_.on_object) options_.on_object(object);
  }
  if (options_.archive)
    store(step);
  else
    complete(step);
}

void Modality::store(Step& step) {
  std::vector<service::InstancePtr> instances;
  for (auto& series : step.series) {
    series.performed.retrieve_ae_title = options_.archive->called_ae;
    for (auto& object : series.instances)
      if (auto instance = service::make_instance(object, uids::ExplicitVRLittleEndian))
        instances.push_back(std::make_shared<const service::Instance>(std::move(*instance)));
    series.instances.clear();
  }
  std::vector<service::InstanceReference> sent;
  for (const auto& one : instances) sent.push_back({one->sop_class_uid, one->sop_instance_uid});
  async_store(loop_, *options_.archive, std::move(instances), [this, sent](const RequestorResult& result) {
    // A status for each instance that was answered, in their order.
    for (std::size_t i = 0; i < result.statuses.size() && i < sent.size(); ++i) {
      const auto status = dimse::status_class(result.statuses[i]);
      if (status != dimse::StatusClass::success && status != dimse::StatusClass::warning) continue;
      ++report_.stored;
      step_->stored.push_back(sent[i]);
    }
    if (result.failure != Failure::none) failed(step_->what + ": not everything was stored", result);
    complete(*step_);
  });
}

void Modality::complete(Step& step) {
  ++report_.performed;
  done_.insert(key_of(step.item));
  if (step.uid.empty()) {
    say(step.what + ": performed");
    commit();
    return;
  }
  const auto [date, time] = local_time();
  std::vector<service::PerformedSeries> series;
  for (const auto& one : step.series) series.push_back(one.performed);
  MppsRequest request;
  request.sop_instance_uid = step.uid;
  request.set = service::change_of_step(service::StepState::completed, date, time, series);
  async_mpps(loop_, *options_.mpps, std::move(request), [this](const RequestorResult& result) {
    if (result.failure == Failure::none)
      say(step_->what + ": performed and COMPLETED");
    else
      failed(step_->what + ": its end cannot be reported", result);
    commit();
  });
}

void Modality::commit() {
  if (!options_.commit || !options_.archive || step_->stored.empty()) {
    perform_next();
    return;
  }
  CommitRequest request;
  request.request.instances = step_->stored;
  request.wait = options_.commit_wait;
  request.listen = options_.commit_listen;
  request.listen_setting = "commit-listen";
  request.listen_address = options_.commit_listen_address;
  request.listen_tls = options_.commit_tls;
  request.log = options_.log;
  const auto started = async_commit(loop_, *options_.archive, std::move(request),
                                    [this](const CommitResult& result) { committed(result); });
  if (started) return;
  report_.not_committed += step_->stored.size();
  RequestorResult result;
  result.failure = Failure::usage;
  result.message = started.error();
  failed(step_->what + ": commitment cannot be asked for", result);
  perform_next();
}

void Modality::committed(const CommitResult& result) {
  auto told = result.association;
  const auto asked = result.request.instances.size();
  if (result.report) {
    report_.committed += result.report->committed.size();
    report_.not_committed += result.report->failed.size();
    say(fmt::format("{}: {} of {} instances committed, reported on {}", step_->what, result.report->committed.size(),
                    asked,
                    result.on_same_association ? "the same association" : "an association of the archive's own"));
    if (told.failure == Failure::none && (!result.report->failed.empty() || !result.faults.empty()))
      told.failure = Failure::status;
    for (const auto& one : result.report->failed) {
      told.message = fmt::format("{} is not committed to, {}", one.instance.sop_instance_uid,
                                 service::failure_reason_text(one.reason));
      failed(step_->what, told);
    }
    for (const auto& fault : result.faults) {
      told.message = "the report of commitment is wrong: " + fault;
      failed(step_->what, told);
    }
  } else {
    report_.not_committed += asked;
    if (told.failure == Failure::none) told.failure = Failure::dimse_timeout;
    told.message = result.failure;
    failed(step_->what + ": commitment", told);
  }
  perform_next();
}

}  // namespace assay::peers
