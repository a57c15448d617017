// Storage Commitment SCP. Tests: tests/unit/service/commitment_test.cpp
#include <fmt/format.h>

#include "harness/service/answer.hpp"
#include "harness/service/commitment.hpp"
#include "harness/service/sop_classes.hpp"
#include "harness/service/user.hpp"

namespace assay::service {

namespace {

constexpr std::uint16_t processing_failure = 0x0110;
constexpr std::uint16_t no_such_instance = 0x0112;
constexpr std::uint16_t class_instance_conflict = 0x0119;
constexpr std::uint16_t no_such_action = 0x0123;
constexpr std::uint16_t duplicate_transaction = 0x0131;
constexpr std::uint16_t resource_limitation = 0x0213;
/// What a foreign transaction is called; nobody else uses it.
constexpr std::string_view foreign_uid = "2.25.271828182845904523536028747135266249775";

}  // namespace

struct CommitmentService::Shared {
  const InstanceStore* store = nullptr;
  CommitmentOptions options;
  std::set<std::string> open;  // Transaction UIDs not reported yet

  [[nodiscard]] CommitmentReport judge(const CommitmentRequest& request, bool duplicate) const {
    CommitmentReport out;
    out.transaction_uid = options.foreign_transaction ? std::string(foreign_uid) : request.transaction_uid;
    out.retrieve_ae_title = options.retrieve_ae_title;
    std::size_t number = 0;
    for (const auto& one : request.instances) {
      std::uint16_t reason = 0;
      if (++number; duplicate) {
        reason = duplicate_transaction;
      } else if (const auto instance = store->find(one.sop_instance_uid); !instance) {
        reason = no_such_instance;
      } else if (instance->sop_class_uid != one.sop_class_uid) {
        reason = class_instance_conflict;
      } else if (options.fail_every != 0 && number % options.fail_every == 0) {
        reason = processing_failure;
      }
      if (reason == 0)
        out.committed.push_back(one);
      else
        out.failed.push_back({one, reason});
    }
    return out;
  }
};

namespace {

/// One request until its report is delivered. It may outlive its association, and must not outlive the service's use:
/// everything that comes later asks first whether the service is still there.
struct Transaction {
  std::weak_ptr<CommitmentService::Shared> service;
  CommitmentRequest request;
  std::string from;  // AE title
  std::function<void()> wake;
  bool duplicate = false;
  bool due = false;
  bool over = false;
  bool association_gone = false;

  void finish(CommitmentService::Shared& of) {
    over = true;
    if (!duplicate) of.open.erase(request.transaction_uid);
  }
  void log(const CommitmentService::Shared& of, std::string_view what) const {
    if (of.options.log)
      of.options.log(fmt::format("storage commitment {} of {}: {}", request.transaction_uid, from, what));
  }
};

void send_elsewhere(const std::shared_ptr<Transaction>& one) {
  const auto service = one->service.lock();
  if (!service || std::exchange(one->over, true)) return;
  ReportJob job{one->from, service->judge(one->request, one->duplicate), [one](bool delivered) {
                  const auto still = one->service.lock();
                  if (!still) return;
                  one->finish(*still);
                  if (!delivered) one->log(*still, "the report could not be delivered, it is given up");
                }};
  if (!service->options.send || !service->options.send(std::move(job))) {
    one->finish(*service);
    one->log(*service, "the report is lost: nobody of this title is known to send it to");
  }
}

class CommitmentOperation final : public Operation {
 public:
  CommitmentOperation(dimse::Message response, session::AcceptedContext context, std::shared_ptr<Transaction> one)
      : response_(std::move(response)),
        user_(std::move(context), dimse::CommandField::n_event_report_rq),
        one_(std::move(one)) {}
  ~CommitmentOperation() override {
    if (one_->over) return;
    if (const auto service = one_->service.lock(); response_ && service) {
      one_->finish(*service);  // who never heard that it was taken is owed no report
      return;
    }
    one_->association_gone = true;
    if (one_->due) send_elsewhere(one_);
  }

  [[nodiscard]] bool over() const override { return over_; }
  [[nodiscard]] bool background() const override { return !response_; }
  [[nodiscard]] bool waits() const override { return !response_ && (sent_ || !one_->due); }

  std::optional<dimse::Message> next() override {
    const auto service = one_->service.lock();
    if (response_) {
      auto out = std::exchange(response_, std::nullopt);
      if (service) begin(*service);
      return out;
    }
    if (!service || one_->over) {
      over_ = true;
      return std::nullopt;
    }
    if (service->options.way == ReportWay::new_association) {
      over_ = true;
      send_elsewhere(one_);
      return std::nullopt;
    }
    sent_ = true;
    const auto report = service->judge(one_->request, one_->duplicate);
    const auto information = event_information(report);
    return user_.request(0,
                         {std::string(uids::StorageCommitmentPushModel),
                          std::string(uids::StorageCommitmentPushModelInstance), report.event_type()},
                         &information);
  }
  void received(const dimse::Message& response) override {
    over_ = true;
    sent_ = false;  // so that it gets the turn in which it ends
    const auto service = one_->service.lock();
    if (!service) return;
    one_->finish(*service);
    if (const auto status = response.command.status().value_or(processing_failure); status != 0)
      one_->log(*service, fmt::format("the report is refused with {:04X}H", status));
  }

 private:
  void begin(CommitmentService::Shared& service) {
    if (service.options.way == ReportWay::never) {
      one_->finish(service);
      over_ = true;
      return;
    }
    if (!service.options.later || service.options.delay <= Duration{0}) {
      one_->due = true;
      return;
    }
    service.options.later(service.options.delay, [one = one_] {
      one->due = true;
      if (one->association_gone)
        send_elsewhere(one);
      else if (one->wake)
        one->wake();
    });
  }

  std::optional<dimse::Message> response_;
  NormalizedUser user_;
  std::shared_ptr<Transaction> one_;
  bool sent_ = false;
  bool over_ = false;
};

}  // namespace

CommitmentService::CommitmentService(const InstanceStore& store, CommitmentOptions options)
    : shared_(std::make_shared<Shared>(&store, std::move(options))) {}

CommitmentService::~CommitmentService() = default;

void CommitmentService::change(ReportWay way, Duration delay, std::size_t fail_every) {
  shared_->options.way = way;
  shared_->options.delay = delay;
  shared_->options.fail_every = fail_every;
}

bool CommitmentService::serves(std::string_view abstract_syntax) const {
  return abstract_syntax == uids::StorageCommitmentPushModel;
}

std::unique_ptr<Operation> CommitmentService::begin(dimse::Message request, const session::AcceptedContext& context,
                                                    const AssociationView& association) {
  const auto refuse = [&](std::uint16_t status, std::string_view comment, std::optional<Tag> offending = {}) {
    return std::make_unique<SingleResponse>(answer(request, status, comment, offending));
  };
  const auto& command = request.command;
  if (command.sop_instance_uid() != uids::StorageCommitmentPushModelInstance)
    return refuse(no_such_instance, "not the well-known instance", tags::RequestedSOPInstanceUID);
  if (command.elements().u16(tags::ActionTypeID) != 1)
    return refuse(no_such_action, "the only Action Type is 1", tags::ActionTypeID);
  auto asked = read_commitment_request(request, context.transfer_syntax, shared_->options.max_instances);
  if (!asked) return refuse(asked.error().status, asked.error().comment, asked.error().offending);
  if (shared_->open.size() >= shared_->options.max_transactions)
    return refuse(resource_limitation, "too many requests are not reported yet");
  auto one = std::make_shared<Transaction>();
  one->service = shared_;
  one->from = association.calling_ae_title;
  one->wake = association.wake;
  one->duplicate = !shared_->open.insert(asked->transaction_uid).second;
  one->request = std::move(*asked);
  return std::make_unique<CommitmentOperation>(answer(request, 0), context, std::move(one));
}

}  // namespace assay::service
