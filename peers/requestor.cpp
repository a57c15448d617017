#include "peers/requestor.hpp"

#include <fmt/format.h>

#include <string_view>

#include "harness/base/hex.hpp"

namespace assay::peers {
namespace {

constexpr std::size_t first_bytes_kept = 64;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

std::string_view name(Failure failure) {
  switch (failure) {
    case Failure::none: return "none";
    case Failure::resolve: return "resolve";
    case Failure::refused: return "refused";
    case Failure::unreachable: return "unreachable";
    case Failure::connect_timeout: return "connect-timeout";
    case Failure::tls: return "tls";
    case Failure::closed_after_accept: return "closed-after-accept";
    case Failure::not_dicom: return "not-dicom";
    case Failure::silent: return "silent";
    case Failure::rejected: return "rejected";
    case Failure::no_context: return "no-context";
    case Failure::aborted: return "aborted";
    case Failure::lost: return "lost";
    case Failure::dimse_timeout: return "dimse-timeout";
    case Failure::bad_response: return "bad-response";
    case Failure::status: return "status";
    case Failure::interrupted: return "interrupted";
    case Failure::usage: return "usage";
  }
  return "unknown";
}

Requestor::Requestor(Loop::Impl& loop, RequestorOptions options, std::unique_ptr<Operations> operations,
                     RequestorDone done)
    : Association(loop, dul::Role::requestor, options.session, options.rules),
      options_(std::move(options)),
      operations_(std::move(operations)),
      done_(std::move(done)) {
  misbehave(options_.faults, 1);
}

std::string Requestor::target() const { return fmt::format("{}:{}", options_.host, options_.port); }

void Requestor::start() {
  const auto self = std::static_pointer_cast<Requestor>(shared_from_this());
  loop().alive[this] = self;
  started_ = loop().now();
  auto rq = request();
  if (rq.contexts().empty()) {
    fail(Failure::usage, "nothing to do: no presentation context to propose");
    finish();
    return;
  }
  (void)session().submit(session::AssociateRequest{std::move(rq)}, started_);
  connection().connect(options_.host, options_.port, options_.connect_timeout,
                       [weak = std::weak_ptr(self)](const error_code& error, bool resolving) {
                         const auto requestor = weak.lock();
                         if (!requestor) return;
                         if (error) {
                           requestor->connect_failed(error, resolving);
                           return;
                         }
                         requestor->connected();
                       });
}

void Requestor::connected() {
  if (!options_.tls) {
    phase_ = Phase::associating;
    wait_until(loop().now() + options_.dul_timeout);
    begin();
    return;
  }
  connection().secure(options_.tls, options_.host,
                      std::min(options_.tls->options().handshake_limit, options_.connect_timeout),
                      [weak = weak_from_this()](const trace::Tls& tls) {
                        if (const auto self = weak.lock()) std::static_pointer_cast<Requestor>(self)->secured(tls);
                      });
}

void Requestor::secured(const trace::Tls& tls) {
  result_.tls = tls;
  if (!tls.established) {
    fail(Failure::tls, fmt::format("{}: {}: {}", target(), tls.failure, tls.advice));
    connection().close();
    finish();
    return;
  }
  phase_ = Phase::associating;
  wait_until(loop().now() + options_.dul_timeout);
  begin();
}

pdu::AAssociateRq Requestor::request() const {
  static const auto identity = service::default_policy();
  pdu::AAssociateRq rq;
  rq.called_ae_title = options_.called_ae;
  rq.calling_ae_title = options_.calling_ae;
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  unsigned id = 1;
  for (const auto& [abstract_syntax, transfer_syntaxes] : operations_->proposals()) {
    if (id > 255) break;  // 128 contexts are all that odd ids allow (PS3.8 9.3.2.2)
    pdu::PresentationContextItemRq context;
    context.id = static_cast<std::uint8_t>(id);
    context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{abstract_syntax});
    for (const auto& syntax : transfer_syntaxes) context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{syntax});
    rq.items.emplace_back(std::move(context));
    id += 2;
  }
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{options_.session.maximum_length});
  user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{identity.implementation_class_uid});
  if (options_.window != 1) user.sub_items.emplace_back(pdu::AsynchronousOperationsWindowSubItem{options_.window, 1});
  for (const auto& sop_class : operations_->as_scp())
    user.sub_items.emplace_back(pdu::RoleSelectionSubItem{sop_class, 0, 1});
  if (!identity.implementation_version_name.empty())
    user.sub_items.emplace_back(pdu::ImplementationVersionNameSubItem{identity.implementation_version_name});
  for (const auto& [sop_class, wanted] : operations_->extensions())
    user.sub_items.emplace_back(
        pdu::SopClassExtendedNegotiationSubItem{sop_class, service::application_information(sop_class, wanted)});
  rq.items.emplace_back(std::move(user));
  return rq;
}

void Requestor::connect_failed(const error_code& error, bool resolving) {
  if (error == asio::error::operation_aborted) {
    fail(Failure::interrupted, "stopped while connecting to " + target());
  } else if (resolving) {
    fail(Failure::resolve,
         fmt::format("no address is known for \"{}\" ({}): check the spelling, or give the IP address", options_.host,
                     error.message()));
  } else if (error == asio::error::connection_refused) {
    fail(Failure::refused,
         fmt::format("{} refuses connections: check the port, and that the DICOM service is started", target()));
  } else if (error == asio::error::timed_out) {
    fail(Failure::connect_timeout,
         fmt::format("{} did not answer within {:g} s: check the address, and that no firewall drops the port",
                     target(), seconds(options_.connect_timeout)));
  } else {
    fail(Failure::unreachable,
         fmt::format("{} cannot be reached ({}): check the address and the network", target(), error.message()));
  }
  finish();
}

void Requestor::on_bytes(ByteView bytes) {
  if (phase_ != Phase::associating || first_bytes_.size() >= first_bytes_kept) return;
  append(first_bytes_, bytes.first(std::min(bytes.size(), first_bytes_kept - first_bytes_.size())));
}

/// Names what answered instead of a DICOM application.
std::string Requestor::looks_like() const {
  const auto text = as_text(first_bytes_);
  if (text.starts_with("HTTP/")) return "an HTTP server";
  if (text.starts_with("SSH-")) return "an SSH server";
  if (first_bytes_.size() >= 2 && (first_bytes_[0] == 0x15 || first_bytes_[0] == 0x16) && first_bytes_[1] == 0x03)
    return "a TLS server: connect with --tls, or use its plain port";
  if (text.starts_with("220")) return "a mail or FTP server";
  return fmt::format("no DICOM application, it sent \"{}\"", printable(text.substr(0, 24)));
}

void Requestor::on_event(session::SessionEvent event) {
  if (const auto* confirm = std::get_if<session::AssociateConfirm>(&event)) {
    const auto rq = request();
    result_.window = service::agreed_window(rq, confirm->ac).invoked;
    operations_->agreed(service::agreed_extensions(rq, confirm->ac));
    associated();
  } else if (const auto* reject = std::get_if<session::RejectConfirm>(&event)) {
    const auto& rj = reject->rj;
    std::string advice = "ask the peer's log why";
    if (rj.source == 1 && rj.reason == 7)
      advice = fmt::format("give the peer's own title instead of \"{}\"", options_.called_ae);
    else if (rj.source == 1 && rj.reason == 3)
      advice = fmt::format("enter \"{}\" and this machine's address on the peer", options_.calling_ae);
    else if (rj.result == 2)
      advice = "try again later: the peer says that this passes";
    fail(Failure::rejected, fmt::format("{} rejects the association: {}; {}", target(),
                                        pdu::describe_reject(rj.result, rj.source, rj.reason), advice));
  } else if (auto* indication = std::get_if<session::MessageIndication>(&event)) {
    message(indication->message);
  } else if (std::holds_alternative<session::ReleaseIndication>(event)) {
    // Only the requestor's user may want to end it, yet the standard lets the acceptor ask (PS3.8 7.2).
    if (lingers_until_)
      phase_ = Phase::over;  // all was done
    else if (phase_ == Phase::operating)
      fail(Failure::lost, fmt::format("{} asked for release before everything was done", target()));
    lingers_until_.reset();
    (void)submit(session::ReleaseResponse{});
  } else if (std::holds_alternative<session::ReleaseConfirm>(event)) {
    phase_ = Phase::over;
  } else if (const auto* abort = std::get_if<session::AbortIndication>(&event)) {
    fail(Failure::aborted, fmt::format("{} aborts the association ({}): look into its log for the reason", target(),
                                       pdu::describe_abort(abort->source, abort->reason)));
  } else if (const auto* provider = std::get_if<session::ProviderAbort>(&event)) {
    provider_abort(*provider);
  }
}

void Requestor::provider_abort(const session::ProviderAbort& abort) {
  if (session().wants_close()) {
    fail(Failure::aborted,
         fmt::format("{} aborts the association ({}): look into its log for the reason", target(), abort.why));
  } else if (session().state() == dul::State::sta13) {  // we have aborted: what came could not be taken
    if (phase_ == Phase::associating && !first_bytes_.empty() && (first_bytes_[0] < 1 || first_bytes_[0] > 7))
      fail(Failure::not_dicom, fmt::format("{} is {}: check host and port", target(), looks_like()));
    else
      fail(Failure::bad_response, fmt::format("{} breaks the protocol: {}", target(), abort.why));
    give_up();
  }
  // Else the connection was lost: on_end() knows how.
}

void Requestor::associated() {
  phase_ = Phase::operating;
  if (session().state() != dul::State::sta6) return;
  if (const auto possible = operations_->begin(session()); !possible) {
    fail(Failure::no_context, fmt::format("{} {}", target(), possible.error()));
    phase_ = Phase::releasing;
    wait_until(loop().now() + options_.dul_timeout);
    (void)submit(session::ReleaseRequest{});
    return;
  }
  next_operation();
}

void Requestor::next_operation() {
  // The peer may have ended it in the bytes already read; the event that says so comes next.
  while (session().state() == dul::State::sta6 && may_send()) {
    auto request = operations_->next(static_cast<std::uint16_t>(message_id_ + 1), result_);
    if (!request) {
      if (outstanding_ == 0) finished_operating();
      return;
    }
    lingers_until_.reset();
    ++message_id_;
    if (!send(std::move(*request))) return;
    ++outstanding_;
    wait_until(loop().now() + options_.dimse_timeout);
    send_beside();
    // What the next one may have to wait for is seen on the connection.
    if (operations_->most_outstanding() > 1) flush();
    if (ended()) return;
  }
}

bool Requestor::may_send() {
  if (outstanding_ == 0) return true;
  return outstanding_ < operations_->most_outstanding() &&
         service::has_room(result_.window.value_or(1), outstanding_) && connection().unsent() <= unsent_limit;
}

void Requestor::finished_operating() {
  const auto lingers = operations_->lingers();
  if (!lingers) {
    release();
    return;
  }
  if (!lingers_until_) lingers_until_ = loop().now() + *lingers;
  wait_until(*lingers_until_);
}

/// What waited for room on the connection.
void Requestor::on_sent() {
  if (phase_ == Phase::operating && outstanding_ > 0 && operations_->most_outstanding() > 1) next_operation();
}

void Requestor::release() {
  lingers_until_.reset();
  phase_ = Phase::releasing;
  wait_until(loop().now() + options_.dul_timeout);
  (void)submit(session::ReleaseRequest{});
}

void Requestor::look_again() {
  if (phase_ != Phase::operating || !lingers_until_) return;
  next_operation();
  process();
}

bool Requestor::send(dimse::Message message) {
  session::MessageRequest primitive;
  primitive.message = std::move(message);
  primitive.packing.maximum_length = 0;  // as much as the peer takes
  const auto submitted = session().submit(std::move(primitive), loop().now());
  if (submitted) return true;
  fail(Failure::bad_response, fmt::format("{}: {}", target(), submitted.error().message));
  give_up();
  return false;
}

void Requestor::send_beside() {
  if (session().state() != dul::State::sta6) return;
  if (auto beside = operations_->beside()) (void)send(std::move(*beside));
}

void Requestor::message(const dimse::Message& message) {
  if (phase_ != Phase::operating) return;
  if (const auto field = message.command.field(); field && !dimse::is_response(*field)) {
    if (auto reply = operations_->answer(message, session())) {
      if (!send(std::move(*reply))) return;
      send_beside();
      if (lingers_until_) next_operation();
      return;
    }
  }
  const auto step = operations_->consume(message, result_);
  switch (step.kind) {
    case service::UserStep::Kind::pending: send_beside(); break;
    case service::UserStep::Kind::unexpected:
      fail(Failure::bad_response,
           fmt::format("{} answers {} with something else: {}", target(), operations_->service(), step.why));
      give_up();
      break;
    case service::UserStep::Kind::final:
      if (outstanding_ > 0) --outstanding_;
      result_.statuses.push_back(step.status);
      if (!step.succeeded())
        fail(Failure::status, fmt::format("{} answers {} with {}{}{}", target(), operations_->service(),
                                          dimse::describe_status(step.status, message.command.field().value_or(0),
                                                                 message.command.sop_class_uid()),
                                          step.why.empty() ? "" : ": ", step.why));
      next_operation();
      break;
  }
}

void Requestor::on_deadline() {
  const auto now = loop().now();
  if (phase_ == Phase::operating && lingers_until_) {
    release();
    return;
  }
  if (phase_ == Phase::operating && last_activity() + options_.dimse_timeout > now) {
    wait_until(last_activity() + options_.dimse_timeout);  // pending responses, or a large request still going out
    return;
  }
  switch (phase_) {
    case Phase::associating:
      if (first_bytes_.empty())
        fail(
            Failure::silent,
            fmt::format("{} {} but does not answer the A-ASSOCIATE-RQ within {:g} s: it may serve one association at a "
                        "time, {}or be no DICOM application",
                        target(), connection().tls() != nullptr ? "agrees on TLS" : "accepts the connection",
                        seconds(options_.dul_timeout), connection().tls() != nullptr ? "" : "wait for TLS, "));
      else if (first_bytes_[0] < 1 || first_bytes_[0] > 7)
        fail(Failure::not_dicom, fmt::format("{} is {}: check host and port", target(), looks_like()));
      else
        fail(Failure::silent, fmt::format("{} began to answer the A-ASSOCIATE-RQ and did not finish within {:g} s",
                                          target(), seconds(options_.dul_timeout)));
      break;
    case Phase::operating:
      fail(Failure::dimse_timeout,
           fmt::format("{} does not answer {} within {:g} s: look into its log, or allow it more time with --timeout",
                       target(), operations_->service(), seconds(options_.dimse_timeout)));
      break;
    default:
      fail(Failure::lost,
           fmt::format("{} does not answer the A-RELEASE-RQ within {:g} s", target(), seconds(options_.dul_timeout)));
      break;
  }
  abort_and_close();
}

void Requestor::on_end(std::optional<trace::Closing> by_peer, const std::string& why) {
  if (by_peer) {
    const auto how = *by_peer == trace::Closing::rst ? "resets the connection" : "closes the connection";
    if (const auto* tls = connection().tls(); tls != nullptr && !tls->failure.empty()) {
      result_.tls = *tls;
      fail(Failure::tls, fmt::format("{}: {}: {}", target(), tls->failure, tls->advice));
    } else if (phase_ == Phase::associating && first_bytes_.empty() && tls != nullptr) {
      // In TLS 1.3 a server looks at the client's certificate when the client is done; its alert may be lost.
      const bool wanted = tls->certificate_asked && !tls->client_certificate;
      fail(wanted ? Failure::tls : Failure::closed_after_accept,
           wanted
               ? fmt::format("{} {} right after it asked for a certificate of ours and got none: give --tls-cert and "
                             "--tls-key",
                             target(), how)
               : fmt::format("{} agrees on TLS and {} at once: it may not accept our certificate, not know this "
                             "machine's address, be no DICOM application, or have no association to spare",
                             target(), how));
    } else if (phase_ == Phase::associating && first_bytes_.empty())
      fail(Failure::closed_after_accept,
           fmt::format("{} accepts the connection and {} at once: it may not know this machine's address, may "
                       "expect TLS, or have no association to spare",
                       target(), *by_peer == trace::Closing::rst ? "resets it" : "closes it"));
    else if (phase_ == Phase::associating && (first_bytes_[0] < 1 || first_bytes_[0] > 7))
      fail(Failure::not_dicom, fmt::format("{} is {}: check host and port", target(), looks_like()));
    else if (phase_ != Phase::over)
      fail(Failure::lost,
           fmt::format("{} {} in the middle of the association ({}): look into its log", target(), how, why));
  } else if (closed_by_fault() && phase_ != Phase::over) {
    fail(Failure::lost, "the connection was closed on purpose, by a fault");
  }
  finish();
}

/// Aborts and closes, without waiting for the peer to close as Sta13 has it: the result is known.
void Requestor::give_up() {
  phase_ = Phase::over;
  asio::post(loop().context, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) std::static_pointer_cast<Requestor>(self)->abort_and_close();
  });
}

void Requestor::fail(Failure failure, std::string message) {
  if (result_.failure != Failure::none) return;
  result_.failure = failure;
  result_.message = std::move(message);
}

void Requestor::finish() {
  if (!done_) return;
  result_.took = loop().now() - started_;
  result_.trace = take_trace();
  const auto done = std::exchange(done_, nullptr);
  // Later, so that nobody's call stands above the answer, and the connection is gone when it comes.
  asio::post(loop().context, [weak = weak_from_this(), this, done] {
    const auto self = weak.lock();
    if (!self) return;
    loop().alive.erase(this);
    done(std::move(result_));
  });
}

void start_requestor(Loop& loop, const RequestorOptions& options, std::unique_ptr<Operations> operations,
                     RequestorDone done) {
  std::make_shared<Requestor>(loop.impl(), options, std::move(operations), std::move(done))->start();
}

}  // namespace assay::peers
