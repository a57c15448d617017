// One association as SCU, driven to its end: resolve, connect, associate, operate, release. What goes wrong on the way
// is told apart, because the advice differs. Internal. Tests: tests/loopback/peers_requestor_test.cpp
#pragma once

#include "harness/service/user.hpp"
#include "peers/association.hpp"

namespace assay::peers {

/// What is done inside the association; one per service.
class Operations {
 public:
  virtual ~Operations() = default;
  /// Presentation contexts to propose: abstract syntax and transfer syntaxes, ids given by the caller.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::vector<std::string>>> proposals() const = 0;
  /// SOP Classes for which we want to be SCP (PS3.7 D.3.3.4); for the others the default roles hold.
  [[nodiscard]] virtual std::vector<std::string> as_scp() const { return {}; }
  /// SOP Class extended negotiation (PS3.7 D.3.3.5): classes with what is wanted of each.
  [[nodiscard]] virtual service::AgreedExtensions extensions() const { return {}; }
  /// Told before begin() what both sides agreed on.
  virtual void agreed(const service::AgreedExtensions&) {}
  /// Called once associated. An error says why nothing at all can be done (no_context).
  virtual std::expected<void, std::string> begin(const session::Session& session) = 0;
  /// How many operations may be outstanding; a window that was agreed on may allow fewer.
  [[nodiscard]] virtual std::size_t most_outstanding() const { return 1; }
  /// The next request, or nothing when all is done. Called again after each final response.
  virtual std::optional<dimse::Message> next(std::uint16_t message_id, RequestorResult& result) = 0;
  /// Asked after each request, pending response and answer: a message beside the operation in hand (C-CANCEL-RQ).
  virtual std::optional<dimse::Message> beside() { return std::nullopt; }
  /// What came; final ends the operation in hand.
  virtual service::UserStep consume(const dimse::Message& message, RequestorResult& result) = 0;
  /// A request of the peer: the sub-operation of a C-GET, a notification. Nothing: it has no business here.
  virtual std::optional<dimse::Message> answer(const dimse::Message&, const session::Session&) { return std::nullopt; }
  /// Asked when next() says nothing: how long yet the association is kept open for requests of the peer. Nothing: it is
  /// released.
  [[nodiscard]] virtual std::optional<Duration> lingers() const { return std::nullopt; }
  /// "C-ECHO"
  [[nodiscard]] virtual std::string service() const = 0;
};

class Requestor final : public Association {
 public:
  Requestor(Loop::Impl& loop, RequestorOptions options, std::unique_ptr<Operations> operations, RequestorDone done);
  /// Keeps itself alive until `done` has been called.
  void start();
  /// What the operations lingered for may have come from elsewhere.
  void look_again();

 private:
  enum class Phase : std::uint8_t { connecting, associating, operating, releasing, over };

  void on_event(session::SessionEvent event) override;
  void on_bytes(ByteView bytes) override;
  void on_end(std::optional<trace::Closing> by_peer, const std::string& why) override;
  void on_deadline() override;
  void on_sent() override;

  void connect_failed(const error_code& error, bool resolving);
  void connected();
  void secured(const trace::Tls& tls);
  void associated();
  void next_operation();
  [[nodiscard]] bool may_send();
  void finished_operating();
  void send_beside();
  void release();
  void message(const dimse::Message& message);
  /// False: it could not be sent, and the association was given up.
  bool send(dimse::Message message);
  void provider_abort(const session::ProviderAbort& abort);
  /// Notes the first failure; the association is then ended by whoever called.
  void fail(Failure failure, std::string message);
  void give_up();
  void finish();
  [[nodiscard]] std::string target() const;
  [[nodiscard]] std::string looks_like() const;
  [[nodiscard]] pdu::AAssociateRq request() const;

  RequestorOptions options_;
  std::unique_ptr<Operations> operations_;
  RequestorDone done_;
  RequestorResult result_;
  Phase phase_ = Phase::connecting;
  Instant started_;
  std::uint16_t message_id_ = 0;
  std::size_t outstanding_ = 0;  // operations not answered to the end
  std::optional<Instant> lingers_until_;
  Bytes first_bytes_;  // of the peer, to say what it is when it is not DICOM
};

/// A requestor that keeps itself alive until `done` has been called, once, from the loop.
void start_requestor(Loop& loop, const RequestorOptions& options, std::unique_ptr<Operations> operations,
                     RequestorDone done);

}  // namespace assay::peers
