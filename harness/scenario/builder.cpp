// PDUs and raw bytes of scenarios, and the modifications of every layer. DIMSE messages stand in dimse_builder.cpp.
#include "harness/scenario/builder.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "harness/base/hex.hpp"
#include "harness/base/limits.hpp"
#include "harness/scenario/dimse_builder.hpp"
#include "harness/scenario/values.hpp"

namespace assay::scenario {
namespace {

constexpr std::size_t max_raw_bytes = 64U << 20;  // of one <raw> with its repeats

std::unexpected<BuildError> fault(const Location& at, std::string message) {
  return std::unexpected(BuildError{at, std::move(message), false});
}

template <typename Int>
Int number_or(const Element& element, std::string_view attribute, Int otherwise) {
  const auto value = number_from(element.value(attribute));
  return value ? static_cast<Int>(*value) : otherwise;
}

std::string text_or(const Element& element, std::string_view attribute, std::string_view otherwise) {
  return std::string(element.has(attribute) ? element.value(attribute) : otherwise);
}

/// "PatientID[2]/value" -> "(0010,0020)[2]/value": parts of Command Sets and Data Sets are named by tag.
std::string resolved_path(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto step = path.substr(0, slash);
    const auto bracket = step.find('[');
    const auto* entry = dict::find_keyword(step.substr(0, bracket));
    if (entry != nullptr) {
      out += to_string(entry->tag);
      if (bracket != std::string_view::npos) out += step.substr(bracket);
    } else {
      out += step;
    }
    if (slash == std::string_view::npos) break;
    out += '/';
    path = path.substr(slash + 1);
  }
  // The group length is a length and nothing else, though it reads like the other elements of a Command Set.
  constexpr std::string_view group_length_value = "(0000,0000)/value";
  return out == group_length_value ? out.substr(0, out.find('/')) : out;
}

layout::Modification modification_from(const Element& element) {
  layout::Modification m;
  m.operation = *layout::operation_from(element.name);
  m.path = resolved_path(element.value("path"));
  if (element.has("hex")) m.bytes = from_hex(element.value("hex")).value_or(Bytes{});
  if (element.has("text")) m.bytes = to_bytes(element.value("text"));
  m.number = number_from(element.value("number"));
  m.at = number_or<std::size_t>(element, "at", 0);
  return m;
}

void add_user_information(pdu::AssociateBody& body, const Element& element, bool is_rq) {
  pdu::UserInformationItem user;
  auto& items = user.sub_items;
  if (!element.is("max-length", "absent")) {
    items.emplace_back(
        pdu::MaximumLengthSubItem{number_or<std::uint32_t>(element, "max-length", limits::announced_max_length)});
  }
  const auto class_uid = text_or(element, "implementation-class-uid", implementation_class_uid);
  if (class_uid != "absent") items.emplace_back(pdu::ImplementationClassUidSubItem{uid_value(class_uid)});
  for (const auto& child : element.children) {
    if (child.name != "async") continue;
    items.emplace_back(pdu::AsynchronousOperationsWindowSubItem{number_or<std::uint16_t>(child, "invoked", 1),
                                                                number_or<std::uint16_t>(child, "performed", 1)});
  }
  for (const auto& child : element.children) {
    if (child.name != "role") continue;
    items.emplace_back(pdu::RoleSelectionSubItem{uid_value(child.value("sop-class")),
                                                 number_or<std::uint8_t>(child, "scu", 0),
                                                 number_or<std::uint8_t>(child, "scp", 0)});
  }
  const auto version = text_or(element, "implementation-version-name", implementation_version_name);
  if (version != "absent") items.emplace_back(pdu::ImplementationVersionNameSubItem{version});
  for (const auto& child : element.children) {
    if (child.name == "extended-negotiation") {
      items.emplace_back(pdu::SopClassExtendedNegotiationSubItem{uid_value(child.value("sop-class")),
                                                                 from_hex(child.value("hex")).value_or(Bytes{})});
    } else if (child.name == "common-extended-negotiation") {
      pdu::SopClassCommonExtendedNegotiationSubItem item{
          uid_value(child.value("sop-class")), uid_value(child.value("service-class")), {}, {}};
      for (const auto word : words_of(child.value("related")))
        item.related_general_sop_class_uids.push_back(uid_value(word));
      items.emplace_back(std::move(item));
    } else if (child.name == "user-identity" && is_rq) {
      items.emplace_back(pdu::UserIdentitySubItemRq{
          number_or<std::uint8_t>(child, "type", 1), number_or<std::uint8_t>(child, "response", 0),
          to_bytes(child.value("primary")), to_bytes(child.value("secondary"))});
    } else if (child.name == "user-identity") {
      items.emplace_back(pdu::UserIdentitySubItemAc{to_bytes(child.value("response"))});
    } else if (child.name == "item") {
      items.emplace_back(
          pdu::UnknownItem{number_or<std::uint8_t>(child, "type", 0), from_hex(child.value("hex")).value_or(Bytes{})});
    }
  }
  body.items.emplace_back(std::move(user));
}

void add_application_context(pdu::AssociateBody& body, const Element& element, std::string_view otherwise) {
  const auto name = text_or(element, "application-context", otherwise);
  if (name != "absent") body.items.emplace_back(pdu::ApplicationContextItem{uid_value(name)});
}

pdu::AAssociateRq make_rq(const Element& element, const BuildInput& input) {
  pdu::AAssociateRq rq;
  rq.protocol_version = number_or<std::uint16_t>(element, "protocol-version", 1);
  rq.called_ae_title = text_or(element, "called-ae", input.called_ae);
  rq.calling_ae_title = text_or(element, "calling-ae", input.calling_ae);
  add_application_context(rq, element, uids::application_context);
  unsigned next_id = 1;
  for (const auto& child : element.children) {
    if (child.name != "context") continue;
    pdu::PresentationContextItemRq context;
    context.id = number_or<std::uint8_t>(child, "id", static_cast<std::uint8_t>(next_id));
    next_id = context.id + 2U;
    context.sub_items.emplace_back(pdu::AbstractSyntaxSubItem{uid_value(child.value("abstract"))});
    if (child.has("transfer")) {
      for (const auto word : words_of(child.value("transfer")))
        context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{uid_value(word)});
    } else {
      context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ExplicitVRLittleEndian)});
      context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
    }
    rq.items.emplace_back(std::move(context));
  }
  add_user_information(rq, element, true);
  return rq;
}

/// The first syntax that needs no codec, because Assay may have to write it; else the first.
std::string preferred_syntax(const pdu::PresentationContextItemRq& context) {
  const auto proposed = context.transfer_syntaxes();
  for (const auto syntax : proposed)
    if (const auto e = dataset::encoding_of(syntax); !e.encapsulated && !e.deflated) return std::string(syntax);
  return proposed.empty() ? std::string(uids::ImplicitVRLittleEndian) : std::string(proposed.front());
}

const Element* override_for(const Element& element, std::uint8_t id) {
  for (const auto& child : element.children)
    if (child.name == "context" && number_or<int>(child, "id", -1) == id) return &child;
  return nullptr;
}

/// `said` is the <context> of this id, or for those not named the A-ASSOCIATE-AC itself.
pdu::PresentationContextItemAc answer_context(std::uint8_t id, std::string syntax, const Element& said) {
  pdu::PresentationContextItemAc context;
  context.id = id;
  context.result = number_or<std::uint8_t>(said, "result", 0);
  if (!said.has("transfer")) {
    context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::move(syntax)});
    return context;
  }
  for (const auto word : words_of(said.value("transfer")))
    context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{uid_value(word)});
  return context;
}

/// accept="none" and only="...": what the A-ASSOCIATE-AC says of all contexts that it does not name.
void apply_policy(pdu::PresentationContextItemAc& answer, const pdu::PresentationContextItemRq& proposal,
                  const Element& element) {
  if (element.is("accept", "none"))
    answer.result = static_cast<std::uint8_t>(pdu::ContextResult::abstract_syntax_not_supported);
  if (!element.has("only")) return;
  const auto wanted = uid_value(element.value("only"));
  const auto proposed = proposal.transfer_syntaxes();
  if (std::ranges::find(proposed, wanted) == proposed.end())
    answer.result = static_cast<std::uint8_t>(pdu::ContextResult::transfer_syntaxes_not_supported);
  else
    answer.sub_items = {pdu::TransferSyntaxSubItem{wanted}};
}

pdu::AAssociateAc make_ac(const Element& element, const Dialogue& dialogue, const BuildInput& input) {
  pdu::AAssociateRq rq = dialogue.rq.value_or(pdu::AAssociateRq{});
  if (!dialogue.rq) {
    rq.called_ae_title = input.called_ae;
    rq.calling_ae_title = input.calling_ae;
  }
  pdu::AAssociateAc ac;
  ac.protocol_version = number_or<std::uint16_t>(element, "protocol-version", 1);
  ac.called_ae_title = text_or(element, "called-ae", rq.called_ae_title);
  ac.calling_ae_title = text_or(element, "calling-ae", rq.calling_ae_title);
  ac.reserved = rq.reserved;
  const auto asked = rq.application_context();
  add_application_context(ac, element, asked.empty() ? uids::application_context : asked);
  std::set<std::uint8_t> answered;
  for (const auto* proposal : rq.contexts()) {
    answered.insert(proposal->id);
    const auto* change = override_for(element, proposal->id);
    if (change != nullptr && change->is("drop", "yes")) continue;
    ac.items.emplace_back(
        answer_context(proposal->id, preferred_syntax(*proposal), change == nullptr ? element : *change));
    if (change == nullptr) apply_policy(std::get<pdu::PresentationContextItemAc>(ac.items.back()), *proposal, element);
  }
  for (const auto& child : element.children) {
    if (child.name != "context" || child.is("drop", "yes")) continue;
    const auto id = number_or<std::uint8_t>(child, "id", 1);
    if (answered.insert(id).second)
      ac.items.emplace_back(answer_context(id, std::string(uids::ImplicitVRLittleEndian), child));
  }
  if (element.is("order", "reversed")) {
    const auto first = std::ranges::find_if(ac.items, [](const pdu::AssociateItem& item) {
      return std::holds_alternative<pdu::PresentationContextItemAc>(item);
    });
    std::reverse(first, ac.items.end());
  }
  add_user_information(ac, element, false);
  // Roles that were asked for are granted, unless the scenario answers them itself.
  const bool roles_said = element.child("role") != nullptr;
  if (const auto* user = rq.user_information(); user != nullptr && !roles_said) {
    auto& own = std::get<pdu::UserInformationItem>(ac.items.back()).sub_items;
    for (const auto& item : user->sub_items)
      if (const auto* role = std::get_if<pdu::RoleSelectionSubItem>(&item)) own.emplace_back(*role);
  }
  return ac;
}

std::expected<Bytes, BuildError> make_raw(const Element& element) {
  Bytes once;
  if (element.has("text")) {
    once = to_bytes(element.value("text"));
  } else {
    const auto hex = from_hex(element.has("hex") ? element.value("hex") : std::string_view(element.text));
    if (!hex) return fault(element.at, "the bytes are not hex digits in pairs");
    once = *hex;
  }
  const auto repeat = number_or<std::size_t>(element, "repeat", 1);
  if (!once.empty() && repeat > max_raw_bytes / once.size())
    return fault(element.at, "these are more than " + std::to_string(max_raw_bytes) + " bytes");
  Bytes out;
  out.reserve(once.size() * repeat);
  for (std::size_t i = 0; i < repeat; ++i) append(out, ByteView(once));
  return out;
}

/// Modified bytes may propose other contexts than the correct ones: what was really sent counts, where it still reads.
template <typename T>
std::optional<T> as_sent(const Bytes& bytes, T otherwise) {
  const auto decoded = pdu::decode(bytes);
  if (!decoded.pdu) return otherwise;
  if (const auto* same = std::get_if<T>(&*decoded.pdu)) return *same;
  return otherwise;
}

std::expected<Bytes, BuildError> finished(const pdu::Pdu& pdu, const Element& element, bool& wrong) {
  wrong = wrong || std::ranges::any_of(element.children, [](const Element& c) { return is_modification(c.name); });
  if (!wrong) return pdu::encode(pdu);
  auto root = pdu::to_layout(pdu);
  if (auto done = apply_modifications(root, element); !done) return std::unexpected(done.error());
  return layout::serialise(root);
}

}  // namespace

void Dialogue::note(const pdu::AAssociateRq& request) { rq = request; }

void Dialogue::note(const pdu::AAssociateAc& answer) {
  ac = answer;
  if (rq) contexts = session::accepted_contexts(*rq, answer);
}

std::uint32_t Dialogue::peer_maximum_length() const {
  constexpr std::uint32_t before_negotiation = 16384;
  if (we_opened) return ac ? ac->maximum_length() : before_negotiation;
  return rq ? rq->maximum_length() : before_negotiation;
}

layout::Modification modification_of(const Element& element) { return modification_from(element); }

bool is_modification(std::string_view element_name) { return layout::operation_from(element_name).has_value(); }

std::expected<void, BuildError> apply_modifications(layout::Node& root, const Element& parent) {
  for (const auto& child : parent.children) {
    if (!is_modification(child.name)) continue;
    if (auto done = layout::apply(root, modification_from(child)); !done) {
      const auto* path = child.attribute("path");
      return fault(path != nullptr ? path->at : child.at, done.error().message);
    }
  }
  return {};
}

std::string message_name(const Element& message) {
  if (message.name == "message") return dimse::command_name(command_field_of(message).value_or(0));
  std::string name = message.name;
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return name;
}

std::expected<Built, BuildError> build(const Element& message, const Dialogue& dialogue, const BuildInput& input) {
  if (is_dimse(message)) return build_dimse(message, dialogue, input);
  Built out;
  out.name = message_name(message);
  const auto finish = [&](const pdu::Pdu& pdu) -> std::expected<Built, BuildError> {
    auto bytes = finished(pdu, message, out.wrong);
    if (!bytes) return std::unexpected(bytes.error());
    out.bytes = std::move(*bytes);
    return out;
  };
  if (message.name == "raw") {
    auto bytes = make_raw(message);
    if (!bytes) return std::unexpected(bytes.error());
    out.bytes = std::move(*bytes);
    out.wrong = true;
    out.name = "raw bytes";
    return out;
  }
  if (message.name == "a-associate-rq") {
    const auto rq = make_rq(message, input);
    auto done = finish(rq);
    if (done) done->rq = as_sent(done->bytes, rq);
    return done;
  }
  if (message.name == "a-associate-ac") {
    const auto ac = make_ac(message, dialogue, input);
    auto done = finish(ac);
    if (done) done->ac = as_sent(done->bytes, ac);
    return done;
  }
  if (message.name == "a-associate-rj") {
    return finish(pdu::AAssociateRj{number_or<std::uint8_t>(message, "result", 1),
                                    number_or<std::uint8_t>(message, "source", 1),
                                    number_or<std::uint8_t>(message, "reason", 1)});
  }
  if (message.name == "a-release-rq") return finish(pdu::AReleaseRq{});
  if (message.name == "a-release-rp") return finish(pdu::AReleaseRp{});
  if (message.name == "a-abort") {
    return finish(
        pdu::AAbort{number_or<std::uint8_t>(message, "source", 0), number_or<std::uint8_t>(message, "reason", 0)});
  }
  if (message.name == "p-data") {
    pdu::PDataTf data;
    for (const auto& child : message.children) {
      if (child.name != "pdv") continue;
      const auto context = choose_context(child, dialogue, {}, {});
      if (!context) return std::unexpected(context.error());
      data.values.push_back(
          {context->id, number_or<std::uint8_t>(child, "control", 3), from_hex(child.value("hex")).value_or(Bytes{})});
    }
    out.wrong = true;
    return finish(data);
  }
  return fault(message.at, "<" + message.name + "> cannot be sent");
}

}  // namespace assay::scenario
