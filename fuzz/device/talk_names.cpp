// What answers are called in the table of places.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fuzz/device/talk_impl.hpp"

namespace assay::fuzz::device {
namespace {

using trace::Closing;
using trace::MessageSeen;
using trace::PduSeen;

std::string pdu_answer(const PduSeen& seen) {
  if (!seen.recognized) return "no PDU";
  auto text = pdu::pdu_name(seen.type);
  if (!seen.pdu) return text;
  if (const auto* rj = std::get_if<pdu::AAssociateRj>(seen.pdu.get()))
    text += fmt::format(" {}/{}/{}", rj->result, rj->source, rj->reason);
  if (const auto* abort = std::get_if<pdu::AAbort>(seen.pdu.get()))
    text += fmt::format(" {}/{}", abort->source, abort->reason);
  if (const auto* ac = std::get_if<pdu::AAssociateAc>(seen.pdu.get())) {
    // How the contexts went matters, not how many there were.
    std::array<bool, 6> results{};
    for (const auto* context : ac->contexts()) results.at(std::min<std::size_t>(context->result, 5)) = true;
    for (std::size_t i = 0; i < results.size(); ++i)
      if (results.at(i)) text += fmt::format(" {}", i);
  }
  return text;
}

std::string message_answer(const MessageSeen& seen) {
  const auto field = seen.message->command.field().value_or(0);
  std::string text = dimse::command_info(field) == nullptr ? "unknown command" : seen.message->command.name();
  if (const auto status = seen.message->command.status()) text += fmt::format(" {:04X}", *status);
  return text;
}

}  // namespace

std::string answer_name(const trace::Entry& entry) {
  if (const auto* seen = std::get_if<PduSeen>(&entry.what)) return is_p_data(*seen) ? "" : pdu_answer(*seen);
  if (const auto* seen = std::get_if<MessageSeen>(&entry.what)) return message_answer(*seen);
  if (const auto* closed = std::get_if<trace::TransportClosed>(&entry.what))
    return closed->how == Closing::fin ? "closed" : "reset";
  return "";
}

}  // namespace assay::fuzz::device
