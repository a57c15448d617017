// Faults in queries, retrievals and the worklist, and objects that contradict each other (PS3.4 C, K; PS3.3 A.1.2).
#include "agreement.hpp"
#include "changes.hpp"
#include "planted_faults.hpp"

namespace assay::test {
namespace {

using dataset::DataSet;
using dimse::CommandField;

constexpr auto R = Side::requestor;
constexpr auto A = Side::acceptor;
constexpr auto implicit = uids::ImplicitVRLittleEndian;
constexpr auto study_find = uids::StudyRootQueryRetrieveInformationModelFind;
constexpr auto patient_find = uids::PatientRootQueryRetrieveInformationModelFind;
constexpr auto study_move = uids::StudyRootQueryRetrieveInformationModelMove;

DataSet keys(std::string_view level, const Texts& texts) {
  auto out = data_of(texts);
  out.set_text(tags::QueryRetrieveLevel, level);
  return out;
}

/// A study-level query with one match; the query, the match and its status changed.
Conversation query(const Change& of_query, const Change& of_match, std::uint16_t pending = 0xff00,
                   std::string_view model = study_find) {
  auto asked = keys("STUDY", {{tags::StudyDate, "20240101-20240131"},
                              {tags::AccessionNumber, ""},
                              {tags::PatientID, "4711"},
                              {tags::StudyInstanceUID, ""}});
  auto match = keys("STUDY", {{tags::StudyDate, "20240105"},
                              {tags::AccessionNumber, "A1"},
                              {tags::PatientID, "4711"},
                              {tags::StudyInstanceUID, "1.2.3"}});
  of_query(asked);
  of_match(match);
  const auto rq = dimse::c_find_rq(1, model);
  Talk talk({{model, {implicit}}});
  talk.say(R, 1, rq, asked).say(A, 1, dimse::response_to(rq, pending, true), match);
  return talk.say(A, 1, dimse::response_to(rq, 0)).release();
}

/// A C-MOVE of a series, refused.
Conversation move_of(const Change& of_identifier, std::string_view destination = "WORKSTATION") {
  auto asked = keys("SERIES", {{tags::StudyInstanceUID, "1.2.3"}, {tags::SeriesInstanceUID, "1.2.3.1"}});
  of_identifier(asked);
  const auto rq = dimse::c_move_rq(1, study_move, destination);
  return Talk({{study_move, {implicit}}}).say(R, 1, rq, asked).say(A, 1, dimse::response_to(rq, 0xa801)).release();
}

/// A C-GET of two images with one pending response; its final response and what comes behind it as given.
struct Get {
  std::array<std::uint16_t, 2> stored{0, 0};
  std::optional<std::uint16_t> remaining = 1;
  std::uint16_t status = 0;
  std::array<std::uint16_t, 3> ended{2, 0, 0};  // completed, failed, with a warning
  std::string_view failed;
  std::string_view study = "1.2.3";
  bool originator = false;
  bool store_behind = false;

  [[nodiscard]] Conversation play() const {
    Agreement agreed({{get_uid, {implicit}}, {uids::CTImageStorage, {implicit}}});
    agreed.both(pdu::RoleSelectionSubItem{std::string(uids::CTImageStorage), 0, 1});
    Talk talk(agreed);
    const auto rq = dimse::c_get_rq(1, get_uid);
    talk.say(R, 1, rq, keys("STUDY", {{tags::StudyInstanceUID, "1.2.3"}}));
    store(talk, 11, "1.2.3.1.1", stored[0], study);
    talk.say(A, 1, counted(dimse::response_to(rq, 0xff00), remaining, stored[0] == 0 ? 1 : 0, stored[0] == 0 ? 0 : 1));
    if (!store_behind) store(talk, 12, "1.2.3.1.2", stored[1], "1.2.3");
    const auto final = counted(dimse::response_to(rq, status), {}, ended[0], ended[1], ended[2]);
    if (failed.empty()) {
      talk.say(A, 1, final);
    } else {
      talk.say(A, 1, final, data_of({{tags::FailedSOPInstanceUIDList, failed}}));
    }
    if (store_behind) store(talk, 12, "1.2.3.1.2", stored[1], "1.2.3");
    return talk.release();
  }

 private:
  void store(Talk& talk, std::uint16_t id, std::string_view uid, std::uint16_t answer, std::string_view of) const {
    auto rq = dimse::c_store_rq(id, uids::CTImageStorage, uid);
    if (originator && id == 11) {
      rq.elements().set_text(tags::MoveOriginatorApplicationEntityTitle, "WORKSTATION");
      rq.elements().set_u16(tags::MoveOriginatorMessageID, 1);
    }
    auto data = image_of_series(uid);
    data.set_text(tags::StudyInstanceUID, of);
    if (of != "1.2.3") data.set_text(tags::SeriesInstanceUID, "1.2.4.1");
    talk.say(A, 3, rq, data).say(R, 3, dimse::response_to(rq, answer));
  }
};

Conversation worklist(const Change& of_query, const Change& of_match) {
  auto asked = worklist_query();
  auto match = worklist_match();
  of_query(asked);
  of_match(match);
  const auto rq = dimse::c_find_rq(1, worklist_uid);
  Talk talk({{worklist_uid, {implicit}}});
  talk.say(R, 1, rq, asked).say(A, 1, dimse::response_to(rq, 0xff00, true), match);
  return talk.say(A, 1, dimse::response_to(rq, 0)).release();
}
DataSet match_item() {
  const auto match = worklist_match();
  DataSet out(dataset::implicit_le);
  for (const auto* node : match.items(tags::ScheduledProcedureStepSequence).front().elements())
    out.set_bytes(node->tag, dict::implicit_vr(node->tag), node->value);
  return out;
}

/// Two images on one association; the second changed.
Conversation two_images(const Change& of_second) {
  Talk talk({{uids::CTImageStorage, {implicit}}});
  const auto first = dimse::c_store_rq(1, uids::CTImageStorage, "1.2.3.1.1");
  const auto second = dimse::c_store_rq(2, uids::CTImageStorage, "1.2.3.1.2");
  auto data = image_of_series("1.2.3.1.2");
  of_second(data);
  talk.say(R, 1, first, image_of_series("1.2.3.1.1")).answer(1, first);
  return talk.say(R, 1, second, data).answer(1, second).release();
}

}  // namespace

std::vector<Planted> planted_in_services() {
  std::vector<Planted> all;
  const auto plant = [&](std::string_view name, std::string_view rule, Side side, std::uint32_t pdu,
                         const std::function<Conversation(bool)>& play) {
    all.push_back({name, rule, side, pdu, std::nullopt, [play](Conversation& c, bool fault) { c = play(fault); }});
  };
  // Queries
  plant("UpperKeyMissing", "ps3.4/C.4.1.2/unique-key-above-level", R, 4,
        [=](bool fault) { return query(when(fault, without(tags::PatientID)), nothing, 0xff00, patient_find); });
  plant("UpperKeyWild", "ps3.4/C.4.1.2/unique-key-above-level", R, 4,
        [=](bool fault) { return query(when(fault, with(tags::PatientID, "47*")), nothing, 0xff00, patient_find); });
  plant("OwnKeyMissing", "ps3.4/C.4.1.2/unique-key-of-level", R, 4,
        [=](bool fault) { return query(when(fault, without(tags::StudyInstanceUID)), nothing); });
  plant("KeyOfOtherLevel", "ps3.4/C.4.1.2/key-of-other-level", R, 4, [=](bool fault) {
    return query(when(fault, with(tags::Modality, "CT")), when(fault, with(tags::Modality, "CT")));
  });
  plant("MatchAtOtherLevel", "ps3.4/C.4.1.1.3.2/level-of-match", A, 6,
        [=](bool fault) { return query(nothing, when(fault, with(tags::QueryRetrieveLevel, "SERIES"))); });
  plant("MatchWithoutUniqueKey", "ps3.4/C.4.1.1.3.2/unique-key-in-match", A, 6,
        [=](bool fault) { return query(nothing, when(fault, with(tags::StudyInstanceUID, ""))); });
  plant("RequiredKeyNotReturned", "ps3.4/C.4.1.1.3.2/key-not-returned", A, 6,
        [=](bool fault) { return query(nothing, when(fault, without(tags::AccessionNumber))); });
  plant("OptionalKeyNotReturned", "ps3.4/C.4.1.1.4/optional-key-not-returned", A, 5, [=](bool fault) {
    return query(with(tags::StudyDescription, ""), nothing, fault ? std::uint16_t{0xff00} : std::uint16_t{0xff01});
  });
  plant("MatchDisagrees", "ps3.4/C.2.2.2/match-disagrees", A, 6,
        [=](bool fault) { return query(nothing, when(fault, with(tags::StudyDate, "20240205"))); });
  plant("MatchOfOtherPatient", "ps3.4/C.2.2.2/match-disagrees", A, 6,
        [=](bool fault) { return query(nothing, when(fault, with(tags::PatientID, "4712"))); });
  plant("KeyNotAsked", "ps3.4/C.4.1.1.3.2/key-not-asked", A, 6,
        [=](bool fault) { return query(nothing, when(fault, with(tags::StudyDescription, "HEAD"))); });
  plant("MatchRepeated", "ps3.4/C.4.1.1/match-repeated", A, 8, [](bool fault) {
    const auto rq = dimse::c_find_rq(1, study_find);
    Talk talk({{study_find, {implicit}}});
    talk.say(R, 1, rq, keys("STUDY", {{tags::StudyInstanceUID, ""}}));
    for (const std::string_view uid : {"1.2.3", fault ? "1.2.3" : "1.2.4"})
      talk.say(A, 1, dimse::response_to(rq, 0xff00, true), keys("STUDY", {{tags::StudyInstanceUID, uid}}));
    return talk.say(A, 1, dimse::response_to(rq, 0)).release();
  });
  plant("CharacterSetNotDeclared", "ps3.5/6.1.2.3/undeclared-character", A, 6, [](bool fault) {
    return query(nothing, [=](DataSet& data) {
      data.set_text(tags::AccessionNumber, "M\xfcll");
      if (!fault) data.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
    });
  });

  // Retrievals
  plant("RetrieveKeyMissing", "ps3.4/C.4.2.2/unique-key", R, 4,
        [=](bool fault) { return move_of(when(fault, without(tags::SeriesInstanceUID))); });
  plant("RetrieveUpperKeyMissing", "ps3.4/C.4.2.2/unique-key", R, 4,
        [=](bool fault) { return move_of(when(fault, without(tags::StudyInstanceUID))); });
  plant("RetrieveByOtherKey", "ps3.4/C.4.2.1.4/key-not-unique", R, 4,
        [=](bool fault) { return move_of(when(fault, with(tags::Modality, "CT"))); });
  plant("MoveDestinationBlank", "ps3.7/9.1.4/move-destination-blank", R, 3,
        [=](bool fault) { return move_of(nothing, fault ? "  " : "WORKSTATION"); });
  plant("SubOperationTotal", "ps3.4/C.4.2/sub-operation-total", A, 12,
        [](bool fault) { return Get{.remaining = fault ? std::uint16_t{2} : std::uint16_t{1}}.play(); });
  plant("SuccessWithFailures", "ps3.4/C.4.2/final-status-against-counts", A, 12, [](bool fault) {
    Get get{.stored = {0, 0xa700}, .status = 0xb000, .ended = {1, 1, 0}, .failed = "1.2.3.1.2"};
    if (fault) {
      get.status = 0;
      get.failed = {};
    }
    return get.play();
  });
  plant("WarningWithoutFailures", "ps3.4/C.4.2/final-status-against-counts", A, 12,
        [](bool fault) { return Get{.status = fault ? std::uint16_t{0xb000} : std::uint16_t{0}}.play(); });
  plant("AllFailedAsWarning", "ps3.4/C.4.2/final-status-against-counts", A, 12, [](bool fault) {
    return Get{.stored = {0xa700, 0xa700},
               .status = fault ? std::uint16_t{0xb000} : std::uint16_t{0xa702},
               .ended = {0, 2, 0},
               .failed = "1.2.3.1.1\\1.2.3.1.2"}
        .play();
  });
  plant("FailedListMissing", "ps3.4/C.4.2/failed-list-missing", A, 12, [](bool fault) {
    return Get{.stored = {0, 0xa700}, .status = 0xb000, .ended = {1, 1, 0}, .failed = fault ? "" : "1.2.3.1.2"}.play();
  });
  plant("FailedListTooLong", "ps3.4/C.4.2/failed-list-against-count", A, 13, [](bool fault) {
    return Get{.stored = {0, 0xa700},
               .status = 0xb000,
               .ended = {1, 1, 0},
               .failed = fault ? "1.2.3.1.2\\1.2.3.1.3" : "1.2.3.1.2"}
        .play();
  });
  plant("FailedListNamesStored", "ps3.4/C.4.2/failed-list-names-stored", A, 13, [](bool fault) {
    return Get{.stored = {0, 0xa700}, .status = 0xb000, .ended = {1, 1, 0}, .failed = fault ? "1.2.3.1.1" : "1.2.3.1.2"}
        .play();
  });
  plant("CountsAgainstStores", "ps3.4/C.4.3/counts-against-stores", A, 12, [](bool fault) {
    Get get{.stored = {0, 0xb000}, .status = 0xb000, .ended = {1, 0, 1}};
    if (fault) get.stored = {0, 0};
    return get.play();
  });
  plant("StoreBehindGet", "ps3.4/C.4.3/store-outside-get", A, 10, [](bool fault) {
    return fault ? Get{.remaining = 0, .ended = {1, 0, 0}, .store_behind = true}.play() : Get{}.play();
  });
  plant("ObjectNotAsked", "ps3.4/C.4.3/object-not-asked", A, 6,
        [](bool fault) { return Get{.study = fault ? "1.2.4" : "1.2.3"}.play(); });
  plant("OriginatorInGet", "ps3.7/9.1.1/move-originator-without-move", A, 5,
        [](bool fault) { return Get{.originator = fault}.play(); });
  plant("HalfOriginator", "ps3.7/9.1.1/move-originator-pair", R, 3, [](bool fault) {
    auto rq = dimse::c_store_rq(1, uids::CTImageStorage, "1.2.3.1.1");
    rq.elements().set_text(tags::MoveOriginatorApplicationEntityTitle, "WORKSTATION");
    if (!fault) rq.elements().set_u16(tags::MoveOriginatorMessageID, 7);
    return Talk({{uids::CTImageStorage, {implicit}}})
        .say(R, 1, rq, image_of_series("1.2.3.1.1"))
        .answer(1, rq)
        .release();
  });

  // Worklist
  plant("TwoStepsInQuery", "ps3.4/K.6.1.2/step-sequence-in-query", R, 4, [=](bool fault) {
    return worklist(when(fault,
                         [](DataSet& data) {
                           data.set_sequence(tags::ScheduledProcedureStepSequence,
                                             {data_of({{tags::Modality, "CT"}}), data_of({{tags::Modality, "MR"}})});
                         }),
                    nothing);
  });
  plant("TwoStepsInMatch", "ps3.4/K.6.1.2/step-sequence-in-match", A, 6, [=](bool fault) {
    return worklist(nothing, when(fault, [](DataSet& data) {
                      data.set_sequence(tags::ScheduledProcedureStepSequence, {match_item(), match_item()});
                    }));
  });
  plant("ReturnKeyMissing", "ps3.4/K.6.1.2/return-key-missing", A, 6,
        [=](bool fault) { return worklist(nothing, when(fault, with(tags::StudyInstanceUID, ""))); });
  plant("ReturnKeyOfStepMissing", "ps3.4/K.6.1.2/return-key-missing", A, 6, [=](bool fault) {
    return worklist(nothing, when(fault, in_item(tags::ScheduledProcedureStepSequence, match_item,
                                                 without(tags::ScheduledPerformingPhysicianName))));
  });
  plant("WorklistOfOtherStation", "ps3.4/K.6.1.2/match-disagrees", A, 6, [=](bool fault) {
    return worklist(nothing, when(fault, in_item(tags::ScheduledProcedureStepSequence, match_item,
                                                 with(tags::ScheduledStationAETitle, "CT2"))));
  });
  plant("StepRepeated", "ps3.4/K.4.1.3/step-repeated", A, 8, [](bool fault) {
    const auto rq = dimse::c_find_rq(1, worklist_uid);
    Talk talk({{worklist_uid, {implicit}}});
    talk.say(R, 1, rq, worklist_query());
    for (const std::string_view id : {"S1", fault ? "S1" : "S2"})
      talk.say(A, 1, dimse::response_to(rq, 0xff00, true), worklist_match(id));
    return talk.say(A, 1, dimse::response_to(rq, 0)).release();
  });

  // Objects of one connection
  plant("SeriesOfTwoStudies", "ps3.3/A.1.2/series-of-two-studies", R, 7,
        [=](bool fault) { return two_images(when(fault, with(tags::StudyInstanceUID, "1.2.4"))); });
  plant("SeriesOfTwoModalities", "ps3.3/A.1.2/series-of-two-modalities", R, 7,
        [=](bool fault) { return two_images(when(fault, with(tags::Modality, "MR"))); });
  plant("StudyOfTwoPatients", "ps3.3/A.1.2/study-of-two-patients", R, 7,
        [=](bool fault) { return two_images(when(fault, with(tags::PatientID, "4712"))); });
  return all;
}

}  // namespace assay::test
