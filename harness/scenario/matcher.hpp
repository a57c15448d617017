// What came on a connection, held against the matchers of an <expect>. Tests: tests/unit/scenario/interpreter_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/time.hpp"
#include "harness/dimse/message.hpp"
#include "harness/pdu/codec.hpp"
#include "harness/scenario/builder.hpp"
#include "harness/scenario/model.hpp"
#include "harness/trace/trace.hpp"

namespace assay::scenario {

/// One thing that came from the peer, in order.
struct Item {
  enum class Kind : std::uint8_t {
    pdu,
    p_data,
    message,
    unrecognized,
    closed,
    tls_established,
    tls_refused,  // the handshake came to nothing
    tls_alert,
    client_hello,  // in the clear
  };
  Kind kind = Kind::pdu;
  Instant at;
  std::optional<pdu::Pdu> pdu;  // pdu and p_data, where it could be decoded
  std::uint8_t pdu_type = 0;
  std::uint32_t length = 0;  // PDU-length
  std::optional<dimse::Message> message;
  trace::Closing how = trace::Closing::fin;
  bool notified = false;                  // closed: TLS's close_notify came first
  std::shared_ptr<const trace::Tls> tls;  // tls_...: what is known
  std::string alert;                      // of TLS
  bool fatal = false;                     // the alert
  bool by_us = false;                     // tls_refused, tls_alert: we ended it
  Bytes bytes;                            // the first of them, for the executed scenario
  bool from_last_p_data = false;          // a message that the p_data item just before it completed
};

/// Nothing when the item is what the matcher says; else what differs, for people.
std::optional<std::string> mismatch(const Element& matcher, const Item& item, const Dialogue& dialogue);

/// A field of the item by the name a matcher or a capture uses; nothing when it is absent.
std::optional<std::string> field_of(const Item& item, std::string_view field, const Dialogue& dialogue);

/// "A-ASSOCIATE-RJ with result 1, source 1, reason 7".
std::string describe(const Element& matcher);
std::string describe(const Item& item);

}  // namespace assay::scenario
