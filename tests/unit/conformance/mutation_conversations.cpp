// The correct conversations that the mutation score starts from: every PDU kind, every item, every kind of command.
#include "agreement.hpp"
#include "mutation.hpp"
#include "service_data.hpp"

namespace assay::test {
namespace {

constexpr auto R = Side::requestor;
constexpr auto A = Side::acceptor;
constexpr auto implicit = uids::ImplicitVRLittleEndian;

/// The same with each PDU in a step of its own.
Conversation by_pdu(const Conversation& whole) {
  Conversation out;
  for (const auto& step : whole.steps()) {
    if (step.kind == Conversation::Step::Kind::close) out.close(step.side, step.how);
    if (step.kind == Conversation::Step::Kind::wait) out.wait(step.wait);
    if (step.kind != Conversation::Step::Kind::bytes) continue;
    pdu::Framer framer;
    framer.push(step.bytes);
    for (auto frame = framer.next(); frame.status == pdu::Framer::Status::pdu; frame = framer.next())
      out.send(step.side, to_bytes(frame.bytes));
  }
  return out;
}

Conversation echo_alone() {
  const Agreement agreed({{uids::Verification, {implicit}}});
  return Conversation().associate(agreed.rq, agreed.ac).echo().release();
}

Conversation every_id() {
  const Agreement agreed(std::vector<Offer>(128, {uids::Verification, {implicit}}));
  return Conversation().associate(agreed.rq, agreed.ac).echo().release();
}

Conversation every_result() {
  const Agreement agreed({{uids::Verification, {implicit}},
                          {uids::CTImageStorage, {implicit}, 1},
                          {uids::MRImageStorage, {implicit}, 2},
                          {"1.2.3.4", {implicit}, 3},
                          {get_uid, {"1.2.840.10008.1.2.4.50"}, 4}});
  return Conversation().associate(agreed.rq, agreed.ac).echo().release();
}

Conversation every_user_item() {
  Agreement agreed(
      {{uids::Verification, {implicit}}, {uids::CTImageStorage, {uids::ExplicitVRLittleEndian, implicit}}});
  const std::string ct(uids::CTImageStorage);
  agreed.both(pdu::AsynchronousOperationsWindowSubItem{2, 2});
  agreed.asked(pdu::RoleSelectionSubItem{ct, 1, 1});
  agreed.answered(pdu::RoleSelectionSubItem{ct, 1, 0});
  agreed.both(pdu::SopClassExtendedNegotiationSubItem{ct, {2, 1, 0, 1, 0, 0}});
  agreed.asked(
      pdu::SopClassCommonExtendedNegotiationSubItem{ct, "1.2.840.10008.4.2", {std::string(uids::MRImageStorage)}, {}});
  agreed.asked(pdu::UserIdentitySubItemRq{2, 1, to_bytes("jane"), to_bytes("secret")});
  agreed.answered(pdu::UserIdentitySubItemAc{});
  Conversation c;
  c.associate(agreed.rq, agreed.ac);
  const auto first = dimse::c_echo_rq(1);
  const auto second = dimse::c_echo_rq(2);
  c.send(R, message(1, first)).send(R, message(1, second));
  c.send(A, message(1, dimse::response_to(second, 0))).send(A, message(1, dimse::response_to(first, 0)));
  return c.release();
}

Conversation rejected() {
  const Agreement agreed({{uids::Verification, {implicit}}});
  return Conversation().send(R, pdu::Pdu(agreed.rq)).send(A, pdu::Pdu(pdu::AAssociateRj{1, 1, 7})).close(R);
}

Conversation aborted_by_requestor() {
  const Agreement agreed({{uids::Verification, {implicit}}});
  return Conversation().associate(agreed.rq, agreed.ac).send(R, pdu::Pdu(pdu::AAbort{0, 0})).close(A);
}

Conversation aborted_by_acceptor() {
  const Agreement agreed({{uids::Verification, {implicit}}});
  Conversation c;
  c.associate(agreed.rq, agreed.ac).echo().send(A, pdu::Pdu(pdu::AAbort{2, 0}));
  return c.close(R);
}

Conversation stored_in_fragments() {
  Agreement agreed({{uids::CTImageStorage, {implicit, uids::ExplicitVRLittleEndian}}});
  agreed.maximum_length(128);
  const auto rq = dimse::c_store_rq(7, uids::CTImageStorage, instance_uid, 1);
  dimse::Packing packing;
  packing.maximum_length = 128;
  packing.fragment_length = 36;
  packing.values_per_pdu = 2;
  Conversation c;
  c.associate(agreed.rq, agreed.ac).send(R, message(1, rq, encoded(image(dataset::explicit_le))), packing);
  return c.send(A, message(1, dimse::response_to(rq, 0)), packing).release();
}

Conversation stored_without_limit() {
  Agreement agreed({{uids::CTImageStorage, {implicit}}});
  agreed.maximum_length(0);
  const auto rq = dimse::c_store_rq(7, uids::CTImageStorage, instance_uid);
  dimse::Packing packing;
  packing.maximum_length = 0;
  packing.values_per_pdu = 2;
  packing.command_and_data_together = true;
  Conversation c;
  c.associate(agreed.rq, agreed.ac).send(R, message(1, rq, encoded(image(dataset::implicit_le))), packing);
  return c.send(A, message(1, dimse::response_to(rq, 0xb000))).release();
}

Conversation query_cancelled() {
  const Agreement agreed({{uids::StudyRootQueryRetrieveInformationModelFind, {implicit}}});
  const auto rq = dimse::c_find_rq(3, uids::StudyRootQueryRetrieveInformationModelFind);
  Conversation c;
  auto any = identifier();
  any.set_empty(tags::StudyInstanceUID);
  c.associate(agreed.rq, agreed.ac).send(R, message(1, rq, encoded(any)));
  c.send(A, message(1, dimse::response_to(rq, 0xff00, true), encoded(identifier())));
  auto another = identifier();
  another.set_text(tags::StudyInstanceUID, "1.2.4");
  c.send(A, message(1, dimse::response_to(rq, 0xff01, true), encoded(another)));
  c.send(R, message(1, dimse::c_cancel_rq(3)));
  return c.send(A, message(1, dimse::response_to(rq, 0xfe00))).release();
}

void counts(dimse::CommandSet& rsp, std::uint16_t remaining, std::uint16_t completed, bool final) {
  if (!final) rsp.elements().set_u16(tags::NumberOfRemainingSuboperations, remaining);
  rsp.elements().set_u16(tags::NumberOfCompletedSuboperations, completed);
  rsp.elements().set_u16(tags::NumberOfFailedSuboperations, 0);
  rsp.elements().set_u16(tags::NumberOfWarningSuboperations, 0);
}

Conversation retrieved() {
  Agreement agreed({{get_uid, {implicit}}, {uids::CTImageStorage, {implicit}}});
  agreed.both(pdu::RoleSelectionSubItem{std::string(uids::CTImageStorage), 0, 1});
  const auto get = dimse::c_get_rq(1, get_uid);
  const auto store = dimse::c_store_rq(9, uids::CTImageStorage, instance_uid);
  auto pending = dimse::response_to(get, 0xff00);
  auto final = dimse::response_to(get, 0);
  counts(pending, 1, 0, false);
  counts(final, 0, 1, true);
  Conversation c;
  c.associate(agreed.rq, agreed.ac).send(R, message(1, get, encoded(identifier())));
  c.send(A, message(1, pending));
  c.send(A, message(3, store, encoded(image(dataset::implicit_le))));
  c.send(R, message(3, dimse::response_to(store, 0)));
  return c.send(A, message(1, final)).release();
}

Conversation moved() {
  const Agreement agreed({{uids::StudyRootQueryRetrieveInformationModelMove, {implicit}}});
  const auto rq = dimse::c_move_rq(1, uids::StudyRootQueryRetrieveInformationModelMove, "WORKSTATION");
  auto first = dimse::response_to(rq, 0xff00);
  auto second = dimse::response_to(rq, 0xff00);
  auto final = dimse::response_to(rq, 0);
  counts(first, 2, 1, false);
  counts(second, 1, 2, false);
  counts(final, 0, 3, true);
  Conversation c;
  c.associate(agreed.rq, agreed.ac).send(R, message(1, rq, encoded(identifier())));
  return c.send(A, message(1, first)).send(A, message(1, second)).send(A, message(1, final)).release();
}

/// Modality Performed Procedure Step: created, set, read; a film session created and deleted.
Conversation steps_performed() {
  const Agreement agreed(
      {{performed_step_uid, {implicit}}, {step_retrieve_uid, {implicit}}, {film_session_uid, {implicit}}});
  Conversation c;
  c.associate(agreed.rq, agreed.ac);
  const auto exchange = [&](std::uint8_t id, const dimse::CommandSet& rq, const dataset::DataSet& asked,
                            const dataset::DataSet& answered) {
    c.send(R, message(id, rq, asked.empty() ? Bytes{} : encoded(asked)));
    c.send(A,
           message(id, dimse::response_to(rq, 0, !answered.empty()), answered.empty() ? Bytes{} : encoded(answered)));
  };
  using dimse::CommandField;
  const dataset::DataSet none(dataset::implicit_le);
  const auto step = [](CommandField field, std::uint16_t id) {
    return normalized(field, id, performed_step_uid, "1.2.3.7", true);
  };
  exchange(1, step(CommandField::n_create_rq, 1), step_created(), none);
  exchange(1, step(CommandField::n_set_rq, 2), step_ended(), none);
  exchange(3, normalized(CommandField::n_get_rq, 3, step_retrieve_uid, "1.2.3.7"), none, step_ended());
  exchange(5, normalized(CommandField::n_create_rq, 4, film_session_uid, "1.2.3.8"), none, none);
  exchange(5, normalized(CommandField::n_delete_rq, 5, film_session_uid, "1.2.3.8"), none, none);
  return c.release();
}

/// Storage Commitment: asked and reported on one association.
Conversation committed() {
  const Agreement agreed({{commitment_uid, {implicit}}});
  const auto action = normalized(dimse::CommandField::n_action_rq, 1, commitment_uid, commitment_instance, true, 1);
  const auto event =
      normalized(dimse::CommandField::n_event_report_rq, 1, commitment_uid, commitment_instance, true, 1);
  Conversation c;
  c.associate(agreed.rq, agreed.ac);
  c.send(R, message(1, action, encoded(commitment_request("1.2.3.77", {"1.2.3.1.1"}))));
  c.send(A, message(1, dimse::response_to(action, 0)));
  c.send(A, message(1, event, encoded(commitment_report("1.2.3.77", {"1.2.3.1.1"}))));
  return c.send(R, message(1, dimse::response_to(event, 0))).release();
}

Conversation release_collision() {
  const Agreement agreed({{uids::Verification, {implicit}}});
  Conversation c;
  c.associate(agreed.rq, agreed.ac).send(R, pdu::Pdu(pdu::AReleaseRq{})).send(A, pdu::Pdu(pdu::AReleaseRq{}));
  return c.send(R, pdu::Pdu(pdu::AReleaseRp{})).send(A, pdu::Pdu(pdu::AReleaseRp{})).close(R);
}

Conversation released_by_acceptor() {
  const Agreement agreed({{uids::Verification, {implicit}}});
  Conversation c;
  c.associate(agreed.rq, agreed.ac).echo().send(A, pdu::Pdu(pdu::AReleaseRq{}));
  return c.send(R, pdu::Pdu(pdu::AReleaseRp{})).close(A);
}

}  // namespace

const std::vector<Correct>& correct_conversations() {
  static const std::vector<Correct> all{
      {"echo alone", by_pdu(echo_alone())},
      {"128 contexts", by_pdu(every_id())},
      {"every result", by_pdu(every_result())},
      {"every user item", by_pdu(every_user_item())},
      {"rejected", by_pdu(rejected())},
      {"aborted by the requestor", by_pdu(aborted_by_requestor())},
      {"aborted by the acceptor", by_pdu(aborted_by_acceptor())},
      {"stored in fragments", by_pdu(stored_in_fragments())},
      {"stored without limit", by_pdu(stored_without_limit())},
      {"query cancelled", by_pdu(query_cancelled())},
      {"retrieved", by_pdu(retrieved())},
      {"moved", by_pdu(moved())},
      {"steps performed", by_pdu(steps_performed())},
      {"committed", by_pdu(committed())},
      {"release collision", by_pdu(release_collision())},
      {"released by the acceptor", by_pdu(released_by_acceptor())},
  };
  return all;
}

}  // namespace assay::test
