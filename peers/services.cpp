// Echo, store and find as SCU, over peers/requestor.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/service/sop_classes.hpp"
#include "peers/operate.hpp"

namespace assay::peers {
namespace {

class Echo final : public Operations {
 public:
  explicit Echo(unsigned count) : left_(count) {}
  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    return {{std::string(uids::Verification), {std::string(uids::ImplicitVRLittleEndian)}}};
  }
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
    return user_->request(message_id);
  }
  service::UserStep consume(const dimse::Message& message, RequestorResult&) override {
    return user_->consume(message);
  }
  [[nodiscard]] std::string service() const override { return "C-ECHO"; }

 private:
  unsigned left_;
  std::optional<service::EchoUser> user_;
};

class Store final : public Operations {
 public:
  explicit Store(std::vector<service::InstancePtr> instances) : instances_(std::move(instances)) {}

  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    // A context per SOP Class and kind of encoding, so that compressed and uncompressed instances both find theirs.
    std::vector<std::pair<std::string, std::vector<std::string>>> wanted;
    for (const auto& instance : instances_) {
      auto syntaxes =
          uncompressed(instance->transfer_syntax) ? plain_syntaxes() : std::vector{instance->transfer_syntax};
      if (instance->transfer_syntax == uids::ExplicitVRBigEndian) syntaxes.emplace_back(uids::ExplicitVRBigEndian);
      std::pair entry{instance->sop_class_uid, std::move(syntaxes)};
      if (std::find(wanted.begin(), wanted.end(), entry) == wanted.end()) wanted.push_back(std::move(entry));
    }
    return wanted;
  }

  std::expected<void, std::string> begin(const session::Session& session) override {
    for (const auto& [id, context] : session.contexts()) users_.emplace_back(context);
    if (users_.empty())
      return std::unexpected("accepts none of the storage SOP Classes proposed: compare both conformance statements");
    return {};
  }

  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult& result) override {
    for (; at_ < instances_.size(); ++at_) {
      const auto& instance = *instances_[at_];
      current_ = nullptr;
      for (const bool exact : {true, false}) {
        for (auto& user : users_) {
          const auto& context = user.context();
          if (context.abstract_syntax != instance.sop_class_uid) continue;
          if (exact && context.transfer_syntax != instance.transfer_syntax) continue;
          auto request = user.request(message_id, instance);
          if (!request) continue;
          current_ = &user;
          ++at_;
          return request;
        }
      }
      result.statuses.push_back(0x0122);
      if (result.failure == Failure::none) {
        result.failure = Failure::no_context;
        result.message =
            fmt::format("{} was not sent: no accepted presentation context for {} takes its transfer syntax {}",
                        instance.sop_instance_uid, dict::uid_name(instance.sop_class_uid),
                        dict::uid_name(instance.transfer_syntax));
      }
    }
    return std::nullopt;
  }
  service::UserStep consume(const dimse::Message& message, RequestorResult&) override {
    return current_->consume(message);
  }
  [[nodiscard]] std::string service() const override { return "C-STORE"; }

 private:
  std::vector<service::InstancePtr> instances_;
  std::size_t at_ = 0;
  std::vector<service::StoreUser> users_;
  service::StoreUser* current_ = nullptr;
};

class Find final : public Operations {
 public:
  Find(std::string_view sop_class_uid, dataset::DataSet identifier)
      : sop_class_(sop_class_uid), identifier_(std::move(identifier)) {}
  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    return {{sop_class_, plain_syntaxes()}};
  }
  std::expected<void, std::string> begin(const session::Session& session) override {
    const auto* context = session.context_for(sop_class_);
    if (context == nullptr && sop_class_ == uids::StudyRootQueryRetrieveInformationModelFind)
      return std::unexpected("does not accept Study Root queries: it may know Patient Root only");
    if (context == nullptr)
      return std::unexpected(
          fmt::format("does not accept {}: see which its conformance statement names", dict::uid_name(sop_class_)));
    user_.emplace(*context);
    return {};
  }
  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult&) override {
    if (std::exchange(sent_, true)) return std::nullopt;
    return user_->request(message_id, identifier_);
  }
  service::UserStep consume(const dimse::Message& message, RequestorResult& result) override {
    auto step = user_->consume(message);
    if (step.kind == service::UserStep::Kind::pending && step.identifier)
      result.identifiers.push_back(std::move(*step.identifier));
    return step;
  }
  [[nodiscard]] std::string service() const override { return "C-FIND"; }

 private:
  std::string sop_class_;
  dataset::DataSet identifier_;
  std::optional<service::FindUser> user_;
  bool sent_ = false;
};

}  // namespace

void async_echo(Loop& loop, const RequestorOptions& options, unsigned count, RequestorDone done) {
  start(loop, options, std::make_unique<Echo>(count), std::move(done));
}

void async_store(Loop& loop, const RequestorOptions& options, std::vector<service::InstancePtr> instances,
                 RequestorDone done) {
  start(loop, options, std::make_unique<Store>(std::move(instances)), std::move(done));
}

void async_find(Loop& loop, const RequestorOptions& options, dataset::DataSet identifier, RequestorDone done) {
  async_find(loop, options, uids::StudyRootQueryRetrieveInformationModelFind, std::move(identifier), std::move(done));
}

void async_find(Loop& loop, const RequestorOptions& options, std::string_view sop_class_uid,
                dataset::DataSet identifier, RequestorDone done) {
  start(loop, options, std::make_unique<Find>(sop_class_uid, std::move(identifier)), std::move(done));
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
