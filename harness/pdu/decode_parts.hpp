// The parts of decode(), one per kind of PDU. Internal to the room; codec.hpp is the door.
#pragma once

#include <optional>

#include "harness/base/bytes.hpp"
#include "harness/pdu/item_reader.hpp"
#include "harness/pdu/pdu.hpp"
#include "harness/pdu/report.hpp"

namespace assay::pdu::detail {

/// Body of an A-ASSOCIATE-RQ or -AC (PS3.8 9.3.2, 9.3.3); `bytes` is the PDU up to its claimed end, header included.
/// False after an error.
bool decode_associate(ByteView bytes, Side side, AssociateBody& body, Report& report);

/// Sub-items of the user information item (PS3.8 D.1, PS3.7 D.3.3). False after an error.
bool decode_user_information(const Item& item, Side side, UserInformationItem& out, Report& report);

/// The header's type, reserved byte and length (PS3.8 9.3.1). Yields the PDU's bytes without what follows its claimed
/// end; nothing after an error.
std::optional<ByteView> decode_header(ByteView bytes, Report& report);

/// "PS3.8 9.3.2" for an A-ASSOCIATE-RQ and so on; the general clause for a type that does not exist.
std::string_view pdu_clause(std::uint8_t type);

}  // namespace assay::pdu::detail
