// Follows one side's stream just far enough to know where PDUs, PDVs and messages begin and end: so that the analyser
// can tell what a gap took away, and where judging may begin again. It judges nothing itself.
// Tests: tests/unit/capture/conversation_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "harness/base/bytes.hpp"

namespace assay::capture {

/// Whether a PDU certainly begins here: type, reserved byte, length and what must follow agree. `all` bytes of a
/// segment that begins here; needs 10 of them.
bool begins_pdu(ByteView all);

/// The Command Field of the command set in the first PDV of the P-DATA-TF that begins here, when it is all there.
std::optional<std::uint16_t> first_command(ByteView p_data);

class PduTracker {
 public:
  enum class Message : std::uint8_t { unknown, none, command, data };

  /// In step from the very beginning of the stream.
  void feed(ByteView bytes);
  /// Bytes are missing: true when they lie within one PDV's value, so that the stream is still in step.
  bool skip(std::uint64_t count);
  [[nodiscard]] bool can_skip(std::uint64_t count) const;
  /// Out of step until sync().
  void lose() { *this = lost_copy(); }
  /// A PDU begins with the next byte; nothing is known of messages.
  void sync();

  [[nodiscard]] bool in_step() const { return state_ != State::lost; }
  /// The stream itself was no sequence of PDUs: the peer's fault, not the capture's.
  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] bool at_boundary() const { return state_ == State::header && header_.size() == 0; }
  [[nodiscard]] Message message() const { return message_; }
  /// Of the last message whose Command Set was seen.
  [[nodiscard]] std::optional<std::uint16_t> command() const { return command_; }
  /// Position of the PDU in which the message at hand began.
  [[nodiscard]] std::uint64_t message_begins() const { return message_begins_; }
  /// Of the next byte in the stream.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  void set_position(std::uint64_t position) { position_ = position; }
  /// Of messages that ended, counted; the position where the last one ended.
  [[nodiscard]] std::uint64_t messages_ended() const { return messages_ended_; }
  [[nodiscard]] std::uint64_t last_message_end() const { return last_message_end_; }

  /// PDUs whose header was seen, by type (0: no type of PS3.8).
  [[nodiscard]] const std::array<std::uint64_t, 8>& counts() const { return counts_; }
  /// The first whole A-ASSOCIATE-RQ or -AC, empty when there was none or it was larger than max_kept.
  [[nodiscard]] const Bytes& association() const { return association_; }
  /// An A-RELEASE-RQ, A-RELEASE-RP, A-ABORT or A-ASSOCIATE-RJ was seen.
  [[nodiscard]] bool ending() const { return ending_; }

  static constexpr std::size_t max_kept = 256U << 10;

 private:
  enum class State : std::uint8_t { lost, header, body, pdv_header, value };

  [[nodiscard]] PduTracker lost_copy() const;
  void begin_pdu();
  void begin_pdv();
  void advance(std::uint64_t count);
  void end_pdv();
  void break_off();

  State state_ = State::header;
  Bytes header_;  // of the PDU or PDV, incomplete
  std::uint8_t type_ = 0;
  std::uint64_t pdu_left_ = 0;
  std::uint64_t value_left_ = 0;
  std::uint8_t control_ = 0;
  bool keep_body_ = false;
  Bytes kept_;
  Bytes association_;
  Message message_ = Message::none;
  Bytes command_bytes_;
  std::optional<std::uint16_t> command_;
  std::uint64_t position_ = 0;
  std::uint64_t message_begins_ = 0;
  std::uint64_t messages_ended_ = 0;
  std::uint64_t last_message_end_ = 0;
  std::array<std::uint64_t, 8> counts_{};
  bool ending_ = false;
  bool broken_ = false;
};

}  // namespace assay::capture
