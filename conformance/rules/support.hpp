// What the rule families share: making a finding at a place, finding elements and items in the stream, roles.
// Internal to the room. Tests: tests/unit/conformance/
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/rules/standard_rules.hpp"
#include "harness/dict/dict.hpp"
#include "harness/trace/rule.hpp"

namespace assay::conformance {

using trace::Side;

/// Where something stands in a side's stream.
struct StreamPlace {
  Side side = Side::requestor;
  std::uint32_t pdu = 0;
  std::uint64_t offset = 0;
};

trace::Finding finding(const trace::RuleInfo& info, StreamPlace place, std::string field, std::string found,
                       std::string expected);

/// The element's value (its tag when it has none) in the stream; the message's begin when it is absent.
StreamPlace place_of(const trace::MessageSeen& seen, Tag tag);
/// A byte of the Data Set in the stream.
StreamPlace place_in_data(const trace::MessageSeen& seen, std::uint64_t position);
inline StreamPlace begin_of(const trace::MessageSeen& seen) { return {seen.from, seen.first_pdu, seen.offset}; }
inline StreamPlace begin_of(const trace::PduSeen& seen) { return {seen.from, seen.number, seen.offset}; }

/// Positions in the PDU of the items of an A-ASSOCIATE-RQ or -AC, parallel to AssociateBody::items.
std::vector<std::size_t> item_positions(ByteView pdu);
/// Positions in the PDU of the sub-items of the first user information item, parallel to its sub_items.
std::vector<std::size_t> sub_item_positions(ByteView pdu);

/// A UID without the padding that PDUs must not and Data Sets may have; padding has rules of its own.
std::string_view trimmed_uid(std::string_view uid);
/// "(0008,0018) SOPInstanceUID"
std::string label(Tag tag);
std::string quoted(std::string_view text);

/// Who may be SCU on contexts of this abstract syntax (PS3.7 D.3.3.4): by default the requestor alone.
struct Roles {
  bool requestor_is_scu = true;
  bool requestor_is_scp = false;
};
Roles roles_of(const trace::Negotiated& negotiated, std::string_view abstract_syntax);

/// The context of a message when it was accepted, else null.
const trace::Negotiated::Context* accepted_context(const trace::Negotiated& negotiated, std::uint8_t id);

/// True when `seen` carries a problem of this rule; relational rules stay silent about what a decoder reported.
bool has_problem(const trace::PduSeen& seen, std::string_view rule);

/// True for a PDU by which messages were lost or never complete: how the other side takes that is not defined
/// (PS3.8 E.2).
bool breaks_messages(const trace::PduSeen& seen);

// One family per file; each adds its rules to the book.
void add_decoder_rules(trace::RuleBook& book);    // what the decoders report
void add_observer_rules(trace::RuleBook& book);   // PS3.8 9.2.3, 9.3.1, E.2: what the observer reports
void add_request_rules(trace::RuleBook& book);    // PS3.8 9.3.2, PS3.7 D.3.3: the A-ASSOCIATE-RQ in itself
void add_accept_rules(trace::RuleBook& book);     // PS3.8 9.3.3: what the A-ASSOCIATE-AC answers
void add_user_item_rules(trace::RuleBook& book);  // PS3.7 D.3.3: user information answered
void add_reject_rules(trace::RuleBook& book);     // PS3.8 9.3.4, 9.2.3
void add_p_data_rules(trace::RuleBook& book);     // PS3.8 9.3.5, D.1
void add_operation_rules(trace::RuleBook& book);  // PS3.7 9.1, 9.3, D.3.3.3: requests and their responses
void add_retrieve_rules(trace::RuleBook& book);   // PS3.4 C.4.2, C.4.3
void add_response_rules(trace::RuleBook& book);   // PS3.4 C.4.2, PS3.7 6.3.1, 10.3: what messages carry
void add_service_rules(trace::RuleBook& book);    // PS3.7 D.3.3.4, PS3.4: what may be asked on a context, by whom
/// PS3.5, PS3.4 B.2, C.4: Data Sets in their transfer syntax, objects by their IOD
void add_data_set_rules(trace::RuleBook& book, ObjectsJudged which);
void add_exchange_rules(trace::RuleBook& book);  // PS3.7 9.1, 10.1, PS3.4: services, operation by operation

}  // namespace assay::conformance
