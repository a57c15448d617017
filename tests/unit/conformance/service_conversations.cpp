// The correct conversations that the score of the service rules starts from: every service, a message to a step.
#include "agreement.hpp"
#include "service_data.hpp"
#include "service_variants.hpp"

namespace assay::test {
namespace {

using dimse::CommandField;

constexpr auto R = Side::requestor;
constexpr auto A = Side::acceptor;
constexpr auto implicit = uids::ImplicitVRLittleEndian;
constexpr auto find_uid = uids::StudyRootQueryRetrieveInformationModelFind;
constexpr auto patient_find_uid = uids::PatientRootQueryRetrieveInformationModelFind;
constexpr auto move_uid = uids::StudyRootQueryRetrieveInformationModelMove;

Conversation echoed() {
  const auto rq = dimse::c_echo_rq(5);
  return Talk({{uids::Verification, {implicit}}}).say(R, 1, rq).say(A, 1, dimse::response_to(rq, 0)).release();
}

Conversation stored() {
  Talk talk({{uids::CTImageStorage, {implicit}}});
  std::uint16_t id = 0;
  for (const std::string_view uid : {"1.2.3.1.1", "1.2.3.1.2"}) {
    auto rq = dimse::c_store_rq(++id, uids::CTImageStorage, uid);
    if (id == 2) {
      rq.elements().set_text(tags::MoveOriginatorApplicationEntityTitle, "WORKSTATION");
      rq.elements().set_u16(tags::MoveOriginatorMessageID, 7);
    }
    talk.say(R, 1, rq, image_of_series(uid));
    talk.say(A, 1, dimse::response_to(rq, static_cast<std::uint16_t>(id == 1 ? 0 : 0xb000)));
  }
  return talk.release();
}

dataset::DataSet keys(std::string_view level, const Texts& texts) {
  auto out = data_of(texts);
  out.set_text(tags::QueryRetrieveLevel, level);
  return out;
}

Conversation studies_found() {
  Talk talk({{find_uid, {implicit}}});
  const auto rq = dimse::c_find_rq(1, find_uid);
  talk.say(
      R, 1, rq,
      keys("STUDY", {{tags::StudyDate, "20240101-20240131"}, {tags::PatientID, "4711"}, {tags::StudyInstanceUID, ""}}));
  for (const std::string_view uid : {"1.2.3", "1.2.4"}) {
    talk.say(A, 1, dimse::response_to(rq, 0xff00, true),
             keys("STUDY", {{tags::StudyDate, "20240105"},
                            {tags::RetrieveAETitle, "ARCHIVE"},
                            {tags::PatientID, "4711"},
                            {tags::StudyInstanceUID, uid}}));
  }
  return talk.say(A, 1, dimse::response_to(rq, 0)).release();
}

Conversation series_and_images_found() {
  Talk talk({{patient_find_uid, {implicit}}});
  const auto series = dimse::c_find_rq(1, patient_find_uid);
  talk.say(R, 1, series,
           keys("SERIES", {{tags::Modality, "CT"},
                           {tags::PatientID, "4711"},
                           {tags::StudyInstanceUID, "1.2.3"},
                           {tags::SeriesInstanceUID, ""}}));
  talk.say(A, 1, dimse::response_to(series, 0xff00, true),
           keys("SERIES", {{tags::Modality, "CT"},
                           {tags::PatientID, "4711"},
                           {tags::StudyInstanceUID, "1.2.3"},
                           {tags::SeriesInstanceUID, "1.2.3.1"}}));
  talk.say(A, 1, dimse::response_to(series, 0));
  const auto images = dimse::c_find_rq(2, patient_find_uid);
  const auto image = [](std::string_view number, std::string_view uid) {
    return keys("IMAGE", {{tags::InstanceNumber, number},
                          {tags::PatientID, "4711"},
                          {tags::StudyInstanceUID, "1.2.3"},
                          {tags::SeriesInstanceUID, "1.2.3.1"},
                          {tags::SOPInstanceUID, uid}});
  };
  talk.say(R, 1, images, image("", ""));
  talk.say(A, 1, dimse::response_to(images, 0xff00, true), image("1", "1.2.3.1.1"));
  talk.say(R, 1, dimse::c_cancel_rq(2));
  talk.say(A, 1, dimse::response_to(images, 0xff00, true), image("2", "1.2.3.1.2"));
  return talk.say(A, 1, dimse::response_to(images, 0xfe00)).release();
}

dataset::DataSet failed_list(std::string_view uids) { return data_of({{tags::FailedSOPInstanceUIDList, uids}}); }

Conversation got() {
  Agreement agreed({{get_uid, {implicit}}, {uids::CTImageStorage, {implicit}}});
  agreed.both(pdu::RoleSelectionSubItem{std::string(uids::CTImageStorage), 0, 1});
  Talk talk(agreed);
  const auto stores = [&](std::uint16_t id, std::string_view uid, std::uint16_t status) {
    const auto rq = dimse::c_store_rq(id, uids::CTImageStorage, uid);
    talk.say(A, 3, rq, image_of_series(uid)).say(R, 3, dimse::response_to(rq, status));
  };
  const auto all = dimse::c_get_rq(1, get_uid);
  talk.say(R, 1, all, keys("STUDY", {{tags::StudyInstanceUID, "1.2.3"}}));
  stores(11, "1.2.3.1.1", 0);
  talk.say(A, 1, counted(dimse::response_to(all, 0xff00), 1, 1));
  stores(12, "1.2.3.1.2", 0);
  talk.say(A, 1, counted(dimse::response_to(all, 0), {}, 2));
  const auto some = dimse::c_get_rq(2, get_uid);
  talk.say(R, 1, some, keys("SERIES", {{tags::StudyInstanceUID, "1.2.3"}, {tags::SeriesInstanceUID, "1.2.3.1"}}));
  stores(13, "1.2.3.1.1", 0xa700);
  talk.say(A, 1, counted(dimse::response_to(some, 0xff00), 1, 0, 1));
  stores(14, "1.2.3.1.2", 0);
  talk.say(A, 1, counted(dimse::response_to(some, 0xb000), {}, 1, 1), failed_list("1.2.3.1.1"));
  return talk.release();
}

Conversation moved_away() {
  Talk talk({{move_uid, {implicit}}});
  const auto first = dimse::c_move_rq(1, move_uid, "WORKSTATION");
  talk.say(R, 1, first, keys("STUDY", {{tags::StudyInstanceUID, "1.2.3"}}));
  talk.say(A, 1, counted(dimse::response_to(first, 0xff00), 2, 1));
  talk.say(A, 1, counted(dimse::response_to(first, 0xff00), 1, 1, 1));
  talk.say(A, 1, counted(dimse::response_to(first, 0xb000), {}, 2, 1), failed_list("1.2.3.1.2"));
  const auto second = dimse::c_move_rq(2, move_uid, "WORKSTATION");
  talk.say(R, 1, second,
           keys("IMAGE", {{tags::StudyInstanceUID, "1.2.3"},
                          {tags::SeriesInstanceUID, "1.2.3.1"},
                          {tags::SOPInstanceUID, "1.2.3.1.1"}}));
  talk.say(A, 1, counted(dimse::response_to(second, 0xff00), 1, 0));
  return talk.say(A, 1, counted(dimse::response_to(second, 0), {}, 1)).release();
}

Conversation scheduled() {
  Talk talk({{worklist_uid, {implicit}}});
  const auto rq = dimse::c_find_rq(1, worklist_uid);
  talk.say(R, 1, rq, worklist_query());
  talk.say(A, 1, dimse::response_to(rq, 0xff00, true), worklist_match("S1"));
  talk.say(A, 1, dimse::response_to(rq, 0xff00, true), worklist_match("S2", "20240106"));
  return talk.say(A, 1, dimse::response_to(rq, 0)).release();
}

Conversation performed() {
  Talk talk({{performed_step_uid, {implicit}}});
  const auto step = [](CommandField field, std::uint16_t id) {
    return normalized(field, id, performed_step_uid, "1.2.3.7", true);
  };
  const auto create = step(CommandField::n_create_rq, 1);
  talk.say(R, 1, create, step_created()).say(A, 1, dimse::response_to(create, 0));
  const auto update = step(CommandField::n_set_rq, 2);
  talk.say(R, 1, update, data_of({{tags::PerformedProcedureStepStatus, "IN PROGRESS"}}));
  talk.say(A, 1, dimse::response_to(update, 0));
  const auto end = step(CommandField::n_set_rq, 3);
  return talk.say(R, 1, end, step_ended()).say(A, 1, dimse::response_to(end, 0)).release();
}

Conversation committed_and_failed() {
  Talk talk({{commitment_uid, {implicit}}});
  const auto of = [](CommandField field, std::uint16_t id, std::uint16_t type) {
    return normalized(field, id, commitment_uid, commitment_instance, true, type);
  };
  const auto first = of(CommandField::n_action_rq, 1, 1);
  talk.say(R, 1, first, commitment_request("1.2.3.77", {"1.2.3.1.1", "1.2.3.1.2"}));
  talk.say(A, 1, dimse::response_to(first, 0));
  const auto done = of(CommandField::n_event_report_rq, 1, 1);
  talk.say(A, 1, done, commitment_report("1.2.3.77", {"1.2.3.1.1", "1.2.3.1.2"}));
  talk.say(R, 1, dimse::response_to(done, 0));
  const auto second = of(CommandField::n_action_rq, 2, 1);
  talk.say(R, 1, second, commitment_request("1.2.3.78", {"1.2.3.1.1", "1.2.3.1.3"}));
  talk.say(A, 1, dimse::response_to(second, 0));
  const auto failed = of(CommandField::n_event_report_rq, 2, 2);
  talk.say(A, 1, failed, commitment_report("1.2.3.78", {"1.2.3.1.1"}, {"1.2.3.1.3"}));
  return talk.say(R, 1, dimse::response_to(failed, 0)).release();
}

Conversation printed() {
  Talk talk({{gray_print_uid, {implicit}}});
  const auto session = normalized(CommandField::n_create_rq, 1, film_session_uid, "1.2.3.8");
  talk.say(R, 1, session).say(A, 1, dimse::response_to(session, 0));
  const auto film = normalized(CommandField::n_create_rq, 2, film_box_uid, "1.2.3.9", true);
  talk.say(R, 1, film, film_box_request("1.2.3.8"));
  talk.say(A, 1, dimse::response_to(film, 0, true), film_box_response("1.2.3.8", {"1.2.3.9.1", "1.2.3.9.2"}));
  const auto box = normalized(CommandField::n_set_rq, 3, gray_box_uid, "1.2.3.9.2", true);
  talk.say(R, 1, box, image_box(2)).say(A, 1, dimse::response_to(box, 0));
  const auto print = normalized(CommandField::n_action_rq, 4, film_box_uid, "1.2.3.9", false, 1);
  talk.say(R, 1, print).say(A, 1, dimse::response_to(print, 0));
  const auto deleted = normalized(CommandField::n_delete_rq, 5, film_box_uid, "1.2.3.9");
  return talk.say(R, 1, deleted).say(A, 1, dimse::response_to(deleted, 0)).release();
}

Conversation printer_asked() {
  Talk talk({{printer_uid, {implicit}}});
  auto rq = normalized(CommandField::n_get_rq, 1, printer_uid, printer_instance);
  rq.elements().set_bytes(tags::AttributeIdentifierList, Vr::AT, Bytes{0x10, 0x21, 0x10, 0, 0x10, 0x21, 0x20, 0});
  talk.say(R, 1, rq);
  return talk
      .say(A, 1, dimse::response_to(rq, 0, true),
           data_of({{tags::PrinterStatus, "NORMAL"}, {tags::PrinterStatusInfo, "NORMAL"}}))
      .release();
}

}  // namespace

const std::vector<Correct>& service_conversations() {
  static const std::vector<Correct> all{
      {"echo", echoed()},
      {"store", stored()},
      {"find studies", studies_found()},
      {"find series and images", series_and_images_found()},
      {"get", got()},
      {"move", moved_away()},
      {"worklist", scheduled()},
      {"performed step", performed()},
      {"commitment", committed_and_failed()},
      {"print", printed()},
      {"printer", printer_asked()},
  };
  return all;
}

}  // namespace assay::test
