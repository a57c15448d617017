// C-GET and C-MOVE as SCP. Tests: tests/unit/service/retrieve_test.cpp
#include "harness/service/retrieve.hpp"

#include <algorithm>
#include <limits>

#include "harness/dimse/status.hpp"
#include "harness/service/answer.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/user.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t success = 0x0000;
constexpr std::uint16_t pending = 0xff00;
constexpr std::uint16_t cancelled = 0xfe00;
constexpr std::uint16_t one_or_more_failures = 0xb000;
constexpr std::uint16_t cannot_count = 0xa701;
constexpr std::uint16_t cannot_perform = 0xa702;
constexpr std::uint16_t destination_unknown = 0xa801;
constexpr std::uint16_t does_not_match = 0xa900;
constexpr std::uint16_t unable_to_process = 0xc000;
constexpr std::uint16_t not_sent = 0x0122;

std::optional<Model> model_of(std::string_view uid, std::string_view patient, std::string_view study,
                              std::string_view patient_study_only) {
  if (uid == patient) return Model::patient_root;
  if (uid == study) return Model::study_root;
  if (uid == patient_study_only) return Model::patient_study_only;
  return std::nullopt;
}

struct Wanted {
  std::string uid;
  std::string sop_class;
};

/// Counts the sub-operations and makes the responses of both retrievals.
class Progress {
 public:
  explicit Progress(dimse::Message request, std::string_view transfer_syntax, std::vector<Wanted> wanted)
      : request_(std::move(request)), encoding_(dataset::encoding_of(transfer_syntax)), wanted_(std::move(wanted)) {
    request_.data_set = {};
    counts_.remaining = static_cast<std::uint16_t>(wanted_.size());
  }

  /// The instance whose turn it is; null: none is left.
  [[nodiscard]] const Wanted* current() const { return at_ < wanted_.size() ? &wanted_[at_] : nullptr; }
  void done(std::uint16_t status) {
    switch (dimse::status_class(status)) {
      case dimse::StatusClass::success: ++counts_.completed; break;
      case dimse::StatusClass::warning: ++counts_.warning; break;
      default: ++counts_.failed; failed_.push_back(wanted_[at_].uid);
    }
    ++at_;
    --counts_.remaining;
  }
  [[nodiscard]] const dimse::Message& request() const { return request_; }
  [[nodiscard]] const std::vector<Wanted>& wanted() const { return wanted_; }

  [[nodiscard]] dimse::Message pending_response() const {
    auto out = answer(request_, pending);
    put_counts(out, true);
    return out;
  }
  /// Success, Warning or Failure as the counts have it (PS3.4 C.4.2.3.1, C.4.3.3.1).
  [[nodiscard]] dimse::Message last_response(bool was_cancelled) const {
    const bool none = counts_.completed == 0 && counts_.warning == 0;
    const auto status = was_cancelled                                 ? cancelled
                        : counts_.failed == 0 && counts_.warning == 0 ? success
                        : none                                        ? cannot_perform
                                                                      : one_or_more_failures;
    auto out = answer(request_, status);
    put_counts(out, was_cancelled);
    if (!failed_.empty()) {
      dataset::DataSet identifier(dataset::explicit_le);
      std::string list;
      for (const auto& uid : failed_) list += (list.empty() ? "" : "\\") + uid;
      identifier.set_text(tags::FailedSOPInstanceUIDList, list);
      give(out, dataset::encode(identifier, encoding_));
    }
    return out;
  }

 private:
  void put_counts(dimse::Message& out, bool with_remaining) const {
    auto& elements = out.command.elements();
    if (with_remaining) elements.set_u16(tags::NumberOfRemainingSuboperations, counts_.remaining);
    elements.set_u16(tags::NumberOfCompletedSuboperations, counts_.completed);
    elements.set_u16(tags::NumberOfFailedSuboperations, counts_.failed);
    elements.set_u16(tags::NumberOfWarningSuboperations, counts_.warning);
  }

  dimse::Message request_;
  dataset::Encoding encoding_;
  std::vector<Wanted> wanted_;
  std::size_t at_ = 0;
  SubOperationCounts counts_;
  std::vector<std::string> failed_;
};

/// C-GET: the instances go out on the association itself.
class GetOperation final : public Operation {
 public:
  GetOperation(Progress progress, const InstanceStore& store, const AssociationView& association)
      : progress_(std::move(progress)), store_(&store) {
    // The requestor takes instances where it has the SCP role (PS3.4 C.4.3.2.1).
    for (const auto& [id, context] : association.contexts)
      if (context.requestor_is_scp) users_.emplace_back(context);
  }

  [[nodiscard]] bool over() const override { return over_; }
  [[nodiscard]] bool waits() const override { return waits_; }
  [[nodiscard]] bool asks() const override { return !report_ && !cancelled_ && progress_.current() != nullptr; }
  void cancel() override { cancelled_ = true; }

  std::optional<dimse::Message> next() override {
    if (waits_) return std::nullopt;
    if (std::exchange(report_, false)) return progress_.pending_response();
    const auto* wanted = progress_.current();
    if (cancelled_ || wanted == nullptr) {
      over_ = true;
      return progress_.last_response(cancelled_ && wanted != nullptr);
    }
    if (auto request = sub_operation(*wanted)) {
      waits_ = true;
      return request;
    }
    progress_.done(not_sent);
    return std::nullopt;  // another turn: many in a row must not hold up the others
  }

  void received(const dimse::Message& response) override {
    waits_ = false;
    progress_.done(response.command.status().value_or(unable_to_process));
    report_ = progress_.current() != nullptr;
  }

 private:
  std::optional<dimse::Message> sub_operation(const Wanted& wanted) {
    const auto takes = [&](const StoreUser& user) { return user.context().abstract_syntax == wanted.sop_class; };
    if (std::ranges::none_of(users_, takes)) return std::nullopt;
    const auto instance = store_->find(wanted.uid);
    if (!instance) return std::nullopt;
    for (const bool exact : {true, false}) {
      for (auto& user : users_) {
        if (!takes(user) || (user.context().transfer_syntax == instance->transfer_syntax) != exact) continue;
        auto request =
            user.request(0, instance, progress_.request().command.elements().u16(tags::Priority).value_or(0));
        if (request) return request;
      }
    }
    return std::nullopt;
  }

  Progress progress_;
  const InstanceStore* store_;
  std::vector<StoreUser> users_;
  bool waits_ = false;
  bool report_ = false;
  bool cancelled_ = false;
  bool over_ = false;
};

/// C-MOVE: somebody else sends the instances; the operation and he share this.
class MoveState final : public ForwardSource {
 public:
  MoveState(Progress progress_of, const InstanceStore& from, std::function<void()> wake_up)
      : progress(std::move(progress_of)), store(&from), wake(std::move(wake_up)) {}

  InstancePtr next() override {
    while (!stopped) {
      const auto* wanted = progress.current();
      if (wanted == nullptr) return nullptr;
      if (auto instance = store->find(wanted->uid)) return instance;
      take(not_sent);
    }
    return nullptr;
  }
  void answered(std::uint16_t status) override {
    if (!abandoned && progress.current() != nullptr) take(status);
  }
  void ended() override {
    if (abandoned) return;
    while (!stopped && progress.current() != nullptr) progress.done(not_sent);
    finished = true;
    if (wake) wake();
  }

  Progress progress;
  const InstanceStore* store;
  std::function<void()> wake;
  bool report = false;
  bool stopped = false;    // cancelled: no more instances are given
  bool abandoned = false;  // the association that asked is gone
  bool finished = false;

 private:
  void take(std::uint16_t status) {
    progress.done(status);
    report = progress.current() != nullptr;
    if (wake) wake();
  }
};

class MoveOperation final : public Operation {
 public:
  explicit MoveOperation(std::shared_ptr<MoveState> state) : state_(std::move(state)) {}
  ~MoveOperation() override { state_->abandoned = state_->stopped = true; }

  [[nodiscard]] bool over() const override { return over_; }
  [[nodiscard]] bool waits() const override { return !state_->report && !state_->finished; }
  void cancel() override { state_->stopped = true; }

  std::optional<dimse::Message> next() override {
    if (state_->finished) {
      over_ = true;
      return state_->progress.last_response(state_->stopped && state_->progress.current() != nullptr);
    }
    if (std::exchange(state_->report, false)) return state_->progress.pending_response();
    return std::nullopt;
  }

 private:
  std::shared_ptr<MoveState> state_;
  bool over_ = false;
};

}  // namespace

std::optional<Model> get_model(std::string_view sop_class_uid) {
  return model_of(sop_class_uid, uids::PatientRootQueryRetrieveInformationModelGet,
                  uids::StudyRootQueryRetrieveInformationModelGet,
                  uids::PatientStudyOnlyQueryRetrieveInformationModelGet);
}

std::optional<Model> move_model(std::string_view sop_class_uid) {
  return model_of(sop_class_uid, uids::PatientRootQueryRetrieveInformationModelMove,
                  uids::StudyRootQueryRetrieveInformationModelMove,
                  uids::PatientStudyOnlyQueryRetrieveInformationModelMove);
}

std::expected<Retrieval, QueryError> Retrieval::parse(ByteView identifier, std::string_view transfer_syntax,
                                                      Model model, bool relational) {
  const auto encoding = dataset::encoding_of(transfer_syntax);
  if (encoding.deflated)
    return std::unexpected(QueryError{unable_to_process, std::nullopt, "deflated Identifiers are not read"});
  const auto decoded = dataset::decode(identifier, encoding);
  if (has_error(decoded.problems))
    return std::unexpected(QueryError{unable_to_process, std::nullopt, "Identifier cannot be read"});
  return parse(decoded.data_set, model, relational);
}

std::expected<Retrieval, QueryError> Retrieval::parse(const dataset::DataSet& identifier, Model model,
                                                      bool relational) {
  const auto refuse = [](Tag tag, std::string comment) {
    return std::unexpected(QueryError{does_not_match, tag, std::move(comment)});
  };
  const auto level_text = identifier.text(tags::QueryRetrieveLevel);
  const auto level = level_from(level_text);
  if (level_text.empty()) return refuse(tags::QueryRetrieveLevel, "Query/Retrieve Level is missing");
  if (!level) return refuse(tags::QueryRetrieveLevel, "unknown Query/Retrieve Level");
  if (!has_level(model, *level))
    return refuse(tags::QueryRetrieveLevel, "this information model has no level " + std::string(name(*level)));

  Retrieval out;
  out.level = *level;
  const auto top = model == Model::study_root ? QueryLevel::study : QueryLevel::patient;
  for (auto each = top; each <= *level; each = static_cast<QueryLevel>(static_cast<int>(each) + 1)) {
    const auto tag = unique_key(each);
    std::vector<std::string> values;
    for (const auto one : identifier.texts(tag))
      if (!one.empty()) values.emplace_back(one);
    const auto of_level = "unique key of the level " + std::string(name(each));
    if (values.empty() && relational && each < *level) continue;
    if (values.empty()) return refuse(tag, of_level + " is missing");
    if (each == QueryLevel::patient ? values.size() > 1 : each < *level && values.size() > 1)
      return refuse(tag, of_level + " must be one value");
    if (each != QueryLevel::patient &&
        std::ranges::any_of(values, [](const auto& one) { return one.find_first_of("*?") != std::string::npos; }))
      return refuse(tag, of_level + " must not have wild cards");
    switch (each) {
      case QueryLevel::patient: out.scope.patient_id = values.front(); break;
      case QueryLevel::study: out.scope.study_uids = std::move(values); break;
      case QueryLevel::series: out.scope.series_uids = std::move(values); break;
      case QueryLevel::image: out.scope.instance_uids = std::move(values); break;
    }
  }
  return out;
}

std::unique_ptr<Operation> RetrieveService::begin(dimse::Message request, const session::AcceptedContext& context,
                                                  const AssociationView& association) {
  const auto refuse = [&](std::uint16_t status, std::string_view comment, std::optional<Tag> offending = {}) {
    return std::make_unique<SingleResponse>(answer(request, status, comment, offending));
  };
  const auto get = get_model(context.abstract_syntax);
  const auto model = get ? *get : *move_model(context.abstract_syntax);
  if (!request.command.has_data_set()) return refuse(does_not_match, "no Identifier", tags::CommandDataSetType);
  if (!request.data_set_kept()) return refuse(cannot_count, "Identifier larger than is kept here");
  const auto agreed = association.extensions.find(context.abstract_syntax);
  const bool relational = agreed != association.extensions.end() && agreed->second.relational;
  const auto retrieval = Retrieval::parse(request.data_set, context.transfer_syntax, model, relational);
  if (!retrieval) return refuse(retrieval.error().status, retrieval.error().comment, retrieval.error().offending);

  std::vector<Wanted> wanted;
  std::vector<std::pair<std::string, std::string>> kinds;
  const auto cursor = store_->candidates(QueryLevel::image, retrieval->scope);
  while (const auto entity = cursor->next()) {
    const auto& one = *entity->representative;
    const auto outside = [](const std::vector<std::string>& uids, const std::string& uid) {
      return !uids.empty() && std::ranges::find(uids, uid) == uids.end();
    };
    const auto& scope = retrieval->scope;  // candidates may be more than was asked for
    if ((!scope.patient_id.empty() && one.patient_id != scope.patient_id) || outside(scope.study_uids, one.study_uid) ||
        outside(scope.series_uids, one.series_uid) || outside(scope.instance_uids, one.sop_instance_uid))
      continue;
    // The counts are of VR US (PS3.7 E.1).
    if (wanted.size() == std::numeric_limits<std::uint16_t>::max())
      return refuse(cannot_count, "more sub-operations than can be counted");
    wanted.push_back({one.sop_instance_uid, one.sop_class_uid});
    std::pair kind{one.sop_class_uid, one.transfer_syntax};
    if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(std::move(kind));
  }

  const auto message_id = request.command.message_id().value_or(0);
  auto destination = std::string(request.command.elements().text(tags::MoveDestination));
  Progress progress(request, context.transfer_syntax, std::move(wanted));
  if (get) return std::make_unique<GetOperation>(std::move(progress), *store_, association);
  const auto state = std::make_shared<MoveState>(std::move(progress), *store_, association.wake);
  ForwardJob job{std::move(destination), association.calling_ae_title, message_id, std::move(kinds), state};
  if (!forward_ || job.destination.empty() || !forward_(std::move(job)))
    return refuse(destination_unknown, "Move Destination is not known here", tags::MoveDestination);
  return std::make_unique<MoveOperation>(state);
}

}  // namespace assay::service
