// What was said on a line, by us and by the device: what is new in it, and what was forbidden.
#include "fuzz/device/talk_impl.hpp"
#include "harness/dimse/status.hpp"

namespace assay::fuzz::device {
namespace {

using trace::MessageSeen;
using trace::PduSeen;
using trace::Side;

}  // namespace

void Talk::Impl::answer(Line& line, const trace::Entry& entry) {
  const auto name = answer_name(entry);
  if (!name.empty()) fresh.add(line.place + " -> " + name, true);
}

void Talk::Impl::look(Line& line) {
  Walk::look(line, Side::requestor, [&](const trace::Entry& entry) {
    if (const auto* pdu = std::get_if<PduSeen>(&entry.what))
      pdu->from == Side::requestor ? our_pdu(line, *pdu) : their_pdu(line, *pdu, entry);
    else if (const auto* message = std::get_if<MessageSeen>(&entry.what))
      message->from == Side::requestor ? our_message(line, *message) : their_message(line, *message, entry);
  });
}

void Talk::Impl::our_pdu(Line& line, const PduSeen& seen) {
  whole_pdu(line, seen);
  if (!seen.recognized) {
    line.broken = true;
    line.place = before + " no PDU";
    return;
  }
  if (is_p_data(seen)) {
    line.half_message = true;  // until it is seen as a whole
    return;
  }
  line.place = before + " " + pdu::pdu_name(seen.type);
  if (!seen.pdu) line.broken = true;
  if (seen.type == 1) line.asked = true;
  if (seen.type == 5) line.release_asked = true;
  if (seen.type == 7) line.aborted = true;
}

void Talk::Impl::our_message(Line& line, const MessageSeen& seen) {
  line.half_message = false;
  const auto& command = seen.message->command;
  const auto field = command.field().value_or(0);
  line.place = before + " " + command_name(*seen.message);
  if (dimse::is_response(field)) return;
  if (field == static_cast<std::uint16_t>(dimse::CommandField::c_cancel_rq)) return;
  if (dimse::command_info(field) == nullptr || !command.message_id()) {
    line.broken = true;
    return;
  }
  ++line.requests[*command.message_id()];
}

void Talk::Impl::their_pdu(Line& line, const PduSeen& seen, const trace::Entry& entry) {
  if (is_p_data(seen)) return;
  answer(line, entry);
  switch (static_cast<pdu::PduType>(seen.type)) {
    case pdu::PduType::a_associate_ac: line.accepted = line.association = line.answered = true; break;
    case pdu::PduType::a_associate_rj: line.association = line.answered = true; break;
    case pdu::PduType::a_release_rp: line.release = line.released = true; break;
    case pdu::PduType::a_abort: line.aborted = true; break;
    default: break;
  }
}

void Talk::Impl::their_message(Line& line, const MessageSeen& seen, const trace::Entry& entry) {
  ++line.messages;
  answer(line, entry);
  const auto& command = seen.message->command;
  const auto status = command.status();
  const auto id = command.responded_to();
  if (!status || !id || dimse::status_class(*status) == dimse::StatusClass::pending) return;
  if (const auto found = line.requests.find(*id); found != line.requests.end() && --found->second <= 0)
    line.requests.erase(found);
}

Waits& Waits::operator+=(const Waits& more) {
  due += more.due;
  optional += more.optional;
  pauses += more.pauses;
  pieces += more.pieces;
  connects += more.connects;
  return *this;
}

}  // namespace assay::fuzz::device
