// One association that we take part in, without I/O: bytes, primitives and time in; events, bytes, deadlines out.
// PS3.8 7 (primitives) and 9.2 (state machine). The same bytes in any split give the same events.
// A peer's violation is an event (the machine answers it); our own illegal call is a LocalError and changes nothing.
// Tests: tests/unit/session/
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/base/time.hpp"
#include "harness/dimse/pdv.hpp"
#include "harness/dul/dul.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::session {

// Primitives we submit (PS3.8 7).
struct AssociateRequest {
  pdu::AAssociateRq rq;
};  // Evt1
struct AssociateAccept {
  pdu::AAssociateAc ac;
};  // Evt7
struct AssociateReject {
  pdu::AAssociateRj rj;
};  // Evt8
struct MessageRequest {
  dimse::Message message;
  dimse::Packing packing;
};  // Evt9; maximum_length is lowered to the peer's
struct DataRequest {
  pdu::PDataTf data;
};  // Evt9, PDVs as given
struct ReleaseRequest {};   // Evt11
struct ReleaseResponse {};  // Evt14
struct AbortRequest {
  std::uint8_t reason = 0;
};  // Evt15, source 0 (service-user)
using Primitive = std::variant<AssociateRequest, AssociateAccept, AssociateReject, MessageRequest, DataRequest,
                               ReleaseRequest, ReleaseResponse, AbortRequest>;

// What the session tells us (PS3.8 7: indications and confirmations).
struct AssociateIndication {
  pdu::AAssociateRq rq;
  Problems problems;
};
struct AssociateConfirm {
  pdu::AAssociateAc ac;
  Problems problems;
};
struct RejectConfirm {
  pdu::AAssociateRj rj;
  Problems problems;
};
struct MessageIndication {
  dimse::Message message;
  Problems problems;
};
struct DataIndication {
  pdu::PDataTf data;
};  // only when options.raw_data
struct ReleaseIndication {
  bool collision = false;
};
struct ReleaseConfirm {};
struct AbortIndication {
  std::uint8_t source = 0;
  std::uint8_t reason = 0;
};  // A-ABORT PDU from the peer's user
struct ProviderAbort {
  std::string why;
  std::uint8_t reason = 0;
};  // A-P-ABORT: peer's provider, ours, or transport loss
struct TransportClosed {};  // the session is over; state is Sta1
using SessionEvent =
    std::variant<AssociateIndication, AssociateConfirm, RejectConfirm, MessageIndication, DataIndication,
                 ReleaseIndication, ReleaseConfirm, AbortIndication, ProviderAbort, TransportClosed>;

struct Options {
  Duration artim = std::chrono::seconds(30);                    // PS3.8 9.1.5
  std::uint32_t maximum_length = limits::announced_max_length;  // what we announced; longer P-DATA-TF is Evt19
  bool raw_data = false;                                        // yield DataIndication instead of assembled messages
  std::size_t keep_data_set_bytes = 512U << 20;                 // of an assembled message
  /// AE-6: whether the service provider accepts a decoded A-ASSOCIATE-RQ; unset = protocol version bit 0 decides.
  std::function<std::optional<pdu::AAssociateRj>(const pdu::AAssociateRq&, const Problems&)> provider_rejects;
};

/// A presentation context both sides agreed on: accepted, and with a transfer syntax that was proposed for it.
struct AcceptedContext {
  std::uint8_t id = 0;
  std::string abstract_syntax;
  std::string transfer_syntax;
  bool requestor_is_scu = true;  // PS3.7 D.3.3.4; default roles when role selection was not negotiated
  bool requestor_is_scp = false;
};

/// Contexts that `ac` accepted out of `rq`, by id; answers to ids never proposed, or with a transfer syntax never
/// proposed, are left out. PS3.8 9.3.3.2, PS3.7 D.3.3.4.
std::map<std::uint8_t, AcceptedContext> accepted_contexts(const pdu::AAssociateRq& rq, const pdu::AAssociateAc& ac);

class Session {
 public:
  explicit Session(dul::Role role, Options options = {});

  using Result = std::expected<void, LocalError>;

  // From the transport. A peer's violation is no error here: the machine answers it.
  Result transport_opened(Instant now);  // requestor: Evt2 (after wants_connect()); acceptor: Evt5
  Result receive(ByteView bytes, Instant now);
  Result peer_closed(Instant now);  // Evt17
  Result expire(Instant now);       // Evt18 when the ARTIM deadline has come

  // From the user.
  Result submit(Primitive primitive, Instant now);

  // To the transport and the user.
  [[nodiscard]] std::optional<SessionEvent> next_event();
  /// Bytes to be sent, in order; empties the buffer.
  [[nodiscard]] Bytes take_output();
  /// The same without giving up memory: `into` is emptied, filled, and its capacity used for the next output.
  void take_output(Bytes& into);
  /// The same without a copy of what messages lent (dimse::Message::lent_data_set).
  void take_output(Gather& into);
  [[nodiscard]] bool has_output() const { return !output_.empty(); }
  [[nodiscard]] bool wants_connect() const { return wants_connect_; }
  [[nodiscard]] bool wants_close() const { return wants_close_; }  // after the output has been written
  [[nodiscard]] std::optional<Instant> next_deadline() const { return artim_deadline_; }

  [[nodiscard]] dul::State state() const { return machine_.state(); }
  /// The cells of Table 9-10 that it went through so far.
  [[nodiscard]] const dul::Cells& visited_cells() const { return machine_.visited(); }
  [[nodiscard]] dul::Role role() const { return machine_.role(); }
  [[nodiscard]] const std::map<std::uint8_t, AcceptedContext>& contexts() const { return contexts_; }
  /// The accepted context for this abstract syntax, or null.
  [[nodiscard]] const AcceptedContext* context_for(std::string_view abstract_syntax) const;
  [[nodiscard]] std::uint32_t peer_maximum_length() const { return peer_maximum_length_; }

  /// Test entry: puts the machine in a state with the transport as that state implies (PS3.8 Table 9-10 tests).
  void force_state(dul::State state, Instant now);

 private:
  struct Inputs;  // what the actions of one event may need (session.cpp)
  Result step(dul::Event event, const Inputs& inputs, Instant now);
  void apply(dul::Effect effect, dul::Event event, const Inputs& inputs, Instant now);
  void receive_frame(const pdu::Framer::Frame& frame, Instant now);
  void receive_p_data(const pdu::Framer::Frame& frame, Instant now);
  void receive_too_long(std::uint32_t length, Instant now);
  void deliver_p_data(const Inputs& inputs);
  Result submit_message(const MessageRequest& request, Instant now);
  void begin();
  void agree(const pdu::AAssociateRq& rq, const pdu::AAssociateAc& ac);
  [[nodiscard]] bool transport_open() const;

  Options options_;
  dul::Machine machine_;
  pdu::Framer framer_;
  dimse::Assembler assembler_;
  Gather output_;
  std::vector<SessionEvent> events_;
  std::size_t next_event_ = 0;  // of them, the first that was not taken yet
  std::optional<Instant> artim_deadline_;
  std::optional<pdu::AAssociateRq> rq_;  // sent or received
  std::map<std::uint8_t, AcceptedContext> contexts_;
  std::vector<pdu::PdvView> values_;        // of the P-DATA-TF at hand; kept for its memory
  Problems message_problems_;               // of the P-DATA that makes up the next message
  std::optional<std::string> dimse_fault_;  // what the P-DATA at hand breaks above the Upper Layer
  std::uint64_t skip_ = 0;                  // bytes still to come of a P-DATA-TF that was refused at its header
  std::uint32_t peer_maximum_length_ = 0;
  bool wants_connect_ = false;
  bool wants_close_ = false;
};

}  // namespace assay::session
