// A whole acceptor in memory: session, negotiation, verification, storage, query and retrieve as peers/acceptor.cpp
// puts them together, driven by bytes, closings and time. Properties: no crash; what it sends is whole PDUs that a
// strict reader takes, within the peer's maximum length; its state is one of thirteen; every wait has a limit and the
// association an end; what it sends is bounded by what it is sent; the same bytes in another split give the same
// output, up to an A-ABORT.
#include "fuzz/targets/fuzz_peer_common.hpp"
#include "harness/service/negotiation.hpp"
#include "harness/service/provider.hpp"
#include "harness/service/sop_classes.hpp"

namespace {

using namespace assay;
using fuzz::require;

constexpr Duration dimse_timeout = std::chrono::seconds(30);

dataset::DataSet attributes(std::string_view patient, std::string_view study, std::string_view instance) {
  dataset::DataSet data(dataset::explicit_le);
  data.set_text(tags::SOPClassUID, uids::CTImageStorage);
  data.set_text(tags::SOPInstanceUID, instance);
  data.set_text(tags::StudyDate, "20260102");
  data.set_text(tags::Modality, "CT");
  data.set_text(tags::PatientName, patient);
  data.set_text(tags::PatientID, patient);
  data.set_text(tags::StudyInstanceUID, study);
  data.set_text(tags::SeriesInstanceUID, std::string(study) + ".1");
  return data;
}

/// A few instances that are always there; what a run stores goes into a store of its own, made when it is needed.
class Store final : public service::InstanceStore {
 public:
  service::PutResult put(service::Instance instance, bool replace) override {
    if (!own_) {
      service::MemoryStoreOptions options;
      options.max_instances = 8;
      options.max_bytes = 1U << 20;
      own_.emplace(options);
    }
    const auto result = own_->put(std::move(instance), replace);
    require(own_->count() <= 8 && own_->bytes() <= (1U << 20), "the store keeps its bounds");
    return result;
  }
  [[nodiscard]] service::InstancePtr find(std::string_view uid) const override { return used().find(uid); }
  [[nodiscard]] std::unique_ptr<service::EntityCursor> candidates(service::QueryLevel level,
                                                                  const service::Scope& scope) const override {
    return used().candidates(level, scope);
  }

 private:
  [[nodiscard]] const service::MemoryStore& used() const { return own_ ? *own_ : always(); }
  static const service::MemoryStore& always() {
    static const auto store = [] {
      service::MemoryStore made;
      for (const auto& [patient, study, instance] :
           {std::array{"Doe", "1.2.3", "1.2.3.1.1"}, std::array{"Doe", "1.2.4", "1.2.4.1.1"},
            std::array{"Roe", "1.2.5", "1.2.5.1.1"}}) {
        auto one = service::make_instance(attributes(patient, study, instance), uids::ExplicitVRLittleEndian);
        require(one.has_value(), "the synthetic instances are instances");
        (void)made.put(std::move(*one), true);
      }
      return made;
    }();
    return store;
  }
  std::optional<service::MemoryStore> own_;
};

/// A destination of C-MOVE that takes every other instance, at once.
bool forward(const service::ForwardJob& job) {
  if (job.destination != "A") return false;
  std::uint16_t status = 0;
  while (job.source->next()) job.source->answered(std::exchange(status, status == 0 ? 0xa700 : 0));
  job.source->ended();
  return true;
}

struct Logic {
  using Side = fuzz::Driven<Logic>;

  Logic(Side& owner, std::uint8_t setup) : side(owner), responses_per_turn(setup % 8U + 1) {}

  void on_event(session::SessionEvent event) {
    if (auto* indication = std::get_if<session::AssociateIndication>(&event)) {
      associate(indication->rq);
    } else if (auto* message = std::get_if<session::MessageIndication>(&event)) {
      if (!provider) return;
      provider->receive(std::move(message->message));
      respond(responses_per_turn);
    } else if (std::holds_alternative<session::ReleaseIndication>(event)) {
      (void)side.session.submit(session::ReleaseResponse{}, side.now);
      until.reset();
    } else if (std::holds_alternative<session::ProviderAbort>(event)) {
      until.reset();
    }
  }

  void associate(const pdu::AAssociateRq& rq) {
    static const auto policy = service::default_policy();
    auto answer = service::negotiate(rq, policy, 0);
    if (const auto* rj = std::get_if<pdu::AAssociateRj>(&answer)) {
      (void)side.session.submit(session::AssociateReject{*rj}, side.now);
      return;
    }
    (void)side.session.submit(session::AssociateAccept{std::move(std::get<pdu::AAssociateAc>(answer))}, side.now);
    service::ProviderOptions options;
    options.max_matches = 4;
    options.max_outstanding = 8;
    options.forward = forward;
    provider.emplace(side.session.contexts(), store, options);
    until = side.now + dimse_timeout;
  }

  void respond(std::size_t most) {
    for (std::size_t i = 0; i < most && provider; ++i) {
      auto response = provider->next_message();
      if (!response) return;
      session::MessageRequest request;
      request.message = std::move(*response);
      request.packing.maximum_length = 0;
      if (side.session.submit(std::move(request), side.now)) continue;
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
  Store store;
  std::optional<service::Provider> provider;
  std::optional<Instant> until;
  std::size_t responses_per_turn;
};

constexpr std::array<std::string_view, 6> classes{uids::Verification,
                                                  uids::CTImageStorage,
                                                  uids::StudyRootQueryRetrieveInformationModelFind,
                                                  uids::PatientRootQueryRetrieveInformationModelFind,
                                                  uids::StudyRootQueryRetrieveInformationModelGet,
                                                  uids::StudyRootQueryRetrieveInformationModelMove};
std::string_view class_of(std::uint8_t context) { return classes[context / 2 % classes.size()]; }

Bytes make_request(std::uint32_t maximum_length) {
  auto rq = fuzz::a_associate_rq(classes, fuzz::implicit_alone, maximum_length);
  for (auto& item : rq.items)  // C-GET gives instances to whoever is SCP of their class
    if (auto* user = std::get_if<pdu::UserInformationItem>(&item))
      user->sub_items.emplace_back(pdu::RoleSelectionSubItem{std::string(uids::CTImageStorage), 1, 1});
  return pdu::encode(rq);
}

ByteView whole_pdu(std::uint8_t which) {
  static const std::array<Bytes, 6> all{make_request(0),
                                        make_request(16384),
                                        make_request(40),
                                        pdu::encode(pdu::AReleaseRq{}),
                                        pdu::encode(pdu::AAbort{0, 0}),
                                        pdu::encode(pdu::AReleaseRp{})};
  return all[which % all.size()];
}

Bytes run(ByteView program, std::uint8_t setup, bool cuts, bool strict) {
  session::Options options;
  options.artim = std::chrono::seconds(5);
  options.maximum_length = (setup & 8U) != 0 ? 4096 : 0;
  options.keep_data_set_bytes = 65536;
  fuzz::Driven<Logic> side(dul::Role::acceptor, options, setup, strict);
  (void)side.session.transport_opened(side.now);
  side.process();
  fuzz::run_program(side, program, cuts, whole_pdu, class_of);
  return side.said();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::check_program({data, size}, run);
  return 0;
}
