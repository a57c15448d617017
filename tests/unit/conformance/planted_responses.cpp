// Faults that came to light by making single faults mechanically (mutation_score_test.cpp).
#include "planted_faults.hpp"
#include "service_data.hpp"

namespace assay::test {
namespace {

constexpr auto R = Side::requestor;
constexpr auto A = Side::acceptor;
constexpr std::string_view commitment = "1.2.840.10008.1.20.1";

dimse::CommandSet action() {
  auto rq = dimse::command(dimse::CommandField::n_action_rq, 1);
  rq.elements().set_text(tags::RequestedSOPClassUID, commitment);
  rq.elements().set_text(tags::RequestedSOPInstanceUID, "1.2.840.10008.1.20.1.1");
  rq.elements().set_u16(tags::ActionTypeID, 1);
  rq.elements().set_u16(tags::CommandDataSetType, 1);
  return rq;
}

void add_commitment(pdu::AAssociateRq& rq, pdu::AAssociateAc& ac) {
  const auto implicit = uids::ImplicitVRLittleEndian;
  rq.items.insert(rq.items.end() - 1, proposal(13, commitment, {implicit}));
  ac.items.insert(ac.items.end() - 1, answer(13, 0, implicit));
}

}  // namespace

std::vector<Planted> planted_in_responses() {
  std::vector<Planted> all;
  const auto plant = [&](std::string_view name, std::string_view rule, Side side, std::uint32_t pdu,
                         std::optional<std::uint64_t> at, std::function<void(Conversation&, bool)> script) {
    all.push_back({name, rule, side, pdu, at, std::move(script)});
  };

  plant("PduNeverCompleted", "ps3.8/9.3.1/pdu-never-completed", R, 1, std::nullopt, [](Conversation& c, bool fault) {
    auto bytes = packed(message(context::echo, dimse::c_echo_rq(1)));
    if (fault) bytes[5] = static_cast<std::uint8_t>(bytes[5] + 2);
    c.associate().send(R, bytes).wait(std::chrono::seconds(30)).send(A, pdu::Pdu(pdu::AAbort{0, 0})).close(A);
  });
  plant("PduStillComing", "ps3.8/9.3.1/pdu-never-completed", R, 1, std::nullopt, [](Conversation& c, bool fault) {
    // The other side gives up while the PDU is still on its way: nobody's fault.
    auto bytes = packed(message(context::echo, dimse::c_echo_rq(1)));
    bytes.resize(bytes.size() - 2);
    c.associate().send(R, bytes).wait(std::chrono::seconds(fault ? 10 : 9));
    c.send(A, pdu::Pdu(pdu::AAbort{0, 0})).close(A);
  });
  plant("PduHeldUpByItsReceiver", "ps3.8/9.3.1/pdu-never-completed", R, 3, std::nullopt,
        [](Conversation& c, bool fault) {
          // After 40 000 bytes without a sign of the receiver it may be the receiver that reads no more.
          const auto rq = dimse::c_store_rq(1, uids::CTImageStorage, instance_uid);
          auto bytes = packed(message(context::store, rq, Bytes(fault ? 12000 : 40000, 0)));
          bytes.resize(bytes.size() - 2);
          c.associate().send(R, bytes).wait(std::chrono::seconds(60));
          c.send(A, pdu::Pdu(pdu::AAbort{0, 0})).close(A);
        });
  plant("MessageNeverCompleted", "ps3.8/E.2/message-never-completed", R, 3, 6, [](Conversation& c, bool fault) {
    const auto rq = dimse::c_store_rq(1, uids::CTImageStorage, instance_uid);
    auto pdus = dimse::fragment_to_pdus(message(context::store, rq, encoded(image(dataset::explicit_le))), {});
    if (fault) pdus[1].values[0].control_header = 0;
    c.associate().send(R, pdu::Pdu(pdus[0])).send(R, pdu::Pdu(pdus[1])).wait(std::chrono::seconds(30));
    c.send(A, pdu::Pdu(pdu::AAbort{0, 0})).close(A);
  });
  plant("CountsMissing", "ps3.4/C.4.2/sub-operation-counts-missing", A, 5, std::nullopt,
        [](Conversation& c, bool fault) {
          const auto rq = dimse::c_move_rq(1, uids::StudyRootQueryRetrieveInformationModelMove, "CT1");
          auto pending = dimse::response_to(rq, 0xff00);
          pending.elements().set_u16(tags::NumberOfRemainingSuboperations, 1);
          pending.elements().set_u16(tags::NumberOfCompletedSuboperations, 1);
          pending.elements().set_u16(tags::NumberOfFailedSuboperations, 0);
          if (!fault) pending.elements().set_u16(tags::NumberOfWarningSuboperations, 0);
          c.associate().send(R, message(context::move, rq, encoded(identifier())));
          c.send(A, message(context::move, pending)).send(A, message(context::move, dimse::response_to(rq, 0)));
          c.release();
        });
  plant("ActionTypeChanged", "ps3.7/10.3/response-type-id", A, 5, std::nullopt, [](Conversation& c, bool fault) {
    auto rq = associate_rq();
    auto ac = associate_ac();
    add_commitment(rq, ac);
    auto rsp = dimse::response_to(action(), 0);
    rsp.elements().set_u16(tags::ActionTypeID, fault ? 2 : 1);
    c.associate(rq, ac)
        .send(R, message(13, action(), encoded(commitment_request("1.2.3.77", {"1.2.3.1.1"}))))
        .send(A, message(13, rsp))
        .release();
  });
  plant("DataSetEmpty", "ps3.7/6.3.1/data-set-empty", R, 3, std::nullopt, [](Conversation& c, bool fault) {
    auto rq = associate_rq();
    auto ac = associate_ac();
    add_commitment(rq, ac);
    c.associate(rq, ac);
    auto pdus =
        dimse::fragment_to_pdus(message(13, action(), encoded(commitment_request("1.2.3.77", {"1.2.3.1.1"}))), {});
    if (fault) pdus[1].values[0].fragment.clear();
    c.send(R, pdu::Pdu(pdus[0])).send(R, pdu::Pdu(pdus[1]));
    c.send(A, message(13, dimse::response_to(action(), 0))).release();
  });
  plant("DestinationCharacter", "ps3.5/6.2/ae-character", R, 3, std::nullopt, [](Conversation& c, bool fault) {
    const auto rq = dimse::c_move_rq(1, uids::StudyRootQueryRetrieveInformationModelMove, fault ? "CT\xc4" : "CT1");
    c.associate().send(R, message(context::move, rq, encoded(identifier())));
    c.send(A, message(context::move, dimse::response_to(rq, 0xa801))).release();
  });
  return all;
}

}  // namespace assay::test
