#include "peers/scu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "peers/requestor.hpp"

namespace assay::peers {
namespace {

/// Even where the peer names no limit.
constexpr std::size_t most_in_hand = 256;

class Store final : public Operations {
 public:
  explicit Store(StoreJob job) : job_(std::move(job)) {}

  [[nodiscard]] std::vector<ProposedContext> proposals() const override { return job_.contexts; }
  [[nodiscard]] std::size_t most_outstanding() const override { return most_in_hand; }

  std::expected<void, std::string> begin(const session::Session& session) override {
    for (const auto& [id, context] : session.contexts()) users_.emplace_back(context);
    if (users_.empty())
      return std::unexpected("accepts none of the storage SOP Classes proposed: compare both conformance statements");
    return {};
  }

  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult&) override {
    while (const auto instance = job_.next()) {
      StoreOutcome outcome;
      outcome.number = given_++;
      for (const bool exact : {true, false}) {
        for (const auto& one : users_) {
          const auto& context = one.context();
          if (context.abstract_syntax != instance->sop_class_uid) continue;
          if (exact != (context.transfer_syntax == instance->transfer_syntax)) continue;
          auto user = one;
          auto request = user.request(message_id, instance);
          if (!request) continue;
          outcome.sent = true;
          outcome.transfer_syntax = context.transfer_syntax;
          in_hand_.insert_or_assign(message_id, InHand{std::move(user), std::move(outcome)});
          return request;
        }
      }
      job_.outcome(outcome);
    }
    return std::nullopt;
  }

  service::UserStep consume(const dimse::Message& message, RequestorResult&) override {
    const auto found = in_hand_.find(message.command.responded_to().value_or(0));
    // Nothing in hand has this number: any of them can say what is wrong with the message.
    if (in_hand_.empty()) return {};
    auto& one = found == in_hand_.end() ? in_hand_.begin()->second : found->second;
    auto step = one.user.consume(message);
    if (step.kind == service::UserStep::Kind::final) {
      auto outcome = std::move(one.outcome);
      in_hand_.erase(found);
      outcome.status = step.status;
      outcome.comment = step.why;
      job_.outcome(outcome);
    }
    return step;
  }

  [[nodiscard]] std::string service() const override { return "C-STORE"; }

 private:
  struct InHand {
    service::StoreUser user;
    StoreOutcome outcome;
  };
  StoreJob job_;
  std::vector<service::StoreUser> users_;
  std::map<std::uint16_t, InHand> in_hand_;  // by Message ID
  std::size_t given_ = 0;
};

class Find final : public Operations {
 public:
  explicit Find(FindJob job) : job_(std::move(job)) {}

  [[nodiscard]] std::vector<ProposedContext> proposals() const override {
    return {{job_.sop_class, {std::string(uids::ExplicitVRLittleEndian), std::string(uids::ImplicitVRLittleEndian)}}};
  }

  [[nodiscard]] service::AgreedExtensions extensions() const override {
    if (job_.extensions == service::QueryExtensions{}) return {};
    return {{job_.sop_class, job_.extensions}};
  }
  void agreed(const service::AgreedExtensions& all) override {
    if (const auto found = all.find(job_.sop_class); found != all.end()) agreed_ = found->second;
  }

  std::expected<void, std::string> begin(const session::Session& session) override {
    const auto* context = session.context_for(job_.sop_class);
    if (context == nullptr) {
      if (job_.sop_class == uids::StudyRootQueryRetrieveInformationModelFind)
        return std::unexpected("does not accept Study Root queries: it may know Patient Root only");
      return std::unexpected(
          fmt::format("does not accept {}: compare its conformance statement", dict::uid_name(job_.sop_class)));
    }
    if (auto refused = not_agreed(job_.extensions, agreed_)) return std::unexpected(std::move(*refused));
    user_.emplace(*context);
    return {};
  }

  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult&) override {
    auto identifier = job_.next();
    if (!identifier) return std::nullopt;
    cancelled_ = false;
    return user_->request(message_id, *identifier);
  }

  std::optional<dimse::Message> beside() override {
    if (cancelled_ || user_->done() || !job_.cancel || !job_.cancel()) return std::nullopt;
    cancelled_ = true;
    return user_->cancel();
  }

  service::UserStep consume(const dimse::Message& message, RequestorResult&) override {
    auto step = user_->consume(message);
    if (step.kind == service::UserStep::Kind::pending && step.identifier && job_.match)
      job_.match(std::move(*step.identifier), step.status);
    if (step.kind == service::UserStep::Kind::final) {
      if (job_.answered) job_.answered(step.status);
      // It was asked for.
      if (cancelled_ && step.status_class == dimse::StatusClass::cancel)
        step.status_class = dimse::StatusClass::success;
    }
    return step;
  }

  [[nodiscard]] std::string service() const override { return "C-FIND"; }

 private:
  FindJob job_;
  service::QueryExtensions agreed_;
  std::optional<service::FindUser> user_;
  bool cancelled_ = false;
};

}  // namespace

std::optional<std::string> not_agreed(const service::QueryExtensions& wanted, const service::QueryExtensions& agreed) {
  std::string missing;
  const auto look = [&](bool service::QueryExtensions::* item, std::string_view words) {
    if (wanted.*item && !(agreed.*item)) missing += (missing.empty() ? "" : " nor to ") + std::string(words);
  };
  look(&service::QueryExtensions::relational, "relational queries and retrieval");
  look(&service::QueryExtensions::date_time, "combined date-time matching");
  look(&service::QueryExtensions::fuzzy_names, "fuzzy matching of names");
  look(&service::QueryExtensions::timezone, "timezone adjustment");
  if (missing.empty()) return std::nullopt;
  return fmt::format(
      "does not agree to {} (extended negotiation, PS3.4 C.5): ask without it, level by level; its conformance "
      "statement says what it supports",
      missing);
}

ProposedContext storage_context(std::string_view sop_class_uid, std::string_view transfer_syntax) {
  constexpr std::string_view uncompressed[] = {uids::ExplicitVRLittleEndian, uids::ImplicitVRLittleEndian,
                                               uids::ExplicitVRBigEndian};
  ProposedContext context{std::string(sop_class_uid), {std::string(transfer_syntax)}};
  if (std::ranges::find(uncompressed, transfer_syntax) == std::end(uncompressed)) return context;
  for (const auto syntax : uncompressed)
    if (syntax != transfer_syntax) context.second.emplace_back(syntax);
  return context;
}

void async_store(Loop& loop, const RequestorOptions& options, StoreJob job, RequestorDone done) {
  start_requestor(loop, options, std::make_unique<Store>(std::move(job)), std::move(done));
}

void async_find(Loop& loop, const RequestorOptions& options, FindJob job, RequestorDone done) {
  start_requestor(loop, options, std::make_unique<Find>(std::move(job)), std::move(done));
}

}  // namespace assay::peers
