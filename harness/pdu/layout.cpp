// PDUs laid open as layout trees (PS3.8 9.3, PS3.7 D.3.3), and the names of all parts, taken from such trees.
#include <algorithm>
#include <iterator>
#include <string>

#include "harness/pdu/codec.hpp"
#include "harness/pdu/item_table.hpp"

namespace assay::pdu {
namespace {

using layout::Node;
using Nodes = std::vector<Node>;
using layout::block;
using layout::field;
using layout::length_of_next;
using layout::length_of_rest;
using layout::number16;
using layout::number32;
using layout::number8;

constexpr std::size_t title_length = 16;

/// An item's block: header, then the given parts. Byte 2 is reserved in all items but one.
Node item(std::string_view name, std::uint8_t type, Nodes parts, std::string second = "reserved") {
  Nodes all;
  all.reserve(3 + parts.size());
  all.push_back(number8("item-type", type));
  all.push_back(number8(std::move(second), 0));
  all.push_back(length_of_rest("length", 2));
  std::move(parts.begin(), parts.end(), std::back_inserter(all));
  return block(std::string(name), std::move(all));
}

Node text_item(std::string_view name, std::uint8_t type, std::string leaf, std::string_view text) {
  Nodes parts;
  parts.push_back(field(std::move(leaf), text));
  return item(name, type, std::move(parts));
}

Node unknown(detail::Level level, const UnknownItem& value) {
  Nodes parts;
  parts.push_back(field("value", value.value));
  return item(detail::info(detail::kind_of(level, value.type)).name, value.type, std::move(parts));
}

/// A 16-bit length of one field, and the field; others may follow.
void counted(Nodes& parts, const std::string& name, Bytes value) {
  parts.push_back(length_of_next(name + "-length", 2));
  parts.push_back(field(name, std::move(value)));
}
void counted(Nodes& parts, const std::string& name, std::string_view value) { counted(parts, name, to_bytes(value)); }

struct SubItemLayout {
  detail::Level level;

  Node operator()(const AbstractSyntaxSubItem& i) const {
    return text_item("abstract-syntax", item_type::abstract_syntax, "name", i.name);
  }
  Node operator()(const TransferSyntaxSubItem& i) const {
    return text_item("transfer-syntax", item_type::transfer_syntax, "name", i.name);
  }
  Node operator()(const UnknownItem& i) const { return unknown(level, i); }
  Node operator()(const MaximumLengthSubItem& i) const {
    return item("maximum-length", item_type::maximum_length, {number32("value", i.maximum_length)});
  }
  Node operator()(const ImplementationClassUidSubItem& i) const {
    return text_item("implementation-class-uid", item_type::implementation_class_uid, "uid", i.uid);
  }
  Node operator()(const ImplementationVersionNameSubItem& i) const {
    return text_item("implementation-version-name", item_type::implementation_version_name, "name", i.name);
  }
  Node operator()(const AsynchronousOperationsWindowSubItem& i) const {
    return item("asynchronous-operations-window", item_type::asynchronous_operations_window,
                {number16("invoked", i.invoked), number16("performed", i.performed)});
  }
  Node operator()(const RoleSelectionSubItem& i) const {
    Nodes parts;
    counted(parts, "uid", i.sop_class_uid);
    parts.push_back(number8("scu-role", i.scu_role));
    parts.push_back(number8("scp-role", i.scp_role));
    return item("role-selection", item_type::role_selection, std::move(parts));
  }
  Node operator()(const SopClassExtendedNegotiationSubItem& i) const {
    Nodes parts;
    counted(parts, "uid", i.sop_class_uid);
    parts.push_back(field("service-class-application-information", i.service_class_application_information));
    return item("sop-class-extended-negotiation", item_type::sop_class_extended_negotiation, std::move(parts));
  }
  Node operator()(const SopClassCommonExtendedNegotiationSubItem& i) const {
    Nodes related;
    for (const auto& uid : i.related_general_sop_class_uids) {
      Nodes one;
      counted(one, "uid", uid);
      related.push_back(block("related-general-sop-class", std::move(one)));
    }
    Nodes parts;
    counted(parts, "uid", i.sop_class_uid);
    counted(parts, "service-class-uid", i.service_class_uid);
    parts.push_back(length_of_next("related-length", 2));
    parts.push_back(block("related-general-sop-classes", std::move(related)));
    parts.push_back(field("reserved-2", i.reserved));
    return item("sop-class-common-extended-negotiation", item_type::sop_class_common_extended_negotiation,
                std::move(parts), "version");
  }
  Node operator()(const UserIdentitySubItemRq& i) const {
    Nodes parts{number8("user-identity-type", i.identity_type),
                number8("positive-response-requested", i.positive_response_requested)};
    counted(parts, "primary-field", i.primary_field);
    counted(parts, "secondary-field", i.secondary_field);
    return item("user-identity", item_type::user_identity_rq, std::move(parts));
  }
  Node operator()(const UserIdentitySubItemAc& i) const {
    Nodes parts;
    counted(parts, "server-response", i.server_response);
    return item("user-identity", item_type::user_identity_ac, std::move(parts));
  }
};

template <typename Items>
void add_sub_items(Nodes& parts, const Items& sub_items, detail::Level level) {
  parts.reserve(parts.size() + sub_items.size());
  for (const auto& sub_item : sub_items) parts.push_back(std::visit(SubItemLayout{level}, sub_item));
}

struct ItemLayout {
  Node operator()(const ApplicationContextItem& i) const {
    return text_item("application-context", item_type::application_context, "name", i.name);
  }
  Node operator()(const PresentationContextItemRq& i) const {
    return context(item_type::presentation_context_rq, i.id, number8("reserved-3", 0), i.sub_items);
  }
  Node operator()(const PresentationContextItemAc& i) const {
    return context(item_type::presentation_context_ac, i.id, number8("result", i.result), i.sub_items);
  }
  Node operator()(const UserInformationItem& i) const {
    Nodes parts;
    add_sub_items(parts, i.sub_items, detail::Level::user_information);
    return item("user-information", item_type::user_information, std::move(parts));
  }
  Node operator()(const UnknownItem& i) const { return unknown(detail::Level::pdu, i); }

  static Node context(std::uint8_t type, std::uint8_t id, Node third, const std::vector<ContextSubItem>& sub_items) {
    Nodes parts{number8("id", id), number8("reserved-2", 0), std::move(third), number8("reserved-4", 0)};
    add_sub_items(parts, sub_items, detail::Level::presentation_context);
    return item("presentation-context", type, std::move(parts));
  }
};

Node pdu_block(PduType type, Nodes parts) {
  Nodes all{number8("pdu-type", static_cast<std::uint8_t>(type)), number8("reserved", 0), length_of_rest("length", 4)};
  all.reserve(all.size() + parts.size());
  std::move(parts.begin(), parts.end(), std::back_inserter(all));
  return block(pdu_name(static_cast<std::uint8_t>(type)), std::move(all));
}

Node title(std::string name, std::string_view value) {
  auto bytes = to_bytes(value.substr(0, title_length));
  bytes.resize(title_length, ' ');
  return field(std::move(name), std::move(bytes));
}

Node associate(PduType type, const AssociateBody& body) {
  Nodes parts{number16("protocol-version", body.protocol_version), number16("reserved-2", 0),
              title("called-ae-title", body.called_ae_title), title("calling-ae-title", body.calling_ae_title),
              field("reserved-3", to_bytes(ByteView(body.reserved)))};
  parts.reserve(parts.size() + body.items.size());
  for (const auto& i : body.items) parts.push_back(std::visit(ItemLayout{}, i));
  return pdu_block(type, std::move(parts));
}

Node release(PduType type) { return pdu_block(type, {number32("reserved-2", 0)}); }

struct PduLayout {
  Node operator()(const AAssociateRq& pdu) const { return associate(PduType::a_associate_rq, pdu); }
  Node operator()(const AAssociateAc& pdu) const { return associate(PduType::a_associate_ac, pdu); }
  Node operator()(const AAssociateRj& pdu) const {
    return pdu_block(PduType::a_associate_rj, {number8("reserved-2", 0), number8("result", pdu.result),
                                               number8("source", pdu.source), number8("reason", pdu.reason)});
  }
  Node operator()(const PDataTf& pdu) const {
    Nodes parts;
    for (const auto& value : pdu.values) {
      parts.push_back(
          block("pdv", {length_of_rest("length", 4), number8("context-id", value.context_id),
                        number8("control-header", value.control_header), field("fragment", value.fragment)}));
    }
    return pdu_block(PduType::p_data_tf, std::move(parts));
  }
  Node operator()(const AReleaseRq&) const { return release(PduType::a_release_rq); }
  Node operator()(const AReleaseRp&) const { return release(PduType::a_release_rp); }
  Node operator()(const AAbort& pdu) const {
    return pdu_block(PduType::a_abort, {number8("reserved-2", 0), number8("reserved-3", 0),
                                        number8("source", pdu.source), number8("reason", pdu.reason)});
  }
};

/// A PDU in which every kind of item that may stand in it occurs.
Pdu with_every_part(PduType type) {
  const UnknownItem other{0x60, {0}};
  const auto fill = [&](AssociateBody& body, AssociateItem context, UserSubItem identity, bool is_rq) {
    UserInformationItem user{{MaximumLengthSubItem{}, ImplementationClassUidSubItem{},
                              ImplementationVersionNameSubItem{}, AsynchronousOperationsWindowSubItem{},
                              RoleSelectionSubItem{}, SopClassExtendedNegotiationSubItem{}}};
    if (is_rq) user.sub_items.emplace_back(SopClassCommonExtendedNegotiationSubItem{{}, {}, {"1"}, {}});
    user.sub_items.push_back(std::move(identity));
    user.sub_items.emplace_back(other);
    body.items = {ApplicationContextItem{}, std::move(context), std::move(user), other};
  };
  switch (type) {
    case PduType::a_associate_rq: {
      AAssociateRq pdu;
      fill(pdu, PresentationContextItemRq{1, {AbstractSyntaxSubItem{}, TransferSyntaxSubItem{}, other}},
           UserIdentitySubItemRq{}, true);
      return pdu;
    }
    case PduType::a_associate_ac: {
      AAssociateAc pdu;
      fill(pdu, PresentationContextItemAc{1, 0, {TransferSyntaxSubItem{}, other}}, UserIdentitySubItemAc{}, false);
      return pdu;
    }
    case PduType::a_associate_rj: return AAssociateRj{};
    case PduType::p_data_tf: return PDataTf{{PresentationDataValue{}}};
    case PduType::a_release_rq: return AReleaseRq{};
    case PduType::a_release_rp: return AReleaseRp{};
    case PduType::a_abort: break;
  }
  return AAbort{};
}

void collect_names(const Node& node, const std::string& prefix, std::vector<std::string>& out) {
  for (const auto& child : node.children) {
    const auto path = prefix + child.name;
    out.push_back(path);
    collect_names(child, path + "/", out);
  }
}

}  // namespace

layout::Node to_layout(const Pdu& pdu) { return std::visit(PduLayout{}, pdu); }

std::vector<std::string> part_names(PduType type) {
  std::vector<std::string> out;
  collect_names(to_layout(with_every_part(type)), {}, out);
  return out;
}

}  // namespace assay::pdu
