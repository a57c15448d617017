// PDUs for the tests of this room: well-formed values of every shape, and helpers to change them.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "harness/base/hex.hpp"
#include "harness/pdu/codec.hpp"

namespace assay::pdu::samples {

inline const std::string application_context = "1.2.840.10008.3.1.1.1";
inline const std::string verification = "1.2.840.10008.1.1";
inline const std::string implicit_le = "1.2.840.10008.1.2";
inline const std::string explicit_le = "1.2.840.10008.1.2.1";
inline const std::string ct_image_storage = "1.2.840.10008.5.1.4.1.1.2";

/// A request with one of every item and sub-item that may stand in it.
inline AAssociateRq full_rq() {
  AAssociateRq rq;
  rq.called_ae_title = "ANY-SCP";
  rq.calling_ae_title = "ASSAY";
  rq.items = {
      ApplicationContextItem{application_context},
      PresentationContextItemRq{1,
                                {AbstractSyntaxSubItem{verification}, TransferSyntaxSubItem{implicit_le},
                                 TransferSyntaxSubItem{explicit_le}}},
      PresentationContextItemRq{3, {AbstractSyntaxSubItem{ct_image_storage}, TransferSyntaxSubItem{implicit_le}}},
      UserInformationItem{
          {MaximumLengthSubItem{16384}, ImplementationClassUidSubItem{"1.2.3.4"},
           ImplementationVersionNameSubItem{"ASSAY_1"}, AsynchronousOperationsWindowSubItem{5, 0},
           RoleSelectionSubItem{ct_image_storage, 1, 0},
           SopClassExtendedNegotiationSubItem{ct_image_storage, {1, 0, 1}},
           SopClassCommonExtendedNegotiationSubItem{ct_image_storage, "1.2.840.10008.4.2", {"1.2.3", "1.2.34"}, {}},
           UserIdentitySubItemRq{2, 1, to_bytes("user"), to_bytes("passcode")}}}};
  return rq;
}

/// An acceptance with one of every item and sub-item that may stand in it.
inline AAssociateAc full_ac() {
  AAssociateAc ac;
  ac.called_ae_title = "ANY-SCP";
  ac.calling_ae_title = "ASSAY";
  ac.items = {
      ApplicationContextItem{application_context},
      PresentationContextItemAc{1, 0, {TransferSyntaxSubItem{implicit_le}}},
      PresentationContextItemAc{3, 3, {TransferSyntaxSubItem{""}}},
      UserInformationItem{
          {MaximumLengthSubItem{0}, ImplementationClassUidSubItem{"1.2.3.4"}, ImplementationVersionNameSubItem{"PEER"},
           AsynchronousOperationsWindowSubItem{1, 1}, RoleSelectionSubItem{ct_image_storage, 0, 1},
           SopClassExtendedNegotiationSubItem{ct_image_storage, {}}, UserIdentitySubItemAc{to_bytes("ticket")}}}};
  return ac;
}

inline PDataTf full_p_data() { return {{{1, 3, {1, 2, 3, 4}}, {1, 0, {5, 6}}, {255, 2, {}}}}; }

inline std::vector<Pdu> every_type() {
  return {full_rq(),    full_ac(),    AAssociateRj{2, 3, 2}, full_p_data(),
          AReleaseRq{}, AReleaseRp{}, AAbort{0, 0},          AAbort{2, 6}};
}

/// Well-formed PDUs drawn from a seed: numbers, orders and lengths vary, no rule is broken.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  Pdu next() {
    switch (below(7)) {
      case 0: return associate_rq();
      case 1: return associate_ac();
      case 2: {
        static constexpr std::uint8_t defined[][2]{{1, 1}, {1, 2}, {1, 3}, {1, 7}, {2, 1}, {2, 2}, {3, 1}, {3, 2}};
        const auto& pair = defined[below(8)];
        return AAssociateRj{static_cast<std::uint8_t>(1 + below(2)), pair[0], pair[1]};
      }
      case 3: {
        PDataTf pdu;
        for (auto n = 1 + below(4); n > 0; --n) {
          pdu.values.push_back({odd(), static_cast<std::uint8_t>(below(4)), bytes(2 * below(40))});
        }
        return pdu;
      }
      case 4: return AReleaseRq{};
      case 5: return AReleaseRp{};
      default: {
        static constexpr std::uint8_t reasons[]{0, 1, 2, 4, 5, 6};
        return below(2) == 0 ? AAbort{0, 0} : AAbort{2, reasons[below(6)]};
      }
    }
  }

  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_()) % bound; }

 private:
  std::uint8_t odd() { return static_cast<std::uint8_t>(1 + 2 * below(128)); }
  Bytes bytes(std::size_t count) {
    Bytes out(count);
    for (auto& b : out) b = static_cast<std::uint8_t>(below(256));
    return out;
  }
  /// `mark` makes UIDs that must differ differ.
  std::string uid(std::uint32_t mark) {
    std::string out = "1.2." + std::to_string(mark);
    const auto parts = below(4);
    for (std::uint32_t i = 0; i < parts; ++i) out += "." + std::to_string(below(1'000'000));
    if (below(8) == 0) out += "." + std::string(64 - out.size() - 1, '9');
    return out;
  }
  std::string title() {
    std::string out(1 + below(16), ' ');
    for (auto& c : out) c = static_cast<char>('A' + below(26));
    if (below(4) == 0) out[0] = ' ';
    if (out == " ") out = "X";
    return out;
  }

  void sub_items(UserInformationItem& user, bool is_rq) {
    auto& out = user.sub_items;
    out.emplace_back(MaximumLengthSubItem{below(1U << 31)});
    out.emplace_back(ImplementationClassUidSubItem{uid(0)});
    if (below(2) == 0) out.emplace_back(ImplementationVersionNameSubItem{std::string(1 + below(16), 'v')});
    if (below(2) == 0) {
      out.emplace_back(AsynchronousOperationsWindowSubItem{static_cast<std::uint16_t>(below(65536)),
                                                           static_cast<std::uint16_t>(below(65536))});
    }
    for (auto n = below(3); n > 0; --n) {
      out.emplace_back(
          RoleSelectionSubItem{uid(n), static_cast<std::uint8_t>(below(2)), static_cast<std::uint8_t>(below(2))});
    }
    for (auto n = below(3); n > 0; --n) out.emplace_back(SopClassExtendedNegotiationSubItem{uid(n), bytes(below(9))});
    if (!is_rq) {
      if (below(2) == 0) out.emplace_back(UserIdentitySubItemAc{bytes(below(50))});
      return;
    }
    for (auto n = below(3); n > 0; --n) {
      SopClassCommonExtendedNegotiationSubItem item{uid(n), uid(9), {}, {}};
      for (auto m = below(4); m > 0; --m) item.related_general_sop_class_uids.push_back(uid(m));
      out.emplace_back(std::move(item));
    }
    if (below(2) == 0) {
      UserIdentitySubItemRq item{
          static_cast<std::uint8_t>(1 + below(5)), static_cast<std::uint8_t>(below(2)), bytes(below(50)), {}};
      if (item.identity_type == 2) item.secondary_field = bytes(below(20));
      out.emplace_back(std::move(item));
    }
  }

  AAssociateRq associate_rq() {
    AAssociateRq pdu;
    pdu.called_ae_title = title();
    pdu.calling_ae_title = title();
    pdu.items.emplace_back(ApplicationContextItem{uid(1)});
    const auto contexts = 1 + below(5);
    for (std::uint32_t i = 0; i < contexts; ++i) {
      PresentationContextItemRq item{static_cast<std::uint8_t>(2 * i + 1), {AbstractSyntaxSubItem{uid(2)}}};
      for (auto n = 1 + below(3); n > 0; --n) item.sub_items.emplace_back(TransferSyntaxSubItem{uid(n)});
      pdu.items.emplace_back(std::move(item));
    }
    sub_items(std::get<UserInformationItem>(pdu.items.emplace_back(UserInformationItem{})), true);
    return pdu;
  }

  AAssociateAc associate_ac() {
    AAssociateAc pdu;
    pdu.called_ae_title = title();
    pdu.calling_ae_title = title();
    for (auto& b : pdu.reserved) b = static_cast<std::uint8_t>(below(256));
    pdu.items.emplace_back(ApplicationContextItem{uid(1)});
    const auto contexts = 1 + below(5);
    for (std::uint32_t i = 0; i < contexts; ++i) {
      PresentationContextItemAc item{static_cast<std::uint8_t>(255 - 2 * i), static_cast<std::uint8_t>(below(5)), {}};
      if (item.result == 0 || below(2) == 0) item.sub_items.emplace_back(TransferSyntaxSubItem{uid(1)});
      pdu.items.emplace_back(std::move(item));
    }
    sub_items(std::get<UserInformationItem>(pdu.items.emplace_back(UserInformationItem{})), false);
    return pdu;
  }

  std::mt19937 random_;
};

}  // namespace assay::pdu::samples
