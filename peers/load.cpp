#include "peers/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "harness/service/synthetic.hpp"
#include "harness/service/user.hpp"
#include "peers/association.hpp"

namespace assay::peers {
namespace {

/// More latencies than this are not kept: every second one is forgotten, and from then on every second one is taken.
constexpr std::size_t max_samples = 1U << 20;
/// What a run may take to release everything; the rest is aborted.
constexpr auto leaving_limit = std::chrono::seconds(20);
/// Associations that fail before a single one has come about.
constexpr std::size_t hopeless_after = 10;

class LoadAssociation;

struct Driver {
  Driver(Loop& used, const LoadOptions& chosen) : loop(used), options(chosen), tick(used.impl().context) {}

  void open_more();
  [[nodiscard]] bool hopeless() const;
  void begin_busy();
  void begin_leaving();
  void opened(LoadAssociation& one);
  void ended(bool while_opening, const std::string& failure);
  void sample(Duration took);
  void say(const std::string& line) const {
    if (options.progress) options.progress(line);
  }
  [[nodiscard]] std::size_t wanted() const { return options.idle + options.busy; }

  Loop& loop;
  const LoadOptions& options;
  asio::steady_timer tick;
  service::InstancePtr instance;
  std::unordered_set<std::shared_ptr<LoadAssociation>> open;
  std::size_t started = 0;
  std::size_t opening = 0;
  enum class Stage : std::uint8_t { opening, busy, leaving } stage = Stage::opening;
  Instant began;
  Instant busy_since;
  std::vector<std::uint32_t> samples;  // microseconds
  std::uint32_t stride = 1;
  std::uint64_t seen = 0;
  LoadReport report;
};

class LoadAssociation final : public Association {
 public:
  LoadAssociation(Driver& driver, bool busy)
      : Association(driver.loop.impl(), dul::Role::requestor, driver.options.requestor.session, nullptr),
        driver_(driver),
        busy_(busy) {}

  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] bool associated() const { return phase_ == Phase::associated; }
  [[nodiscard]] bool opening() const { return phase_ == Phase::opening; }

  void start() {
    const auto& to = driver_.options.requestor;
    (void)session().submit(session::AssociateRequest{request()}, loop().now());
    connection().connect(to.host, to.port, to.connect_timeout,
                         [weak = weak_from_this(), this](const error_code& error, bool) {
                           const auto self = weak.lock();
                           if (!self || ended()) return;
                           if (error) {
                             finish("no connection: " + error.message());
                             remove();
                             return;
                           }
                           wait_until(loop().now() + driver_.options.requestor.dul_timeout);
                           begin();
                         });
  }

  void work() {
    if (phase_ != Phase::associated || session().state() != dul::State::sta6) return;
    ++message_id_;
    if (message_id_ == 0) ++message_id_;
    std::optional<dimse::Message> message;
    if (echo_) message = echo_->request(message_id_);
    if (store_) message = store_->request(message_id_, *driver_.instance);
    if (!message) {
      fail("the request cannot be made in the accepted transfer syntax");
      return;
    }
    session::MessageRequest primitive;
    primitive.message = std::move(*message);
    primitive.packing.maximum_length = 0;  // as much as the peer takes
    asked_ = loop().now();
    waiting_ = true;
    wait_until(asked_ + driver_.options.requestor.dimse_timeout);
    if (!submit(std::move(primitive))) fail("the request was refused by our own session");
  }

  /// Ends it the right way, after the operation in hand.
  void leave() {
    leaving_ = true;
    if (phase_ == Phase::opening) {
      fail("not open when the load ended");
      return;
    }
    if (waiting_ || phase_ != Phase::associated) return;
    phase_ = Phase::releasing;
    wait_until(loop().now() + driver_.options.requestor.dul_timeout);
    (void)submit(session::ReleaseRequest{});
  }

  void give_up() {
    finish("not released in time");
    abort_and_close();
  }

 private:
  enum class Phase : std::uint8_t { opening, associated, releasing, over };

  [[nodiscard]] pdu::AAssociateRq request() const {
    static const auto identity = service::default_policy();
    const auto& to = driver_.options.requestor;
    pdu::AAssociateRq rq;
    rq.called_ae_title = to.called_ae;
    rq.calling_ae_title = to.calling_ae;
    rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
    pdu::PresentationContextItemRq context;
    context.id = 1;
    context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{driver_.instance ? driver_.instance->sop_class_uid
                                                                               : std::string(uids::Verification)});
    context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{
        driver_.instance ? driver_.instance->transfer_syntax : std::string(uids::ImplicitVRLittleEndian)});
    rq.items.emplace_back(std::move(context));
    pdu::UserInformationItem user;
    user.sub_items.emplace_back(pdu::MaximumLengthSubItem{to.session.maximum_length});
    user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{identity.implementation_class_uid});
    rq.items.emplace_back(std::move(user));
    return rq;
  }

  void on_event(session::SessionEvent event) override {
    if (std::holds_alternative<session::AssociateConfirm>(event)) {
      associated_now();
    } else if (const auto* reject = std::get_if<session::RejectConfirm>(&event)) {
      fail("rejected: " + pdu::describe_reject(reject->rj.result, reject->rj.source, reject->rj.reason));
    } else if (const auto* indication = std::get_if<session::MessageIndication>(&event)) {
      answered(indication->message);
    } else if (std::holds_alternative<session::ReleaseIndication>(event)) {
      fail("the peer asked for release");
      (void)submit(session::ReleaseResponse{});
    } else if (std::holds_alternative<session::ReleaseConfirm>(event)) {
      ++driver_.report.released;
      finish({});
    } else if (const auto* abort = std::get_if<session::AbortIndication>(&event)) {
      fail("aborted: " + pdu::describe_abort(abort->source, abort->reason));
    } else if (const auto* provider = std::get_if<session::ProviderAbort>(&event)) {
      fail("aborted: " + provider->why);
    }
  }

  void associated_now() {
    if (phase_ != Phase::opening) return;
    if (session().contexts().empty()) {
      fail("no presentation context was accepted");
      return;
    }
    wait_until(std::nullopt);
    phase_ = Phase::associated;
    if (busy_) {
      const auto& context = session().contexts().begin()->second;
      if (driver_.instance)
        store_.emplace(context);
      else
        echo_.emplace(context);
    }
    driver_.opened(*this);
    if (leaving_) leave();
  }

  void answered(const dimse::Message& message) {
    if (phase_ != Phase::associated || !waiting_) return;
    const auto step = echo_ ? echo_->consume(message) : store_->consume(message);
    if (step.kind == service::UserStep::Kind::pending) return;
    if (step.kind == service::UserStep::Kind::unexpected) {
      fail("a wrong answer: " + step.why);
      return;
    }
    waiting_ = false;
    driver_.sample(loop().now() - asked_);
    if (!step.succeeded()) ++driver_.report.failed_operations;
    if (leaving_)
      leave();
    else
      work();
  }

  void on_deadline() override {
    switch (phase_) {
      case Phase::opening: fail("no answer to the A-ASSOCIATE-RQ"); break;
      case Phase::associated: fail("no answer to the request"); break;
      default: fail("no answer to the A-RELEASE-RQ"); break;
    }
  }

  void on_end(std::optional<trace::Closing> by_peer, const std::string& why) override {
    finish(by_peer ? (*by_peer == trace::Closing::rst ? "reset by the peer" : "closed by the peer") : why);
    remove();
  }

  /// Notes the failure and ends the association, but not from inside its own call.
  void fail(const std::string& failure) {
    finish(failure);
    asio::post(loop().context, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->abort_and_close();
    });
  }

  void finish(const std::string& failure) {
    if (phase_ == Phase::over) return;
    const bool was_opening = phase_ == Phase::opening;
    phase_ = Phase::over;
    driver_.ended(was_opening, failure);
  }

  void remove() {
    asio::post(loop().context, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        const auto one = std::static_pointer_cast<LoadAssociation>(self);
        one->driver_.open.erase(one);
      }
    });
  }

  Driver& driver_;
  bool busy_;
  bool leaving_ = false;
  bool waiting_ = false;
  Phase phase_ = Phase::opening;
  std::uint16_t message_id_ = 0;
  Instant asked_;
  std::optional<service::EchoUser> echo_;
  std::optional<service::StoreUser> store_;
};

/// The device takes nobody: asking the rest of the associations would say the same as often.
bool Driver::hopeless() const {
  return report.opened_idle + report.opened_busy == 0 && report.failed() >= hopeless_after;
}

void Driver::open_more() {
  while (stage == Stage::opening && started < wanted() && opening < options.opening_at_once && !hopeless()) {
    // The busy ones are spread over the idle ones, as callers come in a hospital.
    const auto before = started * options.busy / wanted();
    ++started;
    const bool is_busy = started * options.busy / wanted() > before;
    ++opening;
    auto one = std::make_shared<LoadAssociation>(*this, is_busy);
    open.insert(one);
    one->start();
  }
  if (stage == Stage::opening && (started == wanted() || hopeless()) && opening == 0) begin_busy();
}

void Driver::opened(LoadAssociation& one) {
  --opening;
  ++(one.busy() ? report.opened_busy : report.opened_idle);
  if (stage != Stage::opening) return;
  if (started % 100 == 0)
    say(fmt::format("{} of {} associations open", report.opened_busy + report.opened_idle, wanted()));
  asio::post(loop.impl().context, [this] { open_more(); });
}

void Driver::ended(bool while_opening, const std::string& failure) {
  if (while_opening) --opening;
  if (!failure.empty()) ++report.failures[failure];
  if (while_opening && stage == Stage::opening) asio::post(loop.impl().context, [this] { open_more(); });
}

void Driver::sample(Duration took) {
  if (stage != Stage::busy) return;
  ++report.operations;
  report.longest = std::max(report.longest, took);
  if (seen++ % stride != 0) return;
  samples.push_back(static_cast<std::uint32_t>(
      std::min<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count(), UINT32_MAX)));
  if (samples.size() < max_samples) return;
  for (std::size_t i = 0; i < samples.size() / 2; ++i) samples[i] = samples[2 * i];
  samples.resize(samples.size() / 2);
  stride *= 2;
}

void Driver::begin_busy() {
  if (report.opened_idle + report.opened_busy == 0) {
    begin_leaving();
    return;
  }
  stage = Stage::busy;
  busy_since = loop.now();
  report.opening = busy_since - began;
  say(fmt::format("all open after {:.1f} s; {} are busy now", std::chrono::duration<double>(report.opening).count(),
                  report.opened_busy));
  const auto all = open;
  for (const auto& one : all)
    if (one->busy()) one->work();
  tick.expires_after(options.duration);
  tick.async_wait([this](const error_code& error) {
    if (!error) begin_leaving();
  });
}

void Driver::begin_leaving() {
  if (stage == Stage::leaving) return;
  if (stage == Stage::busy) report.measured = loop.now() - busy_since;
  if (stage == Stage::opening) report.opening = loop.now() - began;
  stage = Stage::leaving;
  report.memory = resident_memory();
  say("releasing");
  const auto all = open;
  for (const auto& one : all) {
    if (!one->busy() && one->associated()) ++report.idle_kept;
    one->leave();
  }
  tick.expires_after(leaving_limit);
  tick.async_wait([this](const error_code& error) {
    if (error) return;
    const auto rest = open;
    for (const auto& one : rest) one->give_up();
  });
}

}  // namespace

std::size_t LoadReport::failed() const {
  std::size_t count = 0;
  for (const auto& [why, number] : failures) count += number;
  return count;
}

LoadReport load(Loop& loop, const LoadOptions& options, const std::function<bool()>& interrupted) {
  Driver driver(loop, options);
  if (options.operation == LoadOperation::store)
    if (auto made = service::make_instance(service::synthetic_instances().front(), uids::ExplicitVRLittleEndian))
      driver.instance = std::make_shared<const service::Instance>(std::move(*made));
  driver.began = loop.now();
  driver.open_more();
  (void)loop.run_until([&] {
    if (!driver.report.interrupted && interrupted && interrupted()) {
      driver.report.interrupted = true;
      loop.post([&driver] { driver.begin_leaving(); });
    }
    return driver.stage == Driver::Stage::leaving && driver.open.empty();
  });
  driver.tick.cancel();
  auto& samples = driver.samples;
  if (!samples.empty()) {
    std::ranges::sort(samples);
    const auto at = [&](double share) {
      const auto index = static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1) + 0.5);
      return std::chrono::microseconds(samples[index]);
    };
    driver.report.median = at(0.5);
    driver.report.p99 = at(0.99);
  }
  return driver.report;
}

}  // namespace assay::peers
