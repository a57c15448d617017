// One conversation of a probe without I/O: bytes and time in, bytes and an Answer out. It speaks correctly and takes
// anything back: what the device answers is the finding, not an error. Tests: tests/unit/diagnose/talk_test.cpp
#pragma once

#include "harness/diagnose/probe.hpp"
#include "harness/dimse/pdv.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::diagnose {

/// The A-ASSOCIATE-RQ of a Speech.
pdu::AAssociateRq request_of(const Speech& speech);

class Talk {
 public:
  explicit Talk(Probe probe);

  /// The connection stands.
  void begin(Instant now);
  void receive(ByteView bytes, Instant now);
  void peer_closed(End how, Instant now);
  /// To be called when next_deadline() has passed.
  void expire(Instant now);

  /// Bytes to send; empties itself.
  Bytes take_output();
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  /// Nothing more to do; the connection is to be closed, or kept when holding().
  [[nodiscard]] bool done() const { return phase_ == Phase::over; }
  [[nodiscard]] bool holding() const { return holding_; }
  /// Releases an association that is held: there is something to send and to wait for again.
  void end_hold(Instant now);
  [[nodiscard]] Answer take_answer() { return std::move(answer_); }

 private:
  enum class Phase : std::uint8_t { idle, first, quiet, requesting, releasing, over };

  void first_pdu(ByteView bytes, Instant now);
  void later_pdu(const pdu::Framer::Frame& frame, Instant now);
  void data(ByteView bytes, std::uint64_t offset, Instant now);
  void response(const dimse::Message& message, Instant now);
  void next_request(Instant now);
  void release(Instant now);
  void say(ByteView bytes);
  void over(Instant now);
  void step(Instant now) { step_ = now; }
  [[nodiscard]] std::optional<std::size_t> context_for(Request request) const;
  [[nodiscard]] dimse::Message message_for(Request request, std::size_t context) const;

  Probe probe_;
  Phase phase_ = Phase::idle;
  Answer answer_;
  Bytes output_;
  pdu::Framer framer_;
  dimse::Assembler assembler_;
  Instant begun_;
  Instant step_;             // the wait for the next answer began
  Instant asked_at_;         // the request in hand went out
  std::size_t next_ = 0;     // of probe_.requests
  std::size_t taken_ = 0;    // bytes received
  std::size_t pending_ = 0;  // responses to the request in hand
  bool foreign_ = false;     // what came is no DICOM; waiting a moment for the rest of it
  std::uint16_t message_id_ = 0;
  bool asked_ = false;  // a request is on its way or done
  bool holding_ = false;
};

}  // namespace assay::diagnose
