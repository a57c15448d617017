// Faults in operations: requests, responses, statuses, roles (PS3.7 9.1, 9.3, C, D.3.3; PS3.4).
#include "planted_faults.hpp"

namespace assay::test {
namespace {

constexpr auto R = Side::requestor;
constexpr auto A = Side::acceptor;
constexpr auto find_uid = uids::StudyRootQueryRetrieveInformationModelFind;
constexpr auto move_uid = uids::StudyRootQueryRetrieveInformationModelMove;

/// An echo whose response is changed.
template <typename Change>
auto echo_response(Change change) {
  return [change](Conversation& c, bool fault) {
    const auto rq = dimse::c_echo_rq(1);
    auto rsp = dimse::response_to(rq, 0);
    if (fault) change(rsp.elements());
    c.associate().send(R, message(context::echo, rq)).send(A, message(context::echo, rsp)).release();
  };
}

dimse::CommandSet store_rq(std::uint16_t id = 1) { return dimse::c_store_rq(id, uids::CTImageStorage, instance_uid); }
dimse::Message store(std::uint16_t id = 1) {
  return message(context::store, store_rq(id), encoded(image(dataset::explicit_le)));
}

/// A C-MOVE with one pending response and a final one, both changed.
template <typename Change>
auto move_responses(Change change) {
  return [change](Conversation& c, bool fault) {
    const auto rq = dimse::c_move_rq(1, move_uid, "CT1");
    auto pending = dimse::response_to(rq, 0xff00);
    auto next = dimse::response_to(rq, 0xff00);
    auto final = dimse::response_to(rq, 0);
    for (auto* rsp : {&pending, &next}) {
      rsp->elements().set_u16(tags::NumberOfRemainingSuboperations, rsp == &pending ? 2 : 1);
      rsp->elements().set_u16(tags::NumberOfCompletedSuboperations, rsp == &pending ? 1 : 2);
      rsp->elements().set_u16(tags::NumberOfFailedSuboperations, 0);
      rsp->elements().set_u16(tags::NumberOfWarningSuboperations, 0);
    }
    final.elements().set_u16(tags::NumberOfCompletedSuboperations, 3);
    Bytes data;
    if (fault) change(next.elements(), final.elements(), data);
    c.associate().send(R, message(context::move, rq, encoded(identifier())));
    c.send(A, message(context::move, pending)).send(A, message(context::move, next));
    c.send(A, message(context::move, final, data)).release();
  };
}

}  // namespace

std::vector<Planted> planted_in_operations() {
  std::vector<Planted> all;
  const auto plant = [&](std::string_view name, std::string_view rule, Side side, std::uint32_t pdu,
                         std::optional<std::uint64_t> at, std::function<void(Conversation&, bool)> script) {
    all.push_back({name, rule, side, pdu, at, std::move(script)});
  };

  plant("ResponseToUnknownMessage", "ps3.7/9.3/response-without-request", A, 4, std::nullopt,
        echo_response([](auto& elements) { elements.set_u16(tags::MessageIDBeingRespondedTo, 2); }));
  plant("SecondFinalResponse", "ps3.7/9.3/response-after-final", A, 5, std::nullopt, [](Conversation& c, bool fault) {
    c.associate().echo();
    if (fault) c.send(A, message(context::echo, dimse::response_to(dimse::c_echo_rq(1), 0)));
    c.release();
  });
  plant("ResponseOfOtherService", "ps3.7/E.1/response-command-field", A, 5, std::nullopt,
        [](Conversation& c, bool fault) {
          auto rsp = dimse::response_to(store_rq(), 0);
          if (fault) rsp = dimse::response_to(dimse::c_echo_rq(1), 0);
          c.associate().send(R, store()).send(A, message(context::store, rsp)).release();
        });
  plant("ResponseOnOtherContext", "ps3.7/9.3/response-on-other-context", A, 4, 10, [](Conversation& c, bool fault) {
    const auto rq = dimse::c_echo_rq(1);
    c.associate().send(R, message(context::echo, rq));
    c.send(A, message(fault ? context::find : context::echo, dimse::response_to(rq, 0))).release();
  });
  plant("ResponseNamesOtherClass", "ps3.7/9.3/response-sop-class", A, 4, std::nullopt,
        echo_response([](auto& elements) { elements.set_text(tags::AffectedSOPClassUID, uids::CTImageStorage); }));
  plant("ResponseNamesOtherInstance", "ps3.7/9.3/response-sop-instance", A, 5, std::nullopt,
        [](Conversation& c, bool fault) {
          auto rsp = dimse::response_to(store_rq(), 0);
          if (fault) rsp.elements().set_text(tags::AffectedSOPInstanceUID, "9.9.9");
          c.associate().send(R, store()).send(A, message(context::store, rsp)).release();
        });
  plant("PendingStore", "ps3.7/9.1/pending-not-allowed", A, 5, std::nullopt, [](Conversation& c, bool fault) {
    const auto rsp = dimse::response_to(store_rq(), static_cast<std::uint16_t>(fault ? 0xff00 : 0xb000));
    c.associate().send(R, store()).send(A, message(context::store, rsp)).release();
  });
  plant("StatusOfOtherService", "ps3.7/C/status-not-defined-for-service", A, 4, std::nullopt,
        echo_response([](auto& elements) { elements.set_u16(tags::Status, 0xa700); }));
  plant("StatusOfNoClass", "ps3.7/C/status-of-no-class", A, 4, std::nullopt,
        echo_response([](auto& elements) { elements.set_u16(tags::Status, 0x1234); }));
  plant("CancelStatusUnasked", "ps3.7/9.1/cancel-status-without-cancel", A, 5, std::nullopt,
        [](Conversation& c, bool fault) {
          const auto rq = dimse::c_find_rq(1, find_uid);
          c.associate().send(R, message(context::find, rq, encoded(identifier())));
          if (!fault) c.send(R, message(context::find, dimse::c_cancel_rq(1)));
          c.send(A, message(context::find, dimse::response_to(rq, 0xfe00))).release();
        });
  plant("CancelOfNothing", "ps3.7/9.3/cancel-of-unknown-message", R, 5, std::nullopt, [](Conversation& c, bool fault) {
    const auto rq = dimse::c_find_rq(1, find_uid);
    c.associate().send(R, message(context::find, rq, encoded(identifier())));
    c.send(R, message(context::find, dimse::c_cancel_rq(fault ? 9 : 1)));
    c.send(A, message(context::find, dimse::response_to(rq, 0))).release();
  });
  plant("MessageIdReused", "ps3.7/9.1/message-id-reused", R, 5, std::nullopt, [](Conversation& c, bool fault) {
    auto rq = associate_rq();
    auto ac = associate_ac();
    user_information_of(rq).sub_items.emplace_back(pdu::AsynchronousOperationsWindowSubItem{2, 1});
    user_information_of(ac).sub_items.emplace_back(pdu::AsynchronousOperationsWindowSubItem{2, 1});
    c.associate(rq, ac).send(R, store(1)).send(R, store(fault ? 1 : 2));
    c.send(A, message(context::store, dimse::response_to(store_rq(1), 0)));
    c.send(A, message(context::store, dimse::response_to(store_rq(fault ? 1 : 2), 0))).release();
  });
  plant("WindowExceeded", "ps3.7/D.3.3.3/async-window-exceeded", R, 5, 6, [](Conversation& c, bool fault) {
    auto rq = associate_rq();
    auto ac = associate_ac();
    user_information_of(rq).sub_items.emplace_back(pdu::AsynchronousOperationsWindowSubItem{2, 1});
    if (!fault) user_information_of(ac).sub_items.emplace_back(pdu::AsynchronousOperationsWindowSubItem{2, 1});
    c.associate(rq, ac).send(R, store(1)).send(R, store(2));
    c.send(A, message(context::store, dimse::response_to(store_rq(1), 0)));
    c.send(A, message(context::store, dimse::response_to(store_rq(2), 0))).release();
  });
  plant("ReleaseWhileWaiting", "ps3.8/7.2/release-while-waiting", R, 5, 0, [](Conversation& c, bool fault) {
    c.associate().send(R, store());
    if (!fault) c.send(A, message(context::store, dimse::response_to(store_rq(), 0)));
    c.release();
  });
  plant("ReleaseOwingResponses", "ps3.8/7.2/release-owing-responses", A, 5, 0, [](Conversation& c, bool fault) {
    c.associate().send(R, store());
    if (!fault) c.send(A, message(context::store, dimse::response_to(store_rq(), 0)));
    c.send(A, pdu::Pdu(pdu::AReleaseRq{})).send(R, pdu::Pdu(pdu::AReleaseRp{})).close(A);
  });
  plant("ClassOfOtherContext", "ps3.7/9.3/sop-class-of-context", R, 3, std::nullopt, [](Conversation& c, bool fault) {
    const auto uid = fault ? uids::MRImageStorage : uids::CTImageStorage;
    const auto rq = dimse::c_store_rq(1, uid, instance_uid);
    c.associate().send(R, message(context::store, rq, encoded(image(dataset::explicit_le, uid))));
    c.send(A, message(context::store, dimse::response_to(rq, 0))).release();
  });
  plant("ServiceOfOtherContext", "ps3.4/6.4/service-of-sop-class", R, 3, std::nullopt, [](Conversation& c, bool fault) {
    const auto rq = dimse::c_echo_rq(1);
    const auto id = fault ? context::store : context::echo;
    c.associate().send(R, message(id, rq)).send(A, message(id, dimse::response_to(rq, 0))).release();
  });
  plant("RequestInWrongRole", "ps3.7/D.3.3.4/request-in-wrong-role", A, 3, 6, [](Conversation& c, bool fault) {
    auto rq = associate_rq();
    auto ac = associate_ac();
    const pdu::RoleSelectionSubItem both{std::string(uids::Verification), 1, 1};
    user_information_of(rq).sub_items.emplace_back(both);
    if (!fault) user_information_of(ac).sub_items.emplace_back(both);
    const auto echo = dimse::c_echo_rq(1);
    c.associate(rq, ac).send(A, message(context::echo, echo));
    c.send(R, message(context::echo, dimse::response_to(echo, 0))).release();
  });
  plant("CountsRunBack", "ps3.4/C.4.2/sub-operation-counts", A, 6, std::nullopt,
        move_responses([](auto& next, auto&, Bytes&) { next.set_u16(tags::NumberOfRemainingSuboperations, 3); }));
  plant("RemainingInFinal", "ps3.4/C.4.2/remaining-in-final-response", A, 7, std::nullopt,
        move_responses([](auto&, auto& final, Bytes&) { final.set_u16(tags::NumberOfRemainingSuboperations, 0); }));
  plant("DataSetWithSuccess", "ps3.4/C.4.2/retrieve-response-data-set", A, 7, std::nullopt,
        move_responses([](auto&, auto& final, Bytes& data) {
          final.set_u16(tags::CommandDataSetType, 1);
          data = encoded(identifier());
        }));
  return all;
}

const std::vector<Planted>& planted_faults() {
  static const auto all = [] {
    std::vector<Planted> faults;
    for (auto* family : {planted_in_association, planted_in_data, planted_in_operations, planted_in_responses,
                         planted_in_services, planted_in_normalized})
      for (auto& fault : family()) faults.push_back(std::move(fault));
    return faults;
  }();
  return all;
}

}  // namespace assay::test
