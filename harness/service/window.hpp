// The asynchronous operations window (PS3.7 D.3.3.3). Tests: tests/unit/service/window_test.cpp
#pragma once

#include <cstdint>

#include "harness/pdu/pdu.hpp"

namespace assay::service {

/// As the requestor of the association sees it: how many operations it may have outstanding, and how many the acceptor
/// may have towards it. 0: no limit.
struct OperationsWindow {
  std::uint16_t invoked = 1;
  std::uint16_t performed = 1;
  friend bool operator==(const OperationsWindow&, const OperationsWindow&) = default;
};

/// No more than was asked for, no more than we take part in.
OperationsWindow granted_window(const OperationsWindow& asked, const OperationsWindow& ours);

/// One operation at a time each way unless both sides named the window.
OperationsWindow agreed_window(const pdu::AAssociateRq& rq, const pdu::AAssociateAc& ac);

/// Whether one more may be begun beside so many.
inline bool has_room(std::uint16_t limit, std::size_t outstanding) { return limit == 0 || outstanding < limit; }

}  // namespace assay::service
