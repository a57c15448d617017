// A whole requestor in memory: session and the users of verification, storage and query as peers/requestor.cpp puts
// them together; the input plays the acceptor with bytes, closings and time. Properties as in fuzz_acceptor.
#include "fuzz/targets/fuzz_peer_common.hpp"
#include "harness/service/user.hpp"

namespace {

using namespace assay;
using fuzz::require;

constexpr Duration dul_timeout = std::chrono::seconds(10);
constexpr Duration dimse_timeout = std::chrono::seconds(30);

constexpr std::array<std::string_view, 3> classes{uids::Verification, uids::CTImageStorage,
                                                  uids::StudyRootQueryRetrieveInformationModelFind};
std::string_view class_of(std::uint8_t context) { return classes[context / 2 % classes.size()]; }

const pdu::AAssociateRq& request() {
  constexpr std::string_view both[] = {uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian};
  static const auto made = fuzz::a_associate_rq(classes, both, 16384);
  return made;
}

const service::Instance& instance() {
  static const auto made = [] {
    dataset::DataSet data(dataset::explicit_le);
    data.set_text(tags::SOPClassUID, uids::CTImageStorage);
    data.set_text(tags::SOPInstanceUID, "1.2.3.1.1");
    data.set_text(tags::PatientName, "Doe^Jane");
    data.set_text(tags::PatientID, "4711");
    data.set_text(tags::StudyInstanceUID, "1.2.3");
    data.set_text(tags::SeriesInstanceUID, "1.2.3.1");
    auto one = service::make_instance(data, uids::ExplicitVRLittleEndian);
    require(one.has_value(), "the synthetic instance is one");
    return std::move(*one);
  }();
  return made;
}

const dataset::DataSet& identifier() {
  static const auto made = [] {
    dataset::DataSet data(dataset::implicit_le);
    data.set_text(tags::QueryRetrieveLevel, "STUDY");
    data.set_text(tags::PatientID, "");
    data.set_text(tags::StudyInstanceUID, "");
    return data;
  }();
  return made;
}

struct Logic {
  using Side = fuzz::Driven<Logic>;
  enum class Phase : std::uint8_t { associating, operating, releasing, over };

  Logic(Side& owner, std::uint8_t how) : side(owner), setup(how) {}

  void on_event(session::SessionEvent event) {
    if (std::holds_alternative<session::AssociateConfirm>(event)) {
      associated();
    } else if (auto* indication = std::get_if<session::MessageIndication>(&event)) {
      message(indication->message);
    } else if (std::holds_alternative<session::ReleaseIndication>(event)) {
      (void)side.session.submit(session::ReleaseResponse{}, side.now);
    } else if (std::holds_alternative<session::ReleaseConfirm>(event)) {
      phase = Phase::over;
    } else if (std::holds_alternative<session::ProviderAbort>(event)) {
      if (side.session.state() == dul::State::sta13) give_up();
    }
  }

  void associated() {
    phase = Phase::operating;
    if (side.session.state() != dul::State::sta6) return;
    // What is done, one after the other: set-up bits choose, and the peer may have refused it.
    if (const auto* context = side.session.context_for(uids::Verification); context != nullptr) echo.emplace(*context);
    if (const auto* context = side.session.context_for(uids::CTImageStorage); context != nullptr)
      store.emplace(*context);
    if (const auto* context = side.session.context_for(classes[2]); context != nullptr) find.emplace(*context);
    next_operation();
  }

  void next_operation() {
    if (side.session.state() != dul::State::sta6) return;
    for (; operation < 3; ++operation) {
      if ((setup >> operation & 1U) == 0) continue;
      std::optional<dimse::Message> made;
      const auto id = static_cast<std::uint16_t>(operation + 1);
      if (operation == 0 && echo) made = echo->request(id);
      if (operation == 1 && store) made = store->request(id, instance());
      if (operation == 2 && find) made = find->request(id, identifier());
      if (!made) continue;
      session::MessageRequest primitive;
      primitive.message = std::move(*made);
      primitive.packing.maximum_length = 0;
      if (!side.say(std::move(primitive))) {
        give_up();
        return;
      }
      until = side.now + dimse_timeout;
      return;
    }
    phase = Phase::releasing;
    until = side.now + dul_timeout;
    (void)side.session.submit(session::ReleaseRequest{}, side.now);
  }

  [[nodiscard]] service::UserStep consume(const dimse::Message& message) {
    if (operation == 0) return echo->consume(message);
    if (operation == 1) return store->consume(message);
    return find->consume(message);
  }

  void message(const dimse::Message& message) {
    if (phase != Phase::operating || operation >= 3) return;
    const auto step = consume(message);
    require(message.data_set.size() <= message.data_set_length, "no more is kept than came");
    switch (step.kind) {
      case service::UserStep::Kind::pending:
        // A query that has seen enough is cancelled, once.
        if (operation == 2 && (setup & 8U) != 0 && !cancelled && side.session.state() == dul::State::sta6) {
          cancelled = true;
          session::MessageRequest primitive;
          primitive.message = find->cancel();
          primitive.packing.maximum_length = 0;
          (void)side.say(std::move(primitive));
        }
        break;
      case service::UserStep::Kind::unexpected: give_up(); break;
      case service::UserStep::Kind::final:
        ++operation;
        next_operation();
        break;
    }
  }

  /// Aborts and closes, without waiting for the peer to close.
  void give_up() {
    phase = Phase::over;
    (void)side.session.submit(session::AbortRequest{}, side.now);
    side.flush();
    side.end();
  }

  void on_deadline() {
    if (phase == Phase::operating && side.last_activity + dimse_timeout > side.now) {
      until = side.last_activity + dimse_timeout;
      return;
    }
    give_up();
  }

  [[nodiscard]] std::optional<Instant> deadline() const { return until; }

  Side& side;
  std::uint8_t setup;
  Phase phase = Phase::associating;
  std::optional<Instant> until;
  std::optional<service::EchoUser> echo;
  std::optional<service::StoreUser> store;
  std::optional<service::FindUser> find;
  unsigned operation = 0;
  bool cancelled = false;
};

Bytes make_answer(std::uint8_t refused, std::uint32_t maximum_length) {
  return pdu::encode(fuzz::a_associate_ac(classes.size(), maximum_length, refused));
}

Bytes response(std::uint8_t context, const dimse::CommandSet& rq, std::uint16_t status, const Bytes& data = {}) {
  dimse::Message message;
  message.context_id = context;
  message.command = dimse::response_to(rq, status, !data.empty());
  message.data_set = data;
  message.data_set_length = data.size();
  Bytes out;
  dimse::fragment(out, message, {});
  return out;
}

ByteView whole_pdu(std::uint8_t which) {
  static const std::array<Bytes, 12> all{
      make_answer(0, 0),
      make_answer(0, 64),
      make_answer(1, 16384),
      response(1, dimse::c_echo_rq(1), 0),
      response(3, dimse::c_store_rq(2, uids::CTImageStorage, "1.2.3.1.1"), 0),
      response(5, dimse::c_find_rq(3, classes[2]), 0xff00, dataset::encode(identifier(), dataset::implicit_le)),
      response(5, dimse::c_find_rq(3, classes[2]), 0),
      pdu::encode(pdu::AReleaseRp{}),
      pdu::encode(pdu::AReleaseRq{}),
      pdu::encode(pdu::AAssociateRj{1, 1, 7}),
      pdu::encode(pdu::AAbort{2, 1}),
      make_answer(5, 4)};
  return all[which % all.size()];
}

Bytes run(ByteView program, std::uint8_t setup, bool cuts, bool strict) {
  session::Options options;
  options.artim = std::chrono::seconds(5);
  options.keep_data_set_bytes = 65536;
  fuzz::Driven<Logic> side(dul::Role::requestor, options, setup, strict);
  (void)side.session.submit(session::AssociateRequest{request()}, side.now);
  (void)side.session.transport_opened(side.now);
  side.logic.until = side.now + dul_timeout;
  side.process();
  fuzz::run_program(side, program, cuts, whole_pdu, class_of);
  return side.said();
}

}  // namespace

ASSAY_PROGRAM_MUTATOR(fuzz::PeerGrammar)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::check_program({data, size}, run);
  return 0;
}
