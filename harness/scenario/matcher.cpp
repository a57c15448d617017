#include "harness/scenario/matcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/base/hex.hpp"
#include "harness/dataset/dataset.hpp"
#include "harness/dimse/status.hpp"
#include "harness/pdu/describe.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

using Field = std::optional<std::string>;

struct CommandAttribute {
  std::string_view name;
  Tag tag;
};
constexpr std::array command_numbers{
    CommandAttribute{"message-id", tags::MessageID},
    CommandAttribute{"responding-to", tags::MessageIDBeingRespondedTo},
    CommandAttribute{"priority", tags::Priority},
    CommandAttribute{"remaining", tags::NumberOfRemainingSuboperations},
    CommandAttribute{"completed", tags::NumberOfCompletedSuboperations},
    CommandAttribute{"failed", tags::NumberOfFailedSuboperations},
    CommandAttribute{"warning", tags::NumberOfWarningSuboperations},
    CommandAttribute{"event-type", tags::EventTypeID},
    CommandAttribute{"action-type", tags::ActionTypeID},
    CommandAttribute{"command", tags::CommandField},
};

const pdu::AssociateBody* associate_of(const Item& item) {
  if (!item.pdu) return nullptr;
  if (const auto* rq = std::get_if<pdu::AAssociateRq>(&*item.pdu)) return rq;
  return std::get_if<pdu::AAssociateAc>(&*item.pdu);
}

template <typename Number>
Field number(Number value) {
  return std::to_string(value);
}

Field associate_field(const pdu::AssociateBody& body, std::string_view field) {
  const auto* user = body.user_information();
  if (field == "called-ae") return std::string(pdu::trimmed_ae_title(body.called_ae_title));
  if (field == "calling-ae") return std::string(pdu::trimmed_ae_title(body.calling_ae_title));
  if (field == "protocol-version") return number(body.protocol_version);
  if (field == "application-context") {
    const auto name = body.application_context();
    return name.empty() ? Field{} : Field{std::string(name)};
  }
  if (field == "contexts" || field == "accepted") {
    std::size_t count = 0;
    for (const auto& item : body.items) {
      const auto* ac = std::get_if<pdu::PresentationContextItemAc>(&item);
      const bool rq = std::holds_alternative<pdu::PresentationContextItemRq>(item);
      if (field == "contexts" ? ac != nullptr || rq : ac != nullptr && ac->result == 0) ++count;
    }
    return number(count);
  }
  if (user == nullptr) return std::nullopt;
  if (field == "max-length") {
    const auto* found = user->find<pdu::MaximumLengthSubItem>();
    return found == nullptr ? Field{} : number(found->maximum_length);
  }
  if (field == "implementation-class-uid") {
    const auto* found = user->find<pdu::ImplementationClassUidSubItem>();
    return found == nullptr ? Field{} : Field{found->uid};
  }
  if (field == "implementation-version-name") {
    const auto* found = user->find<pdu::ImplementationVersionNameSubItem>();
    return found == nullptr ? Field{} : Field{found->name};
  }
  return std::nullopt;
}

std::string transfer_syntax_of(std::uint8_t context, const Dialogue& dialogue) {
  const auto found = dialogue.contexts.find(context);
  return found == dialogue.contexts.end() ? std::string(uids::ImplicitVRLittleEndian) : found->second.transfer_syntax;
}

/// The value of one element as text: numbers in decimal, several split by backslash.
Field element_field(const dataset::DataSet& data_set, Tag tag) {
  const auto* node = data_set.find(tag);
  if (node == nullptr) return std::nullopt;
  auto vr = node->vr;
  if (vr == Vr::none || vr == Vr::UN) vr = dict::implicit_vr(tag);
  if (is_text(vr) || vr == Vr::UN) return std::string(data_set.text(tag));
  if (vr == Vr::SQ) return std::to_string(data_set.items(tag).size());
  const auto unit = unit_size(vr);
  std::string out;
  for (std::size_t at = 0; at + unit <= node->value.size() && at < 256; at += unit) {
    if (!out.empty()) out += '\\';
    const auto endian = data_set.encoding().endian;
    const auto* from = node->value.data() + at;
    switch (unit) {
      case 2: out += std::to_string(load<std::uint16_t>(from, endian)); break;
      case 4: out += std::to_string(load<std::uint32_t>(from, endian)); break;
      default: out += std::to_string(*from); break;
    }
  }
  return out;
}

Field message_field(const dimse::Message& message, std::string_view field, const Dialogue& dialogue) {
  const auto& command = message.command;
  if (field == "status") {
    const auto status = command.status();
    return status ? Field{fmt::format("{:04X}", *status)} : Field{};
  }
  if (field == "status-class") {
    const auto status = command.status();
    return status ? Field{std::string(dimse::name(dimse::status_class(*status)))} : Field{};
  }
  if (field == "context") return number(message.context_id);
  if (field == "data-set") return command.has_data_set() ? Field{"present"} : Field{};
  if (field == "sop-class" || field == "sop-instance") {
    const auto uid = field == "sop-class" ? command.sop_class_uid() : command.sop_instance_uid();
    return uid.empty() ? Field{} : Field{std::string(uid)};
  }
  for (const auto& [name, tag] : command_numbers) {
    if (name != field) continue;
    const auto value = command.elements().u16(tag);
    return value ? number(*value) : Field{};
  }
  const auto tag = field == "destination"     ? std::optional(tags::MoveDestination)
                   : field == "error-comment" ? std::optional(tags::ErrorComment)
                                              : dict::tag_of(field);
  if (!tag) return std::nullopt;
  if (tag->group == 0) return element_field(command.elements(), *tag);
  const auto decoded =
      dataset::decode(message.data_set, dataset::encoding_of(transfer_syntax_of(message.context_id, dialogue)));
  return element_field(decoded.data_set, *tag);
}

std::optional<std::uint64_t> number_of(const Field& field) {
  if (!field) return std::nullopt;
  const auto value = number_from(*field);
  return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

bool fits(ValueType type, std::string_view pattern, const Field& field) {
  switch (type) {
    case ValueType::number_match: return matches_number(pattern, number_of(field));
    case ValueType::status_match: return matches_status(pattern, field ? status_from(*field) : std::nullopt);
    case ValueType::uid_match:
      return matches_uid(pattern, field ? std::optional<std::string_view>(*field) : std::nullopt);
    default: return matches_text(pattern, field ? std::optional<std::string_view>(*field) : std::nullopt);
  }
}

std::string differs(std::string_view what, const Field& found, std::string_view wanted) {
  return fmt::format("{} is {}, not {}", what, found ? printable(*found) : "absent", wanted);
}

/// Attributes of a child matcher against named values.
template <typename Get>
bool child_fits(const Element& child, Get get) {
  const auto* type = language().find(child.type);
  return std::ranges::all_of(child.attributes, [&](const Attribute& attribute) {
    const auto* spec = type == nullptr ? nullptr : type->attribute(attribute.name);
    return spec != nullptr && fits(spec->type, attribute.value, get(attribute.name));
  });
}

bool context_fits(const Element& child, const pdu::AssociateItem& item, const Dialogue& dialogue) {
  if (const auto* rq = std::get_if<pdu::PresentationContextItemRq>(&item)) {
    const auto get = [&](std::string_view name) -> Field {
      if (name == "id") return number(rq->id);
      if (name == "abstract") return std::string(rq->abstract_syntax());
      return std::nullopt;
    };
    const auto proposed = rq->transfer_syntaxes();
    return std::ranges::all_of(child.attributes, [&](const Attribute& a) {
      if (a.name == "transfer") {
        return std::ranges::any_of(proposed, [&](std::string_view one) { return matches_uid(a.value, one); });
      }
      return a.name == "abstract" ? matches_uid(a.value, *get(a.name))
                                  : a.name == "id" && matches_number(a.value, rq->id);
    });
  }
  const auto* ac = std::get_if<pdu::PresentationContextItemAc>(&item);
  if (ac == nullptr) return false;
  return child_fits(child, [&](std::string_view name) -> Field {
    if (name == "id") return number(ac->id);
    if (name == "result") return number(ac->result);
    if (name == "transfer") return std::string(ac->transfer_syntax());
    if (!dialogue.rq) return std::nullopt;
    for (const auto* context : dialogue.rq->contexts())
      if (context->id == ac->id) return std::string(context->abstract_syntax());
    return std::nullopt;
  });
}

bool sub_item_fits(const Element& child, const pdu::UserSubItem& item) {
  if (const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&item); role != nullptr && child.name == "role") {
    return child_fits(child, [&](std::string_view name) -> Field {
      if (name == "sop-class") return role->sop_class_uid;
      return number(name == "scu" ? role->scu_role : role->scp_role);
    });
  }
  if (const auto* window = std::get_if<pdu::AsynchronousOperationsWindowSubItem>(&item);
      window != nullptr && child.name == "async") {
    return child_fits(child, [&](std::string_view name) -> Field {
      return number(name == "invoked" ? window->invoked : window->performed);
    });
  }
  if (const auto* extended = std::get_if<pdu::SopClassExtendedNegotiationSubItem>(&item);
      extended != nullptr && child.name == "extended-negotiation") {
    return child_fits(child, [&](std::string_view name) -> Field {
      if (name == "sop-class") return extended->sop_class_uid;
      return to_hex(extended->service_class_application_information);
    });
  }
  if (child.name != "user-identity") return false;
  if (const auto* rq = std::get_if<pdu::UserIdentitySubItemRq>(&item)) {
    return child_fits(
        child, [&](std::string_view name) -> Field { return name == "type" ? number(rq->identity_type) : Field{}; });
  }
  if (const auto* ac = std::get_if<pdu::UserIdentitySubItemAc>(&item)) {
    return child_fits(child, [&](std::string_view name) -> Field {
      return name == "response" ? Field{std::string(as_text(ac->server_response))} : Field{};
    });
  }
  return false;
}

std::uint8_t item_type_of(const pdu::UserSubItem& item) {
  struct Visitor {
    std::uint8_t operator()(const pdu::MaximumLengthSubItem&) const { return pdu::item_type::maximum_length; }
    std::uint8_t operator()(const pdu::ImplementationClassUidSubItem&) const {
      return pdu::item_type::implementation_class_uid;
    }
    std::uint8_t operator()(const pdu::ImplementationVersionNameSubItem&) const {
      return pdu::item_type::implementation_version_name;
    }
    std::uint8_t operator()(const pdu::AsynchronousOperationsWindowSubItem&) const {
      return pdu::item_type::asynchronous_operations_window;
    }
    std::uint8_t operator()(const pdu::RoleSelectionSubItem&) const { return pdu::item_type::role_selection; }
    std::uint8_t operator()(const pdu::SopClassExtendedNegotiationSubItem&) const {
      return pdu::item_type::sop_class_extended_negotiation;
    }
    std::uint8_t operator()(const pdu::SopClassCommonExtendedNegotiationSubItem&) const {
      return pdu::item_type::sop_class_common_extended_negotiation;
    }
    std::uint8_t operator()(const pdu::UserIdentitySubItemRq&) const { return pdu::item_type::user_identity_rq; }
    std::uint8_t operator()(const pdu::UserIdentitySubItemAc&) const { return pdu::item_type::user_identity_ac; }
    std::uint8_t operator()(const pdu::UnknownItem& unknown) const { return unknown.type; }
  };
  return std::visit(Visitor{}, item);
}

std::optional<std::string> associate_children(const Element& matcher, const pdu::AssociateBody& body,
                                              const Dialogue& dialogue) {
  static const std::vector<pdu::UserSubItem> none;
  const auto* user = body.user_information();
  const auto& items = user == nullptr ? none : user->sub_items;
  for (const auto& child : matcher.children) {
    if (child.name == "capture") continue;
    bool found = false;
    if (child.name == "context") {
      found = std::ranges::any_of(body.items, [&](const auto& item) { return context_fits(child, item, dialogue); });
    } else if (child.name == "item") {
      const auto type = number_from(child.value("type"));
      const bool there =
          std::ranges::any_of(items, [&](const auto& item) { return type && item_type_of(item) == *type; });
      found = there != child.is("present", "no");
    } else {
      found = std::ranges::any_of(items, [&](const auto& item) { return sub_item_fits(child, item); });
    }
    if (!found) return "no " + describe(child);
  }
  return std::nullopt;
}

std::optional<std::string> element_children(const Element& set, const dataset::DataSet& data_set) {
  for (const auto& child : set.children) {
    const auto tag = dict::tag_of(child.value("tag"));
    if (!tag) continue;
    const auto found = element_field(data_set, *tag);
    const auto pattern = child.has("is") ? child.value("is") : std::string_view(child.text);
    const bool ok = child.has("is") || !child.text.empty()
                        ? matches_text(pattern, found ? std::optional<std::string_view>(*found) : std::nullopt)
                        : found.has_value() && trimmed(*found).empty();
    if (!ok) return differs(child.value("tag"), found, pattern.empty() ? "empty" : pattern);
  }
  return std::nullopt;
}

std::optional<std::string> message_mismatch(const Element& matcher, const dimse::Message& message,
                                            const Dialogue& dialogue) {
  const auto field = message.command.field().value_or(0);
  if (const auto wanted = command_field_of(matcher); matcher.name != "message" && (!wanted || *wanted != field))
    return "it is a " + dimse::command_name(field);
  if (!matcher.has("responding-to") && dimse::is_response(field) && dialogue.sent) {
    const auto ours = dialogue.sent->command.message_id();
    const auto answered = message.command.responded_to();
    if (ours && answered != ours)
      return differs("Message ID Being Responded To", answered ? number(*answered) : Field{}, std::to_string(*ours));
  }
  if (matcher.has("context")) {
    const auto wanted = matcher.value("context");
    const auto id = number_from(wanted);
    const auto accepted = dialogue.contexts.find(message.context_id);
    const bool ok = id ? *id == message.context_id
                       : accepted != dialogue.contexts.end() && accepted->second.abstract_syntax == uid_value(wanted);
    if (!ok) return differs("presentation context", number(message.context_id), wanted);
  }
  if (const auto* set = matcher.child("command-set"))
    if (auto difference = element_children(*set, message.command.elements())) return difference;
  if (const auto* set = matcher.child("data-set")) {
    if (!message.command.has_data_set()) return "it has no Data Set";
    const auto decoded =
        dataset::decode(message.data_set, dataset::encoding_of(transfer_syntax_of(message.context_id, dialogue)));
    if (auto difference = element_children(*set, decoded.data_set)) return difference;
  }
  return std::nullopt;
}

std::optional<std::string> p_data_children(const Element& matcher, const pdu::PDataTf& data) {
  for (const auto& child : matcher.children) {
    if (child.name != "pdv") continue;
    const bool found = std::ranges::any_of(data.values, [&](const pdu::PresentationDataValue& value) {
      return child_fits(child, [&](std::string_view name) -> Field {
        if (name == "context") return number(value.context_id);
        if (name == "control") return number(value.control_header);
        return number(value.fragment.size());
      });
    });
    if (!found) return "no " + describe(child);
  }
  return std::nullopt;
}

std::string_view kind_name(const Item& item) {
  switch (item.pdu_type) {
    case 1: return "a-associate-rq";
    case 2: return "a-associate-ac";
    case 3: return "a-associate-rj";
    case 4: return "p-data";
    case 5: return "a-release-rq";
    case 6: return "a-release-rp";
    case 7: return "a-abort";
    default: return "";
  }
}

bool is_tls(const Item& item) {
  return item.kind == Item::Kind::tls_established || item.kind == Item::Kind::tls_refused ||
         item.kind == Item::Kind::tls_alert || item.kind == Item::Kind::client_hello;
}

Field yes_or_no(bool value) { return std::string(value ? "yes" : "no"); }

Field tls_field(const Item& item, std::string_view field) {
  const auto filled = [](const std::string& text) { return text.empty() ? Field{} : Field{text}; };
  if (field == "alert") return filled(item.alert);
  if (field == "fatal") return yes_or_no(item.fatal);
  if (field == "by") return std::string(item.by_us ? "us" : "peer");
  if (!item.tls) return std::nullopt;
  const auto& tls = *item.tls;
  if (field == "version") return filled(tls.version);
  if (field == "suite") return filled(tls.suite);
  if (field == "server-name") return filled(tls.server_name);
  if (field == "certificate-asked") return yes_or_no(tls.certificate_asked);
  if (field == "client-certificate") return yes_or_no(tls.client_certificate);
  if (field == "chain") return std::string(trace::name(tls.chain));
  if (field == "secure-renegotiation") return yes_or_no(tls.secure_renegotiation);
  if (field == "extended-master-secret") return yes_or_no(tls.extended_master_secret);
  return std::nullopt;
}

/// Any of several: one is enough.
std::optional<std::string> tls_mismatch(const Element& matcher, const Item& item) {
  for (const auto& attribute : matcher.attributes) {
    if (attribute.name == "offered-version" || attribute.name == "offered-suite") {
      const std::vector<std::string> none;
      const auto& offered = !item.tls                             ? none
                            : attribute.name == "offered-version" ? item.tls->offered_versions
                                                                  : item.tls->offered_suites;
      if (std::ranges::none_of(offered, [&](const std::string& one) { return matches_text(attribute.value, one); }))
        return fmt::format("no {} is {}", attribute.name, attribute.value);
      continue;
    }
    const auto found = tls_field(item, attribute.name);
    if (!fits(ValueType::text_match, attribute.value, found)) return differs(attribute.name, found, attribute.value);
  }
  return std::nullopt;
}

bool right_kind(const Element& matcher, const Item& item) {
  switch (item.kind) {
    case Item::Kind::closed: return matcher.name == "closed";
    case Item::Kind::tls_established: return matcher.name == "tls-established";
    case Item::Kind::tls_refused: return matcher.name == "tls-refused";
    case Item::Kind::tls_alert: return matcher.name == "tls-alert";
    case Item::Kind::client_hello: return matcher.name == "client-hello";
    case Item::Kind::unrecognized: return matcher.name == "unrecognized" || matcher.name == "any";
    case Item::Kind::message: return is_dimse(matcher) || matcher.name == "any";
    case Item::Kind::p_data: return matcher.name == "p-data";
    case Item::Kind::pdu: return matcher.name == kind_name(item) || matcher.name == "any";
  }
  return false;
}

}  // namespace

std::optional<std::string> field_of(const Item& item, std::string_view field, const Dialogue& dialogue) {
  if (is_tls(item)) return tls_field(item, field);
  if (item.message) return message_field(*item.message, field, dialogue);
  if (field == "length") return number(item.length);
  if (!item.pdu) return std::nullopt;
  if (const auto* body = associate_of(item)) return associate_field(*body, field);
  if (const auto* rj = std::get_if<pdu::AAssociateRj>(&*item.pdu)) {
    if (field == "result") return number(rj->result);
    if (field == "source") return number(rj->source);
    if (field == "reason") return number(rj->reason);
  }
  if (const auto* abort = std::get_if<pdu::AAbort>(&*item.pdu)) {
    if (field == "source") return number(abort->source);
    if (field == "reason") return number(abort->reason);
  }
  if (const auto* data = std::get_if<pdu::PDataTf>(&*item.pdu); data != nullptr && field == "values")
    return number(data->values.size());
  return std::nullopt;
}

std::optional<std::string> mismatch(const Element& matcher, const Item& item, const Dialogue& dialogue) {
  if (!right_kind(matcher, item)) return "it is " + describe(item);
  if (matcher.name == "any" || matcher.name == "unrecognized") return std::nullopt;
  if (matcher.name == "closed") {
    if (matcher.is("how", "fin") && item.how != trace::Closing::fin) return "it was closed by RST";
    if (matcher.is("how", "rst") && item.how != trace::Closing::rst) return "it was closed by FIN";
    if (matcher.is("notify", "yes") && !item.notified) return "it was closed without close_notify";
    if (matcher.is("notify", "no") && item.notified) return "close_notify came first";
    return std::nullopt;
  }
  if (is_tls(item)) return tls_mismatch(matcher, item);
  const auto* type = language().find(matcher.type);
  for (const auto& attribute : matcher.attributes) {
    if (is_dimse(matcher) && attribute.name == "context") continue;
    const auto* spec = type == nullptr ? nullptr : type->attribute(attribute.name);
    if (spec == nullptr) continue;
    const auto found = field_of(item, attribute.name, dialogue);
    if (!fits(spec->type, attribute.value, found)) return differs(attribute.name, found, attribute.value);
  }
  if (item.message) return message_mismatch(matcher, *item.message, dialogue);
  if (const auto* body = associate_of(item)) return associate_children(matcher, *body, dialogue);
  if (item.pdu)
    if (const auto* data = std::get_if<pdu::PDataTf>(&*item.pdu)) return p_data_children(matcher, *data);
  return std::nullopt;
}

std::string describe(const Element& matcher) {
  if (matcher.name == "closed") {
    return matcher.has("how") && !matcher.is("how", "any")
               ? fmt::format("the connection closed by {}", matcher.is("how", "fin") ? "FIN" : "RST")
               : "the connection closed";
  }
  if (matcher.name == "silence") return fmt::format("silence for {}", matcher.value("for"));
  if (matcher.name == "any") return "any message";
  if (matcher.name == "unrecognized") return "bytes that are no PDU";
  if (matcher.name == "client-hello") return "a TLS ClientHello";
  std::string out = matcher.type == "tls-established-match"                 ? "TLS agreed on"
                    : matcher.type == "tls-refused-match"                   ? "no agreement on TLS"
                    : matcher.type == "tls-alert-match"                     ? "a TLS alert"
                    : matcher.type == "context-match"                       ? "presentation context"
                    : matcher.type == "element-match"                       ? "element"
                    : matcher.type.ends_with("-match") && is_dimse(matcher) ? message_name(matcher)
                                                                            : message_name(matcher);
  if (matcher.type == "message-match") out = "a DIMSE message";
  std::string_view separator = " with ";
  const auto add = [&](std::string_view text) {
    out.append(separator).append(text);
    separator = ", ";
  };
  for (const auto& attribute : matcher.attributes) add(attribute.name + " " + attribute.value);
  for (const auto& child : matcher.children) {
    if (child.name == "capture") continue;
    if (child.name == "command-set" || child.name == "data-set") {
      for (const auto& element : child.children) {
        add(fmt::format("{} {}", element.value("tag"),
                        element.has("is") ? element.value("is") : trimmed(element.text)));
      }
      continue;
    }
    add(describe(child));
  }
  return out;
}

std::string describe(const Item& item) {
  switch (item.kind) {
    case Item::Kind::closed:
      return item.how == trace::Closing::fin ? "the device closed the connection (FIN)"
                                             : "the device reset the connection (RST)";
    case Item::Kind::tls_established: return item.tls->summary();
    case Item::Kind::tls_refused:
      return item.tls->failure.empty() ? "no agreement on TLS" : "no agreement on TLS: " + item.tls->failure;
    case Item::Kind::tls_alert:
      return item.tls ? (item.tls->failure.empty() ? "the end of TLS" : item.tls->failure)
                      : "a TLS alert in the clear: " + item.alert;
    case Item::Kind::client_hello: return "a TLS ClientHello in the clear";
    case Item::Kind::unrecognized: return "bytes that are no PDU (" + to_hex_short(item.bytes) + ")";
    case Item::Kind::message: {
      const auto& command = item.message->command;
      std::string out = command.name();
      if (const auto status = command.status()) {
        out += " with status " + dimse::describe_status(*status, command.field().value_or(0), command.sop_class_uid());
      }
      if (const auto comment = command.elements().text(tags::ErrorComment); !comment.empty())
        out += " (\"" + printable(comment) + "\")";
      return out;
    }
    case Item::Kind::p_data:
    case Item::Kind::pdu: break;
  }
  if (!item.pdu) return pdu::pdu_name(item.pdu_type) + " that cannot be decoded";
  return pdu::one_line(*item.pdu);
}

}  // namespace assay::scenario
