// DIMSE-N operations as SCU; the performed procedure step is a creation and a change.
#include <fmt/format.h>

#include <algorithm>

#include "harness/service/sop_classes.hpp"
#include "peers/operate.hpp"

namespace assay::peers {
namespace {

class Normalized final : public Operations {
 public:
  explicit Normalized(std::vector<NormalizedCall> calls) : calls_(std::move(calls)) {}

  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    std::vector<std::pair<std::string, std::vector<std::string>>> out;
    for (const auto& call : calls_)
      if (std::ranges::none_of(out, [&](const auto& one) { return one.first == call.sop_class_uid; }))
        out.emplace_back(call.sop_class_uid, plain_syntaxes());
    return out;
  }
  std::expected<void, std::string> begin(const session::Session& session) override {
    for (const auto& call : calls_) {
      const auto* context = session.context_for(call.sop_class_uid);
      if (context == nullptr)
        return std::unexpected(fmt::format("does not accept {}: see which its conformance statement names",
                                           dict::uid_name(call.sop_class_uid)));
      contexts_.push_back(*context);
    }
    return {};
  }
  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult&) override {
    if (failed_ || at_ == calls_.size()) return std::nullopt;
    const auto& call = calls_[at_];
    user_.emplace(contexts_[at_], call.request);
    ++at_;
    // An instance created without a UID has the one its SCP chose.
    if (!call.sop_instance_uid.empty() || call.request == dimse::CommandField::n_create_rq)
      instance_ = call.sop_instance_uid;
    return user_->request(message_id, {call.sop_class_uid, instance_, call.type},
                          call.data_set ? &*call.data_set : nullptr);
  }
  service::UserStep consume(const dimse::Message& message, RequestorResult& result) override {
    auto step = user_->consume(message);
    if (step.kind != service::UserStep::Kind::final) return step;
    failed_ = !step.succeeded();
    if (instance_.empty()) instance_ = message.command.elements().text(tags::AffectedSOPInstanceUID);
    result.sop_instances.push_back(instance_);
    if (step.identifier) result.identifiers.push_back(std::move(*step.identifier));
    return step;
  }
  [[nodiscard]] std::string service() const override {
    return at_ == 0 ? "DIMSE-N" : dimse::command_name(static_cast<std::uint16_t>(calls_[at_ - 1].request));
  }

 private:
  std::vector<NormalizedCall> calls_;
  std::vector<session::AcceptedContext> contexts_;  // of each call
  std::size_t at_ = 0;
  std::optional<service::NormalizedUser> user_;
  std::string instance_;
  bool failed_ = false;
};

}  // namespace

void async_normalized(Loop& loop, const RequestorOptions& options, std::vector<NormalizedCall> calls,
                      RequestorDone done) {
  start_requestor(loop, options, std::make_unique<Normalized>(std::move(calls)), std::move(done));
}

void async_mpps(Loop& loop, const RequestorOptions& options, MppsRequest request, RequestorDone done) {
  std::vector<NormalizedCall> calls;
  const std::string sop_class(uids::ModalityPerformedProcedureStep);
  if (request.create)
    calls.push_back(
        {dimse::CommandField::n_create_rq, sop_class, request.sop_instance_uid, 0, std::move(request.create)});
  if (request.set)
    calls.push_back({dimse::CommandField::n_set_rq, sop_class, request.sop_instance_uid, 0, std::move(request.set)});
  async_normalized(loop, options, std::move(calls), std::move(done));
}

RequestorResult normalized(Loop& loop, const RequestorOptions& options, std::vector<NormalizedCall> calls) {
  return finish_on(loop,
                   [&](RequestorDone done) { async_normalized(loop, options, std::move(calls), std::move(done)); });
}

RequestorResult mpps(Loop& loop, const RequestorOptions& options, MppsRequest request) {
  return finish_on(loop, [&](RequestorDone done) { async_mpps(loop, options, std::move(request), std::move(done)); });
}

}  // namespace assay::peers
