// How the sub-operations of a C-GET or C-MOVE go (PS3.7 9.1.3.1, 9.1.4.1). Tests: tests/unit/service/retrieve_test.cpp
#pragma once

#include <cstdint>

namespace assay::service {

struct SubOperationCounts {
  std::uint16_t remaining = 0;
  std::uint16_t completed = 0;
  std::uint16_t failed = 0;
  std::uint16_t warning = 0;
};

}  // namespace assay::service
