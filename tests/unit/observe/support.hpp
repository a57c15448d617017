// The smallest association, for tests of the observer.
#pragma once

#include <vector>

#include "harness/observe/observer.hpp"

namespace assay::test {

inline Bytes bytes_of(const pdu::Pdu& pdu) { return pdu::encode(pdu); }

inline pdu::UserInformationItem user_information() {
  pdu::UserInformationItem item;
  item.sub_items.emplace_back(pdu::MaximumLengthSubItem{16384});
  item.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{"1.2.3"});
  return item;
}

inline Bytes associate_rq() {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "B";
  rq.calling_ae_title = "A";
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  pdu::PresentationContextItemRq context;
  context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{std::string(uids::Verification)});
  context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
  rq.items.emplace_back(context);
  rq.items.emplace_back(user_information());
  return bytes_of(rq);
}

inline Bytes associate_ac() {
  pdu::AAssociateAc ac;
  ac.called_ae_title = "B";
  ac.calling_ae_title = "A";
  ac.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  pdu::PresentationContextItemAc context;
  context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
  ac.items.emplace_back(context);
  ac.items.emplace_back(user_information());
  return bytes_of(ac);
}

inline Bytes message_bytes(dimse::CommandSet command, std::uint32_t fragment_length = 0, Bytes data = {}) {
  dimse::Message message;
  message.command = std::move(command);
  message.data_set = std::move(data);
  message.data_set_length = message.data_set.size();
  dimse::Packing packing;
  packing.fragment_length = fragment_length;
  Bytes out;
  dimse::fragment(out, message, packing);
  return out;
}

inline Bytes echo_rq(std::uint32_t fragment_length = 0) { return message_bytes(dimse::c_echo_rq(1), fragment_length); }
inline Bytes echo_rsp() { return message_bytes(dimse::response_to(dimse::c_echo_rq(1), 0)); }

inline observe::Observer associated(observe::Options options = {}) {
  observe::Observer observer(nullptr, std::move(options));
  observer.opened({});
  observer.bytes(trace::Side::requestor, associate_rq(), {});
  observer.bytes(trace::Side::acceptor, associate_ac(), {});
  return observer;
}

template <typename What>
std::vector<What> only(const trace::Trace& trace) {
  std::vector<What> all;
  for (const auto& entry : trace.entries)
    if (const auto* what = std::get_if<What>(&entry.what)) all.push_back(*what);
  return all;
}

}  // namespace assay::test
