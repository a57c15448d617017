// What the targets of a whole acceptor share: session, negotiation and services as peers/acceptor.cpp puts them
// together, driven by bytes, closings and time. Properties: no crash; what it sends is whole PDUs that a strict reader
// takes, within the peer's maximum length; its state is one of thirteen; every wait has a limit and the association an
// end; what it sends is bounded by what it is sent; the same bytes in another split give the same output, up to an
// A-ABORT.
#pragma once

#include <span>

#include "fuzz/targets/fuzz_peer_common.hpp"
#include "harness/service/negotiation.hpp"
#include "harness/service/provider.hpp"

namespace assay::fuzz {

inline constexpr Duration dimse_timeout = std::chrono::seconds(30);

/// What stands behind the session. `Device` is what is served: services(), static policy(), and turn() where something
/// goes on beside the association.
template <typename Device>
struct Served {
  using Side = Driven<Served>;

  Served(Side& owner, std::uint8_t setup) : side(owner), responses_per_turn(setup % 8U + 1) {}

  void on_event(session::SessionEvent event) {
    if (auto* indication = std::get_if<session::AssociateIndication>(&event)) {
      associate(indication->rq);
    } else if (auto* message = std::get_if<session::MessageIndication>(&event)) {
      if (!provider) return;
      provider->receive(std::move(message->message));
      respond(responses_per_turn);
      if constexpr (requires { device.turn(); }) {
        device.turn();
        respond(responses_per_turn);
      }
    } else if (std::holds_alternative<session::ReleaseIndication>(event)) {
      (void)side.session.submit(session::ReleaseResponse{}, side.now);
      until.reset();
    } else if (std::holds_alternative<session::ProviderAbort>(event)) {
      until.reset();
    }
  }

  void associate(const pdu::AAssociateRq& rq) {
    static const service::Policy policy = Device::policy();
    auto answer = service::negotiate(rq, policy, 0);
    if (const auto* rj = std::get_if<pdu::AAssociateRj>(&answer)) {
      (void)side.session.submit(session::AssociateReject{*rj}, side.now);
      return;
    }
    (void)side.session.submit(session::AssociateAccept{std::move(std::get<pdu::AAssociateAc>(answer))}, side.now);
    service::ProviderOptions options;
    options.max_outstanding = 8;
    provider.emplace(service::AssociationView{side.session.contexts(), rq.calling_ae_title, rq.called_ae_title},
                     device.services(), options);
    until = side.now + dimse_timeout;
  }

  void respond(std::size_t most) {
    for (std::size_t i = 0; i < most && provider; ++i) {
      auto response = provider->next_message();
      if (!response) return;
      session::MessageRequest request;
      request.message = std::move(*response);
      request.packing.maximum_length = 0;
      if (side.say(std::move(request))) continue;
      if (side.session.state() == dul::State::sta6) (void)side.session.submit(session::AbortRequest{}, side.now);
      provider.reset();
    }
  }

  void on_deadline() {
    if (provider && !provider->idle()) respond(64);
    side.flush();
    const auto next = side.last_activity + dimse_timeout;
    if (next > side.now) {
      until = next;
      return;
    }
    until.reset();
    (void)side.session.submit(session::AbortRequest{}, side.now);
  }

  [[nodiscard]] std::optional<Instant> deadline() const { return until; }

  Side& side;
  Device device;
  std::optional<service::Provider> provider;
  std::optional<Instant> until;
  std::size_t responses_per_turn;
};

/// Runs one program on an acceptor that serves Device::classes, one context each, and gives what it has sent.
/// `Device::whole_request(maximum length)` is the A-ASSOCIATE-RQ of the peer.
template <typename Device>
Bytes run_served(ByteView program, std::uint8_t setup, bool cuts, bool strict) {
  session::Options options;
  options.artim = std::chrono::seconds(5);
  options.maximum_length = (setup & 8U) != 0 ? 4096 : 0;
  options.keep_data_set_bytes = 65536;
  Driven<Served<Device>> side(dul::Role::acceptor, options, setup, strict);
  (void)side.session.transport_opened(side.now);
  side.process();
  const auto whole_pdu = [](std::uint8_t which) -> ByteView {
    static const std::array<Bytes, 6> all{pdu::encode(Device::request(0)),  pdu::encode(Device::request(16384)),
                                          pdu::encode(Device::request(40)), pdu::encode(pdu::AReleaseRq{}),
                                          pdu::encode(pdu::AAbort{0, 0}),   pdu::encode(pdu::AReleaseRp{})};
    return all[which % all.size()];
  };
  const auto class_of = [](std::uint8_t context) { return Device::classes[context / 2 % Device::classes.size()]; };
  run_program(side, program, cuts, whole_pdu, class_of);
  return side.said();
}

}  // namespace assay::fuzz
