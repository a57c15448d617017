// What the session tests share: an ordinary request and answer, and events as short text.
#pragma once

#include <string>
#include <vector>

#include "harness/dimse/message.hpp"
#include "harness/session/session.hpp"

namespace assay::session::test {

inline constexpr Instant zero{};
inline Instant at(int seconds) { return Instant{std::chrono::seconds(seconds)}; }

inline pdu::AAssociateRq request(std::uint32_t maximum_length = 16384) {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "ASSAY";
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  pdu::PresentationContextItemRq context;
  context.id = 1;
  context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{std::string(uids::Verification)});
  context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
  rq.items.emplace_back(context);
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{maximum_length});
  user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{"1.2.3.4"});
  rq.items.emplace_back(user);
  return rq;
}

inline pdu::AAssociateAc answer(std::uint32_t maximum_length = 16384) {
  pdu::AAssociateAc ac;
  ac.called_ae_title = "ANY-SCP";
  ac.calling_ae_title = "ASSAY";
  ac.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  pdu::PresentationContextItemAc context;
  context.id = 1;
  context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
  ac.items.emplace_back(context);
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{maximum_length});
  user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{"1.2.3.4"});
  ac.items.emplace_back(user);
  return ac;
}

inline dimse::Message echo_message(std::uint16_t id = 1) {
  dimse::Message message;
  message.context_id = 1;
  message.command = dimse::c_echo_rq(id);
  return message;
}

inline Bytes echo_p_data(std::uint16_t id = 1) {
  Bytes out;
  dimse::fragment(out, echo_message(id), {});
  return out;
}

inline std::string short_name(const SessionEvent& event) {
  struct Visitor {
    std::string operator()(const AssociateIndication&) const { return "A-ASSOCIATE indication"; }
    std::string operator()(const AssociateConfirm&) const { return "A-ASSOCIATE confirmation accept"; }
    std::string operator()(const RejectConfirm&) const { return "A-ASSOCIATE confirmation reject"; }
    std::string operator()(const MessageIndication& m) const { return "message " + m.message.command.name(); }
    std::string operator()(const DataIndication&) const { return "P-DATA indication"; }
    std::string operator()(const ReleaseIndication& r) const {
      return r.collision ? "A-RELEASE indication collision" : "A-RELEASE indication";
    }
    std::string operator()(const ReleaseConfirm&) const { return "A-RELEASE confirmation"; }
    std::string operator()(const AbortIndication&) const { return "A-ABORT indication"; }
    std::string operator()(const ProviderAbort&) const { return "A-P-ABORT indication"; }
    std::string operator()(const TransportClosed&) const { return "closed"; }
  };
  return std::visit(Visitor{}, event);
}

inline std::vector<std::string> drain(Session& session) {
  std::vector<std::string> names;
  while (auto event = session.next_event()) names.push_back(short_name(*event));
  return names;
}

/// The PDUs in `bytes`, shortly: "A-ABORT 2/6".
inline std::string sent_text(ByteView bytes) {
  pdu::Framer framer;
  framer.push(bytes);
  std::string text;
  for (auto frame = framer.next(); frame.status == pdu::Framer::Status::pdu; frame = framer.next()) {
    if (!text.empty()) text += ", ";
    text += pdu::pdu_name(frame.type);
    if (frame.type == 7) text += " " + std::to_string(frame.bytes[8]) + "/" + std::to_string(frame.bytes[9]);
  }
  if (framer.pending() > 0) text += " and something else";
  return text;
}

/// Carries bytes between two sessions until neither has more to say.
inline void converse(Session& a, Session& b, Instant now) {
  for (bool moved = true; moved;) {
    moved = false;
    for (auto [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
      if (!from->has_output()) continue;
      moved = true;
      (void)to->receive(from->take_output(), now);
    }
  }
}

/// Two sessions with an association established and no event left over.
struct Pair {
  Session requestor;
  Session acceptor;
  explicit Pair(Options r = {}, Options a = {}, std::uint32_t maximum_length = 16384)
      : requestor(dul::Role::requestor, std::move(r)), acceptor(dul::Role::acceptor, std::move(a)) {
    (void)acceptor.transport_opened(zero);
    (void)requestor.submit(AssociateRequest{request(maximum_length)}, zero);
    (void)requestor.transport_opened(zero);
    converse(requestor, acceptor, zero);
    (void)acceptor.submit(AssociateAccept{answer(maximum_length)}, zero);
    converse(requestor, acceptor, zero);
    drain(requestor);
    drain(acceptor);
  }
};

}  // namespace assay::session::test
