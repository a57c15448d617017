// Fragmentation and assembly of messages (PS3.8 Annex E). Tests: tests/unit/dimse/pdv_test.cpp, assembler_test.cpp
#include "harness/dimse/pdv.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace assay::dimse {

namespace {

constexpr std::uint8_t command_bit = 1;
constexpr std::uint8_t last_bit = 2;
constexpr std::size_t pdv_overhead = 6;                    // item length, context id, message control header
constexpr std::size_t worth_lending = 1024;                // shorter fragments are copied faster
constexpr std::size_t unlimited_length = 65536;            // what we put in a PDU when the receiver names no limit
constexpr std::size_t max_room_made_beforehand = 1 << 20;  // for a Data Set as long as the one before it

struct Piece {
  ByteView fragment;
  std::uint8_t control_header = 0;
  bool opens_pdu = false;

  [[nodiscard]] bool is_command() const { return (control_header & command_bit) != 0; }
};

/// Cuts a message into PDVs, in order; `emit` learns which of them open a new PDU.
template <typename Emit>
bool plan(const Packing& packing, ByteView command, ByteView data, bool has_data, Emit&& emit) {
  const std::size_t capacity = packing.maximum_length == 0 ? unlimited_length : packing.maximum_length;
  if (capacity < pdv_overhead + 2) return false;
  const std::size_t per_pdu = std::max<std::uint32_t>(packing.values_per_pdu, 1);
  std::size_t wanted = packing.fragment_length;
  if (wanted == 0) wanted = capacity / per_pdu > pdv_overhead ? capacity / per_pdu - pdv_overhead : 2;
  wanted = std::clamp<std::size_t>(wanted & ~std::size_t{1}, 2, (capacity - pdv_overhead) & ~std::size_t{1});

  std::size_t used = 0;   // bytes of the open PDU
  std::size_t count = 0;  // PDVs in it; 0 = none open
  const auto part = [&](ByteView bytes, std::uint8_t kind) {
    bool first = true;
    do {
      const bool joins_command = first && kind == 0;
      const bool may_share = count != 0 && (joins_command ? packing.command_and_data_together : count < per_pdu);
      const auto room = used + pdv_overhead < capacity ? (capacity - used - pdv_overhead) & ~std::size_t{1} : 0;
      const auto size = std::min(wanted, bytes.size());
      // Only the fragment that joins the command is cut down to the room that is left; the others keep their size.
      const bool shares = may_share && (size <= room || (joins_command && room >= 2));
      const auto taken = bytes.subspan(0, shares ? std::min(size, room) : size);
      bytes = bytes.subspan(taken.size());
      if (!shares) used = count = 0;
      used += pdv_overhead + taken.size();
      ++count;
      emit(Piece{taken, static_cast<std::uint8_t>(kind | (bytes.empty() ? last_bit : 0)), !shares});
      first = false;
    } while (!bytes.empty());
  };
  part(command, command_bit);
  if (has_data) part(data, 0);
  return true;
}

void put_u32(std::uint8_t* at, std::size_t value) {
  for (std::size_t i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

/// A Data Set is sent when there are bytes, and also (as one empty PDV) when the command promises one.
bool sends_data(const Message& message) { return !message.data().empty() || message.command.has_data_set(); }

/// Headers go to `out`, fragments where `put` puts them. `room`: what `out` may become without headers and command.
template <typename Put>
bool write(Bytes& out, const Message& message, const Packing& packing, std::size_t room, Put&& put) {
  const Bytes command = encode(message.command);
  const auto needed = room + command.size() + 64;
  if (out.capacity() < needed) out.reserve(std::max(needed, 2 * out.capacity()));  // many messages stay linear
  std::size_t pdu_at = 0;
  std::size_t length = 0;  // of the open PDU's body
  return plan(packing, command, message.data(), sends_data(message), [&](const Piece& piece) {
    std::array<std::uint8_t, pdu::pdu_header_length + pdv_overhead> head{
        static_cast<std::uint8_t>(pdu::PduType::p_data_tf)};
    auto* pdv = head.data() + pdu::pdu_header_length;
    put_u32(pdv, piece.fragment.size() + 2);
    pdv[4] = message.context_id;
    pdv[5] = piece.control_header;
    if (piece.opens_pdu) {
      pdu_at = out.size();
      length = 0;
    }
    const ByteView header(head);
    append(out, piece.opens_pdu ? header : header.subspan(pdu::pdu_header_length));
    length += pdv_overhead + piece.fragment.size();
    put_u32(out.data() + pdu_at + 2, length);
    put(piece);
  });
}

std::string pdv_text(const pdu::PdvView& value) {
  return std::string(value.is_command() ? "command" : "data") + " PDV on context " + std::to_string(value.context_id);
}

Problem problem(const pdu::PdvView& value, std::string_view slug, std::string found, std::string expected,
                Gravity gravity = Gravity::deviation) {
  return {"ps3.8/E.2/" + std::string(slug),
          "PS3.8 E.2",
          value.offset,
          "pdv",
          std::move(found),
          std::move(expected),
          gravity};
}

/// The first bytes of every Command Set: (0000,0000) with a length of 4.
bool starts_command_set(ByteView bytes) {
  constexpr std::array<std::uint8_t, 8> head{0, 0, 0, 0, 4, 0, 0, 0};
  return bytes.size() >= 12 && std::equal(head.begin(), head.end(), bytes.begin());
}

}  // namespace

bool fragment(Bytes& out, const Message& message, const Packing& packing) {
  return write(out, message, packing, out.size() + message.data().size(),
               [&](const Piece& piece) { append(out, piece.fragment); });
}

bool fragment(Gather& out, const Message& message, const Packing& packing) {
  const auto& owner = message.lent_data_set;
  if (!owner) return fragment(out.own(), message, packing);
  bool lending = false;
  return write(out.own(), message, packing, out.own().size(), [&](const Piece& piece) {
    // The last one may be short; where all others are lent, so is this, and who assembles them finds them all there.
    const bool rest = lending && (piece.control_header & last_bit) != 0 && !piece.fragment.empty();
    lending = !piece.is_command() && (piece.fragment.size() >= worth_lending || rest);
    if (lending)
      out.lend(owner, piece.fragment);
    else
      append(out.own(), piece.fragment);
  });
}

std::vector<pdu::PDataTf> fragment_to_pdus(const Message& message, const Packing& packing) {
  std::vector<pdu::PDataTf> pdus;
  const Bytes command = encode(message.command);
  plan(packing, command, message.data(), sends_data(message), [&](const Piece& piece) {
    if (piece.opens_pdu) pdus.emplace_back();
    pdus.back().values.push_back({message.context_id, piece.control_header, to_bytes(piece.fragment)});
  });
  return pdus;
}

Assembler::Output Assembler::push(const pdu::PdvView& value, const std::shared_ptr<const Bytes>& owner) {
  return value.is_command() ? push_command(value) : push_data(value, owner);
}

void Assembler::reset() {
  phase_ = Phase::idle;
  command_bytes_.clear();
  message_ = {};
  data_announced_ = true;
  borrowed_ = 0;
  skipping_command_ = skipping_data_ = data_begun_ = false;
  keeping_data_ = true;
  loan_.give_back();
}

bool Assembler::command_looks_whole() const {
  if (!starts_command_set(command_bytes_)) return false;
  const std::uint64_t length = load<std::uint32_t>(command_bytes_.data() + 8, Endian::little);
  return command_bytes_.size() >= 12 + length;
}

void Assembler::report_context(Output& out, const pdu::PdvView& value) {
  if (value.context_id == message_.context_id) return;
  out.problems.push_back(problem(value, "context-changed", pdv_text(value),
                                 "the rest of the message on context " + std::to_string(message_.context_id)));
}

void Assembler::begin(const pdu::PdvView& value) {
  message_ = {};
  message_.context_id = value.context_id;
  command_bytes_.clear();
  borrowed_ = 0;
  skipping_data_ = data_begun_ = false;
  data_announced_ = keeping_data_ = true;
  loan_.give_back();
}

Assembler::Output Assembler::push_command(const pdu::PdvView& value) {
  Output out;
  if (skipping_command_) {
    if (value.is_last()) skipping_command_ = false;
    return out;
  }
  switch (phase_) {
    case Phase::idle: begin(value); break;
    case Phase::command:
      if (command_looks_whole() && starts_command_set(value.fragment)) {
        out.problems.push_back(problem(value, "last-fragment-missing", "the first fragment of another Command Set",
                                       "the last fragment of the Command Set before marked as last"));
        begin(value);
      } else {
        report_context(out, value);
      }
      break;
    case Phase::data:
      out.problems.push_back(
          data_begun_ ? problem(value, "command-inside-data-set", pdv_text(value),
                                "data fragments up to the last one of " + message_.command.name() + "'s Data Set")
                      : problem(value, "data-set-missing", pdv_text(value),
                                "the Data Set that " + message_.command.name() + " announces in (0000,0800)"));
      begin(value);
      break;
  }
  phase_ = Phase::command;
  if (command_bytes_.size() + value.fragment.size() > limits::max_command_set_length) {
    out.problems.push_back(problem(value, "command-set-too-long",
                                   std::to_string(command_bytes_.size() + value.fragment.size()) + " bytes so far",
                                   "at most " + std::to_string(limits::max_command_set_length), Gravity::error));
    reset();
    skipping_command_ = !value.is_last();
    skipping_data_ = true;
    return out;
  }
  if (!value.is_last()) {
    append(command_bytes_, value.fragment);
    return out;
  }
  CommandDecode decoded;
  if (command_bytes_.empty()) {
    decoded = decode_command(value.fragment);
  } else {
    append(command_bytes_, value.fragment);
    decoded = decode_command(command_bytes_);
  }
  message_.command = std::move(decoded.command);
  out.command_problems = std::move(decoded.problems);
  out.command_completed = true;
  command_bytes_.clear();
  if (message_.command.has_data_set()) {
    phase_ = Phase::data;
  } else {
    data_announced_ = false;
    finish(out);
  }
  return out;
}

/// Whether the fragment is the next part of its owner's bytes, from the first on.
bool Assembler::borrow(ByteView fragment, const std::shared_ptr<const Bytes>& owner) {
  if (!owner || !message_.data_set.empty() || (message_.lent_data_set && message_.lent_data_set != owner) ||
      fragment.data() != owner->data() + borrowed_)
    return false;
  message_.lent_data_set = owner;
  borrowed_ += fragment.size();
  return true;
}

/// It does not go on as it began.
void Assembler::own_what_is_lent() {
  if (!message_.lent_data_set) return;
  message_.data_set = to_bytes(ByteView(*message_.lent_data_set).first(borrowed_));
  message_.lent_data_set = nullptr;
  borrowed_ = 0;
}

Assembler::Output Assembler::push_data(const pdu::PdvView& value, const std::shared_ptr<const Bytes>& owner) {
  Output out;
  if (skipping_data_ && phase_ == Phase::idle) {
    if (value.is_last()) skipping_data_ = false;
    return out;
  }
  if (phase_ != Phase::data) {
    // Reported once; the rest of the stray Data Set is passed over.
    if (phase_ == Phase::command) {
      const bool whole = command_looks_whole();
      out.problems.push_back(
          whole ? problem(value, "last-fragment-missing", pdv_text(value),
                          "the last fragment of the Command Set marked as last")
                : problem(value, "data-inside-command-set", pdv_text(value), "command fragments up to the last one"));
      reset();
    } else if (!data_announced_) {
      out.problems.push_back(problem(value, "data-set-not-announced", pdv_text(value),
                                     "no Data Set: (0000,0800) of the command before is 0101H"));
    } else {
      out.problems.push_back(problem(value, "data-before-command", pdv_text(value), "a Command Set first"));
    }
    skipping_data_ = !value.is_last();
    return out;
  }
  report_context(out, value);
  data_begun_ = true;
  if (sink_) sink_(message_.command, value.fragment);
  message_.data_set_length += value.fragment.size();
  if (keeping_data_) {
    keeping_data_ =
        message_.data_set_length <= keep_data_set_bytes_ && loan_.take(value.fragment.size()) == value.fragment.size();
    if (keeping_data_ && !borrow(value.fragment, owner)) {
      own_what_is_lent();
      // Images of a series have one size: room for as much as came last time spares moving what came so far.
      if (message_.data_set.empty() && !value.is_last()) message_.data_set.reserve(last_data_set_bytes_);
      append(message_.data_set, value.fragment);
    }
    if (!keeping_data_) {
      message_.data_set = {};
      message_.lent_data_set = nullptr;
      loan_.give_back();
    }
  }
  if (value.is_last()) finish(out);
  return out;
}

void Assembler::finish(Output& out) {
  if (message_.lent_data_set && borrowed_ != message_.lent_data_set->size()) own_what_is_lent();
  borrowed_ = 0;
  last_data_set_bytes_ = std::min(message_.data_set.size(), max_room_made_beforehand);
  out.message = std::move(message_);
  message_ = {};
  phase_ = Phase::idle;
  data_begun_ = false;
  keeping_data_ = true;
  loan_.give_back();
}

}  // namespace assay::dimse
