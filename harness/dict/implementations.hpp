// Whose an Implementation Class UID is. For reports alone: anybody may write any UID, so nothing is decided by it.
// Tests: tests/unit/dict/implementations_test.cpp
#pragma once

#include <string_view>

namespace assay::dict {

/// "DCMTK"; empty when the root is unknown.
std::string_view implementation_name(std::string_view uid);

}  // namespace assay::dict
