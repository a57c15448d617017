// The table of commands and the builders. Tests: tests/unit/dimse/message_test.cpp
#include "harness/dimse/message.hpp"

#include <array>

namespace assay::dimse {

namespace {

// One array of fields per command, then the table over them; both from commands.inc.
#define M(keyword) FieldRule{tags::keyword, FieldUse::mandatory},
#define O(keyword) FieldRule{tags::keyword, FieldUse::optional},
#define C(keyword) FieldRule{tags::keyword, FieldUse::conditional},
#define ASSAY_COMMAND(field, name, clause, data, fields) constexpr FieldRule fields_of_##field[] = {fields};
#include "harness/dimse/commands.inc"
#undef ASSAY_COMMAND
#undef M
#undef O
#undef C

constexpr CommandInfo commands[] = {
#define ASSAY_COMMAND(field, name, clause, data, fields) \
  {CommandField::field, name, "PS3.7 " clause, fields_of_##field, CommandInfo::Data::data},
#include "harness/dimse/commands.inc"
#undef ASSAY_COMMAND
};

/// The value of (0000,0800) that we send when a Data Set follows.
constexpr std::uint16_t data_set_follows = 0x0001;
constexpr std::size_t longest_uid = 64;  // PS3.5 9.1

// Builders lay the bytes down once and index them, instead of setting element by element: a C-ECHO-RQ costs two
// allocations, not two per element.
class Writer {
 public:
  Writer() {
    bytes_.reserve(192);
    header(tags::CommandGroupLength, 4);
    store<std::uint32_t>(bytes_, 0, Endian::little);
  }

  void u16(Tag tag, std::uint16_t value) {
    header(tag, 2);
    store(bytes_, value, Endian::little);
  }

  void text(Tag tag, std::string_view value, char pad) {
    const bool odd = value.size() % 2 != 0;
    header(tag, static_cast<std::uint32_t>(value.size() + (odd ? 1 : 0)));
    append(bytes_, value);
    if (odd) bytes_.push_back(static_cast<std::uint8_t>(pad));
  }

  void uid(Tag tag, std::string_view value) { text(tag, value, '\0'); }

  CommandSet finish() {
    const auto length = static_cast<std::uint32_t>(bytes_.size() - 12);
    for (std::size_t i = 0; i < 4; ++i) bytes_[8 + i] = static_cast<std::uint8_t>(length >> (8 * i));
    dataset::DecodeOptions options;
    options.command_set = true;  // as it is: nothing is found to tell of
    return CommandSet(dataset::decode_owned(std::move(bytes_), dataset::implicit_le, options).data_set);
  }

 private:
  void header(Tag tag, std::uint32_t length) {
    const std::array<std::uint8_t, 8> raw{
        static_cast<std::uint8_t>(tag.group),    static_cast<std::uint8_t>(tag.group >> 8),
        static_cast<std::uint8_t>(tag.element),  static_cast<std::uint8_t>(tag.element >> 8),
        static_cast<std::uint8_t>(length),       static_cast<std::uint8_t>(length >> 8),
        static_cast<std::uint8_t>(length >> 16), static_cast<std::uint8_t>(length >> 24)};
    append(bytes_, ByteView(raw));
  }

  Bytes bytes_;
};

CommandSet query_rq(CommandField field, std::uint16_t message_id, std::string_view sop_class_uid,
                    std::string_view destination, std::uint16_t priority) {
  Writer out;
  out.uid(tags::AffectedSOPClassUID, sop_class_uid);
  out.u16(tags::CommandField, static_cast<std::uint16_t>(field));
  out.u16(tags::MessageID, message_id);
  if (field == CommandField::c_move_rq) out.text(tags::MoveDestination, destination, ' ');
  out.u16(tags::Priority, priority);
  out.u16(tags::CommandDataSetType, data_set_follows);
  return out.finish();
}

bool holds_field(const CommandInfo* info, Tag tag) {
  if (info == nullptr) return false;
  for (const auto& rule : info->fields)
    if (rule.tag == tag) return true;
  return false;
}

bool flat_implicit(const dataset::DataSet& elements) {
  if (elements.encoding() != dataset::implicit_le) return false;
  for (const auto& node : elements.nodes())
    if (node.kind != dataset::NodeKind::element) return false;
  return true;
}

void put_u32(Bytes& out, std::size_t at, std::size_t value) {
  for (std::size_t i = 0; i < 4; ++i) out[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

/// Elements without a group length of group 0000, in implicit VR little endian.
void encode_elements(Bytes& out, const dataset::DataSet& elements) {
  if (!flat_implicit(elements)) {
    dataset::DataSet copy = elements;
    copy.erase(tags::CommandGroupLength);
    dataset::encode_to(out, copy, dataset::implicit_le);
    return;
  }
  for (const auto& node : elements.nodes()) {
    if (node.tag == tags::CommandGroupLength) continue;
    store(out, node.tag.group, Endian::little);
    store(out, node.tag.element, Endian::little);
    store(out, static_cast<std::uint32_t>(node.value.size()), Endian::little);
    append(out, node.value);
  }
}

}  // namespace

const CommandInfo* command_info(std::uint16_t command_field) {
  for (const auto& info : commands)
    if (static_cast<std::uint16_t>(info.field) == command_field) return &info;
  return nullptr;
}

std::span<const CommandInfo> all_commands() { return commands; }

std::string command_name(std::uint16_t command_field) {
  if (const auto* info = command_info(command_field)) return std::string(info->name);
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text = "command 0000H";
  for (std::size_t i = 0; i < 4; ++i) text[8 + i] = digits[(command_field >> (12 - 4 * i)) & 0xf];
  return text;
}

std::string_view CommandSet::sop_class_uid() const {
  if (elements_.has(tags::AffectedSOPClassUID)) return elements_.text(tags::AffectedSOPClassUID);
  return elements_.text(tags::RequestedSOPClassUID);
}

std::string_view CommandSet::sop_instance_uid() const {
  if (elements_.has(tags::AffectedSOPInstanceUID)) return elements_.text(tags::AffectedSOPInstanceUID);
  return elements_.text(tags::RequestedSOPInstanceUID);
}

Bytes encode(const CommandSet& command) {
  Bytes out;
  out.reserve(192);
  append(out, ByteView(std::array<std::uint8_t, 12>{0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0}));
  encode_elements(out, command.elements());
  put_u32(out, 8, out.size() - 12);
  return out;
}

layout::Node to_layout(const CommandSet& command) {
  Bytes header;
  append(header, ByteView(std::array<std::uint8_t, 8>{0, 0, 0, 0, 4, 0, 0, 0}));
  dataset::DataSet rest = command.elements();
  rest.erase(tags::CommandGroupLength);
  auto elements = dataset::to_layout(rest, dataset::implicit_le);
  std::vector<layout::Node> children;
  children.push_back(layout::field("group-length-header", std::move(header)));
  children.push_back(layout::length_of_rest("(0000,0000)", 4, Endian::little));
  for (auto& child : elements.children) children.push_back(std::move(child));
  return layout::block("command-set", std::move(children));
}

CommandSet c_echo_rq(std::uint16_t message_id) {
  Writer out;
  out.uid(tags::AffectedSOPClassUID, uids::Verification);
  out.u16(tags::CommandField, static_cast<std::uint16_t>(CommandField::c_echo_rq));
  out.u16(tags::MessageID, message_id);
  out.u16(tags::CommandDataSetType, no_data_set);
  return out.finish();
}

CommandSet c_store_rq(std::uint16_t message_id, std::string_view sop_class_uid, std::string_view sop_instance_uid,
                      std::uint16_t priority) {
  Writer out;
  out.uid(tags::AffectedSOPClassUID, sop_class_uid);
  out.u16(tags::CommandField, static_cast<std::uint16_t>(CommandField::c_store_rq));
  out.u16(tags::MessageID, message_id);
  out.u16(tags::Priority, priority);
  out.u16(tags::CommandDataSetType, data_set_follows);
  out.uid(tags::AffectedSOPInstanceUID, sop_instance_uid);
  return out.finish();
}

CommandSet c_find_rq(std::uint16_t message_id, std::string_view sop_class_uid, std::uint16_t priority) {
  return query_rq(CommandField::c_find_rq, message_id, sop_class_uid, {}, priority);
}

CommandSet c_get_rq(std::uint16_t message_id, std::string_view sop_class_uid, std::uint16_t priority) {
  return query_rq(CommandField::c_get_rq, message_id, sop_class_uid, {}, priority);
}

CommandSet c_move_rq(std::uint16_t message_id, std::string_view sop_class_uid, std::string_view destination,
                     std::uint16_t priority) {
  return query_rq(CommandField::c_move_rq, message_id, sop_class_uid, destination, priority);
}

CommandSet c_cancel_rq(std::uint16_t message_id_being_responded_to) {
  Writer out;
  out.u16(tags::CommandField, static_cast<std::uint16_t>(CommandField::c_cancel_rq));
  out.u16(tags::MessageIDBeingRespondedTo, message_id_being_responded_to);
  out.u16(tags::CommandDataSetType, no_data_set);
  return out.finish();
}

CommandSet response_to(const CommandSet& request, std::uint16_t status, bool with_data_set) {
  const auto field = static_cast<std::uint16_t>(request.field().value_or(0) | 0x8000U);
  const auto* info = command_info(field);
  Writer out;
  // What cannot be a UID is not sent back: both are user options of a response.
  const auto returnable = [](std::string_view uid) { return !uid.empty() && uid.size() <= longest_uid; };
  if (const auto uid = request.sop_class_uid(); returnable(uid)) out.uid(tags::AffectedSOPClassUID, uid);
  out.u16(tags::CommandField, field);
  out.u16(tags::MessageIDBeingRespondedTo, request.message_id().value_or(0));
  out.u16(tags::CommandDataSetType, with_data_set ? data_set_follows : no_data_set);
  out.u16(tags::Status, status);
  if (holds_field(info, tags::AffectedSOPInstanceUID))
    if (const auto uid = request.sop_instance_uid(); returnable(uid)) out.uid(tags::AffectedSOPInstanceUID, uid);
  for (const Tag type : {tags::EventTypeID, tags::ActionTypeID})
    if (holds_field(info, type))
      if (const auto value = request.elements().u16(type)) out.u16(type, *value);
  return out.finish();
}

CommandSet command(CommandField field, std::uint16_t message_id) {
  const auto* info = command_info(static_cast<std::uint16_t>(field));
  Writer out;
  if (info == nullptr) {  // a value that is no command can be asked for on purpose
    out.u16(tags::CommandField, static_cast<std::uint16_t>(field));
    out.u16(tags::MessageID, message_id);
    out.u16(tags::CommandDataSetType, no_data_set);
    return out.finish();
  }
  for (const auto& rule : info->fields) {
    if (rule.use != FieldUse::mandatory) continue;
    switch (rule.tag.element) {
      case tags::CommandGroupLength.element: break;  // the writer's own
      case tags::CommandField.element: out.u16(rule.tag, static_cast<std::uint16_t>(field)); break;
      case tags::MessageID.element:
      case tags::MessageIDBeingRespondedTo.element: out.u16(rule.tag, message_id); break;
      case tags::CommandDataSetType.element:
        out.u16(rule.tag, info->data_set == CommandInfo::Data::always ? data_set_follows : no_data_set);
        break;
      case tags::AffectedSOPClassUID.element:
        out.uid(rule.tag, field == CommandField::c_echo_rq ? uids::Verification : std::string_view{});
        break;
      case tags::RequestedSOPClassUID.element:
      case tags::AffectedSOPInstanceUID.element:
      case tags::RequestedSOPInstanceUID.element:
      case tags::MoveDestination.element: out.uid(rule.tag, {}); break;
      default: out.u16(rule.tag, 0); break;
    }
  }
  return out.finish();
}

}  // namespace assay::dimse
