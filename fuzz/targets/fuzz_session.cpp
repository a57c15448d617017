// Both roles of a session driven by arbitrary bytes, timers and primitives, alone and against each other.
// Properties: the session never leaves Table 9-10 (a refused call changes nothing; every PDU event has a cell while the
// transport is open); output is always whole PDUs; a split changes nothing; whatever happened, the association ends
// when the peer closes.
// Input: byte 0 chooses the role and options, then instructions of one opcode byte and its operands.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "fuzz/targets/memory_bound.hpp"
#include "fuzz/targets/program_mutator.hpp"
#include "fuzz/targets/property.hpp"
#include "fuzz/targets/state_counters.hpp"
#include "harness/session/session.hpp"

namespace {

using namespace assay;
using fuzz::Input;
using fuzz::require;
using session::Session;

/// The longest way to a cell of the table takes eight; longer programs only cost time.
constexpr int max_steps = 24;

pdu::AAssociateRq request(std::uint8_t how) {
  pdu::AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "FUZZ";
  rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  for (std::uint8_t id = 1; id <= 3; id = static_cast<std::uint8_t>(id + 2)) {
    pdu::PresentationContextItemRq context;
    context.id = id;
    context.sub_items.emplace_back(
        pdu::AbstractSyntaxSubItem{std::string(id == 1 ? uids::Verification : uids::CTImageStorage)});
    context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
    rq.items.emplace_back(std::move(context));
  }
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{how * 16U});
  rq.items.emplace_back(std::move(user));
  return rq;
}

pdu::AAssociateAc answer(std::uint8_t how) {
  pdu::AAssociateAc ac;
  ac.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
  for (std::uint8_t id = 1; id <= 3; id = static_cast<std::uint8_t>(id + 2)) {
    pdu::PresentationContextItemAc context;
    context.id = id;
    context.result = (how >> id) & 1U;
    context.sub_items.emplace_back(pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
    ac.items.emplace_back(std::move(context));
  }
  pdu::UserInformationItem user;
  user.sub_items.emplace_back(pdu::MaximumLengthSubItem{how * 16U});
  ac.items.emplace_back(std::move(user));
  return ac;
}

session::Primitive primitive(std::uint8_t which, std::uint8_t how) {
  switch (which % 8) {
    case 0: return session::AssociateRequest{request(how)};
    case 1: return session::AssociateAccept{answer(how)};
    case 2: return session::AssociateReject{{1, 1, how}};
    case 3: {
      session::MessageRequest message;
      message.message.context_id = (how & 1U) != 0 ? 1 : 3;
      message.message.command = dimse::c_echo_rq(how);
      message.packing.maximum_length = how;
      return message;
    }
    case 4: return session::DataRequest{{{{1, static_cast<std::uint8_t>(how & 3U), {how, 0}}}}};
    case 5: return session::ReleaseRequest{};
    case 6: return session::ReleaseResponse{};
    default: return session::AbortRequest{how};
  }
}

/// One side with what has to hold for it after every call.
struct Side {
  Session session;
  pdu::Framer sent;  // what it put out, cut into PDUs again
  Bytes wire;        // what it put out and nobody has read yet
  bool was_closed = false;

  Side(dul::Role role, const session::Options& options) : session(role, options) {}

  void check() {
    const auto state = static_cast<int>(session.state());
    require(state >= 1 && state <= 13, "the state is one of thirteen");
    require(!session.next_deadline() || state == 2 || state == 13, "ARTIM runs in Sta2 and Sta13 only");
    require(session.next_deadline() || (state != 2 && state != 13), "ARTIM always runs in Sta2 and Sta13");
    while (auto event = session.next_event()) {
      if (const auto* message = std::get_if<session::MessageIndication>(&*event))
        fuzz::command_seen(fuzz::Way::received, session.state(), message->message.command);
      if (!std::holds_alternative<session::TransportClosed>(*event)) continue;
      was_closed = true;
      require(!session.next_event(), "nothing comes after the transport has been closed");
      require(state == 1, "closed means idle");
    }
  }

  void output() {
    const auto bytes = session.take_output();
    sent.push(bytes);
    append(wire, bytes);
    auto frame = sent.next();
    while (frame.status == pdu::Framer::Status::pdu) frame = sent.next();
    require(frame.status == pdu::Framer::Status::need_more && sent.pending() == 0, "output is whole PDUs");
  }

  template <typename Call>
  void call(Call what) {
    const auto before = session.state();
    const auto deadline = session.next_deadline();
    const auto result = what(session);
    if (!result) {
      require(session.state() == before && session.next_deadline() == deadline, "a refused call changes nothing");
      require(!session.has_output() && !session.next_event(), "a refused call has no effect");
    }
    check();
  }
};

/// The instructions as they are read below, for the mutators.
struct Grammar {
  static constexpr std::size_t setup = 1;
  static fuzz::Instruction read(ByteReader& in) {
    fuzz::Instruction one;
    one.head = fuzz::take(in, 1);
    switch (one.head[0] & 7U) {
      case 0:
        fuzz::read_operand(in, 1, one);
        one.tail = fuzz::take(in, 1);
        break;
      case 1:
      case 3:
      case 5: break;
      case 2: append(one.head, fuzz::take(in, 2)); break;
      case 4: append(one.head, fuzz::take(in, 1)); break;
      default:
        append(one.head, fuzz::take(in, 1));
        if (one.head.size() == 2 && one.head[1] % 7 == 3) {
          one.format = ASSAY_FORMAT_IMPLICIT_LITTLE;  // a fragment: Command Set or Data Set
          fuzz::read_operand(in, 1, one);
        }
        break;
    }
    return one;
  }
};

}  // namespace

ASSAY_PROGRAM_MUTATOR(Grammar)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryBound memory(size, 1024, std::size_t{1} << 20U);
  Input input(data, size);
  const auto setup = input.byte();
  session::Options options;
  options.maximum_length = (setup & 2U) != 0 ? 128 : 0;
  options.raw_data = (setup & 4U) != 0;
  options.keep_data_set_bytes = 4096;
  options.artim = std::chrono::seconds(5);

  const auto role = (setup & 1U) != 0 ? dul::Role::requestor : dul::Role::acceptor;
  Side us(role, options);
  Side peer(role == dul::Role::requestor ? dul::Role::acceptor : dul::Role::requestor, options);
  Instant now{};

  for (int steps = 0; steps < max_steps && !input.empty(); ++steps) {
    const auto opcode = input.byte();
    Side& side = (opcode & 0x80U) != 0 ? peer : us;
    Side& other = (opcode & 0x80U) != 0 ? us : peer;
    switch (opcode & 7U) {
      case 0: {  // arbitrary bytes, split in two at a place of the input's choosing
        const auto bytes = input.some();
        const auto cut = std::min<std::size_t>(input.byte(), bytes.size());
        side.call([&](Session& s) { return s.receive(bytes.first(cut), now); });
        side.output();
        side.call([&](Session& s) { return s.receive(bytes.subspan(cut), now); });
        side.output();
        break;
      }
      case 1: side.call([&](Session& s) { return s.transport_opened(now); }); break;
      case 2: {
        const auto which = input.byte();
        const auto how = input.byte();
        side.call([&](Session& s) { return s.submit(primitive(which, how), now); });
        break;
      }
      case 3: {  // what one side sent reaches the other
        const auto bytes = std::exchange(side.wire, {});
        other.call([&](Session& s) { return s.receive(bytes, now); });
        break;
      }
      case 4:
        now = now + std::chrono::seconds(input.byte() % 8);
        side.call([&](Session& s) { return s.expire(now); });
        break;
      case 5: side.call([&](Session& s) { return s.peer_closed(now); }); break;
      default: {  // a whole PDU, so that deep states are reached without luck
        const auto how = input.byte();
        Bytes bytes;
        switch (how % 7) {
          case 0: bytes = pdu::encode(request(how)); break;
          case 1: bytes = pdu::encode(answer(how)); break;
          case 2: bytes = pdu::encode(pdu::AAssociateRj{1, 1, how}); break;
          case 3:
            bytes = pdu::encode(pdu::PDataTf{{{1, static_cast<std::uint8_t>(how & 3U), to_bytes(input.some())}}});
            break;
          case 4: bytes = pdu::encode(pdu::AReleaseRq{}); break;
          case 5: bytes = pdu::encode(pdu::AReleaseRp{}); break;
          default: bytes = pdu::encode(pdu::AAbort{static_cast<std::uint8_t>(how & 2U), how}); break;
        }
        side.call([&](Session& s) { return s.receive(bytes, now); });
        break;
      }
    }
    us.output();
    peer.output();
  }

  for (auto* side : {&us, &peer}) {
    const bool idle = side->session.state() == dul::State::sta1;
    side->call([&](Session& s) { return s.peer_closed(now); });
    require(side->session.state() == dul::State::sta1, "every association ends when the peer closes");
    require(idle || side->was_closed, "the end is told");
    fuzz::cells_reached(side->session.visited_cells());
    require(!side->session.next_deadline(), "no timer outlives the association");
  }
  return 0;
}
