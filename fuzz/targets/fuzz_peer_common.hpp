// What the targets of a whole acceptor and a whole requestor share: the little programs that inputs are, the check of
// what we send, and the loop that gives one side bytes, closings and time.
// An input is one byte of set-up and then instructions, an opcode byte and its operands each:
//   0, 1  bytes from the peer: length (2 bytes, little endian), then the bytes as they stand
//   2     a PDU from the peer with a right header: type, length (2 bytes, little endian), body
//   3     a message from the peer: context ID, command, Message ID, one byte of length, Data Set
//   4     so many seconds pass
//   5     the peer closes the connection
//   6, 7  a whole PDU of the peer, chosen by the next byte
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "fuzz/targets/association_pdus.hpp"
#include "fuzz/targets/fuzz_dataset_common.hpp"
#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/program_mutator.hpp"
#include "fuzz/targets/state_counters.hpp"
#include "harness/dimse/pdv.hpp"
#include "harness/session/session.hpp"

namespace assay::fuzz {

/// The longest conversation among the seeds has seven; longer programs find nothing more and halve the speed.
inline constexpr std::size_t max_instructions = 10;

/// Everything we send must be whole PDUs that a strict reader takes.
class SentCheck {
 public:
  explicit SentCheck(bool strict) : strict_(strict) {}

  void look(ByteView bytes, std::uint32_t peer_maximum_length) {
    if (!strict_) return;
    framer_.push(bytes);
    for (auto frame = framer_.next(); frame.status != pdu::Framer::Status::need_more; frame = framer_.next()) {
      require(frame.status == pdu::Framer::Status::pdu, "we send PDUs only");
      if (frame.type != static_cast<std::uint8_t>(pdu::PduType::p_data_tf)) {
        const auto decoded = pdu::decode(frame.bytes, frame.offset);
        require(decoded.pdu.has_value(), "what we send can be decoded");
        require(same(pdu::encode(*decoded.pdu), frame.bytes), "what we send is encoded canonically");
        continue;
      }
      require(peer_maximum_length == 0 || frame.length <= peer_maximum_length, "we respect the maximum length");
      values_.clear();
      Problems problems;
      require(pdu::decode_p_data(frame.bytes, frame.offset, values_, problems) && clean(problems),
              "our P-DATA is right");
      for (const auto& value : values_) {
        const auto out = assembler_.push(value);
        require(out.problems.empty(), "our PDVs make messages");
        require(!has_error(out.command_problems), "our Command Sets can be read");
      }
    }
    require(framer_.pending() == 0, "we send whole PDUs");
  }

 private:
  bool strict_;
  pdu::Framer framer_;
  dimse::Assembler assembler_;
  std::vector<pdu::PdvView> values_;
};

/// A side of an association with its transport and clock made of nothing. `Logic` is what peers/ makes of the session:
/// on_event(SessionEvent), on_deadline(), deadline().
template <typename Logic>
class Driven {
 public:
  Driven(dul::Role role, session::Options options, std::uint8_t setup, bool strict)
      : session(role, std::move(options)), check_(strict), logic(*this, setup) {}

  void receive(ByteView bytes, std::size_t cut) {
    cut = std::min(cut, bytes.size());
    received_ += bytes.size();
    for (const auto part : {bytes.first(cut), bytes.subspan(cut)}) {
      if (ended_) return;
      if (part.empty()) continue;
      last_activity = now;
      (void)session.receive(part, now);
      process();
    }
  }
  void close() {
    if (ended_) return;
    (void)session.peer_closed(now);
    process();
    ended_ = true;
    require(session.state() == dul::State::sta1, "an association ends with its connection");
  }
  void pass(Duration duration) {
    now = now + duration;
    if (ended_) return;
    if (const auto artim = session.next_deadline(); artim && *artim <= now) (void)session.expire(now);
    if (!ended_ && logic.deadline() && *logic.deadline() <= now) logic.on_deadline();
    process();
  }
  /// Nothing more comes but time: whatever was waited for, it has an end.
  void wait_for_the_end() {
    for (int i = 0; i < 64 && !ended_; ++i) {
      const auto next = earliest();
      require(next.has_value(), "nothing waits without a limit");
      pass(std::max(Duration{0}, *next - now));
    }
    require(ended_, "every association ends when the peer is silent");
  }
  void process() {
    while (!ended_) {
      auto event = session.next_event();
      if (!event) break;
      aborted_ = aborted_ || std::holds_alternative<session::AbortIndication>(*event) ||
                 std::holds_alternative<session::ProviderAbort>(*event);
      if (const auto* message = std::get_if<session::MessageIndication>(&*event))
        command_seen(Way::received, session.state(), message->message.command);
      logic.on_event(std::move(*event));
    }
    flush();
    if (session.wants_close()) ended_ = true;
    const auto state = static_cast<int>(session.state());
    require(state >= 1 && state <= 13, "the state is one of thirteen");
    require(ended_ || session.state() == dul::State::sta1 || earliest().has_value(), "a wait has a limit");
    require(output.size() <= 65536 + 64 * received_, "what we send is bounded by what we are sent");
  }
  void flush() {
    if (!session.has_output()) return;
    session.take_output(flushed_);
    check_.look(flushed_, session.peer_maximum_length());
    append(output, flushed_);
    last_activity = now;
  }
  /// What the sides behind the session say.
  auto say(session::MessageRequest request) {
    command_seen(Way::sent, session.state(), request.message.command);
    return session.submit(std::move(request), now);
  }
  void end() { ended_ = true; }
  /// What was sent; an abort of the peer ends it as one of our own does.
  Bytes said() {
    if (aborted_) append(output, pdu::encode(pdu::AAbort{}));
    return std::move(output);
  }
  [[nodiscard]] bool ended() const { return ended_; }

  session::Session session;
  Instant now{};
  Instant last_activity{};
  Bytes output;

 private:
  [[nodiscard]] std::optional<Instant> earliest() const {
    auto next = session.next_deadline();
    if (const auto mine = logic.deadline(); mine && (!next || *mine < *next)) next = mine;
    return next;
  }

  SentCheck check_;
  bool ended_ = false;
  bool aborted_ = false;
  std::size_t received_ = 0;
  Bytes flushed_;

 public:
  Logic logic;
};

/// What is sent does not depend on how the peer's bytes were cut, up to the first A-ABORT of one of the two, ours or
/// the peer's: bytes that came in one piece are all judged before anything is answered, so what is wrong in them, or an
/// abort, may overtake the answer to what came before it. So may the peer's A-RELEASE-RQ: it is answered where we would
/// have asked for release ourselves.
inline bool same_until_abort(ByteView one, ByteView other) {
  const auto next = [](ByteView& bytes) {
    if (bytes.size() < 6) return std::exchange(bytes, {});
    const std::size_t length = 6 + std::size_t{load<std::uint32_t>(bytes.data() + 2, Endian::big)};
    const auto pdu = bytes.first(std::min(length, bytes.size()));
    bytes = bytes.subspan(pdu.size());
    return pdu;
  };
  using pdu::PduType;
  const auto is = [](ByteView pdu, PduType type) { return !pdu.empty() && pdu[0] == static_cast<std::uint8_t>(type); };
  while (!one.empty() || !other.empty()) {
    const auto a = next(one);
    const auto b = next(other);
    if (is(a, PduType::a_abort) || is(b, PduType::a_abort)) return true;
    if ((is(a, PduType::a_release_rq) && is(b, PduType::a_release_rp)) ||
        (is(a, PduType::a_release_rp) && is(b, PduType::a_release_rq)))
      return true;
    if (!same(a, b)) return false;
  }
  return true;
}

/// A message with any command and its mandatory elements, on any context.
inline Bytes message_bytes(std::uint8_t context_id, std::uint8_t which, std::uint16_t id, ByteView data,
                           std::string_view sop_class) {
  const auto& info = dimse::all_commands()[which % dimse::all_commands().size()];
  dimse::Message message;
  message.context_id = context_id;
  message.command = dimse::command(info.field, id);
  auto& elements = message.command.elements();
  for (const auto tag : {tags::AffectedSOPClassUID, tags::RequestedSOPClassUID})
    if (elements.has(tag)) elements.set_text(tag, sop_class);
  for (const auto tag : {tags::AffectedSOPInstanceUID, tags::RequestedSOPInstanceUID})
    if (elements.has(tag)) elements.set_text(tag, "1.2.3.9");
  if (!data.empty()) elements.set_u16(tags::CommandDataSetType, 1);
  message.data_set = to_bytes(data);
  message.data_set_length = data.size();
  Bytes out;
  dimse::Packing packing;
  packing.values_per_pdu = which % 3 + 1U;
  packing.command_and_data_together = (which & 0x80U) != 0;
  dimse::fragment(out, message, packing);
  return out;
}

/// Runs the program `input` on `side`; bytes come in two parts when `cuts` is given. `whole_pdu(n)` makes the peer's
/// n-th ready PDU, `sop_class(id)` names the SOP Class that is proper on a context.
template <typename Side, typename WholePdu, typename SopClass>
void run_program(Side& side, ByteView program, bool cuts, WholePdu whole_pdu, SopClass sop_class) {
  ByteReader in(program);
  const auto byte = [&] { return in.u8().value_or(0); };
  const auto some = [&] {
    const std::size_t low = byte();
    return in.take_at_most(low + 256U * byte());
  };
  std::size_t cut = 0;
  const auto give = [&](ByteView bytes) {
    cut = cuts ? (cut * 31 + bytes.size() / 2 + 1) % (bytes.size() + 1) : 0;
    side.receive(bytes, cut);
  };
  for (std::size_t i = 0; i < max_instructions && !in.empty() && !side.ended(); ++i) {
    switch (byte() % 8) {
      case 0:
      case 1: give(some()); break;
      case 2: {
        Bytes bytes{static_cast<std::uint8_t>(byte() % 8), 0};
        const auto body = some();
        store(bytes, static_cast<std::uint32_t>(body.size()), Endian::big);
        append(bytes, body);
        give(bytes);
        break;
      }
      case 3: {
        const auto context = byte();
        const auto which = byte();
        const auto id = byte();
        give(message_bytes(context, which, id, in.take_at_most(byte()), sop_class(context)));
        break;
      }
      case 4: side.pass(std::chrono::seconds(byte())); break;
      case 5: side.close(); break;
      default: give(whole_pdu(byte())); break;
    }
  }
  if (!side.ended()) side.wait_for_the_end();
  cells_reached(side.session.visited_cells());
}

/// The instructions as run_program() reads them, for the mutators.
struct PeerGrammar {
  static constexpr std::size_t setup = 1;
  static Instruction read(ByteReader& in) {
    Instruction one;
    one.head = take(in, 1);
    switch (one.head[0] % 8) {
      case 0:
      case 1: read_operand(in, 2, one); break;
      case 2:
        append(one.head, take(in, 1));
        one.pdu = static_cast<std::uint8_t>(one.head.back() % 8);
        read_operand(in, 2, one);
        break;
      case 3:
        append(one.head, take(in, 3));
        one.format = ASSAY_FORMAT_IMPLICIT_LITTLE;
        read_operand(in, 1, one);
        break;
      case 5: break;
      default: append(one.head, take(in, 1)); break;
    }
    return one;
  }
};

/// One input: a byte of set-up, then the program. `run(program, setup, cuts, strict)` gives what the side has sent.
template <typename Run>
void check_program(ByteView input, Run run) {
  if (input.empty()) return;
  const MemoryBound memory(input.size(), 1024, std::size_t{4} << 20U);
  const auto output = run(input.subspan(1), input[0], false, wanted(0, 16, input));
  if (wanted(1, 16, input))
    require(same_until_abort(output, run(input.subspan(1), input[0], true, false)), "a split changes nothing");
}

}  // namespace assay::fuzz
