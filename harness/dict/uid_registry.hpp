// All of the UID registry, for those who list it; who looks one up finds it through dict.hpp.
// Tests: tests/interop/iod_test.py
#pragma once

#include <span>

#include "harness/dict/dict.hpp"

namespace assay::dict {

/// Every entry of PS3.6 A, by UID.
std::span<const UidEntry> all_uids();

}  // namespace assay::dict
