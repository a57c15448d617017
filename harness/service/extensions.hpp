// What the parties of a query or retrieval may agree on beyond the baseline, by SOP Class Extended Negotiation
// (PS3.4 C.5.1.1, C.5.2.1, C.5.3.1; PS3.7 D.3.3.5). Tests: tests/unit/service/extensions_test.cpp
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "harness/pdu/pdu.hpp"

namespace assay::service {

/// Items of the Service Class Application Information. Those of C-GET and C-MOVE have relational alone.
struct QueryExtensions {
  bool relational = false;   // relational-queries, relational-retrieval
  bool date_time = false;    // a date range and a time range are one range of moments
  bool fuzzy_names = false;  // fuzzy semantic matching of person names
  bool timezone = false;     // timezone query adjustment
  friend bool operator==(const QueryExtensions&, const QueryExtensions&) = default;
};

/// Whether it is a SOP Class with these items: FIND, GET and MOVE of the three Query/Retrieve models.
bool has_extensions(std::string_view sop_class_uid);

/// The application information that proposes these, with every item that is ours to say.
Bytes application_information(std::string_view sop_class_uid, const QueryExtensions& wanted);

/// The acceptor's answer item by item: 1 where it was asked for and is supported, as many items as were asked for and
/// the class has.
Bytes answer_extensions(std::string_view sop_class_uid, ByteView asked, const QueryExtensions& supported);

/// By SOP Class what both said 1 to.
using AgreedExtensions = std::map<std::string, QueryExtensions, std::less<>>;
AgreedExtensions agreed_extensions(const pdu::AAssociateRq& rq, const pdu::AAssociateAc& ac);

}  // namespace assay::service
