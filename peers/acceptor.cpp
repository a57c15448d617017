#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "peers/association.hpp"
#include "peers/listener.hpp"

namespace assay::peers {
namespace {

class AcceptedAssociation;

}  // namespace

struct Acceptor::Impl : std::enable_shared_from_this<Acceptor::Impl> {
  Impl(Loop& loop_used, AcceptorOptions chosen)
      : loop(loop_used.impl()),
        options(std::move(chosen)),
        acceptor(loop.context),
        retry(loop.context),
        grace_timer(loop.context) {}

  void accept();
  void log(std::string line) const {
    if (options.log) options.log(std::move(line));
  }

  Loop::Impl& loop;
  AcceptorOptions options;
  tcp::acceptor acceptor;
  asio::steady_timer retry;
  asio::steady_timer grace_timer;
  std::uint16_t port = 0;
  std::uint32_t accepted = 0;   // connections so far
  std::size_t established = 0;  // associations
  bool waiting = false;         // for a file descriptor
  std::unordered_set<std::shared_ptr<AcceptedAssociation>> associations;
  bool stopping = false;
  bool serving = true;
};

namespace {

/// What the traces of all associations that are allowed at the same time may keep.
constexpr std::size_t all_trace_bytes = 256U << 20;
constexpr std::size_t all_trace_entries = 1'000'000;

class AcceptedAssociation final : public Association {
 public:
  AcceptedAssociation(std::shared_ptr<Acceptor::Impl> owner, tcp::socket socket)
      : Association(owner->loop, dul::Role::acceptor, owner->options.session, owner->options.rules),
        owner_(std::move(owner)) {
    connection().adopt(std::move(socket));
    misbehave(owner_->options.faults, ++owner_->accepted);
  }

  void start() {
    const auto& tls = owner_->options.tls;
    if (!tls) {
      begin();
      return;
    }
    connection().secure(tls, "", tls->options().handshake_limit,
                        [weak = weak_from_this(), this](const trace::Tls& how) {
                          if (const auto self = weak.lock(); self && !ended()) secured(how);
                        });
  }

 private:
  void secured(const trace::Tls& tls) {
    if (tls.established) {
      owner_->log(connection().peer_address() + ": " + tls.summary());
      begin();
      return;
    }
    owner_->log(fmt::format("{}: no TLS: {}: {}", connection().peer_address(), tls.failure, tls.advice));
    connection().close();
    gone();
  }

  void gone() {
    owner_->associations.erase(std::static_pointer_cast<AcceptedAssociation>(shared_from_this()));
    if (owner_->stopping && owner_->associations.empty()) owner_->grace_timer.cancel();
  }

  void on_event(session::SessionEvent event) override {
    meet(event);
    count(established());
  }

  /// Among ten thousand associations nobody is searched: each says when it begins and ends to be one.
  void count(bool now) {
    if (std::exchange(counted_, now) == now) return;
    if (now) {
      ++owner_->established;
    } else {
      --owner_->established;
    }
  }

  void meet(session::SessionEvent& event) {
    if (auto* indication = std::get_if<session::AssociateIndication>(&event)) {
      associate(indication->rq);
    } else if (auto* message = std::get_if<session::MessageIndication>(&event)) {
      if (!provider_) return;
      provider_->receive(std::move(message->message));
      respond();
    } else if (std::holds_alternative<session::ReleaseIndication>(event)) {
      (void)submit(session::ReleaseResponse{});
      wait_until(std::nullopt);
      owner_->log(who_ + ": released");
    } else if (const auto* abort = std::get_if<session::AbortIndication>(&event)) {
      owner_->log(who_ + ": aborted by the peer, " + pdu::describe_abort(abort->source, abort->reason));
    } else if (const auto* provider = std::get_if<session::ProviderAbort>(&event)) {
      wait_until(std::nullopt);
      owner_->log(who_ + ": aborted, " + provider->why);
    }
  }

  void associate(const pdu::AAssociateRq& rq) {
    who_ = fmt::format("{} from {}", pdu::trimmed_ae_title(rq.calling_ae_title), connection().peer_address());
    auto answer = service::negotiate(rq, owner_->options.policy, owner_->established);
    if (const auto* rj = std::get_if<pdu::AAssociateRj>(&answer)) {
      owner_->log(who_ + ": " + pdu::describe_reject(rj->result, rj->source, rj->reason));
      (void)submit(session::AssociateReject{*rj});
      return;
    }
    const auto window = service::agreed_window(rq, std::get<pdu::AAssociateAc>(answer));
    auto extensions = service::agreed_extensions(rq, std::get<pdu::AAssociateAc>(answer));
    (void)submit(session::AssociateAccept{std::move(std::get<pdu::AAssociateAc>(answer))});
    owner_->log(fmt::format("{}: associated, {} of {} presentation contexts accepted", who_,
                            session().contexts().size(), rq.contexts().size()));
    service::AssociationView view{session().contexts(),
                                  std::string(pdu::trimmed_ae_title(rq.calling_ae_title)),
                                  std::string(pdu::trimmed_ae_title(rq.called_ae_title)),
                                  [weak = weak_from_this(), this] {
                                    if (const auto self = weak.lock(); self && provider_) another_turn();
                                  },
                                  std::move(extensions),
                                  window};
    provider_.emplace(std::move(view), owner_->options.services, owner_->options.provider);
    wait_until(last_activity() + owner_->options.dimse_timeout);
  }

  void respond() {
    while (connection().unsent() <= unsent_limit) {
      auto response = provider_->next_message();
      if (!response) break;
      session::MessageRequest request;
      request.message = std::move(*response);
      request.packing.maximum_length = 0;  // as much as the peer takes
      const auto result = session().submit(std::move(request), loop().now());
      if (!result) {
        // Data came while the peer's release is awaited, or its maximum length leaves no room.
        owner_->log(who_ + ": response not sent, " + result.error().message);
        if (session().state() == dul::State::sta6) (void)submit(session::AbortRequest{});
        provider_.reset();
        return;
      }
      if (produced_ += 1; produced_ % responses_per_turn == 0) break;
    }
    if (provider_->ready() && connection().unsent() <= unsent_limit) another_turn();
  }

  /// The next slice later, so that other connections and a C-CANCEL get their turn.
  void another_turn() {
    if (std::exchange(turn_posted_, true)) return;
    asio::post(loop().context, [weak = weak_from_this(), this] {
      const auto self = weak.lock();
      if (!self) return;
      turn_posted_ = false;
      if (provider_ && !ended()) {
        respond();
        process();
      }
    });
  }

  void on_sent() override {
    if (provider_ && provider_->ready()) respond();
  }

  /// Many long traces must not take all memory: what they may keep is shared among the associations allowed. The rules
  /// see everything all the same.
  [[nodiscard]] observe::Options observe_options() const override {
    const auto limit = owner_->options.policy.max_associations;
    const std::size_t allowed = limit == 0 ? 1000 : limit;
    observe::Options out;
    out.keep_bytes = std::clamp<std::size_t>(all_trace_bytes / allowed, 16U << 10, limits::trace_bytes);
    out.keep_entries = std::clamp<std::size_t>(all_trace_entries / allowed, 200, limits::trace_events);
    return out;
  }

  void on_fault(const std::string& fault) override {
    owner_->log(fmt::format("{}: fault: {}", who_.empty() ? connection().peer_address() : who_, fault));
  }

  void on_deadline() override {
    const auto deadline = last_activity() + owner_->options.dimse_timeout;
    if (deadline > loop().now()) {
      wait_until(deadline);
      return;
    }
    owner_->log(who_ + ": nothing came for too long, aborting");
    (void)submit(session::AbortRequest{});
    count(established());
  }

  void on_end(std::optional<trace::Closing> by_peer, const std::string& why) override {
    if (const auto* tls = connection().tls(); tls != nullptr && !tls->failure.empty())
      owner_->log(connection().peer_address() + ": " + why + ": " + tls->advice);
    count(false);
    if (by_peer == trace::Closing::rst && !who_.empty()) owner_->log(who_ + ": connection reset by the peer");
    if (owner_->options.on_trace)
      if (const auto trace = take_trace()) owner_->options.on_trace(*trace);
    gone();
  }

  static constexpr std::size_t responses_per_turn = 64;

  std::shared_ptr<Acceptor::Impl> owner_;
  std::optional<service::Provider> provider_;
  std::string who_;
  std::size_t produced_ = 0;
  bool turn_posted_ = false;
  bool counted_ = false;
};

}  // namespace

void Acceptor::Impl::accept() {
  acceptor.async_accept([weak = weak_from_this()](const error_code& error, tcp::socket socket) {
    const auto self = weak.lock();
    if (!self || self->stopping || error == asio::error::operation_aborted) return;
    if (error) {
      if (is_short_of_resources(error)) {
        if (!std::exchange(self->waiting, true))
          self->log(fmt::format("a connection has to wait: {} ({} connections are open)", error.message(),
                                self->associations.size()));
        self->retry.expires_after(accept_retry);
        self->retry.async_wait([weak](const error_code& cancelled) {
          if (const auto again = weak.lock(); again && !cancelled && !again->stopping && again->serving)
            again->accept();
        });
        return;
      }
      if (self->serving) self->accept();  // the peer was gone before it was accepted
      return;
    }
    self->waiting = false;
    auto association = std::make_shared<AcceptedAssociation>(self, std::move(socket));
    self->associations.insert(association);
    association->start();
    if (self->serving) self->accept();
  });
}

std::expected<std::unique_ptr<Acceptor>, std::string> Acceptor::start(Loop& loop, AcceptorOptions options) {
  if (!options.store) options.store = std::make_shared<service::MemoryStore>();
  if (options.services.empty()) options.services = service::archive_services(*options.store, options.provider);
  options.session.maximum_length = options.policy.maximum_length;
  options.policy.extensions = options.provider.extensions;

  auto impl = std::make_shared<Impl>(loop, std::move(options));
  const auto port = listen_on(impl->acceptor, impl->options.address, impl->options.port, impl->options.port_setting);
  if (!port) return std::unexpected(port.error());
  impl->port = *port;
  impl->accept();
  return std::unique_ptr<Acceptor>(new Acceptor(std::move(impl)));
}

Acceptor::Acceptor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Acceptor::~Acceptor() { stop(Duration{0}); }

std::uint16_t Acceptor::port() const { return impl_->port; }

std::size_t Acceptor::open_associations() const { return impl_->established; }

std::size_t Acceptor::open_connections() const { return impl_->associations.size(); }

void Acceptor::set_faults(std::shared_ptr<const faults::Plan> plan) { impl_->options.faults = std::move(plan); }

void Acceptor::set_serving(bool serving) {
  if (impl_->stopping || serving == impl_->serving) return;
  impl_->serving = serving;
  error_code ignored;
  if (serving)
    impl_->accept();
  else
    impl_->acceptor.cancel(ignored);
}

void Acceptor::stop(Duration grace) {
  const auto impl = impl_;
  impl->stopping = true;
  error_code ignored;
  impl->acceptor.close(ignored);
  impl->retry.cancel();
  const auto abort_all = [](Impl& one) {
    const auto open = one.associations;  // they take themselves out
    for (const auto& association : open) association->abort_and_close();
  };
  if (grace <= Duration{0} || impl->associations.empty()) {
    impl->grace_timer.cancel();
    abort_all(*impl);
    return;
  }
  impl->grace_timer.expires_after(grace);
  impl->grace_timer.async_wait([impl, abort_all](const error_code& error) {
    if (!error) abort_all(*impl);
  });
}

}  // namespace assay::peers
