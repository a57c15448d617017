// Faults in procedure steps, commitment and print, and in what DIMSE-N commands carry (PS3.4 F, H, J; PS3.7 10.1).
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
constexpr auto refused = std::uint16_t{0x0110};

/// A step created and set once; `again` sets it a second time.
Conversation step(const Change& of_create, const Change& of_set, std::uint16_t created = 0, std::uint16_t set = 0,
                  std::optional<std::uint16_t> again = {}) {
  auto create = step_created();
  auto end = step_ended();
  of_create(create);
  of_set(end);
  const auto rq = [](CommandField field, std::uint16_t id) {
    return normalized(field, id, performed_step_uid, "1.2.3.7", true);
  };
  Talk talk({{performed_step_uid, {implicit}}});
  talk.say(R, 1, rq(CommandField::n_create_rq, 1), create);
  talk.answer(1, rq(CommandField::n_create_rq, 1), created);
  talk.say(R, 1, rq(CommandField::n_set_rq, 2), end).answer(1, rq(CommandField::n_set_rq, 2), set);
  if (again) {
    talk.say(R, 1, rq(CommandField::n_set_rq, 3), data_of({{tags::PerformedProcedureStepDescription, "NECK"}}));
    talk.answer(1, rq(CommandField::n_set_rq, 3), *again);
  }
  return talk.release();
}

/// A commitment of two instances: the request and the report changed.
Conversation commit(const Change& of_request, const Change& of_report, std::uint16_t type = 1,
                    std::string_view instance = commitment_instance, std::uint16_t answer = 0) {
  auto asked = commitment_request("1.2.3.77", {"1.2.3.1.1", "1.2.3.1.2"});
  auto told = commitment_report("1.2.3.77", {"1.2.3.1.1", "1.2.3.1.2"});
  of_request(asked);
  of_report(told);
  const auto action = normalized(CommandField::n_action_rq, 1, commitment_uid, instance, true, 1);
  const auto event = normalized(CommandField::n_event_report_rq, 1, commitment_uid, commitment_instance, true, type);
  Talk talk({{commitment_uid, {implicit}}});
  talk.say(R, 1, action, asked).answer(1, action, answer);
  if (answer != 0) return talk.release();
  return talk.say(A, 1, event, told).answer(1, event).release();
}

/// A film with two image boxes, of which the second is set.
struct Film {
  std::string_view session = "1.2.3.8";
  std::string_view set = "1.2.3.9.2";
  Change request = nothing;
  Change response = nothing;
  Change box = nothing;
  std::uint16_t type = 1;
  bool refuse_film = false;

  [[nodiscard]] Conversation play() const {
    Talk talk({{gray_print_uid, {implicit}}});
    const auto create = normalized(CommandField::n_create_rq, 1, film_session_uid, "1.2.3.8");
    talk.say(R, 1, create).answer(1, create);
    const auto film = normalized(CommandField::n_create_rq, 2, film_box_uid, "1.2.3.9", true);
    auto asked = film_box_request(session);
    request(asked);
    talk.say(R, 1, film, asked);
    if (refuse_film) return talk.answer(1, film, 0x0106).release();
    auto answered = film_box_response("1.2.3.8", {"1.2.3.9.1", "1.2.3.9.2"});
    response(answered);
    talk.say(A, 1, dimse::response_to(film, 0), answered);
    const auto picture = normalized(CommandField::n_set_rq, 3, gray_box_uid, set, true);
    auto image = image_box(2);
    box(image);
    talk.say(R, 1, picture, image).answer(1, picture);
    const auto print = normalized(CommandField::n_action_rq, 4, film_box_uid, "1.2.3.9", false, type);
    return talk.say(R, 1, print).answer(1, print).release();
  }
};

}  // namespace

std::vector<Planted> planted_in_normalized() {
  std::vector<Planted> all;
  const auto plant = [&](std::string_view name, std::string_view rule, Side side, std::uint32_t pdu,
                         const std::function<Conversation(bool)>& play) {
    all.push_back({name, rule, side, pdu, std::nullopt, [play](Conversation& c, bool fault) { c = play(fault); }});
  };
  // Procedure steps
  plant("CreatedCompleted", "ps3.4/F.7.2.1/initial-state", R, 4, [=](bool fault) {
    return step(when(fault, with(tags::PerformedProcedureStepStatus, "COMPLETED")), nothing,
                fault ? std::uint16_t{0x0106} : std::uint16_t{0}, fault ? std::uint16_t{0x0112} : std::uint16_t{0});
  });
  plant("CreatedWithoutModality", "ps3.4/F.7.2.1/attribute-missing", R, 4,
        [=](bool fault) { return step(when(fault, without(tags::Modality)), nothing); });
  plant("CreatedWithoutStudy", "ps3.4/F.7.2.1/attribute-missing", R, 4, [=](bool fault) {
    return step(when(fault,
                     [](DataSet& data) {
                       data.set_sequence(tags::ScheduledStepAttributesSequence,
                                         {data_of({{tags::AccessionNumber, "A1"}})});
                     }),
                nothing);
  });
  plant("UnknownState", "ps3.4/F.7.2.2/state", R, 7, [=](bool fault) {
    return step(nothing, when(fault, with(tags::PerformedProcedureStepStatus, "FINISHED")), 0,
                fault ? std::uint16_t{0x0106} : std::uint16_t{0});
  });
  plant("FixedAttributeSet", "ps3.4/F.7.2.2/attribute-not-allowed", R, 7,
        [=](bool fault) { return step(nothing, when(fault, with(tags::PatientName, "Roe^Jane"))); });
  plant("SeriesWithoutProtocol", "ps3.4/F.7.2.2/series-attribute-missing", R, 7, [=](bool fault) {
    return step(nothing,
                when(fault, in_item(tags::PerformedSeriesSequence, performed_series, with(tags::ProtocolName, ""))));
  });
  plant("EndedWithoutEndTime", "ps3.4/F.7.2.2/final-attribute-missing", R, 7,
        [=](bool fault) { return step(nothing, when(fault, without(tags::PerformedProcedureStepEndTime))); });
  plant("SetAfterEnd", "ps3.4/F.7.2.2/set-after-end", R, 9, [=](bool fault) {
    return fault ? step(nothing, nothing, 0, 0, refused)
                 : step(nothing, with(tags::PerformedProcedureStepStatus, "IN PROGRESS"), 0, 0, std::uint16_t{0});
  });
  plant("CreatedTwice", "ps3.4/F.7.2.1/created-twice", R, 6, [](bool fault) {
    const auto first = normalized(CommandField::n_create_rq, 1, performed_step_uid, "1.2.3.7", true);
    const auto second =
        normalized(CommandField::n_create_rq, 2, performed_step_uid, fault ? "1.2.3.7" : "1.2.3.6", true);
    Talk talk({{performed_step_uid, {implicit}}});
    talk.say(R, 1, first, step_created()).answer(1, first);
    talk.say(R, 1, second, step_created()).answer(1, second, fault ? std::uint16_t{0x0111} : std::uint16_t{0});
    return talk.release();
  });

  // Storage Commitment
  plant("OtherCommitmentInstance", "ps3.4/J.3/well-known-instance", R, 3,
        [](bool fault) { return fault ? commit(nothing, nothing, 1, "1.2.3.4", 0x0112) : commit(nothing, nothing); });
  plant("EventTypeThree", "ps3.4/J.3/type-id", A, 6,
        [](bool fault) { return commit(nothing, nothing, fault ? std::uint16_t{3} : std::uint16_t{1}); });
  plant("CommitmentOfNothing", "ps3.4/J.3/attribute-missing", R, 4, [=](bool fault) {
    return fault ? commit(without(tags::ReferencedSOPSequence), nothing, 1, commitment_instance, 0x0110)
                 : commit(nothing, nothing);
  });
  plant("AskedTwice", "ps3.4/J.3.2/instance-asked-twice", R, 4, [](bool fault) {
    const Change twice = [](DataSet& data) {
      const auto item = reference(uids::CTImageStorage, "1.2.3.1.1");
      data.set_sequence(tags::ReferencedSOPSequence, {item, item});
    };
    return fault ? commit(twice, nothing, 1, commitment_instance, 0x0110) : commit(nothing, nothing);
  });
  plant("TransactionReused", "ps3.4/J.3.2/transaction-uid-reused", R, 7, [](bool fault) {
    Talk talk({{commitment_uid, {implicit}}});
    for (const std::uint16_t id : std::initializer_list<std::uint16_t>{1, 2}) {
      const auto rq = normalized(CommandField::n_action_rq, id, commitment_uid, commitment_instance, true, 1);
      talk.say(R, 1, rq, commitment_request(fault || id == 1 ? "1.2.3.77" : "1.2.3.78", {"1.2.3.1.1"})).answer(1, rq);
    }
    return talk.release();
  });
  plant("FailuresReportedAsSuccess", "ps3.4/J.3.3/type-against-failures", A, 6, [](bool fault) {
    const Change partly = [](DataSet& data) { data = commitment_report("1.2.3.77", {"1.2.3.1.1"}, {"1.2.3.1.2"}); };
    return commit(nothing, partly, fault ? std::uint16_t{1} : std::uint16_t{2});
  });
  plant("InBothLists", "ps3.4/J.3.3/instance-in-both-lists", A, 7, [](bool fault) {
    const Change both = [=](DataSet& data) {
      data = commitment_report("1.2.3.77", {"1.2.3.1.1", "1.2.3.1.2"}, {"1.2.3.1.2"});
      if (!fault) data = commitment_report("1.2.3.77", {"1.2.3.1.1"}, {"1.2.3.1.2"});
    };
    return commit(nothing, both, 2);
  });
  plant("InstanceNotReported", "ps3.4/J.3.3/instances-not-those-asked", A, 7, [=](bool fault) {
    return commit(nothing, when(fault, [](DataSet& data) { data = commitment_report("1.2.3.77", {"1.2.3.1.1"}); }));
  });
  plant("OddFailureReason", "ps3.4/J.3.3/failure-reason", A, 7, [](bool fault) {
    const Change failed = [=](DataSet& data) {
      data = commitment_report("1.2.3.77", {"1.2.3.1.1"});
      auto item = reference(uids::CTImageStorage, "1.2.3.1.2");
      item.set_u16(tags::FailureReason, fault ? 0x9999 : 0x0110);
      data.set_sequence(tags::FailedSOPSequence, {item});
    };
    return commit(nothing, failed, 2);
  });
  plant("ReportedTwice", "ps3.4/J.3.3/reported-twice", A, 10, [](bool fault) {
    const auto action = normalized(CommandField::n_action_rq, 1, commitment_uid, commitment_instance, true, 1);
    Talk talk({{commitment_uid, {implicit}}});
    talk.say(R, 1, action, commitment_request("1.2.3.77", {"1.2.3.1.1"})).answer(1, action);
    for (const std::uint16_t id : std::initializer_list<std::uint16_t>{1, 2}) {
      const auto event = normalized(CommandField::n_event_report_rq, id, commitment_uid, commitment_instance, true, 1);
      talk.say(A, 1, event, commitment_report("1.2.3.77", {"1.2.3.1.1"}));
      talk.answer(1, event, !fault && id == 1 ? refused : std::uint16_t{0});
    }
    return talk.release();
  });

  // Print
  plant("FilmOfUnknownSession", "ps3.4/H.4/instance-unknown", R, 6,
        [](bool fault) { return Film{.session = fault ? "1.2.3.5" : "1.2.3.8", .refuse_film = fault}.play(); });
  plant("UnknownImageBox", "ps3.4/H.4/instance-unknown", R, 9,
        [](bool fault) { return Film{.set = fault ? "1.2.3.9.7" : "1.2.3.9.2"}.play(); });
  plant("FilmWithoutFormat", "ps3.4/H.4/attribute-missing", R, 6, [=](bool fault) {
    return Film{.request = when(fault, without(tags::ImageDisplayFormat)), .refuse_film = fault}.play();
  });
  plant("FilmWithoutImageBoxes", "ps3.4/H.4.2/image-boxes-missing", A, 8,
        [=](bool fault) { return Film{.response = when(fault, without(tags::ReferencedImageBoxSequence))}.play(); });
  plant("FilmWithTooFewImageBoxes", "ps3.4/H.4.2/image-box-count", A, 8, [=](bool fault) {
    return Film{.response = when(fault,
                                 [](DataSet& data) {
                                   const auto three =
                                       film_box_response("1.2.3.8", {"1.2.3.9.1", "1.2.3.9.2", "1.2.3.9.3"});
                                   data = three;
                                 })}
        .play();
  });
  plant("ImageBoxPosition", "ps3.4/H.4.3/image-box-position", R, 10,
        [=](bool fault) { return Film{.box = when(fault, [](DataSet& data) { data = image_box(3); })}.play(); });
  plant("PrintedPixelsTooFew", "ps3.4/H.4.3/pixel-data-length", R, 10, [=](bool fault) {
    return Film{.box = when(fault,
                            [](DataSet& data) {
                              DataSet item(dataset::implicit_le);
                              const auto whole = image_box(2);
                              for (const auto* node : whole.items(tags::BasicGrayscaleImageSequence).front().elements())
                                item.set_bytes(node->tag, dict::implicit_vr(node->tag), node->value);
                              item.set_u16(tags::Rows, 3);
                              data.set_sequence(tags::BasicGrayscaleImageSequence, {item});
                            })}
        .play();
  });
  plant("PrintedAsColor", "ps3.4/H.4.3/image-description", R, 10,
        [=](bool fault) { return Film{.box = when(fault, [](DataSet& data) { data = image_box(2, "RGB"); })}.play(); });
  plant("PrinterStatusUnknown", "ps3.4/H.4.6/printer-status", A, 5, [](bool fault) {
    const auto rq = normalized(CommandField::n_get_rq, 1, printer_uid, printer_instance);
    Talk talk({{printer_uid, {implicit}}});
    talk.say(R, 1, rq);
    return talk.say(A, 1, dimse::response_to(rq, 0), data_of({{tags::PrinterStatus, fault ? "JAMMED" : "NORMAL"}}))
        .release();
  });
  plant("ClassWithoutValue", "ps3.7/9.3/field-without-value", A, 4, [](bool fault) {
    const auto rq = normalized(CommandField::n_create_rq, 1, film_session_uid, "1.2.3.8");
    auto rsp = dimse::response_to(rq, 0);
    if (fault) rsp.elements().set_text(tags::AffectedSOPClassUID, "");
    return Talk({{gray_print_uid, {implicit}}}).say(R, 1, rq).say(A, 1, rsp).release();
  });
  plant("PrintActionType", "ps3.4/H.4/action-type", R, 12,
        [](bool fault) { return Film{.type = fault ? std::uint16_t{2} : std::uint16_t{1}}.play(); });
  plant("OtherPrinter", "ps3.4/H.4.6/printer-instance", R, 3, [](bool fault) {
    const auto rq = normalized(CommandField::n_get_rq, 1, printer_uid, fault ? "1.2.3" : printer_instance);
    Talk talk({{printer_uid, {implicit}}});
    talk.say(R, 1, rq);
    if (fault) return talk.answer(1, rq, 0x0112).release();
    return talk.say(A, 1, dimse::response_to(rq, 0), data_of({{tags::PrinterStatus, "NORMAL"}})).release();
  });

  // Commands
  plant("CreatedUnnamed", "ps3.7/10.1.5/created-instance-uid", A, 4, [](bool fault) {
    const auto rq = normalized(CommandField::n_create_rq, 1, film_session_uid, "");
    auto rsp = dimse::response_to(rq, 0);
    if (!fault) rsp.elements().set_text(tags::AffectedSOPInstanceUID, "1.2.3.8");
    return Talk({{gray_print_uid, {implicit}}}).say(R, 1, rq).say(A, 1, rsp).release();
  });
  plant("ReplyUntyped", "ps3.7/10.1/type-of-reply", A, 5, [](bool fault) {
    const auto rq = normalized(CommandField::n_action_rq, 1, commitment_uid, commitment_instance, true, 1);
    auto rsp = dimse::response_to(rq, 0);
    rsp.elements().set_u16(tags::ActionTypeID, 1);
    if (fault) rsp.elements().erase(tags::ActionTypeID);
    const auto data = commitment_request("1.2.3.77", {"1.2.3.1.1"});
    return Talk({{commitment_uid, {implicit}}}).say(R, 1, rq, data).say(A, 1, rsp, data).release();
  });
  const auto printer_get = [](const DataSet& answer, std::uint16_t status = 0) {
    auto rq = normalized(CommandField::n_get_rq, 1, printer_uid, printer_instance);
    rq.elements().set_bytes(tags::AttributeIdentifierList, Vr::AT, Bytes{0x10, 0x21, 0x10, 0});
    Talk talk({{printer_uid, {implicit}}});
    talk.say(R, 1, rq);
    if (answer.empty()) return talk.answer(1, rq, status).release();
    return talk.say(A, 1, dimse::response_to(rq, status), answer).release();
  };
  const auto status_of_printer = data_of({{tags::PrinterStatus, "NORMAL"}});
  plant("NothingGot", "ps3.7/10.1.2/attribute-list-missing", A, 4,
        [=](bool fault) { return printer_get(fault ? DataSet(dataset::implicit_le) : status_of_printer); });
  plant("DataSetWithFailure", "ps3.7/10.1/data-set-with-failure", A, 4,
        [=](bool fault) { return printer_get(status_of_printer, fault ? refused : std::uint16_t{0}); });
  plant("AttributeNotAsked", "ps3.7/10.1.2/attribute-not-asked", A, 5, [=](bool fault) {
    return printer_get(fault ? data_of({{tags::PrinterStatus, "NORMAL"}, {tags::PrinterName, "P"}})
                             : status_of_printer);
  });
  plant("AttributeNotReturned", "ps3.7/10.1.2/attribute-not-returned", A, 5, [=](bool fault) {
    return printer_get(fault ? data_of({{tags::SpecificCharacterSet, "ISO_IR 100"}}) : status_of_printer);
  });
  plant("StoreOnProcedureStep", "ps3.4/6.4/service-of-sop-class", R, 3, [](bool fault) {
    const auto rq =
        normalized(fault ? CommandField::n_get_rq : CommandField::n_set_rq, 1, performed_step_uid, "1.2.3.7", !fault);
    Talk talk({{performed_step_uid, {implicit}}});
    if (fault) return talk.say(R, 1, rq).answer(1, rq, 0x0211).release();
    return talk.say(R, 1, rq, step_ended()).answer(1, rq).release();
  });
  plant("ColorBoxOnGrayPrinter", "ps3.7/9.3/sop-class-of-context", R, 3, [](bool fault) {
    const auto rq =
        normalized(CommandField::n_create_rq, 1, fault ? "1.2.840.10008.5.1.1.23" : film_session_uid, "1.2.3.8");
    return Talk({{gray_print_uid, {implicit}}}).say(R, 1, rq).answer(1, rq).release();
  });

  plant("ImageOfOtherStudy", "ps3.4/F.7.2/image-of-other-study", R, 7, [](bool fault) {
    const auto create = normalized(CommandField::n_create_rq, 1, performed_step_uid, "1.2.3.7", true);
    const auto store = dimse::c_store_rq(2, uids::CTImageStorage, "1.2.3.1.1");
    auto data = image_of_series("1.2.3.1.1");
    data.set_sequence(tags::ReferencedPerformedProcedureStepSequence, {reference(performed_step_uid, "1.2.3.7")});
    if (fault) data.set_text(tags::StudyInstanceUID, "1.2.4");
    Talk talk({{performed_step_uid, {implicit}}, {uids::CTImageStorage, {implicit}}});
    talk.say(R, 1, create, step_created()).answer(1, create);
    return talk.say(R, 3, store, data).answer(3, store).release();
  });
  return all;
}

}  // namespace assay::test
