// Echo as SCU, and store and find of what stands in memory, over peers/requestor.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/service/sop_classes.hpp"
#include "peers/operate.hpp"
#include "peers/scu.hpp"

namespace assay::peers {
namespace {

constexpr std::size_t most_echoes = 256;  // even where the peer names no limit

class Echo final : public Operations {
 public:
  explicit Echo(unsigned count) : left_(count) {}
  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    return {{std::string(uids::Verification), {std::string(uids::ImplicitVRLittleEndian)}}};
  }
  [[nodiscard]] std::size_t most_outstanding() const override { return most_echoes; }
  std::expected<void, std::string> begin(const session::Session& session) override {
    const auto* context = session.context_for(uids::Verification);
    if (context == nullptr)
      return std::unexpected("does not accept Verification, which every DICOM application should: try store or find");
    user_.emplace(*context);
    return {};
  }
  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult&) override {
    if (left_ == 0) return std::nullopt;
    --left_;
    return in_hand_.insert_or_assign(message_id, *user_).first->second.request(message_id);
  }
  service::UserStep consume(const dimse::Message& message, RequestorResult&) override {
    auto found = in_hand_.find(message.command.responded_to().value_or(0));
    if (in_hand_.empty()) return {};
    if (found == in_hand_.end()) found = in_hand_.begin();  // it can say what is wrong with the message
    auto step = found->second.consume(message);
    if (step.kind == service::UserStep::Kind::final) in_hand_.erase(found);
    return step;
  }
  [[nodiscard]] std::string service() const override { return "C-ECHO"; }

 private:
  unsigned left_;
  std::optional<service::EchoUser> user_;
  std::map<std::uint16_t, service::EchoUser> in_hand_;  // by Message ID
};

}  // namespace

void async_echo(Loop& loop, const RequestorOptions& options, unsigned count, RequestorDone done) {
  start_requestor(loop, options, std::make_unique<Echo>(count), std::move(done));
}

void async_store(Loop& loop, const RequestorOptions& options, std::vector<service::InstancePtr> instances,
                 RequestorDone done) {
  StoreJob job;
  for (const auto& instance : instances) {
    auto context = storage_context(instance->sop_class_uid, instance->transfer_syntax);
    if (std::find(job.contexts.begin(), job.contexts.end(), context) == job.contexts.end())
      job.contexts.push_back(std::move(context));
  }
  struct Given {
    std::vector<service::InstancePtr> instances;
    std::size_t at = 0;
    std::map<std::size_t, std::uint16_t> statuses;  // by the number of the instance
    std::string not_sent;                           // of the first
  };
  const auto given = std::make_shared<Given>();
  given->instances = std::move(instances);
  job.next = [given]() -> service::InstancePtr {
    if (given->at == given->instances.size()) return nullptr;
    return given->instances[given->at++];
  };
  job.outcome = [given](const StoreOutcome& outcome) {
    given->statuses[outcome.number] = outcome.sent ? outcome.status : std::uint16_t{0x0122};
    if (outcome.sent || !given->not_sent.empty()) return;
    const auto& instance = *given->instances[outcome.number];
    given->not_sent = fmt::format(
        "{} was not sent: no accepted presentation context for {} takes its transfer syntax {}",
        instance.sop_instance_uid, dict::uid_name(instance.sop_class_uid), dict::uid_name(instance.transfer_syntax));
  };
  async_store(loop, options, std::move(job), [given, done = std::move(done)](RequestorResult result) {
    result.statuses.clear();
    for (const auto& [number, status] : given->statuses) result.statuses.push_back(status);
    if (result.failure == Failure::none && !given->not_sent.empty()) {
      result.failure = Failure::no_context;
      result.message = std::move(given->not_sent);
    }
    done(std::move(result));
  });
}

void async_find(Loop& loop, const RequestorOptions& options, dataset::DataSet identifier, RequestorDone done) {
  async_find(loop, options, uids::StudyRootQueryRetrieveInformationModelFind, std::move(identifier), std::move(done));
}

void async_find(Loop& loop, const RequestorOptions& options, std::string_view sop_class_uid,
                dataset::DataSet identifier, RequestorDone done) {
  struct Given {
    std::optional<dataset::DataSet> identifier;
    std::vector<dataset::DataSet> matches;
  };
  const auto given = std::make_shared<Given>();
  given->identifier = std::move(identifier);
  FindJob job;
  job.sop_class = sop_class_uid;
  job.next = [given] { return std::exchange(given->identifier, std::nullopt); };
  job.match = [given](dataset::DataSet match, std::uint16_t) { given->matches.push_back(std::move(match)); };
  async_find(loop, options, std::move(job), [given, done = std::move(done)](RequestorResult result) {
    result.identifiers = std::move(given->matches);
    done(std::move(result));
  });
}

void async_worklist(Loop& loop, const RequestorOptions& options, dataset::DataSet identifier, RequestorDone done) {
  async_find(loop, options, uids::ModalityWorklistInformationModelFind, std::move(identifier), std::move(done));
}

RequestorResult echo(Loop& loop, const RequestorOptions& options, unsigned count) {
  return finish_on(loop, [&](RequestorDone done) { async_echo(loop, options, count, std::move(done)); });
}

RequestorResult store(Loop& loop, const RequestorOptions& options, const std::vector<service::Instance>& instances) {
  std::vector<service::InstancePtr> shared;
  shared.reserve(instances.size());
  // The caller's instances outlive this call, and so need no copy.
  for (const auto& instance : instances) shared.push_back(service::InstancePtr(service::InstancePtr{}, &instance));
  return finish_on(loop, [&](RequestorDone done) { async_store(loop, options, std::move(shared), std::move(done)); });
}

RequestorResult find(Loop& loop, const RequestorOptions& options, const dataset::DataSet& identifier) {
  return finish_on(loop, [&](RequestorDone done) { async_find(loop, options, identifier, std::move(done)); });
}

RequestorResult worklist(Loop& loop, const RequestorOptions& options, const dataset::DataSet& identifier) {
  return finish_on(loop, [&](RequestorDone done) { async_worklist(loop, options, identifier, std::move(done)); });
}

}  // namespace assay::peers
