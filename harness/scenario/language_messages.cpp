// The messages of the scenario language as tables: what is sent, how it is modified, and what is matched.
#include <array>

#include "harness/dataset/native_xml.hpp"
#include "harness/scenario/language.hpp"

namespace assay::scenario {
namespace {

using detail::Attributes;
using detail::Children;
using detail::join;
using detail::V;

constexpr auto dimse_messages = std::to_array<std::string_view>(
    {"c-echo-rq",          "c-echo-rsp",  "c-store-rq",   "c-store-rsp", "c-find-rq",   "c-find-rsp",
     "c-get-rq",           "c-get-rsp",   "c-move-rq",    "c-move-rsp",  "c-cancel-rq", "n-event-report-rq",
     "n-event-report-rsp", "n-get-rq",    "n-get-rsp",    "n-set-rq",    "n-set-rsp",   "n-action-rq",
     "n-action-rsp",       "n-create-rq", "n-create-rsp", "n-delete-rq", "n-delete-rsp"});

Attributes dimse_send_attributes() {
  return {{"message-id", V::number, false, "of a request; the next number when not said"},
          {"responding-to", V::number, false, "message id answered or cancelled; the last request when not said"},
          {"status", V::status, false, "of a response; 0000 when not said"},
          {"context", V::context, false, "presentation context; the accepted one that suits when not said"},
          {"priority", V::number, false, "0 medium, 1 high, 2 low"},
          {"sop-class", V::uid, false, "Affected or Requested SOP Class UID"},
          {"sop-instance", V::uid, false, "Affected or Requested SOP Instance UID"},
          {"destination", V::text, false, "Move Destination"},
          {"remaining", V::number, false, "Number of Remaining Sub-operations"},
          {"completed", V::number, false, "Number of Completed Sub-operations"},
          {"failed", V::number, false, "Number of Failed Sub-operations"},
          {"warning", V::number, false, "Number of Warning Sub-operations"},
          {"event-type", V::number, false, "Event Type ID"},
          {"action-type", V::number, false, "Action Type ID"},
          {"error-comment", V::text, false, "Error Comment"},
          {"data-set-type", V::number, false, "Command Data Set Type; right when not said"},
          {"fragment", V::number, false, "bytes of each fragment; as many as the peer takes when not said"},
          {"values-per-pdu", V::number, false, "PDVs in one P-DATA-TF PDU; 1 when not said"},
          {"packing", V::packing, false, "together: command and data may share a PDU"}};
}

Attributes dimse_match_attributes() {
  return {{"status", V::status_match, false, "hexadecimal"},
          {"status-class", V::status_class, false, "success, warning, failure, cancel or pending"},
          {"message-id", V::number_match, false, "Message ID"},
          {"responding-to", V::number_match, false, "Message ID Being Responded To; our last request when not said"},
          {"context", V::context, false, "presentation context by id or abstract syntax"},
          {"priority", V::number_match, false, "Priority"},
          {"sop-class", V::uid_match, false, "Affected or Requested SOP Class UID"},
          {"sop-instance", V::uid_match, false, "Affected or Requested SOP Instance UID"},
          {"destination", V::text_match, false, "Move Destination"},
          {"remaining", V::number_match, false, "Number of Remaining Sub-operations"},
          {"completed", V::number_match, false, "Number of Completed Sub-operations"},
          {"failed", V::number_match, false, "Number of Failed Sub-operations"},
          {"warning", V::number_match, false, "Number of Warning Sub-operations"},
          {"event-type", V::number_match, false, "Event Type ID"},
          {"action-type", V::number_match, false, "Action Type ID"},
          {"error-comment", V::text_match, false, "Error Comment"},
          {"data-set", V::present_absent, false, "whether a Data Set follows"}};
}

// --- modifications ------------------------------------------------------------------------------------------------

Children modifications() {
  return {{"set", "modification-set"},
          {"add", "modification-add"},
          {"xor", "modification-xor"},
          {"insert", "modification-insert"},
          {"append", "modification-append"},
          {"erase", "modification-erase"},
          {"duplicate", "modification-duplicate"},
          {"move", "modification-move"},
          {"truncate", "modification-truncate"}};
}

void add_modifications(Grammar& g) {
  const AttributeSpec path{"path", V::path, true, "address of the part; empty is the whole message"};
  const AttributeSpec hex{"hex", V::hex, true, "the bytes"};
  const AttributeSpec number{"number", V::signed_number, true, "the number"};
  g.add({"modification-set",
         "Replaces a field, or forces a length: one of text, hex, number.",
         {path,
          {"text", V::text, false, "the new value as text"},
          {"hex", V::hex, false, "the new value as bytes"},
          {"number", V::signed_number, false, "the new value in the field's width"}},
         {}});
  g.add({"modification-add", "Adds a number to a field or to a length's true count.", {path, number}, {}});
  g.add({"modification-xor", "Exclusive-or with these bytes, repeated.", {path, hex}, {}});
  g.add({"modification-insert",
         "Puts bytes into a field, or a raw part into a block.",
         {path, {"at", V::number, true, "byte, or part, before which they go"}, hex},
         {}});
  g.add({"modification-append", "Puts bytes behind a field or at the end of a block.", {path, hex}, {}});
  g.add({"modification-erase", "Removes the part.", {path}, {}});
  g.add({"modification-duplicate", "Repeats the part right behind itself.", {path}, {}});
  g.add({"modification-move",
         "Puts the part before its n-th sibling.",
         {path, {"at", V::number, true, "place among its siblings, from 0"}},
         {}});
  g.add({"modification-truncate", "Keeps the first bytes only.", {path, number}, {}});
}

}  // namespace

namespace detail {

Attributes associate_attributes() {
  return {{"called-ae", V::text, false, "called AE title; of the run when not said"},
          {"calling-ae", V::text, false, "calling AE title; of the run when not said"},
          {"protocol-version", V::number, false, "1 when not said"},
          {"application-context", V::uid_or_absent, false, "the DICOM application context when not said"},
          {"max-length", V::number_or_absent, false, "maximum length received (PS3.8 D.1)"},
          {"implementation-class-uid", V::uid_or_absent, false, "Assay's own when not said"},
          {"implementation-version-name", V::text, false, "Assay's own when not said; absent leaves it out"}};
}

Attributes answer_attributes() {
  return {{"accept", V::acceptance, false, "all, or none: every context not named is refused with result 3"},
          {"result", V::number, false, "of every context not named"},
          {"transfer", V::uids, false, "of every context not named; empty: no transfer syntax item"},
          {"only", V::uid, false, "accepts every context that offers this transfer syntax, refuses the others (4)"},
          {"order", V::answer_order, false, "reversed: contexts are answered in the reverse of their order"}};
}

Children negotiation_children() {
  return {{"role", "role-send"},
          {"async", "async-send"},
          {"extended-negotiation", "extended-negotiation-send"},
          {"common-extended-negotiation", "common-extended-negotiation-send"},
          {"user-identity", "user-identity-send"},
          {"item", "item-send"}};
}

Children message_children() {
  Children out{{"a-associate-rq", "a-associate-rq-send"},
               {"a-associate-ac", "a-associate-ac-send"},
               {"a-associate-rj", "a-associate-rj-send"},
               {"a-release-rq", "plain-send"},
               {"a-release-rp", "plain-send"},
               {"a-abort", "a-abort-send"},
               {"p-data", "p-data-send"},
               {"raw", "raw-send"},
               {"message", "message-send"}};
  for (const auto name : dimse_messages) out.push_back({std::string(name), "dimse-send"});
  return out;
}

Children matcher_children() {
  Children out{{"a-associate-rq", "a-associate-match"},
               {"a-associate-ac", "a-associate-match"},
               {"a-associate-rj", "a-associate-rj-match"},
               {"a-release-rq", "plain-match"},
               {"a-release-rp", "plain-match"},
               {"a-abort", "a-abort-match"},
               {"p-data", "p-data-match"},
               {"closed", "closed-match"},
               {"tls-established", "tls-established-match"},
               {"tls-refused", "tls-refused-match"},
               {"tls-alert", "tls-alert-match"},
               {"client-hello", "plain-match"},
               {"silence", "silence-match"},
               {"any", "plain-match"},
               {"unrecognized", "plain-match"},
               {"message", "message-match"}};
  for (const auto name : dimse_messages) out.push_back({std::string(name), "dimse-match"});
  return out;
}

}  // namespace detail

namespace {

using detail::answer_attributes;
using detail::associate_attributes;
using detail::matcher_children;
using detail::message_children;
using detail::negotiation_children;

// --- parts of associations ----------------------------------------------------------------------------------------

void add_negotiation(Grammar& g) {
  g.add({"context-rq",
         "A presentation context proposed.",
         {{"id", V::number, false, "1, 3, 5... when not said"},
          {"abstract", V::uid, true, "abstract syntax"},
          {"transfer", V::uids, false, "Implicit and Explicit VR Little Endian when not said"},
          {"required", V::yes_no, false, "associate only; no: may be refused"}},
         {}});
  g.add({"context-ac",
         "The answer to one presentation context.",
         {{"id", V::number, true, "of the request, or one never proposed"},
          {"result", V::number, false, "0 acceptance ... 4"},
          {"transfer", V::uids, false, "the first proposed when not said"},
          {"drop", V::yes_no, false, "yes: no answer to this one"}},
         {}});
  g.add({"context-any",
         "A context proposed (opened connections) or answered (accepted ones).",
         {{"id", V::number, false, "presentation context id"},
          {"abstract", V::uid, false, "abstract syntax, when proposing"},
          {"transfer", V::uids, false, "transfer syntaxes"},
          {"required", V::yes_no, false, "no: may be refused"},
          {"result", V::number, false, "when answering"},
          {"drop", V::yes_no, false, "when answering; yes: no answer to this one"}},
         {}});
  g.add({"role-send",
         "Role selection (PS3.7 D.3.3.4).",
         {{"sop-class", V::uid, true, "SOP class"},
          {"scu", V::number, true, "SCU role, 0 or 1"},
          {"scp", V::number, true, "SCP role, 0 or 1"}},
         {}});
  g.add({"async-send",
         "Asynchronous operations window (PS3.7 D.3.3.3).",
         {{"invoked", V::number, true, "0 is unlimited"}, {"performed", V::number, true, "0 is unlimited"}},
         {}});
  g.add({"extended-negotiation-send",
         "SOP class extended negotiation (PS3.7 D.3.3.5).",
         {{"sop-class", V::uid, true, "SOP class"}, {"hex", V::hex, true, "application information"}},
         {}});
  g.add({"common-extended-negotiation-send",
         "SOP class common extended negotiation (PS3.7 D.3.3.6).",
         {{"sop-class", V::uid, true, "SOP class"},
          {"service-class", V::uid, true, "service class"},
          {"related", V::uids, false, "related general SOP classes"}},
         {}});
  g.add({"user-identity-send",
         "User identity (PS3.7 D.3.3.7).",
         {{"type", V::number, false, "1 name, 2 name and passcode, 3 Kerberos, 4 SAML, 5 JWT"},
          {"primary", V::text, false, "primary field"},
          {"secondary", V::text, false, "secondary field"},
          {"response", V::text, false, "1: asks for a positive response; in an answer: the server's response"}},
         {}});
  g.add({"item-send",
         "Any user information sub-item.",
         {{"type", V::number, true, "item type"}, {"hex", V::hex, true, "its content"}},
         {}});
}

// --- messages -----------------------------------------------------------------------------------------------------

void add_data(Grammar& g) {
  g.add({"item", "One item of a sequence.", {}, {{"element", "element-send"}}});
  g.add({"element-send",
         "A Data Element; the text is its value, several split by backslash.",
         {{"tag", V::tag, true, "(0010,0020) or PatientID"},
          {"vr", V::vr, false, "the dictionary's when not said"},
          {"hex", V::hex, false, "value bytes, as they are"},
          {"absent", V::yes_no, false, "yes: leave it out"}},
         {{"item", "item"}},
         0,
         TextUse::optional});
  g.add({"command-set-send",
         "Changes to the Command Set.",
         {},
         join(Children{{"element", "element-send"}}, modifications())});
  g.add({"native-model",
         "A NativeDicomModel as assay convert --to exact-xml writes it; its Data Set is sent byte by byte.",
         {{"hex", V::hex, false, "the bytes it stands for, once it was read"}},
         {},
         0,
         TextUse::none,
         V::text,
         true,
         true});
  g.add({"data-set-send",
         "The Data Set: synthetic, from a file, as bytes, as a NativeDicomModel, or exactly the elements given.",
         {{"synthetic", V::synthetic, false, "a small made-up image"},
          {"size", V::number, false, "bytes of its pixels"},
          {"file", V::text, false, "a Part 10 file; sent in the accepted transfer syntax as it stands"},
          {"hex", V::hex, false, "bytes as they are"}},
         join(Children{{"element", "element-send"},
                       {"NativeDicomModel", "native-model", 0, 1, std::string(dataset::native_xml_namespace)}},
              modifications())});
  g.add({"element-match",
         "A Data Element that must be so; the text is a pattern.",
         {{"tag", V::tag, true, "(0010,0020) or PatientID"},
          {"is", V::text_match, false, "present, absent, or a pattern; instead of the text"}},
         {},
         0,
         TextUse::optional,
         V::text_match});
  g.add({"set-match", "Elements that must be so.", {}, {{"element", "element-match"}}});
  g.add({"capture",
         "Keeps a field in a variable.",
         {{"field", V::address, true, "attribute of this matcher, tag or keyword"},
          {"as", V::name, true, "used as ${name}"}},
         {}});
}

void add_messages(Grammar& g) {
  g.add({"a-associate-rq-send", "A-ASSOCIATE-RQ (PS3.8 9.3.2).", associate_attributes(),
         join(join(Children{{"context", "context-rq"}}, negotiation_children()), modifications())});
  g.add({"a-associate-ac-send", "A-ASSOCIATE-AC (PS3.8 9.3.3), answering the request that came.",
         join(answer_attributes(), associate_attributes()),
         join(join(Children{{"context", "context-ac"}}, negotiation_children()), modifications())});
  g.add({"a-associate-rj-send",
         "A-ASSOCIATE-RJ (PS3.8 9.3.4).",
         {{"result", V::number, false, "1 permanent, 2 transient"},
          {"source", V::number, false, "1 user, 2 provider (ACSE), 3 provider (presentation)"},
          {"reason", V::number, false, "by source"}},
         modifications()});
  g.add({"plain-send", "A PDU without fields.", {}, modifications()});
  g.add({"a-abort-send",
         "A-ABORT (PS3.8 9.3.8).",
         {{"source", V::number, false, "0 user, 2 provider"}, {"reason", V::number, false, "by source"}},
         modifications()});
  g.add({"pdv-send",
         "One PDV by hand.",
         {{"context", V::context, false, "id or abstract syntax"},
          {"control", V::number, false, "message control header: bit 0 command, bit 1 last"},
          {"hex", V::hex, false, "the fragment"}},
         {}});
  g.add({"p-data-send",
         "A P-DATA-TF PDU by hand (PS3.8 9.3.5).",
         {},
         join(Children{{"pdv", "pdv-send"}}, modifications())});
  g.add({"raw-send",
         "Bytes as they are: hex, text, or hex as content.",
         {{"hex", V::hex, false, "the bytes"},
          {"text", V::text, false, "the bytes as text"},
          {"repeat", V::number, false, "how often; 1 when not said"}},
         {},
         0,
         TextUse::optional,
         V::hex});
  const auto children =
      join(Children{{"command-set", "command-set-send", 0, 1}, {"data-set", "data-set-send", 0, 1}}, modifications());
  g.add({"dimse-send", "A DIMSE message; everything not said is filled in right.", dimse_send_attributes(), children});
  g.add({"message-send", "A DIMSE message by its command value.",
         join(Attributes{{"command", V::number, true, "Command Field"}}, dimse_send_attributes()), children});
}

// --- matchers -----------------------------------------------------------------------------------------------------

void add_matchers(Grammar& g) {
  const ChildSpec capture{"capture", "capture"};
  g.add({"context-match",
         "A presentation context that must be there.",
         {{"id", V::number_match, false, "presentation context id"},
          {"abstract", V::uid_match, false, "abstract syntax"},
          {"result", V::number_match, false, "of the answer"},
          {"transfer", V::uid_match, false, "of the answer; one of the proposed in a request"}},
         {}});
  g.add({"role-match",
         "Role selection that must be there.",
         {{"sop-class", V::uid_match, false, "SOP class"},
          {"scu", V::number_match, false, "SCU role"},
          {"scp", V::number_match, false, "SCP role"}},
         {}});
  g.add({"async-match",
         "Asynchronous window that must be there.",
         {{"invoked", V::number_match, false, "operations invoked"},
          {"performed", V::number_match, false, "operations performed"}},
         {}});
  g.add({"extended-negotiation-match",
         "Extended negotiation that must be there.",
         {{"sop-class", V::uid_match, false, "SOP class"}, {"hex", V::text_match, false, "in lower-case hex"}},
         {}});
  g.add({"user-identity-match",
         "User identity that must be there.",
         {{"type", V::number_match, false, "of a request"},
          {"response", V::text_match, false, "server response, as text"}},
         {}});
  g.add({"item-match",
         "A sub-item of user information by its type.",
         {{"type", V::number, true, "item type"}, {"present", V::yes_no, false, "no: it must not be there"}},
         {}});
  g.add({"a-associate-match",
         "An A-ASSOCIATE-RQ or -AC.",
         {{"called-ae", V::text_match, false, "without blanks around it"},
          {"calling-ae", V::text_match, false, "without blanks around it"},
          {"protocol-version", V::number_match, false, ""},
          {"application-context", V::uid_match, false, ""},
          {"max-length", V::number_match, false, ""},
          {"implementation-class-uid", V::uid_match, false, ""},
          {"implementation-version-name", V::text_match, false, ""},
          {"contexts", V::number_match, false, "how many contexts there are"},
          {"accepted", V::number_match, false, "how many have result 0"}},
         {{"context", "context-match"},
          {"role", "role-match"},
          {"async", "async-match"},
          {"extended-negotiation", "extended-negotiation-match"},
          {"user-identity", "user-identity-match"},
          {"item", "item-match"},
          capture}});
  g.add({"a-associate-rj-match",
         "An A-ASSOCIATE-RJ.",
         {{"result", V::number_match, false, "1 permanent, 2 transient"},
          {"source", V::number_match, false, "1 user, 2 provider (ACSE), 3 provider (presentation)"},
          {"reason", V::number_match, false, "by source"}},
         {capture}});
  g.add({"a-abort-match",
         "An A-ABORT.",
         {{"source", V::number_match, false, "0 user, 2 provider"}, {"reason", V::number_match, false, "by source"}},
         {capture}});
  g.add({"plain-match", "Matched by its kind alone.", {}, {}});
  g.add({"closed-match",
         "The peer closes the transport connection.",
         {{"how", V::how, false, "fin, rst; either when not said"},
          {"notify", V::yes_no, false, "whether TLS's close_notify came first"}},
         {}});
  g.add({"tls-established-match",
         "A start-tls came to its end.",
         {{"version", V::text_match, false, "1.2, 1.3"},
          {"suite", V::text_match, false, "IANA name of the cipher suite"},
          {"server-name", V::text_match, false, "SNI the client sent"},
          {"certificate-asked", V::text_match, false, "yes: the server asked the client for a certificate"},
          {"client-certificate", V::text_match, false, "yes: the client sent one"},
          {"chain", V::text_match, false, "of the certificate of the device: trusted, expired, self-signed..."},
          {"secure-renegotiation", V::text_match, false, "yes: RFC 5746 is known to the device"},
          {"extended-master-secret", V::text_match, false, "yes: RFC 7627 is known to the device"},
          {"offered-version", V::text_match, false, "one of the versions a device as client offers"},
          {"offered-suite", V::text_match, false, "one of the cipher suites a device as client offers"}},
         {}});
  g.add({"tls-refused-match",
         "A start-tls came to nothing.",
         {{"by", V::side, false, "us or peer"},
          {"alert", V::text_match, false, "name of the alert that ended it, such as protocol_version"},
          {"chain", V::text_match, false, "what was found wrong with the certificate of the device"}},
         {}});
  g.add({"tls-alert-match",
         "A TLS alert in the clear, or one that ends the TLS that was agreed on.",
         {{"alert", V::text_match, false, "its name, such as certificate_required"},
          {"fatal", V::yes_no, false, "whether its level is fatal"},
          {"by", V::side, false, "us or peer"}},
         {}});
  g.add({"silence-match", "Nothing comes for a time.", {{"for", V::duration, true, "how long"}}, {}});
  g.add({"pdv-match",
         "A PDV that must be there.",
         {{"context", V::number_match, false, "id"},
          {"control", V::number_match, false, "message control header"},
          {"length", V::number_match, false, "bytes of the fragment"}},
         {}});
  g.add({"p-data-match",
         "One P-DATA-TF PDU, whether or not it completes a message.",
         {{"length", V::number_match, false, "PDU-length"}, {"values", V::number_match, false, "number of PDVs"}},
         {{"pdv", "pdv-match"}, capture}});
  const Children children{{"command-set", "set-match", 0, 1}, {"data-set", "set-match", 0, 1}, capture};
  g.add({"dimse-match", "A DIMSE message.", dimse_match_attributes(), children});
  g.add({"message-match", "A DIMSE message by its command value.",
         join(Attributes{{"command", V::number_match, false, "Command Field"}}, dimse_match_attributes()), children});
  g.add({"any-of", "Alternatives as a group.", {}, matcher_children()});
  g.add({"optional",
         "Messages that may come before a mandatory one.",
         {{"min", V::number, false, "at least so many of them; 0 when not said"},
          {"max", V::number, false, "at most; 1000 when not said"}},
         join(Children{{"any-of", "any-of"}}, matcher_children())});
  g.add({"tolerate",
         "Alternatives that are accepted with a remark.",
         {{"verdict", V::tolerated, true, "what the case becomes"},
          {"note", V::text, true, "why it is tolerated and not right"},
          {"observe", V::assignment, false, "name=value to record"},
          {"leave", V::yes_no, false, "yes: ends the innermost repeat"}},
         join(Children{{"optional", "optional"}, {"any-of", "any-of"}}, matcher_children())});
}

}  // namespace

void detail::add_message_types(Grammar& grammar) {
  add_modifications(grammar);
  add_negotiation(grammar);
  add_data(grammar);
  add_messages(grammar);
  add_matchers(grammar);
}

void add_modification_types(Grammar& grammar) { add_modifications(grammar); }

std::vector<ChildSpec> modification_children() { return modifications(); }

}  // namespace assay::scenario
