// Faults in P-DATA-TF, in Command Sets and in Data Sets (PS3.8 9.3.5, D.1, E; PS3.7 6.3.1, 9.3, E; PS3.5).
#include "planted_faults.hpp"

namespace assay::test {
namespace {

constexpr auto R = Side::requestor;
constexpr auto A = Side::acceptor;
constexpr std::size_t first_fragment = 12;  // PDU header, PDV length, context ID, message control header

dimse::CommandSet store_rq(std::uint16_t id = 1) { return dimse::c_store_rq(id, uids::CTImageStorage, instance_uid); }

/// An echo whose request PDU is patched; the acceptor answers all the same.
template <typename Patch>
auto echo_patched(Patch patch) {
  return [patch](Conversation& c, bool fault) {
    const auto rq = dimse::c_echo_rq(1);
    auto bytes = packed(message(context::echo, rq));
    if (fault) patch(bytes);
    c.associate().send(R, bytes).send(A, message(context::echo, dimse::response_to(rq, 0))).release();
  };
}

/// An echo whose Command Set is changed element by element and encoded again.
template <typename Change>
auto echo_changed(Change change) {
  return [change](Conversation& c, bool fault) {
    const auto rq = dimse::c_echo_rq(1);
    auto changed = rq;
    if (fault) change(changed.elements());
    c.associate().send(R, message(context::echo, changed)).send(A, message(context::echo, dimse::response_to(rq, 0)));
    c.release();
  };
}

/// A store of these bytes on the store context.
template <typename Data>
auto store_of(Data data) {
  return [data](Conversation& c, bool fault) {
    const auto rq = store_rq();
    c.associate().send(R, message(context::store, rq, data(fault)));
    c.send(A, message(context::store, dimse::response_to(rq, 0))).release();
  };
}

Bytes p_data(std::uint8_t context_id, std::uint8_t header, const Bytes& fragment) {
  Bytes out;
  pdu::encode_p_data(out, context_id, header, fragment);
  return out;
}

}  // namespace

std::vector<Planted> planted_in_data() {
  std::vector<Planted> all;
  const auto plant = [&](std::string_view name, std::string_view rule, Side side, std::uint32_t pdu,
                         std::optional<std::uint64_t> at, std::function<void(Conversation&, bool)> script) {
    all.push_back({name, rule, side, pdu, at, std::move(script)});
  };

  // P-DATA-TF
  plant("MaximumLengthExceededToAcceptor", "ps3.8/D.1/maximum-length-exceeded", R, 3, 2,
        [](Conversation& c, bool fault) {
          auto ac = associate_ac();
          std::get<pdu::MaximumLengthSubItem>(user_information_of(ac).sub_items[0]).maximum_length = fault ? 64 : 0;
          c.associate(associate_rq(), ac).echo().release();
        });
  plant("MaximumLengthExceededToRequestor", "ps3.8/D.1/maximum-length-exceeded", A, 4, 2,
        [](Conversation& c, bool fault) {
          auto rq = associate_rq();
          std::get<pdu::MaximumLengthSubItem>(user_information_of(rq).sub_items[0]).maximum_length = fault ? 76 : 4096;
          c.associate(rq).echo().release();
        });
  for (const auto side : {R, A}) {
    plant(side == R ? "MaximumLengthWithoutRoomOfRequestor" : "MaximumLengthWithoutRoomOfAcceptor",
          "ps3.8/D.1/maximum-length-without-room", side, side == R ? 1 : 2, std::nullopt,
          [side](Conversation& c, bool fault) {
            auto rq = associate_rq();
            auto ac = associate_ac();
            auto& user = side == R ? user_information_of(rq) : user_information_of(ac);
            std::get<pdu::MaximumLengthSubItem>(user.sub_items[0]).maximum_length = fault ? 7 : 8;
            c.associate(rq, ac).release();
          });
  }
  plant("RefusedContextUsed", "ps3.8/9.3.5.1/context-not-accepted", R, 3, 10, [](Conversation& c, bool fault) {
    const auto id = fault ? context::refused : context::echo;
    c.associate().send(R, message(id, dimse::c_echo_rq(1)));
    c.send(A, message(context::echo, dimse::response_to(dimse::c_echo_rq(1), 0)));
    if (fault)
      c = Conversation().associate().send(R, message(id, dimse::c_echo_rq(1))).send(A, pdu::Pdu(pdu::AAbort{}));
    fault ? c.close(A) : c.release();
  });
  plant("UnknownContextUsed", "ps3.8/9.3.5.1/context-not-accepted", A, 4, 10, [](Conversation& c, bool fault) {
    c.associate().send(R, message(context::echo, dimse::c_echo_rq(1)));
    const auto rsp = dimse::response_to(dimse::c_echo_rq(1), 0);
    if (fault) {
      auto bytes = packed(message(context::echo, rsp));
      bytes[10] = 77;
      bytes[11] = 1;  // not the last fragment, so that no message comes of it
      c.send(A, bytes).send(R, pdu::Pdu(pdu::AAbort{})).close(R);
    } else {
      c.send(A, message(context::echo, rsp)).release();
    }
  });
  plant("ControlHeaderBits", "ps3.8/E.2/control-header-bits", R, 3, 11,
        echo_patched([](Bytes& b) { b[11] = static_cast<std::uint8_t>(b[11] | 0x80); }));
  plant("PdvLengthTooLong", "ps3.8/9.3.5.1/pdv-length", R, 3, 6, [](Conversation& c, bool fault) {
    auto bytes = packed(message(context::echo, dimse::c_echo_rq(1)));
    if (fault) bytes[9] = static_cast<std::uint8_t>(bytes[9] + 1);
    c.associate().send(R, bytes);
    if (fault) {
      c.send(A, pdu::Pdu(pdu::AAbort{2, 6})).close(A);
    } else {
      c.send(A, message(context::echo, dimse::response_to(dimse::c_echo_rq(1), 0))).release();
    }
  });
  plant("EmptyPData", "ps3.8/9.3.5/pdv-missing", R, 3, 6, [](Conversation& c, bool fault) {
    c.associate();
    if (fault) c.send(R, Bytes{4, 0, 0, 0, 0, 0});
    c.echo().release();
  });
  plant("DataBeforeCommand", "ps3.8/E.2/data-before-command", R, 3, 6, [](Conversation& c, bool fault) {
    c.associate();
    if (fault) c.send(R, p_data(context::store, 2, encoded(image(dataset::explicit_le))));
    c.echo().release();
  });
  plant("DataSetNotAnnounced", "ps3.8/E.2/data-set-not-announced", R, 4, 6, [](Conversation& c, bool fault) {
    c.associate().send(R, message(context::echo, dimse::c_echo_rq(1)));
    if (fault) c.send(R, p_data(context::echo, 2, {1, 2, 3, 4}));
    c.send(A, message(context::echo, dimse::response_to(dimse::c_echo_rq(1), 0))).release();
  });
  plant("MessagesInterleaved", "ps3.8/E.2/data-set-missing", R, 4, 6, [](Conversation& c, bool fault) {
    const auto rq = store_rq();
    const auto whole = message(context::store, rq, encoded(image(dataset::explicit_le)));
    const auto pdus = dimse::fragment_to_pdus(whole, {});
    c.associate().send(R, pdu::Pdu(pdus[0]));
    if (fault) {
      c.send(R, message(context::echo, dimse::c_echo_rq(2))).send(A, pdu::Pdu(pdu::AAbort{})).close(A);
    } else {
      c.send(R, pdu::Pdu(pdus[1])).send(A, message(context::store, dimse::response_to(rq, 0))).release();
    }
  });
  plant("ContextChangedInMessage", "ps3.8/E.2/context-changed", R, 4, 6, [](Conversation& c, bool fault) {
    const auto rq = store_rq();
    auto pdus = dimse::fragment_to_pdus(message(context::store, rq, encoded(image(dataset::explicit_le))), {});
    if (fault) pdus[1].values[0].context_id = context::find;
    c.associate().send(R, pdu::Pdu(pdus[0])).send(R, pdu::Pdu(pdus[1]));
    c.send(A, message(context::store, dimse::response_to(rq, 0))).release();
  });
  plant("ReleaseInsideMessage", "ps3.8/E.2/message-cut-short", R, 4, 0, [](Conversation& c, bool fault) {
    const auto rq = store_rq();
    const auto whole = message(context::store, rq, encoded(image(dataset::explicit_le)));
    const auto pdus = dimse::fragment_to_pdus(whole, {});
    c.associate().send(R, pdu::Pdu(pdus[0]));
    if (!fault) c.send(R, pdu::Pdu(pdus[1])).send(A, message(context::store, dimse::response_to(rq, 0)));
    c.release();
  });

  // Command Sets
  plant("GroupLengthWrong", "ps3.7/6.3.1/group-length", R, 3, first_fragment + 8,
        echo_patched([](Bytes& b) { b[first_fragment + 8] = static_cast<std::uint8_t>(b[first_fragment + 8] + 2); }));
  plant("CommandInExplicitVr", "ps3.7/6.3.1/explicit-vr", R, 3, first_fragment + 4, [](Conversation& c, bool fault) {
    const auto rq = dimse::c_echo_rq(1);
    auto bytes = dataset::encode(rq.elements(), dataset::explicit_le);
    // The group length must stay right, so that there is one fault only: what follows its own 12 bytes.
    bytes[8] = static_cast<std::uint8_t>(bytes.size() - 12);
    c.associate();
    fault ? c.send(R, p_data(context::echo, 3, bytes)) : c.send(R, message(context::echo, rq));
    c.send(A, message(context::echo, dimse::response_to(rq, 0))).release();
  });
  plant("ElementNotOfCommand", "ps3.7/9.3.5.1/unexpected-field", R, 3, std::nullopt,
        echo_changed([](dataset::DataSet& elements) { elements.set_u16(tags::Priority, 0); }));
  plant("MandatoryElementMissing", "ps3.7/9.3.5.1/missing-field", R, 3, std::nullopt,
        echo_changed([](dataset::DataSet& elements) { elements.erase(tags::AffectedSOPClassUID); }));
  plant("DataSetTypeWrong", "ps3.7/9.3.5.2/data-set-type", A, 4, std::nullopt, [](Conversation& c, bool fault) {
    const auto rq = dimse::c_echo_rq(1);
    auto rsp = dimse::response_to(rq, 0);
    if (fault) rsp.elements().set_u16(tags::CommandDataSetType, 1);
    c.associate()
        .send(R, message(context::echo, rq))
        .send(A, message(context::echo, rsp, fault ? Bytes{8, 0, 22, 0, 0, 0, 0, 0} : Bytes{}));
    c.release();
  });
  plant("PriorityUndefined", "ps3.7/9.3.1.1/priority", R, 3, std::nullopt, [](Conversation& c, bool fault) {
    const auto rq = dimse::c_store_rq(1, uids::CTImageStorage, instance_uid, fault ? 3 : 2);
    c.associate().send(R, message(context::store, rq, encoded(image(dataset::explicit_le))));
    c.send(A, message(context::store, dimse::response_to(rq, 0))).release();
  });
  plant("FindPendingWithoutIdentifier", "ps3.7/9.3.2.2/data-set-type", A, 5, std::nullopt,
        [](Conversation& c, bool fault) {
          const auto rq = dimse::c_find_rq(1, uids::StudyRootQueryRetrieveInformationModelFind);
          c.associate().send(R, message(context::find, rq, encoded(identifier())));
          c.send(A, message(context::find, dimse::response_to(rq, 0xff00, !fault),
                            fault ? Bytes{} : encoded(identifier())));
          c.send(A, message(context::find, dimse::response_to(rq, 0))).release();
        });

  // Data Sets
  plant("DataSetInOtherSyntax", "ps3.5/10/data-set-in-other-transfer-syntax", R, 4, first_fragment,
        store_of([](bool fault) { return encoded(image(fault ? dataset::implicit_le : dataset::explicit_le)); }));
  plant("FileSentAsDataSet", "ps3.10/7.1/file-sent-as-data-set", R, 4, first_fragment + 128, store_of([](bool fault) {
          auto bytes = encoded(image(dataset::explicit_le));
          if (fault) {
            Bytes file(128, 0);
            append(file, "DICM");
            append(file, bytes);
            return file;
          }
          return bytes;
        }));
  plant("DataSetCutOff", "ps3.5/7.1/length-past-end", R, 4, std::nullopt, store_of([](bool fault) {
          auto bytes = encoded(image(dataset::explicit_le));
          if (fault) bytes.resize(bytes.size() - 2);
          return bytes;
        }));
  plant("StoredClassDiffers", "ps3.4/B.2/store-sop-class-differs", R, 4, first_fragment, store_of([](bool fault) {
          return encoded(image(dataset::explicit_le, fault ? uids::MRImageStorage : uids::CTImageStorage));
        }));
  plant("StoredInstanceDiffers", "ps3.4/B.2/store-sop-instance-differs", R, 4, first_fragment + 8 + 26,
        store_of([](bool fault) {
          return encoded(image(dataset::explicit_le, uids::CTImageStorage, fault ? "1.2.3.4.6" : instance_uid));
        }));
  plant("QueryLevelOfOtherModel", "ps3.4/C.4/query-retrieve-level", R, 4, first_fragment,
        [](Conversation& c, bool fault) {
          const auto rq = dimse::c_find_rq(1, uids::StudyRootQueryRetrieveInformationModelFind);
          c.associate().send(R, message(context::find, rq, encoded(identifier(fault ? "PATIENT" : "STUDY"))));
          c.send(A, message(context::find, dimse::response_to(rq, static_cast<std::uint16_t>(fault ? 0xa900 : 0))));
          c.release();
        });
  return all;
}

}  // namespace assay::test
