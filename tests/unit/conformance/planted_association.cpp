// Faults in establishing and ending an association (PS3.8 9.2.3, 9.3; PS3.7 D.3.3).
#include "planted_faults.hpp"

namespace assay::test {
namespace {

constexpr auto R = Side::requestor;
constexpr auto A = Side::acceptor;

/// An association with changed RQ and AC, an echo, a release.
template <typename Change>
auto with(Change change) {
  return [change](Conversation& c, bool fault) {
    auto rq = associate_rq();
    auto ac = associate_ac();
    change(rq, ac, fault);
    c.associate(rq, ac).echo().release();
  };
}

/// The same with the bytes of the RQ or AC patched.
template <typename Patch>
auto patched(Side side, Patch patch) {
  return [side, patch](Conversation& c, bool fault) {
    auto rq = pdu::encode(pdu::Pdu(associate_rq()));
    auto ac = pdu::encode(pdu::Pdu(associate_ac()));
    if (fault) patch(side == R ? rq : ac);
    c.send(R, rq).send(A, ac).echo().release();
  };
}

pdu::PresentationContextItemAc& context_of(pdu::AAssociateAc& ac, std::size_t index) {
  return std::get<pdu::PresentationContextItemAc>(ac.items[index]);
}

template <typename Item>
void add(pdu::AssociateBody& body, Item item) {
  user_information_of(body).sub_items.emplace_back(std::move(item));
}

std::string ct() { return std::string(uids::CTImageStorage); }

}  // namespace

std::vector<Planted> planted_in_association() {
  std::vector<Planted> all;
  const auto plant = [&](std::string_view name, std::string_view rule, Side side, std::uint32_t pdu,
                         std::optional<std::uint64_t> at, std::function<void(Conversation&, bool)> script) {
    all.push_back({name, rule, side, pdu, at, std::move(script)});
  };

  // The PDU itself
  plant("PduReservedByte", "ps3.8/9.3.2/reserved", R, 1, 1, patched(R, [](Bytes& b) { b[1] = 1; }));
  plant("ProtocolVersion", "ps3.8/9.3.2/protocol-version", R, 1, 6, patched(R, [](Bytes& b) { b[7] = 2; }));
  plant("CalledTitleCharacter", "ps3.8/9.3.2/called-ae-title-character", R, 1, 12, [](Conversation& c, bool fault) {
    auto rq = associate_rq();
    auto ac = associate_ac();
    if (fault) rq.called_ae_title = ac.called_ae_title = "AR\\HIVE";
    c.associate(rq, ac).echo().release();
  });
  plant("CallingTitleBlank", "ps3.8/9.3.2/calling-ae-title-blank", R, 1, 26, with([](auto& rq, auto& ac, bool fault) {
          if (fault) rq.calling_ae_title = ac.calling_ae_title = "";
        }));
  plant("EvenContextId", "ps3.8/9.3.2.2/presentation-context-id", R, 1, std::nullopt,
        with([](auto& rq, auto& ac, bool fault) {
          rq.items.insert(rq.items.end() - 1,
                          proposal(fault ? 12 : 13, uids::Verification, {uids::ImplicitVRLittleEndian}));
          if (!fault) ac.items.insert(ac.items.end() - 1, answer(13, 0, uids::ImplicitVRLittleEndian));
        }));
  plant("ContextIdTwice", "ps3.8/9.3.2.2/presentation-context-id-twice", R, 1, std::nullopt,
        with([](auto& rq, auto& ac, bool fault) {
          rq.items.insert(rq.items.end() - 1,
                          proposal(fault ? 11 : 13, uids::MRImageStorage, {uids::ImplicitVRLittleEndian}));
          if (!fault) ac.items.insert(ac.items.end() - 1, answer(13, 0, uids::ImplicitVRLittleEndian));
        }));
  plant("VersionNameTooLong", "ps3.7/D.3.3.2.3/version-name-length", R, 1, std::nullopt,
        with([](auto& rq, auto&, bool fault) {
          std::get<pdu::ImplementationVersionNameSubItem>(user_information_of(rq).sub_items[2]).name =
              fault ? "SEVENTEEN_LETTERS" : "SIXTEEN_LETTERS_";
        }));
  plant("NoMaximumLength", "ps3.8/D.1/maximum-length-missing", R, 1, std::nullopt,
        with([](auto& rq, auto&, bool fault) {
          auto& items = user_information_of(rq).sub_items;
          if (fault) items.erase(items.begin());
        }));
  plant("NoImplementationClassUid", "ps3.7/D.3.3.2/implementation-class-uid-missing", A, 2, std::nullopt,
        with([](auto&, auto& ac, bool fault) {
          auto& items = user_information_of(ac).sub_items;
          if (fault) items.erase(items.begin() + 1);
        }));
  plant("PaddedAbstractSyntax", "ps3.8/9.3.2.2.1/uid-padding", R, 1, 99 + 8 + 4 + 17,
        with([](auto& rq, auto&, bool fault) {
          if (fault) rq.items[1] = proposal(1, std::string(uids::Verification) + '\0', {uids::ImplicitVRLittleEndian});
        }));
  plant("OtherApplicationContext", "ps3.8/9.3.2.1/application-context-not-dicom", R, 1, 78,
        with([](auto& rq, auto& ac, bool fault) {
          if (fault) std::get<pdu::ApplicationContextItem>(rq.items[0]).name = "1.2.3";
          if (fault) std::get<pdu::ApplicationContextItem>(ac.items[0]).name = "1.2.3";
        }));
  plant("NoDefaultTransferSyntax", "ps3.5/10.1/default-transfer-syntax-offered", R, 1, 99,
        with([](auto& rq, auto& ac, bool fault) {
          if (!fault) return;
          rq.items[1] = proposal(1, uids::Verification, {uids::ExplicitVRLittleEndian});
          ac.items[1] = answer(1, 0, uids::ExplicitVRLittleEndian);
        }));
  plant("RoleWithoutContext", "ps3.7/D.3.3.4/role-without-context", R, 1, std::nullopt,
        with([](auto& rq, auto&, bool fault) {
          add(rq, pdu::RoleSelectionSubItem{fault ? "1.2.840.10008.5.1.4.1.1.1" : ct(), 1, 1});
        }));
  plant("ExtendedNegotiationWithoutContext", "ps3.7/D.3.3.5/extended-negotiation-without-context", R, 1, std::nullopt,
        with([](auto& rq, auto&, bool fault) {
          add(rq, pdu::SopClassExtendedNegotiationSubItem{fault ? "1.2.840.10008.5.1.4.1.1.1" : ct(), {1}});
        }));

  // The answer
  plant("ContextNotAnswered", "ps3.8/9.3.3.2/context-not-answered", A, 2, 0, with([](auto&, auto& ac, bool fault) {
          if (fault) ac.items.erase(ac.items.begin() + 6);
        }));
  plant("ContextAnsweredTwice", "ps3.8/9.3.3.2/presentation-context-id-twice", A, 2, std::nullopt,
        with([](auto&, auto& ac, bool fault) {
          if (fault) ac.items.insert(ac.items.begin() + 6, ac.items[6]);
        }));
  plant("ContextNeverProposed", "ps3.8/9.3.3.2/context-never-proposed", A, 2, std::nullopt,
        with([](auto&, auto& ac, bool fault) {
          if (fault) ac.items.insert(ac.items.end() - 1, answer(99, 0, uids::ImplicitVRLittleEndian));
        }));
  plant("TransferSyntaxNotProposed", "ps3.8/9.3.3.2/transfer-syntax-not-proposed", A, 2, std::nullopt,
        with([](auto&, auto& ac, bool fault) {
          if (fault) context_of(ac, 2) = answer(3, 0, uids::ExplicitVRBigEndian);
        }));
  plant("TwoTransferSyntaxes", "ps3.8/9.3.3.2/transfer-syntax-count", A, 2, std::nullopt,
        with([](auto&, auto& ac, bool fault) {
          if (fault)
            context_of(ac, 2).sub_items.emplace_back(
                pdu::TransferSyntaxSubItem{std::string(uids::ImplicitVRLittleEndian)});
        }));
  plant("UndefinedContextResult", "ps3.8/9.3.3.2/result", A, 2, std::nullopt, with([](auto&, auto& ac, bool fault) {
          if (fault) context_of(ac, 6).result = 9;
        }));
  plant("CalledTitleChanged", "ps3.8/9.3.3/called-ae-title-returned", A, 2, 10, with([](auto&, auto& ac, bool fault) {
          if (fault) ac.called_ae_title = "OTHER";
        }));
  plant("CallingTitleChanged", "ps3.8/9.3.3/calling-ae-title-returned", A, 2, 26, with([](auto&, auto& ac, bool fault) {
          if (fault) ac.calling_ae_title = "OTHER";
        }));
  plant("ReservedChanged", "ps3.8/9.3.3/reserved-returned", A, 2, 42, with([](auto&, auto& ac, bool fault) {
          if (fault) ac.reserved[3] = 7;
        }));
  plant("ApplicationContextChanged", "ps3.8/9.3.3.1/application-context-returned", A, 2, 74,
        with([](auto&, auto& ac, bool fault) {
          if (fault) std::get<pdu::ApplicationContextItem>(ac.items[0]).name = "1.2.3";
        }));
  plant("RoleNotProposed", "ps3.7/D.3.3.4/role-not-proposed", A, 2, std::nullopt,
        with([](auto& rq, auto& ac, bool fault) {
          if (!fault) add(rq, pdu::RoleSelectionSubItem{ct(), 1, 1});
          add(ac, pdu::RoleSelectionSubItem{ct(), 1, 1});
        }));
  plant("RoleWidened", "ps3.7/D.3.3.4/role-widened", A, 2, std::nullopt, with([](auto& rq, auto& ac, bool fault) {
          add(rq, pdu::RoleSelectionSubItem{ct(), 1, 0});
          add(ac, pdu::RoleSelectionSubItem{ct(), 1, static_cast<std::uint8_t>(fault ? 1 : 0)});
        }));
  plant("WindowNotProposed", "ps3.7/D.3.3.3/async-window-not-proposed", A, 2, std::nullopt,
        with([](auto& rq, auto& ac, bool fault) {
          if (!fault) add(rq, pdu::AsynchronousOperationsWindowSubItem{4, 4});
          add(ac, pdu::AsynchronousOperationsWindowSubItem{4, 4});
        }));
  plant("WindowWidened", "ps3.7/D.3.3.3/async-window-widened", A, 2, std::nullopt,
        with([](auto& rq, auto& ac, bool fault) {
          add(rq, pdu::AsynchronousOperationsWindowSubItem{4, 1});
          add(ac, pdu::AsynchronousOperationsWindowSubItem{static_cast<std::uint16_t>(fault ? 0 : 3), 1});
        }));
  plant("ExtendedNegotiationNotProposed", "ps3.7/D.3.3.5/extended-negotiation-not-proposed", A, 2, std::nullopt,
        with([](auto& rq, auto& ac, bool fault) {
          if (!fault) add(rq, pdu::SopClassExtendedNegotiationSubItem{ct(), {1}});
          add(ac, pdu::SopClassExtendedNegotiationSubItem{ct(), {1}});
        }));
  plant("IdentityAnswerNotRequested", "ps3.7/D.3.3.7/identity-answer-not-requested", A, 2, std::nullopt,
        with([](auto& rq, auto& ac, bool fault) {
          add(rq, pdu::UserIdentitySubItemRq{1, static_cast<std::uint8_t>(fault ? 0 : 1), to_bytes("jane"), {}});
          add(ac, pdu::UserIdentitySubItemAc{});
        }));
  plant("IdentityAnswerMissing", "ps3.7/D.3.3.7/identity-answer-missing", A, 2, 0,
        with([](auto& rq, auto& ac, bool fault) {
          add(rq, pdu::UserIdentitySubItemRq{1, 1, to_bytes("jane"), {}});
          if (!fault) add(ac, pdu::UserIdentitySubItemAc{});
        }));

  // Rejection
  plant("RejectReasonUndefined", "ps3.8/9.3.4/reason", A, 2, 9, [](Conversation& c, bool fault) {
    c.send(R, pdu::Pdu(associate_rq()));
    c.send(A, pdu::Pdu(pdu::AAssociateRj{1, 1, static_cast<std::uint8_t>(fault ? 5 : 7)})).close(R);
  });
  plant("RejectContradicts", "ps3.8/9.3.4/reject-contradicts-request", A, 2, 9, [](Conversation& c, bool fault) {
    c.send(R, pdu::Pdu(associate_rq()));
    c.send(A, pdu::Pdu(pdu::AAssociateRj{1, 2, static_cast<std::uint8_t>(fault ? 2 : 1)})).close(R);
  });
  plant("RejectedConnectionKept", "ps3.8/9.2.3/rejected-connection-kept", R, 2, std::nullopt,
        [](Conversation& c, bool fault) {
          c.send(R, pdu::Pdu(associate_rq())).send(A, pdu::Pdu(pdu::AAssociateRj{1, 1, 7}));
          if (fault) c.wait(std::chrono::seconds(30)).close(A);
          c.close(R);
        });

  // The state machine, the end
  plant("DataBeforeAssociation", "ps3.8/9.2.3/pdu-not-allowed", R, 1, 0, [](Conversation& c, bool fault) {
    if (fault) {
      c.send(R, message(context::echo, dimse::c_echo_rq(1))).send(A, pdu::Pdu(pdu::AAbort{2, 2})).close(A);
    } else {
      c.associate().echo().release();
    }
  });
  plant("SecondAssociateRq", "ps3.8/9.2.3/pdu-not-allowed", R, 3, 0, [](Conversation& c, bool fault) {
    c.associate();
    if (fault) {
      c.send(R, pdu::Pdu(associate_rq())).send(A, pdu::Pdu(pdu::AAbort{2, 2})).close(A);
    } else {
      c.release();
    }
  });
  plant("ReleaseAnsweredUnasked", "ps3.8/9.2.3/pdu-not-allowed", A, 3, 0, [](Conversation& c, bool fault) {
    c.associate();
    if (fault) {
      c.send(A, pdu::Pdu(pdu::AReleaseRp{})).send(R, pdu::Pdu(pdu::AAbort{2, 2})).close(R);
    } else {
      c.release();
    }
  });
  plant("DataAfterRelease", "ps3.8/9.2.3/pdu-not-allowed", R, 4, 0, [](Conversation& c, bool fault) {
    c.associate().send(R, pdu::Pdu(pdu::AReleaseRq{}));
    if (fault) {
      c.send(R, message(context::echo, dimse::c_echo_rq(1))).send(A, pdu::Pdu(pdu::AAbort{2, 2})).close(A);
    } else {
      c.send(A, pdu::Pdu(pdu::AReleaseRp{})).close(R);
    }
  });
  plant("AbortSourceUndefined", "ps3.8/9.3.8/source", R, 3, 8, [](Conversation& c, bool fault) {
    c.associate().send(R, pdu::Pdu(pdu::AAbort{static_cast<std::uint8_t>(fault ? 1 : 0), 0})).close(A);
  });
  plant("AbortReasonUndefined", "ps3.8/9.3.8/reason", A, 3, 9, [](Conversation& c, bool fault) {
    c.associate().send(A, pdu::Pdu(pdu::AAbort{2, static_cast<std::uint8_t>(fault ? 3 : 2)})).close(R);
  });
  plant("ClosedWithoutRelease", "ps3.8/9.2.3/closed-without-release-or-abort", R, 3, std::nullopt,
        [](Conversation& c, bool fault) {
          c.associate().echo();
          fault ? c.close(R) : c.release();
        });
  plant("ResetWithoutAbort", "ps3.8/9.2.3/closed-without-release-or-abort", A, 4, std::nullopt,
        [](Conversation& c, bool fault) {
          c.associate().echo();
          fault ? c.close(A, trace::Closing::rst) : c.release();
        });
  plant("ClosedWithoutAnswer", "ps3.8/9.2.3/closed-without-answer", A, 0, std::nullopt,
        [](Conversation& c, bool fault) {
          c.send(R, pdu::Pdu(associate_rq()));
          if (!fault) c.send(A, pdu::Pdu(pdu::AAbort{0, 0}));
          c.close(A);
        });
  plant("ClosedWhileWaiting", "ps3.8/9.2.3/closed-while-waiting", R, 1, std::nullopt, [](Conversation& c, bool fault) {
    c.send(R, pdu::Pdu(associate_rq()));
    if (!fault) c.send(R, pdu::Pdu(pdu::AAbort{0, 0}));
    c.close(R);
  });
  plant("NotDicomAtAll", "ps3.8/9.3.1/pdu-type-unknown", A, 2, 0, [](Conversation& c, bool fault) {
    c.send(R, pdu::Pdu(associate_rq()));
    if (fault) {
      c.send(A, to_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
      c.send(R, pdu::Pdu(pdu::AAbort{2, 1}));
    } else {
      c.send(A, pdu::Pdu(pdu::AAssociateRj{1, 1, 7}));
    }
    c.close(R);
  });
  plant("PduLengthBeyondReason", "ps3.8/9.3.1/pdu-length-beyond-reason", R, 3, 2, [](Conversation& c, bool fault) {
    c.associate();
    if (fault) {
      c.send(R, {5, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0}).send(A, pdu::Pdu(pdu::AAbort{2, 6})).close(A);
    } else {
      c.release();
    }
  });
  plant("PduCutShort", "ps3.8/9.3.1/pdu-cut-short", R, 1, std::nullopt, [](Conversation& c, bool fault) {
    c.associate();
    if (fault) {
      auto bytes = packed(message(context::echo, dimse::c_echo_rq(1)));
      bytes.resize(bytes.size() - 10);
      c.send(R, bytes).close(R);
    } else {
      c.release();
    }
  });
  plant("ReleaseReservedBytes", "ps3.8/9.3.6/reserved", R, 3, 7, [](Conversation& c, bool fault) {
    c.associate();
    c.send(R, {5, 0, 0, 0, 0, 4, 0, static_cast<std::uint8_t>(fault ? 1 : 0), 0, 0});
    c.send(A, pdu::Pdu(pdu::AReleaseRp{})).close(R);
  });
  return all;
}

}  // namespace assay::test
