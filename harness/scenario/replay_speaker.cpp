#include "harness/scenario/replay_speaker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/base/bulk_digest.hpp"
#include "harness/base/hex.hpp"
#include "harness/dataset/exact_xml.hpp"
#include "harness/dataset/part10.hpp"
#include "harness/scenario/checked_xml.hpp"
#include "harness/scenario/grammar.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

using trace::MessageSeen;
using trace::PduSeen;

/// A Data Set that no file can hold may stand in the scenario as hex up to this.
constexpr std::size_t most_hex = 1U << 20;
/// Above this, forms of a message that are not likely to fit are not tried: each try encodes the whole Data Set.
constexpr std::size_t large = 4U << 20;

bool whole(const PduSeen& seen) { return seen.bytes.size() == std::size_t{seen.length} + pdu::pdu_header_length; }

/// Whether these bytes are those PDUs: by digest, so that it can be told of bulk that was not kept.
bool same(ByteView bytes, std::span<const PduSeen* const> recorded) {
  for (const auto* seen : recorded) {
    const auto size = std::size_t{seen->length} + pdu::pdu_header_length;
    if (bytes.size() < size) return false;
    BulkDigest digest;
    digest.update(bytes.first(size));
    if (digest.value() != seen->digest) return false;
    bytes = bytes.subspan(size);
  }
  return bytes.empty();
}

/// How the message was cut into PDVs and PDUs, as attributes.
void set_packing(Element& message, std::span<const PduSeen* const> pdus, std::uint32_t peer_maximum) {
  std::size_t data_fragments = 0;
  std::uint32_t first_data = 0;
  std::size_t values = 1;
  bool together = false;
  for (const auto* seen : pdus) {
    bool command = false;
    bool data = false;
    for (std::size_t i = 0; i < seen->values.size(); ++i) {
      (seen->values[i].is_command() ? command : data) = true;
      if (!seen->values[i].is_command() && data_fragments++ == 0) first_data = seen->fragment_lengths[i];
    }
    together = together || (command && data);
    values = std::max(values, seen->values.size());
  }
  constexpr std::uint32_t value_overhead = 6;
  const auto usual = peer_maximum == 0 ? 65536U : peer_maximum;
  if (data_fragments > 1 && usual > value_overhead && first_data != ((usual - value_overhead) & ~1U))
    message.set("fragment", std::to_string(first_data));
  if (together) message.set("packing", "together");
  if (values > 1) message.set("values-per-pdu", std::to_string(values));
}

void set_context_children(Element& out, const pdu::AssociateBody& body) {
  for (const auto& item : body.items) {
    if (const auto* rq = std::get_if<pdu::PresentationContextItemRq>(&item)) {
      auto context = replay_element("context", "context-rq");
      context.set("id", std::to_string(rq->id));
      context.set("abstract", replay_uid(rq->abstract_syntax()));
      std::string syntaxes;
      for (const auto syntax : rq->transfer_syntaxes())
        syntaxes.append(syntaxes.empty() ? "" : " ").append(replay_uid(syntax));
      context.set("transfer", syntaxes);
      out.children.push_back(std::move(context));
    } else if (const auto* ac = std::get_if<pdu::PresentationContextItemAc>(&item)) {
      auto context = replay_element("context", "context-ac");
      context.set("id", std::to_string(ac->id));
      context.set("result", std::to_string(ac->result));
      context.set("transfer", ac->transfer_syntax().empty() ? "" : replay_uid(ac->transfer_syntax()));
      out.children.push_back(std::move(context));
    }
  }
}

struct SubItemWriter {
  Element& out;
  bool& version_seen;

  void operator()(const pdu::MaximumLengthSubItem& item) const {
    out.set("max-length", std::to_string(item.maximum_length));
  }
  void operator()(const pdu::ImplementationClassUidSubItem& item) const {
    out.set("implementation-class-uid", item.uid);
  }
  void operator()(const pdu::ImplementationVersionNameSubItem& item) const {
    version_seen = true;
    out.set("implementation-version-name", item.name);
  }
  void operator()(const pdu::AsynchronousOperationsWindowSubItem& item) const {
    auto& child = out.children.emplace_back(replay_element("async", "async-send"));
    child.set("invoked", std::to_string(item.invoked));
    child.set("performed", std::to_string(item.performed));
  }
  void operator()(const pdu::RoleSelectionSubItem& item) const {
    auto& child = out.children.emplace_back(replay_element("role", "role-send"));
    child.set("sop-class", replay_uid(item.sop_class_uid));
    child.set("scu", std::to_string(item.scu_role));
    child.set("scp", std::to_string(item.scp_role));
  }
  void operator()(const pdu::SopClassExtendedNegotiationSubItem& item) const {
    auto& child = out.children.emplace_back(replay_element("extended-negotiation", "extended-negotiation-send"));
    child.set("sop-class", replay_uid(item.sop_class_uid));
    child.set("hex", to_hex(item.service_class_application_information));
  }
  void operator()(const pdu::SopClassCommonExtendedNegotiationSubItem& item) const {
    auto& child =
        out.children.emplace_back(replay_element("common-extended-negotiation", "common-extended-negotiation-send"));
    child.set("sop-class", replay_uid(item.sop_class_uid));
    child.set("service-class", replay_uid(item.service_class_uid));
    std::string related;
    for (const auto& uid : item.related_general_sop_class_uids)
      related.append(related.empty() ? "" : " ").append(replay_uid(uid));
    if (!related.empty()) child.set("related", related);
  }
  void operator()(const pdu::UserIdentitySubItemRq& item) const {
    auto& child = out.children.emplace_back(replay_element("user-identity", "user-identity-send"));
    child.set("type", std::to_string(item.identity_type));
    child.set("primary", std::string(as_text(item.primary_field)));
    if (!item.secondary_field.empty()) child.set("secondary", std::string(as_text(item.secondary_field)));
    if (item.positive_response_requested != 0) child.set("response", std::to_string(item.positive_response_requested));
  }
  void operator()(const pdu::UserIdentitySubItemAc& item) const {
    auto& child = out.children.emplace_back(replay_element("user-identity", "user-identity-send"));
    child.set("response", std::string(as_text(item.server_response)));
  }
  void operator()(const pdu::UnknownItem& item) const {
    auto& child = out.children.emplace_back(replay_element("item", "item-send"));
    child.set("type", std::to_string(item.type));
    child.set("hex", to_hex(item.value));
  }
};

Element associate_element(std::string name, const pdu::AssociateBody& body) {
  auto type = name + "-send";
  auto out = replay_element(std::move(name), std::move(type));
  out.set("called-ae", body.called_ae_title);
  out.set("calling-ae", body.calling_ae_title);
  if (body.protocol_version != 1) out.set("protocol-version", std::to_string(body.protocol_version));
  const auto application = body.application_context();
  if (application != uids::application_context)
    out.set("application-context", application.empty() ? "absent" : std::string(application));
  out.set("max-length", "absent");
  out.set("implementation-class-uid", "absent");
  out.set("implementation-version-name", "absent");
  set_context_children(out, body);
  bool version_seen = false;
  if (const auto* user = body.user_information())
    for (const auto& item : user->sub_items) std::visit(SubItemWriter{out, version_seen}, item);
  return out;
}

struct PduWriter {
  Element operator()(const pdu::AAssociateRq& rq) const { return associate_element("a-associate-rq", rq); }
  Element operator()(const pdu::AAssociateAc& ac) const { return associate_element("a-associate-ac", ac); }
  Element operator()(const pdu::AAssociateRj& rj) const {
    auto out = replay_element("a-associate-rj", "a-associate-rj-send");
    out.set("result", std::to_string(rj.result));
    out.set("source", std::to_string(rj.source));
    out.set("reason", std::to_string(rj.reason));
    return out;
  }
  Element operator()(const pdu::AReleaseRq&) const { return replay_element("a-release-rq", "plain-send"); }
  Element operator()(const pdu::AReleaseRp&) const { return replay_element("a-release-rp", "plain-send"); }
  Element operator()(const pdu::AAbort& abort) const {
    auto out = replay_element("a-abort", "a-abort-send");
    out.set("source", std::to_string(abort.source));
    out.set("reason", std::to_string(abort.reason));
    return out;
  }
  Element operator()(const pdu::PDataTf&) const { return replay_element("p-data", "p-data-send"); }
};

struct NamedTag {
  std::string_view name;
  Tag tag;
};
constexpr std::array command_numbers{
    NamedTag{"priority", tags::Priority},
    NamedTag{"remaining", tags::NumberOfRemainingSuboperations},
    NamedTag{"completed", tags::NumberOfCompletedSuboperations},
    NamedTag{"failed", tags::NumberOfFailedSuboperations},
    NamedTag{"warning", tags::NumberOfWarningSuboperations},
    NamedTag{"event-type", tags::EventTypeID},
    NamedTag{"action-type", tags::ActionTypeID},
};

/// How much of a Command Set is said: more from level to level, until the bytes are right.
enum class Said : std::uint8_t { little, outcome, uids, fields, everything };

void say_uids(Element& out, const dimse::CommandSet& command, const AnsweredRequest* answered) {
  if (const auto uid = command.sop_class_uid(); !uid.empty()) out.set("sop-class", replay_uid(uid));
  if (const auto uid = command.sop_instance_uid(); !uid.empty())
    out.set("sop-instance",
            answered != nullptr && !answered->sop_instance.empty() ? answered->sop_instance : std::string(uid));
}

void say_fields(Element& out, const dimse::CommandSet& command, bool has_data) {
  const auto& elements = command.elements();
  for (const auto& [name, tag] : command_numbers)
    if (const auto value = elements.u16(tag)) out.set(name, std::to_string(*value));
  if (elements.has(tags::MoveDestination)) out.set("destination", std::string(elements.text(tags::MoveDestination)));
  if (elements.has(tags::ErrorComment)) out.set("error-comment", std::string(elements.text(tags::ErrorComment)));
  const auto type = elements.u16(tags::CommandDataSetType);
  if (type && *type != (has_data ? 1 : dimse::no_data_set)) out.set("data-set-type", std::to_string(*type));
}

/// Every element as it was; those that the command would have by itself and did not have are taken out.
void say_everything(Element& out, const dimse::CommandSet& command) {
  auto set = replay_element("command-set", "command-set-send");
  const auto add = [&](Tag tag) -> Element& {
    auto& element = set.children.emplace_back(replay_element("element", "element-send"));
    element.set("tag", to_string(tag));
    return element;
  };
  for (const auto* node : command.elements().root().elements()) {
    if (node->tag == tags::CommandGroupLength || node->tag == tags::CommandField) continue;
    auto& element = add(node->tag);
    element.set("hex", to_hex(node->value));
  }
  if (const auto* info = dimse::command_info(command.field().value_or(0)))
    for (const auto& rule : info->fields)
      if (!command.elements().has(rule.tag) && rule.tag != tags::CommandGroupLength) add(rule.tag).set("absent", "yes");
  out.children.insert(out.children.begin(), std::move(set));
}

}  // namespace

Element replay_element(std::string name, std::string type) {
  Element out;
  out.name = std::move(name);
  out.type = std::move(type);
  return out;
}

Element replay_message(std::uint16_t command_field, bool matcher) {
  const auto* info = dimse::command_info(command_field);
  const std::string kind = matcher ? "-match" : "-send";
  if (info == nullptr) {
    auto out = replay_element("message", "message" + kind);
    out.set("command", fmt::format("0x{:04x}", command_field));
    return out;
  }
  std::string name(info->name);
  for (auto& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return replay_element(std::move(name), "dimse" + kind);
}

std::string replay_uid(std::string_view uid) {
  const auto* entry = dict::find_uid(uid);
  return entry != nullptr && uid_value(entry->keyword) == uid ? std::string(entry->keyword) : std::string(uid);
}

bool replay_sayable(const Element& element) {
  const auto printable_text = [](std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
  };
  for (const auto& attribute : element.attributes)
    if (!printable_text(attribute.value) || has_variable(attribute.value)) return false;
  std::vector<LoadError> errors;
  check_values(element, language(), errors);
  return errors.empty() && printable_text(element.text) && std::ranges::all_of(element.children, replay_sayable);
}

Bytes replay_object(const dimse::Message& message, std::string_view transfer_syntax_uid) {
  dataset::FileMeta meta;
  meta.sop_class_uid = message.command.sop_class_uid();
  meta.sop_instance_uid = message.command.sop_instance_uid();
  // An identifier has none; the file needs one.
  if (meta.sop_instance_uid.empty()) meta.sop_instance_uid = "2.25.1";
  meta.transfer_syntax_uid = transfer_syntax_uid;
  meta.implementation_class_uid = implementation_class_uid;
  return dataset::build_part10(meta, message.data_set);
}

Speaker::Speaker(const ReplayOptions& options, Replay& out) : options_(options), out_(out) {
  dialogue.we_opened = options.side == trace::Side::requestor;
  input_.uids = &uids_;
  input_.read_file = [this](std::string_view path) -> std::optional<Bytes> {
    for (const auto& file : out_.files)
      if (file.name == path) return file.bytes;
    return options_.read_file ? options_.read_file(path) : std::nullopt;
  };
}

std::optional<Built> Speaker::built(const Element& message) const {
  uids_ = UidSource(1);
  auto made = build(message, dialogue, input_);
  return made ? std::optional(std::move(*made)) : std::nullopt;
}

/// What the interpreter will know once it has sent this.
void Speaker::said(const Built& built) {
  if (built.rq) dialogue.note(*built.rq);
  if (built.ac) dialogue.note(*built.ac);
  if (built.request) {
    dialogue.sent = built.request;
    dialogue.next_message_id =
        static_cast<std::uint16_t>(built.request->command.message_id().value_or(dialogue.next_message_id) + 1);
  }
  const auto decoded = pdu::decode(built.bytes);
  if (!decoded.pdu) return;
  if (const auto* rq = std::get_if<pdu::AAssociateRq>(&*decoded.pdu); rq != nullptr && dialogue.we_opened)
    dialogue.note(*rq);
  if (const auto* ac = std::get_if<pdu::AAssociateAc>(&*decoded.pdu); ac != nullptr && !dialogue.we_opened)
    dialogue.note(*ac);
}

Speaker::Step Speaker::finished(Element message, const Built& made) {
  said(made);
  auto step = replay_element("send", "send");
  // What is written out by hand counts as wrong on purpose, unless this says that it was right.
  if (made.wrong) step.set("provoke", "no");
  step.children.push_back(std::move(message));
  return step;
}

Element Speaker::raw(ByteView bytes) {
  auto message = replay_element("raw", "raw-send");
  message.set("hex", to_hex(bytes));
  return message;
}

Speaker::Step Speaker::pdu(const PduSeen& seen) {
  const std::array<const PduSeen*, 1> recorded{&seen};
  if (seen.pdu != nullptr) {
    auto message = std::visit(PduWriter{}, *seen.pdu);
    if (replay_sayable(message))
      if (const auto made = built(message); made && same(made->bytes, recorded)) return finished(message, *made);
  }
  if (!whole(seen))
    return std::unexpected(
        fmt::format("the bytes of PDU {} ({}) were not kept", seen.number, pdu::pdu_name(seen.type)));
  auto message = raw(seen.bytes);
  const auto made = built(message);
  if (!made) return std::unexpected(fmt::format("PDU {} cannot be sent again as raw bytes", seen.number));
  return finished(std::move(message), *made);
}

Speaker::Step Speaker::by_hand(std::span<const PduSeen* const> pdus) {
  auto step = replay_element("send", "send");
  step.set("provoke", "no");
  for (const auto* seen : pdus) {
    const std::array<const PduSeen*, 1> recorded{seen};
    auto message = replay_element("p-data", "p-data-send");
    bool kept = seen->more_values == 0;
    for (std::size_t i = 0; kept && i < seen->values.size(); ++i) {
      const auto& value = seen->values[i];
      kept = value.fragment.size() == seen->fragment_lengths[i];
      auto& pdv = message.children.emplace_back(replay_element("pdv", "pdv-send"));
      pdv.set("context", std::to_string(value.context_id));
      pdv.set("control", std::to_string(value.control_header));
      pdv.set("hex", to_hex(value.fragment));
    }
    auto made = kept ? built(message) : std::nullopt;
    if (!made || !same(made->bytes, recorded)) {
      if (!whole(*seen)) return std::unexpected(fmt::format("the bytes of PDU {} were not kept", seen->number));
      message = raw(seen->bytes);
      made = built(message);
      if (!made) return std::unexpected(fmt::format("PDU {} cannot be sent again as raw bytes", seen->number));
    }
    said(*made);
    step.children.push_back(std::move(message));
  }
  return step;
}

std::string Speaker::transfer_syntax(std::uint8_t context) const {
  const auto found = dialogue.contexts.find(context);
  return found == dialogue.contexts.end() ? std::string(uids::ImplicitVRLittleEndian) : found->second.transfer_syntax;
}

std::expected<std::optional<Speaker::Data>, std::string> Speaker::data_of(const MessageSeen& seen) {
  const auto& message = *seen.message;
  if (message.data_set_length == 0 && !message.command.has_data_set()) return std::nullopt;
  Data data{replay_element("data-set", "data-set-send"), {}, {}};
  if (const auto stored = options_.stored.find(seen.offset); stored != options_.stored.end()) {
    data.build.set("file", stored->second);
    data.shown = data.build;
    return data;
  }
  const auto syntax = transfer_syntax(message.context_id);
  if (!message.data_set_kept()) {
    const auto field = message.command.field().value_or(0);
    const auto encoding = dataset::encoding_of(syntax);
    if (field != static_cast<std::uint16_t>(dimse::CommandField::c_store_rq) || encoding.encapsulated ||
        encoding.deflated)
      return std::unexpected(
          fmt::format("the Data Set of the {} in PDU {} ({} bytes) was not kept, and no other can stand in for it",
                      message.command.name(), seen.first_pdu, message.data_set_length));
    data.build.set("synthetic", std::string(synthetic_kind_for(message.command.sop_class_uid())));
    data.build.set("size", std::to_string(message.data_set_length));
    data.remark = fmt::format("the Data Set of the {} in PDU {} ({} bytes) was not kept: a synthetic one is sent",
                              message.command.name(), seen.first_pdu, message.data_set_length);
    data.shown = data.build;
    return data;
  }
  if (message.data_set.size() <= options_.inline_bytes) {
    data.build.set("hex", to_hex(message.data_set));
    data.shown = data.build;
    dataset::FileOptions reading;
    reading.as = dataset::encoding_of(syntax);
    auto exact = dataset::to_exact_xml(message.data_set, reading);
    if (const auto back = dataset::from_exact_xml(exact.xml); !exact.raw && back && *back == message.data_set) {
      data.shown = replay_element("data-set", "data-set-send");
      auto& model = data.shown.children.emplace_back(replay_element("NativeDicomModel", "native-model"));
      model.set("number", std::to_string(models_.size()));
      models_.push_back(std::move(exact.xml));
    }
    return data;
  }
  auto file = replay_object(message, syntax);
  const auto read_back = dataset::parse_part10(file);
  if (has_error(read_back.problems) || to_bytes(read_back.data_set) != message.data_set) {
    if (message.data_set.size() > most_hex)
      return std::unexpected(
          fmt::format("the Data Set of the {} in PDU {} is too long for the scenario and fits no file",
                      message.command.name(), seen.first_pdu));
    data.build.set("hex", to_hex(message.data_set));
  } else {
    const auto name = fmt::format("objects/{}-{:04}.dcm", trace::name(options_.side), out_.files.size() + 1);
    out_.files.push_back({name, std::move(file)});
    data.build.set("file", name);
  }
  data.shown = data.build;
  return data;
}

Speaker::Step Speaker::message(const MessageSeen& seen, std::span<const PduSeen* const> pdus,
                               const AnsweredRequest* answered) {
  const auto& command = seen.message->command;
  const auto field = command.field();
  const auto files_before = out_.files.size();
  auto data = data_of(seen);
  if (!field) return by_hand(pdus);
  if (!data) {
    // The PDUs themselves may have been kept where the whole was not.
    auto step = by_hand(pdus);
    return step ? std::move(step) : Step(std::unexpected(data.error()));
  }
  const bool response = dimse::is_response(*field);
  const bool is_large = seen.message->data_set_length > large;
  std::optional<std::pair<Element, Built>> otherwise;  // the same message, cut otherwise
  for (const auto level : {Said::little, Said::outcome, Said::uids, Said::fields, Said::everything}) {
    if (level <= Said::outcome && (answered != nullptr || is_large)) continue;
    auto shown = replay_message(*field, false);
    shown.set("context", std::to_string(seen.message->context_id));
    if (const auto status = command.status()) shown.set("status", fmt::format("{:04X}", *status));
    const auto id = command.message_id();
    if (!response && id && *id != dialogue.next_message_id) shown.set("message-id", std::to_string(*id));
    auto made_with = shown;
    const auto responded_to = command.responded_to();
    const bool cancel = *field == static_cast<std::uint16_t>(dimse::CommandField::c_cancel_rq);
    if (responded_to && (answered != nullptr || cancel || level >= Said::uids)) {
      shown.set("responding-to", answered != nullptr ? answered->message_id : std::to_string(*responded_to));
      made_with.set("responding-to", std::to_string(*responded_to));
    }
    if (level >= Said::uids) {
      say_uids(shown, command, answered);
      say_uids(made_with, command, nullptr);
    }
    for (auto* one : {&shown, &made_with}) {
      if (level == Said::outcome || level >= Said::fields) say_fields(*one, command, data->has_value());
      set_packing(*one, pdus, dialogue.peer_maximum_length());
      if (level == Said::everything) say_everything(*one, command);
    }
    if (data->has_value()) {
      made_with.children.push_back((*data)->build);
      shown.children.push_back((*data)->shown);
    }
    if (!replay_sayable(made_with)) continue;
    auto made = built(made_with);
    if (!made) continue;
    if (same(made->bytes, pdus)) return finished(std::move(shown), *made);
    if (level == Said::fields) otherwise.emplace(std::move(shown), std::move(*made));
  }
  if (!data->has_value() || (*data)->remark.empty()) {
    if (auto step = by_hand(pdus)) {
      out_.files.resize(files_before);
      return step;
    }
  }
  if (!otherwise)
    return std::unexpected(fmt::format("the {} in PDU {} cannot be said in a scenario, and its bytes were not kept",
                                       command.name(), seen.first_pdu));
  out_.remarks.push_back(data->has_value() && !(*data)->remark.empty()
                             ? (*data)->remark
                             : fmt::format("the {} in PDU {} is sent in other P-DATA-TF PDUs than it was: their bytes "
                                           "were not kept",
                                           command.name(), seen.first_pdu));
  return finished(std::move(otherwise->first), otherwise->second);
}

std::string Speaker::xml(const Element& step, int depth) const {
  auto out = to_xml(step, depth);
  for (std::size_t at = 0; (at = out.find("<NativeDicomModel number=\"", at)) != std::string::npos;) {
    const auto quote = out.find('"', at) + 1;
    const auto number = number_from(std::string_view(out).substr(quote, out.find('"', quote) - quote));
    const auto end = out.find("/>", at) + 2;
    if (!number || static_cast<std::size_t>(*number) >= models_.size()) break;
    std::string_view model = models_[static_cast<std::size_t>(*number)];
    if (model.starts_with("<?")) model.remove_prefix(model.find("?>") + 2);
    model = trimmed(model);
    out.replace(at, end - at, model);
    at += model.size();
  }
  return out;
}

}  // namespace assay::scenario
