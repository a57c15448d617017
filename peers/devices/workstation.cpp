#include "peers/devices/workstation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/base/hex.hpp"
#include "harness/dimse/status.hpp"
#include "harness/service/query.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/verification.hpp"
#include "peers/asio.hpp"
#include "peers/scu.hpp"

namespace assay::peers {

namespace {

using dataset::DataSet;
using service::Model;
using service::QueryLevel;

/// Unique keys by level, upper first; those below the level of an entity are empty.
using Keys = std::array<std::string, 4>;

std::size_t at(QueryLevel level) { return static_cast<std::size_t>(level); }

QueryLevel top(Model model) { return model == Model::study_root ? QueryLevel::study : QueryLevel::patient; }

/// Keys of the patient stand at the study level of Study Root (PS3.4 C.6.2.1.2).
QueryLevel level_in(Model model, Tag tag) {
  const auto level = service::level_of_key(tag).value_or(QueryLevel::image);
  return std::max(level, top(model));
}

std::string_view find_class(Model model) {
  switch (model) {
    case Model::patient_root: return uids::PatientRootQueryRetrieveInformationModelFind;
    case Model::study_root: return uids::StudyRootQueryRetrieveInformationModelFind;
    case Model::patient_study_only: break;
  }
  return uids::PatientStudyOnlyQueryRetrieveInformationModelFind;
}

/// The unique keys of an entity and of those above it, and nothing else (PS3.4 C.4.2.1.4).
DataSet unique_keys(Model model, QueryLevel level, const Keys& keys) {
  DataSet out(dataset::explicit_le);
  out.set_text(tags::QueryRetrieveLevel, Vr::CS, service::name(level));
  for (auto each = at(top(model)); each <= at(level); ++each) {
    const auto tag = service::unique_key(static_cast<QueryLevel>(each));
    out.set_text(tag, keys[each]);
  }
  return out;
}

}  // namespace

/// What the task in hand knows.
struct Workstation::Work {
  explicit Work(Loop& loop) : timer(loop.impl().context) {}

  RetrieveTask task;
  RetrieveReport report;
  std::function<void(RetrieveReport)> done;
  std::vector<Keys> entities;  // of the level in hand
  std::size_t asked = 0;       // queries
  std::vector<Keys> targets;   // to be retrieved
  std::set<std::string> expected;
  std::set<std::string> sop_classes;
  std::set<std::string> came;
  std::size_t next = 0;  // target
  std::size_t open = 0;  // retrievals on their way
  bool collected = false;
  bool resting = false;
  Instant last_came{};
  asio::steady_timer timer;
};

/// Takes what comes and tells the task in hand.
class Workstation::Receiver final : public service::InstanceStore {
 public:
  explicit Receiver(Workstation& of) : of_(&of) {}
  service::PutResult put(service::Instance instance, bool replace) override {
    const auto uid = instance.sop_instance_uid;
    const auto& into = of_->options_.into;
    const auto result = into ? into->put(std::move(instance), replace) : service::PutResult::stored;
    if (result == service::PutResult::full || !of_->work_) return result;
    auto& work = *of_->work_;
    work.last_came = of_->loop_.now();
    if (!work.expected.contains(uid))
      ++work.report.others;
    else
      work.came.insert(uid);
    if (work.task.way == RetrieveWay::collect && work.came.size() == work.expected.size())
      of_->loop_.post([weak = std::weak_ptr(of_->work_), of = of_] {
        if (weak.lock() && of->work_ == weak.lock()) of->collect();
      });
    return result;
  }
  [[nodiscard]] service::InstancePtr find(std::string_view uid) const override {
    return of_->options_.into ? of_->options_.into->find(uid) : nullptr;
  }
  [[nodiscard]] std::unique_ptr<service::EntityCursor> candidates(QueryLevel level,
                                                                  const service::Scope& scope) const override {
    if (of_->options_.into) return of_->options_.into->candidates(level, scope);
    class Nothing final : public service::EntityCursor {
      std::optional<service::Entity> next() override { return std::nullopt; }
    };
    return std::make_unique<Nothing>();
  }

 private:
  Workstation* of_;
};

Workstation::Workstation(Loop& loop, WorkstationOptions options)
    : loop_(loop), options_(std::move(options)), receiver_(std::make_shared<Receiver>(*this)) {}
Workstation::~Workstation() = default;

std::expected<std::unique_ptr<Workstation>, std::string> Workstation::start(Loop& loop, WorkstationOptions options) {
  std::unique_ptr<Workstation> out(new Workstation(loop, std::move(options)));
  out->set_archive(out->options_.archive);
  if (!out->options_.listens) return out;
  auto acceptor = acceptor_of(out->options_);
  if (out->options_.require_called_ae)
    acceptor.policy.called_ae_titles = {out->options_.ae_title, out->options_.receiver_ae_title};
  acceptor.store = out->receiver_;
  acceptor.services = service::archive_services(*out->receiver_, acceptor.provider);
  auto started = Acceptor::start(loop, std::move(acceptor));
  if (!started) return std::unexpected(started.error());
  out->acceptor_ = std::move(*started);
  return out;
}

void Workstation::set_archive(RequestorOptions archive) {
  options_.archive = std::move(archive);
  options_.archive.calling_ae = options_.ae_title;
}

void Workstation::say(const std::string& line) const {
  if (options_.log) options_.log(line);
}

void Workstation::rest() {
  if (work_) work_->resting = true;
}

void Workstation::stop(Duration grace) {
  if (acceptor_) acceptor_->stop(grace);
}

void Workstation::failed(Failure failure, const std::string& message) {
  auto& report = work_->report;
  ++report.failures;
  if (report.worst == Failure::none) report.worst = failure;
  say(message);
}

void Workstation::retrieve(RetrieveTask task, std::function<void(RetrieveReport)> done) {
  work_ = std::make_shared<Work>(loop_);
  busy_ = true;
  work_->task = std::move(task);
  work_->done = std::move(done);
  const auto& wanted = work_->task;
  std::string wrong;
  if (!service::has_level(wanted.model, wanted.level))
    wrong = fmt::format("this information model has no level {}", service::name(wanted.level));
  const bool here = wanted.way != RetrieveWay::get && wanted.destination.empty();
  if (here && !acceptor_) wrong = "nothing can be moved here: the workstation does not listen";
  for (const auto* node : wanted.keys.root().elements())
    if (level_in(wanted.model, node->tag) > wanted.level && node->tag != tags::SpecificCharacterSet &&
        node->tag != tags::QueryRetrieveLevel)
      wrong = fmt::format("{} is a key of the level {}: retrieve at that level", dict::keyword(node->tag),
                          service::name(level_in(wanted.model, node->tag)));
  if (!wrong.empty()) {
    failed(Failure::usage, wrong);
    finish();
    return;
  }
  work_->entities = {Keys{}};
  find(top(wanted.model));
}

/// One query for each entity of the level above, all over one association.
void Workstation::find(QueryLevel level) {
  auto above = std::make_shared<std::vector<Keys>>(std::exchange(work_->entities, {}));
  work_->asked = 0;
  FindJob job;
  const auto& task = work_->task;
  job.sop_class = find_class(task.model);
  job.next = [this, above, level]() -> std::optional<DataSet> {
    auto& work = *work_;
    if (work.asked == above->size() || work.entities.size() > options_.max_entities) return std::nullopt;
    const auto& wanted = work.task;
    DataSet out(dataset::explicit_le);
    out.set_text(tags::QueryRetrieveLevel, Vr::CS, service::name(level));
    if (const auto set = wanted.keys.text(tags::SpecificCharacterSet); !set.empty())
      out.set_text(tags::SpecificCharacterSet, set);
    for (auto each = at(top(wanted.model)); each < at(level); ++each)
      out.set_text(service::unique_key(static_cast<QueryLevel>(each)), (*above)[work.asked][each]);
    out.set_empty(service::unique_key(level));
    if (level == QueryLevel::image) out.set_empty(tags::SOPClassUID);
    for (const auto* node : wanted.keys.root().elements())
      if (level_in(wanted.model, node->tag) == level && node->tag != tags::SpecificCharacterSet &&
          node->tag != tags::QueryRetrieveLevel)
        out.set_text(node->tag, node->vr, wanted.keys.text(node->tag));
    ++work.asked;
    return out;
  };
  job.match = [this, above, level](const DataSet& match, std::uint16_t) {
    auto& work = *work_;
    auto keys = (*above)[work.asked - 1];
    keys[at(level)] = match.text(service::unique_key(level));
    if (keys[at(level)].empty()) {
      if (work.report.failures < 10)
        failed(Failure::bad_response, fmt::format("a match at the level {} has no unique key", service::name(level)));
      return;
    }
    if (work.entities.size() > options_.max_entities) return;
    if (level == QueryLevel::image) work.sop_classes.emplace(match.text(tags::SOPClassUID));
    work.entities.push_back(std::move(keys));
  };
  job.cancel = [this] { return work_->entities.size() > options_.max_entities; };
  async_find(loop_, options_.archive, std::move(job), [this, level](const RequestorResult& result) {
    if (result.trace && options_.on_own_trace) options_.on_own_trace(*result.trace);
    if (result.failure != Failure::none) {
      failed(result.failure, fmt::format("query at the level {}: {}", service::name(level), result.message));
      finish();
      return;
    }
    if (work_->entities.size() > options_.max_entities) {
      failed(Failure::usage, fmt::format("more than {} matches: narrow the query", options_.max_entities));
      finish();
      return;
    }
    found(level);
  });
}

void Workstation::found(QueryLevel level) {
  auto& work = *work_;
  if (level == work.task.level) {
    work.targets = work.entities;
    work.report.found = work.targets.size();
  }
  const bool lowest = level == QueryLevel::image || work.task.model == Model::patient_study_only;
  if (!lowest && !work.entities.empty()) {
    find(static_cast<QueryLevel>(at(level) + 1));
    return;
  }
  if (level == QueryLevel::image)
    for (const auto& one : work.entities) work.expected.insert(one[at(QueryLevel::image)]);
  work.entities.clear();
  work.report.expected = work.expected.size();
  say(fmt::format("found {} at the level {}, {} instances; {}", work.report.found, service::name(work.task.level),
                  work.report.expected, name(work.task.way)));
  work.last_came = loop_.now();
  if (work.task.way == RetrieveWay::deadlock && acceptor_) acceptor_->set_serving(false);
  retrieve_next();
}

/// Begins as many retrievals as the way has at a time, or ends the task.
void Workstation::retrieve_next() {
  auto& work = *work_;
  const bool all_begun = work.next == work.targets.size() || work.resting;
  if (all_begun && work.open == 0) {
    const bool here = work.task.destination.empty() && work.task.way == RetrieveWay::collect;
    if (here && !work.collected && work.came.size() < work.expected.size() && !work.resting)
      collect();  // what is still on its way may come
    else
      finish();
    return;
  }
  if (all_begun) return;
  switch (work.task.way) {
    case RetrieveWay::get: get_next(); break;
    case RetrieveWay::several: move_all(); break;
    case RetrieveWay::collect:
      while (work.open < options_.parallel && work.next < work.targets.size()) move(work.next++);
      break;
    case RetrieveWay::blocking:
    case RetrieveWay::inside:
    case RetrieveWay::deadlock: move(work.next++); break;
  }
}

void Workstation::get_next() {
  auto& work = *work_;
  GetRequest request;
  request.model = work.task.model;
  request.identifier = unique_keys(work.task.model, work.task.level, work.targets[work.next++]);
  for (const auto& uid : work.sop_classes)
    if (!uid.empty()) request.sop_classes.push_back(uid);
  if (request.sop_classes.empty())
    for (const auto uid : service::storage_sop_classes()) request.sop_classes.emplace_back(uid);
  request.into = receiver_;
  ++work.open;
  async_get(loop_, options_.archive, std::move(request), [this](const RequestorResult& result) {
    --work_->open;
    ended(result, !result.statuses.empty());
    retrieve_next();
  });
}

void Workstation::move(std::size_t number) {
  auto& work = *work_;
  MoveRequest request;
  request.model = work.task.model;
  request.identifier = unique_keys(work.task.model, work.task.level, work.targets[number]);
  const bool inside = work.task.way == RetrieveWay::inside || work.task.way == RetrieveWay::deadlock;
  request.destination = !work.task.destination.empty() ? work.task.destination
                        : inside                       ? options_.ae_title
                                                       : options_.receiver_ae_title;
  ++work.open;
  async_move(loop_, options_.archive, std::move(request), [this](const RequestorResult& result) {
    auto& now = *work_;
    --now.open;
    ended(result, !result.statuses.empty());
    if (now.task.way != RetrieveWay::deadlock || !acceptor_) {
      retrieve_next();
      return;
    }
    // Only now is the one thread free for whoever knocks.
    acceptor_->set_serving(true);
    now.timer.expires_after(std::chrono::milliseconds(500));
    now.timer.async_wait([this](const error_code& error) {
      if (error) return;
      if (work_->next < work_->targets.size()) acceptor_->set_serving(false);
      retrieve_next();
    });
  });
}

void Workstation::move_all() {
  auto& work = *work_;
  MoveJob job;
  job.model = work.task.model;
  job.destination = work.task.destination.empty() ? options_.receiver_ae_title : work.task.destination;
  job.next = [this]() -> std::optional<DataSet> {
    auto& now = *work_;
    if (now.next == now.targets.size() || now.resting) return std::nullopt;
    return unique_keys(now.task.model, now.task.level, now.targets[now.next++]);
  };
  job.answered = [this](std::uint16_t status, const service::SubOperationCounts& counts) {
    RequestorResult one;
    one.statuses = {status};
    one.counts = counts;
    ended(one, true);
  };
  ++work.open;
  async_move(loop_, options_.archive, std::move(job), [this](const RequestorResult& result) {
    auto& now = *work_;
    --now.open;
    now.next = now.targets.size();
    if (result.trace && options_.on_own_trace) options_.on_own_trace(*result.trace);
    if (result.failure != Failure::none) failed(result.failure, result.message);
    retrieve_next();
  });
}

/// Waits for what is on its way to the receiver, whoever has answered the moves meanwhile.
void Workstation::collect() {
  auto& work = *work_;
  if (work.collected) return;
  const bool all = work.came.size() == work.expected.size();
  const auto until = work.last_came + options_.collect_wait;
  if (!all && loop_.now() < until) {
    work.timer.expires_at(loop_.impl().time_point(until));
    work.timer.async_wait([weak = std::weak_ptr(work_), this](const error_code& error) {
      if (const auto same = weak.lock(); !error && same && same == work_) collect();
    });
    return;
  }
  work.collected = true;
  work.timer.cancel();
  work.report.unanswered = work.open + (work.targets.size() - work.next);
  say(fmt::format("collected {} of {} instances, {} moves not answered yet", work.came.size(), work.expected.size(),
                  work.report.unanswered));
  if (work.open == 0) finish();
}

void Workstation::ended(const RequestorResult& result, bool final_response) {
  auto& report = work_->report;
  if (final_response) ++report.answered;
  if (result.counts) {
    report.completed += result.counts->completed;
    report.warning += result.counts->warning;
    report.failed += result.counts->failed;
  }
  if (result.trace && options_.on_own_trace) options_.on_own_trace(*result.trace);
  if (result.failure != Failure::none) failed(result.failure, result.message);
}

void Workstation::finish() {
  auto& work = *work_;
  if (acceptor_) acceptor_->set_serving(true);
  auto& report = work.report;
  report.received = work.came.size();
  for (const auto& uid : work.expected)
    if (!work.came.contains(uid) && report.missing.size() < RetrieveReport::max_missing) report.missing.push_back(uid);
  // From the loop and not from here: whoever is told may begin the next task.
  loop_.post([this, done = std::move(work.done), told = std::move(report)]() mutable {
    busy_ = false;
    done(std::move(told));
  });
  work_.reset();
}

}  // namespace assay::peers
