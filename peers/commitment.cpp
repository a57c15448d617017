#include "peers/commitment.hpp"

#include <fmt/format.h>

#include <random>

#include "harness/service/sop_classes.hpp"
#include "harness/service/verification.hpp"
#include "peers/operate.hpp"

namespace assay::peers {
namespace {

constexpr std::uint16_t invalid_argument_value = 0x0115;
constexpr std::size_t most_instances = 1'000'000;
/// An association with a report gets this long to be released by who opened it.
constexpr Duration farewell = std::chrono::seconds(2);
constexpr Duration look_interval = std::chrono::milliseconds(20);

/// What the parts of one commitment share: the association of the request, the listener, the clock.
struct Commitment : std::enable_shared_from_this<Commitment> {
  Commitment(Loop& used, CommitRequest chosen, std::function<void(CommitResult)> to_call)
      : loop(used), wanted(std::move(chosen)), timer(used.impl().context), done(std::move(to_call)) {}

  std::uint16_t take(service::CommitmentReport report, std::uint16_t event_type, bool same, bool as_scp) {
    if (report.transaction_uid != wanted.request.transaction_uid) {
      result.faults.push_back(
          fmt::format("a report of transaction {} came, which is not ours", report.transaction_uid));
      return invalid_argument_value;
    }
    if (result.report) {
      result.faults.emplace_back("the report came a second time");
      return 0;
    }
    if (!same && !as_scp)
      result.faults.emplace_back(
          "the reporting side did not propose to be SCP of Storage Commitment on its association (PS3.7 D.3.3.4)");
    for (auto& fault : service::contradictions(wanted.request, report, event_type))
      result.faults.push_back(std::move(fault));
    result.report = std::move(report);
    result.event_type = event_type;
    result.on_same_association = same;
    loop.post([self = shared_from_this()] { self->look(); });
    return 0;
  }

  void accepted() {
    result.took_request = true;
    timer.expires_after(wanted.wait);
    timer.async_wait([self = shared_from_this()](const error_code& error) {
      if (error) return;
      self->waited = true;
      self->look();
    });
  }

  void requested(RequestorResult association) {
    result.association = std::move(association);
    requestor_over = true;
    look();
  }

  /// Whether it is time to end.
  void look() {
    if (!done) return;
    if (const auto one = requestor.lock(); one && (result.report || waited)) one->look_again();
    if (!requestor_over) return;
    const bool hopeless = !result.took_request || (!listener && !result.report);
    if (!result.report && !waited && !hopeless) return;
    if (!leaving) {
      leaving = true;
      timer.cancel();
      until = loop.now() + farewell;
      if (listener) listener->stop(farewell);
    }
    if (listener && result.report && listener->open_connections() != 0 && loop.now() < until) {
      timer.expires_after(look_interval);
      timer.async_wait([self = shared_from_this()](const error_code&) { self->look(); });
      return;
    }
    finish();
  }

  void finish() {
    if (!result.report) {
      if (!result.took_request)
        result.failure = result.association.message;
      else if (!listener)
        result.failure = fmt::format(
            "the request was taken, and no report came on the same association{}: the device may report on an "
            "association of its own, to the address it has for our title: give --listen",
            result.association.message.empty() ? "" : " (" + result.association.message + ")");
      else
        result.failure = fmt::format(
            "the request was taken, and no report came within {:g} s: enter our title, address and port {} on the "
            "device, or allow it more time with --wait",
            std::chrono::duration<double>(wanted.wait).count(), listener->port());
    }
    result.request = std::move(wanted.request);
    listener.reset();
    const auto call = std::exchange(done, nullptr);
    call(std::move(result));
  }

  Loop& loop;
  CommitRequest wanted;
  asio::steady_timer timer;
  std::function<void(CommitResult)> done;
  CommitResult result;
  std::unique_ptr<Acceptor> listener;
  std::weak_ptr<Requestor> requestor;
  Instant until{};
  bool requestor_over = false;
  bool waited = false;
  bool leaving = false;
};

class Ask final : public Operations {
 public:
  explicit Ask(std::shared_ptr<Commitment> of) : of_(std::move(of)) {}
  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    return {{std::string(uids::StorageCommitmentPushModel), plain_syntaxes()}};
  }
  std::expected<void, std::string> begin(const session::Session& session) override {
    const auto* context = session.context_for(uids::StorageCommitmentPushModel);
    if (context == nullptr)
      return std::unexpected(
          "does not accept the Storage Commitment Push Model: it may be switched off, or be another application's");
    user_.emplace(*context, dimse::CommandField::n_action_rq);
    return {};
  }
  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult&) override {
    if (std::exchange(sent_, true)) return std::nullopt;
    const auto information = service::action_information(of_->wanted.request);
    return user_->request(message_id, {{}, std::string(uids::StorageCommitmentPushModelInstance), 1}, &information);
  }
  service::UserStep consume(const dimse::Message& message, RequestorResult&) override {
    auto step = user_->consume(message);
    if (step.succeeded()) of_->accepted();
    return step;
  }
  std::optional<dimse::Message> answer(const dimse::Message& request, const session::Session& session) override {
    if (request.command.field() != static_cast<std::uint16_t>(dimse::CommandField::n_event_report_rq))
      return std::nullopt;
    const auto found = session.contexts().find(request.context_id);
    if (found == session.contexts().end()) return std::nullopt;
    return service::answer_commitment_report(
        request, found->second,
        [this](service::CommitmentReport report, std::uint16_t type, bool as_scp) {
          return of_->take(std::move(report), type, true, as_scp);
        },
        most_instances);
  }
  [[nodiscard]] std::optional<Duration> lingers() const override {
    if (!of_->result.took_request || of_->result.report || of_->waited) return std::nullopt;
    return of_->listener ? std::min(of_->wanted.hold, of_->wanted.wait) : of_->wanted.wait;
  }
  [[nodiscard]] std::string service() const override { return "N-ACTION"; }

 private:
  std::shared_ptr<Commitment> of_;
  std::optional<service::NormalizedUser> user_;
  bool sent_ = false;
};

class Deliver final : public Operations {
 public:
  explicit Deliver(const service::CommitmentReport& report) : report_(report) {}
  [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const override {
    return {{std::string(uids::StorageCommitmentPushModel), plain_syntaxes()}};
  }
  [[nodiscard]] std::vector<std::string> as_scp() const override {
    return {std::string(uids::StorageCommitmentPushModel)};
  }
  std::expected<void, std::string> begin(const session::Session& session) override {
    const auto* context = session.context_for(uids::StorageCommitmentPushModel);
    if (context == nullptr) return std::unexpected("does not accept the Storage Commitment Push Model");
    if (!context->requestor_is_scp)
      return std::unexpected("does not let us be SCP of the Storage Commitment Push Model (role selection)");
    user_.emplace(*context, dimse::CommandField::n_event_report_rq);
    return {};
  }
  std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult&) override {
    if (std::exchange(sent_, true)) return std::nullopt;
    const auto information = service::event_information(report_);
    return user_->request(message_id, {{}, std::string(uids::StorageCommitmentPushModelInstance), report_.event_type()},
                          &information);
  }
  service::UserStep consume(const dimse::Message& message, RequestorResult&) override {
    return user_->consume(message);
  }
  [[nodiscard]] std::string service() const override { return "N-EVENT-REPORT"; }

 private:
  service::CommitmentReport report_;
  std::optional<service::NormalizedUser> user_;
  bool sent_ = false;
};

struct Delivery {
  Loop& loop;
  RequestorOptions options;
  service::ReportJob job;
  ReportDelivery how;
  std::function<void(std::string)> log;
  unsigned attempt = 0;
};

void deliver(const std::shared_ptr<Delivery>& one) {
  ++one->attempt;
  start_requestor(one->loop, one->options, std::make_unique<Deliver>(one->job.report),
                  [one](const RequestorResult& result) {
                    // A status is an answer: the report has arrived, whatever the other side thinks of it.
                    const bool arrived = !result.statuses.empty();
                    if (one->log && result.failure != Failure::none)
                      one->log(fmt::format("commitment report to {}: {}", one->job.destination, result.message));
                    if (arrived || one->attempt >= one->how.attempts) {
                      one->job.done(arrived);
                      return;
                    }
                    later_on(one->loop)(one->how.pause, [one] { deliver(one); });
                  });
}

}  // namespace

service::Later later_on(Loop& loop) {
  return [&loop](Duration after, std::function<void()> work) {
    auto timer = std::make_shared<asio::steady_timer>(loop.impl().context);
    timer->expires_after(after);
    timer->async_wait([timer, work = std::move(work)](const error_code& error) {
      if (!error) work();
    });
  };
}

std::string fresh_uid() {
  std::random_device source;
  const auto word = [&] { return (std::uint64_t{source()} << 32U) | source(); };
  return fmt::format("2.25.{}{:018}", word() % 1'000'000'000'000'000'000U + 1, word() % 1'000'000'000'000'000'000U);
}

service::SendReport report_to(Loop& loop, std::shared_ptr<const DestinationTable> table, RequestorOptions options,
                              ReportDelivery delivery, std::function<void(std::string)> log) {
  return [&loop, table = std::move(table), options = std::move(options), delivery, log](service::ReportJob job) {
    const auto found = table->find(job.destination);
    if (found == table->end()) return false;
    auto one = std::make_shared<Delivery>(Delivery{loop, options, std::move(job), delivery, log});
    one->options.host = found->second.host;
    one->options.port = found->second.port;
    one->options.tls = found->second.tls;
    one->options.called_ae = one->job.destination;
    loop.post([one] { deliver(one); });
    return true;
  };
}

std::expected<void, std::string> async_commit(Loop& loop, const RequestorOptions& options, CommitRequest request,
                                              std::function<void(CommitResult)> done) {
  if (request.request.transaction_uid.empty()) request.request.transaction_uid = fresh_uid();
  const auto commitment = std::make_shared<Commitment>(loop, std::move(request), std::move(done));
  if (const auto& wanted = commitment->wanted; wanted.listen) {
    AcceptorOptions acceptor;
    acceptor.address = wanted.listen_address;
    acceptor.port = *wanted.listen;
    acceptor.port_setting = wanted.listen_setting;
    acceptor.tls = wanted.listen_tls;
    acceptor.log = wanted.log;
    acceptor.policy.supported = {{std::string(uids::Verification), plain_syntaxes()}};
    service::SupportedSyntax reports{std::string(uids::StorageCommitmentPushModel), plain_syntaxes()};
    reports.scu = true;
    reports.scp = false;
    acceptor.policy.supported.push_back(std::move(reports));
    acceptor.policy.any_storage_transfer_syntaxes.clear();
    acceptor.services = {std::make_shared<service::VerificationService>(),
                         std::make_shared<service::CommitmentReportService>(
                             [weak = std::weak_ptr(commitment)](service::CommitmentReport report, std::uint16_t type,
                                                                bool as_scp) -> std::uint16_t {
                               const auto self = weak.lock();
                               return self ? self->take(std::move(report), type, false, as_scp)
                                           : invalid_argument_value;
                             },
                             most_instances)};
    auto started = Acceptor::start(loop, std::move(acceptor));
    if (!started) return std::unexpected(started.error());
    commitment->listener = std::move(*started);
    if (wanted.on_listening) wanted.on_listening(commitment->listener->port());
  }
  const auto requestor =
      std::make_shared<Requestor>(loop.impl(), options, std::make_unique<Ask>(commitment),
                                  [commitment](RequestorResult result) { commitment->requested(std::move(result)); });
  commitment->requestor = requestor;
  requestor->start();
  return {};
}

}  // namespace assay::peers
