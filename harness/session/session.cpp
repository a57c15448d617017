#include "harness/session/session.hpp"

#include <algorithm>
#include <utility>

namespace assay::session {
namespace {

// Reasons of an A-ABORT by the service provider (PS3.8 Table 9-26).
constexpr std::uint8_t unrecognized_pdu = 1;
constexpr std::uint8_t unexpected_pdu = 2;
constexpr std::uint8_t invalid_pdu_parameter = 6;

constexpr std::uint8_t source_user = 0;
constexpr std::uint8_t source_provider = 2;

/// Smallest maximum length that lets a fragment through: length, context id and header of a PDV, and two bytes.
constexpr std::uint32_t smallest_usable_maximum = 8;

/// AE-6 when nobody else decides: bit 0 of the protocol version is the only one tested (PS3.8 9.3.2).
std::optional<pdu::AAssociateRj> reject_unknown_version(const pdu::AAssociateRq& rq) {
  if ((rq.protocol_version & 1U) != 0) return std::nullopt;
  return pdu::AAssociateRj{1, 2, 2};
}

/// For force_state(): what the standard's own simplest association would have negotiated.
pdu::AAssociateRq plain_request() {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "ASSAY";
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  pdu::PresentationContextItemRq context;
  context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{std::string(uids::Verification)});
  context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
  rq.items.emplace_back(std::move(context));
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{limits::announced_max_length});
  rq.items.emplace_back(std::move(user));
  return rq;
}

std::string describe(const Problem& problem) {
  return problem.rule + " at byte " + std::to_string(problem.offset) + ": found " + problem.found + ", expected " +
         problem.expected;
}

std::string first_error(const Problems& problems) {
  for (const auto& problem : problems)
    if (problem.gravity == Gravity::error) return describe(problem);
  return problems.empty() ? "it cannot be decoded" : describe(problems.front());
}

void append_bounded(Problems& to, Problems& from) {
  for (auto& problem : from)
    if (to.size() < limits::max_problems) to.push_back(std::move(problem));
  from.clear();
}

}  // namespace

/// What one event brings along for the actions it may cause; only the parts that belong to the event are set.
struct Session::Inputs {
  pdu::Pdu* pdu = nullptr;                  // Evt3, 4, 6, 16: received; Evt7, 8: to be sent
  const pdu::PDataTf* data = nullptr;       // Evt9, PDVs as given
  const dimse::Message* message = nullptr;  // Evt9, to be fragmented
  dimse::Packing packing;
  Problems* problems = nullptr;  // of the PDU received
  std::string why;               // for an A-P-ABORT indication
  std::uint8_t abort_reason = 0;
  std::optional<pdu::AAssociateRj> rejection;  // Evt6: what the service provider answers when it refuses
};

Session::Session(dul::Role role, Options options)
    : options_(std::move(options)),
      machine_(role),
      assembler_(dimse::AssemblerOptions{.keep_data_set_bytes = options_.keep_data_set_bytes}) {}

bool Session::transport_open() const { return state() != dul::State::sta1 && state() != dul::State::sta4; }

// --- the machine -------------------------------------------------------------------------------------------------

Session::Result Session::step(dul::Event event, const Inputs& inputs, Instant now) {
  const auto transition = machine_.handle(event, !inputs.rejection.has_value());
  if (!transition) return std::unexpected(transition.error());
  for (const auto effect : transition->effects) apply(effect, event, inputs, now);
  if (transition->to == dul::State::sta1) {
    artim_deadline_.reset();
    wants_connect_ = false;
    events_.emplace_back(TransportClosed{});
  }
  return {};
}

void Session::apply(dul::Effect effect, dul::Event event, const Inputs& inputs, Instant now) {
  using enum dul::Effect;
  switch (effect) {
    case open_transport:
      begin();
      wants_connect_ = true;
      break;
    case accept_transport: begin(); break;  // the transport itself is accepted before it is reported to us
    case close_transport: wants_close_ = true; break;
    case send_a_associate_rq: append(output_.own(), pdu::encode(*rq_)); break;
    case send_a_associate_ac: append(output_.own(), pdu::encode(*inputs.pdu)); break;
    case send_a_associate_rj:
      append(output_.own(), inputs.rejection ? pdu::encode(*inputs.rejection) : pdu::encode(*inputs.pdu));
      break;
    case send_p_data:
      if (inputs.message != nullptr)
        dimse::fragment(output_, *inputs.message, inputs.packing);
      else
        append(output_.own(), pdu::encode(*inputs.data));
      break;
    case send_a_release_rq: append(output_.own(), pdu::encode(pdu::AReleaseRq{})); break;
    case send_a_release_rp: append(output_.own(), pdu::encode(pdu::AReleaseRp{})); break;
    case send_a_abort:
      // AA-1 answers peers' violations too (Sta2); a reason is significant only from the provider (PS3.8 9.3.8).
      append(output_.own(),
             pdu::encode(pdu::AAbort{source_user, event == dul::Event::evt15 ? inputs.abort_reason : std::uint8_t{0}}));
      break;
    case send_a_abort_provider:
      append(output_.own(), pdu::encode(pdu::AAbort{source_provider, inputs.abort_reason}));
      break;
    case indicate_a_associate: events_.emplace_back(AssociateIndication{*rq_, std::move(*inputs.problems)}); break;
    case confirm_a_associate_accept: {
      auto& ac = std::get<pdu::AAssociateAc>(*inputs.pdu);
      agree(*rq_, ac);
      peer_maximum_length_ = ac.maximum_length();
      events_.emplace_back(AssociateConfirm{std::move(ac), std::move(*inputs.problems)});
      break;
    }
    case confirm_a_associate_reject:
      events_.emplace_back(RejectConfirm{std::get<pdu::AAssociateRj>(*inputs.pdu), std::move(*inputs.problems)});
      break;
    case indicate_p_data: deliver_p_data(inputs); break;
    case indicate_a_release: events_.emplace_back(ReleaseIndication{false}); break;
    case indicate_a_release_collision: events_.emplace_back(ReleaseIndication{true}); break;
    case confirm_a_release: events_.emplace_back(ReleaseConfirm{}); break;
    case indicate_abort_by_source: {
      const auto& abort = std::get<pdu::AAbort>(*inputs.pdu);
      if (abort.source == source_user)
        events_.emplace_back(AbortIndication{abort.source, abort.reason});
      else
        events_.emplace_back(ProviderAbort{pdu::describe_abort(abort.source, abort.reason), abort.reason});
      break;
    }
    case indicate_a_p_abort: events_.emplace_back(ProviderAbort{inputs.why, inputs.abort_reason}); break;
    case start_artim:
    case restart_artim: artim_deadline_ = now + options_.artim; break;
    case stop_artim: artim_deadline_.reset(); break;
  }
}

/// Forgets the association before, if there was one.
void Session::begin() {
  framer_ = pdu::Framer();
  assembler_.reset();
  output_.clear();
  contexts_.clear();
  message_problems_.clear();
  skip_ = 0;
  peer_maximum_length_ = 0;
  wants_close_ = false;
}

void Session::agree(const pdu::AAssociateRq& rq, const pdu::AAssociateAc& ac) { contexts_ = accepted_contexts(rq, ac); }

// --- from the transport ------------------------------------------------------------------------------------------

Session::Result Session::transport_opened(Instant now) {
  const auto result = step(role() == dul::Role::requestor ? dul::Event::evt2 : dul::Event::evt5, Inputs{}, now);
  if (result) wants_connect_ = false;
  return result;
}

Session::Result Session::receive(ByteView bytes, Instant now) {
  if (!transport_open())
    return std::unexpected(
        LocalError{"bytes received in " + std::string(dul::name(state())) + ", where no transport connection is open"});
  if (skip_ > 0) {
    const auto skipped = std::min<std::uint64_t>(skip_, bytes.size());
    skip_ -= skipped;
    bytes = bytes.subspan(static_cast<std::size_t>(skipped));
  }
  framer_.push(bytes);
  while (transport_open()) {
    const auto frame = framer_.next();
    if (frame.status == pdu::Framer::Status::need_more) {
      const auto pending = framer_.pending_bytes();
      if (options_.maximum_length == 0 || pending.size() < pdu::pdu_header_length ||
          pending[0] != static_cast<std::uint8_t>(pdu::PduType::p_data_tf))
        break;
      const auto length = load<std::uint32_t>(pending.data() + 2, Endian::big);
      if (length <= options_.maximum_length) break;
      // Judged at its header, so that nobody makes us hold what we said we would not take.
      const auto whole = std::uint64_t{length} + pdu::pdu_header_length;
      skip_ = whole - pending.size();
      framer_ = pdu::Framer(frame.offset + whole);
      receive_too_long(length, now);
      break;
    }
    receive_frame(frame, now);
  }
  framer_.keep();
  return {};
}

/// Gives the machine the event a whole PDU is. Blank cells cannot come up: every PDU event is defined while a
/// transport connection is open.
void Session::receive_frame(const pdu::Framer::Frame& frame, Instant now) {
  using enum dul::Event;
  Inputs inputs;
  if (frame.status == pdu::Framer::Status::unrecognized) {
    inputs.abort_reason = unrecognized_pdu;
    inputs.why = "received what is no PDU of any length that is taken: " + pdu::pdu_name(frame.type);
    (void)step(evt19, inputs, now);
    return;
  }
  if (frame.type == static_cast<std::uint8_t>(pdu::PduType::p_data_tf)) {
    receive_p_data(frame, now);
    return;
  }

  auto decoded = pdu::decode(frame.bytes, frame.offset);
  if (!decoded.pdu) {
    inputs.abort_reason = invalid_pdu_parameter;
    inputs.why = "received an invalid " + pdu::pdu_name(frame.type) + ": " + first_error(decoded.problems);
    (void)step(evt19, inputs, now);
    return;
  }
  inputs.pdu = &*decoded.pdu;
  inputs.problems = &decoded.problems;
  inputs.abort_reason = unexpected_pdu;
  inputs.why = "received an unexpected " + pdu::pdu_name(frame.type) + " in " + std::string(dul::name(state()));
  switch (pdu::type_of(*decoded.pdu)) {
    case pdu::PduType::a_associate_rq:
      if (state() == dul::State::sta2) {
        auto& rq = std::get<pdu::AAssociateRq>(*decoded.pdu);
        inputs.rejection =
            options_.provider_rejects ? options_.provider_rejects(rq, decoded.problems) : reject_unknown_version(rq);
        peer_maximum_length_ = rq.maximum_length();
        rq_ = std::move(rq);
      }
      (void)step(evt6, inputs, now);
      break;
    case pdu::PduType::a_associate_ac: (void)step(evt3, inputs, now); break;
    case pdu::PduType::a_associate_rj: (void)step(evt4, inputs, now); break;
    case pdu::PduType::p_data_tf: break;  // never here: receive_p_data() takes it
    case pdu::PduType::a_release_rq: (void)step(evt12, inputs, now); break;
    case pdu::PduType::a_release_rp: (void)step(evt13, inputs, now); break;
    case pdu::PduType::a_abort: (void)step(evt16, inputs, now); break;
  }
}

void Session::receive_too_long(std::uint32_t length, Instant now) {
  Inputs inputs;
  const bool data_expected = state() == dul::State::sta6 || state() == dul::State::sta7;
  inputs.abort_reason = data_expected ? invalid_pdu_parameter : unexpected_pdu;
  inputs.why = data_expected ? "received a P-DATA-TF of " + std::to_string(length) + " bytes, but announced at most " +
                                   std::to_string(options_.maximum_length)
                             : "received an unexpected P-DATA-TF in " + std::string(dul::name(state()));
  // Where no data is expected its length is beside the point: Table 9-10 says what a P-DATA-TF does there.
  (void)step(data_expected ? dul::Event::evt19 : dul::Event::evt10, inputs, now);
}

void Session::receive_p_data(const pdu::Framer::Frame& frame, Instant now) {
  if (options_.maximum_length != 0 && frame.length > options_.maximum_length) {
    receive_too_long(frame.length, now);
    return;
  }
  Inputs inputs;
  if (state() != dul::State::sta6 && state() != dul::State::sta7) {
    inputs.abort_reason = unexpected_pdu;
    inputs.why = "received an unexpected P-DATA-TF in " + std::string(dul::name(state()));
    (void)step(dul::Event::evt10, inputs, now);
    return;
  }

  values_.clear();
  Problems problems;
  bool valid = pdu::decode_p_data(frame.bytes, frame.offset, values_, problems);
  if (!valid) {
    inputs.why = "received an invalid P-DATA-TF: " + first_error(problems);
  } else if (values_.empty()) {
    valid = false;
    inputs.why = "received a P-DATA-TF without a PDV";
  } else if (!options_.raw_data) {
    for (const auto& value : values_) {
      if (contexts_.contains(value.context_id)) continue;
      valid = false;
      inputs.why = "received a PDV at byte " + std::to_string(value.offset) + " on presentation context " +
                   std::to_string(value.context_id) + ", which was not accepted";
      break;
    }
  }
  if (!valid) {
    inputs.abort_reason = invalid_pdu_parameter;
    (void)step(dul::Event::evt19, inputs, now);
    return;
  }
  inputs.problems = &problems;
  (void)step(dul::Event::evt10, inputs, now);
  if (dimse_fault_) {
    // The Upper Layer is content; the DIMSE provider, its user, cannot go on and aborts (PS3.7 8.1, AA-1).
    events_.emplace_back(ProviderAbort{std::move(*dimse_fault_), 0});
    dimse_fault_.reset();
    (void)step(dul::Event::evt15, Inputs{}, now);
  }
}

void Session::deliver_p_data(const Inputs& inputs) {
  if (options_.raw_data) {
    DataIndication indication;
    indication.data.values.reserve(values_.size());
    for (const auto& value : values_)
      indication.data.values.push_back({value.context_id, value.control_header, to_bytes(value.fragment)});
    events_.emplace_back(std::move(indication));
    return;
  }
  append_bounded(message_problems_, *inputs.problems);
  for (const auto& value : values_) {
    auto out = assembler_.push(value);
    // The assembler carries on after a broken sequence of PDVs, for those who only watch; a party to the association
    // can no longer know which fragment belongs to what.
    if (!clean(out.problems))
      dimse_fault_ = "received P-DATA that makes no DIMSE message: " + first_error(out.problems);
    else if (has_error(out.command_problems))
      dimse_fault_ = "received a Command Set that cannot be decoded: " + first_error(out.command_problems);
    else if (out.message && !out.message->command.field())
      dimse_fault_ = "received a Command Set without Command Field, so that nobody knows what it asks for";
    if (dimse_fault_) return;
    append_bounded(message_problems_, out.problems);
    append_bounded(message_problems_, out.command_problems);
    if (out.message)
      events_.emplace_back(MessageIndication{std::move(*out.message), std::exchange(message_problems_, {})});
  }
}

Session::Result Session::peer_closed(Instant now) {
  Inputs inputs;
  if (state() == dul::State::sta4)
    inputs.why = "the transport connection could not be opened";
  else if (framer_.pending() > 0 || skip_ > 0)
    inputs.why = "the peer closed the transport connection in the middle of a PDU";
  else
    inputs.why = "the peer closed the transport connection";
  return step(dul::Event::evt17, inputs, now);
}

Session::Result Session::expire(Instant now) {
  if (artim_deadline_) {
    if (now < *artim_deadline_) return {};
    artim_deadline_.reset();
  }
  return step(dul::Event::evt18, Inputs{}, now);
}

// --- from the user -----------------------------------------------------------------------------------------------

Session::Result Session::submit(Primitive primitive, Instant now) {
  using enum dul::Event;
  Inputs inputs;
  if (auto* associate = std::get_if<AssociateRequest>(&primitive)) {
    const auto result = step(evt1, inputs, now);
    if (result) rq_ = std::move(associate->rq);
    return result;
  }
  if (auto* accept = std::get_if<AssociateAccept>(&primitive)) {
    pdu::Pdu pdu = std::move(accept->ac);
    inputs.pdu = &pdu;
    const auto result = step(evt7, inputs, now);
    if (result) agree(*rq_, std::get<pdu::AAssociateAc>(pdu));
    return result;
  }
  if (const auto* reject = std::get_if<AssociateReject>(&primitive)) {
    pdu::Pdu pdu = reject->rj;
    inputs.pdu = &pdu;
    return step(evt8, inputs, now);
  }
  if (const auto* message = std::get_if<MessageRequest>(&primitive)) return submit_message(*message, now);
  if (const auto* data = std::get_if<DataRequest>(&primitive)) {
    inputs.data = &data->data;
    return step(evt9, inputs, now);
  }
  if (std::holds_alternative<ReleaseRequest>(primitive)) return step(evt11, inputs, now);
  if (std::holds_alternative<ReleaseResponse>(primitive)) return step(evt14, inputs, now);
  inputs.abort_reason = std::get<AbortRequest>(primitive).reason;
  return step(evt15, inputs, now);
}

Session::Result Session::submit_message(const MessageRequest& request, Instant now) {
  if (dul::cell(state(), dul::Event::evt9).action != dul::Action::none) {
    if (!contexts_.contains(request.message.context_id))
      return std::unexpected(LocalError{"presentation context " + std::to_string(request.message.context_id) +
                                        " was not accepted in this association"});
    if (peer_maximum_length_ != 0 && peer_maximum_length_ < smallest_usable_maximum)
      return std::unexpected(LocalError{"the peer takes P-DATA-TF of at most " + std::to_string(peer_maximum_length_) +
                                        " bytes, which leaves no room for data"});
  }
  Inputs inputs;
  inputs.message = &request.message;
  inputs.packing = request.packing;
  if (peer_maximum_length_ != 0 &&
      (inputs.packing.maximum_length == 0 || inputs.packing.maximum_length > peer_maximum_length_))
    inputs.packing.maximum_length = peer_maximum_length_;
  return step(dul::Event::evt9, inputs, now);
}

// --- to the transport and the user -------------------------------------------------------------------------------

std::optional<SessionEvent> Session::next_event() {
  if (next_event_ == events_.size()) return std::nullopt;
  std::optional<SessionEvent> event(std::move(events_[next_event_++]));
  if (next_event_ == events_.size()) {
    events_.clear();
    next_event_ = 0;
  }
  return event;
}

Bytes Session::take_output() { return output_.take_whole(); }

void Session::take_output(Bytes& into) {
  into.clear();
  if (output_.lent().empty())
    std::swap(into, output_.own());
  else
    into = output_.take_whole();
}

void Session::take_output(Gather& into) {
  into.clear();
  std::swap(into, output_);
}

const AcceptedContext* Session::context_for(std::string_view abstract_syntax) const {
  for (const auto& [id, context] : contexts_)
    if (context.abstract_syntax == abstract_syntax) return &context;
  return nullptr;
}

void Session::force_state(dul::State state, Instant now) {
  machine_.force_state(state);
  artim_deadline_.reset();
  if (state == dul::State::sta2 || state == dul::State::sta13) artim_deadline_ = now + options_.artim;
  wants_connect_ = state == dul::State::sta4;
  wants_close_ = false;
  if (!rq_ && state != dul::State::sta1 && state != dul::State::sta2) rq_ = plain_request();
  if (contexts_.empty() && state >= dul::State::sta6) {
    auto& context = contexts_[1];
    context.id = 1;
    context.abstract_syntax = uids::Verification;
    context.transfer_syntax = uids::ImplicitVRLittleEndian;
  }
}

}  // namespace assay::session
