// What the decoder, the encoder's layout and the reports share about items: their names in addresses and the clauses
// that define them. Internal to the room. PS3.8 9.3.2, 9.3.3, D.1; PS3.7 D.3.3.
// Tests: tests/unit/pdu/deviations_test.cpp (clauses), tests/unit/pdu/lies_test.cpp (names)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "harness/pdu/pdu.hpp"

namespace assay::pdu::detail {

/// Which PDU an item stands in; some clauses and sub-items differ.
enum class Side : std::uint8_t { rq, ac };

/// Where an item stands; the same type byte means different things at different levels.
enum class Level : std::uint8_t { pdu, presentation_context, user_information };

/// A kind of item; the number indexes the per-parent counters that give addresses their [n].
enum class Kind : std::uint8_t {
  unknown,
  application_context,
  presentation_context,
  user_information,
  abstract_syntax,
  transfer_syntax,
  maximum_length,
  implementation_class_uid,
  asynchronous_operations_window,
  role_selection,
  implementation_version_name,
  sop_class_extended_negotiation,
  sop_class_common_extended_negotiation,
  user_identity,
};
inline constexpr std::size_t kind_count = 14;

struct KindInfo {
  std::string_view name;
  std::string_view clause_rq;
  std::string_view clause_ac;
  bool repeats;  // its address always carries [n]
};

const KindInfo& info(Kind kind);
Kind kind_of(Level level, std::uint8_t type);

inline std::string_view clause(Kind kind, Side side) {
  return side == Side::rq ? info(kind).clause_rq : info(kind).clause_ac;
}

}  // namespace assay::pdu::detail
