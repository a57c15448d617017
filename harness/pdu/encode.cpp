// PDUs to their right bytes (PS3.8 9.3.2 to 9.3.8, D.1; PS3.7 D.3.3). A value too long for its length field has its
// length written modulo the field, as everywhere in a layout.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "harness/pdu/codec.hpp"

namespace assay::pdu {
namespace {

constexpr std::size_t title_length = 16;

/// Appends to a buffer that grows in large steps, and fills in lengths when their end is known.
class Writer {
 public:
  explicit Writer(std::size_t expected) : out_(expected) {}

  void u8(std::uint8_t value) { *room(1) = value; }
  void u16(std::size_t value) { put16(room(2), value); }
  void u32(std::size_t value) {
    auto* at = room(4);
    put16(at, value >> 16);
    put16(at + 2, value);
  }
  void zeros(std::size_t count) { std::memset(room(count), 0, count); }
  void bytes(const void* data, std::size_t count) {
    auto* at = room(count);
    if (count > 0) std::memcpy(at, data, count);
  }
  void bytes(const Bytes& value) { bytes(value.data(), value.size()); }
  void text(std::string_view value) { bytes(value.data(), value.size()); }
  /// A 16-bit length and as many bytes.
  template <typename Value>
  void counted(const Value& value) {
    u16(value.size());
    bytes(value.data(), value.size());
  }
  void title(std::string_view value) {
    auto* at = room(title_length);
    std::memset(at, ' ', title_length);
    if (!value.empty()) std::memcpy(at, value.data(), std::min(value.size(), title_length));
  }

  void pdu_header(PduType type) {
    u8(static_cast<std::uint8_t>(type));
    zeros(5);
  }
  void end_pdu() {
    const auto length = used_ - pdu_header_length;
    put16(out_.data() + 2, length >> 16);
    put16(out_.data() + 4, length);
  }

  /// Item type, reserved byte and a length that end_item() fills in.
  std::size_t begin_item(std::uint8_t type) {
    auto* at = room(4);
    at[0] = type;
    at[1] = at[2] = at[3] = 0;
    return used_;
  }
  void end_item(std::size_t begin) { put16(out_.data() + begin - 2, used_ - begin); }
  void item(std::uint8_t type, std::string_view value) {
    auto* at = room(4 + value.size());
    at[0] = type;
    at[1] = 0;
    put16(at + 2, value.size());
    if (!value.empty()) std::memcpy(at + 4, value.data(), value.size());
  }

  Bytes take() {
    out_.resize(used_);
    return std::move(out_);
  }

 private:
  static void put16(std::uint8_t* at, std::size_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
  }

  std::uint8_t* room(std::size_t count) {
    if (out_.size() - used_ < count) out_.resize(std::max(out_.size() * 2, used_ + count));
    auto* at = out_.data() + used_;
    used_ += count;
    return at;
  }

  Bytes out_;
  std::size_t used_ = 0;
};

struct SubItemWriter {
  Writer& out;

  void operator()(const AbstractSyntaxSubItem& item) const { out.item(item_type::abstract_syntax, item.name); }
  void operator()(const TransferSyntaxSubItem& item) const { out.item(item_type::transfer_syntax, item.name); }
  void operator()(const UnknownItem& item) const { out.item(item.type, as_text(item.value)); }

  void operator()(const MaximumLengthSubItem& item) const {
    const auto begin = out.begin_item(item_type::maximum_length);
    out.u32(item.maximum_length);
    out.end_item(begin);
  }
  void operator()(const ImplementationClassUidSubItem& item) const {
    out.item(item_type::implementation_class_uid, item.uid);
  }
  void operator()(const ImplementationVersionNameSubItem& item) const {
    out.item(item_type::implementation_version_name, item.name);
  }
  void operator()(const AsynchronousOperationsWindowSubItem& item) const {
    const auto begin = out.begin_item(item_type::asynchronous_operations_window);
    out.u16(item.invoked);
    out.u16(item.performed);
    out.end_item(begin);
  }
  void operator()(const RoleSelectionSubItem& item) const {
    const auto begin = out.begin_item(item_type::role_selection);
    out.counted(item.sop_class_uid);
    out.u8(item.scu_role);
    out.u8(item.scp_role);
    out.end_item(begin);
  }
  void operator()(const SopClassExtendedNegotiationSubItem& item) const {
    const auto begin = out.begin_item(item_type::sop_class_extended_negotiation);
    out.counted(item.sop_class_uid);
    out.bytes(item.service_class_application_information);
    out.end_item(begin);
  }
  void operator()(const SopClassCommonExtendedNegotiationSubItem& item) const {
    const auto begin = out.begin_item(item_type::sop_class_common_extended_negotiation);
    out.counted(item.sop_class_uid);
    out.counted(item.service_class_uid);
    std::size_t related = 0;
    for (const auto& uid : item.related_general_sop_class_uids) related += 2 + uid.size();
    out.u16(related);
    for (const auto& uid : item.related_general_sop_class_uids) out.counted(uid);
    out.bytes(item.reserved);
    out.end_item(begin);
  }
  void operator()(const UserIdentitySubItemRq& item) const {
    const auto begin = out.begin_item(item_type::user_identity_rq);
    out.u8(item.identity_type);
    out.u8(item.positive_response_requested);
    out.counted(item.primary_field);
    out.counted(item.secondary_field);
    out.end_item(begin);
  }
  void operator()(const UserIdentitySubItemAc& item) const {
    const auto begin = out.begin_item(item_type::user_identity_ac);
    out.counted(item.server_response);
    out.end_item(begin);
  }
};

struct ItemWriter {
  Writer& out;

  void operator()(const ApplicationContextItem& item) const { out.item(item_type::application_context, item.name); }
  void operator()(const UnknownItem& item) const { out.item(item.type, as_text(item.value)); }
  void operator()(const PresentationContextItemRq& item) const {
    context(item_type::presentation_context_rq, item.id, 0, item.sub_items);
  }
  void operator()(const PresentationContextItemAc& item) const {
    context(item_type::presentation_context_ac, item.id, item.result, item.sub_items);
  }
  void operator()(const UserInformationItem& item) const {
    const auto begin = out.begin_item(item_type::user_information);
    for (const auto& sub_item : item.sub_items) std::visit(SubItemWriter{out}, sub_item);
    out.end_item(begin);
  }

  void context(std::uint8_t type, std::uint8_t id, std::uint8_t result,
               const std::vector<ContextSubItem>& sub_items) const {
    const auto begin = out.begin_item(type);
    out.u8(id);
    out.u8(0);
    out.u8(result);
    out.u8(0);
    for (const auto& sub_item : sub_items) std::visit(SubItemWriter{out}, sub_item);
    out.end_item(begin);
  }
};

Bytes encode_associate(PduType type, const AssociateBody& body) {
  constexpr std::size_t fixed = 256;         // fixed fields, application context and a usual user information
  constexpr std::size_t each_context = 128;  // one abstract and two transfer syntaxes of usual length
  Writer out(fixed + each_context * body.items.size());
  out.pdu_header(type);
  out.u16(body.protocol_version);
  out.u16(0);
  out.title(body.called_ae_title);
  out.title(body.calling_ae_title);
  out.bytes(body.reserved.data(), body.reserved.size());
  for (const auto& item : body.items) std::visit(ItemWriter{out}, item);
  out.end_pdu();
  return out.take();
}

Bytes fixed_pdu(PduType type, std::uint8_t second, std::uint8_t third, std::uint8_t fourth) {
  return {static_cast<std::uint8_t>(type), 0, 0, 0, 0, 4, 0, second, third, fourth};
}

struct PduWriter {
  Bytes operator()(const AAssociateRq& pdu) const { return encode_associate(PduType::a_associate_rq, pdu); }
  Bytes operator()(const AAssociateAc& pdu) const { return encode_associate(PduType::a_associate_ac, pdu); }
  Bytes operator()(const AAssociateRj& pdu) const {
    return fixed_pdu(PduType::a_associate_rj, pdu.result, pdu.source, pdu.reason);
  }
  Bytes operator()(const PDataTf& pdu) const {
    std::size_t size = pdu_header_length;
    for (const auto& value : pdu.values) size += 6 + value.fragment.size();
    Writer out(size);
    out.pdu_header(PduType::p_data_tf);
    for (const auto& value : pdu.values) {
      out.u32(2 + value.fragment.size());
      out.u8(value.context_id);
      out.u8(value.control_header);
      out.bytes(value.fragment);
    }
    out.end_pdu();
    return out.take();
  }
  Bytes operator()(const AReleaseRq&) const { return fixed_pdu(PduType::a_release_rq, 0, 0, 0); }
  Bytes operator()(const AReleaseRp&) const { return fixed_pdu(PduType::a_release_rp, 0, 0, 0); }
  Bytes operator()(const AAbort& pdu) const { return fixed_pdu(PduType::a_abort, 0, pdu.source, pdu.reason); }
};

}  // namespace

Bytes encode(const Pdu& pdu) { return std::visit(PduWriter{}, pdu); }

void encode_p_data(Bytes& out, std::uint8_t context_id, std::uint8_t control_header, ByteView fragment) {
  const auto item = static_cast<std::uint32_t>(fragment.size() + 2);
  const std::uint32_t body = item + 4;
  const auto byte = [](std::uint32_t value, int shift) { return static_cast<std::uint8_t>(value >> shift); };
  const std::array<std::uint8_t, 12> header{static_cast<std::uint8_t>(PduType::p_data_tf),
                                            0,
                                            byte(body, 24),
                                            byte(body, 16),
                                            byte(body, 8),
                                            byte(body, 0),
                                            byte(item, 24),
                                            byte(item, 16),
                                            byte(item, 8),
                                            byte(item, 0),
                                            context_id,
                                            control_header};
  append(out, ByteView(header));
  append(out, fragment);
}

}  // namespace assay::pdu
