#include "harness/pdu/item_table.hpp"

#include <array>

namespace assay::pdu::detail {
namespace {

constexpr std::array<KindInfo, kind_count> kinds{{
    {"unknown", "PS3.8 9.3.1", "PS3.8 9.3.1", true},
    {"application-context", "PS3.8 9.3.2.1", "PS3.8 9.3.3.1", false},
    {"presentation-context", "PS3.8 9.3.2.2", "PS3.8 9.3.3.2", true},
    {"user-information", "PS3.8 9.3.2.3", "PS3.8 9.3.3.3", false},
    {"abstract-syntax", "PS3.8 9.3.2.2.1", "PS3.8 9.3.3.2", false},
    {"transfer-syntax", "PS3.8 9.3.2.2.2", "PS3.8 9.3.3.2.1", true},
    {"maximum-length", "PS3.8 D.1.1", "PS3.8 D.1.2", false},
    {"implementation-class-uid", "PS3.7 D.3.3.2.1", "PS3.7 D.3.3.2.2", false},
    {"asynchronous-operations-window", "PS3.7 D.3.3.3.1", "PS3.7 D.3.3.3.2", false},
    {"role-selection", "PS3.7 D.3.3.4.1", "PS3.7 D.3.3.4.2", true},
    {"implementation-version-name", "PS3.7 D.3.3.2.3", "PS3.7 D.3.3.2.4", false},
    {"sop-class-extended-negotiation", "PS3.7 D.3.3.5.1", "PS3.7 D.3.3.5.2", true},
    {"sop-class-common-extended-negotiation", "PS3.7 D.3.3.6.1", "PS3.7 D.3.3.6", true},
    {"user-identity", "PS3.7 D.3.3.7.1", "PS3.7 D.3.3.7.2", false},
}};

}  // namespace

const KindInfo& info(Kind kind) { return kinds[static_cast<std::size_t>(kind)]; }

Kind kind_of(Level level, std::uint8_t type) {
  switch (level) {
    case Level::pdu:
      switch (type) {
        case item_type::application_context: return Kind::application_context;
        case item_type::presentation_context_rq:
        case item_type::presentation_context_ac: return Kind::presentation_context;
        case item_type::user_information: return Kind::user_information;
        default: return Kind::unknown;
      }
    case Level::presentation_context:
      switch (type) {
        case item_type::abstract_syntax: return Kind::abstract_syntax;
        case item_type::transfer_syntax: return Kind::transfer_syntax;
        default: return Kind::unknown;
      }
    case Level::user_information:
      switch (type) {
        case item_type::maximum_length: return Kind::maximum_length;
        case item_type::implementation_class_uid: return Kind::implementation_class_uid;
        case item_type::asynchronous_operations_window: return Kind::asynchronous_operations_window;
        case item_type::role_selection: return Kind::role_selection;
        case item_type::implementation_version_name: return Kind::implementation_version_name;
        case item_type::sop_class_extended_negotiation: return Kind::sop_class_extended_negotiation;
        case item_type::sop_class_common_extended_negotiation: return Kind::sop_class_common_extended_negotiation;
        case item_type::user_identity_rq:
        case item_type::user_identity_ac: return Kind::user_identity;
        default: return Kind::unknown;
      }
  }
  return Kind::unknown;
}

}  // namespace assay::pdu::detail
