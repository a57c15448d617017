// What the observer knows of one side: its byte stream, its messages, the states it may be in.
// Internal to the room. Tests: tests/unit/observe/
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "harness/dimse/pdv.hpp"
#include "harness/dul/side_follower.hpp"
#include "harness/observe/observer.hpp"
#include "harness/pdu/codec.hpp"
#include "harness/trace/trace.hpp"

namespace assay::observe {

/// The message that a side is sending.
struct MessageInFlight {
  bool begun = false;
  std::uint32_t first_pdu = 0;
  std::uint64_t offset = 0;  // of its first PDV
  bool provoked = false;
  trace::Positions command_at;
  trace::Positions data_at;
  std::uint64_t command_length = 0;
  std::uint64_t data_length = 0;
  Problems problems;
};

struct Direction {
  Direction(trace::Side which, const Options& options)
      : side(which),
        assembler(dimse::AssemblerOptions{options.keep_data_set_bytes, options.common}),
        follower(which == trace::Side::requestor ? dul::Role::requestor : dul::Role::acceptor) {}

  trace::Side side;
  std::uint64_t bytes = 0;
  pdu::Framer framer;
  bool lost = false;  // after an unrecognized PDU nobody can say where the next one begins
  Bytes lost_bytes;   // the first of them
  std::uint64_t lost_at = 0;
  bool closed = false;
  bool partly_provoked = false;  // some byte of the PDU being received came while faults were made on purpose

  dimse::Assembler assembler;
  bool messages_lost = false;  // a P-DATA-TF could not be read: what follows may be in the middle of anything
  MessageInFlight message;

  dul::SideFollower follower;
  /// By message ID: the last request on its way to this side; its answer proves that all before it was processed.
  std::map<std::uint16_t, dul::SideFollower::Ticket> asked;
  dul::SideFollower::Ticket last_ticket = 0;
  std::uint32_t last_pdu = 0;
  bool aborted = false;                // sent an A-ABORT
  Instant last_byte;                   // when its last byte came
  std::uint64_t bytes_when_heard = 0;  // how many it had sent when the other side was last heard of
  bool told_stopped = false;           // in the middle of a PDU or message
  /// Command Fields of its requests that no table knows: the other side can only repeat them in its answers.
  std::set<std::uint16_t> unknown_commands;
};

}  // namespace assay::observe
