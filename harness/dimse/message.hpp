// DIMSE messages: the Command Sets of all DIMSE-C and DIMSE-N services and C-CANCEL (PS3.7 9.3, 10.3, E).
// Which fields each command must, may and must not carry stands in commands.inc as data.
// Tests: tests/unit/dimse/message_test.cpp, tests/unit/dimse/command_decode_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.hpp"
#include "harness/base/layout.hpp"
#include "harness/base/problem.hpp"
#include "harness/dataset/dataset.hpp"

namespace assay::dimse {

/// (0000,0100), PS3.7 E.1-1
enum class CommandField : std::uint16_t {
  c_store_rq = 0x0001,
  c_store_rsp = 0x8001,
  c_get_rq = 0x0010,
  c_get_rsp = 0x8010,
  c_find_rq = 0x0020,
  c_find_rsp = 0x8020,
  c_move_rq = 0x0021,
  c_move_rsp = 0x8021,
  c_echo_rq = 0x0030,
  c_echo_rsp = 0x8030,
  n_event_report_rq = 0x0100,
  n_event_report_rsp = 0x8100,
  n_get_rq = 0x0110,
  n_get_rsp = 0x8110,
  n_set_rq = 0x0120,
  n_set_rsp = 0x8120,
  n_action_rq = 0x0130,
  n_action_rsp = 0x8130,
  n_create_rq = 0x0140,
  n_create_rsp = 0x8140,
  n_delete_rq = 0x0150,
  n_delete_rsp = 0x8150,
  c_cancel_rq = 0x0fff,
};

enum class FieldUse : std::uint8_t { mandatory, optional, conditional, forbidden };

struct FieldRule {
  Tag tag;
  FieldUse use;
};

struct CommandInfo {
  CommandField field;
  std::string_view name;              // "C-STORE-RQ"
  std::string_view clause;            // "PS3.7 9.3.1.1"
  std::span<const FieldRule> fields;  // everything not listed is forbidden
  enum class Data : std::uint8_t { never, always, conditional } data_set;
};

/// Null for a value that is no command.
const CommandInfo* command_info(std::uint16_t command_field);
/// All 23 of them, in the order of PS3.7 9.3 and 10.3.
std::span<const CommandInfo> all_commands();
/// "C-STORE-RQ", or "command 1234H".
std::string command_name(std::uint16_t command_field);
inline bool is_response(std::uint16_t command_field) { return (command_field & 0x8000U) != 0; }

/// (0000,0800): this value means "no Data Set"; any other means that one follows.
inline constexpr std::uint16_t no_data_set = 0x0101;

/// A Command Set: always Implicit VR Little Endian, group 0000 (PS3.7 6.3.1).
class CommandSet {
 public:
  CommandSet() : elements_(dataset::implicit_le) {}
  explicit CommandSet(dataset::DataSet elements) : elements_(std::move(elements)) {}

  [[nodiscard]] const dataset::DataSet& elements() const { return elements_; }
  [[nodiscard]] dataset::DataSet& elements() { return elements_; }

  [[nodiscard]] std::optional<std::uint16_t> field() const { return elements_.u16(tags::CommandField); }
  [[nodiscard]] std::optional<std::uint16_t> message_id() const { return elements_.u16(tags::MessageID); }
  [[nodiscard]] std::optional<std::uint16_t> responded_to() const {
    return elements_.u16(tags::MessageIDBeingRespondedTo);
  }
  [[nodiscard]] std::optional<std::uint16_t> status() const { return elements_.u16(tags::Status); }
  [[nodiscard]] bool has_data_set() const {
    const auto type = elements_.u16(tags::CommandDataSetType);
    return type && *type != no_data_set;
  }
  /// Affected or Requested SOP Class UID, whichever is there.
  [[nodiscard]] std::string_view sop_class_uid() const;
  /// Affected or Requested SOP Instance UID, whichever is there.
  [[nodiscard]] std::string_view sop_instance_uid() const;
  [[nodiscard]] std::string name() const { return command_name(field().value_or(0)); }

 private:
  dataset::DataSet elements_;
};

/// Bytes of a Command Set with a right group length in front (PS3.7 6.3.1).
Bytes encode(const CommandSet& command);
/// The same laid open: "(0000,0000)" is the group length as a length part (forced by `set`), then the elements as
/// dataset::to_layout() names them. serialise(to_layout(x)) == encode(x).
layout::Node to_layout(const CommandSet& command);

/// The value of a US element of group 0000 in the beginning of a Command Set, which is always Implicit VR Little
/// Endian (PS3.7 6.3.1); judges nothing.
std::optional<std::uint16_t> command_element(ByteView command, std::uint16_t element);

struct CommandDecode {
  CommandSet command;  // owns its bytes
  Problems problems;
};
/// Decodes and judges one Command Set: encoding, order, group length, fields that must and must not be there
/// (PS3.7 6.3.1, 9.3, 10.3, E). Explicit VR and big endian are read, and reported.
CommandDecode decode_command(ByteView bytes, std::uint64_t base_offset = 0);

struct Message {
  std::uint8_t context_id = 1;
  CommandSet command;
  Bytes data_set;                     // in the context's transfer syntax; empty when there is none or it was not kept
  std::uint64_t data_set_length = 0;  // true length, also when the bytes were not kept

  /// Of a message to be sent: a Data Set that somebody else owns, instead of `data_set`. Received ones have none.
  std::shared_ptr<const Bytes> lent_data_set = nullptr;

  /// The bytes of the Data Set, whoever owns them.
  [[nodiscard]] ByteView data() const { return lent_data_set ? ByteView(*lent_data_set) : ByteView(data_set); }
  [[nodiscard]] bool data_set_kept() const { return data().size() == data_set_length; }
};

// Builders: right by default; everything can be changed in `elements()` afterwards. PS3.7 9.3 and 10.3.
CommandSet c_echo_rq(std::uint16_t message_id);
CommandSet c_store_rq(std::uint16_t message_id, std::string_view sop_class_uid, std::string_view sop_instance_uid,
                      std::uint16_t priority = 0);
CommandSet c_find_rq(std::uint16_t message_id, std::string_view sop_class_uid, std::uint16_t priority = 0);
CommandSet c_get_rq(std::uint16_t message_id, std::string_view sop_class_uid, std::uint16_t priority = 0);
CommandSet c_move_rq(std::uint16_t message_id, std::string_view sop_class_uid, std::string_view destination,
                     std::uint16_t priority = 0);
CommandSet c_cancel_rq(std::uint16_t message_id_being_responded_to);
/// The response to `request` with this status: command field + 8000H, message id and SOP UIDs copied.
CommandSet response_to(const CommandSet& request, std::uint16_t status, bool with_data_set = false);
/// Any command from its field value with its mandatory elements present (zero, or the given message id).
CommandSet command(CommandField field, std::uint16_t message_id);

}  // namespace assay::dimse
