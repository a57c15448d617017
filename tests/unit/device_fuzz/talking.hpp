// Conversations of the tests of this folder. Nothing here is of any person.
#pragma once

#include "fuzz/device/conversation.hpp"
#include "harness/dimse/pdv.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::fuzz::device::talking {

inline constexpr const char* verification = "1.2.840.10008.1.1";
inline constexpr const char* ct_storage = "1.2.840.10008.5.1.4.1.1.2";

inline Bytes request() {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "ASSAY";
  rq.items = {pdu::ApplicationContextItem{"1.2.840.10008.3.1.1.1"}};
  std::uint8_t id = 1;
  for (const auto* sop_class : {verification, ct_storage}) {
    rq.items.emplace_back(pdu::PresentationContextItemRq{
        id, {pdu::AbstractSyntaxSubItem{sop_class}, pdu::TransferSyntaxSubItem{"1.2.840.10008.1.2"}}});
    id = static_cast<std::uint8_t>(id + 2);
  }
  rq.items.emplace_back(
      pdu::UserInformationItem{{pdu::MaximumLengthSubItem{16384}, pdu::ImplementationClassUidSubItem{"2.25.1"}}});
  return pdu::encode(rq);
}

inline Bytes message(std::uint8_t context, dimse::CommandSet command, Bytes data = {}) {
  Bytes out;
  dimse::Message m;
  m.context_id = context;
  m.command = std::move(command);
  m.data_set = std::move(data);
  m.data_set_length = m.data_set.size();
  dimse::fragment(out, m, {});
  return out;
}

inline Step sending(Bytes bytes) { return {.what = Do::send, .bytes = std::move(bytes)}; }
inline Step awaiting(Await what) { return {.what = Do::await, .await = what}; }

/// C-ECHO and C-STORE on one association.
inline Conversation echo_and_store() {
  Conversation c{"storage", "a", {}};
  c.steps.push_back({.what = Do::connect});
  c.steps.push_back(sending(request()));
  c.steps.push_back(awaiting(Await::association));
  c.steps.push_back(sending(message(1, dimse::c_echo_rq(1))));
  c.steps.push_back(awaiting(Await::messages));
  c.steps.push_back(sending(message(3, dimse::c_store_rq(2, ct_storage, "2.25.2"), Bytes(8))));
  c.steps.push_back(awaiting(Await::messages));
  c.steps.push_back(sending(pdu::encode(pdu::AReleaseRq{})));
  c.steps.push_back(awaiting(Await::release));
  c.steps.push_back({.what = Do::fin});
  return c;
}

}  // namespace assay::fuzz::device::talking
