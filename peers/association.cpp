#include "peers/association.hpp"

#include <algorithm>
#include <utility>

namespace assay::peers {

Association::Association(Loop::Impl& loop, dul::Role role, session::Options options,
                         std::shared_ptr<const trace::RuleBook> rules)
    : loop_(loop),
      session_(role, std::move(options)),
      connection_(Connection::create(loop)),
      rules_(std::move(rules)),
      timer_(loop.context) {}

bool Association::established() const {
  const auto state = session_.state();
  return state >= dul::State::sta6 && state <= dul::State::sta12;
}

void Association::begin() {
  const auto now = loop_.now();
  last_activity_ = now;
  if (rules_) {
    auto options = observe_options();
    options.digest = false;  // what our own peers say is not replayed from their Traces
    const auto ours = connection_->local_address();
    const auto theirs = connection_->peer_address();
    options.description = session_.role() == dul::Role::requestor ? ours + " -> " + theirs : theirs + " -> " + ours;
    if (faults_) options.ours = our_side();
    observer_.emplace(rules_, std::move(options));
    observer_->opened(now);
    if (const auto* tls = connection_->tls()) observer_->secured(*tls, now);
  }
  const auto weak = weak_from_this();
  Connection::Handlers handlers;
  handlers.received = [weak](ByteView bytes) {
    if (const auto self = weak.lock()) self->received(bytes);
  };
  handlers.closed = [weak](trace::Closing how, const std::string& why) {
    if (const auto self = weak.lock()) self->closed(how, why);
  };
  handlers.sent = [weak] {
    if (const auto self = weak.lock(); self && !self->processing_) {
      self->on_sent();
      self->process();
    }
  };
  (void)session_.transport_opened(now);
  connection_->start(std::move(handlers), !faults_);
  if (faults_) {
    faults_->opened(now);
    pump_faults();
  }
  process();
}

void Association::received(ByteView bytes) {
  if (ended_) return;
  const auto now = loop_.now();
  last_activity_ = now;
  if (observer_) observer_->bytes(trace::other(our_side()), bytes, now);
  on_bytes(bytes);
  if (faults_) {
    faults_->received(bytes, now);
    pump_faults();
    if (ended_) return;
  }
  (void)session_.receive(bytes, now);  // an error means that the session has ended already
  process();
}

void Association::closed(trace::Closing how, const std::string& why) {
  if (ended_) return;
  const auto now = loop_.now();
  if (const auto* tls = connection_->tls(); observer_ && tls != nullptr && !tls->failure.empty())
    observer_->secured(*tls, now);
  if (observer_) observer_->closed(trace::other(our_side()), how, now);
  (void)session_.peer_closed(now);
  process();
  end(how, why);
}

bool Association::submit(session::Primitive primitive) {
  const bool taken = session_.submit(std::move(primitive), loop_.now()).has_value();
  if (!processing_) process();
  return taken;
}

void Association::abort_and_close() {
  if (ended_) return;
  (void)session_.submit(session::AbortRequest{}, loop_.now());
  flush();
  if (ended_) return;
  if (observer_) observer_->closed(our_side(), trace::Closing::fin, loop_.now());
  connection_->close();
  end({}, "aborted by us");
}

void Association::process() {
  if (processing_ || ended_) return;
  const auto keep = shared_from_this();
  processing_ = true;
  while (auto event = session_.next_event()) {
    on_event(std::move(*event));
    if (ended_) break;
    // Many messages may have come in one read; their answers need not all stand in memory.
    if (session_.has_output() && connection_->unsent() > unsent_limit) flush();
  }
  if (!ended_) flush();
  processing_ = false;
  if (ended_) return;
  connection_->read(unsent() <= unsent_limit && (!faults_ || faults_->reading()));
  // What faults hold back for a while goes first.
  if (session_.wants_close() && !(faults_ && faults_->held() > 0 && faults_->next_deadline())) {
    if (observer_) observer_->closed(our_side(), trace::Closing::fin, loop_.now());
    connection_->close();
    end({}, "closed by us");
    return;
  }
  schedule();
}

void Association::flush() {
  if (!session_.has_output()) return;
  session_.take_output(output_);
  const auto now = loop_.now();
  last_activity_ = now;
  if (faults_) {
    faults_->send(output_.take_whole(), now);
    pump_faults();
    return;
  }
  if (observer_) observer_->bytes(our_side(), output_, now);
  connection_->send(std::move(output_));
}

void Association::misbehave(std::shared_ptr<const faults::Plan> plan, std::uint32_t number) {
  if (plan) faults_ = std::make_unique<faults::Engine>(std::move(plan), number);
}

/// Carries out what the faults want.
void Association::pump_faults() {
  for (const auto& note : faults_->take_notes()) {
    if (observer_) observer_->mark("fault: " + note, loop_.now());
    on_fault(note);
  }
  if (observer_ && faults_->struck()) observer_->provoke(true);
  while (auto action = ended_ ? std::nullopt : faults_->next_action()) {
    using Kind = faults::Action::Kind;
    switch (action->kind) {
      case Kind::send:
        if (observer_) observer_->bytes(our_side(), action->bytes, loop_.now());
        connection_->send_in_pieces(action->bytes, action->pieces, action->pause);
        break;
      case Kind::close:
        if (observer_)
          observer_->closed(our_side(), action->reset ? trace::Closing::rst : trace::Closing::fin, loop_.now());
        if (action->reset)
          connection_->reset();
        else
          connection_->close();
        end({}, "closed by a fault");
        break;
      case Kind::stop_reading: connection_->read(false); break;
      case Kind::resume_reading: connection_->read(true); break;
    }
  }
}

void Association::end(std::optional<trace::Closing> by_peer, const std::string& why) {
  if (std::exchange(ended_, true)) return;
  const auto keep = shared_from_this();
  timer_.cancel();
  if (observer_) observer_->finish(loop_.now());
  on_end(by_peer, why);
}

std::optional<trace::Trace> Association::take_trace() {
  if (!observer_) return std::nullopt;
  return observer_->take_trace();
}

void Association::wait_until(std::optional<Instant> deadline) {
  deadline_ = deadline;
  if (!processing_ && !ended_) schedule();
}

void Association::schedule() {
  auto next = session_.next_deadline();
  if (deadline_ && (!next || *deadline_ < *next)) next = deadline_;
  if (const auto fault = faults_ ? faults_->next_deadline() : std::nullopt; fault && (!next || *fault < *next))
    next = fault;
  // A timer that is set too early only looks again; setting it for every message would cost more.
  if (!next || (timer_at_ && *timer_at_ <= *next)) return;
  timer_at_ = next;
  timer_.expires_at(loop_.time_point(*next));
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (!self || error || self->ended_) return;
    self->timer_at_.reset();
    const auto now = self->loop_.now();
    if (self->faults_) {
      self->faults_->expire(now);
      self->pump_faults();
      if (self->ended_) return;
    }
    if (const auto artim = self->session_.next_deadline(); artim && *artim <= now) (void)self->session_.expire(now);
    if (self->deadline_ && *self->deadline_ <= now) {
      self->deadline_.reset();
      self->on_deadline();
    }
    self->process();
  });
}

}  // namespace assay::peers
