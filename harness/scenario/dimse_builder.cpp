// DIMSE messages of scenarios: PS3.7 9 and 10, packed by PS3.8 Annex E.
#include "harness/scenario/dimse_builder.hpp"

#include <algorithm>
#include <array>

#include "harness/dimse/pdv.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

using dimse::CommandField;

constexpr std::string_view storage_root = "1.2.840.10008.5.1.4.1.1.";

std::unexpected<BuildError> fault(const Location& at, std::string message) {
  return std::unexpected(BuildError{at, std::move(message), false});
}

std::unexpected<BuildError> not_accepted(const Location& at, std::string message) {
  return std::unexpected(BuildError{at, std::move(message), true});
}

/// Whether an abstract syntax carries this command, as far as the dictionary tells.
bool suits(std::string_view abstract_syntax, std::uint16_t field) {
  const auto* entry = dict::find_uid(abstract_syntax);
  const auto keyword = entry == nullptr ? std::string_view{} : entry->keyword;
  switch (static_cast<CommandField>(field & 0x7fffU)) {
    case CommandField::c_echo_rq: return abstract_syntax == uids::Verification;
    case CommandField::c_store_rq: return abstract_syntax.starts_with(storage_root);
    case CommandField::c_find_rq: return keyword.ends_with("Find") || keyword.ends_with("FIND");
    case CommandField::c_move_rq: return keyword.ends_with("Move") || keyword.ends_with("MOVE");
    case CommandField::c_get_rq: return keyword.ends_with("Get") || keyword.ends_with("GET");
    default: return false;
  }
}

ChosenContext known(const session::AcceptedContext& context) {
  return {context.id, context.abstract_syntax, context.transfer_syntax};
}

/// Before negotiation, or where the scenario insists: as proposed.
std::optional<ChosenContext> proposed(const Dialogue& dialogue, std::string_view abstract_syntax,
                                      std::optional<std::uint8_t> id) {
  if (!dialogue.rq) return std::nullopt;
  for (const auto* context : dialogue.rq->contexts()) {
    if (id && context->id != *id) continue;
    if (!abstract_syntax.empty() && context->abstract_syntax() != abstract_syntax) continue;
    return ChosenContext{context->id, std::string(context->abstract_syntax()),
                         std::string(uids::ImplicitVRLittleEndian)};
  }
  return std::nullopt;
}

/// PDVs of a Command Set that is no CommandSet any more, and of its Data Set.
std::vector<pdu::PDataTf> pack_raw(std::uint8_t context, ByteView command, ByteView data, bool with_data,
                                   const dimse::Packing& packing) {
  constexpr std::size_t overhead = 6;
  const std::size_t capacity = packing.maximum_length == 0 ? 65536 : packing.maximum_length;
  auto size = packing.fragment_length != 0 ? packing.fragment_length & ~1U : static_cast<std::uint32_t>(0);
  if (size == 0 || size + overhead > capacity) {
    size = capacity > overhead + 2 ? static_cast<std::uint32_t>((capacity - overhead) & ~std::size_t{1}) : 2;
  }
  std::vector<pdu::PDataTf> out;
  const auto add = [&](ByteView bytes, std::uint8_t kind) {
    do {
      const auto part = bytes.subspan(0, std::min<std::size_t>(size, bytes.size()));
      bytes = bytes.subspan(part.size());
      const auto control = static_cast<std::uint8_t>(kind | (bytes.empty() ? 2 : 0));
      out.push_back({{{context, control, to_bytes(part)}}});
    } while (!bytes.empty());
  };
  add(command, 1);
  if (with_data) add(data, 0);
  return out;
}

bool has_field(const dimse::CommandInfo* info, Tag tag) {
  return info != nullptr && std::ranges::any_of(info->fields, [tag](const auto& rule) { return rule.tag == tag; });
}

struct NumberAttribute {
  std::string_view name;
  Tag tag;
};
constexpr std::array number_attributes{
    NumberAttribute{"priority", tags::Priority},
    NumberAttribute{"remaining", tags::NumberOfRemainingSuboperations},
    NumberAttribute{"completed", tags::NumberOfCompletedSuboperations},
    NumberAttribute{"failed", tags::NumberOfFailedSuboperations},
    NumberAttribute{"warning", tags::NumberOfWarningSuboperations},
    NumberAttribute{"event-type", tags::EventTypeID},
    NumberAttribute{"action-type", tags::ActionTypeID},
    NumberAttribute{"data-set-type", tags::CommandDataSetType},
};

/// The correct command before the scenario's own values go in.
dimse::CommandSet base_command(const Element& message, std::uint16_t field, const Dialogue& dialogue, bool with_data) {
  const auto number = [&](std::string_view attribute, std::uint16_t otherwise) {
    const auto value = number_from(message.value(attribute));
    return value ? static_cast<std::uint16_t>(*value) : otherwise;
  };
  if (static_cast<CommandField>(field) == CommandField::c_cancel_rq) {
    const auto last = dialogue.sent ? dialogue.sent->command.message_id().value_or(1) : std::uint16_t{1};
    return dimse::c_cancel_rq(number("responding-to", last));
  }
  if (!dimse::is_response(field))
    return dimse::command(static_cast<CommandField>(field), number("message-id", dialogue.next_message_id));
  const auto status = status_from(message.value("status")).value_or(0);
  dimse::CommandSet out;
  if (dialogue.received) {
    out = dimse::response_to(dialogue.received->command, status, with_data);
    out.elements().set_u16(tags::CommandField, field);
  } else {
    out = dimse::command(static_cast<CommandField>(field), 1);
    out.elements().set_u16(tags::Status, status);
  }
  if (message.has("responding-to")) out.elements().set_u16(tags::MessageIDBeingRespondedTo, number("responding-to", 1));
  return out;
}

void set_uid(dimse::CommandSet& command, const dimse::CommandInfo* info, Tag affected, Tag requested,
             std::string_view uid) {
  const auto tag = has_field(info, requested) ? requested : affected;
  command.elements().set_text(tag, uid);
}

/// The identifier that asks for every study.
Element default_identifier(const Element& message) {
  const auto element = [&](std::string tag, std::string text) {
    Element out;
    out.name = "element";
    out.at = out.text_at = message.at;
    out.attributes.push_back({"tag", std::move(tag), message.at});
    out.text = std::move(text);
    return out;
  };
  Element identifier;
  identifier.name = "data-set";
  identifier.at = message.at;
  identifier.children = {element("QueryRetrieveLevel", "STUDY"), element("PatientName", ""), element("PatientID", ""),
                         element("StudyInstanceUID", "")};
  return identifier;
}

std::expected<std::optional<EncodedData>, BuildError> make_data(const Element& message, std::uint16_t field,
                                                                const ChosenContext& context, std::string& sop_class,
                                                                std::string& sop_instance, const BuildInput& input) {
  const auto* said = message.child("data-set");
  Element made;
  if (said == nullptr) {
    const auto command = static_cast<CommandField>(field);
    if (command == CommandField::c_store_rq) {
      made.name = "data-set";
      made.at = message.at;
      made.set("synthetic", std::string(synthetic_kind_for(sop_class)));
    } else if (command == CommandField::c_find_rq || command == CommandField::c_move_rq ||
               command == CommandField::c_get_rq) {
      made = default_identifier(message);
    } else {
      return std::nullopt;
    }
    said = &made;
  }
  auto data = build_data_set(*said, context.transfer_syntax, sop_class, sop_instance, input);
  if (!data) return std::unexpected(data.error());
  return std::optional<EncodedData>(std::move(*data));
}

}  // namespace

bool is_dimse(const Element& message) { return message.name == "message" || command_field_of(message).has_value(); }

std::optional<std::uint16_t> command_field_of(const Element& message) {
  if (message.name == "message") {
    const auto value = number_from(message.value("command"));
    return value ? std::optional(static_cast<std::uint16_t>(*value)) : std::nullopt;
  }
  if (message.name.size() < 4 || (message.name[0] != 'c' && message.name[0] != 'n') || message.name[1] != '-')
    return std::nullopt;
  std::string upper = message.name;
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  for (const auto& info : dimse::all_commands())
    if (info.name == upper) return static_cast<std::uint16_t>(info.field);
  return std::nullopt;
}

std::expected<ChosenContext, BuildError> choose_context(const Element& element, const Dialogue& dialogue,
                                                        std::string_view sop_class,
                                                        std::optional<std::uint16_t> command_field) {
  const auto& accepted = dialogue.contexts;
  const bool negotiated = dialogue.ac.has_value();
  if (element.has("context")) {
    const auto wanted = element.value("context");
    if (const auto id = number_from(wanted)) {
      const auto number = static_cast<std::uint8_t>(*id);
      if (const auto found = accepted.find(number); found != accepted.end()) return known(found->second);
      if (auto one = proposed(dialogue, {}, number)) return *one;
      return ChosenContext{number, {}, std::string(uids::ImplicitVRLittleEndian)};
    }
    const auto uid = uid_value(wanted);
    for (const auto& [id, context] : accepted)
      if (context.abstract_syntax == uid) return known(context);
    if (negotiated) {
      return not_accepted(element.at,
                          "no presentation context for " + std::string(dict::uid_name(uid)) + " was accepted");
    }
    if (auto one = proposed(dialogue, uid, {})) return *one;
    return ChosenContext{1, uid, std::string(uids::ImplicitVRLittleEndian)};
  }
  if (command_field && dimse::is_response(*command_field) && dialogue.received) {
    const auto found = accepted.find(dialogue.received->context_id);
    if (found != accepted.end()) return known(found->second);
    return ChosenContext{dialogue.received->context_id, {}, std::string(uids::ImplicitVRLittleEndian)};
  }
  if (command_field && static_cast<CommandField>(*command_field) == CommandField::c_cancel_rq && dialogue.sent) {
    const auto found = accepted.find(dialogue.sent->context_id);
    if (found != accepted.end()) return known(found->second);
  }
  if (!sop_class.empty())
    for (const auto& [id, context] : accepted)
      if (context.abstract_syntax == sop_class) return known(context);
  if (command_field)
    for (const auto& [id, context] : accepted)
      if (suits(context.abstract_syntax, *command_field)) return known(context);
  if (!accepted.empty()) return known(accepted.begin()->second);
  if (negotiated) return not_accepted(element.at, "no presentation context was accepted");
  if (auto one = proposed(dialogue, {}, {})) return *one;
  return ChosenContext{1, {}, std::string(uids::ImplicitVRLittleEndian)};
}

std::expected<Built, BuildError> build_dimse(const Element& message, const Dialogue& dialogue,
                                             const BuildInput& input) {
  const auto field = command_field_of(message);
  if (!field) return fault(message.at, "<" + message.name + "> names no command");
  const auto* info = dimse::command_info(*field);
  auto sop_class = uid_value(message.value("sop-class"));
  auto sop_instance = uid_value(message.value("sop-instance"));
  const auto context = choose_context(message, dialogue, sop_class, field);
  if (!context) return std::unexpected(context.error());

  const bool is_request = !dimse::is_response(*field);
  const bool is_cancel = static_cast<CommandField>(*field) == CommandField::c_cancel_rq;
  if (is_request && sop_class.empty()) sop_class = context->abstract_syntax;
  auto data = make_data(message, *field, *context, sop_class, sop_instance, input);
  if (!data) return std::unexpected(data.error());

  auto command = base_command(message, *field, dialogue, data->has_value());
  auto& elements = command.elements();
  if (!sop_class.empty() && !is_cancel && (is_request || message.has("sop-class")))
    set_uid(command, info, tags::AffectedSOPClassUID, tags::RequestedSOPClassUID, sop_class);
  const bool names_instance =
      has_field(info, tags::AffectedSOPInstanceUID) || has_field(info, tags::RequestedSOPInstanceUID);
  // Who is asked to create something and is given no UID gives it one (PS3.7 10.1.5.1.4).
  const bool gives_instance = static_cast<CommandField>(*field) == CommandField::n_create_rsp &&
                              elements.u16(tags::Status) == 0 && !elements.has(tags::AffectedSOPInstanceUID);
  const bool fills_in = gives_instance || (is_request && names_instance);
  if (fills_in && sop_instance.empty()) sop_instance = input.uids->next();
  if (!sop_instance.empty() && (message.has("sop-instance") || fills_in))
    set_uid(command, info, tags::AffectedSOPInstanceUID, tags::RequestedSOPInstanceUID, sop_instance);
  constexpr std::uint16_t data_set_follows = 1;
  elements.set_u16(tags::CommandDataSetType, data->has_value() ? data_set_follows : dimse::no_data_set);
  for (const auto& [name, tag] : number_attributes)
    if (const auto value = number_from(message.value(name))) elements.set_u16(tag, static_cast<std::uint16_t>(*value));
  if (message.has("destination")) elements.set_text(tags::MoveDestination, message.value("destination"));
  if (message.has("error-comment")) elements.set_text(tags::ErrorComment, message.value("error-comment"));

  Built out;
  out.name = message_name(message);
  const auto* changes = message.child("command-set");
  bool raw_command = false;
  if (changes != nullptr) {
    if (auto done = set_elements(elements, *changes); !done) return std::unexpected(done.error());
    raw_command = std::ranges::any_of(changes->children, [](const Element& c) { return is_modification(c.name); });
    // Values put in by hand are the scenario's own, right or wrong.
    out.wrong = !changes->children.empty();
  }
  if (data->has_value() && (*data)->wrong) out.wrong = true;
  if (message.name == "message" && info == nullptr) out.wrong = true;

  dimse::Packing packing;
  packing.maximum_length = dialogue.peer_maximum_length();
  packing.fragment_length = static_cast<std::uint32_t>(number_from(message.value("fragment")).value_or(0));
  packing.values_per_pdu = static_cast<std::uint32_t>(number_from(message.value("values-per-pdu")).value_or(1));
  packing.command_and_data_together = message.is("packing", "together");

  std::vector<pdu::PDataTf> pdus;
  // A flag that contradicts the Data Set is only kept where the packing does not read it.
  if (raw_command || message.has("data-set-type")) {
    auto root = dimse::to_layout(command);
    if (changes != nullptr)
      if (auto done = apply_modifications(root, *changes); !done) return std::unexpected(done.error());
    const auto bytes = layout::serialise(root);
    pdus = pack_raw(context->id, bytes, data->has_value() ? ByteView((*data)->bytes) : ByteView{}, data->has_value(),
                    packing);
  } else {
    dimse::Message whole;
    whole.context_id = context->id;
    whole.command = command;
    if (data->has_value()) whole.data_set = (*data)->bytes;
    whole.data_set_length = whole.data_set.size();
    pdus = dimse::fragment_to_pdus(whole, packing);
  }
  if (pdus.empty()) {
    return fault(message.at, "the peer takes at most " + std::to_string(packing.maximum_length) +
                                 " bytes in a P-DATA-TF PDU: no message fits into that");
  }
  const bool modified = std::ranges::any_of(message.children, [](const Element& c) { return is_modification(c.name); });
  if (modified) {
    out.wrong = true;
    std::vector<layout::Node> nodes;
    for (const auto& pdu : pdus) {
      nodes.push_back(pdu::to_layout(pdu));
      nodes.back().name = "pdu";
    }
    auto root = layout::block("message", std::move(nodes));
    if (auto done = apply_modifications(root, message); !done) return std::unexpected(done.error());
    out.bytes = layout::serialise(root);
  } else {
    for (const auto& pdu : pdus) append(out.bytes, ByteView(pdu::encode(pdu)));
  }
  if (is_request && !is_cancel) out.request = Request{context->id, std::move(command)};
  return out;
}

}  // namespace assay::scenario
