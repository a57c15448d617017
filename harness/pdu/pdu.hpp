// The seven PDUs of the DICOM Upper Layer and all their items, as values.
// PS3.8 9.3 (PDUs), PS3.8 D.1 (maximum length), PS3.7 D.3.3 (the other user information sub-items).
// Items stand in vectors in wire order, so that order, duplicates and omissions are simply said, and unknown
// items are kept as bytes. Text fields hold the bytes as they came, with one exception: AE titles stand without the
// trailing spaces that fill the 16 bytes of their field, because the encoder puts them back byte for byte.
// Tests: tests/unit/pdu/
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/base/bytes.hpp"

namespace assay::pdu {

/// PDU types, first byte of every PDU (PS3.8 9.3.1).
enum class PduType : std::uint8_t {
  a_associate_rq = 0x01,
  a_associate_ac = 0x02,
  a_associate_rj = 0x03,
  p_data_tf = 0x04,
  a_release_rq = 0x05,
  a_release_rp = 0x06,
  a_abort = 0x07,
};

/// "A-ASSOCIATE-RQ" and so on; "unknown PDU type 08H" for the rest.
std::string pdu_name(std::uint8_t type);

inline constexpr std::size_t pdu_header_length = 6;

namespace item_type {
inline constexpr std::uint8_t application_context = 0x10;
inline constexpr std::uint8_t presentation_context_rq = 0x20;
inline constexpr std::uint8_t presentation_context_ac = 0x21;
inline constexpr std::uint8_t abstract_syntax = 0x30;
inline constexpr std::uint8_t transfer_syntax = 0x40;
inline constexpr std::uint8_t user_information = 0x50;
inline constexpr std::uint8_t maximum_length = 0x51;
inline constexpr std::uint8_t implementation_class_uid = 0x52;
inline constexpr std::uint8_t asynchronous_operations_window = 0x53;
inline constexpr std::uint8_t role_selection = 0x54;
inline constexpr std::uint8_t implementation_version_name = 0x55;
inline constexpr std::uint8_t sop_class_extended_negotiation = 0x56;
inline constexpr std::uint8_t sop_class_common_extended_negotiation = 0x57;
inline constexpr std::uint8_t user_identity_rq = 0x58;
inline constexpr std::uint8_t user_identity_ac = 0x59;
}  // namespace item_type

/// An item or sub-item of a type this table does not know, or one of a known type whose inside could not be read
/// (its bytes are kept, a problem says what is wrong, and it is encoded again unchanged).
struct UnknownItem {
  std::uint8_t type = 0;
  Bytes value;
  friend bool operator==(const UnknownItem&, const UnknownItem&) = default;
};

/// PS3.8 9.3.2.1
struct ApplicationContextItem {
  std::string name;
  friend bool operator==(const ApplicationContextItem&, const ApplicationContextItem&) = default;
};

/// PS3.8 9.3.2.2.1
struct AbstractSyntaxSubItem {
  std::string name;
  friend bool operator==(const AbstractSyntaxSubItem&, const AbstractSyntaxSubItem&) = default;
};

/// PS3.8 9.3.2.2.2
struct TransferSyntaxSubItem {
  std::string name;
  friend bool operator==(const TransferSyntaxSubItem&, const TransferSyntaxSubItem&) = default;
};

using ContextSubItem = std::variant<AbstractSyntaxSubItem, TransferSyntaxSubItem, UnknownItem>;

/// PS3.8 9.3.2.2
struct PresentationContextItemRq {
  std::uint8_t id = 1;
  std::vector<ContextSubItem> sub_items;

  /// The first abstract syntax, empty when there is none.
  [[nodiscard]] std::string_view abstract_syntax() const;
  [[nodiscard]] std::vector<std::string_view> transfer_syntaxes() const;
  friend bool operator==(const PresentationContextItemRq&, const PresentationContextItemRq&) = default;
};

/// Result/Reason of a presentation context (PS3.8 Table 9-18).
enum class ContextResult : std::uint8_t {
  acceptance = 0,
  user_rejection = 1,
  no_reason = 2,
  abstract_syntax_not_supported = 3,
  transfer_syntaxes_not_supported = 4,
};

/// PS3.8 9.3.3.2
struct PresentationContextItemAc {
  std::uint8_t id = 1;
  std::uint8_t result = 0;
  std::vector<ContextSubItem> sub_items;

  /// The first transfer syntax, empty when there is none. Not significant unless result is 0.
  [[nodiscard]] std::string_view transfer_syntax() const;
  friend bool operator==(const PresentationContextItemAc&, const PresentationContextItemAc&) = default;
};

/// PS3.8 D.1.1: bytes of the variable field of a P-DATA-TF PDU the sender of this item will take; 0 = no limit.
struct MaximumLengthSubItem {
  std::uint32_t maximum_length = 0;
  friend bool operator==(const MaximumLengthSubItem&, const MaximumLengthSubItem&) = default;
};

/// PS3.7 D.3.3.2.1
struct ImplementationClassUidSubItem {
  std::string uid;
  friend bool operator==(const ImplementationClassUidSubItem&, const ImplementationClassUidSubItem&) = default;
};

/// PS3.7 D.3.3.2.3: 1 to 16 characters
struct ImplementationVersionNameSubItem {
  std::string name;
  friend bool operator==(const ImplementationVersionNameSubItem&, const ImplementationVersionNameSubItem&) = default;
};

/// PS3.7 D.3.3.3: 0 = unlimited
struct AsynchronousOperationsWindowSubItem {
  std::uint16_t invoked = 1;
  std::uint16_t performed = 1;
  friend bool operator==(const AsynchronousOperationsWindowSubItem&,
                         const AsynchronousOperationsWindowSubItem&) = default;
};

/// PS3.7 D.3.3.4
struct RoleSelectionSubItem {
  std::string sop_class_uid;
  std::uint8_t scu_role = 0;
  std::uint8_t scp_role = 0;
  friend bool operator==(const RoleSelectionSubItem&, const RoleSelectionSubItem&) = default;
};

/// PS3.7 D.3.3.5
struct SopClassExtendedNegotiationSubItem {
  std::string sop_class_uid;
  Bytes service_class_application_information;
  friend bool operator==(const SopClassExtendedNegotiationSubItem&,
                         const SopClassExtendedNegotiationSubItem&) = default;
};

/// PS3.7 D.3.3.6 (A-ASSOCIATE-RQ only)
struct SopClassCommonExtendedNegotiationSubItem {
  std::string sop_class_uid;
  std::string service_class_uid;
  std::vector<std::string> related_general_sop_class_uids;
  Bytes reserved;  // what follows the related classes
  friend bool operator==(const SopClassCommonExtendedNegotiationSubItem&,
                         const SopClassCommonExtendedNegotiationSubItem&) = default;
};

/// PS3.7 D.3.3.7.1; type 1 user name, 2 user name and passcode, 3 Kerberos, 4 SAML, 5 JWT
struct UserIdentitySubItemRq {
  std::uint8_t identity_type = 1;
  std::uint8_t positive_response_requested = 0;
  Bytes primary_field;
  Bytes secondary_field;
  friend bool operator==(const UserIdentitySubItemRq&, const UserIdentitySubItemRq&) = default;
};

/// PS3.7 D.3.3.7.2
struct UserIdentitySubItemAc {
  Bytes server_response;
  friend bool operator==(const UserIdentitySubItemAc&, const UserIdentitySubItemAc&) = default;
};

using UserSubItem =
    std::variant<MaximumLengthSubItem, ImplementationClassUidSubItem, ImplementationVersionNameSubItem,
                 AsynchronousOperationsWindowSubItem, RoleSelectionSubItem, SopClassExtendedNegotiationSubItem,
                 SopClassCommonExtendedNegotiationSubItem, UserIdentitySubItemRq, UserIdentitySubItemAc, UnknownItem>;

/// PS3.8 9.3.2.3 and 9.3.3.3
struct UserInformationItem {
  std::vector<UserSubItem> sub_items;

  /// The first sub-item of type T, or null.
  template <typename T>
  [[nodiscard]] const T* find() const {
    for (const auto& item : sub_items)
      if (const auto* found = std::get_if<T>(&item)) return found;
    return nullptr;
  }
  friend bool operator==(const UserInformationItem&, const UserInformationItem&) = default;
};

using AssociateItem = std::variant<ApplicationContextItem, PresentationContextItemRq, PresentationContextItemAc,
                                   UserInformationItem, UnknownItem>;

/// What A-ASSOCIATE-RQ and -AC share (PS3.8 Tables 9-11 and 9-17).
struct AssociateBody {
  std::uint16_t protocol_version = 1;
  std::string called_ae_title;   // 16 bytes on the wire; the trailing spaces are not kept, the encoder pads
  std::string calling_ae_title;  // likewise
  std::array<std::uint8_t, 32> reserved{};
  std::vector<AssociateItem> items;

  [[nodiscard]] std::string_view application_context() const;  // empty when there is none
  [[nodiscard]] const UserInformationItem* user_information() const;
  /// 0 when no maximum length item is there, as for "no limit".
  [[nodiscard]] std::uint32_t maximum_length() const;
  friend bool operator==(const AssociateBody&, const AssociateBody&) = default;
};

/// An AE title without the blanks at either end, which carry no meaning (PS3.5 6.2, AE).
std::string_view trimmed_ae_title(std::string_view field);

/// PS3.8 9.3.2
struct AAssociateRq : AssociateBody {
  [[nodiscard]] std::vector<const PresentationContextItemRq*> contexts() const;
  friend bool operator==(const AAssociateRq&, const AAssociateRq&) = default;
};

/// PS3.8 9.3.3; the title fields are the RQ's, returned unswapped and never tested
struct AAssociateAc : AssociateBody {
  [[nodiscard]] std::vector<const PresentationContextItemAc*> contexts() const;
  friend bool operator==(const AAssociateAc&, const AAssociateAc&) = default;
};

/// PS3.8 9.3.4
struct AAssociateRj {
  std::uint8_t result = 1;
  std::uint8_t source = 1;
  std::uint8_t reason = 1;
  friend bool operator==(const AAssociateRj&, const AAssociateRj&) = default;
};

/// "rejected-permanent / service-user / called-AE-title-not-recognized" (PS3.8 Table 9-21).
std::string describe_reject(std::uint8_t result, std::uint8_t source, std::uint8_t reason);
/// True when Table 9-21 knows the triple.
bool is_defined_reject(std::uint8_t result, std::uint8_t source, std::uint8_t reason);

/// PS3.8 9.3.5.1 and Annex E: one fragment of a Command Set or Data Set.
struct PresentationDataValue {
  std::uint8_t context_id = 1;
  std::uint8_t control_header = 0;  // bit 0: command, bit 1: last fragment
  Bytes fragment;

  [[nodiscard]] bool is_command() const { return (control_header & 1) != 0; }
  [[nodiscard]] bool is_last() const { return (control_header & 2) != 0; }
  friend bool operator==(const PresentationDataValue&, const PresentationDataValue&) = default;
};

/// PS3.8 9.3.5
struct PDataTf {
  std::vector<PresentationDataValue> values;
  friend bool operator==(const PDataTf&, const PDataTf&) = default;
};

/// PS3.8 9.3.6
struct AReleaseRq {
  friend bool operator==(const AReleaseRq&, const AReleaseRq&) = default;
};

/// PS3.8 9.3.7
struct AReleaseRp {
  friend bool operator==(const AReleaseRp&, const AReleaseRp&) = default;
};

/// PS3.8 9.3.8; source 0 service-user, 2 service-provider
struct AAbort {
  std::uint8_t source = 0;
  std::uint8_t reason = 0;
  friend bool operator==(const AAbort&, const AAbort&) = default;
};

/// "service-provider / unexpected-PDU" (PS3.8 Table 9-26).
std::string describe_abort(std::uint8_t source, std::uint8_t reason);

using Pdu = std::variant<AAssociateRq, AAssociateAc, AAssociateRj, PDataTf, AReleaseRq, AReleaseRp, AAbort>;

PduType type_of(const Pdu& pdu);

}  // namespace assay::pdu
