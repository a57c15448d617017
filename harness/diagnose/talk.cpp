#include "harness/diagnose/talk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/base/hex.hpp"
#include "harness/diagnose/client_hello.hpp"
#include "harness/dimse/status.hpp"

namespace assay::diagnose {
namespace {

constexpr std::size_t kept_bytes = 1024;
/// More than any answer to these requests needs; a device that goes on and on is not listened to for ever.
constexpr std::size_t most_bytes = 4U << 20;
constexpr std::size_t most_pending = 1000;
/// A banner or a TLS record may come in two segments.
constexpr Duration rest_of_a_banner = std::chrono::milliseconds(300);

constexpr auto endless = "with pending responses without end";

constexpr std::string_view no_such_study = "2.25.301592653589793238462643383279502884197";
constexpr std::string_view no_such_patient = "ASSAY-NOBODY";
constexpr std::string_view worklist = "1.2.840.10008.5.1.4.31";

bool is_find(std::string_view uid) {
  return uid == uids::StudyRootQueryRetrieveInformationModelFind ||
         uid == uids::PatientRootQueryRetrieveInformationModelFind || uid == worklist;
}
bool is_move(std::string_view uid) {
  return uid == uids::StudyRootQueryRetrieveInformationModelMove || uid == "1.2.840.10008.5.1.4.1.2.1.2";
}

dataset::DataSet identifier(std::string_view sop_class) {
  dataset::DataSet keys(dataset::explicit_le);
  if (sop_class == worklist) {
    dataset::DataSet step(dataset::explicit_le);
    step.set_empty(tags::Modality);
    keys.set_text(tags::PatientID, no_such_patient);
    keys.set_sequence(tags::ScheduledProcedureStepSequence, {step});
    return keys;
  }
  keys.set_text(tags::QueryRetrieveLevel, "STUDY");
  if (sop_class.starts_with("1.2.840.10008.5.1.4.1.2.1.")) keys.set_text(tags::PatientID, no_such_patient);
  keys.set_text(tags::StudyInstanceUID, no_such_study);
  return keys;
}

}  // namespace

pdu::AAssociateRq request_of(const Speech& speech) {
  if (speech.whole) return *speech.whole;
  pdu::AAssociateRq rq;
  rq.protocol_version = speech.protocol_version;
  rq.called_ae_title = speech.called;
  rq.calling_ae_title = speech.calling;
  rq.items.emplace_back(pdu::ApplicationContextItem{speech.application_context});
  unsigned id = 1;
  for (const auto& ask : speech.contexts) {
    if (id > 255) break;  // 128 contexts are all that odd ids allow (PS3.8 9.3.2.2)
    pdu::PresentationContextItemRq context;
    context.id = static_cast<std::uint8_t>(id);
    context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{ask.abstract_syntax});
    for (const auto& syntax : ask.transfer_syntaxes) context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{syntax});
    rq.items.emplace_back(std::move(context));
    id += 2;
  }
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{speech.maximum_length});
  user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{speech.implementation_class_uid});
  if (!speech.version_name.empty())
    user.sub_items.emplace_back(pdu::ImplementationVersionNameSubItem{speech.version_name});
  rq.items.emplace_back(std::move(user));
  return rq;
}

Talk::Talk(Probe probe) : probe_(std::move(probe)) {}

void Talk::begin(Instant now) {
  begun_ = now;
  step(now);
  phase_ = Phase::first;
  if (probe_.kind == Probe::Kind::associate) say(pdu::encode(request_of(probe_.speech)));
  if (probe_.kind == Probe::Kind::client_hello) say(client_hello(probe_.host));
  if (probe_.kind == Probe::Kind::connect || probe_.kind == Probe::Kind::resolve) over(now);
}

void Talk::say(ByteView bytes) {
  append(output_, bytes);
  if (answer_.sent.empty()) answer_.sent = to_bytes(bytes.first(std::min(bytes.size(), kept_bytes)));
}

Bytes Talk::take_output() { return std::exchange(output_, {}); }

std::optional<Instant> Talk::next_deadline() const {
  if (phase_ == Phase::idle || phase_ == Phase::over) return std::nullopt;
  const auto wait = phase_ == Phase::quiet ? probe_.quiet : foreign_ ? rest_of_a_banner : probe_.wait;
  const auto end_of_step = step_ + wait;
  return probe_.most > Duration{0} ? std::min(end_of_step, begun_ + probe_.most) : end_of_step;
}

void Talk::receive(ByteView bytes, Instant now) {
  if (phase_ == Phase::over || phase_ == Phase::idle || bytes.empty()) return;
  taken_ += bytes.size();
  if (phase_ == Phase::first && answer_.received.size() < kept_bytes)
    append(answer_.received, bytes.first(std::min(bytes.size(), kept_bytes - answer_.received.size())));
  if (taken_ > most_bytes) {
    say(pdu::encode(pdu::AAbort{0, 0}));
    over(now);
    return;
  }
  if (probe_.kind != Probe::Kind::associate || foreign_) {
    const auto& all = answer_.received;
    const bool whole_line = std::find(all.begin(), all.end(), std::uint8_t{'\n'}) != all.end();
    if (!foreign_) {
      foreign_ = true;
      answer_.answer_took = now - begun_;
      step(now);
    }
    if (whole_line || all.size() >= 16) over(now);
    return;
  }
  framer_.push(bytes);
  while (phase_ != Phase::over) {
    const auto frame = framer_.next();
    if (frame.status == pdu::Framer::Status::need_more) return;
    if (frame.status == pdu::Framer::Status::unrecognized) {
      if (phase_ != Phase::first) {
        answer_.odd_pdu = frame.type;
        say(pdu::encode(pdu::AAbort{2, 1}));
        over(now);
      } else {
        answer_.answer_took = now - begun_;
        foreign_ = true;
        step(now);
        if (answer_.received.size() >= 16) over(now);
      }
      return;
    }
    if (phase_ == Phase::first)
      first_pdu(frame.bytes, now);
    else
      later_pdu(frame, now);
  }
  framer_.keep();
}

void Talk::first_pdu(ByteView bytes, Instant now) {
  answer_.answer_took = now - begun_;
  answer_.received = to_bytes(bytes.first(std::min(bytes.size(), kept_bytes)));
  auto decoded = pdu::decode(bytes);
  answer_.reply = std::move(decoded.pdu);
  answer_.reply_problems = std::move(decoded.problems);
  if (!answer_.reply || !std::holds_alternative<pdu::AAssociateAc>(*answer_.reply)) {
    over(now);
    return;
  }
  step(now);
  if (probe_.hold) {
    holding_ = true;
    over(now);
  } else if (probe_.quiet > Duration{0}) {
    phase_ = Phase::quiet;
  } else {
    next_request(now);
  }
}

void Talk::later_pdu(const pdu::Framer::Frame& frame, Instant now) {
  switch (static_cast<pdu::PduType>(frame.type)) {
    case pdu::PduType::p_data_tf:
      if (phase_ == Phase::requesting) {
        data(frame.bytes, frame.offset, now);
        return;
      }
      if (phase_ == Phase::releasing) return;  // may still come (PS3.8 7.2.2)
      break;
    case pdu::PduType::a_abort: {
      const auto decoded = pdu::decode(frame.bytes);
      const auto* abort = decoded.pdu ? std::get_if<pdu::AAbort>(&*decoded.pdu) : nullptr;
      answer_.abort = abort != nullptr ? *abort : pdu::AAbort{};
      answer_.before_request = !asked_;
      over(now);
      return;
    }
    case pdu::PduType::a_release_rp:
      if (phase_ == Phase::releasing) {
        answer_.released = true;
        answer_.release_took = now - step_;
        over(now);
        return;
      }
      break;
    case pdu::PduType::a_release_rq:
      if (phase_ == Phase::releasing) {  // a collision: the requestor answers and goes on waiting (PS3.8 7.2.2.7)
        say(pdu::encode(pdu::AReleaseRp{}));
        return;
      }
      break;
    default: break;
  }
  answer_.odd_pdu = frame.type;
  say(pdu::encode(pdu::AAbort{2, 2}));
  over(now);
}

void Talk::data(ByteView bytes, std::uint64_t offset, Instant now) {
  std::vector<pdu::PdvView> values;
  Problems problems;
  const bool readable = pdu::decode_p_data(bytes, offset, values, problems);
  for (const auto& value : values) {
    if (phase_ != Phase::requesting) return;
    auto out = assembler_.push(value);
    if (!out.message) continue;
    auto& asked = answer_.requests.back();
    if (has_error(out.command_problems)) asked.wrong = "its Command Set cannot be read";
    response(*out.message, now);
  }
  if (!readable && phase_ == Phase::requesting) {
    auto& asked = answer_.requests.back();
    asked.answered = true;
    asked.wrong = "a P-DATA-TF PDU whose lengths contradict each other: " +
                  (problems.empty() ? std::string("cut short") : problems.front().found);
    say(pdu::encode(pdu::AAbort{2, 6}));
    over(now);
  }
}

std::optional<std::size_t> Talk::context_for(Request request) const {
  const auto& ac = std::get<pdu::AAssociateAc>(*answer_.reply);
  for (std::size_t i = 0; i < probe_.speech.contexts.size(); ++i) {
    const auto& uid = probe_.speech.contexts[i].abstract_syntax;
    const bool fits = request == Request::echo   ? uid == uids::Verification
                      : request == Request::find ? is_find(uid)
                                                 : is_move(uid);
    if (!fits) continue;
    for (const auto* context : ac.contexts())
      if (context->id == 2 * i + 1 && context->result == 0) return i;
  }
  return std::nullopt;
}

dimse::Message Talk::message_for(Request request, std::size_t context) const {
  const auto& ac = std::get<pdu::AAssociateAc>(*answer_.reply);
  const auto& uid = probe_.speech.contexts[context].abstract_syntax;
  dimse::Message message;
  message.context_id = static_cast<std::uint8_t>(2 * context + 1);
  switch (request) {
    case Request::echo: message.command = dimse::c_echo_rq(message_id_); return message;
    case Request::find: message.command = dimse::c_find_rq(message_id_, uid); break;
    case Request::move:
      message.command = dimse::c_move_rq(message_id_, uid, pdu::trimmed_ae_title(probe_.speech.calling));
      break;
  }
  std::string_view syntax;
  for (const auto* answered : ac.contexts())
    if (answered->id == message.context_id) syntax = answered->transfer_syntax();
  message.data_set = dataset::encode(identifier(uid), dataset::encoding_of(syntax));
  message.data_set_length = message.data_set.size();
  return message;
}

void Talk::next_request(Instant now) {
  while (next_ < probe_.requests.size()) {
    const auto request = probe_.requests[next_++];
    RequestAnswer answer;
    answer.request = request;
    const auto context = context_for(request);
    if (!context) {
      answer.no_context = true;
      answer_.requests.push_back(std::move(answer));
      continue;
    }
    phase_ = Phase::requesting;
    step(now);
    pending_ = 0;
    ++message_id_;
    const auto message = message_for(request, *context);
    answer.context_id = message.context_id;
    dimse::Packing packing;
    packing.maximum_length = std::get<pdu::AAssociateAc>(*answer_.reply).maximum_length();
    Bytes out;
    if (!dimse::fragment(out, message, packing)) {
      answer.wrong =
          fmt::format("cannot be asked: it takes P-DATA-TF PDUs of {} bytes at most", packing.maximum_length);
      answer_.requests.push_back(std::move(answer));
      continue;
    }
    asked_ = true;
    asked_at_ = now;
    answer_.requests.push_back(std::move(answer));
    say(out);
    return;
  }
  release(now);
}

void Talk::response(const dimse::Message& message, Instant now) {
  auto& asked = answer_.requests.back();
  const auto& command = message.command;
  const auto wanted = asked.request == Request::echo   ? dimse::CommandField::c_echo_rsp
                      : asked.request == Request::find ? dimse::CommandField::c_find_rsp
                                                       : dimse::CommandField::c_move_rsp;
  if (asked.wrong.empty()) {
    if (message.context_id != asked.context_id)
      asked.wrong = fmt::format("on presentation context {} instead of {}", message.context_id, asked.context_id);
    else if (command.field() != static_cast<std::uint16_t>(wanted))
      asked.wrong =
          fmt::format("with {} instead of {}", command.name(), dimse::command_name(static_cast<std::uint16_t>(wanted)));
    else if (command.responded_to() != message_id_)
      asked.wrong = command.responded_to()
                        ? fmt::format("to message {} instead of {}", *command.responded_to(), message_id_)
                        : std::string("without saying to which message");
    else if (!command.status())
      asked.wrong = "without a Status";
  }
  asked.answered = true;
  if (asked.wrong.empty() && asked.request != Request::echo &&
      dimse::status_class(*command.status()) == dimse::StatusClass::pending) {
    asked.answered = false;
    step(now);
    if (++pending_ <= most_pending) return;
    asked.wrong = endless;
  }
  if (asked.wrong.empty()) asked.status = command.status();
  asked.comment = printable(command.elements().text(tags::ErrorComment));
  asked.took = now - asked_at_;
  if (asked.wrong.empty())
    next_request(now);
  else
    release(now);
}

void Talk::release(Instant now) {
  phase_ = Phase::releasing;
  step(now);
  say(pdu::encode(pdu::AReleaseRq{}));
}

void Talk::end_hold(Instant now) {
  if (!holding_) return;
  holding_ = false;
  release(now);
}

void Talk::peer_closed(End how, Instant now) {
  if (phase_ == Phase::over) {
    if (std::exchange(holding_, false)) answer_.end = how;
    return;
  }
  answer_.end = how;
  answer_.before_request = !asked_;
  if (phase_ == Phase::first && !foreign_) {
    answer_.closed_before_answer = true;
    answer_.answer_took = now - begun_;
  }
  over(now);
}

void Talk::expire(Instant now) {
  const auto deadline = next_deadline();
  if (!deadline || now < *deadline) return;
  if (phase_ == Phase::quiet) {
    next_request(now);
    return;
  }
  if (!foreign_) {
    answer_.end = End::silence;
    if (phase_ == Phase::first) answer_.answer_took = now - begun_;
    if (phase_ == Phase::requesting) {
      auto& asked = answer_.requests.back();
      asked.took = now - asked_at_;
      // It was never silent for long, and never done.
      if (pending_ > 0 && now - step_ < probe_.wait) {
        asked.answered = true;
        asked.wrong = endless;
      }
    }
    if (phase_ == Phase::releasing) answer_.release_took = now - step_;
    if (probe_.kind == Probe::Kind::associate) append(output_, pdu::encode(pdu::AAbort{0, 0}));
  }
  over(now);
}

void Talk::over(Instant now) {
  phase_ = Phase::over;
  answer_.took = now - begun_;
}

}  // namespace assay::diagnose
