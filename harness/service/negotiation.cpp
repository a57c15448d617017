// The acceptor's answer to an A-ASSOCIATE-RQ. Tests: tests/unit/service/negotiation_test.cpp
#include "harness/service/negotiation.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "harness/service/sop_classes.hpp"

namespace assay::service {

namespace {

constexpr std::string_view storage_root = "1.2.840.10008.5.1.4.1.1.";

template <typename Range>
bool contains(const Range& range, std::string_view value) {
  return std::ranges::find(range, value) != std::ranges::end(range);
}

bool allowed_title(const std::vector<std::string>& titles, std::string_view field) {
  if (titles.empty()) return true;
  const auto title = pdu::trimmed_ae_title(field);
  return std::ranges::any_of(titles, [&](const std::string& one) { return pdu::trimmed_ae_title(one) == title; });
}

struct Support {
  const std::vector<std::string>* transfer_syntaxes = nullptr;  // none: not supported
  bool scu = false;
  bool scp = false;
};

/// What we support of an abstract syntax; the rule for any Storage SOP Class comes after the list.
Support support_for(const Policy& policy, std::string_view abstract_syntax) {
  for (const auto& one : policy.supported)
    if (one.abstract_syntax == abstract_syntax) return {&one.transfer_syntaxes, one.scu, one.scp};
  if (!policy.any_storage_transfer_syntaxes.empty() && abstract_syntax.starts_with(storage_root)) {
    return {&policy.any_storage_transfer_syntaxes, policy.any_storage_scu, policy.any_storage_scp};
  }
  return {};
}

std::string choose(const std::vector<std::string>& ours, const std::vector<std::string_view>& proposed,
                   bool requestor_order) {
  if (requestor_order) {
    for (const auto one : proposed)
      if (contains(ours, one)) return std::string(one);
  } else {
    for (const auto& one : ours)
      if (contains(proposed, one)) return one;
  }
  return {};
}

/// Whether the requestor asks to be SCP of a class (PS3.7 D.3.3.4).
bool asks_for_scp(const pdu::UserInformationItem* asked, std::string_view sop_class) {
  return asked != nullptr && std::ranges::any_of(asked->sub_items, [&](const auto& item) {
           const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&item);
           return role != nullptr && role->sop_class_uid == sop_class && role->scp_role != 0;
         });
}

pdu::PresentationContextItemAc answer_context(const pdu::PresentationContextItemRq& asked,
                                              const pdu::UserInformationItem* information, const Policy& policy) {
  using pdu::ContextResult;
  const auto proposed = asked.transfer_syntaxes();
  pdu::PresentationContextItemAc out;
  out.id = asked.id;
  // A syntax stands there in every case; with a refusal it means nothing (PS3.8 9.3.3.2).
  std::string syntax(proposed.empty() ? uids::ImplicitVRLittleEndian : proposed.front());
  auto result = ContextResult::acceptance;
  const auto ours = support_for(policy, asked.abstract_syntax());
  if (asked.id % 2 == 0) {
    result = ContextResult::no_reason;  // an id that cannot be (PS3.8 9.3.2.2) has no better answer
  } else if (ours.transfer_syntaxes == nullptr ||
             (policy.strict_roles && !ours.scp && !(ours.scu && asks_for_scp(information, asked.abstract_syntax())))) {
    result = ContextResult::abstract_syntax_not_supported;
  } else if (auto chosen = choose(*ours.transfer_syntaxes, proposed, policy.requestor_order); !chosen.empty()) {
    syntax = std::move(chosen);
  } else {
    result = ContextResult::transfer_syntaxes_not_supported;
  }
  out.result = static_cast<std::uint8_t>(result);
  out.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::move(syntax)});
  return out;
}

/// PS3.7 D.3.3.4: each proposed role is granted or not; a class we do not support is left at its default roles.
std::vector<pdu::RoleSelectionSubItem> answer_roles(const pdu::UserInformationItem& asked, const Policy& policy) {
  std::vector<pdu::RoleSelectionSubItem> out;
  for (const auto& item : asked.sub_items) {
    const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&item);
    if (role == nullptr) continue;
    const auto ours = support_for(policy, role->sop_class_uid);
    const bool again =
        std::ranges::any_of(out, [&](const auto& one) { return one.sop_class_uid == role->sop_class_uid; });
    if (ours.transfer_syntaxes == nullptr || again) continue;
    out.push_back({role->sop_class_uid, static_cast<std::uint8_t>(role->scu_role != 0 && ours.scp ? 1 : 0),
                   static_cast<std::uint8_t>(role->scp_role != 0 && ours.scu ? 1 : 0)});
  }
  return out;
}

/// PS3.7 D.3.3.5, PS3.4 C.5: each class once.
std::vector<pdu::SopClassExtendedNegotiationSubItem> answer_extended(const pdu::UserInformationItem& asked,
                                                                     const Policy& policy) {
  std::vector<pdu::SopClassExtendedNegotiationSubItem> out;
  for (const auto& item : asked.sub_items) {
    const auto* one = std::get_if<pdu::SopClassExtendedNegotiationSubItem>(&item);
    if (one == nullptr || !has_extensions(one->sop_class_uid)) continue;
    const bool again = std::ranges::any_of(out, [&](const auto& o) { return o.sop_class_uid == one->sop_class_uid; });
    if (again || support_for(policy, one->sop_class_uid).transfer_syntaxes == nullptr) continue;
    out.push_back({one->sop_class_uid, answer_extensions(one->sop_class_uid, one->service_class_application_information,
                                                         policy.extensions)});
  }
  return out;
}

/// Sub-items in the order of their types.
pdu::UserInformationItem answer_user_information(const pdu::UserInformationItem* asked, const Policy& policy) {
  pdu::UserInformationItem out;
  out.sub_items.emplace_back(pdu::MaximumLengthSubItem{policy.maximum_length});
  out.sub_items.emplace_back(pdu::ImplementationClassUidSubItem{policy.implementation_class_uid});
  if (asked != nullptr) {
    if (const auto* window = asked->find<pdu::AsynchronousOperationsWindowSubItem>()) {
      const auto granted = granted_window({window->invoked, window->performed}, policy.window);
      out.sub_items.emplace_back(pdu::AsynchronousOperationsWindowSubItem{granted.invoked, granted.performed});
    }
    for (auto& role : answer_roles(*asked, policy)) out.sub_items.emplace_back(std::move(role));
  }
  if (!policy.implementation_version_name.empty())
    out.sub_items.emplace_back(pdu::ImplementationVersionNameSubItem{policy.implementation_version_name});
  if (asked != nullptr)
    for (auto& one : answer_extended(*asked, policy)) out.sub_items.emplace_back(std::move(one));
  if (asked != nullptr && policy.answer_user_identity) {
    const auto* identity = asked->find<pdu::UserIdentitySubItemRq>();
    if (identity != nullptr && identity->positive_response_requested != 0)
      out.sub_items.emplace_back(pdu::UserIdentitySubItemAc{});
  }
  return out;
}

}  // namespace

NegotiationAnswer negotiate(const pdu::AAssociateRq& rq, const Policy& policy, std::size_t open_associations) {
  if ((rq.protocol_version & 1) == 0) return pdu::AAssociateRj{1, 2, 2};
  if (policy.max_associations != 0 && open_associations >= policy.max_associations) return pdu::AAssociateRj{2, 3, 2};
  if (rq.application_context() != policy.application_context) return pdu::AAssociateRj{1, 1, 2};
  if (!allowed_title(policy.called_ae_titles, rq.called_ae_title)) return pdu::AAssociateRj{1, 1, 7};
  if (!allowed_title(policy.calling_ae_titles, rq.calling_ae_title)) return pdu::AAssociateRj{1, 1, 3};

  pdu::AAssociateAc ac;
  ac.called_ae_title = rq.called_ae_title;  // returned as they came (PS3.8 Table 9-17)
  ac.calling_ae_title = rq.calling_ae_title;
  ac.reserved = rq.reserved;
  ac.items.emplace_back(pdu::ApplicationContextItem{policy.application_context});
  std::array<bool, 256> answered{};
  ac.items.reserve(rq.items.size() + 1);
  for (const auto* context : rq.contexts()) {
    if (answered[context->id]) continue;  // each id is answered once
    answered[context->id] = true;
    ac.items.emplace_back(answer_context(*context, rq.user_information(), policy));
  }
  ac.items.emplace_back(answer_user_information(rq.user_information(), policy));
  return ac;
}

Policy default_policy() {
  const std::vector<std::string> uncompressed{std::string(uids::ExplicitVRLittleEndian),
                                              std::string(uids::ImplicitVRLittleEndian),
                                              std::string(uids::ExplicitVRBigEndian)};
  Policy policy;
  for (const auto uid :
       {uids::Verification, uids::StudyRootQueryRetrieveInformationModelFind,
        uids::PatientRootQueryRetrieveInformationModelFind, uids::StudyRootQueryRetrieveInformationModelMove,
        uids::PatientRootQueryRetrieveInformationModelMove, uids::StudyRootQueryRetrieveInformationModelGet,
        uids::PatientRootQueryRetrieveInformationModelGet})
    policy.supported.push_back({std::string(uid), uncompressed});
  policy.any_storage_scu = true;
  policy.any_storage_transfer_syntaxes = uncompressed;
  policy.any_storage_transfer_syntaxes.emplace_back(uids::DeflatedExplicitVRLittleEndian);
  policy.implementation_class_uid = "2.25.190146791043182537444806132342625375407";
  policy.implementation_version_name = "ASSAY_0_1";
  return policy;
}

}  // namespace assay::service
