// What was said on a line, by us and by the device that called: what is new in it, and what was forbidden.
#include <fmt/format.h>

#include "fuzz/device/reply_talk_impl.hpp"
#include "harness/dimse/status.hpp"

namespace assay::fuzz::device {
namespace {

using trace::MessageSeen;
using trace::PduSeen;
using trace::Side;

/// A request of the device, or an answer of ours, as a place is called: by kind, not by value, so that there are few.
std::string kind_of(const dimse::Message& message) {
  auto text = command_name(message);
  if (const auto status = message.command.status())
    text += fmt::format(" {}", dimse::name(dimse::status_class(*status)));
  return text;
}

}  // namespace

void ReplyTalk::Impl::look(ReplyLine& line) {
  Walk::look(line, Side::acceptor, [&](const trace::Entry& entry) {
    if (const auto* pdu = std::get_if<PduSeen>(&entry.what))
      pdu->from == Side::acceptor ? our_pdu(line, *pdu) : their_pdu(line, *pdu, entry);
    else if (const auto* message = std::get_if<MessageSeen>(&entry.what))
      message->from == Side::acceptor ? our_message(line, *message) : their_message(line, *message, entry);
  });
}

void ReplyTalk::Impl::said(ReplyLine& line, const std::string& kind, const std::string& more) {
  line.place = before + (line.asked_last.empty() ? "" : " " + line.asked_last) + " " + kind;
  line.told = more.empty() ? line.place : line.place + " " + more;
}

void ReplyTalk::Impl::our_pdu(ReplyLine& line, const PduSeen& seen) {
  whole_pdu(line, seen);
  if (!seen.recognized) {
    line.broken = true;
    said(line, "no PDU", "");
    return;
  }
  if (is_p_data(seen)) return;
  said(line, pdu::pdu_name(seen.type), "");
  if (!seen.pdu) line.broken = true;
  if (seen.type == 2) line.accepted = true;
  if (seen.type == 5) line.release_asked = true;
  if (seen.type == 3 || seen.type == 7) line.aborted = true;
}

void ReplyTalk::Impl::our_message(ReplyLine& line, const MessageSeen& seen) {
  const auto& command = seen.message->command;
  const auto field = command.field().value_or(0);
  std::string status;
  if (const auto code = command.status()) status = dimse::name(dimse::status_class(*code));
  said(line, command_name(*seen.message), status);
  if (dimse::is_response(field)) return;
  if (field == static_cast<std::uint16_t>(dimse::CommandField::c_store_rq) && line.retrieves && command.message_id())
    ++line.owed[*command.message_id()];
  else
    line.broken = true;  // nobody who is an SCU alone has to answer it
}

void ReplyTalk::Impl::their_pdu(ReplyLine& line, const PduSeen& seen, const trace::Entry& entry) {
  if (is_p_data(seen)) return;
  heard(line, entry);
  line.asked_last = pdu::pdu_name(seen.type);
  switch (static_cast<pdu::PduType>(seen.type)) {
    case pdu::PduType::a_associate_rq: line.association = true; break;
    case pdu::PduType::a_release_rq:
    case pdu::PduType::a_release_rp: line.release = true; break;
    case pdu::PduType::a_abort: line.aborted = true; break;
    default: break;
  }
}

void ReplyTalk::Impl::their_message(ReplyLine& line, const MessageSeen& seen, const trace::Entry& entry) {
  ++line.messages;
  heard(line, entry);
  const auto& command = seen.message->command;
  line.asked_last = kind_of(*seen.message);
  const auto field = command.field().value_or(0);
  if (dimse::is_response(field)) {
    if (const auto id = command.responded_to())
      if (const auto found = line.owed.find(*id); found != line.owed.end() && --found->second <= 0)
        line.owed.erase(found);
    return;
  }
  if (field == static_cast<std::uint16_t>(dimse::CommandField::c_get_rq)) line.retrieves = true;
  if (line.asked.size() < max_steps) line.asked.push_back(asked_by(*seen.message));
}

void ReplyTalk::Impl::heard(ReplyLine& line, const trace::Entry& entry) {
  const auto name = answer_name(entry);
  if (!name.empty()) fresh.add(line.where() + " -> " + name, true);
}

}  // namespace assay::fuzz::device
