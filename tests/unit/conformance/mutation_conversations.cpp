// The correct conversations that the mutation score starts from: every PDU kind, every item, every kind of command.
#include "mutation.hpp"

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

struct Offer {
  std::string_view abstract;
  std::vector<std::string_view> transfers;
  std::uint8_t result = 0;
};

/// A request and an answer with these contexts, IDs 1, 3, 5 and so on; the last transfer syntax is accepted.
struct Agreement {
  pdu::AAssociateRq rq;
  pdu::AAssociateAc ac;

  explicit Agreement(const std::vector<Offer>& offers) {
    rq.called_ae_title = ac.called_ae_title = "ARCHIVE";
    rq.calling_ae_title = ac.calling_ae_title = "CT1";
    rq.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
    ac.items.emplace_back(pdu::ApplicationContextItem{std::string(uids::application_context)});
    std::uint8_t id = 1;
    for (const auto& offer : offers) {
      rq.items.emplace_back(proposal(id, offer.abstract, offer.transfers));
      ac.items.emplace_back(answer(id, offer.result, offer.transfers.back()));
      id = static_cast<std::uint8_t>(id + 2);
    }
    rq.items.emplace_back(user_information());
    ac.items.emplace_back(user_information());
  }
  void asked(pdu::UserSubItem item) { user_information_of(rq).sub_items.push_back(std::move(item)); }
  void answered(pdu::UserSubItem item) { user_information_of(ac).sub_items.push_back(std::move(item)); }
  void both(const pdu::UserSubItem& item) {
    asked(item);
    answered(item);
  }
  void maximum_length(std::uint32_t bytes) {
    for (auto* body : {static_cast<pdu::AssociateBody*>(&rq), static_cast<pdu::AssociateBody*>(&ac)})
      std::get<pdu::MaximumLengthSubItem>(user_information_of(*body).sub_items[0]).maximum_length = bytes;
  }
};

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
  c.associate(agreed.rq, agreed.ac).send(R, message(1, rq, encoded(identifier())));
  c.send(A, message(1, dimse::response_to(rq, 0xff00, true), encoded(identifier())));
  c.send(A, message(1, dimse::response_to(rq, 0xff01, true), encoded(identifier())));
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

dimse::CommandSet normalized(dimse::CommandField field, std::uint16_t id, std::string_view sop_class,
                             std::string_view instance) {
  auto command = dimse::command(field, id);
  const bool requested = command.elements().has(tags::RequestedSOPClassUID);
  command.elements().set_text(requested ? tags::RequestedSOPClassUID : tags::AffectedSOPClassUID, sop_class);
  command.elements().set_text(requested ? tags::RequestedSOPInstanceUID : tags::AffectedSOPInstanceUID, instance);
  return command;
}

/// Modality Performed Procedure Step: created, set, read; a film session deleted.
Conversation steps_performed() {
  constexpr std::string_view performed = "1.2.840.10008.3.1.2.3.3";
  constexpr std::string_view retrieve = "1.2.840.10008.3.1.2.3.4";
  constexpr std::string_view film_session = "1.2.840.10008.5.1.1.1";
  const Agreement agreed({{performed, {implicit}}, {retrieve, {implicit}}, {film_session, {implicit}}});
  dataset::DataSet data(dataset::implicit_le);
  data.set_text(tags::PatientID, "4711");
  Conversation c;
  c.associate(agreed.rq, agreed.ac);
  const auto exchange = [&](std::uint8_t id, dimse::CommandSet rq, bool with_data, bool answer_with_data) {
    if (with_data) rq.elements().set_u16(tags::CommandDataSetType, 1);
    c.send(R, message(id, rq, with_data ? encoded(data) : Bytes{}));
    c.send(A, message(id, dimse::response_to(rq, 0, answer_with_data), answer_with_data ? encoded(data) : Bytes{}));
  };
  exchange(1, normalized(dimse::CommandField::n_create_rq, 1, performed, "1.2.3.7"), true, false);
  exchange(1, normalized(dimse::CommandField::n_set_rq, 2, performed, "1.2.3.7"), true, false);
  exchange(3, normalized(dimse::CommandField::n_get_rq, 3, retrieve, "1.2.3.7"), false, true);
  exchange(5, normalized(dimse::CommandField::n_delete_rq, 4, film_session, "1.2.3.8"), false, false);
  return c.release();
}

/// Storage Commitment: asked and reported on one association.
Conversation committed() {
  constexpr std::string_view commitment = "1.2.840.10008.1.20.1";
  constexpr std::string_view instance = "1.2.840.10008.1.20.1.1";
  const Agreement agreed({{commitment, {implicit}}});
  dataset::DataSet data(dataset::implicit_le);
  data.set_text(Tag{0x0008, 0x1195}, "1.2.3.77");
  auto action = normalized(dimse::CommandField::n_action_rq, 1, commitment, instance);
  action.elements().set_u16(tags::CommandDataSetType, 1);
  action.elements().set_u16(tags::ActionTypeID, 1);
  auto event = normalized(dimse::CommandField::n_event_report_rq, 1, commitment, instance);
  event.elements().set_u16(tags::CommandDataSetType, 1);
  event.elements().set_u16(tags::EventTypeID, 1);
  Conversation c;
  c.associate(agreed.rq, agreed.ac).send(R, message(1, action, encoded(data)));
  c.send(A, message(1, dimse::response_to(action, 0))).send(A, message(1, event, encoded(data)));
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
