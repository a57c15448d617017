// The acceptance of a device that takes everything in the first transfer syntax proposed.
#pragma once

#include "harness/dict/dict.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::diagnose {

inline pdu::AAssociateAc acceptance_of(const pdu::AAssociateRq& rq) {
  pdu::AAssociateAc ac;
  ac.called_ae_title = rq.called_ae_title;
  ac.calling_ae_title = rq.calling_ae_title;
  ac.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  for (const auto* proposed : rq.contexts()) {
    pdu::PresentationContextItemAc context;
    context.id = proposed->id;
    context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(proposed->transfer_syntaxes().front())});
    ac.items.emplace_back(std::move(context));
  }
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{16384});
  user.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{"1.2.3.9"});
  ac.items.emplace_back(std::move(user));
  return ac;
}

}  // namespace assay::diagnose
