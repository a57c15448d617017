#include "fuzz/device/model.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "harness/dict/dict.hpp"
#include "harness/dimse/message.hpp"
#include "harness/dimse/status.hpp"

namespace assay::fuzz::device {
namespace {

using dul::Event;
using dul::State;
using trace::Side;

constexpr std::size_t max_command = std::size_t{1} << 16;
constexpr std::size_t max_open = 1024;

Said request_of(std::uint16_t field) {
  using enum dimse::CommandField;
  switch (static_cast<dimse::CommandField>(field)) {
    case c_store_rq: return Said::c_store_rq;
    case c_find_rq: return Said::c_find_rq;
    case c_get_rq: return Said::c_get_rq;
    case c_move_rq: return Said::c_move_rq;
    case c_echo_rq: return Said::c_echo_rq;
    case n_event_report_rq: return Said::n_event_report_rq;
    case n_get_rq: return Said::n_get_rq;
    case n_set_rq: return Said::n_set_rq;
    case n_action_rq: return Said::n_action_rq;
    case n_create_rq: return Said::n_create_rq;
    case n_delete_rq: return Said::n_delete_rq;
    default: return Said::unknown_command;
  }
}

}  // namespace

std::optional<Place> Model::place() const {
  if (!connected_) return std::nullopt;
  switch (machine_.state()) {
    case State::sta2: return Place::sta2;
    case State::sta3: return Place::sta3;
    case State::sta6:
      return in_command_ ? Place::command : data_due_ ? Place::data : open_.empty() ? Place::idle : Place::pending;
    case State::sta8: return Place::sta8;
    case State::sta13: return Place::sta13;
    default: return std::nullopt;
  }
}

void Model::say(Said said, std::vector<Pair>& pairs) {
  const auto here = place();
  if (!here) return;
  if (const auto pair = pair_of(*here, said); possible(pair)) pairs.push_back(pair);
}

/// What the device's own user does: nothing where the table has it not.
void Model::answered(Event event) { (void)machine_.handle(event); }

void Model::ours(std::uint8_t type, const pdu::Pdu* decoded, std::vector<Pair>& pairs) {
  using pdu::PduType;
  if (!place()) return;
  Said said = Said::no_pdu;
  if (decoded != nullptr || type == static_cast<std::uint8_t>(PduType::p_data_tf)) {
    switch (static_cast<PduType>(type)) {
      case PduType::a_associate_rq: said = Said::associate_rq; break;
      case PduType::a_associate_ac: said = Said::associate_ac; break;
      case PduType::a_associate_rj: said = Said::associate_rj; break;
      case PduType::p_data_tf: said = Said::p_data; break;
      case PduType::a_release_rq: said = Said::release_rq; break;
      case PduType::a_release_rp: said = Said::release_rp; break;
      case PduType::a_abort: said = Said::abort; break;
    }
  }
  say(said, pairs);
  if (said == Said::associate_rq && machine_.state() == State::sta2) {
    contexts_.clear();
    for (const auto* one : std::get<pdu::AAssociateRq>(*decoded).contexts())
      contexts_.push_back({one->id, service_of(one->abstract_syntax()), std::string(one->abstract_syntax())});
  }
  (void)machine_.handle(event_of(said));
  if (machine_.state() != State::sta6) {
    in_command_ = data_due_ = false;
    command_.clear();
  }
}

/// One PDV within an association.
void Model::one_value(std::uint8_t context, std::uint8_t header, ByteView fragment, std::vector<Pair>& pairs) {
  const bool last = (header & 2) != 0;
  const auto known = std::ranges::find(contexts_, context, &Context::id);
  if (known == contexts_.end()) {
    say(Said::other_context, pairs);
  } else if ((header & 1) == 0) {
    say(Said::data, pairs);
    if (last) data_due_ = false;
  } else {
    const auto room = max_command - std::min(command_.size(), max_command);
    append(command_, fragment.first(std::min(room, fragment.size())));
    if (last) {
      whole_command(*known, pairs);
    } else {
      say(Said::part_of_command, pairs);
      in_command_ = true;
      data_due_ = false;
    }
  }
}

void Model::whole_command(const Context& context, std::vector<Pair>& pairs) {
  const auto decoded = dimse::decode_command(std::exchange(command_, {})).command;
  const auto field = decoded.field().value_or(0);
  const auto id = decoded.message_id().value_or(0);
  bool request = false;
  if (dimse::command_info(field) == nullptr) {
    say(Said::unknown_command, pairs);
  } else if (dimse::is_response(field)) {
    say(Said::response, pairs);
  } else if (field == static_cast<std::uint16_t>(dimse::CommandField::c_cancel_rq)) {
    say(open_.contains(decoded.responded_to().value_or(0)) ? Said::cancel_pending : Said::cancel_none, pairs);
  } else {
    request = true;
    const auto said = request_of(field);
    say(open_.contains(id) ? Said::used_id : fits(said, context.service) ? said : Said::other_class, pairs);
  }
  in_command_ = false;
  data_due_ = decoded.has_data_set();
  if (request && open_.size() < max_open) open_.insert(id);
}

void Model::take(const Step& step, std::vector<Pair>& pairs) {
  switch (step.what) {
    case Do::connect:
      if (!std::exchange(connected_, true)) answered(Event::evt5);
      return;
    case Do::pause: return;
    case Do::half:
    case Do::fin:
    case Do::rst:
      say(Said::closed, pairs);
      answered(Event::evt17);
      return;
    case Do::await:
      // What is usual came.
      if (step.await == Await::association) answered(Event::evt7);
      if (step.await == Await::messages && !in_command_ && !data_due_) open_.clear();
      if (step.await == Await::release) answered(Event::evt14);
      if (step.await == Await::closed) answered(Event::evt17);
      return;
    case Do::send: break;
  }
  if (lost_ || !place()) return;
  framer_.push(step.bytes);
  for (auto frame = framer_.next(); frame.status != pdu::Framer::Status::need_more; frame = framer_.next()) {
    if (frame.status == pdu::Framer::Status::unrecognized) {
      lost_ = true;
      ours(0, nullptr, pairs);
      return;
    }
    const bool p_data = frame.type == static_cast<std::uint8_t>(pdu::PduType::p_data_tf);
    if (p_data && machine_.state() == State::sta6) {
      std::vector<pdu::PdvView> values;
      Problems problems;
      if (!pdu::decode_p_data(frame.bytes, 0, values, problems) || values.empty()) say(Said::no_pdv, pairs);
      for (const auto& one : values) one_value(one.context_id, one.control_header, one.fragment, pairs);
    } else {
      const auto decoded = p_data ? pdu::PduDecode{} : pdu::decode(frame.bytes);
      ours(frame.type, decoded.pdu ? &*decoded.pdu : nullptr, pairs);
    }
  }
  framer_.keep();
}

void Model::theirs(const pdu::Pdu& answer) {
  if (const auto* ac = std::get_if<pdu::AAssociateAc>(&answer)) {
    std::erase_if(contexts_, [&](const Context& proposed) {
      return std::ranges::none_of(ac->contexts(),
                                  [&](const auto* one) { return one->id == proposed.id && one->result == 0; });
    });
    answered(Event::evt7);
  } else if (std::holds_alternative<pdu::AAssociateRj>(answer)) {
    answered(Event::evt8);
  } else if (std::holds_alternative<pdu::AReleaseRp>(answer)) {
    answered(Event::evt14);
  } else if (std::holds_alternative<pdu::AAbort>(answer)) {
    machine_.force_state(State::sta13);  // of itself, or as the table asks: it awaits the end now
  }
}

void Model::take(const trace::Entry& entry, std::vector<Pair>& pairs) {
  if (std::holds_alternative<trace::TransportOpened>(entry.what)) {
    connected_ = true;
    answered(Event::evt5);
  } else if (const auto* closed = std::get_if<trace::TransportClosed>(&entry.what)) {
    if (closed->by == Side::requestor) say(Said::closed, pairs);
    connected_ = false;
  } else if (const auto* seen = std::get_if<trace::PduSeen>(&entry.what)) {
    if (seen->from == Side::acceptor) {
      if (seen->pdu) theirs(*seen->pdu);
    } else if (seen->recognized && seen->type == static_cast<std::uint8_t>(pdu::PduType::p_data_tf) &&
               machine_.state() == State::sta6) {
      if (seen->values.empty()) say(Said::no_pdv, pairs);
      for (const auto& one : seen->values) one_value(one.context_id, one.control_header, one.fragment, pairs);
    } else {
      ours(seen->recognized ? seen->type : std::uint8_t{0}, seen->recognized ? seen->pdu.get() : nullptr, pairs);
    }
  } else if (const auto* message = std::get_if<trace::MessageSeen>(&entry.what)) {
    if (message->from != Side::acceptor) return;
    const auto& command = message->message->command;
    const auto status = command.status();
    const auto id = command.responded_to();
    if (status && id && dimse::status_class(*status) != dimse::StatusClass::pending) open_.erase(*id);
  }
}

std::vector<Pair> pairs_of(std::span<const trace::Trace> traces) {
  std::vector<Pair> pairs;
  for (const auto& one : traces) {
    Model model;
    for (const auto& entry : one.entries) model.take(entry, pairs);
  }
  return pairs;
}

}  // namespace assay::fuzz::device
