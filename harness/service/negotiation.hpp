// The acceptor's answer to an A-ASSOCIATE-RQ (PS3.8 7.1.1, 9.3.3, 9.3.4; PS3.7 Annex D).
// Tests: tests/unit/service/negotiation_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "harness/base/limits.hpp"
#include "harness/pdu/pdu.hpp"
#include "harness/service/extensions.hpp"
#include "harness/service/window.hpp"

namespace assay::service {

struct SupportedSyntax {
  std::string abstract_syntax;
  std::vector<std::string> transfer_syntaxes;  // most wanted first
  bool scu = false;                            // we can also be its SCU: grants the requestor the SCP role when asked
  bool scp = true;                             // we are its SCP: the requestor may be SCU
};

struct Policy {
  std::vector<SupportedSyntax> supported;
  /// Any abstract syntax below 1.2.840.10008.5.1.4.1.1. is taken with these when it is not listed above.
  std::vector<std::string> any_storage_transfer_syntaxes;
  bool any_storage_scu = false;  // of those we are SCU too, where the requestor asks for the SCP role: C-GET needs it
  bool any_storage_scp = true;   // we are SCP of those
  /// A context of a class that we are SCU of alone is accepted only for a requestor that asks to be its SCP.
  bool strict_roles = false;
  bool requestor_order = false;  // the first proposed transfer syntax that we know, instead of our own preference
  std::vector<std::string> called_ae_titles;   // empty = any
  std::vector<std::string> calling_ae_titles;  // empty = any
  std::string application_context = "1.2.840.10008.3.1.1.1";
  std::uint32_t maximum_length = limits::announced_max_length;
  std::string implementation_class_uid;
  std::string implementation_version_name;  // empty = not sent
  std::size_t max_associations = 0;         // 0 = no limit
  QueryExtensions extensions;               // of queries and retrievals: what is granted where it is asked for
  OperationsWindow window;                  // at most granted, where a window is asked for
  bool answer_user_identity = true;         // a positive response when one is requested (PS3.7 D.3.3.7)
};

using NegotiationAnswer = std::variant<pdu::AAssociateAc, pdu::AAssociateRj>;

/// Accepts, context by context, or rejects: 1/2/2 protocol version, 1/1/2 application context, 1/1/7 called and
/// 1/1/3 calling AE title, 2/3/2 when `open_associations` has reached the limit. No context accepted is still an
/// acceptance (PS3.8 9.3.3.2). Role selection is answered where asked, the asynchronous window where asked by no
/// more than the policy's,
/// SOP Class extended negotiation of the Query/Retrieve classes that are supported item by item, of others not at all.
NegotiationAnswer negotiate(const pdu::AAssociateRq& rq, const Policy& policy, std::size_t open_associations = 0);

/// Verification, every Storage SOP Class in both roles, and FIND, GET and MOVE of both models in the uncompressed
/// transfer syntaxes.
Policy default_policy();

}  // namespace assay::service
