// C-GET and C-MOVE as SCU, and the sub-operations of a C-MOVE that we were asked for.
#include <fmt/format.h>

#include <algorithm>

#include "harness/service/answer.hpp"
#include "harness/service/sop_classes.hpp"
#include "peers/operate.hpp"
#include "peers/scu.hpp"

namespace assay::peers {
namespace {

/// Contexts that one association may have (PS3.8 9.3.2.2: odd ids from 1 to 255).
constexpr std::size_t most_contexts = 128;
constexpr std::uint16_t sop_class_not_supported = 0x0122;

using service::Model;

std::string get_class(Model model) {
  switch (model) {
    case Model::patient_root: return std::string(uids::PatientRootQueryRetrieveInformationModelGet);
    case Model::study_root: return std::string(uids::StudyRootQueryRetrieveInformationModelGet);
    case Model::patient_study_only: break;
  }
  return std::string(uids::PatientStudyOnlyQueryRetrieveInformationModelGet);
}

std::string move_class(Model model) {
  switch (model) {
    case Model::patient_root: return std::string(uids::PatientRootQueryRetrieveInformationModelMove);
    case Model::study_root: return std::string(uids::StudyRootQueryRetrieveInformationModelMove);
    case Model::patient_study_only: break;
  }
  return std::string(uids::PatientStudyOnlyQueryRetrieveInformationModelMove);
}

/// What C-GET and C-MOVE have in common: one request, progress, a cancel.
template <typename User>
class Retrieve : public Operations {
 public:
  [[nodiscard]] service::AgreedExtensions extensions() const override {
    if (!relational_) return {};
    return {{sop_class_, {.relational = true}}};
  }
  void agreed(const service::AgreedExtensions& all) override {
    const auto found = all.find(sop_class_);
    agreed_ = found != all.end() && found->second.relational;
  }
  std::expected<void, std::string> begin(const session::Session& session) override {
    const auto* context = session.context_for(sop_class_);
    if (context == nullptr)
      return std::unexpected(fmt::format("does not accept {}: see which models its conformance statement names",
                                         dict::uid_name(sop_class_)));
    if (auto refused = not_agreed({.relational = relational_}, {.relational = agreed_}))
      return std::unexpected(std::move(*refused));
    user_.emplace(*context);
    return {};
  }
  service::UserStep consume(const dimse::Message& message, RequestorResult& result) override {
    auto step = user_->consume(message);
    if (step.kind == service::UserStep::Kind::unexpected) return step;
    if (step.counts) {
      result.counts = step.counts;
      if (on_progress_) on_progress_(*step.counts);
      done_ = std::size_t{step.counts->completed} + step.counts->failed + step.counts->warning;
    }
    if (step.identifier) result.identifiers.push_back(std::move(*step.identifier));
    return step;
  }
  std::optional<dimse::Message> beside() override {
    if (!cancel_ || cancelled_ || user_->done() || !cancel_(done_)) return std::nullopt;
    cancelled_ = true;
    return user_->cancel();
  }

 protected:
  Retrieve(std::string sop_class, bool relational, std::function<bool(std::size_t)> cancel,
           std::function<void(const service::SubOperationCounts&)> on_progress)
      : sop_class_(std::move(sop_class)),
        relational_(relational),
        cancel_(std::move(cancel)),
        on_progress_(std::move(on_progress)) {}

  std::string sop_class_;
  bool relational_;
  bool agreed_ = false;
  std::optional<User> user_;
  std::size_t done_ = 0;  // sub-operations

 private:
  std::function<bool(std::size_t)> cancel_;
  std::function<void(const service::SubOperationCounts&)> on_progress_;
  bool cancelled_ = false;
};

class Get final : public Retrieve<service::GetUser> {
 public:
  explicit Get(GetRequest request)
      : Retrieve(get_class(request.model), request.relational, std::move(request.cancel),
                 std::move(request.on_progress)),
        request_(std::move(request)) {
    const auto each = 1 + request_.compressed_syntaxes.size();
    const auto most = (most_contexts - 1) / each;
    if (request_.sop_classes.size() > most) request_.sop_classes.resize(most);
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    std::vector<std::pair<std::string, std::vector<std::string>>> out{{sop_class_, plain_syntaxes()}};
    for (const auto& sop_class : request_.sop_classes) {
      out.emplace_back(sop_class, plain_syntaxes());
      for (const auto& syntax : request_.compressed_syntaxes) out.emplace_back(sop_class, std::vector{syntax});
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> as_scp() const override { return request_.sop_classes; }
  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult&) override {
    if (std::exchange(sent_, true)) return std::nullopt;
    return user_->request(message_id, request_.identifier);
  }
  std::optional<dimse::Message> answer(const dimse::Message& request, const session::Session& session) override {
    if (request.command.field() != static_cast<std::uint16_t>(dimse::CommandField::c_store_rq)) return std::nullopt;
    const auto found = session.contexts().find(request.context_id);
    ++received_;
    if (found == session.contexts().end() || !found->second.requestor_is_scp)
      return service::answer(request, sop_class_not_supported, "no Storage SCP on this context");
    return service::answer_store(request, found->second, *request_.into, request_.storage);
  }
  std::optional<dimse::Message> beside() override {
    done_ = std::max(done_, received_);  // pending responses are optional (PS3.7 9.1.3.1)
    return Retrieve::beside();
  }
  [[nodiscard]] std::string service() const override { return "C-GET"; }

 private:
  GetRequest request_;
  std::size_t received_ = 0;
  bool sent_ = false;
};

class Move final : public Retrieve<service::MoveUser> {
 public:
  explicit Move(MoveRequest request)
      : Retrieve(move_class(request.model), request.relational, std::move(request.cancel),
                 std::move(request.on_progress)),
        request_(std::move(request)) {}
  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    return {{sop_class_, plain_syntaxes()}};
  }
  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult&) override {
    if (std::exchange(sent_, true)) return std::nullopt;
    return user_->request(message_id, request_.identifier, request_.destination);
  }
  [[nodiscard]] std::string service() const override { return "C-MOVE"; }

 private:
  MoveRequest request_;
  bool sent_ = false;
};

/// Several moves, one after the other.
class Moves final : public Operations {
 public:
  explicit Moves(MoveJob job) : sop_class_(move_class(job.model)), job_(std::move(job)) {}
  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    return {{sop_class_, plain_syntaxes()}};
  }
  std::expected<void, std::string> begin(const session::Session& session) override {
    const auto* context = session.context_for(sop_class_);
    if (context == nullptr)
      return std::unexpected(fmt::format("does not accept {}: see which models its conformance statement names",
                                         dict::uid_name(sop_class_)));
    user_.emplace(*context);
    return {};
  }
  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult&) override {
    const auto identifier = job_.next();
    if (!identifier) return std::nullopt;
    return user_->request(message_id, *identifier, job_.destination);
  }
  service::UserStep consume(const dimse::Message& message, RequestorResult& result) override {
    auto step = user_->consume(message);
    if (step.counts) result.counts = step.counts;
    if (step.kind == service::UserStep::Kind::final && job_.answered)
      job_.answered(step.status, step.counts.value_or(service::SubOperationCounts{}));
    return step;
  }
  [[nodiscard]] std::string service() const override { return "C-MOVE"; }

 private:
  std::string sop_class_;
  MoveJob job_;
  std::optional<service::MoveUser> user_;
};

/// C-STORE sub-operations: what comes from the source, with the originator named (PS3.7 9.1.1.1).
class SubOperations final : public Operations {
 public:
  explicit SubOperations(service::ForwardJob job) : job_(std::move(job)) {}
  ~SubOperations() override { job_.source->ended(); }

  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    std::vector<std::pair<std::string, std::vector<std::string>>> wanted;
    for (const auto& [sop_class, syntax] : job_.kinds) {
      auto entry = storage_context(sop_class, syntax);
      if (std::ranges::find(wanted, entry) == wanted.end() && wanted.size() < most_contexts)
        wanted.push_back(std::move(entry));
    }
    return wanted;
  }
  std::expected<void, std::string> begin(const session::Session& session) override {
    for (const auto& [id, context] : session.contexts()) users_.emplace_back(context);
    if (users_.empty()) return std::unexpected("accepts none of the storage SOP Classes of the instances to be moved");
    return {};
  }
  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult&) override {
    while (const auto instance = job_.source->next()) {
      for (const bool exact : {true, false}) {
        for (auto& user : users_) {
          if (user.context().abstract_syntax != instance->sop_class_uid ||
              (user.context().transfer_syntax == instance->transfer_syntax) != exact)
            continue;
          auto request = user.request(message_id, instance);
          if (!request) continue;
          auto& elements = request->command.elements();
          elements.set_text(tags::MoveOriginatorApplicationEntityTitle, job_.originator_ae_title);
          elements.set_u16(tags::MoveOriginatorMessageID, job_.originator_message_id);
          current_ = &user;
          return request;
        }
      }
      job_.source->answered(sop_class_not_supported);
    }
    return std::nullopt;
  }
  service::UserStep consume(const dimse::Message& message, RequestorResult&) override {
    auto step = current_->consume(message);
    if (step.kind == service::UserStep::Kind::final) job_.source->answered(step.status);
    return step;
  }
  [[nodiscard]] std::string service() const override { return "C-STORE"; }

 private:
  service::ForwardJob job_;
  std::vector<service::StoreUser> users_;
  service::StoreUser* current_ = nullptr;
};

}  // namespace

void async_get(Loop& loop, const RequestorOptions& options, GetRequest request, RequestorDone done) {
  if (!request.into) request.into = std::make_shared<service::MemoryStore>();
  start_requestor(loop, options, std::make_unique<Get>(std::move(request)), std::move(done));
}

void async_move(Loop& loop, const RequestorOptions& options, MoveRequest request, RequestorDone done) {
  start_requestor(loop, options, std::make_unique<Move>(std::move(request)), std::move(done));
}

void async_move(Loop& loop, const RequestorOptions& options, MoveJob job, RequestorDone done) {
  start_requestor(loop, options, std::make_unique<Moves>(std::move(job)), std::move(done));
}

void async_forward(Loop& loop, const RequestorOptions& options, service::ForwardJob job, RequestorDone done) {
  start_requestor(loop, options, std::make_unique<SubOperations>(std::move(job)), std::move(done));
}

RequestorResult get(Loop& loop, const RequestorOptions& options, GetRequest request) {
  return finish_on(loop, [&](RequestorDone done) { async_get(loop, options, std::move(request), std::move(done)); });
}

RequestorResult move(Loop& loop, const RequestorOptions& options, MoveRequest request) {
  return finish_on(loop, [&](RequestorDone done) { async_move(loop, options, std::move(request), std::move(done)); });
}

service::Forward forward_to(Loop& loop, std::shared_ptr<const DestinationTable> table, RequestorOptions options,
                            std::function<void(std::string)> log) {
  return [&loop, table = std::move(table), options = std::move(options), log](service::ForwardJob job) mutable {
    const auto found = table->find(job.destination);
    if (found == table->end()) {
      if (log) log(fmt::format("C-MOVE to \"{}\": nobody of this title is known", job.destination));
      return false;
    }
    options.host = found->second.host;
    options.port = found->second.port;
    options.tls = found->second.tls;
    options.called_ae = job.destination;
    const auto title = job.destination;
    if (job.kinds.empty()) {  // nothing to send: nobody is called
      loop.post([source = job.source] { source->ended(); });
      return true;
    }
    async_forward(loop, options, std::move(job), [title, log](const RequestorResult& result) {
      if (log && result.failure != Failure::none) log(fmt::format("C-MOVE to {}: {}", title, result.message));
    });
    return true;
  };
}

}  // namespace assay::peers
