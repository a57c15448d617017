#include <algorithm>

#include "harness/session/session.hpp"

namespace assay::session {
namespace {

const pdu::RoleSelectionSubItem* role_selection(const pdu::AssociateBody& body, std::string_view sop_class) {
  const auto* user = body.user_information();
  if (user == nullptr) return nullptr;
  for (const auto& item : user->sub_items)
    if (const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&item); role && role->sop_class_uid == sop_class)
      return role;
  return nullptr;
}

}  // namespace

std::map<std::uint8_t, AcceptedContext> accepted_contexts(const pdu::AAssociateRq& rq, const pdu::AAssociateAc& ac) {
  std::map<std::uint8_t, AcceptedContext> accepted;
  const auto proposals = rq.contexts();
  for (const auto* answer : ac.contexts()) {
    if (answer->result != static_cast<std::uint8_t>(pdu::ContextResult::acceptance)) continue;
    const auto proposal =
        std::find_if(proposals.begin(), proposals.end(), [&](const auto* one) { return one->id == answer->id; });
    if (proposal == proposals.end()) continue;
    const auto offered = (*proposal)->transfer_syntaxes();
    if (std::find(offered.begin(), offered.end(), answer->transfer_syntax()) == offered.end()) continue;

    AcceptedContext context;
    context.id = answer->id;
    context.abstract_syntax = (*proposal)->abstract_syntax();
    context.transfer_syntax = answer->transfer_syntax();
    // An answer counts only for what was asked; without both items the default roles hold.
    const auto* asked = role_selection(rq, context.abstract_syntax);
    const auto* granted = role_selection(ac, context.abstract_syntax);
    if (asked != nullptr && granted != nullptr) {
      context.requestor_is_scu = asked->scu_role != 0 && granted->scu_role != 0;
      context.requestor_is_scp = asked->scp_role != 0 && granted->scp_role != 0;
    }
    accepted.emplace(context.id, std::move(context));  // the first answer to an id counts
  }
  return accepted;
}

}  // namespace assay::session
