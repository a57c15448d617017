// The request and the answer that open the associations of the targets: contexts 1, 3, 5, ... in this order.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "harness/dict/dict.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::fuzz {

/// A context for each abstract syntax, each with all these transfer syntaxes.
inline pdu::AAssociateRq a_associate_rq(std::span<const std::string_view> abstract_syntaxes,
                                        std::span<const std::string_view> transfer_syntaxes,
                                        std::uint32_t maximum_length) {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "FUZZ";
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  std::uint8_t id = 1;
  for (const auto abstract : abstract_syntaxes) {
    pdu::PresentationContextItemRq context;
    context.id = id;
    context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{std::string(abstract)});
    for (const auto transfer : transfer_syntaxes)
      context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(transfer)});
    rq.items.emplace_back(std::move(context));
    id = static_cast<std::uint8_t>(id + 2);
  }
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{maximum_length});
  user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{"1.2.3"});
  rq.items.emplace_back(std::move(user));
  return rq;
}

/// Accepts `contexts` contexts in Implicit VR Little Endian, but for the one with the ID `refused`.
inline pdu::AAssociateAc a_associate_ac(std::size_t contexts, std::uint32_t maximum_length, std::uint8_t refused = 0) {
  pdu::AAssociateAc ac;
  ac.called_ae_title = "ANY-SCP";
  ac.calling_ae_title = "FUZZ";
  ac.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  for (std::size_t i = 0; i < contexts; ++i) {
    pdu::PresentationContextItemAc context;
    context.id = static_cast<std::uint8_t>(2 * i + 1);
    context.result = context.id == refused ? 3 : 0;
    context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
    ac.items.emplace_back(std::move(context));
  }
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{maximum_length});
  user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{"1.2.4"});
  ac.items.emplace_back(std::move(user));
  return ac;
}

inline constexpr std::string_view implicit_alone[] = {uids::ImplicitVRLittleEndian};

}  // namespace assay::fuzz
